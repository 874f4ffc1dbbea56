"""How much is read: bounds on what a repository may cost, and the meter of one run.

The bounds themselves have bounds, as `.wavefix.yaml` is a file of the repository too.
"""

# Without annotations from __future__, whose texts msgspec would compile anew at every start.
from typing import Annotated

import msgspec
from msgspec import Meta

from wavefix.errors import InputError

_MiB = 1 << 20
_MOST_STEPS = 200_000_000  # of a millionth of a second or more
_IN_ALL = 10  # times `nodes`, in all files of a run


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of a repository is read, and how much may come of it."""

    file_size: Annotated[int, Meta(ge=1, le=1024 * _MiB, description="Bytes of a file.")] = (
        32 * _MiB
    )
    total_size: Annotated[
        int, Meta(ge=1, le=16384 * _MiB, description="Bytes of all files together.")
    ] = 512 * _MiB
    files: Annotated[int, Meta(ge=1, le=10_000_000, description="Manifests and directories.")] = (
        200_000
    )
    documents: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="Documents of a file, objects of a kustomization."),
    ] = 20_000
    nodes: Annotated[
        int,
        Meta(
            ge=1,
            le=20_000_000,
            description="Values of a file, once its aliases are expanded; ten times as many in all "
            "files together.",
        ),
    ] = 1_000_000
    depth: Annotated[
        int,
        Meta(ge=10, le=1000, description="Maps and lists in each other; directories too."),
    ] = 200
    applications: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="Applications that generators and charts make."),
    ] = 10_000
    edges: Annotated[
        int,
        Meta(ge=1, le=20_000_000, description="Dependencies of a component, with their evidence."),
    ] = 1_000_000


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
        self.rendering = 0.0  # seconds, for helm and kustomize

    def steps(self, number: int) -> None:
        """Steps of templates and of patterns. Raises TooMuch."""
        self._steps += number
        if self._steps > _MOST_STEPS:
            what = f"templates, patterns and kustomizations that take {_MOST_STEPS} steps and more"
            raise TooMuch(what, "give fewer directories as paths, one after the other")


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
