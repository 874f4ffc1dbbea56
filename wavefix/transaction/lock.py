"""One run at a time in a repository. A lock ends with its process, however that ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from wavefix.errors import InputError
from wavefix.transaction.place import Place

if TYPE_CHECKING:
    from filelock import FileLock

PATIENCE = 10  # seconds to wait for another run


@contextmanager
def locked(places: Iterable[Place], say: Callable[[str], None]) -> Iterator[None]:
    """Hold the locks of all places, taken in one order, so that no two runs wait for each other.

    Where nothing can be written there is nothing to lock. Raises InputError where another run
    does not end, and for what is no lock.
    """
    with ExitStack() as held:
        for place in sorted(places, key=lambda place: place.lock):
            try:
                place.make()
            except OSError:
                continue
            if os.access(place.directory, os.W_OK):
                held.callback(_taken(place, say).release)
        yield


def _taken(place: Place, say: Callable[[str], None]) -> FileLock:
    from filelock import FileLock, Timeout

    lock = FileLock(place.lock)
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"another wavefix is at work in {place.root}; waiting for it to end")
            lock.acquire(timeout=PATIENCE)
    except Timeout:
        raise InputError(
            f"another wavefix has been at work in this repository for {PATIENCE} seconds",
            "run again when it has ended; nothing was written",
            place.lock,
        ) from None
    except OSError as error:
        problem = f"the lock cannot be taken: {error.strerror or error}"
        advice = "mend that, or remove it; nothing was written"
        raise InputError(problem, advice, place.lock) from None
    return lock
