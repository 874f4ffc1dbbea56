"""What is kept of a run: spans and hashes, nothing else. What comes from elsewhere does no harm."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from killing import FILES, World, new, old, patches
from test_cli import git

from wavefix.errors import InputError
from wavefix.model import FilePatch, Span
from wavefix.transaction import begin, journal, planned, unfinished
from wavefix.transaction.journal import Content, Journal

TEXT = st.text(st.sampled_from("ab\r\n\ufeff é😀\u2028\x00"), max_size=12)


@st.composite
def changed(draw: st.DrawFn) -> FilePatch:
    """A file in which some pieces become others."""
    before, after, spans = "", "", []
    for same, was, is_ in draw(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=4)):
        before, after = before + same, after + same
        spans.append(Span(len(before), was, is_))
        before, after = before + was, after + is_
    end = draw(TEXT)
    return FilePatch("/x", before + end, after + end, (), spans=tuple(spans))


@given(patch=changed())
def test_from_each_state_and_the_spans_follows_the_other(patch: FilePatch) -> None:
    made = journal.change("a/é\udcff.yaml", patch)
    before, after = patch.before.encode(), patch.after.encode()
    back = journal.reversed_(made)
    assert journal.written(made, before) == after
    assert journal.written(back, after) == before
    assert journal.reversed_(back) == made
    assert journal.state(made, after) == "new"
    assert journal.state(made, before) == ("old" if before != after else "new")
    assert journal.state(made, before + b"x") == "other"
    assert journal.state(made, None) == "other"
    whole = Journal(1, "0123456789abcdef", "fix", ("/repo/%C3%A9",), 0, (made,))
    assert journal.decode(journal.encode(whole)) == whole
    assert journal.unnamed(made.path) == "a/é\udcff.yaml"


def test_spans_that_do_not_tell_all_are_a_bug_and_not_written() -> None:
    patch = FilePatch("/x", "a: 1\nb: 2\n", "a: 3\nb: 4\n", (), spans=(Span(3, "1", "3"),))
    with pytest.raises(ValueError, match="do not lead"):
        journal.change("x", patch)


def test_other_bytes_are_never_spliced() -> None:
    made = journal.change("x", FilePatch("/x", "a: 1", "a: 2", (), spans=(Span(3, "1", "2"),)))
    with pytest.raises(ValueError, match="do not lead"):
        journal.written(made, b"b: 1")


GOOD: dict[str, Any] = {
    "version": 1, "id": "0123456789abcdef", "what": "fix", "roots": ["/repo"], "own": 0,
    "files": [{
        "path": "deep/b.yaml", "before": {"size": 4, "sha256": "0" * 64},
        "after": {"size": 5, "sha256": "1" * 64}, "pieces": [{"at": 3, "old": "1", "new": "-1"}],
        "waves": 1, "rolling_syncs": [],
    }],
}  # fmt: skip


def other(**fields: Any) -> dict[str, Any]:
    return GOOD | fields


def other_file(**fields: Any) -> dict[str, Any]:
    return GOOD | {"files": [GOOD["files"][0] | fields]}


def path(text: str) -> dict[str, Any]:
    return other_file(path=text)


BAD: dict[str, Any] = {
    "another version": other(version=2),
    "a field that is none": other(more=1),
    "an id that leads elsewhere": other(id="../../../../x"),
    "an id with a line break": other(id="0123456789abcdef\n"),
    "another word": other(what="run"),
    "no roots": other(roots=[]),
    "a root that is none": other(own=1),
    "a root before the first": other(own=-1),
    "a root that depends on where one is": other(roots=["repo"]),
    "files that are no list": other(files={}),
    "one file twice": other(files=GOOD["files"] * 2),
    "a path out of the root": path("../x.yaml"),
    "a path that leads out later": path("deep/../../x.yaml"),
    "a path that leads nowhere": path("./x.yaml"),
    "an absolute path": path("/etc/passwd"),
    "no path": path(""),
    "a step that is empty": path("deep//x.yaml"),
    "a directory": path("deep/"),
    "git's own files": path(".git/config"),
    "git's own files of a nested repository": path("deep/.GIT/hooks/pre-commit"),
    "a step that is hidden": path("deep%2F..%2F..%2Fx.yaml"),
    "a path in other letters": path("d%65ep/b.yaml"),
    "a path with a zero byte": path("x%00.yaml"),
    "a negative place": other_file(pieces=[{"at": -1, "old": "1", "new": "-1"}]),
    "a place behind the end": other_file(pieces=[{"at": 4, "old": "1", "new": "-1"}]),
    "pieces that overlap": other_file(
        pieces=[{"at": 0, "old": "1234", "new": "12345"}, {"at": 3, "old": "1", "new": "2"}]
    ),
    "sizes that do not fit": other_file(after={"size": 6, "sha256": "1" * 64}),
    "a hash that is none": other_file(before={"size": 4, "sha256": "x"}),
    "a piece with more": other_file(pieces=[{"at": 3, "old": "1", "new": "-1", "file": "x"}]),
    "a list": [],
    "nothing": None,
}


def test_a_good_one_is_read() -> None:
    assert journal.decode(json.dumps(GOOD).encode()).files[0].before == Content(4, "0" * 64)


@pytest.mark.parametrize("name", BAD)
def test_what_wavefix_would_not_have_written_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        journal.decode(json.dumps(BAD[name]).encode())


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b"[" * 100_000, b'{"version": 1', b'"\\ud800"', b"\0" * 9]
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        journal.decode(data)


@given(data=st.data())
def test_a_damaged_one_is_refused_or_says_what_could_be(data: st.DataObject) -> None:
    whole = bytearray(json.dumps(GOOD).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = journal.decode(bytes(whole))
    except ValueError:
        return
    for change in found.files:
        inside = os.path.normpath(os.path.join("/repo", journal.unnamed(change.path)))
        assert inside.startswith("/repo/")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A repository in which a run was killed when its files were new."""
    made = World(tmp_path / "world")
    made.fresh()
    made.write()
    kept = made.roots[0] / ".git/wavefix"
    (kept / "last.json").rename(kept / "journal.json")
    return made


