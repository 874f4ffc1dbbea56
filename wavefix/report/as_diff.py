"""The diff of a review. What is secret stands in none: there is less context beside it.

Where the very line of a wave, or the next one, holds a secret, `diff` has a binary patch, so that
`git apply` takes it byte for byte, and `readable` hides the value.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping

from wavefix.masked import lines, masked
from wavefix.model import FilePatch, Review
from wavefix.report.delta import delta
from wavefix.report.facts import patches
from wavefix.report.words import visible

CONTEXT = 3
_QUOTED = {
    **{code: f"\\{code:03o}" for code in [*range(0x20), *range(0x7F, 0x100)]},
    **{
        ord(char): f"\\{letter}"
        for char, letter in zip('\a\b\t\n\v\f\r"\\', 'abtnvfr"\\', strict=True)
    },
}


def diff(review: Review) -> str:
    """All edits as a patch for `git apply`, with paths relative to the repository of each file."""
    return patched(patches(review), review.cwd, review.roots, exact=True)


def readable(review: Review) -> str:
    """All edits as people read them."""
    return patched(patches(review), review.cwd, review.roots)


def safe_diff(review: Review) -> str:
    """All edits as a terminal may show them."""
    return visible(readable(review), keep="\n\t")


def patched(
    patches: Iterable[FilePatch], cwd: str, roots: Mapping[str, str], exact: bool = False
) -> str:
    """The patches as one, with the path of each file relative to its root, else to `cwd`."""
    return "".join(
        line for patch in patches for line in _file(patch, roots.get(patch.file, cwd), exact)
    )


def _file(patch: FilePatch, root: str, exact: bool) -> Iterator[str]:
    path = os.path.relpath(patch.file, root).replace(os.sep, "/")
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    yield f"diff --git {old} {new}\n"
    hunks, hides = _changes(patch)
    if exact and hides:
        yield delta(patch)
        return
    tab = "\t" if " " in path else ""  # as git does, for patch(1)
    yield f"--- {old}{tab}\n"
    yield f"+++ {new}{tab}\n"
    for line in hunks:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _changes(patch: FilePatch) -> tuple[list[str], bool]:
    """The hunks, and whether something is hidden in them, where less context does not avoid it."""
    before, after = lines(patch.before), lines(patch.after)
    hidden = {**masked(patch.before), **masked(patch.after)}
    for context in range(CONTEXT, 0, -1):
        found = list(difflib.unified_diff(before, after, n=context))[2:]  # no headers of its own
        if not any(line[1:] in hidden for line in found):
            return found, False
    return [line[0] + hidden.get(line[1:], line[1:]) for line in found], True


def _quoted(path: str) -> str:
    """A path as git writes it with its default `core.quotePath`."""
    data = os.fsencode(path)
    text = "".join(_QUOTED.get(byte, chr(byte)) for byte in data)
    return path if len(text) == len(data) else f'"{text}"'
