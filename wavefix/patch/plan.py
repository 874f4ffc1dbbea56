"""From changes to the splices of one file: a parse, a walk to each site, a splice by its style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from yaml.nodes import MappingNode

from wavefix.model import SYNC_WAVE, PatchTarget, Path
from wavefix.patch.entry import Entry, append
from wavefix.patch.inner import Text, inner
from wavefix.patch.insert import Insertion, grow, insert
from wavefix.patch.locate import Place, find, is_null, locate, merged
from wavefix.patch.parsed import Parsed, Refused
from wavefix.patch.remove import Removal, remove
from wavefix.patch.splice import Splice, keep_ending, settle
from wavefix.patch.value import set_value


@dataclass(frozen=True, slots=True)
class Change:
    """A wave to set in (or, where it is None, to remove from) one annotations map.

    `typed`: a number that is there remains one. With an `entry`, `path` leads to a list of patches.
    """

    document: int
    path: Path
    inner: Path
    wave: str | None
    key: str = SYNC_WAVE
    typed: bool = False
    entry: PatchTarget | None = None


@dataclass(slots=True)
class _Work:
    """What the changes of one text come to."""

    splices: list[Splice] = field(default_factory=list)
    insertions: dict[int, Insertion] = field(default_factory=dict)  # by id of the map
    removals: list[Removal] = field(default_factory=list)
    entries: dict[tuple[int, Path], list[Entry]] = field(default_factory=dict)


def plan(parsed: Parsed, changes: Sequence[Change]) -> list[Splice]:
    """The splices that make the changes, in order. Raises Refused for one that cannot be exact."""
    work = _Work()
    texts: dict[int, tuple[Text, list[Change]]] = {}
    for change in changes:
        place = locate(parsed, change.document, change.path)
        if change.entry is not None:
            if change.wave is None:
                raise Refused("a patch that does not exist yet cannot be removed")
            entries = work.entries.setdefault((change.document, change.path), [])
            entries.append(Entry(change.entry, change.wave))
        elif change.inner:
            text = inner(parsed, place)
            inside = texts.setdefault(id(place.node), (text, []))[1]
            inside.append(replace(change, document=0, path=change.inner, inner=()))
        elif change.wave is None:
            _take(place, change.key, work)
        else:
            _put(parsed, place, change, change.wave, work)
    splices = [*work.splices, *remove(parsed, work.removals)]
    for insertion in work.insertions.values():
        splices += insert(parsed, insertion)
    splices = keep_ending(parsed, settle(parsed, splices))
    for text, inside in texts.values():
        splices += [text.outward(splice) for splice in plan(text.parsed, inside)]
    for (document, path), entries in work.entries.items():  # behind all that ends where they begin
        splices += append(parsed, locate(parsed, document, path), str(path[-1]), entries)
    return settle(parsed, splices)


def _put(parsed: Parsed, place: Place, change: Change, wave: str, work: _Work) -> None:
    node = place.node
    if not place.missing and isinstance(node, MappingNode):
        index = find(node, change.key)
        if merged(node, change.key, -1 if index is None else index):
            raise Refused("a YAML merge key (<<) sets the wave and would override it")
        if index is not None:
            work.splices += set_value(parsed, node, index, wave, change.typed)
            return
    insertion = work.insertions.setdefault(id(node), Insertion(place.chain, {}))
    grow(insertion.tree, (*place.missing, change.key), wave)


def _take(place: Place, key: str, work: _Work) -> None:
    node = place.node
    if place.missing or is_null(node):
        return
    if not isinstance(node, MappingNode):
        raise Refused("the annotations are no map")
    if merged(node, key):
        raise Refused("a wave comes from a YAML merge key (<<)")
    index = find(node, key)
    if index is not None:
        work.removals.append(Removal(place.chain[-1], index))
