"""A wave that goes, alone or with its map: (before, path, wave, after), both texts whole."""

from __future__ import annotations

import pytest
from patching import META, Case, case, exact

from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Edit, Path, Site
from wavefix.patch import check, prepare

CASES = [
    case(
        "a line with its comment",
        "metadata:\n  annotations:\n    a: b\n    WAVE: '1' # c\n    d: e\n",
        META,
        None,
        "metadata:\n  annotations:\n    a: b\n    d: e\n",
    ),
    case(
        "the map with it",
        "metadata:\n  name: x\n  annotations: # c\n    WAVE: '1'\n  labels: {}\n",
        META,
        None,
        "metadata:\n  name: x\n  labels: {}\n",
    ),
    case(
        "comments in the map stay",
        "metadata:\n  name: x\n  annotations:\n    # c\n    WAVE: '1'\n    # d\n  labels: {}\n",
        META,
        None,
        "metadata:\n  name: x\n    # c\n    # d\n  labels: {}\n",
    ),
    case(
        "the last key: an empty map stays",
        "spec:\n  annotations: # c\n    WAVE: '1'\n",
        ("spec", "annotations"),
        None,
        "spec:\n  annotations: {} # c\n",
    ),
    case(
        "no final newline",
        "metadata:\n  annotations:\n    a: b\n    WAVE: '1'",
        META,
        None,
        "metadata:\n  annotations:\n    a: b",
    ),
    case(
        "no final newline, the map with it",
        "metadata:\n  name: x\n  annotations:\n    WAVE: '1'",
        META,
        None,
        "metadata:\n  name: x",
    ),
    case(
        "no final newline, behind a literal text that needs one",
        "metadata:\n  annotations:\n    a: |\n      b\n    WAVE: '1'",
        META,
        None,
        "metadata:\n  annotations:\n    a: |\n      b\n",
    ),
    case("behind a dash", "- WAVE: '1'\n  a: b\n", (0,), None, "- a: b\n"),
    case(
        "annotations behind a dash",
        "- annotations:\n    WAVE: '1'\n  a: b\n",
        (0, "annotations"),
        None,
        "- a: b\n",
    ),
    case("the only key of a list item", "- WAVE: '1' # c\n- a\n", (0,), None, "- {} # c\n- a\n"),
    case(
        "a folded value",
        "annotations:\n  WAVE: >\n    1\n\n  a: b\n",
        ("annotations",),
        None,
        "annotations:\n\n  a: b\n",
    ),
    case(
        "first of a flow map",
        "annotations: {WAVE: '1', a: b}\n",
        ("annotations",),
        None,
        "annotations: {a: b}\n",
    ),
    case(
        "last of a flow map",
        "annotations: {a: b, WAVE: '1'}\n",
        ("annotations",),
        None,
        "annotations: {a: b}\n",
    ),
    case(
        "last of a flow map, a comma behind",
        "annotations: { a: b, WAVE: '1', }\n",
        ("annotations",),
        None,
        "annotations: { a: b, }\n",
    ),
    case(
        "behind an alias",
        "x: &x 1\nannotations: {a: *x , WAVE: '1'}\n",
        ("annotations",),
        None,
        "x: &x 1\nannotations: {a: *x}\n",
    ),
    case(
        "a flow map with it",
        "metadata:\n  annotations: {WAVE: '1'} # c\n  name: x\n",
        META,
        None,
        "metadata:\n  name: x\n",
    ),
    case(
        "a flow map in a flow map",
        "metadata: {annotations: {WAVE: '1'}, name: x}\n",
        META,
        None,
        "metadata: {name: x}\n",
    ),
    case(
        "nothing else in either flow map",
        '{"metadata": {"annotations": {"WAVE": "1"}}}',
        META,
        None,
        '{"metadata": {"annotations": {}}}',
    ),
    case(
        "JSON over lines, first",
        '{\n  "annotations": {\n    "WAVE": "1",\n    "a": "b"\n  }\n}\n',
        ("annotations",),
        None,
        '{\n  "annotations": {\n    "a": "b"\n  }\n}\n',
    ),
    case(
        "JSON over lines, last",
        '{\n  "annotations": {\n    "a": "b",\n    "WAVE": "1"\n  }\n}\n',
        ("annotations",),
        None,
        '{\n  "annotations": {\n    "a": "b"\n  }\n}\n',
    ),
    case(
        "JSON over lines, the map with it",
        '{\n  "name": "x",\n  "annotations": {\n    "WAVE": "1"\n  },\n  "a": 1\n}\n',
        ("annotations",),
        None,
        '{\n  "name": "x",\n  "a": 1\n}\n',
    ),
    case(
        "flow map over lines with comments",
        "annotations: {\n  a: b, # of a\n  WAVE: '1' # of it\n}\n",
        ("annotations",),
        None,
        "annotations: {\n  a: b # of a\n}\n",
    ),
    case(
        "a middle line of two pairs",
        "annotations: {\n  a: b, WAVE: '1',\n  c: d}\n",
        ("annotations",),
        None,
        "annotations: {\n  a: b, c: d}\n",
    ),
    case(
        "of two pairs, the comma on the line below",
        "annotations: {a: b, WAVE: '1'\n  , c: d}\n",
        ("annotations",),
        None,
        "annotations: {a: b\n  , c: d}\n",
    ),
    case(
        "a comma behind it, a comment before it",
        "annotations: {\n  a: b, # of a\n  WAVE: '1', }\n",
        ("annotations",),
        None,
        "annotations: {\n  a: b, # of a\n   }\n",
    ),
    case("nothing there", "metadata:\n  name: x\n", META, None, "metadata:\n  name: x\n"),
    case(
        "no such key",
        "metadata: {annotations: {a: b}}\n",
        META,
        None,
        "metadata: {annotations: {a: b}}\n",
    ),
]


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_exact_text(one: Case, parser: str) -> None:
    exact(one, parser)


REFUSED_REMOVALS = {
    "another wave before it": (
        f"a:\n  {SYNC_WAVE}: '1'\n  b: c\n  {SYNC_WAVE}: '2'\n",
        ("a",),
        f"the key {SYNC_WAVE} in line 2 would count then",
    ),
    "another map before it": (
        f"a: {{b: c}}\na: {{{SYNC_WAVE}: '1'}}\n",
        ("a",),
        "the key a in line 1 would count then",
    ),
    "a pair without braces": (f"a: [{SYNC_WAVE}: '1']\n", ("a", 0), "without braces"),
    "a comment behind a dash": (f"a:\n  - {SYNC_WAVE}: '1' # c\n    b: c\n", ("a", 0), "comment"),
}


@pytest.mark.parametrize(
    ("text", "path", "why"), REFUSED_REMOVALS.values(), ids=REFUSED_REMOVALS.keys()
)
def test_only_the_removal_is_refused(text: str, path: Path, why: str) -> None:
    where = Site("manifest", "/x.yaml", 0, path, 1, None)
    assert check(where, text) == ""
    assert why in check(where, text, remove=True)
    with pytest.raises(InputError, match=why):
        prepare([Edit(where, "Pod/a/b", None)], {"/x.yaml": text})
