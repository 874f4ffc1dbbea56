"""What follows from what objects are: namespaces, definitions, policies, aggregated APIs, subcharts."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from test_infer_scene import edges, graph, lines, manifest, release, resources

from wavefix.infer.selectors import choices, selects, selects_all
from wavefix.yamlio import load


def deployment(name: str, labels: str = "", namespace: str = "web") -> str:
    return manifest(
        f"Deployment.apps/{namespace}/{name}",
        "spec: {template: {metadata: {labels: {" + (labels or f"app: {name}") + "}}}}",
    )


def test_everything_in_a_namespace_comes_after_it() -> None:
    made = graph(
        manifest("Namespace/web")
        + manifest("Secret/web/x")
        + manifest("Widget.example.org/web/w")
        + manifest("Secret/other/z")
        + manifest("ClusterRole.rbac.authorization.k8s.io/web"),
        release("", "shop"),
    )
    assert edges(made) == lines("""
        HelmRelease/web/shop -> Namespace/web before schema core/namespace metadata.namespace
        Secret/web/x -> Namespace/web before schema core/namespace metadata.namespace
        Widget.example.org/web/w -> Namespace/web before schema core/namespace metadata.namespace
    """)


def test_argo_cd_runs_in_the_namespace_of_its_own_objects() -> None:
    text = manifest("Application.argoproj.io/argocd/a") + manifest("Secret/argocd/x")
    namespace = resources(manifest("Namespace/argocd"), "another")
    assert edges(graph(text, namespace)) == [
        "Secret/argocd/x -> Namespace/argocd before schema core/namespace metadata.namespace"
    ]
    assert (
        len(graph(text + manifest("Namespace/argocd")).edges) == 2
    )  # what one sync applies is ordered


CRD = "spec: {group: example.org, scope: Namespaced, names: {kind: Widget, plural: widgets}}"


def test_a_custom_resource_needs_its_definition() -> None:
    made = graph(
        manifest("CustomResourceDefinition.apiextensions.k8s.io/widgets.example.org", CRD)
        + manifest("Widget.example.org/web/a")
        + manifest("Widget.example.com/web/b")
        + manifest("Widget/web/c")
        + manifest("Gadget.example.org/web/d")
    )
    assert edges(made) == [
        "Widget.example.org/web/a -> CustomResourceDefinition.apiextensions.k8s.io/widgets.example.org "
        "present schema core/crd kind"
    ]


def test_evidence_of_namespaces_and_definitions() -> None:
    made = graph(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: web}
        ---
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.example.org}
        spec: {group: example.org, names: {kind: Widget}}
        ---
        apiVersion: example.org/v1
        kind: Widget
        metadata:
          name: a
          namespace: web
        """
    )
    assert [(edge.rule, edge.line, edge.path) for edge in made.edges] == [
        ("core/crd", 11, "kind"),
        ("core/namespace", 14, "metadata.namespace"),
    ]


@pytest.mark.parametrize("kind", ["LimitRange", "ResourceQuota"])
def test_limits_hold_for_what_comes_after_them(kind: str) -> None:
    made = graph(
        manifest(f"{kind}/web/limits")
        + deployment("api")
        + manifest("Job.batch/web/job")
        + manifest("CronJob.batch/web/cron")
        + manifest("Pod/web/pod")
        + manifest("PodTemplate/web/starts-nothing")
        + manifest("Service/web/api")
        + deployment("api", namespace="other"),
        release("", "shop"),
        release("", "shop", "postgresql"),
    )
    rule = {"LimitRange": "core/limit-range", "ResourceQuota": "core/resource-quota"}[kind]
    sources = [
        "CronJob.batch/web/cron",
        "Deployment.apps/web/api",
        "HelmRelease/web/shop",
        "HelmRelease/web/shop:postgresql",
        "Job.batch/web/job",
        "Pod/web/pod",
    ]
    assert edges(made, rule) == [
        f"{source} -> {kind}/web/limits before derived {rule} metadata.namespace"
        for source in sources
    ]


