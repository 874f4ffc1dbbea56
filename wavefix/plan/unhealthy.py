"""What a sync waits for and that does not get healthy, or not by what this sync applies.

Pure functions over the graph of one component, from the health checks of Argo CD
(gitops-engine/pkg/health, resource_customizations). Each is a way in which real syncs got stuck;
docs/stuck-syncs.md names the reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from wavefix.catalogue import Catalogue
from wavefix.durations import APPLICATION
from wavefix.infer.claims import FIRST_CONSUMER
from wavefix.infer.kinds import SCHEDULED
from wavefix.model import Edge, Finding, Graph, Key, Resource, Severity
from wavefix.plan.awaited import Step, awaited, hook, named, steps
from wavefix.yamlio import get

SUSPENDED, ADDRESS, NOT_AUTOMATED = "WF030", "WF031", "WF033"
EXPIRES, SCHEDULED_CLAIM, AUTOSCALER = "WF036", "WF037", "WF038"

# What makes an object Suspended, which is neither healthy nor a failure: kind -> field of its spec.
_FLUX = (
    "HelmRelease.helm.toolkit.fluxcd.io",
    "Kustomization.kustomize.toolkit.fluxcd.io",
    "Bucket.source.toolkit.fluxcd.io",
    "GitRepository.source.toolkit.fluxcd.io",
    "HelmChart.source.toolkit.fluxcd.io",
    "HelmRepository.source.toolkit.fluxcd.io",
    "OCIRepository.source.toolkit.fluxcd.io",
)
_PAUSES: Mapping[str, str] = {
    "Cluster.cluster.x-k8s.io": "paused",
    "Deployment.apps": "paused",
    "Job.batch": "suspend",
    "MachineDeployment.cluster.x-k8s.io": "paused",
    "Rollout.argoproj.io": "paused",
} | dict.fromkeys(_FLUX, "suspend")

_INGRESSES = ("Ingress.networking.k8s.io", "Ingress.extensions")
_AUTOSCALER = "HorizontalPodAutoscaler.autoscaling"


def unhealthy(graph: Graph, catalogue: Catalogue, assessed: bool) -> Iterator[Finding]:
    """Everything of this module. `assessed`: Argo CD assesses the health of Applications."""
    resources = {item.key: item for item in graph.resources}
    waits = awaited(graph.resources)
    known = [
        (item, waits[item.key])
        for item in graph.resources
        if item.key in waits and not item.patched
    ]
    yield from _suspended(known)
    yield from _addresses(known, graph.edges, catalogue)
    if assessed:
        yield from _by_hand(known)
    yield from _expiring(known)
    yield from _scheduled(graph.edges, resources, waits)
    yield from _autoscalers(graph.edges, resources, waits)


def _suspended(known: Iterable[tuple[Resource, Step]]) -> Iterator[Finding]:
    for item, step in known:
        field = _PAUSES.get(item.kind)
        if field and get(item.body, "spec", field) is True:
            last = "" if hook(item) else "give it the last wave, "
            yield _finding(
                SUSPENDED,
                "error",
                item,
                f"{item.id} is suspended (`spec.{field}: true`), which is neither healthy nor a "
                f"failure: the sync never leaves {named(step)}; {last}resume it, or leave it out",
            )


def _addresses(
    known: Iterable[tuple[Resource, Step]], edges: Iterable[Edge], catalogue: Catalogue
) -> Iterator[Finding]:
    """One finding for each Application, but for what a controller in sight takes up."""
    healers = {item.id for item in catalogue.providers if item.heals}
    taken_up = {edge.dependent for edge in edges if edge.rule in healers}
    found: dict[str, list[tuple[Resource, Step]]] = {}
    for item, step in known:
        if _wants_address(item) and item.key not in taken_up:
            found.setdefault(item.application, []).append((item, step))
    for _, items in sorted(found.items()):
        item, step = min(items, key=lambda pair: (pair[1], pair[0].key))
        more = f" (and {len(items) - 1} more)" if len(items) > 1 else ""
        yield _finding(
            ADDRESS,
            "note",
            item,
            f"{item.id}{more} is healthy once its status has an address, and the sync waits for "
            f"that in {named(step)}: for ever, where no controller writes one; give it the last "
            "wave, or have the controller publish its address",
        )


def _wants_address(item: Resource) -> bool:
    if item.kind == "Service":
        return bool(get(item.body, "spec", "type") == "LoadBalancer")
    return item.kind in _INGRESSES


def _by_hand(known: Iterable[tuple[Resource, Step]]) -> Iterator[Finding]:
    for item, step in known:
        if item.kind != APPLICATION or not get(item.body, "spec", "destination"):
            continue
        automated = get(item.body, "spec", "syncPolicy", "automated")
        if automated is None or get(automated, "enabled") is False:
            yield _finding(
                NOT_AUTOMATED,
                "warning",
                item,
                f"{item.id} is not synced automatically, and stays without health until somebody "
                f"does: so long its parent's sync does not leave {named(step)}; give it "
                "`syncPolicy: {automated: {}}`, or the last wave",
            )


def _expiring(known: Iterable[tuple[Resource, Step]]) -> Iterator[Finding]:
    for item, step in known:
        if item.kind == "Job.batch" and get(item.body, "spec", "ttlSecondsAfterFinished") == 0:
            # Hooks have a finalizer since 2.14, which keeps them until Argo CD has seen the end.
            old = " before 2.14" if hook(item) else ""
            yield _finding(
                EXPIRES,
                "note" if old else "warning",
                item,
                f"{item.id} is gone as soon as it is done (`ttlSecondsAfterFinished: 0`), often "
                f"before Argo CD{old} sees that, which then fails the sync or waits in "
                f"{named(step)} for ever; give it some minutes, or a hook-delete-policy instead",
            )


def _scheduled(
    edges: Iterable[Edge], resources: Mapping[Key, Resource], waits: Mapping[Key, Step]
) -> Iterator[Finding]:
    """Claims that only a pod binds which comes when its time comes."""
    for edge in edges:
        claim, user = resources[edge.dependent], resources[edge.dependency]
        if edge.rule == FIRST_CONSUMER and user.kind in SCHEDULED and claim.key in waits:
            yield _finding(
                SCHEDULED_CLAIM,
                "warning",
                claim,
                f"{claim.id} stays Pending until a pod uses it, and only {user.id} does, when its "
                f"time comes: so long the sync does not leave {named(waits[claim.key])}; give the "
                "claim the last wave, or a StorageClass that binds at once",
            )


def _autoscalers(
    edges: Iterable[Edge], resources: Mapping[Key, Resource], waits: Mapping[Key, Step]
) -> Iterator[Finding]:
    """Autoscalers that are judged before the pods that they measure have run."""
    for edge in edges:
        item, target = resources[edge.dependent], resources[edge.dependency]
        if item.kind != _AUTOSCALER or item.key not in waits or hook(item):
            continue
        if item.application == target.application and steps(item) == steps(target):
            yield _finding(
                AUTOSCALER,
                "note",
                item,
                f"{item.id} comes in one wave with {target.id}: until that has metrics the "
                f"autoscaler is Degraded, and the first sync may fail in {named(waits[item.key])}; "
                "give it the last wave, or rely on retries",
            )


def _finding(code: str, severity: Severity, item: Resource, message: str) -> Finding:
    return Finding(code, severity, message, item.file, item.line, item.id)
