"""What setting a wave makes of the text of a chart's template."""

from __future__ import annotations

import pytest
from templates import FILE, Case, case, edited, site, t

from wavefix.model import Edit
from wavefix.patch import check, prepare
from wavefix.patch.template import parts, spot

THERE = [
    case(
        "double quotes, a comment behind",
        """
        metadata:
          name: {{ .Release.Name }}
          annotations:
            {{- with .Values.annotations }}
            {{- toYaml . | nindent 4 }}
            {{- end }}
            WAVE: "1"   # before the pods
        """,
        """
        metadata:
          name: {{ .Release.Name }}
          annotations:
            {{- with .Values.annotations }}
            {{- toYaml . | nindent 4 }}
            {{- end }}
            WAVE: "-1"   # before the pods
        """,
    ),
    case(
        "single quotes, a quoted key",
        "kind: X\nmetadata:\n  annotations:\n    'WAVE': '1'\n",
        "kind: X\nmetadata:\n  annotations:\n    'WAVE': '-1'\n",
    ),
    case(
        "a plain number gets the quotes of its siblings",
        "metadata:\n  annotations:\n    WAVE: 1 # one\n    a: 'b'\n",
        "metadata:\n  annotations:\n    WAVE: '-1' # one\n    a: 'b'\n",
    ),
    case(
        "nothing behind the colon",
        "metadata:\n  annotations:\n    WAVE:\n    a: b\n",
        'metadata:\n  annotations:\n    WAVE: "-1"\n    a: b\n',
    ),
    case(
        "under a condition of its own",
        """
        metadata:
          annotations:
            {{- if .Values.hook }}
            WAVE: "1"
            {{- end }}
        """,
        """
        metadata:
          annotations:
            {{- if .Values.hook }}
            WAVE: "-1"
            {{- end }}
        """,
    ),
    case(
        "all annotations under a condition",
        """
        metadata:
          {{- if .Values.argo }}
          annotations:
            WAVE: "1"
          {{- end }}
          name: x
        """,
        """
        metadata:
          {{- if .Values.argo }}
          annotations:
            WAVE: "-1"
          {{- end }}
          name: x
        """,
    ),
    case(
        "not in a comment, a block scalar, the labels, a define or the pod template",
        """
        {{- define "x" }}
        metadata:
          annotations:
            WAVE: "9"
        {{- end }}
        {{/*
        metadata:
          annotations: {WAVE: "9"}
        */}}
        kind: Deployment
        data:
          text: |
            metadata:
              annotations:
                WAVE: "9"
        metadata:
          labels:
            WAVE: "9"
          annotations:
            note: |-
              WAVE: "9"
            # WAVE: "9"
            WAVE: "1"
        spec:
          template:
            metadata:
              annotations:
                WAVE: "9"
        """,
        """
        {{- define "x" }}
        metadata:
          annotations:
            WAVE: "9"
        {{- end }}
        {{/*
        metadata:
          annotations: {WAVE: "9"}
        */}}
        kind: Deployment
        data:
          text: |
            metadata:
              annotations:
                WAVE: "9"
        metadata:
          labels:
            WAVE: "9"
          annotations:
            note: |-
              WAVE: "9"
            # WAVE: "9"
            WAVE: "-1"
        spec:
          template:
            metadata:
              annotations:
                WAVE: "9"
        """,
    ),
    case(
        "in braces",
        "metadata:\n  annotations: {a: b, WAVE: 1} # c\n",
        'metadata:\n  annotations: {a: b, WAVE: "-1"} # c\n',
    ),
    case(
        "the items of a List, one text for all",
        """
        kind: List
        apiVersion: v1
        items:
        {{- range .Values.names }}
        - kind: ConfigMap
          metadata:
            name: {{ . }}
            annotations:
              WAVE: "1"
        {{- end }}
        """,
        """
        kind: List
        apiVersion: v1
        items:
        {{- range .Values.names }}
        - kind: ConfigMap
          metadata:
            name: {{ . }}
            annotations:
              WAVE: "-1"
        {{- end }}
        """,
    ),
]

