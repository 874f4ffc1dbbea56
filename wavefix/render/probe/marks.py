"""Markers: what a probe writes into values, and how it is known again in what is rendered."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from wavefix.model import SYNC_WAVE, Path
from wavefix.yamlio import get

_PREFIX = "wavefix.dev/probe-"
_FIRST = 100_000  # Helm prints integers from a million on as 1e+06
_APART = 100  # so that a wave that a template adds something to is known as well
_MARK = re.compile(re.escape(_PREFIX) + r"(\d+)")
_WAVE = re.compile(r"(?<!\d)[1-9]\d{5}(?!\d)")


@dataclass(frozen=True, slots=True)
class Mark:
    """What one path is given: an annotation and a wave, or as a scalar a wave alone."""

    path: Path
    number: int
    scalar: bool = False

    @property
    def wave(self) -> int:
        """A wave that nobody else has."""
        return _FIRST + self.number * (_APART if self.scalar else 1)

    @property
    def annotations(self) -> dict[str, str]:
        """What goes into an annotation map."""
        return {f"{_PREFIX}{self.number}": str(self.number), SYNC_WAVE: str(self.wave)}


def overlay(marks: Iterable[Mark], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values to lay over `values`: only what is added, but lists whole, as Helm takes them."""
    out: dict[str, Any] = {}
    for mark in marks:
        holder: Any = out
        for length, step in enumerate(mark.path[:-1], 1):
            there = get(holder, step)
            if not isinstance(there, dict | list):
                inside = get(values, *mark.path[:length])
                there = _plain(inside) if isinstance(inside, list) else {}
                holder[step] = there
            holder = there
        last = mark.path[-1]
        if mark.scalar:
            text = isinstance(get(values, *mark.path), str)
            holder[last] = str(mark.wave) if text else mark.wave
        else:
            there = get(holder, last)
            holder[last] = (there if isinstance(there, dict) else {}) | mark.annotations
    return out


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    return [_plain(value) for value in data] if isinstance(data, list) else data


def blamed(marks: Sequence[Mark], text: str) -> list[Mark]:
    """The marks that a text shows, also one that is base64 (a Secret's data)."""
    with suppress(ValueError):
        text += b64decode(text, validate=True).decode("utf-8", "ignore")
    numbers = {int(number) for number in _MARK.findall(text)}
    waves = {int(wave) for wave in _WAVE.findall(text)}
    return [
        mark for mark in marks if mark.wave in waves or (not mark.scalar and mark.number in numbers)
    ]


def marked(mark: Mark, annotations: Mapping[str, Any]) -> str:
    """Why what a mark comes to in some annotations is of no use; "" where it is, or not there."""
    if not mark.scalar:
        value = annotations.get(f"{_PREFIX}{mark.number}")
        if value is None or value == str(mark.number):
            return ""
        return "printed without quotes" if isinstance(value, int) else "printed otherwise"
    shown = annotations.get(SYNC_WAVE)
    number = int(shown) if isinstance(shown, str) and _WAVE.fullmatch(shown) else shown
    if isinstance(number, bool) or not isinstance(number, int):
        return ""
    if number == mark.wave:
        return "" if isinstance(shown, str) else "printed without quotes"
    return "computed from" if abs(number - mark.wave) * 2 < _APART else ""


def read_map(mark: Mark, annotations: Mapping[str, Any]) -> bool:
    """Whether the marker of an annotation map is there."""
    return not mark.scalar and f"{_PREFIX}{mark.number}" in annotations


def read_wave(mark: Mark, annotations: Mapping[str, Any]) -> bool:
    """Whether the wave is the mark's."""
    return annotations.get(SYNC_WAVE) == str(mark.wave)
