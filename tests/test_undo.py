"""`wavefix undo`: the last run taken back to the byte, or nothing where a file has changed since.

`test_golden.py` takes back what every scenario rewrites.
"""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import msgspec
import pytest
from conftest import Cli
from test_cli import LATE, MENDED, git
from test_golden import tree

from wavefix.transaction import journal

DIFF = """\
diff --git a/web.yaml b/web.yaml
--- a/web.yaml
+++ b/web.yaml
@@ -4,7 +4,7 @@
   name: defaults
   namespace: web
   annotations:
-    argocd.argoproj.io/sync-wave: "-1"
+    argocd.argoproj.io/sync-wave: "1"
 ---
 apiVersion: apps/v1
 kind: Deployment
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with two limits that come too late, and a run that has mended both."""
    directory = tmp_path / "repository"
    (directory / "other").mkdir(parents=True)
    (directory / "web.yaml").write_text(LATE)
    (directory / "other/shop.yaml").write_text(LATE.replace("web", "shop"))
    git(directory, "init", "-q")
    git(directory, "add", ".")
    git(directory, "commit", "-qm", "all")
    return directory


@pytest.fixture
def done(repository: Path, cli: Cli) -> Path:
    assert cli(cwd=repository).stdout.endswith(b"2 waves change in 2 files; written\n")
    return repository


def clean(directory: Path) -> bool:
    status = ["git", "status", "--porcelain"]
    return not subprocess.run(status, cwd=directory, capture_output=True, check=True).stdout


