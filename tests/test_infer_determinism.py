"""The graph depends neither on the order of resources nor on hash seeds; evidence is exact."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from test_infer_scene import graph, manifest, release, resources, shown

from wavefix.model import Resource
from wavefix.pipeline import analyse

ROOT = Path(__file__).resolve().parent.parent
PORTAL = ROOT / "golden" / "portal" / "before"


def everything() -> list[Resource]:
    """Two Applications with the same objects, and a release: many edges, and many ties."""
    text = "".join(
        (
            manifest("Namespace/web"),
            manifest("LimitRange/web/limits"),
            manifest("Secret/web/x"),
            manifest("ExternalSecret.external-secrets.io/web/x"),
            manifest("ExternalSecret.external-secrets.io/web/z", "spec: {target: {name: x}}"),
            manifest("Service/web/db", "spec: {selector: {app: db}}"),
            manifest(
                "StatefulSet.apps/web/db",
                "spec: {template: {metadata: {labels: {app: db}}, spec: {containers: "
                "[{env: [{name: A_HOST, value: api}], envFrom: [{secretRef: {name: x}}]}]}}}",
            ),
            manifest("Service/web/api", "spec: {selector: {app: api}}"),
            manifest(
                "Deployment.apps/web/api",
                "spec: {template: {metadata: {labels: {app: api}}, spec: {serviceAccountName: a, "
                "containers: [{args: [--host, db], env: [{name: DB_HOST, value: db}]}], "
                "volumes: [{persistentVolumeClaim: {claimName: data}}]}}}",
            ),
            manifest("PersistentVolumeClaim/web/data"),
            manifest(
                "RoleBinding.rbac.authorization.k8s.io/web/a",
                "roleRef: {kind: ClusterRole, name: edit}\n"
                "subjects: [{kind: ServiceAccount, name: a}]",
            ),
        )
    )
    values = "auth: {existingSecret: x}\ndb: {host: db}"
    return [*resources(text, "one"), *resources(text, "two"), release(values)]


def test_the_order_of_resources_does_not_matter() -> None:
    found = everything()
    wanted = graph(found)
    assert len(wanted.edges) > 40
    chance = random.Random(7)
    for _ in range(20):
        chance.shuffle(found)
        made = graph(found)
        assert made.edges == wanted.edges
        assert made.externals == wanted.externals


def test_edges_are_sorted_and_stand_once() -> None:
    made = graph(everything())
    places = [(edge.dependent, edge.dependency, edge.rule, edge.path) for edge in made.edges]
    assert places == sorted(places)
    assert len(set(made.edges)) == len(made.edges)


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_the_seed_of_hashes_does_not_matter(seed: str) -> None:
    def told(seed: str) -> bytes:
        command = [sys.executable, "-m", "wavefix", "graph", "--format", "json", str(PORTAL)]
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout

    assert told(seed) == told("99")


def test_evidence_is_where_the_sources_say_it(tmp_path: Path) -> None:
    """Through the whole pipeline: several documents, a List, JSON, and values of a chart."""
    (tmp_path / "app.yaml").write_text(
        """\
# Two documents.
apiVersion: v1
kind: Secret
metadata: {name: x}
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ServiceAccount
    metadata: {name: a}
    imagePullSecrets:
      - name: x
"""
    )
    (tmp_path / "b.json").write_text(
        '{"apiVersion": "v1", "kind": "ServiceAccount",\n "metadata": {"name": "b"},\n'
        ' "secrets": [\n  {"name": "x"}]}\n'
    )
    (tmp_path / "kustomization.yaml").write_text(
        """\
resources: [app.yaml, b.json]
namespace: web
helmCharts:
- name: shop
  releaseName: shop
  namespace: web
  repo: https://charts.example.com
  valuesFile: values.yaml
"""
    )
    (tmp_path / "values.yaml").write_text("# values\nauth:\n  existingSecret: x\n")
    analysed, errors = analyse([str(tmp_path)], str(tmp_path))
    assert errors == ()
    found = [
        f"{os.path.basename(edge.file)}:{edge.line} {shown(edge)}"
        for item in analysed
        for edge in item.graph.edges
    ]
    assert found == [
        "values.yaml:3 HelmRelease/web/shop -> Secret/web/x "
        "eventually derived helm/values auth.existingSecret",
        "app.yaml:13 ServiceAccount/web/a -> Secret/web/x "
        "eventually schema core/account-pull-secret imagePullSecrets[0].name",
        "b.json:4 ServiceAccount/web/b -> Secret/web/x "
        "eventually schema core/account-secret secrets[0].name",
    ]
