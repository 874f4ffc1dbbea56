"""Kills a run at every point, in children of this process: `killing.py SCENARIO DIRECTORY POINTS`.

POINTS are `lines` or `instructions` of wavefix.transaction, or `states`: one line for every state
of the disk, as only system calls change it. At its n-th point a child sends itself SIGKILL; what it
leaves is looked at, and a next run recovers. Prints how many points there were and what was wrong.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import wavefix.transaction
from wavefix.model import FilePatch, Span
from wavefix.transaction import begin
from wavefix.transaction.place import of

TRACED = os.path.dirname(wavefix.transaction.__file__)
CHANGING = (
    "open", "write", "replace", "rename", "unlink", "mkdir", "rmdir", "truncate", "chmod", "fchown",
    "setxattr", "link", "symlink",
)  # fmt: skip
FILES = ("a.yaml", "deep/b.yaml", "deep/c.yaml")


def old(name: str) -> str:
    return f"# {name}\nwave: 'é2'\nend: 1\n"


def new(name: str) -> str:
    return f"# {name}\nwave: 'é-10'\nend: 1\n"


def patches(root: Path) -> list[FilePatch]:
    span = Span(old(FILES[0]).index("2"), "2", "-10")
    out = []
    for name in FILES:
        moved = Span(span.start + len(name) - len(FILES[0]), span.old, span.new)
        out.append(FilePatch(str(root / name), old(name), new(name), (), (), (moved,)))
    return out


def quiet(_: str) -> None:
    pass


@dataclass
class World:
    """Repositories in a directory, each with its files old, and what is done to them."""

    directory: Path
    names: tuple[str, ...] = ("one",)
    git: bool = True
    kind: str = "lines"
    changes: int = 0  # of the disk, as far as system calls were watched
    points: int = 0
    recovered: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def roots(self) -> list[Path]:
        return [self.directory / name for name in self.names]

    def fresh(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        for root in self.roots:
            (root / "deep").mkdir(parents=True)
            if self.git:
                (root / ".git").mkdir()
                (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
            for name in FILES:
                (root / name).write_text(old(name))

    def write(self) -> None:
        with begin(map(str, self.roots), quiet) as run:
            run.write([patch for root in self.roots for patch in patches(root)])

    def undo(self) -> None:
        with begin(map(str, self.roots), quiet) as run:
            if not run.halved:
                run.undo()

    def recover(self) -> list[str]:
        said: list[str] = []
        with begin(map(str, self.roots), said.append):
            pass
        return said

    def found(self) -> set[str]:
        """What the files are; wrong, where one is neither old nor new."""
        out = set()
        for root in self.roots:
            for name in FILES:
                text = (root / name).read_text()
                known = {old(name): "old", new(name): "new"}
                out.add(known.get(text, f"{name} is neither"))
        return out

    def leftovers(self) -> list[str]:
        """Every file that is there beside the own ones, a record and a lock."""
        own = {root / name for root in self.roots for name in FILES}
        kept = ("HEAD", "last.json", "lock")
        return [
            str(path)
            for path in self.directory.rglob("*")
            if path.is_file() and path not in own and not path.name.endswith(kept)
        ]

    def records(self) -> set[bool]:
        """Whether there is something to undo in the repositories."""
        return {of(os.path.realpath(root)).last() is not None for root in self.roots}

    def pending(self) -> bool:
        return any(os.path.exists(of(os.path.realpath(root)).journal) for root in self.roots)


def killed(world: World, action: Callable[[], object], point: int) -> bool:
    """Run the action in a child that is killed at a point; whether it came to that."""
    child = os.fork()
    if not child:
        status = 1
        try:
            left = point

            def count() -> None:
                nonlocal left
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

            traced(world, action, count)
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the action itself failed"
    return False


def traced(world: World, action: Callable[[], object], at_point: Callable[[], object]) -> None:
    """Run the action and call something at each of its points: before and after each system call
    that changes the disk, and at each line. What it writes comes in pieces."""
    instructions = world.kind == "instructions"

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if event == "call":
            if not frame.f_code.co_filename.startswith(TRACED):
                return None
            frame.f_trace_opcodes, frame.f_trace_lines = instructions, not instructions
        elif event == ("opcode" if instructions else "line"):
            at_point()
        return trace

    def stopping(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            at_point()
            if name == "write":
                handle, data = arguments
                arguments = handle, data[: max(16, len(data) // 2)]
            made = real(*arguments, **named)
            world.changes += 1
            at_point()
            return made

        return call

    calls = {name: getattr(os, name) for name in CHANGING}
    for name, real in calls.items():
        setattr(os, name, stopping(name, real))
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(None)
        for name, real in calls.items():
            setattr(os, name, real)


def states(world: World, action: Callable[[], object]) -> list[int]:
    """Of all points the first in each state of the disk."""
    point, seen = 0, -1
    out = []

    def look() -> None:
        nonlocal point, seen
        point += 1
        if world.changes != seen:
            out.append(point)
        seen = world.changes

    traced(world, action, look)
    return out


def each(
    world: World, prepare: Callable[[], object], action: Callable[[], object]
) -> Iterator[int]:
    """Kill the action at its points, each time in a fresh world."""
    points: Iterable[int] = itertools.count(1)
    if world.kind == "states":
        world.fresh()
        prepare()
        points = [*states(world, action), 1 << 40]
    for point in points:
        world.fresh()
        prepare()
        if not killed(world, action, point):
            return
        world.points += 1
        yield point


def check(world: World, point: int, done: str, not_done: str) -> None:
    """After a kill all files are whole; after the next run all are alike, and it says so."""
    found = world.found()
    pending = world.pending()
    said = world.recover()
    world.recovered += bool(said)
    after = world.found()
    problems = [
        not found <= {"old", "new"} and f"left {found}",
        len(found) > 1 and not said and "files differ and nothing was said",
        after not in ({done}, {not_done}) and f"recovered to {after}",
        world.leftovers() and f"left over {world.leftovers()}",
        world.pending() and "a journal is left",
        world.records() != {after == {"new"}} and f"{after}, and records are {world.records()}",
        bool(said) and not pending and f"said {said} of nothing",
        done not in found and after != {not_done} and "a run that did nothing is done",
    ]
    world.wrong += [f"point {point}: {problem}" for problem in problems if problem]


def of_write(world: World) -> None:
    for point in each(world, lambda: None, world.write):
        check(world, point, "new", "old")


def of_undo(world: World) -> None:
    for point in each(world, world.write, world.undo):
        check(world, point, "old", "new")


def of_recovery(world: World) -> None:
    """A run that is killed when all files are new and its journal not yet the record."""

    def half() -> None:
        world.write()
        for root in world.roots:
            place = of(os.path.realpath(root))
            os.rename(place.record, place.journal)

    for point in each(world, half, world.recover):
        check(world, point, "old", "old")


def of_recovery_anywhere(world: World) -> None:
    """A run that is killed at a random point, and so is its recovery."""
    random = Random(1)
    for point in range(160):
        world.fresh()
        killed(world, world.write, random.randint(1, 700))
        world.points += killed(world, world.recover, random.randint(1, 700))
        check(world, point, "new", "old")


def of_undo_again(world: World) -> None:
    """An undo that is killed, and simply run again."""
    for point in each(world, world.write, world.undo):
        world.undo()
        if world.found() != {"old"}:
            world.wrong.append(f"point {point}: {world.found()}")


SCENARIOS = {
    "write": of_write,
    "undo": of_undo,
    "undo again": of_undo_again,
    "recovery": of_recovery,
    "recovery anywhere": of_recovery_anywhere,
}


def main() -> None:
    name, directory, kind = sys.argv[1:]
    what, _, where = name.partition(" in ")
    world = World(Path(directory) / "world", kind=kind)
    if where == "two":
        world.names = ("one", "two")
    elif where == "state":
        world.git = False
        os.environ["XDG_STATE_HOME"] = str(world.directory / "state")
    world.fresh()
    world.write()  # everything is imported before the first fork
    os.fsync = lambda handle: None  # type: ignore[assignment]  # what SIGKILL leaves needs no disk
    SCENARIOS[what](world)
    print(json.dumps({"points": world.points, "said": world.recovered, "wrong": world.wrong}))


if __name__ == "__main__":
    main()
