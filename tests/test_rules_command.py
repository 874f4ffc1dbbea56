"""`wavefix rules`: what is known, and from which document."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import Cli

from wavefix.rules.builtin import builtin

INFER = Path(__file__).resolve().parent.parent / "wavefix" / "infer"
HOUSE = """\
ecosystem: house
docs: https://example.org/widgets
rules:
- {id: house/plant, from: Widget.example.org, path: spec.plant, to: Plant.example.org, needs: ready}
"""


def test_every_ecosystem_is_a_line_with_its_document(tmp_path: Path, cli: Cli) -> None:
    ran = cli("rules", cwd=tmp_path)
    assert ran.returncode == 0
    lines = ran.stdout.decode().splitlines()
    for text in builtin().values():
        [line] = [line for line in lines if line.split()[:1] == [text.ecosystem]]
        assert line.endswith(f"  {text.docs}")


@pytest.mark.parametrize("word", ["core", "LimitRange", "core/limit-range", "limitrange"])
def test_a_word_shows_the_rules_about_it(word: str, tmp_path: Path, cli: Cli) -> None:
    output = cli("rules", word, cwd=tmp_path).stdout.decode()
    assert "core/limit-range\n" in output
    assert "https://kubernetes.io/docs/concepts/policy/limit-range/" in output


def test_a_word_that_nothing_is_about(tmp_path: Path, cli: Cli) -> None:
    ran = cli("rules", "nonsense", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert b"no rule about `nonsense`" in ran.stderr


def test_as_json(tmp_path: Path, cli: Cli) -> None:
    data = json.loads(cli("rules", "--format", "json", cwd=tmp_path).stdout)
    core = next(item for item in data["ecosystems"] if item["name"] == "core")
    [rule] = [item for item in core["rules"] if item["id"] == "core/env-secret"]
    assert (data["version"], rule["part"], rule["to"]) == (1, "rules", ["Secret"])
    assert rule["doc"].startswith("https://kubernetes.io/")


def test_rules_of_ones_own_are_listed(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "house.yaml").write_text(HOUSE)
    (tmp_path / ".wavefix.yaml").write_text("rules: [house.yaml]\n")
    (tmp_path / "below").mkdir()
    (tmp_path / ".git").mkdir()
    below = tmp_path / "below"
    assert b"https://example.org/widgets" in cli("rules", cwd=below).stdout
    assert b"spec.plant" in cli("rules", "house", cwd=below).stdout


def test_what_the_code_infers_is_listed_too() -> None:
    listed = {item.id for text in builtin().values() for item in text.derived}
    ids = re.compile(r'"((?:core|helm|kapp|werf|argocd|wavefix)/[a-z-]+|depends[-_]on)"')
    used = {id for file in INFER.glob("*.py") for id in ids.findall(file.read_text("utf-8"))}
    assert used - {"depends_on"} <= listed
    assert listed - {"depends_on"} <= used
