"""One component -> what a commit of it would be. Runs in a worker; writes nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from wavefix import config, pipeline, report
from wavefix.catalogue import catalogue
from wavefix.errors import InputError
from wavefix.model import Placement, Profile, Review
from wavefix.model.rollout import Figures, Risk
from wavefix.report.facts import wave_counts
from wavefix.rollout.repository import git
from wavefix.ways import DEFAULT, Ways

Stage = Literal["", "commit", "push", "pull request"]
COMPONENT, PLAN = "Wavefix-Component", "Wavefix-Plan"  # trailers of the message


@dataclass(frozen=True, slots=True)
class Target:
    """A component. Paths are relative to the root of the repository, `.` the root itself.

    `only` is the path and the name of the one component that is meant of those that are found at
    `starts`. What lies at `others` belongs to other components, and so do errors there.
    """

    name: str
    starts: tuple[str, ...]
    only: tuple[str, str] | None = None
    others: tuple[str, ...] = ()
    asked: bool = True  # by name: shown even if there is nothing in it


@dataclass(frozen=True, slots=True)
class Options:
    """What holds for every component of a run; "" and None: as configured."""

    profile: Profile | None = None
    rolling: bool | None = None
    ways: Ways = DEFAULT
    branch: str = ""
    markdown: bool = False  # the review as well, for a pull request


@dataclass(frozen=True, slots=True)
class Task:
    """A component to plan, in a working tree that is at the base."""

    target: Target
    tree: str
    options: Options


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A file, relative to the root, and the id that git gives its new content."""

    path: str
    before: str
    after: str
    blob: str


@dataclass(frozen=True, slots=True)
class Planned:
    """What a commit of a component would be. Without `files` there is nothing to commit."""

    figures: Figures
    template: str  # of the branch's name
    files: tuple[FileEdit, ...]
    waves: dict[str, int]  # of every resource, once it is written
    message: str
    digest: str
    markdown: str
    diff: str


@dataclass(frozen=True, slots=True)
class Failed:
    """What could not be done, and what to do.

    `stage` is how far it came; "": nothing was begun, and all can be looked at again.
    """

    problem: str
    advice: str = ""
    stage: Stage = ""


def plan_one(task: Task) -> Planned | Failed:
    """What `wavefix fix` would do to the component, or why it would refuse."""
    try:
        return _plan(task)
    except InputError as error:
        return Failed(placed(error, task.tree), error.advice)


def _plan(task: Task) -> Planned | Failed:
    target, tree, options = task.target, task.tree, task.options
    only = (
        (os.path.normpath(os.path.join(tree, target.only[0])), target.only[1])
        if target.only
        else None
    )
    result = pipeline.review(
        target.starts, tree, options.profile, None, None, options.rolling, options.ways,
        options.markdown, only,
    )  # fmt: skip
    errors = [error for error in result.errors if not _elsewhere(error, task)]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        return Failed(f"{placed(errors[0], tree)}{more}", errors[0].advice)
    files = _files(result.review, tree)
    message = report.commit_message(result.review, target.name) if files else ""
    message += f"\n{COMPONENT}: {one_line(target.name)}\n" if files else ""
    return Planned(
        _figures(result.review, tree),
        options.branch or _template(task),
        files,
        _waves(result.review),
        message,
        digest(message, [(file.path, file.blob) for file in files]) if files else "",
        report.markdown(result.review) if files and options.markdown else "",
        report.readable(result.review),
    )


def digest(message: str, blobs: Sequence[tuple[str, str]]) -> str:
    """What stands for a message and the new contents of files by their ids."""
    parts = [message, *(part for pair in sorted(blobs) for part in pair)]
    return sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def placed(error: InputError, tree: str) -> str:
    """A problem with its file as seen from the root of a working tree, whose name is not told."""
    file = os.path.relpath(error.file, tree) if os.path.isabs(error.file) else error.file
    text = InputError(error.problem, "", error.file, error.line).text(file)
    return text.replace(f"{tree}/", "").replace(tree, ".")


def _elsewhere(error: InputError, task: Task) -> bool:
    return any(
        error.file.startswith(os.path.join(task.tree, other) + "/") for other in task.target.others
    )


def _files(review: Review, tree: str) -> tuple[FileEdit, ...]:
    """The files to write. Raises InputError for one that is not part of the repository."""
    out = {}
    for patch in review.patches:
        path = os.path.relpath(os.path.realpath(patch.file), tree)
        content = patch.after.encode()
        blob = git(tree, "hash-object", "--stdin", f"--path={path}", data=content)
        out[path] = FileEdit(path, patch.before, patch.after, blob.decode("ascii").strip())
    return tuple(out[path] for path in sorted(out))


def _template(task: Task) -> str:
    """The template that the nearest configuration has, as for all else in it."""
    start = os.path.join(task.tree, task.target.starts[0])
    directory = Path(start if os.path.isdir(start) else os.path.dirname(start))
    file = config.find(directory, Path(task.tree))
    return (config.read(file) if file else config.Config()).rollout.branch


def one_line(text: str) -> str:
    """A name as a trailer holds it."""
    return " ".join(text.encode("utf-8", "replace").decode().split())


def _waves(review: Review) -> dict[str, int]:
    return {
        f"{part.component.name}\0{item.resource.application}\0{item.resource.id}": item.wave
        for part in review.components
        for item in part.plan.placements
    }


def _figures(review: Review, tree: str) -> Figures:
    parts = review.components
    holding = [part for part in parts if part.graph.resources]
    counts = [wave_counts(part) for part in parts]
    files = sorted({os.path.relpath(os.path.realpath(one.file), tree) for one in review.patches})
    return Figures(
        review.profile,
        tuple(sorted(app.name for part in holding for app in part.component.applications)),
        sum(len(part.graph.resources) for part in parts),
        (sum(before for before, _ in counts), sum(after for _, after in counts)),
        (
            max((part.seconds.before for part in parts), default=0.0),
            max((part.seconds.after for part in parts), default=0.0),
        ),
        tuple(files),
        _risk(review, len(files)),
    )


def _risk(review: Review, files: int) -> Risk:
    moved = [item for part in review.components for item in part.plan.placements if item.moves]
    running = [item for item in moved if _runs(item)]
    severities = [finding.severity for finding in review.findings]
    edits = [edit for patch in review.patches for edit in patch.edits]
    return Risk(
        moves=len(moved),
        running=len(running),
        restarts=sum(edit.site.moot for edit in edits) + sum(map(_with_its_pods, running)),
        opaque=sum(item.resource.opaque for item in moved),
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        files=files,
    )


def _runs(item: Placement) -> bool:
    """Whether what moves starts pods, and is to be seen."""
    return not item.resource.opaque and catalogue().runs(item.resource.kind)


def _with_its_pods(item: Placement) -> bool:
    """Whether the annotation that moves it stands on its pods too: kustomize puts it there."""
    return any(site.mechanism == "kustomize-annotations" for site in item.resource.sites)
