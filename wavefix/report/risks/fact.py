"""What was found out about a risk, as data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from wavefix.model import Edge, Key

Answer = Literal["held", "retried", "open", "note"]
"""The waves see to it; no wave does, but something tries again until it works; a person must look;
there is nothing to see to, but it is good to know."""


class Item(NamedTuple):
    """Something that a fact is about, and what is to be said of it."""

    name: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence, and what it is about."""

    answer: Answer
    text: str
    items: tuple[Item, ...] = ()


def listed(names: Iterable[str], most: int = 3) -> str:
    """`a`, `a and b`, `a, b and 5 more`: each name once, as many as there is room for."""
    known = list(dict.fromkeys(names))
    if len(known) > most:
        known = [*known[: most - 1], f"{len(known) - most + 1} more"]
    return " and ".join(filter(None, (", ".join(known[:-1]), *known[-1:])))


def ids(keys: Iterable[Key], most: int = 3) -> str:
    """The ids of resources, in their order."""
    return listed((key.id for key in sorted(set(keys))), most)


def items(keys: Iterable[Key]) -> tuple[Item, ...]:
    """Resources by their ids, in their order."""
    return tuple(Item(id) for id in dict.fromkeys(key.id for key in sorted(set(keys))))


def needed(edges: Iterable[Edge]) -> tuple[Item, ...]:
    """What some of the edges lead to, and who needs it."""
    users: dict[Key, set[Key]] = defaultdict(set)
    for edge in edges:
        users[edge.dependency].add(edge.dependent)
    return tuple(Item(key.id, f"needed by {ids(users[key])}") for key in sorted(users))


def dependents(edges: Iterable[Edge]) -> set[Key]:
    """Who needs something by some of the edges."""
    return {edge.dependent for edge in edges}


def applications(keys: Iterable[Key]) -> str:
    """The Applications of resources."""
    return listed(sorted({key.application for key in keys}))
