"""Data that is no wave: a key gets its value in the style of the file; nothing else changes."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patching import examples
from ruamel.yaml import YAML
from test_patch_properties import (
    KINDS,
    PLAIN,
    QUOTED,
    Draw,
    Writer,
    json_files,
    loaded,
    yaml_files,
)

from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Edit, Entry, EntryEdit, Path, Site
from wavefix.patch import check, check_entries, prepare

SCALARS = st.one_of(
    st.sampled_from(
        [*PLAIN, *QUOTED, "RollingSync", "'{{ .x }}'", "yes", "~", "1e3", "0o7", "- a"]
    ),
    st.sampled_from(
        ["a\nb", "one\n  two\n\nthree\n", "a: 1\nb: [x]\n", "\ta\nb", "a \n", "# a\n# b"]
    ),
    st.integers(-99, 99),
    st.booleans(),
    st.none(),
)
KEYS = st.sampled_from(["a", "steps", "x.io/y", "1", "true", "a b", "it's", "ünï"])


def data_with(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    )


DATA, WRITTEN = data_with(KEYS), data_with(st.sampled_from(["a", "b-c", "x.io/y"]))
LABELS: Path = ("spec", "template", "metadata", "labels")
MAPS: list[Path] = [("metadata",), ("spec",), ("spec", "template"), ("metadata", "labels"), LABELS,
                    ("spec", "new", "deeper")]  # fmt: skip


def put(text: str, *entries: Entry, file: str = "/x.yaml") -> str:
    edits = [EntryEdit((entry,), "x", "application", 1, None, "...") for entry in entries]
    patches = prepare([], {file: text}, edits)
    return patches[0].after if patches else text


def entry(path: Path, key: str | int, value: Any, before: str = "", document: int = 0) -> Entry:
    return Entry("/x.yaml", document, path, key, value, before)


@st.composite
def files(draw: Draw) -> tuple[str, list[dict[str, Any]]]:
    return draw(json_files(KINDS) if draw(st.integers(0, 3)) == 0 else yaml_files(KINDS))


@given(files(), st.data(), DATA)
@examples(250)
def test_a_key_gets_its_value(
    file: tuple[str, list[dict[str, Any]]], data: st.DataObject, value: Any
) -> None:
    text, documents = file
    number = data.draw(st.integers(0, len(documents) - 1))
    path = data.draw(st.sampled_from(MAPS))
    if "items" in documents[number]:
        path = ("items", 1, *path)
    expected = copy.deepcopy(documents)
    holder: Any = expected[number]
    for step in path:
        if isinstance(holder, dict) and holder.get(step) is None:
            holder[step] = {}
        holder = holder[step]
    key = data.draw(st.sampled_from([*holder, "strategy"]))
    before = data.draw(st.sampled_from([*holder, ""]))
    new = key not in holder
    holder[key] = value

    one = entry(path, key, value, before, number)
    refused = check_entries([one], text)
    assert not refused
    after = put(text, one)
    assert loaded(after) == expected
    assert put(after, one) == after
    if new:  # all that was there is still there, in two pieces
        start = next((i for i, (a, b) in enumerate(zip(text, after, strict=False)) if a != b), None)
        if start is not None and " null" not in text and "~" not in text:
            assert any(
                after.startswith(text[:at]) and after.endswith(text[at:])
                for at in range(max(0, start - 80), start + 1)
            )


SET = """\
# Platform
kind: ApplicationSet
metadata:
  name: platform
