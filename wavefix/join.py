"""One place instead of several: a key or an annotation that sets the wave of just these objects.

Where all that a values key or a kustomization's `commonAnnotations` reaches goes to one wave, it is
written once. Only where that changes nothing else: no pods, which would be restarted (and a Job's
cannot be changed at all), and nothing that is to be in another wave.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from wavefix.model import Edit, Joint, Key, Mechanism, Placement, Plan, Site
from wavefix.plan.spaces import place
from wavefix.split import Allowed

Ranks = Mapping[Mechanism, int]
"""How good each mechanism is for a new wave: 0 is the best."""


class _Member(NamedTuple):
    """A resource that a place reaches: the number of its plan, where it is placed there."""

    number: int
    placement: Placement
    joint: Joint


def joined(
    plans: Sequence[Plan], edits: Sequence[Sequence[Edit]], ranks: Sequence[Ranks], allowed: Allowed
) -> dict[tuple[int, Key], Site]:
    """The resources, by plan and key, whose new place goes, each with the one that takes over."""
    reached = _reached(plans)
    waves = {place(edit.site): edit.after for some in edits for edit in some}

    def best(where: Hashable) -> tuple[int, int, str]:
        first = reached[where][0]
        return ranks[first.number][first.joint.site.mechanism], -len(reached[where]), repr(where)

    out: dict[tuple[int, Key], Site] = {}
    for where in sorted(reached, key=best):
        members = reached[where]
        found = {(m.number, m.placement.resource.key): m.joint.site for m in members}
        if not found.keys() & out.keys() and _fits(members, waves, ranks, allowed):
            out |= found
    return out


def _reached(plans: Sequence[Plan]) -> dict[Hashable, list[_Member]]:
    """What each place reaches that is not yet in use. What Argo CD never applies does not count."""
    out: dict[Hashable, list[_Member]] = defaultdict(list)
    used: set[Hashable] = set()
    for number, made in enumerate(plans):
        for placement in made.placements:
            used |= {place(site) for site in placement.resource.sites}
            if placement.resource.phase != "Skip":
                for joint in placement.resource.joint:
                    out[place(joint.site)].append(_Member(number, placement, joint))
    return {where: members for where, members in out.items() if where not in used}


def _fits(
    members: Sequence[_Member],
    waves: Mapping[Hashable, str | None],
    ranks: Sequence[Ranks],
    allowed: Allowed,
) -> bool:
    """Whether each member has a new place of its own, less good, and all go to one wave."""
    for number, placement, joint in members:
        item = placement.resource
        if joint.more or joint.site.before is not None or item.fixed or len(item.places) != 1:
            return False
        [own] = item.places
        rank = ranks[number]
        if own.before is not None or rank[own.mechanism] <= rank[joint.site.mechanism]:
            return False
        if waves.get(place(own)) != str(placement.planned):
            return False
        # What it has left overrules all but what comes last in the kustomization of its patch.
        if item.shared and (joint.site.file, own.entry is None) != (own.file, False):
            return False
    number, _, joint = members[0]
    alike = len({member.placement.planned for member in members}) == 1
    return len(members) > 1 and alike and allowed(number, joint.site, False)


def rewritten(made: Plan, number: int, sites: Mapping[tuple[int, Key], Site]) -> Plan:
    """The plan with the resources at the places that take over."""
    placements = tuple(
        replace(placement, resource=replace(item, sites=(site, *moots), others=(), joint=()))
        if (site := sites.get((number, item.key))) is not None
        else placement
        for placement in made.placements
        for item in [placement.resource]
        for moots in [tuple(one for one in item.sites if one.moot)]
    )
    return replace(made, placements=placements)


__all__ = ["Ranks", "joined", "rewritten"]
