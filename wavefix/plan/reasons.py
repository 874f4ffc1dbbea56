"""Why a resource stands where the plan puts it, in words."""

from __future__ import annotations

from collections.abc import Mapping

from wavefix.model import Edge, Key, Needs, Profile
from wavefix.plan.problem import Link, Node, Problem, surest

_BEFORE: Mapping[Needs, str] = {
    "ready": "which needs it ready",
    "before": "which it must come before",
    "present": "which needs it to exist",
    "eventually": "which waits for it",
}
_AFTER: Mapping[Needs, str] = {
    "ready": "which it needs ready",
    "before": "which must come first",
    "present": "which it needs to exist",
    "eventually": "which it waits for",
}


def reason(
    made: Problem,
    node: Node,
    waves: Mapping[int, int],
    profile: Profile,
    strangers: frozenset[int],
) -> str:
    """One clause for a node's wave."""
    wave, now = waves[node.index], node.wave
    fixed = next((item.fixed for item in node.members if item.fixed), "")
    if fixed:
        return f"stays: {fixed}"
    user, need = _user(made, node, waves), _need(made, node, waves)
    if profile == "conservative":
        if wave == now:
            return "nothing that is broken asks for a move"
        before = f"before {_name(user, 'dependent')}, {_BEFORE[user.needs]}" if user else ""
        after = f"after {_name(need, 'dependency')}, {_AFTER[need.needs]}" if need else ""
        return ", but ".join(part for part in (before, after) if part)
    if node.index in strangers:
        return "keeps its place among the others: nothing is known of what it needs"
    if wave < 0 and user:
        return f"before {_name(user, 'dependent')}, {_BEFORE[user.needs]}"
    if wave > 0 and need:
        return f"after {_name(need, 'dependency')}, {_AFTER[need.needs]}"
    if wave == 0 and need and need.needs in ("ready", "before"):
        return f"after {_name(need, 'dependency')}, {_AFTER[need.needs]}"
    if wave == 0:
        return "wave 0 is Argo CD's default, and nothing asks for another"
    return "as near to wave 0 as the others let it stand"


def _name(edge: Edge, end: str) -> str:
    key: Key = edge.dependent if end == "dependent" else edge.dependency
    return key.id


def _user(made: Problem, node: Node, waves: Mapping[int, int]) -> Edge | None:
    """The edge that keeps a node from a later wave: its dependent is the earliest."""
    found: list[tuple[int, Link]] = []
    for u in made.users[node.index]:
        link = made.links[u][node.index]
        room = waves[u] - link.distance
        if room <= waves[node.index]:
            found.append((room, link))
    return _telling(found, lowest=True)


def _need(made: Problem, node: Node, waves: Mapping[int, int]) -> Edge | None:
    """The edge that keeps a node from an earlier wave: its dependency is the latest."""
    found = [
        (waves[v] + link.distance, link)
        for v, link in made.links[node.index].items()
        if link.distance and waves[v] + link.distance >= waves[node.index]
    ]
    return _telling(found, lowest=False)


def _telling(found: list[tuple[int, Link]], lowest: bool) -> Edge | None:
    """The surest edge among the links that bind most."""
    if not found:
        return None
    bound = min(room for room, _ in found) if lowest else max(room for room, _ in found)
    edges = [surest(link.edges) for room, link in found if room == bound]
    return min(edges, key=_rank)


def _rank(edge: Edge) -> tuple[int, str, str]:
    order = ("ready", "before", "present", "eventually").index(edge.needs)
    return order, edge.dependent.id, edge.dependency.id
