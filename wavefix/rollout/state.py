"""What is remembered between runs, besides refs: why a component failed, what its last commit is,
its pull request, and the options that it was rolled out with.

One small file in the git directory, for people to read as well; losing it loses nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress

import msgspec

from wavefix.rollout.planning import Options, Stage

_FILE = ("wavefix", "rollout.json")
_VERSION = 1


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of a component; of which `plan` (a digest) its last `commit` is."""

    branch: str = ""
    failed: str = ""
    pull_request: str = ""
    commit: str = ""
    plan: str = ""
    advice: str = ""  # on what failed
    stage: Stage = ""  # of what failed
    options: Options | None = None


class _Stored(msgspec.Struct, frozen=True):
    version: int
    components: dict[str, Memory]


def recall(git_directory: str) -> dict[str, Memory]:
    """What is remembered, by component; nothing where the file cannot be read."""
    with suppress(OSError, msgspec.MsgspecError, UnicodeError):
        with open(os.path.join(git_directory, *_FILE), "rb") as stream:
            stored = msgspec.json.decode(stream.read(), type=_Stored)
        if stored.version == _VERSION:
            return stored.components
    return {}


def remember(git_directory: str, news: Mapping[str, Memory], run: str) -> None:
    """Put news over what is remembered. `run` names the rollout, for what it may leave behind."""
    known = {**recall(git_directory), **news}
    path = os.path.join(git_directory, *_FILE)
    document = {
        "version": _VERSION,
        "components": {name: msgspec.to_builtins(known[name]) for name in sorted(known)},
    }
    with suppress(OSError):  # a convenience: nothing depends on it
        os.makedirs(os.path.dirname(path), exist_ok=True)
        new = os.path.join(os.path.dirname(path), f"{os.path.basename(run)}-new")
        with open(new, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
        os.replace(new, path)
