"""The object that a part of a template makes: where its metadata stands, and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wavefix.template.actions import NoSpot, Template
from wavefix.template.lines import Kind, Line, lines, spans

_SEEN = (Kind.TEXT, Kind.PRINTS)


@dataclass(frozen=True, slots=True)
class Part:
    """What stands between two `---` of a template: the text of one object, or of none.

    `kinds` and `names` are the texts of the values of its `kind` and `metadata.name`, Go
    expressions as they stand: several where a condition chooses, none where an include has them.
    """

    number: int  # from 0; the text before the first `---` counts
    start: int
    end: int
    empty: bool  # without any text and any action that prints
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metadata:
    """The `metadata` block of an object: its own line, the lines below, the column of its keys."""

    line: Line
    inside: tuple[Line, ...]
    column: int


def parts(template: Template) -> list[Part]:
    """The parts of a template, with what they say of their objects."""
    out = []
    for number, (start, end) in enumerate(spans(template)):
        part = lines(template, start, end)
        empty = not any(line.kind in _SEEN for line in part)
        out.append(Part(number, start, end, empty, *_head(template, part)))
    return out


def _head(template: Template, part: Sequence[Line]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        candidates = _keys(_objects(template, part), ("kind", "metadata"))
    except NoSpot:
        return (), ()
    kinds = [_value(template, line) for line in candidates if line.key == "kind"]
    names = []
    for line in candidates:
        if line.key == "metadata":
            inside = block(template, part, line)
            column = _first_column(inside)
            names += [
                _value(template, child)
                for child in inside
                if child.key == "name" and child.column == column
            ]
    return tuple(dict.fromkeys(kinds)), tuple(dict.fromkeys(names))


def _value(template: Template, line: Line) -> str:
    """What stands behind a key, without the comment and plain quotes."""
    end = comment(template, line)
    text = template.text[line.value : end].strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted and text[0] not in text[1:-1] else text


def comment(template: Template, line: Line) -> int:
    """Where the comment behind a value begins, with the blanks before it; else the line's end."""
    mask = template.mask
    at = line.value or line.at
    quote = ""
    while at < line.stop:
        char = mask[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "#" and mask[at - 1] in " \t":
            return len(mask[:at].rstrip(" \t"))
        at += 1
    return line.stop


def metadata(template: Template, number: int) -> Metadata:
    """The metadata of the object of a part, or of the items of its List. Raises NoSpot."""
    bounds = spans(template)
    if not 0 <= number < len(bounds):
        raise NoSpot(f"there is no part {number} in the template")
    part = lines(template, *bounds[number])
    found = _keys(_objects(template, part), ("metadata",))
    if not found:
        printed = any(line.kind is Kind.PRINTS for line in part)
        raise NoSpot(
            "an include makes its metadata" if printed else "there is no metadata in the template"
        )
    if len(found) > 1:
        raise NoSpot("there are several metadata blocks between two `---` of the template")
    line = found[0]
    if template.mask[line.value : comment(template, line)].strip():
        raise NoSpot("its metadata is not written as lines of YAML")
    inside = block(template, part, line)
    column = _first_column(inside)
    if column <= line.column:
        raise NoSpot("an include makes what is in its metadata")
    return Metadata(line, inside, column)


def _objects(template: Template, part: Sequence[Line]) -> list[Line]:
    """The lines with the keys of the object, or of each item where it is a List."""
    keyed = [line for line in part if line.kind is Kind.TEXT and line.key]
    if not keyed:
        empty = not any(line.kind in _SEEN for line in part)
        raise NoSpot("there is nothing" if empty else "the template has no keys of it as lines")
    if keyed[0].outer < keyed[0].column:
        raise NoSpot("the template makes a list")
    top = [line for line in keyed if line.column == line.outer == keyed[0].column]
    items = [line for line in top if line.key == "items"]
    if not items or not any(_value(template, k).endswith("List") for k in _keys(top, ("kind",))):
        return top
    if len(items) > 1:
        raise NoSpot("there are several lists of items in the template")
    below = block(template, part, items[0], dashes=True)
    first = next((line for line in below if line.kind is Kind.TEXT), None)
    if first is None or first.outer == first.column:
        raise NoSpot("the items of its List are not written as lines of YAML")
    return [line for line in below if line.key and line.column == first.column]


def _keys(candidates: Sequence[Line], names: tuple[str, ...]) -> list[Line]:
    return [line for line in candidates if line.key in names]


def block(
    template: Template, part: Sequence[Line], head: Line, dashes: bool = False
) -> tuple[Line, ...]:
    """The lines below a key that belong to its value, as far as the branch of the key goes.

    With `dashes` the value is a list, whose items may stand in the column of the key.
    """
    path = template.path(head.at)
    out: list[Line] = []
    for line in part[part.index(head) + 1 :]:
        if template.path(line.at)[: len(path)] != path:
            break
        if line.kind is Kind.TEXT and line.outer <= head.column:
            item = dashes and line.outer == head.column and line.outer < line.column
            if not item:
                break
        out.append(line)
    while out and out[-1].kind not in _SEEN:
        out.pop()
    return tuple(out)


def _first_column(inside: Sequence[Line]) -> int:
    """The column of the first text; -1 where there is none."""
    return next((line.outer for line in inside if line.kind is Kind.TEXT), -1)
