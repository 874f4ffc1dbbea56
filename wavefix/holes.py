"""Expressions in texts, `{{ ... }}`, whatever is in them: each text is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterator


def holes(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each expression; one that does not end is none."""
    start = text.find("{{")
    while start >= 0 and (end := text.find("}}", start + 2)) >= 0:
        yield start, end + 2
        start = text.find("{{", end + 2)


def cut(text: str) -> list[str]:
    """What stands before, between and behind the expressions."""
    found = list(holes(text))
    starts = [0, *(end for _, end in found)]
    ends = [*(start for start, _ in found), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def replaced(text: str, by: Callable[[str], str]) -> str:
    """The text with each expression replaced; `by` is given the expression, its braces too."""
    out, at = [], 0
    for start, end in holes(text):
        out += [text[at:start], by(text[start:end])]
        at = end
    return "".join([*out, text[at:]])
