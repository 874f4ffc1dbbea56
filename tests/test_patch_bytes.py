"""Line ends, marks and characters: every byte outside the edit stays, both texts whole."""

from __future__ import annotations

import json

import pytest
from patching import META, Case, exact

from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Edit, Site
from wavefix.patch import check, prepare

CASES = [
    Case(
        "CRLF",
        "metadata:\r\n  name: x\r\nspec: {}\r\n",
        META,
        "1",
        f'metadata:\r\n  name: x\r\n  annotations:\r\n    {SYNC_WAVE}: "1"\r\nspec: {{}}\r\n',
    ),
    Case(
        "mixed line ends take that of the neighbour",
        "a: 1\nmetadata:\n  annotations:\r\n    b: c\r\n",
        META,
        "1",
        f'a: 1\nmetadata:\n  annotations:\r\n    {SYNC_WAVE}: "1"\r\n    b: c\r\n',
    ),
    Case(
        "mixed line ends, LF beside",
        "a: 1\r\nmetadata:\r\n  name: x\nspec: {}\r\n",
        META,
        "1",
        f'a: 1\r\nmetadata:\r\n  name: x\n  annotations:\n    {SYNC_WAVE}: "1"\nspec: {{}}\r\n',
    ),
    Case(
        "CRLF but none at the end",
        "metadata:\r\n  name: x",
        META,
        "1",
        f'metadata:\r\n  name: x\r\n  annotations:\r\n    {SYNC_WAVE}: "1"',
    ),
    Case(
        "CR",
        "metadata:\r  name: x\r",
        META,
        "1",
        f'metadata:\r  name: x\r  annotations:\r    {SYNC_WAVE}: "1"\r',
    ),
    Case(
        "byte order mark",
        "\ufeffmetadata:\n  name: x\n",
        META,
        "1",
        f'\ufeffmetadata:\n  name: x\n  annotations:\n    {SYNC_WAVE}: "1"\n',
    ),
    Case(
        "byte order mark and a first key",
        "\ufeffa: 1\n",
        ("annotations",),
        "1",
        f'\ufeffannotations:\n  {SYNC_WAVE}: "1"\na: 1\n',
    ),
    Case(
        "byte order mark and JSON",
        '\ufeff{"annotations": {}}',
        ("annotations",),
        "1",
        f'\ufeff{{"annotations": {{"{SYNC_WAVE}": "1"}}}}',
    ),
    Case(
        "Unicode line breaks in text",
        'a: "x\u2028y\x85z\u2029"\nmetadata:\n  name: "\u2028"\n  b: 1\n',
        META,
        "1",
        f'a: "x\u2028y\x85z\u2029"\nmetadata:\n  annotations:\n    {SYNC_WAVE}: "1"\n'
        '  name: "\u2028"\n  b: 1\n',
    ),
    Case(
        "beyond the basic plane",
        'a: "😀😀" # 😀\nmetadata:\n  name: "😀"\n',
        META,
        "1",
        f'a: "😀😀" # 😀\nmetadata:\n  name: "😀"\n  annotations:\n    {SYNC_WAVE}: "1"\n',
    ),
    Case(
        "trailing spaces and blank lines",
        "metadata:  \n\n  name: x \t \n\n\n",
        META,
        "1",
        f'metadata:  \n\n  name: x \t \n  annotations:\n    {SYNC_WAVE}: "1"\n\n\n',
    ),
    Case(
        "a directive and document markers",
        "%YAML 1.1\n---\nmetadata:\n  name: x\n...\n",
        META,
        "1",
        f'%YAML 1.1\n---\nmetadata:\n  name: x\n  annotations:\n    {SYNC_WAVE}: "1"\n...\n',
    ),
    Case(
        "Go templates in values",
        "metadata:\n  name: '{{ .Release.Name }}'\n  a: {{ x }}\n",
        META,
        "1",
        "metadata:\n  name: '{{ .Release.Name }}'\n  annotations:\n"
        f"    {SYNC_WAVE}: '1'\n  a: {{{{ x }}}}\n",
    ),
]


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_exact_text(one: Case, parser: str) -> None:
    exact(one, parser)


@pytest.mark.parametrize(
    "odd", ["\\ud83d\\ude00", "\\uD83D", "\x7f", "\x9f", "\\\\ud83d", "\uffff"]
)
def test_json_that_is_no_yaml(odd: str) -> None:
    text = f'{{"odd": "{odd}", "a": {{"b": "{odd}"}}}}'
    where = Site("manifest", "/x.json", 0, ("a",), 1, None)
    assert check(where, text) == ""
    after = prepare([Edit(where, "x", "1")], {"/x.json": text})[0].after
    assert after == f'{{"odd": "{odd}", "a": {{"{SYNC_WAVE}": "1", "b": "{odd}"}}}}'


@pytest.mark.parametrize("odd", ["\\ud83d\\ude00", "\x7f", "\x9f", "\\\\ud83d"])
def test_a_key_of_json_that_is_no_yaml(odd: str) -> None:
    text = f'{{"{odd}": {{"b": "c"}}, "a": {{"{odd}": 1}}}}'
    where = Site("manifest", "/x.json", 0, (json.loads(f'"{odd}"'),), 1, None)
    [patch] = prepare([Edit(where, "x", "1")], {"/x.json": text})
    assert patch.after == text.replace('{"b"', f'{{"{SYNC_WAVE}": "1", "b"')


def test_json_that_no_mask_makes_yaml() -> None:
    text = f'{{"{"k" * 2000}": 1, "a": {{}}}}'
    where = Site("manifest", "/x.json", 0, ("a",), 1, None)
    assert check(where, text) == "the file is no valid YAML"
    with pytest.raises(InputError, match="no valid YAML"):
        prepare([Edit(where, "x", "1")], {"/x.json": text})
