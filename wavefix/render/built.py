"""Kustomizations as kustomize itself builds them, laid over what is read from source.

What is read knows where everything stands; what is built knows what Argo CD applies. Where both
have an object, its content is the built one and its place the read one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wavefix.discover.sources import kustomization_file, references
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Finding
from wavefix.render.items import Item, is_object
from wavefix.render.kustomize import LOCAL, REMOTE
from wavefix.render.patches import Setting
from wavefix.render.releases import Charts
from wavefix.tools import Rendered, Stage, ToolFailed
from wavefix.tools.charts import Unavailable, archive, complete, unpacked
from wavefix.tools.kustomize import build
from wavefix.yamlio import Map, get

_ORIGIN = "config.kubernetes.io/origin"
_HASH = re.compile(r"-[a-z0-9]{10}\Z")  # kustomize api/hasher: what a generated name ends with
_REFERENCES = ("resources", "bases", "components")
# An Application's block, field by field, as `kustomize edit` puts it into the kustomization
_TEXTS = ("namePrefix", "nameSuffix", "namespace")
_MAPS = ("commonLabels", "commonAnnotations")
_LISTS = ("patches", "components")


def built(
    charts: Charts,
    directory: str,
    items: Sequence[Item],
    findings: list[Finding],
    own: Setting | None,
) -> list[Item]:
    """The items as kustomize builds them; as they are where it cannot."""
    if not charts.kit.kustomize:
        return list(items)
    try:
        stage, inflate = _stage(charts, directory, own)
        place = os.path.relpath(directory, charts.tree.root)
        made = build(charts.kit, stage, place, inflate)
    except (ToolFailed, Unavailable) as why:
        file = kustomization_file(directory) or directory
        message = f"kustomize does not build it, so it is read from its files as they are: {why}"
        findings.append(Finding("WF011", "warning", message, file, 1))
        return list(items)
    return _laid(items, [one for one in made if _applied(one)], directory)


def _applied(made: Rendered) -> bool:
    local = get(made.body, "metadata", "annotations", LOCAL)
    return is_object(made.body) and local in (None, "false")


def _stage(charts: Charts, directory: str, own: Setting | None) -> tuple[Stage, bool]:
    """All that the kustomization reads; what is out of sight is taken out of it."""
    tree = charts.tree
    stage = Stage(tree.root, tree.texts)
    homes = [directory]
    try:
        stage.add(directory)
        for path in sorted(references(tree, directory)):
            stage.add(path)
            homes += [path] if os.path.isdir(path) else []
    except InputError as error:
        raise Unavailable(error.problem) from None
    inflate = False
    for home in homes:
        file = kustomization_file(home)
        documents = tree.documents(file) if file and tree.inside(file) else []
        if file is None or not documents or not isinstance(documents[0].data, dict):
            continue
        data = dict(documents[0].data)
        if "helmChartInflationGenerator" in data:
            raise Unavailable("it uses helmChartInflationGenerator")
        for field in _REFERENCES:
            if isinstance(data.get(field), list):
                data[field] = [name for name in data[field] if _in_sight(charts, home, name)]
        if isinstance(data.get("helmCharts"), list):
            data["helmCharts"] = [
                e for e in data["helmCharts"] if _supplied(charts, stage, home, data, e)
            ]
            inflate = inflate or bool(data["helmCharts"])
        if home == directory:
            data = _with(data, own.body if own else {})
        stage.put(os.path.relpath(file, tree.root), json.dumps(data).encode("utf-8", "replace"))
    return stage, inflate


def _in_sight(charts: Charts, home: str, name: Any) -> bool:
    if not isinstance(name, str):
        return False
    path = os.path.normpath(os.path.join(home, name))
    if not os.path.exists(path):
        return not REMOTE.match(name)
    return not charts.tree.excluded(path, os.path.isdir(path))


def _supplied(charts: Charts, stage: Stage, home: str, body: Mapping[str, Any], entry: Any) -> bool:
    """Whether the chart of an entry of `helmCharts` is there, put where kustomize looks for it."""
    name, repo = str(get(entry, "name") or ""), str(get(entry, "repo") or "")
    version = str(get(entry, "version") or "")
    if not charts.kit.helm or not name or not get(entry, "releaseName"):
        return False
    directory = str(get(body, "helmGlobals", "chartHome") or "charts")
    if version and repo:
        directory = os.path.join(directory, f"{name}-{version}")
    path = os.path.normpath(os.path.join(home, directory, name))
    chart = os.path.relpath(path, stage.root)
    if f"{chart}/Chart.yaml" not in stage.files:
        if os.path.isdir(path) and charts.tree.inside(path):
            stage.add(path)
        else:
            try:
                for inside, content in unpacked(archive(charts.kit, name, repo, version)):
                    stage.put(f"{chart}/{inside}", content)
            except Unavailable:
                return False
    try:
        complete(charts.kit, stage, chart)
    except Unavailable:
        return False
    return True


def _with(data: dict[str, Any], block: Mapping[str, Any]) -> dict[str, Any]:
    """A kustomization with an Application's block in it."""
    for field in _TEXTS:
        if block.get(field):
            data[field] = block[field]
    for field in _MAPS:
        if isinstance(block.get(field), dict):
            mine = data.get(field)
            data[field] = {**(mine if isinstance(mine, dict) else {}), **block[field]}
    for field in _LISTS:
        if isinstance(block.get(field), list):
            mine = data.get(field)
            data[field] = [*(mine if isinstance(mine, list) else []), *block[field]]
    metadata = data.get("buildMetadata")
    known = metadata if isinstance(metadata, list) else []
    data["buildMetadata"] = [
        *known,
        *(["originAnnotations"] if "originAnnotations" not in known else []),
    ]
    return data


