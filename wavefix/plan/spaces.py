"""Wave spaces: whose waves mean something to one another.

Waves order one phase of one Application. Applications that no parent orders share their waves by
convention (those of one ApplicationSet, those under one path), so they are one space per phase; the
children of an app-of-apps are ordered by the waves of their Application objects, so each child is a
space of its own. Where one annotation serves several spaces, these are planned as one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeVar

from wavefix.model import Application, Edge, Graph, Key, Resource, Site

Scopes = Mapping[Key, str]
T = TypeVar("T", bound=Hashable)

_EVERYTHING = attrgetter(
    "dependent", "dependency", "rule", "path", "needs", "confidence", "file", "line", "why"
)


@dataclass(frozen=True, slots=True)
class Space:
    """Resources that one set of waves orders, and the edges between them."""

    resources: Sequence[Resource]
    edges: Sequence[Edge]


def scopes(applications: Iterable[Application], resources: Iterable[Resource]) -> Scopes:
    """Whose waves order each resource: its own Application's, or those that several share ("").

    What Argo CD never applies has none.
    """
    own = {app.name for app in applications if app.parent}
    return {
        item.key: item.application if item.application in own else ""
        for item in resources
        if item.phase != "Skip"
    }


def spaces(graph: Graph, of: Scopes) -> list[Space]:
    """The wave spaces of a graph. They do not depend on the order in which it lists anything."""
    applied = sorted((r for r in graph.resources if r.key in of), key=attrgetter("key"))
    home = {item.key: (of[item.key], item.phase) for item in applied}
    places = [(home[item.key], place(site)) for item in applied for site in item.places]
    merged = joined(sorted(set(home.values())), places)
    resources: dict[object, list[Resource]] = {name: [] for name in merged.values()}
    edges: dict[object, list[Edge]] = {name: [] for name in merged.values()}
    for item in applied:
        resources[merged[home[item.key]]].append(item)
    for edge in sorted(graph.edges, key=_EVERYTHING):
        mine = home.get(edge.dependent)
        if mine is not None and mine == home.get(edge.dependency):
            edges[merged[mine]].append(edge)
    return [Space(resources[name], edges[name]) for name in resources]


def place(site: Site) -> Hashable:
    """What tells one annotation from another."""
    return site.file, site.document, site.path, site.inner, site.key, site.entry


def joined(items: Iterable[T], places: Iterable[tuple[T, Hashable]]) -> dict[T, T]:
    """The first item of each one's set, where those that have a place in common are one set."""
    parent = {item: item for item in items}
    rank = {item: number for number, item in enumerate(parent)}

    def root(item: T) -> T:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    owner: dict[Hashable, T] = {}
    for item, where in places:
        low, high = sorted((root(item), root(owner.setdefault(where, item))), key=rank.__getitem__)
        parent[high] = low
    return {item: root(item) for item in parent}
