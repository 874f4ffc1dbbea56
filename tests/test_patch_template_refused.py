"""Where setting a wave in the text of a chart's template is refused, and why."""

from __future__ import annotations

import pytest
from templates import FILE, META, edited, site, t

from wavefix.errors import InputError
from wavefix.model import Edit, Path, Site
from wavefix.patch import Refused, check, prepare
from wavefix.patch.template import spot

REFUSED = [
    ("wave by values", 'annotations:\n    WAVE: {{ .Values.wave | quote }}', "a Go expression"),
    ("wave in quotes", 'annotations:\n    WAVE: "{{ .Values.wave }}"', "a Go expression makes its"),
    ("key by an expression", 'annotations:\n    {{ "WAVE" }}: "1"', "makes its sync wave"),
    ("a block scalar", "annotations:\n    WAVE: |\n      1", "no plain value"),
    ("a value over two lines", "annotations:\n    WAVE: 1\n      2", "no plain value"),
    ("its key in a text", 'annotations: {a: "WAVE: 1"}', "in braces is no plain value"),
    ("an alias", "annotations:\n    WAVE: *one", "no plain value"),
    (
        "one in each branch",
        'annotations:\n    {{- if .Values.a }}\n    WAVE: "1"\n    {{- else }}\n    WAVE: "2"\n'
        "    {{- end }}",
        "sync wave more than once",
    ),
    (
        "a condition around the annotations",
        "{{- with .Values.annotations }}\n  annotations:\n    {{- toYaml . | nindent 4 }}\n"
        "  {{- end }}",
        "only under a condition",
    ),
    (
        "annotations in each branch",
        "{{- if .Values.a }}\n  annotations:\n    a: b\n  {{- else }}\n"
        "  annotations: {}\n  {{- end }}",
        "annotations more than once",
    ),
    ("an expression on the line", "annotations: {{ toJson .Values.a }}", "makes its annotations"),
    (
        "an expression on the line, in a condition",
        "{{- if .Values.a }}\n  annotations: {{- toYaml .Values.a | nindent 4 }}\n  {{- end }}",
        "only under a condition",
    ),
    ("a line that is drawn up", "annotations: # {{ .Values.a -}}\n    a: b", "takes away the line"),
    ("an anchor", "annotations: &all\n    a: b", "not written as lines"),
    ("braces below", "annotations:\n    {a: b}", "not written as lines"),
    ("a comment in braces", "annotations: {# a: b}", "may begin a comment"),
    ("a list", "annotations:\n    - a: b", "not written as lines"),
    ("lines further to the left", 'annotations:\n       WAVE: "1"\n    WAVE: "2"', "not written"),
    ("a lone dash", "annotations:\n    -", "not written as lines"),
    ("a dash before an expression", "annotations:\n    - {{ .a }}", "not written as lines"),
    ("an include among the keys", '{{- include "x.meta" . | nindent 2 }}', "may make annotations"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "why"), [one[1:] for one in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_is_not_exact_is_refused_with_the_reason(text: str, why: str) -> None:
    whole = t(f"kind: Service\nmetadata:\n  name: x\n  {text}\nspec: {{}}\n")
    assert why in check(site(0), whole)
    with pytest.raises(Refused, match=why):
        spot(whole, 0)
    with pytest.raises(InputError, match=why):
        edited(whole, {0: "1"})


WHOLE = [
    ("kind: X\nmetadata:\n  name: x\r", 0, "control character"),
    ("kind: X\nmetadata:\n  name: x\x01\n", 0, "control character"),
    ("kind: X\nmetadata:\n  name: x\n labels: {}\n", 0, "not written as lines"),
    ("kind: X\nmetadata:\n  annotations:\n    - ", 0, "not written as lines"),
    ('{{ include "common.deployment" . }}\n', 0, "no keys of it as lines"),
    ('kind: X\n{{ include "x.metadata" . }}\n', 0, "an include makes its metadata"),
    ('kind: X\nmetadata:\n  {{- include "x" . | nindent 2 }}\nspec:\n', 0, "is in its metadata"),
    ('kind: X\nmetadata: {{- include "x" . | nindent 2 }}\n', 0, "not written as lines"),
    ("kind: X\nmetadata: {name: x}\n", 0, "not written as lines"),
    ("kind: X\ndata: {}\n", 0, "no metadata"),
    ("- kind: X\n  metadata:\n    name: x\n", 0, "a list"),
    ("kind: X\nmetadata:\n  name: x\n---\n# nothing\n", 1, "there is nothing"),
    ("kind: X\nmetadata:\n  name: x\n", 1, "no part 1"),
    ("{{ if .Values.a }}\nkind: X\nmetadata:\n  name: x\n", 0, "a block has no end"),
    ("kind: X\nmetadata:\n  name: x\n{{ end }}\n", 0, "belongs to nothing"),
    ('{{ define "x" }}\nkind: X\n', 0, "a define has no end"),
    ("kind: X\nmetadata:\n  name: {{ x\n", 0, "no }}"),
    (
        "{{- if .Values.a }}\nkind: X\nmetadata:\n  name: x\n{{- else }}\nkind: Y\nmetadata:\n"
        "  name: y\n{{- end }}\n",
        0,
        "several metadata blocks",
    ),
    (
        "kind: List\nitems:\n- kind: X\n  metadata:\n    name: x\n- kind: X\n  metadata:\n"
        "    name: y\n",
        0,
        "several metadata blocks",
    ),
]


@pytest.mark.parametrize(("text", "part", "why"), WHOLE, ids=[one[2] for one in WHOLE])
def test_a_part_without_a_place_is_refused_with_the_reason(text: str, part: int, why: str) -> None:
    assert why in check(site(part), text)


def test_only_the_annotations_of_the_object_itself_are_a_site_in_a_template() -> None:
    pod: Path = ("spec", "template", "metadata", "annotations")
    assert "only the annotations of an object itself" in check(
        site(0, pod), "metadata:\n  name: x\n"
    )


def test_a_file_is_a_template_or_a_manifest() -> None:
    manifest = Site("manifest", FILE, 1, META, 1, None)
    edits = [Edit(site(0), "A/a/a", "1"), Edit(manifest, "A/a/b", "2")]
    with pytest.raises(InputError, match="template and a manifest as well"):
        prepare(edits, {FILE: "metadata:\n  name: x\n---\nmetadata:\n  name: y\n"})


def test_a_line_with_more_than_the_wave_is_not_removed() -> None:
    text = t(
        """
        metadata:
          annotations:
            WAVE: "1" # {{- if .Values.a }}
            a: b # {{- end }}
        """
    )
    assert "does not stand alone on a line" in check(site(0), text, remove=True)
    assert check(site(0), text) == ""


def test_a_wave_in_braces_is_not_removed() -> None:
    text = t('metadata:\n  annotations: {WAVE: "1"}\n')
    assert "does not stand alone on a line" in check(site(0), text, remove=True)
