"""Objects that make others: by the `makes` rules, and Jobs by what their roles let them write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wavefix.catalogue import field_of
from wavefix.infer.scene import Made, Ref, Scene, edge
from wavefix.infer.structure import account, bound_roles, evidence
from wavefix.model import Confidence, Edge, External, Resource
from wavefix.yamlio import get

_WRITES = frozenset(("create", "update", "patch", "*"))
_WRITABLE = {"configmaps": "ConfigMap", "secrets": "Secret"}

_CREATE = re.compile(
    r"\b(?:create|apply)\s+(?:(configmap|cm)|secret\s+(?:generic|tls|docker-registry))\s+"
    r"([a-z0-9][a-z0-9.-]*)"
)
_CHANGE = re.compile(
    r"\b(?:patch|replace|annotate|label|set\s+data)\s+(configmaps?|cm|secrets?)[/\s]+([a-z0-9][a-z0-9.-]*)"
)


def find_makers(scene: Scene) -> None:
    """Fill `scene.made`."""
    for kind, makers in scene.catalogue.makers.items():
        for resource in scene.of_kind(kind):
            for maker in makers:
                if any(field_of(resource.body, path) in values for path, values in maker.unless):
                    continue
                names = (field_of(resource.body, path) for path in maker.names)
                name = next((str(name) for name in names if name), None)
                if name:
                    named = field_of(resource.body, maker.namespace) if maker.namespace else None
                    ref = Ref(maker.kind, scene.namespace(resource, named, maker.kind), name)
                    made = Made(resource, maker.id, "derived", False, maker.why or "it makes")
                    scene.made.setdefault(ref, []).append(made)
    for job, ref, confidence in _written_by_jobs(scene):
        made = Made(job, "core/job-writes", confidence, True, "it finishes the work of writing")
        known = scene.made.setdefault(ref, [])
        if all(item.maker.key != job.key for item in known):
            known.append(made)


def overwritten(scene: Scene) -> Iterator[Edge | External]:
    """A Job comes after the placeholder that it overwrites, or its work would be undone."""
    for ref, makers in scene.made.items():
        for item in makers:
            target = scene.find(ref, item.maker) if item.ready else None
            if target is not None:
                yield edge(
                    item.maker, target.key, "present", item.confidence, "core/job-overwrites",
                    "applied later, it would undo what the Job has written",
                    evidence(item.maker, *account(scene, item.maker)[1]),
                )  # fmt: skip


def _written_by_jobs(scene: Scene) -> Iterator[tuple[Resource, Ref, Confidence]]:
    """What a Job's roles let it write by name (`derived`), or its script names (`heuristic`)."""
    bound = bound_roles(scene)
    for job in scene.of_kind("Job.batch"):
        name, _ = account(scene, job)
        script: set[tuple[str, str]] | None = None
        for _, role, where in bound.get((job.namespace, name), ()):
            for kind, names in _grants(role):
                namespace = where or job.namespace
                for written in names:
                    yield job, Ref(kind, namespace, written), "derived"
                if not names:
                    script = _commands(scene, job) if script is None else script
                    for command_kind, written in sorted(script):
                        if command_kind == kind:
                            yield job, Ref(kind, namespace, written), "heuristic"


def _grants(role: Resource | None) -> Iterator[tuple[str, list[str]]]:
    """The kinds a role lets write, with the names it restricts that to (none: any)."""
    rules = get(role.body, "rules") if role is not None else None
    for rule in rules if isinstance(rules, list) else []:
        verbs, resources = get(rule, "verbs") or [], get(rule, "resources") or []
        groups = get(rule, "apiGroups") or []
        if _WRITES.intersection(map(str, verbs)) and ("" in groups or "*" in groups):
            names = [str(name) for name in get(rule, "resourceNames") or []]
            for resource, kind in _WRITABLE.items():
                if resource in resources or "*" in resources:
                    yield kind, names


def _commands(scene: Scene, job: Resource) -> set[tuple[str, str]]:
    """ConfigMaps and Secrets that the kubectl commands in a Job's containers write."""
    out: set[tuple[str, str]] = set()
    for text in scripts(scene.pod_spec(job)):
        joined = re.sub(r"\\\s*\n\s*", " ", text)
        if "kubectl" in joined:
            for found in _CREATE.finditer(joined):
                out.add(("ConfigMap" if found[1] else "Secret", found[2]))
            for found in _CHANGE.finditer(joined):
                out.add(("Secret" if found[1].startswith("secret") else "ConfigMap", found[2]))
    return out


def scripts(spec: Any) -> Iterator[str]:
    """The command and arguments of each container, as one text each."""
    for field in ("initContainers", "containers"):
        containers = get(spec, field)
        for container in containers if isinstance(containers, list) else []:
            words = [*(get(container, "command") or []), *(get(container, "args") or [])]
            yield " ".join(str(word) for word in words)
