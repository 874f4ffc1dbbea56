"""Places that several objects of a chart share: held together, or told of where there is none."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli
from planning import resource

from wavefix.model import SYNC_WAVE, Joint, Resource, Site
from wavefix.render.tied import tied
from wavefix.yamlio import get, load

HELPERS = """\
{{- define "shop.all" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  namespace: shop
  {{- $own := .Values.serviceAccount.annotations }}
  annotations: {{- toYaml (merge dict $own .Values.commonAnnotations) | nindent 4 }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations: {{- toYaml .Values.commonAnnotations | nindent 4 }}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      annotations: {{- toYaml .Values.podAnnotations | nindent 8 }}
    spec:
      containers: [{name: web, image: example.com/web}]
{{- end }}
"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  namespace: shop
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: migrate, image: example.com/migrate}]}
"""
VALUES = "commonAnnotations: {}\nserviceAccount:\n  annotations: {}\npodAnnotations: {}\n"
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd}
spec:
  project: default
  source: {repoURL: https://git.example.com/shop, path: chart, targetRevision: HEAD}
  destination: {server: https://kubernetes.default.svc, namespace: shop}
"""
CONFIG = "depends_on: [{from: Deployment.apps/shop/web, to: Job.batch/shop/migrate}]\n"


@pytest.fixture
def shop(tmp_path: Path, tools: None) -> Path:
    """A chart whose objects come from a helper, so that only values can set their waves."""
    files = {
        "app.yaml": APPLICATION,
        ".wavefix.yaml": CONFIG,
        "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        "chart/values.yaml": VALUES,
        "chart/templates/_helpers.tpl": HELPERS,
        "chart/templates/all.yaml": '{{ include "shop.all" . }}\n',
        "chart/templates/migrate.yaml": JOB,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def fixed(cli: Cli, work: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    ran = cli("--profile", "aggressive", "--format", "json", ".", cwd=work)
    assert ran.returncode == 0, ran.stderr.decode()
    told = json.loads(ran.stdout)
    placed = {one["id"]: one for part in told["components"] for one in part["resources"]}
    return placed, told["findings"]


def rendered(work: Path) -> dict[str, int]:
    """The wave of each object that helm renders, by kind."""
    ran = subprocess.run(["helm", "template", "shop", "chart"], cwd=work, capture_output=True)
    assert ran.returncode == 0, ran.stderr.decode()
    return {
        one.data["kind"]: int(get(one.data, "metadata", "annotations", SYNC_WAVE) or 0)
        for one in load(ran.stdout.decode(), "")
        if one.data
    }


def test_objects_that_one_key_reaches_move_together(shop: Path, cli: Cli) -> None:
    placed, _ = fixed(cli, shop)
    assert rendered(shop) == {"ServiceAccount": 1, "Deployment": 1, "Job": 0}
    assert placed["ServiceAccount/shop/web"]["planned"] == 1
    written = load((shop / "chart/values.yaml").read_text(), "")[0].data
    assert written["commonAnnotations"] == {SYNC_WAVE: "1"}
    assert written["serviceAccount"]["annotations"] == {}


def test_one_that_cannot_move_holds_the_others(shop: Path, cli: Cli) -> None:
    (shop / ".wavefix.yaml").write_text(CONFIG + "pin: [ServiceAccount/shop/web]\n")
    fixed(cli, shop)
    waves = rendered(shop)
    assert waves["ServiceAccount"] == waves["Deployment"] == 0
    assert (shop / "chart/values.yaml").read_text() == VALUES


def test_one_with_a_wave_of_its_own_keeps_it(shop: Path, cli: Cli) -> None:
    values = VALUES.replace("  annotations: {}", f'  annotations: {{{SYNC_WAVE}: "-3"}}')
    (shop / "chart/values.yaml").write_text(values)
    placed, _ = fixed(cli, shop)
    waves = rendered(shop)
    assert waves["Deployment"] > waves["Job"]
    assert waves["ServiceAccount"] == placed["ServiceAccount/shop/web"]["planned"]


def test_an_object_that_no_key_reaches_is_told_with_the_choices(shop: Path, cli: Cli) -> None:
    helpers = HELPERS.replace(
        "annotations: {{- toYaml .Values.commonAnnotations |", "annotations: {} #"
    )
    helpers = helpers.replace(" {} # nindent 4 }}", " {}")
    (shop / "chart/templates/_helpers.tpl").write_text(helpers)
    _, findings = fixed(cli, shop)
    (told,) = [one for one in findings if one["code"] == "WF008"]
    assert told["resource"] == "Deployment.apps/shop/web"
    first, _, patch = told["message"].partition("\n")
    assert "needs wave 1" in first
    assert "(only its pods: `podAnnotations`)" in first
    assert "wrap the chart in a kustomization" in first
    shown = load(patch, "")[0].data["patches"][0]
    assert shown["target"] == {"kind": "Deployment", "name": "web"}
    body = load(shown["patch"], "")[0].data
    assert body["apiVersion"] == "apps/v1"
    assert body["metadata"] == {"name": "web", "annotations": {SYNC_WAVE: "1"}}


# --- without tools

SHARED = Site("helm-values", "values.yaml", 0, ("commonAnnotations",), 1, None)
OWN = Site("helm-values", "values.yaml", 0, ("web",), 1, None)


def placed_at(name: str, *sites: Site, joint: tuple[Joint, ...] = ()) -> Resource:
    from dataclasses import replace

    return replace(resource(f"ConfigMap/web/{name}"), sites=sites, joint=joint)


def test_what_has_a_key_of_its_own_is_left_alone_where_all_others_have_one_too() -> None:
    joint = (Joint(SHARED),)
    items = [placed_at("a", OWN, joint=joint), placed_at("b", OWN, joint=joint)]
    assert tied(items) == items


def test_the_only_place_of_one_is_that_of_all_that_it_reaches() -> None:
    joint = (Joint(SHARED),)
    one, other, third = tied(
        [placed_at("a", SHARED, joint=joint), placed_at("b", OWN, joint=joint), placed_at("c", OWN)]
    )
    assert (one.sites, other.sites, third.sites) == ((SHARED,), (SHARED,), (OWN,))
