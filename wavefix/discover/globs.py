"""Globs over the files of a repository: nothing outside is looked at, no link leads on."""

from __future__ import annotations

import fnmatch
import os
import re
from functools import lru_cache

from wavefix.discover.tree import Tree

_LONGEST = 4096  # characters: no path is longer


def wild(text: str) -> bool:
    """Whether a name is a pattern."""
    return any(sign in text for sign in "*?[")


def files(tree: Tree, pattern: str) -> list[str]:
    """The regular files that an absolute pattern matches, sorted; `**` stands for any directories.

    Links to directories are not followed, and no sign stands for a dot in front.
    """
    if len(pattern) > _LONGEST:
        return []
    start, steps = _steps(os.path.normpath(pattern))
    level = {start} if tree.files.is_directory(start) else set()
    for number, step in enumerate(steps):
        if step == "**":
            if steps[number - 1] != "**" or number == 0:
                level = {below for directory in level for below in _below(tree, directory)}
        elif number < len(steps) - 1:
            level = {
                os.path.join(at, name) for at in level for name in _matching(tree, at, step, 0)
            }
    last = "*" if steps[-1] == "**" else steps[-1]
    return sorted(os.path.join(at, name) for at in level for name in _matching(tree, at, last, 1))


def _steps(pattern: str) -> tuple[str, list[str]]:
    """The directory that a pattern starts in, and its steps from there."""
    steps = pattern.split("/")
    plain = next((n for n, step in enumerate(steps) if wild(step)), len(steps) - 1)
    return "/".join(steps[:plain]) or "/", steps[plain:]


def _below(tree: Tree, directory: str) -> list[str]:
    """A directory and all below it that are not hidden."""
    out = [directory]
    for at in out:  # grows while it is read
        out += [os.path.join(at, name) for name in tree.listing(at)[0] if name[0] != "."]
    return out


def _matching(tree: Tree, directory: str, step: str, what: int) -> list[str]:
    """The directories (0) or files (1) of a directory whose names match."""
    names = tree.listing(directory)[what]
    if not wild(step):
        return [step] if step in names else []
    accepts = _compiled(step)
    return [name for name in names if (name[0] != "." or step[0] == ".") and accepts.match(name)]


@lru_cache(maxsize=1024)
def _compiled(step: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(step))  # without backtracking, whatever it says
