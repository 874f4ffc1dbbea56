"""Items -> Resources: id, phase, declared and effective wave, Sites, and why one cannot move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wavefix import argocd
from wavefix.catalogue import Catalogue
from wavefix.config import Config
from wavefix.discover.argo import APPLICATION, APPLICATION_SET
from wavefix.discover.tree import Tree
from wavefix.errors import InputError
from wavefix.model import (
    SYNC_WAVE,
    Application,
    Finding,
    Joint,
    Mechanism,
    Phase,
    Resource,
    Severity,
    Site,
)
from wavefix.render.helm import Part, parts
from wavefix.render.items import Item
from wavefix.render.values import merge, written
from wavefix.ways import preference
from wavefix.yamlio import Map, get, line_of, load

DEFAULT_NAMESPACE = "default"
_SOPS = "it is encrypted by SOPS: an edit would break its MAC"
_ARGO_KINDS = (f"{APPLICATION}.argoproj.io", f"{APPLICATION_SET}.argoproj.io")


@dataclass(frozen=True, slots=True)
class Context:
    """What every object of a component is read with."""

    tree: Tree
    config: Config
    catalogue: Catalogue
    findings: list[Finding]
    scopes: Mapping[str, str]  # of the kinds whose CRD is in sight

    def tell(self, finding: Finding) -> None:
        """Note something worth knowing."""
        self.findings.append(finding)


def resources(context: Context, app: Application, item: Item) -> list[Resource]:
    """The resources of one item: one object, or a release and its parts."""
    if item.release:
        return _release(context, app, item)
    return [_object(context, app, item)]


def _object(context: Context, app: Application, item: Item) -> Resource:
    kind = item.kind
    namespace = _namespace(context, app, item, kind)
    identity = f"{kind}/{namespace}/{item.name}" if namespace else f"{kind}/{item.name}"
    phase, *again = argocd.phases(item.annotations)
    wave = item.annotations.get(SYNC_WAVE)
    choices = _preferred(item, _choices(item, kind), context.config.prefer)
    sites = choices[:1]
    where = sites[0] if sites else Site("manifest", item.file, item.document, (), item.line, None)
    declared = _declared(context, identity, where, wave)
    moots = _moots(context, identity, kind, item)
    said = [argocd.integer(one.before or "") for one in moots if wave is None and item.moots]
    moot = next((number for number in said if number is not None), None)
    return Resource(
        id=identity,
        application=app.name,
        kind=kind,
        namespace=namespace,
        name=item.name,
        body=_labelled(item) if kind == "Namespace" else item.body,
        file=item.file,
        line=item.line,
        phase=phase,
        again=tuple(again),
        declared=declared if moot is None else moot,
        effective=argocd.effective_wave(item.annotations),
        sites=(*sites, *moots),
        others=tuple(
            (site,) for site in choices[1:] if not context.tree.pinned(site.file, site.line)
        ),
        joint=_joint(context, item, kind),
        pod_keys=item.pod_keys,
        moot=moot is not None,
        fixed=_templated(context.tree, app, sites)
        or _said(app, item, wave, sites)
        or _fixed(context, item, identity, kind, phase, sites),
        source_name=item.source_name,
        source_namespace=item.source_namespace,
        at=item.at,
        release=_release_of(app, item),
        annotations=item.annotations,
        patched=item.patched,
    )


def _release_of(app: Application, item: Item) -> str:
    """The rendered release that an object is a part of; its subchart is told by the template."""
    release = item.source_release
    if release is None:
        return ""
    namespace = release.namespace or app.namespace or DEFAULT_NAMESPACE
    below = [part.partition("/")[0] for part in item.made.split("/charts/")[1:]]
    return ":".join([f"{argocd.HELM_RELEASE}/{namespace}/{release.name}", *below])


def _choices(item: Item, kind: str) -> tuple[Site, ...]:
    """The places for its wave, the best first; one that sets several others' too comes last.

    What a kustomization sets from outside overrules all that is below it, so nothing below is a
    place; but where it is common to all, the wave can go from there to the best of those.
    """
    entry = [] if item.entry is None else [item.entry]
    if item.overlay is not None:
        below = item.below
        inner = _choices(below, kind) if below is not None and not below.locked else ()
        found = [item.overlay, *[site for site in inner if site.entry is None][:1], *entry]
    elif item.made:
        found = [site for sites in item.choices for site in sites] + entry
        found = found or [joint.site for joint in item.shared[:1]]
    else:
        found = [item.own or _own_site(item, kind), *entry]
    return tuple(dict.fromkeys(found))


def _preferred(
    item: Item, sites: tuple[Site, ...], mechanisms: Sequence[Mechanism]
) -> tuple[Site, ...]:
    """The places in the order that the user wants; where a wave stands already comes first."""
    if item.overlay is not None or not mechanisms:  # what stands outside decides
        return sites
    order = preference(mechanisms)
    return tuple(
        sorted(sites, key=lambda site: -1 if site.before is not None else order[site.mechanism])
    )


def _joint(context: Context, item: Item, kind: str) -> tuple[Joint, ...]:
    """The places that would set its wave together with those of others."""
    pods = len(context.catalogue.podspecs.get(kind, ())) > 1
    common = [Joint(one.site, one.more or pods) for one in item.common]
    return (*(item.shared if item.overlay is None else ()), *common)


def _moots(context: Context, identity: str, kind: str, item: Item) -> tuple[Site, ...]:
    """The places of waves on its pods, which Argo CD does not read: those that may be edited."""
    if item.moots:
        sites = item.moots
        for site in sites:
            _tell_moot(context, identity, site)
    else:
        sites = _moot_template(context, identity, kind, item)
    return tuple(site for site in sites if not context.tree.pinned(site.file, site.line))


def _tell_moot(context: Context, identity: str, site: Site, keep: bool = False) -> None:
    """`keep`: it may be all that its chart has for a wave, so it is never removed."""
    where = ".".join(map(str, site.inner or site.path))
    then = (
        "is removed" if context.config.remove_moot and not keep else "is kept in step for readers"
    )
    if context.tree.pinned(site.file, site.line):
        then = "stays, pinned by a comment"
    elif context.tree.sops(site.file) == "whole":
        then = "stays, as SOPS encrypted the file"
    message = f"a sync wave in `{where}` lands on pods, where Argo CD never reads it; it {then}"
    context.tell(Finding("WF001", "warning", message, site.file, site.line, identity))


def _labelled(item: Item) -> Mapping[str, Any]:
    """A Namespace with the labels and annotations that kustomizations give it."""
    metadata = get(item.body, "metadata")
    if not isinstance(metadata, Map) or not isinstance(item.body, Map):
        return item.body
    if not item.labels and item.annotations == (metadata.get("annotations") or {}):
        return item.body
    labels = metadata.get("labels")
    labels = {**(labels if isinstance(labels, dict) else {}), **item.labels}
    inner = _over(metadata, labels=labels, annotations={**item.annotations})
    return _over(item.body, metadata=inner)


def _over(data: Map, **fields: Any) -> Map:
    """A map with other values for some of its keys."""
    out = Map({**data, **{key: value for key, value in fields.items() if value}})
    out.line, out.lines = data.line, data.lines
    return out


def _namespace(context: Context, app: Application, item: Item, kind: str) -> str:
    scope = context.scopes.get(kind)
    if scope == "Cluster" or (scope is None and context.catalogue.cluster_scoped(kind)):
        return ""
    known = scope is not None or context.catalogue.knows(kind)
    return item.namespace or app.namespace or (DEFAULT_NAMESPACE if known else "")


def _own_site(item: Item, kind: str) -> Site:
    mechanism: Mechanism = "application" if kind in _ARGO_KINDS else "manifest"
    path = ("metadata", "annotations")
    annotations = get(item.body, *path)
    if not isinstance(annotations, dict) or SYNC_WAVE not in annotations:
        return Site(mechanism, item.file, item.document, (*item.at, *path), item.line, None)
    line = line_of(item.body, (*path, SYNC_WAVE), item.line)
    before = written(annotations[SYNC_WAVE])
    return Site(mechanism, item.file, item.document, (*item.at, *path), line, before)


def _declared(context: Context, identity: str, site: Site, wave: Any) -> int | None:
    """The declared wave, with a finding where Argo CD or the API server reads it differently."""
    if wave is None:
        return None
    if isinstance(wave, str):
        number = argocd.integer(wave)
        if number is None:
            message = (
                f"the sync wave `{wave}` is no integer: Argo CD silently falls back to the Helm "
                "hook weight, else 0; write an integer in quotes"
            )
            context.tell(Finding("WF004", "error", message, site.file, site.line, identity))
        return number
    message = (
        f"the sync wave {written(wave)} is no string: the API server refuses an annotation that is "
        f'none; write "{written(wave)}"'
    )
    context.tell(Finding("WF005", "error", message, site.file, site.line, identity))
    return wave if isinstance(wave, int) and not isinstance(wave, bool) else None


def _moot_template(context: Context, identity: str, kind: str, item: Item) -> tuple[Site, ...]:
    """A wave on a pod template: Argo CD reads the applied object's own annotations only.

    It is left to people, unless they ask to have it removed. What sets the wave of the object may
    land on its pods as well: then it says nothing wrong.
    """
    spec = context.catalogue.podspecs.get(kind)
    if spec is None or len(spec) < 2:
        return ()
    path = (*spec[:-1], "metadata", "annotations", SYNC_WAVE)
    wave, mine = get(item.body, *path), item.annotations.get(SYNC_WAVE)
    if wave is None or (wave == mine and (item.made or item.overlay is not None)):
        return ()
    sealed = item.made or item.own or context.tree.sops(item.file) == "whole"
    removable = context.config.remove_moot and not sealed
    kind = kind.partition(".")[0]
    message = (
        "a sync wave on the pod template has no effect: Argo CD reads the annotations of the "
        f"{kind} itself; "
    )
    message += "it is removed" if removable else "set it in its metadata.annotations"
    line = line_of(item.body, path, item.line)
    context.tell(Finding("WF001", "warning", message, item.file, line, identity))
    at = (*item.at, *path[:-1])
    before = written(wave)
    site = Site("manifest", item.file, item.document, at, line, before, moot=True)
    return (site,) if removable else ()


def _by_sops(context: Context, identity: str, site: Site) -> str:
    """Why a resource cannot move whose wave stands in a file that SOPS guards; told as well."""
    message = f"left where it is: {_SOPS}; set its wave with `sops edit`"
    context.tell(Finding("WF012", "note", message, site.file, site.line, identity))
    return _SOPS


def _fixed(
    context: Context, item: Item, identity: str, kind: str, phase: Phase, sites: tuple[Site, ...]
) -> str:
    """Why a resource cannot move; "" when it can."""
    if item.locked:
        return item.locked
    if item.made and not sites and SYNC_WAVE in item.annotations:
        return "what sets its wave in the chart cannot be edited exactly"
    if phase == "Skip":
        return _never(item)
    if sealed := [site for site in sites if context.tree.sops(site.file) == "whole"]:
        return _by_sops(context, identity, sealed[0])
    if context.config.pin and context.config.pins(identity, kind):
        return "pinned in .wavefix.yaml"
    if any(context.tree.pinned(site.file, site.line) for site in sites):
        return "pinned by a comment"
    return ""


def _templated(tree: Tree, app: Application, sites: Sequence[Site]) -> str:
    """Why a wave in an Application that is made cannot be written: its text says another thing.

    Of an ApplicationSet, an expression (`'{{wave}}'`) serves other Applications as well, and what a
    `templatePatch` or a generator's own template says does not stand where the common template has
    it. What a chart makes stands in none of its files.
    """
    inside = [site for site in sites if site.file == app.file]
    if app.made and any(site.path[:1] == ("spec",) for site in inside):
        return _by_chart(app)
    if not app.pattern or all(_stands(tree, site) for site in inside):
        return ""
    return "its wave is made by the ApplicationSet's template"


def _by_chart(app: Application) -> str:
    return f"its wave is said by Application {app.name}, which a chart makes"


def _said(app: Application, item: Item, wave: Any, sites: Sequence[Site]) -> str:
    """Why a wave cannot move that comes from values of an Application which a chart makes."""
    release = item.source_release
    if not app.made or release is None or sites or wave is None:
        return ""
    said = any(
        leaf.layer.made and path[-1] == SYNC_WAVE and written(leaf.value) == written(wave)
        for path, leaf in merge(release.layers).items()
    )
    return _by_chart(app) if said else ""


def _stands(tree: Tree, site: Site) -> bool:
    """Whether the wave of a Site is what its file says there."""
    documents = {document.index: document.data for document in tree.documents(site.file)}
    data = get(documents.get(site.document), *site.path)
    if site.inner:
        try:
            parsed = load(data, site.file) if isinstance(data, str) else []
        except InputError:
            return False
        data = get(parsed[0].data, *site.inner) if parsed else None
    wave = get(data, SYNC_WAVE)
    return (wave if wave is None else written(wave)) == site.before


def _never(item: Item) -> str:
    """Why Argo CD leaves an object out of every sync."""
    hook = item.annotations.get(argocd.HOOK)
    shown = item.annotations.get(argocd.HELM_HOOK) if hook is None else hook
    if argocd.on_deletion(item.annotations):
        return f"Argo CD applies it only when its Application is deleted (hook: {shown})"
    return f"Argo CD never applies it (hook: {shown})"


def _release(context: Context, app: Application, item: Item) -> list[Resource]:
    """An unrendered release: the release itself, and each part of its values with a say."""
    namespace = item.namespace or app.namespace or DEFAULT_NAMESPACE
    identity = f"{argocd.HELM_RELEASE}/{namespace}/{item.name}"
    why = f" ({item.unrendered})" if item.unrendered else ""
    message = (
        f"the chart is not rendered{why}: the release is planned as one whole, from its values"
    )
    severity: Severity = "warning" if item.failed else "note"
    context.tell(Finding("WF011", severity, message, item.file, item.line, identity))
    return [_part(context, app, item, part, namespace, identity) for part in parts(item)]


def _part(
    context: Context, app: Application, item: Item, part: Part, namespace: str, release: str
) -> Resource:
    identity = f"{release}:{part.name}" if part.name else release
    sites = [site for site, _ in part.sites]
    for site in sites:
        if site.moot:
            _tell_moot(context, identity, site, keep=True)
    if item.overlay is not None:
        sites = [item.overlay, *sites]
    if item.overlay is not None or item.locked:
        at = item.overlay or Site("kustomize-patch", item.file, item.document, (), item.line, None)
        declared = [_declared(context, identity, at, item.annotations.get(SYNC_WAVE))]
    else:
        declared = [_declared(context, identity, site, wave) for site, wave in part.sites]
    known = [wave for wave in declared if wave is not None]
    return Resource(
        id=identity,
        application=app.name,
        kind=argocd.HELM_RELEASE,
        namespace=namespace,
        name=item.name,
        body={},
        file=part.file,
        line=part.line,
        declared=known[0] if known else None,
        effective=known[0] if known else 0,
        sites=tuple(sites),
        fixed=_by_sops(context, identity, sites[0])
        if part.encrypted
        else "a parameter of the Application sets its wave"
        if part.parameters
        else _templated(context.tree, app, sites)
        or _fixed(context, item, identity, argocd.HELM_RELEASE, "Sync", tuple(sites)),
        opaque=True,
        parent=release if part.name else "",
        subchart=part.subchart,
        values=part.values,
        charts=part.charts,
        joint=tuple(Joint(one.site, True) for one in item.common),
    )
