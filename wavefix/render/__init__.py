"""Render: the sources of a component -> its Resources with their Sites, rendered or as read."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wavefix.catalogue import Catalogue
from wavefix.discover import Found, Tree
from wavefix.discover.charts import COMMUNITY, Brings, Brought
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Application, Chart, Finding, Key, Resource, Source
from wavefix.render import directory, kustomize
from wavefix.render.helm import layers_of_source, release_item
from wavefix.render.items import Item
from wavefix.render.objects import Context, resources
from wavefix.render.pieces import origin, pieces
from wavefix.render.releases import Charts, call_of_source
from wavefix.render.tied import tied
from wavefix.tools import Kit, together
from wavefix.yamlio import get

__all__ = ["made_by", "render"]

_APPLICATIONS = re.compile(rb"^kind: Application", re.MULTILINE)
_CRD = "CustomResourceDefinition.apiextensions.k8s.io"


def render(found: Found, catalogue: Catalogue) -> tuple[tuple[Resource, ...], list[Finding]]:
    """Every resource of a component, sorted by key, and what was noticed on the way.

    What cannot be read is collected in the tree's `errors`.
    """
    charts = Charts(found.tree, found.kit)
    pairs = [(app, source) for app in found.component.applications for source in app.sources]
    findings = list(found.findings)
    for app, source in pairs:
        if not _unread(found.tree, app, source):
            _doubt(found.tree, app, source, findings)
    read = _several(charts, pairs)
    findings += [finding for _, told in read for finding in told]
    items = [(app, item) for (app, _), (made, _) in zip(pairs, read, strict=True) for item in made]
    scopes = {kind: scope for _, item in items if (crd := _crd(item)) for kind, scope in [crd]}
    for _, item in items:
        for definer in catalogue.definers.get(item.kind, ()):
            for kind in definer.kinds(item.body):
                if kind not in catalogue.known:
                    scopes.setdefault(kind, "Cluster" if definer.cluster else "Namespaced")
    context = Context(found.tree, found.config, catalogue, findings, scopes)
    out: dict[Key, Resource] = {}
    again: Counter[Key] = Counter()  # names that the API server completes (`generateName`)
    for app, item in items:
        for resource in resources(context, app, item):
            other = out.setdefault(resource.key, resource)
            if other is resource:
                continue
            if get(resource.body, "metadata", "generateName") is None:
                found.tree.fail(_twice(other, resource))
            else:
                again[resource.key] += 1
                resource = replace(resource, id=f"{resource.id}({again[resource.key] + 1})")
                out[resource.key] = resource
    return tuple(tied(out[key] for key in sorted(out))), findings


def _several(
    charts: Charts, pairs: Sequence[tuple[Application, Source]]
) -> list[tuple[list[Item], list[Finding]]]:
    """The objects of each source; side by side where other programs do the work."""

    def one(pair: tuple[Application, Source]) -> tuple[list[Item], list[Finding]]:
        findings: list[Finding] = []
        return _items(charts, *pair, findings), findings

    kinds = sum(source.kind in ("kustomize", "helm", "chart") for _, source in pairs)
    return list(together(one, pairs, charts.kit.there and kinds > 1))


def _twice(first: Resource, second: Resource) -> InputError:
    where = f"{os.path.basename(first.file)}:{first.line}"
    return InputError(
        f"{second.id} is defined twice in Application {second.application}: also in {where}",
        "remove one, or give each overlay as a path of its own",
        second.file,
        second.line,
    )


def _items(charts: Charts, app: Application, source: Source, findings: list[Finding]) -> list[Item]:
    """The objects of one source, as Argo CD's repo server would find them."""
    tree = charts.tree
    why = _unread(tree, app, source)
    if why:
        name = source.path or source.chart
        name = os.path.relpath(name, tree.root) if os.path.isabs(name) else name
        message = f"`{name}` {why}: what it brings is not planned"
        findings.append(Finding("WF011", "note", message, app.file, app.line))
        return []
    for name in source.missing_files:
        message = (
            f"the values file `{name}` of Application {app.name} is not there, so Argo CD renders "
            "nothing of it; add the file, or set `ignoreMissingValueFiles: true`"
        )
        findings.append(Finding("WF011", "warning", message, app.file, app.line))
    for name in source.outside_files:
        message = (
            f"the values file `{name}` of Application {app.name} leads out of the repository, so "
            "Argo CD renders nothing of it, and it is not read; name one inside it"
        )
        findings.append(Finding("WF011", "warning", message, app.file, app.line))
    for name in directory.jsonnet(tree, source) if source.kind == "directory" else ():
        message = "Jsonnet is not evaluated: what it brings is not planned"
        findings.append(Finding("WF011", "note", message, name, 1))
    if source.kind in ("files", "directory"):
        return list(directory.objects(tree, source))
    if source.kind == "kustomize":
        block = get(source.spec, "kustomize")
        own = None
        if isinstance(block, dict):
            wave = ("kustomize", "commonAnnotations", SYNC_WAVE)
            one = origin(pieces(source, app.file, app.document), wave)
            at = (*one.at, "kustomize")
            own = kustomize.Setting(block, source.path, one.file, one.document, at, "application")
        items = kustomize.build(charts, source.path, findings, own)
        if not charts.kit.kustomize:
            return items
        from wavefix.render.built import built

        return built(charts, source.path, items, findings, own)
    return charts.expand(_release(tree, app, source), app.namespace)


