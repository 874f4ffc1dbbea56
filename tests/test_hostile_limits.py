"""How much is read has bounds: each message names the file, the limit and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_bad_input import run
from test_discover_samples import make, manifest

CM = manifest("ConfigMap", "a", 1)
WAY_OUT = "name what is not needed under `exclude` in .wavefix.yaml, or raise `limits.{}` there"
TEN = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9 if n else 'x')}]\n" for n in range(5))

# A limit, what is beyond it, what is said of it, and a value that lets it through.
BEYOND: dict[str, tuple[int, dict[str, str], str, int]] = {
    "file_size": (100, {"x.yaml": CM + "# " + "x" * 100}, "x.yaml: more than 100 bytes", 1000),
    "total_size": (
        200,
        {f"{n}.yaml": CM.replace("a\n", f"a{n}\n") for n in range(4)},
        "1.yaml: more than 200 bytes in all files together",
        10_000,
    ),
    "files": (
        3,
        {f"{n}.yaml": CM.replace("a\n", f"a{n}\n") for n in range(5)},
        "more than 3 files and directories",
        20,
    ),
    "documents": (
        2,
        {"x.yaml": "---\n".join(CM.replace("a\n", f"a{n}\n") for n in range(3))},
        "x.yaml:15: more than 2 documents",
        3,
    ),
    "nodes": (50, {"x.yaml": CM + TEN}, "x.yaml:", 100_000),
    "depth": (10, {"x.yaml": CM + "d: " + "[" * 12 + "]" * 12}, "x.yaml:", 20),
}


@pytest.mark.parametrize("key", BEYOND)
def test_what_is_beyond_a_limit_is_named_with_the_limit(tmp_path: Path, key: str) -> None:
    limit, files, message, _ = BEYOND[key]
    root = make(tmp_path / "r", {".wavefix.yaml": f"limits: {{{key}: {limit}}}\n", **files})
    status, stdout, stderr = run(root, "lint")
    assert status == 2
    assert message in stderr
    assert WAY_OUT.format(key) in stderr
    assert "Traceback" not in stdout + stderr


@pytest.mark.parametrize("key", BEYOND)
def test_raising_the_limit_lets_it_through(tmp_path: Path, key: str) -> None:
    _, files, _, enough = BEYOND[key]
    root = make(tmp_path / "r", {".wavefix.yaml": f"limits: {{{key}: {enough}}}\n", **files})
    status, _, stderr = run(root, "lint")
    assert (status, stderr) == (0, "")


@pytest.mark.parametrize("value", ["0", "-1", "no", "99999999999999"])
def test_a_limit_has_limits(tmp_path: Path, value: str) -> None:
    root = make(
        tmp_path / "r", {".wavefix.yaml": f"limits: {{file_size: {value}}}\n", "x.yaml": CM}
    )
    status, _, stderr = run(root, "lint")
    assert status == 2
    assert stderr.startswith(".wavefix.yaml:1: ")
    assert "limits.file_size" in stderr
