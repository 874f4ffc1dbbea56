"""Plan components until every edit can be made.

Where several resources share a place for their wave and need different ones, they get places of
their own. What cannot be edited exactly, and what cannot be told apart, stays where it is: it is
fixed, with a finding, and the plan is made again around it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wavefix import guard, join, split
from wavefix.analysis import Analysed
from wavefix.model import (
    Application,
    Edit,
    EntryEdit,
    Finding,
    Graph,
    Key,
    Path,
    Placement,
    Plan,
    Profile,
    Resource,
    Site,
)
from wavefix.plan import plan, roll
from wavefix.plan.rolling import Rolled
from wavefix.plan.spaces import place
from wavefix.ways import preference


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
    removing = [item.found.config.remove_moot for item in analysed]
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
        elif moots := _torn_moots(out, removing):
            for number, settled in enumerate(out):
                graph = _fix(settled.graph, moots, only_moots=True)
                if graph is not settled.graph:
                    out[number] = planned(number, graph)
        else:
            edits = split.needed([done.edits for done in out], plans)
            done = [replace(done, edits=some) for done, some in zip(out, edits, strict=True)]
            return _joined(analysed, done)


def _joined(analysed: Sequence[Analysed], settled: list[Settled]) -> list[Settled]:
    """The plans with one place for what moves alike, where that takes over from several."""
    plans = [done.plan for done in settled]
    ranks = [preference(item.found.config.prefer) for item in analysed]

    def allowed(number: int, site: Site, remove: bool) -> bool:
        return not _why_not(analysed[number], site, None if remove else "0")

    sites = join.joined(plans, [done.edits for done in settled], ranks, allowed)
    return [_rejoined(done, number, sites) for number, done in enumerate(settled)]


def _rejoined(settled: Settled, number: int, sites: Mapping[tuple[int, Key], Site]) -> Settled:
    """A plan whose resources at `sites` have these for their places."""
    left, put = set(), []
    for placement in settled.plan.placements:
        item = placement.resource
        site = sites.get((number, item.key))
        if site is not None:
            left |= {(item.id, place(own)) for own in item.places}
            put.append(Edit(site, item.id, str(placement.planned)))
    if not put:
        return settled
    made = join.rewritten(settled.plan, number, sites)
    graph = split.replaced(settled.graph, [placement.resource for placement in made.placements])
    kept = [edit for edit in settled.edits if (edit.resource, place(edit.site)) not in left]
    return replace(settled, graph=graph, plan=made, edits=(*kept, *put))


def _split(
    analysed: Sequence[Analysed],
    settled: list[Settled],
    where: Hashable,
    disputed: bool,
    planned: Callable[[int, Graph], Settled],
) -> list[Settled]:
    """The plans with the resources at a shared place apart, where they can be and that helps."""

    def allowed(number: int, site: Site, remove: bool) -> bool:
        return not _why_not(analysed[number], site, None if remove else "0")

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
            made = replace(made, findings=findings, rolling=rolled.rolling)
            return Settled(graph, made, edits, applications, rolled.edits)
        graph = _fix(graph, refused)


def _rolled(item: Analysed, graph: Graph, profile: Profile, write: bool) -> Rolled:
    """The rolling sync of a component, with edits only where all of them can be made exactly."""
    component = item.found.component
    rolled = roll(component, graph, profile, write)
    if not rolled.edits:
        return rolled
    from wavefix import patch

    tree = item.found.tree
    text = tree.text(rolled.edits[0].file)
    entries = [entry for edit in rolled.edits for entry in edit.entries]
    why = patch.check_entries(entries, text) if text is not None else "the file cannot be read"
    for entry in entries:
        why = why or _guarded(item, entry.file, entry.document, entry.path)
    return roll(component, graph, profile, write, why) if why else rolled


def _edits(made: Plan, remove_moot: bool) -> Iterator[Edit]:
    for placement in made.placements:
        item = placement.resource
        if item.shared:
            yield from split.own_edits(placement)
        elif placement.moves:
            for site in item.places:
                if not _stands(site, placement):
                    yield Edit(site, item.id, str(placement.planned))
        after = None if remove_moot else str(placement.wave)
        for site in _moots(item):
            if site.before not in (None, after):
                yield Edit(site, item.id, after)


def _moots(item: Resource) -> tuple[Site, ...]:
    """Where its pods have a wave, which does not set its own: not so of what is not rendered."""
    return () if item.opaque else tuple(site for site in item.sites if site.moot)


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
        why = _why_not(item, edit.site, edit.after)
        if why:
            out[place(edit.site)] = why
    return out


def _why_not(item: Analysed, site: Site, wave: str | None) -> str:
    """Why a wave is not set at a site, or removed where it is None; "" where it may be."""
    from wavefix import patch

    text = item.found.tree.text(site.file)
    if text is None:
        return "the file cannot be read"
    document = -1 if site.mechanism == "chart-template" else site.document
    if why := _guarded(item, site.file, document, site.path, site.inner, wave):
        return why
    key = site, wave is None
    if key not in item.checked:
        item.checked[key] = patch.check(site, text, remove=wave is None)
    return item.checked[key]


def _guarded(
    item: Analysed, file: str, document: int, path: Path, inner: Path = (), wave: str | None = None
) -> str:
    """Why a place is none of wavefix's to edit; "" where it is."""
    tree, config = item.found.tree, item.found.config
    why = guard.foreign(tree, file) or guard.encrypted(tree, file, document, path, inner)
    return why or ("" if config.edit_generated else guard.generated(tree, file, wave))


