"""Helm sources: missing value files, files of a `ref`, parameters, the namespace."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, everything, found, make, manifest

from wavefix.model import Resource

WAVE = r"argocd\.argoproj\.io/sync-wave"


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("{path: web, helm: {valueFiles: [prod.yaml]}}", ["prod.yaml"]),
        ("{path: web, helm: {valueFiles: [prod.yaml], ignoreMissingValueFiles: true}}", []),
        ("{path: web, helm: {valueFiles: [values.yaml, /env/prod.yaml]}}", []),
        ("{path: web, helm: {valueFiles: [/env/test.yaml, ../env/test.yaml]}}",
         ["/env/test.yaml", "../env/test.yaml"]),
        # GlobNoMatchError
        ("{path: web, helm: {valueFiles: ['../env/p*.yaml', '../env/x*.yaml']}}",
         ["../env/x*.yaml"]),
        ("{path: web, helm: {valueFiles: ['https://x.example/v.yaml']}}", []),
        ("{path: web, helm: {valueFiles: ['{{env}}.yaml', '${ENV}.yaml']}}", []),
        # a file of the chart, which is not in sight
        ("{chart: web, helm: {valueFiles: [prod.yaml]}}", []),
        # no such ref in sight
        ("{path: web, helm: {valueFiles: [$values/env/test.yaml]}}", []),
    ],
)  # fmt: skip
def test_missing_value_files(tmp_path: Path, source: str, missing: list[str]) -> None:
    make(tmp_path, {
        "argocd/web.yaml": application("web", source),
        "web/Chart.yaml": "", "web/values.yaml": "", "env/prod.yaml": "",
    })  # fmt: skip
    _, findings, errors = everything(tmp_path, "argocd")
    told = [finding for finding in findings if "values file" in finding.message]
    assert [finding.message.split("`")[1] for finding in told] == missing
    assert all((f.code, f.severity) == ("WF011", "warning") for f in told)
    assert errors == []


@pytest.mark.parametrize(
    ("url", "file", "read", "missing"),
    [
        ("${REPO_URL}", "env/prod.yaml", ["env/prod.yaml"], []),
        ("${REPO_URL}", "env/test.yaml", [], ["$values/env/test.yaml"]),
        ("https://github.com/me/here.git", "env/test.yaml", [], ["$values/env/test.yaml"]),
        # it may be another repository, or a mirror
        ("https://github.com/me/other", "env/prod.yaml", ["env/prod.yaml"], []),
        ("https://github.com/me/other", "env/test.yaml", [], []),
    ],
)
def test_files_of_a_ref(
    tmp_path: Path, url: str, file: str, read: list[str], missing: list[str]
) -> None:
    text = manifest("argoproj.io/Application", "web", more=(
        "spec:\n  sources:\n"
        f"  - {{chart: web, repoURL: c, helm: {{valueFiles: [$values/{file}]}}}}\n"
        f"  - {{ref: values, repoURL: '{url}'}}\n"
    ))  # fmt: skip
    make(tmp_path, {"argocd/web.yaml": text, "env/prod.yaml": "a: 1\n"})
    (tmp_path / ".git" / "config").write_text(
        '[remote "origin"]\n  url = git@github.com:me/here.git\n'
    )
    (item,) = [item for item in found(tmp_path, "argocd") if not item.leftover]
    (source,) = item.component.applications[0].sources
    assert [str(Path(path).relative_to(tmp_path)) for path in source.value_files] == read
    assert list(source.missing_files) == missing


def release(root: Path, source: str) -> Resource:
    make(root, {
        "argocd/web.yaml": application("web", source, namespace="shop"),
        "web/Chart.yaml": "name: web\n", "web/values.yaml": "a: {b: 1, c: [x]}\nhost: old\n",
        "web/note.txt": "text\n", "motd.txt": "top\n",
    })  # fmt: skip
    resources, _, errors = everything(root, "argocd")
    assert errors == []
    (found,) = [item for item in resources if not item.parent]
    return found


@pytest.mark.parametrize(
    ("parameters", "values"),
    [
        ("parameters: [{name: host, value: db}]", {"host": "db"}),
        ("parameters: [{name: a.b, value: '2'}]", {"a.b": 2}),
        ("parameters: [{name: a.b, value: '2', forceString: true}]", {"a.b": "2"}),
        ("parameters: [{name: a.b, value: 'true'}]", {"a.b": True}),
        ("parameters: [{name: a.b, value: true}]", {"a.b": True}),
        ("parameters: [{name: a.b, value: 'null'}]", {"a.b": None}),
        ("parameters: [{name: 'a.c', value: '{y,2}'}]", {"a.c.0": "y", "a.c.1": 2}),
        ("parameters: [{name: 'a.c[0]', value: q}]", {"a.c.0": "q"}),
        ("parameters: [{name: 'env[0].name', value: X}]", {"env.0.name": "X"}),
        (r"parameters: [{name: 'n.x\.y/z', value: q}]", {"n.x.y/z": "q"}),
        ("parameters: [{name: host, value: one}, {name: host, value: two}]", {"host": "two"}),
        ("values: 'host: mid', parameters: [{name: host, value: top}]", {"host": "top"}),
        ("fileParameters: [{name: note, path: note.txt}]", {"note": "text\n"}),
        ("fileParameters: [{name: host, path: /motd.txt}]", {"host": "top\n"}),
        ("fileParameters: [{name: host, path: nowhere.txt}]", {"host": "old"}),
        ("parameters: [{}, {name: 1}, x, {name: ''}]", {"host": "old"}),
        ("parameters: x, fileParameters: y", {"host": "old"}),
    ],
)
def test_parameters_are_values_above_all_others(
    tmp_path: Path, parameters: str, values: dict[str, object]
) -> None:
    item = release(tmp_path, f"{{path: web, helm: {{{parameters}}}}}")
    got = {".".join(map(str, value.path)): value.value for value in item.values}
    assert {name: got.get(name) for name in values} == values


def test_a_parameter_stands_in_its_line(tmp_path: Path) -> None:
    source = "\n    path: web\n    helm:\n      parameters:\n      - name: host\n        value: db"
    item = release(tmp_path, source)
    (value,) = [value for value in item.values if value.path == ("host",)]
    assert (value.value, value.file, value.line) == (
        "db", str(tmp_path / "argocd/web.yaml"), 11,
    )  # fmt: skip


def test_a_wave_that_is_a_parameter_is_not_written(tmp_path: Path) -> None:
    parameters = f"[{{name: 'commonAnnotations.{WAVE}', value: '3', forceString: true}}]"
    item = release(tmp_path, f"{{path: web, helm: {{parameters: {parameters}}}}}")
    assert (item.declared, item.fixed) == (3, "a parameter of the Application sets its wave")


def test_helm_may_have_a_namespace_of_its_own(tmp_path: Path) -> None:
    """types.go, ApplicationSourceHelm.Namespace: `helm template --namespace`."""
    assert release(tmp_path / "a", "{path: web}").id == "HelmRelease/shop/web"
    item = release(tmp_path / "b", "{path: web, helm: {namespace: other}}")
    assert (item.id, item.namespace) == ("HelmRelease/other/web", "other")
