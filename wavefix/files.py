"""The files of a repository, as somebody may have made them who means harm.

No path leads out of it. Links are followed here, step by step: what lies outside is never looked
at, not even to see whether it is there. Only regular files are read, and none that is too large.
"""

from __future__ import annotations

import errno
import os
import stat

from wavefix.errors import InputError
from wavefix.limits import Meter

_CHUNK = 1 << 17
_MOST_LINKS = 40  # as Linux has it: more are taken for a circle
_OPEN = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):  # none hangs on a pipe
    _OPEN |= getattr(os, _flag, 0)


class Files:
    """What lies below `root` (absolute, without links in it)."""

    def __init__(self, root: str, meter: Meter | None = None) -> None:
        self.root = root
        self.meter = meter or Meter()
        self._below = root.rstrip("/") + "/"
        self._real: dict[str, str] = {root: root}  # "" for what leads out
        self._links: dict[str, str] = {}  # "" for what is no link

    def real(self, path: str) -> str:
        """A path with its links followed; "" where it leads out of the repository or in circles."""
        path = os.path.normpath(path)
        found = self._real.get(path)
        if found is None:
            found = self._real[path] = self._followed(path)
        return found

    def inside(self, path: str) -> bool:
        """Whether a path lies in the repository, wherever its links lead."""
        return self.real(path) != ""

    def is_file(self, path: str) -> bool:
        """Whether it is a regular file of the repository."""
        return stat.S_ISREG(self._mode(path))

    def is_directory(self, path: str) -> bool:
        """Whether it is a directory of the repository."""
        return stat.S_ISDIR(self._mode(path))

    def exists(self, path: str) -> bool:
        """Whether there is anything in the repository at a path."""
        return self._mode(path) != 0

    def read(self, file: str, count: bool = True) -> bytes:
        """The content of a file, which counts for what is read in all.

        Raises InputError where there is none that may be read.
        """
        real = self.real(file)
        if not real:
            raise InputError("leads out of the repository", "name a file inside it", file)
        try:
            return self._bytes(real, file, count)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "no name of a file"
            raise InputError(f"cannot be read: {why}", "check the path", file) from None

    def _bytes(self, real: str, file: str, count: bool) -> bytes:
        """In as few system calls as most manifests need."""
        descriptor = os.open(real, _OPEN)
        try:
            status = os.fstat(descriptor)
            if stat.S_ISDIR(status.st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if not stat.S_ISREG(status.st_mode):
                raise InputError("is no regular file", "name one that is", file)
            self.meter.size(status.st_size, file, count)
            parts, left = [os.read(descriptor, _CHUNK)], status.st_size
            while len(parts[-1]) == _CHUNK and (left := left - _CHUNK) >= 0:
                parts.append(os.read(descriptor, _CHUNK))
        finally:
            os.close(descriptor)
        return b"".join(parts)

    def _mode(self, path: str) -> int:
        real = self.real(path)
        try:
            return os.lstat(real).st_mode if real else 0
        except (OSError, ValueError):
            return 0

    def _followed(self, path: str) -> str:
        if not path.startswith(self._below):
            return ""
        todo = path[len(self._below) :].split("/")[::-1]
        at, links = self.root, 0
        while todo:
            step = todo.pop()
            if step == ".." and at == self.root:
                return ""
            if step in ("", ".", ".."):
                at = os.path.dirname(at) if step == ".." else at
                continue
            target = self._link(at, step)
            if not target:
                at = os.path.join(at, step)
                continue
            links += 1
            if os.path.isabs(target):
                if not f"{target}/".startswith(self._below):
                    return ""
                at, target = self.root, target[len(self._below) :]
            if links > _MOST_LINKS:
                return ""
            todo += target.split("/")[::-1]
        return at

    def _link(self, directory: str, name: str) -> str:
        """Where a link leads, as it is written; "" for what is none."""
        path = os.path.join(directory, name)
        found = self._links.get(path)
        if found is None:
            try:
                found = os.readlink(path)
            except (OSError, ValueError):
                found = ""
            self._links[path] = found
        return found