def kept(world: World) -> Path:
    return world.roots[0] / ".git/wavefix"


def link_journal(world: World) -> None:
    (kept(world) / "journal.json").rename(world.directory / "elsewhere.json")
    (kept(world) / "journal.json").symlink_to(world.directory / "elsewhere.json")


def pipe(world: World) -> None:
    (kept(world) / "journal.json").unlink()
    os.mkfifo(kept(world) / "journal.json")


def directory(world: World) -> None:
    (kept(world) / "journal.json").unlink()
    (kept(world) / "journal.json").mkdir()


def of_another_user(world: World) -> None:
    if os.geteuid():
        pytest.skip("only root can give a file away")
    os.chown(kept(world) / "journal.json", 12345, 12345)


def bad(name: str) -> Callable[[World], None]:
    def put(world: World) -> None:
        (kept(world) / "journal.json").write_text(json.dumps(BAD[name]))

    return put


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (link_journal, "cannot be read: Too many levels of symbolic links"),
        (pipe, "cannot be read: Not a regular file"),
        (directory, "cannot be read: Not a regular file"),
        (of_another_user, "another user"),
        (bad("a path out of the root"), "no path inside of the repository: ../x.yaml"),
        (bad("a field that is none"), "unknown field `more`"),
    ],
)
def test_a_journal_that_cannot_be_used_is_named_and_nothing_done(
    world: World, harm: Callable[[World], None], why: str
) -> None:
    harm(world)
    for action in (world.recover, world.write, world.undo):
        with pytest.raises(InputError) as caught:
            action()
        assert why in caught.value.problem
        assert caught.value.file == str(kept(world) / "journal.json")
        assert "nothing was written" in caught.value.advice
        assert world.found() == {"new"}
    said: list[str] = []
    unfinished([str(world.roots[0])], said.append)
    assert [why in line for line in said] == [True]


def test_a_directory_that_is_a_link_is_neither_read_nor_written(world: World) -> None:
    """The git directory of an archive can hold a link to wherever its maker likes."""
    kept(world).rename(world.directory / "elsewhere")
    kept(world).symlink_to(world.directory / "elsewhere")
    before = sorted(os.listdir(world.directory / "elsewhere"))
    assert world.recover() == []
    with begin([str(world.roots[0])], print) as run:
        run.write([back(patch) for patch in patches(world.roots[0])])
    assert world.found() == {"old"}
    assert sorted(os.listdir(world.directory / "elsewhere")) == before
    world.undo()
    assert world.found() == {"new"}


def back(patch: FilePatch) -> FilePatch:
    spans = tuple(Span(span.start, span.new, span.old) for span in patch.spans)
    return FilePatch(patch.file, patch.after, patch.before, (), spans=spans)


