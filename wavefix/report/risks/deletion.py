"""What does a prune delete first? It runs the waves backwards (gitops-engine, sync_tasks.go)."""

from __future__ import annotations

from collections.abc import Iterator

from wavefix.report.risks.fact import Fact, needed
from wavefix.report.situation import Situation


def facts(now: Situation) -> Iterator[Fact]:
    """What goes before what needs it, with the plan or today."""
    sure = [e for e in now.edges if e.confidence != "heuristic" and e.needs != "eventually"]
    worse = [e for e in sure if now.then.relation(e) == "late" != now.now.relation(e)]
    better = [e for e in sure if now.now.relation(e) == "late" and now.then.relation(e) == "first"]
    if worse:
        yield Fact(
            "open",
            "a prune, which runs the waves backwards, would delete these before what needs them",
            needed(worse),
        )
    if better:
        yield Fact(
            "held",
            "a prune, which runs the waves backwards, deletes these after what needs them, and "
            "today before it",
            needed(better),
        )
