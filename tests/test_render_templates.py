"""Which part of a template makes which object, and that a wave set there changes nothing else.

Where helm is not on the PATH, what needs it is skipped: the texts alone are compared.
"""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from wavefix import yamlio
from wavefix.model import SYNC_WAVE, Edit, Site
from wavefix.patch import prepare
from wavefix.patch.template import parts
from wavefix.render.templates import PART, made_by, mark, marked, marker_of
from wavefix.template import NoSpot

needs_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="no helm on the PATH")

Objects = dict[tuple[str, str, str], dict[str, Any]]  # by source file, kind and name

HELPERS = """
{{- define "shop.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
{{- define "shop.metadata" -}}
name: {{ .Release.Name }}-made
{{- end -}}
"""

VALUES = """
queues: [orders, mails]
annotations: {team: shop}
none: {}
canary: true
wave: "4"
"""

# Each file with the parts that can hold a wave and what those make, by kind and name.
TEMPLATES: Mapping[str, tuple[str, dict[int, list[str]]]] = {
    "plain.yaml": (
        """\
        {{- /* two objects,
        --- and this is neither */}}
        apiVersion: v1
        kind: Service
        metadata:
          name: {{ .Release.Name }}-api
          labels: {{- include "shop.labels" . | nindent 4 }}
        spec:
          ports: [{port: 80}]
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ .Release.Name }}-api
          labels:
            {{- include "shop.labels" . | nindent 4 }}
          annotations:
            {{- with .Values.annotations }}
            {{- toYaml . | nindent 4 }}
            {{- end }}
            note: |
              argocd.argoproj.io/sync-wave: "9"
        spec:
          template:
            metadata:
              annotations:
                argocd.argoproj.io/sync-wave: "1"
        """,
        {0: ["Service rel-api"], 1: ["Deployment rel-api"]},
    ),
    "loop.yaml": (
        """\
        {{- range $number, $queue := .Values.queues }}
        {{- if $number }}
        ---
        {{- end }}
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{ $queue }}
          {{- if eq $queue "mails" }}
          labels: {mail: "yes"}
          {{- end }}
        data:
          text: |-
            metadata:
              name: x
        {{- end }}
        """,
        {1: ["ConfigMap orders", "ConfigMap mails"]},
    ),
    "loop-behind.yaml": (
        """\
        {{- range .Values.queues }}
        kind: Secret
        apiVersion: v1
        metadata:
          annotations:
            argocd.argoproj.io/sync-wave: '3' # before those that read it
            "helm.sh/resource-policy": keep
          name: {{ . | quote }}
        ---
        {{- end }}
        {{- if not .Values.canary }}
        kind: ConfigMap
        apiVersion: v1
        metadata:
          name: never
        {{- end }}
        """,
        {0: ["Secret orders", "Secret mails"], 1: []},
    ),
    "list.yaml": (
        """\
        apiVersion: v1
        kind: ConfigMapList
        items:
          {{- range .Values.queues }}
          - apiVersion: v1
            kind: ConfigMap
            metadata:
              name: listed-{{ . }}
              annotations: {{/* none yet */}}
          {{- end }}
        """,
        {},
    ),
    "items.yaml": (
        """\
        apiVersion: v1
        kind: List
        metadata: {}
        items:
        {{- range .Values.queues }}
        - apiVersion: v1
          kind: ConfigMap
          metadata:
            name: item-{{ . }}
            annotations: {}
        {{- end }}
        """,
        {0: ["List "]},
    ),
    "conditions.yaml": (
        """\
        {{ if .Values.canary -}}
        apiVersion: batch/v1
        kind: Job
        metadata:
          {{- if .Values.canary }}
          name: canary
          {{- else }}
          name: real
          {{- end }}
          namespace: {{ .Release.Namespace }} # as it is
          {{- with .Values.none }}
          finalizers: {{ . }}
          {{- end }}
        {{- end }}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: guarded
          {{- with .Values.annotations }}
          annotations:
            {{- toYaml . | nindent 4 }}
          {{- end }}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: hidden
          annotations:
            {{- if .Values.none }}
            argocd.argoproj.io/sync-wave: "1"
            {{- end }}
            a: b
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          {{- include "shop.metadata" . | nindent 2 }}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: by-values
          annotations:
            argocd.argoproj.io/sync-wave: {{ .Values.wave | quote }}
        """,
        {0: ["Job canary"], 2: []},
    ),
    "last.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: last\n  annotations: {}",
        {0: ["ConfigMap last"]},
    ),
}


