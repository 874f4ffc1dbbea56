"""Claims that bind on first use: they and what uses them are bound to one another."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

import pytest
from test_infer_scene import FILE, edges, graph, lines, manifest, release

from wavefix.config import Config, DependsOn

USES = "spec: {template: {spec: {volumes: [{persistentVolumeClaim: {claimName: data}}]}}}"
BACK = "core/wait-for-first-consumer"
STORAGE = "storage.k8s.io"


def claim(spec: str = "storageClassName: fast") -> str:
    return manifest("PersistentVolumeClaim/web/data", f"spec: {{{spec}}}")


def storage_class(mode: str = "", name: str = "fast", default: bool = False) -> str:
    annotations = "{storageclass.kubernetes.io/is-default-class: 'true'}" if default else "{}"
    body = f"metadata: {{name: {name}, annotations: {annotations}}}"
    return manifest(
        f"StorageClass.{STORAGE}/{name}", body + (f"\nvolumeBindingMode: {mode}" if mode else "")
    )


def test_a_claim_and_its_pod_wait_for_each_other() -> None:
    made = graph(claim() + manifest("Deployment.apps/web/a", USES))
    assert edges(made) == lines(f"""
        Deployment.apps/web/a -> PersistentVolumeClaim/web/data eventually schema core/volume-claim spec.template.spec.volumes[0].persistentVolumeClaim.claimName
        PersistentVolumeClaim/web/data -> Deployment.apps/web/a eventually derived {BACK} spec.storageClassName
    """)


# name, spec of the claim, what else is in sight: whether it waits for a pod
CLAIMS = [
    ("a class that is not to be seen", "storageClassName: fast", "", True),
    ("no class, and no default one to be seen", "accessModes: [ReadWriteOnce]", "", True),
    ("WaitForFirstConsumer", "storageClassName: fast", storage_class("WaitForFirstConsumer"), True),
    ("Immediate", "storageClassName: fast", storage_class("Immediate"), False),
    ("no mode means Immediate", "storageClassName: fast", storage_class(), False),
    ("another class in sight", "storageClassName: fast", storage_class("Immediate", "slow"), True),
    (
        "the default class",
        "accessModes: [ReadWriteOnce]",
        storage_class("Immediate", default=True),
        False,
    ),
    (
        "the default class, waiting",
        "accessModes: [ReadWriteOnce]",
        storage_class("WaitForFirstConsumer", default=True),
        True,
    ),
    ("no default class", "accessModes: [ReadWriteOnce]", storage_class("Immediate"), True),
    ("a volume by name", "storageClassName: fast, volumeName: pv", "", False),
    ("the empty class: volumes made by hand", "storageClassName: ''", "", False),
    (
        "a volume that is reserved for it",
        "storageClassName: fast",
        manifest("PersistentVolume/pv", "spec: {claimRef: {namespace: web, name: data}}"),
        False,
    ),
    (
        "a volume whose claim is no text",
        "storageClassName: fast",
        manifest("PersistentVolume/pv", "spec: {claimRef: {namespace: [web], name: {a: b}}}"),
        True,
    ),
    (
        "a volume that is reserved for another",
        "storageClassName: fast",
        manifest("PersistentVolume/pv", "spec: {claimRef: {namespace: other, name: data}}"),
        True,
    ),
]


@pytest.mark.parametrize(
    ("spec", "beside", "waits"), [row[1:] for row in CLAIMS], ids=[row[0] for row in CLAIMS]
)
def test_which_claims_wait(spec: str, beside: str, waits: bool) -> None:
    made = graph(claim(spec) + beside + manifest("StatefulSet.apps/web/a", USES))
    wanted = [
        f"PersistentVolumeClaim/web/data -> StatefulSet.apps/web/a eventually derived {BACK} spec.storageClassName"
    ]
    assert edges(made, BACK) == (wanted if waits else [])


def test_a_release_uses_a_claim_that_its_values_name() -> None:
    made = graph(claim(), release("{persistence: {existingClaim: data}}"))
    assert edges(made) == lines(f"""
        HelmRelease/web/shop -> PersistentVolumeClaim/web/data eventually derived helm/values persistence.existingClaim
        PersistentVolumeClaim/web/data -> HelmRelease/web/shop eventually derived {BACK} spec.storageClassName
    """)


def test_a_clone_uses_nothing() -> None:
    clone = manifest(
        "PersistentVolumeClaim/web/clone",
        "spec: {dataSource: {kind: PersistentVolumeClaim, name: data}}",
    )
    assert edges(graph(claim() + clone), BACK) == []


def test_what_is_declared_is_no_use() -> None:
    config = Config(
        depends_on=(DependsOn("Deployment.apps/web/b", "PersistentVolumeClaim/web/data"),)
    )
    assert edges(graph(claim() + manifest("Deployment.apps/web/b"), config=config), BACK) == []


def users(*ids: str) -> str:
    return "".join(manifest(id, USES) for id in ids)


def bound_by(*found: str, config: Config | None = None) -> list[str]:
    made = graph("".join(found), config=config)
    return [edge.dependency.id for edge in made.edges if edge.rule == BACK]


def test_one_pod_is_enough_to_bind_a_claim() -> None:
    """The application that waits for the Job is not what the claim of both waits for."""
    both = users("Deployment.apps/web/app", "Job.batch/web/load")
    assert bound_by(claim(), both) == ["Deployment.apps/web/app"]  # any will do: the first
    ordered = Config(depends_on=(DependsOn("Deployment.apps/web/app", "Job.batch/web/load"),))
    assert bound_by(claim(), both, config=ordered) == ["Job.batch/web/load"]
    through = Config(
        depends_on=(
            DependsOn("Deployment.apps/web/app", "Deployment.apps/web/between"),
            DependsOn("Deployment.apps/web/between", "Job.batch/web/load"),
        )
    )
    assert bound_by(claim(), both, manifest("Deployment.apps/web/between"), config=through) == [
        "Job.batch/web/load"
    ]


def test_a_cron_job_starts_no_pod_when_it_is_applied() -> None:
    cron = manifest(
        "CronJob.batch/web/backup",
        "spec: {jobTemplate: {spec: {template: {spec: {volumes: [{persistentVolumeClaim: {claimName: data}}]}}}}}",
    )
    assert bound_by(claim(), cron, users("Deployment.apps/web/app")) == ["Deployment.apps/web/app"]
    assert bound_by(claim(), cron) == ["CronJob.batch/web/backup"]


def test_evidence_is_the_class_of_the_claim() -> None:
    made = graph(
        manifest("Deployment.apps/web/a", USES)
        + """
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: web}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: fast
"""
    )
    assert [(edge.file, edge.line) for edge in made.edges if edge.rule == BACK] == [(FILE, 13)]
