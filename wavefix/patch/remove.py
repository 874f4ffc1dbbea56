"""Removing a wave, and the annotations map with it where nothing else is in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from yaml.nodes import MappingNode

from wavefix.patch.geometry import (
    colon_end,
    comma_lead,
    content,
    is_alias,
    pair_start,
    skip,
    spot,
    value_end,
)
from wavefix.patch.locate import Frame
from wavefix.patch.parsed import BREAK, Parsed, Refused
from wavefix.patch.sharing import shared
from wavefix.patch.splice import Splice, apply, settle

_INDENTED = re.compile(r"[\r\n]*[ \t]+(?:[#\r\n]|\Z)")  # a comment, or nothing


@dataclass(frozen=True, slots=True)
class Removal:
    """Pair `index` of the map in `frame` is to go."""

    frame: Frame
    index: int

    @property
    def empties(self) -> bool:
        """Whether nothing is left in the map."""
        return len(self.frame.map.value) == 1


def remove(parsed: Parsed, removals: Sequence[Removal]) -> list[Splice]:
    """The splices for all removals of a document."""
    splices: list[Splice] = []
    emptied: dict[int, list[Frame]] = {}
    for removal in removals:
        _check(parsed, removal)
        if not removal.empties:
            splices += _drop(parsed, removal.frame.map, [removal.index])
        else:
            emptied.setdefault(id(removal.frame.holder), []).append(removal.frame)
    for frames in emptied.values():
        holder = frames[0].holder
        # A map that would be left empty keeps its keys instead: it may mean something by itself.
        if isinstance(holder, MappingNode) and len(frames) < len(holder.value):
            splices += _drop(parsed, holder, sorted(frame.index for frame in frames))
        else:
            for frame in frames:
                splices += _keep_empty(parsed, frame)
    _not_swallowed(parsed, splices)
    return splices


def _not_swallowed(parsed: Parsed, splices: Sequence[Splice]) -> None:
    """Raise Refused where lines would come right below a text in lines, as part of it."""
    settled = settle(parsed, splices)
    if parsed.survey.block_ends.keys().isdisjoint(splice.start for splice in settled):
        return
    after, moved = apply(parsed.body, settled), 0
    for splice in settled:
        at = splice.start + moved
        moved += len(splice.text) - (splice.end - splice.start)
        node = None if splice.text else parsed.survey.block_ends.get(splice.start)
        if node is None:
            continue
        if _INDENTED.match(after, at):
            raise Refused("a comment or blanks below it would become part of the text before it")
        start = content(parsed, node).start
        header = parsed.body[start : parsed.line_end(start)].partition("#")[0]
        if "+" in header and BREAK.match(after, at):
            raise Refused("an empty line below it would become part of the text before it")


def _check(parsed: Parsed, removal: Removal) -> None:
    node, key = removal.frame.map, removal.frame.key
    if node.flow_style and not parsed.body.startswith("{", content(parsed, node).start):
        raise Refused("the map is a single pair without braces")
    name, value = node.value[removal.index]
    holders = [(node, name)]
    if removal.empties and key is not None and isinstance(removal.frame.holder, MappingNode):
        holders.append((removal.frame.holder, key))
    for holder, one in holders:
        for other, _ in holder.value:
            if other is not one and other.value == one.value:
                line = parsed.line(other.start_mark.index)
                raise Refused(f"the key {one.value} in line {line} would count then")
    anchored = [name, *([key] if key and removal.empties else [])]
    anchored += [] if is_alias(name, value) else [value]
    for part in anchored:
        if parsed.shared(part):
            raise Refused(shared(parsed, part, False))


def _drop(parsed: Parsed, node: MappingNode, indexes: Sequence[int]) -> list[Splice]:
    """Without these pairs; others remain."""
    if node.flow_style:
        return [splice for run in _runs(indexes) for splice in _drop_flow(parsed, node, *run)]
    return [splice for index in indexes for splice in _drop_block(parsed, node, index)]


def _runs(indexes: Sequence[int]) -> list[tuple[int, int]]:
    """The first and last of each row of neighbours."""
    runs: list[tuple[int, int]] = []
    for index in indexes:
        if runs and runs[-1][1] == index - 1:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return runs


def _drop_block(parsed: Parsed, node: MappingNode, index: int) -> list[Splice]:
    start, end = pair_start(parsed, node, index), value_end(parsed, node, index)
    value = node.value[index][1]
    parsed.no_tab_below(end)
    if parsed.blank_before(start):
        if isinstance(value, MappingNode) and not value.flow_style:  # comments in it stay
            head = _head_end(parsed, node, index)
            return [_lines(parsed, start, head), *_drop_inside(parsed, value)]
        return [_lines(parsed, start, end)]
    if index + 1 == len(node.value):
        raise Refused("its line begins with something else")
    behind = pair_start(parsed, node, index + 1)
    if "#" in parsed.body[start:behind]:
        raise Refused("a comment stands in its entry, which begins behind a dash")
    return [Splice(start, behind, "")]


def _head_end(parsed: Parsed, node: MappingNode, index: int) -> int:
    """The end of the key of a block map, of its colon and its anchor."""
    value = node.value[index][1]
    properties = content(parsed, value).properties
    return properties[-1][1] if properties else colon_end(parsed, node, index)


def _drop_inside(parsed: Parsed, node: MappingNode) -> list[Splice]:
    """The lines of the only pair of a block map."""
    start = pair_start(parsed, node, 0)
    if not parsed.blank_before(start):
        raise Refused("its line begins with something else")
    return [_lines(parsed, start, value_end(parsed, node, 0))]


def _lines(parsed: Parsed, start: int, end: int) -> Splice:
    return Splice(parsed.line_start(start), parsed.next_line(end), "")


def _drop_flow(parsed: Parsed, node: MappingNode, first: int, last: int) -> list[Splice]:
    """Without the pairs `first` to `last`, their commas, and their lines if they fill them."""
    body = parsed.body
    start, end = pair_start(parsed, node, first), value_end(parsed, node, last)
    comma = skip(body, end)
    has_comma = body[comma] == ","
    stop = comma + 1 if has_comma else end
    fills = parsed.blank_before(start) and _rest_is_blank(parsed, stop)
    before = value_end(parsed, node, first - 1) if first else start
    if last + 1 < len(node.value) and (parsed.same_line(end, comma) or not first):
        following = pair_start(parsed, node, last + 1)
        if fills and parsed.same_line(end, comma):
            return [_lines(parsed, start, stop)]
        if "#" not in body[stop:following]:
            return [Splice(start, following, "")]
        return [Splice(start, stop, "")]
    if has_comma and fills:
        return [_lines(parsed, start, stop)]
    if not fills and "#" not in body[before:start]:
        lead = comma_lead(parsed, spot(parsed, node, first - 1)) if first else ""
        return [Splice(before, end, lead)]
    at = skip(body, before)  # the comma of the pair before is the last one now
    gone = _lines(parsed, start, stop) if fills else Splice(start, stop, "")
    return [Splice(at, at + 1, ""), gone] if not has_comma else [gone]


def _rest_is_blank(parsed: Parsed, at: int) -> bool:
    rest = parsed.body[at : parsed.line_end(at)].strip(" \t")
    return (not rest or rest.startswith("#")) and parsed.next_line(at) < len(parsed.body)


def _keep_empty(parsed: Parsed, frame: Frame) -> list[Splice]:
    """The map loses its only pair and remains as `{}`."""
    node, holder = frame.map, frame.holder
    start, end = pair_start(parsed, node, 0), value_end(parsed, node, 0)
    if node.flow_style:
        where = content(parsed, node)
        inside = parsed.body[where.start + 1 : where.end - 1]
        if "#" not in inside:
            return [Splice(where.start + 1, where.end - 1, "")]
        comma = skip(parsed.body, end)
        return [Splice(start, comma + 1 if parsed.body[comma] == "," else end, "")]
    parsed.no_tab_below(end)
    if isinstance(holder, MappingNode):
        head = _head_end(parsed, holder, frame.index)
        return [Splice(head, head, " {}"), *_drop_inside(parsed, node)]
    return [Splice(start, end, "{}")]
