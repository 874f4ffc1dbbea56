"""Every form of YAML and JSON that occurs, drawn at random: each edit is exact, or refused.

Files are put together of pieces, each of which is a form; `tools/judge.py` judges the edits by the
texts alone and by parsers that wavefix does not use. What it finds is tested in `test_judge.py`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st
from judge import differences, held, trace_free
from patching import META, examples

from wavefix.model import SYNC_WAVE, Edit, Path, Site
from wavefix.patch import check, prepare

Draw = st.DrawFn
HELD = "\x00"  # ends a line that may have no blanks and no other break behind it

# Pairs of a block map by their forms. `W` is the key of the wave, a step is two blanks.
PIECES: dict[str, str] = {
    "a tag": "tag-{n}: !!str 1",
    "a local tag": "local-{n}: !vault {a: !x b}",
    "a tag in full": "full-{n}: !<tag:x.io,2000:y> z",
    "an alias and a merge key": (
        "base-{n}: &base{n}\n  a: &leaf{n} b\nagain-{n}: *base{n}\n"
        "merged-{n}:\n  <<: *base{n}\n  c: [*leaf{n}, *base{n} ]"
    ),
    "an anchor given twice": "one-{n}: &twice a\ntwo-{n}: &twice b\nthree-{n}: *twice",
    "an anchored key": "&key{n} anchored-{n}: a\nb-{n}: *key{n}",
    "a complex key": "? [x, {n}]\n: z",
    "a complex key in lines": "? - x\n  - {n}\n: - y",
    "a key that is a text of lines": "? |\n  text {n}\x00\n: z",
    "an explicit key": "? explicit-{n}\n: value\n? alone-{n}",
    "duplicate keys": "twice-{n}: 1\ntwice-{n}: 2",
    "quoted keys": "\"quoted: {n}\": 1\n'sing''le {n}' : 2",
    "a literal text": "lit-{n}: | # c\n  W: '7'\x00\n\x00\n   more \x00\nend-{n}: x",
    "a literal text that keeps": "keep-{n}: |2+\n    a\x00\n\x00\nend-{n}: x",
    "a folded text": "fold-{n}: >-\n  a\x00\n  b\x00\n\x00\n  c\x00",
    "plain text over lines": "plain-{n}: a\n  b\n\n  W c",
    "quotes over lines": "dq-{n}: \"a \\\x00\n  b\\u263A\x00\n\n  c: d # e\"\nsq-{n}: 'it''s\n  t'",
    "line breaks of Unicode in quotes": 'uni-{n}: "a\u2028b\x85c\u2029d"',
    "line breaks of Unicode in a comment": "# remark {n} \u2028\x00\nodd-{n}: 1 # \x85\x00",
    "beyond the basic plane": "emoji-{n}: 😀 # 😀\n'😀{n}': \"\U0010fffd\"",
    "a list that is not indented": "seq-{n}:\n- a\n- b: c\n  d: e\n- - f\n  - g",
    "a list far to the right": "far-{n}:\n      -   a\n      -   b: c",
    "braces over lines": "flow-{n}: {\n  a: b, # c\n  d: [e,\n f], }",
    "JSON within": 'json-{n}: {"a":{"b":"c"},"d":[1,null]}',
    "the wave in a label": "labels-{n}: {W: '9'}",
    "the wave in a comment": '# W: "8"',
    "the wave on pods": "spec-{n}:\n  template:\n    metadata:\n      annotations:\n        W: '9'",
    "nothing": "nothing-{n}:\nnull-{n}: ~",
    "an expression": "tpl-{n}: '{{ .Values.x }}'\nmade-{n}: {{ x }}",
}
# What the annotations may look like, below `metadata`; the name stands above or below.
WAVES: dict[str, str] = {
    "no annotations": "",
    "no value": "annotations:  # none",
    "null": "annotations: null",
    "empty": "annotations: {}",
    "others": "annotations:\n  a.io/b: 'c'\n  # of z\n  z: |\n    W: \"7\"\x00",
    "the wave alone": "annotations:\n  W: '1'",
    "the wave among others": 'annotations: # all\n  z: y\n  "W": "1" # why\n\n  b: c',
    "a plain wave": "annotations:\n  W: 1\n  b: c",
    "a wave below its key": "annotations:\n  W:\n    '1'\n  b: c",
    "a literal wave": "annotations:\n  b: c\n  W: |-\n    1\x00",
    "an explicit wave": "annotations:\n  ? W\n  : '1'\n  b: c",
    "a tagged wave": "annotations:\n  b: 'c'\n  W: !!int 1",
    "braces": "annotations: { b: 'c', W: '1' , d: e }",
    "braces without it": "annotations: {b: c}",
    "braces over lines": "annotations: {\n  b: c,\n  W: '1', # d\n}",
    "JSON": 'annotations: {"b":"c","W":"1"}',
    "an anchor nobody uses": "annotations: &unused\n  W: &unused2 '1'\n  b: c",
    "a tag": "annotations: !!map\n  W: '1'\n  b: c",
    "an alias for a wave": "labels: {x: &wave '1'}\nannotations:\n  W: *wave\n  b: c",
    "a wave that is merged": "labels: &with {W: '1'}\nannotations:\n  <<: *with\n  b: c",
    "a merge of something else": "labels: &more {x: '1'}\nannotations:\n  b: c\n  <<: *more",
    "a complex key": "annotations:\n  ? [a, b]\n  : c",
}
STEPS = (1, 2, 3, 4, 8)


@dataclass(frozen=True)
class Drawn:
    """A file, where its wave is or goes, and the forms that it has."""

    text: str
    site: Site
    forms: frozenset[str]


@st.composite
def drawn(draw: Draw) -> Drawn:
    forms: set[str] = set()

    def coin(form: str, of: int = 3) -> bool:
        chosen = draw(st.integers(0, of)) == 0
        if chosen:
            forms.add(form)
        return chosen

    number = draw(st.integers(0, 2))
    lines: list[str] = []
    path: Path = ()
    for count in range(number + 1 + coin("a document behind")):
        body = _document(draw, forms, count, count == number)
        if count == number:
            path = META
            if coin("an item of a List"):
                dash = "  - " if coin("an indented list", 1) else "- "
                more = [*_item(["kind: Other"], dash)] if coin("another item", 1) else []
                body = ["kind: List", "items:", *more, *_item(body, dash)]
                path = ("items", len(more), *META)
        if count or coin("a marker", 1) or coin("a directive", 5):
            if "a directive" in forms and not count:
                lines += ["%YAML 1.1\x00", "%TAG !e! tag:x.io,2000:\x00"]
            if count and coin("an end marker"):
                lines.append(f"...{HELD}")
            lines.append("--- # next" if coin("a comment at a marker") else "---")
        lines += body
    lines += [f"...{HELD}"] if coin("a last end marker", 7) else []
    text = _joined(draw, lines, coin)
    return Drawn(text, Site("manifest", "/x.yaml", number, path, 1, None), frozenset(forms))


def _document(draw: Draw, forms: set[str], count: int, wanted: bool) -> list[str]:
    """The lines of a document, with a step of two blanks."""
    names = draw(st.lists(st.sampled_from(sorted(PIECES)), unique=True, max_size=3))
    pieces = [PIECES[name].replace("{n}", f"{count}{number}") for number, name in enumerate(names)]
    if wanted:
        forms.update(names)
        kind = draw(st.sampled_from(sorted(WAVES)))
        forms.add(f"annotations: {kind}")
        pairs = [part for part in ("name: 'x'", WAVES[kind]) if part]
        step = draw(st.sampled_from(STEPS))
        forms.add(f"indentation of {step}")
        pieces.append(_metadata("\n".join(draw(st.permutations(pairs))), step))
        pieces.insert(0, "kind: Pod")
    pieces = draw(st.permutations(pieces if wanted else [*pieces, "a: b"]))
    return "\n".join(pieces).replace("W", SYNC_WAVE).split("\n")


def _metadata(inside: str, step: int) -> str:
    """A map with a step of its own, whose pairs are indented by twos."""
    lines = [(len(line) - len(line.lstrip(" ")), line) for line in inside.split("\n")]
    below = [" " * (step + size // 2 * step) + line.lstrip(" ") for size, line in lines]
    return "\n".join(["metadata:", *(line if line.strip() else "" for line in below)])


def _item(lines: list[str], dash: str) -> list[str]:
    blank = " " * len(dash)
    return [dash + lines[0], *(blank + line if line.strip(HELD) else line for line in lines[1:])]


def _joined(draw: Draw, lines: list[str], coin: Any) -> str:
    breaks = ["\n", "\r\n"] if coin("mixed line ends") else ["\r\n"] if coin("CRLF") else ["\n"]
    blanks = coin("trailing blanks")
    text = ""
    for line in lines:
        if blanks and not line.endswith(HELD) and draw(st.integers(0, 3)) == 0:
            line += draw(st.sampled_from([" ", "  ", *([" \t"] if line else [])]))
        text += line.rstrip(HELD) + draw(st.sampled_from(breaks))
    if not lines[-1].endswith(HELD) and coin("no final line break"):
        text = text.rstrip("\r\n")
    bom = "\ufeff" if coin("a byte order mark", 7) else ""
    return bom + text


@st.composite
def drawn_json(draw: Draw) -> Drawn:
    """The same for JSON, as programs print it."""
    odd = draw(st.sampled_from(["x", "\U0001f600 \u2028 \u00fc", "\x7f\x9f\uffff", 'a"b\\c/d']))
    annotations: dict[str, Any] = {"a": odd, "z": SYNC_WAVE}
    if draw(st.booleans()):
        annotations = {SYNC_WAVE: "1", **annotations}
    metadata = {"name": odd, "annotations": annotations, "labels": {SYNC_WAVE: "1"}}
    if draw(st.booleans()):
        del metadata["annotations"]
    data: Any = {"kind": "Pod", "metadata": metadata, "data": [1, 1.50, True, None, {}, [], odd]}
    path: Path = META
    if in_list := draw(st.booleans()):
        data = {"apiVersion": "v1", "kind": "List", "items": [{"kind": "x"}, data]}
        path = ("items", 1, *META)
    indent = draw(st.sampled_from([None, None, 1, 2, 4, "\t"]))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    if indent is not None:
        separators = (",", separators[1])
    escaped = draw(st.booleans())
    text = json.dumps(data, indent=indent, separators=separators, ensure_ascii=escaped)
    text = text.replace("\u2028", "\\u2028")  # to libyaml a line break
    crlf = draw(st.booleans())
    text = text.replace("\n", "\r\n") if crlf else text
    name = "minified" if indent is None and separators[0] == "," else "on one line"
    forms = {
        f"JSON {name}" if indent is None else f"JSON indented by {indent!r}",
        *(["JSON with CRLF"] if crlf and indent is not None else []),
        *(["JSON in a List"] if in_list else []),
        *(["JSON with escapes"] if escaped else []),
        *(["JSON that is no YAML"] if "\x7f" in text or "\\ud83d" in text else []),
    }
    text = draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from(["", "\n", "\n\n"]))
    return Drawn(text, Site("manifest", "/x.json", 0, path, 1, None), frozenset(forms))


# Why an edit of what is drawn here may be refused: what the wave is, or what stands beside it.
REASONS = re.compile(
    r"its value has the tag"
    r"|a wave comes from the YAML merge key \(<<\) in line \d+\Z"
)


def edited(one: Drawn, text: str, wave: str | None) -> str | None:
    """The text with a wave, found exact; None where the edit is refused, for a known reason."""
    why = check(one.site, text, remove=wave is None)
    if why:
        assert REASONS.match(why), why
        event(why)
        return None
    patches = prepare([Edit(one.site, "x", wave)], {one.site.file: text})
    after = patches[0].after if patches else text
    assert list(differences(text, after, one.site, wave)) == []
    return after


FILES = drawn() | drawn() | drawn_json()


@given(FILES, st.integers(-50, 50).map(str), st.integers(51, 99).map(str))
@examples(500)
def test_a_wave_is_set_changed_and_removed(one: Drawn, first: str, second: str) -> None:
    wave, quoted = held(one.text, one.site)
    for form in one.forms:
        event(form)
    set_ = edited(one, one.text, first)
    if set_ is None:
        return
    changed = edited(one, set_, second)
    assert changed is not None
    gone = edited(one, changed, None)
    if wave is None and gone is not None and trace_free(one.text, one.site):
        assert gone == one.text
    if quoted:
        assert edited(one, changed, wave) == one.text


COMMON = {
    "a marker", "a comment at a marker", "an end marker", "a last end marker", "a directive",
    "a document behind", "an item of a List", "another item", "an indented list", "CRLF",
    "mixed line ends", "a byte order mark", "no final line break", "trailing blanks",
}  # fmt: skip
OF_JSON = {
    "JSON minified", "JSON on one line", "JSON indented by 1", "JSON indented by 2",
    "JSON indented by 4", "JSON indented by '\\t'", "JSON with CRLF", "JSON in a List",
    "JSON with escapes", "JSON that is no YAML",
}  # fmt: skip


def test_every_form_occurs_where_an_edit_is_made() -> None:
    seen: Counter[str] = Counter()

    @given(FILES)
    @settings(max_examples=400, derandomize=True, database=None, phases=[Phase.generate])
    def count(one: Drawn) -> None:
        if not check(one.site, one.text):
            seen.update(one.forms)

    count()
    steps = {f"indentation of {step}" for step in STEPS}
    waves = {f"annotations: {kind}" for kind in WAVES}
    assert {*PIECES, *waves, *steps, *COMMON, *OF_JSON} == seen.keys()
