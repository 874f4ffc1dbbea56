"""Kustomizations read from source: which objects they bring, and what they set on them.

kustomize api/types/kustomization.go for the fields; transformers run in the order of
api/internal/target/kusttarget.go, so what an outer kustomization sets overrides an inner one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wavefix.argocd import HELM_RELEASE
from wavefix.discover.sources import kustomization_file
from wavefix.discover.tree import Tree
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Finding, Path, Site
from wavefix.render.helm import Layer, layer_of_file, release_item
from wavefix.render.items import Item, read
from wavefix.yamlio import Map, get, line_of, load

_REMOTE = re.compile(r"[a-z+]+://|git@|(github|bitbucket)\.(com|org)[/:]|gitlab\.com[/:]")
_WAVE_POINTER = "/metadata/annotations/" + SYNC_WAVE.replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a kustomization (or an Application's `kustomize` block) is written."""

    file: str
    document: int
    at: Path
    mechanism: Any


def build(tree: Tree, directory: str, findings: list[Finding]) -> list[Item]:
    """Every object that the kustomization in `directory` brings."""
    return _build(tree, directory, [], findings, ())


def _build(
    tree: Tree, directory: str, given: list[Item], findings: list[Finding], above: tuple[str, ...]
) -> list[Item]:
    """The items of one kustomization; a Component transforms the items `given` to it as well."""
    file = kustomization_file(directory)
    if file is None:
        tree.fail(
            InputError("no kustomization in it", "check `resources` that names it", directory)
        )
        return given
    if directory in above:
        tree.fail(InputError("a kustomization that includes itself", "break the circle", file))
        return given
    documents = tree.documents(file)
    body = documents[0].data if documents else None
    if not isinstance(body, dict):
        if documents:
            tree.fail(
                InputError("a kustomization is a mapping", "mend it", file, documents[0].line)
            )
        return given
    items = list(given)
    for field in ("resources", "bases"):
        for index, name in enumerate(_list(body, field)):
            line = line_of(body, (field, index), 1)
            items += _resource(tree, directory, name, file, line, findings, (*above, directory))
    items += _generated(body, file)
    items += _releases(tree, directory, body, file, findings)
    for index, name in enumerate(_list(body, "components")):
        path = _inside(tree, directory, name, file, line_of(body, ("components", index), 1))
        if path:
            items = _build(tree, path, items, findings, (*above, directory))
    spot = Spot(file, documents[0].index, (), "kustomize-annotations")
    return transform(tree, body, items, spot, directory)


def transform(
    tree: Tree, body: Mapping[str, Any], items: list[Item], spot: Spot, directory: str
) -> list[Item]:
    """What a kustomization sets on its items: patches, namespace, names, annotations."""
    for target in _wave_patches(tree, body, directory, spot.file):
        items = [
            replace(item, wave=target.wave, overlay=None, locked=target.why)
            if target.hits(item)
            else item
            for item in items
        ]
    namespace = body.get("namespace")
    if isinstance(namespace, str) and namespace:
        items = [replace(item, namespace=namespace) for item in items]
    prefix, suffix = str(body.get("namePrefix") or ""), str(body.get("nameSuffix") or "")
    if prefix or suffix:
        items = [
            item
            if item.release or item.kind in _NEVER_RENAMED
            else item.renamed(f"{prefix}{item.name}{suffix}")
            for item in items
        ]
    annotations = body.get("commonAnnotations")
    if isinstance(annotations, dict) and SYNC_WAVE in annotations:
        path = (*spot.at, "commonAnnotations")
        site = Site(
            spot.mechanism,
            spot.file,
            spot.document,
            path,
            line_of(body, ("commonAnnotations", SYNC_WAVE), 1),
            str(annotations[SYNC_WAVE]),
        )
        wave = annotations[SYNC_WAVE]
        items = [replace(item, wave=wave, overlay=site, locked="") for item in items]
    return items


# kustomize builtinpluginconsts/nameprefix.go: kinds whose name is their meaning
_NEVER_RENAMED = (
    "CustomResourceDefinition.apiextensions.k8s.io",
    "APIService.apiregistration.k8s.io",
    "Namespace",
)


def _resource(
    tree: Tree,
    directory: str,
    name: Any,
    file: str,
    line: int,
    findings: list[Finding],
    above: tuple[str, ...],
) -> list[Item]:
    text = str(name)
    if _REMOTE.match(text):
        message = f"`{text}` is remote and not read: what it brings is not planned"
        findings.append(Finding("WF011", "note", message, file, line))
        return []
    path = _inside(tree, directory, text, file, line)
    if path is None:
        return []
    if os.path.isdir(path):
        return _build(tree, path, [], findings, above)
    return read(tree, path, named=True)


def _inside(tree: Tree, directory: str, name: Any, file: str, line: int) -> str | None:
    """The path of something that a kustomization names; an error where it cannot be used."""
    path = os.path.normpath(os.path.join(directory, str(name)))
    if not tree.inside(path):
        problem, advice = f"`{name}` leads out of the repository", "name something inside it"
    elif not os.path.exists(path):
        problem, advice = f"`{name}` does not exist", "correct the path"
    else:
        return path
    tree.fail(InputError(problem, advice, file, line))
    return None


