"""Completion in shells: which words are offered, and where file names are left to the shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from conftest import ROOT

from wavefix.cli import app

GROUP: Any = typer.main.get_command(app)
COMMANDS = [*GROUP.commands, "rollout"]
Ran = subprocess.CompletedProcess[str]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`wavefix` as it is installed: a program of that name on the PATH."""
    file = tmp_path / "bin" / "wavefix"
    file.parent.mkdir()
    main = "from wavefix.__main__ import main; main()"
    file.write_text(f"#!{sys.executable}\nimport sys; sys.path.insert(0, {str(ROOT)!r})\n{main}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", str(file.parent), prepend=os.pathsep)
    return file


def run(*command: str, **environment: str) -> Ran:
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False
    )


def bash(*words: str) -> list[str]:
    """What is offered for the last of the words after `wavefix`."""
    ran = run(
        "wavefix",
        _WAVEFIX_COMPLETE="complete_bash",
        COMP_WORDS=" ".join(("wavefix", *words)),
        COMP_CWORD=str(len(words)),
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.split()


def typed(line: str, shell: str, **environment: str) -> Ran:
    """What zsh and fish ask."""
    return run(
        "wavefix", _WAVEFIX_COMPLETE=f"complete_{shell}", _TYPER_COMPLETE_ARGS=line, **environment
    )


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ([""], COMMANDS),
        (["li"], ["lint"]),
        (["apps/w"], []),
        (["--prof"], ["--profile"]),
        (["--vers"], ["--version"]),
        (["--profile", ""], ["conservative", "aggressive"]),
        (["--profile", "a"], ["aggressive"]),
        (["--format", ""], ["text", "diff", "json", "markdown"]),
        (["--dry-run", ""], []),
        (["fix", "--allow"], ["--allow-dirty"]),
        (["lint", ""], []),
        (["lint", "apps/w"], []),
        (["lint", "--fo"], ["--format"]),
        (["lint", "--format", "s"], ["sarif"]),
        (["lint", "--prof"], []),
        (["graph", "--format", ""], ["json", "dot", "mermaid"]),
        (["--", "li"], []),
    ],
)
def test_words_and_else_file_names(program: Path, words: list[str], offered: list[str]) -> None:
    assert bash(*words) == offered


def test_the_first_word_may_be_an_option_of_the_default_command_too(program: Path) -> None:
    assert {"--help", "--version", "--profile", "--check", "--format"} <= set(bash("--"))


def test_zsh(program: Path) -> None:
    assert '"lint":' in typed("wavefix ", "zsh").stdout
    assert typed("wavefix lint --format s", "zsh").stdout == "_arguments '*: :((\"sarif\"))'\n"
    assert typed("wavefix lint apps/w", "zsh").stdout == "_files\n"


def test_fish(program: Path) -> None:
    def fish(line: str, action: str) -> Ran:
        return typed(line, "fish", _TYPER_COMPLETE_FISH_ACTION=action)

    assert fish("wavefix li", "get-args").stdout.split()[0] == "lint"
    assert fish("wavefix li", "is-args").returncode == 0
    assert fish("wavefix lint apps/w", "is-args").returncode == 1, "files are offered instead"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_calls_wavefix(program: Path, shell: str) -> None:
    ran = run("wavefix", _WAVEFIX_COMPLETE=f"source_{shell}")
    assert ran.returncode == 0
    assert f"_WAVEFIX_COMPLETE=complete_{shell}" in ran.stdout


def test_a_real_bash(program: Path) -> None:
    """The script is read, and its function called as the shell does when a user presses Tab."""
    ask = (
        'eval "$(_WAVEFIX_COMPLETE=source_bash wavefix)"; complete -p wavefix; '
        "COMP_WORDS=(wavefix lint --format s) COMP_CWORD=3; _wavefix_completion wavefix; "
        'echo "${COMPREPLY[@]}"'
    )
    ran = run("bash", "--norc", "-c", ask)
    assert ran.stdout.splitlines() == [
        "complete -o default -F _wavefix_completion wavefix",
        "sarif",
    ]
