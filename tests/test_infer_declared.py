"""Edges that people declare."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

import pytest
from test_infer_scene import FILE, edges, externals, graph, manifest, resources

from wavefix.config import Config, DependsOn

A, B = "Deployment.apps/web/a", "Deployment.apps/web/b"


def config(*entries: DependsOn) -> Config:
    return Config(depends_on=entries)


def test_the_configuration_orders_two_resources() -> None:
    made = graph(manifest(A) + manifest(B), config=config(DependsOn(A, B)))
    assert edges(made) == [f"{A} -> {B} ready explicit depends_on depends_on"]
    made = graph(manifest(A) + manifest(B), config=config(DependsOn(A, B, "before")))
    assert edges(made) == [f"{A} -> {B} before explicit depends_on depends_on"]


def test_an_entry_orders_within_applications_where_it_can() -> None:
    both = manifest(A) + manifest(B)
    here, there = resources(both, "here"), resources(both, "there")
    made = graph(here, there, config=config(DependsOn(A, B)))
    assert [(edge.dependent.application, edge.dependency.application) for edge in made.edges] == [
        ("here", "here"),
        ("there", "there"),
    ]
    made = graph(
        resources(manifest(A), "here"),
        resources(manifest(B), "there"),
        config=config(DependsOn(A, B)),
    )
    assert [(edge.dependent.application, edge.dependency.application) for edge in made.edges] == [
        ("here", "there")
    ]


@pytest.mark.parametrize(
    ("entry", "missing"),
    [
        (DependsOn(A, "Deployment.apps/web/c"), "Deployment.apps/web/c"),
        (DependsOn("Pod/web/x", A), "Pod/web/x"),
    ],
)
def test_an_id_that_is_not_here_is_a_finding(entry: DependsOn, missing: str) -> None:
    made = graph(manifest(A), config=config(entry))
    assert made.edges == ()
    assert [
        (item.code, item.severity, item.resource, item.file, item.line) for item in made.findings
    ] == [("WF013", "warning", A, FILE, 2)]
    assert made.findings[0].message.startswith(
        f"depends_on names {missing}, which is not in this component; "
    )


def test_an_entry_for_another_component_is_none() -> None:
    assert graph(manifest(A), config=config(DependsOn("Pod/x/y", "Pod/x/z"))).findings == ()


def test_nothing_depends_on_itself() -> None:
    assert graph(manifest(A), config=config(DependsOn(A, A))).edges == ()


def annotated(value: str) -> str:
    return manifest(
        A,
        f"metadata: {{name: a, namespace: web, annotations: {{config.kubernetes.io/depends-on: '{value}'}}}}",
    )


AT = 'metadata.annotations["config.kubernetes.io/depends-on"]'


def test_the_annotation_of_cli_utils() -> None:
    text = annotated("apps/namespaces/web/Deployment/b, /namespaces/web/Secret/x,/Namespace/web")
    made = graph(text + manifest(B) + manifest("Secret/web/x") + manifest("Namespace/web"))
    assert edges(made, "depends-on") == [
        f"{A} -> {B} ready explicit depends-on {AT}",
        f"{A} -> Namespace/web ready explicit depends-on {AT}",
        f"{A} -> Secret/web/x ready explicit depends-on {AT}",
    ]


def test_an_annotation_that_leads_nowhere() -> None:
    made = graph(annotated("apps/namespaces/web/Deployment/b"))
    assert (edges(made), externals(made)) == ([], [f"{A} -> {B} {AT}"])


@pytest.mark.parametrize(
    "value", ["", "b", "apps/Deployment", "apps/namespaces/web/Deployment/", "a/b/c/d"]
)
def test_an_annotation_that_names_nothing(value: str) -> None:
    made = graph(annotated(value) + manifest(B))
    assert (edges(made), externals(made)) == ([], [])
