"""Where the parts of a mapping stand in the text, from the marks of its nodes.

A node that an alias repeats carries the marks of its anchor, and the end of a block collection is
the start of whatever comes next. Everything here is careful about both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from wavefix.patch.parsed import BREAK, Parsed, Refused

SPACE = re.compile("(?:[ \t\r\n\x85\u2028\u2029]|#[^\r\n\x85\u2028\u2029]*)*")
_NAME = "[0-9A-Za-z_-]"  # of an anchor (libyaml src/yaml_private.h `IS_ALPHA`)
_PROPERTY = re.compile(rf"!<[^>]*>|![^\s,\[\]{{}}]*|&{_NAME}*")
_ALIAS = re.compile(rf"\*{_NAME}+")
_LONG = 1000  # characters of a tag
_TAG_LAST = re.compile(r"(?:\A|[\s,\[{:])![^\s,\[\]{}]*\Z")
_COMMENT = re.compile(r"[ \t]*#")
_QUESTION = re.compile(r"[ \t-]*(\?)[ \t]*(?:[\r\n]|#)")  # all that stands on its line


@dataclass(frozen=True, slots=True)
class Spot:
    """The content of a value in the text: what follows its tag and anchor (`properties`)."""

    start: int
    end: int
    properties: tuple[tuple[int, int], ...] = ()


def skip(body: str, at: int) -> int:
    """Past white space, line breaks and comments."""
    match = SPACE.match(body, at)
    return match.end() if match else at


def pair_start(parsed: Parsed, node: MappingNode, index: int) -> int:
    """Where a pair begins: at its key, or at the `?` of an explicit key."""
    at = _key_mark(parsed, node, node.value[index][0])
    if node.flow_style:
        return _start_in_flow(parsed, node, index, at)
    start = _explicit_start(parsed, node, at)
    begins = node.start_mark.index, content(parsed, node).start
    if parsed.column(start) not in map(parsed.column, begins):
        raise Refused("a key of the map does not stand on the line of its `?`")
    return start


def _start_in_flow(parsed: Parsed, node: MappingNode, index: int, key: int) -> int:
    """A `?` is the first behind the brace, or behind the comma of the pair before."""
    body = parsed.body
    at = value_end(parsed, node, index - 1) if index else content(parsed, node).start
    at = skip(body, at)
    if body.startswith(("{", ","), at):
        at = skip(body, at + 1)
    return at if at < key and body[at] == "?" else key


def _explicit_start(parsed: Parsed, node: MappingNode, at: int) -> int:
    """Where the `?` of a key at an offset stands, on its line or the one above; else the key."""
    before = at
    while parsed.body[before - 1 : before] in (" ", "\t"):
        before -= 1
    if before < at and parsed.body[before - 1 : before] == "?":
        return before - 1
    start = parsed.line_start(at)
    above = _QUESTION.match(parsed.body, parsed.line_start(start - 1)) if before == start else None
    if above is None:  # it stands in the column of the keys
        return at
    column = parsed.column(content(parsed, node).start)
    return above.start(1) if parsed.column(above.start(1)) == column else at


def _key_mark(parsed: Parsed, node: MappingNode, key: Node) -> int:
    if key.start_mark.index < node.start_mark.index or parsed.shared(key):
        raise Refused("a key of the map is a YAML alias")
    if key.start_mark.index == key.end_mark.index:
        raise Refused("a key of the map is nothing at all")
    at: int = key.start_mark.index
    return at


def colon_end(parsed: Parsed, node: MappingNode, index: int) -> int:
    """The offset just behind the colon of a pair."""
    key = node.value[index][0]
    _key_mark(parsed, node, key)
    at = _colon(parsed, node, key)
    if at is None:
        raise Refused("its key has no value")
    return at + 1


def _colon(parsed: Parsed, node: MappingNode, key: Node) -> int | None:
    """Where the colon behind a key stands; in lines only white space makes it one."""
    at = skip(parsed.body, key.end_mark.index)
    found = parsed.body[at : at + 1] == ":"
    blank = not parsed.body[at + 1 : at + 2].strip(" \t\r\n\x85\u2028\u2029")
    return at if found and (blank or node.flow_style) else None


def is_alias(key: Node, value: Node) -> bool:
    """Whether a value is an alias: its marks are then those of the anchor, before the key."""
    return bool(value.start_mark.index < key.start_mark.index)


def spot(parsed: Parsed, node: MappingNode, index: int) -> Spot:
    """The content of the value of a pair."""
    key, value = node.value[index]
    if is_alias(key, value):
        at = skip(parsed.body, colon_end(parsed, node, index))
        match = _ALIAS.match(parsed.body, at)
        if not match:
            raise Refused("an alias in the map cannot be found in the text")
        return Spot(match.start(), match.end())
    if value.start_mark.index == value.end_mark.index:  # nothing at all
        _key_mark(parsed, node, key)
        colon = _colon(parsed, node, key)
        if colon is None and not isinstance(key, ScalarNode):
            raise Refused("a key of the map is not plain text, and has no value")
        at = key.end_mark.index if colon is None else colon + 1
        return Spot(at, at)
    return content(parsed, value)


def content(parsed: Parsed, node: Node) -> Spot:
    """The content of a node that is no alias and not empty."""
    body, at, end = parsed.body, node.start_mark.index, node.end_mark.index
    properties: list[tuple[int, int]] = []
    while at < end and body[at] in "!&":
        match = _PROPERTY.match(body, at)
        last = match.end() if match else end
        properties.append((at, last))
        at = skip(body, last)
    if isinstance(node, ScalarNode):
        if node.value == "" and node.style not in ("'", '"', "|", ">"):
            at = end = properties[-1][1] if properties else at
        elif node.style in ("|", ">"):  # its end mark lies behind the blank lines that follow
            end = at + len(body[at:end].rstrip(" \t\r\n\x85\u2028\u2029"))
    return Spot(at, end, tuple(properties))


def value_end(parsed: Parsed, node: MappingNode, index: int) -> int:
    """Where the value of a pair ends, before any comment or comma."""
    key, value = node.value[index]
    if is_alias(key, value) or isinstance(value, ScalarNode) or value.flow_style:
        return spot(parsed, node, index).end
    if isinstance(value, MappingNode):
        return value_end(parsed, value, len(value.value) - 1)
    raise Refused("a list ends where the edit would have to begin")


def comma_lead(parsed: Parsed, where: Spot) -> str:
    """The blank that a comma behind a value needs, where that is nothing but a colon or a tag.

    To go-yaml, and to PyYAML, a comma may be part of a tag (yaml/go-yaml scannerc.go
    `yaml_parser_scan_tag_uri`).
    """
    if where.start < where.end:
        return ""
    before = parsed.body[max(0, where.end - _LONG) : where.end]  # the line may be the file
    return " " if before.endswith(":") or _TAG_LAST.search(before) else ""


def before_comment(parsed: Parsed, end: int) -> str:
    """The blank that a comment needs which begins right behind a quote or a bracket that goes."""
    return " " if parsed.body.startswith("#", end) else ""


def pair_end(parsed: Parsed, node: MappingNode, index: int) -> int:
    """Where a pair ends, whatever its value is: as `value_end`, also of lists."""
    key, value = node.value[index]
    if is_alias(key, value) or isinstance(value, ScalarNode) or value.flow_style:
        return spot(parsed, node, index).end
    return node_end(parsed, value)


def node_end(parsed: Parsed, node: Node) -> int:
    """Where a block map or list ends."""
    if isinstance(node, MappingNode):
        return pair_end(parsed, node, len(node.value) - 1)
    item: Node = node.value[-1]
    start, end = item.start_mark.index, item.end_mark.index
    if start < node.start_mark.index or start == end:
        raise Refused("a list ends with an alias or with nothing")
    if isinstance(item, (MappingNode, SequenceNode)) and not item.flow_style:
        return node_end(parsed, item)
    return content(parsed, item).end


def last_scalar_end(parsed: Parsed, node: Node) -> int:
    """Where the last text in a node ends, whose lines may look like comments.

    Of an alias that is where its anchor has it, further above.
    """
    while not isinstance(node, ScalarNode) and node.value:
        last = node.value[-1]
        inside: Node = last[1] if isinstance(last, tuple) else last
        if inside.start_mark.index <= node.start_mark.index:  # it may be the node itself
            return int(node.start_mark.index)
        node = inside
    return content(parsed, node).end


def above_comments(parsed: Parsed, at: int, floor: int) -> int:
    """Up from the start of a line, over the comment lines right above it.

    They speak of what follows them, so nothing is put in between.
    """
    while at > 0:
        start = parsed.line_start(at - 1)
        if start <= floor or not _COMMENT.match(parsed.body, start, at):
            break
        at = start
    return at


def last_break(text: str) -> str:
    """The line break that a text ends with, or nothing."""
    if text.endswith("\r\n"):
        return "\r\n"
    return text[-1:] if BREAK.match(text[-1:]) else ""
