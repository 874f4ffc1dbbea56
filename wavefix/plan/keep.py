"""Resources about which nothing is known keep their place: absence of evidence moves nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wavefix.catalogue import Catalogue
from wavefix.plan.problem import Node, Problem

# Edges that a resource has for being in a namespace; they tell nothing about the resource itself.
_NAMESPACE_RULE = "core/namespace"


def unknown(made: Problem, catalogue: Catalogue) -> set[int]:
    """Nodes without an edge but their namespace's: unrendered charts, kinds that no rule knows."""
    telling = {policy.id for policy in catalogue.policies.values()} | {_NAMESPACE_RULE}
    known: set[int] = set()
    for u, targets in made.links.items():
        for v, link in targets.items():
            if any(edge.rule not in telling for edge in link.edges):
                known |= {u, v}
    return {
        node.index
        for node in made.nodes
        if node.index not in known
        and all(_strange(node, catalogue, item.kind) for item in node.members)
    }


def _strange(node: Node, catalogue: Catalogue, kind: str) -> bool:
    return all(item.opaque for item in node.members) or kind not in catalogue.known


def keep_places(made: Problem, catalogue: Catalogue) -> list[tuple[list[int], list[int]]]:
    """Barriers (earlier nodes, later nodes) that stood so around unknown nodes and shall stay so.

    A node is left out where an edge says otherwise: where an earlier one needs something of the
    unknown one's wave or later, or a later one is needed by something of that wave or earlier.
    """
    strangers = unknown(made, catalogue)
    if not strangers:
        return []
    waves = {node.index: node.wave for node in made.nodes}
    latest_need = _reach(waves, made.users, max)
    earliest_user = _reach(waves, {u: set(targets) for u, targets in made.links.items()}, min)
    barriers = []
    for mine in sorted({waves[stranger] for stranger in strangers}):
        here = sorted(stranger for stranger in strangers if waves[stranger] == mine)
        earlier = [v for v, wave in waves.items() if wave < mine and latest_need[v] < mine]
        later = [u for u, wave in waves.items() if wave > mine and earliest_user[u] > mine]
        barriers += [pair for pair in ((earlier, here), (here, later)) if all(pair)]
    return barriers


def _reach(
    waves: Mapping[int, int], back: Mapping[int, set[int]], best: Callable[[int, int], int]
) -> dict[int, int]:
    """The best wave among all that lead to a node against `back`, its own included."""
    out = dict(waves)
    todo = list(out)
    while todo:
        v = todo.pop()
        for u in back[v]:
            wave = best(out[u], out[v])
            if wave != out[u]:
                out[u] = wave
                todo.append(u)
    return out
