"""Work that waits for other programs, side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from wavefix.tools.process import give_up

T = TypeVar("T")
R = TypeVar("R")


def together(work: Callable[[T], R], inputs: Sequence[T], waits: bool) -> Iterator[R]:
    """The result for each input, in their order. `waits`: other programs do most of the work."""
    if not waits or len(inputs) < 2:
        yield from map(work, inputs)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            yield from pool.map(work, inputs)
        except (KeyboardInterrupt, SystemExit):
            give_up()  # the pool waits for what still runs
            raise
