"""`.wavefix.yaml`: what users set. Unknown keys and wrong types are errors with their line."""

# Without annotations from __future__, whose texts msgspec would compile anew at every start.
import fnmatch
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta

from wavefix.errors import InputError
from wavefix.files import Files
from wavefix.limits import Limits
from wavefix.model import Mechanism, Needs, Profile
from wavefix.selection import ADVICE, NO_CODE, known, prefixes
from wavefix.yamlio import Map, decode, get, line_of, load

NAME = ".wavefix.yaml"

_CHOICES: Mapping[str | int, tuple[str, ...]] = {
    "profile": get_args(Profile),
    "needs": get_args(Needs),
    "prefer": get_args(Mechanism),
}
BRANCH_PARTS = ("component", "name", "profile")
TEMPLATE_ADVICE = "write it with {component} or {name}, and {profile} if you like"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# The same for editors; `template_problem` judges.
_TEMPLATE = (
    rf"^(?![\s\S]*\{{(?!(?:{'|'.join(BRANCH_PARTS)})\}})[^{{}}]*\}})"
    r"(?=[\s\S]*\{(?:component|name)\})"
)
Seconds = Annotated[float, Meta(ge=0)]
# What editors are told; `_check_codes` judges.
Code = Annotated[
    str, Meta(title="codes, or how they begin", extra_json_schema={"enum": prefixes()})
]


class DependsOn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """An edge that no manifest shows."""

    source: Annotated[str, Meta(description="The id of the resource that depends.")]
    to: Annotated[str, Meta(description="The id of what it needs.")]
    needs: Annotated[
        Needs, Meta(description="The state that it needs it in: see docs/inference.md.")
    ] = "ready"


