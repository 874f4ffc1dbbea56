"""The system calls of a transaction: each does one thing to one file, and raises OSError."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
# What systems say that cannot open or sync a directory.
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EISDIR, errno.EACCES)


def read(path: str, most: int = -1) -> tuple[bytes, os.stat_result]:
    """The content of a regular file (of a larger one no more than `most` bytes), and its status.

    A link is not followed, and something that is no file is not waited for.
    """
    with _opened(path, _READ) as handle:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", path)
        size = status.st_size if most < 0 else min(status.st_size, most)
        parts, left = [], size + 1  # a file that has just grown is another one
        while left > 0 and (part := os.read(handle, left)):
            parts.append(part)
            left -= len(part)
    return b"".join(parts), status


def fill(path: str, content: bytes, like: str = "", status: os.stat_result | None = None) -> None:
    """Make a new file, for its owner alone, and bring it to the disk.

    With a `status`, owner, mode and extended attributes are those of the file `like`.
    """
    with _opened(path, _MAKE) as handle:
        left = memoryview(content)
        while left:
            left = left[os.write(handle, left) :]
        if status is not None:
            _attributes(handle, path, like, status)
        os.fsync(handle)


@contextmanager
def _opened(path: str, flags: int) -> Iterator[int]:
    handle = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def _attributes(handle: int, path: str, like: str, status: os.stat_result) -> None:
    """What can be kept: another owner only by root, another group by its members."""
    if hasattr(os, "fchown"):
        try:
            os.fchown(handle, status.st_uid, status.st_gid)
        except OSError:
            with suppress(OSError):
                os.fchown(handle, -1, status.st_gid)
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(like):
                with suppress(OSError):
                    os.setxattr(handle, name, os.getxattr(like, name))
    os.chmod(handle if os.chmod in os.supports_fd else path, stat.S_IMODE(status.st_mode))


def discard(path: str) -> None:
    """Remove a file that may be there."""
    with suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(path)


def replace(staged: str, path: str, content: bytes, status: os.stat_result) -> bool:
    """Put a staged file in place of one that still is what it was; False where it is not."""
    now, found = read(path, len(content) + 1)
    same = now == content and os.path.realpath(path) == path
    if not same or _owned(found) != _owned(status):
        return False
    os.replace(staged, path)
    return True


def _owned(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mode, status.st_uid, status.st_gid


def sync(directory: str) -> None:
    """Let the names in a directory reach the disk; not every system can."""
    try:
        with _opened(directory, os.O_RDONLY) as handle:
            os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
