"""Whatever a component looks like: what both profiles promise, against a brute-force planner.

The oracle knows the design's table of distances and tries every assignment of waves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random

from hypothesis import assume, event, given, note, settings
from hypothesis import strategies as st
from planning import (
    CATALOGUE,
    CONFIG,
    Planned,
    aggressive,
    conservative,
    needs,
    planned,
    release,
    resource,
    today,
)

from wavefix.argocd import applies_first, has_health
from wavefix.config import ArgoCD, Config
from wavefix.durations import checked, duration
from wavefix.model import CONFIDENCES, NEEDS, Edge, Graph, Key, Phase, Profile, Resource, Site
from wavefix.plan import ORDER_CODES
from wavefix.plan import aggressive as aggressive_profile
from wavefix.plan.cycles import break_cycles
from wavefix.plan.keep import unknown
from wavefix.plan.problem import problem
from wavefix.plan.spaces import scopes, spaces

# In the order in which one wave applies them; the first ones run nothing.
KINDS = (
    "Namespace",
    "LimitRange",
    "ConfigMap",
    "Deployment.apps",
    "StatefulSet.apps",
    "Job.batch",
    "ExternalSecret.external-secrets.io",
    "Widget.example.org",
)
RUNS = ("Deployment.apps", "StatefulSet.apps", "Job.batch", "HelmRelease")
DURATIONS = st.sampled_from([None, 0.0, 1.0, 10.0, 45.0])


@st.composite
def resources(
    draw: st.DrawFn,
    most: int,
    fixed: bool = False,
    releases: bool = False,
    kinds: Sequence[str] = KINDS[:-1],
    apps: int = 2,
) -> list[Resource]:
    out = []
    for number in range(draw(st.integers(1, most))):
        wave = draw(st.one_of(st.none(), st.integers(-2, 3)))
        app = f"app-{draw(st.integers(1, apps))}"
        if releases and draw(st.integers(0, 4)) == 0:
            out.append(release(f"r{number}", draw(st.sampled_from([None, wave])), app=app))
            continue
        stays = "pinned" if fixed and draw(st.integers(0, 2)) == 0 else ""
        out.append(
            resource(f"{draw(st.sampled_from(kinds))}/web/x{number}", wave, app=app, fixed=stays)
        )
    return out


@st.composite
def components(draw: st.DrawFn, /, most: int = 6, **more: object) -> Graph:
    items = draw(resources(most, **more))  # type: ignore[arg-type]
    ends = st.tuples(st.integers(0, len(items) - 1), st.integers(0, len(items) - 1))
    pairs = draw(st.lists(ends.filter(lambda pair: pair[0] != pair[1]), max_size=2 * len(items)))
    edges = [
        needs(
            items[u],
            items[v],
            draw(st.sampled_from(NEEDS)),
            draw(st.sampled_from(CONFIDENCES)),
            line=number + 2,
        )
        for number, (u, v) in enumerate(pairs)
    ]
    graph = Graph(tuple(items), tuple(edges))
    note(sketch(graph))
    return graph


@st.composite
def configs(draw: st.DrawFn) -> Config:
    times = {kind: draw(DURATIONS) for kind in (*RUNS, "ExternalSecret.external-secrets.io")}
    return Config(
        durations={kind: time for kind, time in times.items() if time is not None},
        argocd=ArgoCD(wave_delay=draw(st.sampled_from([0.0, 2.0, 20.0]))),
    )


def sketch(graph: Graph) -> str:
    """A component in few lines, for whoever reads a failure."""
    lines = [
        f"{item.id} ({item.application}, {item.phase}): {item.effective} {item.fixed}"
        f"{' shared' if item.sites and item.sites[0].file == 'shared.yaml' else ''}"
        f"{'' if item.sites else ' no site'}"
        for item in graph.resources
    ]
    edges = [
        f"{e.dependent.id} -> {e.dependency.id}: {e.needs} {e.confidence}" for e in graph.edges
    ]
    return "\n".join(["", *lines, *edges])


def given_up(graph: Graph, profile: Profile, config: Config = CONFIG) -> set[Edge]:
    """The edges that the planner says no plan can hold."""
    out: set[Edge] = set()
    for space in spaces(graph, scopes((), graph.resources)):
        made = problem(space, profile)
        break_cycles(made)
        if profile == "aggressive":
            aggressive_profile.solve(made, unknown(made, CATALOGUE), config, CATALOGUE)
        out.update(made.given_up)
    return out


def distance(edge: Edge, of: Mapping[Key, Resource]) -> int:
    """The design's table, column aggressive."""
    if edge.needs in ("ready", "before"):
        return 1
    first = applies_first(of[edge.dependency], of[edge.dependent])
    return 0 if edge.needs == "eventually" or first else 1


