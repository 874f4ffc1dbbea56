"""What ApplicationSet templates are filled with: both kinds, sprig's functions, what is left."""

from __future__ import annotations

import pytest

from wavefix.discover.gotemplate import fill, fill_all, normalize
from wavefix.yamlio import load

PATH = {
    "": "apps/team_a/Web.App",
    "path": "apps/team_a/Web.App",
    "basename": "Web.App",
    "segments": ["apps", "team_a", "Web.App"],
    **{"0": "apps", "1": "team_a", "2": "Web.App"},
}
VALUES = {
    "path": PATH,
    "cluster": "prod",
    "values": {"region": "eu", "replicas": 3, "on": True},
    "base": "x",
    "a.b": "dotted",
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        # Go templates
        ("{{.path.basename}}", "Web.App"),
        ("{{ .path.path }}/x", "apps/team_a/Web.App/x"),
        ("a {{- .cluster -}} b", "a prod b"),
        ("{{ .cluster }}-{{ .values.region }}", "prod-eu"),
        ("{{ index .path.segments 1 }}", "team_a"),
        ('{{ index .values "region" }}', "eu"),
        ("{{ .values.replicas }} {{ .values.on }}", "3 true"),
        ("{{ .path.basename | lower }}", "web.app"),
        ("{{ lower .path.basename }}", "web.app"),
        ('{{ .path.basename | lower | replace "." "-" }}', "web-app"),
        ('{{ printf "%s-%s" .cluster .values.region }}', "prod-eu"),
        ('{{ printf "%s-%d" .cluster .values.replicas | upper }}', "PROD-3"),
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
        # the old kind
        ("{{path}}", "apps/team_a/Web.App"),
        ("{{path.basename}} {{ path[1] }}", "Web.App team_a"),
        ("{{cluster}}/{{values.region}}/{{a.b}}", "prod/eu/dotted"),
        ("{{base}}", "x"),
        # what cannot be filled in stays as it is written
        ("{{ .nothing }}", "{{ .nothing }}"),
        ("{{ .values }}", "{{ .values }}"),
        ("{{ .path.segments }}", "{{ .path.segments }}"),
        ("{{ index .path.segments 9 }}", "{{ index .path.segments 9 }}"),
        ("{{ .cluster | sha256sum }}", "{{ .cluster | sha256sum }}"),
        ("{{ if .cluster }}a{{ end }}", "{{ if .cluster }}a{{ end }}"),
        ("{{ .cluster", "{{ .cluster"),
        ('{{}} {{ | }} {{ ( }} {{ " }}', '{{}} {{ | }} {{ ( }} {{ " }}'),
        ("no holes", "no holes"),
    ],
)
def test_fill(text: str, filled: str) -> None:
    assert fill(text, VALUES) == filled


def test_fill_all_fills_strings_and_keeps_lines() -> None:
    (document,) = load("a: '{{cluster}}'\nb:\n  - {c: 'x-{{cluster}}', d: 1}\n", "x")
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
