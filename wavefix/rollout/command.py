"""`wavefix rollout` and `wavefix rollout status`: options in, one table and an exit status out."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wavefix.commands import DefaultCommand
from wavefix.console import BAD_INPUT, CHANGES, OK, color, reported, show, tell
from wavefix.errors import InputError
from wavefix.options import (
    ExecutorName,
    NoRender,
    Order,
    Prefer,
    ProfileName,
    Pull,
    RemoveMoot,
    RolloutFormat,
    ways,
)
from wavefix.progress import progress

if TYPE_CHECKING:
    from wavefix.model.rollout import Rollout
    from wavefix.rollout.planning import Options

_COMMENT = re.compile(rb"(?:^|\s)#.*")
_PROCESSORS = os.cpu_count() or 1


class RolloutCommand(DefaultCommand):
    """`wavefix rollout [COMPONENT]...` means `wavefix rollout run [COMPONENT]...`."""

    default = "run"

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """That of the default command, which says that there is another."""
        self.default_help(ctx, formatter)


app = typer.Typer(
    cls=RolloutCommand,
    help="Make a branch with one commit for each of many components; show how far each is.",
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

Components = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="COMPONENT...",
        help="Directories or files, globs (`'K8s/*'`), or names that a rollout shows. Without any: "
        "all that are found from the root of the repository.",
    ),
]
Profile = Annotated[
    ProfileName | None, typer.Option(help="As for `wavefix fix`: conservative or aggressive.")
]
RollingSync = Annotated[
    bool, typer.Option("--rolling-sync", help="As for `wavefix fix`: write rolling syncs as well.")
]
Base = Annotated[
    str,
    typer.Option(
        metavar="REF", help="What the branches stand on: the current branch, if nothing is said."
    ),
]
Branch = Annotated[
    str,
    typer.Option(
        metavar="TEMPLATE",
        help="Names of branches, of {component}, {name} (its last part) and {profile}; by default "
        "what .wavefix.yaml says (`rollout.branch`), else wavefix/{component}.",
    ),
]
Repo = Annotated[
    list[str] | None,
    typer.Option(
        metavar="DIR",
        help="A checkout; may be repeated. Components are then looked for from its root.",
    ),
]
Repos = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="A file with a checkout on each line, relative to the file."),
]
Remote = Annotated[
    str,
    typer.Option(metavar="NAME", help="The remote; by default what git pushes the base to."),
]
Jobs = Annotated[
    int,
    typer.Option(
        "--jobs", "-j", metavar="N", min=1, help="Components at once.", show_default=False
    ),
]
Executor = Annotated[
    ExecutorName, typer.Option(help="What components run in. The result does not depend on it.")
]


@app.command(
    "run",
    epilog="`wavefix rollout status [COMPONENT]...` shows how far each component is. A component "
    "that is called `status` goes after `--`.",
)
def _run(
    components: Components = None,
    profile: Profile = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show the whole rollout and its diffs; write nothing."),
    ] = False,
    format: Annotated[
        RolloutFormat, typer.Option(help="How to print the table.")
    ] = RolloutFormat.text,
    order: Annotated[
        Order | None,
        typer.Option(
            help="given: as on the command line. risk: fewest and safest moves first. By default "
            "risk where no component is named."
        ),
    ] = None,
    base: Base = "",
    branch: Branch = "",
    push: Annotated[
        bool, typer.Option("--push", help="Push the branches. Else no network is used.")
    ] = False,
    pr: Annotated[
        bool,
        typer.Option("--pr", help="Push, and open or renew pull requests through `gh` or `glab`."),
    ] = False,
    remote: Remote = "",
    repo: Repo = None,
    repos: Repos = None,
    rolling_sync: RollingSync = False,
    prefer: Prefer = None,
    remove_moot: RemoveMoot = False,
    pull: Pull = False,
    no_render: NoRender = False,
    jobs: Jobs = _PROCESSORS,
    executor: Executor = ExecutorName.processes,
) -> None:
    """Make a branch with one commit for each of many components.

    Each commit stands on the current branch, holds the edits of its component and no others, and
    explains them. Your working tree, index and current branch are not touched. A second run renews
    branches whose base has moved and leaves alone those that are up to date, or that somebody has
    added to.

    Exit status: 0 all is fine; 1 some components failed, the others are done; 2 nothing could be
    done.
    """
    from wavefix.rollout import Request, rollout

    with reported():
        request = Request(
            components=tuple(components or ()),
            cwd=os.getcwd(),
            repositories=_repositories(repo or (), repos or ()),
            base=base,
            options=_options(
                profile, rolling_sync, branch, ways(pull, no_render, prefer or (), remove_moot)
            ),
            by_risk=None if order is None else order is Order.risk,
            jobs=jobs,
            executor=executor,
            dry_run=dry_run,
            push=push,
            remote=remote,
            pull_requests=pr,
        )
        with progress() as told:
            done = rollout(request, told or (lambda *_: None))
        _tell(done, format)


@app.command("status")
def _status(
    components: Components = None,
    profile: Profile = None,
    format: Annotated[
        RolloutFormat, typer.Option(help="How to print the table.")
    ] = RolloutFormat.text,
    base: Base = "",
    branch: Branch = "",
    pr: Annotated[
        bool,
        typer.Option("--pr", help="Ask `gh` or `glab` for pull requests. Else no network is used."),
    ] = False,
    remote: Remote = "",
    repo: Repo = None,
    repos: Repos = None,
    rolling_sync: RollingSync = False,
    prefer: Prefer = None,
    remove_moot: RemoveMoot = False,
    pull: Pull = False,
    no_render: NoRender = False,
    jobs: Jobs = _PROCESSORS,
    executor: Executor = ExecutorName.processes,
) -> None:
    """Show how far each component is; nothing is written.

    up to date: nothing is left to move. to do: there is no branch yet. open: its branch is what a
    rollout would make now. outdated: the base or the plan is another by now. merged: the base has
    it. failed: it cannot be planned, or the last run failed.

    Exit status: 0 fine; 1 some components failed; 2 nothing could be told.
    """
    from wavefix.rollout import Request, status

    with reported():
        request = Request(
            components=tuple(components or ()),
            cwd=os.getcwd(),
            repositories=_repositories(repo or (), repos or ()),
            base=base,
            options=_options(
                profile, rolling_sync, branch, ways(pull, no_render, prefer or (), remove_moot)
            ),
            by_risk=False,
            jobs=jobs,
            executor=executor,
            looking=True,
            remote=remote,
            pull_requests=pr,
        )
        with progress() as told:
            found = status(request, told or (lambda *_: None))
        _tell(found, format)


def _options(profile: ProfileName | None, rolling: bool, branch: str, how: Any) -> Options:
    from wavefix.rollout.planning import Options

    return Options(profile.value if profile else None, rolling or None, how, branch)


def _repositories(directories: Sequence[str], lists: Sequence[str]) -> tuple[str, ...]:
    """Checkouts as named and as listed. Raises InputError for a list that cannot be read."""
    out = list(directories)
    for name in lists:
        try:
            text = Path(name).read_bytes()
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", "check the path", name) from None
        lines = (os.fsdecode(_COMMENT.sub(b"", line).strip()) for line in text.splitlines())
        base = os.path.dirname(name)
        found = [os.path.join(base, os.path.expanduser(line)) for line in lines if line]
        if not found:
            raise InputError("no checkout in it", "write one path on each line", name)
        out += found
    return tuple(out)


def _tell(done: Rollout, format: RolloutFormat) -> None:
    """The table on stdout, what failed on stderr, and the exit status."""
    from wavefix import report

    if format is RolloutFormat.json:
        show(report.rollout_json(done))
    elif format is RolloutFormat.markdown:
        show(report.rollout_markdown(done))
    else:
        show(report.rollout_text(done, color()))
    failed = [item for item in done.items if item.problem]
    tell(tuple(InputError(item.problem, item.advice, report.label(item)) for item in failed))
    if failed:
        raise typer.Exit(BAD_INPUT if len(failed) == len(done.items) else CHANGES)
    raise typer.Exit(OK)
