"""The directory of one rollout: its worktrees and all that its processes put down for a while.

Nothing of it is left, whatever ends the rollout: see `janitor`.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from time import time

from wavefix.errors import InputError
from wavefix.rollout import janitor

PREFIX = "wavefix-rollout-"
TEMPORARY, _LOCK, _WORKTREES = "tmp", "lock", "worktrees"
_STARTING = 3600  # seconds in which a directory without a lock may be one that is being made


@contextmanager
def scratch(git_directories: Sequence[str], outside: Sequence[str]) -> Iterator[str]:
    """A directory for as long as the rollout takes, `outside` of those of the user's."""
    before = tempfile.tempdir
    parent = os.path.realpath(tempfile.gettempdir())
    for directory in outside:
        if f"{parent}/".startswith(directory.rstrip("/") + "/"):
            raise InputError(
                "the directory for temporary files is inside the repository",
                "name another in TMPDIR",
                parent,
            )
    directory = os.path.join(parent, PREFIX + secrets.token_hex(8))
    watch = [sys.executable, "-I", "-S", janitor.__file__, "watch", directory, *git_directories]
    keeper = subprocess.Popen(
        watch,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    try:
        os.mkdir(directory, 0o700)
        with _locked(directory):
            for name in (janitor.RUNNING, TEMPORARY):
                os.mkdir(os.path.join(directory, name))
            use(directory)
            yield directory
    finally:
        tempfile.tempdir = before
        janitor.end(directory)
        janitor.clear(directory, git_directories)
        if keeper.stdin:
            keeper.stdin.close()
        keeper.wait()


def use(directory: str) -> None:
    """Have this process make its temporary files there."""
    tempfile.tempdir = os.path.join(directory, TEMPORARY)


@contextmanager
def _locked(directory: str) -> Iterator[None]:
    """A lock that goes with this process: the sign for others that it is alive."""
    path = os.path.join(directory, _LOCK)
    with open(f"{path}.new", "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        os.rename(f"{path}.new", path)
        yield


@contextmanager
def alone(directory: str) -> Iterator[None]:
    """One process of a rollout at a time: git fails over worktrees that another git is making."""
    with open(os.path.join(directory, _WORKTREES), "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def sweep(git_directories: Sequence[str]) -> None:
    """End and clear what rollouts left whose janitor was killed as well."""
    found = {os.path.join(os.path.realpath(tempfile.gettempdir()), name) for name in _left()}
    for git_directory in git_directories:
        found.update(_of_worktrees(os.path.join(git_directory, "worktrees")))
    for directory in sorted(found):
        if _dead(directory):
            janitor.end(directory, left=True)
            janitor.clear(directory, git_directories)


def _left() -> list[str]:
    with suppress(OSError):
        return [name for name in os.listdir(tempfile.gettempdir()) if name.startswith(PREFIX)]
    return []


def _of_worktrees(parent: str) -> Iterator[str]:
    """The directories of rollouts that git still knows worktrees of."""
    with suppress(OSError):
        for name in os.listdir(parent):
            if name.startswith(PREFIX):
                with suppress(OSError), open(os.path.join(parent, name, "gitdir"), "rb") as stream:
                    place = os.fsdecode(stream.read()).partition(f"/{PREFIX}")[0]
                    yield os.path.join(place, name.rpartition("-")[0])


def _dead(directory: str) -> bool:
    """Whether no process has the lock of a rollout's directory any more."""
    try:
        status = os.stat(directory)
        if status.st_uid != os.getuid():
            return False
        with open(os.path.join(directory, _LOCK)) as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return not os.path.isdir(directory) or time() - status.st_mtime > _STARTING
    except OSError:
        return False
    return True


def guarded(directory: str, command: Sequence[str]) -> list[str]:
    """A command as one that the janitor ends, if it has to."""
    return [sys.executable, "-I", "-S", janitor.__file__, "run", directory, *command]
