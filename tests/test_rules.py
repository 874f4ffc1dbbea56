"""The built-in rules, one case file per ecosystem: manifests, and exactly the edges they have."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_infer_scene import edges, graph

from wavefix.rules.reader import RuleFile, read

RULES = Path(__file__).parent.parent / "wavefix" / "rules"
CASES = Path(__file__).parent / "rules"
ECOSYSTEMS = sorted(path.stem for path in CASES.glob("*.yaml"))


@cache
def _file(ecosystem: str) -> RuleFile:
    path = RULES / f"{ecosystem}.yaml"
    return read(str(path), path.read_text("utf-8"))


@cache
def _ids(ecosystem: str) -> frozenset[str]:
    return frozenset(id for id, _ in _file(ecosystem).ids())


@cache
def _cases(ecosystem: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = yaml.safe_load((CASES / f"{ecosystem}.yaml").read_text("utf-8"))
    return cases


ALL = [
    pytest.param(ecosystem, case, id=f"{ecosystem}: {case['name']}")
    for ecosystem in ECOSYSTEMS
    for case in _cases(ecosystem)
]


@pytest.mark.parametrize(("ecosystem", "case"), ALL)
def test_edges(ecosystem: str, case: dict[str, Any]) -> None:
    found = edges(graph(case["manifests"]))
    own = _ids(ecosystem)
    assert sorted(line for line in found if line.split()[5] in own) == sorted(case["edges"])


@pytest.mark.parametrize("ecosystem", ECOSYSTEMS)
def test_every_rule_is_shown(ecosystem: str) -> None:
    shown = {line.split()[5] for case in _cases(ecosystem) for line in case["edges"]}
    assert _ids(ecosystem) - shown == set()


@pytest.mark.parametrize("ecosystem", ECOSYSTEMS)
def test_every_rule_says_why_and_from_where(ecosystem: str) -> None:
    file = _file(ecosystem)
    assert file.text.ecosystem == ecosystem
    for part in ("rules", "hosts", "makes", "defines", "policies"):
        for rule in getattr(file.text, part):
            assert rule.id.startswith(f"{ecosystem}/"), rule.id
            assert rule.why, rule.id
            assert (rule.doc or file.text.docs).startswith("https://"), rule.id
