"""From changes to the splices of one file: a parse, a walk to each site, a splice by its style."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replace_fields

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from wavefix.model import SYNC_WAVE, Entry, PatchTarget, Path
from wavefix.patch import entry as new_patch
from wavefix.patch.append import append
from wavefix.patch.data import Quoted, same
from wavefix.patch.inner import Text, inner
from wavefix.patch.insert import Insertion, grow, insert
from wavefix.patch.locate import Place, find, is_null, locate, overridden
from wavefix.patch.parsed import Parsed, Refused
from wavefix.patch.remove import Removal, remove
from wavefix.patch.replace import replace
from wavefix.patch.splice import Splice, keep_ending, settle
from wavefix.patch.value import set_value

_BEFORE_TAB = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)(?: *[\r\n])* *\t")


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
    insertions: dict[tuple[int, str], Insertion] = field(default_factory=dict)  # by map and place
    removals: list[Removal] = field(default_factory=list)
    patches: dict[tuple[int, Path], list[new_patch.Entry]] = field(default_factory=dict)

    def insertion(self, place: Place, before: str = "") -> Insertion:
        """What is to be inserted into the last map that exists."""
        made = Insertion(place.chain, {}, before)
        return self.insertions.setdefault((id(place.node), before), made)


def plan(parsed: Parsed, changes: Sequence[Change], entries: Sequence[Entry] = ()) -> list[Splice]:
    """The splices that make the changes, in order. Raises Refused for one that cannot be exact."""
    work = _Work()
    for entry in entries:
        _enter(parsed, entry, work)
    texts: dict[int, tuple[Text, list[Change]]] = {}
    for change in changes:
        place = locate(parsed, change.document, change.path)
        if change.entry is not None:
            if change.wave is None:
                raise Refused("a patch that does not exist yet cannot be removed")
            patches = work.patches.setdefault((change.document, change.path), [])
            patches.append(new_patch.Entry(change.entry, change.wave))
        elif change.inner:
            text = inner(parsed, place)
            inside = texts.setdefault(id(place.node), (text, []))[1]
            inside.append(replace_fields(change, document=0, path=change.inner, inner=()))
        elif change.wave is None:
            _take(parsed, place, change.key, work)
        else:
            _put(parsed, place, change, change.wave, work)
    for where in [
        where for where in work.patches if not new_patch.in_lines(locate(parsed, *where))
    ]:
        _enter_patches(parsed, *where, work.patches.pop(where), work)
    splices = [*work.splices, *remove(parsed, work.removals)]
    for insertion in work.insertions.values():
        splices += insert(parsed, insertion)
    splices = keep_ending(parsed, settle(parsed, splices))
    for text, inside in texts.values():
        splices += [text.outward(splice) for splice in plan(text.parsed, inside)]
    for (document, path), added in work.patches.items():  # behind all that ends where they begin
        place = locate(parsed, document, path)
        splices += new_patch.append(parsed, place, str(path[-1]), added)
    settled = settle(parsed, splices)
    for splice in settled:
        _no_plain_before_tab(parsed, splice)
    return settled


def _no_plain_before_tab(parsed: Parsed, splice: Splice) -> None:
    """Raise Refused where a value without quotes would be the last in braces indented with tabs."""
    last = splice.text or parsed.body[max(0, splice.start - 1) : splice.start]
    plain = last.rstrip(" \t")[-1:] not in ("", *"\"'{}[],\r\n")
    if plain and _BEFORE_TAB.match(parsed.body, splice.end) and parsed.in_block(splice.start):
        raise Refused("a value without quotes would stand before a line that begins with a tab")


def _enter(parsed: Parsed, entry: Entry, work: _Work) -> None:
    """Give a key a value, whatever it has now, or a list one more item."""
    place = locate(parsed, entry.document, entry.path)
    node = place.node
    if isinstance(entry.key, int):
        _append(parsed, entry, place, work)
        return
    if not place.missing and isinstance(node, MappingNode):
        index = find(node, entry.key)
        if by := overridden(parsed, node, index, entry.key):
            raise Refused(f"{by} sets {entry.key}")
        if index is not None:
            work.splices += replace(parsed, place.chain, index, entry.value)
            return
    insertion = work.insertion(place, "" if place.missing else entry.before)
    grow(insertion.tree, (*place.missing, entry.key), entry.value)


def _append(parsed: Parsed, entry: Entry, place: Place, work: _Work) -> None:
    node, number = place.node, entry.key
    items = node.value if isinstance(node, SequenceNode) and not place.missing else []
    if not items and number == 0 and entry.path:
        *path, key = entry.path  # a list of its own
        whole = replace_fields(entry, path=tuple(path), key=key, value=[entry.value])
        if isinstance(node, SequenceNode) or place.missing or is_null(node):
            _enter(parsed, whole, work)
            return
    if not isinstance(node, SequenceNode) or not items:
        raise Refused("what should hold it is no list with items")
    if number != len(items):
        if isinstance(number, int) and number < len(items) and same(items[number], entry.value):
            return
        raise Refused("the list has another length")
    work.splices += append(parsed, place.chain, [entry.value])


def _enter_patches(
    parsed: Parsed, document: int, path: Path, added: Sequence[new_patch.Entry], work: _Work
) -> None:
    """Patches for a list that is not written in lines, each as one text."""
    place = locate(parsed, document, path)
    values = new_patch.values(str(path[-1]), added)
    if isinstance(place.node, SequenceNode) and place.node.value and not place.missing:
        work.splices += append(parsed, place.chain, values)
    elif len(place.missing) > 1 or not (
        isinstance(place.node, SequenceNode) or place.missing or is_null(place.node)
    ):
        raise Refused("the patches are no list")
    else:
        _enter(parsed, Entry("", document, path[:-1], path[-1], values), work)


def _put(parsed: Parsed, place: Place, change: Change, wave: str, work: _Work) -> None:
    node = place.node
    if not place.missing and isinstance(node, MappingNode):
        index = find(node, change.key)
        if index is not None:
            if by := overridden(parsed, node, index, change.key):
                raise Refused(f"{by} sets the wave as well, and would override it")
            work.splices += set_value(parsed, node, index, wave, change.typed)
            return
    insertion = work.insertion(place)
    grow(insertion.tree, (*place.missing, change.key), Quoted(wave))


def _take(parsed: Parsed, place: Place, key: str, work: _Work) -> None:
    node = place.node
    if place.missing or is_null(node):
        return
    if not isinstance(node, MappingNode):
        raise Refused("the annotations are no map")
    if by := overridden(parsed, node, None, key):
        raise Refused(f"a wave comes from {by}")
    index = find(node, key)
    if index is not None:
        if not isinstance(node.value[index][1], ScalarNode):
            raise Refused("its value is no scalar")
        work.removals.append(Removal(place.chain[-1], index))
