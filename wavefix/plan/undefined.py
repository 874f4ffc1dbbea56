"""Custom resources whose definition comes only with what the same sync sets off.

gitops-engine, pkg/sync/sync_context.go (getSyncTasks): before anything is applied, Argo CD asks the
API server for every kind. One that is neither there nor defined by a CRD of this sync fails it, so
what would bring the definition is not applied either, at no retry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from wavefix.catalogue import Catalogue, ProviderText
from wavefix.durations import APPLICATION
from wavefix.infer.scene import crd_kind
from wavefix.infer.structure import ARGO_KINDS, CRD
from wavefix.model import Application, Finding, Graph, Resource
from wavefix.plan.awaited import own_annotations

UNDEFINED = "WF032"

_OPTION = "SkipDryRunOnMissingResource=true"
_SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
# Objects that have another controller install something, definitions too.
_INSTALLERS = frozenset(
    (APPLICATION, "Provider.pkg.crossplane.io", "Subscription.operators.coreos.com")
)
# Those of Flux and K3s, which often stand in directories that Argo CD never reads.
_OTHERS = frozenset(("HelmChart.helm.cattle.io", "HelmRelease.helm.toolkit.fluxcd.io"))


def undefined(
    graph: Graph, applications: Iterable[Application], catalogue: Catalogue
) -> Iterator[Finding]:
    """One finding for each kind that an Application cannot have yet when it is dry-run."""
    resources = {item.key: item for item in graph.resources}
    known = {app.name: app for app in applications}
    providers = {item.id: item for item in catalogue.providers}
    defined = {(item.application, crd_kind(item)) for item in graph.resources if item.kind == CRD}
    found: dict[tuple[str, str], list[tuple[Resource, Resource]]] = {}
    for edge in graph.edges:
        mine, other = resources[edge.dependent], resources[edge.dependency]
        if mine.kind in ARGO_KINDS or mine.phase == "Skip":
            continue  # where Argo CD runs, there are its own kinds
        if (mine.application, mine.kind) in defined:
            continue
        if not (_defines(other, mine) or _brings(providers.get(edge.rule), mine.kind)):
            continue
        installs = other.kind in _INSTALLERS or (
            other.kind in _OTHERS and _written(mine.application, known)
        )
        here = mine.application == other.application and installs
        if (here or _below(other.application, mine.application, known)) and not _skips(mine, known):
            found.setdefault((mine.application, mine.kind), []).append((mine, other))
    for (name, kind), pairs in sorted(found.items()):
        mine, other = min(pairs, key=lambda pair: (pair[0].key, pair[1].key))
        items = len({item.key for item, _ in pairs})
        more = f" (and {items - 1} more)" if items > 1 else ""
        yield Finding(
            UNDEFINED,
            "error" if _written(name, known) else "warning",
            f"{mine.id}{more}: {kind} is defined only once {other.id} is installed, which the "
            f"sync of {name} sets off; on a cluster without it the dry run fails before anything "
            f"is applied, at every retry; annotate it with `{_SYNC_OPTIONS}: {_OPTION}`",
            mine.file,
            mine.line,
            mine.id,
        )


def _defines(crd: Resource, item: Resource) -> bool:
    return crd.kind == CRD and crd_kind(crd) == item.kind


def _brings(provider: ProviderText | None, kind: str) -> bool:
    if provider is None:
        return False
    group = kind.partition(".")[2]
    parents = (end[1:] for end in provider.groups if end.startswith("*."))
    return kind in provider.kinds or group in provider.groups or group.endswith(tuple(parents))


def _below(name: str, ancestor: str, known: Mapping[str, Application]) -> bool:
    """Whether the sync of one Application makes another one, at any depth."""
    seen = {name}
    while (app := known.get(name)) and app.parent and app.parent not in seen:
        name = app.parent
        if name == ancestor:
            return True
        seen.add(name)
    return False


def _written(name: str, known: Mapping[str, Application]) -> bool:
    """Whether an Application is in sight, with the options of its sync."""
    app = known.get(name)
    return app is not None and bool(app.file)


def _skips(item: Resource, known: Mapping[str, Application]) -> bool:
    options = own_annotations(item).get(_SYNC_OPTIONS)
    own = isinstance(options, str) and _OPTION in [part.strip() for part in options.split(",")]
    app = known.get(item.application)
    return own or (app is not None and app.skip_dry_run)
