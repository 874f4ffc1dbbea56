"""What a pod may do: its ServiceAccount, and the bindings and roles that give it permissions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from wavefix.infer.kinds import ONCE
from wavefix.infer.scene import Evidence, Ref, Scene, edge, evidence
from wavefix.model import Edge, External, Needs, Resource
from wavefix.yamlio import get

_BINDINGS = (
    "RoleBinding.rbac.authorization.k8s.io",
    "ClusterRoleBinding.rbac.authorization.k8s.io",
)
_EVERY_ACCOUNT = "system:serviceaccounts:"  # the group of all ServiceAccounts of a namespace


class Grant(NamedTuple):
    """A binding with its role, if that is in sight, and where it holds ("" for everywhere)."""

    binding: Resource
    role: Resource | None
    namespace: str


class Grants:
    """The bindings of a component by whom they grant something."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._by_account: dict[tuple[str, str], list[Grant]] = {}
        bindings = [binding for kind in _BINDINGS for binding in scene.of_kind(kind)]
        homes = _homes(scene) if bindings else {}
        for binding in bindings:
            grant = Grant(binding, _role(scene, binding), binding.namespace)
            for account in dict.fromkeys(_subjects(scene, binding, homes)):
                self._by_account.setdefault(account, []).append(grant)

    def of(self, workload: Resource) -> list[Grant]:
        """What the pods of a workload are granted."""
        if not self._by_account:
            return []
        name, _ = account(self._scene, workload)
        found = [
            grant
            for who in (name, "")
            for grant in self._by_account.get((workload.namespace, who), ())
        ]
        return list({grant.binding.key: grant for grant in found}.values())


def account(scene: Scene, workload: Resource) -> tuple[str, Evidence]:
    """The ServiceAccount that a workload's pods run as, and where it says so."""
    spec, path = scene.pod_spec(workload), scene.pod_path(workload)
    for key in ("serviceAccountName", "serviceAccount"):
        if name := get(spec, key):
            return str(name), evidence(workload, *path, key)
    return "default", evidence(workload, *path, "serviceAccountName")


def permissions(scene: Scene) -> Iterator[Edge | External]:
    """A pod can use its ServiceAccount's permissions only when bindings and roles are there."""
    grants = scene.once(Grants)
    for workload in scene.workloads():
        if workload.opaque:
            continue
        needs: Needs = "present" if workload.kind in ONCE else "eventually"
        for grant in grants.of(workload):
            name, where = account(scene, workload)
            for target in (grant.binding, grant.role):
                if target is not None:
                    yield edge(
                        workload, target.key, needs, "derived", "core/permissions",
                        f"it gives ServiceAccount {name} its permissions", where,
                    )  # fmt: skip


def _role(scene: Scene, binding: Resource) -> Resource | None:
    kind = f"{get(binding.body, 'roleRef', 'kind')}.rbac.authorization.k8s.io"
    namespace = scene.namespace(binding, None, kind)
    return scene.find(Ref(kind, namespace, str(get(binding.body, "roleRef", "name"))), binding)


def _homes(scene: Scene) -> dict[tuple[str, str], set[str]]:
    """The namespaces that have a ServiceAccount of a name, by Application."""
    out: dict[tuple[str, str], set[str]] = {}
    for item in scene.of_kind("ServiceAccount"):
        out.setdefault((item.application, item.name), set()).add(item.namespace)
    return out


def _subjects(
    scene: Scene, binding: Resource, homes: Mapping[tuple[str, str], set[str]]
) -> Iterator[tuple[str, str]]:
    """The ServiceAccounts of a binding as (namespace, name); a name of "" means all of them.

    A ClusterRoleBinding whose subject names no namespace means the one that kustomize fills in.
    """
    subjects = get(binding.body, "subjects")
    for subject in subjects if isinstance(subjects, list) else []:
        kind, name = get(subject, "kind"), str(get(subject, "name"))
        if kind == "ServiceAccount":
            ref = Ref(kind, scene.namespace(binding, get(subject, "namespace"), kind), name)
            found = scene.find(ref, binding)
            here = homes.get((binding.application, name), set())
            if found is not None:
                yield found.namespace, found.name
            elif ref.namespace or len(here) != 1:
                yield ref.namespace, name
            else:
                yield next(iter(here)), name
        elif kind == "Group" and name.startswith(_EVERY_ACCOUNT):
            yield name.removeprefix(_EVERY_ACCOUNT), ""
