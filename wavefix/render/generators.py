"""What kustomizations make: ConfigMaps and Secrets of generators, releases of `helmCharts`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from wavefix.discover.tree import Tree
from wavefix.model import SYNC_WAVE, Chart, Path, Site
from wavefix.render.helm import Subcharts, chart, release_item
from wavefix.render.items import Call, Item
from wavefix.render.patches import named
from wavefix.render.values import Layer, layer_of_file, written
from wavefix.yamlio import Map, get, line_of

_KINDS = (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret"))
_CHANGES = ("merge", "replace")  # what an entry does with an object that is there


def generated(
    tree: Tree, directory: str, body: Mapping[str, Any], file: str, document: int
) -> Iterator[Item]:
    """ConfigMaps and Secrets of the generators, by the names that other objects use for them.

    What an entry says under `options` is merged over `generatorOptions`: kustomize
    api/types/generatoroptions.go, MergeGlobalOptionsIntoLocal.
    """
    for field, kind in _KINDS:
        entries = body.get(field)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            name = get(entry, "name")
            if not isinstance(name, str) or get(entry, "behavior") in _CHANGES:
                continue
            annotations, site = _annotations(body, (field, index), file, document)
            namespace = str(get(entry, "namespace") or "")
            line = line_of(body, (field, index), 1)
            made = Map(apiVersion="v1", kind=kind)
            made.line, made.lines = line, {}
            if kind == "ConfigMap":
                made["data"] = _data(tree, directory, entry, file, line)
            yield Item(
                made, file, document, (), line, name, namespace, name, namespace, annotations,
                own=site,
            )  # fmt: skip


def regenerated(body: Mapping[str, Any], file: str, document: int, items: list[Item]) -> list[Item]:
    """The items with what generators of an outer kustomization change about them.

    Their annotations are put over those that are there: kustomize api/resource/resource.go,
    CopyMergeMetaDataFieldsFrom.
    """
    for field, kind in _KINDS:
        entries = body.get(field)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            if get(entry, "behavior") in _CHANGES:
                annotations, site = _annotations(body, (field, index), file, document)
                over = site if SYNC_WAVE in annotations else None
                items = [
                    item.annotated({**item.annotations, **annotations}, over)
                    if item.kind == kind and get(entry, "name") in (item.name, item.source_name)
                    else item
                    for item in items
                ]
    return items


def _annotations(
    body: Mapping[str, Any], at: Path, file: str, document: int
) -> tuple[dict[str, Any], Site]:
    """What a generator's entry annotates, and the Site of a wave there."""
    path: Path = (*at, "options", "annotations")
    own = get(body, *path)
    found: dict[str, Any] = {}
    for some in (get(body, "generatorOptions", "annotations"), own):
        found.update(some if isinstance(some, dict) else {})
    wave = get(own, SYNC_WAVE)
    before = None if wave is None else written(wave)
    line = line_of(body, (*path, SYNC_WAVE), 1)
    return found, Site("kustomize-annotations", file, document, path, line, before)


def _data(tree: Tree, directory: str, entry: Any, file: str, line: int) -> Map:
    """What a generated ConfigMap holds, as far as its files are in sight.

    api/kv/kv.go: `literals`; `envs` and the old `env`, files of KEY=value; `files` as `[key=]path`.
    """
    data = Map()
    data.line, data.lines = line, {}
    for name in [*_texts(entry, "envs"), *([entry["env"]] if get(entry, "env") else [])]:
        for pair in (_text(tree, directory, name, file, line) or "").splitlines():
            key, given, value = pair.partition("=")
            if given and not key.lstrip().startswith("#"):
                data[key.strip()] = value
    for pair in _texts(entry, "literals"):
        key, _, value = pair.partition("=")
        data[key] = value[1:-1] if value[:1] in "'\"" and value[:1] == value[-1:] else value
    for name in _texts(entry, "files"):
        key, given, path = name.partition("=")
        text = _text(tree, directory, path if given else key, file, line)
        if text is not None:
            data[key if given else os.path.basename(key)] = text
    data.lines = dict.fromkeys(data, line)
    return data


