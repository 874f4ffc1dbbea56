"""`helm.parameters` and `helm.fileParameters`: values that an Application sets one by one.

Argo CD: util/helm/cmd.go gives them to Helm as `--set`, `--set-string` and `--set-file`, in that
order; the last of a name counts. Their form: helm pkg/strvals/parser.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wavefix.discover.environment import filled
from wavefix.discover.tree import Tree
from wavefix.discover.valuefiles import value_files
from wavefix.model import Path, Source
from wavefix.render.pieces import origin, pieces
from wavefix.render.values import Layer
from wavefix.yamlio import Map, blank, get, line_of

_STEP = re.compile(r"\[(?P<index>\d{1,9})\]|\.?(?P<name>(?:\\.|[^.\[\\])+)")
_WORDS = {"true": True, "false": False, "null": None}


def parameter_layer(tree: Tree, source: Source, file: str, document: int) -> list[Layer]:
    """The parameters of a Helm source as one layer of values; none where there are none."""
    helm = get(source.spec, "helm")
    data = blank(0)
    for line, path, value in [
        *_parameters(helm, source.environment),
        *_files(tree, source, helm, file),
    ]:
        if path:
            _put(data, path, value, line)
    one = origin(pieces(source, file, document), ("helm", "parameters"))
    return [Layer(data, one.file, one.document, one.at, parameters=True)] if data else []


def _parameters(helm: Any, variables: Mapping[str, str]) -> Iterator[tuple[int, Path, Any]]:
    """Those of a type to be guessed, then those that are strings in any case."""
    entries = get(helm, "parameters")
    entries = entries if isinstance(entries, list) else []
    for strings in (False, True):
        for index, entry in enumerate(entries):
            if (get(entry, "forceString") is True) == strings:
                value = get(entry, "value")
                text = (
                    str(value).lower()
                    if isinstance(value, bool)
                    else str("" if value is None else value)
                )
                text = filled(text, variables)
                line = line_of(helm, ("parameters", index), 1)
                yield line, _steps(get(entry, "name")), text if strings else _typed(text)


def _files(tree: Tree, source: Source, helm: Any, file: str) -> Iterator[tuple[int, Path, Any]]:
    """Values that are the text of a file."""
    entries = get(helm, "fileParameters")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        path = file_of(tree, source, file, entry)
        if path:
            line = line_of(helm, ("fileParameters", index), 1)
            yield line, _steps(get(entry, "name")), tree.peek(path)


def file_of(tree: Tree, source: Source, file: str, entry: Any) -> str:
    """The file of one of `fileParameters`; "" where it is not in sight. `file` names it."""
    chart = source.path if source.kind == "helm" else ""
    name = filled(str(get(entry, "path") or ""), source.environment)
    found = value_files(tree, file, chart, [name], source.refs)[0]
    return found[0] if found else ""


def _steps(name: Any) -> Path:
    r"""`a.b\.c[0]` as steps."""
    text = name if isinstance(name, str) else ""
    return tuple(
        int(step["index"]) if step["index"] else re.sub(r"\\(.)", r"\1", step["name"])
        for step in _STEP.finditer(text)
    )


def _typed(text: str) -> Any:
    """A value as `--set` reads it: braces make a list."""
    if text.startswith("{") and text.endswith("}"):
        return [_typed(item) for item in text[1:-1].split(",") if item]
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if re.fullmatch(r"-?(0|[1-9]\d{0,17})", text) else text


def _put(data: Map, path: Path, value: Any, line: int) -> None:
    """Set one value. An item of a list stands for all of it: Helm replaces lists as a whole."""
    for number, step in enumerate(path[:-1]):
        if isinstance(path[number + 1], int):
            items = data.get(str(step))
            rest: Any = value
            if path[number + 2 :]:
                rest = blank(line)
                _put(rest, path[number + 2 :], value, line)
            data[str(step)] = [*(items if isinstance(items, list) else []), rest]
            data.lines[str(step)] = line
            return
        inner = data.get(str(step))
        if not isinstance(inner, Map):
            inner = data[str(step)] = blank(line)
            data.lines[str(step)] = line
        data = inner
    data[str(path[-1])] = value
    data.lines[str(path[-1])] = line
