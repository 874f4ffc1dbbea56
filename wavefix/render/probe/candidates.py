"""What is worth probing: the annotation maps and wave scalars of a chart's values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wavefix.argocd import integer
from wavefix.fields import laid_over
from wavefix.model import Path
from wavefix.render.probe.contents import Contents
from wavefix.render.probe.templates import EACH, Steps, expanded, is_annotations, mentions
from wavefix.yamlio import get

_DEEPEST = 12  # levels of a schema
_MOST = 2000  # annotation maps, and waves: each is looked for in each object


@dataclass(frozen=True, slots=True)
class Candidates:
    """Paths to probe, in a fixed order, and `values`, the merged ones that they are laid over."""

    annotations: tuple[Path, ...]
    waves: tuple[Path, ...]
    values: Mapping[str, Any]
    skipped: Mapping[Path, str] = field(default_factory=dict)  # and why


@dataclass(slots=True)
class _Found:
    """Paths on their way to be candidates; dictionaries, as their order is kept."""

    annotations: dict[Path, None] = field(default_factory=dict)
    waves: dict[Path, None] = field(default_factory=dict)


def candidates(chart: Contents, user: Mapping[str, Any]) -> Candidates:
    """The candidates of a chart under what the user gives, merged: a null in `user` deletes.

    Annotation maps are those whose key says so (`annotations`, `podAnnotations`,
    `commonAnnotations`, ...), in the values, the schema or as the templates mention them, in
    subcharts and `global` too, and in list items. Waves are integers under a key that says wave,
    and whatever a template prints beside the annotation's name.
    """
    defaults = chart.values()
    values = laid_over(defaults, user)
    found = _Found()
    _in_values(values, (), found)
    _in_chart(chart, (), values, found)
    skipped: dict[Path, str] = {}
    kept: list[list[Path]] = [[], []]
    for paths, fits, out in (
        (found.annotations, _holds_map, kept[0]),
        (found.waves, _holds_wave, kept[1]),
    ):
        for path in paths:
            value = get(values, *path)
            why = _deleted(path, defaults, user) or _blocked(path, values)
            if not why and fits(value) and len(out) < _MOST:
                out.append(path)
            elif why or isinstance(value, str):
                skipped[path] = why or ("text, not a map" if fits is _holds_map else "no integer")
    return Candidates(tuple(kept[0]), tuple(kept[1]), values, skipped)


def _in_values(data: Any, path: Path, found: _Found, waves: bool = False) -> None:
    if isinstance(data, dict):
        if isinstance(data.get("metadata"), dict) and "kind" in data and "apiVersion" in data:
            found.annotations[(*path, "metadata", "annotations")] = None
        for key, value in data.items():
            below = (*path, str(key))
            if is_annotations(str(key)):
                if isinstance(value, dict | str) or value is None:
                    found.annotations[below] = None
            else:
                _in_values(value, below, found, waves or "wave" in str(key).lower())
    elif isinstance(data, list):
        for index, value in enumerate(data):
            _in_values(value, (*path, index), found, waves)
    elif waves and _integer(data):
        found.waves[path] = None


def _in_chart(chart: Contents, at: Path, values: Mapping[str, Any], found: _Found) -> None:
    """What a chart's schema and templates speak of; `at` leads to its values."""
    libraries = [part for part in chart.subcharts.values() if part.library]
    spoken = mentions(text for part in (chart, *libraries) for text in part.templates)
    own = get(values, *at)
    for patterns, out in ((spoken.annotations, found.annotations), (spoken.waves, found.waves)):
        for pattern in sorted(patterns):
            _add(out, pattern, at, own, values)
    # What templates loop over is mostly a map of parts: each may have what is not followed.
    parts = [key for key, value in own.items() if _maps(value)] if isinstance(own, dict) else []
    for name in sorted(spoken.loose):
        for key in parts:
            _add(found.annotations, (key, EACH, name), at, own, values)
    if chart.schema is not None:
        for path, wave in _Schema(chart.schema).properties():
            _add(found.waves if wave else found.annotations, path, at, own, values)
    for key, part in chart.subcharts.items():
        _in_chart(part, (*at, key), values, found)


def _add(
    out: dict[Path, None], pattern: Steps, at: Path, own: Any, values: Mapping[str, Any]
) -> None:
    """The paths of a pattern. What a chart calls `global` stands at the root of all values."""
    if pattern[0] == "global":
        at, own = (), values
    for path in expanded(pattern, own):
        out[(*at, *path)] = None


@dataclass(slots=True)
class _Schema:
    """A schema, and how much of it may still be read: what it refers to may double at each step."""

    root: Mapping[str, Any]
    left: int = 100_000

    def properties(self) -> Iterator[tuple[Steps, bool]]:
        """The annotation maps and (True) the waves among its properties."""
        return self._below(self.root, (), frozenset(), 0)

    def _below(
        self, schema: Any, path: Steps, inside: frozenset[str], depth: int
    ) -> Iterator[tuple[Steps, bool]]:
        """`inside` are the definitions that are open: some refer to themselves."""
        self.left -= 1
        if not isinstance(schema, dict) or self.left < 0:
            return
        if len(path) > _DEEPEST or depth > _DEEPEST * 5:
            return
        below = depth + 1
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/") and reference not in inside:
            meant = get(self.root, *reference[2:].split("/"))
            yield from self._below(meant, path, inside | {reference}, below)
        for word in ("allOf", "anyOf", "oneOf"):
            choices = schema.get(word)
            for part in choices if isinstance(choices, list) else ():
                yield from self._below(part, path, inside, below)
        properties = schema.get("properties")
        for key, part in properties.items() if isinstance(properties, dict) else ():
            kinds = get(part, "type")
            types = kinds if isinstance(kinds, list) else [kinds]
            named = {kind for kind in types if isinstance(kind, str)}
            if is_annotations(key):
                if not named or named & {"object", "null"}:
                    yield (*path, key), False
            elif "wave" in key.lower() and named & {"integer", "string", "number"}:
                yield (*path, key), True
            else:
                yield from self._below(part, (*path, key), inside, below)
        for word in ("additionalProperties", "items"):
            yield from self._below(schema.get(word), (*path, EACH), inside, below)


def _deleted(path: Path, defaults: Mapping[str, Any], user: Mapping[str, Any]) -> str:
    """Why a null of the user forbids a probe: values laid over it bring the chart's own back."""
    data: Any = user
    for length, step in enumerate(path, 1):
        if not isinstance(data, dict) or step not in data:
            return ""
        data = data[step]
        if data is None and get(defaults, *path[:length]):
            return f"null deletes the chart's own `{dotted(path[:length])}`"
    return ""


def _blocked(path: Path, values: Mapping[str, Any]) -> str:
    """Why no map can stand on the way to a path."""
    data: Any = values
    for length, step in enumerate(path[:-1], 1):
        data = get(data, step)
        if data is None:
            return ""
        if not isinstance(data, dict | list):
            return f"`{dotted(path[:length])}` is no map"
    return f"`{dotted(path[:-1])}` is a list" if isinstance(data, list) else ""


def _maps(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(part, dict) for part in value.values())


def _holds_map(value: Any) -> bool:
    return value is None or value == "" or isinstance(value, dict)


def _holds_wave(value: Any) -> bool:
    return value is None or value == "" or _integer(value)


def _integer(value: Any) -> bool:
    if isinstance(value, str):
        return integer(value) is not None
    return isinstance(value, int) and not isinstance(value, bool)


def dotted(path: Path) -> str:
    """A path as people write it."""
    return ".".join(map(str, path))
