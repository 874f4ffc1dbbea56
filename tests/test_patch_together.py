"""Many edits of one file, and of many files."""

from __future__ import annotations

import pytest
from patching import an_edit, t

from wavefix.model import SYNC_WAVE, Edit, Path, Site
from wavefix.patch import prepare


def several(text: str, *edits: tuple[Path, str | None]) -> str:
    made = [
        Edit(Site("helm-values", "/x.yaml", 0, path, 1, None), "x", wave) for path, wave in edits
    ]
    patches = prepare(made, {"/x.yaml": text})
    return patches[0].after if patches else text


@pytest.mark.parametrize("flip", [1, -1])
def test_edits_of_one_file_compose(flip: int) -> None:
    before = t("""
        primary:
          podAnnotations:
            WAVE: "1"
        backup:
          name: b
        list: [{a: b}, {c: d}]
        """)
    edits: list[tuple[Path, str | None]] = [
        (("primary", "podAnnotations"), "2"),
        (("primary", "annotations"), "3"),
        (("backup", "podAnnotations"), "4"),
        (("backup", "annotations"), "5"),
        (("list", 0), "6"),
        (("list", 1, "annotations"), "7"),
    ]
    after = several(before, *edits[::flip])
    lines = [
        "  podAnnotations:",
        f'    {SYNC_WAVE}: "4"',
        "  annotations:",
        f'    {SYNC_WAVE}: "5"',
    ]
    backup = "\n".join(lines if flip > 0 else lines[2:] + lines[:2])
    assert after == t("""
        primary:
          annotations:
            WAVE: "3"
          podAnnotations:
            WAVE: "2"
        backup:
          name: b
        BACKUP
        list: [{WAVE: "6", a: b}, {annotations: {WAVE: "7"}, c: d}]
        """).replace("BACKUP", backup)


def test_a_missing_map_is_made_once_for_several_waves() -> None:
    after = several(
        "z: 1\nname: x\n", (("db", "p"), "1"), (("db", "q", "r"), "2"), (("db", "s"), "3")
    )
    assert after == t("""
        z: 1
        name: x
        db:
          p:
            WAVE: "1"
          q:
            r:
              WAVE: "2"
          s:
            WAVE: "3"
        """)


def test_removals_of_one_file_compose() -> None:
    before = "x: {a: {WAVE: '1'}, b: {WAVE: '1'}, c: d}\ny: {a: {WAVE: '1'}, b: {WAVE: '1'}}\n"
    paths: list[Path] = [("x", "a"), ("x", "b"), ("y", "a"), ("y", "b")]
    after = several(before.replace("WAVE", SYNC_WAVE), *[(path, None) for path in paths])
    assert after == "x: {c: d}\ny: {a: {}, b: {}}\n"


def test_removal_and_creation_side_by_side() -> None:
    before = t("""
        spec:
          annotations:
            WAVE: "1"
          also: {b: c, annotations: {WAVE: "1"}}
        """)
    after = several(
        before,
        (("spec", "annotations"), None),
        (("spec", "podAnnotations"), "2"),
        (("spec", "also", "annotations"), None),
        (("spec", "also", "p"), "3"),
    )
    assert after == t("""
        spec:
          podAnnotations:
            WAVE: "2"
          also: {p: {WAVE: "3"}, b: c}
        """)


def test_patches_come_by_file_and_only_for_files_that_change() -> None:
    texts = {name: f'a: {{{SYNC_WAVE}: "{name[1]}"}}\n' for name in ("/2", "/1", "/3")}
    edits = [an_edit(("a",), "1", name) for name in texts]
    patches = prepare(edits, texts)
    assert [patch.file for patch in patches] == ["/2", "/3"]
    assert all(patch.before == texts[patch.file] for patch in patches)
    assert [patch.edits for patch in patches] == [(edits[0],), (edits[2],)]


def test_an_edit_that_changes_nothing_is_not_in_the_patch_of_its_file() -> None:
    edits = [an_edit(("a",), "1"), an_edit(("b",), "2")]
    texts = {"/x.yaml": f'a: {{{SYNC_WAVE}: "1"}}\nb: {{}}\n'}
    assert prepare(edits, texts)[0].edits == (edits[1],)


def test_the_same_edit_twice_is_one() -> None:
    edits = [an_edit(("a",), "1", resource="x"), an_edit(("a",), "1", resource="y")]
    patch = prepare(edits, {"/x.yaml": "a: {}\n"})[0]
    assert patch.after == f'a: {{{SYNC_WAVE}: "1"}}\n'
    assert patch.edits == (edits[0],)


def test_two_waves_at_one_site_are_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="two waves, 1 and 2"):
        prepare([an_edit(("a",), "1"), an_edit(("a",), "2")], {"/x.yaml": "a: {}\n"})


@pytest.mark.parametrize("wave", ["", '1"', "1'", "1\\", "1\n", " 1", "é"])
def test_a_wave_that_would_need_an_escape_is_an_error_of_the_caller(wave: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        prepare([an_edit(("a",), wave)], {"/x.yaml": "a: {}\n"})


def test_a_map_under_a_wave_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="both a value and a map"):
        several("a: 1\n", (("b",), "1"), (("b", SYNC_WAVE), "1"))