def test_a_lock_that_is_a_link_is_not_followed(world: World) -> None:
    victim = world.directory / "victim"
    victim.write_text("precious")
    (kept(world) / "lock").unlink()
    (kept(world) / "lock").symlink_to(victim)
    with pytest.raises(InputError, match="the lock cannot be taken") as caught:
        world.recover()
    assert caught.value.file == str(kept(world) / "lock")
    assert victim.read_text() == "precious"
    assert world.found() == {"new"}


@pytest.mark.parametrize("name", ["journal.json.new", "last.json"])
def test_what_is_written_replaces_a_link(world: World, name: str) -> None:
    victim = world.directory / "victim"
    victim.write_text("precious")
    (kept(world) / name).symlink_to(victim)
    world.recover()
    world.write()
    assert victim.read_text() == "precious"
    assert not (kept(world) / name).is_symlink()


def test_a_file_that_has_become_a_way_out_is_left(world: World) -> None:
    """The directory of two files is now a link to one outside, where files of these names are."""
    outside = world.directory / "outside"
    (world.roots[0] / "deep").rename(outside)
    (world.roots[0] / "deep").symlink_to(outside)
    said = world.recover()
    root = os.path.relpath(world.roots[0])
    assert said == [
        f"an earlier run was stopped half-way; taken back: {root}/a.yaml",
        f"{root}/deep/c.yaml: changed since that run read it, so it is left as it is",
        f"{root}/deep/b.yaml: changed since that run read it, so it is left as it is",
    ]
    assert (outside / "b.yaml").read_text() == new("deep/b.yaml")
    assert sorted(os.listdir(outside)) == ["b.yaml", "c.yaml"]


def test_a_journal_that_lies_about_what_was_before_changes_nothing(world: World) -> None:
    file = kept(world) / "journal.json"
    made_up = json.loads(file.read_bytes())
    for change in made_up["files"]:
        change["pieces"][0]["old"] = "3"
    file.write_text(json.dumps(made_up))
    file.rename(kept(world) / "last.json")
    with pytest.raises(InputError, match="cannot be undone"):
        world.undo()
    (kept(world) / "last.json").rename(file)
    assert len(world.recover()) == 1 + len(FILES)
    assert world.found() == {"new"}
    assert not world.leftovers()


def test_a_link_in_the_place_of_a_staged_file_is_removed_and_not_followed(world: World) -> None:
    victim = world.directory / "victim"
    victim.write_text("precious")
    run = json.loads((kept(world) / "journal.json").read_bytes())["id"]
    (world.roots[0] / f".wavefix-{run}-0").symlink_to(victim)
    assert len(world.recover()) == 1
    assert victim.read_text() == "precious"
    assert world.leftovers() == [str(victim)]
    assert world.found() == {"old"}


def test_a_file_that_somebody_has_changed_is_left_and_named(world: World) -> None:
    file = world.roots[0] / "a.yaml"
    file.write_text("mine: 1\n")
    (world.roots[0] / "deep/c.yaml").unlink()
    shown: list[str] = []
    unfinished([str(world.roots[0])], shown.append)
    root = os.path.relpath(world.roots[0])
    assert shown == [
        "an earlier run was stopped half-way, or is still at work; "
        f"new: {root}/deep/b.yaml; changed since: {root}/a.yaml, {root}/deep/c.yaml; "
        "`wavefix undo` takes it back"
    ]
    said = world.recover()
    assert said[0] == f"an earlier run was stopped half-way; taken back: {root}/deep/b.yaml"
    assert [line.partition(":")[0] for line in said[1:]] == [
        f"{root}/deep/c.yaml",
        f"{root}/a.yaml",
    ]
    assert file.read_text() == "mine: 1\n"
    assert (world.roots[0] / "deep/b.yaml").read_text() == old("deep/b.yaml")
    assert world.recover() == []


