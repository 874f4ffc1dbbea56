"""External Secrets: stores, generators, templates, and what stores authenticate with."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

import pytest
from test_infer_scene import edges, externals, graph, manifest

GROUP, GENERATORS = "external-secrets.io", "generators.external-secrets.io"
SECRET, PUSH = f"ExternalSecret.{GROUP}/web/a", f"PushSecret.{GROUP}/web/a"
EVERYWHERE, PUSHED = f"ClusterExternalSecret.{GROUP}/a", f"ClusterPushSecret.{GROUP}/a"
STORE, CLUSTER_STORE = f"SecretStore.{GROUP}/web/a", f"ClusterSecretStore.{GROUP}/a"
TO_STORE, TO_CLUSTER_STORE = f"SecretStore.{GROUP}/web/x", f"ClusterSecretStore.{GROUP}/x"
PASSWORD = f"Password.{GENERATORS}/web/x"
IN_STORE = "{kind: SecretStore, name: x}"
IN_CLUSTER = "{kind: ClusterSecretStore, name: x}"
MAKES = f"{{apiVersion: {GENERATORS}/v1alpha1, kind: Password, name: x}}"
KEY, KEY_THERE = "{name: x, key: k}", "{name: x, key: k, namespace: web}"

# rule, who, what it says, to what, needs, by which field
RULES = [
    ("store", SECRET, f"secretStoreRef: {IN_STORE}", TO_STORE, "ready", "spec.secretStoreRef.name"),
    ("store", SECRET, f"secretStoreRef: {IN_CLUSTER}", TO_CLUSTER_STORE, "ready", "spec.secretStoreRef.name"),
    ("store", SECRET, "secretStoreRef: {name: x}", TO_STORE, "ready", "spec.secretStoreRef.name"),
    ("store", SECRET, f"data: [{{sourceRef: {{storeRef: {IN_STORE}}}}}]", TO_STORE, "ready", "spec.data[0].sourceRef.storeRef.name"),
    ("store", SECRET, f"dataFrom: [{{sourceRef: {{storeRef: {IN_STORE}}}}}]", TO_STORE, "ready", "spec.dataFrom[0].sourceRef.storeRef.name"),
    ("generator", SECRET, f"data: [{{sourceRef: {{generatorRef: {MAKES}}}}}]", PASSWORD, "present", "spec.data[0].sourceRef.generatorRef.name"),
    ("generator", SECRET, f"dataFrom: [{{sourceRef: {{generatorRef: {MAKES}}}}}]", PASSWORD, "present", "spec.dataFrom[0].sourceRef.generatorRef.name"),
    ("template-configmap", SECRET, "target: {template: {templateFrom: [{configMap: {name: x}}]}}", "ConfigMap/web/x", "present", "spec.target.template.templateFrom[0].configMap.name"),
    ("template-secret", SECRET, "target: {template: {templateFrom: [{secret: {name: x}}]}}", "Secret/web/x", "present", "spec.target.template.templateFrom[0].secret.name"),
    ("merge-target", SECRET, "target: {name: x, creationPolicy: Merge}", "Secret/web/x", "present", "spec.target.name"),
    ("cluster-store", EVERYWHERE, f"externalSecretSpec: {{secretStoreRef: {IN_CLUSTER}}}", TO_CLUSTER_STORE, "eventually", "spec.externalSecretSpec.secretStoreRef.name"),
    ("push-store", PUSH, f"secretStoreRefs: [{IN_STORE}]", TO_STORE, "ready", "spec.secretStoreRefs[0].name"),
    ("push-store", PUSH, f"dataTo: [{{storeRef: {IN_CLUSTER}}}]", TO_CLUSTER_STORE, "ready", "spec.dataTo[0].storeRef.name"),
    ("push-secret", PUSH, "selector: {secret: {name: x}}", "Secret/web/x", "present", "spec.selector.secret.name"),
    ("push-generator", PUSH, f"selector: {{generatorRef: {MAKES}}}", PASSWORD, "present", "spec.selector.generatorRef.name"),
    ("cluster-push-store", PUSHED, f"pushSecretSpec: {{secretStoreRefs: [{IN_CLUSTER}]}}", TO_CLUSTER_STORE, "eventually", "spec.pushSecretSpec.secretStoreRefs[0].name"),
    ("auth-secret", STORE, f"provider: {{aws: {{auth: {{secretRef: {{accessKeyIDSecretRef: {KEY}}}}}}}}}", "Secret/web/x", "present", "spec.provider.aws.auth.secretRef.accessKeyIDSecretRef.name"),
    ("auth-secret", CLUSTER_STORE, f"provider: {{aws: {{auth: {{secretRef: {{accessKeyIDSecretRef: {KEY_THERE}}}}}}}}}", "Secret/web/x", "present", "spec.provider.aws.auth.secretRef.accessKeyIDSecretRef.name"),
    ("auth-account", STORE, "provider: {vault: {auth: {kubernetes: {serviceAccountRef: {name: x}}}}}", "ServiceAccount/web/x", "present", "spec.provider.vault.auth.kubernetes.serviceAccountRef.name"),
    ("auth-account", CLUSTER_STORE, "provider: {vault: {auth: {kubernetes: {serviceAccountRef: {name: x, namespace: web}}}}}", "ServiceAccount/web/x", "present", "spec.provider.vault.auth.kubernetes.serviceAccountRef.name"),
    ("ca", STORE, "provider: {vault: {caProvider: {type: Secret, name: x, key: k}}}", "Secret/web/x", "present", "spec.provider.vault.caProvider.name"),
    ("ca", STORE, "provider: {vault: {caProvider: {type: ConfigMap, name: x, key: k}}}", "ConfigMap/web/x", "present", "spec.provider.vault.caProvider.name"),
    ("auth-secret", STORE, f"provider: {{vault: {{auth: {{appRole: {{roleRef: {KEY}}}}}}}}}", "Secret/web/x", "present", "spec.provider.vault.auth.appRole.roleRef.name"),
    ("auth-secret", STORE, f"provider: {{gitlab: {{auth: {{SecretRef: {{accessToken: {KEY}}}}}}}}}", "Secret/web/x", "present", "spec.provider.gitlab.auth.SecretRef.accessToken.name"),
    ("auth-secret", STORE, "provider: {webhook: {secrets: [{secretRef: {name: x}}]}}", "Secret/web/x", "present", "spec.provider.webhook.secrets[0].secretRef.name"),
    ("generator-cloud-secret", f"ECRAuthorizationToken.{GENERATORS}/web/a", f"auth: {{secretRef: {{accessKeyIDSecretRef: {KEY}}}}}", "Secret/web/x", "present", "spec.auth.secretRef.accessKeyIDSecretRef.name"),
    ("generator-account", f"QuayAccessToken.{GENERATORS}/web/a", "serviceAccountRef: {name: x}", "ServiceAccount/web/x", "present", "spec.serviceAccountRef.name"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "source", "spec", "to", "needs", "path"), RULES)
def test_what_it_refers_to(
    rule: str, source: str, spec: str, to: str, needs: str, path: str
) -> None:
    text = manifest(source, f"spec: {{{spec}}}")
    name = f"external-secrets/{rule}"
    assert edges(graph(text + manifest(to)), "external-secrets/") == [
        f"{source} -> {to} {needs} schema {name} {path}"
    ]
    if to != "Secret/web/x" or rule != "merge-target":  # there, it makes what it names
        assert externals(graph(text)) == [f"{source} -> {to} {path}"]


NOTHING = [
    ("a store of another namespace", SECRET, f"secretStoreRef: {IN_STORE}", f"SecretStore.{GROUP}/other/x"),
    ("the other kind of store", SECRET, f"secretStoreRef: {IN_CLUSTER}", TO_STORE),
    ("a store that only the namespace has", EVERYWHERE, f"externalSecretSpec: {{secretStoreRef: {IN_STORE}}}", TO_STORE),
    ("a cluster store's key without a namespace", CLUSTER_STORE, f"provider: {{vault: {{auth: {{tokenSecretRef: {KEY}}}}}}}", "Secret/web/x"),
    ("the target that it owns", SECRET, "target: {name: x, creationPolicy: Owner}", "Secret/web/x"),
    ("a generator of another kind", SECRET, f"dataFrom: [{{sourceRef: {{generatorRef: {MAKES}}}}}]", f"UUID.{GENERATORS}/web/x"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "spec", "beside"), [row[1:] for row in NOTHING], ids=[row[0] for row in NOTHING]
)
def test_what_it_does_not_refer_to(source: str, spec: str, beside: str) -> None:
    assert edges(graph(manifest(source, f"spec: {{{spec}}}") + manifest(beside))) == []
