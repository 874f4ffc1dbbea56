"""What a sync waits for: the steps of each Application, and who must be healthy before it goes on.

gitops-engine, pkg/sync/sync_context.go (Sync) and sync_tasks.go (multiStep): where an operation has
several steps, all that runs in one is waited for before the next; a hook is waited for always.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wavefix.argocd import PHASES, is_hook, phase_order, phases
from wavefix.model import Key, Resource
from wavefix.yamlio import get

Step = tuple[int, int]
"""Number of a phase in PHASES, and wave."""

_SUCCESS = frozenset(("PreSync", "Sync", "PostSync"))  # SyncFail runs after a failure only


def own_annotations(resource: Resource) -> Mapping[str, Any]:
    """The object's own annotations, with those that a kustomization gives it."""
    if resource.annotations is not None:
        return resource.annotations
    found = get(resource.body, "metadata", "annotations")
    return found if isinstance(found, dict) else {}


def hook(resource: Resource) -> bool:
    """Whether a sync applies a resource as a hook."""
    return is_hook(own_annotations(resource)) or resource.phase not in ("Sync", "Skip")


def steps(resource: Resource) -> list[Step]:
    """The phases and waves in which a sync applies a resource, first to last."""
    named = phases(own_annotations(resource))
    wanted = named if resource.phase in named else (resource.phase,)
    return [(phase_order(phase), resource.effective) for phase in wanted if phase in _SUCCESS]


def awaited(resources: Iterable[Resource]) -> dict[Key, Step]:
    """The first step in which a sync waits for each resource, whatever its health check."""
    found: dict[str, list[tuple[Resource, list[Step]]]] = {}
    for item in resources:
        found.setdefault(item.application, []).append((item, steps(item)))
    out = {}
    for items in found.values():
        places = {step for _, taken in items for step in taken}
        last = max(places, default=None)
        # Where the last of several steps has a hook, all that runs beside it is waited for as well.
        whole = len(places) > 1 and any(hook(item) and last in taken for item, taken in items)
        for item, taken in items:
            waits = [step for step in taken if step != last or whole or hook(item)]
            if waits:
                out[item.key] = waits[0]
    return out


def named(step: Step) -> str:
    """`wave 1`, or `wave 1 of PreSync`."""
    phase, wave = PHASES[step[0]], step[1]
    return f"wave {wave}" if phase == "Sync" else f"wave {wave} of {phase}"
