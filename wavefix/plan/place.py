"""What slack remains: as near to wave 0 as it may stand, then with the fewest edits.

Costs of single levels and constraints between levels make a minimum cut; what has no slack needs
none, so the cuts are small, one for each connected piece that has some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from wavefix.plan.schedule import Schedule
from wavefix.plan.system import System

# What a level costs a group: steps away from wave 0, then edits.
Cost = Callable[[int, int], tuple[int, int]]

_LARGEST_CUT = 6_000  # (group, level) pairs


def place(
    built: System, found: Schedule, zero: int, current: Mapping[int, int | None]
) -> dict[int, int]:
    """The level of each node. `current` holds the levels of movable nodes that need no edit."""
    stays: dict[int, list[int | None]] = {g: [] for g in built.needs}
    for node, g in built.group.items():
        if node in current:
            stays[g].append(current[node])
    choices = {
        g: [level for level in found.allowed[g] if found.least[g] <= level <= found.greatest[g]]
        for g in built.order
    }
    chosen = {g: levels[0] for g, levels in choices.items() if len(levels) == 1}

    def cost(g: int, level: int) -> tuple[int, int]:
        return abs(level - zero), sum(stay != level for stay in stays[g])

    for piece in _pieces(built, [g for g in built.order if g not in chosen]):
        if len(piece) == 1:
            g = piece[0]
            chosen[g] = min(choices[g], key=lambda level: (cost(g, level), level))
        elif sum(len(choices[g]) for g in piece) <= _LARGEST_CUT:
            chosen.update(_cut(built, piece, choices, cost))
        else:
            _one_by_one(built, piece, choices, cost, chosen)
    return {node: chosen[g] for node, g in built.group.items()}


def _pieces(built: System, free: Sequence[int]) -> Iterable[list[int]]:
    """Groups with slack, by the constraints between them; dependencies first in each."""
    inside, seen = set(free), set()
    for start in free:
        if start in seen:
            continue
        piece, todo = {start}, [start]
        while todo:
            g = todo.pop()
            for other in (*built.needs[g], *built.users[g]):
                if other in inside and other not in piece:
                    piece.add(other)
                    todo.append(other)
        seen |= piece
        yield [g for g in free if g in piece]


def _one_by_one(
    built: System,
    piece: Sequence[int],
    choices: Mapping[int, list[int]],
    cost: Cost,
    chosen: dict[int, int],
) -> None:
    for g in piece:
        bound = max(
            (chosen[v] + d for v, d in built.needs[g].items() if v in chosen), default=choices[g][0]
        )
        chosen[g] = min(
            (level for level in choices[g] if level >= bound),
            key=lambda level: (cost(g, level), level),
        )


def _cut(
    built: System, piece: Sequence[int], choices: Mapping[int, list[int]], cost: Cost
) -> dict[int, int]:
    """The exact optimum of a piece as a minimum cut.

    A chain of arcs stands for each group: cutting the arc of a level chooses it. Arcs without a
    capacity cannot be cut; those between chains hold `level(u) >= level(v) + distance`.
    """
    import networkx as nx

    inside = set(piece)
    weight = len(piece) * 64 + 1  # one step away from wave 0 outweighs every edit
    graph: nx.DiGraph[Any] = nx.DiGraph()
    for g in piece:
        levels = choices[g]
        for index, level in enumerate(levels):
            away, edits = cost(g, level)
            here = (g, index) if index else "source"
            there = (g, index + 1) if index + 1 < len(levels) else "sink"
            graph.add_edge(here, there, capacity=away * weight + edits)
            if index and index + 1 < len(levels):
                graph.add_edge(there, here)
        for v, distance in built.needs[g].items():
            if v in inside:
                for index, level in enumerate(choices[v]):
                    at_least = sum(mine < level + distance for mine in levels)
                    if at_least:
                        here = (v, index) if index else "source"
                        there = (g, at_least) if at_least < len(levels) else "sink"
                        graph.add_edge(here, there)
    _, (source_side, _) = nx.minimum_cut(graph, "source", "sink")
    return {
        g: choices[g][
            max([i for i in range(1, len(choices[g])) if (g, i) in source_side], default=0)
        ]
        for g in piece
    }