def _disputed(plans: Sequence[Settled]) -> dict[Hashable, str]:
    """Annotations that are to move for one resource and not so for another."""
    wanted = {
        place(edit.site): edit
        for settled in plans
        for real in [_real(settled)]
        for edit in settled.edits
        if edit.after is not None and place(edit.site) in real
    }
    out: dict[Hashable, str] = {}
    for settled in plans:
        for placement in settled.plan.placements:
            for site in placement.resource.places:
                edit = wanted.get(place(site))
                if edit is not None and edit.after != str(placement.planned):
                    waves = sorted({int(edit.after or 0), placement.planned})
                    out[place(site)] = (
                        "several Applications share it and need it in different waves "
                        f"({', '.join(map(str, waves))}): {_apart(site)}"
                    )
    return out


def _apart(site: Site) -> str:
    """What gives each of the Applications that share a place a wave of its own."""
    if site.mechanism in ("chart-template", "helm-values"):
        return "have the chart read the wave from a value that each of them sets"
    return "give each its own by a patch in the kustomization of its overlay"


def _real(settled: Settled) -> set[Hashable]:
    """The places that set the wave of something."""
    return {place(s) for item in settled.plan.placements for s in item.resource.places}


def _torn_moots(settled: Sequence[Settled], removing: Sequence[bool]) -> dict[Hashable, str]:
    """Waves of pods that cannot be kept in step: they would have to say several things."""
    says: dict[Hashable, set[str | None]] = defaultdict(set)
    for done, remove in zip(settled, removing, strict=True):
        for placement in done.plan.placements:
            for site in _moots(placement.resource):
                says[place(site)].add(None if remove else str(placement.wave))
    for done in settled:
        edited = {(edit.resource, place(edit.site)): edit.after for edit in done.edits}
        for placement in done.plan.placements:
            for site in placement.resource.places:
                if place(site) in says:
                    after = edited.get((placement.resource.id, place(site)), site.before)
                    says[place(site)].add(after)
    why = (
        "it lands on the pods of several objects, which are in different waves; `--remove-moot` "
        "removes what says nothing to Argo CD"
    )
    return {where: why for where, waves in says.items() if len(waves) > 1}


def _without_moots(resource: Resource, held: Mapping[Hashable, str]) -> Resource:
    """A resource without the waves of its pods at some places, which stay as they are.

    It is then as if none of them had been declared.
    """
    sites = tuple(site for site in resource.sites if place(site) not in held or not site.moot)
    if sites == resource.sites:
        return resource
    if resource.moot and not any(site.moot for site in sites):
        resource = replace(resource, moot=False, declared=None)
    return replace(resource, sites=sites)


def _fix(graph: Graph, held: Mapping[Hashable, str], only_moots: bool = False) -> Graph:
    """The graph with the resources of some places fixed, and a finding for each place.

    A wave of pods that cannot be edited fixes nothing: it is left alone.
    """
    hit: dict[Site, str] = {}
    resources = []
    for resource in graph.resources:
        sites = _moots(resource) if only_moots else resource.sites
        here = {site: held[place(site)] for site in sites if place(site) in held}
        hit.update(here)
        if not resource.opaque:
            resource = _without_moots(resource, held)
            here = {site: why for site, why in here.items() if site in resource.places}
        why = next(iter(here.values()), "").partition("; ")[0]  # what to do is for the finding
        resources.append(replace(resource, fixed=why) if why and not resource.fixed else resource)
    if not hit:
        return graph
    findings = [
        Finding("WF012", "note", f"left where it is: {why}", site.file, site.line)
        for site, why in hit.items()
    ]
    return replace(graph, resources=tuple(resources), findings=(*graph.findings, *findings))
