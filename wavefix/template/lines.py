"""A template as lines: what can be said of YAML text with actions in it without parsing it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from wavefix.template.actions import PRINTS, SILENT, Action, Template

# Helm cuts what it rendered (pkg/releaseutil/manifest.go: `(?:^|\s*\n)---\s*`). In the template a
# condition may stand before the dashes.
_SEPARATOR = re.compile(f"^{SILENT}*---", re.MULTILINE)
_LEAD = re.compile(f"[ \t{SILENT}]*")
_DASH = re.compile("-[ \t]+")
_KEY = re.compile(
    r"(?:\"([^\"\\\n]*)\"|'([^'\n]*)'"
    r"|((?:[^\s\"'#{}\[\],&*!|>%@`\x01\x02:-]|-[^\s:]|-?:(?![ \t\r]|$))"
    r"(?:[^\n:]|:(?![ \t\r]|$))*+))[ \t]*:(?=[ \t\r]|$)",
)
_INDENT = re.compile(r"\|\s*(n?)indent\s+(\d{1,4})\s*\)*\Z")


class Kind(Enum):
    """What a line is."""

    BLANK = "nothing"
    COMMENT = "a comment of YAML"
    SILENT = "only actions that print nothing"
    PRINTS = "only actions, and what they print is not to be seen"
    TEXT = "YAML text, with or without actions in it"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the template; an action over several lines is in one."""

    kind: Kind
    start: int
    stop: int  # of its text: the line break not included
    end: int  # the start of the next one
    at: int  # where its text begins: the key, if it has one
    column: int  # of its text, behind the dashes of list items; of what an action prints
    outer: int  # the column of its first dash, else `column`
    key: str = ""
    value: int = 0  # behind the colon of the key


@lru_cache(maxsize=8)
def spans(template: Template) -> list[tuple[int, int]]:
    """Start and end of each part."""
    cuts = [found.span() for found in _SEPARATOR.finditer(template.mask)]
    starts = [0, *(end for _, end in cuts)]
    return list(zip(starts, [*(start for start, _ in cuts), len(template.text)], strict=True))


def lines(template: Template, start: int, end: int) -> list[Line]:
    """The lines of a part."""
    known = template.memo.get(start)
    if known is None:
        known = template.memo[start] = list(_lines(template, start, end))
    return known


def _lines(template: Template, start: int, end: int) -> Iterator[Line]:
    mask = template.mask
    while start < end:
        found = mask.find("\n", start, end)
        after = found + 1 if found >= 0 else end
        stop = found if found >= 0 else end
        if stop > start and mask[stop - 1] == "\r":
            stop -= 1
        yield _line(template, start, stop, after)
        start = after


def _line(template: Template, start: int, stop: int, end: int) -> Line:
    mask = template.mask
    at = _end(_LEAD, mask, start, stop)
    lead = mask[start:at]
    column = len(lead) - lead.count(SILENT)
    rest = mask[at:stop]
    if not rest:
        kind = Kind.SILENT if SILENT in lead else Kind.BLANK
    elif rest.startswith("#"):
        kind = Kind.COMMENT
    elif not rest.strip(f" \t{SILENT}{PRINTS}"):
        kind = Kind.PRINTS
        column = _printed(template.action(at), column)
    else:
        return _text(mask, start, stop, end, at, column)
    return Line(kind, start, stop, end, at, column, column)


def _printed(action: Action, column: int) -> int:
    """The column of what an action prints, as far as its text says."""
    found = _INDENT.search(action.body)
    if not found:
        return column
    return int(found[2]) if found[1] else column + int(found[2])


def _text(mask: str, start: int, stop: int, end: int, at: int, column: int) -> Line:
    outer = column
    while dash := _DASH.match(mask, at, stop):
        at, column = dash.end(), column + len(dash.group())
    found = _KEY.match(mask, at, stop)
    if not found:
        return Line(Kind.TEXT, start, stop, end, at, column, outer)
    key = next(text for text in found.groups() if text is not None).rstrip(" \t")
    return Line(Kind.TEXT, start, stop, end, at, column, outer, key, found.end())


def _end(pattern: re.Pattern[str], text: str, start: int, stop: int) -> int:
    found = pattern.match(text, start, stop)
    return found.end() if found else start
