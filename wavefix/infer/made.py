"""Objects that make others: by the `makes` rules, and Jobs by what their roles let them write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wavefix.catalogue import ANYWHERE, Maker
from wavefix.fields import fill, texts
from wavefix.infer.kubectl import Written, writes
from wavefix.infer.permissions import Grant, Grants
from wavefix.infer.scene import Evidence, Made, Ref, Scene, edge, evidence, items
from wavefix.infer.scripts import scripts
from wavefix.model import Confidence, Edge, External, Key, Resource
from wavefix.yamlio import get

_WRITES = frozenset(("create", "update", "patch", "*"))
_WRITERS = ("cluster-admin", "admin", "edit")  # the ClusterRoles of every cluster that let write
_WRITABLE = {"configmaps": "ConfigMap", "secrets": "Secret"}


def find_makers(scene: Scene) -> None:
    """Fill `scene.made`."""
    known: set[tuple[Ref, Key]] = set()
    for ref, made in (*_by_rules(scene), *_by_jobs(scene)):
        if (ref, made.maker.key) not in known:
            known.add((ref, made.maker.key))
            scene.made.setdefault(ref, []).append(made)


def overwritten(scene: Scene) -> Iterator[Edge | External]:
    """A Job comes after the placeholder that it overwrites, or its work would be undone."""
    for ref, makers in scene.made.items():
        for item in makers:
            target = scene.find(ref, item.maker) if item.ready else None
            if target is not None:
                yield edge(
                    item.maker, target.key, "present", item.confidence, "core/job-overwrites",
                    "applied later, it would undo what the Job has written", item.evidence,
                )  # fmt: skip


def _by_rules(scene: Scene) -> Iterator[tuple[Ref, Made]]:
    noted = {resource.key for resource, _ in scene.noted()}
    for kind, makers in scene.catalogue.makers.items():
        always = [maker for maker in makers if not maker.noted] if scene.of_kind(kind) else []
        for resource in scene.of_kind(kind):
            for maker in makers if resource.key in noted else always:
                if maker.condition.holds(resource.body):
                    yield from _by_rule(scene, resource, maker)


def _by_rule(scene: Scene, resource: Resource, maker: Maker) -> Iterator[tuple[Ref, Made]]:
    named = (list(fill(name, resource.body)) for name in maker.names)
    for kind, _ in fill(maker.kind, resource.body):
        for name, path in next(filter(None, named), ()):
            for namespace in _namespaces(scene, resource, maker, kind):
                where = evidence(resource, *path)
                made = Made(resource, maker.id, "derived", False, maker.why, where)
                yield Ref(kind, namespace, name), made


def _namespaces(scene: Scene, resource: Resource, maker: Maker, kind: str) -> Iterator[str]:
    """Where an object is made: as its maker says (also as a list, or by commas), or beside it."""
    if scene.catalogue.cluster_scoped(kind):
        yield ""
    elif isinstance(maker.namespace, str):
        yield ANYWHERE
    else:
        named = texts(resource.body, [maker.namespace]) if maker.namespace else []
        for text in named or [resource.namespace or maker.home]:
            for name in text.split(","):
                yield scene.namespace(resource, name.strip(), kind)


def _by_jobs(scene: Scene) -> Iterator[tuple[Ref, Made]]:
    """What roles let a Job write by name (`derived`), then what its commands do (`heuristic`)."""
    grants = scene.once(Grants)
    for job in scene.of_kind("Job.batch"):
        granted = [(grant, right) for grant in grants.of(job) for right in _rights(grant)]
        for grant, right in granted:
            scene.look(len(right.names))
            for name, where in right.names:
                yield (
                    Ref(right.kind, grant.namespace or job.namespace, name),
                    _made(job, "derived", where),
                )
        if any(not right.names for _, right in granted):
            for written, where in _written(scene, job):
                scene.look(len(granted))
                namespace = written.namespace or job.namespace
                if any(_allows(grant, right, written, namespace) for grant, right in granted):
                    ref = Ref(written.kind, namespace, written.name)
                    yield ref, _made(job, "heuristic", where)


def _made(job: Resource, confidence: Confidence, where: Evidence) -> Made:
    return Made(job, "core/job-writes", confidence, True, "it finishes the work of writing", where)


class _Right(NamedTuple):
    """A kind that a role lets write, with the names that it restricts that to (none: any)."""

    kind: str
    names: list[tuple[str, Evidence]]


def _allows(grant: Grant, right: _Right, written: Written, namespace: str) -> bool:
    """Whether a role lets its user write any object of a kind in a namespace."""
    return (
        not right.names
        and right.kind == written.kind
        and (not grant.namespace or grant.namespace == namespace)
    )


def _rights(grant: Grant) -> Iterator[_Right]:
    """The kinds that a grant lets write."""
    role = grant.role
    if role is None:
        reference = get(grant.binding.body, "roleRef")
        if get(reference, "kind") == "ClusterRole" and get(reference, "name") in _WRITERS:
            yield from (_Right(kind, []) for kind in _WRITABLE.values())
        return
    for index, rule in enumerate(items(role.body, "rules")):
        verbs, groups = texts(rule, [("verbs",)]), texts(rule, [("apiGroups",)])
        if _WRITES.isdisjoint(verbs) or {"", "*"}.isdisjoint(groups):
            continue
        names = [
            (str(name), evidence(role, "rules", index, "resourceNames", number))
            for number, name in enumerate(items(rule, "resourceNames"))
        ]
        resources = items(rule, "resources")
        for resource, kind in _WRITABLE.items():
            if resource in resources or "*" in resources:
                yield _Right(kind, names)


def _written(scene: Scene, job: Resource) -> Iterator[tuple[Written, Evidence]]:
    """What a Job's scripts write."""
    for script in scripts(scene, job):
        for written in writes(script.text):
            yield written, script.where
