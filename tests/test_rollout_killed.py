"""A rollout that is killed, at whatever point and by whatever: nothing of it is left behind.

Real processes get real signals. `WAVEFIX_KILLS` is how many points in time are tried besides those
that hooks mark.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Cli
from rollouts import Repo, directories, mended, snapshot

from wavefix.rollout import janitor

KILLS = int(os.environ.get("WAVEFIX_KILLS", "3"))
NAMES = ("a", "b", "c", "d")

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc"), reason="processes are found in /proc")


class Killed:
    """A repository, a rollout of it in a process of its own, and how it was before."""

    def __init__(self, path: Path) -> None:
        self.repo = Repo(path / "repository", *NAMES)
        self.temporary = path / "tmp"
        self.temporary.mkdir()
        self.marks = path / "marks"
        self.marks.mkdir()
        self.words = path / "stderr"
        (self.repo.path / "README").write_text("changed\n")
        self.before = snapshot(self.repo.path), directories(self.repo.path)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "wavefix", "rollout", *arguments]
        command += [f"apps/{name}" for name in NAMES]
        with self.words.open("wb") as words:
            return subprocess.Popen(
                command,
                cwd=self.repo.path,
                env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary)},
                stdout=subprocess.DEVNULL,
                stderr=words,
                start_new_session=True,
                # What runs the tests in the background may have them ignore it.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def processes(self) -> dict[int, str]:
        """Those of the rollout, by their directory for temporary files."""
        out = {}
        for entry in Path("/proc").iterdir():
            try:
                line = (entry / "cmdline").read_bytes()
                whole = line + (entry / "environ").read_bytes()
            except OSError:
                continue
            if entry.name.isdigit() and os.fsencode(self.temporary) in whole and line:
                out[int(entry.name)] = os.fsdecode(line.replace(b"\0", b" "))
        return out

    def one_with(self, words: str) -> int:
        """The process that was called with some words."""
        return wait(lambda: next((p for p, line in self.processes().items() if words in line), 0))

    def assert_nothing_is_left(self) -> None:
        wait(lambda: not self.processes())
        assert list(self.temporary.iterdir()) == []
        assert (snapshot(self.repo.path), directories(self.repo.path)) == self.before
        assert self.repo.git("worktree", "list", "--porcelain").count("worktree ") == 1
        assert not list(self.repo.path.glob(".git/wavefix/wavefix-*"))
        refs = self.repo.git("for-each-ref", "--format=%(refname)").splitlines()
        for name in NAMES:
            made = [ref for ref in refs if ref.endswith(f"wavefix/apps/{name}")]
            assert len(made) in (0, 2), "the branch and its record, or neither"
            if made:
                branch = f"wavefix/apps/{name}"
                assert self.repo.show(branch, f"apps/{name}/all.yaml") == mended(name)


def wait(until: Callable[[], int]) -> int:
    """Until something is so; what is waited for always comes, and takes as long as it takes."""
    for _ in range(1200):
        if found := until():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Killed]:
    made = Killed(tmp_path)
    yield made
    for process in made.processes():
        os.kill(process, signal.SIGKILL)


def stop_in_hook(killed: Killed) -> None:
    """Every commit waits in a hook, which says that it is there."""
    killed.repo.hook("pre-commit", f"touch {killed.marks}/$$; sleep 300")
    killed.before = snapshot(killed.repo.path), directories(killed.repo.path)


@pytest.mark.parametrize("executor", ["processes", "serial"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_in_the_midst_of_a_hook(killed: Killed, executor: str, number: signal.Signals) -> None:
    stop_in_hook(killed)
    process = killed.start("--executor", executor, "--jobs", "2")
    wait(lambda: len(list(killed.marks.iterdir())) == (2 if executor == "processes" else 1))
    process.send_signal(number)
    assert process.wait() != 0
    killed.assert_nothing_is_left()


def test_all_of_its_group(killed: Killed) -> None:
    stop_in_hook(killed)
    process = killed.start("--jobs", "2")
    wait(lambda: len(list(killed.marks.iterdir())) == 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    killed.assert_nothing_is_left()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("to_all", [True, False])
def test_while_workers_start(killed: Killed, number: signal.Signals, to_all: bool) -> None:
    """They, and what tracks their resources, have nothing to say about it."""
    process = killed.start("--jobs", "4")
    killed.one_with("multiprocessing.spawn")
    (os.killpg if to_all else os.kill)(process.pid, number)
    assert process.wait() != 0
    killed.assert_nothing_is_left()
    assert killed.words.read_text() == ""


def test_a_worker_takes_nothing_along(killed: Killed) -> None:
    """The components that it had are done by others."""
    killed.repo.hook(
        "pre-commit", f"test -e {killed.marks}/go || {{ touch {killed.marks}/$$; sleep 300; }}"
    )
    killed.before = snapshot(killed.repo.path), directories(killed.repo.path)
    process = killed.start("--jobs", "2")
    wait(lambda: len(list(killed.marks.iterdir())) == 2)
    (killed.marks / "go").touch()
    os.kill(killed.one_with("multiprocessing.spawn"), signal.SIGKILL)
    assert process.wait() == 0
    assert set(killed.repo.branches()) == {f"wavefix/apps/{name}" for name in NAMES}
    killed.assert_nothing_is_left()


def test_a_component_that_ends_its_worker_fails_alone(killed: Killed) -> None:
    kill = "kill -9 $(ps -o ppid= -p $PPID)"  # the parent of the git that runs the hook
    killed.repo.hook("pre-commit", f"git diff --cached --quiet -- apps/b || {kill}")
    killed.before = snapshot(killed.repo.path), directories(killed.repo.path)
    process = killed.start("--jobs", "2")
    assert process.wait() == 1
    assert set(killed.repo.branches()) == {f"wavefix/apps/{name}" for name in "acd"}
    killed.assert_nothing_is_left()


def test_what_outlives_its_janitor_is_swept_by_the_next_run(killed: Killed, cli: Cli) -> None:
    stop_in_hook(killed)
    process = killed.start("--jobs", "2")
    wait(lambda: len(list(killed.marks.iterdir())) == 2)
    os.kill(killed.one_with("janitor.py watch"), signal.SIGKILL)
    process.kill()
    process.wait()
    wait(lambda: not any("multiprocessing" in line for line in killed.processes().values()))
    assert any("sleep 300" in line for line in killed.processes().values())
    assert list(killed.temporary.iterdir()) != []
    os.environ["TMPDIR"] = str(killed.temporary)
    try:
        assert cli("rollout", "--dry-run", "apps/a", cwd=killed.repo.path).returncode == 0
    finally:
        del os.environ["TMPDIR"]
    killed.assert_nothing_is_left()


@pytest.mark.parametrize("same", [True, False])
def test_a_number_that_may_be_anothers_by_now_is_left_alone(tmp_path: Path, same: bool) -> None:
    process = subprocess.Popen(["sleep", "300"], start_new_session=True)
    entered = janitor.started(process.pid)
    assert entered
    (tmp_path / "running").mkdir()
    entry = tmp_path / "running" / str(process.pid)
    entry.write_text(entered if same else f"{entered}0")
    ended = janitor.end(str(tmp_path), left=True)
    process.kill()
    process.wait()
    assert ended == ([process.pid] if same else [])


def test_one_rollout_does_not_sweep_another(killed: Killed, cli: Cli) -> None:
    stop_in_hook(killed)
    process = killed.start("--jobs", "2")
    wait(lambda: len(list(killed.marks.iterdir())) == 2)
    there = set(killed.temporary.iterdir())
    os.environ["TMPDIR"] = str(killed.temporary)
    try:
        assert cli("rollout", "--dry-run", "apps/a", cwd=killed.repo.path).returncode == 0
    finally:
        del os.environ["TMPDIR"]
    assert set(killed.temporary.iterdir()) == there
    process.kill()
    process.wait()
    killed.assert_nothing_is_left()


@pytest.mark.parametrize("point", range(KILLS))
def test_at_any_point_in_time(killed: Killed, point: int, cli: Cli) -> None:
    """And another run does what is left to do."""
    chance = random.Random(point)
    killed.repo.hook("pre-commit", "sleep 0.2")
    killed.before = snapshot(killed.repo.path), directories(killed.repo.path)
    process = killed.start("--executor", chance.choice(["processes", "serial"]), "--jobs", "3")
    if chance.random() < 0.8:  # from the moment that there is something to clear
        wait(lambda: bool(list(killed.temporary.iterdir())) or process.poll() is not None)
    time.sleep(chance.uniform(0, 5))
    number = chance.choice([signal.SIGKILL] * 4 + [signal.SIGTERM, signal.SIGINT])
    whole_group = chance.random() < 0.2
    if whole_group and process.poll() is None:  # else its number may be another's by now
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    process.wait()
    killed.assert_nothing_is_left()
    again = cli("rollout", *(f"apps/{name}" for name in NAMES), cwd=killed.repo.path)
    assert again.returncode == 0, again.stdout.decode()
    assert set(killed.repo.branches()) == {f"wavefix/apps/{name}" for name in NAMES}
