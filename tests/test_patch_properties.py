"""Whatever a file looks like: an edit changes its annotation and nothing else.

Documents are generated with all their style drawn at random. What an edit did is then judged by
two things that wavefix does not use for it: the text itself, and another parser (json, ruamel).
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from patching import examples
from ruamel.yaml import YAML

from wavefix.model import SYNC_WAVE, Edit, Path, Site
from wavefix.patch import check, prepare

Draw = st.DrawFn
Target = tuple[str, list[Any], int, Path]

PLAIN = ["x", "a b", "web-1", "ünï", "a#b"]
QUOTED = ["1", "true", "", "a: b # c", "it's", f'{SYNC_WAVE}: "7"', "😀 {{ .x }}", "\\ \u2028"]
NEIGHBOURS = ["a", "b.io/c", "note", "z-z"]
KINDS = ("missing", "null", "empty", "others", "wave", "wave", "wave")
WAVES = st.integers(-50, 50).map(str)


@st.composite
def annotation_maps(draw: Draw, kinds: tuple[str, ...] = KINDS) -> Any:
    """What may stand under `annotations`; ... where the key is to be missing."""
    kind = draw(st.sampled_from(kinds))
    if kind in ("missing", "null", "empty"):
        return {"missing": ..., "null": None, "empty": {}}[kind]
    keys = draw(st.lists(st.sampled_from(NEIGHBOURS), unique=True, min_size=kind == "others"))
    if kind == "wave":
        keys.insert(draw(st.integers(0, len(keys))), SYNC_WAVE)
    return {key: draw(WAVES if key == SYNC_WAVE else st.sampled_from(QUOTED)) for key in keys}


@st.composite
def metadata(draw: Draw, kinds: tuple[str, ...]) -> Any:
    fields = {
        "name": draw(st.sampled_from(PLAIN)),
        "namespace": draw(st.sampled_from(QUOTED)),
        "labels": {"app": draw(st.sampled_from(PLAIN)), SYNC_WAVE: "3"},
        "annotations": draw(annotation_maps(kinds)),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(fields)), unique=True))
    if kinds != KINDS and "annotations" not in chosen:
        chosen.append("annotations")
    return {key: fields[key] for key in chosen if fields[key] is not ...}


@st.composite
def manifests(draw: Draw, kinds: tuple[str, ...]) -> dict[str, Any]:
    template: dict[str, Any] = {"spec": {"containers": [{"name": "c"}, {"name": "d"}]}}
    if kinds != KINDS or draw(st.booleans()):
        template = {"metadata": draw(metadata(kinds)), **template}
    manifest = {
        "kind": "Deployment",
        "metadata": draw(metadata(kinds)),
        "data": {"text": f'one\n  {SYNC_WAVE}: "1"\n# two\n', "empty": [], "n": 1},
        "spec": {"template": template},
    }
    keys = draw(st.permutations(sorted(manifest)))
    manifest = {key: manifest[key] for key in keys if key != "kind" or draw(st.booleans())}
    if draw(st.booleans()):
        return manifest
    return {"kind": "List", "items": [draw(st.sampled_from([{"a": "b"}, "x"])), manifest]}


class Writer:
    """Writes data as YAML in one of the many ways in which people do."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.step = draw(st.integers(1, 5))
        self.newline = draw(st.sampled_from(["\n", "\r\n"]))
        self.quote = draw(st.sampled_from("'\""))
        self.loose = draw(st.booleans())  # lists are not indented
        self.comments = 0
        self.literals: set[str] = set()  # last lines of literal texts, which need a line break

    def coin(self, of: int = 4) -> bool:
        return bool(self.draw(st.integers(0, of)) == 0)

    def noise(self, column: int) -> list[str]:
        """Comments and blank lines; never the same comment twice."""
        if not self.coin(6):
            return []
        self.comments += 1
        return [""] * self.coin() + [" " * column + f"# remark {self.comments}"]

    def behind(self) -> str:
        if not self.coin(6):
            return ""
        self.comments += 1
        return f"  # remark {self.comments}"

    def text(self, value: Any) -> str:
        if not isinstance(value, str):
            return json.dumps(value)
        if value in PLAIN and self.coin(1):
            return value
        if "\n" in value or "\\" in value or self.quote == '"':
            return json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028")
        return "'" + value.replace("'", "''") + "'"

    def flow(self, value: Any) -> str:
        pad = " " if self.coin() else ""
        if isinstance(value, dict) and value:
            inside = ", ".join(f"{key}: {self.flow(item)}" for key, item in value.items())
            return f"{{{pad}{inside}{pad}}}"
        if isinstance(value, list) and value:
            return f"[{', '.join(self.flow(item) for item in value)}]"
        return self.text(value)

    def map(self, data: dict[str, Any], column: int) -> list[str]:
        lines = []
        for key, value in data.items():
            lines += self.noise(column)
            lines += self.pair(" " * column + (f'"{key}"' if self.coin(9) else key), value, column)
        return lines

    def pair(self, head: str, value: Any, column: int) -> list[str]:
        if value is None:
            return [head + self.draw(st.sampled_from([":", ": null", ": ~", ":  "]))]
        if not isinstance(value, (dict, list)) or not value or self.coin(5):
            if isinstance(value, str) and value.endswith("\n") and self.coin(1):
                inside = [" " * (column + self.step) + line for line in value.splitlines()]
                self.literals.add(inside[-1])
                return [f"{head}: |", *inside]
            return [f"{head}: {self.flow(value)}{self.behind()}"]
        head = f"{head}:{self.behind()}"
        if isinstance(value, dict):
            return [head, *self.map(value, column + self.step)]
        return [head, *self.items(value, column if self.loose else column + self.step)]

    def items(self, items: list[Any], column: int) -> list[str]:
        lines = []
        for item in items:
            lines += self.noise(column)
            dash = " " * column + "-" + " " * self.draw(st.integers(1, 3))
            if isinstance(item, dict) and item and not self.coin(5):
                first, *rest = self.map(item, len(dash))
                if first.lstrip().startswith("#") or not first:  # nothing may stand behind a dash
                    lines += [dash.rstrip(), first, *rest]
                else:
                    lines += [dash + first.lstrip(), *rest]
            else:
                lines.append(dash + self.flow(item))
        return lines

    def file(self, documents: list[dict[str, Any]]) -> str:
        marker = ["---"] if self.coin(1) else []
        lines: list[str] = []
        for number, document in enumerate(documents):
            lines += ["---"] if number else marker
            lines += self.map(document, 0)
        ending = self.newline * (lines[-1] in self.literals or not self.coin())
        text = self.newline.join(lines) + ending
        return ("\ufeff" if self.coin(9) else "") + text


