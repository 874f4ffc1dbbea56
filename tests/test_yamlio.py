"""Reading: what YAML and JSON mean to Kubernetes, on which line it stands, and what is refused."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from wavefix import composer, jsonio, yamlio
from wavefix.errors import InputError
from wavefix.yamlio import Document, Map, Seq, decode, get, line_of, load


def data(text: str, file: str = "x.yaml") -> Any:
    """The data of a text of one document."""
    (document,) = load(text, file)
    return document.data


def refused(text: str, file: str = "x.yaml") -> str:
    """`line: problem` for a text that cannot be read."""
    with pytest.raises(InputError) as raised:
        load(text, file)
    assert raised.value.file == file
    assert raised.value.advice
    return f"{raised.value.line}: {raised.value.problem}"


# Checked against sigs.k8s.io/yaml v1.6.0, which kubectl, Argo CD and kustomize read with.
SCALARS = {
    # text
    "plain": "plain", '"1"': "1", "'yes'": "yes", "!!str 1": "1", "!!str ~": "~", "1.2.3": "1.2.3",
    "12:30:45": "12:30:45", "2001-01-01": "2001-01-01", "1,000": "1,000", "nUll": "nUll",
    "tRue": "tRue", "+": "+", ".": ".", "..": "..", "0x": "0x", "0o_": "0o_",
    "0b_": "0b_", "1e": "1e", "=": "=", "!reference x": "x", "!!python/name:a.b": "", "_1": "_1",
    "1e400": "1e400", "0x10000000000000000": "0x10000000000000000", "inf": "inf", "1_": 1,
    "._8": "._8", ".7e__1": ".7e__1", "\u0663": "\u0663",
    # null
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    # booleans of YAML 1.1, a lone y and n among them
    "true": True, "True": True, "TRUE": True, "yes": True, "On": True, "y": True, "Y": True,
    "false": False, "no": False, "OFF": False, "n": False, "!!bool 'yes'": True,
    # integers
    "0": 0, "-0": 0, "+1": 1, "-17": -17, "0x1F": 31, "0X1f": 31, "-0x1f": -31, "0b101": 5,
    "0o17": 15, "017": 15, "-017": -15, "1_000": 1000, "0_7": 7, "!!int '5'": 5,
    "9223372036854775807": 2**63 - 1, "18446744073709551615": 2**64 - 1,
    # floats; an integer too large for 64 bits is one, and so is 08
    "1.5": 1.5, "1.": 1.0, ".5": 0.5, "-.5": -0.5, "1e3": 1000.0, "1E-3": 0.001, "08": 8.0,
    "1_0.5": 10.5, ".1_0": 0.1, "18446744073709551616": 2.0**64, "!!float 1": 1,
}  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), SCALARS.items())
def test_scalars_mean_what_they_mean_to_kubectl(written: str, meant: object) -> None:
    value = data(f"a: {written}\n")["a"]
    assert value == meant
    assert type(value) is type(meant)


def test_a_number_of_ten_thousand_digits_is_no_burden() -> None:
    assert data("a: " + "1" * 10_000 + "\n")["a"] == "1" * 10_000
    assert data("a: " + "1" * 100 + "\n")["a"] == float("1" * 100)


def test_block_scalars_are_text() -> None:
    read = data("literal: |\n  1\n  2\nfolded: >-\n  yes\n  no\nkept: |+\n  x\n\n")
    assert read == {"literal": "1\n2\n", "folded": "yes no", "kept": "x\n\n"}


def test_keys_are_text_as_it_is_written() -> None:
    assert list(data("on: 1\n8080: 2\n'a b': 3\n? c\n: 4\n")) == ["on", "8080", "a b", "c"]


def test_a_key_that_is_no_scalar_is_kept_apart() -> None:
    assert list(data("? {a: 1}\n: 2\nb: 3\n")) == ["?0:2", "b"]


def test_of_a_key_given_twice_the_later_one_counts() -> None:
    read = data("a: 1\nb: 2\na: 3\n")
    assert read == {"a": 3, "b": 2}
    assert read.lines == {"a": 3, "b": 2}


def test_every_key_and_item_knows_its_line() -> None:
    read = data(
        "# comment\nkind: X\nspec:\n\n"
        "  list:\n    - a\n    -\n      b: 1\n  flow: {x: 1,\n    y: 2}\n"
    )
    assert read.line == 2
    assert read.lines == {"kind": 2, "spec": 3}
    assert read["spec"].lines == {"list": 5, "flow": 9}
    assert read["spec"]["list"].line == 6
    assert read["spec"]["list"].lines == [6, 8]
    assert read["spec"]["flow"].lines == {"x": 9, "y": 10}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", composer.BOM])
def test_neither_a_bom_nor_crlf_moves_a_line(newline: str, mark: str) -> None:
    text = mark + newline.join(["a: 1", "b: |", "  x", "  y", "c: 'é😀'", ""])
    read = data(text)
    assert read == {"a": 1, "b": "x\ny\n", "c": "é😀"}
    assert read.lines == {"a": 1, "b": 2, "c": 5}


def test_line_of_follows_a_path_as_far_as_it_goes() -> None:
    read = data("a:\n  b:\n    - c: 1\n    - d: 2\n")
    assert line_of(read, ("a", "b", 1, "d"), 9) == 4
    assert line_of(read, ("a", "b", 7, "d"), 9) == 2
    assert line_of(read, ("a", "x", "y"), 9) == 1
    assert line_of(read, ("x",), 9) == 9
    assert line_of(read, (), 9) == 9
    assert line_of("text", ("a",), 9) == 9


def test_get_follows_a_path_or_finds_nothing() -> None:
    read = data("a: [{b: 1}, null]\n")
    assert get(read, "a", 0, "b") == 1
    assert get(read, "a", -1) is None
    for path in (("a", 5), ("a", "b"), ("b",), ("a", 0, "b", "c")):
        assert get(read, *path) is None


# --- several documents


def test_documents_keep_their_number_and_their_line() -> None:
    text = "# only a comment\n---\na: 1\n---\n---\n# nothing\n---\n- b\n...\n---\nc\n"
    assert [(entry.index, entry.data, entry.line) for entry in load(text, "x")] == [
        (0, {"a": 1}, 3),
        (3, ["b"], 8),
        (4, "c", 11),
    ]


@pytest.mark.parametrize("text", ["", "\n", "# comment\n", "---\n", "---\n---\n", "null\n", "~"])
def test_what_holds_nothing_has_no_document(text: str) -> None:
    assert load(text, "x") == []


def test_documents_know_their_own_anchors_only() -> None:
    text = "a: &x {one: 1}\nb: *x\n---\na: &x {two: 2}\nb: *x\n---\na: &x [3]\nb: *x\n"
    assert [entry.data for entry in load(text, "x")] == [
        {"a": {"one": 1}, "b": {"one": 1}},
        {"a": {"two": 2}, "b": {"two": 2}},
        {"a": [3], "b": [3]},
    ]
    assert refused("a: &x 1\n---\nb: *x\n").startswith("3: invalid YAML: found undefined alias")


def test_a_hundred_documents_with_aliases_do_not_mix() -> None:
    """Nodes of one document are gone when the next one is read: their ids are used again."""
    text = "---\n".join(f"a: &x {{n: {n}}}\nb: [*x, {{m: *x}}]\n" for n in range(100))
    for n, entry in enumerate(load(text, "x")):
        assert entry.data == {"a": {"n": n}, "b": [{"n": n}, {"m": {"n": n}}]}


# --- anchors, aliases, merge keys


def test_an_alias_stands_for_the_very_value() -> None:
    read = data("a: &x\n  b: 1\nc: *x\nd: &y text\ne: *y\n")
    assert read["c"] is read["a"]
    assert read["e"] == "text"
    assert line_of(read, ("c", "b"), 0) == 2


def test_an_anchor_given_twice_means_the_nearest_before() -> None:
    text = "a: &x 1\nb: *x\nc: &x [2]\nd: *x\n---\ne: &x {f: 3}\ng: &x 4\nh: *x\n"
    assert [entry.data for entry in load(text, "x")] == [
        {"a": 1, "b": 1, "c": [2], "d": [2]},
        {"e": {"f": 3}, "g": 4, "h": 4},
    ]


# As sigs.k8s.io/yaml does it: in the order in which it is written, the last one wins.
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("<<: {x: 2, z: 3}\nx: 9\n", {"x": 9, "z": 3}),
        ("x: 9\n<<: {x: 2, z: 3}\n", {"x": 2, "z": 3}),
        ("<<: [{x: 1}, {x: 2, z: 3}]\n", {"x": 1, "z": 3}),
        ("<<: {x: 1}\n<<: {z: 2}\n", {"x": 1, "z": 2}),
        ("'<<': {x: 1}\n", {"<<": {"x": 1}}),
        ("<<: nothing\nx: 1\n", {"x": 1}),
    ],
)
def test_merge_keys(text: str, meant: object) -> None:
    assert data(text) == meant


def test_a_merged_key_keeps_the_line_where_it_stands() -> None:
    read = data("base: &base\n  a: 1\n  b: 2\nmore:\n  <<: *base\n  b: 3\n")
    assert read["more"] == {"a": 1, "b": 3}
    assert read["more"].lines == {"a": 2, "b": 6}


def test_aliases_that_expand_to_a_billion_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert refused("\n".join(lines)) == "6: aliases expand to more than 1000000 values"


def test_a_long_list_that_is_used_often_is_fine() -> None:
    text = f"a: &a [{', '.join('x' * 1000)}]\nb: [{', '.join(['*a'] * 100)}]\n"
    assert len(data(text)["b"]) == 100


@pytest.mark.parametrize("text", ["a: &x [*x]\n", "a: &x\n  b: {c: *x}\n", "&x {? *x : 1}\n"])
def test_an_anchor_that_contains_itself_is_refused(text: str) -> None:
    assert refused(text).endswith(": invalid YAML: an anchor that contains itself")


# --- what is refused, and where


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3),
        ("a: 1\n b: 2\n", 2),
        ("a: b: c\n", 1),
        ("a: 1\n\tb: 2\n", 2),
        ("a: 'x\nb: 1\n", 3),
        ("a: *nowhere\n", 1),
        ("---\na: 1\n---\nb: @x\n", 4),
        ("a: 1\n}\n", 2),
        ('a: "\\ud83d\\ude00"\n', 1),
        ("%YAML 3.0\n---\na: 1\n", 1),
        (composer.BOM + "a: 1\r\nb: ]\r\n", 2),
    ],
)
def test_invalid_yaml_is_refused_with_its_line(text: str, line: int) -> None:
    assert refused(text).startswith(f"{line}: invalid YAML: ")


@pytest.mark.parametrize(
    ("text", "place"),
    [("a: \x00\n", "1: U+0000"), ("a: 1\nb: x\x07y\n", "2: U+0007"), ("\n\n\x7f", "3: U+007F"),
     ("a: 1\nb: \ufffe\n", "2: U+FFFE")],
)  # fmt: skip
def test_control_characters_are_refused_with_their_line(text: str, place: str) -> None:
    line, character = place.split(": ")
    assert refused(text) == f"{line}: invalid YAML: the control character {character}"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a: " + "[" * 3000 + "]" * 3000,
        "a: " + '{"a":' * 100_000 + "}" * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "\n".join(" " * n + "a:" for n in range(1500)),
    ],
    ids=["open", "flow", "maps", "sequences", "keys", "block"],
)
def test_bottomless_nesting_is_refused(text: str) -> None:
    assert refused(text).endswith(": nested too deeply: more than 200 levels")


def test_nesting_that_people_write_is_read() -> None:
    read = data("a: " + "[" * 150 + "]" * 150 + "\n")
    for _ in range(149):
        read = read["a"] if isinstance(read, dict) else read[0]
    assert isinstance(read, Seq)


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert len(data("a: [" + "[1], {b: 2}, " * 20_000 + "]\n")["a"]) == 40_000


def test_a_line_of_a_megabyte_is_read() -> None:
    assert len(data(f"a: '{'x' * 1_000_000}'\n")["a"]) == 1_000_000


def test_bytes_that_are_no_utf8_are_refused_with_their_line() -> None:
    with pytest.raises(InputError) as raised:
        decode(b"a: 1\nb: \xff\n", "x")
    assert (raised.value.line, raised.value.problem) == (2, "invalid UTF-8: byte 0xff")
    assert decode("é😀\r\n".encode(), "x") == "é😀\r\n"


# --- what other programs' files bring


@pytest.mark.parametrize(
    "text",
    [
        "job:\n  script: !reference [.setup, script]\n",
        "plugins:\n  - x: !!python/name:material.extensions.emoji.twemoji\n",
        "x: !Sub '${A}'\ny: !GetAtt a.b\n",
        "%YAML 1.2\n---\na: 1\n",
        "a: !!set {x, y}\n",
        "a: !!binary aGVsbG8=\n",
    ],
)
def test_unknown_tags_are_no_matter(text: str) -> None:
    assert isinstance(data(text), Map)


# --- JSON


JSON = (
    '{\n\t"a": {"b": [1, -2.5e3, true, null,\n\t\t{"c": "x"}]},\n\t"d": "\\/ \\u00e9 \\" \\n"\n}\n'
)


def test_json_is_read_with_tabs_and_escapes() -> None:
    read = data(JSON, "x.json")
    assert read == json.loads(JSON)
    assert read.lines == {"a": 2, "d": 4}
    assert read["a"]["b"].lines == [2, 2, 2, 2, 3]


# Valid JSON that libyaml refuses.
ONLY_JSON = {
    "a surrogate pair": '{\n "a": "\\ud83d\\ude00"}',
    "half of a pair": '{\n "a": "\\ud83d"}',
    "a control character": '{\n "a": "\x7f\x81"}',
    "a long key": '{\n "' + "k" * 2000 + '": [1, {"b": {}}, [], "x"]}',
    "a colon on the next line": '{\n "a"\n: 1}',
    "a tab before it": '\t{\n "a": 1}',
}


@pytest.mark.parametrize("text", ONLY_JSON.values(), ids=ONLY_JSON)
def test_json_that_is_no_yaml_is_read_in_a_json_file(text: str) -> None:
    wanted = json.loads(text)
    read = data(text, "x.json")
    if wanted.get("a") == "\ud83d":
        wanted = {"a": "\N{REPLACEMENT CHARACTER}"}  # as Go reads it
    assert read == wanted
    assert set(read.lines.values()) == {2}
    if "pair" in text:
        assert "invalid YAML" in refused(text, "x.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"a" 1}',
        "{a: [}",
        '{"a": 1} {"b": 2}',
        '{"a":1,}}',
    ],
)
def test_what_is_neither_is_refused(text: str) -> None:
    assert "invalid YAML" in refused(text, "x.json")


def test_the_json_reader_agrees_with_yaml_about_everything_else() -> None:
    texts = [
        JSON,
        "[]",
        "{}",
        '""',
        "0",
        "-1",
        "[1.5, 1e3, 0.1E-2, -0]",
        '[{"a": []}]',
        '{"a": {"a": 1}}',
    ]
    for text in texts:
        (by_yaml,) = load(text, "x.json")
        by_json = jsonio.parse(text)
        assert by_json == by_yaml.data
        assert getattr(by_json, "lines", None) == getattr(by_yaml.data, "lines", None)


# --- without libyaml


@pytest.fixture
def pure(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """yamlio as it is where PyYAML has no libyaml."""
    for name in ("yaml.cyaml", "yaml._yaml"):
        monkeypatch.setitem(sys.modules, name, None)
    fresh: dict[str, ModuleType] = {}
    for name in ("composer", "yamlio", "jsonio"):
        path = Path(str(yamlio.__file__)).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(f"wavefix.{name}", path)
        assert spec is not None
        assert spec.loader is not None
        fresh[name] = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, f"wavefix.{name}", fresh[name])
        spec.loader.exec_module(fresh[name])
    assert "CParser" not in str(fresh["composer"]._Parser)
    return fresh["yamlio"]


def shape(value: Any) -> Any:
    """Data with its lines, comparable between the two readers."""
    if isinstance(value, dict):
        items = {key: shape(item) for key, item in value.items()}
        return items, getattr(value, "lines", None), getattr(value, "line", None)
    if isinstance(value, list):
        return [shape(item) for item in value], getattr(value, "lines", None)
    return value


def shapes(documents: list[Document]) -> Any:
    return [(entry.index, entry.line, shape(entry.data)) for entry in documents]


def test_the_results_without_libyaml_are_the_same(pure: ModuleType) -> None:
    texts = [
        "".join(f"? k{n}\n: {text}\n" for n, text in enumerate(SCALARS)),
        composer.BOM + "a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 'é😀'\r\n",
        "a: &x {n: 1}\nb: *x\n---\na: &x [2]\nb: &x 3\nc: *x\n",
        "# c\n---\n---\n- a\n-\n  b: {c: http://x, d: [e:f]}\n",
        "a: &a {x: 1}\nb: {<<: *a, y: '2'}\n",
        "job: !reference [a, b]\nx: !!python/name:a.b\n",
        'a: "\\/ \\u00e9"\n',
    ]  # fmt: skip
    for text in texts:
        assert shapes(pure.load(text, "x.yaml")) == shapes(load(text, "x.yaml"))
    for text in [JSON, *ONLY_JSON.values()]:
        assert shapes(pure.load(text, "x.json")) == shapes(load(text, "x.json"))


@pytest.mark.parametrize(
    "text",
    ["a: [1\nb: 2\n", "a: 1\n b: 2\n", "a: \x00\n", 'a: "\\ud83d\\ude00"\n', "a: *x\n",
     "a: &x [*x]\n", "[" * 100_000, "a: " + "[" * 3000 + "]" * 3000],
)  # fmt: skip
def test_what_is_refused_without_libyaml_is_the_same(pure: ModuleType, text: str) -> None:
    with pytest.raises(InputError) as mine:
        load(text, "x.yaml")
    with pytest.raises(InputError) as theirs:
        pure.load(text, "x.yaml")
    assert theirs.value.line in (mine.value.line, mine.value.line - 1)
