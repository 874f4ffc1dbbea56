"""A splice, and how splices become text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wavefix.model import Span
from wavefix.patch.geometry import last_break
from wavefix.patch.parsed import Parsed, Refused


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace the text from `start` to `end` (offsets into `Parsed.body`)."""

    start: int
    end: int
    text: str


def settle(parsed: Parsed, splices: Iterable[Splice]) -> list[Splice]:
    """The splices in order, those that change nothing left out. Raises Refused on an overlap.

    Insertions at one offset keep the order in which they were made; deletions that touch are one.
    """
    body = parsed.body
    settled: list[Splice] = []
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.end)):
        last = settled[-1] if settled else Splice(0, 0, "")
        if splice.start < last.end:
            raise Refused("another edit overlaps it")
        if splice.start == last.end and settled and not (last.text or splice.text):
            settled[-1] = Splice(last.start, splice.end, "")
        elif body[splice.start : splice.end] != splice.text:
            settled.append(splice)
    return settled


def apply(body: str, splices: Sequence[Splice]) -> str:
    """The text with settled splices applied."""
    parts: list[str] = []
    at = 0
    for splice in splices:
        parts += [body[at : splice.start], splice.text]
        at = splice.end
    return "".join([*parts, body[at:]])


def spans(text: str, splices: Iterable[Splice], offset: int = 0) -> tuple[Span, ...]:
    """Settled splices as what they change of a text, in which the body begins at `offset`.

    What a splice only writes again is left out: no more of a file is told than has changed.
    """
    return tuple(
        _span(text, offset + splice.start, offset + splice.end, splice.text) for splice in splices
    )


def _span(text: str, start: int, end: int, new: str) -> Span:
    old = text[start:end]
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    return Span(start + head, old[head : len(old) - tail], new[head : len(new) - tail])


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def keep_ending(parsed: Parsed, splices: list[Splice]) -> list[Splice]:
    """A text without a final line break has none either when its last lines go."""
    body = parsed.body
    if not splices or splices[-1].end < len(body) or splices[-1].text or last_break(body):
        return splices
    start = splices[-1].start
    size = len(last_break(body[max(0, start - 2) : start]))
    if not size or start in parsed.survey.block_ends:  # a block scalar needs its last line break
        return splices
    return settle(parsed, [*splices, Splice(start - size, start, "")])
