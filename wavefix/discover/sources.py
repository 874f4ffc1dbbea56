"""What a directory would apply that no Application names: kustomizations, charts, plain manifests."""

from __future__ import annotations

import os

from wavefix.discover.argo import source_kind
from wavefix.discover.tree import KUSTOMIZATIONS, Tree
from wavefix.model import Source
from wavefix.yamlio import get

# kustomize api/types/kustomization.go: fields that name files or directories to build
REFERENCES = ("resources", "bases", "components", "crds")


def kustomization_file(directory: str) -> str | None:
    """The kustomization of a directory, by the names that kustomize accepts."""
    for name in KUSTOMIZATIONS:
        file = os.path.join(directory, name)
        if os.path.isfile(file):
            return file
    return None


def references(tree: Tree, directory: str) -> set[str]:
    """Files and directories that a kustomization names, and what those name in turn."""
    out: set[str] = set()
    todo = [directory]
    while todo:
        current = todo.pop()
        file = kustomization_file(current)
        if file is None or not tree.inside(file):
            continue
        for document in tree.documents(file):
            for field in REFERENCES:
                names = get(document.data, field)
                for name in names if isinstance(names, list) else []:
                    path = os.path.normpath(os.path.join(current, str(name)))
                    if path not in out and path != directory and tree.inside(path):
                        out.add(path)
                        todo.append(path)
    return out


def collect(tree: Tree, start: str, claimed: set[str]) -> tuple[Source, ...]:
    """The sources below `start`, leaving out what is `claimed` and what another source includes.

    A directory with a kustomization or a chart is one source with all that lies below it; plain
    manifests anywhere else are one source together.
    """
    directories: list[tuple[str, str]] = []
    files: list[str] = []

    def visit(directory: str) -> None:
        if directory in claimed:
            return
        kind = source_kind(directory)
        if kind != "directory":
            directories.append((kind, directory))
            return
        names, manifests = tree.entries(directory)
        files.extend(os.path.join(directory, name) for name in manifests)
        for name in names:
            visit(os.path.join(directory, name))

    visit(start)
    included: set[str] = set()
    for directory in [*sorted(claimed), *(directory for _, directory in directories)]:
        included |= references(tree, directory)
    sources = [
        Source(
            kind,  # type: ignore[arg-type]
            path=directory,
            release=os.path.basename(directory),
            chart=os.path.basename(directory),
        )
        for kind, directory in directories
        if directory not in included
    ]
    plain = tuple(file for file in files if file not in included and file not in claimed)
    if plain:
        sources.insert(0, Source("files", path=start, files=plain))
    return tuple(sources)
