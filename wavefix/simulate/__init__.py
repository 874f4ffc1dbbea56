"""Simulate: graph + waves -> how long Argo CD takes to deploy a component.

Every Application syncs on its own clock. A wave that is not its last costs the longest time to
health in it, and at least the wave delay (gitops-engine pkg/sync/sync_context.go); the last one is
not waited for, but the deploy is over when its last resource is healthy. What needs something
`ready` gets healthy only after that is, wherever it stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from wavefix.argocd import phase_order
from wavefix.config import Config
from wavefix.durations import duration
from wavefix.model import Graph, Key, Plan, Resource, Seconds

__all__ = ["seconds"]

_Step = tuple[str, int, int]  # Application, phase, wave


def seconds(graph: Graph, plan: Plan, config: Config) -> Seconds:
    """The predicted time of a deploy before and after the plan, and the least that any could take."""
    resources = {item.key: item for item in graph.resources if item.phase != "Skip"}
    took = {key: duration(item, config) for key, item in resources.items()}
    ready: dict[Key, list[Key]] = {}
    for edge in graph.edges:
        if edge.needs == "ready" and edge.confidence != "heuristic":
            ready.setdefault(edge.dependent, []).append(edge.dependency)
    before = {key: item.effective for key, item in resources.items()}
    after = before | {
        placement.resource.key: placement.planned
        for placement in plan.placements
        if placement.moves and placement.resource.key in resources
    }
    delay = config.argocd.wave_delay
    return Seconds(
        _deploy(resources, took, ready, before, delay),
        _deploy(resources, took, ready, after, delay),
        max(_finish(resources, took, ready, {}).values(), default=0.0),
    )


def _deploy(
    resources: Mapping[Key, Resource],
    took: Mapping[Key, float],
    ready: Mapping[Key, list[Key]],
    waves: Mapping[Key, int],
    delay: float,
) -> float:
    """The time until the last resource of all Applications is healthy."""
    steps: dict[_Step, list[Key]] = defaultdict(list)
    for key, resource in resources.items():
        steps[(key.application, phase_order(resource.phase), waves[key])].append(key)
    starts: dict[Key, float] = dict.fromkeys(resources, 0.0)
    order = sorted(steps)
    finish = _finish(resources, took, ready, starts)
    # Applications wait for one another through what they need ready, so starts settle in rounds.
    for _ in range(len({step[0] for step in order}) + 1):
        clock: dict[str, float] = defaultdict(float)
        for step in order:
            start = clock[step[0]]
            for key in steps[step]:
                starts[key] = start
            end = max(_alone(key, start, took, ready, finish, starts) for key in steps[step])
            clock[step[0]] = max(end, start + delay)
        settled = _finish(resources, took, ready, starts)
        if settled == finish:
            break
        finish = settled
    return max(finish.values(), default=0.0)


def _alone(
    key: Key,
    start: float,
    took: Mapping[Key, float],
    ready: Mapping[Key, list[Key]],
    finish: Mapping[Key, float],
    starts: Mapping[Key, float],
) -> float:
    """When a resource gets healthy. What stands in a later wave of its sync is not waited for."""
    waits = [
        finish[other]
        for other in ready.get(key, ())
        if other in finish and (other.application != key.application or starts[other] <= start)
    ]
    return max([start, *waits]) + took[key]


def _finish(
    resources: Iterable[Key],
    took: Mapping[Key, float],
    ready: Mapping[Key, list[Key]],
    starts: Mapping[Key, float],
) -> dict[Key, float]:
    """When each resource is healthy, given when it is applied; cycles of needs are cut."""
    done = {key: starts.get(key, 0.0) + took[key] for key in resources}
    seen: set[Key] = set()
    for first in sorted(ready):
        todo = [first]
        while todo:
            key = todo.pop()
            if key in seen:  # all that it needs has been settled since
                waits = [done[other] for other in ready[key] if other in done]
                if key in done:
                    done[key] = max([starts.get(key, 0.0), *waits]) + took[key]
                continue
            seen.add(key)
            todo.append(key)
            todo += [other for other in ready[key] if other in ready and other not in seen]
    return done
