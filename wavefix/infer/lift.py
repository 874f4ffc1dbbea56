"""Edges between resources of two child Applications, lifted to the Application objects.

Children of one app-of-apps are ordered by the waves on their Application objects, in the parent's
sync; inside a child its own waves count only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from wavefix.durations import APPLICATION
from wavefix.model import CONFIDENCES, Application, Edge, Graph, Key


def lift(graph: Graph, applications: Iterable[Application]) -> tuple[Edge, ...]:
    """The edges of a graph with those between child Applications lifted as well."""
    parents = {app.name: app.parent for app in applications}
    if not any(parents.values()):
        return graph.edges
    objects = {
        (resource.application, resource.name): resource.key
        for resource in graph.resources
        if resource.kind == APPLICATION
    }
    lifted: dict[tuple[Key, Key, str], Edge] = {}
    for edge in graph.edges:
        ends = _siblings(edge.dependent.application, edge.dependency.application, parents)
        if ends is None:
            continue
        parent, mine, other = ends
        dependent, dependency = objects.get((parent, mine)), objects.get((parent, other))
        if dependent is None or dependency is None:
            continue
        made = replace(
            edge,
            dependent=dependent,
            dependency=dependency,
            rule="argocd/lifted",
            why=f"{edge.dependent.id} in it needs {edge.dependency.id}",
        )
        known = lifted.get((dependent, dependency, edge.needs))
        if known is None or _sureness(made) < _sureness(known):
            lifted[(dependent, dependency, edge.needs)] = made
    return tuple(sorted({*graph.edges, *lifted.values()}, key=_place))


def _siblings(mine: str, other: str, parents: Mapping[str, str]) -> tuple[str, str, str] | None:
    """The parent that both ends have in common, and its children that hold them."""
    above = {parent: child for child, parent in _chain(other, parents)}
    for child, parent in _chain(mine, parents):
        if parent in above and above[parent] != child:
            return parent, child, above[parent]
        if parent in above:
            return None
    return None


def _chain(name: str, parents: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(child, parent) pairs from an Application upwards."""
    seen = {name}
    while parent := parents.get(name, ""):
        yield name, parent
        if parent in seen:
            return
        seen.add(parent)
        name = parent


def _sureness(edge: Edge) -> tuple[int, Key, Key]:
    return CONFIDENCES.index(edge.confidence), edge.dependent, edge.dependency


def _place(edge: Edge) -> tuple[object, ...]:
    return edge.dependent, edge.dependency, edge.rule, edge.path, edge.needs
