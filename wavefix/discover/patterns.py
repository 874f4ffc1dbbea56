"""Globs of Argo CD's objects, as regular expressions that no text keeps busy."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache

from wavefix.model import Source
from wavefix.yamlio import get

_NEVER = re.compile(r"(?!)")
_LONGEST = 4096  # characters of a pattern: no path is longer
_MOST = 256  # ways that alternatives in alternatives may be read
STAR = ""  # what stands for any characters among the pieces of an expression


def starred(pieces: Sequence[str]) -> str:
    """An expression of pieces with stars between them.

    What follows a star is looked for once, where it stands first: the rest can only gain by that.
    """
    first, *rest = _split(pieces)
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>.*?{piece})" for piece in middle if piece) + f".*{last}"


def _split(pieces: Sequence[str]) -> list[str]:
    out = [""]
    for piece in pieces:
        if piece == STAR:
            out.append("")
        else:
            out[-1] += piece
    return out


@lru_cache(maxsize=1024)
def compiled(*expressions: str) -> re.Pattern[str]:
    """Any of some expressions; one that never matches where one is malformed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sets in sets, which are none to Go
        try:
            return re.compile("|".join(expressions), re.DOTALL)
        except re.error:
            return _NEVER


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


def glob(pattern: str) -> re.Pattern[str]:
    """`include` and `exclude` as github.com/gobwas/glob reads them: a star crosses directories."""
    try:
        ways = _ways(_SIGNS.finditer(pattern[:_LONGEST]), 0)
    except ValueError:
        return _NEVER
    return compiled(*map(starred, ways))


def _ways(signs: Iterator[re.Match[str]], depth: int) -> list[list[str]]:
    """The pieces of each way to read the alternatives; ValueError where they do not close."""
    done: list[list[str]] = []
    now: list[list[str]] = [[]]
    for sign in signs:
        text = sign[0]
        if text == "{" and depth < 16:
            inner = _ways(signs, depth + 1)
            now = [[*one, *other] for one in now for other in inner]
        elif text == "}" and depth:
            return [*done, *now]
        elif text == "," and depth:
            done, now = [*done, *now], [[]]
        elif text in "{}":
            raise ValueError("alternatives that do not begin")
        else:
            now = [[*one, _piece(sign)] for one in now]
        if len(done) + len(now) > _MOST:
            raise ValueError("too many alternatives")
    if depth:
        raise ValueError("alternatives that do not end")
    return now


def _piece(sign: re.Match[str]) -> str:
    if sign["stars"]:
        return STAR
    if sign["any"]:
        return "."
    if sign["set"]:
        return f"[{'^' if sign['not'] else ''}{sign['set']}]"
    return re.escape(sign["plain"] or sign[0])
