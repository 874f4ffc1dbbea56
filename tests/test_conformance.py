"""The order of a sync as Argo CD's engine has it: worked out cases, and the engine itself.

The cases under conformance/ state the rules of gitops-engine (pkg/sync: sync_tasks.go,
sync_context.go, hook, syncwaves) in objects of our own. Where Go is present, conformance/engine
links that module and runs the same random Applications as we do.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from ruamel.yaml import YAML

from wavefix import argocd
from wavefix.model import SYNC_WAVE, Application, Graph, Resource, Run
from wavefix.simulate import simulate, waves_before

HERE = ROOT / "tests" / "conformance"
ENGINE = HERE / "engine"
BUILT = ROOT / ".pytest_cache" / "engine"
Body = Mapping[str, Any]
Steps = list[dict[str, Any]]

CASES = [
    pytest.param(case, id=f"{file.stem}: {case['case']}")
    for file in sorted(HERE.glob("*.yaml"))
    for case in YAML(typ="safe").load(file)
]


def resource(number: int, body: Body) -> Resource:
    meta = body["metadata"]
    name = meta.get("name") or meta["generateName"]
    group = body["apiVersion"].rpartition("/")[0]
    kind = f"{body['kind']}.{group}" if group else body["kind"]
    marks = meta.get("annotations", {})
    return Resource(
        id=f"{body['kind']}/{name}", application="app", kind=kind,
        namespace=meta.get("namespace", ""), name=name, body=body, file="a", line=number,
        phase=argocd.phases(marks)[0], effective=argocd.effective_wave(marks),
    )  # fmt: skip


def ran(objects: Sequence[Body], namespace: str) -> Run:
    graph = Graph(tuple(resource(number, body) for number, body in enumerate(objects)))
    return simulate(graph, waves_before(graph), [Application("app", namespace, ())])


def ours(objects: Sequence[Body], namespace: str) -> Steps:
    found = ran(objects, namespace)
    return [
        {
            "phase": step.phase,
            "wave": step.wave,
            "batches": [sorted(key.id for key in batch) for batch in step.applied],
        }
        for step in found.steps
    ]


@pytest.mark.parametrize("case", CASES)
def test_case(case: Mapping[str, Any]) -> None:
    found = ours(case["objects"], case.get("namespace", "default"))
    said = [[f"{step['phase']} {step['wave']}", *step["batches"]] for step in found]
    assert said == case["steps"]
    if "ends" in case:
        run = ran(case["objects"], case.get("namespace", "default"))
        assert [step.end for step in run.steps] == case["ends"]


@pytest.fixture(scope="module")
def engine() -> Path:
    """The program that runs Argo CD's own engine, built once."""
    if shutil.which("go") is None:
        pytest.skip("no go: Argo CD's engine cannot be built")
    BUILT.parent.mkdir(exist_ok=True)
    # Go's own cache of what it built before; ours is elsewhere.
    outside = {name: value for name, value in os.environ.items() if name != "XDG_CACHE_HOME"}
    done = subprocess.run(
        ["go", "build", "-o", str(BUILT), "."],
        cwd=ENGINE, env=outside, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return BUILT


KINDS = [
    "v1/Namespace", "v1/ConfigMap", "v1/Secret", "v1/Service", "v1/ServiceAccount", "v1/Pod",
    "apps/v1/Deployment", "apps/v1/StatefulSet", "batch/v1/Job", "batch/v1/CronJob",
    "rbac.authorization.k8s.io/v1/ClusterRole", "rbac.authorization.k8s.io/v1/RoleBinding",
    "networking.k8s.io/v1/NetworkPolicy", "networking.k8s.io/v1/Ingress",
    "policy/v1/PodDisruptionBudget", "v1/PersistentVolumeClaim", "example.org/v1/Widget",
    "example.org/v1/Gadget", "example.net/v1/Widget", "serving.example.com/v1/Service",
    "apiextensions.k8s.io/v1/CustomResourceDefinition",
]  # fmt: skip
HOOKS = ["PreSync", "Sync", "PostSync", "PreSync,PostSync", "Skip", "Skip, Sync", "SyncFail"]
HELM = ["pre-install", "post-upgrade", "pre-install,pre-upgrade", "post-install", "crd-install"]
WAVES = ["-5", "-1", "0", "1", "2", "10", "+3", "07", "two", "1.5", "", " 1"]


def marks(chance: random.Random) -> dict[str, str]:
    out = {}
    if chance.random() < 0.6:
        out[SYNC_WAVE] = chance.choice(WAVES)
    if chance.random() < 0.15:
        out[argocd.HOOK] = chance.choice(HOOKS)
    if chance.random() < 0.1:
        out[argocd.HELM_HOOK] = chance.choice(HELM)
    if chance.random() < 0.1:
        out[argocd.HOOK_WEIGHT] = chance.choice(WAVES)
    return out


def some_application(chance: random.Random) -> dict[str, Any]:
    """Objects whose names differ: the engine leaves the order of equal ones to chance."""
    objects = []
    spaces = ["", "", "default", "web", "db"]
    for number in range(chance.randint(1, 25)):
        version, _, kind = chance.choice(KINDS).rpartition("/")
        name = f"{chance.choice('abcxyz')}{number}"
        meta: dict[str, Any] = {"name": name, "annotations": marks(chance)}
        if chance.random() < 0.7:
            meta["namespace"] = chance.choice(spaces)
        body: dict[str, Any] = {"apiVersion": version, "kind": kind, "metadata": meta}
        if kind == "Namespace":
            meta["name"] = chance.choice(["default", "web", "db", name])
            meta.pop("namespace", None)
        if kind == "CustomResourceDefinition":
            names = {"kind": chance.choice(["Widget", "Gadget", "Service"])}
            body["spec"] = {"group": chance.choice(["example.org", "example.net"]), "names": names}
            meta.pop("namespace", None)
        objects.append(body)
    unique = {(body["kind"], body["metadata"]["name"]): body for body in objects}
    return {"namespace": chance.choice(["default", "web"]), "objects": list(unique.values())}


def test_argocd_does_the_same(engine: Path) -> None:
    chance = random.Random(4)
    apps = [some_application(chance) for _ in range(1200)]
    text = "".join(json.dumps(app) + "\n" for app in apps)
    done = subprocess.run([engine], input=text, capture_output=True, text=True, check=True)
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(theirs) == len(apps)
    for app, steps in zip(apps, theirs, strict=True):
        last = [step.pop("final") for step in steps]
        assert ours(app["objects"], app["namespace"]) == steps, json.dumps(app, indent=1)
        assert last == [False] * (len(last) - 1) + [True] * bool(last)
