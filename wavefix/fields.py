"""Fields of an object by the paths and texts of the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wavefix.model import Path
from wavefix.rules.form import EACH, KEYS, VALUES, Steps, Text


def walk(data: Any, steps: Steps, path: Path = ()) -> Iterator[tuple[Any, Path]]:
    """Every value that a path with wildcards leads to, and where it stands."""
    plain = 0
    while plain < len(steps) and isinstance(steps[plain], str) and isinstance(data, dict):
        data = data.get(steps[plain])
        plain += 1
    path = (*path, *steps[:plain])
    if plain == len(steps):
        if data is not None:
            yield data, path
        return
    step, rest = steps[plain], steps[plain + 1 :]
    if step == EACH:
        for index, value in enumerate(data if isinstance(data, list) else ()):
            yield from walk(value, rest, (*path, index))
    elif not isinstance(data, dict):
        return
    elif step == VALUES:
        for key, value in data.items():
            yield from walk(value, rest, (*path, key))
    elif step == KEYS:
        for key in data:
            yield from walk(key, rest, (*path, key))


def texts(data: Any, paths: Sequence[Steps]) -> list[str]:
    """The texts that some paths lead to; a list of texts counts as each of them."""
    out: list[str] = []
    for path in paths:
        for value, _ in walk(data, path):
            found = value if isinstance(value, list) else [value]
            out += [str(item) for item in found if isinstance(item, str | int)]
    return out


def fill(text: Text, data: Any) -> Iterator[tuple[str, Path]]:
    """A text with what an object has in the places of its paths, and where the last one stands.

    Nothing where a path leads to nothing; several where one leads to several values.
    """
    done: list[tuple[str, Path]] = [("", ())]
    for part in text:
        if isinstance(part, str):
            done = [(made + part, where) for made, where in done]
        else:
            found = [(str(value), at) for value, at in walk(data, part) if _plain(value)]
            done = [(made + value, at) for made, _ in done for value, at in found]
    yield from done


def _plain(value: Any) -> bool:
    return isinstance(value, str | int) and value != ""


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """One map over another, at every depth: maps are merged, all else is replaced; a null stays."""
    out = dict(below)
    for key, value in above.items():
        under = out.get(key)
        if isinstance(value, dict) and isinstance(under, dict):
            out[key] = laid_over(under, value)
        else:
            out[key] = value
    return out
