"""Plan components until every edit can be made.

Where several resources share a place for their wave and need different ones, they get places of
their own. What cannot be edited exactly, and what cannot be told apart, stays where it is: it is
fixed, with a finding, and the plan is made again around it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wavefix import split
from wavefix.catalogue import Catalogue
from wavefix.discover import Found
from wavefix.model import (
    Application,
    Edit,
    EntryEdit,
    Finding,
    Graph,
    Placement,
    Plan,
    Profile,
    Site,
)
from wavefix.plan import plan, roll
from wavefix.plan.rolling import Rolled
from wavefix.plan.spaces import place


@dataclass(frozen=True, slots=True)
class Analysed:
    """A component with its graph."""

    found: Found
    graph: Graph
    catalogue: Catalogue


@dataclass(frozen=True, slots=True)
class Settled:
    """A plan whose edits can all be made; the graph says what had to be fixed for that."""

    graph: Graph
    plan: Plan
    edits: tuple[Edit, ...]
    applications: tuple[Application, ...]  # with the steps that take them once it is written
    entries: tuple[EntryEdit, ...] = ()  # a rolling sync that is to be written


def settle(
    analysed: Sequence[Analysed], profile: Profile | None, rolling: bool | None = None
) -> list[Settled]:
    """The plan of each component; `profile` and `rolling` overrule what the configurations say."""

    def planned(number: int, graph: Graph) -> Settled:
        return _plan(analysed[number], graph, profile, rolling)

    first = [planned(number, item.graph) for number, item in enumerate(analysed)]
    out, tried, kept = list(first), set[Hashable](), set[Hashable]()
    # Every round tries another place, or fixes a resource more; or it starts again with a place
    # more that is kept as it is.
    while True:
        disputed = _disputed(out)
        plans, graphs = [done.plan for done in out], [done.graph for done in out]
        where = next((p for p in (*disputed, *split.torn(plans, graphs)) if p not in tried), None)
        if where is not None:
            tried.add(where)
            out = _split(analysed, out, where, where in disputed, planned)
        elif left := split.left_for(plans, disputed):
            kept |= left  # what left it disputes with others now
            out, tried = list(first), set(kept)
        elif disputed:
            for number, settled in enumerate(out):
                graph = _fix(settled.graph, disputed)
                if graph is not settled.graph:
                    out[number] = planned(number, graph)
        else:
            edits = split.needed([done.edits for done in out], plans)
            return [replace(done, edits=some) for done, some in zip(out, edits, strict=True)]


def _split(
    analysed: Sequence[Analysed],
    settled: list[Settled],
    where: Hashable,
    disputed: bool,
    planned: Callable[[int, Graph], Settled],
) -> list[Settled]:
    """The plans with the resources at a shared place apart, where they can be and that helps."""

    def allowed(number: int, site: Site, remove: bool) -> bool:
        return not _why_not(analysed[number], site, remove)

    plans = [done.plan for done in settled]
    moved = (split.patched if disputed else split.apart)(plans, where, allowed)
    out = list(settled)
    for number, changed in moved.items():
        out[number] = planned(number, split.replaced(out[number].graph, changed))
    helps = disputed or _broken(out) < _broken(settled)
    return out if helps else settled


def _broken(settled: Sequence[Settled]) -> int:
    return split.broken([done.plan for done in settled], [done.graph for done in settled])


def _plan(item: Analysed, graph: Graph, profile: Profile | None, rolling: bool | None) -> Settled:
    config = item.found.config
    chosen = profile or config.profile
    rolled = _rolled(item, graph, chosen, config.rolling_sync if rolling is None else rolling)
    applications, across = rolled.applications, rolled.across
    while True:
        made = plan(graph, applications, chosen, config, item.catalogue, across)
        edits = tuple(_edits(made, config.remove_moot))
        refused = _refused(item, edits)
        if not refused:
            findings = (*made.findings, *rolled.findings)
            made = replace(made, findings=findings, rollout=rolled.rollout)
            return Settled(graph, made, edits, applications, rolled.edits)
        graph = _fix(graph, refused)


def _rolled(item: Analysed, graph: Graph, profile: Profile, write: bool) -> Rolled:
    """The rolling sync of a component, with edits only where all of them can be made exactly."""
    component = item.found.component
    rolled = roll(component, graph, profile, write)
    if not rolled.edits:
        return rolled
    from wavefix import patch

    text = item.found.tree.text(rolled.edits[0].file)
    entries = [entry for edit in rolled.edits for entry in edit.entries]
    why = patch.check_entries(entries, text) if text is not None else "the file cannot be read"
    return roll(component, graph, profile, write, why) if why else rolled


def _edits(made: Plan, remove_moot: bool) -> Iterator[Edit]:
    for placement in made.placements:
        if remove_moot and not placement.resource.opaque:
            for site in placement.resource.sites:
                if site.moot and site.before is not None:
                    yield Edit(site, placement.resource.id, None)
        if placement.resource.shared:
            yield from split.own_edits(placement)
        elif placement.moves:
            for site in placement.resource.sites:
                if not (_stands(site, placement) or (remove_moot and site.moot)):
                    yield Edit(site, placement.resource.id, str(placement.planned))


def _stands(site: Site, placement: Placement) -> bool:
    """Whether a place needs no edit: without it Argo CD uses the planned wave as well."""
    if site.before is None:
        return placement.planned == placement.resource.effective
    return site.before == str(placement.planned)


def _refused(item: Analysed, edits: Sequence[Edit]) -> dict[Hashable, str]:
    """What the patcher would not do exactly, and why."""
    if not edits:
        return {}
    out: dict[Hashable, str] = {}
    for edit in sorted(edits, key=lambda edit: edit.site.file):
        why = _why_not(item, edit.site, edit.after is None)
        if why:
            out[place(edit.site)] = why
    return out


def _why_not(item: Analysed, site: Site, remove: bool) -> str:
    """Why an edit at a site would not be exact; "" where it is."""
    from wavefix import patch

    text = item.found.tree.text(site.file)
    return "the file cannot be read" if text is None else patch.check(site, text, remove=remove)


def _disputed(plans: Sequence[Settled]) -> dict[Hashable, str]:
    """Annotations that are to move for one resource and not so for another."""
    wanted = {
        place(edit.site): edit
        for settled in plans
        for edit in settled.edits
        if edit.after is not None
    }
    out: dict[Hashable, str] = {}
    for settled in plans:
        for placement in settled.plan.placements:
            for site in placement.resource.sites:
                edit = wanted.get(place(site))
                if edit is not None and edit.after != str(placement.planned) and not site.moot:
                    waves = sorted({int(edit.after or 0), placement.planned})
                    out[place(site)] = (
                        "several Applications share it and need it in different waves "
                        f"({', '.join(map(str, waves))}): give each its own by a patch in the "
                        "kustomization of its overlay"
                    )
    return out


def _fix(graph: Graph, held: Mapping[Hashable, str]) -> Graph:
    """The graph with the resources of some places fixed, and a finding for each place."""
    hit: dict[Site, str] = {}
    resources = []
    for resource in graph.resources:
        here = {site: held[place(site)] for site in resource.sites if place(site) in held}
        hit.update(here)
        why = next(iter(here.values()), "")
        resources.append(replace(resource, fixed=why) if why and not resource.fixed else resource)
    if not hit:
        return graph
    findings = [
        Finding("WF012", "note", f"left where it is: {why}", site.file, site.line)
        for site, why in hit.items()
    ]
    return replace(graph, resources=tuple(resources), findings=(*graph.findings, *findings))
