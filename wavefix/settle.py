"""Plan components until every edit can be made.

What cannot be edited exactly, and an annotation that several resources share but want in different
waves, stays where it is: it is fixed, with a finding, and the plan is made again around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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

Place = tuple[object, ...]


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
    out = [_plan(item, item.graph, profile, rolling) for item in analysed]
    while disputed := _disputed(out):
        for number, (item, settled) in enumerate(zip(analysed, out, strict=True)):
            graph = _fix(settled.graph, disputed)
            if graph is not settled.graph:
                out[number] = _plan(item, graph, profile, rolling)
    return out


def _plan(item: Analysed, graph: Graph, profile: Profile | None, rolling: bool | None) -> Settled:
    config = item.found.config
    chosen = profile or config.profile
    rolled = _rolled(item, graph, chosen, config.rolling_sync if rolling is None else rolling)
    applications, across = rolled.applications, rolled.across
    while True:
        made = plan(graph, applications, chosen, config, item.catalogue, across)
        edits = tuple(_edits(made))
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


def _edits(made: Plan) -> Iterator[Edit]:
    for placement in made.placements:
        if placement.moves:
            for site in placement.resource.sites:
                if not _stands(site, placement):
                    yield Edit(site, placement.resource.id, str(placement.planned))


def _stands(site: Site, placement: Placement) -> bool:
    """Whether a place needs no edit: without it Argo CD uses the planned wave as well."""
    if site.before is None:
        return placement.planned == placement.resource.effective
    return site.before == str(placement.planned)


def _refused(item: Analysed, edits: Sequence[Edit]) -> dict[Place, str]:
    """What the patcher would not do exactly, and why."""
    if not edits:
        return {}
    from wavefix import patch

    out: dict[Place, str] = {}
    for edit in sorted(edits, key=lambda edit: edit.site.file):
        text = item.found.tree.text(edit.site.file)
        why = patch.check(edit.site, text) if text is not None else "the file cannot be read"
        if why:
            out[_place(edit.site)] = why
    return out


def _disputed(plans: Sequence[Settled]) -> dict[Place, str]:
    """Annotations that are to move for one resource and not so for another."""
    wanted = {_place(edit.site): edit for settled in plans for edit in settled.edits}
    out: dict[Place, str] = {}
    for settled in plans:
        for placement in settled.plan.placements:
            for site in placement.resource.sites:
                edit = wanted.get(_place(site))
                if edit is not None and edit.after != str(placement.planned) and not site.moot:
                    waves = sorted({int(edit.after or 0), placement.planned})
                    out[_place(site)] = (
                        "several Applications share it and need it in different waves "
                        f"({', '.join(map(str, waves))}): give each its own in an overlay"
                    )
    return out


def _fix(graph: Graph, held: Mapping[Place, str]) -> Graph:
    """The graph with the resources of some places fixed, and a finding for each place."""
    hit: dict[Site, str] = {}
    resources = []
    for resource in graph.resources:
        here = {site: held[_place(site)] for site in resource.sites if _place(site) in held}
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


def _place(site: Site) -> Place:
    return site.file, site.document, site.path, site.inner, site.key, site.entry
