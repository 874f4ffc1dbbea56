"""Plain directories: which of their files Argo CD applies (reposerver/repository/repository.go)."""

from __future__ import annotations

import os
from collections.abc import Iterator

from wavefix.discover.patterns import takes
from wavefix.discover.tree import KUSTOMIZATIONS, Tree
from wavefix.model import Source
from wavefix.render.items import Item, read

_SKIP = "+argocd:skip-file-rendering"


def objects(tree: Tree, source: Source) -> Iterator[Item]:
    """The objects of a plain directory, or of the files that a source names one by one."""
    for file in source.files if source.kind == "files" else _files(tree, source):
        if _SKIP not in (tree.text(file) or ""):
            yield from read(tree, file)


def jsonnet(tree: Tree, source: Source) -> list[str]:
    """The Jsonnet files of a plain directory, which Argo CD evaluates."""
    found: list[str] = []
    todo = [source.path]
    for directory in todo:  # grows while it is read
        names = [name for name in tree.listing(directory)[1] if name.endswith(".jsonnet")]
        files = [os.path.join(directory, name) for name in names]
        found += [file for file in files if takes(source, file) and not tree.excluded(file)]
        if source.recurse:
            todo += [os.path.join(directory, name) for name in tree.entries(directory)[0]]
    return found


def _files(tree: Tree, source: Source) -> Iterator[str]:
    if source.recurse:
        files = list(tree.walk(source.path))
    else:
        files = [os.path.join(source.path, name) for name in tree.entries(source.path)[1]]
    for file in files:
        if takes(source, file) and os.path.basename(file) not in KUSTOMIZATIONS:
            yield file
