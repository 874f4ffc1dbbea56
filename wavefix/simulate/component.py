"""A run of one component: all its Applications at once, each with its own clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from wavefix.config import Config
from wavefix.durations import APPLICATION, checked, duration
from wavefix.model import Application, Graph, Key, Outcome, Plan, Resource, Run, Step
from wavefix.simulate.critical import critical
from wavefix.simulate.estimate import floor
from wavefix.simulate.rolling import rolling
from wavefix.simulate.run import Clock
from wavefix.simulate.sync import Rules, Sync
from wavefix.simulate.tasks import Task, defined_kind, groups, ordered, tasks
from wavefix.simulate.world import World, waits
from wavefix.yamlio import get

# What a run of several syncs comes to is the worst of them.
WORST: tuple[Outcome, ...] = ("succeeded", "failed", "stuck")
_SKIP_DRY_RUN = "SkipDryRunOnMissingResource=true"


def waves_before(graph: Graph) -> dict[Key, int]:
    """The waves that Argo CD uses now."""
    return {item.key: item.effective for item in graph.resources}


def waves_after(graph: Graph, plan: Plan) -> dict[Key, int]:
    """The waves that Argo CD would use once the plan is written."""
    return waves_before(graph) | {item.resource.key: item.wave for item in plan.placements}


def simulate(
    graph: Graph,
    waves: Mapping[Key, int],
    applications: Sequence[Application] = (),
    config: Config | None = None,
    learned: Mapping[str, float] | None = None,
) -> Run:
    """One component's sync, from nothing but what no source of it provides.

    `learned` holds seconds from applied to healthy by resource id, from recorded syncs.
    """
    config = config or Config()
    known = {app.name: app for app in applications}
    resources = {item.key: item for item in sorted(graph.resources, key=lambda item: item.key)}
    todo: dict[str, list[Task]] = defaultdict(list)
    for key, item in resources.items():
        app = known.get(key.application)
        never = app is not None and app.step == 0  # no step of the rolling sync takes it
        if item.phase != "Skip" and not never:
            todo[key.application] += tasks(item, app.namespace if app else "", waves[key])
    syncs = {name: _sync(name, found, known.get(name)) for name, found in todo.items()}
    syncs = {name: sync for name, sync in syncs.items() if sync.groups}
    runs = {
        task.key for s in syncs.values() for g in s.groups for batch in g.batches for task in batch
    }
    applied = {key: item for key, item in resources.items() if key in runs}
    world = World(
        waits(graph.edges, applied),
        frozenset(key for key, item in applied.items() if checked(item, config)),
    )
    children = _children(applied, applications, syncs)
    took = {key: duration(item, config, learned or {}) for key, item in applied.items()}
    rules = _rules(applied, world, known, config)
    clock = Clock(
        world, rules, syncs, took, children, rolling(known[n] for n in known if n in syncs)
    )
    clock.run()
    return replace(_run(clock), floor=floor(graph, took))


def together(runs: Sequence[Run]) -> Run:
    """Components that sync at the same time, as one run."""
    steps = [step for run in runs for step in run.steps]
    return Run(
        max((run.seconds for run in runs), default=0.0),
        max((run.outcome for run in runs), key=WORST.index, default="succeeded"),
        tuple(sorted(steps, key=_by_time)),
        max((run.floor for run in runs), default=0.0),
    )


def _by_time(step: Step) -> tuple[float, str, int, float]:
    return step.start, step.application, step.attempt, step.end


def _sync(name: str, unordered: Sequence[Task], app: Application | None) -> Sync:
    found = ordered(unordered)
    first, last = found[0], found[-1]
    several = (first.phase, first.wave) != (last.phase, last.wave)
    retry = (app or Application(name, "", ())).retry
    return Sync(name, groups(found), retry, several)


def _rules(
    resources: Mapping[Key, Resource],
    world: World,
    known: Mapping[str, Application],
    config: Config,
) -> Rules:
    crds: dict[str, list[Key]] = defaultdict(list)
    for key, item in resources.items():
        if kind := defined_kind(item):
            crds[kind].append(key)
    skips = {name for name, app in known.items() if app.skip_dry_run}
    return Rules(
        config.argocd.wave_delay,
        {kind: tuple(keys) for kind, keys in crds.items()},
        frozenset(key for key in world.checked if degrades(resources[key])),
        frozenset(
            key
            for key, item in resources.items()
            if key.application in skips or _skips_dry_run(item)
        ),
    )


def degrades(resource: Resource) -> bool:
    """Whether it says so when it lacks something; Kubernetes' own kinds wait without a word."""
    group = resource.kind.partition(".")[2]
    return "." in group and not group.endswith(".k8s.io") and resource.kind != APPLICATION


def _skips_dry_run(resource: Resource) -> bool:
    options = get(resource.body, "metadata", "annotations", "argocd.argoproj.io/sync-options")
    return isinstance(options, str) and _SKIP_DRY_RUN in [o.strip() for o in options.split(",")]


def _children(
    resources: Mapping[Key, Resource],
    applications: Sequence[Application],
    syncs: Mapping[str, Sync],
) -> dict[Key, str]:
    """The Applications that others apply, by the resource that each is."""
    found = {
        (item.key.application, item.file, item.name): key
        for key, item in resources.items()
        if item.kind == APPLICATION
    }
    out = {}
    for app in applications:
        # Where names repeat, `name@file:line` tells them apart.
        key = found.get((app.parent, app.file, app.name.partition("@")[0]))
        if key is not None and app.name in syncs:
            out[key] = app.name
    return out


def _run(clock: Clock) -> Run:
    world, syncs = clock.world, clock.syncs
    path = critical(world, syncs, clock.children, clock.let)
    steps = []
    for name, sync in syncs.items():
        for number, step in enumerate(sync.steps):
            end = step.end
            if sync.outcome == "succeeded" and number == len(sync.steps) - 1:
                applied = (key for batch in step.applied for key in batch)
                end = max([end, *(world.working.get(key, end) for key in applied)])
            steps.append(replace(step, end=end, critical=(name, number) in path))
    steps.sort(key=_by_time)
    outcomes: list[Outcome] = [sync.outcome for sync in syncs.values() if sync.outcome]
    end = max([*world.working.values(), *(step.end for step in steps)], default=0.0)
    return Run(end, max(outcomes, key=WORST.index, default="succeeded"), tuple(steps))
