"""Durations from what kubectl and argocd print about a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Cli
from planning import resource

from wavefix.config import Config
from wavefix.durations import duration
from wavefix.errors import InputError
from wavefix.simulate.learn import learn, learned

Body = dict[str, Any]
RELEASE = {"app.kubernetes.io/instance": "shop"}


def at(seconds: float) -> str:
    """A time of the recording, as Kubernetes writes it."""
    return f"2024-03-05T10:{int(seconds) // 60:02}:{int(seconds) % 60:02}Z"


def obj(kind: str, name: str, status: Body, api: str = "v1", **meta: Any) -> Body:
    meta = {"name": name, "namespace": "web", "creationTimestamp": at(0), **meta}
    return {"apiVersion": api, "kind": kind, "metadata": meta, "status": status}


def owner(kind: str, name: str, api: str = "apps/v1") -> list[Body]:
    return [{"apiVersion": api, "kind": kind, "name": name, "controller": True}]


def pod(name: str, start: float, ready: float, restarts: int = 0, **meta: Any) -> Body:
    status = {
        "phase": "Running",
        "containerStatuses": [{"name": "main", "restartCount": restarts}],
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at(ready)}],
    }
    return obj("Pod", name, status, creationTimestamp=at(start), **meta)


def job(name: str, start: float | None, end: float | None, **meta: Any) -> Body:
    status = {
        key: at(time) for key, time in (("startTime", start), ("completionTime", end))
        if time is not None
    }  # fmt: skip
    return obj("Job", name, status, "batch/v1", **meta)


def event(about: str, reason: str, time: float, message: str = "", **more: Any) -> Body:
    kind, name = about.split("/")
    api = {"Job": "batch/v1", "Pod": "v1"}.get(kind, "apps/v1")
    return {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": f"{name}.1", "namespace": "web"},
        "involvedObject": {"kind": kind, "apiVersion": api, "namespace": "web", "name": name},
        "reason": reason, "message": message, "firstTimestamp": at(time), "count": 1, **more,
    }  # fmt: skip


def test_a_job_takes_from_its_start_to_its_end() -> None:
    assert learn([job("a", 5, 50), job("b", None, 30), job("running", 0, None)]) == {
        "Job.batch/web/a": 45.0, "Job.batch/web/b": 30.0,
    }  # fmt: skip


def test_a_hook_is_known_by_the_name_that_the_repository_gives_it() -> None:
    found = learn([job("migrate-a1b2c3-presync-1", 0, 12, generateName="migrate-")])
    assert found["Job.batch/web/migrate-"] == 12.0


def test_a_deployment_takes_as_long_as_its_slowest_pod() -> None:
    made: Body = {"ownerReferences": owner("ReplicaSet", "api-7d9f"),
            "labels": {"pod-template-hash": "7d9f"}}  # fmt: skip
    found = learn([pod("api-7d9f-x", 0, 20, **made), pod("api-7d9f-y", 100, 133, **made)])
    assert found["Deployment.apps/web/api"] == 33.0


def test_a_rollout_is_no_deployment() -> None:
    made: Body = {"ownerReferences": owner("ReplicaSet", "api-7d9f"),
            "labels": {"rollouts-pod-template-hash": "7d9f"}}  # fmt: skip
    assert learn([pod("api-7d9f-x", 0, 20, **made)])["Rollout.argoproj.io/web/api"] == 20.0


@pytest.mark.parametrize(
    ("second", "seconds"),
    [
        pytest.param((31, 60), 60.0, id="one after the other"),
        pytest.param((1, 40), 40.0, id="side by side"),
        pytest.param((1800, 1810), 40.0, id="replaced much later"),
    ],
)
def test_the_pods_of_a_stateful_set(second: tuple[float, float], seconds: float) -> None:
    made: Body = {"ownerReferences": owner("StatefulSet", "db")}
    found = learn([pod("db-1", *second, **made), pod("db-0", 0, 30, **made)])
    assert found == {"StatefulSet.apps/web/db": seconds}


def test_a_pod_that_was_restarted_tells_nothing() -> None:
    made: Body = {"ownerReferences": owner("DaemonSet", "agent")}
    assert learn([pod("agent-x", 0, 900, restarts=2, **made)]) == {}


def test_a_pod_of_a_job_that_runs_still_is_not_its_end() -> None:
    made: Body = {"ownerReferences": owner("Job", "load", "batch/v1")}
    running = pod("load-x", 0, 3, **made)
    ended = {"terminated": {"finishedAt": at(70)}}
    status = {"phase": "Succeeded", "containerStatuses": [{"restartCount": 0, "state": ended}]}
    assert learn([running]) == {}
    assert learn([obj("Pod", "load-x", status, **made)]) == {"Job.batch/web/load": 70.0}


def test_a_release_takes_as_long_as_what_is_marked_as_of_it() -> None:
    made: Body = {"ownerReferences": owner("DaemonSet", "agent"), "labels": RELEASE}
    assert learn([pod("agent-x", 0, 25, **made)])["HelmRelease/web/shop"] == 25.0


EVENTS = [
    event("Deployment/api", "ScalingReplicaSet", 0, "Scaled up replica set api-7d9f from 0 to 1"),
    event("ReplicaSet/api-7d9f", "SuccessfulCreate", 1, "Created pod: api-7d9f-x"),
    event("Pod/api-7d9f-x", "Started", 21, "Started container main"),
    event("Job/load", "SuccessfulCreate", 2, "Created pod: load-q"),
    event("Job/load", "Completed", 62, "Job completed", firstTimestamp=None,
          eventTime="2024-03-05T10:01:02.500000Z"),
    event("StatefulSet/db", "SuccessfulCreate", 0,
          "create Pod db-0 in StatefulSet db successful"),
    event("Pod/db-0", "Started", 15),
]  # fmt: skip


def test_events_tell_of_pods_that_are_gone() -> None:
    assert learn(EVENTS) == {
        "Deployment.apps/web/api": 20.0, "ReplicaSet.apps/web/api-7d9f": 20.0,
        "Job.batch/web/load": 60.5, "StatefulSet.apps/web/db": 15.0,
    }  # fmt: skip


def test_a_pod_says_more_than_the_events_about_it() -> None:
    made: Body = {"ownerReferences": owner("StatefulSet", "db")}
    found = learn([*EVENTS, pod("db-0", 0, 44, **made)])
    assert found["StatefulSet.apps/web/db"] == 44.0
    again = [*EVENTS, event("Pod/db-0", "BackOff", 30)]
    assert "StatefulSet.apps/web/db" not in learn(again), "it crashed in between"


SYNC = {"phase": "Succeeded", "startedAt": at(0), "finishedAt": at(40)}
HEALTHY = {"status": "Healthy", "lastTransitionTime": at(95)}
ARGO = "argoproj.io/v1alpha1"


@pytest.mark.parametrize(
    ("status", "seconds"),
    [
        pytest.param({"operationState": SYNC}, 40.0, id="no time of health before 3.0"),
        pytest.param({"operationState": SYNC, "health": HEALTHY}, 95.0, id="healthy after it"),
        pytest.param(
            {"operationState": {**SYNC, "startedAt": at(20)},
             "health": {**HEALTHY, "lastTransitionTime": at(10)}}, 20.0, id="healthy before it",
        ),
        pytest.param(
            {"operationState": SYNC,
             "history": [{"deployStartedAt": at(0), "deployedAt": at(300)}, {"deployedAt": at(0)}]},
            300.0, id="a longer one before",
        ),
        pytest.param({"operationState": {**SYNC, "phase": "Failed"}}, None, id="failed"),
        pytest.param({"operationState": {"phase": "Running", "startedAt": at(0)}}, None, id="runs"),
    ],
)  # fmt: skip
def test_an_application_takes_as_long_as_its_longest_sync(
    status: Body, seconds: float | None
) -> None:
    found = learn([obj("Application", "shop", status, ARGO, namespace="argocd")])
    assert found.get("Application.argoproj.io/argocd/shop") == seconds


def test_other_kinds_by_the_condition_that_makes_them_healthy() -> None:
    def of(kind: str, api: str, condition: str, **meta: Any) -> Body:
        ready = {"type": condition, "status": "True", "lastTransitionTime": at(7)}
        return obj(kind, "a", {"conditions": [{"type": "X"}, ready]}, api, **meta)

    found = learn(
        [
            of("Certificate", "cert-manager.io/v1", "Ready"),
            of("Deployment", "apps/v1", "Available"),
            of("CustomResourceDefinition", "apiextensions.k8s.io/v1", "Established", namespace=""),
            of("Edited", "example.org/v1", "Ready", generation=3),
        ]
    )
    assert found == {
        "Certificate.cert-manager.io/web/a": 7.0, "Deployment.apps/web/a": 7.0,
        "CustomResourceDefinition.apiextensions.k8s.io/a": 7.0,
    }  # fmt: skip


def lists(*items: Body, kind: str = "List", api: str = "v1") -> Body:
    return {"apiVersion": api, "kind": kind, "items": list(items)}


def bare(item: Body) -> Body:
    return {key: value for key, value in item.items() if key not in ("kind", "apiVersion")}


APP = obj("Application", "shop", {"operationState": SYNC}, ARGO, namespace="argocd")
APP_ID = {"Application.argoproj.io/argocd/shop": 40.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps(lists(job("a", 0, 9), obj("Secret", "s", {}))), {"Job.batch/web/a": 9.0}),
        (json.dumps(lists(bare(job("a", 0, 9)), kind="JobList", api="batch/v1")),
         {"Job.batch/web/a": 9.0}),
        ("\ufeff" + json.dumps(job("a", 0, 9)) + "\n\n" + json.dumps(lists(job("b", 0, 8))),
         {"Job.batch/web/a": 9.0, "Job.batch/web/b": 8.0}),
        (json.dumps({**bare(APP), "spec": {"destination": {}}}), APP_ID),
        (json.dumps([{**bare(APP), "spec": {"destination": {}}}]), APP_ID),
        (json.dumps(lists()), {}),
        (json.dumps(job("a", 0, 9)).replace(at(9), "about ten"), {}),
        (json.dumps(job("a", 9, 0)), {}),
    ],
)  # fmt: skip
def test_what_a_file_may_hold(tmp_path: Path, text: str, expected: Mapping[str, float]) -> None:
    file = tmp_path / "recorded.json"
    file.write_text(text, encoding="utf-8")
    assert learned([str(file)]) == expected


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 0, "empty"),
        ('{"kind": "List",\n "items": [}', 2, "invalid JSON"),
        ("NAME  READY\napi   1/1\n", 1, "invalid JSON"),
        ('{"kind": "List", "items": []}\n"hunter2"', 2, "not a Kubernetes object"),
        ('{"password": "hunter2"}', 1, "not a Kubernetes object"),
        ('{"kind": "List", "items": [{"kind": "Secret", "data": "hunter2"}]}', 1, "not a Kub"),
        ("[" * 100_000, 1, "no JSON that can be read"),
    ],
)
def test_what_a_file_may_not_hold(tmp_path: Path, text: str, line: int, problem: str) -> None:
    file = tmp_path / "recorded.json"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        learned([str(file)])
    assert (caught.value.file, caught.value.line) == (str(file), line)
    assert caught.value.problem.startswith(problem)
    assert "-o json" in caught.value.advice
    assert "hunter2" not in caught.value.text(str(file))


def test_what_the_user_says_goes_before_what_was_learned() -> None:
    item = resource("Job.batch/web/a", 0)
    found = {item.id: 9.0}
    assert duration(item, Config(), found) == 9.0
    assert duration(item, Config(durations={"Job.batch": 4.0}), found) == 4.0
    assert duration(resource("ConfigMap/web/a", 0), Config(), {"ConfigMap/web/a": 9.0}) == 0.0


JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: web}\n"


def test_the_command_learns_from_files_and_says_of_how_many(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    (tmp_path / "one.json").write_text(json.dumps(job("a", 0, 9)))
    (tmp_path / "two.json").write_text(json.dumps(job("other", 0, 9)))
    files = ("--from", "one.json", "--from", "two.json")
    done = cli("simulate", *files, "job.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"over after 9s; floor 9s" in done.stdout
    assert done.stdout.endswith(b"learned: 1 resource with a duration of its own\n")
    done = cli("simulate", "--format", "json", *files, "job.yaml", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert told["learned"] == {"Job.batch/web/a": 9.0}
    assert told["runs"]["before"]["seconds"] == told["runs"]["before"]["floor"] == 9.0
    done = cli("simulate", *files[2:], "job.yaml", cwd=tmp_path)
    assert b"no duration learned" in done.stdout
    done = cli("simulate", "--from", "none.json", "job.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(b"none.json: cannot be read")


def test_standard_input_is_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    for text, status in ((json.dumps(job("a", 0, 9)), 0), ("no", 2)):
        done = subprocess.run(
            [sys.executable, "-m", "wavefix", "simulate", "--from", "-", "job.yaml"],
            cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, input=text.encode(),
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == status
    assert done.stderr.startswith(b"standard input:1: invalid JSON")
