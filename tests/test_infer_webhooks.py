"""Webhooks in sight, and operators known by their roles."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

import pytest
from test_infer_scene import edges, graph, manifest

VALIDATING = "ValidatingWebhookConfiguration.admissionregistration.k8s.io"
MUTATING = "MutatingWebhookConfiguration.admissionregistration.k8s.io"
BACKEND = "Deployment.apps/gear/webhook"
GEAR = "Gear.example.org/web/g"
HERE = "webhooks[0].clientConfig.service.name"
BEHIND = manifest(
    BACKEND,
    "spec: {template: {metadata: {labels: {app: webhook}}, spec: {serviceAccountName: op}}}",
) + manifest("Service/gear/webhook", "spec: {selector: {app: webhook}}")


def hook(
    more: str = "",
    rules: str = "{operations: [CREATE], apiGroups: [example.org], resources: [gears]}",
    kind: str = VALIDATING,
) -> str:
    return manifest(
        f"{kind}/hook",
        f"webhooks: [{{clientConfig: {{service: {{name: webhook, namespace: gear}}}}, rules: [{rules}] {more}}}]",
    )  # fmt: skip


def admitted(text: str) -> list[str]:
    return edges(graph(text), "core/webhook-admits")


def test_what_is_admitted_needs_the_backend_ready() -> None:
    assert admitted(hook() + BEHIND + manifest(GEAR)) == [
        f"{GEAR} -> {BACKEND} ready derived core/webhook-admits {HERE}"
    ]


def test_the_configuration_comes_after_its_backend() -> None:
    assert edges(graph(hook() + BEHIND), "core/webhook-backend") == [
        f"{VALIDATING}/hook -> {BACKEND} present derived core/webhook-backend {HERE}"
    ]


NOTHING = [
    ("another group", hook(rules="{operations: [CREATE], apiGroups: [other.org], resources: [gears]}")),
    ("another kind", hook(rules="{operations: [CREATE], apiGroups: [example.org], resources: [wheels]}")),
    ("on deletion only", hook(rules="{operations: [DELETE], apiGroups: [example.org], resources: [gears]}")),
    ("of its status only", hook(rules="{operations: ['*'], apiGroups: [example.org], resources: [gears/status]}")),
    ("it may fail", hook(", failurePolicy: Ignore")),
    ("conditions in CEL", hook(", matchConditions: [{name: a, expression: 'false'}]")),
    ("other labels", hook(", objectSelector: {matchLabels: {a: b}}")),
    ("another namespace", hook(", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}")),
    ("a label that nobody sees", hook(", namespaceSelector: {matchLabels: {inject: 'yes'}}")),
]  # fmt: skip


@pytest.mark.parametrize("text", [row[1] for row in NOTHING], ids=[row[0] for row in NOTHING])
def test_what_is_not_admitted(text: str) -> None:
    assert admitted(text + BEHIND + manifest(GEAR)) == []


ADMITTED = [
    ("every operation", hook(rules="{operations: ['*'], apiGroups: ['*'], resources: [gears]}")),
    ("of a namespace by name", hook(", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: web}}")),
    ("of a namespace by label", hook(", namespaceSelector: {matchLabels: {inject: 'yes'}}") + manifest("Namespace/web", "metadata: {name: web, labels: {inject: 'yes'}}")),
    ("it changes them, and may fail", hook(", failurePolicy: Ignore", kind=MUTATING)),
]  # fmt: skip


@pytest.mark.parametrize("text", [row[1] for row in ADMITTED], ids=[row[0] for row in ADMITTED])
def test_what_is_admitted(text: str) -> None:
    found = admitted(text + BEHIND + manifest(GEAR))
    assert found == [f"{GEAR} -> {BACKEND} ready derived core/webhook-admits {HERE}"]


def test_pods_are_admitted_through_their_workloads_but_not_those_of_the_backend() -> None:
    rules = "{operations: [CREATE], apiGroups: [''], resources: [pods, secrets]}"
    text = hook(rules=rules) + BEHIND
    text += manifest("Deployment.apps/web/a") + manifest("Secret/web/s")
    text += manifest("Secret/gear/cert")
    text = text.replace("serviceAccountName: op", "volumes: [{secret: {secretName: cert}}]")
    assert admitted(text) == [
        f"Deployment.apps/web/a -> {BACKEND} ready derived core/webhook-admits {HERE}",
        f"Secret/web/s -> {BACKEND} ready derived core/webhook-admits {HERE}",
    ]


def test_a_conversion_webhook_is_for_versions_that_are_not_stored() -> None:
    crd = manifest(
        "CustomResourceDefinition.apiextensions.k8s.io/gears.example.org",
        "spec: {group: example.org, names: {kind: Gear, plural: gears}, "
        "versions: [{name: v1, storage: false}, {name: v2, storage: true}], "
        "conversion: {webhook: {clientConfig: {service: {name: webhook, namespace: gear}}}}}",
    )
    new = manifest("Gear.example.org/web/new").replace("example.org/v1", "example.org/v2")
    assert edges(graph(crd + BEHIND + manifest(GEAR) + new), "core/webhook-converts") == [
        f"{GEAR} -> {BACKEND} ready derived core/webhook-converts spec.conversion.webhook.clientConfig.service.name"
    ]


ROLE = "ClusterRole.rbac.authorization.k8s.io/op"


def bound(rules: str, kind: str = "ClusterRoleBinding", where: str = "") -> str:
    return manifest(ROLE, f"rules: [{rules}]") + manifest(
        f"{kind}.rbac.authorization.k8s.io/{where}op",
        "roleRef: {kind: ClusterRole, name: op}\n"
        "subjects: [{kind: ServiceAccount, name: op, namespace: gear}]",
    )


def test_who_writes_the_status_reconciles() -> None:
    text = bound("{apiGroups: [example.org], resources: [gears, gears/status], verbs: [update]}")
    assert edges(graph(text + BEHIND + manifest(GEAR)), "core/operator") == [
        f"{GEAR} -> {BACKEND} eventually derived core/operator kind"
    ]


@pytest.mark.parametrize(
    "text",
    [
        bound("{apiGroups: [example.org], resources: [gears], verbs: ['*']}"),
        bound("{apiGroups: [example.org], resources: [gears/status], verbs: [get]}"),
        bound("{apiGroups: ['*'], resources: ['*'], verbs: ['*']}"),
        bound("{apiGroups: [other.org], resources: [gears/status], verbs: [patch]}"),
        bound("{apiGroups: [example.org], resources: [gears/status], verbs: [patch]}", "RoleBinding", "gear/"),
    ],
    ids=["only the object", "only reading", "everything", "another group", "another namespace"],
)  # fmt: skip
def test_who_does_not_reconcile(text: str) -> None:
    assert edges(graph(text + BEHIND + manifest(GEAR)), "core/operator") == []


def test_the_status_of_built_in_kinds_is_nobodys() -> None:
    text = bound("{apiGroups: [apps], resources: [deployments/status], verbs: [patch]}")
    assert edges(graph(text + BEHIND + manifest("Deployment.apps/web/a")), "core/operator") == []


def backend(name: str, namespace: str, rules: str) -> str:
    """A webhook of its own in a namespace, called for what the rules say."""
    return (
        manifest(
            f"Deployment.apps/{namespace}/{name}",
            f"spec: {{template: {{metadata: {{labels: {{app: {name}}}}}}}}}",
        )
        + manifest(f"Service/{namespace}/{name}", f"spec: {{selector: {{app: {name}}}}}")
        + manifest(
            f"{VALIDATING}/{name}",
            f"webhooks: [{{clientConfig: {{service: {{name: {name}, namespace: {namespace}}}}}, rules: [{rules}]}}]",
        )
    )


def test_webhooks_that_admit_each_others_backends_wait_for_neither() -> None:
    pods = "{operations: [CREATE], apiGroups: [''], resources: [pods]}"
    text = backend("one", "a", pods) + backend("two", "b", pods) + manifest("Deployment.apps/web/a")
    assert admitted(text) == [
        f"Deployment.apps/web/a -> Deployment.apps/a/one ready derived core/webhook-admits {HERE}",
        f"Deployment.apps/web/a -> Deployment.apps/b/two ready derived core/webhook-admits {HERE}",
    ]


@pytest.mark.parametrize("resources", ["pods", "'*'", "'*/*'"])
def test_pods_are_among_all_resources(resources: str) -> None:
    rules = f"{{operations: [CREATE], apiGroups: [''], resources: [{resources}]}}"
    assert (
        f"Deployment.apps/web/a -> {BACKEND} ready derived core/webhook-admits {HERE}"
        in admitted(hook(rules=rules) + BEHIND + manifest("Deployment.apps/web/a"))
    )


def test_rules_that_are_no_texts_break_nothing() -> None:
    rules = "{operations: [{}, CREATE], apiGroups: [example.org, []], resources: [null, gears]}"
    assert len(admitted(hook(rules=rules) + BEHIND + manifest(GEAR))) == 1
