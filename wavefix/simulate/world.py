"""What is there and what works, as time goes by: every Application changes it, and sees it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wavefix.model import Edge, Key

_Keys = Mapping[Key, tuple[Key, ...]]


@dataclass(frozen=True, slots=True)
class Waits:
    """What each resource waits for before it works, from edges surer than a guess."""

    ready: _Keys  # until that works
    there: _Keys  # until that is applied


def waits(edges: Iterable[Edge], known: Iterable[Key]) -> Waits:
    """What waits for what among the resources that are applied."""
    ready: dict[Key, dict[Key, None]] = defaultdict(dict)
    there: dict[Key, dict[Key, None]] = defaultdict(dict)
    among = set(known)
    for edge in sorted(edges, key=lambda edge: (edge.dependent, edge.dependency)):
        inside = edge.dependent in among and edge.dependency in among
        if inside and edge.confidence != "heuristic" and edge.dependent != edge.dependency:
            if edge.needs == "ready":
                ready[edge.dependent][edge.dependency] = None
            elif edge.needs != "before":
                there[edge.dependent][edge.dependency] = None
    return Waits(
        {key: tuple(others) for key, others in ready.items()},
        {key: tuple(o for o in others if o not in ready[key]) for key, others in there.items()},
    )


@dataclass(slots=True)
class World:
    """The state of all resources.

    `cause` is what a resource waited for last, once it was applied, and whether it had to work.
    """

    waits: Waits
    checked: frozenset[Key]  # whose health Argo CD assesses
    applied: dict[Key, float] = field(default_factory=dict)
    working: dict[Key, float] = field(default_factory=dict)
    cause: dict[Key, tuple[Key, bool]] = field(default_factory=dict)
    _open: dict[Key, int] = field(default_factory=dict)  # for how much each still waits
    _until_ready: dict[Key, list[Key]] = field(default_factory=lambda: defaultdict(list))
    _until_there: dict[Key, list[Key]] = field(default_factory=lambda: defaultdict(list))

    def apply(self, key: Key, now: float) -> list[Key]:
        """Apply a resource; which ones have nothing left to wait for by that."""
        if key in self.applied:
            return []
        self.applied[key] = now
        ready, there = self._missing(key)
        for other in ready:
            self._until_ready[other].append(key)
        for other in there:
            self._until_there[other].append(key)
        self._open[key] = len(ready) + len(there)
        free = [] if self._open[key] else [key]
        return free + self._tell(key, self._until_there.pop(key, ()), False, now)

    def works(self, key: Key, now: float) -> list[Key]:
        """A resource works from now on; which ones have nothing left to wait for by that."""
        self.working[key] = now
        return self._tell(key, self._until_ready.pop(key, ()), True, now)

    def forget(self, key: Key) -> None:
        """A resource that works is deleted."""
        del self.applied[key], self.working[key]
        self.cause.pop(key, None)

    def healthy(self, key: Key) -> bool:
        """Whether Argo CD calls an applied resource healthy."""
        return key not in self.checked or key in self.working

    def missing(self, key: Key) -> list[Key]:
        """What a resource waits for now."""
        ready, there = self._missing(key)
        return ready + there

    def lacks(self, key: Key) -> bool:
        """Whether something that a resource needs `ready` does not work yet."""
        return any(other not in self.working for other in self.waits.ready.get(key, ()))

    def _missing(self, key: Key) -> tuple[list[Key], list[Key]]:
        ready = [other for other in self.waits.ready.get(key, ()) if other not in self.working]
        there = [other for other in self.waits.there.get(key, ()) if other not in self.applied]
        return ready, there

    def _tell(self, key: Key, users: Iterable[Key], ready: bool, now: float) -> list[Key]:
        free = []
        for user in users:
            self._open[user] -= 1
            if now > self.applied[user]:
                self.cause[user] = key, ready
            if not self._open[user]:
                free.append(user)
        return free
