"""One Application's sync: where it stands, and what it does next. The clock is run.py's.

Facts read from gitops-engine, pkg/sync/sync_context.go (Sync): a dry run of everything first; one
wave at a time; what runs is waited for where there are several steps, or in a hook's step; only
when nothing runs any more does a failure count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wavefix.model import Key, Outcome, Retry, Step
from wavefix.simulate.tasks import Group, Task
from wavefix.simulate.world import World

# With `limit: -1` a sync is retried without end; so often says enough.
_ENDLESS = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """What does not change during a run."""

    delay: float  # ARGOCD_SYNC_WAVE_DELAY
    crds: Mapping[str, tuple[Key, ...]]  # kind -> the CRDs of the component that define it
    degrades: frozenset[Key]  # custom resources that turn Degraded for lack of what they need
    skips_dry_run: frozenset[Key]  # SkipDryRunOnMissingResource=true


@dataclass(slots=True)
class Sync:
    """An Application's sync in progress."""

    name: str
    groups: Sequence[Group]
    retry: Retry
    multiple: bool  # several steps: then every step but the last waits for all
    steps: list[Step] = field(default_factory=list)
    at: int = 0  # the next group
    attempt: int = 1
    open: set[Key] = field(default_factory=set)  # what the step still waits for
    seen: set[Key] = field(default_factory=set)  # whose health is looked at meanwhile
    failing: list[Key] = field(default_factory=list)  # what has turned Degraded in it
    start: float = 0.0
    least: float = 0.0  # the step does not end before
    why: Key | None = None  # what got healthy last, of what it waited for
    blockers: list[Key | None] = field(default_factory=list)  # of each step: what ended it
    running: bool = False  # a step is under way
    outcome: Outcome | None = None

    @property
    def group(self) -> Group:
        """The group that is applied, or will be next."""
        return self.groups[self.at]

    @property
    def last(self) -> bool:
        """Whether no step follows."""
        return self.at == len(self.groups) - 1

    def refused(self, world: World, rules: Rules) -> Key | None:
        """What fails in the dry run: an object whose CRD is another Application's to bring."""
        own = {task.key for group in self.groups for task in _all(group)}
        for group in self.groups:
            for task in _all(group):
                crds = rules.crds.get(task.kind, ())
                there = any(crd in world.applied or crd in own for crd in crds)
                if crds and not there and task.key not in rules.skips_dry_run:
                    return task.key
        return None

    def unknown(self, world: World, rules: Rules) -> Key | None:
        """What cannot be applied in this step, as its CRD is not there even now."""
        here = {task.key for task in _all(self.group)}
        for task in _all(self.group):
            crds = rules.crds.get(task.kind, ())
            if crds and not any(crd in world.applied or crd in here for crd in crds):
                return task.key
        return None

    def held(self) -> list[Key]:
        """Whose health this step waits for."""
        found = list(_all(self.group)) if self.waits else []
        return [task.key for task in found if self.multiple or task.hook]

    @property
    def waits(self) -> bool:
        """Whether the operation looks at this step again once it is applied."""
        return not self.last or any(task.hook for task in _all(self.group))

    def renewed(self) -> list[Key]:
        """The hooks of this step that run anew, whether or not they ran before."""
        return [task.key for task in _all(self.group) if task.again]

    def more(self) -> bool:
        """Whether a failed operation runs again."""
        limit = self.retry.limit if self.retry.limit >= 0 else _ENDLESS
        return self.attempt <= limit

    def record(self, end: float, outcome: Outcome, waited: str, applied: bool = True) -> None:
        """Note the step that ends now."""
        group = self.group
        batches = tuple(tuple(task.key for task in batch) for batch in group.batches)
        self.steps.append(
            Step(
                self.name, group.phase, group.wave, self.start, end, batches if applied else (),
                outcome, waited, attempt=self.attempt,
            )
        )  # fmt: skip
        self.blockers.append(self.why)
        self.running = False


def keys(group: Group) -> list[Key]:
    """What a step applies, in order."""
    return [task.key for task in _all(group)]


def _all(group: Group) -> list[Task]:
    return [task for batch in group.batches for task in batch]