# selector, the labels of pods, whether it selects them
SELECTORS = [
    ("{}", "{}", True),
    ("", "{a: b}", True),
    ("{matchLabels: {}}", "{a: b}", True),
    ("{matchLabels: {a: b}}", "{a: b, c: d}", True),
    ("{matchLabels: {a: b, c: d}}", "{a: b}", False),
    ("{matchLabels: {a: b}}", "{a: bb}", False),
    ("{matchExpressions: [{key: a, operator: In, values: [b, c]}]}", "{a: c}", True),
    ("{matchExpressions: [{key: a, operator: In, values: [b, c]}]}", "{a: d}", False),
    ("{matchExpressions: [{key: a, operator: In, values: [b]}]}", "{}", False),
    ("{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}", "{a: b}", False),
    ("{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}", "{a: c}", True),
    ("{matchExpressions: [{key: a, operator: NotIn, values: [b]}]}", "{}", True),
    ("{matchExpressions: [{key: a, operator: Exists}]}", "{a: ''}", True),
    ("{matchExpressions: [{key: a, operator: Exists}]}", "{}", False),
    ("{matchExpressions: [{key: a, operator: DoesNotExist}]}", "{}", True),
    ("{matchExpressions: [{key: a, operator: DoesNotExist}]}", "{a: b}", False),
    ("{matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}]}", "{a: b}", False),
    ("{matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}]}", "{a: b, c: d}", True),
    (
        "{matchExpressions: [{key: a, operator: In, values: [b, c]}, {key: a, operator: NotIn, values: [c]}]}",
        "{a: b}",
        True,
    ),
    (
        "{matchExpressions: [{key: a, operator: In, values: [b, c]}, {key: a, operator: NotIn, values: [c]}]}",
        "{a: c}",
        False,
    ),
]


def data(text: str) -> Any:
    return load(text, "x")[0].data if text else None


@pytest.mark.parametrize(("selector", "labels", "wanted"), SELECTORS)
def test_a_network_policy_holds_for_the_pods_that_it_selects(
    selector: str, labels: str, wanted: bool
) -> None:
    assert selects(data(selector), data(labels)) is wanted
    policy = manifest(
        "NetworkPolicy.networking.k8s.io/web/deny", f"spec: {{podSelector: {selector}}}"
    )
    made = graph(
        policy + manifest("Pod/web/a", f"metadata: {{name: a, namespace: web, labels: {labels}}}")
    )
    expected = [
        "Pod/web/a -> NetworkPolicy.networking.k8s.io/web/deny before derived core/network-policy metadata.namespace"
    ]
    assert edges(made) == (expected if wanted else [])


def test_selectors_that_ask_for_nothing_and_what_others_ask_for() -> None:
    assert selects_all(data("{matchLabels: {}}"))
    assert not selects_all(data("{matchExpressions: [{key: a, operator: Exists}]}"))
    selector = (
        "{matchLabels: {a: b}, matchExpressions: [{key: c, operator: In, values: [d, e, d]}]}"
    )
    assert list(choices(data(selector))) == [("a", ["b"]), ("c", ["d", "e"])]


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        ("{}", 1),
        ("{matchLabels: {}}", 1),
        ("{matchLabels: {a: b}}", 0),
        ("{matchExpressions: [{key: a, operator: DoesNotExist}]}", 0),
    ],
)
def test_nobody_sees_the_labels_in_a_release(selector: str, wanted: int) -> None:
    policy = manifest(
        "NetworkPolicy.networking.k8s.io/web/deny", f"spec: {{podSelector: {selector}}}"
    )
    assert len(graph(policy, release("", "shop")).edges) == wanted


def test_labels_that_are_no_text_break_nothing() -> None:
    policy = manifest(
        "NetworkPolicy.networking.k8s.io/web/deny", "spec: {podSelector: {matchLabels: {a: 1}}}"
    )
    assert len(graph(policy + deployment("api", "a: 1") + deployment("odd", "a: [b]")).edges) == 1


def test_an_aggregated_api_waits_for_the_pods_behind_it() -> None:
    made = graph(
        manifest(
            "APIService.apiregistration.k8s.io/v1.metrics",
            "spec: {service: {name: metrics, namespace: web}}",
        )
        + manifest("Service/web/metrics", "spec: {selector: {app: metrics}}")
        + deployment("metrics")
        + deployment("other")
        + manifest("Job.batch/web/setup", "spec: {template: {metadata: {labels: {app: metrics}}}}")
    )
    assert edges(made) == lines("""
        APIService.apiregistration.k8s.io/v1.metrics -> Deployment.apps/web/metrics eventually derived core/api-service-pods spec.service.name
        APIService.apiregistration.k8s.io/v1.metrics -> Service/web/metrics eventually schema core/api-service spec.service.name
    """)


def test_a_release_needs_the_charts_that_it_brings_along() -> None:
    own = replace(release("", "shop", "web"), subchart=False)
    made = graph(
        [release("", "shop"), release("", "shop", "postgresql"), own, release("", "other", "redis")]
    )
    assert edges(made) == [
        "HelmRelease/web/shop -> HelmRelease/web/shop:postgresql ready derived helm/subchart postgresql"
    ]
