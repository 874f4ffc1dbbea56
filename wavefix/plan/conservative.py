"""conservative: repair what is broken, by moving dependencies to earlier waves that exist.

It adds no wave, moves nothing later, and moves nothing before what that needs in turn.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping

from wavefix.plan.order import broken
from wavefix.plan.problem import Link, Problem


def solve(made: Problem) -> dict[int, int]:
    """The wave of each node."""
    now = {node.index: node.wave for node in made.nodes}
    repairs = _repairs(made, now)
    movable = {v for targets in repairs.values() for v in targets if made.nodes[v].movable}
    if not movable:
        return now
    shifted = _renumbered(made, now, repairs, movable)
    waves = _move(made, now, repairs, movable, shifted)
    if shifted and len(set(waves.values())) > len(set(now.values())):
        waves = _move(made, now, repairs, movable, {})
    return waves


def _repairs(made: Problem, now: Mapping[int, int]) -> dict[int, dict[int, Link]]:
    """The links with an edge that is broken today and surer than a guess."""
    members = {item.key: item for node in made.nodes for item in node.members}
    out: dict[int, dict[int, Link]] = {}
    for u, targets in made.links.items():
        for v, link in targets.items():
            for edge in link.edges:
                ends = members[edge.dependent], members[edge.dependency]
                if edge.confidence != "heuristic" and broken(edge, *ends, (now[u], now[v])):
                    out.setdefault(u, {})[v] = link
                    break
    return out


def _move(
    made: Problem,
    now: dict[int, int],
    repairs: Mapping[int, Mapping[int, Link]],
    movable: set[int],
    extra: Mapping[int, int],
) -> dict[int, int]:
    """Move each movable dependency as early as its dependents need and its own needs allow."""
    existing = sorted(set(now.values()))
    choices = {v: sorted({*existing, extra[v]}) if v in extra else existing for v in movable}
    earliest = _earliest(made, now, movable, choices)
    waves = dict(now)
    todo = sorted(repairs)
    while todo:
        u = todo.pop()
        for v, link in made.links[u].items():
            if v not in movable or not (v in repairs.get(u, ()) or waves[u] < now[u]):
                continue
            wanted = waves[u] - link.distance
            if waves[v] > max(wanted, earliest[v]):
                below = [wave for wave in choices[v] if earliest[v] <= wave <= wanted]
                waves[v] = below[-1] if below else earliest[v]
                todo.append(v)
    return waves


def _earliest(
    made: Problem, now: Mapping[int, int], movable: set[int], choices: Mapping[int, list[int]]
) -> dict[int, int]:
    """The earliest wave of each node that keeps the distances to what it needs."""
    out = {v: choices[v][0] if v in movable else now[v] for v in now}
    todo = sorted(movable)
    while todo:
        v = todo.pop()
        bound = max(
            (out[w] + link.distance for w, link in made.links[v].items()), default=choices[v][0]
        )
        position = bisect_left(choices[v], bound)
        wave = choices[v][position] if position < len(choices[v]) else now[v]
        wave = min(wave, now[v])
        if wave > out[v]:
            out[v] = wave
            todo += [u for u in made.users[v] if u in movable]
    return out


def _renumbered(
    made: Problem,
    now: Mapping[int, int],
    repairs: Mapping[int, Mapping[int, Link]],
    movable: set[int],
) -> dict[int, int]:
    """Waves of one Application that may take a number which no resource has yet.

    Where no existing wave would do, a whole wave of an Application can be renumbered as long as
    the order inside that Application stays what it is: no sync gets a wave more by it.
    """
    existing = sorted(set(now.values()))
    wanted: dict[int, int] = {}
    for u, targets in repairs.items():
        for v, link in targets.items():
            if v in movable:
                wanted[v] = min(wanted.get(v, now[v]), now[u] - link.distance)
    groups: dict[tuple[str, int], set[int]] = {}
    waves: dict[str, set[int]] = {}
    for node in made.nodes:
        for app in {item.application for item in node.members}:
            groups.setdefault((app, node.wave), set()).add(node.index)
            waves.setdefault(app, set()).add(node.wave)
    out: dict[int, int] = {}
    for (app, wave), members in sorted(groups.items()):
        asked = {wanted.get(v) for v in members}
        target = asked.pop()
        if target is None or asked:
            continue
        bound = max(
            (now[w] + link.distance for v in members for w, link in made.links[v].items()),
            default=target,
        )
        fits = bisect_right(existing, target) > bisect_left(existing, bound)
        crosses = any(target <= other < wave for other in waves[app])
        if bound <= target < wave and not fits and not crosses:
            out.update(dict.fromkeys(members, target))
    return out
