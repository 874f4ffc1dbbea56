"""Helm values, layer over layer, as Helm merges them: every scalar keeps the place it comes from.

Later layers win, maps are merged, lists replaced, null deletes (helm pkg/cli/values/options.go and
pkg/chartutil/coalesce.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wavefix.discover.encryption import by_sops
from wavefix.discover.tree import Tree
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Path, Site
from wavefix.yamlio import line_of, load

_BLOCK = re.compile(r"[|>][-+0-9]*[ \t]*(#.*)?\r?\Z")
_OF_PODS = re.compile(r"pod(template|metadata|spec)?s?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of values: `data` stands at `at` of a document, or in YAML text held there.

    `line` is that of the text's key: lines of a block scalar add up to it, those of a text in
    quotes are all there is to say.
    """

    data: Mapping[str, Any]
    file: str
    document: int
    at: Path = ()
    line: int = 0
    text: bool = False  # `at` leads to a string that holds the values as YAML
    block: bool = False  # a block scalar
    default: bool = False  # the chart's own
    parameters: bool = False  # one by one (`helm.parameters`): no place for a wave
    made: bool = False  # said by an Application that a chart makes: it stands nowhere as it is
    unknown: str = ""  # what encrypted it as a whole: `data` is empty

    def site(self, path: Path, before: str) -> Site:
        """The Site of the annotation map at `path` of these values."""
        at, inner = (self.at, path) if self.text else ((*self.at, *path), ())
        line = self.line_at((*path, SYNC_WAVE))
        return Site("helm-values", self.file, self.document, at, line, before, inner, _moot(path))

    def line_at(self, path: Path) -> int:
        """The line of a value in the file."""
        if self.text and not self.block:
            return self.line
        return line_of(self.data, path, getattr(self.data, "line", 1)) + self.line

    @property
    def encrypted(self) -> bool:
        """Whether SOPS guards it: its MAC holds for the values that are left in the clear too."""
        return by_sops(self.data)


def _moot(path: Path) -> bool:
    """Whether an annotation map lands on pods, by the names that charts give it."""
    last = str(path[-1])
    if last == "annotations" and len(path) > 1:
        return _OF_PODS.match(str(path[-2])) is not None
    return "pod" in last.lower()


@dataclass(frozen=True, slots=True)
class Leaf:
    """A merged scalar or list, and the layer that decides it."""

    value: Any
    layer: Layer


def layer_of_file(tree: Tree, path: str, default: bool = False) -> list[Layer]:
    """The values of a file; an error where they are no mapping, unknown where it is encrypted."""
    for document in tree.documents(path)[:1]:
        if not isinstance(document.data, dict):
            problem, advice = "values that are no mapping", "write `key: value` lines"
            tree.fail(InputError(problem, advice, path, document.line))
            return []
        return [Layer(document.data, path, document.index, default=default)]
    by = tree.encrypted.get(path, "")
    return [Layer({}, path, 0, default=default, unknown=by)] if by else []


def layer_of_text(
    tree: Tree, text: str, file: str, document: int, at: Path, line: int
) -> list[Layer]:
    """Values written as YAML text, in the string at `at`, whose key stands in `line`."""
    block = _BLOCK.search(tree.line(file, line)) is not None
    try:
        documents = load(text, file)
    except InputError as error:
        place = line + error.line if block else line
        tree.fail(InputError(error.problem, error.advice, file, place))
        return []
    data = documents[0].data if documents else {}
    if not isinstance(data, dict):
        tree.fail(InputError("values that are no mapping", "write `key: value` lines", file, line))
        return []
    return [Layer(data, file, document, at, line, text=True, block=block)]


def merge(layers: Sequence[Layer]) -> dict[Path, Leaf]:
    """Every scalar of the merged values by its path."""
    return dict(_leaves(merged(layers), ()))


def merged(layers: Sequence[Layer]) -> dict[str, Any]:
    """The merged values as maps with Leafs at their ends: scalars, lists and nulls.

    What users give is merged first, and then laid over the values of the chart itself: a null
    deletes what is left of those.
    """
    given: dict[str, Any] = {}
    out: dict[str, Any] = {}
    for layer in layers:
        _put(out if layer.default else given, _tree(layer.data, layer))
    _put(out, given)
    return out


def plain(data: Any) -> Any:
    """Merged values without the layers that they come from."""
    if isinstance(data, Leaf):
        return data.value
    return {key: plain(value) for key, value in data.items()} if isinstance(data, dict) else data


def _tree(data: Mapping[str, Any], layer: Layer) -> dict[str, Any]:
    """A map with Leafs at its ends."""
    return {
        key: _tree(value, layer) if isinstance(value, dict) else Leaf(value, layer)
        for key, value in data.items()
    }


def _put(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    """Lay one tree over another."""
    for key, value in above.items():
        if isinstance(value, dict):
            inner = below.get(key)
            if not isinstance(inner, dict):
                inner = below[key] = {}
            _put(inner, value)
        else:
            below[key] = value


def _leaves(data: Any, path: Path) -> Iterator[tuple[Path, Leaf]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*path, str(key)))
    elif isinstance(data, Leaf):
        for at, value in _scalars(data.value, path):
            yield at, Leaf(value, data.layer)


def _scalars(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """The scalars of one layer's value: a list comes whole."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _scalars(value, (*path, str(key)))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _scalars(value, (*path, index))
    elif data is not None:
        yield path, data


def written(value: Any) -> str:
    """A wave as it is written, also where YAML read no string."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