@st.composite
def yaml_files(draw: Draw, kinds: tuple[str, ...]) -> tuple[str, list[dict[str, Any]]]:
    documents = draw(st.lists(manifests(kinds), min_size=1, max_size=3))
    return Writer(draw).file(documents), documents


@st.composite
def json_files(draw: Draw, kinds: tuple[str, ...]) -> tuple[str, list[dict[str, Any]]]:
    document = draw(manifests(kinds))
    comma, colon = draw(st.sampled_from([(",", ":"), (", ", ": "), (",", ": "), (", ", " : ")]))
    indent = draw(st.sampled_from([None, 1, 2, 4, "\t"]))
    separators = (comma if indent is None else ",", colon)
    text = json.dumps(
        document, indent=indent, separators=separators, ensure_ascii=draw(st.booleans())
    )
    text = text.replace("\u2028", "\\u2028")  # to libyaml a line break
    return text + draw(st.sampled_from(["", "\n"])), [document]


@st.composite
def targets(draw: Draw, kinds: tuple[str, ...] = KINDS) -> Target:
    """A file, and the path of an annotations map in it, which need not exist."""
    text, documents = draw(json_files(kinds) if draw(st.integers(0, 3)) == 0 else yaml_files(kinds))
    number = draw(st.integers(0, len(documents) - 1))
    path: Path = ("metadata", "annotations")
    if draw(st.booleans()):
        path = ("spec", "template", *path)
    if "items" in documents[number]:
        path = ("items", 1, *path)
    return text, documents, number, path


