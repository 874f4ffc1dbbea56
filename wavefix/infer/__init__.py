"""Infer: the Resources of a component -> the Graph of what needs what, with the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wavefix.catalogue import Catalogue
from wavefix.config import Config
from wavefix.infer import hosts, made, references, structure, values
from wavefix.infer.scene import Scene
from wavefix.model import Edge, External, Finding, Graph, Resource

__all__ = ["infer"]

# One function per source of edges, each (Scene) -> edges and external references.
_SOURCES = (
    references.references,
    structure.namespaces,
    structure.definitions,
    structure.policies,
    structure.permissions,
    structure.subcharts,
    made.overwritten,
    values.references,
    hosts.hosts,
)


def infer(
    resources: Sequence[Resource],
    findings: Sequence[Finding],
    catalogue: Catalogue,
    config: Config,
) -> Graph:
    """The graph of one component. Edges and external references are sorted and stand once."""
    applied = tuple(resource for resource in resources if resource.phase != "Skip")
    scene = Scene(applied, catalogue, config)
    made.find_makers(scene)
    found = [link for source in _SOURCES for link in source(scene)]
    edges = [link for link in found if isinstance(link, Edge)]
    edges += structure.claims(scene, edges)
    unknown: list[Finding] = []
    edges += _configured(scene, config, unknown)
    return Graph(
        resources=tuple(resources),
        edges=tuple(_sorted({edge for edge in edges if edge.dependent != edge.dependency})),
        externals=tuple(sorted({link for link in found if isinstance(link, External)}, key=_place)),
        findings=(*findings, *unknown),
    )


def _configured(scene: Scene, config: Config, findings: list[Finding]) -> Iterator[Edge]:
    """`depends_on` of the configuration, between every pair of resources with those ids."""
    for entry in config.depends_on:
        sources = [item for item in scene.resources if item.id == entry.source]
        targets = [item for item in scene.resources if item.id == entry.to]
        for source in sources:
            near = [item for item in targets if item.application == source.application]
            for target in near or targets:
                yield Edge(
                    source.key, target.key, entry.needs, "explicit", "depends_on",
                    source.file, source.line, "depends_on", "the configuration says so",
                )  # fmt: skip
        if bool(sources) != bool(targets):
            missing, other = (entry.to, sources) if sources else (entry.source, targets)
            findings.append(
                Finding(
                    "WF013",
                    "warning",
                    f"depends_on names {missing}, which is not in this component; correct the id, or "
                    "remove the entry",
                    other[0].file,
                    other[0].line,
                    other[0].id,
                )
            )


def _sorted(edges: set[Edge]) -> list[Edge]:
    return sorted(edges, key=lambda edge: (edge.dependent, edge.dependency, edge.rule, edge.path))


def _place(link: External) -> tuple[str, ...]:
    return (*link.dependent, link.kind, link.namespace, link.name, link.path)
