"""What a person reads: the review, the findings of `lint`, and `explain`."""

from __future__ import annotations

import re

import pytest
from test_report_samples import (
    ACCOUNT,
    API,
    CWD,
    LIMITS,
    NOTE,
    STRAY,
    UNREAD,
    component,
    edge,
    patch,
    placement,
    portal,
    resource,
    review,
)

from wavefix.model import Finding, Graph, Resource, Seconds
from wavefix.report import explain, findings_text, text

PORTAL = """\
idle: nothing to move (conservative; 1 Application, 1 resource; 1 wave, predicted time 2s if \
nothing fails)

portal (conservative): 1 Application, 6 resources; 4 -> 3 waves, predicted time \
11m45s -> 7m45s if nothing fails

  none -> -2  ServiceAccount/portal/eso
              portal/eso.yaml:5: before SecretStore.external-secrets.io/portal/vault, which needs it
              ready
     1 -> -1  LimitRange/portal/limits
              portal/limits.yaml:5: before Deployment.apps/portal/api, whose pods it limits
     1 ->  0  StatefulSet.apps/portal/db
              portal/db.yaml:14: Deployment.apps/portal/api needs it ready

  could not be done, or needs a look:
    portal/api.yaml:9: warning WF001 a sync wave on a pod template is never read; set it in
      metadata.annotations

  notes:
    portal/kustomization.yaml: note WF009 the chart cannot be rendered

elsewhere

  could not be done, or needs a look:
    error WF100 no such file; check the path

diff --git a/portal/db.yaml b/portal/db.yaml
--- a/portal/db.yaml
+++ b/portal/db.yaml
@@ -1 +1 @@
-wave: "1"
+wave: "0"
diff --git a/portal/eso.yaml b/portal/eso.yaml
--- a/portal/eso.yaml
+++ b/portal/eso.yaml
@@ -1 +1,2 @@
 name: eso
+wave: "-2"
diff --git a/portal/limits.yaml b/portal/limits.yaml
--- a/portal/limits.yaml
+++ b/portal/limits.yaml
@@ -1 +1 @@
-wave: "1"
+wave: "-1"
"""


def bare(colored: str) -> str:
    return re.sub(r"\x1b\[\d+m", "", colored)


def test_the_review_in_full() -> None:
    assert text(portal(), color=False) == PORTAL


def test_colours_add_nothing_else() -> None:
    colored = text(portal(), color=True)
    assert bare(colored) == PORTAL
    assert '\x1b[31m-wave: "1"\x1b[0m\n\x1b[32m+wave: "0"\x1b[0m\n' in colored
    assert "\x1b[33mwarning WF001\x1b[0m" in colored
    assert "\x1b[36m   1 ->  0\x1b[0m  \x1b[1mStatefulSet.apps/portal/db\x1b[0m\n" in colored


def test_nothing_to_move_is_a_line_each() -> None:
    parts = [
        component((placement(LIMITS, 1),), name=name, seconds=Seconds(2, 2, 2)) for name in "ab"
    ]
    assert text(review(*parts), color=False) == (
        "a: nothing to move (conservative; 1 Application, 1 resource; 1 wave, predicted time 2s if "
        "nothing fails)\n"
        "b: nothing to move (conservative; 1 Application, 1 resource; 1 wave, predicted time 2s if "
        "nothing fails)\n"
    )


def test_a_patch_in_a_message_keeps_its_lines() -> None:
    message = "needs wave 1, and has no place for it; set\nannotations:\n  wave: '1'"
    part = component((placement(LIMITS, 1),), findings=(Finding("WF005", "warning", message),))
    assert text(review(part, findings=part.graph.findings), color=False).endswith(
        "    warning WF005 needs wave 1, and has no place for it; set\n"
        "      annotations:\n"
        "        wave: '1'\n"
    )


