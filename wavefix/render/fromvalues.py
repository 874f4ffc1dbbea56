"""Releases of `argocd-apps` that are not rendered: what the chart makes is built from the values.

The chart is named by an Application, an entry of `helmCharts`, or the dependencies of a chart in
the repository, whose values for it stand below its alias, else its name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wavefix.catalogue import kind_of
from wavefix.discover.charts import COMMUNITY
from wavefix.discover.tree import CHART, Tree
from wavefix.model import SYNC_WAVE, Joint, Path
from wavefix.render.argocdapps import ANNOTATIONS, GROUPS, Made, NotUnderstood, objects
from wavefix.render.items import Item
from wavefix.render.probe import Name, Reach, chooser
from wavefix.render.values import Layer, merged, plain
from wavefix.yamlio import Map, get

_HELPER = re.compile(r"_|NOTES\.txt\Z")


@dataclass(frozen=True, slots=True)
class _Use:
    """The chart in a release: where its values are, and its version."""

    prefix: Path
    version: str


def from_values(tree: Tree, item: Item) -> list[Item]:
    """The objects of a release as far as `argocd-apps` makes them, and the release for the rest.

    A release that has nothing to do with the chart, or whose values are not understood, stays as it
    is.
    """
    if not item.release or item.call is None:
        return [item]
    try:
        uses, rest = _uses(tree, item)
        values = merged(item.layers)
        out: list[Item] = []
        for use in uses:
            if _on(tree, item, use, plain(values)):
                out += _items(item, use, values)
    except NotUnderstood as why:
        return [replace(item, unrendered=item.unrendered or str(why))]
    if not uses:
        return [item]
    return [*out, _without(item, uses)] if rest else out


def _uses(tree: Tree, item: Item) -> tuple[list[_Use], bool]:
    """Where a release uses the chart, and whether there is more to it."""
    call = item.call
    assert call is not None
    if not call.directory:
        known = call.name == COMMUNITY
        return ([_Use((), call.version)] if known else []), False
    found: list[_Use] = []
    rest = _templates(tree, call.directory)
    for one in _dependencies(tree, call.directory):
        foreign = str(get(one, "repository") or "").startswith("file://")
        if get(one, "name") != COMMUNITY or foreign:
            rest = True
            continue
        if get(one, "tags") or get(one, "import-values"):
            raise NotUnderstood("tags and values that are imported are Helm's to read")
        alias = str(get(one, "alias") or COMMUNITY)
        found.append(_Use((alias,), str(get(one, "version") or "")))
    return found, rest


def _dependencies(tree: Tree, directory: str) -> list[Any]:
    file = os.path.join(directory, CHART)
    documents = tree.documents(file) if tree.files.is_file(file) else []
    entries = get(documents[0].data, "dependencies") if documents else None
    return entries if isinstance(entries, list) else []


def _templates(tree: Tree, directory: str) -> bool:
    """Whether a chart has templates of its own that make objects."""
    if "templates" not in tree.entries(directory)[0]:
        return False
    files = tree.walk(os.path.join(directory, "templates"))
    return any(not _HELPER.match(os.path.basename(file)) for file in files)


def _on(tree: Tree, item: Item, use: _Use, values: Any) -> bool:
    """Whether a dependency is switched on: the first of its conditions that is there decides."""
    call = item.call
    for one in _dependencies(tree, call.directory) if call and use.prefix else ():
        if str(get(one, "alias") or get(one, "name")) in use.prefix:
            for condition in str(get(one, "condition") or "").split(","):
                said = get(values, *condition.strip().split("."))
                if isinstance(said, bool):
                    return said
    return True


def _items(item: Item, use: _Use, values: Mapping[str, Any]) -> list[Item]:
    own = get(values, *use.prefix) if use.prefix else values
    if own is not None and not isinstance(own, dict):
        raise NotUnderstood(f"`{use.prefix[0]}` is no mapping")
    for layer in item.layers:
        said = get(layer.data, *use.prefix)
        if layer.parameters and any(get(said, group) is not None for group in GROUPS):
            raise NotUnderstood(f"parameters change the values of {COMMUNITY}")
    assert item.call is not None
    if any(name.startswith((*GROUPS, *map(str, use.prefix))) for name, _ in item.call.files):
        raise NotUnderstood(f"files change the values of {COMMUNITY}")
    made = objects(plain(own or {}), use.version)
    choose = chooser(_reach(use, made), item.layers, item.call.own)
    out = []
    for one in made:
        found = choose(_name(one))
        best = [*found.written, *found.alone]
        layer = _layer(item.layers, (*use.prefix, *one.path))
        line = layer.line_at((*use.prefix, *one.path))
        body = Map(one.body)
        body.line, body.lines = line, {}
        metadata = one.body["metadata"]
        name, namespace = metadata["name"], metadata.get("namespace", "")
        out.append(
            Item(
                body, layer.file, layer.document, (), line, name, namespace, name, namespace,
                metadata.get("annotations", {}),
                made=f"{COMMUNITY}/templates/{one.path[0]}.yaml", source_release=item, told=True,
                choices=tuple((choice.site,) for choice in best if len(choice.own) == 1),
                shared=tuple(
                    Joint(choice.site, bool(choice.nested))
                    for choice in (*best, *found.shared)
                    if len(choice.own) > 1
                ),
            )
        )  # fmt: skip
    return out


def _reach(use: _Use, made: Sequence[Made]) -> Reach:
    """Which values reach which objects: each entry's annotations those of its own."""
    own = {(*use.prefix, *one.path, ANNOTATIONS): frozenset({_name(one)}) for one in made}
    waves = {_name(one): get(one.body, "metadata", "annotations", SYNC_WAVE) for one in made}
    waved = frozenset(name for name, wave in waves.items() if wave is not None)
    deciding = {name: frozenset({path}) for path, [name] in own.items()}
    return Reach(own, {}, deciding, waved, frozenset(), {}, 0)


def _name(one: Made) -> Name:
    metadata = one.body["metadata"]
    return Name(kind_of(one.body), metadata.get("namespace", ""), metadata["name"])


def _layer(layers: Sequence[Layer], path: Path) -> Layer:
    """The layer that says most of an entry: the last one that has it."""
    return [layer for layer in layers if get(layer.data, *path) is not None][-1]


def _without(item: Item, uses: Sequence[_Use]) -> Item:
    """A release without the values of the chart."""
    gone = {use.prefix[0] for use in uses if use.prefix}
    subcharts = {key: chart for key, chart in item.subcharts.items() if key not in gone}
    return replace(item, layers=tuple(_less(one, gone) for one in item.layers), subcharts=subcharts)


def _less(layer: Layer, gone: set[Any]) -> Layer:
    data = Map({key: value for key, value in layer.data.items() if key not in gone})
    data.line, data.lines = getattr(layer.data, "line", 1), getattr(layer.data, "lines", {})
    return replace(layer, data=data)
