"""What a Secret holds is shown nowhere: the diff has less context there, or hides the value."""

from __future__ import annotations

import base64
import re
import zlib
from pathlib import Path

import pytest
from test_report_diff import change, git, write

from wavefix.masked import masked
from wavefix.report import diff
from wavefix.report.as_diff import readable

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


CHANGES = {
    "one line": ('{{"kind":"Secret","a":{{"w":"{}"}},"data":{{"a":"hunter2"}}}}\n', "1", "-1"),
    "the next line": ('kind: Secret\nw: "{}"\ndata: {{a: hunter2}}\n', "1", "12"),
    "nothing before": ('{{"kind":"Secret","a":{{{}}},"data":{{"a":"hunter2"}}}}', "", '"w":"3"'),
    "taken out": ('{{"kind":"Secret","a":{{{}}},"data":{{"a":"hunter2"}}}}', '"w":"3"', ""),
    "a long line": (
        '{{"kind":"Secret","x":"' + "y" * 70_000 + '","w":"{}","data":{{"a":"hunter2"}}}}', "1", "2"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_git_applies_what_cannot_be_shown(tmp_path: Path, name: str) -> None:
    form, old, new = CHANGES[name]
    before, after = form.format(old), form.format(new)
    git(tmp_path, "init", "-q")
    write(tmp_path / "x.json", before)
    made = diff(change(tmp_path, ("x.json", before, after)))
    assert "GIT binary patch" in made
    assert "hunter2" not in made
    assert "hunter2" not in readable(change(tmp_path, ("x.json", before, after)))
    code = "".join(line[1:] for line in made.split("\n")[4:] if line)
    assert b"hunter2" not in zlib.decompressobj().decompress(base64.b85decode(code))
    git(tmp_path, "apply", "-", stdin=made.encode())
    assert (tmp_path / "x.json").read_text() == after


def test_what_may_hold_anything_is_hidden_and_references_are_not() -> None:
    text = (
        "env:\n- name: A\n  value: hunter2\n- name: B\n  valueFrom: {secretKeyRef: {key: plain}}\n"
        "extraEnvVars: {A: hunter2}\nhelm:\n  parameters:\n  - name: plain\n    value: hunter2\n"
        "auth:\n  password: hunter2\n  existingSecret: plain\n  token: ${PLAIN}\n"
        "  clientSecret: hunter2\n"
        "url: https://user:hunter2@host/plain\nencryptedData:\n  password: plain\n"
        "key: |\n  -----BEGIN RSA PRIVATE KEY-----\n  hunter2\n  -----END RSA PRIVATE KEY-----\n"
    )
    hidden = masked(text)
    shown = "".join(hidden.get(line, line) for line in re.findall(".*\n", text))
    assert "hunter2" not in shown
    assert shown.count("plain") == 5
    assert "${PLAIN}" in shown


# A key or a text, and how each line is shown.
SHOWN = {
    "a variable by name": ("env: {A: hunter2}", "env: {A: ***}"),
    "named below": ("env: {A: {value: hunter2}}", "env: {A: {value: ***}}"),
    "from a Secret": (same := "env: {A: {valueFrom: {secretKeyRef: {name: a, key: b}}}}", same),
    "of Applications": (
        "helm: {parameters: [{name: a, value: hunter2}]}",
        "helm: {parameters: [{name: a, value: ***}]}",
    ),
    "of a StorageClass": (same := "parameters: {type: gp3}", same),
    "a key": ("adminPassword: hunter2 # why", "adminPassword: *** # why"),
    "keys of names": (same := "{existingSecret: a, passwordKey: b, secretName: c}", same),
    "filled in": (same := "{password: '${A}', token: $(B), api_key: '{{ .Values.a }}'}", same),
    "by default": ("password: ${A:-hunter2}", "password: ***"),
    "by default in a template": (
        "password: '{{ .a | default \"hunter2\" }}'",
        "password: ***",
    ),
    "nothing": (same := "{password: '', automountServiceAccountToken: false}", same),
    "a URL": ("a: postgres://u:hunter2@db/x", "a: postgres://***@db/x"),
    "a URL in a variable": ("env: {A: 'x://u:hunter2@h'} # b", "env: {A: ***} # b"),
    "a URL filled in": (same := "a: postgres://u:$(DB_PASSWORD)@db/x", same),
    "a user in a URL": (same := "a: ssh://git@github.com/a/b", same),
    "a wave in quotes": (
        "values: \"a:\\n  sync-wave: '1'\\npassword: hunter2\"",
        "values: \"a:\\n  sync-wave: '1'\\npassword: ***\"",
    ),
    "escapes in quotes": ('values: "password: hunt\\x65r2"', "values: ***"),
    "a wave among variables": (same := f"env: {{{WAVE}: '1'}}", same),
    "of SOPS": ("a: ENC[AES256_GCM,data:x]", "a: ***"),
    "sealed": (same := "encryptedData: {password: AgB}", same),
}


@pytest.mark.parametrize("name", SHOWN)
def test_how_a_line_is_shown(name: str) -> None:
    text, shown = SHOWN[name]
    assert masked(f"{text}\n").get(f"{text}\n", f"{text}\n") == f"{shown}\n"


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
