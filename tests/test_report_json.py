"""The JSON documents are the contracts of the design, key for key."""

from __future__ import annotations

import json
from dataclasses import replace

from test_report_samples import (
    API,
    CWD,
    LIMITS,
    NOTE,
    STRAY,
    UNREAD,
    component,
    edge,
    placement,
    portal,
    resource,
    review,
)

from wavefix.model import External, Finding, Graph, Seconds
from wavefix.report import findings_json, graph_json, json_report


def test_the_report_of_a_small_run_in_full() -> None:
    part = component(
        (placement(LIMITS, -1, "why"),), findings=(UNREAD,), seconds=Seconds(12, 2.0004, 2)
    )
    document = json_report(review(part, findings=(UNREAD,)))
    assert document == (
        "{\n"
        '  "version": 1,\n'
        '  "profile": "conservative",\n'
        '  "components": [\n'
        "    {\n"
        '      "name": "portal",\n'
        '      "path": "portal",\n'
        '      "applications": [\n'
        '        "portal"\n'
        "      ],\n"
        '      "waves": {\n'
        '        "before": 1,\n'
        '        "after": 1\n'
        "      },\n"
        '      "seconds": {\n'
        '        "before": 12.0,\n'
        '        "after": 2.0,\n'
        '        "floor": 2.0\n'
        "      },\n"
        '      "resources": [\n'
        "        {\n"
        '          "id": "LimitRange/portal/limits",\n'
        '          "application": "portal",\n'
        '          "file": "portal/limits.yaml",\n'
        '          "line": 1,\n'
        '          "phase": "Sync",\n'
        '          "declared": 1,\n'
        '          "effective": 1,\n'
        '          "planned": -1,\n'
        '          "fixed": false,\n'
        '          "reason": "why"\n'
        "        }\n"
        "      ]\n"
        "    }\n"
        "  ],\n"
        '  "edits": [],\n'
        '  "findings": [\n'
        "    {\n"
        '      "code": "WF001",\n'
        '      "severity": "warning",\n'
        '      "file": "portal/api.yaml",\n'
        '      "line": 9,\n'
        '      "resource": "Deployment.apps/portal/api",\n'
        '      "message": "a sync wave on a pod template is never read; '
        'set it in metadata.annotations"\n'
        "    }\n"
        "  ]\n"
        "}\n"
    )


def test_edits_are_sorted_and_say_what_was_there() -> None:
    assert json.loads(json_report(portal()))["edits"] == [
        {
            "file": "portal/db.yaml",
            "line": 14,
            "resource": "StatefulSet.apps/portal/db",
            "mechanism": "manifest",
            "before": "1",
            "after": "0",
        },
        {
            "file": "portal/eso.yaml",
            "line": 5,
            "resource": "ServiceAccount/portal/eso",
            "mechanism": "manifest",
            "before": None,
            "after": "-2",
        },
        {
            "file": "portal/limits.yaml",
            "line": 5,
            "resource": "LimitRange/portal/limits",
            "mechanism": "manifest",
            "before": "1",
            "after": "-1",
        },
    ]


def test_resources_are_sorted_and_fixed_without_a_site() -> None:
    pinned = resource("Job.batch/portal/pinned", fixed="pinned in .wavefix.yaml")
    other = resource("Job.batch/portal/other", application="a")
    part = component((placement(pinned, 0), placement(API, 0), placement(other, 0)))
    resources = json.loads(json_report(review(part)))["components"][0]["resources"]
    assert [(r["application"], r["id"], r["fixed"], r["declared"]) for r in resources] == [
        ("a", "Job.batch/portal/other", False, None),
        ("portal", "Deployment.apps/portal/api", True, None),
        ("portal", "Job.batch/portal/pinned", True, None),
    ]


def test_results_do_not_depend_on_the_order_of_the_input() -> None:
    run = portal()
    shuffled = replace(
        run,
        components=run.components[::-1],
        patches=run.patches[::-1],
        findings=run.findings[::-1] + run.findings,
    )
    assert json_report(shuffled) == json_report(run)


def test_findings_without_a_file_have_line_0() -> None:
    document = json.loads(findings_json([UNREAD, STRAY, NOTE], CWD))
    assert list(document) == ["version", "findings"]
    assert [(f["file"], f["line"], f["code"]) for f in document["findings"]] == [
        ("", 0, "WF100"),
        ("portal/api.yaml", 9, "WF001"),
        ("portal/kustomization.yaml", 0, "WF009"),
    ]


def test_a_document_has_no_raw_control_character_and_reads_back_the_same() -> None:
    message = "é \x1b \x9b \u2028 \u202e \ud800 \n"
    document = findings_json([Finding("WF001", "note", message)], CWD)
    assert "é \\u001b \\u009b \\u2028 \\u202e \\ud800 \\n" in document
    assert json.loads(document)["findings"][0]["message"] == message


def test_the_graph_keeps_every_edge() -> None:
    run = portal()
    graphs = [part.graph for part in run.components]
    document = json.loads(graph_json(graphs, CWD))
    assert list(document) == ["version", "nodes", "edges", "external"]
    assert document["nodes"][1] == {
        "id": "LimitRange/portal/limits",
        "application": "portal",
        "file": "portal/limits.yaml",
        "line": 1,
        "wave": 1,
    }
    assert [node["id"] for node in document["nodes"]][-1] == "Job.batch/idle/x"
    assert document["edges"][0] == {
        "from": "Deployment.apps/portal/api",
        "to": "LimitRange/portal/limits",
        "needs": "before",
        "confidence": "schema",
        "rule": "core/ref",
        "file": "portal/api.yaml",
        "line": 3,
        "path": "metadata.namespace",
        "from_application": "portal",
        "to_application": "portal",
    }
    assert [(e["to"], e["needs"]) for e in document["edges"][-2:]] == [
        ("ServiceAccount/portal/eso", "ready"),
        ("ServiceAccount/portal/eso", "present"),
    ]
    assert document["external"] == [
        {
            "from": "Deployment.apps/portal/api",
            "kind": "Secret",
            "name": "tls",
            "namespace": "portal",
            "file": "portal/api.yaml",
            "line": 7,
            "path": "spec.template.spec.volumes[0].secret",
            "from_application": "portal",
        }
    ]


def test_the_graph_does_not_depend_on_the_order_of_edges() -> None:
    edges = (edge(API, LIMITS, "before"), edge(API, LIMITS, "ready"))
    out = (
        External(API.key, "Secret", "b", "", "", 0, ""),
        External(API.key, "A", "b", "", "", 0, ""),
    )
    one = Graph((API, LIMITS), edges, out)
    two = Graph((LIMITS, API), edges[::-1], out[::-1])
    assert graph_json([one], CWD) == graph_json([two], CWD)