def _generated(body: Mapping[str, Any], file: str) -> Iterator[Item]:
    """ConfigMaps and Secrets of the generators, by the names that other objects use for them."""
    for field, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for index, entry in enumerate(_list(body, field)):
            name = get(entry, "name")
            if not isinstance(name, str) or get(entry, "behavior") in ("merge", "replace"):
                continue
            annotations = get(entry, "options", "annotations") or get(
                body, "generatorOptions", "annotations"
            )
            wave = annotations.get(SYNC_WAVE) if isinstance(annotations, dict) else None
            namespace = str(get(entry, "namespace") or "")
            made = Map()
            made.update(apiVersion="v1", kind=kind)
            line = line_of(body, (field, index), 1)
            made.line, made.lines = line, {}
            yield Item(
                made, file, 0, (), line, name, namespace, name, namespace, wave=wave,
                locked="made by a kustomize generator", generated=True,
            )  # fmt: skip


def _releases(
    tree: Tree, directory: str, body: Mapping[str, Any], file: str, findings: list[Finding]
) -> Iterator[Item]:
    """`helmCharts`: one opaque release for each (api/types/helmchartargs.go)."""
    for index, chart in enumerate(_list(body, "helmCharts")):
        if not isinstance(chart, dict):
            continue
        name = str(chart.get("releaseName") or chart.get("name") or "")
        line = line_of(body, ("helmCharts", index), 1)
        layers: list[Layer] = []
        named = [chart.get("valuesFile"), *(chart.get("additionalValuesFiles") or [])]
        for value_file in named:
            if value_file and not _REMOTE.match(str(value_file)):
                path = _inside(tree, directory, value_file, file, line)
                layers += layer_of_file(tree, path) if path else []
        inline = chart.get("valuesInline")
        if isinstance(inline, dict):
            at: Path = ("helmCharts", index, "valuesInline")
            layer = Layer(inline, file, 0, at, line_of(body, at, line))
            first = chart.get("valuesMerge") == "merge"
            layers = [layer, *layers] if first else [*layers, layer]
        yield release_item(name, str(chart.get("namespace") or ""), file, line, layers, frozenset())


@dataclass(frozen=True, slots=True)
class _WavePatch:
    """A patch that sets a wave: on what, to what, and where it stands."""

    kind: str
    name: str
    wave: Any
    why: str

    def hits(self, item: Item) -> bool:
        kind = item.kind.partition(".")[0]
        names = (item.name, item.source_name)
        return (not self.kind or re.fullmatch(self.kind, kind) is not None) and (
            not self.name or any(re.fullmatch(self.name, name) for name in names)
        )


def _wave_patches(
    tree: Tree, body: Mapping[str, Any], directory: str, file: str
) -> Iterator[_WavePatch]:
    """Patches that touch the wave; the objects they hit are planned with it and left alone."""
    entries: list[tuple[Any, Any]] = []
    for field in ("patches", "patchesJson6902"):
        for entry in _list(body, field):
            entries.append((get(entry, "target"), get(entry, "patch") or get(entry, "path")))
    entries += [(None, entry) for entry in _list(body, "patchesStrategicMerge")]
    for target, patch in entries:
        text, where = _patch_text(tree, directory, patch)
        if text is None or "sync-wave" not in text:
            continue
        try:
            documents = load(text, where or file)
        except InputError as error:
            tree.fail(error)
            continue
        shown = f"a kustomize patch in {os.path.basename(where or file)} sets its wave"
        for document in documents:
            data = document.data
            wanted = get(target, "kind"), get(target, "name")
            if isinstance(data, list):
                for step in data:
                    if get(step, "path") == _WAVE_POINTER:
                        kind, name = (str(part or "") for part in wanted)
                        yield _WavePatch(kind, name, get(step, "value"), shown)
            wave = get(data, "metadata", "annotations", SYNC_WAVE)
            if wave is not None:
                kind = str(wanted[0] or re.escape(str(get(data, "kind") or "")))
                name = str(wanted[1] or "")
                if not target:
                    name = re.escape(str(get(data, "metadata", "name") or ""))
                yield _WavePatch(kind, name, wave, shown)


def _patch_text(tree: Tree, directory: str, patch: Any) -> tuple[str | None, str]:
    """The text of a patch and the file it stands in; "" where it is written inline."""
    if not isinstance(patch, str):
        return None, ""
    if "\n" in patch or patch.lstrip().startswith(("{", "[")):
        return patch, ""
    path = os.path.normpath(os.path.join(directory, patch))
    if os.path.isfile(path) and tree.inside(path):
        return tree.text(path), path
    return None, ""


def _list(body: Mapping[str, Any], field: str) -> list[Any]:
    value = body.get(field)
    return value if isinstance(value, list) else []


__all__ = ["HELM_RELEASE", "Spot", "build", "transform"]
