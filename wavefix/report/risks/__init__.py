"""What people ask first about a change of waves, and what wavefix checked for it.

One module for each question, with one pure function (Situation) -> facts. A question of which the
component gives no occasion has no facts, and is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from wavefix.report.risks import (
    definitions,
    deletion,
    limits,
    lost,
    renderers,
    restarts,
    secrets,
    syncs,
    unseen,
)
from wavefix.report.risks.fact import Fact, Item
from wavefix.report.situation import Situation

__all__ = ["Fact", "Item", "Risk", "risks"]


@dataclass(frozen=True, slots=True)
class Risk:
    """A question, and the facts about it."""

    title: str
    facts: tuple[Fact, ...]


_QUESTIONS: tuple[tuple[str, Callable[[Situation], Iterable[Fact]]], ...] = (
    ("A sync that fails or gets stuck", syncs.facts),
    ("An order that holds today and would be lost", lost.facts),
    ("A Secret that is not there yet", secrets.facts),
    ("A renderer that fails silently", renderers.facts),
    ("Limits that come too late", limits.facts),
    ("A kind or a webhook that is not there yet", definitions.facts),
    ("Pods that restart, Jobs that run again", restarts.facts),
    ("What is deleted, and when", deletion.facts),
    ("What wavefix could not see", unseen.facts),
)


def risks(now: Situation) -> Iterator[Risk]:
    """The questions that the component of a review gives occasion to."""
    for title, facts in _QUESTIONS:
        found = tuple(facts(now))
        if found:
            yield Risk(title, found)
