"""A system call fails, any of them, once or from then on: all files are old or all are new.

What fails is said, nothing is left beside the files, and the next run takes back what could not be.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from killing import TRACED, World

from wavefix.errors import InputError

# The calls of wavefix.transaction, and those that the lock makes below it. What lstat and access
# say decides where a journal is kept: other tests show what comes of it.
CALLS = (
    "open", "read", "write", "fstat", "listdir", "fchown", "listxattr",
    "setxattr", "chmod", "fsync", "close", "replace", "unlink", "mkdir",
)  # fmt: skip
ERRORS = (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO)


class Faults:
    """Makes the n-th call of a name fail, or all from the n-th on; counts the calls."""

    def __init__(self, name: str, number: int, error: int, on: bool) -> None:
        self.name, self.number, self.error, self.on = name, number, error, on
        self.calls = 0
        self.hit = False

    def __enter__(self) -> Faults:
        self.real = getattr(os, self.name)
        setattr(os, self.name, self)
        return self

    def __exit__(self, *_: object) -> None:
        setattr(os, self.name, self.real)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.calls += 1
        if self.calls == self.number or (self.on and self.calls > self.number):
            self.hit = True
            if self.name == "close":  # Linux: the descriptor is gone all the same
                self.real(*arguments)
            raise OSError(self.error, os.strerror(self.error), "x")
        return self.real(*arguments, **named)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    return World(tmp_path / "world")


def each(
    world: World, name: str, error: int, on: bool, prepare: Callable[[], None],
    action: Callable[[], None],
) -> Iterator[tuple[str, InputError | None]]:  # fmt: skip
    """The action with each of its calls of a name failing, and what was raised."""
    number, hit = 0, True
    while hit:
        number += 1
        world.fresh()
        prepare()
        raised = None
        with Faults(name, number, error, on) as faults:
            try:
                action()
            except InputError as input_error:
                raised = input_error
        hit = faults.hit
        if hit:
            yield f"{name} {number}", raised


def nothing() -> None:
    pass


@pytest.mark.parametrize(
    ("what", "error", "names"),
    [
        *(("write", error, ("one",)) for error in ERRORS),
        ("undo", errno.EIO, ("one",)),
        ("write", errno.ENOSPC, ("one", "two")),
        ("undo", errno.ENOSPC, ("one", "two")),
    ],
)
def test_one_call_fails(world: World, what: str, error: int, names: tuple[str, ...]) -> None:
    world.names = names
    undo = what == "undo"
    before, after = ("new", "old") if undo else ("old", "new")
    prepare, action = (world.write, world.undo) if undo else (nothing, world.write)
    tried = 0
    for name in CALLS:
        for which, raised in each(world, name, error, False, prepare, action):
            tried += 1
            where = f"{which}: {raised and raised.text(raised.file)}"
            assert world.found() == {before if raised else after}, where
            if world.pending():  # done, but one of several records is still to be made
                assert (name, len(names), raised) == ("replace", 2, None), where
                assert world.recover() == []
            assert not world.leftovers(), where
            assert not world.pending(), where
            assert world.records() == {world.found() == {"new"}}, where
            if raised:
                assert os.strerror(error) in raised.problem, where
                assert "nothing was" in raised.advice, where
                assert raised.file, where
    assert tried > 80


@pytest.mark.parametrize("what", ["write", "undo", "recovery"])
def test_every_call_fails_from_one_on(world: World, what: str) -> None:
    world.names = ("one", "two")
    prepare, action = {
        "write": (nothing, world.write),
        "undo": (world.write, world.undo),
        "recovery": (lambda: half(world), lambda: print(world.recover())),
    }[what]
    told = 0
    for name in CALLS:
        for which, raised in each(world, name, errno.EIO, True, prepare, action):
            assert world.found() <= {"old", "new"}, which
            if world.found() == {"old", "new"}:
                assert raised, which
                assert world.pending(), which
                assert "mend that" in raised.advice, (which, raised.advice)
                told += 1
            world.recover()
            assert len(world.found()) == 1, which
            assert not world.leftovers(), which
            assert world.records() == {world.found() == {"new"}}, which
    assert told > 5


def half(world: World) -> None:
    """What a run leaves that is killed before its last step."""
    from wavefix.transaction.place import of

    world.write()
    for root in world.roots:
        place = of(os.path.realpath(root))
        os.rename(place.record, place.journal)


@pytest.mark.parametrize("what", ["write", "undo"])
def test_an_interrupt_at_any_line(world: World, what: str) -> None:
    """As Ctrl-C and SIGTERM end a run: an exception between any two lines."""
    undo = what == "undo"
    before, after = ("new", "old") if undo else ("old", "new")
    point, interrupted = 0, True
    while interrupted:
        point += 3 if undo else 1  # most lines of an undo are those of a write
        world.fresh()
        if undo:
            world.write()
        interrupted = interrupt(world.undo if undo else world.write, point)
        assert world.found() in ({before}, {after}), point
        assert not world.leftovers(), point
        assert not world.pending(), point
        assert world.records() == {world.found() == {"new"}}, point
    assert world.found() == {after}
    assert point > 400


def interrupt(action: Callable[[], None], point: int) -> bool:
    """Run the action with a KeyboardInterrupt at its n-th line; whether it had so many."""
    left = point

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if event == "call" and not frame.f_code.co_filename.startswith(TRACED):
            return None
        if event == "line":
            left -= 1
            if not left:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False