def constraints(graph: Graph, lost: Iterable[Edge]) -> dict[tuple[Key, Key], int]:
    of = {item.key: item for item in graph.resources}
    out: dict[tuple[Key, Key], int] = {}
    for edge in set(graph.edges).difference(lost):
        ends = edge.dependent, edge.dependency
        out[ends] = max(out.get(ends, 0), distance(edge, of))
    return out | places_kept(graph, set(out))


def places_kept(graph: Graph, pairs: set[tuple[Key, Key]]) -> dict[tuple[Key, Key], int]:
    """What unknown resources keep their place among, unless an edge says otherwise."""
    now = {item.key: item.effective for item in graph.resources}
    below, above = closure(now, pairs), closure(now, {(v, u) for u, v in pairs})
    ends = {key for edge in graph.edges for key in (edge.dependent, edge.dependency)}
    out: dict[tuple[Key, Key], int] = {}
    for item in graph.resources:
        if item.key in ends or not (item.opaque or item.kind == "Widget.example.org"):
            continue
        mine = now[item.key]
        for key, wave in now.items():
            if wave < mine and all(now[other] < mine for other in below[key]):
                out[item.key, key] = 1
            if wave > mine and all(now[other] > mine for other in above[key]):
                out[key, item.key] = 1
    return out


def closure(keys: Iterable[Key], pairs: set[tuple[Key, Key]]) -> dict[Key, set[Key]]:
    """Each key with all that it leads to."""
    out: dict[Key, set[Key]] = {}
    for key in keys:
        out[key], todo = {key}, [key]
        while todo:
            here = todo.pop()
            found = {v for u, v in pairs if u == here} - out[key]
            out[key] |= found
            todo += found
    return out


def cost(waves: Mapping[Key, int], times: Mapping[Key, float], delay: float) -> tuple[int, float]:
    """How many waves there are, and how long they take."""
    slowest: dict[int, float] = defaultdict(float)
    for key, wave in waves.items():
        slowest[wave] = max(slowest[wave], times[key])
    last = max(slowest)
    total = sum(max(delay, time) for wave, time in slowest.items() if wave != last)
    return len(slowest), round(total + slowest[last], 6)


def best(
    keys: Sequence[Key],
    bounds: Mapping[tuple[Key, Key], int],
    fixed: Mapping[Key, int],
    times: Mapping[Key, float],
    delay: float,
) -> tuple[int, float]:
    """The least cost of all assignments, by trying them."""
    around = fixed.values() or (0,)
    levels = range(min(around) - len(keys) * bool(fixed), max(around) + len(keys) + 1)
    found: list[tuple[int, float]] = []
    chosen: dict[Key, int] = {}

    def holds(key: Key) -> bool:
        return all(
            chosen[u] >= chosen[v] + d
            for (u, v), d in bounds.items()
            if key in (u, v) and u in chosen and v in chosen
        )

    def choose(rest: Sequence[Key]) -> None:
        if not rest:
            found.append(cost(chosen, times, delay))
            return
        key = rest[0]
        for level in [fixed[key]] if key in fixed else levels:
            chosen[key] = level
            if (not found or len(set(chosen.values())) <= min(found)[0]) and holds(key):
                choose(rest[1:])
            del chosen[key]

    choose(sorted(keys, key=lambda key: key not in fixed))
    return min(found)


def wanted(made: Planned, config: Config = CONFIG) -> dict[Key, int]:
    """The waves of aggressive with placeless releases where its plan would have them."""
    (space,) = spaces(made.graph, scopes((), made.graph.resources))
    inside = problem(space, "aggressive")
    break_cycles(inside)
    waves, _, _ = aggressive_profile.solve(inside, unknown(inside, CATALOGUE), config, CATALOGUE)
    return {item.key: waves[node.index] for node in inside.nodes for item in node.members}


def constants(graph: Graph, config: Config = CONFIG) -> dict[Key, int]:
    """What cannot move, and releases without a place: unknown ones, and those that would wait."""
    (space,) = spaces(graph, scopes((), graph.resources))
    inside = problem(space, "aggressive")
    break_cycles(inside)
    _, _, held = aggressive_profile.solve(inside, unknown(inside, CATALOGUE), config, CATALOGUE)
    stays = {item.key for index in held for item in inside.nodes[index].members}
    return {item.key: item.effective for item in graph.resources if item.fixed or item.key in stays}


@settings(max_examples=300)
@given(components(), configs())
def test_aggressive_has_the_fewest_waves_and_of_those_the_fastest(
    graph: Graph, config: Config
) -> None:
    check_optimum(graph, config)


