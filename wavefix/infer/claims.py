"""Claims that bind on first use: they stay Pending until a pod that uses them is applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wavefix.argocd import phase_order
from wavefix.infer.kinds import SCHEDULED
from wavefix.infer.reach import Reach
from wavefix.infer.scene import Ref, Scene, edge, evidence
from wavefix.model import Edge, Key, Resource
from wavefix.yamlio import get

CLAIM = "PersistentVolumeClaim"
FIRST_CONSUMER = "core/wait-for-first-consumer"
STORAGE_CLASS = "StorageClass.storage.k8s.io"
_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def claims(scene: Scene, edges: Sequence[Edge]) -> Iterator[Edge]:
    """From each such claim to the first of what uses it."""
    waiting = {claim.key: claim for claim in _waiting(scene)}
    if not waiting:
        return
    pods = {workload.key: workload for workload in scene.workloads()}
    users: dict[Key, dict[Key, Resource]] = {}
    for found in edges:
        used = found.confidence != "explicit" and found.dependent in pods
        if used and found.dependency in waiting:
            known = users.setdefault(found.dependency, {})
            known[found.dependent] = pods[found.dependent]
    reach = Reach(edges if any(len(found) > 1 for found in users.values()) else (), scene.look)
    for claim, found_users in users.items():
        yield edge(
            waiting[claim], _first(found_users, reach), "eventually", "derived",
            FIRST_CONSUMER, "it stays Pending until a pod uses it",
            evidence(waiting[claim], "spec", "storageClassName"),
        )  # fmt: skip


def _first(users: Mapping[Key, Resource], needs: Reach) -> Key:
    """The first of the users of a claim that wait for no other: one pod is enough to bind it."""
    if len(users) == 1:
        return next(iter(users))
    now = [key for key, user in users.items() if user.kind not in SCHEDULED] or list(users)
    reach = {key: needs.of(key) for key in now}
    free = [key for key in now if all(key in reach[other] for other in reach[key] & reach.keys())]
    return min(free, key=lambda key: (phase_order(users[key].phase), users[key].effective, key))


def _waiting(scene: Scene) -> Iterator[Resource]:
    """The claims that nothing binds before a pod uses them."""
    reserved = {
        (
            str(get(volume.body, "spec", "claimRef", "namespace")),
            str(get(volume.body, "spec", "claimRef", "name")),
        )
        for volume in scene.of_kind("PersistentVolume")
    }
    for claim in scene.of_kind(CLAIM):
        bound = get(claim.body, "spec", "volumeName") or (claim.namespace, claim.name) in reserved
        if not bound and _class_waits(scene, claim):
            yield claim


def _class_waits(scene: Scene, claim: Resource) -> bool:
    """Whether the class of a claim binds on first use; so it does where it is not to be seen."""
    name = get(claim.body, "spec", "storageClassName")
    if name == "" or str(name) in scene.immediate:
        return False
    if name is None:
        classes = [item for item in scene.of_kind(STORAGE_CLASS) if _is_default(item)]
    else:
        found = scene.find(Ref(STORAGE_CLASS, "", str(name)), claim)
        classes = [found] if found is not None else []
    return not classes or any(
        get(item.body, "volumeBindingMode") == "WaitForFirstConsumer" for item in classes
    )


def _is_default(storage_class: Resource) -> bool:
    return bool(get(storage_class.body, "metadata", "annotations", _DEFAULT) == "true")
