"""The unified diff of a review, byte for byte what `git apply` takes."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping

from wavefix.model import FilePatch, Review
from wavefix.report.facts import patches

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
    lines = difflib.unified_diff(_lines(patch.before), _lines(patch.after), n=CONTEXT)
    for number, line in enumerate(lines):
        if number >= 2:  # the first two are headers without names
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Lines as git sees them: they end at a line feed and nowhere else."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


def _quoted(path: str) -> str:
    """A path as git writes it with its default `core.quotePath`."""
    data = os.fsencode(path)
    text = "".join(_QUOTED.get(byte, chr(byte)) for byte in data)
    return path if len(text) == len(data) else f'"{text}"'
