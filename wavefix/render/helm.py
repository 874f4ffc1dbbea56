"""Helm releases read from source: what an unrendered release says about itself by its values."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wavefix.catalogue import database_charts
from wavefix.discover.tree import CHART, Tree
from wavefix.model import SYNC_WAVE, Chart, Path, Site, Source, Value
from wavefix.render.items import Call, Item
from wavefix.render.parameters import parameter_layer
from wavefix.render.pieces import origin, pieces
from wavefix.render.values import Layer, layer_of_file, layer_of_text, merge, written
from wavefix.yamlio import Map, get, line_of

Subcharts = Mapping[str, Chart]  # by the key of their values


def layers_of_source(
    tree: Tree, source: Source, file: str, document: int
) -> tuple[list[Layer], Subcharts]:
    """The values of an Application's Helm source, and its chart's subcharts where it is in sight.

    reposerver/repository/repository.go, helmTemplate: values.yaml, valueFiles, then valuesObject or
    else values, then parameters and fileParameters.
    """
    layers, subcharts = chart(tree, source.path) if source.kind == "helm" else ([], {})
    for value_file in source.value_files:
        layers += layer_of_file(tree, value_file)
    written = pieces(source, file, document)
    values = get(source.spec, "helm", "values")
    if isinstance(get(source.spec, "helm", "valuesObject"), dict):
        for one in written:  # merged as Helm merges values
            layer = get(one.spec, "helm", "valuesObject")
            if isinstance(layer, dict):
                at: Path = (*one.at, "helm", "valuesObject")
                layers.append(Layer(layer, one.file, one.document, at))
    elif isinstance(values, str) and values.strip():
        one = origin(written, ("helm", "values"))
        at = (*one.at, "helm", "values")
        line = line_of(one.spec, ("helm", "values"), 1)
        layers += layer_of_text(tree, values, one.file, one.document, at, line)
    parameters = parameter_layer(tree, source, file, document)
    return [*layers, *parameters], subcharts


def chart(tree: Tree, directory: str) -> tuple[list[Layer], Subcharts]:
    """The values of a chart in the repository, and its dependencies by their values keys.

    A dependency is known by its alias, else its name.
    """
    names = tree.entries(directory)[1]
    default = os.path.join(directory, "values.yaml")
    layers = layer_of_file(tree, default, True) if "values.yaml" in names else []
    documents = tree.documents(os.path.join(directory, CHART)) if CHART in names else []
    entries = get(documents[0].data, "dependencies") if documents else None
    return layers, {
        str(get(entry, "alias") or name): Chart(str(name), str(get(entry, "repository") or ""))
        for entry in (entries if isinstance(entries, list) else [])
        if (name := get(entry, "name"))
    }


def release_item(
    name: str,
    namespace: str,
    file: str,
    line: int,
    layers: list[Layer],
    subcharts: Subcharts,
    chart: Chart,
    call: Call | None = None,
) -> Item:
    """One unrendered release."""
    body = Map()
    body.line, body.lines = line, {}
    return Item(
        body, file, 0, (), line, name, namespace, name, namespace,
        release=True, subcharts=subcharts, layers=tuple(layers), chart=chart,
        call=call,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a release that is planned on its own: "" is the release itself."""

    name: str
    subchart: bool
    sites: tuple[tuple[Site, Any], ...]  # each with its wave
    values: tuple[Value, ...]
    file: str
    line: int
    charts: tuple[Chart, ...] = ()
    encrypted: bool = False  # a site stands in a file that SOPS guards
    parameters: bool = False  # a wave is a parameter of the Application


Waves = dict[Path, tuple[Layer, Any]]  # by the path of the annotation map


def parts(item: Item) -> list[Part]:
    """The release and those subtrees of its values that hold a wave or enable a subchart.

    What is switched off (`enabled: false`) is no part, and no place for a wave.
    """
    leaves = merge(item.layers)
    off = {
        path[:-1]
        for path, leaf in leaves.items()
        if len(path) > 1 and path[-1] == "enabled" and leaf.value is False
    }
    used = {path: leaf for path, leaf in leaves.items() if not _below(path, off)}
    waves: Waves = {
        path[:-1]: (leaf.layer, leaf.value)
        for path, leaf in used.items()
        if path[-1] == SYNC_WAVE and len(path) > 1
    }
    bundled = database_charts() | item.subcharts.keys()
    subtrees: dict[Path, Waves] = {}
    for top in dict.fromkeys(path[0] for path in used if len(path) > 1):
        inside = {path: found for path, found in waves.items() if path[0] == top and len(path) > 1}
        enabled = used.get((top, "enabled"))
        if inside or (top in bundled and enabled is not None and enabled.value is True):
            subtrees.update(_subtrees(str(top), inside))
    values: dict[Path, list[Value]] = {(): [], **{prefix: [] for prefix in subtrees}}
    for path, leaf in leaves.items():
        value = Value(path, leaf.value, leaf.layer.file, leaf.layer.line_at(path))
        values[_nearest(path, values)].append(value)
    own: Waves = {path: found for path, found in waves.items() if len(path) == 1}
    apart = {prefix[0] for prefix in subtrees}
    brought = [
        chart for key, chart in item.subcharts.items() if key not in apart and (key,) not in off
    ]
    mine = [item.chart] if item.chart is not None and item.chart.name else []
    return [
        _part((), False, own, values[()], (*mine, *brought), (item.file, item.line)),
        *(
            _part(prefix, prefix[0] in bundled, inside, values[prefix], _chart(item, prefix))
            for prefix, inside in subtrees.items()
        ),
    ]


def _chart(item: Item, prefix: Path) -> tuple[Chart, ...]:
    """The chart that a subtree of values is for: as the release's chart says, else of its name."""
    key = str(prefix[0])
    known = item.subcharts.get(key)
    if known is None and key in database_charts():
        known = Chart(key)
    return (known,) if known is not None else ()


def _below(path: Path, prefixes: set[Path]) -> bool:
    return bool(prefixes) and any(path[:length] in prefixes for length in range(1, len(path) + 1))


def _nearest(path: Path, prefixes: Mapping[Path, object]) -> Path:
    return next(path[:n] for n in range(len(path), -1, -1) if path[:n] in prefixes)


def _subtrees(top: str, inside: Waves) -> Iterator[tuple[Path, Waves]]:
    """One subtree where its waves agree, else one for each annotation map."""
    if len({str(wave) for _, wave in inside.values()}) <= 1:
        yield (top,), inside
        return
    owners: dict[Path, Waves] = {}
    for path, found in inside.items():
        owners.setdefault(path[:-1], {})[path] = found
    yield from owners.items()


def _part(
    prefix: Path,
    subchart: bool,
    waves: Waves,
    values: Sequence[Value],
    charts: tuple[Chart, ...],
    place: tuple[str, int] = ("", 0),
) -> Part:
    sites = tuple((layer.site(path, written(wave)), wave) for path, (layer, wave) in waves.items())
    if sites and not place[0]:
        place = sites[0][0].file, sites[0][0].line
    return Part(
        ".".join(str(step) for step in prefix),
        subchart,
        sites,
        tuple(values),
        *(place if place[0] else min((value.file, value.line) for value in values)),
        charts=charts,
        encrypted=any(layer.encrypted for layer, _ in waves.values()),
        parameters=any(layer.parameters for layer, _ in waves.values()),
    )
