"""Kustomizations as kustomize itself builds them, laid over what is read from source.

What is read knows where everything stands; what is built knows what Argo CD applies. Where both
have an object, its content is the built one and its place the read one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from wavefix.discover.sources import kustomization_file, references
from wavefix.discover.tree import MANIFESTS, Tree
from wavefix.errors import InputError
from wavefix.model import Finding, Severity
from wavefix.render.items import Item, is_object
from wavefix.render.kustomize import LOCAL, REMOTE, UNREAD
from wavefix.render.laid import laid
from wavefix.render.patches import Setting
from wavefix.render.releases import Charts
from wavefix.tools import Rendered, Stage, ToolFailed
from wavefix.tools.charts import Unavailable, archive, complete, unpacked
from wavefix.tools.kustomize import build
from wavefix.yamlio import get

_LINKS = ("resources", "bases", "components")
_INFLATES = b"elmChartInflationGenerator"  # as a field or a kind: it calls helm in its own way
# No proxy stands between a tool and its own machine (Go's net/http, ProxyFromEnvironment)
_HERE = re.compile(r'"https?://([^/"]*@)?(localhost|127\.|\[)', re.IGNORECASE)
_PLUGINS = ("generators", "transformers", "validators")
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
    file = kustomization_file(charts.tree, directory) or directory
    severity: Severity = "warning"
    try:
        stage, inflate, whole = _stage(charts, directory, own)
        severity = "warning" if whole else "note"  # a patch may miss what is not here
        place = os.path.relpath(directory, charts.tree.root)
        made = build(charts.kit, stage, place, inflate)
    except (ToolFailed, Unavailable) as why:
        parts = "" if severity == "warning" else ", without what is not in this repository"
        message = f"kustomize does not build it{parts}, so it is read from its files as they are: "
        findings.append(Finding("WF011", severity, f"{message}{why}", file, 1))
        return list(items)
    if whole:
        findings[:] = [found for found in findings if not found.message.endswith(UNREAD)]
    return laid(items, [one for one in made if _applied(one)], file, directory)


def _applied(made: Rendered) -> bool:
    local = get(made.body, "metadata", "annotations", LOCAL)
    return is_object(made.body) and local in (None, "false")


def _stage(charts: Charts, directory: str, own: Setting | None) -> tuple[Stage, bool, bool]:
    """All that the kustomization reads, and whether it has charts; what is out of sight is taken
    out of it, and last is said whether nothing is.
    """
    tree = charts.tree
    stage = Stage(tree.root, tree.texts, reader=tree.files)
    homes = [directory]
    try:
        stage.add(directory)
        for path in sorted(references(tree, directory, own.body if own else None)):
            stage.add(path)
            homes += [path] if tree.files.is_directory(path) else []
    except InputError as error:
        raise Unavailable(error.problem) from None
    if any(
        _INFLATES in content
        for name, content in stage.files.items()
        if name.endswith((*MANIFESTS, "ustomization"))
    ):
        raise Unavailable("it uses HelmChartInflationGenerator")
    inflate, whole = False, True
    for home in homes:
        file = kustomization_file(tree, home)
        documents = tree.documents(file) if file else []
        if file is None or not documents or not isinstance(documents[0].data, dict):
            continue
        data = dict(documents[0].data)
        if home == directory:
            data = _with(tree, data, own.body if own else {}, directory)
        for field in (*_LINKS, *_PLUGINS, "helmCharts"):
            entries = data.get(field)
            if isinstance(entries, list):
                data[field] = [e for e in entries if _kept(charts, stage, home, data, field, e)]
                whole = whole and len(data[field]) == len(entries)
        if isinstance(data.get("helmGlobals"), dict):  # where Helm has its plugins is ours to say
            data["helmGlobals"] = {
                key: value for key, value in data["helmGlobals"].items() if key != "configHome"
            }
        inflate = inflate or bool(data.get("helmCharts"))
        text = json.dumps(data)
        if _HERE.search(text):
            raise Unavailable("it names a server on this machine")
        stage.put(os.path.relpath(file, tree.root), text.encode("utf-8", "replace"))
    return stage, inflate, whole


def _kept(
    charts: Charts, stage: Stage, home: str, body: Mapping[str, Any], field: str, entry: Any
) -> bool:
    if field == "helmCharts":
        return _supplied(charts, stage, home, body, entry)
    if field in _LINKS:
        return _in_sight(charts, home, entry)
    path = os.path.join(home, entry) if isinstance(entry, str) and "\n" not in entry else home
    if not charts.tree.inside(path):
        raise Unavailable(f"`{entry}` leads out of the repository")
    return field != "generators" or _builtin(charts, home, entry)


def _in_sight(charts: Charts, home: str, name: Any) -> bool:
    if not isinstance(name, str):
        return False
    path = os.path.normpath(os.path.join(home, name))
    if not charts.tree.inside(path):
        return False  # kustomize would leave its scratch directory
    if not charts.tree.files.exists(path):
        return not REMOTE.match(name)
    return not charts.tree.excluded(path, charts.tree.files.is_directory(path))


def _builtin(charts: Charts, home: str, entry: Any) -> bool:
    """Whether a generator is one of kustomize's own: plugins are not run, and what they make is
    left out.
    """
    if not isinstance(entry, str) or "\n" in entry:
        return "apiVersion: builtin" in str(entry)
    path = os.path.normpath(os.path.join(home, entry))
    if charts.tree.files.is_directory(path):
        return True
    text = charts.tree.peek(path)
    return text is None or "apiVersion: builtin" in text


def _supplied(charts: Charts, stage: Stage, home: str, body: Mapping[str, Any], entry: Any) -> bool:
    """Whether the chart of an entry of `helmCharts` is there, put where kustomize looks for it."""
    name, repo = str(get(entry, "name") or ""), str(get(entry, "repo") or "")
    version = str(get(entry, "version") or "")
    release = str(get(entry, "releaseName") or "")
    if not charts.kit.helm or not name or not release or get(entry, "nameTemplate"):
        return False  # as in `releases`
    if release.startswith("-"):  # kustomize before 5.8 hands it on as an option
        raise Unavailable(f"`{release}` is no name of a release")
    directory = str(get(body, "helmGlobals", "chartHome") or "charts")
    if version and repo:
        directory = os.path.join(directory, f"{name}-{version}")
    path = os.path.normpath(os.path.join(home, directory, name))
    chart = os.path.relpath(path, charts.tree.root)
    if not charts.tree.inside(path):
        raise Unavailable(f"`{directory}` leads out of the repository")
    try:
        if f"{chart}/Chart.yaml" in stage.files:
            pass
        elif charts.tree.files.is_directory(path):
            stage.add(path)
        else:
            for inside, content in unpacked(archive(charts.kit, name, repo, version)):
                stage.put(f"{chart}/{inside}", content)
        complete(charts.kit, stage, chart)
    except (InputError, Unavailable):
        return False
    return True


def _with(
    tree: Tree, data: dict[str, Any], block: Mapping[str, Any], directory: str
) -> dict[str, Any]:
    """A kustomization with an Application's block in it (Argo CD: util/kustomize/kustomize.go)."""
    block = dict(block)
    if block.get("labelWithoutSelector") is True and isinstance(block.get("commonLabels"), dict):
        entry = {
            "pairs": block.pop("commonLabels"),
            "includeTemplates": block.get("labelIncludeTemplates") is True,
        }
        mine = data.get("labels")
        data["labels"] = [*(mine if isinstance(mine, list) else []), entry]
    if block.get("ignoreMissingComponents") is True and isinstance(block.get("components"), list):
        block["components"] = [
            name
            for name in block["components"]
            if tree.files.exists(os.path.join(directory, str(name)))
        ]
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