class ArgoCD(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The user's Argo CD, where it differs from the defaults."""

    wave_delay: Annotated[
        Seconds,
        Meta(
            description="The pause after each wave but the last, in seconds: what "
            "`ARGOCD_SYNC_WAVE_DELAY` is set to."
        ),
    ] = 2.0
    application_health: Annotated[
        bool,
        Meta(
            description="Whether a wave on a child Application waits for its health: true where "
            "`argocd-cm` restores the health check of Applications."
        ),
    ] = False
    health_checked_kinds: Annotated[
        tuple[str, ...],
        Meta(description="Kinds (`Kind.group`) that Argo CD waits for besides those it knows."),
    ] = ()
    repo_urls: Annotated[
        tuple[str, ...],
        Meta(
            description="Globs over URLs: which `repoURL` means this repository, besides its git "
            "remotes. Then every other one means another repository, whose paths are not read here."
        ),
    ] = ()


class Lint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which findings are shown: codes, or how they begin."""

    select: Annotated[
        tuple[Code, ...],
        Meta(description="The only findings to show; none: all. `--select` overrules it."),
    ] = ()
    ignore: Annotated[
        tuple[Code, ...],
        Meta(description="Findings not to show, in addition to those of `--ignore`."),
    ] = ()


class Render(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How charts and kustomizations are rendered, where helm and kustomize are installed."""

    enabled: Annotated[
        bool,
        Meta(
            description="Whether helm and kustomize are used where they are installed: see "
            "docs/rendering.md. `--no-render` is the same for one run."
        ),
    ] = True
    timeout: Annotated[
        float,
        Meta(
            gt=0, le=3600, description="How long one of them may take for one source, in seconds."
        ),
    ] = 60.0
    total: Annotated[
        float, Meta(gt=0, le=86400, description="How long all of that may take, in seconds.")
    ] = 1800.0
    # Argo CD asks the cluster; helm's own answer depends on how it was compiled
    kube_version: Annotated[
        str,
        Meta(
            description="The version of Kubernetes that charts are told, where the Application "
            "says nothing. Argo CD asks the cluster."
        ),
    ] = "1.33.0"
    api_versions: Annotated[
        tuple[str, ...],
        Meta(
            description="The API versions that charts are told of, besides those that helm knows, "
            "where the Application says nothing: `monitoring.coreos.com/v1`."
        ),
    ] = ()


class Rollout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How `wavefix rollout` names its branches."""

    branch: Annotated[
        str,
        Meta(
            description="A template for the names of branches: `{component}` is the path, `{name}` "
            "its last part, `{profile}` the profile. `--branch` overrules it: see docs/rollout.md.",
            extra_json_schema={"pattern": _TEMPLATE},
        ),
    ] = "wavefix/{component}"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `.wavefix.yaml` may say. All of it is optional."""

    profile: Annotated[
        Profile, Meta(description="What may be moved, where no `--profile` is given.")
    ] = "conservative"
    rolling_sync: Annotated[
        bool,
        Meta(
            description="Whether ApplicationSets get the steps of a rolling sync where their "
            "Applications need each other: see docs/rolling-sync.md. Switches automated sync off."
        ),
    ] = False
    exclude: Annotated[
        tuple[str, ...],
        Meta(
            description="Files and directories that are never read: patterns as in `.gitignore`, "
            "relative to this file."
        ),
    ] = ()
    durations: Annotated[
        dict[str, Seconds],
        Meta(
            description="How long a resource takes from applied to healthy, by id, kind or glob: "
            "decides between plans that are equally short, and the predicted time. For others "
            "see docs/simulate.md."
        ),
    ] = {}
    depends_on: Annotated[
        tuple[DependsOn, ...], Meta(description="Edges that no manifest shows.")
    ] = ()
    pin: Annotated[
        tuple[str, ...],
        Meta(
            description="Resources (ids, kinds or globs) that keep the wave they have: constants "
            "of the plan."
        ),
    ] = ()
    rules: Annotated[
        tuple[str, ...],
        Meta(
            description="Files with reference rules of your own, relative to this one: see "
            "docs/inference.md."
        ),
    ] = ()
    stride: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(
            description="What `aggressive` leaves between the waves of child Applications, for "
            "others to come; 1 where something that cannot move stands in between. Unset: as they "
            "have it (of 10, 20, 40 it is 10). `conservative` makes no new waves."
        ),
    ] = None
    argocd: Annotated[ArgoCD, Meta(description="Your Argo CD, where it is not as installed.")] = (
        ArgoCD()
    )
    lint: Annotated[
        Lint, Meta(description="Which findings are shown: see docs/rules/README.md.")
    ] = Lint()
    render: Annotated[Render, Meta(description="How charts and kustomizations are rendered.")] = (
        Render()
    )
    limits: Annotated[Limits, Meta(description="How much is read: see docs/safety.md.")] = Limits()
    prefer: Annotated[
        tuple[Mechanism, ...],
        Meta(
            description="Where a new wave goes first, of the places that there are; the others "
            "follow in their usual order. `--prefer` overrules it."
        ),
    ] = ()
    remove_moot: Annotated[
        bool,
        Meta(
            description="Whether waves on pods, which Argo CD never reads, are removed instead of "
            "kept in step."
        ),
    ] = False
    edit_generated: Annotated[
        bool,
        Meta(
            description="Whether files are edited that are marked as generated, by a comment at "
            "their top or `linguist-generated` in `.gitattributes`: see docs/safety.md."
        ),
    ] = False
    rollout: Annotated[Rollout, Meta(description="How `wavefix rollout` names its branches.")] = (
        Rollout()
    )

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
    wrong = template_problem(config.rollout.branch)
    if wrong:
        raise InputError(wrong, TEMPLATE_ADVICE, name, line_of(data, ("rollout", "branch"), 1))
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


def template_problem(branch: str) -> str:
    """What is wrong with a template for the names of branches; "" where nothing is."""
    placed = _PLACEHOLDER.findall(branch)
    for name in placed:
        if name not in BRANCH_PARTS:
            return f"`{{{name}}}` in `{branch}` is no part of a branch's name"
    if not {"component", "name"} & set(placed):
        return f"`{branch}` names one branch for all components"
    return ""


def filled(branch: str, parts: Mapping[str, str]) -> str:
    """A template for the names of branches with its parts in place."""
    return _PLACEHOLDER.sub(lambda found: parts[found[1]], branch)


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
