"""What slack remains: as near to wave 0 as it may stand, then with the fewest edits.

Costs of single slots and constraints between slots make a minimum cut; what has no slack needs
none, so the cuts are small, one for each connected piece that has some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from wavefix.plan.system import System

Choices = Mapping[int, Sequence[int]]
# What a slot costs a group: steps away from wave 0, then edits.
Cost = Callable[[int, int], tuple[int, int]]

_LARGEST_CUT = 3_000  # (group, slot) pairs


def place(built: System, choices: Choices, cost: Cost) -> dict[int, int]:
    """The slot of each group. `choices`: those it has in some solution, where the least is one."""
    chosen = {g: slots[0] for g, slots in choices.items() if len(slots) == 1}
    for piece in _pieces(built, [g for g in built.order if g not in chosen]):
        if 1 < sum(len(choices[g]) for g in piece) <= _LARGEST_CUT and len(piece) > 1:
            chosen.update(_cut(built, piece, choices, cost))
        else:
            _one_by_one(built, piece, choices, cost, chosen)
    return chosen


def _pieces(built: System, free: Sequence[int]) -> Iterator[list[int]]:
    """Groups with slack, by the constraints between them; dependencies first in each."""
    rank = {g: number for number, g in enumerate(free)}
    seen: set[int] = set()
    for start in free:
        if start in seen:
            continue
        seen.add(start)
        piece, todo = [start], [start]
        while todo:
            g = todo.pop()
            for other in (*built.needs[g], *built.users[g]):
                if other in rank and other not in seen:
                    seen.add(other)
                    piece.append(other)
                    todo.append(other)
        yield sorted(piece, key=rank.__getitem__)


def _one_by_one(
    built: System, piece: Sequence[int], choices: Choices, cost: Cost, chosen: dict[int, int]
) -> None:
    """Each group as near as those before it allow: no one of them alone could stand nearer."""
    for g in piece:
        bound = max((chosen[v] + d for v, d in built.needs[g].items()), default=0)
        slots = [slot for slot in choices[g] if slot >= bound]
        chosen[g] = min(slots, key=lambda slot: (cost(g, slot), slot))


def _cut(built: System, piece: Sequence[int], choices: Choices, cost: Cost) -> dict[int, int]:
    """The exact optimum of a piece as a minimum cut.

    A chain of arcs stands for each group: cutting the arc of a slot chooses it. Arcs without a
    capacity cannot be cut; those between chains hold `slot(u) >= slot(v) + distance`.
    """
    import networkx as nx

    inside = set(piece)
    costs = {(g, slot): cost(g, slot) for g in piece for slot in choices[g]}
    weight = sum(max(costs[g, slot][1] for slot in choices[g]) for g in piece) + 1
    graph: nx.DiGraph[Any] = nx.DiGraph()
    for g in piece:
        slots = choices[g]
        nodes = ["source", *((g, index) for index in range(1, len(slots))), "sink"]
        for index, slot in enumerate(slots):
            away, edits = costs[g, slot]
            graph.add_edge(nodes[index], nodes[index + 1], capacity=away * weight + edits)
            if 0 < index < len(slots) - 1:
                graph.add_edge(nodes[index + 1], nodes[index])
        for v, distance in built.needs[g].items():
            if v in inside:
                # Least and greatest slots agree with one another: no arc meets an end of a chain.
                for index, slot in enumerate(choices[v]):
                    at_least = sum(mine < slot + distance for mine in slots)
                    if at_least:
                        graph.add_edge((v, index), (g, at_least))
    _, (source_side, _) = nx.minimum_cut(graph, "source", "sink")
    return {
        g: choices[g][sum((g, index) in source_side for index in range(1, len(choices[g])))]
        for g in piece
    }
