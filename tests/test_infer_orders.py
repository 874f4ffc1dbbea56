"""Orders that people wrote: for kapp, werf and nelm, Helm, and for wavefix itself."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

import pytest
from test_infer_scene import FILE, edges, graph, manifest, resources

A, B, C = "Deployment.apps/web/a", "Deployment.apps/web/b", "Deployment.apps/web/c"


def noted(id: str, *notes: str) -> str:
    name = id.rpartition("/")[2]
    return manifest(
        id, f"metadata: {{name: {name}, namespace: web, annotations: {{{', '.join(notes)}}}}}"
    )


def at(key: str) -> str:
    return f'metadata.annotations["{key}"]'


def test_kapp_rules_order_its_groups() -> None:
    group, rule = "kapp.k14s.io/change-group", "kapp.k14s.io/change-rule"
    text = noted(A, f"{group}: db") + noted(B, f'{rule}.one: "upsert after upserting db"')
    text += noted(C, f'{rule}: "upsert before upserting db"')
    assert edges(graph(text), "kapp/") == [
        f"{A} -> {C} ready explicit kapp/change-rule {at(rule)}",
        f"{B} -> {A} ready explicit kapp/change-rule {at(rule + '.one')}",
    ]


@pytest.mark.parametrize(
    "rule",
    ["delete after deleting db", "upsert after deleting db", "upsert after upserting other", "db"],
)
def test_kapp_rules_that_say_nothing_here(rule: str) -> None:
    text = noted(A, "kapp.k14s.io/change-group: db")
    assert edges(graph(text + noted(B, f'kapp.k14s.io/change-rule: "{rule}"'))) == []


def test_kapp_groups_with_placeholders_hold_inside_one_application() -> None:
    group = noted(A, 'kapp.k14s.io/change-group: "g/{namespace}/{name}"')
    rule = noted(B, 'kapp.k14s.io/change-rule: "upsert after upserting g/{namespace}/a"')
    assert len(edges(graph(group + rule))) == 1
    assert edges(graph(resources(group, "one"), resources(rule, "two"))) == []


WERF = [
    ("state=ready,kind=Deployment,name=a", "ready"),
    ("state=present,kind=deployment,group=apps,version=v1,name=a,namespace=web", "present"),
    ("state=ready,name=a", "ready"),
    ("state=ready,kind=StatefulSet,name=a", None),
    ("state=ready,kind=Deployment,name=a,namespace=other", None),
    ("state=absent,kind=Deployment,name=a", None),
    ("state=ready", None),
]


@pytest.mark.parametrize(("says", "needs"), WERF)
def test_werf_dependencies(says: str, needs: str | None) -> None:
    key = "werf.io/deploy-dependency-db"
    found = edges(graph(noted(A) + noted(B, f'{key}: "{says}"')))
    assert found == (
        [f"{B} -> {A} {needs} explicit werf/deploy-dependency {at(key)}"] if needs else []
    )


@pytest.mark.parametrize("says", ["deployments.v1.apps/a", "deployment.v1.apps/a"])
def test_werf_external_dependencies(says: str) -> None:
    key = "x.external-dependency.werf.io/resource"
    found = edges(graph(noted(A) + noted(B, f'{key}: "{says}"')))
    assert found == [f"{B} -> {A} ready explicit werf/external-dependency {at(key)}"]
    space = 'x.external-dependency.werf.io/namespace: "other"'
    assert edges(graph(noted(A) + noted(B, f'{key}: "{says}"', space))) == []


def test_weights_order_those_that_have_one() -> None:
    text = "".join(
        noted(id, f'werf.io/weight: "{weight}"') for id, weight in ((A, 10), (B, -1), (C, 0))
    )
    assert edges(graph(text + noted("Deployment.apps/web/d"))) == [
        f"{A} -> {C} ready explicit werf/weight {at('werf.io/weight')}",
        f"{C} -> {B} ready explicit werf/weight {at('werf.io/weight')}",
    ]


def test_hook_weights_order_the_hooks_of_a_phase() -> None:
    hook = 'helm.sh/hook: "pre-install,pre-upgrade"'
    text = noted("Job.batch/web/a", hook, 'helm.sh/hook-weight: "-5"') + noted(
        "Job.batch/web/b", hook
    )
    text += noted("Job.batch/web/c", "helm.sh/hook: post-install", 'helm.sh/hook-weight: "9"')
    text += noted(
        "Job.batch/web/d", hook, 'helm.sh/hook-weight: "9"', 'argocd.argoproj.io/sync-wave: "0"'
    )
    assert edges(graph(text)) == [
        f"Job.batch/web/b -> Job.batch/web/a ready explicit helm/hook-weight {at('helm.sh/hook-weight')}"
    ]


def test_our_own_annotation() -> None:
    key = "wavefix.dev/depends-on"
    found = edges(graph(noted(A) + noted(B) + noted(C, f'{key}: "{A}, {B}=present"')))
    assert found == [
        f"{C} -> {A} ready explicit wavefix/depends-on {at(key)}",
        f"{C} -> {B} present explicit wavefix/depends-on {at(key)}",
    ]


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        (
            "Deployment.apps/web/none",
            "names Deployment.apps/web/none, which is not in this component",
        ),
        (f"{B}=soon", "says `soon`; write one of ready, before, present, eventually"),
    ],
)
def test_our_own_annotation_with_a_mistake_is_a_finding(says: str, problem: str) -> None:
    made = graph(noted(B) + noted(C, f'wavefix.dev/depends-on: "{says}"'))
    [finding] = made.findings
    assert (finding.code, finding.file, finding.resource) == ("WF013", FILE, C)
    assert f"wavefix.dev/depends-on {problem}" in finding.message
