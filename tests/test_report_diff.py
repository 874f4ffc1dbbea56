"""The diff is what git makes of the same change, and `git apply` makes the same bytes of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavefix.model import FilePatch, Review, Span
from wavefix.patch.splice import Splice, spans
from wavefix.report import diff

GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}


def span(old: str, new: str) -> Span:
    """All that differs, as one piece."""
    (found,) = spans(old, [Splice(0, len(old), new)])
    return found


def change(root: Path, *files: tuple[str, str, str]) -> Review:
    patches = tuple(
        FilePatch(str(root / name), old, new, (), spans=(span(old, new),))
        for name, old, new in files
    )
    roots = {patch.file: str(root) for patch in patches}
    return Review("conservative", (), patches, (), "/elsewhere", roots)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def git(root: Path, *command: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["git", *command], cwd=root, input=stdin, env=GIT, capture_output=True)
    assert done.returncode in (0, 1), done.stderr
    assert command[0] == "diff" or done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_the_diff_in_full() -> None:
    old = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6"
    review = change(
        Path("/repo"),
        ("k8s/web.yaml", old, old.replace("e: 5\n", "e: 6\ne: 7\n")),
        ("k8s/api.yaml", "x: 1", "x: 2\n"),
        ("k8s/same.yaml", "x: 1", "x: 1"),
    )
    assert diff(review) == (
        "diff --git a/k8s/api.yaml b/k8s/api.yaml\n"
        "--- a/k8s/api.yaml\n"
        "+++ b/k8s/api.yaml\n"
        "@@ -1 +1 @@\n"
        "-x: 1\n"
        "\\ No newline at end of file\n"
        "+x: 2\n"
        "diff --git a/k8s/web.yaml b/k8s/web.yaml\n"
        "--- a/k8s/web.yaml\n"
        "+++ b/k8s/web.yaml\n"
        "@@ -2,5 +2,6 @@\n"
        " b: 2\n"
        " c: 3\n"
        " d: 4\n"
        "-e: 5\n"
        "+e: 6\n"
        "+e: 7\n"
        " f: 6\n"
        "\\ No newline at end of file\n"
    )


def test_nothing_to_change_is_an_empty_diff() -> None:
    assert diff(change(Path("/repo"))) == ""


def test_paths_are_relative_to_the_working_directory_without_a_root() -> None:
    patch = FilePatch("/repo/a/b.yaml", "x\n", "y\n", ())
    review = Review("conservative", (), (patch,), (), "/repo/a", {})
    assert diff(review).startswith("diff --git a/b.yaml b/b.yaml\n--- a/b.yaml\n")


@pytest.mark.parametrize(
    "name",
    [
        "plain.yaml",
        "deep/er/plain.yaml",
        "with space.yaml",
        "naïve.yaml",
        "naïve and spaced.yaml",
        'quo"te.yaml',
        "back\\slash.yaml",
        "tab\tnewline\nbell\a.yaml",
        "dollar$&;'[x].yaml",
    ],
)
def test_headers_are_those_of_git_and_apply(name: str, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    old, new = "a: 1\r\nb: 2\r\n", "a: 1\r\nb: 3\r\n"
    write(tmp_path / name, old)
    git(tmp_path, "add", ".")
    write(tmp_path / name, new)
    made = diff(change(tmp_path, (name, old, new))).encode()
    lines = git(tmp_path, "diff").split(b"\n")
    assert made.split(b"\n") == [line for line in lines if not line.startswith(b"index ")]
    write(tmp_path / name, old)
    git(tmp_path, "apply", "-", stdin=made)
    assert (tmp_path / name).read_bytes() == new.encode()


def test_a_name_that_is_no_utf_8(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.yaml")
    write(tmp_path / name, "x\n")
    made = diff(change(tmp_path, (name, "x\n", "y\n")))
    assert '--- "a/caf\\351.yaml"\n' in made
    git(tmp_path, "init", "-q")
    git(tmp_path, "apply", "-", stdin=made.encode())
    assert (tmp_path / name).read_bytes() == b"y\n"


LINES = st.lists(
    st.sampled_from(["a", "b: é", "", "-- x", "++ x", "@@ -1 +1 @@", "---", "\\ x", " ", "\t"])
    | st.text(st.sampled_from("ab\u2028\u2029\u0085\x0b\x0c\x1c\r é\ufeff\\"), max_size=6),
    max_size=14,
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    return "".join(line + draw(ENDS) for line in draw(LINES)) + draw(st.sampled_from(["", "x"]))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    git(root, "init", "-q")
    return root


@settings(max_examples=60, deadline=None)
@given(old=texts(), new=texts())
def test_git_apply_makes_the_same_bytes(repository: Path, old: str, new: str) -> None:
    if not new:
        return  # wavefix never empties a file; git would remove it
    write(repository / "file.yaml", old)
    made = diff(change(repository, ("file.yaml", old, new)))
    if old != new:
        git(repository, "apply", "--unidiff-zero", "-", stdin=made.encode())
    assert (repository / "file.yaml").read_bytes() == new.encode()


def test_many_files_and_hunks_apply_at_once(repository: Path) -> None:
    old = "".join(f"line: {number}\n" for number in range(100))
    new = old.replace("line: 10\n", "").replace("line: 90\n", "line: 90\nwave: 1\n")
    files = [(f"d{number}/f.yaml", old, new) for number in range(3)]
    for name, text, _ in files:
        write(repository / name, text)
    git(repository, "apply", "-", stdin=diff(change(repository, *files)).encode())
    assert all((repository / name).read_text() == new for name, _, _ in files)
