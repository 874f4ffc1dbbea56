"""What a picture of the graph shows, whatever draws it: resources by wave, and one arrow a pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from wavefix.model import NEEDS, Edge, Graph, Key, Needs, Phase, Resource

PHASES: tuple[Phase, ...] = get_args(Phase)

# The colours of the arrows, and what each need means in the legend.
COLORS: dict[Needs, str] = {
    "ready": "#0b5cad",
    "before": "#b35900",
    "present": "#2e7d32",
    "eventually": "#8c959f",
}
MEANINGS: dict[Needs, str] = {
    "ready": "needs it ready",
    "before": "needs it before itself",
    "present": "needs it present",
    "eventually": "needs it eventually",
}
# An arrow to a later wave: the order that the waves give is not the one that is needed.
AGAINST = "#d1242f"
AGAINST_MEANING = "against the waves"

# Argo CD moves these to where they are needed, whatever their wave.
_MOVED_BY_ARGO = ("Namespace", "CustomResourceDefinition.apiextensions.k8s.io")


@dataclass(frozen=True, slots=True)
class Node:
    """A resource under a short name: n0, n1, ..."""

    name: str
    resource: Resource

    @property
    def label(self) -> tuple[str, str]:
        """The kind, and below it the rest of the id."""
        kind, _, rest = self.resource.id.partition("/")
        return kind, rest


@dataclass(frozen=True, slots=True)
class Wave:
    """The resources of one wave, or of one wave of the hooks of one phase."""

    label: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """One Application: waves order resources only inside it."""

    application: str
    waves: tuple[Wave, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """The strongest of the edges between two resources."""

    tail: str
    head: str
    edge: Edge
    later: bool  # what it points at stands in a later wave of its Application
    against: bool  # likewise, and Argo CD does not mend that by itself

    @property
    def color(self) -> str:
        """The colour of what it needs, or the one of a warning."""
        return AGAINST if self.against else COLORS[self.edge.needs]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything in the picture, in the order of time."""

    scopes: tuple[Scope, ...]
    arrows: tuple[Arrow, ...]


def draw(graphs: Sequence[Graph]) -> Drawing:
    """The picture of the graphs, with names that depend on nothing but their contents."""
    scopes: list[Scope] = []
    arrows: list[Arrow] = []
    number = 0
    for graph in graphs:
        nodes = {}
        for resource in sorted(graph.resources, key=lambda r: (r.application, _time(r), r.id)):
            nodes[resource.key] = Node(f"n{number}", resource)
            number += 1
        scopes += _scopes(list(nodes.values()))
        arrows += _arrows(graph, nodes)
    return Drawing(tuple(scopes), tuple(arrows))


def _time(resource: Resource) -> tuple[int, int]:
    return PHASES.index(resource.phase), resource.effective


def _scopes(nodes: Sequence[Node]) -> list[Scope]:
    waves: dict[str, dict[str, list[Node]]] = {}
    for node in nodes:
        resource = node.resource
        label = f"wave {resource.effective}"
        if resource.phase != "Sync":
            label = f"{resource.phase} {label}"
        waves.setdefault(resource.application, {}).setdefault(label, []).append(node)
    return [
        Scope(application, tuple(Wave(label, tuple(group)) for label, group in inner.items()))
        for application, inner in waves.items()
    ]


def _arrows(graph: Graph, nodes: dict[Key, Node]) -> list[Arrow]:
    strongest: dict[tuple[Key, Key], Edge] = {}
    for edge in sorted(graph.edges, key=lambda e: (NEEDS.index(e.needs), e.file, e.line, e.path)):
        if edge.dependent in nodes and edge.dependency in nodes:
            strongest.setdefault((edge.dependent, edge.dependency), edge)
    arrows = [_arrow(edge, nodes[tail], nodes[head]) for (tail, head), edge in strongest.items()]
    return sorted(arrows, key=lambda arrow: (int(arrow.tail[1:]), int(arrow.head[1:])))


def _arrow(edge: Edge, tail: Node, head: Node) -> Arrow:
    dependent, dependency = tail.resource, head.resource
    same = dependent.application == dependency.application
    later = same and _time(dependency) > _time(dependent)
    against = later and dependency.kind not in _MOVED_BY_ARGO
    return Arrow(tail.name, head.name, edge, later, against)
