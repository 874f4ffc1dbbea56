"""What a directory applies that no Application names: kustomizations, charts, plain manifests."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from wavefix.discover.argo import source_kind
from wavefix.discover.tree import CHART, KUSTOMIZATIONS, Tree
from wavefix.limits import WORK
from wavefix.model import Source
from wavefix.yamlio import get

_STEPS = 50  # that looking for a kustomization takes
# kustomize api/types/kustomization.go: fields that name files or directories, and the key
_REFERENCES = (
    ("resources", ""), ("bases", ""), ("components", ""), ("crds", ""), ("configurations", ""),
    ("generators", ""), ("transformers", ""), ("validators", ""), ("patchesStrategicMerge", ""),
    ("patches", "path"), ("patchesJson6902", "path"), ("replacements", "path"),
    ("helmCharts", "valuesFile"),
)  # fmt: skip


def kustomization_file(tree: Tree, directory: str) -> str | None:
    """The kustomization of a directory, by the names that kustomize accepts."""
    for name in KUSTOMIZATIONS:
        file = os.path.join(directory, name)
        if tree.files.is_file(file):
            return file
    return None


def kustomization(tree: Tree, directory: str) -> Mapping[str, Any]:
    """What the kustomization of a directory says; empty where there is none."""
    file = kustomization_file(tree, directory)
    if file is None:
        return {}
    documents = tree.documents(file)
    return documents[0].data if documents and isinstance(documents[0].data, dict) else {}


def references(tree: Tree, directory: str, block: Mapping[str, Any] | None = None) -> set[str]:
    """Files and directories that a kustomization names, and what those name in turn.

    `block` is what an Application adds to it.
    """
    out: set[str] = set()
    todo = [*_direct(tree, directory), *_paths(tree, directory, block or {})]
    while todo:
        path = todo.pop()
        if path not in out and path != directory:
            out.add(path)
            todo += _direct(tree, path)
    return out


def included(tree: Tree, directories: Iterable[str]) -> set[str]:
    """What kustomizations name, and what those name in turn, but for what only names itself.

    In one pass over all of them: of what leads to a path, two are enough to know that one is not
    the path itself.
    """
    origins: dict[str, set[str]] = {}
    todo = [(path, start) for start in directories for path in _direct(tree, start)]
    while todo:
        path, origin = todo.pop()
        known = origins.setdefault(path, set())
        if path != origin and origin not in known and len(known) < 2:
            known.add(origin)
            todo += [(other, origin) for other in _direct(tree, path)]
    return {path for path, known in origins.items() if known}


def _rings(tree: Tree, directories: Sequence[str], inside: Set[str]) -> list[str]:
    """One kustomization of each ring that nothing outside of it names: planned, it is told."""
    out = []
    known = included(tree, (home for home in directories if home not in inside))
    for directory in directories:
        if directory in inside and directory not in known:
            out.append(directory)
            known |= references(tree, directory) | {directory}
    return out


def _direct(tree: Tree, directory: str) -> Iterator[str]:
    """Files and directories that the kustomization of a directory names itself."""
    return _paths(tree, directory, kustomization(tree, directory))


def _paths(tree: Tree, directory: str, body: Mapping[str, Any]) -> Iterator[str]:
    WORK.steps(_STEPS)
    for name in _names(body):
        path = os.path.normpath(os.path.join(directory, name))
        if tree.inside(path):
            yield path


def _names(body: Mapping[str, Any]) -> Iterator[str]:
    for field, key in _REFERENCES:
        entries = body.get(field)
        for entry in entries if isinstance(entries, list) else []:
            name = get(entry, key) if key else entry
            if isinstance(name, str) and "\n" not in name:
                yield name


def release_name(directory: str) -> str:
    """A name for the release of a chart that no Application names: its directory's, as Helm has it.

    Helm pkg/chartutil/validate_name.go: lower case, digits, hyphens, and 53 of these at most.
    """
    name = re.sub(r"[^a-z0-9.]+", "-", os.path.basename(directory).lower())
    return name[:53].strip("-.") or "release"


def _subcharts(tree: Tree, directory: str) -> set[str]:
    """The charts of the repository that a chart brings with it (`file://`)."""
    entries = _about(tree, directory).get("dependencies")
    names = [get(entry, "repository") for entry in (entries if isinstance(entries, list) else [])]
    return {
        os.path.normpath(os.path.join(directory, name.removeprefix("file://")))
        for name in names
        if isinstance(name, str) and name.startswith("file://")
    } - {directory}


def _about(tree: Tree, directory: str) -> Mapping[str, Any]:
    """What a chart says about itself; empty where there is none."""
    file = os.path.join(directory, CHART)
    documents = tree.documents(file) if tree.files.is_file(file) else []
    return documents[0].data if documents and isinstance(documents[0].data, dict) else {}


def collect(tree: Tree, start: str, claimed: Mapping[str, bool]) -> tuple[Source, ...]:
    """The sources below `start`, leaving out what is `claimed` and what another source includes.

    A directory with a kustomization or a chart is one source with all that lies below it; plain
    manifests anywhere else are one source together. `claimed` says of a path whether what lies
    below it is claimed as well.
    """
    found: list[tuple[Any, str]] = []
    files: list[str] = []

    def visit(directory: str) -> None:
        if claimed.get(directory):
            return
        kind = source_kind(tree, directory) if directory not in claimed else "directory"
        if kind != "directory":
            found.append((kind, directory))
            return
        names, manifests = tree.entries(directory)
        if directory not in claimed:
            files.extend(os.path.join(directory, name) for name in manifests)
        for name in names:
            visit(os.path.join(directory, name))

    visit(start)
    homes = [*sorted(claimed), *(directory for _, directory in found)]
    inside = included(tree, homes)
    inside.difference_update(_rings(tree, homes, inside))
    for directory in homes:
        inside |= _subcharts(tree, directory)
    sources = [
        Source(
            kind,
            path=directory,
            release=release_name(directory),
            chart=os.path.basename(directory),
        )
        for kind, directory in found
        if directory not in inside
        and kustomization(tree, directory).get("kind") != "Component"
        and not (kind == "helm" and _about(tree, directory).get("type") == "library")
    ]
    plain = tuple(file for file in files if file not in inside and file not in claimed)
    if plain:
        sources.insert(0, Source("files", path=start, files=plain))
    return tuple(sources)
