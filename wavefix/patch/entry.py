"""New entries of a kustomization's list of patches, each of which sets the wave of one object.

Written as a strategic merge patch that names its object: that is right whether or not the object
has annotations, where a JSON patch would need to know. What a patch without a `target` is for:
kustomize api/internal/builtins/PatchTransformer.go (`GetById`), by the exact group, version, kind,
name and namespace.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from wavefix import yamlio
from wavefix.model import SYNC_WAVE, PatchTarget
from wavefix.patch.geometry import (
    before_comment,
    colon_end,
    content,
    is_alias,
    last_break,
    pair_start,
    spot,
)
from wavefix.patch.insert import lines_below
from wavefix.patch.locate import Place, is_null
from wavefix.patch.parsed import Parsed, Refused
from wavefix.patch.splice import Splice
from wavefix.patch.style import indent_step, value_quote

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_MERGE = "patchesStrategicMerge"  # holds texts, where `patches` holds maps


@dataclass(frozen=True, slots=True)
class Entry:
    """A patch to write: the object that it is for, and its wave."""

    target: PatchTarget
    wave: str


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the entries of a list are written."""

    column: int  # of the dash
    gap: int  # from the dash to what follows it
    step: int


def in_lines(place: Place) -> bool:
    """Whether the list of patches, or the map that is to hold it, is written in block style."""
    node = place.node
    if place.missing:
        return not isinstance(node, MappingNode) or not node.flow_style
    if isinstance(node, SequenceNode) and node.value:
        return not node.flow_style
    holder = place.chain[-1].holder
    return not isinstance(holder, MappingNode) or not holder.flow_style


def values(field: str, entries: Sequence[Entry]) -> list[Any]:
    """The patches as the items of a list that is written in flow style."""
    texts = ["\n".join(_patch(entry, 2, "'")) for entry in entries]
    return [text if field == _MERGE else {"patch": text} for text in texts]


def append(parsed: Parsed, place: Place, field: str, entries: Sequence[Entry]) -> list[Splice]:
    """The splices that add entries at the end of a list, which is made where there is none.

    Raises Refused for a list that is not written in block style.
    """
    node = place.node
    if len(place.missing) == 1 and isinstance(node, MappingNode):
        if node.flow_style or not node.value:
            raise Refused("the map that should hold the list of patches is not written in lines")
        end = _pair_end(parsed, node, len(node.value) - 1)
        column = parsed.column(pair_start(parsed, node, 0))
        layout = _beside(parsed, place, node, column)
        lines = [" " * column + f"{field}:", *_lines(parsed, field, entries, layout)]
        return [lines_below(parsed, end, 0, lines)]
    if place.missing:
        raise Refused("the kustomization that should hold the patch does not exist")
    if isinstance(node, SequenceNode) and node.value:
        if node.flow_style:
            raise Refused("the list of patches is not written in lines")
        return [_behind_last(parsed, place, node, field, entries)]
    if is_null(node) or isinstance(node, SequenceNode):
        return _into_nothing(parsed, place, field, entries)
    raise Refused("the patches are no list")


def _behind_last(
    parsed: Parsed, place: Place, node: SequenceNode, field: str, entries: Sequence[Entry]
) -> Splice:
    if not _dashed(parsed, node):
        raise Refused("the list of patches has an anchor or a tag")
    column = parsed.column(node.start_mark.index)
    gap = max(2, parsed.column(node.value[-1].start_mark.index) - column)
    end = closed_end(parsed, node)
    at = parsed.next_line(end)
    while at < len(parsed.body):  # comments that are indented more belong to the last entry
        line = parsed.body[at : parsed.line_end(at)]
        if not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) <= column:
            break
        end, at = parsed.line_end(at), parsed.next_line(at)
    layout = _Layout(column, gap, indent_step(parsed, place.chain))
    return lines_below(parsed, end, 0, _lines(parsed, field, entries, layout))


