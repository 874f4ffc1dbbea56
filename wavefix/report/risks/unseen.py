"""What is not to be seen, and so has no place in the plan."""

from __future__ import annotations

from collections.abc import Iterator

from wavefix.report.risks.fact import Fact, items
from wavefix.report.situation import Situation
from wavefix.report.words import count


def facts(now: Situation) -> Iterator[Fact]:
    """Charts that were not rendered."""
    charts = [key for key, item in now.resources.items() if item.opaque and not item.parent]
    if charts:
        yield Fact(
            "note",
            f"{count(len(charts), 'chart')}, known from the values alone (`--pull` fetches charts)",
            items(charts),
        )
