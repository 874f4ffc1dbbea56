"""What becomes of a broken edge: the code that tells it, and what to do."""

from __future__ import annotations

import pytest
from planning import conservative, needs, resource, today

from wavefix.model import Edge, Resource

CLAIM = "PersistentVolumeClaim/web/data"
POD = "Deployment.apps/web/api"
HOOK = "ValidatingWebhookConfiguration.admissionregistration.k8s.io/guard"
BACKEND = "core/webhook-backend"


def told(*resources: Resource, edges: list[Edge]) -> list[tuple[str, str, str]]:
    """Code, severity and place of what lint says; nothing can move, so that the plan adds none."""
    found = today(conservative(resources, edges))
    return [(finding.code, finding.severity, finding.resource) for finding in found]


def at(id: str, wave: int, **more: str) -> Resource:
    return resource(id, wave, fixed="pinned", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dependent", "dependency", "edge", "code"),
    [
        (at(CLAIM, 0), at(POD, 1), ("eventually", ""), "WF014"),
        (at(CLAIM, 0), at(POD, 0), ("eventually", ""), ""),
        (at(CLAIM, 1), at(POD, 0), ("eventually", ""), ""),
        (at(CLAIM, 0, app="a"), at(POD, 1, app="b"), ("eventually", ""), "WF002"),  # b goes on
        (at(POD, 0), at("Secret/web/token", 1), ("eventually", ""), "WF015"),
        (at(POD, 0), at("ConfigMap/web/token", 1), ("eventually", ""), "WF015"),
        (at(POD, 0), at("Secret/web/token", 0), ("eventually", ""), ""),
        # No health check, so nothing waits:
        (at("Widget.example.org/web/w", 0), at("Secret/web/token", 1), ("eventually", ""), ""),
        (at(POD, 0), at("Secret/web/token", 1), ("present", ""), "WF002"),
        (at("Job.batch/web/m", 9, phase="PreSync"), at("ConfigMap/web/c", 0), ("present", ""),
         "WF016"),
        (at(POD, 0), at("Job.batch/web/m", 0, phase="PostSync"), ("ready", ""), "WF016"),
        (at("Job.batch/web/m", 0, phase="PostSync"), at("ConfigMap/web/c", 9), ("present", ""), ""),
        (at("Job.batch/web/m", 1, phase="PreSync"), at("ConfigMap/web/c", 2, phase="PreSync"),
         ("present", ""), "WF002"),
        (at(HOOK, 0), at(POD, 1), ("present", BACKEND), "WF017"),
        (at(HOOK, 0), at(POD, 0), ("present", BACKEND), ""),
        (at(HOOK, 0), at(POD, 1), ("present", "test/rule"), "WF002"),
    ],
)  # fmt: skip
def test_each_way_to_break_has_its_code(
    dependent: Resource, dependency: Resource, edge: tuple[str, str], code: str
) -> None:
    what, rule = edge
    made = needs(dependent, dependency, what, rule=rule or "test/rule")  # type: ignore[arg-type]
    expected = [(code, "error", dependency.id)] if code else []
    assert told(dependent, dependency, edges=[made]) == expected


def test_a_guess_is_a_warning() -> None:
    pod, secret = at(POD, 0), at("Secret/web/token", 1)
    edges = [needs(pod, secret, "eventually", "heuristic")]
    assert told(pod, secret, edges=edges) == [("WF015", "warning", secret.id)]


def test_of_several_edges_to_one_late_resource_the_worst_speaks() -> None:
    early, pod = at("Pod/web/first", -1), at(POD, 0)
    secret = at("Secret/web/token", 1)
    edges = [needs(early, secret, "present"), needs(pod, secret, "eventually")]
    (finding,) = today(conservative([early, pod, secret], edges))
    assert finding.code == "WF015"
    assert finding.message.startswith(
        "Secret/web/token comes in wave 1, after Deployment.apps/web/api (wave 0, and 1 more), "
        "which waits for it: the sync never leaves wave 0; "
    )


def test_the_advice_for_phases_names_no_wave() -> None:
    hook, config = resource("Job.batch/web/m", 0, phase="PreSync"), resource("ConfigMap/web/c", -5)
    (finding,) = today(conservative([hook, config], [needs(hook, config, "present")]))
    assert finding.message == (
        "ConfigMap/web/c comes only in Sync, after Job.batch/web/m (PreSync), which needs it to "
        "exist; no wave mends that: make the former a PreSync hook as well, or move the latter to "
        "a later phase"
    )
