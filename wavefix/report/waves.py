"""The picture of a review: the waves of a component as they are and as planned, and what moves.

Only what matters has a name in it: what moves, and both ends of every need that is broken now or
would be then. Of these, resources that stand, move and are needed alike share a box; all others of
a wave are a count. An arrow points at what is needed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from wavefix.argocd import kind_order
from wavefix.model import Key, Resource
from wavefix.plan.awaited import Step, named
from wavefix.report.situation import Pair, Situation, State, pairs


@dataclass(frozen=True, slots=True)
class Box:
    """Resources under a short name (b0, b1, ...), or the rest of a wave (r0, r1, ...)."""

    name: str
    lines: tuple[str, ...]
    look: str  # "moved", "stays" or "rest"


@dataclass(frozen=True, slots=True)
class Column:
    """One wave of one phase."""

    label: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """From what needs something to what it needs."""

    tail: str
    head: str
    broken: bool  # the waves tell the wrong order
    apart: bool  # the ends are in different Applications, which no wave orders, and no step
    later: bool  # its head stands in a later column


@dataclass(frozen=True, slots=True)
class Picture:
    """The waves at one time, in their order."""

    columns: tuple[Column, ...]
    arrows: tuple[Arrow, ...]


class Detail(NamedTuple):
    """How many names a box has: of what moves, and of what stays."""

    moved: int
    stays: int


Way = Literal["the same", "the same places", "anything"]
"""What resources of one box need, and are needed by, besides standing and going alike."""

# What a reader, and a layout, can take in. Mermaid itself draws 500 links (config, maxEdges).
_BOXES, _ARROWS, _MOST_ARROWS = 30, 24, 80


def pictures(now: Situation, detail: Detail) -> tuple[Picture, Picture] | None:
    """The waves before and after, in as many boxes as can be read; None where nothing moves."""
    moved = {key for key in now.moved if now.now.steps.get(key) != now.then.steps.get(key)}
    if not moved:
        return None
    before, after = pairs(now.now.broken), pairs(now.then.broken)
    ways: tuple[Way, ...] = ("the same", "the same places", "anything")
    for way in ways:
        groups = _groups(now, moved, before | after, way)
        found = (
            _picture(now, (now.now, now.then), groups, detail, before, set()),
            _picture(now, (now.then, now.now), groups, detail, after, before - after),
        )
        arrows = max(len(picture.arrows) for picture in found)
        if len(groups) <= _BOXES and arrows <= _ARROWS:
            break
    if arrows > _MOST_ARROWS:
        return replace(found[0], arrows=()), replace(found[1], arrows=())
    return found


def _groups(now: Situation, moved: set[Key], needs: set[Pair], way: Way) -> list[list[Key]]:
    """What has a name in the picture, together what looks alike in it; in the order of Argo CD."""
    links: dict[Key, set[object]] = defaultdict(set)

    def look(key: Key) -> tuple[Step, Step]:
        return now.now.steps[key], now.then.steps[key]

    for tail, head in needs:
        ends = (head, tail) if way == "the same" else (look(head), look(tail))
        apart = tail.application != head.application
        links[tail].add(("needs", ends[0], apart))
        links[head].add(("needed", ends[1], apart))
    alike: dict[object, list[Key]] = defaultdict(list)
    for key in sorted(moved | links.keys(), key=lambda key: (_rank(now.resources[key]), key)):
        alike[look(key), frozenset(links[key] if way != "anything" else ())].append(key)
    return list(alike.values())


def _rank(item: Resource) -> tuple[int, str]:
    return kind_order(item.kind), item.kind


def _picture(
    now: Situation,
    states: tuple[State, State],
    groups: Sequence[Sequence[Key]],
    detail: Detail,
    broken: set[Pair],
    held: set[Pair],
) -> Picture:
    """The first of two states; the other one says where things go to, or come from."""
    state, other = states
    boxes: dict[Step, list[Box]] = defaultdict(list)
    box_of: dict[Key, str] = {}
    for number, keys in enumerate(groups):
        here, there = state.steps[keys[0]], other.steps[keys[0]]
        lines = _lines(now, keys, detail.stays if here == there else detail.moved)
        if here != there:
            lines.append(f"({'to' if state is now.now else 'from'} {named(there)})")
        box = Box(f"b{number}", tuple(lines), "stays" if here == there else "moved")
        boxes[here].append(box)
        box_of.update((key, box.name) for key in keys)
    for step, box in _rests(now, state, box_of):
        boxes[step].append(box)
    columns = tuple(Column(named(step), tuple(boxes[step])) for step in sorted(boxes))
    return Picture(columns, tuple(_arrows(now, state, box_of, broken, held)))


def _lines(now: Situation, keys: Sequence[Key], names: int) -> list[str]:
    """Kind and name of each, or of as many as there is room for, and how many more there are."""
    items = [now.resources[key] for key in keys]
    if len(items) <= names:
        return [_label(now, item) for item in items]
    shown = max(names - 1, 0)
    rest = _counts(items[shown:], 3)
    return [
        *(_label(now, item) for item in items[:shown]),
        *(["and more:"] if shown else []),
        *rest,
    ]


def _label(now: Situation, item: Resource) -> str:
    """Its kind and name, with the namespace where there are several."""
    kind, _, rest = item.id.partition("/")
    if now.single:
        rest = rest.removeprefix(f"{item.namespace}/")
    return f"{kind.partition('.')[0]} {rest}"


def _counts(items: Sequence[Resource], kinds: int) -> list[str]:
    """How many of each kind there are, the most frequent first."""
    numbers = Counter(item.kind.partition(".")[0] for item in items)
    most = sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = [f"{kind} ({number})" if number > 1 else kind for kind, number in most[:kinds]]
    more = sum(number for _, number in most[kinds:])
    return [*lines, f"and {more} more"] if more else lines


def _rests(now: Situation, state: State, box_of: Mapping[Key, str]) -> Iterator[tuple[Step, Box]]:
    """What has no name in the picture, one box for each wave."""
    rest: dict[Step, list[Resource]] = defaultdict(list)
    for key, step in state.steps.items():
        if key not in box_of:
            rest[step].append(now.resources[key])
    for number, step in enumerate(sorted(rest)):
        yield step, Box(f"r{number}", tuple(_counts(rest[step], 6)), "rest")


def _arrows(
    now: Situation, state: State, box_of: Mapping[Key, str], broken: set[Pair], held: set[Pair]
) -> Iterator[Arrow]:
    """One arrow from box to box; of several in one the worst: broken, then apart."""
    apart = pairs(edge for edge in now.edges if state.relation(edge) == "apart")
    found: dict[tuple[str, str], Arrow] = {}
    for some, wrong in ((broken, True), (held & apart, False), (held, False)):
        for pair in sorted(some):
            tail, head = pair
            ends = box_of[tail], box_of[head]
            if ends[0] != ends[1]:
                later = state.steps[head] > state.steps[tail]
                found.setdefault(ends, Arrow(*ends, wrong, pair in apart, later))
    yield from (found[ends] for ends in sorted(found))
