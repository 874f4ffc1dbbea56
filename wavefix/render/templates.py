"""Which part of a chart's template makes which object: by marks that show in what is rendered.

Conditions and loops make counting useless, so a scratch copy of the chart is rendered with every
part marked, and the marks are read off the objects. A mark stands where the part's sync wave would:
an object without the mark of its part is one that a wave set there would not reach.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wavefix.holes import cut
from wavefix.template import NoSpot, Part, Spot, Template, parts, spot
from wavefix.yamlio import get

PART = "wavefix.dev/part"  # the annotation that holds a mark

_SAFE = re.compile(r"[\w./ #+@=,()-]+")


@dataclass(frozen=True, slots=True)
class Marked:
    """A template with all the parts marked that can be.

    `marks` has the mark of each of them, `refused` says of the others why they cannot hold a wave,
    as the end of a sentence. A part without text is in neither.
    """

    text: str
    marks: Mapping[int, str]
    refused: Mapping[int, str]


def mark(text: str, part: int, marker: str) -> str:
    """The template with one part marked.

    Raises NoSpot where it has no place for a wave, ValueError for a marker that needs quoting.
    """
    _check(marker)
    return _with(text, [(spot(Template(text), part, PART), marker)])


def marked(text: str, file: str) -> Marked:
    """The template with each part marked `<file>#<part>`.

    A mark can break the rendering: an expression below `annotations:` may print `{}`. Helm then
    names the file, which is to be rendered as it was; no part of it can hold a wave.
    """
    _check(file)
    try:
        template = Template(text)
        found = [part.number for part in parts(template) if not part.empty]
    except NoSpot as no:
        return Marked(text, {}, {0: str(no)})
    spots: list[tuple[Spot, str]] = []
    marks: dict[int, str] = {}
    refused: dict[int, str] = {}
    for number in found:
        try:
            place = spot(template, number, PART)
        except NoSpot as no:
            refused[number] = str(no)
        else:
            marks[number] = f"{file}#{number}"
            spots.append((place, marks[number]))
    return Marked(_with(text, spots), marks, refused)


def marker_of(body: Mapping[str, Any]) -> str:
    """The mark that a rendered object has; "" for none."""
    found = get(body, "metadata", "annotations", PART)
    return found if isinstance(found, str) else ""


def made_by(text: str, kind: str, name: str) -> int | None:
    """The only part of a template that can make an object of this kind and name, by its text.

    What is left where a mark breaks the rendering. A Go expression can be anything; None where
    several parts, or none, fit.
    """
    try:
        found = parts(Template(text))
    except NoSpot:
        return None
    fitting = [part.number for part in found if not part.empty and _fits(part, kind, name)]
    return fitting[0] if len(fitting) == 1 else None


def _fits(part: Part, kind: str, name: str) -> bool:
    return all(
        not texts or any(_may_be(text, value) for text in texts)
        for texts, value in ((part.kinds, kind), (part.names, name))
    )


def _may_be(text: str, value: str) -> bool:
    """Whether a text with Go expressions in it, which can be anything, can be a value."""
    first, *rest = cut(text)
    if not rest:
        return text == value
    *middle, last = rest
    at = len(first)
    for word in middle:
        found = value.find(word, at)
        if found < 0:
            return False
        at = found + len(word)
    return value.startswith(first) and value.endswith(last) and len(value) - len(last) >= at


def _check(marker: str) -> None:
    if not _SAFE.fullmatch(marker):
        raise ValueError(f"{marker!r} cannot be a mark")


def _with(text: str, spots: list[tuple[Spot, str]]) -> str:
    for place, marker in sorted(spots, key=lambda pair: pair[0].start, reverse=True):
        text = text[: place.start] + place.text(marker) + text[place.end :]
    return text
