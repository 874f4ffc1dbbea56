"""Plain directories: which of their files Argo CD applies (reposerver/repository/repository.go)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from wavefix.discover.patterns import compiled
from wavefix.discover.tree import KUSTOMIZATIONS, Tree
from wavefix.model import Source
from wavefix.render.items import Item, read
from wavefix.yamlio import get

_SKIP = "+argocd:skip-file-rendering"


def objects(tree: Tree, source: Source) -> Iterator[Item]:
    """The objects of a plain directory, or of the files that a source names one by one."""
    for file in source.files if source.kind == "files" else _files(tree, source):
        if _SKIP not in (tree.text(file) or ""):
            yield from read(tree, file)


def _files(tree: Tree, source: Source) -> Iterator[str]:
    include, exclude = (
        str(get(source.spec, "directory", field) or "") for field in ("include", "exclude")
    )
    if source.recurse:
        files = list(tree.walk(source.path))
    else:
        files = [os.path.join(source.path, name) for name in tree.entries(source.path)[1]]
    for file in files:
        relative = os.path.relpath(file, source.path)
        excluded = exclude and _glob(exclude).fullmatch(relative)
        included = not include or _glob(include).fullmatch(relative)
        if included and not excluded and os.path.basename(file) not in KUSTOMIZATIONS:
            yield file


_SIGNS = re.compile(
    r"(?P<stars>\*+)|(?P<any>\?)|\[(?P<not>!?)(?P<set>[^\]]+)\]|\\(?P<plain>.)|.", re.S
)
_ALTERNATIVES = {"{": "(?:", "}": ")", ",": "|"}


def _glob(pattern: str) -> re.Pattern[str]:
    """`include` and `exclude` as github.com/gobwas/glob reads them: a star crosses directories."""
    out: list[str] = []
    depth = 0
    for sign in _SIGNS.finditer(pattern):
        text = sign[0]
        if sign["stars"]:
            out.append(".*")
        elif sign["any"]:
            out.append(".")
        elif sign["set"]:
            out.append(f"[{'^' if sign['not'] else ''}{sign['set']}]")
        elif text in "{}" or (text == "," and depth):
            depth += {"{": 1, "}": -1}.get(text, 0)
            out.append(_ALTERNATIVES[text])
        else:
            out.append(re.escape(sign["plain"] or text))
    return compiled("".join(out))
