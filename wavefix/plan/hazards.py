"""Waves that do not do what they promise: nobody waits for them, or nothing needs them.

Pure functions over the graph of one component. What the waves break is told elsewhere
(`findings.py`); here is what a reader of the annotations would take for granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from wavefix.argocd import HELM_HOOK, HOOK
from wavefix.catalogue import Catalogue
from wavefix.config import Config
from wavefix.durations import APPLICATION, checked
from wavefix.model import Application, Edge, Finding, Graph, Key, Resource
from wavefix.plan.awaited import awaited, own_annotations
from wavefix.plan.hooks import hooks
from wavefix.plan.order import broken
from wavefix.plan.problem import surest
from wavefix.plan.undefined import undefined
from wavefix.plan.unhealthy import unhealthy
from wavefix.yamlio import get

CHILDREN, JOB, NOT_AWAITED, APPLY_ORDER, NEEDLESS = "WF018", "WF019", "WF020", "WF021", "WF022"
NOT_TOLD = "WF039"

# docs/operator-manual/health.md, "Argocd App"
HEALTH_KEY = "resource.customizations.health.argoproj.io_Application"
_SNIPPET = f"""\
{HEALTH_KEY}: |
  hs = {{status = "Progressing", message = ""}}
  if obj.status ~= nil and obj.status.health ~= nil then
    hs.status = obj.status.health.status
    hs.message = obj.status.health.message or ""
  end
  return hs"""

_CUSTOMIZATIONS = "resource.customizations"

_SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
_FORCE = "Force=true"

# Groups of the Kubernetes API itself: their kinds do what they do as soon as they are applied.
_OWN_GROUPS = frozenset(("apps", "autoscaling", "batch", "extensions", "policy"))
_OWN_SUFFIX = ".k8s.io"
_ADDED = frozenset(("gateway.networking.k8s.io", "snapshot.storage.k8s.io", "x-k8s.io"))


class Place(NamedTuple):
    """A line of a file."""

    file: str
    line: int


def hazards(
    graph: Graph,
    applications: Iterable[Application],
    config: Config,
    catalogue: Catalogue,
    restored: Place | None = None,
    whole: bool = True,
) -> Iterator[Finding]:
    """Everything of this module.

    `restored`: where a source restores the health of Applications. `whole`: every file could be
    read.
    """
    resources = {item.key: item for item in graph.resources}
    held = [edge for edge in graph.edges if _held(edge, resources)]
    known = {app.name: app for app in applications}
    ordered = set(_ordered(graph, resources))
    told: set[str] = set()
    assessed = config.argocd.application_health or restored is not None
    if not assessed:
        for finding in _children(held, resources):
            told.add(finding.resource)
            yield finding
    if restored is not None and not config.argocd.application_health:
        yield from _not_told(graph, restored)
    yield from _immutable_jobs(graph)
    yield from _not_awaited(held, resources, config)
    yield from unhealthy(graph, catalogue, assessed)
    yield from hooks(graph)
    yield from undefined(graph, known.values(), catalogue)
    for name, items in _several_waves(graph):
        if _parent_id(name) in told:
            continue
        app = known.get(name)
        if whole and name not in ordered and _known(items, catalogue):
            yield _about(NEEDLESS, name, items, app, _NEEDLESS)
        elif restored is None and not _anything_waits(items, config):
            yield _about(APPLY_ORDER, name, items, app, _APPLY_ORDER)


_NEEDLESS = (
    "but nothing in it needs anything else in it to come first: each wave costs time and buys no "
    "order; drop the annotations, or say in `depends_on` what they are for"
)
_APPLY_ORDER = (
    "but nothing before the last of them has a health check, so they order the applying and wait "
    "for nothing; fine if that is all they are for, else give what is to be waited for a health "
    "check"
)


def restores_health(graph: Graph) -> Place | None:
    """Where a source in sight sets the health check of Applications.

    That is argocd-cm, the values of Argo CD's chart, or the resource of its operator
    (argocd-operator, docs/reference/argocd.md).
    """
    for item in graph.resources:
        if item.kind == "ConfigMap" and item.name == "argocd-cm":
            data = get(item.body, "data")
            if get(data, HEALTH_KEY) is not None or _old_block(get(data, _CUSTOMIZATIONS)):
                return Place(item.file, item.line)
        elif item.kind == "ArgoCD.argoproj.io" and _operator_restores(get(item.body, "spec")):
            return Place(item.file, item.line)
        for value in item.values:
            old = _CUSTOMIZATIONS in value.path and _old_block(value.value)
            if HEALTH_KEY in value.path or old:
                return Place(value.file, value.line)
    return None


def _old_block(text: object) -> bool:
    """Whether the one text that held all customizations before 1.9 has this one."""
    return isinstance(text, str) and "argoproj.io/Application:" in text


def _operator_restores(spec: object) -> bool:
    checks = get(spec, "resourceHealthChecks")
    return (
        any(
            (get(one, "group"), get(one, "kind")) == ("argoproj.io", "Application")
            for one in (checks if isinstance(checks, list) else ())
        )
        or get(spec, "extraConfig", HEALTH_KEY) is not None
        or _old_block(get(spec, "resourceCustomizations"))
    )


def _not_told(graph: Graph, restored: Place) -> Iterator[Finding]:
    """What wavefix must be told, where it matters: somebody waits for a child."""
    waits = awaited(graph.resources)
    if any(item.kind == APPLICATION and item.key in waits for item in graph.resources):
        yield Finding(
            NOT_TOLD,
            "note",
            "this restores the health check of Applications, but .wavefix.yaml does not say so, "
            "and wavefix plans and predicts as if nobody waited for a child Application; set "
            "`argocd: {application_health: true}`",
            *restored,
        )


def _held(edge: Edge, resources: Mapping[Key, Resource]) -> bool:
    """Whether waves of one sync put an edge into the order that it needs."""
    mine, other = resources[edge.dependent], resources[edge.dependency]
    return (
        mine.application == other.application
        and mine.phase == other.phase != "Skip"
        and mine.effective > other.effective
    )


def _children(held: Iterable[Edge], resources: Mapping[Key, Resource]) -> Iterator[Finding]:
    """Parents whose children need each other ready: one finding for each, with what restores it."""
    found: dict[str, list[Edge]] = {}
    for edge in held:
        both = resources[edge.dependent].kind == resources[edge.dependency].kind == APPLICATION
        if both and edge.needs in ("ready", "before"):
            found.setdefault(edge.dependent.application, []).append(edge)
    for parent, edges in sorted(found.items()):
        edge = surest(edges)
        mine, other = resources[edge.dependent], resources[edge.dependency]
        pairs = len({(item.dependent, item.dependency) for item in edges}) - 1
        more = f", and {pairs} more such" if pairs else ""
        why = f": {edge.why}" if edge.why else ""
        yield Finding(
            CHILDREN,
            "warning",
            f"{mine.id} (wave {mine.effective}) needs {other.id} (wave {other.effective}) "
            f"{edge.needs}{why}{more}, but Argo CD does not assess the health of Applications: "
            f"the waves of {parent} order no more than their creation; restore the check in "
            "argocd-cm and set `argocd: {application_health: true}` in .wavefix.yaml:\n" + _SNIPPET,
            *_at(mine),
            _parent_id(parent),
        )


def _parent_id(name: str) -> str:
    return f"{APPLICATION}/{name}"


def _immutable_jobs(graph: Graph) -> Iterator[Finding]:
    """Jobs that stay when they are done, and refuse the next change of their template.

    `Replace=true` alone is a PUT, which is refused as well; only `Force=true` deletes (kubectl's
    apply and replace). As a sync option of an Application it means nothing.
    """
    for job in graph.resources:
        if job.kind != "Job.batch" or job.phase == "Skip" or not get(job.body, "metadata", "name"):
            continue
        own = own_annotations(job)
        options = str(own.get(_SYNC_OPTIONS) or "").split(",")
        forced = _FORCE in (one.strip() for one in options)
        expires = get(job.body, "spec", "ttlSecondsAfterFinished") is not None
        if HOOK in own or HELM_HOOK in own or expires or forced or job.patched:
            continue
        yield Finding(
            JOB,
            "note",
            f"{job.id} stays when it is done, and its template is immutable: the next change "
            "of it, such as a new image, fails the sync; make it a hook, or annotate it with "
            f"`{_SYNC_OPTIONS}: Force=true,Replace=true`",
            job.file,
            job.line,
            job.id,
        )


def _not_awaited(
    held: Iterable[Edge], resources: Mapping[Key, Resource], config: Config
) -> Iterator[Finding]:
    """Custom resources that must be ready for a later wave, and that nobody waits for."""
    found: dict[str, list[Edge]] = {}
    for edge in held:
        other = resources[edge.dependency]
        sure = edge.needs == "ready" and edge.confidence != "heuristic"
        if sure and _custom(other.kind) and not checked(other, config):
            found.setdefault(other.kind, []).append(edge)
    for kind, edges in sorted(found.items()):
        edge = surest(edges)
        mine, other = resources[edge.dependent], resources[edge.dependency]
        others = len({item.dependency for item in edges}) - 1
        more = f" (and {others} more of this kind)" if others else ""
        name, _, group = kind.partition(".")
        yield Finding(
            NOT_AWAITED,
            "warning",
            f"{mine.id} (wave {mine.effective}) needs {other.id} ready{more}, but Argo CD has no "
            f"health check for {kind}: wave {other.effective} is done as soon as it is applied; "
            f"write one in argocd-cm (`resource.customizations.health.{group}_{name}`) and name "
            "the kind under `argocd.health_checked_kinds` in .wavefix.yaml",
            *_at(other),
            other.id,
        )


def _custom(kind: str) -> bool:
    """Whether a controller beside Kubernetes' own makes a kind ready."""
    group = kind.partition(".")[2]
    if not group or group in _OWN_GROUPS or kind == APPLICATION:
        return False
    return not group.endswith(_OWN_SUFFIX) or group.endswith(tuple(_ADDED))


