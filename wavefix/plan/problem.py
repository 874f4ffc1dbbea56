"""The graph as a planning problem: what moves together, and what each link asks of the waves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wavefix.argocd import applies_first
from wavefix.model import CONFIDENCES, NEEDS, Edge, Finding, Key, Profile, Resource
from wavefix.plan.order import distance, strict
from wavefix.plan.spaces import Space, joined, place

Doubt = tuple[int, int, Key, Key]


@dataclass(frozen=True, slots=True)
class Node:
    """Resources that move together: one, or those that share an annotation."""

    index: int
    members: tuple[Resource, ...]
    movable: bool

    @property
    def wave(self) -> int:
        """The wave that Argo CD would use now."""
        return self.members[0].effective

    @property
    def placeless(self) -> bool:
        """What nothing in its sources can move: wanted elsewhere, it is a finding."""
        return all(not item.places and not item.fixed for item in self.members)


@dataclass(slots=True)
class Link:
    """All edges from one node to another, as one constraint."""

    edges: list[Edge]
    strict: bool = False  # one wave cannot hold it
    distance: int = 0


@dataclass(slots=True)
class Problem:
    """One wave space. `links[u][v]`: node u needs node v; `users[v]` holds all such u.

    `order` holds the nodes with dependencies first, together those of a cycle that one wave can
    satisfy. `given_up` holds the edges that no plan can hold; `findings` tell about each.
    """

    profile: Profile
    nodes: list[Node]
    links: dict[int, dict[int, Link]]
    resources: Mapping[Key, Resource]
    inside: list[Edge] = field(default_factory=list)  # between resources of one node
    users: dict[int, list[int]] = field(default_factory=dict)
    order: list[list[int]] = field(default_factory=list)
    given_up: list[Edge] = field(default_factory=list)
    contradicted: list[Edge] = field(default_factory=list)  # those of cycles without a constant
    findings: list[Finding] = field(default_factory=list)

    def constants(self) -> dict[int, int]:
        """The waves of the nodes that cannot move."""
        return {n.index: n.wave for n in self.nodes if not n.movable and not n.placeless}

    def strict(self, edge: Edge) -> bool:
        """Whether one wave cannot satisfy an edge."""
        return strict(edge.needs, self._first(edge))

    def weigh(self, link: Link) -> None:
        """Make a link ask what its edges ask."""
        first = [self._first(edge) for edge in link.edges]
        pairs = [(edge.needs, kinds) for edge, kinds in zip(link.edges, first, strict=True)]
        link.strict = any(strict(*pair) for pair in pairs)
        link.distance = max(distance(self.profile, *pair) for pair in pairs)

    def _first(self, edge: Edge) -> bool:
        return applies_first(self.resources[edge.dependency], self.resources[edge.dependent])


def problem(space: Space, profile: Profile) -> Problem:
    """The problem of one space, as it stands: `break_cycles` makes it one that can be solved."""
    nodes = _nodes(space.resources, profile)
    of = {member.key: node.index for node in nodes for member in node.members}
    links: dict[int, dict[int, Link]] = {node.index: {} for node in nodes}
    made = Problem(profile, nodes, links, {item.key: item for item in space.resources})
    for edge in space.edges:
        u, v = of[edge.dependent], of[edge.dependency]
        if u == v:
            made.inside.append(edge)
        else:
            links[u].setdefault(v, Link([])).edges.append(edge)
    for targets in links.values():
        for link in targets.values():
            made.weigh(link)
    return made


def _nodes(resources: Sequence[Resource], profile: Profile) -> list[Node]:
    """Resources by the annotations they share: one edit moves all of them.

    Those that do not stand in one wave are left alone, unless all is numbered afresh.
    """
    keys = [item.key for item in resources]
    merged = joined(keys, [(item.key, place(site)) for item in resources for site in item.places])
    groups: dict[Key, list[Resource]] = defaultdict(list)
    for item in resources:
        groups[merged[item.key]].append(item)
    out: list[Node] = []
    for group in groups.values():
        movable = all(item.places and not item.fixed for item in group)
        apart = len({item.effective for item in group}) > 1
        if apart and not (movable and profile == "aggressive"):
            out += [Node(number, (item,), False) for number, item in enumerate(group, len(out))]
        else:
            out.append(Node(len(out), tuple(group), movable))
    return out


def doubt(edge: Edge) -> Doubt:
    """How readily an edge is given up: the least certain first, then what needs least."""
    sureness, strength = CONFIDENCES.index(edge.confidence), NEEDS.index(edge.needs)
    return sureness, strength, edge.dependent, edge.dependency


def surest(edges: Sequence[Edge]) -> Edge:
    """The edge that speaks for several: the surest, then the strongest, then the first."""
    return min(edges, key=lambda e: (doubt(e), e.rule, e.path, e.file, e.line, e.why))