BELOW = [
    case(
        "among lines of text",
        "metadata:\n  annotations:\n    a: 'b'\n  name: x\n",
        "metadata:\n  annotations:\n    WAVE: '-1'\n    a: 'b'\n  name: x\n",
    ),
    case(
        "above an expression, with its indentation",
        """
        metadata:
          name: x
          annotations: # ours
              {{- with .Values.annotations }}
              {{- toYaml . | nindent 6 }}
              {{- end }}
        """,
        """
        metadata:
          name: x
          annotations: # ours
              WAVE: "-1"
              {{- with .Values.annotations }}
              {{- toYaml . | nindent 6 }}
              {{- end }}
        """,
    ),
    case(
        "above an expression at the margin",
        "metadata:\n  annotations:\n{{ toYaml .Values.a | indent 4 }}\n  name: x\n",
        'metadata:\n  annotations:\n    WAVE: "-1"\n{{ toYaml .Values.a | indent 4 }}\n  name: x\n',
    ),
    case(
        "above a loop over them",
        """
        metadata:
          annotations:
            {{- range $key, $value := .Values.annotations }}
            {{ $key }}: {{ $value | quote }}
            {{- end }}
        """,
        """
        metadata:
          annotations:
            WAVE: "-1"
            {{- range $key, $value := .Values.annotations }}
            {{ $key }}: {{ $value | quote }}
            {{- end }}
        """,
    ),
    case(
        "no annotations in it yet",
        "metadata:\n   annotations:\n   name: x\n",
        'metadata:\n   annotations:\n      WAVE: "-1"\n   name: x\n',
    ),
    case(
        "empty braces",
        "metadata:\n  annotations: { }  # none\n  name: x\n",
        'metadata:\n  annotations:  # none\n    WAVE: "-1"\n  name: x\n',
    ),
    case(
        "empty braces at the end of a text without line break",
        "metadata:\n  annotations: {}",
        'metadata:\n  annotations:\n    WAVE: "-1"',
    ),
    case(
        "braces",
        'metadata:\n  annotations: {"a": "b"}\n',
        'metadata:\n  annotations: {WAVE: "-1", "a": "b"}\n',
    ),
    case(
        "at the end of a text without line break",
        "metadata:\n  annotations:",
        'metadata:\n  annotations:\n    WAVE: "-1"',
    ),
]

