"""Helm values read from source: what an unrendered release says about itself.

Layers are merged as Helm merges them (later ones win, maps are merged, lists replaced, null
deletes), each scalar keeping the place where it stands.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from wavefix.discover.tree import CHART, Tree
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Path, Site, Source, Value
from wavefix.render.items import Item
from wavefix.yamlio import Map, get, line_of, load


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of values: `data` stands at `at` of a document, or in YAML text held there."""

    data: Mapping[str, Any]
    file: str
    document: int
    at: Path = ()
    line: int = 1
    text: bool = False  # `at` leads to a string that holds the values as YAML

    def site(self, path: Path, before: str) -> Site:
        """The Site of the annotation map at `path` of these values."""
        line = line_of(self.data, (*path, SYNC_WAVE), 1) + (self.line if self.text else 0)
        at, inner = (self.at, path) if self.text else ((*self.at, *path), ())
        moot = "pod" in str(path[-1]).lower()
        return Site("helm-values", self.file, self.document, at, line, before, inner, moot)

    def line_at(self, path: Path) -> int:
        line = line_of(self.data, path, 1 if self.text else self.line)
        return line + self.line if self.text else line


@dataclass(frozen=True, slots=True)
class Leaf:
    """A merged scalar: the layer that decides it."""

    value: Any
    layer: Layer


def layer_of_file(tree: Tree, path: str) -> list[Layer]:
    """The values of a file; an error where they are no mapping."""
    documents = tree.documents(path)
    for document in documents[:1]:
        if not isinstance(document.data, dict):
            tree.fail(InputError("values are a mapping", "mend the file", path, document.line))
            return []
        return [Layer(document.data, path, document.index)]
    return []


def layers_of_source(
    tree: Tree, source: Source, file: str, document: int
) -> tuple[list[Layer], frozenset[str]]:
    """The values of an Application's Helm source, and its chart's subcharts where it is in sight.

    reposerver/repository.go: values.yaml, valueFiles, then valuesObject or else values.
    """
    layers: list[Layer] = []
    subcharts: frozenset[str] = frozenset()
    if source.kind == "helm":
        default = os.path.join(source.path, "values.yaml")
        layers += layer_of_file(tree, default) if os.path.isfile(default) else []
        subcharts = _dependencies(tree, source.path)
    for value_file in source.value_files:
        layers += layer_of_file(tree, value_file)
    values, values_object = (
        get(source.spec, "helm", "values"),
        get(source.spec, "helm", "valuesObject"),
    )
    if isinstance(values_object, dict):
        at: Path = (*source.at, "helm", "valuesObject")
        layers.append(Layer(values_object, file, document, at, getattr(values_object, "line", 1)))
    elif isinstance(values, str) and values.strip():
        line = line_of(source.spec, ("helm", "values"), 1)
        try:
            documents = load(values, file)
        except InputError as error:
            tree.fail(InputError(error.problem, error.advice, file, line + error.line))
            documents = []
        if documents and isinstance(documents[0].data, dict):
            at = (*source.at, "helm", "values")
            layers.append(Layer(documents[0].data, file, document, at, line, text=True))
    return layers, subcharts


def _dependencies(tree: Tree, chart: str) -> frozenset[str]:
    """The values keys of a chart's own dependencies: their alias, else their name."""
    file = os.path.join(chart, CHART)
    documents = tree.documents(file) if os.path.isfile(file) else []
    entries = get(documents[0].data, "dependencies") if documents else None
    return frozenset(
        str(get(entry, "alias") or get(entry, "name"))
        for entry in (entries if isinstance(entries, list) else [])
        if get(entry, "name")
    )


def release_item(
    name: str, namespace: str, file: str, line: int, layers: list[Layer], subcharts: frozenset[str]
) -> Item:
    """One unrendered release."""
    leaves = merge(layers)
    values = tuple(
        Value(path, leaf.value, leaf.layer.file, leaf.layer.line_at(path))
        for path, leaf in leaves.items()
    )
    body = Map()
    body.line, body.lines = line, {}
    return Item(
        body, file, 0, (), line, name, namespace, name, namespace,
        release=True, values=values, subcharts=subcharts, layers=tuple(layers),
    )  # fmt: skip


