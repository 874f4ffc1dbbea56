"""What a Secret holds is shown nowhere: the diff has less context there, or hides the value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_report_diff import change, git, write

from wavefix.report import diff
from wavefix.report.as_diff import readable
from wavefix.report.masked import masked

WAVE = "argocd.argoproj.io/sync-wave"


def test_what_is_hidden_and_how_it_is_shown() -> None:
    text = (
        "kind: Secret\nstringData:\n  a: one # why\n  b: 'two'\n  c: |\n    three\n\n    four\n"
        "metadata: {name: x}\ndata: {d: Zml2ZQ==, e: c2l4}\n"
    )
    assert masked(text) == {
        "  a: one # why\n": "  a: *** # why\n",
        "  b: 'two'\n": "  b: ***\n",
        "  c: |\n": "  c: ***\n",
        "    three\n": "    ***\n",
        "    four\n": "    ***\n",
        "data: {d: Zml2ZQ==, e: c2l4}\n": "data: {d: ***, e: ***}\n",
    }


# Texts with `hunter2` wherever a Secret's value is, and `plain` wherever something else is.
TEXTS = {
    "a document": "kind: Secret\nstringData: {a: hunter2}\ndata:\n  b: hunter2\ntype: plain\n",
    "kind behind": "data: {b: hunter2}\nkind: Secret\n---\nkind: ConfigMap\ndata: {b: plain}\n",
    "CRLF and a BOM": "\ufeffkind: Secret\r\ndata:\r\n  é: hunter2\r\n  b: 'hunter2'\r\n",
    "folded": "kind: Secret\ndata:\n  a: >-\n    hunter2\n    hunter2\nplain: 1\n",
    "plain over lines": "kind: Secret\ndata:\n  a: hunter2\n    hunter2\n",
    "quoted over lines": 'kind: "Secret"\ndata:\n  a: "hunter2\\\n    hunter2"\n',
    "JSON": '{"kind": "Secret",\n "data": {\n  "a": "hunter2",\n  "b": "hunter2"}, "x": "plain"}\n',
    "a List": (
        "kind: List\nitems:\n- kind: Secret\n  data: {a: hunter2}\n"
        "- kind: ConfigMap\n  data: {a: plain}\n"
    ),
    "an object in values": "extra:\n- kind: Secret\n  stringData: {a: hunter2}\n  name: plain\n",
    "an alias": "x: &x {a: hunter2}\n---\nkind: Secret\nlabels: &l {b: hunter2}\ndata: *l\n",
    "a generator": (
        "secretGenerator:\n- name: plain\n  literals:\n  - a=hunter2\n  - 'b=hunter2'\n"
        "configMapGenerator:\n- literals: [a=plain]\n"
    ),
    "a text in a text": (
        "patches:\n- patch: |-\n    kind: Secret\n    stringData:\n      a: hunter2\n"
        "    type: plain\n- target: {kind: plain}\n"
    ),
    "a text that is folded": "patches:\n- patch: >-\n    {kind: Secret, data: {a: hunter2}}\n",
    "a text in quotes": "patches:\n- patch: \"{kind: Secret, data: {a: hunter2}}\"\n- {x: plain}\n",
    "a template": (
        "{{- if .Values.on }}\nkind: Secret\nmetadata: {name: {{ .Values.x }}-plain}\nstringData:\n"
        "  a: {{ .Values.plain }}\n  b: hunter2\n{{- range .Values.plain }}\n  c: \"hunter2\"\n"
        "{{- end }}\n  d: |\n    hunter2\ntype: plain\n{{- end }}\n---\nkind: ConfigMap\ndata:\n"
        "  a: plain\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_where_secrets_stand(name: str) -> None:
    text = TEXTS[name].removeprefix("x: &x {a: hunter2}\n---\n")
    hidden = masked(text)
    shown = "".join(hidden.get(line, line) for line in re.findall(".*\n", text))
    assert "hunter2" not in shown
    assert shown.count("plain") == text.count("plain")
    assert shown.count("\n") == text.count("\n")


def test_no_other_line_is_touched() -> None:
    assert masked("kind: ExternalSecret\nspec: {data: [{secretKey: plain}]}\n") == {}
    assert masked("kind: Secret\n---\nkind: ConfigMap\ndata: {a: b}\n") == {}
    assert masked("kind: SecretStore\ndata: {a: b}\n") == {}
    assert masked("kind: Secret\nmetadata: {name: x}\n") == {}


def secret(wave: str, below: str = "") -> str:
    return (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: keys\n  annotations:\n"
        f'    {WAVE}: "{wave}"\n{below}stringData:\n  password: hunter2\n  user: hunter2\n'
    )


def test_the_diff_has_less_context_and_applies(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for number, below in enumerate(["", "  labels: {a: b}\n", "  labels:\n    a: b\n"], 1):
        old, new = secret("1", below), secret("-1", below)
        write(tmp_path / "web.yaml", old)
        made = diff(change(tmp_path, ("web.yaml", old, new)))
        assert "hunter2" not in made
        assert "***" not in made
        context = len(re.findall(r"^ ", made, re.MULTILINE))
        assert context == 2 * min(number, 3), made
        git(tmp_path, "apply", "-", stdin=made.encode())
        assert (tmp_path / "web.yaml").read_text() == new


def test_a_value_right_beside_the_wave_is_hidden() -> None:
    old = (
        f'kind: Secret\nmetadata:\n  annotations:\n    {WAVE}: "1"\n'
        "stringData: {password: hunter2}\n"
    )
    made = readable(change(Path("/r"), ("web.yaml", old, old.replace('"1"', '"2"'))))
    assert made.endswith(
        f'   annotations:\n-    {WAVE}: "1"\n+    {WAVE}: "2"\n stringData: {{password: ***}}\n'
    )


def test_a_line_with_the_wave_and_a_value_shows_the_wave() -> None:
    old = f'{{"kind": "Secret", "annotations": {{"{WAVE}": "1"}}, "data": {{"a": "hunter2"}}}}\n'
    made = readable(change(Path("/r"), ("web.json", old, old.replace('"1"', '"2"'))))
    assert made.endswith(
        f'-{{"kind": "Secret", "annotations": {{"{WAVE}": "1"}}, "data": {{"a": ***}}}}\n'
        f'+{{"kind": "Secret", "annotations": {{"{WAVE}": "2"}}, "data": {{"a": ***}}}}\n'
    )
