"""`.wavefix.yaml`: what users set. Unknown keys and wrong types are errors with their line."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Annotated, Any, get_args

import msgspec

from wavefix.errors import InputError
from wavefix.files import Files
from wavefix.limits import Limits
from wavefix.model import Mechanism, Needs, Profile
from wavefix.selection import ADVICE, NO_CODE, known
from wavefix.yamlio import Map, decode, get, line_of, load

NAME = ".wavefix.yaml"

_CHOICES: Mapping[str | int, tuple[str, ...]] = {
    "profile": get_args(Profile),
    "needs": get_args(Needs),
    "prefer": get_args(Mechanism),
}
NonNegative = Annotated[float, msgspec.Meta(ge=0)]
Stride = Annotated[int, msgspec.Meta(ge=1)]


class DependsOn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """An edge that no manifest shows: `from` needs `to`. Both are resource ids."""

    source: str
    to: str
    needs: Needs = "ready"


class ArgoCD(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The user's Argo CD, where it differs from the defaults."""

    wave_delay: NonNegative = 2.0
    application_health: bool = False
    health_checked_kinds: tuple[str, ...] = ()
    repo_urls: tuple[str, ...] = ()  # globs of URLs that mean the repository at hand


class Lint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which findings are shown: codes, or how they begin."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Render(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How charts and kustomizations are rendered, where helm and kustomize are installed."""

    enabled: bool = True
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 60.0  # seconds for each source
    # Argo CD asks the cluster; helm's own answer depends on how it was compiled
    kube_version: str = "1.33.0"
    api_versions: tuple[str, ...] = ()


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `.wavefix.yaml`. `file` is where it was read from; "" for the defaults."""

    profile: Profile = "conservative"
    rolling_sync: bool = False  # whether ApplicationSets get the steps that their order needs
    exclude: tuple[str, ...] = ()
    durations: dict[str, NonNegative] = {}
    depends_on: tuple[DependsOn, ...] = ()
    pin: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    stride: Stride | None = None  # between the waves of child Applications; None: as they have it
    argocd: ArgoCD = ArgoCD()
    lint: Lint = Lint()
    render: Render = Render()
    limits: Limits = Limits()
    prefer: tuple[Mechanism, ...] = ()  # where a new wave goes first, of the places that there are
    remove_moot: bool = False  # waves on pods go, instead of being kept in step

    def pins(self, id: str, kind: str) -> bool:
        """Whether a resource keeps the wave it has."""
        return matches(self.pin, id, kind) is not None

    def duration(self, id: str, kind: str) -> float | None:
        """Seconds from applied to healthy, where the user set them: by id first, then by kind."""
        found = matches(self.durations, id, kind)
        return None if found is None else self.durations[found]


def matches(patterns: Iterable[str], id: str, kind: str) -> str | None:
    """The pattern that names a resource most exactly: its id, a glob over ids, its kind, a glob."""
    known = tuple(patterns)
    for text in (id, kind):
        if text in known:
            return text
        for pattern in known:
            if any(sign in pattern for sign in "*?[") and fnmatch.fnmatchcase(text, pattern):
                return pattern
    return None


def find(start: FilePath, root: FilePath) -> FilePath | None:
    """The nearest `.wavefix.yaml` from `start` up to `root`.

    Raises InputError for one that is a link out of the repository.
    """
    files = Files(str(root))
    for directory in (start, *start.parents):
        candidate = directory / NAME
        if not files.inside(str(candidate)):
            raise InputError("leads out of the repository", "put the file there", str(candidate))
        if files.is_file(str(candidate)):
            return candidate
        if directory == root:
            break
    return None


def read(file: FilePath) -> Config:
    """The configuration in `file`. Raises InputError, with file and line, where it is none."""
    name = str(file)
    real = os.path.realpath(name)
    documents = load(decode(Files(os.path.dirname(real)).read(real), name), name)
    data: Any = documents[0].data if documents else Map()
    if len(documents) > 1:
        raise InputError("more than one document", "keep one", name, documents[1].line)
    if not isinstance(data, dict):
        raise InputError("not a mapping", "write `key: value` lines", name, documents[0].line)
    config = parse(data, name)
    _check_patterns(config.exclude, data, name)
    _check_codes(config.lint, data, name)
    return config


def parse(data: Mapping[str, Any], name: str) -> Config:
    """`data` as a Config. Raises InputError with the line of the key that is wrong."""
    try:
        return msgspec.convert(data, Config)
    except msgspec.ValidationError as error:
        problem, _, where = str(error).partition(" - at `")
        where = where.rstrip("`").removeprefix("$").removeprefix(".")
        path = _path(where, data)
        unknown = re.search(r"unknown field `([^`]*)`", problem)
        if unknown:
            path = (*path, unknown[1])
            problem = f"unknown key `{unknown[1]}`"
        elif path and path[-1] in _CHOICES and problem.startswith("Invalid enum"):
            problem = f"none of {', '.join(_CHOICES[path[-1]])}"
        shown = ".".join(str(step) for step in path) if "..." in where else where
        raise InputError(
            f"{problem[:1].lower()}{problem[1:]}" + (f" at `{shown}`" if shown else ""),
            "see the configuration in docs/configuration.md",
            name,
            line_of(data, path, 1),
        ) from None


def _check_patterns(patterns: Iterable[str], data: Mapping[str, Any], name: str) -> None:
    for index, pattern in enumerate(patterns):
        from pathspec import GitIgnoreSpec

        try:
            GitIgnoreSpec.from_lines([pattern])
        except (ValueError, re.error):
            raise InputError(
                f"`{pattern}` under `exclude` is no pattern",
                "write it as in a .gitignore file",
                name,
                line_of(data, ("exclude", index), 1),
            ) from None


def _check_codes(lint: Lint, data: Mapping[str, Any], name: str) -> None:
    for key, codes in (("select", lint.select), ("ignore", lint.ignore)):
        for index, code in enumerate(codes):
            if not known(code):
                raise InputError(
                    f"`{code}` under `lint.{key}` is {NO_CODE}",
                    ADVICE,
                    name,
                    line_of(data, ("lint", key, index), 1),
                )


def _path(where: str, data: Mapping[str, Any]) -> tuple[str | int, ...]:
    """`durations[...]`, `depends_on[0].needs` as steps; msgspec does not say which key of a map."""
    out: list[str | int] = []
    for name, index in re.findall(r"([A-Za-z_]+)|\[(\d+|\.\.\.)\]", where):
        if index == "...":
            seconds = get(data, *out)
            out += [key for key, value in seconds.items() if not _is_seconds(value)][:1]
        else:
            out.append(name or int(index))
    return tuple(out)


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
