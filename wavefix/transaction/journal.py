"""What a run was about to write, kept until it is done and then for `wavefix undo`: pure data.

A journal never holds a file's content: of each file it knows what the bytes before and after hash
to, and the spans that differ. From one state and the spans follows the other, checked by its hash.
What it says may come from anywhere: `decode` takes nothing that wavefix would not have written.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import quote_from_bytes, unquote_to_bytes

import msgspec

from wavefix.model import FilePatch

What = Literal["fix", "undo"]
State = Literal["old", "new", "other"]
_Size = Annotated[int, msgspec.Meta(ge=0)]
_Hash = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_Id = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{16}\Z")]  # goes into names of files


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes that become others: `old`, at byte `at` of the file as it was before, becomes `new`."""

    at: _Size
    old: str
    new: str


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the bytes of a file are known by."""

    size: _Size
    sha256: _Hash


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: its path from the root (`named` writes it), before, after, and what differs."""

    path: str
    before: Content
    after: Content
    pieces: tuple[Piece, ...]
    waves: _Size = 0
    rolling_syncs: tuple[str, ...] = ()  # the ApplicationSets that get steps


class Journal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The part of a run in one repository.

    `roots` are the work trees of all repositories that the run writes to, `roots[own]` is this one.
    The journal of the first is written before all others; while it is there the run is not done.
    """

    version: Literal[1]
    id: _Id
    what: What
    roots: tuple[str, ...]
    own: _Size
    files: tuple[Change, ...]

    @property
    def root(self) -> str:
        """The work tree that the files are in, as it was called when the run was."""
        return unnamed(self.roots[self.own])


def encode(journal: Journal) -> bytes:
    """A journal as text that people can read."""
    return msgspec.json.format(msgspec.json.encode(journal), indent=1) + b"\n"


def decode(data: bytes) -> Journal:
    """Raises ValueError for what is no journal, or none that wavefix would have written."""
    try:
        journal = msgspec.json.decode(data, type=Journal)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    roots = [unnamed(root) for root in journal.roots]
    if journal.own >= len(roots) or not all(map(os.path.isabs, roots)):
        raise ValueError("the roots are none")
    paths = [change.path for change in journal.files]
    if len(set(paths)) < len(paths):
        raise ValueError("a file is in it twice")
    for change in journal.files:
        _check(change)
    return journal


def _check(change: Change) -> None:
    """Raises ValueError for a path that does not lead down from the root, and for odd pieces."""
    path = unnamed(change.path)
    steps = path.lower().split(os.sep)
    if named(path) != change.path or "\0" in path or {"", ".", "..", ".git"} & set(steps):
        raise ValueError(f"no path inside of the repository: {change.path}")
    end = grown = 0
    for piece in change.pieces:
        if piece.at < end:
            raise ValueError(f"pieces of {change.path} overlap")
        end = piece.at + len(piece.old.encode())
        grown += len(piece.new.encode()) - len(piece.old.encode())
    if end > change.before.size or change.before.size + grown != change.after.size:
        raise ValueError(f"the sizes of {change.path} do not fit")


def named(path: str) -> str:
    """A path as a journal has it: in ASCII, whatever bytes it is of, with `/` between its steps."""
    return quote_from_bytes(os.fsencode(path.replace(os.sep, "/")), safe="/ ")


def unnamed(text: str) -> str:
    """The path that `named` wrote."""
    return os.fsdecode(unquote_to_bytes(text)).replace("/", os.sep)


def change(path: str, patch: FilePatch) -> Change:
    """A patch of the file at `path` (from the root) as a journal has it.

    Raises ValueError where the spans of the patch do not lead from one text to the other.
    """
    before, after = patch.before.encode(), patch.after.encode()
    pieces, at, done = [], 0, 0
    for span in patch.spans:
        at += len(patch.before[done : span.start].encode())
        done = span.start
        pieces.append(Piece(at, span.old, span.new))
    syncs = sorted({edit.resource for edit in patch.entries})
    made = Change(
        named(path), known(before), known(after), tuple(pieces), len(patch.edits), tuple(syncs)
    )
    if written(made, before) != after:
        raise ValueError(f"the spans of {patch.file} do not lead to its new text")
    return made


def known(content: bytes) -> Content:
    """What to know bytes by."""
    return Content(len(content), hashlib.sha256(content).hexdigest())


def state(change: Change, content: bytes | None) -> State:
    """Whether a file (None: it is not there) is as before the change, as after it, or neither."""
    found = None if content is None else known(content)
    return "new" if found == change.after else "old" if found == change.before else "other"


def reversed_(change: Change) -> Change:
    """The change that leads back."""
    pieces, moved = [], 0
    for piece in change.pieces:
        pieces.append(Piece(piece.at + moved, piece.new, piece.old))
        moved += len(piece.new.encode()) - len(piece.old.encode())
    return msgspec.structs.replace(
        change, before=change.after, after=change.before, pieces=tuple(pieces)
    )


def written(change: Change, content: bytes) -> bytes:
    """The bytes after a change of those before. Raises ValueError where they are not as it says."""
    parts: list[bytes] = []
    at = 0
    for piece in change.pieces:
        parts += [content[at : piece.at], piece.new.encode()]
        at = piece.at + len(piece.old.encode())
    made = b"".join([*parts, content[at:]])
    if known(content) != change.before or known(made) != change.after:
        raise ValueError(f"the pieces of {change.path} do not lead to what it should be")
    return made


def total(changes: Sequence[Change]) -> tuple[int, int]:
    """How many waves changes are about, and how many rolling syncs."""
    return (
        sum(change.waves for change in changes),
        len({name for change in changes for name in change.rolling_syncs}),
    )
