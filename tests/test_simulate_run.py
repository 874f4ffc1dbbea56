"""What Argo CD would do: steps, failures, retries and syncs that never end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli
from hypothesis import given
from hypothesis import strategies as st
from planning import needs, planned, resource

from wavefix.argocd import phases
from wavefix.config import ArgoCD, Config
from wavefix.discover.policy import retry
from wavefix.model import Application, Edge, Graph, Phase, Resource, Retry, Run
from wavefix.simulate import seconds, simulate, waves_before

CONFIG = Config(durations={"Job.batch": 30.0, "Deployment.apps": 100.0, "StatefulSet.apps": 60.0})
JOB = resource("Job.batch/web/job", 0)
API = resource("Deployment.apps/web/api", 1)
SECRET = resource("Secret/web/key", 0)
STORE = resource("SecretStore.external-secrets.io/web/vault", 0)
EXTERNAL = resource("ExternalSecret.external-secrets.io/web/key", 0)
CRD = "CustomResourceDefinition.apiextensions.k8s.io/widgets.example.org"
WIDGET = resource("Widget.example.org/web/one", 0)


def run(
    *resources: Resource, edges: tuple[Edge, ...] = (), retry: Retry | None = None, **more: Any
) -> Run:
    graph = Graph(resources, edges)
    names = sorted({item.application for item in resources})
    apps = [Application(n, "", (), retry=retry or Retry(limit=0), **more) for n in names]
    return simulate(graph, waves_before(graph), apps, CONFIG)


def crd(app: str = "app", wave: int = 0) -> Resource:
    body = {"spec": {"group": "example.org", "names": {"kind": "Widget"}}}
    return replace(resource(CRD, wave, app=app), body=body)


def at(item: Resource, wave: int, phase: Phase = "Sync", app: str = "app") -> Resource:
    return replace(item, effective=wave, phase=phase, application=app)


def times(found: Run) -> list[tuple[str, int, float, float]]:
    return [(step.application, step.wave, step.start, step.end) for step in found.steps]


def test_a_wave_is_waited_for_the_last_one_is_not() -> None:
    found = run(JOB, API)
    assert times(found) == [("app", 0, 0.0, 30.0), ("app", 1, 30.0, 130.0)]
    assert (found.outcome, found.seconds) == ("succeeded", 130.0)
    assert [step.waited for step in found.steps] == [JOB.id, ""]


def test_batches_are_of_one_kind_in_the_order_of_kinds() -> None:
    other = resource("Deployment.apps/web/a", 0)
    [step] = run(at(API, 0), JOB, SECRET, other).steps
    assert [[key.id for key in batch] for batch in step.applied] == [
        [SECRET.id], [other.id, API.id], [JOB.id],
    ]  # fmt: skip


def test_a_namespace_moves_to_the_first_that_is_in_it() -> None:
    [first, second] = run(JOB, API, resource("Namespace/web", 1)).steps
    assert [[key.id for key in batch] for batch in first.applied] == [["Namespace/web"], [JOB.id]]
    assert [[key.id for key in batch] for batch in second.applied] == [[API.id]]


def test_a_crd_moves_to_before_its_objects() -> None:
    found = run(WIDGET, crd(wave=3))
    assert [[key.id for key in batch] for step in found.steps for batch in step.applied] == [
        [CRD], [WIDGET.id],
    ]  # fmt: skip


def test_a_hook_is_waited_for_in_the_last_wave() -> None:
    hook = at(resource("Job.batch/web/after", 0), 0, "PostSync")
    assert times(run(SECRET, hook)) == [("app", 0, 0.0, 2.0), ("app", 0, 2.0, 32.0)]


def hook(**marks: str) -> Resource:
    named = {f"argocd.argoproj.io/{name.replace('_', '-')}": text for name, text in marks.items()}
    body = {"metadata": {"name": "job", "annotations": named}}
    return replace(at(JOB, 0, phases(named)[0]), body=body)


@pytest.mark.parametrize(
    ("policy", "second"),
    [
        pytest.param("", 30.0, id="deleted before it is made anew, by default"),
        pytest.param("HookSucceeded", 30.0, id="deleted when it has succeeded"),
        pytest.param("HookFailed", 0.0, id="kept, and there already"),
    ],
)
def test_a_hook_of_two_phases_runs_twice_unless_it_is_kept(policy: str, second: float) -> None:
    found = run(hook(hook="PreSync,PostSync", hook_delete_policy=policy))
    assert times(found) == [("app", 0, 0.0, 30.0), ("app", 0, 30.0, 30.0 + second)]


def test_a_child_is_healthy_once_though_its_hook_runs_twice() -> None:
    """What holds it is healthy when the rest of it is, too."""
    twice = replace(hook(hook="PreSync,PostSync"), application="leaf")
    leaf = resource("Application.argoproj.io/argocd/leaf", 0, app="mid", file="leaf")
    mid = resource("Application.argoproj.io/argocd/mid", 0, app="root", file="mid")
    parts = (mid, at(JOB, 1, app="root"), leaf, at(API, 0, app="mid"), twice)
    apps = [Application("mid", "", (), file="mid", parent="root"),
            Application("leaf", "", (), file="leaf", parent="mid")]  # fmt: skip
    graph = Graph(parts)
    config = Config(durations=CONFIG.durations, argocd=ArgoCD(application_health=True))
    found = simulate(graph, waves_before(graph), apps, config)
    assert [s.start for s in found.steps if s.application == "root"] == [0.0, 100.0]


def test_a_retry_runs_the_hooks_again() -> None:
    parts = (hook(hook="PreSync"), STORE, EXTERNAL, API)
    found = run(*parts, edges=(EDGE,), retry=Retry(limit=1))
    assert [(s.attempt, s.phase, s.start, s.end) for s in found.steps if s.phase == "PreSync"] == [
        (1, "PreSync", 0.0, 30.0), (2, "PreSync", 40.0, 70.0),
    ]  # fmt: skip


def test_a_hook_in_the_only_wave_makes_argocd_see_what_is_degraded_there() -> None:
    beside = hook(hook="Sync")
    found = run(EXTERNAL, STORE, beside, edges=(EDGE,))
    assert (found.outcome, found.steps[0].end) == ("failed", 30.0)


@pytest.mark.parametrize("what", ["ready", "present", "eventually"])
def test_what_waits_for_a_later_wave_is_stuck(what: Any) -> None:
    found = run(at(API, 0), at(SECRET, 1), edges=(needs(API, SECRET, what),))
    assert (found.outcome, len(found.steps)) == ("stuck", 1)
    assert found.steps[0].waited == f"{API.id} waits for {SECRET.id}"


@pytest.mark.parametrize(
    ("edge", "api"),
    [
        pytest.param(needs(API, SECRET, "before"), 0, id="takes effect on what comes after it"),
        pytest.param(needs(API, SECRET, "present", "heuristic"), 0, id="a guess"),
        pytest.param(needs(API, SECRET, "present"), 2, id="in the last wave"),
    ],
)
def test_not_stuck(edge: Edge, api: int) -> None:
    assert run(at(API, api), at(SECRET, 1), edges=(edge,)).outcome == "succeeded"


EDGE = needs(EXTERNAL, STORE)
LATER = at(JOB, 1)


def test_degraded_fails_and_a_retry_mends_it() -> None:
    failed = run(STORE, EXTERNAL, LATER, edges=(EDGE,))
    assert (failed.outcome, failed.steps[-1].end) == ("failed", 5.0)
    assert failed.steps[-1].waited == f"{EXTERNAL.id} is Degraded without {STORE.id}"
    again = run(STORE, EXTERNAL, LATER, edges=(EDGE,), retry=Retry(limit=1))
    assert again.outcome == "succeeded"
    assert [(s.attempt, s.wave, s.start, s.outcome) for s in again.steps] == [
        (1, 0, 0.0, "failed"), (2, 0, 10.0, "succeeded"), (2, 1, again.steps[1].end, "succeeded"),
    ]  # fmt: skip


def test_nobody_looks_at_health_in_a_single_wave() -> None:
    assert run(STORE, EXTERNAL, edges=(EDGE,)).outcome == "succeeded"


def test_retries_wait_longer_each_time_and_end() -> None:
    found = run(EXTERNAL, at(STORE, 1), edges=(EDGE,), retry=Retry(limit=3, longest=15.0))
    assert found.outcome == "failed"
    assert [step.start for step in found.steps] == [0.0, 7.0, 19.0, 36.0]


def test_an_object_without_its_crd_fails_in_the_dry_run() -> None:
    found = run(WIDGET, crd("other"))
    [step] = [step for step in found.steps if step.application == "app"]
    assert (found.outcome, step.outcome, step.applied) == ("failed", "failed", ())
    assert step.waited == f"dry run: no CRD for {WIDGET.id}"
    assert run(WIDGET, crd("other"), retry=Retry()).outcome == "succeeded"
    assert run(WIDGET).outcome == "succeeded", "no source provides it: it is there already"


def test_the_dry_run_can_be_skipped_until_the_crd_is_there() -> None:
    waiting = (at(JOB, -1), WIDGET)
    assert run(*waiting, crd("other")).outcome == "failed"
    assert run(*waiting, crd("other"), skip_dry_run=True).outcome == "succeeded"
    [step] = run(WIDGET, crd("zoo", 1), at(SECRET, 0, app="zoo"), skip_dry_run=True).steps[:1]
    assert step.waited == f"no CRD for {WIDGET.id}"


def test_applications_see_what_others_have_made() -> None:
    other = at(API, 0, app="other")
    after = at(resource("Deployment.apps/web/last", 1), 1, app="other")
    found = run(JOB, other, after, edges=(needs(other, JOB),))
    assert [item for item in times(found) if item[0] == "other"] == [
        ("other", 0, 0.0, 130.0), ("other", 1, 130.0, 230.0),
    ]  # fmt: skip


@pytest.mark.parametrize(("assessed", "second"), [(False, 2.0), (True, 100.0)])
def test_a_child_begins_when_its_parent_applies_it(assessed: bool, second: float) -> None:
    def child(name: str, wave: int) -> Resource:
        return resource(f"Application.argoproj.io/argocd/{name}", wave, app="root", file=name)

    parts = (child("one", 0), child("two", 1), at(API, 0, app="one"), at(JOB, 0, app="two"))
    apps = [Application(n, "", (), file=n, parent="root") for n in ("one", "two")]
    graph = Graph(parts)
    config = Config(CONFIG.profile, durations=CONFIG.durations,
                    argocd=ArgoCD(application_health=assessed))  # fmt: skip
    found = simulate(graph, waves_before(graph), apps, config)
    starts = {step.application: step.start for step in found.steps if step.application != "root"}
    assert starts == {"one": 0.0, "two": second}


def rolled(name: str, step: int | None, at_once: int | None = None) -> tuple[Application, Resource]:
    app = Application(name, "", (), retry=Retry(limit=0), step=step, max_update=at_once)
    return app, at(JOB, 0, app=name)


def rolls(*parts: tuple[Application, Resource]) -> Run:
    graph = Graph(tuple(item for _, item in parts))
    return simulate(graph, waves_before(graph), [app for app, _ in parts], CONFIG)


def test_a_step_of_a_rolling_sync_begins_when_those_before_it_are_healthy() -> None:
    found = rolls(rolled("a", 2), rolled("b", 1), rolled("c", 1), rolled("d", 5))
    assert {s.application: s.start for s in found.steps} == {"a": 30, "b": 0, "c": 0, "d": 60}
    assert found.seconds == 90.0
    assert {"a", "d"} < {s.application for s in found.steps if s.critical}


def test_no_more_of_a_step_are_synced_at_a_time_than_it_says() -> None:
    found = rolls(*(rolled(name, 1, 2) for name in "abc"))
    assert {s.application: s.start for s in found.steps} == {"a": 0, "b": 0, "c": 30}


def test_what_no_step_takes_is_not_synced_and_others_go_at_once() -> None:
    found = rolls(rolled("left", 0), rolled("a", 1), rolled("other", None))
    assert {s.application: s.start for s in found.steps} == {"a": 0, "other": 0}


def test_a_rolling_sync_ends_with_the_first_that_fails() -> None:
    app, job = rolled("a", 1)
    lost = at(EXTERNAL, 0, app="a"), at(API, 1, app="a"), at(STORE, 2, app="a")
    second, more = rolled("b", 2)
    graph = Graph((*lost, job, more), (needs(lost[0], lost[2]),))
    found = simulate(graph, waves_before(graph), [app, second], CONFIG)
    assert (found.outcome, {s.application for s in found.steps}) == ("failed", {"a"})


def test_the_critical_path_leaves_out_what_had_time() -> None:
    quick = at(SECRET, 0, app="other")
    found = run(JOB, API, quick)
    assert {s.application for s in found.steps if s.critical} == {"app"}


KINDS = ["Deployment.apps", "Job.batch", "ConfigMap", "StatefulSet.apps"]


@given(st.data())
def test_the_estimate_is_the_run_where_nothing_fails(data: st.DataObject) -> None:
    """One Application whose edges lead backwards or stay in a wave: both say the same."""
    kinds = data.draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=8))
    items = [resource(f"{kind}/web/r{n}", data.draw(st.integers(0, 3))) for n, kind in
             enumerate(kinds)]  # fmt: skip
    pairs = [(a, b) for n, a in enumerate(items) for b in items[:n] if a.effective >= b.effective]
    chosen = data.draw(st.lists(st.sampled_from(pairs))) if pairs else []
    graph = Graph(tuple(items), tuple(needs(a, b) for a, b in chosen))
    found = simulate(graph, waves_before(graph), (), CONFIG)
    assert found.outcome == "succeeded"
    made = planned("conservative", graph, config=CONFIG).plan
    estimate = seconds(graph, made, CONFIG).before
    assert found.seconds <= estimate
    if all(not item.kind.startswith("ConfigMap") for item in items):
        assert found.seconds == estimate


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, Retry(limit=0)),
        ({"automated": {}}, Retry(limit=5)),
        ({"automated": {}, "retry": {"limit": 2}}, Retry(limit=2)),
        (
            {"retry": {"limit": -1, "backoff": {"duration": "1m30s", "factor": 3,
                                                "maxDuration": "1h"}}},
            Retry(-1, 90.0, 3.0, 3600.0),
        ),
        ({"retry": {"backoff": {"duration": "soon", "maxDuration": 10}}},
         Retry(0, 5.0, 2.0, 10.0)),
        ({"retry": "often"}, Retry(limit=0)),
    ],
)  # fmt: skip
def test_retry_as_written(policy: Mapping[str, Any], expected: Retry) -> None:
    assert retry({"syncPolicy": policy}) == expected


def test_the_json_contract(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n"
    )
    done = cli("simulate", "--format", "json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    step = {
        "application": tmp_path.name, "phase": "Sync", "wave": 0, "start": 0.0, "end": 0.0,
        "applied": [["ConfigMap/x/a"]],
    }  # fmt: skip
    one = {"seconds": 0.0, "outcome": "succeeded", "floor": 0.0, "steps": [step]}
    assert json.loads(done.stdout) == {"version": 1, "runs": {"before": one, "after": one}}
