"""The tutorial is run, from its first command to its last: what it shows is what is printed.

Each ```console block of docs/tutorial.md holds commands (`$ ...`) and what they print, in one
scratch repository, block after block. `make golden` writes the output anew; exit statuses are
written by hand: `<!-- exit 1 -->` before a block is the status of its last command, else 0.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

PAGE = ROOT / "docs" / "tutorial.md"
UPDATE = os.environ.get("WAVEFIX_GOLDEN") == "update"
BLOCK = re.compile(r"(?:<!-- exit (?P<exit>\d+) -->\n)?```console\n(?P<lines>.*?)```\n", re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n", re.MULTILINE)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository that the tutorial starts from, before its first commit."""
    program = tmp_path / "bin" / "wavefix"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wavefix "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_DATE", "2026-01-05T09:00:00Z")
    root = tmp_path / "shop"
    shutil.copytree(ROOT / "golden" / "portal" / "before", root)
    shutil.copytree(ROOT / "golden" / "plain" / "before" / "web", root / "K8s" / "web")
    return root


def test_every_command_prints_what_the_tutorial_shows(shop: Path) -> None:
    text = PAGE.read_text()
    blocks = list(BLOCK.finditer(text))
    commands = [command for block in blocks for command in COMMAND.findall(block["lines"])]
    assert {"lint", "simulate", "undo", "rollout"} <= {line.split()[1] for line in commands}
    for block in blocks:
        shown = ""
        for command in COMMAND.findall(block["lines"]):
            ran = subprocess.run(
                ["bash", "-c", command],
                cwd=shop,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            shown += f"$ {command}\n{ran.stdout}"
        assert ran.returncode == int(block["exit"] or 0), shown
        if UPDATE:
            text = text.replace(block["lines"], shown)
        else:
            assert block["lines"] == shown, "make golden writes it anew"
    if UPDATE:
        PAGE.write_text(text)
