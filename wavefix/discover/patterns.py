"""Regular expressions that users write, or that are made of the patterns they write."""

from __future__ import annotations

import os
import re
import warnings
from functools import lru_cache

from wavefix.model import Source
from wavefix.yamlio import get


@lru_cache(maxsize=1024)
def compiled(expression: str) -> re.Pattern[str]:
    """The expression; one that never matches where it is malformed, as Argo CD has it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sets in sets, which are none to Go
        try:
            return re.compile(expression, re.DOTALL)
        except re.error:
            return re.compile(r"(?!)")


def takes(source: Source, file: str) -> bool:
    """Whether a plain directory's `include` and `exclude` leave a file of it in.

    reposerver/repository/repository.go, getPotentiallyValidManifestFile.
    """
    relative = os.path.relpath(file, source.path)
    include, exclude = (
        str(get(source.spec, "directory", field) or "") for field in ("include", "exclude")
    )
    if exclude and glob(exclude).fullmatch(relative):
        return False
    return not include or glob(include).fullmatch(relative) is not None


_SIGNS = re.compile(
    r"(?P<stars>\*+)|(?P<any>\?)|\[(?P<not>!?)(?P<set>[^\]]+)\]|\\(?P<plain>.)|.", re.S
)
_ALTERNATIVES = {"{": "(?:", "}": ")", ",": "|"}


def glob(pattern: str) -> re.Pattern[str]:
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