def edit(text: str, number: int, path: Path, wave: str | None) -> str:
    site = Site("manifest", "/x.yaml", number, path, 1, None)
    patches = prepare([Edit(site, "x", wave)], {"/x.yaml": text})
    return patches[0].after if patches else text


def refused(text: str, number: int, path: Path) -> str:
    return check(Site("manifest", "/x.yaml", number, path, 1, None), text, remove=True)


def loaded(text: str) -> list[Any]:
    """What another parser makes of the text."""
    text = text.removeprefix("\ufeff")
    try:
        return [json.loads(text)]
    except ValueError:
        return list(YAML(typ="safe", pure=True).load_all(text))


def annotated(documents: list[Any], number: int, path: Path, wave: str | None) -> list[Any]:
    """The documents as they should be: with the wave, or with no annotations if it was alone."""
    documents = copy.deepcopy(documents)
    data = documents[number]
    for step in path[:-1]:
        data = data.setdefault(step, {}) if isinstance(data, dict) else data[step]
    waves = data.get(path[-1]) or {}
    if wave is not None:
        data[path[-1]] = {**waves, SYNC_WAVE: wave}
    elif SYNC_WAVE in waves:
        del waves[SYNC_WAVE]
        if not waves and len(data) > 1:
            del data[path[-1]]
    return documents


def wave_at(documents: list[Any], number: int, path: Path) -> str | None:
    data = documents[number]
    for step in (*path, SYNC_WAVE):
        try:
            data = data[step]
        except (KeyError, TypeError):
            return None
    assert isinstance(data, str)
    return data


def middles(before: str, after: str) -> list[tuple[str, str]]:
    """What differs, between what is equal at the start and at the end.

    Where one text only has something more than the other, there may be several places to see it.
    """
    room = min(len(before), len(after))
    start = next((i for i in range(room) if before[i] != after[i]), room)
    end = next((i for i in range(room - start) if before[-1 - i] != after[-1 - i]), room - start)
    return [
        (
            before[start - back : len(before) - end - back],
            after[start - back : len(after) - end - back],
        )
        for back in range(start + 1)
        if before[start - back : start] == before[len(before) - end - back : len(before) - end]
        and after[start - back : start] == after[len(after) - end - back : len(after) - end]
    ]


WORDS = re.compile(
    rf"{re.escape(SYNC_WAVE)}|\b(?:metadata|annotations|null)\b|[-\d]+|[\s~{{}}:,'\"]+"
)


def only_annotation(text: str) -> bool:
    """Whether nothing but the annotation and the maps that lead to it is in the text."""
    return not WORDS.sub("", text)


@given(targets(), WAVES)
@examples(400)
def test_setting_a_wave(target: Target, wave: str) -> None:
    text, documents, number, path = target
    assert loaded(text) == documents
    after = edit(text, number, path, wave)
    assert loaded(after) == annotated(documents, number, path, wave)
    if wave_at(documents, number, path) == wave:
        assert after == text
    else:
        assert any(only_annotation(a) and only_annotation(b) for a, b in middles(text, after))


@given(targets(("wave",)), WAVES)
@examples(200)
def test_a_changed_wave_changes_nothing_but_its_digits(target: Target, wave: str) -> None:
    text, documents, number, path = target
    old = wave_at(documents, number, path)
    assert old is not None
    assume(old != wave)
    after = edit(text, number, path, wave)
    assert {(a.strip("-0123456789"), b.strip("-0123456789")) for a, b in middles(text, after)} == {
        ("", "")
    }
    assert len(after) - len(text) == len(wave) - len(old)
    assert edit(after, number, path, old) == text


@given(targets(("others",)), WAVES)
@examples(200)
def test_a_wave_set_among_others_and_removed_leaves_no_trace(target: Target, wave: str) -> None:
    text, documents, number, path = target
    after = edit(text, number, path, wave)
    assert loaded(after) == annotated(documents, number, path, wave)
    assume(not refused(after, number, path))
    assert edit(after, number, path, None) == text


