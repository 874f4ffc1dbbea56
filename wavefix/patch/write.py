"""Writing the files of a run: all of them or none, each one whole."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wavefix.errors import InputError
from wavefix.model import FilePatch

_NOTHING = "nothing was written"


@dataclass(slots=True)
class _Target:
    """One file on its way: its real path, its old content, and the files that stand beside it."""

    file: str  # as the user knows it
    path: str  # with symbolic links followed
    before: bytes
    after: bytes
    status: os.stat_result
    staged: str = ""  # the new content
    backup: str = ""  # the old content, as long as it may be needed
    replaced: bool = False


def write(patches: Sequence[FilePatch]) -> None:
    """Write all patches, or raise InputError with every file as it was.

    A file that no longer has the content that was read is an error. A symbolic link stays one: the
    file it leads to is replaced.
    """
    targets = _targets(patches)
    try:
        for target in targets:
            _try(target, _stage)
        for target in targets:
            _try(target, _replace)
    except BaseException as error:
        left = _roll_back(targets)
        if left and isinstance(error, InputError):
            raise InputError(error.problem, left, error.file) from None
        raise
    finally:
        _clean(targets)
    for directory in {os.path.dirname(target.path) for target in targets}:
        _sync(directory)


def _targets(patches: Sequence[FilePatch]) -> list[_Target]:
    """The files, each one read again and compared."""
    targets: dict[str, _Target] = {}
    for patch in patches:
        path = os.path.realpath(patch.file)
        before, after = patch.before.encode(), patch.after.encode()
        known = targets.get(path)
        if known and (known.before, known.after) != (before, after):
            raise InputError(
                f"two paths lead to one file, also as {known.file}", _NOTHING, patch.file
            )
        if known:
            continue
        try:
            status = os.stat(path)
            with open(path, "rb") as stream:
                content = stream.read()
        except OSError as error:
            raise _failed("read", patch.file, error) from None
        if content != before:
            raise _changed(patch.file)
        if not os.access(path, os.W_OK):  # os.replace would not ask
            raise InputError("cannot be written: Permission denied", _NOTHING, patch.file)
        targets[path] = _Target(patch.file, path, before, after, status)
    return list(targets.values())


def _try(target: _Target, step: Callable[[_Target], None]) -> None:
    try:
        step(target)
    except OSError as error:
        raise _failed("written", target.file, error) from None


def _failed(verb: str, file: str, error: OSError) -> InputError:
    return InputError(f"cannot be {verb}: {error.strerror or error}", _NOTHING, file)


def _changed(file: str) -> InputError:
    return InputError("changed since it was read", f"{_NOTHING}; run wavefix again", file)


def _stage(target: _Target) -> None:
    """The new content in a file of its own, with the owner and mode of the old one."""
    target.staged = _beside(target)
    _fill(target.staged, target.after, target.status)


def _beside(target: _Target) -> str:
    """A new empty file beside the target, where a rename is atomic."""
    directory, name = os.path.split(target.path)
    handle, path = tempfile.mkstemp(prefix=f".{name[:100]}.", suffix=".wavefix", dir=directory)
    os.close(handle)
    return path


def _fill(path: str, content: bytes, status: os.stat_result) -> None:
    with open(path, "wb") as stream:
        stream.write(content)
        stream.flush()
        if hasattr(os, "fchown"):
            with contextlib.suppress(OSError):  # another owner: only root may keep him
                os.fchown(stream.fileno(), status.st_uid, status.st_gid)
        os.chmod(path, stat.S_IMODE(status.st_mode))
        os.fsync(stream.fileno())


def _replace(target: _Target) -> None:
    now = os.stat(target.path)
    was = target.status
    if (now.st_ino, now.st_size, now.st_mtime_ns) != (was.st_ino, was.st_size, was.st_mtime_ns):
        raise _changed(target.file)
    _back_up(target)
    os.replace(target.staged, target.path)
    target.staged, target.replaced = "", True


def _back_up(target: _Target) -> None:
    """A second name for the old file: to go back to it then takes no space and no writing."""
    backup = _beside(target)
    target.backup = backup
    try:
        os.unlink(backup)
        os.link(target.path, backup)
    except OSError:  # a file system without hard links
        _fill(backup, target.before, target.status)


def _roll_back(targets: Sequence[_Target]) -> str:
    """Put back what was replaced; returns what to say about files where that failed."""
    left = []
    for target in reversed(targets):
        if not target.replaced:
            continue
        try:
            os.replace(target.backup, target.path)
        except OSError:
            left.append(f"{target.file} is changed already, its old content is in {target.backup}")
        target.backup = ""  # moved back, or to be kept
    return "; ".join(left)


def _clean(targets: Sequence[_Target]) -> None:
    for target in targets:
        for path in (target.staged, target.backup):
            if path:
                with contextlib.suppress(OSError):
                    os.unlink(path)


def _sync(directory: str) -> None:
    """Let the new names reach the disk; not every system can."""
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
