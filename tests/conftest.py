"""What every test may count on: a quiet environment, and the command line as a user runs it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from yaml.nodes import Node

from wavefix import composer, patch, yamlio

ROOT = Path(__file__).resolve().parent.parent
Cli = Callable[..., "subprocess.CompletedProcess[bytes]"]

# Nothing is kept in the home of whoever runs the tests; set here, as rules are read on import too.
os.environ["XDG_CACHE_HOME"] = str(ROOT / ".pytest_cache" / "cache")

pytest.register_assert_rewrite("patching")

# `WAVEFIX_EXAMPLES=10000` tries the properties of edits as often, on new examples every time.
settings.register_profile("wavefix", deadline=None, derandomize=True)
settings.register_profile("campaign", deadline=None)
settings.load_profile("campaign" if "WAVEFIX_EXAMPLES" in os.environ else "wavefix")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No colours, a fixed width, a git that knows nothing of its user, and a state of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
    for name in (
        "CLICOLOR_FORCE", "FORCE_COLOR", "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "PY_COLORS",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("WAVEFIX_HELM", "WAVEFIX_KUSTOMIZE"):  # read from source: see `tools`
        monkeypatch.setenv(name, "")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.com")


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The real helm and kustomize, and nothing in Helm's cache; skipped where they are missing."""
    for name in ("helm", "kustomize"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
        monkeypatch.delenv(f"WAVEFIX_{name.upper()}")
    monkeypatch.setenv("HELM_CACHE_HOME", str(tmp_path_factory.mktemp("helm")))


@pytest.fixture
def cli() -> Cli:
    """`cli(*arguments, cwd=directory)` runs wavefix in a process of its own."""

    def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "wavefix", *arguments],
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            capture_output=True,
            check=False,
        )

    return run


@pytest.fixture(params=["libyaml", "python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both parsers that yamlio may end up with: their marks differ where nothing is written."""
    if request.param == "python":
        monkeypatch.setattr(yamlio, "compose", _python_compose())
    patch._parse.cache_clear()
    yield request.param
    patch._parse.cache_clear()


@cache
def _python_compose() -> Callable[[str], Iterator[Node]]:
    """`yamlio.compose` as it is where there is no libyaml."""
    spec = importlib.util.spec_from_file_location("composer_without_libyaml", composer.__file__)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as context:
        context.setitem(sys.modules, "yaml.cyaml", None)
        context.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
    assert module._Parser.__module__ == spec.name
    compose: Callable[[str], Iterator[Node]] = module.compose
    return compose
