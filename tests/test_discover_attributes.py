"""`linguist-generated` in `.gitattributes`: what git itself says of the same files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_discover_samples import make

from wavefix.discover.attributes import Attributes

SET = "linguist-generated"
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

# Files of attributes, a path, and what they say of it: True, False, or None for nothing.
CASES: dict[str, tuple[dict[str, str], str, bool | None]] = {
    "a name": ({".gitattributes": f"a.yaml {SET}"}, "x/y/a.yaml", True),
    "another name": ({".gitattributes": f"b.yaml {SET}"}, "a.yaml", None),
    "a star": ({".gitattributes": f"*.gen.yaml {SET}"}, "x/a.gen.yaml", True),
    "true": ({".gitattributes": f"* {SET}=true"}, "a.yaml", True),
    "false": ({".gitattributes": f"* {SET}=false"}, "a.yaml", False),
    "unset": ({".gitattributes": f"* -{SET}"}, "a.yaml", False),
    "unspecified": ({".gitattributes": f"* {SET}\na.* !{SET}"}, "a.yaml", None),
    "the last line": ({".gitattributes": f"* {SET}\n*.yaml -{SET}\n"}, "a.yaml", False),
    "a path": ({".gitattributes": f"/x/*.yaml {SET}"}, "x/a.yaml", True),
    "a path without a slash ahead": ({".gitattributes": f"x/*.yaml {SET}"}, "y/x/a.yaml", None),
    "a star is one step": ({".gitattributes": f"x/* {SET}"}, "x/y/a.yaml", None),
    "all that is below": ({".gitattributes": f"x/** {SET}"}, "x/y/z/a.yaml", True),
    "not the directory itself": ({".gitattributes": f"a.yaml/** {SET}"}, "a.yaml", None),
    "below, wherever": ({".gitattributes": f"**/x/** {SET}"}, "y/x/z/a.yaml", True),
    "any steps between": ({".gitattributes": f"x/**/a.yaml {SET}"}, "x/a.yaml", True),
    "a directory": ({".gitattributes": f"x/ {SET}\nx {SET}"}, "x/a.yaml", None),
    "no negation": ({".gitattributes": f"!a.yaml {SET}"}, "a.yaml", None),
    "a comment": ({".gitattributes": f"# * {SET}"}, "a.yaml", None),
    "blanks and a carriage return": ({".gitattributes": f" \t*  text\t{SET} \r\n"}, "a.yaml", True),
    "a pattern in quotes": ({".gitattributes": f'"a \\142.yaml" {SET}'}, "a b.yaml", True),
    "an escaped star": ({".gitattributes": f"\\*.yaml {SET}"}, "a.yaml", None),
    "a class": ({".gitattributes": f"[[:alpha:]_][!0-9].yaml {SET}"}, "ab.yaml", True),
    "a class that is not closed": ({".gitattributes": f"[ab {SET}"}, "[ab", None),
    "the nearer file": (
        {".gitattributes": f"* {SET}", "x/.gitattributes": f"*.yaml -{SET}"},
        "x/a.yaml",
        False,
    ),
    "the nearer file, of other paths": (
        {".gitattributes": f"* {SET}", "x/.gitattributes": f"/y/* -{SET}"},
        "x/a.yaml",
        True,
    ),
    "relative to its directory": ({"x/.gitattributes": f"/y/*.yaml {SET}"}, "x/y/a.yaml", True),
    "in the git directory": (
        {
            ".gitattributes": f"* {SET}",
            ".git/info/attributes": f"a.yaml -{SET}",
            ".git/HEAD": "ref: refs/heads/main\n",
        },
        "a.yaml",
        False,
    ),
    "a macro": ({".gitattributes": f"[attr]made {SET} -diff\n* made"}, "a.yaml", True),
    "a macro that is unset": ({".gitattributes": f"[attr]made {SET}\n* -made"}, "a.yaml", None),
    "a macro of macros": (
        {".gitattributes": f"[attr]a b\n[attr]b -{SET}\n* {SET} a\n"},
        "a.yaml",
        False,
    ),
    "a macro that a later line unset": (
        {".gitattributes": f"[attr]made {SET}\n* made\n*.yaml -made\n"},
        "a.yaml",
        None,
    ),
    "a macro of a directory is none": (
        {"x/.gitattributes": f"[attr]made {SET}\n* made"},
        "x/a.yaml",
        None,
    ),
    "a name that is none": ({".gitattributes": f"* {SET} a:b"}, "a.yaml", None),
}


def said(root: Path, path: str) -> bool | None:
    found = Attributes(str(root)).generated(str(root / path))
    return None if found is None else found[3]


def git_says(root: Path, path: str) -> bool | None:
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    out = subprocess.run(
        ["git", "check-attr", "-z", SET, "--", path], cwd=root, check=True, capture_output=True
    ).stdout
    value = out.split(b"\0")[2]
    return None if value == b"unspecified" else value not in (b"unset", b"false")


@pytest.mark.parametrize("name", CASES)
def test_what_is_said(tmp_path: Path, name: str) -> None:
    files, path, expected = CASES[name]
    make(tmp_path, files)
    assert said(tmp_path, path) is expected


@needs_git
@pytest.mark.parametrize("name", CASES)
def test_git_says_the_same(tmp_path: Path, name: str) -> None:
    files, path, expected = CASES[name]
    make(tmp_path, files)
    (tmp_path / ".git").joinpath("info").mkdir(exist_ok=True)
    assert git_says(tmp_path, path) is expected


NAMES = st.text("abc.", min_size=1, max_size=4).filter(lambda name: name.strip("."))
PIECES = st.sampled_from(
    ["a", "b", ".", "*", "**", "?", "[a-b]", "[!a]", "[]a]", "\\b", "/", "[[:lower:]]"]
)
PATTERNS = st.lists(PIECES, min_size=1, max_size=6).map("".join)
VALUES = st.sampled_from([SET, f"-{SET}", f"!{SET}", f"{SET}=false", "m", "-m", "n", f"m {SET}=x"])
LINES = st.lists(st.tuples(PATTERNS, VALUES).map(" ".join), max_size=5)


@needs_git
@given(LINES, LINES, st.lists(NAMES, min_size=1, max_size=3))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_git_says_the_same_of_any(
    tmp_path_factory: pytest.TempPathFactory, top: list[str], below: list[str], steps: list[str]
) -> None:
    root = tmp_path_factory.mktemp("repository")
    macros = [f"[attr]m {SET} n", f"[attr]n -{SET}"]
    path = "/".join(["a", *steps])
    make(root, {".gitattributes": "\n".join([*macros, *top]), "a/.gitattributes": "\n".join(below)})
    assert said(root, path) is git_says(root, path)


def test_it_says_where_it_stands(tmp_path: Path) -> None:
    make(tmp_path, {"x/.gitattributes": f"# all\n*.yaml  {SET}\n"})
    assert Attributes(str(tmp_path)).generated(str(tmp_path / "x" / "a.yaml")) == (
        str(tmp_path / "x" / ".gitattributes"),
        2,
        f"*.yaml  {SET}",
        True,
    )


def test_no_link_is_followed_and_nothing_outside_is_asked(tmp_path: Path) -> None:
    make(tmp_path, {"other": f"* {SET}", "r/a.yaml": "", ".gitattributes": f"* {SET}"})
    (tmp_path / "r" / ".gitattributes").symlink_to("../other")
    assert said(tmp_path / "r", "a.yaml") is None
    assert Attributes(str(tmp_path / "r")).generated(str(tmp_path / "a.yaml")) is None


def test_no_pattern_takes_long(tmp_path: Path) -> None:
    make(tmp_path, {".gitattributes": f"{'*a' * 60}b {SET}\n{'**/' * 60}b {SET}\n"})
    assert said(tmp_path, "a/" * 60 + "a" * 200) is None


@needs_git
def test_a_linked_work_tree_has_the_attributes_of_its_repository(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=tmp_path / "main", check=True)

    make(tmp_path / "main", {"a.yaml": ""})
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "first")
    git("worktree", "add", "-q", "../linked")
    (tmp_path / "main" / ".git" / "info" / "attributes").write_text(f"* {SET}\n")
    assert said(tmp_path / "linked", "a.yaml") is True
