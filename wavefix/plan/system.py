"""Difference constraints without cycles: the level of a group is that of another plus a distance.

A group is what shares a level: nodes in a cycle that one wave satisfies, or a barrier that keeps
what was earlier than something unknown apart from what was later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from wavefix.model import Finding
from wavefix.plan.cycles import give_up
from wavefix.plan.keep import Barrier
from wavefix.plan.problem import Problem, surest

_Needs = dict[int, dict[int, int]]


@dataclass(frozen=True, slots=True)
class System:
    """`level(g) >= level(v) + needs[g][v]`, and `level(g) == fixed[g]` where that is given.

    `members[g]` are the nodes of a group; a barrier has none. `order` has dependencies first.
    """

    members: Mapping[int, Sequence[int]]
    needs: _Needs
    fixed: Mapping[int, int]
    order: Sequence[int] = field(init=False)
    users: _Needs = field(init=False)

    def __post_init__(self) -> None:
        users: _Needs = {g: {} for g in self.needs}
        for u, targets in self.needs.items():
            for v, distance in targets.items():
                users[v][u] = distance
        object.__setattr__(self, "order", tuple(TopologicalSorter(self.needs).static_order()))
        object.__setattr__(self, "users", users)

    def longest(self, starts: Mapping[int, int]) -> dict[int, int]:
        """The longest distance from the starts to each group that depends on one."""
        out: dict[int, int] = {}
        for u in self.order:
            found = [out[v] + d for v, d in self.needs[u].items() if v in out]
            if u in starts:
                found.append(starts[u])
            if found:
                out[u] = max(found)
        return out


def system(made: Problem, fixed: Mapping[int, int]) -> System:
    """The constraints of a problem. What the fixed levels make impossible is given up, and told."""
    members = {nodes[0]: nodes for nodes in made.order}
    group = {node: g for g, nodes in members.items() for node in nodes}
    needs: _Needs = {g: {} for g in members}
    for u, targets in made.links.items():
        for v, link in targets.items():
            if group[u] != group[v]:
                mine = needs[group[u]]
                mine[group[v]] = max(mine.get(group[v], 0), link.distance)
    constants = {group[node]: level for node, level in fixed.items()}
    return _possible(made, System(members, needs, constants))


def with_barriers(built: System, barriers: Iterable[Barrier]) -> System:
    """The system with what keeps unknown things in their place, where the fixed levels let it."""
    group = {node: g for g, nodes in built.members.items() for node in nodes}
    for number, (earlier, later) in enumerate(barriers, len(group)):
        tried = {g: dict(found) for g, found in built.needs.items()}
        tried[number] = dict.fromkeys(sorted({group[v] for v in earlier}), 0)
        for u in later:
            tried[group[u]][number] = 1
        more = System(built.members, tried, built.fixed)
        reached = more.longest(built.fixed)
        if all(reached[g] == level for g, level in built.fixed.items()):
            built = more
    return built


def _possible(made: Problem, built: System) -> System:
    """The system without what its fixed levels make impossible; a finding tells of each link."""
    reached: dict[int, int] = {}
    needs = {g: dict(found) for g, found in built.needs.items()}
    fixed = dict(built.fixed)
    for u in built.order:
        bounds = {v: reached[v] + d for v, d in needs[u].items() if v in reached}
        late = [v for v, bound in bounds.items() if u in fixed and bound > fixed[u]]
        if late and all(made.nodes[node].placeless for node in built.members[u]):
            del fixed[u]  # it is told of where it needs to be
            late = []
        for v in late:
            del needs[u][v]
            _give_up(made, built, u, v)
        if u in fixed:
            reached[u] = fixed[u]
        elif bounds:
            reached[u] = max(bounds.values())
    return System(built.members, needs, fixed)


def _give_up(made: Problem, built: System, u: int, v: int) -> None:
    """Leave the links from one group to another out of the plan, and tell of it."""
    steps = [(a, b) for a in built.members[u] for b in built.members[v] if b in made.links[a]]
    edges = [edge for a, b in steps for edge in made.links[a][b].edges]
    for a, b in steps:
        give_up(made, (a, b), made.links[a][b].edges)
    edge = surest(edges)
    constant = next(n for n in built.members[u] if not made.nodes[n].movable)
    item = made.nodes[constant].members[0]
    why = f" ({item.fixed})" if item.fixed else ""
    made.findings.append(
        Finding(
            "WF009",
            "warning" if edge.confidence == "heuristic" else "error",
            f"{edge.dependent.id} needs {edge.dependency.id} {edge.needs}, which is impossible "
            f"as long as {item.id} stays in wave {item.effective}{why}; move it, or what it waits "
            "for, by hand",
            edge.file,
            edge.line,
            edge.dependent.id,
        )
    )
