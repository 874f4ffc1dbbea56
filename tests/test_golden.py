"""The scenarios under golden/: a tree of files, commands run on it, and what they print.

`golden/NAME/before` is copied to a scratch directory, each command of `golden/NAME/scenario.yaml`
runs there, and what it prints must be `golden/NAME/expected/COMMAND` to the byte (what it prints
on stderr, `expected/COMMAND.stderr`; no such file where it prints nothing). `make golden` writes
the expected files anew; exit statuses stand in scenario.yaml and are only ever written by hand.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from conftest import ROOT, Cli
from ruamel.yaml import YAML

GOLDEN = ROOT / "golden"
UPDATE = os.environ.get("WAVEFIX_GOLDEN") == "update"


class Scenario(msgspec.Struct, forbid_unknown_fields=True):
    """One scenario.yaml: the commands by the file they print, and those that rewrite in place."""

    commands: dict[str, str]
    rewrite: list[str] = []
    exit: dict[str, int] = {}  # 0 where nothing is said
    tools: bool = False  # rendered by the real helm and kustomize
    renders: dict[str, str] = {}  # how those are called for each Application: a shell's command


SCENARIOS = {
    file.parent.name: msgspec.convert(YAML(typ="safe").load(file), Scenario)
    for file in sorted(GOLDEN.glob("*/scenario.yaml"))
}
COMMANDS = [
    (name, command) for name, scenario in SCENARIOS.items() for command in scenario.commands
]
REWRITES = [(name, line) for name, scenario in SCENARIOS.items() for line in scenario.rewrite]


def arguments(line: str) -> list[str]:
    program, *rest = shlex.split(line)
    assert program == "wavefix"
    return rest


def checkout(name: str, directory: Path) -> Path:
    """A fresh copy of a scenario's tree."""
    return Path(shutil.copytree(GOLDEN / name / "before", directory))


def tree(directory: Path) -> dict[str, bytes]:
    """Every file under a directory."""
    return {
        str(file.relative_to(directory)): file.read_bytes()
        for file in directory.rglob("*")
        if file.is_file()
    }


def compare(file: Path, actual: bytes) -> None:
    """Hold what was printed against the expected file; no file stands for nothing printed."""
    if not UPDATE:
        expected = file.read_bytes() if file.exists() else b""
        assert actual.decode() == expected.decode(), f"see {file.relative_to(ROOT)}; make golden"
    elif actual:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(actual)
    else:
        file.unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _tools(request: pytest.FixtureRequest) -> None:
    """The real tools, for a scenario that wants them."""
    name = getattr(request.node, "callspec", None) and request.node.callspec.params.get("name")
    if name and SCENARIOS[name].tools:
        request.getfixturevalue("tools")


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_prints_what_is_expected(name: str, command: str, tmp_path: Path, cli: Cli) -> None:
    scenario = SCENARIOS[name]
    line = arguments(scenario.commands[command])
    work = checkout(name, tmp_path / name)
    ran = cli(*line, cwd=work)
    assert ran.returncode == scenario.exit.get(command, 0), ran.stderr.decode()
    compare(GOLDEN / name / "expected" / command, ran.stdout)
    compare(GOLDEN / name / "expected" / f"{command}.stderr", ran.stderr)
    assert tree(work) == tree(GOLDEN / name / "before"), "a command that shows must not write"


@pytest.mark.parametrize(("name", "line"), REWRITES)
def test_rewrite_is_its_diff_and_ends_there_and_is_undone(
    name: str, line: str, tmp_path: Path, cli: Cli
) -> None:
    rewritten = checkout(name, tmp_path / "rewritten")
    ran = cli(*arguments(line), cwd=rewritten)
    assert ran.returncode == 0, ran.stderr.decode()

    applied = checkout(name, tmp_path / "applied")
    diff = cli(*arguments(line), "--dry-run", "--format", "diff", cwd=applied)
    if diff.stdout:
        subprocess.run(
            ["git", "apply", "--whitespace=nowarn"],
            cwd=applied,
            env=os.environ | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)},
            input=diff.stdout,
            check=True,
        )
    assert tree(rewritten) == tree(applied)

    again = cli(*arguments(line), "--check", cwd=rewritten)
    assert again.returncode == 0, again.stdout.decode()

    undone = cli("undo", cwd=rewritten)
    assert tree(rewritten) == tree(GOLDEN / name / "before")
    written = ran.stdout.decode().splitlines()[-1]
    taken = re.sub(" changes? in ", " taken back in ", written.removesuffix("; written"))
    taken = "nothing to undo" if taken == "nothing to change" else taken
    assert undone.stdout.decode().splitlines()[-1] == taken


def test_expected_files_all_belong_to_a_command() -> None:
    stale = [
        file
        for name, scenario in SCENARIOS.items()
        for file in (GOLDEN / name / "expected").glob("*")
        if file.name.removesuffix(".stderr") not in scenario.commands
    ]
    if UPDATE:
        for file in stale:
            file.unlink()
    else:
        assert not stale
