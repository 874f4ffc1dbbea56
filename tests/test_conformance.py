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

TABLE: list[tuple[str, Mapping[str, Any]]] = [
    (f"{file.stem}: {case['case']}", case)
    for file in sorted(HERE.glob("*.yaml"))
    for case in YAML(typ="safe").load(file)
]
CASES = [pytest.param(case, id=name) for name, case in TABLE]


def name_of(body: Body) -> str:
    """The name, or what one is to begin with."""
    meta = body["metadata"]
    return str(meta.get("name") or meta["generateName"])


def resource(number: int, body: Body) -> Resource:
    meta, name = body["metadata"], name_of(body)
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
    # One kind in several groups, and lists: their places go by the kind alone.
    "extensions/v1beta1/Ingress", "example.org/v1/Job", "v1/SecretList", "v1/ConfigMapList",
    "rbac.authorization.k8s.io/v1/RoleList", "rbac.authorization.k8s.io/v1/ClusterRoleBindingList",
    "apiregistration.k8s.io/v1/APIService", "networking.k8s.io/v1/IngressClass",
]  # fmt: skip
HOOKS = [
    "PreSync", "Sync", "PostSync", "PreSync,PostSync", "Skip", "Skip, Sync", "SyncFail",
    "PreSync, Sync ,PostSync", "PostSync,PreSync", "Sync,Sync", "Sync,SyncFail", "PreSync,Nope",
    "Nope", "presync", "",
]  # fmt: skip
HELM = [
    "pre-install", "post-upgrade", "pre-install,pre-upgrade", "post-install", "crd-install",
    "pre-install,post-install", "test", "pre-delete", "pre-upgrade,test", "pre-install,crd-install",
]  # fmt: skip
WAVES = [
    "-5", "-1", "0", "1", "2", "10", "+3", "07", "two", "1.5", "", " 1", "1 ", "0x1", "1_0", "-0",
    "--1", "+", "9999999999",
]  # fmt: skip


def marks(chance: random.Random) -> dict[str, str]:
    out = {}
    if chance.random() < 0.6:
        out[SYNC_WAVE] = chance.choice(WAVES)
    if chance.random() < 0.2:
        out[argocd.HOOK] = chance.choice(HOOKS)
    if chance.random() < 0.15:
        out[argocd.HELM_HOOK] = chance.choice(HELM)
    if chance.random() < 0.15:
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
        if kind in ("Namespace", "CustomResourceDefinition"):
            # In several phases, one may be moved into another's: the engine then skips it.
            for hook in (argocd.HOOK, argocd.HELM_HOOK):
                if hook in meta["annotations"]:
                    meta["annotations"][hook] = meta["annotations"][hook].partition(",")[0]
        elif argocd.is_hook(meta["annotations"]) and chance.random() < 0.3:
            meta["generateName"] = f"{meta.pop('name')}-"  # named by the engine, as hooks alone are
        objects.append(body)
    unique = {(body["kind"], name_of(body)): body for body in objects}
    return {"namespace": chance.choice(["default", "web"]), "objects": list(unique.values())}


def test_argocd_does_the_same(engine: Path) -> None:
    chance = random.Random(4)
    apps = [
        {"namespace": case.get("namespace", "default"), "objects": case["objects"]}
        for _, case in TABLE
    ]
    apps += [some_application(chance) for _ in range(1200)]
    text = "".join(json.dumps(app) + "\n" for app in apps)
    done = subprocess.run([engine], input=text, capture_output=True, text=True, check=True)
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(theirs) == len(apps)
    for app, steps in zip(apps, theirs, strict=True):
        last = [step.pop("final") for step in steps]
        assert ours(app["objects"], app["namespace"]) == steps, json.dumps(app, indent=1)
        assert last == [False] * (len(last) - 1) + [True] * bool(last)
