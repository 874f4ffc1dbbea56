"""What comes of a plan: edits, runs of the sync, and the review that shows all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wavefix.model.applications import Component
from wavefix.model.resources import (
    Finding,
    Graph,
    Key,
    Mechanism,
    Outcome,
    Path,
    PathStep,
    Phase,
    Plan,
    Profile,
    Site,
)


@dataclass(frozen=True, slots=True)
class Edit:
    """One wave to write at one Site. `after` is None where the annotation is to go."""

    site: Site
    resource: str
    after: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A value for one key of a map in a file: a new key, or in place of what stands there.

    `path` leads to the map in document number `document` (from 0); it need not exist yet. `value`
    is plain data: maps, lists, texts, numbers, booleans. A new key goes before the key `before`,
    where there is one. Where `path` leads to a list, `key` is how many items it has: one more
    comes behind them.
    """

    file: str
    document: int
    path: Path
    key: PathStep
    value: Any
    before: str = ""


@dataclass(frozen=True, slots=True)
class EntryEdit:
    """Entries of one file to write: data that is no wave, said by `before` and `after` in words."""

    entries: tuple[Entry, ...]
    resource: str
    mechanism: Mechanism
    line: int
    before: str | None
    after: str

    @property
    def file(self) -> str:
        """The file that all of them are in."""
        return self.entries[0].file


@dataclass(frozen=True, slots=True)
class Seconds:
    """Predicted time of a component's deploy, in seconds until its last resource is healthy."""

    before: float
    after: float
    floor: float  # no plan can be faster: every resource starts when its own dependencies allow


@dataclass(frozen=True, slots=True)
class Step:
    """One wave of one phase, as one attempt of a sync applies it.

    `end` is when Argo CD goes on; of the last wave, for which it does not wait, when the last of
    its resources is healthy. Of a step that never ends it is when nothing happens any more.
    """

    application: str
    phase: Phase
    wave: int
    start: float
    end: float
    applied: tuple[tuple[Key, ...], ...]  # batches, each applied in parallel
    outcome: Outcome
    waited: str = ""  # what it ended with, in words
    critical: bool = False  # the deploy would be over sooner if this step were
    attempt: int = 1  # greater where `syncPolicy.retry` ran the operation again


@dataclass(frozen=True, slots=True)
class Run:
    """What Argo CD would do with a component from the start of its sync."""

    seconds: float  # until the last resource is healthy, or nothing happens any more
    outcome: Outcome
    steps: tuple[Step, ...]
    floor: float = 0.0  # if every resource started when its own dependencies allow


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text that becomes another: `old`, `start` characters into it, becomes `new`."""

    start: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class FilePatch:
    """One file before and after its edits, as text decoded from UTF-8 without any translation.

    `spans` are all that differs, in order: to write a patch, what was there before and what comes
    after is told by them alone.
    """

    file: str
    before: str
    after: str
    edits: tuple[Edit, ...]
    entries: tuple[EntryEdit, ...] = ()
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class ComponentReview:
    """One component through the whole pipeline.

    `runs` are its sync as it is and as planned, where these were asked for and something changes.
    `children_awaited`: Argo CD assesses the health of Applications, so that their parent waits.
    """

    component: Component
    graph: Graph
    plan: Plan
    seconds: Seconds
    runs: tuple[Run, Run] | None = None
    children_awaited: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """What a run found out and would write. `findings` holds those of every stage, sorted.

    `cwd` is what files are shown relative to; `roots` maps each edited file to the directory that
    paths in its diff are relative to (the repository's, where there is one).
    """

    profile: Profile
    components: tuple[ComponentReview, ...]
    patches: tuple[FilePatch, ...]
    findings: tuple[Finding, ...]
    cwd: str
    roots: Mapping[str, str] = field(default_factory=dict)
