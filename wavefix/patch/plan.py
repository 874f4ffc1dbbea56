"""From changes to the splices of one file: a parse, a walk to each site, a splice by its style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from yaml.nodes import MappingNode

from wavefix.model import SYNC_WAVE, Path
from wavefix.patch.inner import Inner, inner
from wavefix.patch.insert import Insertion, grow, insert
from wavefix.patch.locate import Place, find, is_null, locate, merged
from wavefix.patch.parsed import Parsed, Refused
from wavefix.patch.remove import Removal, remove
from wavefix.patch.splice import Splice, keep_ending, settle
from wavefix.patch.value import set_value


@dataclass(frozen=True, slots=True)
class Change:
    """A wave to set in (or, where it is None, to remove from) one annotations map."""

    document: int
    path: Path
    inner: Path
    wave: str | None


@dataclass(slots=True)
class _Work:
    """What the changes of one text come to."""

    splices: list[Splice] = field(default_factory=list)
    insertions: dict[int, Insertion] = field(default_factory=dict)  # by id of the map
    removals: list[Removal] = field(default_factory=list)


def plan(parsed: Parsed, changes: Sequence[Change]) -> list[Splice]:
    """The splices that make the changes, in order. Raises Refused for one that cannot be exact."""
    work = _Work()
    texts: dict[int, tuple[Inner, list[Change]]] = {}
    for change in changes:
        place = locate(parsed, change.document, change.path)
        if change.inner:
            text = inner(parsed, place)
            inside = texts.setdefault(id(place.node), (text, []))[1]
            inside.append(Change(0, change.inner, (), change.wave))
        elif change.wave is None:
            _take(place, work)
        else:
            _put(parsed, place, change.wave, work)
    splices = [*work.splices, *remove(parsed, work.removals)]
    for insertion in work.insertions.values():
        splices += insert(parsed, insertion)
    splices = keep_ending(parsed, settle(parsed, splices))
    for text, inside in texts.values():
        splices += [text.outward(splice) for splice in plan(text.parsed, inside)]
    return settle(parsed, splices)


def _put(parsed: Parsed, place: Place, wave: str, work: _Work) -> None:
    node = place.node
    if not place.missing and isinstance(node, MappingNode):
        index = find(node, SYNC_WAVE)
        if merged(node, SYNC_WAVE, -1 if index is None else index):
            raise Refused("a YAML merge key (<<) sets the wave and would override it")
        if index is not None:
            work.splices += set_value(parsed, node, index, wave)
            return
    insertion = work.insertions.setdefault(id(node), Insertion(place.chain, {}))
    grow(insertion.tree, (*place.missing, SYNC_WAVE), wave)


def _take(place: Place, work: _Work) -> None:
    node = place.node
    if place.missing or is_null(node):
        return
    if not isinstance(node, MappingNode):
        raise Refused("the annotations are no map")
    if merged(node, SYNC_WAVE):
        raise Refused("a wave comes from a YAML merge key (<<)")
    index = find(node, SYNC_WAVE)
    if index is not None:
        work.removals.append(Removal(place.chain[-1], index))
