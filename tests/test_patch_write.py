"""Writing: all files or none, each one whole; and what git says about them before."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from wavefix.errors import InputError
from wavefix.model import FilePatch, Span
from wavefix.patch import dirty
from wavefix.transaction import begin

needs_links = pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")


def make(directory: Path, *names: str) -> list[FilePatch]:
    """Files on disk, and a patch for each."""
    patches = []
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"old {name}\r\n".encode())
        patches.append(rewrite(path, f"old {name}\r\n", f"new é😀 {name}\r\n"))
    return patches


def rewrite(path: Path, before: str, after: str) -> FilePatch:
    """The patch that rewrites a file from its first byte to its last."""
    return FilePatch(str(path), before, after, (), spans=(Span(0, before, after),))


def write(directory: Path, patches: list[FilePatch]) -> None:
    """Write as a run does, alone and with nothing to recover."""
    said: list[str] = []
    with begin([str(directory)], said.append) as run:
        run.write(patches)
    assert not said


def tree(directory: Path) -> dict[str, bytes]:
    """Every file below a directory, so that a temporary one left behind shows."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


def failing(
    real: Callable[..., None], when: Callable[..., bool], error: int
) -> Callable[..., None]:
    """`real`, but failing where `when` says so."""

    def call(*arguments: str) -> None:
        if when(*arguments):
            raise OSError(error, os.strerror(error), arguments[0])
        real(*arguments)

    return call


def test_all_files_are_written(tmp_path: Path) -> None:
    write(tmp_path, make(tmp_path, "a.yaml", "b/c.yaml"))
    assert tree(tmp_path) == {
        "a.yaml": "new é😀 a.yaml\r\n".encode(),
        "b/c.yaml": "new é😀 b/c.yaml\r\n".encode(),
    }


def test_nothing_to_write_is_fine(tmp_path: Path) -> None:
    write(tmp_path, [])
    assert tree(tmp_path) == {}


def test_a_file_that_changed_since_it_was_read_stops_the_run(tmp_path: Path) -> None:
    patches = make(tmp_path, "a.yaml", "b.yaml")
    (tmp_path / "b.yaml").write_bytes(b"old b.yaml\n")  # only its line end
    before = tree(tmp_path)
    with pytest.raises(InputError, match="changed since it was read") as caught:
        write(tmp_path, patches)
    assert caught.value.file == patches[1].file
    assert tree(tmp_path) == before


def test_a_file_that_changes_while_others_are_written_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patches = make(tmp_path, "a.yaml", "b.yaml")
    real = os.replace

    def replace(source: str, target: str) -> None:
        real(source, target)
        if target.endswith("a.yaml"):
            (tmp_path / "b.yaml").write_bytes(b"someone else\n")

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(InputError, match="changed since it was read") as caught:
        write(tmp_path, patches)
    assert caught.value.file == patches[1].file
    assert tree(tmp_path) == {"a.yaml": b"old a.yaml\r\n", "b.yaml": b"someone else\n"}


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    patches = make(tmp_path, "a.yaml", "b.yaml")
    (tmp_path / "b.yaml").unlink()
    with pytest.raises(InputError, match="cannot be read: No such file") as caught:
        write(tmp_path, patches)
    assert caught.value.file == patches[1].file
    assert tree(tmp_path) == {"a.yaml": b"old a.yaml\r\n"}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errno.EACCES, "Permission denied"),
        (errno.ENOSPC, "No space left on device"),
        (errno.EROFS, "Read-only file system"),
    ],
)
def test_a_replace_that_fails_takes_all_others_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, reason: str
) -> None:
    patches = make(tmp_path, "a.yaml", "b.yaml", "c.yaml")
    before = tree(tmp_path)
    replaced: list[str] = []

    def when(source: str, target: str) -> bool:
        if target.endswith(".yaml"):
            replaced.append(os.path.basename(target))
        return target.endswith("c.yaml")

    monkeypatch.setattr(os, "replace", failing(os.replace, when, error))
    with pytest.raises(InputError) as caught:
        write(tmp_path, patches)
    assert caught.value.problem == f"cannot be written: {reason}"
    assert caught.value.advice == "nothing was written"
    assert caught.value.file == patches[2].file
    assert replaced == ["a.yaml", "b.yaml", "c.yaml", "b.yaml", "a.yaml"]
    assert tree(tmp_path) == before