class TestWhereItIsKept:
    """In a git directory that says that it is this work tree's, else with the user."""

    @pytest.fixture
    def state(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        return tmp_path / "state/wavefix"

    @pytest.fixture
    def main(self, tmp_path: Path) -> Path:
        """A git repository with the files of a World, all old."""
        world = World(tmp_path, names=("main",), git=False)
        world.fresh()
        git(tmp_path / "main", "init", "-q")
        git(tmp_path / "main", "add", ".")
        git(tmp_path / "main", "commit", "-qm", "all")
        return tmp_path / "main"

    def write(self, root: Path) -> None:
        with begin([str(root)], print) as run:
            run.write(patches(root))

    def undone(self, root: Path) -> bool:
        assert len(planned([str(root)]).patches) == len(FILES)
        with begin([str(root)], print) as run:
            run.undo()
        return all((root / name).read_text() == old(name) for name in FILES)

    def test_a_repository(self, main: Path, state: Path) -> None:
        self.write(main)
        assert sorted(os.listdir(main / ".git/wavefix")) == ["last.json", "lock"]
        assert not state.exists()
        assert self.undone(main)

    def test_a_linked_work_tree(self, main: Path, state: Path) -> None:
        git(main, "worktree", "add", "-q", "../linked")
        linked = main.parent / "linked"
        self.write(linked)
        assert (main / ".git/worktrees/linked/wavefix/last.json").exists()
        assert not (main / ".git/wavefix").exists()
        assert not state.exists()
        assert self.undone(linked)

    def test_a_submodule(self, main: Path, state: Path, tmp_path: Path) -> None:
        upper = tmp_path / "upper"
        upper.mkdir()
        git(upper, "init", "-q")
        git(upper, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(main), "sub")
        self.write(upper / "sub")
        assert (upper / ".git/modules/sub/wavefix/last.json").exists()
        assert not state.exists()
        assert self.undone(upper / "sub")

    def test_a_run_around_a_submodule_that_was_killed(self, main: Path, tmp_path: Path) -> None:
        """What a run in the upper repository has left in the lower is taken back by one there."""
        upper = World(tmp_path, names=(".",), git=False)
        for name in FILES:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(old(name))
        git(tmp_path, "init", "-q")
        with begin([str(tmp_path)], print) as run:
            run.write([*patches(tmp_path), *patches(main)])
        (tmp_path / ".git/wavefix/last.json").rename(tmp_path / ".git/wavefix/journal.json")
        said: list[str] = []
        with begin([str(main)], said.append):
            assert upper.found() == {"old"}
            assert all((main / name).read_text() == old(name) for name in FILES)
        [line] = said
        assert line.startswith("an earlier run was stopped half-way; taken back: ")
        assert line.count(",") == 2 * len(FILES) - 1

    @pytest.mark.parametrize("how", ["copied", "a link", "no git", "no HEAD", "another's"])
    def test_a_git_directory_that_is_not_surely_its_own(
        self, main: Path, state: Path, how: str
    ) -> None:
        root = main.parent / "other"
        shutil.copytree(main, root, ignore=shutil.ignore_patterns(".git"))
        if how == "copied":  # cp -r of a linked work tree: its git directory is the first one's
            git(main, "worktree", "add", "-q", "../linked")
            shutil.copy(main.parent / "linked/.git", root / ".git")
        elif how == "a link":
            (root / ".git").symlink_to(main / ".git")
        elif how == "no HEAD":
            (root / ".git").mkdir()
        elif how == "another's":
            (root / ".git").write_text(f"gitdir: {main}/.git\n")
        before = sorted(path for path in main.rglob("*"))
        self.write(root)
        assert sorted(path for path in main.rglob("*")) == before
        assert not (root / ".git/wavefix").exists()
        assert len(list(state.glob("*-last.json"))) == 1
        assert (state.stat().st_mode & 0o777) == 0o700
        assert self.undone(root)
        assert not list(state.glob("*.json"))

    def test_the_user_may_have_his_state_behind_a_link(self, tmp_path: Path, state: Path) -> None:
        world = World(tmp_path, names=("root",), git=False)
        world.fresh()
        state.parent.mkdir()
        (tmp_path / "far").mkdir()
        state.symlink_to(tmp_path / "far")
        self.write(world.roots[0])
        [record] = state.glob("*-last.json")
        record.rename(str(record).replace("last.json", "journal.json"))
        assert len(world.recover()) == 1
        assert world.found() == {"old"}

    def test_without_git_the_directory_above_and_below_count(
        self, tmp_path: Path, state: Path
    ) -> None:
        """Which directory is the root depends on where one stands; a killed run is found anyhow."""
        world = World(tmp_path, names=("up/root",), git=False)
        world.fresh()
        root = world.roots[0]
        for at in (root, root / "deep", root.parent):
            self.write(root)
            [record] = state.glob("*-last.json")
            record.rename(str(record).replace("last.json", "journal.json"))
            said: list[str] = []
            with begin([str(at)], said.append):
                assert world.found() == {"old"}
            assert len(said) == 1
        self.write(root)
        [record] = state.glob("*-last.json")
        record.rename(str(record).replace("last.json", "journal.json"))
        (tmp_path / "beside").mkdir()
        with begin([str(tmp_path / "beside")], print):
            assert world.found() == {"new"}
