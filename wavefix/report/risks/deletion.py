"""What does a prune delete first? It runs the waves backwards (gitops-engine, sync_tasks.go)."""

from __future__ import annotations

from collections.abc import Iterator

from wavefix.model import Edge
from wavefix.report.risks.fact import Fact, Item, ids
from wavefix.report.situation import Situation


def facts(now: Situation) -> Iterator[Fact]:
    """What goes before what needs it, then or today."""
    sure = [e for e in now.edges if e.confidence != "heuristic" and e.needs != "eventually"]
    worse = [e for e in sure if now.then.relation(e) == "late" != now.now.relation(e)]
    better = [e for e in sure if now.now.relation(e) == "late" and now.then.relation(e) == "first"]
    if worse:
        yield Fact("open", "a prune would delete these before what needs them", _items(worse))
    if better:
        yield Fact(
            "held",
            "a prune, which runs the waves backwards, would today delete these before what needs "
            "them, and with this change after it",
            _items(better),
        )


def _items(edges: list[Edge]) -> tuple[Item, ...]:
    by = {
        edge.dependency: {e.dependent for e in edges if e.dependency == edge.dependency}
        for edge in edges
    }
    return tuple(Item(key.id, f"needed by {ids(users)}") for key, users in sorted(by.items()))