def rendered(chart: Path, *options: str) -> Objects:
    """What helm makes of the chart."""
    done = subprocess.run(
        ["helm", "template", "rel", str(chart), "--namespace", "shop", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    objects: Objects = {}
    for number, document in enumerate(re.split(r"(?m)^---\n", done.stdout)):
        source = re.match(r"# Source: [^/]+/(.*)", document)
        if source:
            (body,) = (one.data for one in yamlio.load(document, f"document {number}"))
            key = (source[1], body["kind"], yamlio.get(body, "metadata", "name") or "")
            assert key not in objects
            objects[key] = body
    return objects


def owners(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The metadata of an object; those of its items where it is a List."""
    if body["kind"].endswith("List"):
        return [item["metadata"] for item in body["items"]]
    return [body["metadata"]]


def without(body: dict[str, Any], key: str) -> tuple[dict[str, Any], set[str | None]]:
    """The object without an annotation, or an empty map of them, and the values that it had."""
    out = copy.deepcopy(body)
    values = set()
    for owner in owners(out):
        annotations = owner.get("annotations") or {}
        values.add(annotations.pop(key, None))
        if not annotations:
            owner.pop("annotations", None)
    return out, values


def make_chart(directory: Path, newline: str = "\n", bom: str = "") -> Path:
    (directory / "templates").mkdir(parents=True)
    (directory / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (directory / "values.yaml").write_text(VALUES)
    (directory / "templates" / "_helpers.tpl").write_text(HELPERS)
    for name, (text, _) in TEMPLATES.items():
        whole = bom + dedent(text).replace("\n", newline)
        (directory / "templates" / name).write_bytes(whole.encode())
    return directory


def template_files(chart: Path) -> list[Path]:
    return sorted((chart / "templates").rglob("*.yaml"))


def read(file: Path) -> str:
    return file.read_bytes().decode()


def mark_all(chart: Path) -> dict[str, tuple[Path, int]]:
    """Mark every part of every template; the marks that there are."""
    found: dict[str, tuple[Path, int]] = {}
    for file in template_files(chart):
        result = marked(read(file), file.relative_to(chart).as_posix())
        file.write_bytes(result.text.encode())
        found |= {text: (file, part) for part, text in result.marks.items()}
    return found


def set_wave(file: Path, part: int, wave: str | None) -> None:
    site = Site("chart-template", str(file), part, ("metadata", "annotations"), 1, None)
    for patch in prepare([Edit(site, "x", wave)], {str(file): read(file)}):
        file.write_bytes(patch.after.encode())


def only_differ_in(before: Objects, after: Objects, key: str) -> dict[str, list[str]]:
    """Asserts that the objects are the same but for an annotation; who has it, by its value."""
    assert list(before) == list(after)
    reached: dict[str, list[str]] = {}
    for name, body in after.items():
        now, values = without(body, key)
        assert now == without(before[name], key)[0]
        assert len(values) == 1
        value = values.pop()
        if value is not None and value not in without(before[name], key)[1]:
            reached.setdefault(value, []).append(f"{name[1]} {name[2]}")
    return reached


@needs_helm
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["", "BOM"])
def test_the_marks_show_which_part_made_which_object(
    tmp_path: Path, newline: str, bom: str
) -> None:
    chart = make_chart(tmp_path / "shop", newline, bom)
    before = rendered(chart)
    marks = mark_all(chart)
    reached = only_differ_in(before, rendered(chart), PART)
    for name, (_, expected) in TEMPLATES.items():
        made = {part: reached.get(f"templates/{name}#{part}", []) for part in expected}
        assert {part: sorted(names) for part, names in made.items()} == {
            part: sorted(names) for part, names in expected.items()
        }
    assert {text for text, made in reached.items() if made} <= marks.keys()


@needs_helm
@pytest.mark.parametrize(
    ("name", "part"),
    [(name, part) for name, (_, expected) in TEMPLATES.items() for part in expected],
)
def test_a_wave_set_in_a_part_is_all_that_differs_when_rendered(
    tmp_path: Path, name: str, part: int
) -> None:
    chart = make_chart(tmp_path / "shop")
    before = rendered(chart)
    file = chart / "templates" / name
    set_wave(file, part, "-17")
    expected = TEMPLATES[name][1][part]
    reached = only_differ_in(before, rendered(chart), SYNC_WAVE)
    assert sorted(reached.get("-17", [])) == sorted(expected)
    assert reached.keys() <= {"-17"}
    if name != "items.yaml" and name != "last.yaml":  # there `{}` is gone for good
        set_wave(file, part, None)
        assert not only_differ_in(before, rendered(chart), SYNC_WAVE)


@needs_helm
def test_a_wave_under_a_condition_reaches_what_its_mark_reaches(tmp_path: Path) -> None:
    chart = make_chart(tmp_path / "shop")
    options = ("--set", "none.x=y")
    before = rendered(chart, *options)
    file = chart / "templates" / "conditions.yaml"
    text = read(file)
    file.write_bytes(mark(text, 2, "here").encode())
    assert only_differ_in(before, rendered(chart, *options), PART) == {
        "here": ["ServiceAccount hidden"]
    }
    file.write_bytes(text.encode())
    set_wave(file, 2, "8")
    assert only_differ_in(before, rendered(chart, *options), SYNC_WAVE) == {
        "8": ["ServiceAccount hidden"]
    }


@needs_helm
def test_the_scaffold_of_helm_create_takes_waves(tmp_path: Path) -> None:
    subprocess.run(["helm", "create", "demo"], cwd=tmp_path, check=True, capture_output=True)
    chart = tmp_path / "demo"
    on = ("--set", "ingress.enabled=true,autoscaling.enabled=true")
    before = rendered(chart, *on)
    texts = {file: read(file) for file in template_files(chart)}
    marks = mark_all(chart)
    reached = only_differ_in(before, rendered(chart, *on), PART)
    assert {name.partition(" ")[0] for made in reached.values() for name in made} == {
        "Deployment",
        "HorizontalPodAutoscaler",
        "Pod",
        "Service",
    }
    assert all(len(made) == 1 for made in reached.values())
    for file, text in texts.items():
        file.write_bytes(text.encode())
    for text, names in reached.items():
        file, part = marks[text]
        set_wave(file, part, "3")
        assert only_differ_in(before, rendered(chart, *on), SYNC_WAVE) == {"3": names}
        file.write_bytes(texts[file].encode())
    guarded = marked(texts[chart / "templates" / "ingress.yaml"], "x").refused
    assert guarded == {0: "its annotations are there only under a condition of the template"}


@needs_helm
def test_where_an_expression_prints_empty_braces_helm_names_the_file(tmp_path: Path) -> None:
    chart = make_chart(tmp_path / "shop")
    text = (
        "kind: Secret\nmetadata:\n  name: x\n  annotations:\n"
        "    {{- toYaml .Values.none | nindent 4 }}\n"
    )
    (chart / "templates" / "braces.yaml").write_text(text)
    before = rendered(chart)
    mark_all(chart)
    done = subprocess.run(["helm", "template", str(chart)], capture_output=True, check=False)
    assert done.returncode
    assert b"shop/templates/braces.yaml" in done.stderr
    (chart / "templates" / "braces.yaml").write_text(text)
    only_differ_in(before, rendered(chart), PART)


def test_every_part_with_text_is_marked_or_says_why_not() -> None:
    text = dedent(TEMPLATES["conditions.yaml"][0])
    result = marked(text, "templates/conditions.yaml")
    assert dict(result.marks) == {
        0: "templates/conditions.yaml#0",
        2: "templates/conditions.yaml#2",
    }
    assert dict(result.refused) == {
        1: "its annotations are there only under a condition of the template",
        3: "an include makes what is in its metadata",
        4: "a Go expression makes its sync wave",
    }
    lines = text.splitlines()
    new = [line for line in result.text.splitlines() if line not in lines]
    assert [line for line in new if PART in line] == [
        '    wavefix.dev/part: "templates/conditions.yaml#0"',
        '    wavefix.dev/part: "templates/conditions.yaml#2"',
    ]


def test_what_is_no_template_has_no_marks() -> None:
    result = marked("kind: {{ if\n", "x.yaml")
    assert (result.text, dict(result.marks)) == ("kind: {{ if\n", {})
    assert "no }}" in result.refused[0]


def test_a_mark_needs_no_quoting() -> None:
    with pytest.raises(ValueError, match="cannot be a mark"):
        mark("metadata:\n  name: x\n", 0, 'a"b')
    with pytest.raises(ValueError, match="cannot be a mark"):
        marked("metadata:\n  name: x\n", "{{ x }}")
    with pytest.raises(NoSpot, match="no part 3"):
        mark("metadata:\n  name: x\n", 3, "a")


def test_the_mark_of_an_object_is_in_its_annotations() -> None:
    assert marker_of({"metadata": {"annotations": {PART: "x.yaml#1"}}}) == "x.yaml#1"
    assert marker_of({"metadata": {"annotations": None}}) == ""
    assert marker_of({"metadata": {"annotations": {PART: 1}}}) == ""


MADE = [
    ("Service", "rel-api", 0),
    ("Deployment", "rel-api", 1),
    ("Deployment", "rel-web", None),  # no name of the template is like it
    ("Job", "rel-api", None),
]


@pytest.mark.parametrize(("kind", "name", "part"), MADE)
def test_without_marks_the_only_part_that_can_have_made_an_object_has(
    kind: str, name: str, part: int | None
) -> None:
    assert made_by(dedent(TEMPLATES["plain.yaml"][0]), kind, name) == part


def test_where_two_parts_fit_none_is_chosen() -> None:
    text = "kind: A\nmetadata:\n  name: {{ .a }}\n---\nkind: A\nmetadata:\n  name: b\n"
    assert made_by(text, "A", "b") is None
    assert made_by(text, "A", "c") == 0
    assert made_by("kind: {{", "A", "c") is None
    assert [part.number for part in parts(text)] == [0, 1]
