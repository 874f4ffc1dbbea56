"""One component as it is and as planned: who stands where, and who comes before whom.

Pure functions over a review; what the picture, the risks and the commands of a review start from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from wavefix.argocd import phase_order
from wavefix.durations import APPLICATION
from wavefix.model import Application, ComponentReview, Edge, Key, Placement, Resource, Site
from wavefix.plan import broken_under
from wavefix.plan.awaited import Step, awaited
from wavefix.plan.rolling import ordered_by_steps

Relation = Literal["first", "beside", "late", "apart"]
"""How what is needed stands to what needs it: in an earlier wave or phase, in the same one, in a
later one; or in another Application, where neither waves nor steps order the two."""


Pair = tuple[Key, Key]
"""What needs something, and what it needs."""


def pairs(edges: Iterable[Edge]) -> set[Pair]:
    """The ends of edges: several may join the same two."""
    return {(edge.dependent, edge.dependency) for edge in edges}


@dataclass(frozen=True, slots=True)
class State:
    """The waves of a component at one time."""

    steps: Mapping[Key, Step]  # phase and wave of each resource that Argo CD applies
    awaited: Mapping[Key, Step]  # those that a sync waits for, whatever their health check
    broken: frozenset[Edge]  # what Argo CD does not hold, guesses among them
    rolling: Mapping[str, int | None]  # the step of a rolling sync that takes each Application
    children: Mapping[str, tuple[str, Step]]  # of an app-of-apps that waits: parent, and its step

    @property
    def pairs(self) -> int:
        """How many pairs of resources are not in the order that they need, and could be."""
        return len(pairs(self.broken) - self.apart)

    @property
    def apart(self) -> set[Pair]:
        """The pairs between Applications whose waves tell the wrong order; none tells Argo CD."""
        return pairs(edge for edge in self.broken if self.relation(edge) == "apart")

    def relation(self, edge: Edge) -> Relation:
        """How the dependency stands to the dependent."""
        mine, other = edge.dependent.application, edge.dependency.application
        if mine == other:
            there, here = self.steps[edge.dependency], self.steps[edge.dependent]
            return "beside" if there == here else "first" if there < here else "late"
        if ordered_by_steps(edge, self.rolling):
            return "first" if (self.rolling[other] or 0) < (self.rolling[mine] or 0) else "late"
        parents = self.children.get(mine), self.children.get(other)
        if parents[0] and parents[1] and parents[0][0] == parents[1][0]:
            there, here = parents[1][1], parents[0][1]
            return "apart" if there == here else "first" if there < here else "late"
        return "apart"

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
    single: bool  # all of it is in one namespace, which then goes without saying


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
        len({item.namespace for item in applied.values()} - {""}) <= 1,
    )


def _state(
    part: ComponentReview, resources: Mapping[Key, Resource], apps: tuple[Application, ...]
) -> State:
    waves = {key: item.effective for key, item in resources.items()}
    applied = [item for item in resources.values() if item.phase != "Skip"]
    steps = {item.key: (phase_order(item.phase), item.effective) for item in applied}
    broken = broken_under(part.graph, apps, waves)
    return State(
        steps,
        awaited(applied),
        frozenset(e for e in broken if e.dependent in steps and e.dependency in steps),
        {app.name: app.step for app in apps},
        _children(applied, apps, steps) if part.children_awaited else {},
    )


def _children(
    applied: Iterable[Resource], apps: Iterable[Application], steps: Mapping[Key, Step]
) -> dict[str, tuple[str, Step]]:
    """Where the Application object of each child stands in the sync of its parent."""
    objects = {
        (item.application, item.file, item.name): steps[item.key]
        for item in applied
        if item.kind == APPLICATION
    }
    out = {}
    for app in apps:
        # Where names repeat, `name@file:line` tells them apart.
        step = objects.get((app.parent, app.file, app.name.partition("@")[0]))
        if app.parent and step is not None:
            out[app.name] = app.parent, step
    return out


def _stepped(part: ComponentReview, apps: tuple[Application, ...]) -> tuple[Application, ...]:
    """The Applications with the steps of a rolling sync that is to be written."""
    rolling = part.plan.rolling
    if rolling is None:
        return apps
    steps = {name: number for number, names in enumerate(rolling.steps, 1) for name in names}
    return tuple(replace(app, step=steps.get(app.name, app.step)) for app in apps)