def _into_nothing(
    parsed: Parsed, place: Place, field: str, entries: Sequence[Entry]
) -> list[Splice]:
    """Into `patches:` without a value, or with `[]`."""
    frame = place.chain[-1]
    holder = frame.holder
    if not isinstance(holder, MappingNode) or holder.flow_style:
        raise Refused("the map that should hold the list of patches is not written in lines")
    where = spot(parsed, holder, frame.index)
    colon = colon_end(parsed, holder, frame.index)
    if where.properties or "#" in parsed.body[where.start : where.end]:
        raise Refused("the list of patches has a tag, an anchor or a comment in it")
    if not parsed.same_line(colon, where.end):
        raise Refused("the list of patches is not written in lines")
    column = parsed.column(pair_start(parsed, holder, frame.index))
    layout = _beside(parsed, place, holder, column)
    lines = _lines(parsed, field, entries, layout)
    blank = before_comment(parsed, where.end)
    return [Splice(colon, where.end, blank), lines_below(parsed, where.end, 0, lines)]


def _beside(parsed: Parsed, place: Place, holder: MappingNode, column: int) -> _Layout:
    """The layout of a new list: that of the first list beside it."""
    step = indent_step(parsed, place.chain)
    for key, value in holder.value:
        if _dashed(parsed, value) and not is_alias(key, value):
            dash = parsed.column(value.start_mark.index)
            gap = parsed.column(value.value[0].start_mark.index) - dash
            return _Layout(dash, max(2, gap), step)
    return _Layout(column, 2, step)


def _dashed(parsed: Parsed, node: Node) -> bool:
    """Whether a node is a list in lines that begins with its first dash."""
    in_lines = isinstance(node, SequenceNode) and not node.flow_style
    return in_lines and parsed.body[node.start_mark.index] == "-"


def _lines(parsed: Parsed, field: str, entries: Sequence[Entry], layout: _Layout) -> list[str]:
    quote = value_quote(parsed)
    dash = " " * layout.column + "-" + " " * (layout.gap - 1)
    text = " " * (layout.column + layout.gap + (0 if field == _MERGE else layout.step))
    head = dash + ("|-" if field == _MERGE else "patch: |-")
    return [
        line
        for entry in entries
        for line in (head, *(text + line for line in _patch(entry, layout.step, quote)))
    ]


def _patch(entry: Entry, step: int, quote: str) -> list[str]:
    target, one = entry.target, " " * step
    if not (target.version and target.kind and target.name):
        raise Refused("the object that the patch is for is not known by version, kind and name")
    version = f"{target.group}/{target.version}" if target.group else target.version
    return [
        f"apiVersion: {_text(version)}",
        f"kind: {_text(target.kind)}",
        "metadata:",
        f"{one}name: {_text(target.name)}",
        *([f"{one}namespace: {_text(target.namespace)}"] if target.namespace else []),
        f"{one}annotations:",
        f"{one}{one}{SYNC_WAVE}: {quote}{entry.wave}{quote}",
    ]


def _text(value: str) -> str:
    safe = _SAFE.fullmatch(value) and yamlio.scalar(value) == value
    return value if safe else json.dumps(value, ensure_ascii=False)


def _pair_end(parsed: Parsed, node: MappingNode, index: int) -> int:
    key, value = node.value[index]
    if is_alias(key, value) or isinstance(value, ScalarNode) or value.flow_style:
        _closed(parsed, value)
        return spot(parsed, node, index).end
    return closed_end(parsed, value)


def closed_end(parsed: Parsed, node: Node) -> int:
    """Where a node ends that lines are to follow. Raises Refused where they would change it."""
    if parsed.shared(node):
        raise Refused("an anchor or an alias stands where the new patch would go")
    if isinstance(node, MappingNode) and not node.flow_style:
        return _pair_end(parsed, node, len(node.value) - 1)
    if isinstance(node, SequenceNode) and not node.flow_style:
        return closed_end(parsed, node.value[-1])
    _closed(parsed, node)
    return content(parsed, node).end


def _closed(parsed: Parsed, node: Node) -> None:
    """Raises Refused where lines behind a text would become part of it."""
    if not isinstance(node, ScalarNode) or node.style not in ("|", ">"):
        return
    where = content(parsed, node)
    header = parsed.body[where.start : parsed.line_end(where.start)].partition("#")[0]
    if "+" in header:
        raise Refused("the text before it keeps its blank lines (|+)")
    if node.value.rstrip("\n").rpartition("\n")[2].isspace():
        raise Refused("the text before it ends with a line of blanks")
    if "-" not in header and where.end == len(parsed.body) and not last_break(parsed.body):
        raise Refused("the text before it ends with the file, without a line break")
