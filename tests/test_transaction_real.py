"""Real trouble: a full disk, a directory or file that may not be written, and two runs at once."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from conftest import ROOT, Cli
from filelock import FileLock
from test_cli import LATE, git
from test_golden import tree

from wavefix.errors import InputError
from wavefix.transaction import begin, lock

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can")


def repository(directory: Path, number: int = 3, filler: int = 0) -> Path:
    """Namespaces with a limit that comes too late, each file with so many bytes of comment."""
    for index in range(number):
        path = directory / f"app{index}/web.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(LATE.replace("web", f"web{index}") + f"# {'x' * 70}\n" * (filler // 73))
    git(directory, "init", "-q")
    return directory


def mended(directory: Path) -> set[bool]:
    return {'sync-wave: "1"' not in path.read_text() for path in directory.glob("app*/web.yaml")}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 1 MiB."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system can only be mounted by root")
    yield path
    subprocess.run(["umount", path], check=True)


def test_a_full_disk(disk: Path, cli: Cli) -> None:
    """Room for the new content of one file of three, then of two: nothing; then of all: all."""
    work = repository(disk / "work", filler=100_000)
    before = tree(work)
    filler = disk / "filler"
    for room in (20_000, 120_000, 220_000):
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        filler.write_bytes(b"x" * (free - room))
        ran = cli("--allow-dirty", cwd=work)
        assert ran.returncode == 2
        assert ran.stderr.decode().endswith(
            "web.yaml: cannot be written: No space left on device; nothing was written\n"
        )
        assert {k: v for k, v in tree(work).items() if ".git/wavefix" not in k} == before
        filler.unlink()
    assert cli("--allow-dirty", cwd=work).returncode == 0
    assert mended(work) == {True}


def test_no_room_for_a_journal(disk: Path, cli: Cli) -> None:
    work = repository(disk / "work")
    (work / ".git/wavefix").mkdir()
    (work / ".git/wavefix/lock").touch()
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    (disk / "filler").write_bytes(b"x" * free)
    ran = cli("--allow-dirty", cwd=work)
    assert (ran.returncode, ran.stderr.decode()) == (
        2,
        ".git/wavefix/journal.json: the journal of this run cannot be kept: No space left on "
        "device; nothing was written\n",
    )
    assert mended(work) == {False}
    assert os.listdir(work / ".git/wavefix") == ["lock"]


def test_a_file_that_may_not_grow_so_large(tmp_path: Path) -> None:
    """The limit of a process (ulimit -f): the new content of one file is a byte too much."""
    work = repository(tmp_path / "work", number=2)
    large = work / "app1/web.yaml"
    large.write_text(large.read_text() + f"# {'x' * 50_000}\n")
    before = tree(work)
    size = large.stat().st_size

    program = (
        "import resource, sys; sys.argv[0] = 'wavefix'\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "from wavefix.cli import app; app()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "--allow-dirty"],
        cwd=work,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr.decode()) == (
        2,
        "app1/web.yaml: cannot be written: File too large; nothing was written\n",
    )
    assert {k: v for k, v in tree(work).items() if ".git/wavefix" not in k} == before


# Root as a user for whom owner, group and mode of a file hold: without the capabilities(7) to
# chown, to override, to search, and to act as an owner (0 to 3); prctl(PR_CAPBSET_DROP) is 24.
PLAIN = """
import ctypes, os, sys
for capability in range(4) if os.geteuid() == 0 else ():
    assert not ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-m", "wavefix", *sys.argv[1:]])
"""


def plain(
    *arguments: str, cwd: Path, groups: Sequence[int] = ()
) -> subprocess.CompletedProcess[bytes]:
    """Wavefix as somebody who is not root, or has no power from it; a state directory beside."""
    return subprocess.run(
        [sys.executable, "-c", PLAIN, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(cwd.parent / "state")},
        capture_output=True,
        check=False,
        extra_groups=groups or None,
    )


@pytest.mark.parametrize(("what", "mode"), [("app1", 0o555), ("app1/web.yaml", 0o444)])
def test_a_file_or_directory_that_may_not_be_written(tmp_path: Path, what: str, mode: int) -> None:
    work = repository(tmp_path / "work")
    (work / what).chmod(mode)
    before = tree(work)
    ran = plain("--allow-dirty", cwd=work)
    assert (ran.returncode, ran.stderr.decode()) == (
        2,
        "app1/web.yaml: cannot be written: Permission denied; nothing was written\n",
    )
    assert {k: v for k, v in tree(work).items() if ".git/wavefix" not in k} == before
    (work / what).chmod(0o755)
    assert plain("--allow-dirty", cwd=work).returncode == 0
    assert mended(work) == {True}


def test_a_git_directory_that_may_not_be_written(tmp_path: Path) -> None:
    work = repository(tmp_path / "work")
    (work / ".git").chmod(0o555)
    assert plain("--allow-dirty", cwd=work).returncode == 0
    assert mended(work) == {True}
    assert not (work / ".git/wavefix").exists()
    assert len(list((tmp_path / "state/wavefix").glob("*-last.json"))) == 1
    assert plain("undo", cwd=work).returncode == 0
    assert mended(work) == {False}


def test_nowhere_to_keep_a_journal(tmp_path: Path) -> None:
    work = repository(tmp_path / "work")
    (work / ".git").chmod(0o555)
    (tmp_path / "state").mkdir(mode=0o555)
    ran = plain("--allow-dirty", cwd=work)
    assert ran.returncode == 2
    assert ran.stderr.decode().endswith(
        "-journal.json: the journal of this run cannot be kept: Permission denied; nothing was "
        "written\n"
    )
    assert mended(work) == {False}
    for path in work.glob("app*/web.yaml"):
        path.write_text(path.read_text().replace('sync-wave: "1"', 'sync-wave: "-1"'))
    ran = plain("--allow-dirty", cwd=work)
    assert (ran.returncode, ran.stderr) == (0, b""), "where nothing is to be done, nothing is kept"


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes")
def test_extended_attributes_are_kept(tmp_path: Path, cli: Cli) -> None:
    work = repository(tmp_path / "work", number=1)
    file = work / "app0/web.yaml"
    try:
        os.setxattr(file, "user.note", b"\x00keep\xff")
    except OSError:
        pytest.skip("this file system has none")
    assert cli("--allow-dirty", cwd=work).returncode == 0
    assert mended(work) == {True}
    assert os.getxattr(file, "user.note") == b"\x00keep\xff"


@root_only
def test_owner_group_and_mode_are_kept(tmp_path: Path, cli: Cli) -> None:
    work = repository(tmp_path / "work", number=1)
    file = work / "app0/web.yaml"
    os.chown(file, 1234, 2345)
    file.chmod(0o640)
    assert cli("--allow-dirty", cwd=work).returncode == 0
    status = file.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 2345, 0o640)


@root_only
def test_a_group_is_kept_by_its_member(tmp_path: Path) -> None:
    """Not by its owner: the file becomes the writer's own, and its group can still write it."""
    work = repository(tmp_path / "work", number=1)
    file = work / "app0/web.yaml"
    os.chown(file, 1234, 2345)
    file.chmod(0o664)
    ran = plain("--allow-dirty", cwd=work, groups=[2345])
    assert ran.returncode == 0, ran.stderr
    status = file.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, 2345, 0o664)


