"""Which wave may hold how slow a thing, so that the deploy is the fastest.

The time of a wave is the longest time in it, that of a deploy their sum. A cap for each slot says
how slow its slowest may be. Under given caps the constraints have a least solution or none; where
none, something has to be let into an earlier slot, and the search goes on from there, cheapest
first.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import fsum, inf

from wavefix.plan.system import System

Caps = tuple[float, ...]

_BUDGET = 500_000  # steps of a search before it settles for a good answer


@dataclass(frozen=True, slots=True)
class Windows:
    """The slots, from `low` to `high`, that each group may have; `slow` is what it takes there."""

    built: System
    count: int
    slow: Mapping[int, float]
    low: Mapping[int, int]
    high: Mapping[int, int]

    def least(self, caps: Caps | None = None) -> tuple[dict[int, int], int | None]:
        """The lowest slot of each group, up to the first that has none, which is given as well."""
        following = self._following(caps)
        out: dict[int, int] = {}
        for g in self.built.order:
            bound = max([self.low[g], *(out[v] + d for v, d in self.built.needs[g].items())])
            slot = following[self.slow[g]][bound] if bound < self.count else bound
            if slot > self.high[g]:
                return out, g
            out[g] = slot
        return out, None

    def greatest(self, caps: Caps | None = None) -> dict[int, int]:
        """The highest slot of each group, where there is a solution."""
        preceding = self._preceding(caps)
        out: dict[int, int] = {}
        for g in reversed(self.built.order):
            bound = min([self.high[g], *(out[u] - d for u, d in self.built.users[g].items())])
            out[g] = preceding[self.slow[g]][bound]
        return out

    def _following(self, caps: Caps | None) -> dict[float, list[int]]:
        """For each time and slot, the next slot that lets it in."""
        out = {}
        for slow in set(self.slow.values()):
            slots, last = [0] * self.count, self.count
            for slot in reversed(range(self.count)):
                last = slot if caps is None or caps[slot] >= slow else last
                slots[slot] = last
            out[slow] = slots
        return out

    def _preceding(self, caps: Caps | None) -> dict[float, list[int]]:
        """For each time and slot, the last slot up to there that lets it in."""
        out = {}
        for slow in set(self.slow.values()):
            slots, last = [], -1
            for slot in range(self.count):
                last = slot if caps is None or caps[slot] >= slow else last
                slots.append(last)
            out[slow] = slots
        return out


def windows(built: System, slow: Mapping[int, float], count: int, at: Mapping[int, int]) -> Windows:
    """The slots that each group can have at all; `at` holds those that are given."""
    low = {g: at.get(g, 0) for g in built.order}
    high = {g: at.get(g, count - 1) for g in built.order}
    wide = Windows(built, count, slow, low, high)
    return Windows(built, count, slow, wide.least()[0], wide.greatest())


def fastest(given: Windows, delay: float) -> Iterator[Caps]:
    """The caps of the fastest deploys. Every wave but the last costs `delay` at least."""
    caps = [delay] * (given.count - 1) + [0.0]
    for g, slot in given.low.items():
        if slot == given.high[g]:
            caps[slot] = max(caps[slot], given.slow[g])
    start = tuple(caps)
    queue, seen, budget, least = [(fsum(start), start)], {start}, _BUDGET, inf
    while queue and queue[0][0] <= least:
        cost, best = heapq.heappop(queue)
        reached, stuck = given.least(best)
        if stuck is None:
            yield best
            least = cost
            continue
        if budget < 0:
            if least == inf:
                yield _good(given, best)
            return
        budget -= len(given.slow) + given.count
        for slot, slow in _ways_out(given, reached, stuck):
            raised = (*best[:slot], slow, *best[slot + 1 :])
            budget -= given.count
            if raised not in seen:
                seen.add(raised)
                heapq.heappush(queue, (fsum(raised), raised))


def _good(given: Windows, caps: Caps) -> Caps:
    """Caps that do, from caps that may not, by what costs least at every step."""
    while True:
        reached, stuck = given.least(caps)
        if stuck is None:
            return caps
        raises = _ways_out(given, reached, stuck)
        _, slot, slow = min((slow - caps[slot], slot, slow) for slot, slow in raises)
        caps = (*caps[:slot], slow, *caps[slot + 1 :])


def _ways_out(
    given: Windows, reached: Mapping[int, int], stuck: int
) -> Iterator[tuple[int, float]]:
    """The raises (slot, cap) of which any caps that do must have one.

    What is stuck waits for a chain of others. As long as all of them stand where they do, it stays
    stuck; so one of them must be let into a slot that it was kept out of.
    """
    g: int | None = stuck
    end = given.high[stuck] + 1
    while g is not None:
        needs = given.built.needs[g]
        bound = max([given.low[g], *(reached[v] + d for v, d in needs.items())])
        for slot in range(bound, min(end, given.count)):
            yield slot, given.slow[g]
        g = next((v for v, d in needs.items() if reached[v] + d == bound > given.low[g]), None)
        end = reached[g] if g is not None else 0
