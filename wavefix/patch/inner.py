"""YAML text inside a scalar (`values: |`, `patch: '[...]'`): its edits as edits of the file."""

from __future__ import annotations

import re
from bisect import bisect_right

from yaml import YAMLError
from yaml.nodes import ScalarNode

from wavefix.composer import TEXT
from wavefix.patch.geometry import content
from wavefix.patch.locate import Place
from wavefix.patch.parsed import BREAK, Parsed, Refused
from wavefix.patch.splice import Splice

_TEXT_TAGS = (TEXT, "tag:yaml.org,2002:str")
_BREAKS = "\r\n\x85\u2028\u2029"
_NORMAL = re.compile("\r\n|[\n\r\x85]")
_NO_LITERAL = "the text that holds it is not a literal block (|)"
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/"}


class Inner:
    """The text of a literal scalar, and where each of its lines stands in the file."""

    def __init__(self, parsed: Parsed, node: ScalarNode) -> None:
        where = content(parsed, node)
        first, end = parsed.next_line(where.start), node.end_mark.index
        lines = list(_lines(parsed.body[first:end]))
        self.indent = _indent(lines, node.value)
        self.outer = [first]
        for line in lines:
            self.outer.append(self.outer[-1] + len(line))
        inside = [_unindented(line, self.indent) for line in lines]
        self.starts = [0]
        for line in inside:
            self.starts.append(self.starts[-1] + len(line))
        text = "".join(inside)
        if _NORMAL.sub("\n", text).rstrip("\n") != node.value.rstrip("\n"):
            raise Refused("its text cannot be matched with the lines of the file")
        self.parsed = Parsed(text, lambda at: parsed.line(self.outer[self._line(at)[0]]))

    def outward(self, splice: Splice) -> Splice:
        """A splice of the inner text as one of the file."""
        start_line, start = self._line(splice.start)
        end_line, end = self._line(splice.end)
        prefix = " " * self.indent
        ends_line = not splice.text or splice.text[-1] in _BREAKS
        if start == 0 and end == 0 and ends_line:  # whole lines
            text = "".join(_indented(line, prefix) for line in _lines(splice.text))
            return Splice(self.outer[start_line], self.outer[end_line], text)
        head, *tail = _lines(splice.text) or [""]
        text = head + "".join(_indented(line, prefix) for line in tail)
        if (tail and ends_line) or (not tail and head and head[-1] in _BREAKS):
            text += prefix
        return Splice(self._out(start_line, start), self._out(end_line, end), text)

    def _line(self, at: int) -> tuple[int, int]:
        number = min(bisect_right(self.starts, at), len(self.starts)) - 1
        return number, at - self.starts[number]

    def _out(self, line: int, column: int) -> int:
        """The offset in the file. At the very end there is no line to be indented."""
        if line + 1 == len(self.outer):
            return self.outer[line]
        size = self.outer[line + 1] - self.outer[line]
        inside = self.starts[line + 1] - self.starts[line]
        return self.outer[line] + (size - inside) + column


class Spelled:
    """The text of any other scalar, with the place of each of its characters in the file.

    Line breaks mean other things there than in a literal block, so that an edit brings no new ones.
    """

    def __init__(self, parsed: Parsed, node: ScalarNode) -> None:
        where = content(parsed, node)
        self.style = node.style or ""
        at, end = where.start, where.end
        if self.style in ("'", '"'):
            at, end = at + 1, end - 1
        elif self.style == ">":
            at = parsed.next_line(at)
        self.starts: list[int] = []
        self.ends: list[int] = []
        for char in node.value.rstrip("\n") if self.style == ">" else node.value:
            at = self._find(parsed.body, at, end, char)
            self.starts.append(at)
            at += self._size(parsed.body, at)
            self.ends.append(at)
        if parsed.body[at:end].strip(" \t" + _BREAKS):
            raise Refused("its text cannot be matched with the file")
        self.parsed = Parsed(node.value, lambda at: parsed.line(self.starts[at]))

    def _size(self, body: str, at: int) -> int:
        """Characters that one character of the text takes in the file."""
        if self.style == '"' and body[at] == "\\":
            return 2
        if self.style == "'" and body[at] == "'":
            return 2
        return 1

    def _find(self, body: str, at: int, end: int, char: str) -> int:
        """The offset at which the next character of the text is spelled."""
        while at < end:
            found = body[at]
            if self.style == '"' and found == "\\":
                found = _ESCAPES.get(body[at + 1 : at + 2], "")
                if found != char:
                    raise Refused("the quoted text that holds it has escapes of another kind")
            if found == char or (char == " " and found in _BREAKS):
                return at
            if found not in " \t" + _BREAKS:
                break
            at += 1  # indentation
        raise Refused("its text cannot be matched with the file")

    def outward(self, splice: Splice) -> Splice:
        """A splice of the inner text as one of the file."""
        if splice.end >= len(self.starts):
            raise Refused(_NO_LITERAL)
        start = self.starts[splice.start]
        end = self.ends[splice.end - 1] if splice.end > splice.start else start
        return Splice(start, end, "".join(self._spell(char) for char in splice.text))

    def _spell(self, char: str) -> str:
        if char in _BREAKS:
            raise Refused(_NO_LITERAL)
        if self.style == '"':
            return f"\\{char}" if char in '"\\' else char
        return "''" if self.style == "'" and char == "'" else char


Text = Inner | Spelled


def inner(parsed: Parsed, place: Place) -> Text:
    """The text in the scalar at `place`, parsed once. Raises Refused where it is none."""
    node = place.node
    if place.missing or not isinstance(node, ScalarNode):
        raise Refused("the text that should hold it does not exist")
    if not node.style:
        raise Refused(_NO_LITERAL)
    if node.tag not in _TEXT_TAGS:
        raise Refused(f"the text that holds it has the tag {node.tag}")
    known = parsed.inner.get(id(node))
    if known is None:
        try:
            known = Inner(parsed, node) if node.style == "|" else Spelled(parsed, node)
        except (YAMLError, ValueError, RecursionError):
            raise Refused("the text that holds it is no valid YAML") from None
        parsed.inner[id(node)] = known
    assert isinstance(known, Inner | Spelled)
    if known.parsed.bom:
        raise Refused("the text that holds it begins with a byte order mark")
    if len(known.parsed.roots) != 1:
        raise Refused("the text that holds it is not one YAML document")
    return known


def _lines(text: str) -> list[str]:
    """The lines of a text with their line breaks."""
    lines = []
    at = 0
    for match in BREAK.finditer(text):
        lines.append(text[at : match.end()])
        at = match.end()
    return [*lines, text[at:]] if at < len(text) else lines


def _indent(lines: list[str], value: str) -> int:
    """The indentation that is not part of the text."""
    for line, inside in zip(lines, _lines(value), strict=False):
        if inside.strip(" " + _BREAKS):
            return (len(line) - len(line.lstrip(" "))) - (len(inside) - len(inside.lstrip(" ")))
    raise Refused("the text that holds it is empty")


def _unindented(line: str, indent: int) -> str:
    """A line without its indentation, of which a blank line may have less."""
    return line[min(indent, len(line) - len(line.lstrip(" "))) :]


def _indented(line: str, prefix: str) -> str:
    return prefix + line if line.strip(_BREAKS) else line
