"""Names that are options, patterns or no text: to git, helm and kustomize they are but names."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from rollouts import Repo, late, mended
from test_bad_input import run
from test_discover_samples import application, manifest

NAMES = {
    "an option": "-x",
    "a long option": "--upload-pack=touch sprung",
    "an option of helm": "--post-renderer=sprung",
    "lines": "a\nb",
    "quotes": "a'b\"c`touch sprung`",
    "a shell": "$(touch sprung);&|",
    "a pattern": "*",
    "a class": "[ab]?",
    "what git excludes": ":(exclude)a",
    "the top of git": ":(top)a",
    "no UTF-8": os.fsdecode(b"a\xff\xfe"),
    "blanks": " a\tb ",
    "backslashes": "a\\b\\n",
    "a brace": "{a,b}",
    "a wave of carets": "~^@{-1}..",
    "a comment": "#a",
    "no directory": "-",
}


def made(tmp_path: Path, step: str) -> Repo:
    """A component in a directory of that name, in a file of that name, and another beside it."""
    repo = Repo(tmp_path / "repo", "plain")
    repo.commit({f"{step}/{step}.yaml": late("a")})
    return repo


@pytest.mark.parametrize("step", NAMES.values(), ids=NAMES)
def test_written_and_taken_back(tmp_path: Path, step: str) -> None:
    repo = made(tmp_path, step)
    file = repo.path / step / f"{step}.yaml"
    plain = repo.path / "apps/plain/all.yaml"
    plain.write_text(late("other"))  # what is not committed elsewhere does not matter
    status, stdout, stderr = run(repo.path, "--", step)
    assert status == 0, stdout + stderr
    assert file.read_text() == mended("a")
    assert plain.read_text() == late("other")
    status, _, stderr = run(repo.path, "--profile", "aggressive", "--", step)
    assert status == 2
    assert "uncommitted changes in" in stderr
    assert run(repo.path, "undo")[0] == 0
    assert file.read_text() == late("a")
    assert {path.name for path in repo.path.iterdir()} == {".git", "README", "apps", step}


@pytest.mark.parametrize("step", NAMES.values(), ids=NAMES)
def test_git_takes_the_diff(tmp_path: Path, step: str) -> None:
    repo = made(tmp_path, step)
    status, diff, _ = run(repo.path, "--format", "diff", "--dry-run", "--", step)
    assert status == 0
    (tmp_path / "diff").write_text(diff, encoding="utf-8", newline="")
    repo.git("apply", str(tmp_path / "diff"))
    assert (repo.path / step / f"{step}.yaml").read_text() == mended("a")


@pytest.mark.parametrize("step", NAMES.values(), ids=NAMES)
def test_rolled_out(tmp_path: Path, step: str) -> None:
    repo = made(tmp_path, step)
    status, stdout, stderr = run(repo.path, "rollout", "--dry-run", "--", step)
    assert status == 0, stdout + stderr
    assert repo.branches() == {}
    status, stdout, stderr = run(repo.path, "rollout", "--", step)
    assert status == 0, stdout + stderr
    ((branch, _),) = repo.branches().items()
    assert repo.show(branch, f"{step}/{step}.yaml") == mended("a")
    assert repo.show(branch, "apps/plain/all.yaml") == late("plain")
    assert (repo.path / step / f"{step}.yaml").read_text() == late("a")
    assert run(repo.path, "rollout", "status")[0] == 0
    assert {path.name for path in repo.path.iterdir()} == {".git", "README", "apps", step}


@pytest.mark.parametrize("step", NAMES.values(), ids=NAMES)
def test_given_to_helm_and_kustomize(tmp_path: Path, step: str, tools: None) -> None:
    """Both render what is called so, or refuse it; neither takes it for an option or a command."""
    quoted = json.dumps(step.encode("utf-8", "replace").decode())
    name = json.loads(quoted)
    files = {
        f"k/{step}/kustomization.yaml": f"resources: [{json.dumps(f'{name}.yaml')}]\n",
        f"k/{step}/{step}.yaml": manifest("ConfigMap", "built", 1, "shop"),
        f"c/{step}/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        f"c/{step}/templates/{step}.yaml": manifest("ConfigMap", "rendered", 1, "shop"),
        f"c/{step}/{step}.yaml": "a: 1\n",
        "apps/a.yaml": application(
            "a", f"{{repoURL: '', path: {json.dumps(f'c/{name}')}, helm: {{releaseName: {quoted}, "
            f"valueFiles: [{json.dumps(f'{name}.yaml')}], parameters: "
            f"[{{name: {quoted}, value: {quoted}}}]}}}}", None, "shop"),
        "apps/b.yaml": application("b", f"{{repoURL: '', path: {json.dumps(f'k/{name}')}}}"),
    }  # fmt: skip
    repo = Repo(tmp_path / "repo")
    repo.commit(files)
    status, stdout, stderr = run(repo.path, "graph")
    assert status in (0, 2), stdout + stderr
    assert "unknown flag" not in stdout + stderr
    assert "unknown shorthand flag" not in stdout + stderr
    assert list(tmp_path.rglob("sprung")) == []
    assert {path.name for path in repo.path.iterdir()} == {".git", "README", "apps", "c", "k"}


@pytest.mark.parametrize("word", ["a\0b", "a\ud800b", "a" * 200_000], ids=["0", "half", "long"])
@pytest.mark.parametrize("place", ["releaseName", "parameters", "values"])
def test_what_no_argument_can_have(tmp_path: Path, word: str, place: str, tools: None) -> None:
    value: object = [{"name": word, "value": word}] if place == "parameters" else word
    source = {"repoURL": "", "path": "c", "helm": {place: value}}
    repo = Repo(tmp_path / "repo")
    repo.commit(
        {
            "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
            "c/templates/x.yaml": manifest("ConfigMap", "rendered", 1, "shop"),
            "apps/a.yaml": application("a", json.dumps(source), None, "shop"),
        }
    )
    status, stdout, stderr = run(repo.path, "lint")
    assert status in (0, 1) or stderr.startswith("apps/a.yaml:7: "), stdout + stderr
