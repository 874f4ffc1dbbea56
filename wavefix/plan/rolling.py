"""The order of the Applications of one ApplicationSet, which only a rolling sync can hold.

Links between Applications make steps: as few as the longest chain asks for, each Application as
late as what needs it allows, so that nothing waits for it in vain. What nothing needs is in the
last step, which takes whatever no other step names, Applications to come among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from wavefix.argocd import has_health
from wavefix.model import (
    NEEDS,
    Application,
    ApplicationSet,
    Component,
    Edge,
    EntryEdit,
    Finding,
    Graph,
    Profile,
    RollingSync,
)
from wavefix.plan.problem import surest
from wavefix.plan.strategy import distinguishing, edits
from wavefix.rolling import LABEL, taking

ROLLING, STEP_ORDER, OUTSIDE = "WF023", "WF024", "WF025"

Pair = tuple[str, str]  # names of Applications: the first needs the second
Links = Mapping[Pair, Edge]


_SILENT = "nothing fails where it comes too late, so no retry sees to it"


@dataclass(frozen=True, slots=True)
class Across:
    """What holds edges between Applications, for the notes on those that nothing holds."""

    told: frozenset[Pair] = frozenset()  # findings of their own tell of them
    sure: str = "retries or a rolling sync must hold that"
    silent: str = f"a rolling sync must hold that: {_SILENT}"  # where all that is needed is such
    guess: str = "retries or a rolling sync must hold that"


ALONE = Across()


@dataclass(frozen=True, slots=True)
class Rolled:
    """A component's rolling sync: as it is, or as it will be."""

    applications: tuple[Application, ...]  # with the steps that will take them
    across: Across = ALONE
    findings: tuple[Finding, ...] = ()
    rolling: RollingSync | None = None
    edits: tuple[EntryEdit, ...] = ()


def ordered_by_steps(edge: Edge, steps: Mapping[str, int | None]) -> bool:
    """Whether the steps of a rolling sync order the ends of an edge, rightly or not.

    What no step takes is synced by hand, whenever that may be.
    """
    mine, other = steps.get(edge.dependent.application), steps.get(edge.dependency.application)
    if edge.dependent.application == edge.dependency.application or mine is None or other is None:
        return False
    return mine != other or not mine


def roll(
    component: Component, graph: Graph, profile: Profile, write: bool, refused: str = ""
) -> Rolled:
    """The rolling sync that a component needs; its edits only where `write` asks for them.

    `refused`: why the file cannot be edited, where that is known.
    """
    owner, apps = component.made_by, component.applications
    if owner is None:
        return Rolled(apps)
    links = _links(graph, apps, profile)
    steps = {app.name: app.step for app in apps}
    understood = _understood(owner, apps)
    late = {pair: edge for pair, edge in links.items() if not _held(pair, edge, steps)}
    wanted = any(owner.steps or _strict(edge) for edge in late.values())
    late = late if owner.steps else {}
    why_not, planned = "", {app.name: 1 for app in apps}
    if wanted:
        why_not = owner.unknown or understood or refused
        found = _steps(links, apps)
        if isinstance(found, str):
            why_not = found
        else:
            planned = found
    key = distinguishing(apps)
    if wanted and not why_not and not key:
        why_not = (
            f"no label tells its Applications apart, and {LABEL} cannot: it is taken, or a name is "
            "no value for a label (63 characters at most)"
        )
    names = _named(planned)
    told = frozenset(late) | {pair for pair, edge in links.items() if _held(pair, edge, steps)}
    findings = [] if owner.unknown else [*_outside(owner, apps, understood)]
    if not (write and wanted and not why_not):
        findings += _misplaced(owner, late, steps, names, why_not)
        if write and why_not:
            findings.append(_refusal(owner, why_not))
        return Rolled(apps, _across(told, names, why_not), tuple(findings))
    rolling = RollingSync(owner.id, owner.file, owner.line, names, _why(links))
    return Rolled(
        tuple(replace(app, step=planned[app.name], max_update=None) for app in apps),
        _across(frozenset(links), names, ""),
        (*findings, _consequences(owner, rolling)),
        rolling,
        edits(owner, apps, key, names),
    )


