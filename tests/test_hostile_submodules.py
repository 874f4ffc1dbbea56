"""A repository inside of another one is read, as Argo CD checks submodules out, and not edited."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from rollouts import Repo, late, mended
from test_bad_input import run

OTHERS = "the file is another git repository's, a submodule's; run wavefix there"


@pytest.fixture
def outer(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "outer", "a")


@pytest.fixture
def other(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "other", "x")


def inside(how: str, outer: Repo, other: Repo) -> Path:
    """The other repository below the outer one: as a submodule, a clone, or a linked work tree."""
    place = outer.path / "apps" / "sub"
    if how == "a submodule":
        outer.git(
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "add",
            "-q",
            str(other.path),
            str(place),
        )
        outer.git("commit", "-qm", "a submodule")
    elif how == "a clone":
        outer.git("clone", "-q", str(other.path), str(place))
    else:
        other.git("worktree", "add", "-q", "--detach", str(place))
    return place


HOW = ["a submodule", "a clone", "a work tree"]


@pytest.mark.parametrize("how", HOW)
def test_from_outside_it_is_read_and_told(outer: Repo, other: Repo, how: str) -> None:
    place = inside(how, outer, other)
    file = place / "apps/x/all.yaml"
    status, stdout, _ = run(outer.path, "--format", "json", "--dry-run")
    review = json.loads(stdout)
    assert status == 0
    assert {edit["file"] for edit in review["edits"]} == {"apps/a/all.yaml"}
    ids = {one["id"] for part in review["components"] for one in part["resources"]}
    assert {"LimitRange/a/defaults", "LimitRange/x/defaults"} <= ids
    assert [one["file"] for one in review["findings"] if OTHERS in one["message"]] == [
        "apps/sub/apps/x/all.yaml"
    ]
    assert run(outer.path)[0] == 0
    assert file.read_text() == late("x")
    assert (outer.path / "apps/a/all.yaml").read_text() == mended("a")


@pytest.mark.parametrize("how", HOW)
def test_inside_it_is_a_repository_like_any(outer: Repo, other: Repo, how: str) -> None:
    place = inside(how, outer, other)
    file = place / "apps/x/all.yaml"
    assert run(place)[0] == 0
    assert file.read_text() == mended("x")
    assert (outer.path / "apps/a/all.yaml").read_text() == late("a")
    status, _, stderr = run(place, "--profile", "aggressive")
    assert status == 2
    assert "uncommitted changes in apps/x/all.yaml" in stderr
    assert run(outer.path, "undo")[0] == 0  # which knows of nothing
    assert file.read_text() == mended("x")
    assert run(place, "undo")[0] == 0
    assert file.read_text() == late("x")


@pytest.mark.parametrize("how", HOW)
def test_a_rollout_leaves_it_out(outer: Repo, other: Repo, how: str) -> None:
    place = inside(how, outer, other)
    before = (place / "apps/x/all.yaml").read_bytes(), other.branches()
    assert outer.states("apps/a") == {"apps/a": "created"}
    (branch,) = outer.branches()
    assert outer.git("diff", "--name-only", f"main..{branch}") == "apps/a/all.yaml"
    assert ((place / "apps/x/all.yaml").read_bytes(), other.branches()) == before


@pytest.mark.parametrize("leads", ["gitdir: ../other/.git\n", "gitdir: {}/.git\n", "link"])
def test_what_leads_to_the_git_directory_of_another(
    tmp_path: Path, other: Repo, leads: str
) -> None:
    """No clone has such a file; of an archive it may be part."""
    kept = set((other.path / ".git").rglob("*"))
    root = tmp_path / "root"
    (root / "apps/x").mkdir(parents=True)
    file = root / "apps/x/all.yaml"
    file.write_text(late("changed"))
    if leads == "link":
        os.symlink(other.path / ".git", root / ".git")
    else:
        (root / ".git").write_text(leads.format(other.path))
    status, _, stderr = run(root)
    assert status == 2
    assert "uncommitted changes in apps/x/all.yaml" in stderr
    assert run(root, "--allow-dirty")[0] == 0
    assert file.read_text() == mended("changed")
    assert run(root, "undo")[0] == 0
    assert file.read_text() == late("changed")
    assert (other.path / "apps/x/all.yaml").read_text() == late("x")
    assert set((other.path / ".git").rglob("*")) == kept


@pytest.mark.parametrize("leads", ["gitdir: /nowhere\n", "gitdir: .\n", "gitdir: \0\n"])
def test_what_leads_nowhere(tmp_path: Path, leads: str) -> None:
    (tmp_path / ".git").write_text(leads)
    (tmp_path / "all.yaml").write_text(late("x"))
    assert run(tmp_path, "lint")[0] == 1
    status, stdout, stderr = run(tmp_path)
    assert status == 0, stdout + stderr
    assert (tmp_path / "all.yaml").read_text() == mended("x")


def test_what_git_cannot_read(tmp_path: Path) -> None:
    (tmp_path / ".git").touch()
    (tmp_path / "all.yaml").write_text(late("x"))
    status, _, stderr = run(tmp_path)
    assert status == 2
    assert "git status failed: invalid gitfile format" in stderr
    assert (tmp_path / "all.yaml").read_text() == late("x")
