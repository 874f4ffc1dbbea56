"""What charts and operators bring along, and who needs them for it."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from test_infer_scene import edges, externals, graph, manifest, release, resources

from wavefix.catalogue import Catalogue, catalogue
from wavefix.model import Chart, Resource

HOUSE = """\
ecosystem: house
docs: https://example.org
kinds: {cluster: [Site.gear.example.org]}
rules:
- {id: house/key, from: Gear.gear.example.org, path: spec.key, to: Secret, needs: present}
providers:
- id: provides/gear
  charts: [gear]
  packages: [gear-operator]
  repos: [charts.example.org, github.com/example/gear]
  images: [example/gear-controller]
  groups: [gear.example.org]
  webhook: true
  admits: [Ingress.networking.k8s.io]
  gives:
  - Service/$(fullname)-api
  - Secret/$(release)-token
  - IngressClass.networking.k8s.io/gear
  - StorageClass.storage.k8s.io/gear
  heals: [Ingress.networking.k8s.io, "Service:LoadBalancer", PersistentVolumeClaim]
- id: provides/plain
  charts: [plain]
  groups: [plain.example.org]
  kinds: [Odd.shared.example.org]
"""
GEAR, SITE = "Gear.gear.example.org/web/g", "Site.gear.example.org/s"
PLAIN, ODD = "Plain.plain.example.org/web/p", "Odd.shared.example.org/web/o"
RELEASE = "HelmRelease/web/shop"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    file: Path = tmp_path_factory.mktemp("rules") / "house.yaml"
    file.write_text(HOUSE)
    return catalogue((str(file),))


def chart(
    name: str = "gear", repo: str = "", values: str = "", application: str = "app"
) -> Resource:
    return replace(release(values), charts=(Chart(name, repo),), application=application)


def brought(known: Catalogue, *found: str | Resource | list[Resource]) -> list[str]:
    return edges(graph(*found, known=known), "provides/")


def test_its_kinds_need_it_ready_for_its_webhook(house: Catalogue) -> None:
    made = brought(house, resources(manifest(GEAR) + manifest(SITE), known=house), chart())
    assert made == [
        f"{GEAR} -> {RELEASE} ready derived provides/gear apiVersion",
        f"{SITE} -> {RELEASE} ready derived provides/gear apiVersion",
    ]


def test_without_a_webhook_its_kinds_wait_for_it_in_the_same_sync(house: Catalogue) -> None:
    objects = resources(manifest(PLAIN) + manifest(ODD), known=house)
    assert brought(house, objects, chart("plain")) == [
        f"{ODD} -> {RELEASE} eventually derived provides/plain apiVersion",
        f"{PLAIN} -> {RELEASE} eventually derived provides/plain apiVersion",
    ]


def test_the_definitions_of_another_sync_must_be_there(house: Catalogue) -> None:
    other = chart("plain", application="other")
    assert brought(house, manifest(PLAIN), other) == [
        f"{PLAIN} -> {RELEASE} ready derived provides/plain apiVersion"
    ]
    crd = manifest(
        "CustomResourceDefinition.apiextensions.k8s.io/plains.plain.example.org",
        "spec: {group: plain.example.org, names: {kind: Plain, plural: plains}}",
    )
    assert brought(house, manifest(PLAIN) + crd, other) == [
        f"{PLAIN} -> {RELEASE} eventually derived provides/plain apiVersion"
    ]


@pytest.mark.parametrize(
    ("repo", "known"),
    [
        ("", True),
        ("https://charts.example.org/stable", True),
        ("https://elsewhere.example.com", False),
    ],
)
def test_a_chart_of_another_repository_is_another_chart(
    house: Catalogue, repo: str, known: bool
) -> None:
    assert bool(brought(house, manifest(GEAR), chart(repo=repo))) is known


@pytest.mark.parametrize(
    "installs",
    [
        manifest("Subscription.operators.coreos.com/web/any", "spec: {name: gear-operator}"),
        manifest("HelmRelease.helm.toolkit.fluxcd.io/web/any", "spec: {chart: {spec: {chart: gear}}}"),
        manifest(
            "HelmRelease.helm.toolkit.fluxcd.io/web/any",
            "spec: {chartRef: {kind: OCIRepository, name: g}}",
        )
        + manifest(
            "OCIRepository.source.toolkit.fluxcd.io/web/g",
            "spec: {url: 'oci://charts.example.org/gear'}",
        ),
        manifest("HelmChart.helm.cattle.io/web/any", "spec: {chart: gear, repo: 'https://charts.example.org'}"),
        manifest("Application.argoproj.io/web/any", "spec: {source: {repoURL: 'https://github.com/example/gear.git', path: deploy}}"),
    ],
)  # fmt: skip
def test_ways_to_install_it(house: Catalogue, installs: str) -> None:
    [found] = brought(house, manifest(GEAR) + installs)
    assert found.startswith(f"{GEAR} -> ")
    assert found.endswith("/web/any ready derived provides/gear apiVersion")


@pytest.mark.parametrize(
    "command",
    [
        "helm upgrade --install any example/gear -n other",
        "kubectl apply -f https://github.com/example/gear/releases/download/v1/all.yaml",
    ],
)
def test_a_job_that_installs_it(house: Catalogue, command: str) -> None:
    body = f"spec: {{template: {{spec: {{containers: [{{args: ['{command}']}}]}}}}}}"
    assert brought(house, manifest(GEAR) + manifest("Job.batch/web/install", body)) == [
        f"{GEAR} -> Job.batch/web/install ready derived provides/gear apiVersion"
    ]


@pytest.mark.parametrize(
    ("image", "known"),
    [
        ("example/gear-controller", True),
        ("example/gear-controller:v1.2@sha256:abc", True),
        ("registry.example.org:5000/mirror/example/gear-controller:v1", True),
        ("example/gear-controller-ui", False),
        ("other/gear-controller", False),
    ],
)
def test_a_controller_among_manifests_is_waited_for(
    house: Catalogue, image: str, known: bool
) -> None:
    deployment = "Deployment.apps/gear/controller"
    body = f"spec: {{template: {{spec: {{containers: [{{image: '{image}'}}]}}}}}}"
    found = brought(house, manifest(GEAR) + manifest(deployment, body))
    assert found == (
        [f"{GEAR} -> {deployment} eventually derived provides/gear apiVersion"] if known else []
    )


def test_among_several_elsewhere_none_is_meant(house: Catalogue) -> None:
    one, two = chart(application="one"), chart(application="two")
    assert brought(house, manifest(GEAR), one, two) == []
    assert len(brought(house, manifest(GEAR), one, two, chart())) == 1


def test_what_it_gives_is_made_by_it(house: Catalogue) -> None:
    pod = manifest(
        "Deployment.apps/web/a",
        """
        spec:
          template:
            spec:
              containers:
              - env:
                - {name: API_URL, value: "http://shop-gear-api:80"}
                - {name: T, valueFrom: {secretKeyRef: {name: shop-token, key: t}}}
                - {name: U, valueFrom: {secretKeyRef: {name: shop-other, key: t}}}
        """,
    )
    made = graph(pod, chart(), known=house)
    where = "spec.template.spec.containers[0].env"
    assert edges(made) == [
        f"Deployment.apps/web/a -> {RELEASE} ready heuristic core/host {where}[0].value",
        f"Deployment.apps/web/a -> {RELEASE} eventually derived provides/gear {where}[1].valueFrom.secretKeyRef.name",
    ]
    assert externals(made) == [
        f"Deployment.apps/web/a -> Secret/web/shop-other {where}[2].valueFrom.secretKeyRef.name"
    ]


@pytest.mark.parametrize(
    ("values", "service"),
    [
        ("", "shop-gear-api"),
        ("fullnameOverride: wheel", "wheel-api"),
        ("nameOverride: cog", "shop-cog-api"),
        ("nameOverride: shop", "shop-api"),
    ],
)
def test_full_names(house: Catalogue, values: str, service: str) -> None:
    body = f"spec: {{containers: [{{env: [{{name: H_URL, value: 'http://{service}/'}}]}}]}}"
    found = graph(manifest("Pod/web/a", body), chart(values=values), known=house)
    assert [link.dependency.id for link in found.edges] == [RELEASE]


HEALED = [
    ("an Ingress of its class", "Ingress.networking.k8s.io/web/i", "spec: {ingressClassName: gear}", True),
    ("an Ingress of its class, as it used to be", "Ingress.networking.k8s.io/web/i", "metadata: {name: i, namespace: web, annotations: {kubernetes.io/ingress.class: gear}}", True),
    ("an Ingress of no class", "Ingress.networking.k8s.io/web/i", "spec: {}", True),
    ("an Ingress of another class", "Ingress.networking.k8s.io/web/i", "spec: {ingressClassName: other}", False),
    ("a load balancer", "Service/web/s", "spec: {type: LoadBalancer}", True),
    ("another Service", "Service/web/s", "spec: {type: ClusterIP}", False),
    ("a claim of its class", "PersistentVolumeClaim/web/c", "spec: {storageClassName: gear}", True),
    ("a claim of no class", "PersistentVolumeClaim/web/c", "spec: {}", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("id", "body", "known"), [row[1:] for row in HEALED], ids=[row[0] for row in HEALED]
)
def test_what_only_it_makes_healthy(house: Catalogue, id: str, body: str, known: bool) -> None:
    found = [line for line in brought(house, manifest(id, body), chart()) if line.endswith(" kind")]
    assert found == ([f"{id} -> {RELEASE} eventually derived provides/gear kind"] if known else [])


def test_its_webhook_admits_other_kinds(house: Catalogue) -> None:
    id = "Ingress.networking.k8s.io/web/i"
    found = brought(house, manifest(id, "spec: {ingressClassName: other}"), chart())
    assert found == [f"{id} -> {RELEASE} ready derived provides/gear apiVersion"]


def test_a_certificate_proved_over_http_waits_for_the_controller(house: Catalogue) -> None:
    text = dedent("""\
        apiVersion: cert-manager.io/v1
        kind: Certificate
        metadata: {name: tls, namespace: web}
        spec: {secretName: tls, issuerRef: {name: acme, kind: ClusterIssuer}}
        ---
        apiVersion: cert-manager.io/v1
        kind: ClusterIssuer
        metadata: {name: acme}
        spec: {acme: {solvers: [{%s}]}}
        """)
    certificate = "Certificate.cert-manager.io/web/tls"

    def needs(solver: str) -> list[str]:
        found = brought(house, text % solver, chart())
        return [line for line in found if line.startswith(certificate)]

    assert needs("http01: {ingress: {ingressClassName: gear}}") == [
        f"{certificate} -> {RELEASE} eventually derived provides/gear "
        "spec.acme.solvers[0].http01.ingress"
    ]
    assert needs("http01: {ingress: {class: other}}") == []
    assert needs("dns01: {}") == []


def test_argo_cd_is_there_before_its_applications() -> None:
    argo = chart("argo-cd", "https://argoproj.github.io/argo-helm")
    assert brought(catalogue(), manifest("Application.argoproj.io/web/a"), argo) == []


def test_a_provider_does_not_need_itself(house: Catalogue) -> None:
    part = replace(release("", part="gear"), charts=(Chart("gear"),))
    assert brought(house, part, release("")) == []
