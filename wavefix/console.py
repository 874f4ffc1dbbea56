"""The terminal: what goes to it, and how errors end a command."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from wavefix.errors import InputError
from wavefix.progress import printable

OK, CHANGES, BAD_INPUT = 0, 1, 2
_MOST_ERRORS = 20  # shown one by one


def show(text: str) -> None:
    """Text to stdout as it is: UTF-8, no newline translated."""
    sys.stdout.flush()
    data = text.encode("utf-8", "surrogateescape")
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.write(text)
    else:
        stream.write(data)
        stream.flush()


def tell(errors: tuple[InputError, ...]) -> None:
    """Errors on stderr, each in one line."""
    for error in errors[:_MOST_ERRORS]:
        print(_message(error), file=sys.stderr)
    if len(errors) > _MOST_ERRORS:
        print(f"and {len(errors) - _MOST_ERRORS} more errors like these", file=sys.stderr)


def say(text: str) -> None:
    """One line on stderr."""
    print(printable(text), file=sys.stderr)


def _message(error: InputError) -> str:
    file = error.file
    if os.path.isabs(file):
        file = os.path.relpath(file)
    return printable(error.text(file))


@contextmanager
def reported() -> Iterator[None]:
    """Bad input as one line on stderr and exit status 2; a closed pipe ends the output quietly."""
    try:
        _check_place()
        yield
    except InputError as error:
        print(_message(error), file=sys.stderr)
        raise typer.Exit(BAD_INPUT) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(OK) from None


def _check_place() -> None:
    try:
        os.getcwd()
    except OSError:
        problem = "the working directory is not there any more"
        raise InputError(problem, "change to one that is") from None


def on_terminal() -> bool:
    """Whether a person reads stdout, rather than a program."""
    return sys.stdout.isatty()


def color() -> bool:
    """Whether stdout takes colours."""
    return on_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
