"""The clock: all Applications of a component at once, event by event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush

from wavefix.model import Key
from wavefix.simulate.rolling import Rolling
from wavefix.simulate.sync import Rules, Sync, keys
from wavefix.simulate.world import World

# What works at a moment is known to all before any sync looks at it.
_Event = tuple[float, int, int, Key | str]
_WORKS, _BEGIN, _CHECK = range(3)


@dataclass(slots=True)
class Clock:
    """A run in progress. `children` holds the Application that a resource is.

    `let` holds what let each Application of a rolling sync begin: a resource that got healthy, or
    the Application whose last step ended.
    """

    world: World
    rules: Rules
    syncs: Mapping[str, Sync]
    took: Mapping[Key, float]
    children: Mapping[Key, str]
    rolling: Rolling
    let: dict[str, Key | str] = field(default_factory=dict)
    now: float = 0.0
    _events: list[_Event] = field(default_factory=list)
    _count: int = 0
    _left: Counter[str] = field(default_factory=Counter)  # what does not work yet, by Application
    _objects: dict[str, Key] = field(default_factory=dict)  # of a child whose health is assessed

    def run(self) -> None:
        """Everything that happens, until nothing does."""
        self._left.update(key.application for key in self.took)
        self._objects = {
            name: key
            for key, name in self.children.items()
            if key in self.world.checked and self._left[name]
        }
        later = self.rolling.waiting.keys() | set(self.children.values())
        for name in sorted(self.syncs.keys() - later) + self.rolling.begin():
            self._push(0.0, _BEGIN, name)
        while self._events:
            self.now, kind, _, what = heappop(self._events)
            if isinstance(what, Key):
                self._works(what)
            elif kind == _BEGIN:
                self._begin(self.syncs[what])
            else:
                self._check(self.syncs[what])
        for sync in self.syncs.values():
            if sync.running:
                self._stuck(sync)

    def _push(self, time: float, kind: int, what: Key | str) -> None:
        self._count += 1
        heappush(self._events, (time, kind, self._count, what))

    def _free(self, free: list[Key]) -> None:
        for key in free:
            if self._objects.get(self.children.get(key, "")) != key:
                self._push(self.now + self.took[key], _WORKS, key)

    def _works(self, key: Key) -> None:
        self._free(self.world.works(key, self.now))
        name = key.application
        self._left[name] -= 1
        child = self._objects.get(name)
        if child is not None and not self._left[name] and child not in self.world.working:
            self._push(self.now, _WORKS, child)
        sync = self.syncs[name]
        self._next(sync, key)
        if key in sync.open:
            sync.open.discard(key)
            sync.why = key
            self._end(sync)

    def _next(self, sync: Sync, why: Key | str) -> None:
        """Let others of a rolling sync begin, if an Application is synced and Healthy now."""
        if sync.outcome == "succeeded" and not self._left[sync.name]:
            for name in self.rolling.healthy(sync.name):
                self.let[name] = why
                self._push(self.now, _BEGIN, name)

    def _begin(self, sync: Sync) -> None:
        sync.start = self.now
        sync.why = None
        missing = sync.refused(self.world, self.rules) if not sync.at else None
        if missing is not None:
            self._fail(sync, f"dry run: no CRD for {missing.id}", applied=False)
            return
        missing = sync.unknown(self.world, self.rules)
        if missing is not None:
            self._fail(sync, f"no CRD for {missing.id}")
            return
        sync.running = True
        for key in sync.renewed():
            if key in self.world.working:
                self.world.forget(key)
                self._left[key.application] += 1
        for key in keys(sync.group):
            new = key not in self.world.applied
            self._free(self.world.apply(key, self.now))
            if new and key in self.children:
                self._push(self.now, _BEGIN, self.children[key])
        sync.open = {key for key in sync.held() if not self.world.healthy(key)}
        sync.seen = {key for key in keys(sync.group) if not self.world.healthy(key)}
        sync.seen = sync.seen if sync.waits else set()
        sync.failing = []
        sync.least = self.now + (0.0 if sync.last else self.rules.delay)
        self._push(sync.least, _CHECK, sync.name)

    def _check(self, sync: Sync) -> None:
        """The first look at the health of a wave, after the delay: also of what it awaits not."""
        for key in sorted(sync.seen & self.rules.degrades):
            if self.world.lacks(key):
                sync.open.discard(key)
                sync.failing.append(key)
        self._end(sync)

    def _end(self, sync: Sync) -> None:
        if not sync.running or sync.open or self.now < sync.least:
            return
        if sync.failing:
            lacks = self.world.waits.ready[sync.failing[0]][0]
            self._fail(sync, f"{sync.failing[0].id} is Degraded without {lacks.id}")
            return
        waited = sync.why is not None and self.now > sync.start
        waited = waited and self.world.working.get(sync.why or Key("", "")) == self.now
        if not waited:
            sync.why = None
        pause = "the wave delay" if self.now > sync.start else ""
        sync.record(self.now, "succeeded", sync.why.id if sync.why else pause)
        if sync.last:
            sync.outcome = "succeeded"
            self._next(sync, sync.name)
        else:
            sync.at += 1
            self._push(self.now, _BEGIN, sync.name)

    def _fail(self, sync: Sync, why: str, applied: bool = True) -> None:
        sync.record(self.now, "failed", why, applied)
        if not sync.more():
            sync.outcome = "failed"
            return
        sync.at = 0
        self._push(self.now + sync.retry.pause(sync.attempt), _BEGIN, sync.name)
        sync.attempt += 1

    def _stuck(self, sync: Sync) -> None:
        held = sorted(sync.open)
        sync.why = held[0]
        lacks = [key.id for key in held for key in self.world.missing(key)[:1]]
        sync.record(self.now, "stuck", f"{held[0].id} waits for {lacks[0] if lacks else 'health'}")
        sync.outcome = "stuck"
