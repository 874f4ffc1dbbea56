"""How much is read: bounds on what a repository may cost, and the meter of one run.

The bounds themselves have bounds, as `.wavefix.yaml` is a file of the repository too.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from wavefix.errors import InputError

_MiB = 1 << 20
_MOST_STEPS = 20_000_000  # of a millionth of a second or more
_IN_ALL = 10  # times `nodes`, in all files of a run


def _bound(most: int) -> msgspec.Meta:
    return msgspec.Meta(ge=1, le=most)


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`limits` in `.wavefix.yaml`."""

    file_size: Annotated[int, _bound(1024 * _MiB)] = 32 * _MiB  # bytes
    total_size: Annotated[int, _bound(16384 * _MiB)] = 512 * _MiB  # bytes of all files together
    files: Annotated[int, _bound(10_000_000)] = 200_000  # and directories
    documents: Annotated[int, _bound(1_000_000)] = 20_000  # of one file
    nodes: Annotated[int, _bound(20_000_000)] = 1_000_000  # values of one file, aliases expanded
    depth: Annotated[int, _bound(1000)] = 200  # of maps and lists in each other; of directories
    applications: Annotated[int, _bound(1_000_000)] = 10_000  # that generators and charts make
    edges: Annotated[int, _bound(20_000_000)] = 1_000_000  # of one component


DEFAULT = Limits()


class TooMuch(InputError):
    """A run as a whole is beyond a limit: nothing of it can be used."""


def exceeded(
    key: str, what: str, file: str, line: int = 0, kind: type[InputError] = InputError
) -> InputError:
    """The error of whatever is beyond the limit `key`; `what` says of what there is too much."""
    advice = (
        f"name what is not needed under `exclude` in .wavefix.yaml, or raise `limits.{key}` there"
    )
    return kind(what, advice, file, line)


class _Work:
    """What one run has done so far about what others wrote to be worked on: templates, patterns."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another run begins."""
        self._steps = 0
        self.seconds = 0.0  # of processor time, for regular expressions

    def steps(self, number: int) -> None:
        """Steps of templates and of patterns. Raises TooMuch."""
        self._steps += number
        if self._steps > _MOST_STEPS:
            what = f"generators and templates that take more than {_MOST_STEPS} steps"
            raise TooMuch(what, "give the directories of their Applications as paths")


WORK = _Work()


class Meter:
    """What one run has read of a repository so far. Raises InputError for what is too large, and
    TooMuch where all of it together is.
    """

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self.limits = limits
        self._files = self._bytes = self._nodes = 0

    def entry(self, path: str) -> None:
        """A file or a directory more."""
        self._files += 1
        if self._files > self.limits.files:
            what = f"more than {self.limits.files} files and directories"
            raise exceeded("files", what, path, kind=TooMuch)

    def size(self, bytes: int, file: str, count: bool = True) -> None:
        """The bytes of a file that is to be read; they `count` for all files together."""
        if bytes > self.limits.file_size:
            raise exceeded("file_size", f"more than {self.limits.file_size} bytes", file)
        self._bytes += bytes if count else 0
        if self._bytes > self.limits.total_size:
            what = f"more than {self.limits.total_size} bytes in all files together"
            raise exceeded("total_size", what, file, kind=TooMuch)

    def nodes(self, number: int, file: str, line: int = 0) -> None:
        """The values of a file, or of one of its documents."""
        if number > self.limits.nodes:
            raise exceeded("nodes", f"more than {self.limits.nodes} values", file, line)
        self._nodes += number
        if self._nodes > self.limits.nodes * _IN_ALL:
            what = f"more than {self.limits.nodes * _IN_ALL} values in all files together"
            raise exceeded("nodes", what, file, kind=TooMuch)