def _laid(items: Sequence[Item], made: Sequence[Rendered], directory: str) -> list[Item]:
    """Built objects in the places of the items that they come from."""
    places = {(item.kind, item.namespace, item.name): item for item in items if not item.release}
    out = [item for item in items if item.release]
    for one in made:
        fresh = _fresh(one, directory)
        name = fresh.name
        item = places.get((fresh.kind, fresh.namespace, name))
        if item is None:
            item = places.get((fresh.kind, fresh.namespace, _HASH.sub("", name)))
        out.append(fresh if item is None else _merged(item, fresh))
    return out


def _fresh(one: Rendered, directory: str) -> Item:
    """A built object by itself."""
    metadata = get(one.body, "metadata")
    metadata = dict(metadata) if isinstance(metadata, dict) else {}
    annotations = metadata.get("annotations")
    annotations = dict(annotations) if isinstance(annotations, dict) else {}
    annotations.pop(_ORIGIN, None)
    metadata["annotations"] = annotations
    body = {**one.body, "metadata": metadata}
    name = str(metadata.get("name") or metadata.get("generateName") or "")
    namespace = str(metadata.get("namespace") or "")
    file = kustomization_file(directory) or directory
    return Item(
        body, file, 0, (), 1, name, namespace, name, namespace, annotations,
        locked="what makes it is not understood", made="kustomize",
    )  # fmt: skip


def _merged(item: Item, fresh: Item) -> Item:
    """The place of one and the content of the other."""
    wave = fresh.annotations.get(SYNC_WAVE)
    same = wave == item.annotations.get(SYNC_WAVE)
    return replace(
        item,
        body=_placed(fresh.body, item.body),
        name=fresh.name,
        source_name=item.source_name or item.name,
        annotations=fresh.annotations,
        locked=item.locked if same else "something in its kustomizations sets its wave",
    )


def _placed(data: Any, source: Any) -> Any:
    """Data with the lines of the source, where both have the same keys."""
    if not isinstance(data, dict) or not isinstance(source, Map):
        if isinstance(data, list) and isinstance(source, list) and len(data) == len(source):
            return [_placed(one, other) for one, other in zip(data, source, strict=True)]
        return data
    out = Map()
    out.line = source.line
    out.lines = {key: source.lines.get(key, source.line) for key in data}
    for key, value in data.items():
        out[key] = _placed(value, source.get(key))
    return out
