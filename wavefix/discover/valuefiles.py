"""Files that a Helm source names: values, and those whose text becomes a value.

Argo CD: reposerver/repository/repository.go, getResolvedValueFiles; util/io/path/resolved.go.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from wavefix.discover import globs
from wavefix.discover.globs import wild
from wavefix.discover.places import locate
from wavefix.discover.tree import Tree

# RFC 3986; of helm-secrets also `secrets+age-import://key?secrets.yaml`.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")

Refs = Mapping[str, object]
"""The sources that lend their files (`ref`), each with its repoURL."""


def value_files(
    tree: Tree, file: str, chart: str, names: Any, refs: Refs
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Files that are in sight, names of those that should be and are not, and those that lead out.

    They are relative to the chart, to the repository (`/x`), or to a `$ref`. A file that a glob
    finds keeps the place where it is named itself.
    """
    found: list[tuple[bool, str]] = []
    missing: list[str] = []
    outside: list[str] = []
    for name in names if isinstance(names, list) else []:
        text = str(name)
        pattern = _path(tree, file, chart, text, refs)
        paths = globs.files(tree, pattern) if wild(text) and pattern else [pattern]
        paths = [path for path in paths if tree.files.is_file(path)]
        found += [(wild(text), path) for path in paths]
        if not paths and _expected(tree, chart, text, refs):
            (outside if _leads_out(tree, chart, text) else missing).append(text)
    named = {path for by_glob, path in found if not by_glob}
    kept = dict.fromkeys(path for by_glob, path in found if not (by_glob and path in named))
    return tuple(kept), tuple(missing), tuple(outside)


def _path(tree: Tree, file: str, chart: str, text: str, refs: Refs) -> str:
    """The absolute path, or glob, that a name means; "" where it is not in this repository."""
    if _SCHEME.match(text):
        return ""
    if text.startswith("$"):
        ref, _, inside = text.partition("/")
        if tree.repository.whose(refs.get(ref[1:])) == "elsewhere":
            return ""
        return locate(tree, file, inside, directory=False) or ""
    if text.startswith("/"):
        return locate(tree, file, text, directory=False) or ""
    # in the chart, which is not in sight where it is remote
    return os.path.normpath(os.path.join(chart, text)) if chart else ""


def _leads_out(tree: Tree, chart: str, text: str) -> bool:
    """Whether a name leads out of the repository, maybe by a link: Argo CD refuses it too."""
    if text.startswith("$"):
        text = "/" + text.partition("/")[2]
    return not tree.inside(os.path.join(tree.root if text[:1] == "/" else chart, text.lstrip("/")))


def _expected(tree: Tree, chart: str, text: str, refs: Refs) -> bool:
    """Whether a file ought to be in this repository: nothing in its name is left to fill in."""
    if _SCHEME.match(text) or "{{" in text or "${" in text:
        return False
    if text.startswith("$"):
        ref = text.partition("/")[0][1:]
        return ref in refs and tree.repository.whose(refs[ref]) == "here"
    return bool(chart)
