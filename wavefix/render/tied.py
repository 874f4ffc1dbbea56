"""Objects of charts whose waves one values key sets, where one of them has no other place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from wavefix.model import Resource, Site


def tied(resources: Iterable[Resource]) -> list[Resource]:
    """The resources, those that share the only place of one of them with that for their place.

    An edit for the one moves all, so all are planned together: also one that has a key of its own,
    and one that cannot move, which then holds the others.
    """
    known = list(resources)
    last = {site for item in known for site in _last(item)}
    return [_at(item, [one.site for one in item.joint if one.site in last]) for item in known]


def _last(item: Resource) -> list[Site]:
    """The place of a resource that has no other than one with others."""
    joint = {one.site for one in item.joint}
    return [site for site in item.places if site in joint and site.before is None]


def _at(item: Resource, sites: list[Site]) -> Resource:
    if not sites or item.opaque:
        return item
    moots = [site for site in item.sites if site.moot]
    return replace(item, sites=(*sites, *moots), others=())
