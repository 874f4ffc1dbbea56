"""What fits into a comment: GitHub takes 65,536 characters, and nothing of what is longer."""

from __future__ import annotations

from typing import NamedTuple

from wavefix.report import waves
from wavefix.report.words import visible

# Bytes, which no count of characters exceeds; whoever posts a review may have a word before it.
LIMIT = 60_000


class Detail(NamedTuple):
    """How much of each thing is told: numbers of rows, items, commands; how large a picture."""

    components: int
    moves: int
    items: int  # that a fact is about
    findings: int  # of one code, and as many notes
    commands: int
    picture: waves.Detail | None
    large: waves.Detail | None  # of a component with many resources


# The first that fits is taken.
DETAILS = (
    Detail(1000, 1000, 8, 50, 40, waves.Detail(12, 6), waves.Detail(8, 2)),
    Detail(1000, 200, 5, 10, 20, waves.Detail(8, 4), waves.Detail(6, 2)),
    Detail(200, 60, 4, 5, 12, waves.Detail(6, 2), waves.Detail(6, 2)),
    Detail(100, 20, 3, 3, 8, waves.Detail(4, 1), waves.Detail(4, 1)),
    Detail(100, 15, 2, 2, 4, waves.Detail(2, 1), waves.Detail(2, 1)),
    Detail(100, 15, 2, 2, 4, None, None),
    Detail(50, 8, 2, 2, 0, None, None),
    Detail(10, 4, 1, 1, 0, None, None),
    Detail(0, 0, 0, 0, 0, None, None),
)


def size(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode("utf-8", "replace"))


def cut(diff: str, room: int) -> tuple[str, int, int]:
    """As many whole hunks of a diff as there is room for, how many that are, and of how many."""
    shown: list[str] = []
    head: list[str] = []
    hunks = of = 0
    used = 0
    full = False
    for piece in _pieces(diff):
        if piece[0].startswith("diff --git "):
            head = piece
            continue
        of += 1
        lines = head + piece
        more = sum(size(visible(line, keep="\t")) + 1 for line in lines)
        full = full or used + more > room
        if not full:
            shown += lines
            used += more
            hunks += 1
            head = []
    return "".join(f"{line}\n" for line in shown), hunks, of


def _pieces(diff: str) -> list[list[str]]:
    """The lines of a diff, apart where a file begins and where a hunk does."""
    pieces: list[list[str]] = []
    for line in diff.split("\n")[:-1]:
        if line.startswith(("diff --git ", "@@ ")):
            pieces.append([])
        pieces[-1].append(line)
    return pieces
