"""Where the journal, the record for `undo` and the lock of a repository are kept.

In the git directory; without one that is surely this work tree's, or where it cannot be written, in
the user's state directory under a key made from the root's path. The git directory may come from
anywhere (an archive), so no link in it is followed, and what is not the user's own is not read.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wavefix.discover.repository import git_directory
from wavefix.errors import InputError
from wavefix.transaction.files import discard, fill, read, sync

if TYPE_CHECKING:
    from wavefix.transaction.journal import Journal, What

_MOST = 1 << 26  # bytes of a journal that are read
_JOURNAL = "journal.json"


@dataclass(frozen=True, slots=True)
class Place:
    """What is kept of one root (a real path): files in `directory` whose names begin with `key`."""

    root: str
    directory: str
    key: str = ""

    @property
    def journal(self) -> str:
        """The file of a run that is not done."""
        return self._file(_JOURNAL)

    @property
    def new(self) -> str:
        """The journal while it is being written."""
        return self._file(_JOURNAL + ".new")

    @property
    def record(self) -> str:
        """The file of the last run, for `undo`."""
        return self._file("last.json")

    @property
    def lock(self) -> str:
        """The file that a run locks while it is at work."""
        return self._file("lock")

    def _file(self, name: str) -> str:
        return os.path.join(self.directory, self.key + name)

    def usable(self) -> bool:
        """Whether the directory can be written to, or made in the one that is above it."""
        try:
            status = os.lstat(self.directory)
        except OSError:
            return os.access(os.path.dirname(self.directory), os.W_OK)
        return stat.S_ISDIR(status.st_mode) and os.access(self.directory, os.R_OK | os.W_OK)

    def make(self) -> None:
        """Make the directory. Raises OSError where that cannot be."""
        if not os.path.isabs(self.directory):
            raise OSError(errno.ENOENT, "there is no home directory", self.directory)
        if not os.path.isdir(self.directory):
            os.makedirs(self.directory, 0o700, exist_ok=True)
            sync(os.path.dirname(self.directory))

    def keep(self, journal: Journal) -> None:
        """Write the journal, as a whole and to the disk. Raises OSError."""
        from wavefix.transaction.journal import encode

        self.make()
        discard(self.new)
        try:
            fill(self.new, encode(journal))
            os.replace(self.new, self.journal)
        except BaseException:
            with suppress(OSError):
                discard(self.new)
            raise
        sync(self.directory)

    def commit(self, what: What) -> None:
        """Make the journal the record: the run is done. Raises OSError where it is not.

        The record of an undo is none, and goes.
        """
        os.replace(self.journal, self.record)
        with suppress(OSError):
            sync(self.directory)
            if what == "undo":
                discard(self.record)

    def forget(self) -> None:
        """Remove the journal: nothing of the run is left. Raises OSError."""
        discard(self.journal)
        sync(self.directory)

    def pending(self) -> Journal | None:
        """The journal of a run that is not done. Raises InputError for one that cannot be used."""
        return self._kept(self.journal)

    def last(self) -> Journal | None:
        """The record of the last run. Raises InputError for one that cannot be used."""
        found = self._kept(self.record)
        return None if found is None or found.what == "undo" else found

    def _kept(self, file: str) -> Journal | None:
        """A file of a git directory is not behind a link; the user may have linked his own."""
        return None if not self.key and os.path.islink(self.directory) else _read(file)


def places(roots: Iterable[str]) -> tuple[Place, ...]:
    """The places for what is kept of repositories from now on."""
    return tuple(of(root) for root in sorted({os.path.realpath(root) for root in roots}))


def of(root: str) -> Place:
    """The place for what is kept of a root (a real path) from now on."""
    within = _within(root)
    return within if within and within.usable() else _without(root)


def _within(root: str) -> Place | None:
    """The place in the git directory."""
    git = git_directory(root)
    return Place(root, os.path.join(git, "wavefix")) if git else None


def _without(root: str) -> Place:
    """The place in the user's state directory."""
    from hashlib import sha256

    return Place(root, _state(), f"{sha256(os.fsencode(root)).hexdigest()[:16]}-")


def _state() -> str:
    from platformdirs import user_state_dir

    return user_state_dir("wavefix")


def found_in(root: str, id: str) -> tuple[Place, Journal] | None:
    """The journal of a run, of which another repository's journal tells, and where it is."""
    for place in filter(None, (_within(root), _without(root))):
        with suppress(InputError):
            journal = place.pending()
            if journal is not None and journal.id == id:
                return place, journal
    return None


def unfinished_in(root: str) -> Iterator[Place]:
    """The places with a journal of a run that may have changed files below a root.

    Those of the root itself, of git repositories around it, and without git of whatever directory
    above or below it. Journals of others that cannot be used are left to whoever works there.
    """
    within = _within(root)
    if within and os.path.lexists(within.journal):
        yield within
    yield from _around(os.path.dirname(root), root)
    names: list[str] = []
    with suppress(OSError):
        names = sorted(name for name in os.listdir(_state()) if name.endswith(f"-{_JOURNAL}"))
    for key in [name.removesuffix(_JOURNAL) for name in names]:
        own = _without(root)
        if key == own.key:
            yield own
            continue
        with suppress(InputError):
            journal = Place(root, own.directory, key).pending()
            other = journal.root if journal else ""
            if other and (is_inside(other, root) or is_inside(root, other)):
                yield Place(other, own.directory, key)


def _around(directory: str, below: str) -> Iterator[Place]:
    """The journals of git repositories from a directory upwards."""
    while directory != below:
        if os.path.lexists(os.path.join(directory, ".git")):
            place = _within(directory)
            with suppress(InputError):
                if place and place.pending():
                    yield place
        directory, below = os.path.dirname(directory), directory


def is_inside(path: str, root: str) -> bool:
    """Whether a path is the root or lies below it."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _read(file: str) -> Journal | None:
    """A journal; None where there is none. Raises InputError for one that cannot be used."""
    from wavefix.transaction.journal import decode

    try:
        data, status = read(file, _MOST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        raise InputError(problem, "mend that; nothing was written", file) from None
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        raise _unusable(file, f"it belongs to another user (uid {status.st_uid})")
    try:
        return decode(data)
    except ValueError as error:
        raise _unusable(file, str(error)) from None


def _unusable(file: str, why: str) -> InputError:
    return InputError(
        f"is nothing that wavefix could have kept of a run here: {why}",
        "look at the files of the repository (git diff), then remove it; nothing was written",
        file,
    )
