"""Resources about which nothing is known keep their place: absence of evidence moves nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wavefix.catalogue import Catalogue
from wavefix.model import Edge, Key
from wavefix.plan.problem import Problem

Barrier = tuple[list[int], list[int]]

# Edges that a resource has for being in a namespace; they tell nothing about the resource itself.
_NAMESPACE_RULE = "core/namespace"
_LIFTED_RULE = "argocd/lifted"


def unknown(made: Problem, catalogue: Catalogue) -> set[int]:
    """Nodes without an edge but their namespace's: unrendered charts, kinds that no rule knows."""
    edges = [e for targets in made.links.values() for link in targets.values() for e in link.edges]
    edges += made.inside + made.given_up
    known = set(_told(edges, catalogue))
    return {
        node.index
        for node in made.nodes
        if all(
            item.opaque or not catalogue.knows(item.kind) or item.kind in catalogue.opaque
            for item in node.members
        )
        and not any(item.key in known for item in node.members)
    }


def _told(edges: Iterable[Edge], catalogue: Catalogue) -> Iterator[Key]:
    """The resources of which some edge tells something.

    What a chart brings along tells who needs the chart, not what it needs. What installs others is
    told of by who needs it, by what people declare, by what it is known to install, and by its
    order among its like: not by what it takes to be installed itself (an Application's project).
    """
    silent = {policy.id for policy in catalogue.policies.values()} | {_NAMESPACE_RULE}
    brought = {provider.id for provider in catalogue.providers}
    for edge in edges:
        if edge.rule in silent:
            continue
        if edge.rule not in brought:
            yield edge.dependency
        among = _kind(edge.dependency) in catalogue.opaque and edge.rule not in brought
        told = among or edge.confidence == "explicit" or edge.rule == _LIFTED_RULE
        if told or _kind(edge.dependent) not in catalogue.opaque:
            yield edge.dependent


def _kind(key: Key) -> str:
    return key.id.partition("/")[0]


def keep_places(made: Problem, strangers: set[int]) -> list[Barrier]:
    """Barriers (earlier nodes, later nodes) that stood so around unknown nodes and shall stay so.

    A node is left out where an edge says otherwise: where an earlier one needs something of the
    unknown one's wave or later, or a later one is needed by something of that wave or earlier.
    """
    if not strangers:
        return []
    waves = {node.index: node.wave for node in made.nodes}
    latest_need, earliest_user = _latest_need(made, waves), _earliest_user(made, waves)
    out = []
    for mine in sorted({waves[stranger] for stranger in strangers}):
        here = sorted(stranger for stranger in strangers if waves[stranger] == mine)
        earlier = [v for v, wave in waves.items() if wave < mine and latest_need[v] < mine]
        later = [u for u, wave in waves.items() if wave > mine and earliest_user[u] > mine]
        out += [pair for pair in ((earlier, here), (here, later)) if all(pair)]
    return out


def _latest_need(made: Problem, waves: dict[int, int]) -> dict[int, int]:
    """The latest wave among each node and all that it needs, directly or not."""
    out: dict[int, int] = {}
    for members in made.order:
        needs = {v for u in members for v in made.links[u]}.difference(members)
        bound = max([*(waves[u] for u in members), *(out[v] for v in needs)])
        out.update(dict.fromkeys(members, bound))
    return out


def _earliest_user(made: Problem, waves: dict[int, int]) -> dict[int, int]:
    """The earliest wave among each node and all that need it, directly or not."""
    out: dict[int, int] = {}
    for members in reversed(made.order):
        users = {u for v in members for u in made.users[v]}.difference(members)
        bound = min([*(waves[v] for v in members), *(out[u] for u in users)])
        out.update(dict.fromkeys(members, bound))
    return out