def merge(layers: list[Layer]) -> dict[Path, Leaf]:
    """Every scalar of the merged values by its path, in the order in which they are written."""
    out: dict[Path, Leaf] = {}
    for number, layer in enumerate(layers):
        replaced: set[Path] = set()
        for path, value, whole in _leaves(layer.data, ()):
            target = path if whole is None else whole
            if number and target not in replaced and (whole is not None or path not in out):
                _drop(out, target)
                replaced.add(target)
            if value is not None:
                out[path] = Leaf(value, layer)
            else:
                out.pop(path, None)
    return out


def _leaves(
    data: Any, path: Path, whole: Path | None = None
) -> Iterator[tuple[Path, Any, Path | None]]:
    """Scalars with their path, and the path of the list that they are in: lists replace lists."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*path, str(key)), whole)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _leaves(value, (*path, index), whole if whole is not None else path)
    else:
        yield path, data, whole


def _drop(leaves: dict[Path, Leaf], prefix: Path) -> None:
    for path in [path for path in leaves if path[: len(prefix)] == prefix]:
        del leaves[path]


@cache
def _known_subcharts() -> frozenset[str]:
    text = (files("wavefix") / "data" / "subcharts.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a release that is planned on its own: "" is the release itself."""

    name: str
    subchart: bool
    sites: tuple[tuple[Site, Any], ...]
    values: tuple[Value, ...]
    file: str
    line: int


def parts(item: Item) -> list[Part]:
    """The release and those subtrees of its values that hold a wave or enable a subchart."""
    leaves = merge(list(item.layers))
    waves: dict[Path, tuple[Site, Any]] = {}
    for path, leaf in leaves.items():
        if path[-1] == SYNC_WAVE and len(path) > 1:
            waves[path[:-1]] = (leaf.layer.site(path[:-1], str(leaf.value)), leaf.value)
    bundled = _known_subcharts() | item.subcharts
    tops = dict.fromkeys(str(path[0]) for path in leaves if len(path) > 1)
    out = []
    taken: list[Path] = []
    for top in tops:
        enabled = leaves[(top, "enabled")].value if (top, "enabled") in leaves else None
        inside = {path: found for path, found in waves.items() if path[0] == top and len(path) > 1}
        subchart = top in bundled and enabled is not False
        if enabled is False or not (inside or (subchart and enabled is True)):
            continue
        for prefix, sites in _subtrees(top, inside):
            taken.append(prefix)
            values = tuple(value for value in item.values if value.path[: len(prefix)] == prefix)
            first = min(values, key=lambda value: (value.file, value.line))
            site = sites[0][0] if sites else None
            out.append(
                Part(
                    ".".join(str(step) for step in prefix),
                    subchart,
                    sites,
                    values,
                    site.file if site else first.file,
                    site.line if site else first.line,
                )
            )
    rest = tuple(
        value
        for value in item.values
        if not any(value.path[: len(prefix)] == prefix for prefix in taken)
    )
    own = tuple(found for path, found in waves.items() if len(path) == 1)
    return [Part("", False, own, rest, item.file, item.line), *out]


def _subtrees(
    top: str, inside: Mapping[Path, tuple[Site, Any]]
) -> Iterator[tuple[Path, tuple[tuple[Site, Any], ...]]]:
    """One subtree where its waves agree, else one for each annotation map."""
    if len({str(wave) for _, wave in inside.values()}) <= 1:
        yield (top,), tuple(inside.values())
        return
    owners: dict[Path, list[tuple[Site, Any]]] = {}
    for path, found in inside.items():
        owners.setdefault(path[:-1], []).append(found)
    for owner, sites in owners.items():
        yield owner, tuple(sites)
