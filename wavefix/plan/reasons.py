"""Why a resource stands where the plan puts it, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wavefix.model import NEEDS, Edge, Needs
from wavefix.plan.order import broken
from wavefix.plan.problem import Link, Node, Problem, surest

NEEDED: Mapping[Needs, str] = {
    "ready": "which needs it ready",
    "before": "which must come after it",
    "present": "which needs it to exist",
    "eventually": "which waits for it",
}
_AFTER: Mapping[Needs, str] = {
    "ready": "which it needs ready",
    "before": "which must come first",
    "present": "which it needs to exist",
    "eventually": "which it waits for",
}


def reasons(made: Problem, waves: Mapping[int, int], strangers: set[int]) -> dict[int, str]:
    """One clause for the wave of each node."""
    ranks = {wave: rank for rank, wave in enumerate(sorted(set(waves.values())))}
    price = "one more wave or a slower deploy"
    if strangers:
        price = "one more wave, a slower deploy or passing what is unknown"
    out = {}
    for node in made.nodes:
        fixed = next((item.fixed for item in node.members if item.fixed), "")
        if fixed or not (node.movable or node.placeless):
            out[node.index] = f"stays: {fixed or 'nothing in its sources sets its wave'}"
        elif made.profile == "conservative":
            out[node.index] = _repaired(made, node, waves)
        elif node.index in strangers:
            out[node.index] = "keeps its order with the others: nothing is known of what it needs"
        else:
            out[node.index] = _numbered(made, node, waves, ranks) or (
                f"as near to wave 0 as it may stand without {price}"
            )
    return out


def _repaired(made: Problem, node: Node, waves: Mapping[int, int]) -> str:
    """Why conservative moved a node, or did not."""
    wave, index = waves[node.index], node.index
    asking = {u: made.links[u][index] for u in made.users[index] if _sure(made.links[u][index])}
    if wave > node.wave:
        return _after(_latest(made, node, waves)) or "after what it needs"
    if wave < node.wave:
        rooms = {u: waves[u] - link.distance for u, link in asking.items()}
        least = min((room for room in rooms.values() if room < node.wave), default=wave)
        before = _before(asking[u] for u, room in rooms.items() if room == least)
        return f"{before}, {_as_far(made, node, waves)}" if before and least < wave else before
    if any(_breaks(made, link, waves[u], wave) for u, link in asking.items()):
        return f"stays: it is needed earlier, but stands {_as_far(made, node, waves)}"
    return "stays: nothing that is broken asks for a move"


def _numbered(made: Problem, node: Node, waves: Mapping[int, int], ranks: Mapping[int, int]) -> str:
    """What keeps a node of aggressive from a wave nearer to 0; "" where no edge does."""
    wave = waves[node.index]
    mine = ranks[wave]
    if wave < 0:
        links = ((u, made.links[u][node.index]) for u in made.users[node.index])
        near = [link for u, link in links if ranks[waves[u]] - link.distance <= mine]
        if near:
            return _before(near)
    else:
        needs = made.links[node.index].items()
        binding = [link for v, link in needs if ranks[waves[v]] + link.distance >= mine]
        binding = [link for link in binding if wave or link.strict]
        if binding:
            return _after(_strongest(binding))
    if wave == 0:
        return "wave 0 is Argo CD's default, and nothing asks for another"
    return ""


def _as_far(made: Problem, node: Node, waves: Mapping[int, int]) -> str:
    """What keeps a node from an earlier wave."""
    edge = _latest(made, node, waves)
    return (
        f"as early as {edge.dependency.id} allows" if edge else "in the earliest wave that exists"
    )


def _latest(made: Problem, node: Node, waves: Mapping[int, int]) -> Edge | None:
    """The edge to what keeps a node from an earlier wave."""
    bounds = {v: waves[v] + link.distance for v, link in made.links[node.index].items()}
    earlier = max((wave for wave in waves.values() if wave < waves[node.index]), default=None)
    latest = max(bounds.values(), default=None)
    if latest is None or (earlier is not None and latest <= earlier):
        return None
    return _strongest(made.links[node.index][v] for v, bound in bounds.items() if bound == latest)


def _breaks(made: Problem, link: Link, mine: int, other: int) -> bool:
    return any(
        broken(e, made.resources[e.dependent], made.resources[e.dependency], (mine, other))
        for e in link.edges
        if e.confidence != "heuristic"
    )


def _sure(link: Link) -> bool:
    return any(edge.confidence != "heuristic" for edge in link.edges)


def _before(links: Iterable[Link]) -> str:
    edge = _strongest(links)
    return f"before {edge.dependent.id}{_apart(edge)}, {NEEDED[edge.needs]}" if edge else ""


def _after(edge: Edge | None) -> str:
    return f"after {edge.dependency.id}{_apart(edge)}, {_AFTER[edge.needs]}" if edge else ""


def _apart(edge: Edge) -> str:
    """A word where the wave makes nobody wait: it tells what is meant."""
    same = edge.dependent.application == edge.dependency.application
    return "" if same else " (of another Application)"


def _strongest(links: Iterable[Link]) -> Edge | None:
    edges = [surest(link.edges) for link in links]
    key = [(NEEDS.index(e.needs), e.dependent.id, e.dependency.id) for e in edges]
    return min(zip(key, edges, strict=True), default=(None, None), key=lambda pair: pair[0])[1]
