"""Which files have changes that git does not hold yet."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence

from wavefix.errors import InputError

# What tells git of another repository than the one at hand, as inside of a git hook.
FOREIGN = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)
_ASK = (
    "git",
    "--no-pager",
    "-c",
    "core.fsmonitor=false",  # may be a program of the repository's choice
    "-c",
    f"core.hooksPath={os.devnull}",
    "status",
    "--porcelain",
    "-z",
    "--untracked-files=all",
    "--ignore-submodules=all",
    "--",
)
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
        fields = iter(_git(top, batch).split(b"\0"))
        for entry in fields:
            if len(entry) > 3:
                yield os.fsdecode(entry[3:])
                if b"R" in entry[:2] or b"C" in entry[:2]:
                    next(fields, b"")  # the old name


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


def _git(top: str, names: Sequence[str]) -> bytes:
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [*_ASK, *names],
            cwd=top,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:  # no git on this machine
        return b""
    if done.returncode:
        message = done.stderr.decode("utf-8", "replace").strip()
        if "not a git repository" in message or "must be run in a work tree" in message:
            return b""
        first = message.partition("\n")[0].removeprefix("fatal: ")
        raise InputError(f"git status failed: {first}", "mend the repository", top)
    return done.stdout
