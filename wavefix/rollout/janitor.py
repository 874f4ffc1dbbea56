"""What ends and clears a rollout that was killed: a program of its own, with Python alone.

`watch DIRECTORY GIT_DIRECTORY...` waits until standard input ends, which it does when the rollout
is over, whatever ended it. `run DIRECTORY PROGRAM...` becomes a program that is known to the first
one by then, as the leader of a session: nothing that may write can start behind its back.

A rollout has one directory for all that it needs for a while: its worktrees, and `running`, with
a file for each process that has to end before those can go.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

RUNNING, ENDED = "running", "ended"
_PAUSE, _TRIES = 0.05, 60  # seconds, and how often: what is ended is not gone at once


def register(directory: str) -> None:
    """Enter this process, as the leader of a session. Raises OSError where all is over."""
    os.setsid()
    number = os.getpid()
    path = os.path.join(directory, RUNNING, str(number))
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY), "w") as stream:
        stream.write(started(number))


def started(number: int) -> str:
    """When a process started, which tells it from others of its number; "" where none can tell.

    proc(5): the 22nd field of `stat`, in ticks since the system was started.
    """
    with suppress(OSError, IndexError):
        with open("/proc/sys/kernel/random/boot_id") as stream:
            boot = stream.read().strip()
        with open(f"/proc/{number}/stat", errors="replace") as stream:
            return f"{boot} {stream.read().rpartition(')')[2].split()[19]}"
    return ""


def forget_ended(directory: str) -> None:
    """Take what has ended out of the list: its number may become another's."""
    running = os.path.join(directory, RUNNING)
    with suppress(OSError):
        for name in os.listdir(running):
            if not _signal(int(name), 0):
                os.unlink(os.path.join(running, name))


def end(directory: str, left: bool = False) -> list[int]:
    """End every process that is entered, with those that it started; let none enter any more.

    Of a rollout that was `left` long ago, a number may be another process's by now.
    """
    running, ended = os.path.join(directory, RUNNING), os.path.join(directory, ENDED)
    with suppress(OSError):
        os.rename(running, ended)
    leaders: list[int] = []
    with suppress(OSError):
        leaders = [int(name) for name in os.listdir(ended)]
    if left:
        leaders = [leader for leader in leaders if _same(os.path.join(ended, str(leader)), leader)]
    return [leader for leader in leaders if _signal(leader, signal.SIGKILL)]


def _same(entry: str, leader: int) -> bool:
    """Whether a process is the one that was entered."""
    with suppress(OSError), open(entry) as stream:
        entered = stream.read()
        return bool(entered) and entered == started(leader)
    return False


def _signal(leader: int, number: int) -> bool:
    """Whether there is still such a group of processes to get a signal."""
    try:
        os.killpg(leader, number)
    except OSError:
        return False
    return True


def _await(leaders: Sequence[int]) -> None:
    for _ in range(_TRIES):
        if not any(_signal(leader, 0) for leader in leaders):
            return
        time.sleep(_PAUSE)


def clear(directory: str, git_directories: Sequence[str]) -> None:
    """Remove the directory, and what git keeps about the worktrees in it.

    git-worktree(1): each has a directory under `worktrees`, named after the last part of its path.
    """
    prefix = f"{os.path.basename(directory)}-"
    for _ in range(_TRIES):
        shutil.rmtree(directory, ignore_errors=True)
        for git_directory in git_directories:
            _clear_worktrees(os.path.join(git_directory, "worktrees"), prefix)
            _clear_worktrees(os.path.join(git_directory, "wavefix"), prefix)
        if not os.path.lexists(directory):
            return
        time.sleep(_PAUSE)


def _clear_worktrees(parent: str, prefix: str) -> None:
    with suppress(OSError):
        names = [name for name in os.listdir(parent) if name.startswith(prefix)]
        for name in names:
            path = os.path.join(parent, name)
            if os.path.isdir(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)
        if names:
            os.rmdir(parent)  # as git does with the last of them; fails where there are others


def main(arguments: Sequence[str]) -> None:
    """Watch, or become a program."""
    what, directory, *rest = arguments
    if what == "run":
        register(directory)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as it was before Python
        os.execvp(rest[0], rest)
    sys.stdin.buffer.read()
    _await(end(directory))
    clear(directory, rest)


if __name__ == "__main__":
    main(sys.argv[1:])
