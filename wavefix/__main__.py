"""The `wavefix` command."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import suppress


def main() -> None:
    """Run the command line; `--version` alone answers without loading it."""
    _no_closed_streams()
    if sys.argv[1:] == ["--version"]:
        from wavefix import __version__

        print(f"wavefix {__version__}")
        return
    gc.disable()  # one short run: what is made lives to its end
    from wavefix.cli import app

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # helm and its scratch go first
    status: object = 0
    try:
        app()
    except SystemExit as done:
        status = done.code
    # All that was read is still in memory: taking it apart would cost a tenth of the run.
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


def _no_closed_streams() -> None:
    """Standard streams that are closed lead nowhere: a file must not get what is printed."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, number)
            if nowhere != number:
                os.close(nowhere)
            setattr(sys, name, os.fdopen(number, mode, closefd=False))


if __name__ == "__main__":
    main()
