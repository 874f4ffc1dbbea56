"""Wheel and sdist: built, installed and used as by people who never saw this repository."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT
from installing import BIN, outside, run

from wavefix import __version__

pytestmark = pytest.mark.index
PACKAGE = {
    file.relative_to(ROOT).as_posix()
    for file in (ROOT / "wavefix").rglob("*")
    if file.is_file() and file.suffix != ".pyc"
}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the sdist, and the wheel that is built of it, as a build frontend does."""
    directory = tmp_path_factory.mktemp("dist")
    run(BIN / "python", "-m", "build", "--outdir", directory, ROOT, cwd=directory)
    return directory


def artifact(built: Path, kind: str) -> Path:
    [file] = built.glob({"wheel": "*.whl", "sdist": "*.tar.gz"}[kind])
    return file


def with_pip(file: Path, home: Path) -> Path:
    run(BIN / "python", "-m", "venv", home, cwd=home.parent)
    run(home / "bin" / "pip", "install", "--quiet", "--no-compile", file, cwd=home.parent)
    return home / "bin"


def with_uv(file: Path, home: Path) -> Path:
    """As a tool of its own, as pipx does; its Python is beside what its program links to."""
    env = outside(UV_TOOL_DIR=str(home), UV_TOOL_BIN_DIR=str(home / "bin"))
    run(BIN / "uv", "tool", "install", "--quiet", "--python", BIN / "python", file,
        cwd=home.parent, env=env)  # fmt: skip
    return (home / "bin" / "wavefix").resolve().parent


@pytest.mark.parametrize("install", [with_pip, with_uv])
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_an_installed_copy_does_all_that_it_should(
    built: Path, kind: str, install: Callable[[Path, Path], Path], tmp_path: Path
) -> None:
    bin_ = install(artifact(built, kind), tmp_path / "home")
    work = tmp_path / "work"
    shutil.copytree(ROOT / "golden" / "portal" / "before", work)

    for command in ((bin_ / "wavefix",), (bin_ / "python", "-m", "wavefix")):
        assert run(*command, "--version", cwd=work) == f"wavefix {__version__}\n"
        shown = run(*command, "--dry-run", "K8s/portal", cwd=work)
        assert "LimitRange/portal" in shown
        assert "nothing written (dry run)" in shown
    where = "import wavefix; print(wavefix.__file__)"
    found = Path(run(bin_ / "python", "-c", where, cwd=work).strip())
    assert found.is_relative_to(tmp_path), "not the source tree"
    assert "cert-manager" in run(bin_ / "wavefix", "rules", cwd=work)


def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(artifact(built, "wheel")) as wheel:
        names = set(wheel.namelist())
        metadata = wheel.read(f"wavefix-{__version__}.dist-info/METADATA").decode()
    inside = {name for name in names if name.startswith("wavefix/")}
    assert inside == PACKAGE
    assert {name.split("/")[0] for name in names - inside} == {f"wavefix-{__version__}.dist-info"}
    assert f"wavefix-{__version__}.dist-info/licenses/LICENSE" in names
    assert f"\nVersion: {__version__}\n" in metadata


def test_a_wheel_of_the_tree_is_the_one_of_the_sdist_to_the_byte(
    built: Path, tmp_path: Path
) -> None:
    """So the sdist lacks nothing, and a build can be done again by whoever doubts it."""
    run(BIN / "python", "-m", "build", "--wheel", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    first, second = (
        hashlib.sha256(artifact(directory, "wheel").read_bytes()).hexdigest()
        for directory in (built, tmp_path)
    )
    assert first == second


def test_the_sdist_passes_tests_of_its_own(built: Path, tmp_path: Path) -> None:
    with tarfile.open(artifact(built, "sdist")) as sdist:
        sdist.extractall(tmp_path, filter="data")
    source = tmp_path / f"wavefix-{__version__}"
    for name in ("tests", "golden", "docs", "tools", "ci", "action.yml", "Containerfile",
                 ".pre-commit-hooks.yaml", ".ci/run", "Makefile", "CHANGELOG.md"):  # fmt: skip
        assert (source / name).exists(), name
    ran = run(
        BIN / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not golden or plain",
        "tests/test_config.py", "tests/test_readme.py", "tests/test_golden.py",
        cwd=source,
    )  # fmt: skip
    assert " passed" in ran
    assert " failed" not in ran