def _texts(entry: Any, field: str) -> list[str]:
    values = get(entry, field)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _text(tree: Tree, directory: str, name: Any, file: str, line: int) -> str | None:
    """The text of a file beside a kustomization, if it is in sight."""
    path = os.path.normpath(os.path.join(directory, str(name)))
    return tree.peek(path) if tree.files.is_file(path) else None


def releases(
    tree: Tree, directory: str, body: Mapping[str, Any], file: str, document: int
) -> Iterator[Item]:
    """`helmCharts`: one opaque release for each.

    api/internal/builtins/HelmChartInflationGenerator.go: `valuesInline` is merged with the one
    `valuesFile`, and `additionalValuesFiles` come after both.
    """
    entries = body.get("helmCharts")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if not isinstance(entry, dict):
            continue
        at: Path = ("helmCharts", index)
        line = line_of(body, at, 1)
        layers, subcharts = _chart(tree, directory, body, entry)
        first = _files(tree, directory, [entry.get("valuesFile")], file, line)
        inline = entry.get("valuesInline")
        if isinstance(inline, dict) and inline:
            layer = Layer(inline, file, document, (*at, "valuesInline"))
            how = entry.get("valuesMerge")
            first = (
                [layer]
                if how == "replace"
                else [layer, *first]
                if how == "merge"
                else [*first, layer]
            )
        more = entry.get("additionalValuesFiles")
        layers += first + _files(
            tree, directory, more if isinstance(more, list) else [], file, line
        )
        name = str(entry.get("releaseName") or entry.get("name") or "")
        brought = Chart(str(entry.get("name") or ""), str(entry.get("repo") or ""))
        namespace = str(entry.get("namespace") or "")
        call = _call(tree, directory, body, entry)
        yield release_item(name, namespace, file, line, layers, subcharts, brought, call)


def _files(tree: Tree, directory: str, names: list[Any], file: str, line: int) -> list[Layer]:
    layers: list[Layer] = []
    for name in names:
        if name and "://" not in str(name):
            path = named(tree, directory, name, file, line)
            layers += layer_of_file(tree, path) if path else []
    return layers


def _chart(
    tree: Tree, directory: str, body: Mapping[str, Any], entry: Mapping[str, Any]
) -> tuple[list[Layer], Subcharts]:
    """The values and subcharts of a chart that lies in the repository, where kustomize looks."""
    path = _home(tree, directory, body, entry)
    return chart(tree, path) if path else ([], {})


def _home(tree: Tree, directory: str, body: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """Where in the repository the chart of an entry lies; "" where it does not."""
    home = str(get(body, "helmGlobals", "chartHome") or "charts")
    name, version = str(entry.get("name") or ""), entry.get("version")
    if version and entry.get("repo"):
        home = os.path.join(home, f"{name}-{version}")
    path = os.path.normpath(os.path.join(directory, home, name))
    return path if name and tree.files.is_directory(path) else ""


def _call(
    tree: Tree, directory: str, body: Mapping[str, Any], entry: Mapping[str, Any]
) -> Call | None:
    """How kustomize calls Helm for an entry; None where even the names are made up each time."""
    if not entry.get("releaseName") or entry.get("nameTemplate"):
        return None
    flags = (
        ("includeCRDs", "--include-crds"),
        ("skipHooks", "--no-hooks"),
        ("skipTests", "--skip-tests"),
    )
    versions = entry.get("apiVersions")
    return Call(
        _home(tree, directory, body, entry),
        str(entry.get("name") or ""),
        str(entry.get("repo") or ""),
        str(entry.get("version") or ""),
        not entry.get("repo"),
        tuple(option for name, option in flags if entry.get(name) is True),
        str(entry.get("kubeVersion") or ""),
        tuple(str(version) for version in versions) if isinstance(versions, list) else (),
    )
