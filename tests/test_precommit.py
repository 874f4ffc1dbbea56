"""The hooks for pre-commit, run by pre-commit itself as `git commit` does in some repository."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from installing import BIN, RELEASED, copy, outside, run
from test_cli import LATE, MENDED

pytestmark = pytest.mark.index
Git = Callable[..., "subprocess.CompletedProcess[str]"]

CONFIG = """\
repos:
- repo: {repo}
  rev: {rev}
  hooks:
  - {{id: {hook}, args: [{args}]}}
"""
OTHER = LATE.replace("namespace: web", "namespace: shop")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installed."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of wavefix as it stands here, with one commit."""
    directory = copy(RELEASED, tmp_path_factory.mktemp("released"))
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    run("git", "init", "-q", cwd=directory)
    run("git", "add", "-A", cwd=directory)
    run("git", *who, "commit", "-qm", "all", cwd=directory)
    return directory


@pytest.fixture
def git(tmp_path: Path, home: Path) -> Git:
    """Git in a scratch repository; its hooks run as for a user."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *arguments], cwd=tmp_path, env=outside(PRE_COMMIT_HOME=str(home)),
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert call("init", "-q").returncode == 0
    return call


@pytest.fixture
def installs(tmp_path: Path, home: Path, released: Path) -> Callable[..., None]:
    """`installs(hook, args)` writes the configuration and installs the hook of git."""

    def write(hook: str, args: str = "") -> None:
        rev = run("git", "rev-parse", "HEAD", cwd=released).strip()
        text = CONFIG.format(repo=released, rev=rev, hook=hook, args=args)
        (tmp_path / ".pre-commit-config.yaml").write_text(text)
        env = outside(PRE_COMMIT_HOME=str(home))
        run(BIN / "pre-commit", "install", cwd=tmp_path, env=env)

    return write


def component(directory: Path, text: str) -> Path:
    directory.mkdir(parents=True)
    (directory / "web.yaml").write_text(text)
    (directory / "config.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, namespace: web}\n"
    )
    return directory


def test_lint_shows_the_findings_of_the_component_that_a_changed_file_is_in(
    tmp_path: Path, git: Git, installs: Callable[..., None]
) -> None:
    web = component(tmp_path / "web", LATE)
    git("add", "-A")
    assert git("commit", "-qm", "before there were hooks").returncode == 0
    installs("wavefix-lint")

    (web / "config.yaml").write_text((web / "config.yaml").read_text() + "data: {a: b}\n")
    git("add", "-A")
    refused = git("commit", "-m", "a ConfigMap")
    assert refused.returncode == 1
    assert "web/web.yaml:7: error WF003 " in refused.stdout + refused.stderr

    (web / "web.yaml").write_text(MENDED)
    git("add", "-A")
    assert git("commit", "-m", "mended").returncode == 0

    (tmp_path / "notes.txt").write_text("nothing that is deployed")
    git("add", "-A")
    skipped = git("commit", "-m", "notes")
    assert skipped.returncode == 0
    assert "(no files to check)" in skipped.stdout + skipped.stderr


def test_fix_rewrites_what_is_staged_and_passes_once_that_is_added(
    tmp_path: Path, git: Git, installs: Callable[..., None]
) -> None:
    web = component(tmp_path / "web", LATE)
    installs("wavefix-fix")
    git("add", "-A")
    changed = git("commit", "-m", "first")
    assert changed.returncode == 1
    assert "files were modified by this hook" in changed.stdout + changed.stderr
    assert (web / "web.yaml").read_text() == MENDED
    git("add", "-A")
    assert git("commit", "-m", "first").returncode == 0
    assert git("show", "HEAD:web/web.yaml").stdout == MENDED


def test_fix_leaves_alone_what_is_not_staged(
    tmp_path: Path, git: Git, installs: Callable[..., None]
) -> None:
    """pre-commit puts unstaged changes aside, and back again."""
    web = component(tmp_path / "web", MENDED)
    installs("wavefix-fix")
    git("add", "-A")
    assert git("commit", "-m", "first").returncode == 0
    (web / "config.yaml").write_text((web / "config.yaml").read_text() + "data: {a: b}\n")
    git("add", "-A")
    (web / "web.yaml").write_text(LATE)
    assert git("commit", "-m", "second").returncode == 0
    assert (web / "web.yaml").read_text() == LATE
    assert git("diff", "--name-only").stdout == "web/web.yaml\n"


def test_args_name_what_is_looked_at(
    tmp_path: Path, git: Git, installs: Callable[..., None]
) -> None:
    component(tmp_path / "apps" / "web", LATE)
    shop = component(tmp_path / "apps" / "shop", OTHER)
    installs("wavefix-fix", "--profile, aggressive, apps/web")
    git("add", "-A")
    changed = git("commit", "-m", "first")
    assert changed.returncode == 1
    assert "web (aggressive)" in changed.stdout + changed.stderr
    assert (shop / "web.yaml").read_text() == OTHER


def test_bad_input_fails_the_hook(tmp_path: Path, git: Git, installs: Callable[..., None]) -> None:
    component(tmp_path / "web", MENDED)
    (tmp_path / ".wavefix.yaml").write_text("profil: aggressive\n")
    installs("wavefix-fix")
    git("add", "-A")
    refused = git("commit", "-m", "first")
    assert refused.returncode == 1
    assert ".wavefix.yaml:1: unknown key `profil`" in refused.stdout + refused.stderr