@settings(max_examples=300)
@given(components(most=5, fixed=True, releases=True), configs())
def test_aggressive_is_the_best_around_constants_too(graph: Graph, config: Config) -> None:
    check_optimum(graph, config)


def check_optimum(graph: Graph, config: Config) -> None:
    made = aggressive(graph, config=config)
    waves, fixed = wanted(made, config), constants(graph, config)
    bounds = constraints(graph, given_up(graph, "aggressive", config))
    event(f"{len(set(waves.values()))} waves")
    assert all(waves[key] == wave for key, wave in fixed.items())
    assert all(waves[u] >= waves[v] + d for (u, v), d in bounds.items())
    times = {item.key: duration(item, config) for item in graph.resources}
    delay = config.argocd.wave_delay
    keys = [item.key for item in graph.resources]
    assert cost(waves, times, delay) == best(keys, bounds, fixed, times, delay)


@settings(max_examples=300)
@given(components(releases=True), configs())
def test_wave_0_is_the_first_in_which_something_runs(graph: Graph, config: Config) -> None:
    assume(not constants(graph, config))
    made = aggressive(graph, config=config)
    waves = wanted(made, config)
    items = {item.key: item for item in graph.resources}
    runs = {key for key, item in items.items() if item.kind in RUNS}
    first = runs or {key for key, item in items.items() if checked(item, config)}
    used = set(waves.values())
    assert used == set(range(min(used), max(used) + 1))
    if first:
        assert min(waves[key] for key in first) == 0
    else:
        assert max(used) == 0


@settings(max_examples=300)
@given(components(fixed=True, releases=True), configs())
def test_no_resource_alone_could_stand_nearer_to_wave_0(graph: Graph, config: Config) -> None:
    made = aggressive(graph, config=config)
    waves, fixed = wanted(made, config), constants(graph, config)
    bounds = constraints(graph, given_up(graph, "aggressive", config))
    items = {item.key: item for item in graph.resources}
    times = {key: duration(item, config) for key, item in items.items()}
    before = cost(waves, times, config.argocd.wave_delay)
    for key, wave in waves.items():
        if key in fixed or any(
            sorted(pair) == sorted(other) and pair != other
            for pair in bounds
            for other in bounds
            if key in pair
        ):
            continue  # constants, and what shares a cycle, and so a wave
        for nearer in set(waves.values()):
            early = nearer < 0 and items[key].kind in RUNS
            if abs(nearer) < abs(wave) and not early:
                tried = {**waves, key: nearer}
                holds = all(tried[u] >= tried[v] + d for (u, v), d in bounds.items())
                slower = cost(tried, times, config.argocd.wave_delay) > before
                assert not holds or slower, (key, wave, nearer)


ANYTHING = {"fixed": True, "releases": True, "kinds": KINDS}
# Most of what is applied is applied in Sync.
PHASES: tuple[Phase, ...] = ("Sync",) * 7 + ("PreSync", "PostSync", "SyncFail", "Skip")


@st.composite
def wild(draw: st.DrawFn) -> Graph:
    """Components with everything in them: phases, shared annotations, unknown kinds, constants."""
    graph = draw(components(most=8, apps=3, **ANYTHING))
    items = []
    for item in graph.resources:
        phase = draw(st.sampled_from(PHASES))
        shared = draw(st.integers(0, 5)) == 0
        site = Site("manifest", "shared.yaml", 0, ("annotations",), 1, None)
        items.append(
            replace(item, phase=phase, sites=(site,) if item.sites and shared else item.sites)
        )
    graph = replace(graph, resources=tuple(items))
    note(sketch(graph))
    return graph


PROFILES = st.sampled_from(["conservative", "aggressive"])


@settings(max_examples=500)
@given(wild(), PROFILES, configs())
def test_a_plan_that_is_written_leaves_nothing_to_do(
    graph: Graph, profile: Profile, config: Config
) -> None:
    first = planned(profile, graph, config=config)
    event(f"{len(first.moves)} moves")
    assert planned(profile, first.applied(), config=config).moves == {}


