"""conservative: repair what is broken, by moving dependencies to earlier waves that exist.

It adds no wave, moves nothing later, and moves nothing before what that needs in turn.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from wavefix.plan.order import broken
from wavefix.plan.problem import Problem

_Waves = dict[int, int]
_Repairs = dict[int, set[int]]


def solve(made: Problem, elsewhere: frozenset[int] = frozenset()) -> _Waves:
    """The wave of each node. `elsewhere`: the waves that the rest of the component uses."""
    now = {node.index: node.wave for node in made.nodes}
    while (then := _repaired(made, now, elsewhere)) != now:  # a new number may serve others as well
        now = then
    return now


def _repaired(made: Problem, now: _Waves, elsewhere: frozenset[int]) -> _Waves:
    """What can be moved at once."""
    repairs = _repairs(made, now)
    movable = {v for targets in repairs.values() for v in targets if made.nodes[v].movable}
    if not movable:
        return now
    waves, extra = _move(made, now, repairs, movable, {}), _Waves()
    for group in _renumberings(made, now, repairs, movable):
        tried = _move(made, now, repairs, movable, extra | group)
        fits = all(tried[v] == wave for v, wave in (extra | group).items())
        if fits and not _adds_waves(now, tried, elsewhere):
            waves, extra = tried, extra | group
    return waves


def _repairs(made: Problem, now: Mapping[int, int]) -> _Repairs:
    """What the links with an edge that is broken today and surer than a guess lead to."""
    out: _Repairs = {}
    for u, targets in made.links.items():
        for v, link in targets.items():
            for edge in link.edges:
                ends = made.resources[edge.dependent], made.resources[edge.dependency]
                if edge.confidence != "heuristic" and broken(edge, *ends, (now[u], now[v])):
                    out.setdefault(u, set()).add(v)
                    break
    return out


def _move(
    made: Problem,
    now: Mapping[int, int],
    repairs: Mapping[int, set[int]],
    movable: set[int],
    extra: Mapping[int, int],
) -> _Waves:
    """Move each movable dependency as far as its dependents need and its own needs allow."""
    existing = sorted(set(now.values()))
    choices = {v: sorted({*existing, extra[v]}) if v in extra else existing for v in movable}
    earliest = _earliest(made, now, choices)
    waves = dict(now)
    for members in reversed(made.order):  # what needs something, before that
        inside, todo = set(members), list(members)
        while todo:
            u = todo.pop()
            broken_here = repairs.get(u, ())
            for v, link in made.links[u].items():
                if v in movable and (v in broken_here or waves[u] < now[u]):
                    wanted = max(waves[u] - link.distance, earliest[v])
                    if waves[v] > wanted:
                        waves[v] = choices[v][bisect_right(choices[v], wanted) - 1]
                        todo += [v] if v in inside else []
    return waves


def _earliest(
    made: Problem, now: Mapping[int, int], choices: Mapping[int, Sequence[int]]
) -> _Waves:
    """The earliest wave of each node that keeps the distances to what it needs."""
    out = {v: choices[v][0] if v in choices else wave for v, wave in now.items()}
    for members in made.order:  # what is needed first
        changed = True
        while changed:
            changed = False
            for v in members:
                if v not in choices or not made.links[v]:
                    continue
                bound = max(out[w] + link.distance for w, link in made.links[v].items())
                position = bisect_left(choices[v], bound)
                fits = position < len(choices[v]) and choices[v][position] < now[v]
                wave = choices[v][position] if fits else now[v]
                changed |= wave > out[v]
                out[v] = max(out[v], wave)
    return out


def _renumberings(
    made: Problem, now: Mapping[int, int], repairs: Mapping[int, set[int]], movable: set[int]
) -> list[_Waves]:
    """Numbers that no resource has yet, each with the nodes that may take it.

    Where no existing wave would do, a whole wave of an Application can be renumbered, as long as
    the order inside that Application stays what it is.
    """
    existing = sorted(set(now.values()))
    wanted: _Waves = {}
    for u, targets in repairs.items():
        for v in targets & movable:
            wanted[v] = min(wanted.get(v, now[v]), now[u] - made.links[u][v].distance)
    groups: dict[tuple[str, int], set[int]] = {}
    for node in made.nodes:
        for app in {item.application for item in node.members}:
            groups.setdefault((app, node.wave), set()).add(node.index)
    out: dict[int, _Waves] = {}
    for (app, wave), members in sorted(groups.items()):
        target = wanted.get(min(members))
        if target is None or any(wanted.get(v) != target for v in members):
            continue
        bound = max(
            (now[w] + link.distance for v in members for w, link in made.links[v].items()),
            default=target,
        )
        fits = bisect_right(existing, target) > bisect_left(existing, bound)
        crosses = any(name == app and target <= other < wave for name, other in groups)
        alone = all(len({m.application for m in made.nodes[v].members}) == 1 for v in members)
        if bound <= target < wave and not fits and not crosses and alone:
            out.setdefault(target, {}).update(dict.fromkeys(members, target))
    return [out[target] for target in sorted(out)]


def _adds_waves(now: Mapping[int, int], then: Mapping[int, int], elsewhere: frozenset[int]) -> bool:
    before, after = set(now.values()), set(then.values())
    return len(after) > len(before) or len(after | elsewhere) > len(before | elsewhere)
