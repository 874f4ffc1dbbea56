"""The campaign for exactness, over the manifests of the golden scenarios."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from exactness import main

GOLDEN = Path(__file__).parent.parent / "golden"


def test_every_edit_of_the_golden_scenarios_is_exact(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*map(str, sorted(GOLDEN.glob("*/before"))), "--sample", "0"]) == 0
    shown = capsys.readouterr().out
    [total] = [line for line in shown.splitlines() if line.startswith("all ")]
    _, files, _, places, *_, failures = re.split(r"\s{2,}", total)
    assert (int(files) > 150, int(places) > 250, failures) == (True, True, "0")


def test_failures_and_refusals_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name:   'x'}\n")
    (tmp_path / "b.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: &m {}\nspec: *m\n")
    monkeypatch.setattr("wavefix.patch.style.value_quote", lambda *_: '"')
    assert main([str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert f'{tmp_path}/a.yaml: 0.metadata.annotations: set: line 3: the quotes are "\n' in shown
    assert "1  set: the alias … in line … repeats it, and would change too\n" in shown
    assert "prints 1 of 2 files as they were" in shown
