"""What a rollout tells: one item for each component, in its order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ItemState = Literal[
    # what a run did, or would do
    "created", "rebuilt", "create", "rebuild", "changed", "nothing to move",
    # how things stand
    "up to date", "to do", "open", "outdated", "merged",
    "failed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Risk:
    """What the commit of one component touches, and what is wrong with it beforehand."""

    moves: int = 0  # resources that go to another wave
    running: int = 0  # of those, what starts pods
    restarts: int = 0  # annotations on pods: a change restarts them
    opaque: int = 0  # releases that move without having been rendered
    errors: int = 0  # findings that stay
    warnings: int = 0
    files: int = 0

    @property
    def points(self) -> int:
        """One number to order by: what restarts or starts pods, or is not seen, weighs most."""
        if not self.files:
            return 0
        return (
            self.moves
            + self.files
            + self.warnings
            + 2 * self.errors
            + 3 * self.running
            + 4 * (self.restarts + self.opaque)
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """A plan in numbers. Of several components under one path, the slowest gives the time."""

    profile: str = ""
    applications: tuple[str, ...] = ()
    resources: int = 0
    waves: tuple[int, int] = (0, 0)  # before and after; of several components the sum
    seconds: tuple[float, float] = (0.0, 0.0)
    files: tuple[str, ...] = ()  # that are edited, relative to the repository's root
    risk: Risk = Risk()


@dataclass(frozen=True, slots=True)
class RolloutItem:
    """One component. `problem` says what went wrong, also where something was done before."""

    component: str
    repository: str = ""  # as the user named it; "" for the one at hand
    state: ItemState = "failed"
    branch: str = ""
    commit: str = ""
    figures: Figures | None = None
    note: str = ""
    problem: str = ""
    advice: str = ""
    pull_request: str = ""
    diff: str = ""

    @property
    def text(self) -> str:
        """The problem with its advice."""
        return self.problem + (f"; {self.advice}" if self.advice else "")


@dataclass(frozen=True, slots=True)
class Rollout:
    """All components, and the base of each repository in words."""

    items: tuple[RolloutItem, ...]
    bases: tuple[tuple[str, str], ...] = ()  # repository, base
    dry_run: bool = False
