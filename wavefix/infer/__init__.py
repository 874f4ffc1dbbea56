"""Infer: the Resources of a component -> the Graph of what needs what, with the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from wavefix.catalogue import Catalogue
from wavefix.config import Config
from wavefix.infer import (
    claims,
    declared,
    defaults,
    hosts,
    made,
    operators,
    orders,
    permissions,
    policies,
    providers,
    references,
    structure,
    values,
    waits,
    webhooks,
)
from wavefix.infer.scene import Scene
from wavefix.limits import TooMuch, exceeded
from wavefix.model import Application, Edge, External, Finding, Graph, Resource

__all__ = ["infer"]

Link = TypeVar("Link", Edge, External, Edge | External)

# One function per source of edges, each (Scene) -> edges and external references.
_SOURCES = (
    references.references,
    structure.namespaces,
    structure.definitions,
    structure.subcharts,
    structure.aggregated,
    permissions.permissions,
    operators.operators,
    made.overwritten,
    values.references,
    hosts.hosts,
    waits.waits,
    defaults.defaults,
    declared.annotated,
    orders.orders,
)

# Those that follow from the edges of the others, each (Scene, edges so far) -> more edges.
_LATE = (policies.inside, webhooks.webhooks, policies.everywhere, claims.claims)


def infer(
    resources: Sequence[Resource],
    findings: Sequence[Finding],
    catalogue: Catalogue,
    config: Config,
    applications: Iterable[Application] = (),
) -> Graph:
    """The graph of one component. Edges and external references are sorted and stand once."""
    applied = [resource for resource in resources if resource.phase != "Skip"]
    known = {app.name: app for app in applications}
    scene = Scene(tuple(sorted(applied, key=lambda item: item.key)), catalogue, config, known)
    made.find_makers(scene)
    brought = providers.find_providers(scene)
    count = _Count(config.limits.edges)
    found = [link for source in _SOURCES for link in count.through(source(scene))]
    edges = list(_meant(scene, (link for link in found if isinstance(link, Edge))))
    unknown: list[Finding] = []
    edges += count.through(providers.providers(scene, brought))
    edges += [*declared.configured(scene, unknown), *declared.noted(scene, unknown)]
    for late in _LATE:
        edges += list(_meant(scene, count.through(late(scene, edges))))
    placed = {_edge(link): link for link in edges if link.dependent != link.dependency}
    outside = {_place(link): link for link in found if isinstance(link, External)}
    return Graph(
        resources=tuple(resources),
        edges=tuple(placed[place] for place in sorted(placed)),
        externals=tuple(outside[place] for place in sorted(outside)),
        findings=(*findings, *unknown),
    )


@dataclass(slots=True)
class _Count:
    """How many edges and external references there may still be."""

    most: int
    _number: int = 0

    def through(self, links: Iterable[Link]) -> Iterator[Link]:
        """The links. Raises TooMuch where there are more in all than there may be."""
        for link in links:
            self._number += 1
            if self._number > self.most:
                what = f"more than {self.most} dependencies in one component"
                raise exceeded("edges", what, link.file, link.line, TooMuch)
            yield link


def _meant(scene: Scene, links: Iterable[Edge]) -> Iterator[Edge]:
    """Without those that lead to one of several Applications that have the same object."""
    for link in links:
        if link.confidence == "explicit" or scene.meant(link.dependency, link.dependent):
            yield link


def _edge(link: Edge) -> tuple[object, ...]:
    place = (link.path, link.file, link.line)
    return (
        link.dependent,
        link.dependency,
        link.rule,
        *place,
        link.needs,
        link.confidence,
        link.why,
    )


def _place(link: External) -> tuple[object, ...]:
    return (*link.dependent, link.kind, link.namespace, link.name, link.path, link.file, link.line)
