"""The judge of edits finds what is wrong with one, and nothing where all is right."""

from __future__ import annotations

import pytest
from judge import differences, held, places, trace_free
from patching import META

from wavefix.model import SYNC_WAVE, PatchTarget, Path, Site

TEXT = """\
# head
x: &x {a: b}
metadata:
  name: x # the name
  annotations:
    b: 'c'
    d: 'e' # of d
  labels: *x
---
kind: Other
"""
NEW = f"    {SYNC_WAVE}: '1'\n"
AFTER = TEXT.replace("    b:", f"{NEW}    b:")
NO_MAP = "metadata:\n  name: x\n"
MAP = f'metadata:\n  name: x\n  annotations:\n    {SYNC_WAVE}: "1"\n'
JSON = '{\n  "metadata": {\n    "annotations": {\n      "b": "c"\n    }\n  }\n}\n'
OF_JSON = JSON.replace('      "b"', f'      "{SYNC_WAVE}": "1",\n      "b"')


def wrong(before: str, after: str, wave: str | None = "1", file: str = "/x.yaml") -> str:
    site = Site("manifest", file, 0, META, 1, None)
    return "\n".join(differences(before, after, site, wave))


@pytest.mark.parametrize(
    ("before", "after", "wave"),
    [
        (TEXT, AFTER, "1"),
        (AFTER, AFTER.replace("'1'", "'-2'"), "-2"),
        (AFTER, TEXT, None),
        (NO_MAP, MAP, "1"),
        (MAP, NO_MAP, None),
        (MAP, MAP, "1"),
        (MAP.replace('"1"', '"1" # why'), NO_MAP, None),
    ],
)
def test_what_is_right(before: str, after: str, wave: str | None) -> None:
    assert wrong(before, after, wave) == ""


def test_json_that_is_right() -> None:
    assert wrong(JSON, OF_JSON, file="/x.json") == ""


WRONG = {
    "nothing": (TEXT, TEXT, "the wave is None"),
    "another wave": (TEXT, AFTER.replace("'1'", "'2'"), "the wave is"),
    "a number": (TEXT, AFTER.replace("'1'", "1"), "the wave is"),
    "another comment": (TEXT, AFTER.replace("# of d", "# of D"), "more than the annotation is spl"),
    "a comment gone": (TEXT, AFTER.replace(" # of d", ""), "more than the annotation is spliced"),
    "a blank more": (TEXT, AFTER.replace("# head", "# head "), "more than the annotation is spl"),
    "no final line break": (TEXT, AFTER.rstrip("\n"), "more than the annotation is spliced"),
    "other quotes beside it": (TEXT, AFTER.replace("'c'", '"c"'), "more than the annotation is sp"),
    "another value beside it": (TEXT, AFTER.replace("'c'", "'C'"), "parsed difference is more"),
    "keys in another order": (
        TEXT,
        AFTER.replace("    b: 'c'\n", "").replace("# of d\n", "# of d\n    b: 'c'\n"),
        "parsed difference is more",
    ),
    "an alias is a map of its own": (TEXT, AFTER.replace("*x", "{a: b}"), "more than the annotati"),
    "another user of an anchor": (TEXT, AFTER.replace("{a: b}", "{a: c}"), "parsed difference is"),
    "another document": (TEXT, AFTER.replace("Other", "Another"), "document 1 is another"),
    "a document more": (TEXT, AFTER + "---\na: b\n", "another number of documents"),
    "no YAML": (TEXT, AFTER + "}", "while parsing"),
    "double quotes among single ones": (TEXT, AFTER.replace("'1'", '"1"'), 'the quotes are "'),
    "no quotes on the key among others": (
        TEXT.replace("b:", "'b':").replace("d:", "'d':"),
        AFTER.replace("b:", "'b':").replace("d:", "'d':"),
        "the key is not quoted",
    ),
    "sorted keys": (TEXT, TEXT.replace("  labels", f"{NEW}  labels"), "no longer sorted"),
    "an indentation of its own": (NO_MAP, MAP.replace("    ", "     "), "indented by 3"),
    "a line break of its own": (NO_MAP, MAP.replace(":\n    ", ":\r\n    "), "a line break that"),
}


@pytest.mark.parametrize(("before", "after", "why"), WRONG.values(), ids=WRONG)
def test_what_is_wrong(before: str, after: str, why: str) -> None:
    assert why in wrong(before, after)


def test_json_that_is_wrong() -> None:
    after = OF_JSON.replace('": "1"', '" : "1"')
    assert "a printer of JSON" in wrong(JSON, after, file="/x.json")
    assert "the wave is" in wrong(JSON, OF_JSON.replace('"1"', "1"), file="/x.json")


def test_a_patch_more_in_a_list() -> None:
    target = PatchTarget("", "v1", "Pod", "x")
    site = Site("kustomize-patch", "/x.yaml", 0, ("patches",), 1, None, entry=target)
    before = "patches:\n- patch: 'a: b'\n"
    text = f"metadata: {{annotations: {{{SYNC_WAVE}: ''1''}}}}"
    after = f"{before}- patch: '{text}'\n"
    assert list(differences(before, after, site, "1")) == []
    for wrong, why in (
        (before, "not got one more"),
        (after.replace("''1''", "''2''"), "does not say the wave"),
        (after.replace("a: b", "a: c"), "not got one more"),
        (f"x: y\n{after}", "more than the annotation"),
    ):
        assert any(why in found for found in differences(before, wrong, site, "1"))


def test_a_wave_in_a_text() -> None:
    site = Site("application", "/x.yaml", 0, ("v",), 1, None, inner=("podAnnotations",))
    before = "v: |\n  podAnnotations:\n    b: c\nw: x\n"
    after = before.replace("    b", f'    {SYNC_WAVE}: "1"\n    b')
    assert list(differences(before, after, site, "1")) == []
    assert list(differences(before, after.replace("w: x", "w: y"), site, "1"))
    assert list(differences(before, after.replace("b: c", "b: d"), site, "1"))


def test_places() -> None:
    text = """\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, spec: {podAnnotations: {}}}
- {apiVersion: v1, kind: ConfigMap, metadata: {annotations: {a: b}}}
---
helm:
  values: |
    serviceAnnotations: {}
schema: {properties: {annotations: {type: object}}}
"""
    sites = [(site.document, site.path, site.inner) for site in places(text, "/x.yaml")]
    expected: list[tuple[int, Path, Path]] = [
        (0, ("items", 0, *META), ()),
        (0, ("items", 1, *META), ()),
        (0, ("items", 0, "spec", "podAnnotations"), ()),
        (1, ("helm", "values"), ("serviceAnnotations",)),
    ]
    assert sites == expected


@pytest.mark.parametrize(
    ("text", "wave", "free"),
    [
        (NO_MAP, (None, False), True),
        (MAP, ("1", True), True),
        (MAP.replace('"1"', "1"), ("1", False), True),
        ("metadata: {annotations: {}}\n", (None, False), False),
        ("kind: Pod\n", (None, False), False),
        (f"x: &x '1'\n{MAP}".replace('"1"', "*x"), ("1", False), True),
    ],
)
def test_what_is_there(text: str, wave: tuple[str | None, bool], free: bool) -> None:
    site = Site("manifest", "/x.yaml", 0, META, 1, None)
    assert (held(text, site), trace_free(text, site)) == (wave, free)