def test_the_last_run_is_taken_back_and_shown(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "web.yaml").write_text(LATE)
    cli(cwd=tmp_path)
    assert (tmp_path / "web.yaml").read_text() == MENDED
    shown = cli("undo", "--dry-run", cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert shown.stdout.decode() == (
        DIFF + "1 wave to take back in 1 file; nothing written (dry run)\n"
    )
    assert (tmp_path / "web.yaml").read_text() == MENDED
    ran = cli("undo", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode() == DIFF + "1 wave taken back in 1 file\n"
    assert (tmp_path / "web.yaml").read_text() == LATE


def test_what_is_undone_is_gone(done: Path, cli: Cli) -> None:
    assert cli("undo", cwd=done).returncode == 0
    assert clean(done)
    assert os.listdir(done / ".git/wavefix") == ["lock"]
    for options in ([], ["--dry-run"]):
        again = cli("undo", *options, cwd=done)
        assert (again.returncode, again.stdout, again.stderr) == (0, b"nothing to undo\n", b"")


@pytest.mark.parametrize("arguments", [["undo"], ["undo", "--dry-run"]])
@pytest.mark.parametrize("change", ["edited", "gone", "put back", "a link", "a directory"])
def test_a_file_that_changed_since_is_refused_by_name(
    done: Path, cli: Cli, arguments: list[str], change: str
) -> None:
    file = done / "other/shop.yaml"
    content = file.read_bytes()
    file.unlink()
    if change == "edited":
        file.write_bytes(content + b"# mine\n")
    elif change == "put back":
        file.write_text(LATE.replace("web", "shop"))
    elif change == "a link":
        (done / "copy.yaml").write_bytes(content)
        file.symlink_to("../copy.yaml")
    elif change == "a directory":
        file.mkdir()
    before = tree(done)
    ran = cli(*arguments, cwd=done)
    assert ran.returncode == 2
    assert ran.stdout == b""
    assert ran.stderr.decode() == (
        "changed since the last run: other/shop.yaml; nothing was undone; take back your own "
        "changes first, or edit the waves by hand\n"
    )
    assert tree(done) == before


def test_all_that_changed_are_named(done: Path, cli: Cli) -> None:
    for name in ("web.yaml", "other/shop.yaml"):
        (done / name).write_text("x: 1\n")
    ran = cli("undo", cwd=done / "other")
    assert ran.returncode == 2
    assert ran.stderr.startswith(b"changed since the last run: shop.yaml, ../web.yaml; nothing")


def test_any_path_in_the_repository_means_all_of_the_run(done: Path, cli: Cli) -> None:
    ran = cli("undo", "other", cwd=done)
    assert ran.stdout.endswith(b"2 waves taken back in 2 files\n")
    assert clean(done)


def test_only_the_last_run(repository: Path, cli: Cli) -> None:
    cli("other", cwd=repository)
    cli("--allow-dirty", cwd=repository)  # web.yaml is what is left to do
    ran = cli("undo", cwd=repository)
    assert ran.stdout.endswith(b"1 wave taken back in 1 file\n")
    assert (repository / "web.yaml").read_text() == LATE
    assert (repository / "other/shop.yaml").read_text() != LATE.replace("web", "shop")
    assert cli("undo", cwd=repository).stdout == b"nothing to undo\n"


def test_a_run_that_changes_nothing_leaves_the_last_one_to_be_undone(done: Path, cli: Cli) -> None:
    git(done, "commit", "-qam", "waves")
    assert cli(cwd=done).stdout.endswith(b"nothing to change\n")
    assert cli("undo", cwd=done).stdout.endswith(b"2 waves taken back in 2 files\n")


def test_runs_in_two_repositories(tmp_path: Path, cli: Cli) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "web.yaml").write_text(LATE.replace("web", name))
        git(tmp_path / name, "init", "-q")
    ran = cli("--allow-dirty", "a", "b", cwd=tmp_path)
    assert ran.stdout.endswith(b"2 waves change in 2 files; written\n")
    one = cli("undo", "b", cwd=tmp_path)
    assert one.stdout.startswith(b"diff --git a/web.yaml b/web.yaml\n")
    assert one.stdout.endswith(b"1 wave taken back in 1 file\n")
    assert (tmp_path / "b/web.yaml").read_text() == LATE.replace("web", "b")
    assert (tmp_path / "a/web.yaml").read_text() == MENDED.replace("web", "a")
    both = cli("undo", "a", "b", cwd=tmp_path)
    assert both.stdout.endswith(b"1 wave taken back in 1 file\n")
    assert (tmp_path / "a/web.yaml").read_text() == LATE.replace("web", "a")


def test_a_repository_that_was_moved(done: Path, cli: Cli) -> None:
    moved = done.rename(done.parent / "moved")
    assert cli("undo", cwd=moved).stdout.endswith(b"2 waves taken back in 2 files\n")
    assert clean(moved)


def test_mode_and_link_are_kept(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base/web.txt").write_text(LATE)
    (tmp_path / "base/web.txt").chmod(0o640)
    (tmp_path / "web.yaml").symlink_to("base/web.txt")
    assert cli(cwd=tmp_path).returncode == 0
    assert (tmp_path / "base/web.txt").read_text() == MENDED
    assert cli("undo", cwd=tmp_path).returncode == 0
    assert (tmp_path / "base/web.txt").read_text() == LATE
    assert stat.S_IMODE((tmp_path / "base/web.txt").stat().st_mode) == 0o640
    assert os.readlink(tmp_path / "web.yaml") == "base/web.txt"


HALF = "an earlier run was stopped half-way"


@pytest.fixture
def half(done: Path) -> Path:
    """What a run leaves that is killed between its two files."""
    (done / "web.yaml").write_text(LATE)
    (done / ".git/wavefix/last.json").rename(done / ".git/wavefix/journal.json")
    return done


def test_a_run_that_was_stopped_half_way_is_undone_instead(half: Path, cli: Cli) -> None:
    shown = cli("undo", "--dry-run", cwd=half)
    assert shown.returncode == 0
    assert shown.stdout.startswith(b"diff --git a/other/shop.yaml b/other/shop.yaml\n")
    assert shown.stdout.endswith(b"1 wave to take back in 1 file; nothing written (dry run)\n")
    assert not clean(half)
    ran = cli("undo", cwd=half)
    assert ran.returncode == 0
    assert ran.stderr.decode() == f"{HALF}; taken back: other/shop.yaml\n"
    assert (
        ran.stdout == b"the run that was stopped half-way is taken back; nothing else was undone\n"
    )
    assert clean(half)
    assert cli("undo", cwd=half).stdout == b"nothing to undo\n"


@pytest.mark.parametrize(
    "command", [["--dry-run"], ["lint"], ["graph"], ["explain", "LimitRange/shop"], ["simulate"]]
)
def test_commands_that_only_show_tell_of_it(half: Path, cli: Cli, command: list[str]) -> None:
    before = tree(half)
    ran = cli(*command, cwd=half)
    assert ran.stdout
    assert ran.stderr.decode().splitlines()[0] == (
        f"{HALF}, or is still at work; new: other/shop.yaml; old: web.yaml; `wavefix undo` takes "
        "it back"
    )
    assert tree(half) == before


def test_the_next_run_takes_it_back_and_plans_afresh(half: Path, cli: Cli) -> None:
    ran = cli(cwd=half)
    assert ran.stderr.decode() == f"{HALF}; taken back: other/shop.yaml\n"
    assert ran.stdout.endswith(b"2 waves change in 2 files; written\n")
    assert cli("undo", cwd=half).stdout.endswith(b"2 waves taken back in 2 files\n")
    assert clean(half)


def test_an_undo_that_was_stopped_half_way_is_done_by_the_next(done: Path, cli: Cli) -> None:
    kept = done / ".git/wavefix"
    record = (kept / "last.json").read_bytes()
    cli("undo", cwd=done)
    # An undo is the run backwards: its journal is made of the record's other ends.
    whole = journal.decode(record)
    back = msgspec.structs.replace(
        whole, id="f" * 16, what="undo", files=tuple(map(journal.reversed_, whole.files))
    )
    (kept / "last.json").write_bytes(record)
    (kept / "journal.json").write_bytes(journal.encode(back))
    (done / "other/shop.yaml").write_text(MENDED.replace("web", "shop"))
    shown = cli("undo", "--dry-run", cwd=done)
    assert shown.stderr.decode() == (
        "an earlier undo was stopped half-way, or is still at work; new: web.yaml; old: "
        "other/shop.yaml; `wavefix undo` goes on with it\n"
    )
    assert shown.stdout.endswith(b"1 wave to take back in 1 file; nothing written (dry run)\n")
    ran = cli("undo", cwd=done)
    assert ran.stderr == b"an earlier undo was stopped half-way; taken back: web.yaml\n"
    assert ran.stdout.endswith(b"2 waves taken back in 2 files\n")
    assert clean(done)
    assert os.listdir(kept) == ["lock"]


def test_a_path_that_does_not_exist(tmp_path: Path, cli: Cli) -> None:
    ran = cli("undo", "gone", cwd=tmp_path)
    assert ran.returncode == 2
    assert ran.stderr == b"gone: no such file or directory; check the path\n"


SECRET = """\
apiVersion: v1
kind: Secret
metadata:
  name: keys
  namespace: web
  annotations:
    argocd.argoproj.io/sync-wave: "1"
stringData:
  password: hunter2-hunter2
---
apiVersion: batch/v1
kind: Job
metadata: {name: load, namespace: web}
spec:
  template:
    spec: {containers: [{name: c, envFrom: [{secretRef: {name: keys}}]}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: first, namespace: web, annotations: {argocd.argoproj.io/sync-wave: "-1"}}
"""


def test_nothing_that_is_kept_or_shown_holds_a_secret(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "web.yaml").write_text(SECRET)
    git(tmp_path, "init", "-q")
    ran = cli("--allow-dirty", cwd=tmp_path)
    assert b"wave changes in 1 file; written" in ran.stdout
    assert b"hunter2" not in ran.stdout
    assert b"hunter2" not in cli("undo", "--dry-run", cwd=tmp_path).stdout
    kept = [path.read_bytes() for path in (tmp_path / ".git/wavefix").iterdir()]
    assert any(b"web.yaml" in content for content in kept)
    assert not any(b"hunter2" in content for content in kept)