def test_a_file_that_cannot_be_taken_back_is_named_and_the_next_run_does_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patches = make(tmp_path, "a.yaml", "b.yaml")
    before, count = tree(tmp_path), iter(range(9))
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patched:
        only_once = failing(
            os.replace, lambda _, file: file.endswith(".yaml") and next(count) > 0, errno.EIO
        )
        patched.setattr(os, "replace", only_once)
        with pytest.raises(InputError, match="Input/output error") as caught:
            write(tmp_path, patches)
    assert caught.value.advice == (
        "a.yaml is changed already and cannot be put back (Input/output error): mend that, then "
        "run `wavefix undo`"
    )
    assert Path(patches[0].file).read_bytes() == patches[0].after.encode()
    said: list[str] = []
    with begin([str(tmp_path)], said.append):
        assert tree(tmp_path) == before
    assert said == ["an earlier run was stopped half-way; taken back: a.yaml"]


def test_an_interrupt_takes_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patches = make(tmp_path, "a.yaml", "b.yaml")
    before, real = tree(tmp_path), os.replace

    def replace(source: str, target: str) -> None:
        if target.endswith("b.yaml"):
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, patches)
    assert tree(tmp_path) == before


def test_a_directory_in_which_no_file_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patches = make(tmp_path, "a/a.yaml", "b/b.yaml")
    before, real = tree(tmp_path), os.open

    def closed(path: str, flags: int, *arguments: int, **named: int) -> int:
        if os.path.dirname(path) == str(tmp_path / "b") and flags & os.O_CREAT:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return real(path, flags, *arguments, **named)

    monkeypatch.setattr(os, "open", closed)
    with pytest.raises(InputError, match="cannot be written: Permission denied") as caught:
        write(tmp_path, patches)
    assert caught.value.file == patches[1].file
    assert tree(tmp_path) == before


def test_a_full_disk_is_noticed_before_any_file_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patches = make(tmp_path, "a.yaml", "b.yaml")
    before, replaced = tree(tmp_path), []

    def fsync(handle: int) -> None:
        if len(list(tmp_path.glob(".wavefix-*"))) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def when(source: str, target: str) -> bool:
        if target.endswith(".yaml"):
            replaced.append(target)
        return False

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", failing(os.replace, when, 0))
    with pytest.raises(InputError, match="No space left on device") as caught:
        write(tmp_path, patches)
    assert caught.value.file == patches[1].file
    assert not replaced
    assert tree(tmp_path) == before


def test_a_read_only_file_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patches = make(tmp_path, "a.yaml", "b.yaml")
    before = tree(tmp_path)
    monkeypatch.setattr(  # root may write everything, so os.access has to be told
        os, "access", lambda path, mode: not (path.endswith("b.yaml") and mode & os.W_OK)
    )
    with pytest.raises(InputError, match="Permission denied") as caught:
        write(tmp_path, patches)
    assert caught.value.file == patches[1].file
    assert tree(tmp_path) == before


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664])
def test_the_mode_is_kept(tmp_path: Path, mode: int) -> None:
    patches = make(tmp_path, "a.yaml")
    os.chmod(patches[0].file, mode)
    write(tmp_path, patches)
    assert stat.S_IMODE(os.stat(patches[0].file).st_mode) == mode
    assert Path(patches[0].file).read_bytes() == patches[0].after.encode()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can")
def test_the_owner_is_kept(tmp_path: Path) -> None:
    patches = make(tmp_path, "a.yaml")
    os.chown(patches[0].file, 1234, 2345)
    write(tmp_path, patches)
    status = os.stat(patches[0].file)
    assert (status.st_uid, status.st_gid) == (1234, 2345)
    assert Path(patches[0].file).read_bytes() == patches[0].after.encode()


@needs_links
def test_a_symbolic_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    [patch] = make(tmp_path, "base/a.yaml")
    link, again = tmp_path / "over" / "a.yaml", tmp_path / "over" / "b.yaml"
    link.parent.mkdir()
    link.symlink_to("../base/a.yaml")
    again.symlink_to("a.yaml")
    write(tmp_path, [rewrite(again, patch.before, patch.after)])
    assert os.readlink(link) == "../base/a.yaml"
    assert os.readlink(again) == "a.yaml"
    assert Path(patch.file).read_bytes() == patch.after.encode()
    assert sorted(os.listdir(tmp_path / "base")) == ["a.yaml"]


@needs_links
def test_two_names_of_one_file_must_agree(tmp_path: Path) -> None:
    [patch] = make(tmp_path, "a.yaml")
    (tmp_path / "b.yaml").symlink_to("a.yaml")
    other = rewrite(tmp_path / "b.yaml", patch.before, "other")
    with pytest.raises(InputError, match="two paths lead to one file"):
        write(tmp_path, [patch, other])
    assert Path(patch.file).read_bytes() == patch.before.encode()
    write(tmp_path, [patch, rewrite(tmp_path / "b.yaml", patch.before, patch.after)])
    assert Path(patch.file).read_bytes() == patch.after.encode()


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=directory, check=True, capture_output=True)


def repository(directory: Path, *names: str) -> list[str]:
    """A git repository with these files committed."""
    make(directory, *names)
    git(directory, "init", "-q")
    git(directory, "add", ".")
    git(directory, "commit", "-q", "-m", "files")
    return [str(directory / name) for name in names]


