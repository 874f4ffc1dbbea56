"""docs/stuck-syncs.md, row by row: manifests that show it, and the least change that mends it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

from wavefix.codes import CODES
from wavefix.pipeline import lint

PAGE = (ROOT / "docs" / "stuck-syncs.md").read_text("utf-8")


def thing(kind: str, name: str, wave: int | None = None, rest: str = "", **marks: str) -> str:
    """A manifest. `rest` is what stands beside metadata; `marks` are hook and policy."""
    version, _, kind = kind.rpartition("/")
    notes = {f"argocd.argoproj.io/{key.replace('_', '-')}": text for key, text in marks.items()}
    if wave is not None:
        notes["argocd.argoproj.io/sync-wave"] = str(wave)
    lines = "".join(f'\n    {key}: "{text}"' for key, text in notes.items())
    annotations = f"\n  annotations:{lines}" if notes else ""
    return (
        f"apiVersion: {version or 'v1'}\nkind: {kind}\n"
        f"metadata:\n  name: {name}\n  namespace: web{annotations}\n{rest}"
    )


def pods(inside: str, indent: int = 2) -> str:
    """The spec of a workload, with what is to be in the spec of its pods."""
    text = f"template:\n  spec:\n    {inside}\n    containers: [{{name: a, image: shop/a}}]\n"
    return "spec:\n" + "".join(f"{' ' * indent}{line}\n" for line in text.splitlines())


def deployment(wave: int | None = None, inside: str = "restartPolicy: Always") -> str:
    return thing("apps/v1/Deployment", "api", wave, pods(inside))


def job(wave: int | None = None, inside: str = "", more: str = "", **marks: str) -> str:
    return thing(
        "batch/v1/Job", "migrate", wave, pods(inside or "restartPolicy: Never") + more, **marks
    )


MOUNTS = "volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]"
READS = "volumes: [{name: s, secret: {secretName: token}}]"
CLAIM = "spec: {storageClassName: standard, accessModes: [ReadWriteOnce]}\n"
LAST = thing("ConfigMap", "last", 9)


def claim(wave: int | None = None, **marks: str) -> str:
    return thing("PersistentVolumeClaim", "data", wave, CLAIM, **marks)


CRON = thing(
    "batch/v1/CronJob", "backup", 0,
    "spec:\n  jobTemplate:\n" + pods(MOUNTS, 6).replace("spec:\n", "    spec:\n", 1),
)  # fmt: skip
WEBHOOK = (
    "webhooks:\n  - name: a.example.org\n    clientConfig: {service: {name: api, namespace: web}}\n"
    "    rules: [{apiGroups: [''], apiVersions: [v1], resources: [secrets], operations: ['*']}]\n"
)
SELECTS = "spec: {selector: {app: api}, ports: [{port: 443}]}\n"
LABELS = "{labels: {app: api}}"
LABELLED = thing(
    "apps/v1/Deployment", "api", 1,
    pods("restartPolicy: Always").replace("template:", f"template:\n    metadata: {LABELS}"),
)  # fmt: skip
ADMISSION = "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration"
STORE = thing("external-secrets.io/v1/SecretStore", "vault", 0, "spec: {provider: {fake: {}}}\n")
WANTS = "spec: {secretStoreRef: {name: vault, kind: SecretStore}, target: {name: token}}\n"
EXTERNAL = "external-secrets.io/v1/ExternalSecret"
SUBSCRIPTION = thing(
    "operators.coreos.com/v1alpha1/Subscription", "eck", 0,
    "spec: {name: elasticsearch-eck-operator-certified, source: s, sourceNamespace: olm}\n",
)  # fmt: skip
ELASTIC = "elasticsearch.k8s.elastic.co/v1/Elasticsearch"
SKIP = "SkipDryRunOnMissingResource=true"
SCALES = (
    "spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}}\n"
)
SCALER = "autoscaling/v2/HorizontalPodAutoscaler"
PAUSED = deployment(0).replace("spec:\n", "spec:\n  paused: true\n", 1)
SUCCEEDED = {"hook": "PreSync", "hook_delete_policy": "HookSucceeded"}
ACCOUNT = "serviceAccountName: migrate"

CASES: list[tuple[str, list[str], list[str]]] = [
    ("WF014", [claim(-1), deployment(0, MOUNTS)], [claim(0), deployment(0, MOUNTS)]),
    ("WF015", [deployment(0, READS), thing("Secret", "token", 1)],
     [deployment(0, READS), thing("Secret", "token", 0)]),
    ("WF016", [job(0, ACCOUNT, hook="PreSync"), thing("ServiceAccount", "migrate", -5)],
     [job(0, ACCOUNT, hook="PreSync"), thing("ServiceAccount", "migrate", -5, hook="PreSync")]),
    ("WF016", [job(0, MOUNTS, hook="PreSync"), claim()],
     [job(0, MOUNTS, hook="Sync"), claim()]),
    ("WF016", [deployment(0, READS), thing("Secret", "token", hook="PostSync")],
     [deployment(0, READS), thing("Secret", "token", hook="PreSync")]),
    ("WF017", [thing(ADMISSION, "a", 0, WEBHOOK), thing("Service", "api", 0, SELECTS), LABELLED],
     [thing(ADMISSION, "a", 2, WEBHOOK), thing("Service", "api", 0, SELECTS), LABELLED]),
    ("WF002", [STORE, thing(EXTERNAL, "e", 0, WANTS)], [STORE, thing(EXTERNAL, "e", 1, WANTS)]),
    ("WF019", [job()], [job(sync_options="Force=true,Replace=true")]),
    ("WF030", [PAUSED, LAST], [deployment(0), LAST]),
    ("WF031", [thing("networking.k8s.io/v1/Ingress", "a", 0), LAST],
     [thing("networking.k8s.io/v1/Ingress", "a", 9), LAST]),
    ("WF032", [SUBSCRIPTION, thing(ELASTIC, "logs", 1)],
     [SUBSCRIPTION, thing(ELASTIC, "logs", 1, sync_options=SKIP)]),
    ("WF034", [claim(hook="PreSync")], [claim()]),
    ("WF035", [thing("Secret", "token", None, "", **SUCCEEDED), deployment(0, READS)],
     [thing("Secret", "token", hook="PreSync"), deployment(0, READS)]),
    ("WF036", [job(0, more="  ttlSecondsAfterFinished: 0\n"), LAST],
     [job(0, more="  ttlSecondsAfterFinished: 300\n"), LAST]),
    ("WF037", [claim(0), CRON, LAST], [claim(0), CRON]),
    ("WF038", [thing(SCALER, "api", 0, SCALES), deployment(0), LAST],
     [thing(SCALER, "api", 9, SCALES), deployment(0), LAST]),
]  # fmt: skip


def codes(directory: Path, manifests: list[str]) -> set[str]:
    directory.mkdir()
    (directory / "all.yaml").write_text("---\n".join(manifests))
    findings, errors = lint(["."], str(directory))
    assert errors == ()
    return {finding.code for finding in findings}


@pytest.mark.parametrize(
    ("code", "stuck", "mended"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)]
)
def test_row(
    code: str, stuck: list[str], mended: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, manifests in (("stuck", stuck), ("mended", mended)):
        monkeypatch.chdir(tmp_path)
        found = codes(tmp_path / name, manifests)
        assert (code in found) is (name == "stuck"), (name, found)


def test_the_page_names_findings_that_there_are_and_all_new_ones() -> None:
    named = set(re.findall(r"WF\d{3}", PAGE))
    assert named <= CODES.keys()
    assert named >= {code for code in CODES if "WF013" < code < "WF023" or code >= "WF030"}


def test_the_page_names_tests_that_there_are() -> None:
    for name in re.findall(r"`(tests/\w+\.py)`", PAGE):
        assert (ROOT / name).exists()