@given(targets())
@examples(300)
def test_removing_a_wave(target: Target) -> None:
    text, documents, number, path = target
    assume(not refused(text, number, path))
    after = edit(text, number, path, None)
    if wave_at(documents, number, path) is None:
        assert after == text
        return
    assert loaded(after) == annotated(documents, number, path, None)
    kept = iter(text.splitlines(keepends=True))
    if after.count("\n") < text.count("\n") and "{" not in after:  # whole lines of a block map
        assert all(
            any(line.rstrip() == old.rstrip() for old in kept) for line in after.splitlines()
        )
    gone = [re.sub(r"#.*", "", a) for a, _ in middles(text, after)]
    assert any(only_annotation(a) for a in gone)


@given(yaml_files(KINDS), st.data())
@examples(150)
def test_many_edits_at_once_are_the_edits_one_by_one(
    file: tuple[str, list[dict[str, Any]]], data: st.DataObject
) -> None:
    text, documents = file
    sites = []
    for number, document in enumerate(documents):
        prefix: Path = ("items", 1) if "items" in document else ()
        for path in (("metadata",), ("spec", "template", "metadata")):
            sites.append(
                Site("manifest", "/x.yaml", number, (*prefix, *path, "annotations"), 1, None)
            )
    edits = [Edit(site, "x", data.draw(WAVES)) for site in data.draw(st.permutations(sites))]
    patches = prepare(edits, {"/x.yaml": text})
    together = patches[0].after if patches else text
    expected = documents
    for one in edits:
        expected = annotated(expected, one.site.document, one.site.path, one.after)
    assert loaded(together) == expected
    for one in edits:  # one by one: the same, but for quotes, of which the first waves are examples
        text = edit(text, one.site.document, one.site.path, one.after)
    assert text.replace("'", '"') == together.replace("'", '"')


@st.composite
def inner_texts(draw: Draw) -> tuple[str, str, str, dict[str, Any]]:
    """YAML text in a literal block scalar: what stands before it, its indentation, itself."""
    values: dict[str, Any] = {
        "podAnnotations": draw(annotation_maps()),
        "primary": {"podAnnotations": draw(annotation_maps()), "name": "x"},
        "text": 'one\n\n  two: "1"\n',
    }
    values = {key: value for key, value in values.items() if value is not ...}
    if values["primary"]["podAnnotations"] is ...:
        del values["primary"]["podAnnotations"]
    writer = Writer(draw)
    inside = writer.file([values]).removeprefix("\ufeff").removeprefix(f"---{writer.newline}")
    indent = draw(st.integers(1, 6))
    header = draw(st.sampled_from(["|", "|-", "|+", f"|{indent}", f"|{indent}-"]))
    head = writer.newline.join(["spec: # outer", "  helm: {a: 'b'}", f"values: {header}", ""])
    return head, " " * indent, inside, values


@given(inner_texts(), st.sampled_from([("podAnnotations",), ("primary", "podAnnotations")]), WAVES)
@examples(200)
def test_an_edit_inside_of_text_is_that_edit_of_the_text(
    inner: tuple[str, str, str, dict[str, Any]], path: Path, wave: str
) -> None:
    head, indent, inside, values = inner

    def outer(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return head + "".join(indent + line if line.strip() else line for line in lines)

    assume(inside.splitlines()[0].strip())  # a blank first line says nothing of the indentation
    site = Site("application", "/x.yaml", 0, ("values",), 1, None, inner=path)
    patches = prepare([Edit(site, "x", wave)], {"/x.yaml": outer(inside)})
    after = patches[0].after if patches else outer(inside)
    assert after == outer(edit(inside, 0, path, wave))
    before = loaded(loaded(outer(inside))[0]["values"])
    assert before[0].keys() == values.keys()
    assert loaded(loaded(after)[0]["values"]) == annotated(before, 0, path, wave)
