"""Plan: the Graph of a component and a profile -> a wave for each Resource, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from wavefix.catalogue import Catalogue
from wavefix.config import Config
from wavefix.model import Application, Edge, Finding, Graph, Key, Placement, Plan, Profile
from wavefix.plan import aggressive, conservative, wanted
from wavefix.plan.broken import ORDER_CODES
from wavefix.plan.cycles import break_cycles
from wavefix.plan.findings import (
    Checker,
    cross_application,
    out_of_order,
    told_of,
    without_place,
)
from wavefix.plan.keep import unknown
from wavefix.plan.order import broken
from wavefix.plan.problem import Problem, problem
from wavefix.plan.reasons import reasons
from wavefix.plan.rolling import ALONE, Across, ordered_by_steps, roll
from wavefix.plan.spaces import scopes, spaces

__all__ = ["ORDER_CODES", "broken_edges", "broken_under", "plan", "present_state", "roll"]


def plan(
    graph: Graph,
    applications: Iterable[Application],
    profile: Profile,
    config: Config,
    catalogue: Catalogue,
    across: Across = ALONE,
) -> Plan:
    """The planned wave of every resource of a component.

    The result depends on the graph, the profile and the configuration alone. What the steps of a
    rolling sync order is no business of waves; `across` says what is told of the Applications.
    """
    applications = tuple(applications)
    graph = _by_waves(graph, applications)
    of = scopes(applications, graph.resources)
    findings: list[Finding] = []
    given_up: set[Edge] = set()
    contradicted: list[Edge] = []
    placements: dict[Key, Placement] = {}
    for space in spaces(graph, of):
        made = problem(space, profile)
        break_cycles(made)
        if profile == "conservative":
            inside = {item.key for item in space.resources}
            outside = (r for r in graph.resources if r.key in of and r.key not in inside)
            found = _conservative(made, frozenset(item.effective for item in outside))
        else:
            found = _aggressive(made, config, catalogue)
        placements.update((placement.resource.key, placement) for placement in found)
        findings += made.findings
        given_up.update(made.given_up)
        contradicted += made.contradicted
    for resource in graph.resources:
        if resource.key not in placements:
            now = resource.now
            reason = f"stays: {resource.fixed}"
            placements[resource.key] = Placement(resource, now, reason, now, (now, now))
    checker = Checker(graph, of, catalogue, profile, frozenset(given_up))
    findings += _left(checker, placements)
    findings += cross_application(graph, of, across, catalogue)
    findings += without_place(placements.values())
    placed = tuple(_in_step(placements[key], config.remove_moot) for key in sorted(placements))
    return Plan(profile, placed, tuple(findings), contradicted=tuple(contradicted))


def _in_step(placement: Placement, removed: bool) -> Placement:
    """A placement that changes for readers only says so."""
    item = placement.resource
    if not item.moot or not placement.moves or placement.planned != item.effective:
        return placement
    wave = placement.planned
    what = "removed" if removed else "in step"
    reason = f"{what}: Argo CD uses wave {wave} already, and never reads what stands on pods"
    return replace(placement, reason=reason)


def present_state(
    graph: Graph, applications: Iterable[Application], planned: Plan, catalogue: Catalogue
) -> list[Finding]:
    """What is broken today, with what `planned` would do about it."""
    applications = tuple(applications)
    graph = _by_waves(graph, applications)
    of = scopes(applications, graph.resources)
    told = told_of(graph, planned.findings)
    checker = Checker(graph, of, catalogue, planned.profile, told)
    now = {resource.key: resource.effective for resource in graph.resources}
    return list(checker.findings(checker.broken(now), now, _then(planned.placements)))


def _by_waves(graph: Graph, applications: Iterable[Application]) -> Graph:
    """The graph without the edges that the steps of a rolling sync order."""
    steps = {app.name: app.step for app in applications}
    if all(step is None for step in steps.values()):
        return graph
    return replace(graph, edges=tuple(e for e in graph.edges if not ordered_by_steps(e, steps)))


def broken_edges(graph: Graph, made: Plan) -> list[Edge]:
    """The edges within one Application and phase that a plan leaves broken."""
    resources = {item.key: item for item in graph.resources}
    after = _then(made.placements)
    return [
        edge
        for edge in graph.edges
        if edge.dependent.application == edge.dependency.application
        and resources[edge.dependent].phase == resources[edge.dependency].phase != "Skip"
        and broken(
            edge,
            resources[edge.dependent],
            resources[edge.dependency],
            (after[edge.dependent], after[edge.dependency]),
        )
    ]


def broken_under(
    graph: Graph, applications: Iterable[Application], waves: Mapping[Key, int]
) -> list[Edge]:
    """The edges that Argo CD does not hold under given waves, those that no plan can hold too."""
    applications = tuple(applications)
    graph = _by_waves(graph, applications)
    return out_of_order(graph, scopes(applications, graph.resources), waves)


def _conservative(made: Problem, elsewhere: frozenset[int]) -> Iterator[Placement]:
    solved = conservative.solve(made, elsewhere)
    waves = wanted.later(made, solved)
    why = reasons(made, solved, set())
    why |= {
        index: text
        for index, text in (reasons(made, waves, set()) if waves != solved else {}).items()
        if made.nodes[index].placeless
    }
    for node in made.nodes:
        for member in node.members:
            kept = member.now
            planned = kept if solved[node.index] == node.wave else solved[node.index]
            wave = waves[node.index] if node.placeless else planned
            room = _room(made, waves, node.index)
            yield Placement(member, planned, why[node.index], wave, room)


def _aggressive(made: Problem, config: Config, catalogue: Catalogue) -> Iterator[Placement]:
    strangers = unknown(made, catalogue)
    solved, slack, _ = aggressive.solve(made, strangers, config, catalogue)
    waves = wanted.needed(made, solved)
    why = reasons(made, waves, strangers)
    for node in made.nodes:
        wave = waves[node.index]
        for member in node.members:
            kept = member.now
            planned = wave if node.movable else kept
            needs = wave if node.placeless else planned
            yield Placement(member, planned, why[node.index], needs, slack[node.index])


def _room(made: Problem, waves: Mapping[int, int], index: int) -> tuple[int, int]:
    """The earliest and latest wave of a node with everything else where it is."""
    wave = waves[index]
    low = [waves[v] + link.distance for v, link in made.links[index].items()]
    high = [waves[u] - made.links[u][index].distance for u in made.users[index]]
    return min(wave, max(low, default=wave)), max(wave, min(high, default=wave))


def _left(checker: Checker, placements: Mapping[Key, Placement]) -> Iterator[Finding]:
    """What the plan leaves broken, but for what a place for a release's wave would mend."""
    after = _then(placements.values())
    dream = {key: item.wanted for key, item in placements.items() if item.wanted != item.planned}
    broken = checker.broken(after)
    still = set(checker.broken(after | dream) if dream else broken)
    left = [e for e in broken if e in still or not dream.keys() & {e.dependent, e.dependency}]
    yield from checker.findings(left, after)


def _then(placements: Iterable[Placement]) -> dict[Key, int]:
    """The waves that Argo CD uses once the plan is written."""
    return {item.resource.key: item.wave for item in placements}
