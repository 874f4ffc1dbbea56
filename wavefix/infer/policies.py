"""Policies: what holds only for the pods that come after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from wavefix.catalogue import Policy
from wavefix.fields import texts
from wavefix.infer.reach import Reach
from wavefix.infer.scene import Scene, edge, evidence
from wavefix.model import Edge, Resource
from wavefix.yamlio import get


def inside(scene: Scene, edges: Sequence[Edge]) -> Iterator[Edge]:
    """From the workloads of a namespace to the policies in it."""
    return _held(scene, Reach(edges, scene.look), cluster=False)


def everywhere(scene: Scene, edges: Sequence[Edge]) -> Iterator[Edge]:
    """From workloads to the policies of the whole cluster that look at them."""
    return _held(scene, Reach(edges, scene.look), cluster=True)


def _held(scene: Scene, reach: Reach, cluster: bool) -> Iterator[Edge]:
    """From the workloads that a policy looks at, but for what it itself needs."""
    for kind, policy in scene.catalogue.policies.items():
        for resource in scene.of_kind(kind):
            if bool(resource.namespace) == cluster or not policy.condition.holds(resource.body):
                continue
            where = evidence(resource, "metadata", "name" if cluster else "namespace")
            above = reach.of(resource.key)
            for workload in _looked_at(scene, resource, policy):
                if workload.key not in above:
                    yield edge(
                        workload, resource.key, policy.needs, "derived", policy.id, policy.why,
                        where,
                    )  # fmt: skip


def _looked_at(scene: Scene, resource: Resource, policy: Policy) -> Iterator[Resource]:
    """The workloads that a policy looks at."""
    selector = get(resource.body, *policy.selector) if policy.selector else None
    kinds = {text.rpartition("/")[2].lower() for text in texts(resource.body, policy.kinds)}
    inside = texts(resource.body, policy.namespaces)
    outside = texts(resource.body, policy.excluded)
    spaces = [resource.namespace] if resource.namespace else scene.spaces()
    for namespace in spaces:
        if (inside and not _among(namespace, inside)) or _among(namespace, outside):
            continue
        for workload in scene.selected(namespace, selector):
            if not policy.kinds or _is_one(workload, kinds):
                yield workload


def _among(namespace: str, globs: list[str]) -> bool:
    return any(fnmatchcase(namespace, glob) for glob in globs)


def _is_one(workload: Resource, kinds: set[str]) -> bool:
    """Whether a workload, or a pod that it starts, is of one of these kinds (`pods` or `Pod`)."""
    own = workload.kind.partition(".")[0].lower()
    return bool(kinds & {"*", "pod", "pods", own, f"{own}s"})
