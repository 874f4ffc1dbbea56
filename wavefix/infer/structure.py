"""Edges that follow from what objects are: namespaces, definitions, policies, permissions, claims.

One function per source of edges, all called with the same arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wavefix.argocd import HELM_RELEASE
from wavefix.infer.scene import Evidence, Ref, Scene, edge, show
from wavefix.model import Edge, External, Needs, Path, Resource
from wavefix.yamlio import get, line_of

CRD = "CustomResourceDefinition.apiextensions.k8s.io"
CLAIM = "PersistentVolumeClaim"
STORAGE_CLASS = "StorageClass.storage.k8s.io"
ROLE_BINDINGS = (
    "RoleBinding.rbac.authorization.k8s.io",
    "ClusterRoleBinding.rbac.authorization.k8s.io",
)
# What fails for good, or at once, when its permissions are not there yet.
_IMPATIENT = ("Job.batch", "Pod")


def evidence(resource: Resource, *path: str | int) -> Evidence:
    """A field of a resource as evidence."""
    return Evidence(resource.file, line_of(resource.body, path, resource.line), show(path))


def namespaces(scene: Scene) -> Iterator[Edge | External]:
    """Everything in a namespace comes after the Namespace."""
    if not scene.of_kind("Namespace"):
        return
    for resource in scene.resources:
        if resource.namespace:
            target = scene.find(Ref("Namespace", "", resource.namespace), resource)
            if target is not None:
                yield edge(
                    resource, target.key, "before", "schema", "core/namespace",
                    "nothing can be created in a namespace that does not exist",
                    evidence(resource, "metadata", "namespace"),
                )  # fmt: skip


def definitions(scene: Scene) -> Iterator[Edge | External]:
    """A custom resource is refused until its CustomResourceDefinition is there."""
    for crd in scene.of_kind(CRD):
        kind = f"{get(crd.body, 'spec', 'names', 'kind')}.{get(crd.body, 'spec', 'group')}"
        for resource in scene.of_kind(kind):
            yield edge(
                resource, crd.key, "present", "schema", "core/crd",
                "its kind is unknown to the API server until then", evidence(resource, "kind"),
            )  # fmt: skip


def policies(scene: Scene) -> Iterator[Edge | External]:
    """Limits, quotas and network policies hold only for pods that come after them."""
    workloads: dict[str, list[Resource]] = {}
    found = [
        (kind, policy) for kind, policy in scene.catalogue.policies.items() if scene.of_kind(kind)
    ]
    if found:
        for workload in scene.workloads():
            workloads.setdefault(workload.namespace, []).append(workload)
    for kind, policy in found:
        for resource in scene.of_kind(kind):
            selector = get(resource.body, *policy.selector) if policy.selector else None
            for workload in workloads.get(resource.namespace, ()):
                if workload.opaque and selector:
                    continue  # nobody sees the labels of its pods
                if selects(selector, {} if workload.opaque else scene.pod_labels(workload)):
                    yield edge(
                        workload, resource.key, policy.needs, "derived", policy.id, policy.why,
                        evidence(resource, "metadata", "namespace"),
                    )  # fmt: skip


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a label selector (apimachinery meta/v1) selects labels; an empty one selects all."""
    if not isinstance(selector, dict):
        return True
    wanted = selector.get("matchLabels")
    if isinstance(wanted, dict) and any(labels.get(key) != value for key, value in wanted.items()):
        return False
    expressions = selector.get("matchExpressions")
    for expression in expressions if isinstance(expressions, list) else []:
        value, values = labels.get(get(expression, "key")), get(expression, "values") or []
        operator = get(expression, "operator")
        if (
            (operator == "In" and value not in values)
            or (operator == "NotIn" and value in values)
            or (operator == "Exists" and value is None)
            or (operator == "DoesNotExist" and value is not None)
        ):
            return False
    return True


def bound_roles(scene: Scene) -> dict[tuple[str, str], list[tuple[Resource, Resource | None, str]]]:
    """Bindings by ServiceAccount (namespace, name): binding, its role, the namespace it holds in."""
    out: dict[tuple[str, str], list[tuple[Resource, Resource | None, str]]] = {}
    for kind in ROLE_BINDINGS:
        for binding in scene.of_kind(kind):
            role_kind = f"{get(binding.body, 'roleRef', 'kind')}.rbac.authorization.k8s.io"
            name = str(get(binding.body, "roleRef", "name"))
            namespace = "" if role_kind.startswith("Cluster") else binding.namespace
            role = scene.find(Ref(role_kind, namespace, name), binding)
            subjects = get(binding.body, "subjects")
            for subject in subjects if isinstance(subjects, list) else []:
                if get(subject, "kind") == "ServiceAccount":
                    where = scene.namespace(binding, get(subject, "namespace"), "ServiceAccount")
                    account = (where, str(get(subject, "name")))
                    out.setdefault(account, []).append((binding, role, binding.namespace))
    return out


def account(scene: Scene, workload: Resource) -> tuple[str, Path]:
    """The ServiceAccount that a workload's pods run as, and where it says so."""
    spec = scene.pod_spec(workload)
    name = get(spec, "serviceAccountName") or get(spec, "serviceAccount") or "default"
    return str(name), (*scene.pod_path(workload), "serviceAccountName")


def permissions(scene: Scene) -> Iterator[Edge | External]:
    """A pod can use its ServiceAccount's permissions only when bindings and roles are there."""
    bound = bound_roles(scene)
    if not bound:
        return
    for workload in scene.workloads():
        if workload.opaque:
            continue
        name, path = account(scene, workload)
        needs: Needs = "present" if workload.kind in _IMPATIENT else "eventually"
        for binding, role, _ in bound.get((workload.namespace, name), ()):
            for target in (binding, role):
                if target is not None:
                    yield edge(
                        workload, target.key, needs, "derived", "core/permissions",
                        f"it gives ServiceAccount {name} its permissions",
                        evidence(workload, *path),
                    )  # fmt: skip


def claims(scene: Scene, edges: list[Edge]) -> Iterator[Edge]:
    """A claim that binds on first use is healthy only when a pod of the component uses it."""
    by_key = {resource.key: resource for resource in scene.of_kind(CLAIM)}
    for found in edges:
        claim = by_key.get(found.dependency)
        if claim is None or not _waits(scene, claim):
            continue
        yield Edge(
            claim.key, found.dependent, "eventually", "derived", "core/wait-for-first-consumer",
            claim.file, claim.line, show(("spec", "storageClassName")),
            "it stays Pending until a pod uses it",
        )  # fmt: skip


def _waits(scene: Scene, claim: Resource) -> bool:
    """Whether a claim binds on first use; so it is where its class is not to be seen."""
    name = get(claim.body, "spec", "storageClassName")
    if get(claim.body, "spec", "volumeName") or name == "":
        return False
    storage = scene.find(Ref(STORAGE_CLASS, "", str(name)), claim) if name else None
    if storage is None:
        return True
    return bool(storage.body.get("volumeBindingMode") == "WaitForFirstConsumer")


def subcharts(scene: Scene) -> Iterator[Edge | External]:
    """A release needs the charts that it brings along."""
    releases = {(item.application, item.id): item for item in scene.of_kind(HELM_RELEASE)}
    for part in releases.values():
        release = releases.get((part.application, part.parent))
        if part.subchart and release is not None:
            yield edge(
                release, part.key, "ready", "derived", "helm/subchart",
                "a chart works only when the charts that it brings along do",
                Evidence(part.file, part.line, part.id.rpartition(":")[2]),
            )  # fmt: skip
