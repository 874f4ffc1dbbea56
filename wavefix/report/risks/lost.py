"""Does the plan give up an order that holds today? It may, where a finding says how to keep it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from wavefix.model import Edge, Key
from wavefix.plan.awaited import named
from wavefix.plan.findings import CYCLE, IMPOSSIBLE
from wavefix.plan.problem import surest
from wavefix.plan.reasons import NEEDED
from wavefix.report.risks.fact import Fact, Item
from wavefix.report.situation import Situation


def facts(now: Situation) -> Iterator[Fact]:
    """The pairs that are broken only once the plan is written."""
    already = {(edge.dependent, edge.dependency) for edge in now.now.broken}
    found: dict[tuple[Key, Key], list[Edge]] = defaultdict(list)
    for edge in now.then.broken:
        if (edge.dependent, edge.dependency) not in already:
            found[edge.dependent, edge.dependency].append(edge)
    if not found:
        return
    yield Fact(
        "open",
        f"these come in time today, by the waves, and would no longer{_advice(now, found)}",
        tuple(_item(now, surest(found[pair])) for pair in sorted(found)),
    )


def _advice(now: Situation, pairs: Iterable[tuple[Key, Key]]) -> str:
    plan = now.part.plan
    asked = {item.resource.key for item in plan.placements if item.wanted != item.planned}
    if all(asked.intersection(pair) for pair in pairs):
        return "; apply the patches below (WF008) with this change to keep that"
    told = sorted({finding.code for finding in plan.findings} & {CYCLE, IMPOSSIBLE})
    return f"; see {' and '.join(told)} below" if told else ""


def _item(now: Situation, edge: Edge) -> Item:
    guess = " (by a guess)" if edge.confidence == "heuristic" else ""
    return Item(
        edge.dependency.id,
        f"{_goes(now, edge.dependency)}; {edge.dependent.id}, {NEEDED[edge.needs]}{guess}, "
        f"{_goes(now, edge.dependent)}",
    )


def _goes(now: Situation, key: Key) -> str:
    today, then = named(now.now.steps[key]), named(now.then.steps[key])
    return f"stays in {then}" if today == then else f"goes from {today} to {then}"
