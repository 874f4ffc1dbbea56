"""What is assumed of how long each kind takes, and where that is read."""

from __future__ import annotations

import pytest
from conftest import ROOT
from planning import resource

from wavefix.config import ArgoCD, Config
from wavefix.durations import duration
from wavefix.yamlio import load

FILE = ROOT / "wavefix" / "data" / "durations.yaml"
DATA = load(FILE.read_text("utf-8"), FILE.name)[0].data
DOCS = (ROOT / "docs" / "simulate.md").read_text("utf-8")
ROWS = [("any other kind with a health check", DATA["checked"])]
ROWS += [(f"`{kind}`", DATA["kinds"][kind]) for kind in sorted(DATA["kinds"])]


@pytest.mark.parametrize(("kind", "known"), ROWS)
def test_each_duration_stands_in_the_documentation_with_its_source(
    kind: str, known: dict[str, object]
) -> None:
    row = f"| {kind} | {known['seconds']} | [{known['why']}]({known['source']}) |"
    assert row in DOCS.splitlines()
    assert str(known["source"]).startswith("https://")


@pytest.mark.parametrize("kind", sorted(DATA["kinds"]))
def test_each_is_of_a_kind_that_is_waited_for(kind: str) -> None:
    config = Config(argocd=ArgoCD(application_health=True))
    assert duration(resource(f"{kind}/web/a", 0), config) == DATA["kinds"][kind]["seconds"] > 0
