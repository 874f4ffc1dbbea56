"""The graph as a planning problem: what moves together, what each link asks, no cycles left.

Waves order one phase of one Application. Applications that no parent orders share their waves by
convention (those of one ApplicationSet, those under one path), so they are one problem per phase;
the children of an app-of-apps are ordered by the waves of their Application objects, so each child
is a problem of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from wavefix.argocd import applies_first
from wavefix.model import (
    CONFIDENCES,
    NEEDS,
    Application,
    Edge,
    Finding,
    Key,
    Profile,
    Resource,
)
from wavefix.plan.order import distance, strict


@dataclass(frozen=True, slots=True)
class Node:
    """Resources that move together: one, or those that share an annotation."""

    index: int
    members: tuple[Resource, ...]

    @property
    def wave(self) -> int:
        return self.members[0].effective

    @property
    def placeless(self) -> bool:
        """A release that nothing in its sources can move: wanted elsewhere, it is a finding."""
        return all(item.opaque and not item.sites and not item.fixed for item in self.members)

    @property
    def movable(self) -> bool:
        return all(item.sites and not item.fixed for item in self.members)


@dataclass(slots=True)
class Link:
    """All edges from one node to another, as one constraint."""

    edges: list[Edge]
    strict: bool
    distance: int


@dataclass(slots=True)
class Problem:
    """One wave space. `links[u][v]`: node u needs node v."""

    nodes: list[Node]
    links: dict[int, dict[int, Link]]
    users: dict[int, set[int]]
    findings: list[Finding] = field(default_factory=list)


def spaces(
    applications: Iterable[Application], resources: Iterable[Resource]
) -> list[list[Resource]]:
    """The resources by wave space, in a stable order; what Argo CD never applies is in none."""
    own = {app.name for app in applications if app.parent}
    out: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in resources:
        if resource.phase != "Skip":
            space = resource.application if resource.application in own else ""
            out[(space, resource.phase)].append(resource)
    return [out[key] for key in sorted(out)]


def problem(resources: Sequence[Resource], edges: Iterable[Edge], profile: Profile) -> Problem:
    """The problem of one space. Edges that leave the space are not its business."""
    nodes = _group(resources)
    of = {member.key: node.index for node in nodes for member in node.members}
    by_key = {resource.key: resource for resource in resources}
    links: dict[int, dict[int, Link]] = {node.index: {} for node in nodes}
    findings: list[Finding] = []
    for edge in edges:
        u, v = of.get(edge.dependent), of.get(edge.dependency)
        if u is None or v is None or u == v:
            continue
        first = applies_first(by_key[edge.dependency], by_key[edge.dependent])
        link = links[u].setdefault(v, Link([], False, 0))
        link.edges.append(edge)
        link.strict = link.strict or strict(edge.needs, first)
        link.distance = max(link.distance, distance(profile, edge.needs, first))
    users: dict[int, set[int]] = {node.index: set() for node in nodes}
    for u, targets in links.items():
        for v in targets:
            users[v].add(u)
    made = Problem(nodes, links, users, findings)
    _break_cycles(made)
    return made


def _group(resources: Sequence[Resource]) -> list[Node]:
    """Resources by the annotations they share: one edit moves all of them."""
    owner: dict[object, int] = {}
    parent = list(range(len(resources)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for index, resource in enumerate(resources):
        for site in resource.sites:
            place = (site.file, site.document, site.path, site.inner)
            other = root(owner.setdefault(place, index))
            mine = root(index)
            parent[max(mine, other)] = min(mine, other)
    members: dict[int, list[Resource]] = defaultdict(list)
    for index, resource in enumerate(resources):
        members[root(index)].append(resource)
    return [Node(number, tuple(found)) for number, found in enumerate(members.values())]


def _break_cycles(made: Problem) -> None:
    """Leave no cycle that asks for more than one wave; inside the others distances are 0."""
    import networkx as nx

    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(node.index for node in made.nodes)
    graph.add_edges_from((u, v) for u, targets in made.links.items() for v in targets)
    todo = [sorted(scc) for scc in nx.strongly_connected_components(graph) if len(scc) > 1]
    while todo:
        members = todo.pop()
        inside = set(members)
        stricts = [
            (u, v)
            for u in members
            for v in sorted(made.links[u])
            if v in inside and made.links[u][v].strict
        ]
        if not stricts:
            for u in members:
                for v in inside.intersection(made.links[u]):
                    made.links[u][v].distance = 0
            continue
        u, v = stricts[0]
        path = nx.shortest_path(graph.subgraph(members), v, u)
        cycle = list(zip([u, *path[:-1]], path, strict=True))
        given_up = max(cycle, key=lambda pair: _doubt(made.links[pair[0]][pair[1]]))
        made.findings.append(_cycle_finding(made, cycle, given_up))
        del made.links[given_up[0]][given_up[1]]
        made.users[given_up[1]].discard(given_up[0])
        graph.remove_edge(*given_up)
        todo += [
            sorted(scc)
            for scc in nx.strongly_connected_components(graph.subgraph(members))
            if len(scc) > 1
        ]


def surest(edges: Sequence[Edge]) -> Edge:
    """The edge that speaks for a link: the surest, then the strongest, then the first."""
    return min(
        edges,
        key=lambda e: (CONFIDENCES.index(e.confidence), NEEDS.index(e.needs), e.rule, e.path),
    )


def _doubt(link: Link) -> tuple[int, int, str, str]:
    """How readily a link is given up: the least certain first, then what needs least."""
    edge = surest(link.edges)
    strongest = min(NEEDS.index(edge.needs) for edge in link.edges)
    return CONFIDENCES.index(edge.confidence), strongest, edge.dependent.id, edge.dependency.id


def _cycle_finding(
    made: Problem, cycle: Sequence[tuple[int, int]], given_up: tuple[int, int]
) -> Finding:
    edges = [surest(made.links[u][v].edges) for u, v in cycle]
    left_out = surest(made.links[given_up[0]][given_up[1]].edges)
    shared = any(
        edges[i].dependency != edges[(i + 1) % len(edges)].dependent for i in range(len(edges))
    )
    steps = "; ".join(
        f"{edge.dependent.id} needs {edge.dependency.id} {edge.needs} ({edge.confidence}, {edge.path})"
        for edge in edges
    )
    what = (
        "one annotation sets the wave of several resources, which makes a cycle"
        if shared
        else "a cycle that no order of waves can hold"
    )
    return Finding(
        "WF009" if shared else "WF006",
        "error",
        f"{what}: {steps}; left out of the plan: {left_out.dependent.id} -> {left_out.dependency.id}, "
        "the least certain; break the cycle, or give each its own wave",
        left_out.file,
        left_out.line,
        left_out.dependent.id,
    )


def waves_of(problems: Iterable[tuple[Problem, Mapping[int, int]]]) -> dict[Key, int]:
    """The wave of every resource, from the waves of the nodes."""
    return {
        member.key: waves[node.index]
        for made, waves in problems
        for node in made.nodes
        for member in node.members
    }
