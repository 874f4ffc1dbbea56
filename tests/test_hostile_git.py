"""What a git repository's own configuration can run, wavefix does not, but for what is said here.

Each trap is a program that leaves a file behind.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from rollouts import Repo, late, mended
from test_bad_input import run

READING = [
    ["--dry-run"], ["--check"], ["lint"], ["graph"], ["simulate"], ["explain", "api"],
    ["undo", "--dry-run"],
]  # fmt: skip
# Programs by the keys that name them, git-config(1); hooks and filters have tests of their own.
KEYS = (
    "alias.status", "core.alternateRefsCommand", "core.askPass", "core.editor", "core.fsmonitor",
    "core.gitProxy", "core.pager", "core.sshCommand", "credential.helper", "diff.external",
    "diff.trap.command", "diff.trap.textconv", "gpg.program", "gpg.ssh.program",
    "merge.trap.driver", "pager.status", "remote.origin.uploadpack", "remote.origin.vcs",
    "sequence.editor", "uploadpack.packObjectsHook",
)  # fmt: skip
HOOKS = ("post-index-change", "fsmonitor-watchman", "pre-commit", "post-checkout")


class Traps:
    def __init__(self, directory: Path) -> None:
        self.sprung = directory / "sprung"
        self.sprung.mkdir(parents=True)
        self.directory = directory

    def program(self, name: str) -> str:
        """A program that says that it was run, and passes on what it is given."""
        file = self.directory / name
        file.write_text(f"#!/bin/sh\ntouch '{self.sprung}/{name}'\nexec cat\n")
        file.chmod(0o755)
        return str(file)

    @property
    def names(self) -> list[str]:
        return sorted(file.name for file in self.sprung.iterdir())


@pytest.fixture
def traps(tmp_path: Path) -> Traps:
    return Traps(tmp_path / "traps")


@pytest.fixture
def repo(tmp_path: Path, traps: Traps) -> Repo:
    """A repository with something to do, and a program of the configuration's at every turn."""
    made = Repo(tmp_path / "repo", "a")
    made.commit({".gitattributes": "*.yaml diff=trap merge=trap\n"})
    for key in KEYS:
        made.git("config", key, traps.program(key))
    hooks = traps.directory / "hooks"
    hooks.mkdir()
    for name in HOOKS:
        os.symlink(traps.program(name), hooks / name)
    made.git("config", "core.hooksPath", str(hooks))
    made.git("config", "log.showSignature", "true")
    made.git("config", "status.submoduleSummary", "true")
    touched(made)
    for trap in traps.sprung.iterdir():
        trap.unlink()
    return made


def touched(repo: Repo) -> None:
    """So that git has to look at the content of the file, and would write its index anew."""
    os.utime(repo.path / "apps/a/all.yaml", (1, 1))


def test_the_traps_are_good(repo: Repo, traps: Traps) -> None:
    repo.git("status")
    assert {"core.fsmonitor", "post-index-change"} <= {*traps.names}


@pytest.mark.parametrize("arguments", [*READING, []], ids=lambda words: " ".join(words) or "fix")
def test_no_program_of_a_repository_is_run(repo: Repo, traps: Traps, arguments: list[str]) -> None:
    status, stdout, stderr = run(repo.path, *arguments)
    assert status in (0, 1), stdout + stderr
    assert traps.names == []
    text = (repo.path / "apps/a/all.yaml").read_text()
    assert text == (late("a") if arguments else mended("a"))


