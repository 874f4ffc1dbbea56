"""Before anything is written, what a plan touches is rendered again, as it would be written."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Cli
from test_discover_samples import application, make, manifest

pytestmark = pytest.mark.usefixtures("tools", "fresh")

WAVE = "argocd.argoproj.io/sync-wave"
CHART = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    metadata:
      labels: {app: web}
    spec:
      containers: [{name: web, image: web}]
"""
QUOTA = f"""apiVersion: v1
kind: ResourceQuota
metadata:
  name: quota
  annotations:
    {WAVE}: "3"
spec: {{hard: {{pods: 5}}}}
"""


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing is known from earlier runs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def shop(root: Path, files: dict[str, str]) -> Path:
    """A chart whose quota comes too late."""
    return make(root, {
        "apps/shop.yaml": application("shop", "{repoURL: '', path: chart}", None, "shop"),
        "chart/Chart.yaml": CHART,
        "chart/templates/quota.yaml": QUOTA,
        "chart/templates/web.yaml": DEPLOYMENT,
        **files,
    })  # fmt: skip


def content(root: Path) -> dict[str, bytes]:
    return {str(f.relative_to(root)): f.read_bytes() for f in root.rglob("*") if f.is_file()}


def refused(cli: Cli, root: Path) -> str:
    """What is said of a plan that does not come out; nothing is written."""
    before = content(root)
    ran = cli("--profile", "aggressive", "apps", cwd=root)
    assert ran.returncode == 2, ran.stdout.decode()
    assert ran.stdout == b""
    assert content(root) == before
    return ran.stderr.decode()


def test_a_plan_that_comes_out_is_written(tmp_path: Path, cli: Cli) -> None:
    root = shop(tmp_path, {})
    ran = cli("--profile", "aggressive", "apps", cwd=root)
    assert ran.returncode == 0, ran.stderr.decode()
    assert f'{WAVE}: "-1"' in (root / "chart/templates/quota.yaml").read_text()


def test_the_last_annotation_of_a_pod_can_be_removed(tmp_path: Path, cli: Cli) -> None:
    pod = (
        "{{- with .Values.pod }}\n      annotations: {{- toYaml . | nindent 8 }}\n      {{- end }}"
    )
    template = DEPLOYMENT.replace("labels: {app: web}", "labels: {app: web}\n      " + pod)
    files = {"chart/templates/web.yaml": template, "chart/values.yaml": f'pod:\n  {WAVE}: "3"\n'}
    root = shop(tmp_path, files)
    ran = cli("--profile", "aggressive", "--remove-moot", "apps", cwd=root)
    assert ran.returncode == 0, ran.stderr.decode()
    assert WAVE not in (root / "chart/values.yaml").read_text()


def test_a_checksum_over_what_moves_stops_the_run(tmp_path: Path, cli: Cli) -> None:
    summed = DEPLOYMENT.replace(
        "      labels: {app: web}\n",
        "      labels: {app: web}\n      annotations:\n        checksum/quota: "
        '{{ include (print $.Template.BasePath "/quota.yaml") . | sha256sum }}\n',
    )
    said = refused(cli, shop(tmp_path, {"chart/templates/web.yaml": summed}))
    assert "Deployment.apps/shop/web of shop, rendered again as it would be written" in said
    assert "differs at ['spec']['template']['metadata']['annotations']['checksum/quota']" in said
    assert "nothing is written, as the edits would change more than waves" in said


def test_a_wave_that_a_template_prints_elsewhere_too_is_no_place_for_one(
    tmp_path: Path, cli: Cli
) -> None:
    printed = QUOTA.replace(f'{WAVE}: "3"', f"{WAVE}: {{{{ .Values.wave | quote }}}}").replace(
        "  name: quota\n", "  name: quota\n  labels: {wave: w{{ .Values.wave }}}\n"
    )
    files = {"chart/templates/quota.yaml": printed, "chart/values.yaml": "wave: 3\n"}
    root = shop(tmp_path, files)
    before = content(root)
    ran = cli("--profile", "aggressive", "apps", cwd=root)
    assert ran.returncode in (0, 2)
    assert content(root)["chart/values.yaml"] == before["chart/values.yaml"]


def test_a_copy_of_an_edited_file_in_an_object_stops_the_run(tmp_path: Path, cli: Cli) -> None:
    copied = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: copy\ndata:\n  quota: |\n"
        '    {{- include (print $.Template.BasePath "/quota.yaml") . | nindent 4 }}\n'
    )
    said = refused(cli, shop(tmp_path, {"chart/templates/copy.yaml": copied}))
    assert "ConfigMap/shop/copy of shop, rendered again as it would be written" in said
    assert "differs at ['data']['quota']" in said


