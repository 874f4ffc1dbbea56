"""What the options of the command line may say."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from wavefix.ways import Ways


class ProfileName(StrEnum):
    """What may be moved, and how edges become distances."""

    conservative = "conservative"
    aggressive = "aggressive"


class FixFormat(StrEnum):
    """How a review is printed."""

    text = "text"
    diff = "diff"
    json = "json"
    markdown = "markdown"


class LintFormat(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    sarif = "sarif"
    github = "github"


class SimulateFormat(StrEnum):
    """How runs are printed."""

    text = "text"
    json = "json"


class RulesFormat(StrEnum):
    """How rules are printed."""

    text = "text"
    json = "json"


class GraphFormat(StrEnum):
    """How the graph is printed."""

    json = "json"
    dot = "dot"
    mermaid = "mermaid"


class RolloutFormat(StrEnum):
    """How a rollout is printed."""

    text = "text"
    json = "json"
    markdown = "markdown"


class Order(StrEnum):
    """Which component of a rollout comes first."""

    given = "given"
    risk = "risk"


class ExecutorName(StrEnum):
    """What the components of a rollout run in."""

    processes = "processes"
    serial = "serial"


Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH...", help="Files or directories; the current one by default."),
]
Select = Annotated[
    list[str] | None,
    typer.Option(metavar="CODES", help="Show only these findings: WF002, WF00, by commas."),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(metavar="CODES", help="Do not show these findings."),
]
Pull = Annotated[
    bool,
    typer.Option("--pull", help="Fetch charts that are not in sight. Else no network is used."),
]
NoRender = Annotated[
    bool,
    typer.Option("--no-render", help="Read sources as they are, without helm and kustomize."),
]
Prefer = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MECHANISMS",
        help="Where a new wave goes first, by commas: manifest, chart-template, helm-values, "
        "kustomize-annotations, kustomize-patch.",
    ),
]
RemoveMoot = Annotated[
    bool,
    typer.Option("--remove-moot", help="Remove waves on pods instead of keeping them in step."),
]


def ways(
    pull: bool, no_render: bool, prefer: Sequence[str] = (), remove_moot: bool = False
) -> Ways:
    """Options as Ways. Raises InputError for a mechanism that there is not."""
    from wavefix.ways import Ways, mechanisms

    return Ways(not no_render, pull, mechanisms(prefer), remove_moot)
