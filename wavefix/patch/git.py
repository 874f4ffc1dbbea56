"""Which files have changes that git does not hold yet.

The configuration of a repository can have git run programs (git(1), SECURITY). It is never part of
what is cloned, but of an archive it may be: so nothing of it is run but the filters of git-lfs,
git-crypt and the like, without which git could not tell what has changed. Only a run that writes
asks git at all.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterable, Iterator, Sequence

from wavefix.errors import InputError

# What tells git of another repository than the one at hand, as inside of a git hook, and what it
# would not have beside literal paths.
_LEFT_OUT = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
}
QUIET = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# Nothing is fetched, as what a partial clone lacks would be; old versions know the second only.
OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
NO_HOOKS = ("-c", f"core.hooksPath={os.devnull}")
NO_BARE = ("-c", "safe.bareRepository=explicit")  # it may be a directory of what was cloned
_ASK = (
    "git",
    "--no-pager",
    "-c",
    "core.fsmonitor=false",  # may be a program of the repository's choice
    *NO_HOOKS,
    *NO_BARE,
    "status",
    "--porcelain",
    "-z",
    "--no-renames",
    "--untracked-files=all",
    "--ignore-submodules=all",
    "--",
)
_NO_REPOSITORY = ("fatal: not a git repository", "fatal: this operation must be run in a work tree")
_ROOM = 30_000  # characters of paths in one command, well below the limit of any system


def dirty(files: Iterable[str]) -> list[str]:
    """Those of the files that are modified, staged or untracked in the git repository around them.

    Files in no repository give nothing, nor does a machine without git. Raises InputError where
    git fails in any other way.
    """
    repositories: dict[str, dict[str, list[str]]] = {}
    tops: dict[str, str] = {}
    for file in files:
        real = os.path.realpath(file)
        top = _top(os.path.dirname(real), tops)
        if top:
            name = os.path.relpath(real, top).replace(os.sep, "/")
            repositories.setdefault(top, {}).setdefault(name, []).append(file)
    return sorted(
        {
            file
            for top, names in repositories.items()
            for name in _changed(top, sorted(names))
            for file in names.get(name, ())
        }
    )


def _top(directory: str, known: dict[str, str]) -> str:
    """The nearest directory upwards that holds a `.git`; "" where there is none."""
    top = known.get(directory)
    if top is None:
        above = os.path.dirname(directory)
        if os.path.lexists(os.path.join(directory, ".git")):
            top = directory
        else:
            top = "" if above == directory else _top(above, known)
        known[directory] = top
    return top


def _changed(top: str, names: Sequence[str]) -> Iterator[str]:
    for batch in _batches(names):
        for entry in _git(top, batch).split(b"\0"):
            if len(entry) > 3:
                yield os.fsdecode(entry[3:])


def _batches(names: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for name in names:
        if batch and size + len(name) > _ROOM:
            yield batch
            batch, size = [], 0
        batch.append(name)
        size += len(name) + 1
    if batch:
        yield batch


def environment() -> dict[str, str]:
    """The user's, without what would have git work elsewhere or otherwise."""
    return {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}


def check_owner(words: str, directory: str) -> None:
    """Raise InputError where git says whose a directory is (git-config(1), safe.directory)."""
    if "dubious ownership" in words or "unsafe repository" in words:
        problem = "belongs to another user, whose repositories git does not work in"
        advice = (
            f"if you trust it: git config --global --add safe.directory {shlex.quote(directory)}"
        )
        raise InputError(problem, advice, directory)


def _git(top: str, names: Sequence[str]) -> bytes:
    # What is no repository itself is not taken for a part of one above it.
    above = {"GIT_CEILING_DIRECTORIES": os.path.dirname(top)}
    try:
        done = subprocess.run(
            [*_ASK, *names],
            cwd=top,
            env=environment() | QUIET | OFFLINE | above,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:  # no git on this machine
        return b""
    if done.returncode:
        message = done.stderr.decode("utf-8", "replace").strip()
        check_owner(message, top)
        if message.startswith(_NO_REPOSITORY):
            return b""
        lines = message.split("\n")  # a filter may have said something before
        own = next((line for line in lines if line.startswith("fatal: ")), lines[0])
        advice = "mend the repository, or pass --allow-dirty"
        raise InputError(f"git status failed: {own.removeprefix('fatal: ')}", advice, top)
    return done.stdout