def test_a_value_that_makes_an_object_come_or_go_stops_the_run(tmp_path: Path, cli: Cli) -> None:
    gone = '{{- if contains `"3"` (include (print $.Template.BasePath `/quota.yaml`) .) }}\n'
    more = f"{gone}{manifest('ConfigMap', 'only')}{{{{- end }}}}\n"
    said = refused(cli, shop(tmp_path, {"chart/templates/more.yaml": more}))
    assert "ConfigMap/shop/only of shop, rendered again as it would be written, is gone" in said


def test_what_differs_each_time_that_it_is_rendered_stops_nothing(tmp_path: Path, cli: Cli) -> None:
    files = {
        "chart/templates/name.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n"
        "  name: try-{{ randAlpha 5 | lower }}\n",
        "chart/templates/keys.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: keys\n"
        "  labels: {chance: {{ randAlpha 20 | quote }}}\n",
    }
    root = shop(tmp_path, files)
    ran = cli("--profile", "aggressive", "apps", cwd=root)
    assert ran.returncode == 0, ran.stderr.decode()
    assert f'{WAVE}: "-1"' in (root / "chart/templates/quota.yaml").read_text()


def test_chance_in_one_place_hides_no_copy_in_another(tmp_path: Path, cli: Cli) -> None:
    copied = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: copy\ndata:\n"
        "  chance: {{ randAlpha 20 }}\n"
        '  sum: {{ include (print $.Template.BasePath "/quota.yaml") . | sha256sum }}\n'
    )
    said = refused(cli, shop(tmp_path, {"chart/templates/copy.yaml": copied}))
    assert "differs at ['data']['sum']" in said


def test_a_kustomization_that_copies_a_wave_stops_the_run(tmp_path: Path, cli: Cli) -> None:
    text = (
        "resources: [quota.yaml, web.yaml]\n"
        "replacements:\n- source: {kind: ResourceQuota, fieldPath: "
        f"'metadata.annotations.[{WAVE}]'}}\n"
        "  targets: [{select: {kind: Deployment}, fieldPaths: [metadata.labels.wave],"
        " options: {create: true}}]\n"
    )
    files = {"kustomization.yaml": text, "quota.yaml": QUOTA, "web.yaml": DEPLOYMENT}
    root = make(tmp_path, {
        "apps/shop.yaml": application("shop", "{repoURL: '', path: k}", None, "shop"),
        **{f"k/{name}": text for name, text in files.items()},
    })  # fmt: skip
    said = refused(cli, root)
    assert "Deployment.apps/shop/web of shop" in said
    assert "differs at ['metadata']['labels']['wave']" in said


def test_values_inside_an_application_are_read_again(tmp_path: Path, cli: Cli) -> None:
    """The edit is in the Application, not in its chart."""
    published = {
        "chart/Chart.yaml": f"{CHART}dependencies:\n- {{name: db, version: 1.0.0,"
        " repository: 'https://charts.example.com'}\n",
        "chart/charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
        "chart/charts/db/values.yaml": "quota: {annotations: {}}\n",
        "chart/charts/db/templates/quota.yaml": QUOTA.replace(
            f'\n    {WAVE}: "3"', " {{- toYaml .Values.quota.annotations | nindent 4 }}"
        ),
        "chart/templates/quota.yaml": "",
    }
    values = f"{{db: {{quota: {{annotations: {{{WAVE}: '3'}}}}}}}}"
    source = f"{{repoURL: '', path: chart, helm: {{valuesObject: {values}}}}}"
    root = shop(
        tmp_path, {**published, "apps/shop.yaml": application("shop", source, None, "shop")}
    )
    ran = cli("--profile", "aggressive", "apps", cwd=root)
    assert ran.returncode == 0, ran.stderr.decode()
    assert f"{{{WAVE}: '-1'}}" in (root / "apps/shop.yaml").read_text()


def test_a_dry_run_is_held_to_the_same(tmp_path: Path, cli: Cli) -> None:
    copied = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: copy\ndata:\n"
        '  sum: {{ include (print $.Template.BasePath "/quota.yaml") . | sha256sum }}\n'
    )
    root = shop(tmp_path, {"chart/templates/copy.yaml": copied})
    ran = cli("--profile", "aggressive", "--dry-run", "apps", cwd=root)
    assert ran.returncode == 2
    assert b"ConfigMap/shop/copy" in ran.stderr


def test_without_the_tools_nothing_is_rendered_again(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WAVEFIX_HELM", "WAVEFIX_KUSTOMIZE"):
        monkeypatch.setenv(name, "")
    files = {
        "apps/shop.yaml": application("shop", "{repoURL: '', path: plain}", None, "shop"),
        "plain/quota.yaml": QUOTA,
        "plain/web.yaml": DEPLOYMENT,
    }
    ran = cli("--profile", "aggressive", "apps", cwd=make(tmp_path, files))
    assert ran.returncode == 0, ran.stderr.decode()
