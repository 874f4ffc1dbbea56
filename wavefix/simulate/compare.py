"""The last word before a plan is written: a run of the sync as it is, and as it would be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from wavefix.argocd import phase_order
from wavefix.config import Config
from wavefix.durations import checked
from wavefix.errors import InputError
from wavefix.infer.structure import CRD
from wavefix.model import Application, Component, Graph, Key, Plan, Run, Step
from wavefix.simulate.component import WORST, degrades, simulate, waves_after, waves_before
from wavefix.simulate.tasks import NAMESPACE, defined_kind


def refusal(
    component: Component,
    graph: Graph,
    plan: Plan,
    config: Config,
    then: Sequence[Application] | None = None,
) -> InputError | None:
    """Why a plan must not be written: one of its syncs fails or gets stuck, and does not so now.

    `then` are the Applications as they would be, where the plan changes them too.
    """
    step = worsened(graph, plan, component.applications, config, then)
    if step is None:
        return None
    what = "be stuck" if step.outcome == "stuck" else "fail"
    return InputError(
        f"the plan for {component.name} is refused: Application {step.application} would {what} in "
        f"{step.phase} wave {step.wave} ({step.waited}), which it does not now",
        "pin what is named there, or wait for it by hand; `wavefix simulate` shows both runs",
        component.path,
    )


def worsened(
    graph: Graph,
    plan: Plan,
    applications: Sequence[Application],
    config: Config,
    then: Sequence[Application] | None = None,
) -> Step | None:
    """The step that ends a sync worse than today's; None where no Application gets worse.

    Edges of a cycle that no order could hold do not count: not all of them can be true.
    """
    believed = set(graph.edges).difference(plan.contradicted)
    graph = replace(graph, edges=tuple(believed)) if plan.contradicted else graph
    waves = waves_after(graph, plan)
    if succeeds(graph, waves, config):
        return None
    after = simulate(graph, waves, applications if then is None else then, config)
    if after.outcome == "succeeded":
        return None
    before = _ends(simulate(graph, waves_before(graph), applications, config))
    worse = [
        step
        for name, step in _ends(after).items()
        if name in before and WORST.index(step.outcome) > WORST.index(before[name].outcome)
    ]
    return min(worse, key=lambda step: (step.end, step.application), default=None)


def _ends(run: Run) -> dict[str, Step]:
    """The last step of each Application: its outcome is that of the sync."""
    return {step.application: step for step in run.steps}


def succeeds(graph: Graph, waves: Mapping[Key, int], config: Config) -> bool:
    """Whether a run surely succeeds, told without one: nothing waits for what comes later.

    So it is where all that anything waits for comes in an earlier step of its own sync, or in the
    same one and need only exist there. False says nothing.
    """
    applied = {r.key: r for r in graph.resources if r.phase not in ("Skip", "SyncFail")}
    defined: dict[str, set[str]] = defaultdict(set)
    for item in applied.values():
        if item.kind == CRD:
            defined[defined_kind(item)].add(item.application)
    for item in applied.values() if defined else ():
        if item.kind in defined and item.application not in defined[item.kind]:
            return False
    for edge in graph.edges:
        mine, other = applied.get(edge.dependent), applied.get(edge.dependency)
        if mine is None or other is None or edge.needs == "before":
            continue
        if edge.confidence == "heuristic" or mine is other:
            continue
        if mine.application != other.application or mine.kind in (NAMESPACE, CRD):
            return False  # it stands in another sync, or may be moved itself
        at = phase_order(mine.phase), waves[mine.key]
        needed = phase_order(other.phase), waves[other.key]
        if needed > at or (edge.needs == "ready" and needed == at):
            return False
        if edge.needs == "ready" and degrades(mine) and not checked(other, config):
            return False
    return True
