"""Argo CD's own objects: which directories and charts each Application applies.

Argo CD: util/argo/argo.go, util/app/discovery/discovery.go, reposerver/repository/repository.go.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wavefix.discover.environment import environment, filled
from wavefix.discover.overrides import overridden
from wavefix.discover.places import locate
from wavefix.discover.policy import namespace_metadata, retry, sync_options
from wavefix.discover.tree import CHART, KUSTOMIZATIONS, Tree
from wavefix.discover.valuefiles import Refs, value_files
from wavefix.model import Application, Path, Source
from wavefix.yamlio import Document, get

APPLICATION = "Application"
APPLICATION_SET = "ApplicationSet"


@dataclass(frozen=True, slots=True)
class ArgoObject:
    """An Application or an ApplicationSet as it stands in a file, or as a chart makes it."""

    kind: str
    name: str
    body: Mapping[str, Any]
    file: str
    document: int
    at: Path
    line: int
    made: bool = False  # by a chart: `file` and `line` are those of what it is made of


def objects(documents: list[Document]) -> Iterator[tuple[Mapping[str, Any], int, Path]]:
    """Every mapping that may be an object, the items of a `List` one by one."""
    for document in documents:
        data = document.data
        if not isinstance(data, dict):
            continue
        if "items" in data and str(data.get("kind", "")).endswith("List"):
            items = data["items"]
            for index, item in enumerate(items if isinstance(items, list) else []):
                if isinstance(item, dict):
                    yield item, document.index, ("items", index)
        else:
            yield data, document.index, ()


def argo_objects(tree: Tree, file: str) -> Iterator[ArgoObject]:
    """The Argo CD objects of one file; the file is parsed only where it may hold one."""
    text = tree.text(file)
    if text is None or "argoproj.io/" not in text or APPLICATION not in text:
        return
    for body, document, at in objects(tree.documents(file)):
        group = str(body.get("apiVersion", "")).partition("/")[0]
        kind = body.get("kind")
        name = get(body, "metadata", "name")
        if group == "argoproj.io" and kind in (APPLICATION, APPLICATION_SET) and name:
            line = getattr(body, "line", 1)
            yield ArgoObject(str(kind), str(name), body, file, document, at, line)


def application(tree: Tree, found: ArgoObject) -> Application:
    """An Application as it stands in a file."""
    spec = get(found.body, "spec")
    spec = spec if isinstance(spec, dict) else {}
    return make(tree, found, found.name, spec, (*found.at, "spec"), pattern=False)


def make(
    tree: Tree, found: ArgoObject, name: str, spec: Mapping[str, Any], at: Path, pattern: bool
) -> Application:
    """An Application with this spec. `sources` is all that counts where there are any."""
    written = _written(spec, at)
    refs = {
        str(source["ref"]): source.get("repoURL")
        for source, _ in written
        if isinstance(source, dict) and source.get("ref")
    }
    options = sync_options(spec)
    namespace = str(get(spec, "destination", "namespace") or "")
    app = name, namespace, str(spec.get("project") or "")
    return Application(
        name=name,
        namespace=namespace,
        sources=tuple(
            made
            for source, place in written
            if isinstance(source, dict) and (made := _made(tree, found, app, source, place, refs))
        ),
        file=found.file,
        line=found.line,
        document=found.document,
        pattern=pattern,
        made=found.made,
        retry=retry(spec),
        skip_dry_run="SkipDryRunOnMissingResource=true" in options,
        creates_namespace="CreateNamespace=true" in options,
        namespace_metadata=namespace_metadata(spec),
    )


def _written(spec: Mapping[str, Any], at: Path) -> list[tuple[Any, Path]]:
    """The sources of an Application, and where they are written.

    Of a `sourceHydrator` it is what people write that counts: what it makes of that is synced.
    """
    if isinstance(spec.get("sourceHydrator"), dict):
        dry = (*at, "sourceHydrator", "drySource")
        return [(get(spec, "sourceHydrator", "drySource"), dry)]
    several = spec.get("sources")
    if isinstance(several, list) and several:
        return [(source, (*at, "sources", index)) for index, source in enumerate(several)]
    return [(spec.get("source"), (*at, "source"))]


def _made(
    tree: Tree,
    found: ArgoObject,
    app: tuple[str, str, str],
    source: Mapping[str, Any],
    at: Path,
    refs: Refs,
) -> Source | None:
    """One source with what its directory says of it; None for one that only lends its files.

    `app`: the Application's name, the namespace that it deploys to, and its project.
    """
    home = str(get(found.body, "metadata", "namespace") or "")
    spec, pieces = overridden(tree, app[0], source, (found.file, found.document, at), home)
    variables = environment(*app, spec)
    made = _source(tree, found.file, app[0], spec, refs, variables)
    return made and replace(made, spec=spec, at=at, pieces=pieces, environment=variables)


def _source(
    tree: Tree,
    file: str,
    name: str,
    source: Mapping[str, Any],
    refs: Refs,
    variables: Mapping[str, str],
) -> Source | None:
    """One entry of `source` or `sources`; None for one that only lends its files (`ref`)."""
    release = str(get(source, "helm", "releaseName") or name)
    names = get(source, "helm", "valueFiles")
    if isinstance(names, list):
        names = [filled(str(one), variables) for one in names]
    optional = get(source, "helm", "ignoreMissingValueFiles") is True
    chart, path = source.get("chart"), source.get("path")
    url = str(source.get("repoURL") or "")
    if not chart and url.startswith("oci://") and isinstance(source.get("helm"), dict):
        chart = url.rpartition("/")[2]  # an artifact that is a chart
    if chart:
        files, missing, outside = value_files(tree, file, "", names, refs)
        return Source(
            "chart",
            release=release,
            chart=str(chart),
            value_files=files,
            missing_files=() if optional else missing,
            outside_files=outside,
            refs=refs,
        )
    if path is None:
        return None
    directory = locate(tree, file, str(path))
    if directory is None or tree.repository.whose(source.get("repoURL")) == "elsewhere":
        return Source("missing", path=str(path))
    files, missing, outside = value_files(tree, file, directory, names, refs)
    return Source(
        source_kind(tree, directory, source),
        path=directory,
        release=release,
        chart=os.path.basename(directory),
        value_files=files,
        missing_files=() if optional else missing,
        outside_files=outside,
        refs=refs,
        recurse=get(source, "directory", "recurse") is True,
    )


def source_kind(tree: Tree, directory: str, source: Mapping[str, Any] | None = None) -> Any:
    """How Argo CD reads a directory: as the source says, else kustomize, Helm, plain."""
    for kind in ("kustomize", "helm", "directory"):
        block = get(source, kind)
        if isinstance(block, dict) and any(block.values()):
            return kind
    names = tree.entries(directory)[1]
    if any(name in names for name in KUSTOMIZATIONS):
        return "kustomize"
    return "helm" if CHART in names else "directory"
