"""ApplicationSet templates, as far as names and paths need them.

Both kinds: Go templates (`{{.path.basename}}`, `{{ index .path.segments 1 }}`) and the old ones
(`{{path.basename}}`, `{{path[1]}}`). What cannot be filled in stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_HOLE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_INDEX = re.compile(r"index\s+(\.\S+)\s+(\d+|\"[^\"]*\")\Z")
_FIELD = re.compile(r"\.?[\w-]+(?:\[\d+\])?(?:\.[\w-]+(?:\[\d+\])?)*\Z")
_PIPES: Mapping[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "quote": lambda text: f'"{text}"',
    "squote": lambda text: f"'{text}'",
    "trim": str.strip,
    "normalize": lambda text: re.sub(r"[^a-z0-9.-]+", "-", text.lower()).strip("-."),
    "toString": str,
}


def fill(text: str, values: Mapping[str, Any]) -> str:
    """`text` with every hole filled that `values` can fill."""

    def replace(match: re.Match[str]) -> str:
        first, *pipes = (part.strip() for part in match[1].split("|"))
        value = _lookup(first, values)
        if value is None or isinstance(value, (dict, list)):
            return match[0]
        out = str(value)
        for pipe in pipes:
            if pipe not in _PIPES:
                return match[0]
            out = _PIPES[pipe](out)
        return out

    return _HOLE.sub(replace, text) if "{{" in text else text


def fill_all(data: Any, values: Mapping[str, Any]) -> Any:
    """`data` with every string in it filled; structure and keys stay."""
    if isinstance(data, str):
        return fill(data, values)
    if isinstance(data, dict):
        out = type(data)()
        for key, value in data.items():
            out[key] = fill_all(value, values)
        return _with_lines(out, data)
    if isinstance(data, list):
        return _with_lines(type(data)(fill_all(item, values) for item in data), data)
    return data


def _with_lines(out: Any, data: Any) -> Any:
    if hasattr(data, "lines"):
        out.line, out.lines = data.line, data.lines
    return out


def _lookup(expression: str, values: Mapping[str, Any]) -> Any:
    index = _INDEX.match(expression)
    steps: list[str]
    if index:
        steps = [*_steps(index[1]), index[2].strip('"')]
    elif _FIELD.match(expression):
        steps = _steps(expression)
    else:
        return None
    value: Any = values
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    if isinstance(value, dict):
        value = value.get("")  # `{{path}}`, which has fields of its own besides
    return value


def _steps(field: str) -> list[str]:
    return re.findall(r"[\w-]+", field)
