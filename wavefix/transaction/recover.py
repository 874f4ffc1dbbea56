"""Taking back what a run has written so far: after an error, and after it was killed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from wavefix.errors import InputError
from wavefix.transaction import journal as form
from wavefix.transaction.files import discard, fill, read, replace, sync
from wavefix.transaction.journal import Change, Journal, State
from wavefix.transaction.place import Place, found_in, unfinished_in

Say = Callable[[str], None]
_MOST_NAMES = 20
_AGAIN = "mend that and run wavefix again"
_NOTHING = "it had changed nothing yet"


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a run in one repository."""

    place: Place
    journal: Journal

    def path(self, change: Change) -> str:
        """Where a file of it is."""
        return os.path.join(self.place.root, form.unnamed(change.path))

    def staged(self, number: int) -> str:
        """Where the next content of file `number` is made ready: beside it, named by the run."""
        directory = os.path.dirname(self.path(self.journal.files[number]))
        return os.path.join(directory, f".wavefix-{self.journal.id}-{number}")

    def state(self, change: Change) -> State:
        """What a file is now. What a link has come to lead elsewhere is none of the run's files."""
        path = self.path(change)
        try:
            if os.path.realpath(path) != path or not stat.S_ISREG(os.lstat(path).st_mode):
                return "other"
            content, _ = read(path, max(change.before.size, change.after.size) + 1)
        except (FileNotFoundError, NotADirectoryError):
            return "other"
        return form.state(change, content)


@dataclass(slots=True)
class Taken:
    """What became of the files of a run: paths, and why it failed."""

    back: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)  # somebody has changed them, so they are left
    failed: dict[str, OSError] = field(default_factory=dict)


def take_back(parts: Sequence[Part]) -> Taken:
    """Make each file that is new the old one again, the last first, and remove what lies beside.

    Where that fails the journals stay, and the next run goes on. May be stopped and done again.
    """
    taken = Taken()
    for part in reversed(parts):
        for number in reversed(range(len(part.journal.files))):
            path = part.path(part.journal.files[number])
            try:
                _take_back(part, number, path, taken)
            except OSError as error:
                taken.failed[path] = error
    if not taken.failed:
        for directory in {os.path.dirname(path) for path in taken.back}:
            sync(directory)
        for part in reversed(parts):  # without the first one's the run would count as done
            part.place.forget()
    return taken


def _take_back(part: Part, number: int, path: str, taken: Taken) -> None:
    change, staged = part.journal.files[number], part.staged(number)
    directory = os.path.dirname(staged)
    if os.path.realpath(directory) == directory:
        discard(staged)
    state = part.state(change)
    if state == "new":
        content, status = read(path)
        with suppress(ValueError):  # the spans of a journal that was made up lead nowhere
            fill(staged, form.written(form.reversed_(change), content), path, status)
            if replace(staged, path, content, status):
                taken.back.append(path)
                return
            discard(staged)
    if state != "old":
        taken.other.append(path)


def whole(place: Place, journal: Journal) -> list[Part]:
    """All parts of a run. None where the first one's journal is gone: then the run was done."""
    parts: list[Part] = []
    for number, root in enumerate(journal.roots):
        own = number == journal.own
        found = (place, journal) if own else found_in(form.unnamed(root), journal.id)
        if found and (found[1].roots, found[1].own) == (journal.roots, number):
            parts.append(Part(*found))
        elif number == 0:
            return []
    return parts


def concerned(places: Iterable[Place]) -> list[Place]:
    """Places, and those of unfinished runs that may have changed the same files."""
    out: dict[str, Place] = {}
    for place in places:
        out[place.journal] = place
        for other in unfinished_in(place.root):
            journal = other.pending()
            for part in whole(other, journal) if journal else ():
                out[part.place.journal] = part.place
            out[other.journal] = other
    return list(out.values())


def recover(places: Sequence[Place], say: Say) -> list[Part]:
    """Take back, or finish, what unfinished runs left in places that are locked; what that was.

    Raises InputError where it cannot be done.
    """
    done: list[Part] = []
    for place in places:
        with suppress(OSError):
            discard(place.new)
        journal = place.pending()
        if journal is None:
            continue
        parts = whole(place, journal)
        if any(part.place not in places for part in parts):
            raise InputError("a run has just been stopped half-way", "run again", place.journal)
        try:
            if parts:
                _taken(parts, take_back(parts), say)
            else:
                place.commit(journal.what)
        except OSError as error:
            raise InputError(
                f"cannot be removed: {error.strerror or error}", _AGAIN, place.journal
            ) from None
        done += parts
    return done


def _taken(parts: Sequence[Part], taken: Taken, say: Say) -> None:
    """Say what was done. Raises InputError for a file that is still new."""
    for path, error in taken.failed.items():
        raise InputError(
            f"cannot be put back: {error.strerror or error}",
            f"{_stopped(parts)} after this file was written; {_AGAIN}",
            path,
        )
    say(f"{_stopped(parts)}; " + (f"taken back: {names(taken.back)}" if taken.back else _NOTHING))
    for path in taken.other:
        say(f"{os.path.relpath(path)}: changed since that run read it, so it is left as it is")


def tell(places: Iterable[Place], say: Say) -> None:
    """Say what unfinished runs have left in places, and what to do; nothing is written."""
    told: set[str] = set()
    for place in places:
        journal = place.pending()
        if journal is None or journal.id in told:
            continue
        told.add(journal.id)
        parts = whole(place, journal)
        if parts:
            how = "takes it back" if journal.what == "fix" else "goes on with it"
            say(f"{_stopped(parts)}, or is still at work{_states(parts)}; `wavefix undo` {how}")


def _states(parts: Sequence[Part]) -> str:
    """Which files are new and which old."""
    states: dict[State, list[str]] = {"new": [], "old": [], "other": []}
    for part in parts:
        for change in part.journal.files:
            with suppress(OSError):
                states[part.state(change)].append(part.path(change))
    words: dict[State, str] = {"new": "new", "old": "old", "other": "changed since"}
    return "".join(f"; {words[state]}: {names(paths)}" for state, paths in states.items() if paths)


def _stopped(parts: Sequence[Part]) -> str:
    what = "run" if parts[0].journal.what == "fix" else "undo"
    return f"an earlier {what} was stopped half-way"


def names(paths: Sequence[str]) -> str:
    """Paths in a sentence, as seen from the working directory."""
    shown = ", ".join(os.path.relpath(path) for path in sorted(paths)[:_MOST_NAMES])
    more = len(paths) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown
