"""How many waves there are, and which numbers they bear.

Waves are slots, counted from 0, which levels are put on at the end. Where some levels are given,
the slots between, before and after them can be shared out in several ways; each is a layout.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wavefix.plan.system import System

_Slots = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """`count` slots; the given `levels` (sorted) have the slots `given`."""

    count: int
    levels: tuple[int, ...]
    given: _Slots

    def numbers(self, zero: int) -> list[int]:
        """The level of each slot: as given, else as near to 0 as can be, with 0 for `zero`."""
        out = [0] * self.count
        edges = [(None, -1), *zip(self.levels, self.given, strict=True), (None, self.count)]
        for (below, left), (above, right) in pairwise(edges):
            slots = range(left + 1, right)
            if slots:
                first = slots[0] - min(max(zero, slots[0]), slots[-1])
                if below is not None:
                    first = max(first, below + 1)
                if above is not None:
                    first = min(first, above - len(slots))
                for number, slot in enumerate(slots, first):
                    out[slot] = number
        for level, slot in zip(self.levels, self.given, strict=True):
            out[slot] = level
        return out


def layouts(built: System) -> Iterator[Layout]:
    """Every way to have the fewest slots."""
    height = built.longest(dict.fromkeys(built.order, 0))
    depth = max(height.values())
    levels = sorted(set(built.fixed.values()))
    if not levels:
        yield Layout(depth + 1, (), ())
        return
    limits = _Limits(built, levels, height)
    least = limits.raised(tuple(limits.before))
    count = max(depth, *(slot + after for slot, after in zip(least, limits.after, strict=True))) + 1
    todo, seen = deque([least]), {least}
    while todo:
        given = todo.popleft()
        yield Layout(count, tuple(levels), given)
        for index, slot in enumerate(given):
            other = limits.raised((*given[:index], slot + 1, *given[index + 1 :]))
            last = max(slot + after for slot, after in zip(other, limits.after, strict=True))
            if last < count and other not in seen:
                seen.add(other)
                todo.append(other)


class _Limits:
    """What the slots of given levels must keep from one another, and from both ends."""

    def __init__(self, built: System, levels: Sequence[int], height: dict[int, int]) -> None:
        at = {level: [g for g, fixed in built.fixed.items() if fixed == level] for level in levels}
        self.before = [max(height[g] for g in at[level]) for level in levels]
        self.after = []
        self.apart: list[list[int]] = []  # by earlier, then by later level
        for level in levels:
            reached = built.longest(dict.fromkeys(at[level], 0))
            self.after.append(max(reached.values()))
            self.apart.append([max(reached.get(g, 0) for g in at[other]) for other in levels])
        self.room = [later - earlier for earlier, later in pairwise(levels)]

    def raised(self, slots: _Slots) -> _Slots:
        """The least slots that are no lower than these and keep what must be kept."""
        out = list(slots)
        while True:
            for later in range(1, len(out)):
                for earlier in range(later):
                    out[later] = max(out[later], out[earlier] + max(1, self.apart[earlier][later]))
            for index, room in reversed(list(enumerate(self.room))):
                out[index] = max(out[index], out[index + 1] - room)
            if tuple(out) == slots:
                return slots
            slots = tuple(out)
