"""What takes back the last run in a repository: patches, from the record that it left."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wavefix.errors import InputError
from wavefix.model import FilePatch, Span
from wavefix.transaction import journal as form
from wavefix.transaction.files import read
from wavefix.transaction.journal import Change, State
from wavefix.transaction.place import Place
from wavefix.transaction.recover import Part, names, whole


@dataclass(frozen=True, slots=True)
class Undo:
    """The patches, sorted by file, and how many waves and rolling syncs they take back.

    `roots` maps files to the git work tree that they are in.
    """

    patches: tuple[FilePatch, ...]
    waves: int
    rolling_syncs: int
    roots: Mapping[str, str]


def undo(places: Iterable[Place], half: bool = False) -> Undo:
    """What takes back the last run in each place; with `half`, what an undo has left of it.

    Raises InputError where a file has changed since.
    """
    parts = [part for place in places if (part := _last(place))]
    states = _states(parts)
    fine = ("new", "old") if half else ("new",)
    changed = [part.path(change) for part, change, state in states if state not in fine]
    if changed:
        raise InputError(
            f"changed since the last run: {names(changed)}",
            "nothing was undone; take back your own changes first, or edit the waves by hand",
        )
    return _undo(states)


def planned(places: Sequence[Place]) -> Undo:
    """What `wavefix undo` would do: first of all it takes back a run that was stopped half-way."""
    stopped = {
        part.place: part
        for place in places
        if (journal := place.pending())
        for part in whole(place, journal)
    }
    runs = [part for part in stopped.values() if part.journal.what == "fix"]
    return _undo(_states(runs)) if runs else undo(places, half=bool(stopped))


def _last(place: Place) -> Part | None:
    """The last run in a place, be its journal the record already or not yet."""
    journal = place.pending()
    if journal is None or journal.what == "undo" or whole(place, journal):
        journal = place.last()
    return Part(place, journal) if journal else None


def _states(parts: Iterable[Part]) -> list[tuple[Part, Change, State]]:
    out: list[tuple[Part, Change, State]] = []
    for part in parts:
        for change in part.journal.files:
            try:
                out.append((part, change, part.state(change)))
            except OSError as error:
                problem = f"cannot be read: {error.strerror or error}"
                raise InputError(problem, "nothing was undone", part.path(change)) from None
    return out


def _undo(states: Iterable[tuple[Part, Change, State]]) -> Undo:
    """The patches that make new files old again."""
    new = {part.path(change): (part, change) for part, change, state in states if state == "new"}
    patches = [_patch(path, form.reversed_(new[path][1])) for path in sorted(new)]
    waves, rolling_syncs = form.total([change for _, change in new.values()])
    trees = {path: part.place.root for path, (part, _) in new.items()}
    roots = {path: root for path, root in trees.items() if os.path.lexists(f"{root}/.git")}
    return Undo(tuple(patches), waves, rolling_syncs, roots)


def _patch(path: str, back: Change) -> FilePatch:
    try:
        before = read(path)[0]
        after = form.written(back, before).decode()
        spans = [
            Span(len(before[: piece.at].decode()), piece.old, piece.new) for piece in back.pieces
        ]
        return FilePatch(path, before.decode(), after, (), (), tuple(spans))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be undone: {error}", "nothing was undone", path) from None
