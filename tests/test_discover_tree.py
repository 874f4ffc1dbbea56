"""Files: which are manifests, which are never read, and what happens to those that cannot be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_discover_samples import make

from wavefix.discover import Tree
from wavefix.discover.tree import looks_like_manifest

needs_links = pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")


def walked(tree: Tree, root: Path) -> list[str]:
    return [os.path.relpath(file, root) for file in tree.walk(str(root))]


def test_yaml_and_json_files_are_manifests_in_a_stable_order(tmp_path: Path) -> None:
    make(tmp_path, dict.fromkeys(
        ["b.yaml", "a.yml", "c.json", "z/a.yaml", "d/e/f.yaml", "README.md", "x.yaml.tpl", "yaml",
         ".hidden.yaml", ".github/ci.yml", "Kustomization", "Chart.yaml", "run.sh"], "a: 1\n",
    ))  # fmt: skip
    assert walked(Tree(str(tmp_path)), tmp_path) == [
        ".hidden.yaml", "Chart.yaml", "Kustomization", "a.yml", "b.yaml", "c.json",
        ".github/ci.yml", "d/e/f.yaml", "z/a.yaml",
    ]  # fmt: skip


def test_git_is_never_read(tmp_path: Path) -> None:
    make(tmp_path, {".git/x.yaml": "a: 1", "sub/.git/y.yaml": "a: 1", "sub/z.yaml": "a: 1"})
    assert walked(Tree(str(tmp_path)), tmp_path) == ["sub/z.yaml"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("vendor/", ["a.yaml", "x/b.yaml", "x/vendored.yaml"]),
        ("**/vendor/**", ["a.yaml", "x/b.yaml", "x/vendored.yaml"]),
        ("/vendor", ["a.yaml", "x/b.yaml", "x/vendor/d.yaml", "x/vendored.yaml"]),
        ("*.yaml", []),
        ("x/*.yaml", ["a.yaml", "vendor/c.yaml", "x/vendor/d.yaml"]),
        ("b.yaml", ["a.yaml", "vendor/c.yaml", "x/vendor/d.yaml", "x/vendored.yaml"]),
        ("# b.yaml", ["a.yaml", "vendor/c.yaml", "x/b.yaml", "x/vendor/d.yaml", "x/vendored.yaml"]),
    ],
)
def test_exclude_is_written_as_in_a_gitignore_file(
    tmp_path: Path, pattern: str, left: list[str]
) -> None:
    names = ["a.yaml", "vendor/c.yaml", "x/b.yaml", "x/vendor/d.yaml", "x/vendored.yaml"]
    make(tmp_path, dict.fromkeys(names, ""))
    assert sorted(walked(Tree(str(tmp_path), (pattern,)), tmp_path)) == left


def test_exclude_can_be_taken_back(tmp_path: Path) -> None:
    make(tmp_path, dict.fromkeys(["x/a.yaml", "x/b.yaml"], ""))
    assert walked(Tree(str(tmp_path), ("x/*", "!x/b.yaml")), tmp_path) == ["x/b.yaml"]


def test_exclude_is_relative_to_the_directory_of_the_configuration(tmp_path: Path) -> None:
    make(tmp_path, dict.fromkeys(["old/a.yaml", "team/old/b.yaml", "..old/c.yaml"], ""))
    tree = Tree(str(tmp_path), ("/old/",), str(tmp_path / "team"))
    assert walked(tree, tmp_path) == ["..old/c.yaml", "old/a.yaml"]


@needs_links
def test_links_lead_to_files_in_the_repository_only(tmp_path: Path) -> None:
    """As Argo CD does it: links to directories are not followed, links to nothing passed over."""
    root = make(tmp_path / "repository", {"a.yaml": "", "sub/b.yaml": ""})
    (tmp_path / "outside.yaml").write_text("secret: 1\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "c.yaml").write_text("secret: 1\n")
    for name, target in {
        "in.yaml": "sub/b.yaml",
        "out.yaml": "../outside.yaml",
        "broken.yaml": "nowhere.yaml",
        "loop.yaml": "loop.yaml",
        "dir": "sub",
        "dir.yaml": "sub",
        "out": "../elsewhere",
    }.items():
        (root / name).symlink_to(target)
    tree = Tree(str(root))
    assert walked(tree, root) == ["a.yaml", "in.yaml", "sub/b.yaml"]
    assert tree.errors == []
    assert tree.inside(str(root / "in.yaml"))
    assert not tree.inside(str(root / "out.yaml"))
    assert not tree.inside(str(root / "out" / "c.yaml"))
    assert not tree.inside(str(root / ".." / "outside.yaml"))


def test_a_directory_named_like_a_manifest_is_a_directory(tmp_path: Path) -> None:
    make(tmp_path, {"x.yaml/y.yaml": "a: 1\n"})
    assert walked(Tree(str(tmp_path)), tmp_path) == ["x.yaml/y.yaml"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert walked(Tree(str(tmp_path)), tmp_path) == []


def test_a_file_is_read_once_and_its_error_told_once(tmp_path: Path) -> None:
    make(tmp_path, {"a.yaml": "a: [\n"})
    tree, file = Tree(str(tmp_path)), str(tmp_path / "a.yaml")
    first = tree.documents(file)
    os.remove(file)
    assert tree.documents(file) is first
    assert tree.text(file) == "a: [\n"
    assert len(tree.errors) == 1
    tree.fail(tree.errors[0])
    assert len(tree.errors) == 1


def test_what_cannot_be_read_is_an_error_and_the_rest_goes_on(tmp_path: Path) -> None:
    make(tmp_path, {"latin.yaml": b"a: \xe9\n", "ok.yaml": "a: 1\n"})
    tree = Tree(str(tmp_path))
    for name in ("latin.yaml", "gone.yaml", "."):
        assert tree.text(str(tmp_path / name)) is None
        assert tree.documents(str(tmp_path / name)) == []
    assert tree.documents(str(tmp_path / "ok.yaml"))[0].data == {"a": 1}
    assert [error.problem for error in tree.errors] == [
        "invalid UTF-8: byte 0xe9",
        "cannot be read: No such file or directory",
        "cannot be read: Is a directory",
    ]


def test_a_directory_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    tree = Tree(str(tmp_path))
    assert tree.entries(str(tmp_path / "nowhere")) == ([], [])
    assert [error.problem for error in tree.errors] == ["cannot be read: No such file or directory"]


BROKEN = "a: [\n"
LIKE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n"


@pytest.mark.parametrize(
    ("name", "text", "fine"),
    [
        ("a.yaml", BROKEN, False),
        ("a.yaml", "{{ if .x }}\n" + BROKEN, True),
        ("a.yaml", "{% raw %}\n" + BROKEN, True),
        ("a.yaml", "{{- if .Values.x }}\n" + LIKE + "{{- end }}\n", True),
        ("a.yaml", LIKE + "data:\n  {{ toYaml .Values.x | nindent 2 }}\n  b: [\n", True),
        ("a.yaml", LIKE + "data:\n  a: '{{ .x }}'\n\n\n  b: [\n", False),
        ("chart/templates/a.yaml", LIKE + "data:\n  a: '{{ .x }}'\n\n\n  b: [\n", True),
        ("chart/templates/a.yaml", LIKE + "data: [\n", False),
    ],
)
def test_templates_of_other_engines_are_no_broken_manifests(
    tmp_path: Path, name: str, text: str, fine: bool
) -> None:
    make(tmp_path, {name: text})
    tree = Tree(str(tmp_path))
    tree.documents(str(tmp_path / name))
    assert (tree.errors == []) == fine


def test_what_looks_like_a_manifest_has_its_three_fields() -> None:
    assert looks_like_manifest(LIKE)
    assert looks_like_manifest('{"apiVersion": "v1", "kind": "X", "metadata": {}}')
    assert not looks_like_manifest("kind: x\nmetadata: {}\n")


def test_a_pin_stands_on_its_line(tmp_path: Path) -> None:
    make(
        tmp_path, {"a.yaml": "a: 1\nb: 2 # wavefix: pin\nc: 3 # wavefix: pin, since ...\r\nd: 4\n"}
    )
    tree, file = Tree(str(tmp_path)), str(tmp_path / "a.yaml")
    assert [line for line in range(1, 6) if tree.pinned(file, line)] == [2, 3]
    assert not tree.pinned(str(tmp_path / "gone.yaml"), 1)
