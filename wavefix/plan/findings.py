"""What is broken, what a plan leaves broken, and what no wave can hold."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from wavefix.catalogue import Catalogue
from wavefix.model import Edge, Finding, Graph, Key, Placement, Resource, Severity
from wavefix.plan.order import broken
from wavefix.plan.problem import surest

_GOVERNANCE = "WF003"


def broken_edges(graph: Graph, waves: Mapping[Key, int], spaces: Mapping[Key, int]) -> list[Edge]:
    """Edges that Argo CD does not hold under the given waves, within one wave space or its phases."""
    by_key = {resource.key: resource for resource in graph.resources}
    return [
        edge
        for edge in graph.edges
        if spaces.get(edge.dependent) == spaces.get(edge.dependency) is not None
        and broken(
            edge,
            by_key[edge.dependent],
            by_key[edge.dependency],
            (waves[edge.dependent], waves[edge.dependency]),
        )
    ]


def broken_findings(
    graph: Graph,
    edges: Iterable[Edge],
    waves: Mapping[Key, int],
    catalogue: Catalogue,
    mended: Mapping[Key, int] | None = None,
) -> Iterator[Finding]:
    """One finding for each dependency of broken edges. `mended`: the waves of a plan that helps."""
    by_key = {resource.key: resource for resource in graph.resources}
    found: dict[Key, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.dependency, []).append(edge)
    for key, group in sorted(found.items()):
        yield _broken(by_key, key, group, waves, catalogue, mended)


def _broken(
    by_key: Mapping[Key, Resource],
    key: Key,
    edges: list[Edge],
    waves: Mapping[Key, int],
    catalogue: Catalogue,
    mended: Mapping[Key, int] | None,
) -> Finding:
    dependency = by_key[key]
    first = min(edges, key=lambda edge: (waves[edge.dependent], edge.dependent))
    edge = surest([other for other in edges if other.dependent == first.dependent])
    dependent = by_key[edge.dependent]
    others = len({other.dependent for other in edges}) - 1
    also = f" (and {others} more)" if others else ""
    where, mine = waves[key], waves[edge.dependent]
    governance = dependency.kind in catalogue.policies
    if dependent.phase != dependency.phase:
        what = (
            f"{dependent.id}{also} runs in {dependent.phase} and needs {key.id} {edge.needs}, which only "
            f"comes in {dependency.phase}"
        )
        advice = "no wave mends that: move one of them to another phase"
    else:
        beside = "in the same wave as" if where == mine else "after"
        verb = "is applied" if governance else "comes"
        need = "it holds only for what comes after it" if governance else _needs(edge)
        what = (
            f"{key.id} {verb} in wave {where}, {beside} {dependent.id}{also} (wave {mine}): {need}"
        )
        advice = _advice(dependency, where, mine, edge, mended)
    certain = edge.confidence != "heuristic"
    severity: Severity = "error" if certain else "warning"
    return Finding(
        _GOVERNANCE if governance else "WF002",
        severity,
        f"{what}; {advice}",
        dependency.file,
        _line(dependency),
        key.id,
    )


def _needs(edge: Edge) -> str:
    words = {
        "ready": "needs it ready",
        "before": "must come after it",
        "present": "needs it to exist",
    }
    verb = words.get(edge.needs, "waits for it")
    why = f" ({edge.why})" if edge.why else ""
    guess = ", by a guess" if edge.confidence == "heuristic" else ""
    return f"{edge.dependent.id} {verb}{why}{guess}"


def _advice(
    dependency: Resource, where: int, mine: int, edge: Edge, mended: Mapping[Key, int] | None
) -> str:
    if mended is not None:
        after = mended.get(dependency.key, where)
        if after != where:
            return f"wave {after} mends it (`wavefix` writes that)"
    if dependency.fixed:
        return f"it stays, {dependency.fixed}: move {edge.dependent.id} to a later wave by hand"
    if edge.confidence == "heuristic":
        return "if so, say it in `depends_on`; if not, it can be ignored"
    return f"move {edge.dependent.id} to a later wave, or try `--profile aggressive`"


def _line(resource: Resource) -> int:
    return resource.sites[0].line if resource.sites else resource.line


def cross_application(graph: Graph, spaces: Mapping[Key, int]) -> Iterator[Finding]:
    """Edges between Applications that no parent orders: one note for each pair of Applications."""
    pairs: dict[tuple[str, str], list[Edge]] = {}
    for edge in graph.edges:
        mine, other = edge.dependent.application, edge.dependency.application
        same = spaces.get(edge.dependent) == spaces.get(edge.dependency)
        if mine != other and same and edge.needs != "eventually":
            pairs.setdefault((mine, other), []).append(edge)
    for (mine, other), edges in sorted(pairs.items()):
        edge = min(
            edges, key=lambda e: (("ready", "before", "present").index(e.needs), e.dependent)
        )
        count = len({(e.dependent, e.dependency) for e in edges})
        more = f" and {count - 1} more like it" if count > 1 else ""
        yield Finding(
            "WF007",
            "note",
            f"{mine} needs {other} ({edge.dependent.id} needs {edge.dependency.id} {edge.needs}{more}): "
            "Argo CD orders waves inside one Application only, so retries or a rolling sync must hold "
            "that",
            edge.file,
            edge.line,
            edge.dependent.id,
        )


def without_place(
    placements: Iterable[Placement], uses_kustomize: bool = True
) -> Iterator[Finding]:
    """Releases that need a wave which nothing in their sources can carry."""
    for placement in placements:
        resource = placement.resource
        if placement.wanted == placement.planned or resource.sites:
            continue
        kustomized = resource.file.rpartition("/")[2].startswith(
            ("kustomization.", "Kustomization")
        )
        yield Finding(
            "WF008",
            "warning",
            f"needs wave {placement.wanted} ({placement.reason}), but nothing in its sources can carry "
            "a wave; "
            + (_patch(resource, placement.wanted) if kustomized else _value(placement.wanted)),
            resource.file,
            resource.line,
            resource.id,
        )


def _patch(resource: Resource, wave: int) -> str:
    annotation = f'argocd.argoproj.io/sync-wave: "{wave}"'
    return (
        f"add this to {os.path.basename(resource.file)}:\n"
        "patches:\n"
        "  - target:\n"
        "      kind: Deployment|StatefulSet|DaemonSet|Job\n"
        "      labelSelector: app.kubernetes.io/instance=" + resource.name + "\n"
        "    patch: |\n"
        "      apiVersion: apps/v1\n"
        "      kind: Deployment\n"
        "      metadata:\n"
        f"        name: {resource.name}\n"
        "        annotations:\n"
        f"          {annotation}"
    )


def _value(wave: int) -> str:
    return (
        "set it where the chart puts annotations on its workloads themselves, for instance:\n"
        "commonAnnotations:\n"
        f'  argocd.argoproj.io/sync-wave: "{wave}"'
    )