def test_dirty_files_are_modified_staged_renamed_or_untracked(tmp_path: Path) -> None:
    names = ["clean", "modified", "staged", "both", "old name", "ünï cödé"]
    paths = repository(tmp_path, *names)
    (tmp_path / ".gitignore").write_text("ignored\n")
    for name in ("modified", "both", "untracked", "ignored", "deep/untracked", "ünï cödé"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("changed\n")
    (tmp_path / "staged").write_text("changed\n")
    git(tmp_path, "add", "staged", "both")
    (tmp_path / "both").write_text("changed again\n")
    git(tmp_path, "mv", "old name", "new name")
    asked = [
        *paths,
        *(str(tmp_path / name) for name in ("untracked", "ignored", "deep/untracked", "new name")),
    ]
    assert dirty(asked) == sorted(
        str(tmp_path / name)
        for name in (
            "both",
            "deep/untracked",
            "modified",
            "new name",
            "old name",
            "staged",
            "untracked",
            "ünï cödé",
        )
    )
    assert dirty([paths[0]]) == []


def test_only_files_that_were_asked_for_are_dirty(tmp_path: Path) -> None:
    paths = repository(tmp_path, "a", "b")
    for path in paths:
        Path(path).write_text("changed\n")
    assert dirty(paths[:1]) == paths[:1]


def test_names_are_no_patterns_and_no_options(tmp_path: Path) -> None:
    paths = repository(tmp_path, "*.yaml", "a.yaml", "-z", ":(top)b")
    for path in paths[1:]:
        Path(path).write_text("changed\n")
    assert dirty(paths[:1]) == []
    assert dirty(paths) == sorted(paths[1:])


def test_each_repository_is_asked(tmp_path: Path) -> None:
    outer = repository(tmp_path / "outer", "a", "b")
    inner = repository(tmp_path / "outer" / "nested", "a", "b")
    [outside] = make(tmp_path, "no-repository/a")
    Path(outer[0]).write_text("changed\n")
    Path(inner[1]).write_text("changed\n")
    assert dirty([*outer, *inner, outside.file]) == sorted([outer[0], inner[1]])


@needs_links
def test_a_link_is_as_dirty_as_its_file(tmp_path: Path) -> None:
    paths = repository(tmp_path / "repository", "a", "b")
    Path(paths[0]).write_text("changed\n")
    for name in "ab":
        (tmp_path / f"{name}-link").symlink_to(tmp_path / "repository" / name)
    assert dirty([str(tmp_path / "a-link"), str(tmp_path / "b-link")]) == [str(tmp_path / "a-link")]


def test_more_files_than_one_command_takes(tmp_path: Path) -> None:
    names = [f"{number:04}-{'x' * 180}" for number in range(400)]
    paths = repository(tmp_path, *names)
    changed = [paths[0], paths[199], paths[399]]
    for path in changed:
        Path(path).write_text("changed\n")
    assert dirty(paths) == changed


def test_git_runs_nothing_of_the_user_and_takes_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [path] = repository(tmp_path / "repository", "a")
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    git(tmp_path / "repository", "config", "core.fsmonitor", str(trap))
    git(tmp_path / "repository", "config", "core.pager", str(trap))
    (tmp_path / "sprung").unlink(missing_ok=True)
    for name in ("GIT_PAGER", "PAGER"):
        monkeypatch.setenv(name, str(trap))
    os.utime(path, (1, 1))  # git would now like to write its index anew
    index = (tmp_path / "repository" / ".git" / "index").read_bytes()
    assert dirty([path]) == []
    assert not (tmp_path / "sprung").exists()
    assert (tmp_path / "repository" / ".git" / "index").read_bytes() == index


def test_inside_of_a_git_hook_the_right_repository_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [path] = repository(tmp_path / "one", "a")
    repository(tmp_path / "two", "a", "b")
    Path(path).write_text("changed\n")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "two" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "two"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "two" / ".git" / "index"))
    assert dirty([path]) == [path]


def test_no_git_on_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [path] = repository(tmp_path, "a")
    Path(path).write_text("changed\n")
    assert dirty([path]) == [path]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dirty([path]) == []


def test_something_that_only_looks_like_a_repository(tmp_path: Path) -> None:
    [patch] = make(tmp_path, "a")
    (tmp_path / ".git").mkdir()
    assert dirty([patch.file]) == []


def test_a_broken_repository_is_an_error(tmp_path: Path) -> None:
    [path] = repository(tmp_path, "a")
    (tmp_path / ".git" / "index").write_bytes(b"broken")
    with pytest.raises(InputError, match=r"git status failed: .*index") as caught:
        dirty([path])
    assert caught.value.file == str(tmp_path)
