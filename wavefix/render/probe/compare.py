"""What differs between two renders of one object, its annotations aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wavefix.model import Path
from wavefix.render.probe.templates import is_annotations

Places = dict[Path, str]  # what stands there now, as text

# Below these an object holds the values of another release (Argo CD's and Flux's, kustomize's).
_VALUES = ("values", "valuesObject", "valuesInline")


def annotation_maps(data: Any, path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The annotation maps of an object: its own, and those of what it makes."""
    if isinstance(data, dict):
        for key, value in data.items():
            if is_annotations(str(key)) and isinstance(value, dict):
                yield (*path, key), value
            elif key not in _VALUES and isinstance(value, dict | list):
                yield from annotation_maps(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            if isinstance(value, dict | list):
                yield from annotation_maps(value, (*path, index))


def differences(before: Any, after: Any) -> Places:
    """Where two objects differ, but for annotations; {} where they do not."""
    if after is None:
        return {(): "nothing"}
    return dict(_differences(before, after, (), False))


def _differences(before: Any, after: Any, path: Path, values: bool) -> Iterator[tuple[Path, str]]:
    if before == after:
        return
    if before is None and isinstance(after, dict):
        before = {}  # maps that are there for nothing but their annotations
    elif after is None and isinstance(before, dict):
        after = {}
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            one, other = before.get(key), after.get(key)
            maps = all(side is None or isinstance(side, dict) for side in (one, other))
            if not (is_annotations(str(key)) and maps and not values):
                yield from _differences(one, other, (*path, key), values or key in _VALUES)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differences(one, other, (*path, index), values)
    else:
        yield path, str(after)
