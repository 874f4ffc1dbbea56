"""Reading JSON that is no YAML: escaped surrogate pairs, control characters, very long keys.

The same data that `yamlio.load` makes, with the same lines.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any

from wavefix.yamlio import BOM, Map, Seq

_SPACE = re.compile(r"[ \t\n\r]*")
_ATOM = re.compile(r"(true|false|null)|-?(?:0|[1-9][0-9]*)([.eE][-+.eE0-9]*)?")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_WORDS = {"true": True, "false": False, "null": None}
_LONE = re.compile("[\ud800-\udfff]")


def parse(text: str, deepest: int = 200) -> Any:
    """The value that a JSON text holds.

    Raises ValueError where it is no JSON, RecursionError, with a line, where it is of more than
    `deepest` levels.
    """
    reader = _Reader(text.removeprefix(BOM), deepest)
    value, end = reader.value(reader.skip(0))
    if reader.skip(end) != len(reader.text):
        raise ValueError("more than one value")
    return value


class _Reader:
    """Each method reads at an offset and returns what it read, and the offset behind it."""

    def __init__(self, text: str, deepest: int) -> None:
        self.text = text
        self._left = deepest
        self._lines = [match.end() for match in re.finditer("\n", text)]

    def skip(self, at: int) -> int:
        """The offset of the next token."""
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def line(self, at: int) -> int:
        """The line of an offset."""
        return bisect_right(self._lines, at) + 1

    def value(self, at: int) -> tuple[Any, int]:
        """Any value."""
        sign = self.text[at : at + 1]
        if sign in ("{", "["):
            self._left -= 1
            if self._left < 0:
                raise RecursionError(self.line(at))
            value, end = self._map(at) if sign == "{" else self._seq(at)
            self._left += 1
            return value, end
        if sign == '"':
            return self._string(at)
        match = _ATOM.match(self.text, at)
        if match is None:
            raise ValueError(f"no value in line {self.line(at)}")
        if match[1]:
            return _WORDS[match[1]], match.end()
        return float(match[0]) if match[2] else int(match[0]), match.end()

    def _string(self, at: int) -> tuple[str, int]:
        match = _STRING.match(self.text, at)
        if match is None:
            raise ValueError(f"no string in line {self.line(at)}")
        text: str = json.loads(match[0])
        return _LONE.sub("\N{REPLACEMENT CHARACTER}", text), match.end()  # as Go reads them

    def _map(self, at: int) -> tuple[Map, int]:
        out = Map()
        out.line, out.lines = self.line(at), {}
        at = self.skip(at + 1)
        while self.text[at : at + 1] != "}":
            if out:
                at = self._past(",", at)
            line = self.line(at)
            key, at = self._string(at)
            out[key], at = self.value(self._past(":", self.skip(at)))
            out.lines[key] = line
            at = self.skip(at)
        return out, at + 1

    def _seq(self, at: int) -> tuple[Seq, int]:
        out = Seq()
        out.line, out.lines = self.line(at), []
        at = self.skip(at + 1)
        while self.text[at : at + 1] != "]":
            if out:
                at = self._past(",", at)
            out.lines.append(self.line(at))
            item, at = self.value(at)
            out.append(item)
            at = self.skip(at)
        return out, at + 1

    def _past(self, sign: str, at: int) -> int:
        if self.text[at : at + 1] != sign:
            raise ValueError(f"no `{sign}` in line {self.line(at)}")
        return self.skip(at + 1)