@settings(max_examples=500)
@given(wild(), PROFILES, configs(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    graph: Graph, profile: Profile, config: Config, random: Random
) -> None:
    items, edges = list(graph.resources), list(graph.edges)
    random.shuffle(items)
    random.shuffle(edges)
    mixed = replace(graph, resources=tuple(items), edges=tuple(edges))
    one, other = (planned(profile, each, config=config).plan for each in (graph, mixed))
    assert one.placements == other.placements
    assert sorted(one.findings, key=repr) == sorted(other.findings, key=repr)


@settings(max_examples=500)
@given(wild(), PROFILES)
def test_constants_stay_and_what_shares_an_annotation_moves_together(
    graph: Graph, profile: Profile
) -> None:
    made = planned(profile, graph)
    shared = set()
    for item in made.plan.placements:
        if item.resource.fixed or not item.resource.sites or item.resource.phase == "Skip":
            assert not item.moves
        elif item.resource.sites[0].file == "shared.yaml":
            shared.add(item.planned if item.moves else None)
    assert len(shared) <= 1 or profile == "aggressive"


@settings(max_examples=1000)
@given(wild())
def test_conservative_only_repairs(graph: Graph) -> None:
    made = conservative(graph)
    before = {item.key: item.effective for item in graph.resources}
    after = {
        item.resource.key: item.planned if item.moves else item.resource.effective
        for item in made.plan.placements
    }
    broken, still = broken_edges(graph, before), broken_edges(graph, after)
    event(f"{len(broken)} broken, {len(broken) - len(still)} repaired")
    assert all(after[key] <= wave for key, wave in before.items()), "nothing moves later"
    assert len(applied(graph, after)) <= len(applied(graph, before)), "no wave more"
    sure = {edge.dependency for edge in broken if edge.confidence != "heuristic"}
    moved = {key for key in after if after[key] != before[key]}
    for item in graph.resources:
        if item.key in moved:
            group = {o.key for o in graph.resources if set(o.sites) & set(item.sites)}
            assert group & sure, "only what something needs earlier"
    lost = given_up(graph, "conservative")
    assert still - lost <= broken, "nothing is broken that was not"
    assert still <= lost | told(made, graph), "what is not repaired is told"


def applied(graph: Graph, waves: Mapping[Key, int]) -> set[int]:
    return {waves[item.key] for item in graph.resources if item.phase != "Skip"}


def broken_edges(graph: Graph, waves: Mapping[Key, int]) -> set[Edge]:
    """The design's definition."""
    of = {item.key: item for item in graph.resources}
    out = set()
    for edge in graph.edges:
        mine, other = of[edge.dependent], of[edge.dependency]
        if "Skip" in (mine.phase, other.phase):
            continue
        together = mine.application == other.application
        if together and other.kind == "Namespace":
            continue
        if mine.phase != other.phase:
            order = ("PreSync", "Sync", "PostSync", "SyncFail")
            later = together and order.index(other.phase) > order.index(mine.phase)
        else:
            later = waves[other.key] > waves[mine.key]
        same = mine.phase == other.phase and waves[other.key] == waves[mine.key]
        beside = edge.needs == "ready" or (
            edge.needs != "eventually" and not applies_first(other, mine)
        )
        if (same and beside) or (later and (edge.needs != "eventually" or has_health(mine.kind))):
            out.add(edge)
    return out


def told(made: Planned, graph: Graph) -> set[Edge]:
    """The edges whose ends a finding names."""
    late = {f.resource for f in made.findings if f.code in ORDER_CODES}
    placeless = {f.resource for f in made.findings if f.code == "WF008"}
    return {
        edge
        for edge in graph.edges
        if edge.dependency.id in late or placeless & {edge.dependent.id, edge.dependency.id}
    }


@settings(max_examples=1000)
@given(components(most=6, fixed=True))
def test_conservative_goes_as_far_as_needed_and_no_farther(graph: Graph) -> None:
    made = conservative(graph)
    before = {item.key: item.effective for item in graph.resources}
    after = {item.resource.key: item.planned for item in made.plan.placements}
    lost = given_up(graph, "conservative")
    left = set(graph.edges) - lost
    broken = {e for e in broken_edges(graph, before) - lost if e.confidence != "heuristic"}
    circles = closure(before, {(e.dependent, e.dependency) for e in left})
    for key in before:
        if after[key] == before[key]:
            continue
        later = min(wave for wave in {*before.values(), *after.values()} if wave > after[key])
        asking = {
            e
            for e in left
            if e.dependency == key and (e in broken or after[e.dependent] < before[e.dependent])
        }
        distances = {e: 0 if e.dependent in circles[key] else 1 for e in asking}
        assert any(after[e.dependent] < later + d for e, d in distances.items()), "no farther"
        for edge in left:
            if edge.dependent == key:
                d = 0 if key in circles[edge.dependency] else 1
                assert after[key] >= after[edge.dependency] + d, "not before what it needs"


@settings(max_examples=300)
@given(wild(), PROFILES)
def test_lint_tells_of_every_broken_edge(graph: Graph, profile: Profile) -> None:
    made = planned(profile, graph)
    found = today(made)
    named = {(f.resource) for f in found}
    other = {f.resource for f in made.findings if f.code in ("WF006", "WF009")}
    for edge in broken_edges(graph, {item.key: item.effective for item in graph.resources}):
        assert edge.dependency.id in named or edge.dependent.id in other
