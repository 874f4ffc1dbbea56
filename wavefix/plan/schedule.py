"""Which wave may hold how slow a thing: the fewest waves, and of those the fastest deploy.

The time of a wave is the longest time in it, that of a deploy their sum. A cap for each wave says
how slow its slowest may be; under given caps the constraints have a least solution or none, so the
search is one over caps, cheapest first.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wavefix.plan.system import System

EMPTY = -1.0  # the cap of a wave that holds nothing
_BUDGET = 2_000_000  # nodes and links looked at before the search settles for a good answer


@dataclass(frozen=True, slots=True)
class Schedule:
    """Levels each group may have under the best caps, and the least and greatest solutions."""

    allowed: Mapping[int, Sequence[int]]
    least: Mapping[int, int]
    greatest: Mapping[int, int]


def schedule(built: System, seconds: Sequence[float], delay: float) -> Schedule:
    """The best caps. `seconds` are those of the nodes, `delay` what a wave costs at least."""
    slow = dict.fromkeys(built.needs, EMPTY)  # a barrier holds nothing
    for node, g in built.group.items():
        slow[g] = max(slow[g], seconds[node])
    windows = _windows(built)
    levels = sorted({level for found in windows.values() for level in found})
    search = _Search(built, slow, windows, levels, delay)
    return search.schedule(search.best())


def _windows(built: System) -> dict[int, list[int]]:
    """The levels that each group can have in the shortest range that holds them all."""
    if built.fixed:
        return _windows_around(built)
    levels = range(_depth(built))
    return _between(built, dict.fromkeys(built.order, levels))


def _windows_around(built: System) -> dict[int, list[int]]:
    """The same where some levels are given: no level that is not near one of them is looked at."""
    depth = _depth(built)
    near = sorted({c + step for c in built.fixed.values() for step in range(-depth, depth + 1)})
    low, high = min(built.fixed.values()), max(built.fixed.values())
    while True:
        inside = [level for level in near if low <= level <= high]
        allowed = {g: [built.fixed[g]] if g in built.fixed else inside for g in built.order}
        least, greatest = built.least(allowed), built.greatest(allowed)
        if least is not None and greatest is not None:
            return _between(built, allowed)
        # What does not fit is put before what is given, and after it only where that is not enough.
        if low > near[0]:
            low -= 1
        else:
            high += 1


def _between(built: System, allowed: Mapping[int, Sequence[int]]) -> dict[int, list[int]]:
    least, greatest = built.least(allowed), built.greatest(allowed)
    assert least is not None and greatest is not None
    return {
        g: [level for level in allowed[g] if least[g] <= level <= greatest[g]] for g in built.order
    }


def _depth(built: System) -> int:
    """The number of waves that the longest chain needs."""
    least: dict[int, int] = {}
    for g in built.order:
        least[g] = max((least[v] + d for v, d in built.needs[g].items()), default=0)
    return max(least.values()) + 1


class _Search:
    """Cheapest-first search over caps; falls back to lowering caps one by one."""

    def __init__(
        self,
        built: System,
        slow: Mapping[int, float],
        windows: Mapping[int, list[int]],
        levels: Sequence[int],
        delay: float,
    ) -> None:
        self.built = built
        self.slow = slow
        self.windows = windows
        self.levels = levels
        self.delay = delay
        self.steps = sorted({EMPTY, delay, *slow.values()})
        size = len(built.needs) + sum(len(found) for found in built.needs.values())
        self.budget = max(50, _BUDGET // (size + 1))

    def best(self) -> tuple[float, ...]:
        start = self._forced()
        queue = [(self._cost(start), start)]
        seen = {start}
        for _ in range(self.budget):
            _, caps = heapq.heappop(queue)
            if self.built.least(self._allowed(caps)) is not None:
                return caps
            for index, cap in enumerate(caps):
                higher = [step for step in self.steps if step > cap]
                if higher:
                    raised = (*caps[:index], higher[0], *caps[index + 1 :])
                    if raised not in seen:
                        seen.add(raised)
                        heapq.heappush(queue, (self._cost(raised), raised))
        return self._lowered()

    def _forced(self) -> tuple[float, ...]:
        """The least that each cap must be: what has one level only stands there."""
        caps = dict.fromkeys(self.levels, EMPTY)
        for g, found in self.windows.items():
            if len(found) == 1:
                caps[found[0]] = max(caps[found[0]], self.slow[g])
        # Up to the delay a wave costs the same; the last one is not waited for.
        return tuple(
            cap if cap == EMPTY or level == self.levels[-1] else max(cap, self.delay)
            for level, cap in caps.items()
        )

    def _lowered(self) -> tuple[float, ...]:
        caps = [self.steps[-1]] * len(self.levels)
        for index in range(len(caps)):
            for step in self.steps:
                tried = [*caps[:index], step, *caps[index + 1 :]]
                if self.built.least(self._allowed(tuple(tried))) is not None:
                    caps = tried
                    break
        return tuple(caps)

    def _cost(self, caps: tuple[float, ...]) -> tuple[int, float, tuple[float, ...]]:
        used = [cap for cap in caps if cap != EMPTY]
        waited = sum(max(self.delay, cap) for cap in used[:-1])
        return len(used), waited + (used[-1] if used else 0.0), caps

    def _allowed(self, caps: tuple[float, ...]) -> dict[int, list[int]]:
        cap = dict(zip(self.levels, caps, strict=True))
        return {
            g: [level for level in found if cap[level] >= self.slow[g]]
            for g, found in self.windows.items()
        }

    def schedule(self, caps: tuple[float, ...]) -> Schedule:
        allowed = self._allowed(caps)
        least, greatest = self.built.least(allowed), self.built.greatest(allowed)
        assert least is not None and greatest is not None
        return Schedule(allowed, least, greatest)
