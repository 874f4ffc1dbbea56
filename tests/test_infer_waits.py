"""What scripts wait for, and what objects get by default."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

import pytest
from test_infer_scene import edges, graph, manifest

API, JOB = "Deployment.apps/web/api", "Job.batch/web/job"


def pods(kind: str, containers: str, field: str = "containers") -> str:
    return manifest(kind, f"spec: {{template: {{spec: {{{field}: [{containers}]}}}}}}")


def script(text: str) -> str:
    return f"{{command: [sh, -c], args: ['{text}']}}"


TARGET = manifest(API, "spec: {template: {metadata: {labels: {app: api}}}}")

WAITS = [
    ("kubectl wait --for=condition=available deployment/api", "ready"),
    ("kubectl wait deployment api --for condition=available --timeout=60s", "ready"),
    ("kubectl -n web rollout status deploy/api", "ready"),
    ("oc rollout status deployments.apps/api", "ready"),
    ("kubectl wait --for=condition=ready pod -l app=api", "ready"),
    ("until kubectl get deployment api; do sleep 1; done", "present"),
    ("kubectl wait --for=delete deployment/api", None),
    ("kubectl -n other rollout status deploy/api", None),
    ("kubectl wait --for=condition=available deployment/apis", None),
    ("kubectl wait --for=condition=ready pod -l app=other", None),
    ("kubectl delete deployment api", None),
    ("echo deployment/api", None),
]


@pytest.mark.parametrize(("text", "needs"), WAITS)
def test_a_job_waits(text: str, needs: str | None) -> None:
    found = edges(graph(TARGET + pods(JOB, script(text))), "core/kubectl")
    where = "spec.template.spec.containers[0].args[0]"
    assert found == ([f"{JOB} -> {API} {needs} heuristic core/kubectl {where}"] if needs else [])


def test_an_init_container_waits_and_does_not_fail_by_reading() -> None:
    text = pods(
        "Deployment.apps/web/web",
        script("kubectl wait --for=condition=available deployment/api"),
        "initContainers",
    )
    assert [line.split()[3] for line in edges(graph(TARGET + text))] == ["ready"]
    text = pods("Deployment.apps/web/web", script("kubectl get deployment api"), "initContainers")
    assert edges(graph(TARGET + text)) == []


def test_the_image_that_waits() -> None:
    text = pods(
        "Deployment.apps/web/web",
        "{image: ghcr.io/groundnuty/k8s-wait-for:v2, args: [job, job]}",
        "initContainers",
    )
    assert [line.split()[2:5] for line in edges(graph(text + manifest(JOB)))] == [
        [JOB, "ready", "heuristic"]
    ]
    text = text.replace("[job, job]", "[pod, -lapp=api]")
    assert [line.split()[2] for line in edges(graph(text + TARGET))] == [API]


def test_a_secret_that_another_makes_is_waited_for_through_its_maker() -> None:
    made = manifest("ExternalSecret.external-secrets.io/web/token", "spec: {target: {name: token}}")
    found = edges(
        graph(made + pods(JOB, script("kubectl get secret token -o yaml"))), "core/kubectl"
    )
    assert [line.split()[2:4] for line in found] == [
        ["ExternalSecret.external-secrets.io/web/token", "ready"]
    ]


def test_a_scheduled_job_waits_for_nothing_at_once() -> None:
    text = manifest(
        "CronJob.batch/web/c",
        f"spec: {{jobTemplate: {{spec: {{template: {{spec: {{containers: [{script('kubectl rollout status deploy/api')}]}}}}}}}}}}",
    )
    assert [line.split()[3] for line in edges(graph(TARGET + text), "core/kubectl")] == [
        "eventually"
    ]


PRIORITY = "PriorityClass.scheduling.k8s.io/normal"


def test_a_default_priority_is_given_as_pods_are_created() -> None:
    text = manifest(PRIORITY, "globalDefault: true") + TARGET
    text += manifest("Deployment.apps/web/b", "spec: {template: {spec: {priorityClassName: high}}}")
    assert edges(graph(text)) == [
        f"{API} -> {PRIORITY} before derived core/default-priority globalDefault"
    ]
    assert edges(graph(text.replace("true", "false"))) == []


def test_a_default_storage_class_is_for_claims_without_one() -> None:
    key = "storageclass.kubernetes.io/is-default-class"
    text = manifest(
        "StorageClass.storage.k8s.io/fast",
        f"metadata: {{name: fast, annotations: {{{key}: 'true'}}}}",
    )
    text += manifest("PersistentVolumeClaim/web/a", "spec: {}")
    text += manifest("PersistentVolumeClaim/web/b", "spec: {storageClassName: ''}")
    assert edges(graph(text), "core/default-storage-class") == [
        f'PersistentVolumeClaim/web/a -> StorageClass.storage.k8s.io/fast eventually derived core/default-storage-class metadata.annotations["{key}"]'
    ]


def test_a_default_ingress_class_is_given_as_an_ingress_is_created() -> None:
    key = "ingressclass.kubernetes.io/is-default-class"
    text = manifest(
        "IngressClass.networking.k8s.io/nginx",
        f"metadata: {{name: nginx, annotations: {{{key}: 'true'}}}}",
    )
    text += manifest("Ingress.networking.k8s.io/web/a", "spec: {}")
    text += manifest("Ingress.networking.k8s.io/web/b", "spec: {ingressClassName: x}")
    assert edges(graph(text), "core/default-ingress-class") == [
        f'Ingress.networking.k8s.io/web/a -> IngressClass.networking.k8s.io/nginx before derived core/default-ingress-class metadata.annotations["{key}"]'
    ]


def test_limits_on_claims() -> None:
    text = manifest("LimitRange/web/l", "spec: {limits: [{type: PersistentVolumeClaim}]}")
    text += manifest("PersistentVolumeClaim/web/a") + manifest("PersistentVolumeClaim/other/a")
    assert edges(graph(text)) == [
        "PersistentVolumeClaim/web/a -> LimitRange/web/l before derived core/claim-limits spec.limits[0].type"
    ]
    assert (
        edges(
            graph(
                text.replace(
                    "limits: [{type: PersistentVolumeClaim}]", "limits: [{type: Container}]"
                )
            )
        )
        == []
    )


def test_a_volume_reserved_for_a_claim() -> None:
    text = manifest("PersistentVolume/v", "spec: {claimRef: {name: a, namespace: web}}")
    text += manifest("PersistentVolumeClaim/web/a") + manifest("PersistentVolumeClaim/other/a")
    assert edges(graph(text), "core/reserved-volume") == [
        "PersistentVolumeClaim/web/a -> PersistentVolume/v eventually derived core/reserved-volume spec.claimRef.name"
    ]


def test_pull_secrets_of_a_service_account() -> None:
    text = manifest("ServiceAccount/web/sa", "imagePullSecrets: [{name: pull}]") + manifest(
        "Secret/web/pull"
    )
    text += manifest("Pod/web/a", "spec: {serviceAccountName: sa}")
    text += manifest("Pod/web/b", "spec: {serviceAccountName: sa, imagePullSecrets: [{name: own}]}")
    assert edges(graph(text), "core/pod-pull-secret") == [
        "Pod/web/a -> Secret/web/pull eventually derived core/pod-pull-secret imagePullSecrets[0].name"
    ]
