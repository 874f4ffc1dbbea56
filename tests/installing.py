"""What tests of installed copies share: programs that install, and a copy of what is released."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from conftest import ROOT

BIN = Path(sys.executable).parent
# What makes up the package, and what other programs read of this repository.
RELEASED = ("pyproject.toml", "README.md", "LICENSE", "wavefix", ".pre-commit-hooks.yaml")


def outside(**more: str) -> dict[str, str]:
    """An environment in which nothing leads to this source tree; packages are kept where the user
    keeps them, so that they are fetched once."""
    env = {name: value for name, value in os.environ.items() if name not in _OURS}
    caches = Path.home() / ".cache"
    kept = {"PIP_CACHE_DIR": str(caches / "pip"), "UV_CACHE_DIR": str(caches / "uv")}
    return kept | env | more


_OURS = {"PYTHONPATH", "VIRTUAL_ENV"}


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """What a command prints; it has to succeed."""
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=cwd, env=env or outside(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def copy(names: Iterable[str], directory: Path) -> Path:
    """A copy of parts of this source tree."""
    for name in names:
        source, target = ROOT / name, directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    return directory
