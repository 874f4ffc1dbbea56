"""What samples of edges, checked by hand on public repositories, showed to be wrong or missing."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from test_discover_samples import application, make
from test_infer_providers import GEAR, PLAIN, brought, chart
from test_infer_scene import edges, graph, manifest, resources

from wavefix.catalogue import Catalogue, catalogue
from wavefix.infer.selectors import selects
from wavefix.pipeline import analyse

MORE = """\
ecosystem: house
docs: https://example.org
providers:
- {id: provides/gear, charts: [gear], groups: [gear.example.org], packages: [gear], images: [ex/gear], gives: [Service/gear-api, Secret/gear-own, StorageClass.storage.k8s.io/now], immediate: [now]}
- {id: provides/other, charts: [other], groups: [gear.example.org]}
- {id: provides/slow, charts: [slow], groups: [plain.example.org], late: true}
- {id: provides/store, charts: [store], groups: [source.toolkit.fluxcd.io]}
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    file: Path = tmp_path_factory.mktemp("rules") / "house.yaml"
    file.write_text(MORE)
    return catalogue((str(file),))


def test_what_its_own_application_brings_is_meant(known: Catalogue) -> None:
    """A NodeFeatureRule beside its own chart needs no operator elsewhere that could bring it too."""
    elsewhere = chart("other", application="other")
    assert [line.split()[5] for line in brought(known, manifest(GEAR), chart(), elsewhere)] == [
        "provides/gear"
    ]


def test_definitions_that_the_controller_makes_need_it_ready(known: Catalogue) -> None:
    assert [line.split()[3] for line in brought(known, manifest(PLAIN), chart("slow"))] == ["ready"]


def test_what_another_controller_installs_is_no_part_of_this_sync(known: Catalogue) -> None:
    subscription = manifest("Subscription.operators.coreos.com/web/gear", "spec: {name: gear}")
    assert [line.split()[3] for line in brought(known, manifest(GEAR) + subscription)] == ["ready"]


def test_what_a_release_of_the_same_sync_gives_exists_with_it(known: Catalogue) -> None:
    route = manifest(
        "HTTPRoute.gateway.networking.k8s.io/web/r",
        "spec: {rules: [{backendRefs: [{name: gear-api}]}]}",
    )
    assert [line.split()[3] for line in brought(known, route, chart())] == ["eventually"]
    assert [line.split()[3] for line in brought(known, route, chart(application="other"))] == [
        "ready"
    ]


def test_a_job_that_uses_an_image_is_no_controller(known: Catalogue) -> None:
    body = "spec: {template: {spec: {containers: [{image: 'ex/gear'}]}}}"
    assert brought(known, manifest(GEAR) + manifest("Job.batch/web/j", body)) == []


def test_a_chart_installed_by_a_kind_does_not_bring_that_kind(known: Catalogue) -> None:
    source = manifest(
        "OCIRepository.source.toolkit.fluxcd.io/web/s", "spec: {url: 'oci://x/store'}"
    )
    flux = manifest(
        "HelmRelease.helm.toolkit.fluxcd.io/web/store",
        "spec: {chartRef: {kind: OCIRepository, name: s}}",
    )
    assert [line.split()[0] for line in brought(known, source + flux)] == [
        "OCIRepository.source.toolkit.fluxcd.io/web/s"
    ]
    chart_source = manifest("HelmChart.source.toolkit.fluxcd.io/web/store", "spec: {chart: store}")
    assert brought(known, chart_source) == []


def test_a_class_that_binds_at_once_makes_no_claim_wait(known: Catalogue) -> None:
    claim = manifest("PersistentVolumeClaim/web/c", "spec: {storageClassName: now}")
    pod = manifest("Pod/web/p", "spec: {volumes: [{persistentVolumeClaim: {claimName: c}}]}")
    rule = "core/wait-for-first-consumer"
    assert edges(graph(claim + pod, chart(), known=known), rule) == []
    assert len(edges(graph(claim + pod, known=known), rule)) == 1


SERVER = manifest("Service/web/db", "spec: {selector: {app: db}}")


def server(env: str = "") -> str:
    return manifest(
        "Deployment.apps/web/db",
        f"spec: {{template: {{metadata: {{labels: {{app: db}}}}, spec: {{containers: [{{{env}}}]}}}}}}",
    )


