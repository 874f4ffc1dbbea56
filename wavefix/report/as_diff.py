"""The unified diff of a review, byte for byte what `git apply` takes.

Only where the very line of a wave, or the one beside it, tells what a Secret holds is that hidden:
such a patch shows what is done, and does not apply.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping

from wavefix.model import FilePatch, Review
from wavefix.report.facts import patches
from wavefix.report.masked import lines, masked

CONTEXT = 3
_QUOTED = {
    **{code: f"\\{code:03o}" for code in [*range(0x20), *range(0x7F, 0x100)]},
    **{
        ord(char): f"\\{letter}"
        for char, letter in zip('\a\b\t\n\v\f\r"\\', 'abtnvfr"\\', strict=True)
    },
}


def diff(review: Review) -> str:
    """All edits as one patch, with paths relative to the repository of each file."""
    return patched(patches(review), review.cwd, review.roots)


def patched(patches: Iterable[FilePatch], cwd: str, roots: Mapping[str, str]) -> str:
    """The patches as one, with the path of each file relative to its root, else to `cwd`."""
    return "".join(line for patch in patches for line in _file(patch, roots.get(patch.file, cwd)))


def _file(patch: FilePatch, root: str) -> Iterator[str]:
    path = os.path.relpath(patch.file, root).replace(os.sep, "/")
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    yield f"diff --git {old} {new}\n"
    tab = "\t" if " " in path else ""  # as git does, for patch(1)
    yield f"--- {old}{tab}\n"
    yield f"+++ {new}{tab}\n"
    for line in _changes(patch):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _changes(patch: FilePatch) -> list[str]:
    """The hunks. What a Secret holds is no context: there is less of it, or the value is hidden."""
    before, after = lines(patch.before), lines(patch.after)
    hidden = {**masked(patch.before), **masked(patch.after)}
    for context in range(CONTEXT, 0, -1):
        found = list(difflib.unified_diff(before, after, n=context))[2:]  # no headers of its own
        if not any(line[1:] in hidden for line in found):
            return found
    return [line[0] + hidden.get(line[1:], line[1:]) for line in found]


def _quoted(path: str) -> str:
    """A path as git writes it with its default `core.quotePath`."""
    data = os.fsencode(path)
    text = "".join(_QUOTED.get(byte, chr(byte)) for byte in data)
    return path if len(text) == len(data) else f'"{text}"'
