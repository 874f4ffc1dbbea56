"""Which of many values a failed render is about, as far as Helm's message tells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from wavefix.model import Path

# Helm 3 and 4: `- at '/a/b': additional properties 'c', 'd' not allowed`, one line for each.
_SCHEMA = re.compile(r"^\s*- (?:at )?'(/[^']*|)': (.*)$", re.MULTILINE)
_EXTRA = re.compile(r"additional propert(?:y|ies) (.+) not allowed")
# Go's text/template: `at <.Values.a.b>: wrong type for value; expected string; got map[...]`.
_TYPE = re.compile(r"<\$?\.Values\.([\w.]+)>: wrong type for value")
_FIELD = re.compile(r"(?<![\w-])(?:\$?\.Values\.)?(\w+(?:\.\w+)+)(?![\w-])")


def parts(paths: Sequence[Path], message: str) -> tuple[Mapping[Path, str], list[set[Path]]]:
    """What is known to be at fault, with the tool's words, and the groups to try for the rest.

    A schema's complaints come all at once and name the value each; a template's error may be due
    to one that it does not name.
    """
    complaints = [(_pointer(at), said) for at, said in _SCHEMA.findall(message)]
    known = {
        path: said
        for path in paths
        for at, said in complaints
        if any(_inside(steps, path) for steps in _accused(at, said))
    }
    if wrong := _named(paths, _TYPE.findall(message)):
        known |= dict.fromkeys(wrong, message) if len(wrong) == 1 else {}
    rest = [path for path in paths if path not in known]
    if known:
        return known, [set(rest)] if rest else []
    named = _named(paths, _FIELD.findall(message))
    if named and len(named) < len(paths):
        return {}, [set(paths) - named, named]
    middle = len(paths) // 2
    return {}, [set(paths[:middle]), set(paths[middle:])]


def _named(paths: Sequence[Path], fields: Sequence[str]) -> set[Path]:
    """The paths that the first of the fields means that means any: later ones may be advice."""
    found = ({path for path in paths if _inside(tuple(name.split(".")), path)} for name in fields)
    return next((paths for paths in found if paths), set())


def _pointer(text: str) -> tuple[str, ...]:
    steps = text.split("/")[1:]
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def _accused(at: tuple[str, ...], said: str) -> list[tuple[str, ...]]:
    extra = _EXTRA.search(said)
    if extra:
        return [(*at, name) for name in re.findall(r"'([^']*)'", extra[1])]
    return [at] if at else []


def _inside(steps: tuple[str, ...], path: Path) -> bool:
    """Whether the steps, which a subchart counts from its own values, are part of a path."""
    shown = tuple(map(str, path))
    return any(shown[start : start + len(steps)] == steps for start in range(len(shown)))
