"""The JSON contracts, version 1: fields are added, never renamed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wavefix.model import (
    NEEDS,
    ComponentReview,
    Finding,
    Graph,
    Placement,
    Review,
    RollingSync,
    Run,
)
from wavefix.report.facts import components, ordered, patches, placements, wave_counts
from wavefix.report.words import json_safe, shown

VERSION = 1


def json_report(review: Review) -> str:
    """What `wavefix --format json` prints."""
    return _dump(
        {
            "version": VERSION,
            "profile": review.profile,
            "components": [_component(part, review.cwd) for part in components(review)],
            "edits": _edits(review),
            "findings": _findings(review.findings, review.cwd),
        }
    )


def findings_json(findings: Iterable[Finding], cwd: str) -> str:
    """What `wavefix lint --format json` prints."""
    return _dump({"version": VERSION, "findings": _findings(findings, cwd)})


def graph_json(graphs: Sequence[Graph], cwd: str) -> str:
    """What `wavefix graph --format json` prints: the graphs of all components in one document."""
    return _dump(
        {
            "version": VERSION,
            "nodes": [node for graph in graphs for node in _nodes(graph, cwd)],
            "edges": [edge for graph in graphs for edge in _edges(graph, cwd)],
            "external": [external for graph in graphs for external in _externals(graph, cwd)],
        }
    )


def runs_json(before: Run, after: Run, learned: Mapping[str, float] | None = None) -> str:
    """What `wavefix simulate --format json` prints; `learned` only where that was asked for."""
    document: dict[str, Any] = {
        "version": VERSION,
        "runs": {"before": _run(before), "after": _run(after)},
    }
    if learned is not None:
        document["learned"] = {id: _seconds(learned[id]) for id in sorted(learned)}
    return _dump(document)


def _run(run: Run) -> dict[str, Any]:
    return {
        "seconds": _seconds(run.seconds),
        "outcome": run.outcome,
        "floor": _seconds(run.floor),
        "steps": [
            {
                "application": step.application,
                "phase": step.phase,
                "wave": step.wave,
                "start": _seconds(step.start),
                "end": _seconds(step.end),
                "applied": [[key.id for key in batch] for batch in step.applied],
            }
            for step in run.steps
        ],
    }


def _dump(document: dict[str, Any]) -> str:
    return json_safe(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _component(part: ComponentReview, cwd: str) -> dict[str, Any]:
    before, after = wave_counts(part)
    seconds = part.seconds
    return {
        "name": part.component.name,
        "path": shown(part.component.path, cwd),
        "applications": sorted(application.name for application in part.component.applications),
        "waves": {"before": before, "after": after},
        "seconds": {
            "before": _seconds(seconds.before),
            "after": _seconds(seconds.after),
            "floor": _seconds(seconds.floor),
        },
        "resources": [_resource(placement, cwd) for placement in placements(part)],
        **_rolling(part.plan.rolling, cwd),
    }


def _rolling(rolling: RollingSync | None, cwd: str) -> dict[str, Any]:
    """The steps that are to be written, by the names of their Applications."""
    if rolling is None:
        return {}
    return {
        "rolling_sync": {
            "resource": rolling.resource,
            "file": shown(rolling.file, cwd),
            "line": rolling.line,
            "steps": [list(step) for step in rolling.steps],
        }
    }


def _seconds(value: float) -> float:
    return round(float(value), 3)


def _resource(placement: Placement, cwd: str) -> dict[str, Any]:
    resource = placement.resource
    return {
        "id": resource.id,
        "application": resource.application,
        "file": shown(resource.file, cwd),
        "line": resource.line,
        "phase": resource.phase,
        "declared": resource.declared,
        "effective": resource.effective,
        "planned": placement.planned,
        "fixed": bool(resource.fixed) or not resource.places,
        "reason": placement.reason,
    }


def _edits(review: Review) -> list[dict[str, Any]]:
    edits = [
        {
            "file": shown(edit.site.file, review.cwd),
            "line": edit.site.line,
            "resource": edit.resource,
            "mechanism": edit.site.mechanism,
            "before": edit.site.before,
            "after": edit.after,
        }
        for patch in patches(review)
        for edit in patch.edits
    ]
    edits += [
        {
            "file": shown(edit.file, review.cwd),
            "line": edit.line,
            "resource": edit.resource,
            "mechanism": edit.mechanism,
            "before": edit.before,
            "after": edit.after,
        }
        for patch in patches(review)
        for edit in patch.entries
    ]
    return sorted(edits, key=lambda edit: (edit["file"], edit["line"], edit["resource"]))


def _findings(findings: Iterable[Finding], cwd: str) -> list[dict[str, Any]]:
    return [
        {
            "code": finding.code,
            "severity": finding.severity,
            "file": shown(finding.file, cwd),
            "line": finding.line,
            "resource": finding.resource,
            "message": finding.message,
        }
        for finding in ordered(findings, cwd)
    ]


def _nodes(graph: Graph, cwd: str) -> list[dict[str, Any]]:
    return [
        {
            "id": resource.id,
            "application": resource.application,
            "file": shown(resource.file, cwd),
            "line": resource.line,
            "wave": resource.effective,
        }
        for resource in sorted(graph.resources, key=lambda resource: resource.key)
    ]


def _edges(graph: Graph, cwd: str) -> list[dict[str, Any]]:
    edges = sorted(
        graph.edges,
        key=lambda e: (
            e.dependent,
            e.dependency,
            NEEDS.index(e.needs),
            e.rule,
            e.file,
            e.line,
            e.path,
        ),
    )
    return [
        {
            "from": edge.dependent.id,
            "to": edge.dependency.id,
            "needs": edge.needs,
            "confidence": edge.confidence,
            "rule": edge.rule,
            "file": shown(edge.file, cwd),
            "line": edge.line,
            "path": edge.path,
            "from_application": edge.dependent.application,  # ids repeat between Applications
            "to_application": edge.dependency.application,
        }
        for edge in edges
    ]


def _externals(graph: Graph, cwd: str) -> list[dict[str, Any]]:
    externals = sorted(
        graph.externals,
        key=lambda e: (e.dependent, e.kind, e.namespace, e.name, e.file, e.line, e.path),
    )
    return [
        {
            "from": external.dependent.id,
            "kind": external.kind,
            "name": external.name,
            "namespace": external.namespace,
            "file": shown(external.file, cwd),
            "line": external.line,
            "path": external.path,
            "from_application": external.dependent.application,
        }
        for external in externals
    ]
