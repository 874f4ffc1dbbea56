"""A run that is killed: every file is wholly old or wholly new, and the next run makes all alike.

`killing.py` kills at every point, without a clock; a real program is killed whenever it comes.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from conftest import ROOT, Cli
from test_cli import LATE, MENDED

KILLING = Path(__file__).with_name("killing.py")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A directory in memory, where there is one: what is killed needs no disk."""
    shared = "/dev/shm"
    with TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else tmp_path) as path:
        yield Path(path)


# What is killed, at which points, and how many there are at least, and after how many of them the
# next run has something to take back: a scenario that misses its points would show nothing.
@pytest.mark.parametrize(
    ("scenario", "points", "least", "taken_back"),
    [
        ("write", "lines", 500, 150),
        ("write in two", "states", 80, 50),
        ("write in state", "states", 40, 20),
        ("undo", "states", 40, 20),
        ("undo in two", "states", 80, 50),
        ("undo again", "states", 40, 0),
        ("recovery", "states", 30, 30),
        ("recovery in two", "states", 60, 60),
        ("recovery anywhere", "lines", 20, 20),
    ],
)
def test_killed_at_every_point(
    scenario: str, points: str, least: int, taken_back: int, memory: Path
) -> None:
    ran = subprocess.run(
        [sys.executable, KILLING, scenario, memory, points],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    found = json.loads(ran.stdout)
    assert found["wrong"] == []
    assert found["points"] >= least
    assert found["said"] >= taken_back


def many(directory: Path, number: int) -> dict[str, tuple[str, str]]:
    """A git repository of namespaces with a limit that comes too late; old and new texts."""
    texts: dict[str, tuple[str, str]] = {}
    for index in range(number):
        name = f"app{index}/web.yaml"
        path = directory / name
        path.parent.mkdir(parents=True)
        texts[name] = LATE.replace("web", f"web{index}"), MENDED.replace("web", f"web{index}")
        path.write_text(texts[name][0])
    subprocess.run(["git", "init", "-q"], cwd=directory, check=True)
    return texts


def whole(directory: Path, texts: dict[str, tuple[str, str]]) -> set[str]:
    """Whether the files are old or new; all that is neither fails."""
    states = set()
    for name, (old, new) in texts.items():
        text = (directory / name).read_text()
        assert text in (old, new), name
        states.add("old" if text == old else "new")
    return states


PROGRAM = """
import os, sys
sys.path.insert(0, sys.argv.pop(1))
point = int(sys.argv.pop(1))
import killing, wavefix.cli, wavefix.transaction
world = killing.World("", kind="lines")
def count():
    global point
    point -= 1
    if not point:
        os.kill(os.getpid(), 9)
killing.traced(world, wavefix.cli.app, count)
"""


@pytest.mark.parametrize("point", [300, 480, 600])
def test_the_program_is_killed_and_the_next_one_tells(point: int, tmp_path: Path, cli: Cli) -> None:
    texts = many(tmp_path, 3)
    arguments = [str(KILLING.parent), str(point), "--allow-dirty"]
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == -signal.SIGKILL
    whole(tmp_path, texts)
    half = (tmp_path / ".git/wavefix/journal.json").exists()
    shown = cli("--dry-run", cwd=tmp_path)
    assert (b"stopped half-way" in shown.stderr) == half
    again = cli("--allow-dirty", cwd=tmp_path)
    assert again.returncode == 0
    assert (b"an earlier run was stopped half-way" in again.stderr) == half
    assert whole(tmp_path, texts) == {"new"}
    assert not [name for name in os.listdir(tmp_path / "app0") if name != "web.yaml"]
    assert not (tmp_path / ".git/wavefix/journal.json").exists()


def test_killed_at_any_moment(tmp_path: Path, cli: Cli) -> None:
    texts = many(tmp_path, 60)
    random = Random(7)
    for _ in range(4):
        running = subprocess.Popen(
            [sys.executable, "-m", "wavefix", "--allow-dirty"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # From when it has begun to write, which no clock tells.
        while running.poll() is None and not (tmp_path / ".git/wavefix/journal.json").exists():
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.03))
        running.kill()
        running.wait()
        whole(tmp_path, texts)
        undone = cli("undo", cwd=tmp_path)
        assert undone.returncode == 0
        assert whole(tmp_path, texts) == {"old"}
        assert not list(tmp_path.rglob(".wavefix-*"))
