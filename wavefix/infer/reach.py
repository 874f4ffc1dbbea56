"""What a resource needs, and what that needs in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wavefix.model import Edge, Key

_MOST = 5_000_000  # keys that are held in memory


class Reach:
    """The edges of a component, to be followed from dependents to dependencies."""

    def __init__(self, edges: Iterable[Edge], look: Callable[[int], None]) -> None:
        self._look = look  # counts what is followed
        self._held = 0  # keys in what is known
        self._needs: dict[Key, list[Key]] = {}
        self._known: dict[Key, frozenset[Key]] = {}
        for edge in edges:
            self._needs.setdefault(edge.dependent, []).append(edge.dependency)

    def of(self, start: Key) -> frozenset[Key]:
        """Everything that a resource needs, near or far."""
        if start in self._known:
            return self._known[start]
        seen: set[Key] = set()
        todo = [start]
        while todo:
            for key in self._needs.get(todo.pop(), ()):
                if key not in seen:
                    seen.add(key)
                    todo.append(key)
        self._look(len(seen))
        self._held += len(seen)
        if self._held > _MOST:
            self._known.clear()
            self._held = len(seen)
        return self._known.setdefault(start, frozenset(seen))
