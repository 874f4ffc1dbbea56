"""Namespaces that Applications create by themselves (`CreateNamespace=true`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, make, manifest
from typer.testing import CliRunner

from wavefix.cli import app as command
from wavefix.pipeline import analyse

CREATES = "  syncPolicy: {syncOptions: [CreateNamespace=true]%s}\n"
MANAGED = ", managedNamespaceMetadata: {labels: {team: a}, annotations: {owner: b}}"


def namespace(labels: str = "", notes: str = "") -> str:
    return (
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n"
        f"  labels: {{{labels}}}\n  annotations: {{{notes}}}\n"
    )


def tree(root: Path, policy: str, space: str, own: str = "") -> str:
    make(root, {
        "root.yaml": application("root", "{path: apps}"),
        "apps/base.yaml": application("base", "{path: base}", 5, "argocd"),
        "apps/web.yaml": application("web", "{path: web}", 1, "web") + policy,
        "base/x.yaml": space,
        "web/x.yaml": manifest("ConfigMap", "settings") + own,
    })  # fmt: skip
    return str(root)


def needed(root: str) -> list[tuple[str, str, str]]:
    parts, errors = analyse(["."], root)
    assert errors == ()
    return [
        (edge.dependent.id, edge.dependency.id, edge.why)
        for part in parts
        for edge in part.graph.edges
        if edge.rule == "core/namespace"
    ]


LABELS = "its labels and annotations count only for what comes after it"
THERE = "nothing can be created in a namespace that does not exist"


@pytest.mark.parametrize(
    ("policy", "space", "why"),
    [
        ("", namespace(), THERE),
        ("  syncPolicy: {syncOptions: [CreateNamespace=false]}\n", namespace(), THERE),
        (CREATES % "", namespace("team: a"), LABELS),
        (CREATES % "", namespace("", "owner: b"), LABELS),
        (CREATES % MANAGED, namespace("team: z"), LABELS),
        (CREATES % MANAGED, namespace("team: a, tier: web"), LABELS),
        (CREATES % "", namespace(), ""),
        (CREATES % "", namespace("", "argocd.argoproj.io/sync-wave: '-5'"), ""),
        (CREATES % MANAGED, namespace("team: a", "owner: b"), ""),
    ],
)
def test_what_another_application_must_bring_to_a_namespace_that_is_created_anyway(
    tmp_path: Path, policy: str, space: str, why: str
) -> None:
    edges = needed(tree(tmp_path, policy, space))
    expected = [("ConfigMap/web/settings", "Namespace/web", why)] if why else []
    assert edges == expected


def test_labels_of_a_kustomization_count_as_well(tmp_path: Path) -> None:
    root = tree(tmp_path, CREATES % "", namespace())
    make(tmp_path, {
        "base/kustomization.yaml": "resources: [x.yaml]\nlabels: [{pairs: {team: a}}]\n",
    })  # fmt: skip
    assert [why for _, _, why in needed(root)] == [LABELS]


def test_annotations_of_a_kustomization_count_as_well(tmp_path: Path) -> None:
    root = tree(tmp_path, CREATES % "", namespace())
    make(tmp_path, {
        "base/kustomization.yaml": "resources: [x.yaml]\ncommonAnnotations: {owner: b}\n",
    })  # fmt: skip
    assert [why for _, _, why in needed(root)] == [LABELS]


def test_other_namespaces_than_its_own_are_not_created(tmp_path: Path) -> None:
    root = tree(tmp_path, CREATES % "", namespace().replace("web", "other"))
    make(tmp_path, {"web/y.yaml": manifest("ConfigMap", "far", namespace="other")})
    assert needed(root) == [("ConfigMap/other/far", "Namespace/other", THERE)]


def test_the_namespace_of_the_same_sync_is_needed_whatever_the_options(tmp_path: Path) -> None:
    root = tree(tmp_path, CREATES % "", manifest("ConfigMap", "b"), "---\n" + namespace())
    assert needed(root) == [("ConfigMap/web/settings", "Namespace/web", THERE)]


@pytest.mark.parametrize(
    ("policy", "own", "told"),
    [
        (CREATES % "", "", True),
        ("", "", False),
        (CREATES % "", "---\n" + namespace(), False),
    ],
)
def test_explain_tells_who_creates_the_namespace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str, own: str, told: bool
) -> None:
    monkeypatch.chdir(tree(tmp_path, policy, manifest("ConfigMap", "b"), own))
    result = CliRunner().invoke(command, ["explain", "ConfigMap/web/settings"])
    assert result.exit_code == 0
    created = "its namespace is created by Argo CD before all else (CreateNamespace=true)"
    assert (created in result.output) is told