def _release(tree: Tree, app: Application, source: Source) -> Item:
    """The release of a Helm source."""
    layers, subcharts = layers_of_source(tree, source, app.file, app.document)
    if app.made:
        layers = [replace(one, made=one.file == app.file and one.at != ()) for one in layers]
    file = app.file or os.path.join(source.path, "Chart.yaml")
    chart = Chart(source.chart, str(get(source.spec, "repoURL") or ""))
    namespace = str(get(source.spec, "helm", "namespace") or "")
    line, call = app.line or 1, call_of_source(tree, source, app.file)
    return release_item(source.release, namespace, file, line, layers, subcharts, chart, call)


def made_by(kit: Kit) -> Brings:
    """What discovery needs to know of charts of Applications: the objects that they make."""

    def brings(tree: Tree, app: Application, source: Source) -> Brought | None:
        if source.kind == "chart" and not _speaks_of_applications(kit, source):
            return None
        charts = Charts(tree, kit)
        items = _items(charts, app, source, [])
        made = [item for item in items if item.made]
        whole = not any(item.release for item in items)
        if not (made or whole):
            return None
        return Brought([(_named(item), item.file, item.line) for item in made], whole)

    return brings


def _named(item: Item) -> Mapping[str, Any]:
    """An object under the name that kustomizations give it."""
    metadata = item.body.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("name") in (None, item.name):
        return item.body
    return {**item.body, "metadata": {**metadata, "name": item.name}}


def _speaks_of_applications(kit: Kit, source: Source) -> bool:
    """Whether a chart that others publish makes Applications, as far as it is at hand."""
    if source.chart == COMMUNITY:
        return True
    if not kit.helm:
        return False
    from wavefix.tools.charts import Unavailable, archive, unpacked

    repo, version = get(source.spec, "repoURL"), get(source.spec, "targetRevision")
    try:
        path = archive(kit, source.chart, str(repo or ""), str(version or ""))
        return any(
            b"argoproj.io/v1alpha1" in content and _APPLICATIONS.search(content)
            for name, content in unpacked(path)
            if "templates/" in name
        )
    except Unavailable:
        return False


def _doubt(tree: Tree, app: Application, source: Source, findings: list[Finding]) -> None:
    """A note where another repository may be meant than the one at hand: one for each URL."""
    url = source.spec.get("repoURL")
    if source.path and source.kind != "files" and tree.repository.whose(url) == "doubtful":
        about = f"but {url} is no remote of this repository; if it is another name for it, say so "
        about += "under `argocd.repo_urls` in .wavefix.yaml, and if not, name those that are"
        if not any(about in finding.message for finding in findings):
            message = f"`{os.path.relpath(source.path, tree.root)}` is read here, {about}"
            findings.append(Finding("WF011", "note", message, app.file, app.line))


def _unread(tree: Tree, app: Application, source: Source) -> str:
    """Why nothing of a source is read; "" where it is."""
    if source.kind == "missing":
        return "is not in this repository"
    if get(source.spec, "plugin") is not None:
        return "is rendered by a plugin, which is not run"
    if app.file and source.path and tree.excluded(source.path, True):
        return "is excluded in .wavefix.yaml"
    return ""


def _crd(item: Item) -> tuple[str, str] | None:
    """The kind that a CustomResourceDefinition brings, and its scope."""
    if item.kind != _CRD:
        return None
    spec: Mapping[str, Any] = get(item.body, "spec") or {}
    kind, group, scope = get(spec, "names", "kind"), get(spec, "group"), get(spec, "scope")
    return (f"{kind}.{group}", str(scope or "Namespaced"))
