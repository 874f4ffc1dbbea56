"""Operators among the manifests: whoever may write the status of a kind reconciles it."""

from __future__ import annotations

from collections.abc import Iterator

from wavefix.fields import texts
from wavefix.infer.permissions import Grant, Grants
from wavefix.infer.plurals import Plurals
from wavefix.infer.scene import Scene, edge, evidence
from wavefix.model import Edge, External, Key
from wavefix.yamlio import get

_WRITES = frozenset(("update", "patch", "*"))
_STATUS = "/status"
_CONTROLLERS = ("Deployment.apps", "StatefulSet.apps", "DaemonSet.apps")


def operators(scene: Scene) -> Iterator[Edge | External]:
    """A custom resource waits for the workload whose role lets it write the resource's status."""
    grants, plurals = scene.once(Grants), scene.once(Plurals)
    for workload in (item for kind in _CONTROLLERS for item in scene.of_kind(kind)):
        seen: set[Key] = set()
        for grant in grants.of(workload):
            for kind in _reconciled(scene, plurals, grant):
                for resource in scene.of_kind(kind):
                    if resource.key not in seen and grant.namespace in ("", resource.namespace):
                        seen.add(resource.key)
                        yield edge(
                            resource, workload.key, "eventually", "derived", "core/operator",
                            "its role lets it write their status: it reconciles them",
                            evidence(resource, "kind"),
                        )  # fmt: skip


def _reconciled(scene: Scene, plurals: Plurals, grant: Grant) -> Iterator[str]:
    """The custom kinds whose status a grant lets write; `*` names none."""
    rules = get(grant.role.body, "rules") if grant.role is not None else None
    for rule in rules if isinstance(rules, list) else ():
        names = [name for name in texts(rule, [("resources",)]) if name.endswith(_STATUS)]
        if names and _WRITES.intersection(texts(rule, [("verbs",)])):
            plain = [name.removesuffix(_STATUS) for name in names if "*" not in name]
            groups = [name for name in texts(rule, [("apiGroups",)]) if name != "*"]
            for kind in plurals.kinds(groups, plain):
                if kind not in scene.catalogue.core:
                    yield kind
