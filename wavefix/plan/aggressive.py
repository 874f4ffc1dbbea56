"""aggressive: the fewest waves, of those the fastest, the rest as near to wave 0 as it may stand.

The waves are computed from the graph alone. In order: the longest path gives their number
(`layout`), a search chooses which holds what slow thing (`schedule`), the first in which something
runs becomes wave 0, and what slack remains is used (`place`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import fsum, gcd

from wavefix.argocd import HELM_RELEASE
from wavefix.catalogue import Catalogue
from wavefix.config import Config
from wavefix.durations import APPLICATION, checked, duration
from wavefix.model import Edge
from wavefix.plan.keep import keep_places
from wavefix.plan.layout import Layout, layouts
from wavefix.plan.place import place
from wavefix.plan.problem import Node, Problem
from wavefix.plan.schedule import Caps, Windows, fastest, windows
from wavefix.plan.system import System, system, with_barriers

_BUDGET = 200_000  # groups in all solutions that are looked at
_NOTHING = -1.0  # what a barrier takes


@dataclass(frozen=True, slots=True)
class Solution:
    """Levels of the groups, and the least and greatest that each could have had."""

    rank: tuple[float, ...]
    levels: Mapping[int, int]
    slack: Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Task:
    """A system with what decides between its solutions."""

    built: System
    slow: Mapping[int, float]
    starts: frozenset[int]  # groups in which something runs
    sizes: Mapping[int, int]
    written: Mapping[int, list[int | None]]  # the levels that need no edit
    delay: float


def solve(
    made: Problem, strangers: set[int], config: Config, catalogue: Catalogue
) -> tuple[dict[int, int], dict[int, tuple[int, int]], set[int]]:
    """The wave of each node, the earliest and latest that it could have, and the releases held.

    Placeless releases are planned as if they could move, but for those of which nothing is known,
    and for those that would be left waiting where they wait for nothing now.
    """
    held = {index for index in strangers if made.nodes[index].placeless}
    while True:
        waves, slack = _solve(made, strangers, held, config, catalogue)
        left = _left_waiting(made, waves) - held
        if not left:
            return waves, slack, held
        held |= left


def _left_waiting(made: Problem, waves: Mapping[int, int]) -> set[int]:
    """Placeless releases that a plan puts something behind which they wait for."""
    return {
        node.index
        for node in made.nodes
        if node.placeless
        for v, link in made.links[node.index].items()
        if made.nodes[v].wave <= node.wave < waves[v] and any(_waits(edge) for edge in link.edges)
    }


def _waits(edge: Edge) -> bool:
    """Whether a wave of the dependent would wait for a later one of the same sync."""
    sure = edge.needs != "before" and edge.confidence != "heuristic"
    return sure and edge.dependent.application == edge.dependency.application


def _solve(
    made: Problem, strangers: set[int], held: set[int], config: Config, catalogue: Catalogue
) -> tuple[dict[int, int], dict[int, tuple[int, int]]]:
    constants = made.constants() | {index: made.nodes[index].wave for index in held}
    stride = _stride(made, constants, config.stride)
    fixed = {index: wave // stride for index, wave in constants.items()}
    built = system(made, fixed)
    built = with_barriers(built, keep_places(made, strangers))
    task = _task(made, built, stride, config, catalogue)
    most = max(1, min(100, _BUDGET // len(built.order)))
    best = min(islice(_solutions(task), most), key=lambda found: found.rank)
    waves, slack = {}, {}
    for g, nodes in built.members.items():
        low, high = best.slack[g]
        for node in nodes:
            waves[node] = best.levels[g] * stride
            slack[node] = low * stride, high * stride
    return waves, slack


def _task(made: Problem, built: System, stride: int, config: Config, catalogue: Catalogue) -> _Task:
    groups = {g: [made.nodes[n] for n in nodes] for g, nodes in built.members.items()}
    slow = dict.fromkeys(built.order, _NOTHING)
    written: dict[int, list[int | None]] = {}
    for g, nodes in groups.items():
        slow[g] = max(duration(item, config) for node in nodes for item in node.members)
        written[g] = [_level(node, stride) for node in nodes if node.movable]
    runs = {g for g, nodes in groups.items() if any(_runs(n, catalogue) for n in nodes)} or {
        g
        for g, nodes in groups.items()
        if any(checked(item, config) for node in nodes for item in node.members)
    }
    sizes = {g: sum(len(node.members) for node in nodes) for g, nodes in groups.items()}
    free = runs - built.fixed.keys()
    return _Task(built, slow, frozenset(free or runs), sizes, written, config.argocd.wave_delay)


def _solutions(task: _Task) -> Iterator[Solution]:
    """Solutions with the fewest waves, for each layout those that deploy fastest."""
    for layout in layouts(task.built):
        slots = dict(zip(layout.levels, layout.given, strict=True))
        at = {g: slots[level] for g, level in task.built.fixed.items()}
        free = windows(task.built, task.slow, layout.count, at)
        for caps in fastest(free, task.delay):
            yield _solution(task, layout, free, caps)


def _solution(task: _Task, layout: Layout, free: Windows, caps: Caps) -> Solution:
    """The best solution under these caps; the lower its rank, the better."""
    last = free.greatest(caps)
    # Wave 0 is the first in which something runs, and nothing runs before that.
    start = min((last[g] for g in task.starts), default=layout.count - 1)
    numbers = layout.numbers(start)
    start = min(start, next((s for s, n in enumerate(numbers) if n >= 0), start))
    first = _from(free, caps, task.starts - task.built.fixed.keys(), start)
    choices = {
        g: [s for s in range(first[g], last[g] + 1) if caps[s] >= task.slow[g]]
        for g in task.built.order
    }

    def cost(g: int, slot: int) -> tuple[int, int]:
        edits = sum(level != numbers[slot] for level in task.written.get(g, ()))
        return abs(numbers[slot]) * task.sizes.get(g, 0), edits

    chosen = place(task.built, choices, cost)
    costs = [cost(g, slot) for g, slot in chosen.items()]
    away, edits = sum(cost[0] for cost in costs), sum(cost[1] for cost in costs)
    return Solution(
        (fsum(caps), abs(numbers[start]), away, edits, *numbers),
        {g: numbers[slot] for g, slot in chosen.items()},
        {g: (numbers[first[g]], numbers[last[g]]) for g in chosen},
    )


def _from(free: Windows, caps: Caps, runs: frozenset[int], start: int) -> dict[int, int]:
    """The lowest slots, when nothing runs before `start`."""
    low = {g: max(slot, start) if g in runs else slot for g, slot in free.low.items()}
    return Windows(free.built, free.count, free.slow, low, free.high).least(caps)[0]


def _runs(node: Node, catalogue: Catalogue) -> bool:
    return any(
        item.kind in (HELM_RELEASE, APPLICATION) or catalogue.runs(item.kind)
        for item in node.members
    )


def _level(node: Node, stride: int) -> int | None:
    """The level that the source has now; None for one that no plan of this stride has."""
    declared = node.members[0].declared
    wave = node.wave if declared is None else declared
    return None if wave % stride else wave // stride


def _stride(made: Problem, constants: Mapping[int, int], wanted: int | None) -> int:
    """The gaps between the waves of child Applications: as set, or as they are (10, 20, 30 is 10).

    What cannot move and stands in between leaves no gaps.
    """
    members = [(item.kind, item.declared or 0) for node in made.nodes for item in node.members]
    if not any(kind == APPLICATION for kind, _ in members):
        return 1
    applications = gcd(*(wave for kind, wave in members if kind == APPLICATION))
    everything = gcd(*(wave for _, wave in members))
    found = (applications if everything == 1 else everything) if applications else 1
    stride = wanted or max(1, found)
    return 1 if any(wave % stride for wave in constants.values()) else stride