def needs(text: str) -> list[str]:
    """How the Job waits for the server, with the place that names its host."""
    found = edges(graph(SERVER + text), "core/host")
    return [
        " ".join(line.split()[3:7:3]) for line in found if "Job.batch/web/j -> Deployment" in line
    ]


def job(container: str) -> str:
    return manifest(
        "Job.batch/web/j", f"spec: {{template: {{spec: {{containers: [{{{container}}}]}}}}}}"
    )


@pytest.mark.parametrize(
    ("key", "state"),
    [("DATABASE_HOST", "ready"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "eventually")],
)
def test_telemetry_waits_for_nobody(key: str, state: str) -> None:
    text = server() + job(f"env: [{{name: {key}, value: 'http://db:80'}}]")
    assert needs(text) == [f"{state} spec.template.spec.containers[0].env[0].value"]


def test_a_config_map_that_both_read_is_for_everybody() -> None:
    shared = manifest("ConfigMap/web/all", "data: {DB_HOST: db, WEB_HOST: web}")
    reads = "envFrom: [{configMapRef: {name: all}}]"
    assert needs(shared + server() + job(reads)) == ["ready data.DB_HOST"]
    assert needs(shared + server(reads) + job(reads)) == ["eventually data.DB_HOST"]


def test_hosts_in_secrets_that_are_written_in_clear() -> None:
    reads = job("env: [{name: URL, valueFrom: {secretKeyRef: {name: s, key: url}}}]")
    plain = manifest("Secret/web/s", "stringData: {url: 'postgres://u@db/x', other: db.web.svc}")
    assert needs(plain + server() + reads) == ["ready stringData.url"]
    made = manifest(
        "ExternalSecret.external-secrets.io/web/s",
        "spec: {target: {template: {data: {url: 'postgres://{{ .u }}@db/x'}}}}",
    )
    assert needs(made + server() + reads) == ["ready spec.target.template.data.url"]


def test_a_cluster_wide_object_that_says_a_namespace_all_the_same() -> None:
    """`metadata.namespace` of a ClusterIssuer means nothing, and does not hide its Secret's."""
    issuer = """
        apiVersion: cert-manager.io/v1
        kind: ClusterIssuer
        metadata: {name: acme, namespace: cert-manager}
        spec: {ca: {secretName: ca}}
        """
    secret = "---" + manifest("Secret/cert-manager/ca")[3:]
    [found] = resources(issuer)
    assert found.namespace == ""
    assert [link.dependency.id for link in graph(found, secret).edges] == ["Secret/cert-manager/ca"]


def test_subjects_of_a_namespace_that_kustomize_changes() -> None:
    text = (
        manifest("ServiceAccount/old/sa")
        + manifest(
            "RoleBinding.rbac.authorization.k8s.io/old/b",
            "roleRef: {kind: Role, name: r}\nsubjects: [{kind: ServiceAccount, name: sa, namespace: old}]",
        )
        + manifest("Deployment.apps/old/d", "spec: {template: {spec: {serviceAccountName: sa}}}")
    )
    moved = [
        replace(item, namespace="new", id=item.id.replace("/old/", "/new/"))
        for item in resources(text)
    ]
    assert len(edges(graph(moved), "core/permissions")) == 1


def test_a_subject_whose_namespace_is_left_to_kustomize() -> None:
    text = (
        manifest("ServiceAccount/web/sa")
        + manifest(
            "ClusterRoleBinding.rbac.authorization.k8s.io/b",
            "roleRef: {kind: ClusterRole, name: r}\nsubjects: [{kind: ServiceAccount, name: sa}]",
        )
        + manifest("Deployment.apps/web/d", "spec: {template: {spec: {serviceAccountName: sa}}}")
    )
    assert len(edges(graph(text), "core/permissions")) == 1
    assert edges(graph(text + manifest("ServiceAccount/other/sa")), "core/permissions") == []


def test_a_kustomization_brings_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    make(tmp_path, {
        ".git/HEAD": "",
        "argocd/kustomization.yaml": "resources: [child.yaml]\n",
        "argocd/child.yaml": application("child", "{path: web}"),
        "argocd/root.yaml": application("root", "{path: argocd}"),
        "argocd/stray.yaml": application("stray", "{path: web}"),
        "web/x.yaml": manifest("ConfigMap/web/x"),
    })  # fmt: skip
    analysed, _ = analyse(["."], str(tmp_path))
    parents = {
        app.name: app.parent
        for item in analysed
        for app in item.found.component.applications
        if app.file
    }
    assert parents["child"] == "root"
    assert parents["root"] != "root"
    assert parents["stray"] != "root"


