"""What objects get by default: from the class that says so, or from their ServiceAccount."""

from __future__ import annotations

from collections.abc import Iterator

from wavefix.infer.claims import CLAIM, STORAGE_CLASS
from wavefix.infer.permissions import account
from wavefix.infer.scene import Ref, Scene, edge, evidence, items
from wavefix.model import Edge, External, Needs, Path, Resource
from wavefix.yamlio import get

_PRIORITY_CLASS = "PriorityClass.scheduling.k8s.io"
_INGRESS_CLASS = "IngressClass.networking.k8s.io"
_INGRESS = "Ingress.networking.k8s.io"
_LIMITS = "LimitRange"
_DEFAULT_STORAGE = ("metadata", "annotations", "storageclass.kubernetes.io/is-default-class")
_DEFAULT_INGRESS = ("metadata", "annotations", "ingressclass.kubernetes.io/is-default-class")
_OLD_INGRESS = ("metadata", "annotations", "kubernetes.io/ingress.class")


def defaults(scene: Scene) -> Iterator[Edge | External]:
    """What admission fills in from an object needs that object before it."""
    for priority in scene.of_kind(_PRIORITY_CLASS):
        if get(priority.body, "globalDefault") is True:
            without = [
                workload
                for workload in scene.workloads()
                if not workload.opaque
                and not get(scene.pod_spec(workload), "priorityClassName")
                and workload.kind in scene.catalogue.core
            ]
            yield from _given(
                without, priority, "before", "core/default-priority",
                "pods get its priority as they are created", ("globalDefault",),
            )  # fmt: skip
    for storage in scene.of_kind(STORAGE_CLASS):
        if get(storage.body, *_DEFAULT_STORAGE) == "true":
            claims = scene.of_kind(CLAIM)
            yield from _given(
                [item for item in claims if get(item.body, "spec", "storageClassName") is None],
                storage, "eventually", "core/default-storage-class",
                "claims without a class get it", _DEFAULT_STORAGE,
            )  # fmt: skip
    for ingress_class in scene.of_kind(_INGRESS_CLASS):
        if get(ingress_class.body, *_DEFAULT_INGRESS) == "true":
            without = [
                item
                for item in scene.of_kind(_INGRESS)
                if not get(item.body, "spec", "ingressClassName")
                and not get(item.body, *_OLD_INGRESS)
            ]
            yield from _given(
                without, ingress_class, "before", "core/default-ingress-class",
                "an Ingress without a class gets it as it is created", _DEFAULT_INGRESS,
            )  # fmt: skip
    yield from _claim_limits(scene)
    yield from _reserved(scene)
    yield from _pull_secrets(scene)


def _given(
    dependents: list[Resource],
    target: Resource,
    needs: Needs,
    rule: str,
    why: str,
    path: Path,
) -> Iterator[Edge]:
    where = evidence(target, *path)
    for dependent in dependents:
        yield edge(dependent, target.key, needs, "derived", rule, why, where)


def _claim_limits(scene: Scene) -> Iterator[Edge]:
    """Limits on the storage that claims may ask for, checked as they are created."""
    claims: dict[str, list[Resource]] = {}
    for claim in scene.of_kind(CLAIM):
        claims.setdefault(claim.namespace, []).append(claim)
    for limits in scene.of_kind(_LIMITS):
        for index, limit in enumerate(items(limits.body, "spec", "limits")):
            if get(limit, "type") == CLAIM:
                yield from _given(
                    claims.get(limits.namespace, []), limits, "before", "core/claim-limits",
                    "its limits are checked as claims are created",
                    ("spec", "limits", index, "type"),
                )  # fmt: skip


def _reserved(scene: Scene) -> Iterator[Edge]:
    """A claim that a volume is reserved for binds to that volume."""
    for volume in scene.of_kind("PersistentVolume"):
        reference = get(volume.body, "spec", "claimRef")
        ref = Ref(CLAIM, str(get(reference, "namespace")), str(get(reference, "name")))
        claim = scene.find(ref, volume)
        if claim is not None and not get(claim.body, "spec", "volumeName"):
            yield edge(
                claim, volume.key, "eventually", "derived", "core/reserved-volume",
                "this volume is reserved for it", evidence(volume, "spec", "claimRef", "name"),
            )  # fmt: skip


def _pull_secrets(scene: Scene) -> Iterator[Edge | External]:
    """Pods get the image pull secrets of their ServiceAccount."""
    if not any(get(item.body, "imagePullSecrets") for item in scene.of_kind("ServiceAccount")):
        return
    for workload in scene.workloads():
        if workload.opaque or get(scene.pod_spec(workload), "imagePullSecrets"):
            continue
        name, _ = account(scene, workload)
        found = scene.find(Ref("ServiceAccount", workload.namespace, name), workload)
        secrets = items(found.body, "imagePullSecrets") if found is not None else []
        for index, secret in enumerate(secrets):
            ref = Ref("Secret", workload.namespace, str(get(secret, "name")))
            if found is not None and scene.provided(ref, workload):
                yield from scene.links(
                    workload, ref, "eventually", "derived", "core/pod-pull-secret",
                    f"its ServiceAccount {name} pulls images with it",
                    evidence(found, "imagePullSecrets", index, "name"),
                )  # fmt: skip
