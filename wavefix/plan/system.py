"""Difference constraints over nodes, without cycles: `level(u) >= level(v) + distance`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wavefix.model import Finding
from wavefix.plan.problem import Problem, surest

Allowed = Mapping[int, Sequence[int]]


@dataclass(frozen=True, slots=True)
class System:
    """Constraints over groups of nodes that share a level; `order` has dependencies first.

    `needs[g]` and `users[g]` hold (other group, distance); `group[node]` leads from nodes here.
    """

    group: Mapping[int, int]
    order: Sequence[int]
    needs: Mapping[int, Mapping[int, int]]
    users: Mapping[int, Mapping[int, int]]
    fixed: Mapping[int, int]

    def least(self, allowed: Allowed) -> dict[int, int] | None:
        """The lowest level of each group that holds every constraint; None where there is none."""
        out: dict[int, int] = {}
        for g in self.order:
            bound = max((out[v] + d for v, d in self.needs[g].items()), default=None)
            levels = allowed[g]
            position = 0 if bound is None else bisect_left(levels, bound)
            if position == len(levels):
                return None
            out[g] = levels[position]
        return out

    def greatest(self, allowed: Allowed) -> dict[int, int] | None:
        """The highest level of each group that holds every constraint; None where there is none."""
        out: dict[int, int] = {}
        for g in reversed(self.order):
            bound = min((out[u] - d for u, d in self.users[g].items()), default=None)
            levels = allowed[g]
            position = len(levels) if bound is None else bisect_right(levels, bound)
            if position == 0:
                return None
            out[g] = levels[position - 1]
        return out


def system(
    made: Problem,
    barriers: Sequence[tuple[list[int], list[int]]],
    fixed: Mapping[int, int],
    findings: list[Finding],
) -> System:
    """The constraints of a problem: its links, and the barriers that make no cycle with them.

    A barrier is a group of its own (numbered behind the nodes) between all that stands before it
    and all that stands after it.
    """
    group = _groups(made)
    needs: dict[int, dict[int, int]] = {g: {} for g in dict.fromkeys(group.values())}
    for u, targets in made.links.items():
        for v, link in targets.items():
            if group[u] != group[v]:
                known = needs[group[u]].get(group[v], 0)
                needs[group[u]][group[v]] = max(known, link.distance)
    order = _order(needs)
    assert order is not None, "cycles are broken or share a level"
    for number, (earlier, later) in enumerate(barriers, len(made.nodes)):
        tried = {g: dict(found) for g, found in needs.items()}
        tried[number] = dict.fromkeys((group[v] for v in earlier), 0)
        for u in later:
            tried[group[u]][number] = 1
        sorted_ = _order(tried)
        if sorted_ is not None:  # else an edge says otherwise
            needs, order = tried, sorted_
    pinned = {group[index]: wave for index, wave in fixed.items()}
    _drop_impossible(made, group, order, needs, pinned, findings)
    users: dict[int, dict[int, int]] = {g: {} for g in needs}
    for u, found in needs.items():
        for v, distance in found.items():
            users[v][u] = distance
    return System(group, order, needs, users, pinned)


def _groups(made: Problem) -> dict[int, int]:
    """Nodes of a cycle that one wave satisfies share a level: the lowest index stands for them."""
    import networkx as nx

    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(node.index for node in made.nodes)
    graph.add_edges_from((u, v) for u, targets in made.links.items() for v in targets)
    out: dict[int, int] = {}
    for members in nx.strongly_connected_components(graph):
        out.update(dict.fromkeys(members, min(members)))
    return {index: out[index] for index in sorted(out)}


def _order(needs: Mapping[int, Mapping[int, int]]) -> list[int] | None:
    """Dependencies first, lowest index first among equals; None where there is a cycle."""
    import networkx as nx

    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(sorted(needs))
    graph.add_edges_from((v, u) for u, targets in needs.items() for v in targets)
    try:
        return list(nx.lexicographical_topological_sort(graph))
    except nx.NetworkXUnfeasible:
        return None


def _drop_impossible(
    made: Problem,
    group: Mapping[int, int],
    order: Sequence[int],
    needs: dict[int, dict[int, int]],
    fixed: dict[int, int],
    findings: list[Finding],
) -> None:
    """Give up what fixed resources make impossible, with a finding for each edge given up."""
    if not fixed:
        return
    lowest: dict[int, int] = {}  # of what stands behind something fixed
    for u in order:
        if u in fixed:
            lowest[u] = fixed[u]
            for v in [v for v, d in needs[u].items() if v in lowest and lowest[v] + d > fixed[u]]:
                del needs[u][v]
                findings += _impossible(made, group, u, v, fixed[u], lowest[v])
        else:
            bounds = [lowest[v] + d for v, d in needs[u].items() if v in lowest]
            if bounds:
                lowest[u] = max(bounds)


def _impossible(
    made: Problem, group: Mapping[int, int], u: int, v: int, mine: int, other: int
) -> list[Finding]:
    edges = [
        edge
        for a, targets in made.links.items()
        for b, link in targets.items()
        if group[a] == u and group[b] == v
        for edge in link.edges
    ]
    if not edges:
        return []
    edge = surest(edges)
    fixed = next(item for node in made.nodes if group[node.index] == u for item in node.members)
    return [
        Finding(
            "WF009",
            "error",
            f"{edge.dependent.id} needs {edge.dependency.id} {edge.needs}, which cannot stand before "
            f"wave {other}, but it stays in wave {mine}: {fixed.fixed}; move one of them by hand",
            edge.file,
            edge.line,
            edge.dependent.id,
        )
    ]
