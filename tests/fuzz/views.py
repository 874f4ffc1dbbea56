"""What parsers that wavefix does not edit with make of a text: PyYAML's in Python, and json.

A view has maps as dicts, lists as lists, and scalars as pairs of their tag and their text; numbers
and booleans of JSON as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import yaml

from wavefix.model import Path
from wavefix.yamlio import BOM

_MOST = 5_000  # nodes, aliases expanded
NULL, TEXT = "tag:yaml.org,2002:null", "tag:yaml.org,2002:str"
View = list[Any]


class Unreadable(Exception):
    """A parser does not read the text, or reads what has no plain data (a key twice)."""


def views(text: str) -> Iterator[tuple[str, Callable[[str], View], View]]:
    """Each parser that reads a text as libyaml does, by its name, and the documents that it finds.

    They disagree about signs that are rare: whether `!a,` is a tag, for one.
    """
    for name, read in (("json", _json), ("PyYAML", _pyyaml)):
        try:
            view = read(text)
            if name == "json" or view == _composed(text, yaml.CSafeLoader):
                yield name, read, view
        except Unreadable:
            continue


def _json(text: str) -> View:
    try:
        return [_typed(json.loads(text.removeprefix(BOM), object_pairs_hook=_unique))]
    except (ValueError, RecursionError):
        raise Unreadable from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found


def _typed(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _typed(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_typed(item) for item in data]
    return (NULL, "null") if data is None else (TEXT, data) if isinstance(data, str) else data


def _pyyaml(text: str) -> View:
    return _composed(text, yaml.SafeLoader)


def _composed(text: str, loader: type[yaml.SafeLoader | yaml.CSafeLoader]) -> View:
    try:
        return _built(yaml.compose_all(text.removeprefix(BOM), Loader=loader))
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, IndexError):
        raise Unreadable from None


def _built(roots: Any) -> View:
    left = [_MOST]
    return [_data(root, left) for root in roots]


def _data(node: Any, left: list[int]) -> Any:
    left[0] -= 1
    if node is None or left[0] < 0:
        raise Unreadable
    value, tag = node.value, str(node.tag)
    if isinstance(value, str):
        return (tag, value)
    if node.id == "sequence":
        return [_data(item, left) for item in value]
    out: dict[str, Any] = {}
    for key, child in value:
        if not isinstance(key.value, str) or key.value in out:
            raise Unreadable
        out[key.value] = _data(child, left)
    return out


def is_null(view: Any) -> bool:
    """Whether a part of a view is a null."""
    return isinstance(view, tuple) and view[0] == NULL


def with_value(view: View, document: int, path: Path, key: str | int, value: Any) -> View:
    """A view with a value at a key of the map at `path`, or as an item of the list there."""
    out = deepcopy(view)
    holder: Any = out
    for step in (document, *path):
        if isinstance(holder, dict) and is_null(holder.get(str(step), (NULL, ""))):
            holder[str(step)] = [] if isinstance(key, int) and step == path[-1] else {}
        elif isinstance(holder, list) and is_null(holder[int(step)]):
            holder[int(step)] = {}
        holder = holder[step]
    if isinstance(holder, list) and key == len(holder):
        holder.append(value)
    else:
        holder[key] = value
    return out


def without(view: View, document: int, path: Path, key: str) -> tuple[View, ...]:
    """A view without a key; where it was the only one, the map may be empty, or go as well."""
    out = deepcopy(view)
    holder = at(out, document, path)
    del holder[key]
    if holder or not path:
        return (out,)
    shorter = deepcopy(out)
    above = at(shorter, document, path[:-1])
    if isinstance(above, dict):
        del above[path[-1]]
    return (out, shorter)


def at(view: View, document: int, path: Path) -> Any:
    """The part of a view at a path; None where there is none."""
    found: Any = view
    for step in (document, *path):
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found
