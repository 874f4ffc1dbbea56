"""The command line: which command is meant, exit statuses, what is written and what is refused."""

from __future__ import annotations

import json
import os
import pty
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Cli

LATE = """\
apiVersion: v1
kind: LimitRange
metadata:
  name: defaults
  namespace: web
  annotations:
    argocd.argoproj.io/sync-wave: "1"
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: web}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: first
  namespace: web
  annotations:
    argocd.argoproj.io/sync-wave: "-1"
"""
MENDED = LATE.replace('sync-wave: "1"', 'sync-wave: "-1"')


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A directory with a limit that comes after the pods it should hold for."""
    directory = tmp_path / "repository"
    directory.mkdir()
    (directory / "web.yaml").write_text(LATE)
    return directory


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=directory, check=True, capture_output=True)


def test_rewrites_in_place_without_a_command(repository: Path, cli: Cli) -> None:
    ran = cli(cwd=repository)
    assert ran.returncode == 0
    assert (repository / "web.yaml").read_text() == MENDED
    assert ran.stdout.decode().endswith("1 wave changes in 1 file; written\n")


@pytest.mark.parametrize(
    "arguments",
    [["web.yaml"], ["--profile", "conservative", "."], ["fix", "."], ["--format", "json"]],
)
def test_options_and_paths_mean_the_default_command(
    repository: Path, cli: Cli, arguments: list[str]
) -> None:
    assert cli(*arguments, cwd=repository).returncode == 0
    assert (repository / "web.yaml").read_text() == MENDED


def test_a_path_that_looks_like_a_command_goes_after_two_dashes(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "web.yaml").write_text(LATE)
    assert cli("--dry-run", "--", "graph", cwd=tmp_path).stdout.startswith(b"graph (conservative)")
    assert cli("--", "graph", cwd=tmp_path).returncode == 0
    assert (tmp_path / "graph" / "web.yaml").read_text() == MENDED


@pytest.mark.parametrize("option", ["--dry-run", "--check"])
@pytest.mark.parametrize("format_", ["text", "diff", "json", "markdown"])
def test_showing_writes_nothing(repository: Path, cli: Cli, option: str, format_: str) -> None:
    ran = cli(option, "--format", format_, cwd=repository)
    assert ran.returncode == (1 if option == "--check" else 0)
    assert b"-1" in ran.stdout
    assert (repository / "web.yaml").read_text() == LATE


def test_check_is_content_after_a_rewrite(repository: Path, cli: Cli) -> None:
    cli(cwd=repository)
    ran = cli("--check", cwd=repository)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_the_json_says_the_same_with_and_without_writing(repository: Path, cli: Cli) -> None:
    shown = json.loads(cli("--dry-run", "--format", "json", cwd=repository).stdout)
    written = json.loads(cli("--format", "json", cwd=repository).stdout)
    assert shown == written
    assert [(edit["before"], edit["after"]) for edit in shown["edits"]] == [("1", "-1")]


def test_the_diff_applies(repository: Path, cli: Cli) -> None:
    diff = cli("--dry-run", "--format", "diff", cwd=repository).stdout
    (repository / "change.diff").write_bytes(diff)
    git(repository, "init", "-q")
    git(repository, "apply", "change.diff")
    assert (repository / "web.yaml").read_text() == MENDED


class TestUncommittedChanges:
    def test_a_clean_file_is_rewritten(self, repository: Path, cli: Cli) -> None:
        git(repository, "init", "-q")
        git(repository, "add", "-A")
        git(repository, "commit", "-qm", "all")
        assert cli(cwd=repository).returncode == 0
        assert (repository / "web.yaml").read_text() == MENDED

    @pytest.mark.parametrize("staged", [True, False])
    def test_a_changed_one_is_refused(self, repository: Path, cli: Cli, staged: bool) -> None:
        git(repository, "init", "-q")
        git(repository, "add", "-A")
        git(repository, "commit", "-qm", "all")
        changed = LATE + "# mine\n"
        (repository / "web.yaml").write_text(changed)
        if staged:
            git(repository, "add", "-A")
        ran = cli(cwd=repository)
        assert ran.returncode == 2
        assert ran.stderr.decode() == (
            "uncommitted changes in web.yaml; commit or stash them, or pass --allow-dirty; "
            "nothing written\n"
        )
        assert (repository / "web.yaml").read_text() == changed
        assert cli("--allow-dirty", cwd=repository).returncode == 0
        assert (repository / "web.yaml").read_text() == MENDED + "# mine\n"

    def test_changes_elsewhere_do_not_matter(self, repository: Path, cli: Cli) -> None:
        git(repository, "init", "-q")
        git(repository, "add", "-A")
        git(repository, "commit", "-qm", "all")
        (repository / "notes.txt").write_text("mine")
        assert cli(cwd=repository).returncode == 0


def test_one_unreadable_file_keeps_everything_from_being_written(
    repository: Path, cli: Cli
) -> None:
    (repository / "bad.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: [x\n")
    ran = cli(cwd=repository)
    assert ran.returncode == 2
    assert ran.stderr.decode().startswith("bad.yaml:4: invalid YAML: ")
    assert ran.stderr.decode().endswith("nothing written\n")
    assert (repository / "web.yaml").read_text() == LATE


@pytest.mark.parametrize(
    "command", [["--dry-run"], ["graph"], ["lint"], ["--dry-run", "--format=json"]]
)
def test_the_rest_is_still_shown(repository: Path, cli: Cli, command: list[str]) -> None:
    (repository / "bad.yaml").write_bytes(b"apiVersion: v1\nkind: Service\nname: \xff\n")
    ran = cli(*command, cwd=repository)
    assert ran.returncode == 2
    assert ran.stderr.decode().startswith("bad.yaml:3: invalid UTF-8: byte 0xff; ")
    assert b"LimitRange/web/defaults" in ran.stdout


def test_lint_fails_for_errors_only(repository: Path, cli: Cli) -> None:
    ran = cli("lint", cwd=repository)
    assert ran.returncode == 1
    assert b"web.yaml:7: error WF003" in ran.stdout
    (repository / "web.yaml").write_text(MENDED)
    assert cli("lint", cwd=repository).returncode == 0


def test_lint_json_holds_the_findings_alone(repository: Path, cli: Cli) -> None:
    report = json.loads(cli("lint", "--format", "json", cwd=repository).stdout)
    assert list(report) == ["version", "findings"]
    assert [finding["code"] for finding in report["findings"]] == ["WF003"]


def test_explain_takes_a_part_of_an_id(repository: Path, cli: Cli) -> None:
    ran = cli("explain", "limitrange", cwd=repository)
    assert ran.returncode == 0
    assert ran.stdout.startswith(b"LimitRange/web/defaults\n")
    unknown = cli("explain", "LimitRange/web/default", cwd=repository)
    assert unknown.returncode == 0, "part of the id"
    unknown = cli("explain", "LimitRang/web/defaultz", cwd=repository)
    assert unknown.returncode == 2
    assert b"did you mean LimitRange/web/defaults?" in unknown.stderr
    several = cli("explain", "web", cwd=repository)
    assert several.returncode == 2
    assert b"`web` is part of 3 ids" in several.stderr


def test_the_configuration_chooses_the_profile_and_the_option_overrules(
    repository: Path, cli: Cli
) -> None:
    (repository / ".wavefix.yaml").write_text("profile: aggressive\n")
    shown = json.loads(cli("--dry-run", "--format", "json", cwd=repository).stdout)
    assert shown["profile"] == "aggressive"
    shown = json.loads(
        cli("--profile", "conservative", "--dry-run", "--format", "json", cwd=repository).stdout
    )
    assert shown["profile"] == "conservative"


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["fix", "--help"], ["graph", "-h"]]
)
def test_help_and_version(tmp_path: Path, cli: Cli, arguments: list[str]) -> None:
    ran = cli(*arguments, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"wavefix" in ran.stdout


def test_the_help_shows_the_options_of_the_default_command(tmp_path: Path, cli: Cli) -> None:
    text = cli("--help", cwd=tmp_path).stdout
    assert b"--profile" in text
    assert b"explain" in text


def test_version_starts_without_the_command_line(tmp_path: Path) -> None:
    """What makes it fast: nothing heavy is imported."""
    code = (
        "import sys; sys.argv = ['wavefix', '--version']; import wavefix.__main__ as m; m.main();"
        "heavy = {'typer', 'rich', 'networkx', 'deepdiff', 'yaml', 'msgspec'} & set(sys.modules);"
        "print(sorted(heavy), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert ran.stdout.startswith("wavefix ")
    assert ran.stderr == "[]\n"


@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_what_is_printed_where_nothing_is_open_goes_nowhere(repository: Path, streams: str) -> None:
    """A file that is opened gets the lowest number that is free: it must not be that of stderr."""

    def run(path: str) -> subprocess.CompletedProcess[bytes]:
        command = f"{shlex.quote(sys.executable)} -m wavefix {path} {streams}"
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.run(
            ["sh", "-c", command], cwd=repository, env=environment, capture_output=True, check=False
        )

    ran = run("nowhere")
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert (b"nowhere: no such" in ran.stderr) == ("2>" not in streams)
    assert run(".").returncode == 0
    assert (repository / "web.yaml").read_text() == MENDED


def test_a_closed_pipe_is_no_error(repository: Path) -> None:
    command = f"{sys.executable} -m wavefix graph --format json | head -c 1"
    ran = subprocess.run(
        ["bash", "-c", command],
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == (b"{", b"")


def test_the_result_depends_on_the_files_alone(tmp_path: Path, cli: Cli) -> None:
    """Not on hash seeds, on the order of paths, or on where the repository lies."""
    results = set()
    for seed, paths in enumerate((("backstage", "dex"), ("dex", "backstage"))):
        copy = tmp_path / f"copy-{seed}" / "deep"
        shutil.copytree(ROOT / "golden" / "portal" / "before", copy)
        os.environ["PYTHONHASHSEED"] = str(seed)
        for profile in ("conservative", "aggressive"):
            shown = [f"K8s/portal/{path}" for path in paths]
            ran = cli("--profile", profile, "--dry-run", "--format", "json", *shown, cwd=copy)
            results.add(ran.stdout)
    del os.environ["PYTHONHASHSEED"]
    assert len(results) == 2, "one for each profile"


def on_a_terminal(repository: Path, *arguments: str, **environment: str) -> str:
    """What wavefix prints where stdout is a terminal."""
    leader, follower = pty.openpty()
    ran = subprocess.Popen(
        [sys.executable, "-m", "wavefix", *arguments],
        cwd=repository,
        env={k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        | {"PYTHONPATH": str(ROOT), "TERM": "xterm"}
        | environment,
        stdout=follower,
        stderr=subprocess.DEVNULL,
    )
    os.close(follower)
    out = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        out += part
    os.close(leader)
    assert ran.wait() == 0
    return out.decode()


def test_colours_on_a_terminal_unless_unwanted(repository: Path, cli: Cli) -> None:
    assert "\x1b[" in on_a_terminal(repository, "--dry-run")
    assert "\x1b[" not in on_a_terminal(repository, "--dry-run", NO_COLOR="1")
    assert b"\x1b[" not in cli("--dry-run", cwd=repository).stdout
    assert "\x1b[" not in on_a_terminal(repository, "--dry-run", "--format", "diff")