@pytest.mark.parametrize("color", [False, True])
def test_no_control_character_reaches_the_terminal(color: bool) -> None:
    evil = "x\x1b]0;owned\x07\x9b2J\r\u202e"
    moved = resource(f"ConfigMap/portal/{evil}\n", 1, file=f"portal/{evil}.yaml")
    finding = Finding("WF001", "error", evil, moved.file, 3, moved.id)
    part = component(
        (placement(moved, -1, evil),),
        name=evil,
        findings=(finding,),
        edges=(edge(moved, LIMITS, path=evil, why=evil),),
    )
    run = review(
        part,
        patches=(patch(moved, f"a: {evil}\r\n\tb\n", f"c: {evil}\r\n\tb\n", "-1"),),
        findings=(finding,),
    )
    graph = Graph((moved, LIMITS), part.graph.edges)
    outputs = [
        text(run, color),
        findings_text([finding], CWD, color),
        explain(moved, graph, placement(moved, -1, evil), {}, None, CWD, color),
    ]
    for output in map(bare, outputs):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", output)
        assert "\\x1b]0;owned\\x07\\x9b2J\\r\\u202e" in output


def test_findings_are_lines_that_start_with_their_place() -> None:
    assert findings_text([UNREAD, NOTE, STRAY, UNREAD], CWD, color=False) == (
        "error WF100 no such file; check the path\n"
        "portal/api.yaml:9: warning WF001 a sync wave on a pod template is never read; "
        "set it in metadata.annotations\n"
        "portal/kustomization.yaml: note WF009 the chart cannot be rendered\n"
        "Found 3 findings: 1 error, 1 warning, 1 note.\n"
    )
    assert findings_text([UNREAD] * 2, CWD, color=True) == (
        "\x1b[1mportal/api.yaml:9: \x1b[0m\x1b[33mwarning\x1b[0m \x1b[1mWF001\x1b[0m "
        "a sync wave on a pod template is never read; set it in metadata.annotations\n"
        "Found 1 finding: 1 warning.\n"
    )
    assert findings_text([], CWD, color=False) == "No findings.\n"


def explained(resource: Resource, slack: tuple[int, int] | None = None) -> str:
    part = next(part for part in portal().components if part.component.name == "portal")
    placements = {placement.resource.key: placement for placement in part.plan.placements}
    waves = {key: placement.planned for key, placement in placements.items()}
    return explain(resource, part.graph, placements[resource.key], waves, slack, CWD, False)


def test_explain_shows_what_a_resource_needs_and_what_is_not_here() -> None:
    assert (
        explained(API, (0, 3))
        == """\
Deployment.apps/portal/api
  declared in  portal/api.yaml:1
  Application  portal
  phase        Sync
  wave         none declared, 0 effective
  planned      0 (stays): has no place for a wave
  could stand  wave 0 to 3

needs
  StatefulSet.apps/portal/db, wave 1 -> 0
    ready (heuristic)  portal/api.yaml:3 spec.template.spec.containers[0].env[1].value
  LimitRange/portal/limits, wave 1 -> -1
    before (schema)  portal/api.yaml:3 metadata.namespace: a LimitRange sets defaults
  Namespace/portal, wave -2
    before (schema)  portal/api.yaml:3 metadata.namespace

needs from outside the component
  Secret/portal/tls
    portal/api.yaml:7 spec.template.spec.volumes[0].secret
"""
    )


def test_explain_shows_what_needs_a_resource() -> None:
    assert (
        explained(ACCOUNT, (-2, -2))
        == """\
ServiceAccount/portal/eso
  declared in  portal/eso.yaml:1
  Application  portal
  phase        Sync
  wave         none declared, 0 effective
  planned      -2: before SecretStore.external-secrets.io/portal/vault, which needs it ready
  could stand  only in wave -2

needed by
  SecretStore.external-secrets.io/portal/vault, wave -1
    ready (schema)  portal/vault.yaml:3 spec.provider.vault.auth.kubernetes.serviceAccountRef
    present (schema)  portal/vault.yaml:3 spec.other
"""
    )


def test_explain_names_the_other_application_and_why_a_resource_is_fixed() -> None:
    pinned = resource("Job.batch/p/pinned", 2, fixed="pinned in .wavefix.yaml")
    other = resource("Service/p/svc", application="dex")
    graph = Graph((pinned, other), (edge(pinned, other),))
    shown = explain(pinned, graph, placement(pinned, 2), {}, None, CWD, False)
    assert "  cannot move  pinned in .wavefix.yaml\n" in shown
    assert "  Service/p/svc in dex, wave 0\n" in shown
    assert "  planned      2 (stays)\n" in shown
    alone = explain(pinned, Graph((pinned,)), placement(pinned, 2), {}, None, CWD, False)
    assert alone.endswith("\nNothing is known to need it, and it is not known to need anything.\n")