def _links(graph: Graph, apps: Iterable[Application], profile: Profile) -> Links:
    """Which Application needs which other, each with the edge that speaks for it.

    A guess counts where all is planned afresh, and where it closes no circle. What is needed
    `eventually` may come in the same step, but in no later one: where Argo CD assesses its health,
    what waits for it would not get healthy, and the rollout would wait for that.
    """
    start = {app.name: 1 for app in apps}
    resources = {item.key: item for item in graph.resources}
    found: dict[Pair, list[Edge]] = {}
    for edge in graph.edges:
        pair = edge.dependent.application, edge.dependency.application
        ends = resources[edge.dependent], resources[edge.dependency]
        if pair[0] == pair[1] or not start.keys() >= set(pair):
            continue
        if "Skip" not in [end.phase for end in ends] and (
            _strict(edge) or has_health(ends[0].kind)
        ):
            found.setdefault(pair, []).append(edge)
    links: dict[Pair, Edge] = {}
    guesses: dict[Pair, Edge] = {}
    for pair, edges in sorted(found.items()):
        sure = [edge for edge in edges if edge.confidence != "heuristic"]
        for known, some in ((links, sure), (guesses, [e for e in edges if e not in sure])):
            if some:
                strongest = min(NEEDS.index(edge.needs) for edge in some)
                known[pair] = surest([one for one in some if NEEDS.index(one.needs) == strongest])
    if profile == "aggressive":
        for pair, edge in guesses.items():
            if pair not in links or (_strict(edge) and not _strict(links[pair])):
                more = {**links, pair: edge}
                links = more if _raised(start, _gaps(more)) else links
    return links


def _strict(edge: Edge) -> bool:
    """Whether one step cannot hold an edge."""
    return edge.needs != "eventually"


def _gaps(links: Links) -> list[tuple[str, str, int]]:
    return [(mine, other, int(_strict(edge))) for (mine, other), edge in sorted(links.items())]


def _raised(
    start: Mapping[str, int], gaps: Iterable[tuple[str, str, int]]
) -> dict[str, int] | None:
    """The least numbers, from `start` up, that keep each gap between two; None in a circle."""
    out, known = dict(start), list(gaps)
    for _ in range(len(out) + 1):
        before = dict(out)
        for high, low, gap in known:
            out[high] = max(out[high], out[low] + gap)
        if out == before:
            return out
    return None


def _steps(links: Links, apps: Sequence[Application]) -> dict[str, int] | str:
    """The step of each Application, from 1; a text where a circle forbids any.

    Where there are steps already none comes earlier than it does: their order may mean something.
    """
    now = {app.name: app.step or 0 for app in apps}
    if all(now.values()):
        made = _raised(now, _gaps(links))
    else:
        follow = [(other, mine, gap) for mine, other, gap in _gaps(links)]
        waiting = _raised(dict.fromkeys(now, 0), follow)  # how many steps must follow
        last = 1 + max(waiting.values()) if waiting else 0
        made = {name: last - steps for name, steps in waiting.items()} if waiting else None
    return made or _circle(links)