def test_a_generated_config_map_says_what_it_holds(tmp_path: Path) -> None:
    make(tmp_path, {
        "kustomization.yaml": "resources: [all.yaml]\nnamespace: web\nconfigMapGenerator:\n"
        "- {name: env, literals: ['DB_HOST=db'], envs: [more.env], files: [run.sh, bin.dat]}\n",
        "more.env": "# where\nCACHE_HOST=cache\n",
        "run.sh": "kubectl rollout status deployment/db\n",
        "all.yaml": SERVER + server() + SERVER.replace("db", "cache") + server().replace("db", "cache")
        + job("envFrom: [{configMapRef: {name: env}}]"),
    })  # fmt: skip
    (tmp_path / "bin.dat").write_bytes(b"\xff\xfe\x00")
    [item], errors = analyse(["."], str(tmp_path))
    assert errors == ()
    found = [line for line in edges(item.graph, "core/host") if " ready " in line]
    assert [line.split()[2] for line in found] == [
        "Deployment.apps/web/cache",
        "Deployment.apps/web/db",
    ]


CRD = manifest(
    "CustomResourceDefinition.apiextensions.k8s.io/gears.gear.example.org",
    "spec: {group: gear.example.org, names: {kind: Gear, plural: gears}}",
)
POD = manifest("Deployment.apps/web/d")


def test_applications_with_the_same_objects_need_their_own() -> None:
    """One ApplicationSet over two clusters: nothing of one needs anything of the other."""
    text = CRD + manifest(GEAR) + POD + manifest("LimitRange/web/l") + manifest("Namespace/web")
    made = graph(resources(text, "one"), resources(text, "two"))
    assert {link.dependent.application == link.dependency.application for link in made.edges} == {
        True
    }
    assert len(made.edges) == 2 * len(graph(text).edges)


def test_among_several_elsewhere_no_definition_is_meant() -> None:
    one, two = resources(CRD, "one"), resources(CRD, "two")
    assert edges(graph(manifest(GEAR), one, two)) == []
    assert len(edges(graph(manifest(GEAR), one))) == 1


def test_a_policy_on_a_subresource_is_not_one_on_pods() -> None:
    policy = """
        apiVersion: kyverno.io/v1
        kind: ClusterPolicy
        metadata: {name: p}
        spec: {validationFailureAction: Enforce, rules: [{match: {any: [{resources: {kinds: [%s]}}]}}]}
        """
    assert edges(graph(policy % "Pod", "---" + POD[3:]), "kyverno/") != []
    assert edges(graph(policy % "Pod/exec", "---" + POD[3:]), "kyverno/") == []


def test_a_limit_comes_before_a_webhook_that_would_admit_it() -> None:
    hook = manifest(
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io/h",
        "webhooks: [{clientConfig: {service: {name: h, namespace: web}}, "
        "rules: [{operations: ['*'], apiGroups: ['*'], resources: ['*']}]}]",
    )
    backend = manifest(
        "Deployment.apps/web/h", "spec: {template: {metadata: {labels: {app: h}}}}"
    ) + manifest("Service/web/h", "spec: {selector: {app: h}}")
    made = graph(hook + backend + manifest("LimitRange/web/l") + manifest("ConfigMap/web/c"))
    pairs = {(link.dependent.id, link.dependency.id) for link in made.edges}
    assert ("Deployment.apps/web/h", "LimitRange/web/l") in pairs
    assert ("LimitRange/web/l", "Deployment.apps/web/h") not in pairs
    assert ("ConfigMap/web/c", "Deployment.apps/web/h") in pairs


def test_an_operator_that_nobody_knows_selects_nothing() -> None:
    assert not selects(
        {"matchExpressions": [{"key": "a", "operator": "in", "values": ["b"]}]}, {"a": "b"}
    )


def test_a_chart_that_is_told_the_name_of_a_secret_does_not_make_it(known: Catalogue) -> None:
    """`existingSecret` may well be what the chart would have called its own."""
    values = "auth: {existingSecret: gear-own}"
    made = manifest("ExternalSecret.external-secrets.io/web/e", "spec: {target: {name: gear-own}}")
    assert [line.split()[2] for line in edges(graph(made, chart(values=values), known=known))] == [
        "ExternalSecret.external-secrets.io/web/e"
    ]
