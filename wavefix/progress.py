"""A progress bar on stderr, where a terminal watches and work takes long."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wavefix.harmless import harmless

if TYPE_CHECKING:
    from wavefix.analysis import Progress as Tell

_LONG = 0.5  # seconds after which work gets a progress bar


def printable(text: str) -> str:
    """Text that cannot do anything to a terminal."""
    signs = (sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return harmless("".join(signs))


@contextmanager
def progress() -> Iterator[Tell | None]:
    """Something to tell progress to; None where no terminal watches."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    from threading import Timer

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=None)
    late = Timer(_LONG, bar.start)
    late.daemon = True
    late.start()

    def tell(what: str, done: int, total: int) -> None:
        bar.update(task, description=printable(what), completed=done, total=total or None)

    try:
        yield tell
    finally:
        late.cancel()
        late.join()
        bar.stop()