NEW = [
    case(
        "behind the name, above the labels",
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: {{ include "demo.fullname" . }}
          labels:
            {{- include "demo.labels" . | nindent 4 }}
        spec:
          type: ClusterIP
        """,
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: {{ include "demo.fullname" . }}
          annotations:
            WAVE: "-1"
          labels:
            {{- include "demo.labels" . | nindent 4 }}
        spec:
          type: ClusterIP
        """,
    ),
    case(
        "behind the namespace, in the indentation of the labels",
        """
        metadata:
            name: x
            namespace: {{ .Release.Namespace | quote }} # ours
            labels:
              app: "x"
        """,
        """
        metadata:
            name: x
            namespace: {{ .Release.Namespace | quote }} # ours
            annotations:
              WAVE: "-1"
            labels:
              app: "x"
        """,
    ),
    case(
        "behind the name, not the namespace under a condition",
        """
        metadata:
          name: x
          {{- if .Values.namespace }}
          namespace: {{ .Values.namespace }}
          {{- end }}
        data: {}
        """,
        """
        metadata:
          name: x
          annotations:
            WAVE: "-1"
          {{- if .Values.namespace }}
          namespace: {{ .Values.namespace }}
          {{- end }}
        data: {}
        """,
    ),
    case(
        "before the labels, where the name depends on a condition",
        """
        metadata:
          {{- if .Values.name }}
          name: {{ .Values.name }}
          {{- else }}
          name: x
          {{- end }}
          labels:
            a: b
        """,
        """
        metadata:
          {{- if .Values.name }}
          name: {{ .Values.name }}
          {{- else }}
          name: x
          {{- end }}
          annotations:
            WAVE: "-1"
          labels:
            a: b
        """,
    ),
    case(
        "below the metadata, where nothing else is sure",
        """
        metadata:
          {{- if .Values.name }}
          name: {{ .Values.name }}
          {{- end }}
          finalizers: [a]
        """,
        """
        metadata:
          annotations:
            WAVE: "-1"
          {{- if .Values.name }}
          name: {{ .Values.name }}
          {{- end }}
          finalizers: [a]
        """,
    ),
    case(
        "an action of several lines",
        """
        metadata:
          name: {{ printf "%s-%s"
            .Release.Name
            "}}: x" }}
        """,
        """
        metadata:
          name: {{ printf "%s-%s"
            .Release.Name
            "}}: x" }}
          annotations:
            WAVE: "-1"
        """,
    ),
    case(
        "a name over two lines",
        "metadata:\n  name: >-\n    {{ .Release.Name }}\n  labels: {a: b}\n",
        'metadata:\n  name: >-\n    {{ .Release.Name }}\n  annotations:\n    WAVE: "-1"\n'
        "  labels: {a: b}\n",
    ),
    case(
        "a name that goes on below",
        "metadata:\n  namespace: x\n  name: a\n    {{ .Release.Name }}\n",
        'metadata:\n  namespace: x\n  annotations:\n    WAVE: "-1"\n  name: a\n'
        "    {{ .Release.Name }}\n",
    ),
    case(
        "not where an action takes the line break away",
        "metadata:\n  namespace: x\n  name: {{ .Values.name -}}\n  {{/* x */}}\n",
        'metadata:\n  namespace: x\n  annotations:\n    WAVE: "-1"\n  name: {{ .Values.name -}}\n'
        "  {{/* x */}}\n",
    ),
    case(
        "not before labels that an action draws up",
        "metadata:\n  {{- if .Values.a }}\n  name: x\n  {{- end -}}\n  labels: {a: b}\n",
        'metadata:\n  annotations:\n    WAVE: "-1"\n  {{- if .Values.a }}\n  name: x\n'
        "  {{- end -}}\n  labels: {a: b}\n",
    ),
    case(
        "braces in a raw string",
        "metadata:\n  name: {{ `}}{{ if` }}\n",
        'metadata:\n  name: {{ `}}{{ if` }}\n  annotations:\n    WAVE: "-1"\n',
    ),
    case(
        "an include in the other branch",
        "{{- if .Values.a }}\nmetadata:\n  name: x\n{{- else }}\n"
        '{{ include "other" . }}\n{{- end }}\n',
        '{{- if .Values.a }}\nmetadata:\n  name: x\n  annotations:\n    WAVE: "-1"\n{{- else }}\n'
        '{{ include "other" . }}\n{{- end }}\n',
    ),
    case(
        "an indented object in a condition",
        """
        {{ if .Values.rbac -}}
          kind: Role
          metadata:
            name: x
          rules: []
        {{- end }}
        """,
        """
        {{ if .Values.rbac -}}
          kind: Role
          metadata:
            name: x
            annotations:
              WAVE: "-1"
          rules: []
        {{- end }}
        """,
    ),
    case(
        "a loop whose documents begin with dashes",
        """
        {{- range .Values.queues }}
        ---
        kind: ConfigMap
        metadata:
          name: {{ . }}
        {{- end }}
        """,
        """
        {{- range .Values.queues }}
        ---
        kind: ConfigMap
        metadata:
          name: {{ . }}
          annotations:
            WAVE: "-1"
        {{- end }}
        """,
        part=1,
    ),
    case(
        "a kind that depends on a condition",
        """
        {{- if .Values.daemon }}
        kind: DaemonSet
        {{- else }}
        kind: Deployment
        {{- end }}
        metadata:
          name: x
        """,
        """
        {{- if .Values.daemon }}
        kind: DaemonSet
        {{- else }}
        kind: Deployment
        {{- end }}
        metadata:
          name: x
          annotations:
            WAVE: "-1"
        """,
    ),
    case(
        "an item of a List",
        "kind: ServiceList\nitems:\n  - kind: Service\n    metadata:\n      name: x\n",
        "kind: ServiceList\nitems:\n  - kind: Service\n    metadata:\n      name: x\n"
        '      annotations:\n        WAVE: "-1"\n',
    ),
]

