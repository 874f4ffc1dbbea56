"""Where the paths that Argo CD's objects name start."""

from __future__ import annotations

import os
from collections.abc import Iterator

from wavefix.discover import globs
from wavefix.discover.tree import Tree


def roots(tree: Tree, file: str) -> Iterator[str]:
    """Where paths in Argo CD objects may start: the repository, else a directory above the file.

    Examples and exports keep whole repositories in a sub-directory, with no `.git` of their own.
    """
    yield tree.root
    directory = os.path.dirname(file)
    while directory != tree.root and directory.startswith(tree.root):
        yield directory
        directory = os.path.dirname(directory)


def locate(tree: Tree, file: str, path: str, directory: bool = True) -> str | None:
    """The absolute path of something that an Argo CD object in `file` names; of files, a glob."""
    for root in roots(tree, file):
        candidate = os.path.normpath(os.path.join(root, path.lstrip("/")))
        if directory:
            exists = tree.files.is_directory(candidate)
        else:
            exists = tree.files.is_file(candidate) or bool(globs.files(tree, candidate))
        if exists:
            return candidate
    return None
