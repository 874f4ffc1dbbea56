"""No path in a repository leads out of it: what lies outside is never read, shown or written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from test_bad_input import run
from test_discover_samples import application, make, manifest

TOKEN = "outside-8f3b2c"
OUTSIDE = {
    "outside.yaml": manifest("ConfigMap", TOKEN, 1, "shop"),
    "values.yaml": f"{TOKEN}: {{podAnnotations: {{argocd.argoproj.io/sync-wave: '1'}}}}\n",
    "dir/kustomization.yaml": "resources: [x.yaml]\n",
    "dir/x.yaml": manifest("ConfigMap", f"{TOKEN}-x", 1, "shop"),
    "chart/Chart.yaml": f"apiVersion: v2\nname: {TOKEN}\nversion: 1.0.0\n",
    "chart/templates/x.yaml": manifest("ConfigMap", f"{TOKEN}-c", 1, "shop"),
    "rules.yaml": f"# {TOKEN}\nnonsense: [\n",
}
HERE = manifest("ConfigMap", "here", 1, "shop")
WAYS_OUT: Mapping[str, Mapping[str, str]] = {
    "a resource": {"k/kustomization.yaml": "resources: [<up>/outside.yaml]\n"},
    "a base": {"k/kustomization.yaml": "resources: [<up>/dir]\n"},
    "an absolute resource": {"k/kustomization.yaml": "resources: [<outside>/outside.yaml]\n"},
    "a component": {"k/kustomization.yaml": "components: [<up>/dir]\n"},
    "a patch": {
        "k/kustomization.yaml": "resources: [x.yaml]\npatches: [{path: <up>/outside.yaml}]\n"
    },
    "files of a generator": {
        "k/kustomization.yaml": "configMapGenerator: [{name: g, files: [<up>/outside.yaml]}]\n"
    },
    "values of a chart": {
        "k/kustomization.yaml": "helmCharts: [{name: c, releaseName: c, repo: 'https://x', "
        "version: 1.0.0, valuesFile: <up>/values.yaml}]\n"
    },
    "the source of an Application": {
        "apps/a.yaml": application("a", "{repoURL: '', path: <updir>}", None, "shop")
    },
    "a chart of an Application": {
        "apps/a.yaml": application("a", "{repoURL: '', path: <upchart>}", None, "shop")
    },
    "value files of an Application": {
        "apps/a.yaml": application(
            "a", "{chart: c, repoURL: 'https://x', helm: {valueFiles: [<up>/values.yaml]}}",
            None, "shop",
        )
    },
    "absolute value files": {
        "apps/a.yaml": application(
            "a", "{repoURL: '', path: c, helm: {valueFiles: [<outside>/values.yaml]}}",
            None, "shop",
        ),
        "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    },
    "parameters from a file": {
        "apps/a.yaml": application(
            "a", "{repoURL: '', path: c, helm: {fileParameters: [{name: a, path: "
            "<up>/values.yaml}]}}", None, "shop",
        ),
        "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    },
}  # fmt: skip
LINKS = {
    "a file": ("link.yaml", "outside.yaml"),
    "a directory": ("linked", "dir"),
    "a chart": ("chart", "chart"),
}
COMMANDS = (["--dry-run"], ["lint", "--format", "json"], ["graph"], ["simulate"])


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    place = make(tmp_path / "elsewhere", OUTSIDE)
    (place / ".git").rmdir()
    return place


def check(root: Path, outside: Path) -> None:
    """No command reads, shows or writes what lies outside."""
    before = {path: path.read_bytes() for path in outside.rglob("*") if path.is_file()}
    for arguments in (*COMMANDS, []):
        status, stdout, stderr = run(root, *arguments)
        assert status in (0, 1, 2)
        assert TOKEN not in stdout + stderr, arguments
    assert {path: path.read_bytes() for path in outside.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", WAYS_OUT)
def test_no_path_that_a_file_names_leads_out(tmp_path: Path, outside: Path, name: str) -> None:
    words = {
        "<up>": "../../elsewhere",
        "<outside>": str(outside),
        "<updir>": "../elsewhere/dir",
        "<upchart>": "../elsewhere/chart",
    }
    files = dict(WAYS_OUT[name])
    for word, path in words.items():
        files = {file: text.replace(word, path) for file, text in files.items()}
    check(make(tmp_path / "r", {"k/x.yaml": HERE, **files}), outside)


@pytest.mark.parametrize("name", LINKS)
def test_no_link_leads_out(tmp_path: Path, outside: Path, name: str) -> None:
    link, target = LINKS[name]
    root = make(tmp_path / "r", {"x.yaml": HERE})
    (root / link).symlink_to(outside / target)
    (root / "k").mkdir()
    (root / "k" / "kustomization.yaml").write_text(f"resources: [../{link}]\n")
    check(root, outside)


def test_the_control_is_read_where_it_lies_inside(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {"x.yaml": HERE, **OUTSIDE})
    assert TOKEN in run(root, "graph")[1]


def test_links_in_circles_end(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {"x.yaml": HERE, "k/kustomization.yaml": "resources: [a.yaml]\n"})
    (root / "k" / "a.yaml").symlink_to("b.yaml")
    (root / "k" / "b.yaml").symlink_to("a.yaml")
    (root / "k" / "up").symlink_to("..")
    status, _, stderr = run(root, "lint")
    assert status == 2
    assert "a.yaml" in stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {"x.yaml": HERE, "k/kustomization.yaml": "resources: [p.yaml]\n"})
    os.mkfifo(root / "k" / "p.yaml")
    os.mkfifo(root / "q.yaml")
    status, _, stderr = run(root, "lint")
    assert status == 2
    assert "p.yaml" in stderr


def test_a_rule_file_outside_is_not_read(tmp_path: Path, outside: Path) -> None:
    config = "rules: [../elsewhere/rules.yaml]\n"
    root = make(tmp_path / "r", {".wavefix.yaml": config, "x.yaml": HERE})
    status, stdout, stderr = run(root, "lint")
    assert status == 2
    assert TOKEN not in stdout + stderr
    assert "rules.yaml" in stderr
