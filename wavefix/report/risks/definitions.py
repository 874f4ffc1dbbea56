"""Are kinds defined, and webhooks answered, when the first object of them comes?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from wavefix.catalogue import catalogue
from wavefix.infer.structure import CRD
from wavefix.model import Edge, Key
from wavefix.report.risks.fact import Fact, Item, dependents, ids
from wavefix.report.situation import Situation
from wavefix.report.words import count

_WEBHOOKS = frozenset(("core/webhook-backend", "core/webhook-admits", "core/webhook-converts"))


def facts(now: Situation) -> Iterator[Fact]:
    """What does not come in time for what needs it, by what brings it; and how much does."""
    brings = {provider.id for provider in catalogue().providers} | _WEBHOOKS
    needed = [
        edge
        for edge in now.edges
        if edge.dependency.id.startswith(f"{CRD}/")
        or (edge.rule in brings and edge.needs == "ready")
    ]
    wrong = [e for e in needed if e in now.then.broken and now.then.relation(e) != "apart"]
    apart = [edge for edge in needed if now.then.relation(edge) == "apart"]
    held = dependents(needed) - dependents(wrong) - dependents(apart)
    for answer, edges, text in (
        ("open", wrong, "come before, or beside, what brings their kind or admits them"),
        (
            "retried",
            apart,
            "need what another Application brings: their sync fails until that is there, and is "
            "retried as `syncPolicy.retry` says",
        ),
    ):
        if edges:
            yield Fact(
                "open" if answer == "open" else "retried",
                f"{count(len(dependents(edges)), 'resource')} {text}",
                tuple(_items(edges)),
            )
    if held:
        yield Fact(
            "held",
            f"{count(len(held), 'resource')} come after what brings their kind or admits them",
        )


def _items(edges: Sequence[Edge]) -> Iterator[Item]:
    by: dict[Key, list[Edge]] = defaultdict(list)
    for edge in edges:
        by[edge.dependency].append(edge)
    for key, mine in sorted(by.items()):
        yield Item(key.id, f"of {key.application}, needed by {ids(dependents(mine))}")