def _several_waves(graph: Graph) -> Iterator[tuple[str, list[Resource]]]:
    """What each Application applies in its Sync phase, where that takes several waves."""
    found: dict[str, list[Resource]] = {}
    for item in graph.resources:
        if item.phase == "Sync":
            found.setdefault(item.application, []).append(item)
    for name, items in sorted(found.items()):
        if len({item.effective for item in items}) > 1:
            yield name, items


def _anything_waits(items: Iterable[Resource], config: Config) -> bool:
    known = list(items)
    last = max(item.effective for item in known)
    return any(checked(item, config) for item in known if item.effective < last)


def _known(items: Iterable[Resource], catalogue: Catalogue) -> bool:
    """Whether all of an Application is in sight: else nobody can tell what it needs."""
    return all(
        not item.opaque and catalogue.knows(item.kind) and item.kind not in catalogue.opaque
        for item in items
    )


def _ordered(graph: Graph, resources: Mapping[Key, Resource]) -> Iterator[str]:
    """The Applications that one wave would not do for."""
    for edge in graph.edges:
        if _asks_for_order(edge, resources):
            yield edge.dependent.application
            yield edge.dependency.application


def _asks_for_order(edge: Edge, resources: Mapping[Key, Resource]) -> bool:
    """Whether one wave would not do for an edge, or its waves are wrong, which is told elsewhere.

    Between Applications waves may show what is meant.
    """
    mine, other = resources[edge.dependent], resources[edge.dependency]
    if mine.application != other.application:
        return edge.needs != "eventually"
    now = mine.effective, other.effective
    return mine.phase == other.phase and (
        broken(edge, mine, other, (0, 0)) or broken(edge, mine, other, now)
    )


def _about(
    code: str, name: str, items: Iterable[Resource], app: Application | None, what: str
) -> Finding:
    known = list(items)
    waves = ", ".join(str(wave) for wave in sorted({item.effective for item in known}))
    first = min((item for item in known if item.sites), key=_place, default=known[0])
    written = app is not None and app.file and not first.sites
    file, line = (app.file, app.line) if app is not None and written else _at(first)
    return Finding(code, "note", f"{name} has waves {waves}, {what}", file, line, _parent_id(name))


def _place(item: Resource) -> tuple[str, int, Key]:
    return *_at(item), item.key


def _at(item: Resource) -> tuple[str, int]:
    return (item.sites[0].file, item.sites[0].line) if item.sites else (item.file, item.line)
