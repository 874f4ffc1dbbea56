"""The `wavefix` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; `--version` alone answers without loading it."""
    if sys.argv[1:] == ["--version"]:
        from wavefix import __version__

        print(f"wavefix {__version__}")
        return
    from wavefix.cli import app

    app()


if __name__ == "__main__":
    main()
