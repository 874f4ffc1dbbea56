"""The time of a deploy in closed form, as if nothing failed: quick enough for every plan.

Every Application syncs on its own clock. A wave that is not its last costs the longest time to
health in it, and at least the wave delay (gitops-engine pkg/sync/sync_context.go); the last one is
not waited for, but the deploy is over when its last resource is healthy. What needs something
`ready` gets healthy only after that is, wherever it stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

from wavefix.argocd import phase_order
from wavefix.config import Config
from wavefix.durations import duration
from wavefix.model import Graph, Key, Plan, Seconds

_Step = tuple[str, int, int]  # Application, phase, wave
_Needs = Mapping[Key, Sequence[Key]]
T = TypeVar("T", bound=Hashable)


def seconds(graph: Graph, plan: Plan, config: Config) -> Seconds:
    """The predicted time of a deploy before and after the plan, and the least of any plan."""
    applied = (item for item in graph.resources if item.phase not in ("Skip", "SyncFail"))
    resources = {item.key: item for item in sorted(applied, key=lambda item: item.key)}
    took = {key: duration(item, config) for key, item in resources.items()}
    ready = _ready(graph, resources)
    before = {key: item.effective for key, item in resources.items()}
    after = before | {item.resource.key: item.wave for item in plan.placements}
    order = _dependencies_first(resources, ready)

    def deploy(waves: Mapping[Key, int]) -> float:
        steps = {
            key: (key.application, phase_order(item.phase), waves[key])
            for key, item in resources.items()
        }
        starts = _starts(steps, took, ready, config.argocd.wave_delay)
        return _end(order, {key: starts[step] for key, step in steps.items()}, took, ready)

    return Seconds(deploy(before), deploy(after), _end(order, {}, took, ready))


def floor(graph: Graph, took: Mapping[Key, float]) -> float:
    """The seconds of a deploy in which every resource starts when its own dependencies allow."""
    ready = _ready(graph, took)
    return _end(_dependencies_first(took, ready), {}, took, ready)


def _ready(graph: Graph, among: Iterable[Key]) -> _Needs:
    """What each resource needs ready, guesses aside."""
    out: dict[Key, list[Key]] = {key: [] for key in among}
    for edge in graph.edges:
        ends = edge.dependent in out and edge.dependency in out
        if ends and edge.needs == "ready" and edge.confidence != "heuristic":
            out[edge.dependent].append(edge.dependency)
    return out


def _end(
    order: Iterable[Key], starts: Mapping[Key, float], took: Mapping[Key, float], ready: _Needs
) -> float:
    """When the last resource is healthy, given when each is applied: at once if not said."""
    done: dict[Key, float] = {}
    for key in order:
        waits = [done[other] for other in ready[key] if other in done]
        done[key] = max([starts.get(key, 0.0), *waits]) + took[key]
    return max(done.values(), default=0.0)


def _starts(
    steps: Mapping[Key, _Step], took: Mapping[Key, float], ready: _Needs, delay: float
) -> dict[_Step, float]:
    """When each wave of each Application is applied.

    What stands in a later wave of the same sync is not waited for: that sync is stuck, and no
    time is known.
    """
    members: dict[_Step, list[Key]] = defaultdict(list)
    for key, step in steps.items():
        members[step].append(key)
    needs: dict[Key | _Step, list[Key | _Step]] = {}
    for previous, step in pairwise(sorted(members)):
        same = previous[0] == step[0]
        needs[step] = [previous, *members[previous]] if same else []
    for key, step in steps.items():
        others = (o for o in ready[key] if o.application != key.application or steps[o] <= step)
        needs[key] = [step, *others]
    at: dict[Key | _Step, float] = {}  # a wave starts, a resource is healthy
    nodes: list[Key | _Step] = [*sorted(members), *steps]
    for node in _dependencies_first(nodes, needs):
        known = [(other, at[other]) for other in needs.get(node, ()) if other in at]
        if isinstance(node, Key):
            at[node] = max((time for _, time in known), default=0.0) + took[node]
        else:
            pauses = (time + (0.0 if isinstance(o, Key) else delay) for o, time in known)
            at[node] = max(pauses, default=0.0)
    return {step: at[step] for step in members}


def _dependencies_first(nodes: Iterable[T], needs: Mapping[T, Sequence[T]]) -> list[T]:
    """Every node after all that it needs; a cycle is cut where it is closed."""
    out: list[T] = []
    seen: set[T] = set()
    for first in nodes:
        todo = [(first, False)]
        while todo:
            node, settled = todo.pop()
            if settled:
                out.append(node)
            elif node not in seen:
                seen.add(node)
                todo.append((node, True))
                todo += [(other, False) for other in needs.get(node, ()) if other not in seen]
    return out