def _circle(links: Links) -> str:
    """What no steps can hold."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph(list(links))
    pairs = [pair for pair, edge in sorted(links.items()) if _strict(edge)]
    mine, other = next((a, b) for a, b in pairs if nx.has_path(graph, b, a))
    circle = pairwise([mine, *nx.shortest_path(graph, other, mine)])
    edges = [links[pair] for pair in circle]
    shown = "; ".join(f"{e.dependent.id} needs {e.dependency.id} {e.needs}" for e in edges)
    return f"its Applications need each other in a circle ({shown}), which no steps can hold"


def _held(pair: Pair, edge: Edge, steps: Mapping[str, int | None]) -> bool:
    mine, other = (steps[name] for name in pair)
    return bool(mine and other and other + int(_strict(edge)) <= mine)


def _named(steps: Mapping[str, int]) -> tuple[tuple[str, ...], ...]:
    """The names of each step that has any."""
    numbers = sorted(set(steps.values()))
    return tuple(tuple(sorted(n for n, at in steps.items() if at == step)) for step in numbers)


def _why(links: Links) -> dict[str, str]:
    """What each Application waits for."""
    out: dict[str, list[str]] = {}
    for (mine, other), edge in sorted(links.items()):
        out.setdefault(mine, []).append(
            f"{other} ({edge.dependent.id} needs {edge.dependency.id} {edge.needs})"
        )
    return {name: "needs " + ", ".join(others) for name, others in out.items()}


def _understood(owner: ApplicationSet, apps: Iterable[Application]) -> str:
    """Why the steps that are there cannot be rewritten; "" where they can, or there are none."""
    if not owner.steps:
        return ""
    if any(one.operator not in ("In", "NotIn") for s in owner.steps for one in s.requirements):
        return "one of its steps has an operator that is neither In nor NotIn"
    if any(step.max_update is not None for step in owner.steps):
        return "one of its steps has a maxUpdate, which belongs to the Applications in it now"
    if any(len(taking(owner.steps, app.labels)) != 1 for app in apps):
        return "not each of its Applications is in one step"
    return ""


def _outside(
    owner: ApplicationSet, apps: Sequence[Application], understood: str
) -> Iterable[Finding]:
    """Applications that no step takes, or several."""
    if not understood:
        return
    none = [app.name for app in apps if app.step == 0]
    twice = [app.name for app in apps if len(taking(owner.steps, app.labels)) > 1]
    if none:
        yield _finding(
            OUTSIDE, owner, f"no step of its rolling sync takes {', '.join(none)}, so "
            "nothing ever syncs it: give it a label that a step asks for, or let the last step "
            "take what no other does (NotIn)",
        )  # fmt: skip
    if twice:
        yield _finding(
            OUTSIDE, owner, f"several steps of its rolling sync take {', '.join(twice)}: "
            "the first of them counts, and Argo CD marks the set as wrongly configured; let each "
            "Application be in one step",
        )  # fmt: skip


def _misplaced(
    owner: ApplicationSet,
    late: Links,
    steps: Mapping[str, int | None],
    names: Sequence[Sequence[str]],
    why_not: str,
) -> Iterable[Finding]:
    """Pairs that the steps put side by side or the wrong way round."""
    advice = f"`--rolling-sync` rewrites the steps: {_shown(names)}"
    if why_not:
        advice = f"rewrite the steps by hand ({why_not})"
    if owner.unknown:
        return
    for (mine, other), edge in late.items():
        if not steps[mine]:
            continue  # nothing syncs it: that is told
        where = f"only in step {steps[other]}" if steps[other] else "in no step"
        where = f"in step {steps[other]} too" if steps[mine] == steps[other] else where
        yield Finding(
            STEP_ORDER,
            "warning" if edge.confidence == "heuristic" else "error",
            f"{mine} (step {steps[mine]} of {owner.id}) needs {other}, which comes {where} "
            f"({edge.dependent.id} needs {edge.dependency.id} {edge.needs}); {advice}",
            edge.file,
            edge.line,
            edge.dependent.id,
        )


def _refusal(owner: ApplicationSet, why: str) -> Finding:
    return _finding(ROLLING, owner, f"no rolling sync is written: {why}")


def _consequences(owner: ApplicationSet, rolling: RollingSync) -> Finding:
    """All that changes for the Applications, besides their order."""
    return _finding(
        ROLLING,
        owner,
        f"it gets a rolling sync of {len(rolling.steps)} steps, and with it: the ApplicationSet "
        "controller switches automated sync (self-heal included) off on each of its Applications "
        "and starts their syncs itself; a step starts once all of the one before are synced and "
        "healthy, so one that stays unhealthy holds up every later step; a failed sync is retried "
        "as `syncPolicy.retry` says and no further; an Application that is added later joins the "
        "last step. Enable progressive syncs in the controller, or the steps mean nothing:\n"
        "kind: ConfigMap\n"
        "metadata:\n"
        "  name: argocd-cmd-params-cm\n"
        "data:\n"
        '  applicationsetcontroller.enable.progressive.syncs: "true"',
    )


def _finding(code: str, owner: ApplicationSet, message: str) -> Finding:
    return Finding(code, "warning", f"{owner.id}: {message}", owner.file, owner.line, owner.id)


def _across(told: frozenset[Pair], names: Sequence[Sequence[str]], why_not: str) -> Across:
    one = f"a rolling sync: `--rolling-sync` writes {_count(names)}"
    sure, silent = f"retries must hold that, or {one}", f"{_SILENT}; what holds it is {one}"
    if why_not:
        none = f"`--rolling-sync` writes no rolling sync: {why_not}"
        sure, silent = f"retries must hold that; {none}", f"{_SILENT}; {none}"
    guess = "retries must hold that; `--rolling-sync` heeds it once it stands in `depends_on`"
    return Across(told, sure, silent, guess)


def _count(names: Sequence[Sequence[str]]) -> str:
    return f"one of {len(names)} steps"


def _shown(names: Sequence[Sequence[str]]) -> str:
    """`db; api, web; all others`."""
    return "; ".join([*map(", ".join, names[:-1]), "all others"])
