"""What ApplicationSet templates are filled with: both kinds, sprig's functions, what is left."""

from __future__ import annotations

import pytest

from wavefix.discover.gotemplate import Scope, fill, fill_all, normalize
from wavefix.yamlio import load

PATH = {
    "path": "apps/team_a/Web.App",
    "basename": "Web.App",
    "segments": ["apps", "team_a", "Web.App"],
}
VALUES = {
    "path": PATH,
    "cluster": "prod",
    "values": {"region": "eu", "replicas": 3, "on": True},
    "zones": ["a", "b"],
    "teams": [{"name": "red", "size": 2}, {"name": "blue", "on": True}],
    "labels": {"b": "2", "a": "1"},
    "none": [],
    "big": 1000000,
    "half": 0.5,
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        # Go templates
        ("{{.path.basename}}", "Web.App"),
        ("{{ .path.path }}/x", "apps/team_a/Web.App/x"),
        ("a {{- .cluster -}} b", "aprodb"),
        ("{{ .cluster }}-{{ .values.region }}", "prod-eu"),
        ("{{ index .path.segments 1 }}", "team_a"),
        ('{{ index .values "region" }}', "eu"),
        ("{{ .values.replicas }} {{ .values.on }}", "3 true"),
        ("{{ .path.basename | lower }}", "web.app"),
        ("{{ lower .path.basename }}", "web.app"),
        ('{{ .path.basename | lower | replace "." "-" }}', "web-app"),
        ('{{ printf "%s-%s" .cluster .values.region }}', "prod-eu"),
        ('{{ printf "%s-%d" .cluster (int .values.replicas) | upper }}', "PROD-3"),
        ('{{ .nothing | default "x" }} {{ default "y" .values.nothing }}', "x y"),
        ("{{ .nothing.at.all | default `x` }}", "{{ .nothing.at.all | default `x` }}"),
        ('{{ default "x" .cluster }}', "prod"),
        ('{{ (index .path.segments 1) | replace "_" "-" }}', "team-a"),
        ('{{ trimPrefix "Web." .path.basename }}', "App"),
        ('{{ trimSuffix ".App" .path.basename }}', "Web"),
        ("{{ trunc 3 .path.basename }}", "Web"),
        ("{{ base .path.path }} {{ dir .path.path }}", "Web.App apps/team_a"),
        ('{{ index (splitList "/" .path.path) 0 }}', "apps"),
        ('{{ join "-" .path.segments }}', "apps-team_a-Web.App"),
        ("{{ last .path.segments | normalize }} {{ first .path.segments }}", "web.app apps"),
        ("{{ .cluster | quote }} {{ .cluster | squote }}", "\"prod\" 'prod'"),
        ('{{ `raw` }} {{ trim " x " }} {{ .cluster | toString }}', "raw x prod"),
        # what cannot be filled in stays as it is written
        ("{{ .nothing }}", "{{ .nothing }}"),
        ("{{ .values }}", "{{ .values }}"),
        ("{{ .path.segments }}", "{{ .path.segments }}"),
        ("{{ index .path.segments 9 }}", "{{ index .path.segments 9 }}"),
        ("{{ .cluster | derivePassword }}", "{{ .cluster | derivePassword }}"),
        ('{{ printf "%d" .values.replicas }}', '{{ printf "%d" .values.replicas }}'),
        ("{{ eq .values.replicas 3 }}", "{{ eq .values.replicas 3 }}"),
        ("{{path}} {{ path[1] }}", "{{path}} {{ path[1] }}"),
        ("{{ .cluster", "{{ .cluster"),
        ('{{}} {{ | }} {{ ( }} {{ " }}', '{{}} {{ | }} {{ ( }} {{ " }}'),
        ("no holes", "no holes"),
    ],
)
def test_fill(text: str, filled: str) -> None:
    assert fill(text, VALUES) == filled


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ if .cluster }}a{{ end }}", "a"),
        ("{{ if .nothing }}a{{ end }}", ""),
        ("{{ if .nothing }}a{{ else }}b{{ end }}", "b"),
        ('{{ if eq .cluster "dev" }}a{{ else if eq .cluster "prod" }}b{{ else }}c{{ end }}', "b"),
        ('{{ if and .cluster (eq .values.region "eu") }}yes{{ end }}', "yes"),
        ('{{ if and .nothing (eq .nothing.at "eu") }}yes{{ end }}no', "no"),
        ('{{ if or .cluster .nothing.at }}yes{{ end }}', "yes"),
        ("{{ if not .nothing }}a{{ end }}", "a"),
        ("{{ if .none }}a{{ else }}b{{ end }}", "b"),
        ('{{ if ne .cluster "dev" }}a{{ end }}', "a"),
        ('{{ if hasKey .values "region" }}a{{ end }}', "a"),
        ('{{ if contains "ro" .cluster }}a{{ end }}', "a"),
        ('{{ if has "a" .zones }}a{{ end }}', "a"),
        ("{{ if gt (len .zones) 1 }}a{{ end }}", "a"),
        ("{{ range .zones }}[{{ . }}]{{ end }}", "[a][b]"),
        ("{{ range $i, $z := .zones }}{{ $i }}={{ $z }} {{ end }}", "0=a 1=b "),
        ("{{ range $z := .zones }}{{ $z }}{{ $.cluster }}{{ end }}", "aprodbprod"),
        ("{{ range $k, $v := .labels }}{{ $k }}={{ $v }},{{ end }}", "a=1,b=2,"),
        ("{{ range .none }}x{{ else }}none{{ end }}", "none"),
        ("{{ range .teams }}{{ .name }}{{ if .on }}!{{ end }} {{ end }}", "red blue! "),
        ("{{ with .values }}{{ .region }}{{ end }}", "eu"),
        ("{{ with .nothing }}x{{ else }}y{{ end }}", "y"),
        ("{{ $x := .cluster | upper }}{{ $x }}", "PROD"),
        ("{{ $x := 1 }}{{ if .cluster }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ("{{ $x := 1 }}{{ if .cluster }}{{ $x := 2 }}{{ end }}{{ $x }}", "1"),
        ("{{/* a }} comment */}}x", "x"),
        ("a\n{{- if .cluster }}\nb\n{{- end }}\n", "a\nb\n"),
        ('{{ (index .teams 0).name }}', "red"),
        ('{{ get .labels "a" }}{{ get .labels "z" }}', "1"),
        ('{{ dig "values" "zone" "none" . }} {{ dig "values" "region" "none" . }}', "none eu"),
        ('{{ ternary "a" "b" .values.on }}', "a"),
        ('{{ dict "a" 1 "b" "x" | toJson }}', '{"a":1,"b":"x"}'),
        ('{{ list 1 "x" | toJson }} {{ .teams | toJson }}',
         '[1,"x"] [{"name":"red","size":2},{"name":"blue","on":true}]'),
        ('{{ "a\\nb" | indent 2 }}', "  a\n  b"),
        ('x:{{ "a" | nindent 2 }}', "x:\n  a"),
        ("{{ add 1 2 .values.replicas }} {{ sub 5 1 }} {{ int .values.replicas }}", "6 4 3"),
        ("{{ .big }} {{ .half }} {{ int .big }}", "1e+06 0.5 1000000"),
        ('{{ printf "%q %v %05d %t %%" .cluster .values.replicas 42 .values.on }}',
         '"prod" 3 00042 true %'),
        ('{{ trimAll "/" "/a/" }} {{ substr 0 2 .cluster }} {{ repeat 2 "ab" }}', "a pr abab"),
        ('{{ coalesce .nothing .cluster }} {{ .cluster | b64enc | b64dec }}', "prod prod"),
        ("{{ join `,` (sortAlpha (list `b` `a`)) }} {{ uniq (list 1 1 2) | toJson }}", "a,b [1,2]"),
        # what is not known of Go, or fails there, leaves the text as it is
        ("{{ if .nothing.at }}a{{ end }} {{ .cluster }}",
         "{{ if .nothing.at }}a{{ end }} {{ .cluster }}"),
        ("{{ if eq .values.replicas 3 }}a{{ end }}", "{{ if eq .values.replicas 3 }}a{{ end }}"),
        ('{{ if eq .cluster 3 }}a{{ end }}', "{{ if eq .cluster 3 }}a{{ end }}"),
        ("{{ if .cluster }}a", "{{ if .cluster }}a"),
        ("a{{ end }}", "a{{ end }}"),
        ("{{ else }}", "{{ else }}"),
        ("{{ range .cluster }}a{{ end }}", "{{ range .cluster }}a{{ end }}"),
        ("{{ range .zones }}{{ break }}{{ end }}", "{{ range .zones }}{{ break }}{{ end }}"),
        ('{{ template "x" }}{{ .cluster }}', '{{ template "x" }}{{ .cluster }}'),
        ("{{ $x := .nothing.at }}{{ $x }}", "{{ $x := .nothing.at }}{{ $x }}"),
        ('{{ if fail "no" }}a{{ end }}', '{{ if fail "no" }}a{{ end }}'),
    ],
)  # fmt: skip
def test_conditions_loops_and_variables(text: str, filled: str) -> None:
    assert fill(text, VALUES) == filled


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ if .nothing }}a{{ end }}", "{{ if .nothing }}a{{ end }}"),
        ("{{ if .cluster }}a{{ end }}{{ .nothing }}", "a{{ .nothing }}"),
        ("{{ .nothing | default `a` }}", "{{ .nothing | default `a` }}"),
        ("{{ if or .cluster .nothing }}a{{ end }}", "a"),
        ("{{ range .nothing }}a{{ end }}", "{{ range .nothing }}a{{ end }}"),
    ],
)
def test_nothing_follows_from_a_parameter_that_may_have_a_value(text: str, filled: str) -> None:
    assert fill(text, Scope(VALUES, known=False)) == filled


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * 5000 + " }}",
        "{{ if true }}" * 3000 + "{{ end }}" * 3000,
        "{{ " + "/* " * 20000,
        "{{" * 5000,
        '{{ "' * 3000,
        '{{ repeat 2000000000 "a" }}',
        "{{ until 2000000000 | len }}",
        "{{ range until 999 }}" * 3 + "a" + "{{ end }}" * 3,
    ],
)
def test_hostile_templates_are_left_alone(text: str) -> None:
    assert fill(text, VALUES) == text


def test_fill_all_fills_keys() -> None:
    assert fill_all({"{{.cluster}}/x": 1}, VALUES) == {"prod/x": 1}


def test_fill_all_fills_strings_and_keeps_lines() -> None:
    (document,) = load("a: '{{.cluster}}'\nb:\n  - {c: 'x-{{.cluster}}', d: 1}\n", "x")
    filled = fill_all(document.data, VALUES)
    assert filled == {"a": "prod", "b": [{"c": "x-prod", "d": 1}]}
    assert filled.lines == {"a": 1, "b": 2}
    assert filled["b"].lines == [3]
    assert filled["b"][0].lines == {"c": 3, "d": 3}


@pytest.mark.parametrize(
    ("name", "normal"),
    [("Team_A", "team-a"), ("a__b", "a--b"), ("-x.", "x"), ("é", ""), ("a" * 300, "a" * 253)],
)
def test_names_are_normalized_as_argo_cd_does_it(name: str, normal: str) -> None:
    assert normalize(name) == normal
