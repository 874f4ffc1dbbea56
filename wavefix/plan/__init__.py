"""Plan: the Graph of a component and a profile -> a wave for each Resource, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wavefix.catalogue import Catalogue
from wavefix.config import Config
from wavefix.model import Application, Finding, Graph, Key, Placement, Plan, Profile
from wavefix.plan import aggressive, conservative
from wavefix.plan.findings import broken_edges, broken_findings, cross_application, without_place
from wavefix.plan.keep import unknown
from wavefix.plan.problem import Problem, problem, spaces
from wavefix.plan.reasons import reason

__all__ = ["plan", "present_state"]


def plan(
    graph: Graph,
    applications: Iterable[Application],
    profile: Profile,
    config: Config,
    catalogue: Catalogue,
) -> Plan:
    """The planned wave of every resource of a component.

    The result depends on the graph, the profile and the configuration alone.
    """
    findings: list[Finding] = []
    placements: dict[Key, Placement] = {}
    space_of: dict[Key, int] = {}
    for number, resources in enumerate(spaces(applications, graph.resources)):
        made = problem(resources, graph.edges, profile)
        findings += made.findings
        if profile == "conservative":
            waves = conservative.solve(made)
            slack: Mapping[int, tuple[int, int]] = {}
        else:
            solution = aggressive.solve(made, config, catalogue, findings)
            waves, slack = dict(solution.waves), solution.slack
        space_of.update((item.key, number) for item in resources)
        for placement in _placements(made, waves, slack, profile, catalogue):
            placements[placement.resource.key] = placement
    for resource in graph.resources:
        if resource.key not in placements:
            now = resource.effective if resource.declared is None else resource.declared
            reason = f"stays: {resource.fixed}"
            placements[resource.key] = Placement(resource, now, reason, now, (now, now))
    after = {key: placement.planned for key, placement in placements.items()}
    told = {key for key, placement in placements.items() if placement.wanted != placement.planned}
    left = [edge for edge in broken_edges(graph, after, space_of) if edge.dependent not in told]
    findings += broken_findings(graph, left, after, catalogue)
    findings += cross_application(graph, space_of)
    findings += without_place(placements.values())
    return Plan(profile, tuple(placements[key] for key in sorted(placements)), tuple(findings))


def present_state(
    graph: Graph, applications: Iterable[Application], planned: Plan, catalogue: Catalogue
) -> list[Finding]:
    """What is broken today, with what `planned` would do about it."""
    space_of = {
        item.key: number
        for number, resources in enumerate(spaces(applications, graph.resources))
        for item in resources
    }
    now = {resource.key: resource.effective for resource in graph.resources}
    after = {placement.resource.key: placement.planned for placement in planned.placements}
    return list(
        broken_findings(graph, broken_edges(graph, now, space_of), now, catalogue, mended=after)
    )


def _placements(
    made: Problem,
    waves: dict[int, int],
    slack: Mapping[int, tuple[int, int]],
    profile: Profile,
    catalogue: Catalogue,
) -> Iterable[Placement]:
    strangers = frozenset(unknown(made, catalogue)) if profile == "aggressive" else frozenset()
    if profile == "conservative":
        _want(made, waves)
    for node in made.nodes:
        wanted = waves[node.index]
        why = reason(made, node, waves, profile, strangers)
        bounds = slack.get(node.index) or _room(made, waves, node.index)
        for member in node.members:
            kept = member.effective if member.declared is None else member.declared
            moved = node.movable and wanted != node.wave
            yield Placement(member, wanted if moved else kept, why, wanted, bounds)


def _want(made: Problem, waves: dict[int, int]) -> None:
    """The waves that placeless releases would need, given where everything else stands."""
    placeless = [node.index for node in made.nodes if node.placeless]
    for _ in placeless:
        for index in placeless:
            needs = [waves[v] + 1 for v, link in made.links[index].items() if link.strict]
            waves[index] = max([waves[index], *needs])


def _room(made: Problem, waves: Mapping[int, int], index: int) -> tuple[int, int]:
    """The earliest and latest wave of a node with everything else where it is."""
    wave = waves[index]
    low = [waves[v] + link.distance for v, link in made.links[index].items()]
    high = [waves[u] - made.links[u][index].distance for u in made.users[index]]
    return min(wave, max(low, default=wave)), max(wave, min(high, default=wave))
