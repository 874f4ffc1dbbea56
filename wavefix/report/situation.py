"""One component as it is and as planned: who stands where, and who comes before whom.

Pure functions over a review; what the picture, the risks and the commands of a review start from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from wavefix.argocd import phase_order
from wavefix.model import Application, ComponentReview, Edge, Key, Placement, Resource, Site
from wavefix.plan import broken_under
from wavefix.plan.awaited import Step, awaited
from wavefix.plan.rolling import ordered_by_steps

Relation = Literal["first", "beside", "late", "apart"]
"""How what is needed stands to what needs it: in an earlier wave or phase, in the same one, in a
later one; or in another Application, which no wave orders."""


@dataclass(frozen=True, slots=True)
class State:
    """The waves of a component at one time."""

    steps: Mapping[Key, Step]  # phase and wave of each resource that Argo CD applies
    awaited: Mapping[Key, Step]  # those that a sync waits for, whatever their health check
    broken: frozenset[Edge]  # what Argo CD does not hold, guesses among them
    rolling: Mapping[str, int | None]  # the step of a rolling sync that takes each Application

    @property
    def pairs(self) -> int:
        """How many needs Argo CD does not hold, guesses aside."""
        sure = (edge for edge in self.broken if edge.confidence != "heuristic")
        return len({(edge.dependent, edge.dependency) for edge in sure})

    def relation(self, edge: Edge) -> Relation:
        """How the dependency stands to the dependent."""
        if edge.dependent.application != edge.dependency.application:
            if not ordered_by_steps(edge, self.rolling):
                return "apart"
            mine = self.rolling[edge.dependent.application] or 0
            other = self.rolling[edge.dependency.application] or 0
            return "first" if other < mine else "late"
        there, here = self.steps[edge.dependency], self.steps[edge.dependent]
        if there == here:
            return "beside"
        return "first" if there < here else "late"

    def last(self, application: str) -> Step:
        """The last step of the sync of an Application that applies anything."""
        return max(step for key, step in self.steps.items() if key.application == application)


@dataclass(frozen=True, slots=True)
class Situation:
    """A component now and then, that is, once the plan is written."""

    part: ComponentReview
    resources: Mapping[Key, Resource]  # those that Argo CD applies
    moved: Mapping[Key, Placement]
    edges: tuple[Edge, ...]  # between those
    now: State
    then: State
    edited: frozenset[Site]  # where the plan writes

    @property
    def single(self) -> bool:
        """Whether all of it is in one namespace, which then goes without saying."""
        return len({item.namespace for item in self.resources.values()} - {""}) <= 1


def situation(part: ComponentReview, edited: frozenset[Site] = frozenset()) -> Situation:
    """The situation of a component; `edited`: where the plan writes, there and elsewhere."""
    before = {item.key: item for item in part.graph.resources}
    after = before | {
        placement.resource.key: replace(placement.resource, effective=placement.wave)
        for placement in part.plan.placements
    }
    applied = {key: item for key, item in before.items() if item.phase != "Skip"}
    edges = tuple(
        edge
        for edge in part.graph.edges
        if edge.dependent in applied and edge.dependency in applied
    )
    apps = part.component.applications
    return Situation(
        part,
        applied,
        {item.resource.key: item for item in part.plan.placements if item.moves},
        edges,
        _state(part, before, apps),
        _state(part, after, _stepped(part, apps)),
        edited,
    )


def _state(
    part: ComponentReview, resources: Mapping[Key, Resource], apps: tuple[Application, ...]
) -> State:
    waves = {key: item.effective for key, item in resources.items()}
    applied = [item for item in resources.values() if item.phase != "Skip"]
    return State(
        {item.key: (phase_order(item.phase), item.effective) for item in applied},
        awaited(applied),
        frozenset(broken_under(part.graph, apps, waves)),
        {app.name: app.step for app in apps},
    )


def _stepped(part: ComponentReview, apps: tuple[Application, ...]) -> tuple[Application, ...]:
    """The Applications with the steps of a rolling sync that is to be written."""
    rollout = part.plan.rollout
    if rollout is None:
        return apps
    steps = {name: number for number, names in enumerate(rollout.steps, 1) for name in names}
    return tuple(replace(app, step=steps.get(app.name, app.step)) for app in apps)