class TestTwoAtOnce:
    @pytest.fixture
    def work(self, tmp_path: Path) -> Path:
        return repository(tmp_path / "work")

    def held(self, work: Path) -> FileLock:
        (work / ".git/wavefix").mkdir()
        held = FileLock(work / ".git/wavefix/lock")
        held.acquire(timeout=0)
        return held

    def test_the_second_waits(self, work: Path) -> None:
        held = self.held(work)
        with subprocess.Popen(
            [sys.executable, "-m", "wavefix", "--allow-dirty"],
            cwd=work,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as second:
            assert second.stderr
            said = second.stderr.readline().decode()
            assert said == f"another wavefix is at work in {work}; waiting for it to end\n"
            assert mended(work) == {False}
            held.release()
            assert second.wait() == 0
        assert mended(work) == {True}

    @pytest.mark.parametrize("command", [["--allow-dirty"], ["undo"]])
    def test_the_second_gives_up(self, work: Path, command: list[str]) -> None:
        held = self.held(work)
        program = (
            "import wavefix.transaction.lock as lock; lock.PATIENCE = 0.2\n"
            "from wavefix.cli import app; app()"
        )
        ran = subprocess.run(
            [sys.executable, "-c", program, *command],
            cwd=work,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        held.release()
        assert ran.returncode == 2
        assert ran.stderr.decode().splitlines()[1] == (
            ".git/wavefix/lock: another wavefix has been at work in this repository for 0.2 "
            "seconds; run again when it has ended; nothing was written"
        )
        assert mended(work) == {False}

    @pytest.mark.parametrize(
        "command",
        [["--dry-run"], ["--check"], ["lint"], ["graph"], ["simulate"], ["undo", "--dry-run"]],
    )
    def test_what_only_shows_does_not_wait_and_leaves_nothing(
        self, work: Path, cli: Cli, command: list[str]
    ) -> None:
        held = self.held(work)
        before = tree(work)
        ran = cli(*command, cwd=work)
        assert (ran.returncode in (0, 1), ran.stderr) == (True, b"")
        assert tree(work) == before
        held.release()

    def test_many(self, work: Path) -> None:
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "wavefix", "--allow-dirty"],
                cwd=work,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(4)
        ]
        statuses = {second.wait() for second in running}
        assert 0 in statuses
        assert statuses <= {0, 2}
        assert mended(work) == {True}
        assert sorted(os.listdir(work / ".git/wavefix")) == ["last.json", "lock"]

    def test_locks_are_taken_in_one_order(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two runs over two repositories, named the other way round, never wait for each other."""
        monkeypatch.setattr(lock, "PATIENCE", 60)
        roots = [str(repository(tmp_path / name, number=1)) for name in "ab"]
        done: list[int] = []

        def work_on(order: list[str]) -> None:
            for _ in range(25):
                with begin(order, lambda _: None):
                    done.append(1)

        threads = [threading.Thread(target=work_on, args=[order]) for order in (roots, roots[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(done) == 50


def test_a_file_that_leads_out_of_the_repository(tmp_path: Path) -> None:
    from killing import World, patches

    world = World(tmp_path, names=("in", "out"))
    world.fresh()
    (tmp_path / "in/a.yaml").unlink()
    (tmp_path / "in/a.yaml").symlink_to("../out/a.yaml")
    with (
        begin([str(tmp_path / "in")], print) as run,
        pytest.raises(InputError, match="leads out of the repository") as caught,
    ):
        run.write(patches(tmp_path / "in"))
    assert caught.value.file == str(tmp_path / "in/a.yaml")
    assert world.found() == {"old"}
