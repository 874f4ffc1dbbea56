"""What came of the inputs that the fuzzer found: the text that an edit makes, or why there is none.

Each of them ended in a traceback once, or in an edit that only the last look before writing caught.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Edit, Entry, EntryEdit, PatchTarget, Site
from wavefix.model import Path as Steps
from wavefix.patch import check, check_entries, prepare
from wavefix.yamlio import load

CORPUS = Path(__file__).parent / "fuzz" / "corpus" / "patch"
META: Steps = ("metadata", "annotations")
WEB = PatchTarget("", "v1", "Pod", "web")
PATCH = (
    "- patch: |-\n    apiVersion: v1\n    kind: Pod\n    metadata:\n      name: web\n"
    '      annotations:\n        WAVE: "1"\n'
)

# A wave at the path of a map, or a patch behind those of a list: the text that it makes.
DONE: dict[str, tuple[Steps, str]] = {
    "list-of-empty": ((0, *META), '[{"metadata": {"annotations": {"WAVE": "1"}}}]\n'),
    "merge-of-null": (META, 'metadata:\n  annotations: {WAVE: "1", b: c}\n  <<:\n'),
    "empty-name-in-braces": (
        ("a", "annotations"),
        'a: {annotations: {WAVE: "1"}, name: , b: c}\n',
    ),
    "null-before-comma": ((), '{a: , WAVE: "1" , b}\n'),
    "question-in-braces": (("a",), 'a: {\n WAVE : "1",\n ?b c\n- : d,\n}\n'),
    "question-at-brace": (("a",), 'a: {WAVE : "1", ?\n b c\n- : d,\n}\n'),
    "explicit-map": (META, '? metadata\n: name: c\n  annotations:\n    WAVE: "1"\n? d\n'),
    "tight-colon": (
        META,
        '{"a":1, b: {c: d}, metadata: {annotations: {WAVE: "1"}}}\n',
    ),
    "anchor-on-list-beside": (("patches",), f"resources: &a\n- p.yaml\npatches:\n{PATCH}"),
}
# The same, and where the path ends with `+` another value for the key before it, or one item more.
REFUSED: dict[str, tuple[Steps, str]] = {
    "anchor-on-patches": (("patches",), "an anchor or a tag"),
    "explicit-key-empty": (("metadata",), "nothing at all"),
    "explicit-key-below": (META, "not stand on the line of its `?`"),
    "anchor-then-colon": ((0,), "without braces"),
    "empty-list": ((0, "+"), "no list with items"),
    "explicit-key-map": (("metadata", "+"), "behind a `?`"),
    "no-colon": (META, "its key has no value"),
    "no-colon-within": (("a", "b", "+"), "behind a `?`"),
    "keeps-breaks": (("spec", 1, "+"), "keeps its blank lines"),
    "ends-with-blanks": (("patches",), "a line of blanks"),
}


def found(name: str) -> str:
    return (CORPUS / f"found-{name}").read_text("utf-8")


def site(path: Steps, mechanism: str = "manifest") -> Site:
    entry = WEB if path == ("patches",) else None
    if mechanism == "chart-template":
        return Site("chart-template", "/x", 0, path, 1, None)
    return Site("manifest", "/x", 0, path, 1, None, entry=entry)


@pytest.mark.parametrize("name", DONE)
def test_it_is_done(name: str) -> None:
    path, after = DONE[name]
    assert check(site(path), found(name)) == ""
    [made] = prepare([Edit(site(path), "x", "1")], {"/x": found(name)})
    assert made.after == after.replace("WAVE", SYNC_WAVE)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(name: str) -> None:
    path, why = REFUSED[name]
    edits: list[Edit] = []
    entries: list[EntryEdit] = []
    if path[-1] == "+":
        entry = Entry("/x", 0, path[:-2], path[-2], 3)
        entries = [EntryEdit((entry,), "x", "application", 1, None, "3")]
        assert why in check_entries([entry], found(name))
    else:
        edits = [Edit(site(path), "x", "1")]
        assert why in check(site(path), found(name))
    with pytest.raises(InputError, match="cannot be edited exactly"):
        prepare(edits, {"/x": found(name)}, entries)


def test_a_comma_does_not_come_right_behind_a_colon() -> None:
    text = found("null-before-removed")
    [made] = prepare([Edit(site(META), "x", None)], {"/x": text})
    assert made.after == "metadata: {a: ,}\n"


def test_no_key_is_made_in_the_name_of_one_that_is_no_text() -> None:
    text = found("complex-key")
    assert "?4:2" in str(load(text, "x")[0].data)
    assert "a key that is no text" in check(site(("?4:2", "annotations")), text)


def test_a_list_beside_that_ends_with_its_dash_shows_no_gap() -> None:
    [made] = prepare([Edit(site(("patches",)), "x", "1")], {"/x": "a:\n-\npatches: []\n"})
    assert made.after == "a:\n-\npatches:\n" + PATCH.replace("WAVE", SYNC_WAVE)


def test_a_question_mark_goes_with_its_key() -> None:
    edit = Edit(site(("metadata", "x annotations")), "x", None)
    [made] = prepare([edit], {"/x": found("question-above")})
    assert made.after == "metadata: {\n  name: a,\n}\n"


def test_a_byte_order_mark_within_a_text_is_refused() -> None:
    where = Site("helm-values", "/x", 0, ("values",), 1, None, ("podAnnotations",))
    assert "byte order mark" in check(where, found("mark-in-text"))


def test_a_comment_does_not_become_part_of_a_text() -> None:
    text = found("comment-below-text")
    assert "part of the text before it" in check(site(("podAnnotations",)), text, remove=True)
    less = text.replace("  # waves\n", "")
    [made] = prepare([Edit(site(("podAnnotations",)), "x", None)], {"/x": less})
    assert made.after == "script: |\n  echo\nb: c\n"


@pytest.mark.parametrize(
    "below", ["  # more\n", "    \n", "\n   \n", "  "], ids=["comment", "blanks", "later", "end"]
)
def test_no_line_becomes_part_of_the_text_above(below: str) -> None:
    text = f"a: |\n  b\nannotations:\n  {SYNC_WAVE}: '1'\n"
    both = site(("annotations",))
    assert "part of the text before it" in check(both, text + below, remove=True)
    [made] = prepare([Edit(both, "x", None)], {"/x": text + "\n"})
    assert made.after == "a: |\n  b\n\n"
    keeps = text.replace("|", "|+") + "\n"
    assert "part of the text before it" in check(both, keeps, remove=True)


def test_a_comment_right_behind_a_bracket_stays_one() -> None:
    [made] = prepare([Edit(site(("patches",)), "x", "1")], {"/x": "patches: []# none\n"})
    assert made.after == "patches: # none\n" + PATCH.replace("WAVE", SYNC_WAVE)


def test_a_template_in_place_of_a_wave_is_not_removed() -> None:
    text = found("template-as-wave")
    assert "no scalar" in check(site(META), text, remove=True)


def test_a_template_with_control_characters_is_none() -> None:
    text = found("control-character")
    assert "control character" in check(site(META, "chart-template"), text)


@pytest.mark.parametrize("quote", ['\\"', '"', "\\'", "`x"])
def test_a_quote_without_an_end_is_no_template_and_is_looked_at_once(quote: str) -> None:
    text = "{{ " + quote * 1_000_001
    assert "a {{ has no }}" in check(site(META, "chart-template"), text)
