"""transaction: files written by a run, all or none, whatever happens; and taken back.

`begin` locks the repositories of a run, takes back what a killed one left there, and gives what
writes and undoes. `unfinished` tells, for commands that only show, that there is something to take
back, and `planned` what `wavefix undo` would do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from wavefix.errors import InputError
from wavefix.model import FilePatch
from wavefix.transaction import place as places_
from wavefix.transaction import recover as recovery
from wavefix.transaction.place import Place
from wavefix.transaction.recover import Part
from wavefix.transaction.run import write
from wavefix.transaction.undo import Undo, undo
from wavefix.transaction.undo import planned as planned_in

__all__ = ["Transaction", "Undo", "begin", "planned", "unfinished"]


@dataclass(frozen=True, slots=True)
class Transaction:
    """The repositories of a run, which it has for itself; `recovered` is what was taken back."""

    places: tuple[Place, ...]
    recovered: tuple[Part, ...]

    @property
    def halved(self) -> bool:
        """Whether a run was taken back that had been stopped half-way."""
        own = [part for part in self.recovered if part.place in self.places]
        return any(part.journal.what == "fix" for part in own)

    def write(self, patches: Sequence[FilePatch]) -> None:
        """Write all patches, or raise InputError with every file as it was."""
        write(self.places, patches, "fix")

    def undo(self) -> Undo:
        """Take back the last run in each repository. Raises InputError, all files as they were."""
        undone = undo(self.places)
        write(self.places, undone.patches, "undo")
        return undone


@contextmanager
def begin(roots: Iterable[str], say: Callable[[str], None]) -> Iterator[Transaction]:
    """Have the repositories with these roots alone; first what a killed run left is taken back.

    Raises InputError where another run does not end, and where something cannot be taken back.
    """
    from wavefix.transaction.lock import locked

    own = places(roots)
    concerned = recovery.concerned(own)
    with locked(concerned, say):
        yield Transaction(own, tuple(recovery.recover(concerned, say)))


def unfinished(roots: Iterable[str], say: Callable[[str], None]) -> None:
    """Say what killed runs have left in the repositories with these roots. Nothing is written."""
    try:
        recovery.unfinished(recovery.concerned(places(roots)), say)
    except InputError as error:
        say(error.text(error.file))


def planned(roots: Iterable[str]) -> Undo:
    """What `wavefix undo` would do in the repositories with these roots. Nothing is written."""
    return planned_in(places(roots))


def places(roots: Iterable[str]) -> tuple[Place, ...]:
    """Where the journals of repositories are."""
    return tuple(places_.of(root) for root in sorted({os.path.realpath(root) for root in roots}))
