"""What cannot be edited exactly is refused, with the reason and the line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from patching import META

from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Edit, Entry, Path, Site
from wavefix.patch import Refused, check, check_entries, prepare
from wavefix.patch.parsed import Parsed
from wavefix.patch.plan import Change, plan

REFUSED = {
    "the value is a map": (f"annotations: {{{SYNC_WAVE}: {{}}}}\n", ("annotations",), "scalar"),
    "the value has a tag of its own": (
        f"annotations: {{{SYNC_WAVE}: !secret x}}\n",
        ("annotations",),
        "!secret",
    ),
    "the key without a value": (f"annotations: {{{SYNC_WAVE}}}\n", ("annotations",), "no value"),
    "annotations without a colon": ("metadata: {annotations}\n", META, "no value"),
    "a complex key in braces": ("annotations: {? {a: b} : c}\n", ("annotations",), "template"),
    "annotations are a list": ("annotations: [a]\n", ("annotations",), "no map"),
    "annotations are text": ('annotations: ""\n', ("annotations",), "no map"),
    "a template as the map": ("annotations: {{ toYaml .a }}\n", ("annotations",), "template"),
    "a pair without braces": ("[a: b]\n", (0,), "without braces"),
    "a tag and no value": ("annotations: !!null\n", ("annotations",), "tag"),
    "nothing in the list item": ("- \n", (0, "annotations"), "empty"),
    "no such item": ("- a: b\n", (1, "annotations"), "no item 1"),
    "no list to have an item": ("a: b\n", ("items", 0, "annotations"), "list item"),
    "a number for a map": ("a: 1\n", ("a", "annotations"), "no map"),
    "no such document": ("a: 1\n", META, "no document 3"),
    "no YAML": ("a: [\n", META, "no valid YAML"),
}


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("text", "path", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(text: str, path: Path, why: str) -> None:
    where = Site("manifest", "/x.yaml", 3 if "document" in why else 0, path, 7, None)
    assert why in check(where, text)
    with pytest.raises(InputError) as caught:
        prepare([Edit(where, "Pod/a/b", "1")], {"/x.yaml": text})
    assert caught.value.file == "/x.yaml"
    assert caught.value.line == 7 or "invalid YAML" in caught.value.problem


def test_refused_is_what_planning_raises() -> None:
    with pytest.raises(Refused, match="no document 1"):
        plan(Parsed("a: 1\n"), [Change(1, (), (), "1")])


_TABS = f'm: {{\n\t"x": 3,\n\t"{SYNC_WAVE}": "2"\n\t}}\n'


def test_a_plain_value_does_not_come_before_a_tab() -> None:
    """libyaml, and so Argo CD, minds that in block style; a document in braces may have it."""
    where = Site("manifest", "/x.yaml", 0, ("m",), 1, None)
    assert "begins with a tab" in check(where, _TABS, remove=True)
    assert not check(where, _TABS.replace("3", '"3"'), remove=True)
    braces = Site("manifest", "/x.yaml", 0, (), 1, None)
    [patch] = prepare([Edit(braces, "x", None)], {"/x.yaml": _TABS.removeprefix("m: ")})
    assert patch.after == '{\n\t"x": 3\n\t}\n'
    entry = Entry("/x.yaml", 0, ("m",), "y", 3)
    assert "tabs" in check_entries([entry], _TABS)
    assert not check_entries([replace(entry, value="3")], _TABS)
    short = "m: {x: []\n\t}\n"
    assert "a tab" in check_entries([replace(entry, key="x")], short)
    assert not check_entries([replace(entry, key="x", path=())], short.removeprefix("m: "))


@pytest.mark.parametrize("below", ["   \t\n", "   \t# c\n", "\n   \t# c\n"])
def test_only_plain_text_stands_above_a_tab(below: str) -> None:
    """libyaml, and so Argo CD, reads on behind a plain value, and takes a tab there."""
    root = Site("manifest", "/x.yaml", 0, (), 1, None)
    plain = f"b: 'c'\n{SYNC_WAVE}: 1\n{below}"
    why = "begins with a tab"
    assert why in check(root, plain)
    assert why in check(root, plain, remove=True)
    assert why in check(replace(root, path=META), f"metadata:\n  name: x\n{below}")
    assert why in check_entries([Entry("/x.yaml", 0, (), "b", "d: e")], f"b: c\n{below}")
    assert not check(root, plain.replace(below, ""))
