"""Resources that share a place for their wave and need to be apart: who gets a place of its own.

A place serves several where a kustomization's `commonAnnotations`, a patch, a values key or a base
used by several overlays sets the wave of all of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace

from wavefix.argocd import HOOK_WEIGHT
from wavefix.model import Edit, Graph, Placement, Plan, Resource, Site
from wavefix.plan import broken_edges
from wavefix.plan.spaces import place
from wavefix.yamlio import get

Member = tuple[int, Placement]  # the number of its plan, and where it is placed there
Choice = tuple[Site, ...]
Allowed = Callable[[int, Site, bool], bool]
"""Whether an edit at a site is exact; True: one that removes the wave."""


def sharing(plans: Sequence[Plan]) -> dict[Hashable, list[Member]]:
    """The places that serve several resources, each with these."""
    out: dict[Hashable, list[Member]] = defaultdict(list)
    for number, made in enumerate(plans):
        for placement in made.placements:
            for where in dict.fromkeys(place(site) for site in placement.resource.places):
                out[where].append((number, placement))
    return {where: members for where, members in out.items() if len(members) > 1}


def torn(plans: Sequence[Plan], graphs: Sequence[Graph]) -> list[Hashable]:
    """The shared places beside which an edge stays broken; those within a place come first."""
    shared = sharing(plans)
    within: dict[Hashable, None] = {}
    beside: dict[Hashable, None] = {}
    for made, graph in zip(plans, graphs, strict=True):
        found = broken_edges(graph, made)
        if not found:
            continue
        of = {item.key: {place(site) for site in item.places} for item in graph.resources}
        for edge in found:
            ends = of[edge.dependent], of[edge.dependency]
            within.update(dict.fromkeys(sorted((ends[0] & ends[1]) & shared.keys(), key=repr)))
            beside.update(dict.fromkeys(sorted((ends[0] ^ ends[1]) & shared.keys(), key=repr)))
    return list({**within, **beside})


def broken(plans: Sequence[Plan], graphs: Sequence[Graph]) -> int:
    """How many edges some plans leave broken."""
    pairs = zip(graphs, plans, strict=True)
    return sum(len(broken_edges(graph, made)) for graph, made in pairs)


def apart(plans: Sequence[Plan], where: Hashable, allowed: Allowed) -> dict[int, list[Resource]]:
    """The resources at a place with their next choices, by plan; none where one has no other.

    A wave that is common to all goes from there, so each member needs a choice of its own.
    """
    members = sharing(plans).get(where, [])
    out: dict[int, list[Resource]] = defaultdict(list)
    for number, placement in members:
        item = placement.resource
        moved = _with(number, item, where, allowed, lambda choice: bool(choice))
        common = [s for s in item.places if place(s) == where and is_common(s)]
        if moved is None or (common and not allowed(number, common[0], True)):
            return {}
        out[number].append(moved)
    return out


def patched(plans: Sequence[Plan], where: Hashable, allowed: Allowed) -> dict[int, list[Resource]]:
    """The resources that differ from most at a place, with a patch each; none if one cannot.

    Those that cannot move decide what the others differ from.
    """
    members = sharing(plans).get(where, [])
    fixed = {placement.planned for _, placement in members if placement.resource.fixed}
    counts = Counter(placement.planned for _, placement in members)
    if len(fixed) > 1 or not counts:
        return {}
    [kept] = fixed or [max(counts, key=lambda wave: (counts[wave], -wave))]
    out: dict[int, list[Resource]] = defaultdict(list)
    for number, placement in members:
        if placement.planned != kept:
            moved = _with(number, placement.resource, where, allowed, _is_new)
            if moved is None:
                return {}
            out[number].append(moved)
    return out


def _with(
    number: int,
    item: Resource,
    where: Hashable,
    allowed: Allowed,
    wanted: Callable[[Choice], bool],
) -> Resource | None:
    """A resource with the next of its choices that is wanted and leads to another place."""
    if item.fixed:
        return None
    for index, choice in enumerate(item.others):
        if wanted(choice) and all(
            place(site) != where and allowed(number, site, False) for site in choice
        ):
            left, moots = (
                (*item.shared, *item.places),
                [s for s in item.sites if s not in item.places],
            )
            return replace(
                item, sites=(*choice, *moots), others=item.others[index + 1 :], shared=left
            )
    return None


def _is_new(choice: Choice) -> bool:
    return bool(choice) and all(site.entry is not None for site in choice)


def left_for(plans: Sequence[Plan], disputed: Container[Hashable]) -> set[Hashable]:
    """The places that resources left for others which are disputed now."""
    return {
        place(left)
        for made in plans
        for placement in made.placements
        if any(place(site) in disputed for site in placement.resource.sites)
        for left in placement.resource.shared
    }


def is_common(site: Site) -> bool:
    """Whether a wave stands there for all objects of a kustomization."""
    return bool(site.path) and site.path[-1] == "commonAnnotations" and not site.inner


def own_edits(placement: Placement) -> Iterator[Edit]:
    """The edits of a resource that has left a shared place: its wave where it is, moved or not."""
    item = placement.resource
    overridden = [site for site in item.shared if is_common(site)]
    if not (item.sites and item.sites[0].entry is not None):  # else it comes after what is common
        for site in overridden:
            yield Edit(site, item.id, None)
    for site in item.places:
        if site.before != str(placement.wave) and not (_bare(item, site) and placement.wave == 0):
            yield Edit(site, item.id, str(placement.wave))


def _bare(item: Resource, site: Site) -> bool:
    """Whether an object has no wave by itself, so that it would be in wave 0."""
    annotations = get(item.body, "metadata", "annotations")
    plain = site.mechanism in ("manifest", "application") and site.entry is None
    return plain and site.before is None and HOOK_WEIGHT not in (annotations or {})


def needed(edits: Sequence[Sequence[Edit]], plans: Sequence[Plan]) -> list[tuple[Edit, ...]]:
    """Without the new patches that only say what their objects have anyway."""
    touched = {place(edit.site) for some in edits for edit in some}
    out = []
    for some, made in zip(edits, plans, strict=True):
        idle = {
            place(site)
            for placement in made.placements
            if not placement.moves
            and not any(place(left) in touched for left in placement.resource.shared)
            for site in placement.resource.sites
            if site.entry is not None
        }
        out.append(tuple(edit for edit in some if place(edit.site) not in idle))
    return out


def replaced(graph: Graph, changed: Sequence[Resource]) -> Graph:
    """The graph with other versions of some of its resources."""
    by: Mapping[Hashable, Resource] = {item.key: item for item in changed}
    return replace(graph, resources=tuple(by.get(item.key, item) for item in graph.resources))