class TestFilters:
    """git-lfs and git-crypt are such: what git holds of a file is what `clean` makes of it."""

    @pytest.fixture
    def filtered(self, tmp_path: Path, traps: Traps) -> Repo:
        made = Repo(tmp_path / "filtered")
        made.git("config", "filter.trap.clean", f"{traps.program('clean')} | tr a-z n-za-m")
        made.git("config", "filter.trap.smudge", "tr a-z n-za-m")
        made.git("config", "filter.trap.required", "true")
        made.commit({".gitattributes": "*.yaml filter=trap\n", "apps/a/all.yaml": late("a")})
        assert "kind" not in made.git("cat-file", "blob", "HEAD:apps/a/all.yaml")
        touched(made)
        (traps.sprung / "clean").unlink()
        return made

    @pytest.mark.parametrize("arguments", READING, ids=" ".join)
    def test_reading_runs_none(self, filtered: Repo, traps: Traps, arguments: list[str]) -> None:
        assert run(filtered.path, *arguments)[0] in (0, 1)
        assert traps.names == []

    def test_a_file_is_clean_when_its_filter_says_so(self, filtered: Repo, traps: Traps) -> None:
        assert run(filtered.path)[0] == 0
        assert traps.names == ["clean"]
        assert (filtered.path / "apps/a/all.yaml").read_text() == mended("a")
        status, _, stderr = run(filtered.path, "--profile", "aggressive")
        assert status == 2
        assert "uncommitted changes in apps/a/all.yaml" in stderr

    def test_a_rollout_commits_what_the_filter_makes(self, filtered: Repo) -> None:
        assert filtered.states("apps/a") == {"apps/a": "created"}
        (branch,) = filtered.branches()
        shown = filtered.git("cat-file", "--filters", f"{branch}:apps/a/all.yaml")
        assert shown + "\n" == mended("a")

    def test_one_that_is_not_installed(self, filtered: Repo) -> None:
        filtered.git("config", "filter.trap.clean", "/nowhere/git-lfs clean")
        assert run(filtered.path, "--dry-run")[0] == 0
        status, _, stderr = run(filtered.path)
        assert status == 2
        assert "git status failed: apps/a/all.yaml: clean filter 'trap' failed" in stderr
        assert "--allow-dirty" in stderr
        assert run(filtered.path, "--allow-dirty")[0] == 0


def test_nothing_is_fetched_for_a_partial_clone(tmp_path: Path, traps: Traps) -> None:
    made = Repo(tmp_path / "repo", "a")
    made.git("config", "core.repositoryFormatVersion", "1")
    made.git("config", "extensions.partialClone", "origin")
    made.git("config", "remote.origin.promisor", "true")
    made.git("config", "remote.origin.url", f"ext::touch {traps.sprung}/remote")
    made.git("config", "protocol.ext.allow", "always")
    (made.path / "apps/a/new").touch()
    made.git("add", ".")  # so that it is not enough to compare the ids of the directory
    tree = made.git("rev-parse", "HEAD:apps/a")
    (made.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    asked = subprocess.run(["git", "status"], cwd=made.path, capture_output=True, check=False)
    assert asked.returncode, "git does ask the remote for the tree"
    assert traps.names == ["remote"]
    (traps.sprung / "remote").unlink()
    status, _, stderr = run(made.path)
    assert status == 2
    assert "git status failed: " in stderr
    assert traps.names == []
    assert run(made.path, "--allow-dirty")[0] == 0


class TestAnotherUsersRepository:
    @pytest.fixture(autouse=True)
    def _owner(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own, for its tests

    @pytest.mark.parametrize("arguments", [[], ["rollout"], ["rollout", "--dry-run"]])
    def test_what_to_do(
        self, tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as mine:
            mine.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
            made = Repo(tmp_path / "my repo", "a")
        status, _, stderr = run(made.path, *arguments)
        assert status == 2
        assert "belongs to another user, whose repositories git does not work in" in stderr
        assert f"git config --global --add safe.directory '{made.path}'" in stderr
        assert (made.path / "apps/a/all.yaml").read_text() == late("a")

    def test_reading_is_fine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as mine:
            mine.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
            made = Repo(tmp_path / "repo", "a")
        assert [run(made.path, *arguments)[0] for arguments in (["graph"], ["--dry-run"])] == [0, 0]


def test_a_bare_repository_among_the_files_is_none(tmp_path: Path, traps: Traps) -> None:
    """It can be part of what is cloned, configuration and all."""
    made = Repo(tmp_path / "repo", "a")
    inner = made.path / "apps" / "bare"
    made.git("init", "-q", "--bare", str(inner))
    for key, value in {"bare": "false", "worktree": str(made.path)}.items():
        made.git("--git-dir", str(inner), "config", f"core.{key}", value)
    made.git("--git-dir", str(inner), "config", "core.fsmonitor", traps.program("fsmonitor"))
    (inner / "x.yaml").write_text(late("x"))
    assert run(inner, "rollout")[0] == 2
    assert run(inner, "--allow-dirty")[0] == 0
    assert run(made.path, "--allow-dirty")[0] == 0
    assert traps.names == []


def test_a_directory_called_git_is_no_part_of_the_repository_above(tmp_path: Path) -> None:
    made = Repo(tmp_path / "repo", "a")
    inner = made.path / "apps" / "a"
    (inner / ".git").mkdir()
    (inner / "all.yaml").write_text(late("b"))
    assert run(inner)[0] == 0
    assert (inner / "all.yaml").read_text() == mended("b")
