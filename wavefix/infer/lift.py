"""Edges between resources of two Applications, lifted to the sync that can order them.

Children of one app-of-apps are ordered by the waves on their Application objects, in the parent's
sync; inside a child its own waves count only. What the parent applies beside them is ordered in
that sync as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from wavefix.durations import APPLICATION
from wavefix.model import CONFIDENCES, Application, Edge, Graph, Key

_HIGHEST = 100  # Applications, each the parent of the one before


def lift(graph: Graph, applications: Iterable[Application]) -> tuple[Edge, ...]:
    """The edges of a graph, with those between Applications of one family lifted as well."""
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
        ends = _ends(edge, parents, objects)
        if ends is None:
            continue
        made = replace(
            edge,
            dependent=ends[0],
            dependency=ends[1],
            rule="argocd/lifted",
            why=f"{edge.dependent.id} in it needs {edge.dependency.id}",
        )
        known = lifted.get((*ends, edge.needs))
        if known is None or _sureness(made) < _sureness(known):
            lifted[(*ends, edge.needs)] = made
    return tuple(sorted({*graph.edges, *lifted.values()}, key=_place))


def _ends(
    edge: Edge, parents: Mapping[str, str], objects: Mapping[tuple[str, str], Key]
) -> tuple[Key, Key] | None:
    """What stands for the two ends of an edge in the nearest sync that applies both."""
    if edge.dependent.application == edge.dependency.application:
        return None
    mine = _line(edge.dependent.application, parents)
    other = _line(edge.dependency.application, parents)
    common = next((name for name in mine if name in other), None)
    if common is None:
        return None
    dependent = _standing(edge.dependent, mine, common, objects)
    dependency = _standing(edge.dependency, other, common, objects)
    if dependent is None or dependency is None or dependent == dependency:
        return None
    return dependent, dependency


def _line(name: str, parents: Mapping[str, str]) -> list[str]:
    """An Application, its parent, and so on upwards, as far as anybody goes."""
    line = [name]
    while len(line) < _HIGHEST and (parent := parents.get(line[-1], "")) and parent not in line:
        line.append(parent)
    return line


def _standing(
    key: Key, line: list[str], common: str, objects: Mapping[tuple[str, str], Key]
) -> Key | None:
    """A resource where the common Application applies it itself, else the child that holds it."""
    place = line.index(common)
    return objects.get((common, line[place - 1])) if place else key


def _sureness(edge: Edge) -> int:
    return CONFIDENCES.index(edge.confidence)


def _place(edge: Edge) -> tuple[object, ...]:
    place = (edge.path, edge.file, edge.line)
    return (
        edge.dependent,
        edge.dependency,
        edge.rule,
        *place,
        edge.needs,
        edge.confidence,
        edge.why,
    )
