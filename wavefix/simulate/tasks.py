"""The order in which one sync applies its objects: steps of a phase and a wave, batches of a kind.

Facts read from gitops-engine: pkg/sync/sync_tasks.go (order, adjustDeps), pkg/sync/sync_context.go
(getSyncTasks gives an object without a namespace that of the Application; runTasks makes batches).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from wavefix.argocd import is_hook, kept_after_success, kind_order, phase_order, phases
from wavefix.infer.scene import crd_kind
from wavefix.infer.structure import CRD
from wavefix.model import Key, Phase, Resource
from wavefix.yamlio import get

NAMESPACE = "Namespace"


@dataclass(slots=True)
class Task:
    """One object in one phase. Argo CD may move it to another phase and wave."""

    key: Key
    kind: str  # "Deployment.apps"
    namespace: str  # the Application's where the object names none, cluster-scoped or not
    name: str
    phase: Phase
    wave: int
    hook: bool = False
    again: bool = False  # a hook that runs anew each time it comes up
    defines: str = ""  # the kind that a CustomResourceDefinition brings


@dataclass(frozen=True, slots=True)
class Group:
    """The objects of one wave of one phase, in batches of one kind, each applied in parallel."""

    phase: Phase
    wave: int
    batches: tuple[tuple[Task, ...], ...]


def tasks(resource: Resource, namespace: str, wave: int) -> list[Task]:
    """What is to be done for one resource: once in each of its phases."""
    annotations = get(resource.body, "metadata", "annotations")
    annotations = annotations if isinstance(annotations, dict) else {}
    named = phases(annotations)
    known = (resource.phase, *resource.again)
    wanted = named if resource.phase in named and not resource.again else known
    hook = is_hook(annotations) or resource.phase != "Sync"
    unnamed = get(resource.body, "metadata", "name") is None
    again = hook and (unnamed or not kept_after_success(annotations))
    return [
        Task(
            resource.key,
            resource.kind,
            resource.namespace or namespace,
            resource.name,
            phase,
            wave,
            hook,
            again,
            defined_kind(resource),
        )
        for phase in wanted
        if phase != "Skip"
    ]


def defined_kind(resource: Resource) -> str:
    """The kind, as `Widget.example.org`, that a CustomResourceDefinition brings; "" of others."""
    return crd_kind(resource) if resource.kind == CRD else ""


def ordered(unordered: Iterable[Task]) -> list[Task]:
    """Tasks as Argo CD sorts them, a Namespace and a CRD moved to before what needs it."""
    out = sorted(unordered, key=_place)
    _bubble(out, lambda task: task.name if task.kind == NAMESPACE else "", lambda t: t.namespace)
    _bubble(out, lambda task: task.defines, lambda task: task.kind)
    return out


def groups(sorted_tasks: Sequence[Task]) -> list[Group]:
    """Sorted tasks as steps. Those of SyncFail run after a failure only, and are left out."""
    runs = (task for task in sorted_tasks if task.phase != "SyncFail")
    return [
        Group(phase, wave, tuple(tuple(batch) for _, batch in groupby(members, _simple_kind)))
        for (phase, wave), members in groupby(runs, lambda task: (task.phase, task.wave))
    ]


def _place(task: Task) -> tuple[int, int, int, str, Key]:
    return phase_order(task.phase), task.wave, kind_order(task.kind), task.name, task.key


def _simple_kind(task: Task) -> str:
    return task.kind.partition(".")[0]  # a batch is of one kind, whatever the groups


def _bubble(
    items: list[Task], provides: Callable[[Task], str], needs: Callable[[Task], str]
) -> None:
    """Move what provides a thing to just before the first that needs it (adjustDeps)."""
    if not any(map(provides, items)):
        return
    first: dict[str, int] = {}
    for index in range(len(items)):
        task = items[index]
        if provided := provides(task):
            to = first.get(provided)
            if to is not None:
                task.phase, task.wave = items[to].phase, items[to].wave
                items.insert(to, items.pop(index))
                for name, place in first.items():
                    if place >= to:
                        first[name] = place + 1
        elif needed := needs(task):
            first.setdefault(needed, index)
