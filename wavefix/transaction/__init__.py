"""transaction: files written by a run, all or none, whatever happens; and taken back.

`begin` locks the repositories of a run, takes back what a killed one left there, and gives what
writes and undoes. `unfinished` tells, for commands that only show, that there is something to take
back, and `planned` what `wavefix undo` would do. Most is imported when it is needed: runs that only
show have no journal to read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wavefix.errors import InputError
from wavefix.model import FilePatch
from wavefix.transaction.place import Place, places, unfinished_in

if TYPE_CHECKING:
    from wavefix.transaction.recover import Part
    from wavefix.transaction.undo import Undo

__all__ = ["Transaction", "begin", "planned", "unfinished"]


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
        from wavefix.transaction.run import write

        write(self.places, patches, "fix")

    def undo(self) -> Undo:
        """Take back the last run in each repository. Raises InputError, all files as they were."""
        from wavefix.transaction.run import write
        from wavefix.transaction.undo import undo

        undone = undo(self.places)
        write(self.places, undone.patches, "undo")
        return undone


@contextmanager
def begin(roots: Iterable[str], say: Callable[[str], None]) -> Iterator[Transaction]:
    """Have the repositories with these roots alone; first what a killed run left is taken back.

    Raises InputError where another run does not end, and where something cannot be taken back.
    """
    from wavefix.transaction.lock import locked
    from wavefix.transaction.recover import concerned, recover

    own = places(roots)
    held = concerned(own)
    with locked(held, say):
        yield Transaction(own, tuple(recover(held, say)))


def unfinished(roots: Iterable[str], say: Callable[[str], None]) -> None:
    """Say what killed runs have left in the repositories with these roots. Nothing is written."""
    own = places(roots)
    if not any(True for place in own for _ in unfinished_in(place.root)):
        return
    from wavefix.transaction.recover import concerned, tell

    try:
        tell(concerned(own), say)
    except InputError as error:
        say(error.text(error.file))


def planned(roots: Iterable[str]) -> Undo:
    """What `wavefix undo` would do in the repositories with these roots. Nothing is written."""
    from wavefix.transaction.undo import planned

    return planned(places(roots))