GONE = [
    case(
        "one of two",
        'metadata:\n  annotations:\n    a: b\n    WAVE: "1" # c\n  name: x\n',
        "metadata:\n  annotations:\n    a: b\n  name: x\n",
        None,
    ),
    case(
        "the only one, and its map",
        'metadata:\n  name: x\n  annotations:\n    WAVE: "1"\n  labels: {}\n',
        "metadata:\n  name: x\n  labels: {}\n",
        None,
    ),
    case(
        "beside an expression the map stays",
        'metadata:\n  annotations:\n    WAVE: "1"\n    {{- toYaml .Values.a | nindent 4 }}\n',
        "metadata:\n  annotations:\n    {{- toYaml .Values.a | nindent 4 }}\n",
        None,
    ),
    case("none there", "metadata:\n  name: x\n", "metadata:\n  name: x\n", None),
]

CASES = [*THERE, *BELOW, *NEW, *GONE]


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["", "BOM"])
def test_an_edit_makes_this_of_a_template(one: Case, newline: str, bom: str) -> None:
    before, after = (bom + text.replace("\n", newline) for text in (one.before, one.after))
    if newline not in before:  # a single line tells nothing of the line breaks
        after = after.replace(newline, "\n")
    assert check(site(one.part), before, remove=one.wave is None) == ""
    assert edited(before, {one.part: one.wave}) == after


@pytest.mark.parametrize("one", [*THERE, *BELOW, *NEW], ids=lambda one: one.name)
def test_a_wave_that_was_set_is_read_again_and_stays(one: Case) -> None:
    assert spot(one.after, one.part).before == "-1"
    assert edited(one.after, {one.part: "-1"}) == one.after


def test_several_parts_of_a_file_are_edited_at_once() -> None:
    text = t(
        """
        kind: A
        metadata:
          name: a
        ---
        {{- if .Values.b }}
        kind: B
        metadata:
          annotations:
            WAVE: "1"
        {{- end }}
        ---
        kind: C
        metadata:
          annotations:
            WAVE: "2"
            c: d
        """
    )
    after = t(
        """
        kind: A
        metadata:
          name: a
          annotations:
            WAVE: "0"
        ---
        {{- if .Values.b }}
        kind: B
        metadata:
          annotations:
            WAVE: "5"
        {{- end }}
        ---
        kind: C
        metadata:
          annotations:
            c: d
        """
    )
    assert edited(text, {2: None, 1: "5", 0: "0"}) == after


def test_two_waves_for_one_part_are_an_error() -> None:
    edits = [Edit(site(0), "A/a/a", "1"), Edit(site(0), "A/a/b", "2")]
    with pytest.raises(ValueError, match="two waves, 1 and 2"):
        prepare(edits, {FILE: "metadata:\n  name: x\n"})


PARTS = [
    ("kind: A\n---\nkind: B\n", ["A", "B"]),
    ("---\nkind: A\n--- # next\nkind: B\n", [None, "A", "B"]),
    ("{{/* a\n---\nb */}}\nkind: A\n", ["A"]),
    ('kind: A\ndata: {{ `\n---\n` }}\n', ["A"]),
    ("{{- range .a }}\nkind: A\n---\n{{- end }}\n", ["A", None]),
    ("kind: A\n{{ if .b }}---\nkind: B\n{{ end }}", ["A", "B"]),
    ("kind: A\ntext: |\n  ---\n", ["A"]),
    ("kind: A\r\n---\r\nkind: B", ["A", "B"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kinds"), PARTS)
def test_parts_are_what_stands_between_the_dashes(text: str, kinds: list[str | None]) -> None:
    assert [None if part.empty else part.kinds[0] for part in parts(text)] == kinds


def test_a_part_tells_the_texts_of_its_kinds_and_names() -> None:
    text = t(
        """
        {{- if .Values.daemon }}
        kind: DaemonSet
        {{- else }}
        kind: "Deployment"
        {{- end }}
        metadata:
          name: {{ .Release.Name }}-api # ours
        spec:
          template:
            metadata:
              name: pod
        """
    )
    (part,) = parts(text)
    assert part.kinds == ("DaemonSet", "Deployment")
    assert part.names == ("{{ .Release.Name }}-api",)
