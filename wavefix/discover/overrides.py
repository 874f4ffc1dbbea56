"""`.argocd-source.yaml`, `.argocd-source-<Application>.yaml`: what a directory says of its source.

Argo CD: reposerver/repository/repository.go, mergeSourceParameters. An Application in another
namespace than Argo CD's own goes by `<namespace>_<Application>` there (v1alpha1/types.go,
InstanceName); which namespace that is no file says, so the name that is taken decides. Each is a
JSON merge patch over the source of the Application; chart, path, repository and revision stay what
they are.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from wavefix.discover.places import locate
from wavefix.discover.tree import Tree
from wavefix.model import Path, Written
from wavefix.yamlio import Map, blank

_KEPT = ("chart", "path", "repoURL", "targetRevision")


def overridden(
    tree: Tree,
    app: str,
    source: Mapping[str, Any],
    place: tuple[str, int, Path],
    namespace: str = "",
) -> tuple[Mapping[str, Any], tuple[Written, ...]]:
    """A source with what its directory says laid over it, and the pieces that it is made of.

    `place` is where it is written; without such files there are no pieces to tell apart.
    `namespace` is that of the Application object, where that says one.
    """
    file, document, at = place
    path = source.get("path")
    if (
        path is None
        or source.get("chart")
        or tree.repository.whose(source.get("repoURL")) == ("elsewhere")
    ):
        return source, ()
    directory = locate(tree, file, str(path))
    pieces = [Written(file, document, at, source)]
    merged: Any = source
    if namespace and tree.files.is_file(os.path.join(directory or "", _file(f"{namespace}_{app}"))):
        app = f"{namespace}_{app}"
    for name in (".argocd-source.yaml", _file(app)):
        override = os.path.join(directory or "", name)
        if directory and tree.files.is_file(override):
            for entry in tree.documents(override)[:1]:
                if isinstance(entry.data, Map):
                    pieces.append(Written(override, entry.index, (), entry.data))
                    merged = _patched(merged, entry.data)
    if len(pieces) == 1:
        return source, ()
    for key in _KEPT:
        merged.pop(key, None)
        if key in source:
            merged[key] = source[key]
    return merged, tuple(pieces)


def _file(app: str) -> str:
    return f".argocd-source-{app}.yaml"


def _patched(below: Any, patch: Map) -> Map:
    """RFC 7396: maps merge, null deletes, all else is replaced."""
    out = Map(below) if isinstance(below, dict) else blank(patch.line)
    out.line = getattr(below, "line", patch.line)
    out.lines = {**getattr(below, "lines", {}), **patch.lines}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = _patched(out.get(key), value) if isinstance(value, Map) else value
    return out
