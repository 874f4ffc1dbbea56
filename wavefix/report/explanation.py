"""Why a resource is where it is: its waves, its slack, and its edges in both directions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from wavefix.model import (
    NEEDS,
    Application,
    Edge,
    External,
    Graph,
    Key,
    Needs,
    Placement,
    Resource,
)
from wavefix.report.words import arrow, paint, place, visible, wave, wrapped

_WORDS: Mapping[Needs, str] = {
    "ready": "which needs that one ready",
    "before": "which must come after that one",
    "present": "which needs that one to exist",
    "eventually": "which waits for that one by itself",
}


def explain(
    resource: Resource,
    graph: Graph,
    placement: Placement,
    waves: Mapping[Key, int],
    slack: tuple[int, int] | None,
    cwd: str,
    color: bool,
    applications: Iterable[Application] = (),
) -> str:
    """What `wavefix explain` prints: `waves` as planned, `slack` as (earliest, latest) wave."""
    needs = [(edge.dependency, edge) for edge in graph.edges if edge.dependent == resource.key]
    needed = [(edge.dependent, edge) for edge in graph.edges if edge.dependency == resource.key]
    outside = [external for external in graph.externals if external.dependent == resource.key]
    names = _names(resource, graph, waves)
    sections = (
        ("needs", _edges(needs, names, cwd, color)),
        ("needed by", _edges(needed, names, cwd, color)),
        ("needs from outside the component", _externals(outside, cwd)),
    )
    lines = [paint(visible(resource.id), "bold", color), *_facts(resource, placement, slack, cwd)]
    if _created(resource, graph, applications):
        lines.append("  its namespace is created by Argo CD before all else (CreateNamespace=true)")
    chain = _chain(resource, graph, waves, names)
    if len(chain) > 2:
        lines += ["", paint("chain", "bold", color), *chain]
    for title, body in sections:
        if body:
            lines += ["", paint(title, "bold", color), *body]
    if not (needs or needed or outside):
        lines += ["", "Nothing is known to need it, and it is not known to need anything."]
    return "".join(f"{line}\n" for line in lines)


def _created(resource: Resource, graph: Graph, applications: Iterable[Application]) -> bool:
    """Whether Argo CD makes its namespace: unless the same sync has the Namespace."""
    return any(
        app.name == resource.application
        and app.creates_namespace
        and resource.namespace == app.namespace
        for app in applications
    ) and not any(
        (item.kind, item.name, item.application)
        == ("Namespace", resource.namespace, resource.application)
        for item in graph.resources
    )


def _facts(
    resource: Resource, placement: Placement, slack: tuple[int, int] | None, cwd: str
) -> list[str]:
    facts = [
        ("declared in", place(resource.file, resource.line, cwd)),
        ("Application", resource.application),
        ("phase", ", again in ".join((resource.phase, *resource.again))),
        ("wave", f"{wave(resource.declared)} declared, {resource.effective} effective"),
        ("planned", _planned(placement)),
    ]
    if resource.fixed:
        facts.append(("cannot move", resource.fixed))
    if slack:
        earliest, latest = slack
        span = f"only in wave {earliest}" if earliest == latest else f"wave {earliest} to {latest}"
        facts.append(("could stand", span))
    width = max(len(name) for name, _ in facts) + 2
    return [
        line
        for name, value in facts
        for line in wrapped(value, f"  {name:<{width}}", " " * (width + 2))
    ]


def _planned(placement: Placement) -> str:
    stays = "" if placement.moves or placement.reason.startswith("stays") else " (stays)"
    reason = f": {placement.reason}" if placement.reason else ""
    wanted = f", wanted {placement.wanted}" if placement.wanted != placement.planned else ""
    return f"{placement.planned}{stays}{wanted}{reason}"


def _names(resource: Resource, graph: Graph, waves: Mapping[Key, int]) -> dict[Key, str]:
    """Each resource with its wave, and with its Application where that is another one."""
    names = {}
    for other in graph.resources:
        now = other.now
        after = waves.get(other.key, now)
        moved = other.effective if after == now else after
        where = "" if other.application == resource.application else f" in {other.application}"
        names[other.key] = f"{other.id}{where}, wave {arrow(other.effective, moved)}"
    return names


def _chain(
    resource: Resource, graph: Graph, waves: Mapping[Key, int], names: Mapping[Key, str]
) -> list[str]:
    """What it comes after, link by link, and what comes after it: each time the nearest in time."""
    up: dict[Key, list[Edge]] = {}
    down: dict[Key, list[Edge]] = {}
    for edge in graph.edges:
        if edge.needs != "eventually":
            up.setdefault(edge.dependent, []).append(edge)
            down.setdefault(edge.dependency, []).append(edge)
    seen = {resource.key}
    before = _follow(resource.key, up, lambda e: e.dependency, lambda key: -waves.get(key, 0), seen)
    after = _follow(resource.key, down, lambda e: e.dependent, lambda key: waves.get(key, 0), seen)
    before.reverse()
    first = before[0].dependency if before else resource.key
    lines = [f"  {visible(names.get(first, first.id))}"]
    for link in (*before, *after):
        other = visible(names.get(link.dependent, link.dependent.id))
        mark = " (this)" if link.dependent == resource.key else ""
        lines += wrapped(f"{other}{mark}, {_WORDS[link.needs]}", "    then ", "      ")
    return lines


def _follow(
    key: Key,
    links: Mapping[Key, list[Edge]],
    end: Callable[[Edge], Key],
    distance: Callable[[Key], int],
    seen: set[Key],
) -> list[Edge]:
    """The edges from a resource on, each time the nearest, until there is none to a new one."""
    out: list[Edge] = []
    while found := [edge for edge in links.get(key, ()) if end(edge) not in seen]:
        out.append(min(found, key=lambda edge: (distance(end(edge)), *_rank(edge))))
        key = end(out[-1])
        seen.add(key)
    return out


def _edges(
    edges: Iterable[tuple[Key, Edge]], names: Mapping[Key, str], cwd: str, color: bool
) -> list[str]:
    """The other ends, those with the strongest need first, each with the evidence."""
    by_end: dict[Key, list[Edge]] = {}
    for end, edge in sorted(edges, key=lambda pair: _rank(pair[1])):
        by_end.setdefault(end, []).append(edge)
    lines = []
    for end, group in sorted(by_end.items(), key=lambda item: (_rank(item[1][0])[0], item[0])):
        lines.append(f"  {visible(names.get(end, end.id))}")
        for edge in group:
            label = f"{edge.needs} ({edge.confidence})"
            evidence = ": ".join(filter(None, (_evidence(edge, cwd), edge.why)))
            first, *more = wrapped(f"{label}  {evidence}", "    ", "      ")
            lines += [first.replace(label, paint(label, "cyan", color), 1), *more]
    return lines


def _rank(edge: Edge) -> tuple[int, str, int, str, str, str]:
    return NEEDS.index(edge.needs), edge.file, edge.line, edge.path, edge.rule, edge.why


def _evidence(reference: Edge | External, cwd: str) -> str:
    return " ".join(filter(None, (place(reference.file, reference.line, cwd), reference.path)))


def _externals(externals: Iterable[External], cwd: str) -> list[str]:
    lines = []
    for external in sorted(externals, key=lambda e: (e.kind, e.namespace, e.name, e.file, e.line)):
        names = (external.kind, external.namespace, external.name)
        lines.append(f"  {visible('/'.join(filter(None, names)))}")
        lines += wrapped(_evidence(external, cwd), "    ", "      ")
    return lines