spec:
  generators:
  - git: {directories: [{path: apps/*}]}
  # what all of them have in common
  template:
    metadata:
      name: '{{path.basename}}'   # as the directory
    spec: {}
"""
STRATEGY = {"type": "RollingSync", "rollingSync": {"steps": [{"matchExpressions": [
    {"key": "app", "operator": "In", "values": ["db", "1"]}]}]}}  # fmt: skip


def test_a_new_block_in_the_style_of_the_file() -> None:
    strategy = entry(("spec",), "strategy", STRATEGY, "template")
    label = entry(("spec", "template", "metadata", "labels"), "x.io/app", "{{path.basename}}")
    assert put(SET, strategy, label) == SET.replace(
        "  # what all",
        """\
  strategy:
    type: RollingSync
    rollingSync:
      steps:
      - matchExpressions:
        - key: app
          operator: In
          values:
          - db
          - '1'
  # what all""",
    ).replace(
        "# as the directory\n",
        """# as the directory
      labels:
        x.io/app: '{{path.basename}}'
""",
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lists_and_line_breaks_as_in_the_file(newline: str) -> None:
    text = "spec:\n    list:\n      - a\n    template: {}".replace("\n", newline)
    after = put(text, entry(("spec",), "more", {"x": [1, [True, None]]}, "template"))
    lines = ["spec:", "    list:", "      - a", "    more:", "        x:", "          - 1",
             "          - - true", "            - null", "    template: {}"]  # fmt: skip
    assert after == newline.join(lines)


def test_json_stays_json_over_lines() -> None:
    text = '{\n  "spec": {\n    "generators": [],\n    "template": {"a": 1}\n  }\n}\n'
    after = put(text, entry(("spec",), "strategy", {"type": "X", "s": [{"a": [1]}]}, "template"))
    assert after == text.replace(
        '    "template"',
        '    "strategy": {\n      "type": "X",\n      "s": [\n        {\n          "a": [\n'
        '            1\n          ]\n        }\n      ]\n    },\n    "template"',
    )


def test_json_on_one_line() -> None:
    text = '{"spec":{"generators":[],"template":{"a":1}}}'
    after = put(text, entry(("spec",), "strategy", {"type": "X", "s": ["1"]}, "template"))
    assert after == text.replace('"template"', '"strategy":{"type":"X","s":["1"]},"template"')


OLD = """\
spec:
  strategy:   # how
    type: AllAtOnce # for now
    deletionOrder: Reverse # keep
    rollingSync:
      steps: # old
        - matchExpressions:
            - {key: a, operator: In, values: [b]}
          # never
          maxUpdate: 10%  # slow
  # below
  template: {}
"""


def test_a_value_in_place_of_another() -> None:
    after = put(
        OLD,
        entry(("spec", "strategy"), "type", "RollingSync"),
        entry(("spec", "strategy", "rollingSync"), "steps", [{"maxUpdate": 1}, {}]),
    )
    assert (
        after
        == """\
spec:
  strategy:   # how
    type: RollingSync # for now
    deletionOrder: Reverse # keep
    rollingSync:
      steps:
        - maxUpdate: 1
        - {}
  # below
  template: {}
"""
    )


def test_a_comment_that_begins_at_a_quote_stays_one() -> None:
    assert put("a: 'b'#c\n", entry((), "a", 3)) == "a: 3 #c\n"
    assert put("a: {x: 'b'#c\n}\n", entry(("a",), "x", True)) == "a: {x: true #c\n}\n"


def test_waves_and_data_in_one_file() -> None:
    site = Site(
        "application", "/x.yaml", 0, ("spec", "template", "metadata", "annotations"), 1, None
    )
    put_too = EntryEdit((entry(LABELS, "a", "b"),), "x", "application", 1, None, "b")
    (patch,) = prepare([Edit(site, "x", "3")], {"/x.yaml": SET}, [put_too])
    assert YAML(typ="safe").load(patch.after)["spec"]["template"]["metadata"] == {
        "name": "{{path.basename}}", "annotations": {SYNC_WAVE: "3"}, "labels": {"a": "b"},
    }  # fmt: skip
    assert not check(site, patch.after)
    assert (len(patch.edits), patch.entries) == (1, (put_too,))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("spec: &a {x: 1}\nother: *a\n", "the alias *a in line 2 repeats it"),
        ("spec:\n  strategy: &a {x: 1}\nother: *a\n", "the alias *a in line 3 repeats it"),
        (
            "base: &b {strategy: {}}\nspec:\n  <<: *b\n",
            "the YAML merge key (<<) in line 3 sets strategy",
        ),
        ("spec: 3\n", "no map"),
    ],
)
def test_what_cannot_be_put_exactly_is_refused(text: str, why: str) -> None:
    one = entry(("spec",), "strategy", {"a": 1})
    assert why in check_entries([one], text)
    with pytest.raises(InputError, match="strategy cannot be edited exactly"):
        put(text, one)


@st.composite
def lists(draw: Draw) -> tuple[str, list[Any]]:
    """A file with a list in it, in a style of its own."""
    items = draw(st.lists(WRITTEN, max_size=3))
    data = {"a": 1, "nested": {"list": items, "z": "x"}, "end": {"list": items}}
    if draw(st.integers(0, 3)) == 0:
        return json.dumps(data, indent=draw(st.sampled_from([None, 2]))), items
    return Writer(draw).file([data]), items


@given(lists(), st.sampled_from(["nested", "end"]), DATA)
@examples(250)
def test_a_list_gets_one_more_item(file: tuple[str, list[Any]], holder: str, value: Any) -> None:
    text, items = file
    one = entry((holder, "list"), len(items), value)
    refused = check_entries([one], text)
    assert not refused
    after = put(text, one)
    expected = loaded(text)[0]
    expected[holder]["list"].append(value)
    assert loaded(after) == [expected]
    assert put(after, one) == after


PATCHES = """\
resources:
  - web.yaml

patches:
  - path: one.yaml   # first

# the end
"""


def test_an_item_behind_the_others_and_the_first_of_all() -> None:
    item = {"target": {"kind": "Deployment"}, "patch": "kind: X\nmetadata:\n  name: y\n"}
    added = """\
  - target:
      kind: Deployment
    patch: |
      kind: X
      metadata:
        name: y
"""
    assert put(PATCHES, entry(("patches",), 1, item)) == PATCHES.replace(
        "# first\n", "# first\n" + added
    )
    text = "resources:\n  - web.yaml\n"
    assert put(text, entry(("patches",), 0, item)) == f"patches:\n{added}{text}"


@pytest.mark.parametrize(
    ("text", "number", "why"),
    [
        ("l: [1, 2]\n", 1, "another length"),
        ("l: [1]\n", 3, "another length"),
        ("l: {a: 1}\n", 0, "no list"),
        ("l: &a\n- 1\n", 1, "an anchor or a tag"),
        ("l: [? a]\n", 1, "pair without braces"),
    ],
)
def test_an_item_that_cannot_be_added(text: str, number: int, why: str) -> None:
    assert why in check_entries([entry(("l",), number, "x")], text)
