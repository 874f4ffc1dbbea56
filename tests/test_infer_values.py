"""What the values of an unrendered release name."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

import pytest
from test_infer_scene import edges, externals, graph, lines, manifest, release

SHOP = "HelmRelease/web/shop"
THERE = "".join(
    manifest(id)
    for id in (
        "Secret/web/x", "ConfigMap/web/x", "PersistentVolumeClaim/web/x", "ServiceAccount/web/x",
        "StorageClass.storage.k8s.io/x", "IngressClass.networking.k8s.io/x",
        "PriorityClass.scheduling.k8s.io/x", "RuntimeClass.node.k8s.io/x",
    )
)  # fmt: skip

# Kubernetes' own fields, which charts pass through: references wherever they lead
TYPED = [
    ("envFrom: [{secretRef: {name: x}}]", "Secret/web/x", "envFrom[0].secretRef.name"),
    ("env: [{valueFrom: {secretKeyRef: {name: x, key: k}}}]", "Secret/web/x", "env[0].valueFrom.secretKeyRef.name"),
    ("deep: {down: {env: [{valueFrom: {configMapKeyRef: {name: x}}}]}}", "ConfigMap/web/x", "deep.down.env[0].valueFrom.configMapKeyRef.name"),
    ("envFrom: [{configMapRef: {name: x}}]", "ConfigMap/web/x", "envFrom[0].configMapRef.name"),
    ("extraVolumes: [{secret: {secretName: x}}]", "Secret/web/x", "extraVolumes[0].secret.secretName"),
    ("extraVolumes: [{configMap: {name: x}}]", "ConfigMap/web/x", "extraVolumes[0].configMap.name"),
    ("volumes: [{projected: {sources: [{secret: {name: x}}]}}]", "Secret/web/x", "volumes[0].projected.sources[0].secret.name"),
    ("extraVolumes: [{persistentVolumeClaim: {claimName: x}}]", "PersistentVolumeClaim/web/x", "extraVolumes[0].persistentVolumeClaim.claimName"),
    ("imagePullSecrets: [{name: x}]", "Secret/web/x", "imagePullSecrets[0].name"),
    ("priorityClassName: x", "PriorityClass.scheduling.k8s.io/x", "priorityClassName"),
    ("server: {runtimeClassName: x}", "RuntimeClass.node.k8s.io/x", "server.runtimeClassName"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "to", "path"), TYPED)
def test_fields_of_kubernetes(values: str, to: str, path: str) -> None:
    made = graph(THERE, release(values))
    assert edges(made, "helm/values") == [f"{SHOP} -> {to} eventually schema helm/values {path}"]
    assert externals(graph(release(values))) == [f"{SHOP} -> {to} {path}"]


# fields of charts: references only where they lead to something in sight
HINTS = [
    ("auth: {existingSecret: x}", "Secret/web/x", "auth.existingSecret"),
    ("existingSecretName: x", "Secret/web/x", "existingSecretName"),
    ("existing_secret: x", "Secret/web/x", "existing_secret"),
    ("admin: {existingSecret: {name: x}}", "Secret/web/x", "admin.existingSecret.name"),
    ("configSecret: {create: false, name: x}", "Secret/web/x", "configSecret.name"),
    ("extraEnvVarsSecrets: [x]", "Secret/web/x", "extraEnvVarsSecrets[0]"),
    ("extraEnvVarsSecret: x", "Secret/web/x", "extraEnvVarsSecret"),
    ("imagePullSecrets: [x]", "Secret/web/x", "imagePullSecrets[0]"),
    ("envFromSecrets: [{name: x}]", "Secret/web/x", "envFromSecrets[0].name"),
    ("passwordSecretName: x", "Secret/web/x", "passwordSecretName"),
    ("tls: {secretName: x}", "Secret/web/x", "tls.secretName"),
    ("existingConfigmap: x", "ConfigMap/web/x", "existingConfigmap"),
    ("extraAppConfig: [{configMapRef: x}]", "ConfigMap/web/x", "extraAppConfig[0].configMapRef"),
    ("config: {existingConfigMap: {name: x}}", "ConfigMap/web/x", "config.existingConfigMap.name"),
    ("persistence: {existingClaim: x}", "PersistentVolumeClaim/web/x", "persistence.existingClaim"),
    ("persistence: {storageClass: x}", "StorageClass.storage.k8s.io/x", "persistence.storageClass"),
    ("persistence: {storageClassName: x}", "StorageClass.storage.k8s.io/x", "persistence.storageClassName"),
    ("ingress: {ingressClassName: x}", "IngressClass.networking.k8s.io/x", "ingress.ingressClassName"),
    ("serviceAccount: {create: false, name: x}", "ServiceAccount/web/x", "serviceAccount.name"),
    ("serviceAccountName: x", "ServiceAccount/web/x", "serviceAccountName"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "to", "path"), HINTS)
def test_fields_of_charts(values: str, to: str, path: str) -> None:
    made = graph(THERE, release(values))
    assert edges(made, "helm/values") == [f"{SHOP} -> {to} eventually derived helm/values {path}"]
    alone = graph(release(values))
    assert (edges(alone), externals(alone)) == ([], [])


NOTHING = [
    ("a key in a Secret", "existingSecretPasswordKey: x"),
    ("keys in a Secret", "auth: {secretKeys: {adminPasswordKey: x}}"),
    ("a list of keys in a Secret", "secretKeys: [x]"),
    ("a name that says nothing", "fullnameOverride: x"),
    ("a name beside a Secret", "secrets: {a: {value: x}}"),
    ("optional", "envFrom: [{secretRef: {name: x, optional: true}}]"),
    ("what the chart makes itself", "secret: {create: true, name: x}"),
    ("an account that the chart makes itself", "serviceAccount: {create: true, name: x}"),
    ("switched off", "postgresql: {enabled: false, auth: {existingSecret: x}}"),
    (
        "switched off further up",
        "a: {enabled: false, b: {enabled: true, envFrom: [{secretRef: {name: x}}]}}",
    ),
    ("empty", "existingSecret: ''"),
    ("no text", "existingSecret: 7"),
    ("a name inside a text", "existingSecret: my-x"),
    ("a given class", "priorityClassName: system-cluster-critical"),
    ("a tag", "image: {tag: x}"),
]


@pytest.mark.parametrize("values", [row[1] for row in NOTHING], ids=[row[0] for row in NOTHING])
def test_values_that_name_nothing(values: str) -> None:
    made = graph(THERE, release(values))
    assert (edges(made), externals(made)) == ([], [])


def test_another_namespace_is_out_of_reach() -> None:
    values = "auth: {existingSecret: x}\nenvFrom: [{secretRef: {name: x}}]"
    made = graph(manifest("Secret/other/x"), release(values))
    assert edges(made) == []
    assert externals(made) == [f"{SHOP} -> Secret/web/x envFrom[0].secretRef.name"]


def test_what_is_made_is_in_sight() -> None:
    made = graph(
        manifest("ExternalSecret.external-secrets.io/web/x"), release("auth: {existingSecret: x}")
    )
    assert edges(made) == [
        f"{SHOP} -> ExternalSecret.external-secrets.io/web/x eventually derived external-secrets/target-secret auth.existingSecret"
    ]


def test_a_part_of_a_release_names_things_of_its_own() -> None:
    part = release("postgresql: {auth: {existingSecret: x}}", part="postgresql")
    assert edges(graph(manifest("Secret/web/x"), release(""), part)) == lines(f"""
        {SHOP} -> {SHOP}:postgresql ready derived helm/subchart postgresql
        {SHOP}:postgresql -> Secret/web/x eventually derived helm/values postgresql.auth.existingSecret
    """)


def test_evidence_is_the_line_of_the_value() -> None:
    values = """\
    # values of the shop
    auth:
      existingSecret: x
    extraVolumes:
      - name: a
        configMap:
          name: x
    """
    found = [(edge.file, edge.line, edge.path) for edge in graph(THERE, release(values)).edges]
    assert found == [
        ("/repo/values.yaml", 7, "extraVolumes[0].configMap.name"),
        ("/repo/values.yaml", 3, "auth.existingSecret"),
    ]
