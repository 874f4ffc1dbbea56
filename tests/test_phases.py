"""Hooks and phases from manifest to finding, and waves of child Applications at any depth."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, make, manifest

from wavefix.pipeline import analyse, lint, review, simulated
from wavefix.plan import ORDER_CODES

POD = (
    "serviceAccountName: runner, "
    "containers: [{name: a, image: x, envFrom: [{secretRef: {name: db}}]}]"
)


def job(hook: str) -> str:
    notes = f"  annotations: {{{hook}}}\n" if hook else ""
    return (
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: migrate\n  namespace: web\n" + notes
        + f"spec: {{template: {{spec: {{{POD}}}}}}}\n"
    )  # fmt: skip


ARGO = "argocd.argoproj.io/hook"


@pytest.mark.parametrize(
    ("hook", "needed", "codes"),
    [
        # the phase of the dependency comes later: no wave mends it
        (f"{ARGO}: PreSync", "v1/ServiceAccount/runner", ["WF016"]),
        (f"{ARGO}: PreSync", "v1/Secret/db", ["WF016"]),
        (f"{ARGO}: 'PostSync, PreSync'", "v1/Secret/db", ["WF016"]),
        ("helm.sh/hook: 'pre-install,pre-upgrade'", "v1/Secret/db", ["WF016"]),
        (f"{ARGO}: PreSync", "v1/LimitRange/limits", ["WF003"]),
        # it comes earlier, or the hook takes no part in the sync
        (f"{ARGO}: PostSync", "v1/Secret/db", []),
        (f"{ARGO}: SyncFail", "v1/Secret/db", []),
        ("helm.sh/hook: post-install", "v1/LimitRange/limits", []),
        (f"{ARGO}: Sync", "v1/Secret/db", []),
        (f"{ARGO}: Skip", "v1/Secret/db", []),
        ("helm.sh/hook: test", "v1/Secret/db", []),
        ("helm.sh/hook: crd-install", "v1/Secret/db", []),
        ("", "v1/Secret/db", []),
    ],
)
def test_a_hook_that_needs_what_a_later_phase_brings(
    tmp_path: Path, hook: str, needed: str, codes: list[str]
) -> None:
    version, kind, name = needed.split("/")
    other = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: web}}\n"
    make(tmp_path, {"web/x.yaml": other + "---\n" + job(hook)})
    told, errors = lint(["web"], str(tmp_path))
    assert errors == ()
    findings = [finding for finding in told if finding.code in ORDER_CODES]
    assert [finding.code for finding in findings] == codes
    for finding in findings:
        assert finding.severity == "error"
        assert finding.resource == f"{kind}/web/{name}"
        assert "comes only in Sync, after Job.batch/web/migrate (PreSync)" in finding.message
        assert "no wave mends that: make the former a PreSync hook as well" in finding.message


def test_a_hook_beside_what_it_needs_is_held_by_waves(tmp_path: Path) -> None:
    secret = manifest("Secret", "db", 1, "web", "").replace(
        "annotations:\n", f"annotations:\n    {ARGO}: PreSync\n"
    )
    make(tmp_path, {"web/x.yaml": secret + "---\n" + job(f"{ARGO}: PreSync")})
    (finding,) = lint(["web"], str(tmp_path))[0]
    assert finding.code == "WF002"
    assert "comes in wave 1, after Job.batch/web/migrate (wave 0)" in finding.message


def test_a_hook_of_two_phases_is_applied_in_both_with_its_wave(tmp_path: Path) -> None:
    note = f"{ARGO}: 'PostSync,PreSync', argocd.argoproj.io/sync-wave: '4'"
    make(tmp_path, {"web/x.yaml": job(note)})
    assert steps(tmp_path) == [("PreSync", 4), ("PostSync", 4)]


def test_a_hook_of_two_phases_by_a_kustomization_is_applied_in_both(tmp_path: Path) -> None:
    make(tmp_path, {
        "web/x.yaml": job(""),
        "web/kustomization.yaml":
        f"resources: [x.yaml]\ncommonAnnotations: {{{ARGO}: 'PostSync,PreSync'}}\n",
    })  # fmt: skip
    assert steps(tmp_path) == [("PreSync", 0), ("PostSync", 0)]


def steps(root: Path) -> list[tuple[str, int]]:
    found = simulated(["web"], str(root))
    assert found.errors == ()
    return [(step.phase, step.wave) for step in found.before.steps]


@pytest.mark.parametrize("phases", ["PreSync,Sync", "Sync,PreSync", "PreSync, PostSync"])
def test_a_hook_of_two_phases_is_there_from_the_first_on(tmp_path: Path, phases: str) -> None:
    secret = manifest("Secret", "db", 9, "web", "").replace(
        "annotations:\n", f"annotations:\n    {ARGO}: '{phases}'\n"
    )
    make(tmp_path, {"web/x.yaml": secret + "---\n" + job("")})
    assert [f for f in lint(["web"], str(tmp_path))[0] if f.code in ORDER_CODES] == []


@pytest.mark.parametrize("phases", ["PreSync,Sync", "Sync,PreSync", "PreSync, PostSync"])
def test_a_hook_of_two_phases_needs_things_before_the_first(tmp_path: Path, phases: str) -> None:
    secret = manifest("Secret", "db", -9, "web", "")
    make(tmp_path, {"web/x.yaml": secret + "---\n" + job(f"{ARGO}: '{phases}'")})
    codes = [f.code for f in lint(["web"], str(tmp_path))[0] if f.code in ORDER_CODES]
    assert codes == ["WF016"]


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        (f"{ARGO}: PostDelete", "only when its Application is deleted (hook: PostDelete)"),
        (f"{ARGO}: PreDelete", "only when its Application is deleted (hook: PreDelete)"),
        ("helm.sh/hook: pre-delete", "only when its Application is deleted (hook: pre-delete)"),
        ("helm.sh/hook: 'post-delete,test'", "only when its Application is deleted"),
        ("helm.sh/hook: post-rollback", "never applies it (hook: post-rollback)"),
        ("helm.sh/hook: test-success", "never applies it (hook: test-success)"),
        (f"{ARGO}: Skip, helm.sh/hook: pre-install", "never applies it (hook: Skip)"),
        # a hook that Argo CD's engine does not know leaves the word to Helm's
        (f"{ARGO}: PreDelete, helm.sh/hook: pre-install", ""),
        (f"{ARGO}: 'PreDelete,PreSync'", ""),
        ("helm.sh/hook: 'pre-delete,post-upgrade'", ""),
        (f"{ARGO}: 'Skip,Sync'", ""),
        (f"{ARGO}: Sync, {ARGO}-delete-policy: HookSucceeded", ""),
    ],
)
def test_hooks_that_no_sync_applies_say_why(tmp_path: Path, hook: str, why: str) -> None:
    make(tmp_path, {"web/x.yaml": job(hook)})
    ((item,),) = [part.graph.resources for part in analyse(["web"], str(tmp_path))[0]]
    assert (item.phase == "Skip") is bool(why)
    assert why in item.fixed


def test_hook_weights_are_the_waves_of_helms_hooks(tmp_path: Path) -> None:
    note = "helm.sh/hook: 'pre-install,post-install', helm.sh/hook-weight: '-7'"
    make(tmp_path, {"web/x.yaml": job(note)})
    assert steps(tmp_path) == [("PreSync", -7), ("PostSync", -7)]


def test_hooks_whose_names_are_generated_are_told_apart(tmp_path: Path) -> None:
    one = job(f"{ARGO}: PreSync").replace("  name: migrate", "  generateName: migrate-")
    make(tmp_path, {"web/x.yaml": one + "---\n" + one.replace("PreSync", "PostSync")})
    ((first, second),) = [part.graph.resources for part in analyse(["web"], str(tmp_path))[0]]
    assert (first.id, first.phase) == ("Job.batch/web/migrate-", "PreSync")
    assert (second.id, second.phase) == ("Job.batch/web/migrate-(2)", "PostSync")


def test_the_waves_of_applications_below_applications_keep_their_strides(tmp_path: Path) -> None:
    def workload(name: str, host: str = "") -> str:
        env = f", env: [{{name: DB_HOST, value: {host}}}]" if host else ""
        return (
            f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {name}}}\n"
            f"spec: {{selector: {{app: {name}}}, ports: [{{port: 1}}]}}\n---\n"
            "apiVersion: apps/v1\nkind: StatefulSet\n"
            f"metadata: {{name: {name}, namespace: {name}}}\n"
            f"spec: {{template: {{metadata: {{labels: {{app: {name}}}}}, "
            f"spec: {{containers: [{{name: a, image: x{env}}}]}}}}}}\n"
        )

    make(tmp_path, {
        "root.yaml": application("root", "{path: l1}"),
        "l1/first.yaml": application("first", "{path: l2}", 20),
        "l1/other.yaml": application("other", "{path: other}", 10),
        "l2/second.yaml": application("second", "{path: l3}", 5),
        "l3/api.yaml": application("api", "{path: api}", 100, "api"),
        "l3/db.yaml": application("db", "{path: db}", 200, "db"),
        "api/x.yaml": workload("api", "db.db.svc"),
        "db/x.yaml": workload("db"),
        "other/x.yaml": workload("other", "db.db.svc"),
    })  # fmt: skip
    (part,) = review(["."], str(tmp_path), "aggressive").review.components
    assert {app.name: app.parent for app in part.component.applications} == {
        "root": "", "first": "root", "other": "root", "second": "first", "api": "second",
        "db": "second",
    }  # fmt: skip
    planned = {
        item.resource.name: item.planned
        for item in part.plan.placements
        if item.resource.kind == "Application.argoproj.io"
    }
    assert planned == {"second": 0, "first": 0, "other": 10, "db": 0, "api": 100}
