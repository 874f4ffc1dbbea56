"""Which wave a release would need that nothing in its sources can move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wavefix.model import Edge
from wavefix.plan.order import broken
from wavefix.plan.problem import Problem


def later(made: Problem, waves: Mapping[int, int]) -> dict[int, int]:
    """The waves with placeless releases moved behind what they need, where that is broken."""
    out = dict(waves)
    for members in made.order:
        for u in members:
            for v in made.links[u] if made.nodes[u].placeless else ():
                for edge in made.links[u][v].edges:
                    sure = edge.confidence != "heuristic"
                    if sure and _broken(made, edge, out[u], out[v]):
                        out[u] = out[v] + made.strict(edge)
    return out


def needed(made: Problem, waves: Mapping[int, int]) -> dict[int, int]:
    """The waves with placeless releases left where they are, where nothing is broken by that."""
    out = dict(waves)
    for node in made.nodes:
        if node.placeless and not any(_breaks(made, out, node.index, node.wave)):
            out[node.index] = node.wave
    return out


def _breaks(made: Problem, waves: Mapping[int, int], index: int, wave: int) -> Iterator[bool]:
    """For each edge of a node, whether it is broken when the node stands in `wave`."""
    for v, link in made.links[index].items():
        yield from (_broken(made, edge, wave, waves[v]) for edge in link.edges)
    for u in made.users[index]:
        edges = made.links[u][index].edges
        yield from (_broken(made, edge, waves[u], wave) for edge in edges)


def _broken(made: Problem, edge: Edge, dependent: int, dependency: int) -> bool:
    ends = made.resources[edge.dependent], made.resources[edge.dependency]
    return broken(edge, *ends, (dependent, dependency))
