"""Is the Secret there when something reads it? Those that other objects make, and those of nobody.

The kubelet holds a pod whose Secret is missing, and looks again (kubernetes.io/docs/concepts/
configuration/secret, "Restriction: Secret must exist"). What needs more than that says so in its
edge: a Job, an ExternalSecret's store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal

from wavefix.argocd import has_health
from wavefix.model import Edge, Key
from wavefix.plan.awaited import named
from wavefix.report.risks.fact import Answer, Fact, Item, dependents, ids, listed
from wavefix.report.risks.renderers import WRITES
from wavefix.report.situation import Situation, State
from wavefix.report.words import count

Case = Literal["waited for", "unwatched", "beside", "apart", "late"]


def facts(now: Situation) -> Iterator[Fact]:
    """First what is made in time, then what somebody waits for, then what nobody sees to."""
    reads: dict[tuple[Case, bool], list[Edge]] = defaultdict(list)
    for edge in now.edges:
        if _reads_made(edge):
            reads[_case(now, edge, now.then), edge.needs == "eventually"].append(edge)
    for (case, patient), edges in sorted(reads.items()):
        yield _fact(now, case, patient, edges)
    yield from _outside(now)


def _reads_made(edge: Edge) -> bool:
    """Whether it leads to what makes a Secret, which something reads. Jobs are renderers."""
    made = edge.through.startswith("Secret/") and edge.rule != WRITES
    return made and edge.confidence != "heuristic"


def _case(now: Situation, edge: Edge, state: State) -> Case:
    relation = state.relation(edge)
    if relation == "first":
        watched = has_health(now.resources[edge.dependency].kind)
        return "waited for" if watched and edge.dependency in state.awaited else "unwatched"
    return relation


def _fact(now: Situation, case: Case, patient: bool, edges: Sequence[Edge]) -> Fact:
    made = count(len({edge.through for edge in edges}), "Secret")
    makers = listed(sorted({_kind(edge.dependency) for edge in edges}))
    new = _until_now(now, case, edges)
    if case == "waited for":
        return Fact(
            "held",
            f"{made}, made by {makers} of an earlier wave than that of the readers; the sync waits "
            f"there until these are healthy{new}",
        )
    where = {
        "unwatched": f"by {makers} of an earlier wave, which Argo CD takes for done once applied",
        "beside": "in the wave of the readers",
        "apart": "by another Application than that of the readers, which no wave orders",
        "late": "in a later wave than that of the readers",
    }[case]
    if not patient:
        then = "what reads them needs them at once, and fails without until a retry"
    elif case == "late":
        then = "pods wait for them, and the sync for the pods"
    else:
        then = "pods wait until the kubelet finds them, controllers look again"
    answer: Answer = "retried" if patient and case != "late" else "open"
    items = tuple(_item(now, through, edges) for through in sorted({e.through for e in edges}))
    return Fact(answer, f"{made}, made {where}; {then}{new}", items)


def _until_now(now: Situation, case: Case, edges: Sequence[Edge]) -> str:
    """What is new about it."""
    changed = [edge for edge in edges if _case(now, edge, now.now) != case]
    if not changed:
        return ", as today"
    all_of_them = len({edge.through for edge in changed}) == len({edge.through for edge in edges})
    who = "all" if all_of_them else str(len({edge.through for edge in changed}))
    return f" (new for {who} of them)"


def _item(now: Situation, through: str, edges: Sequence[Edge]) -> Item:
    mine = [edge for edge in edges if edge.through == through]
    makers = sorted({edge.dependency for edge in mine})
    made = listed(f"{key.id} ({named(now.then.steps[key])})" for key in makers)
    return Item(through, f"made by {made}, read by {ids(dependents(mine))}")


def _outside(now: Situation) -> Iterator[Fact]:
    """Secrets that nothing in sight makes."""
    readers: dict[str, set[Key]] = defaultdict(set)
    for external in now.part.graph.externals:
        if external.kind == "Secret" and external.dependent in now.resources:
            name = "/".join(filter(None, ("Secret", external.namespace, external.name)))
            readers[name].add(external.dependent)
    if not readers:
        return
    charts = any(item.opaque for item in now.resources.values())
    made = count(len(readers), "Secret")
    or_chart = ", unless a chart that is not rendered makes it" if charts else ""
    yield Fact(
        "open",
        f"{made} that nothing in sight makes, to be in the cluster before the sync{or_chart}",
        tuple(Item(name, f"read by {ids(keys)}") for name, keys in sorted(readers.items())),
    )


def _kind(key: Key) -> str:
    return f"{key.id.partition('/')[0].partition('.')[0]}s"
