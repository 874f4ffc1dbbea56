"""Are kinds defined, and webhooks answered, when the first object of them comes?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wavefix.catalogue import catalogue
from wavefix.infer.structure import CRD
from wavefix.model import Edge
from wavefix.report.risks.fact import Fact, dependents, needed
from wavefix.report.situation import Situation
from wavefix.report.words import count

_BRINGS = "brings their kind or admits them"
_WEBHOOKS = frozenset(("core/webhook-backend", "core/webhook-admits", "core/webhook-converts"))


def facts(now: Situation) -> Iterator[Fact]:
    """What does not come in time for what needs it, by what brings it; and how much does."""
    wanted = _wanted(now)
    apart = [edge for edge in wanted if now.then.relation(edge) == "apart"]
    wrong = [e for e in wanted if e in now.then.broken and now.then.relation(e) != "apart"]
    if wrong:
        yield Fact("open", f"{_resources(wrong)} before, or beside, what {_BRINGS}", needed(wrong))
    if apart:
        yield Fact(
            "retried",
            f"{_resources(apart)} in another Application than what {_BRINGS}: the sync fails until "
            "that is there, and is tried again as `syncPolicy.retry` says",
            needed(apart),
        )
    if held := dependents(wanted) - dependents(wrong) - dependents(apart):
        yield Fact("held", f"{count(len(held), 'resource')} in time, after what {_BRINGS}")


def unseen(now: Situation) -> set[str]:
    """Applications whose kinds or webhooks a chart of another brings that is not rendered.

    A run of the sync knows nothing of these: it takes them as there.
    """
    return {
        edge.dependent.application
        for edge in _wanted(now)
        if now.resources[edge.dependency].opaque and now.then.relation(edge) == "apart"
    }


def _wanted(now: Situation) -> list[Edge]:
    """What needs a kind or a webhook, and what brings it."""
    brings = {provider.id for provider in catalogue().providers} | _WEBHOOKS
    return [
        edge
        for edge in now.edges
        if edge.dependency.id.startswith(f"{CRD}/")
        or (edge.rule in brings and edge.needs == "ready")
    ]


def _resources(edges: Sequence[Edge]) -> str:
    return count(len(dependents(edges)), "resource")
