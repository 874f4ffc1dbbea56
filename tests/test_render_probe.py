"""Probing charts with the real helm: which values reach which object, whatever their names say."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from test_discover_samples import make

from wavefix.errors import InputError
from wavefix.fields import laid_over
from wavefix.model import SYNC_WAVE
from wavefix.render.probe import Name, Reach, candidates, contents, probe
from wavefix.yamlio import get, load

HELM = shutil.which("helm") or shutil.which("helm", path=str(Path.home() / "go/bin"))
HOMES = ("CACHE", "CONFIG", "DATA")
needs_helm = pytest.mark.skipif(HELM is None, reason="helm is not installed (CI installs it)")


@dataclass
class Chart:
    """A chart on disk and the values given to it, rendered by the real helm."""

    root: Path
    user: Mapping[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, bytes]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}

    def __call__(self, over: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        home = self.root.parent / "helm"
        home.mkdir(exist_ok=True)
        files = []
        for number, values in enumerate((self.user, over)):
            file = home / f"{number}.json"
            file.write_text(json.dumps(values))
            files += ["-f", str(file)]
        done = subprocess.run(
            [str(HELM), "template", "web", str(self.root), "-n", "shop", *files],
            env=os.environ | {f"HELM_{name}_HOME": str(home) for name in HOMES},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise InputError(done.stderr[done.stderr.index("Error:") :].strip())
        return [document.data for document in load(done.stdout, "rendered")]

    def reach(self, limit: int = 40) -> Reach:
        found = candidates(contents(self.files), self.user)
        return probe(self, self({}), found, limit)


def chart(root: Path, files: Mapping[str, str], user: str = "") -> Chart:
    """A chart named web; `user` is what its user gives."""
    about = "apiVersion: v2\nname: web\nversion: 0.1.0\n"
    make(root / "web", {"Chart.yaml": about, **files})
    shutil.rmtree(root / "web" / ".git")
    documents = load(user, "user")
    return Chart(root / "web", documents[0].data if documents else {})


def thing(kind: str, name: str, own: str = "", pod: str = "", more: str = "") -> str:
    """An object whose annotations, and those of its pods, come from two expressions."""
    version = "apps/v1" if kind in ("Deployment", "StatefulSet") else "v1"
    text = f"---\napiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n  annotations:\n"
    text += f"    fixed: a\n{noted(own, 4)}{more}"
    if version == "apps/v1":
        text += "spec:\n  template:\n    metadata:\n      annotations:\n        fixed: b\n"
        text += noted(pod, 8)
    return text


def noted(expression: str, indent: int) -> str:
    if not expression:
        return ""
    return f"{{{{- with {expression} }}}}{{{{ toYaml . | nindent {indent} }}}}{{{{- end }}}}\n"


def waved(expression: str) -> str:
    """The line of an annotation with a wave."""
    return f"    {SYNC_WAVE}: {{{{ {expression} | quote }}}}\n"


def dotted(name: Name) -> str:
    return f"{name.kind.partition('.')[0]}/{name.name}"


def shown(found: Mapping[Any, frozenset[Name]]) -> dict[str, str]:
    """Reach by dotted path: `Deployment/api Service/api`."""
    return {
        ".".join(map(str, path)): " ".join(sorted(map(dotted, names)))
        for path, names in found.items()
    }


SUB = "apiVersion: v2\nname: db\nversion: 0.1.0\n"
TWO = thing("Deployment", "api", ".Values.{0}") + thing("Service", "api", ".Values.{0}")

CASES: dict[str, tuple[dict[str, str], str, dict[str, str], dict[str, str]]] = {
    "a key under a part's name": (
        {"values.yaml": "primary: {annotations: {}}\n",
         "templates/x.yaml": thing("StatefulSet", "db", ".Values.primary.annotations")},
        "",
        {"primary.annotations": "StatefulSet/db"}, {},
    ),
    "one key for all objects": (
        {"values.yaml": "commonAnnotations: {}\n",
         "templates/x.yaml": TWO.replace("{0}", "commonAnnotations")},
        "",
        {"commonAnnotations": "Deployment/api Service/api"}, {},
    ),
    "a name that says nothing": (
        {"values.yaml": "controller: {annotations: {}, deploymentAnnotations: {}}\n",
         "templates/x.yaml": thing("Deployment", "api", ".Values.controller.deploymentAnnotations",
                                   ".Values.controller.annotations")},
        "",
        {"controller.deploymentAnnotations": "Deployment/api"},
        {"controller.annotations": "Deployment/api"},
    ),
    "pod annotations that land on the object": (
        {"values.yaml": "podAnnotations: {}\n",
         "templates/x.yaml": thing("Deployment", "api", ".Values.podAnnotations")},
        "",
        {"podAnnotations": "Deployment/api"}, {},
    ),
    "pod annotations": (
        {"values.yaml": "podAnnotations: {}\n",
         "templates/x.yaml": thing("Deployment", "api", "", ".Values.podAnnotations")},
        "",
        {}, {"podAnnotations": "Deployment/api"},
    ),
    "a key that no values mention, only a template": (
        {"values.yaml": "",
         "templates/x.yaml": thing("Service", "api", "((.Values.service).annotations)")},
        "",
        {"service.annotations": "Service/api"}, {},
    ),
    "a key behind with": (
        {"values.yaml": "service: {port: 80}\n",
         "templates/x.yaml": "{{- with .Values.service }}\n"
         + thing("Service", "api", ".annotations") + "{{- end }}\n"},
        "",
        {"service.annotations": "Service/api"}, {},
    ),
    "a key behind index": (
        {"values.yaml": "",
         "templates/x.yaml": thing("Service", "api", '(index .Values "my-svc" "annotations")')},
        "my-svc: {port: 1}\n",
        {"my-svc.annotations": "Service/api"}, {},
    ),
    "a key behind a variable and a named template": (
        {"values.yaml": "",
         "templates/_h.tpl": '{{- define "notes" }}{{- $own := .context.Values.ours }}'
         "{{- with $own.extraAnnotations }}{{ toYaml . }}{{ end }}{{ end }}",
         "templates/x.yaml": thing("Service", "api",
                                   '(include "notes" (dict "context" $) | fromYaml)')},
        "",
        {"ours.extraAnnotations": "Service/api"}, {},
    ),
    "a loop over a map of parts": (
        {"values.yaml": "parts: {one: {port: 1}, two: {port: 2}}\n",
         "templates/x.yaml": "{{- range $name, $part := .Values.parts }}\n"
         + thing("Service", "{{ $name }}", "$part.annotations") + "{{- end }}\n"},
        "parts: {three: {port: 3}, one: null}\n",
        {"parts.two.annotations": "Service/two", "parts.three.annotations": "Service/three"}, {},
    ),
    "parts that a library's templates take apart": (
        {"values.yaml": "",
         "charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n",
         "charts/lib/templates/_x.tpl": '{{- define "part" }}\n'
         + thing("Service", "{{ .name }}", ".object.annotations") + "{{- end }}\n"
         '{{- define "all" }}{{- range $name, $object := .Values.parts }}'
         '{{ include "part" (dict "name" $name "object" $object) }}{{ end }}{{ end }}\n',
         "templates/x.yaml": '{{ include "all" . }}\n'},
        "parts: {one: {port: 1}, two: {port: 2}}\n",
        {"parts.one.annotations": "Service/one", "parts.two.annotations": "Service/two"}, {},
    ),
    "items of a list, which comes whole": (
        {"values.yaml": "",
         "templates/x.yaml": "{{- range .Values.parts }}\n"
         + thing("Service", "{{ .name }}", ".annotations") + "{{- end }}\n"},
        "parts: [{name: one}, {name: two, annotations: {a: b}}]\n",
        {"parts.0.annotations": "Service/one", "parts.1.annotations": "Service/two"}, {},
    ),
    "objects given whole": (
        {"values.yaml": "extra: []\n",
         "templates/x.yaml": "{{- range .Values.extra }}\n---\n{{ toYaml . }}\n{{- end }}\n"},
        "extra:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {k: v}}\n",
        {"extra.0.metadata.annotations": "ConfigMap/c"}, {},
    ),
    "a key that only the schema knows": (
        {"values.yaml": "",
         "values.schema.json": '{"$ref": "#/$defs/all", "$defs": {"all": {"properties":'
         '{"svc": {"properties": {"annotations": {"type": "object"}}}}}}}',
         "templates/x.yaml": thing(
             "Service", "api", '(get (.Values.svc | default dict) (lower "Annotations"))')},
        "",
        {"svc.annotations": "Service/api"}, {},
    ),
    "subcharts, each alias with keys of its own": (
        {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies:\n"
         "- {name: db, version: 0.1.0, alias: main}\n- {name: db, version: 0.1.0, alias: spare}\n",
         "values.yaml": "", "charts/db/Chart.yaml": SUB,
         "charts/db/values.yaml": "podAnnotations: {}\n",
         "charts/db/templates/x.yaml": thing(
             "StatefulSet", "{{ .Chart.Name }}", ".Values.annotations", ".Values.podAnnotations")},
        "",
        {"main.annotations": "StatefulSet/main", "spare.annotations": "StatefulSet/spare"},
        {"main.podAnnotations": "StatefulSet/main", "spare.podAnnotations": "StatefulSet/spare"},
    ),
    "what subcharts read as global": (
        {"values.yaml": "", "charts/db/Chart.yaml": SUB,
         "templates/x.yaml": thing("Service", "api"),
         "charts/db/templates/x.yaml": thing(
             "StatefulSet", "db", "((.Values.global).commonAnnotations)")},
        "",
        {"global.commonAnnotations": "StatefulSet/db"}, {},
    ),
    "a map that is read through tpl": (
        {"values.yaml": "annotations: {}\n",
         "templates/x.yaml": thing("Service", "api",
                                   "(tpl (toYaml .Values.annotations) $ | fromYaml)")},
        "annotations: {host: '{{ .Release.Name }}'}\n",
        {"annotations": "Service/api"}, {},
    ),
    "annotations of claims and of custom resources' pods": (
        {"values.yaml": "claimAnnotations: {}\npodMeta: {annotations: {}}\n",
         "templates/x.yaml": thing("StatefulSet", "db") + "  volumeClaimTemplates:\n  - metadata:\n"
         "      name: d\n      annotations:\n        fixed: c\n"
         + noted(".Values.claimAnnotations", 8)
         + "---\napiVersion: x.io/v1\nkind: Db\nmetadata: {name: db}\n"
         "spec: {{ dict \"podMetadata\" .Values.podMeta | toJson }}\n"},
        "",
        {}, {"claimAnnotations": "StatefulSet/db", "podMeta.annotations": "Db/db"},
    ),
    "pods whose template has no metadata otherwise": (
        {"values.yaml": "podAnnotations: {}\n",
         "templates/x.yaml": thing("Service", "a") + "spec:\n  template:\n"
         "    {{- with .Values.podAnnotations }}\n    metadata:\n      annotations:"
         " {{ toJson . }}\n    {{- end }}\n    spec: {}\n"},
        "",
        {}, {"podAnnotations": "Service/a"},
    ),
    "objects that a marker would switch on do not count": (
        {"values.yaml": "jobAnnotations: {}\n",
         "templates/x.yaml": "{{- if .Values.jobAnnotations }}\n"
         + thing("Service", "new", ".Values.jobAnnotations") + "{{- end }}\n"
         + thing("Service", "api", ".Values.jobAnnotations")},
        "",
        {"jobAnnotations": "Service/api"}, {},
    ),
    "tests of a chart, which Argo CD never applies": (
        {"values.yaml": "commonAnnotations: {}\n",
         "templates/x.yaml": thing("Service", "api", ".Values.commonAnnotations")
         + thing("Pod", "test", ".Values.commonAnnotations", more="    helm.sh/hook: test\n")},
        "",
        {"commonAnnotations": "Service/api"}, {},
    ),
}  # fmt: skip


@needs_helm
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_where_annotations_land(
    tmp_path: Path, case: tuple[dict[str, str], str, dict[str, str], dict[str, str]]
) -> None:
    files, user, own, nested = case
    reach = chart(tmp_path, files, user).reach()
    assert (shown(reach.own), shown(reach.nested)) == (own, nested)
    assert reach.renders == 1


# --- wave scalars

WAVES: dict[str, tuple[dict[str, str], str, dict[str, str], int]] = {
    "a scalar by its name": (
        {"values.yaml": "syncWave: 1\n",
         "templates/x.yaml": thing("Service", "api", more=waved(".Values.syncWave"))},
        "", {"syncWave": "Service/api"}, 1,
    ),
    "text and numbers, in maps of waves": (
        {"values.yaml": "waves: {api: '1', db: 2, unused: 3}\n",
         "templates/x.yaml": thing("Service", "api", more=waved(".Values.waves.api"))
         + thing("Service", "db", more=waved(".Values.waves.db"))},
        "", {"waves.api": "Service/api", "waves.db": "Service/db"}, 1,
    ),
    "a name that does not say so, beside the annotation's": (
        {"values.yaml": "",
         "templates/x.yaml": thing("Service", "api",
                                   more=waved(".Values.rank | default 3"))},
        "", {"rank": "Service/api"}, 1,
    ),
    "an app-of-apps chart that loops over its applications": (
        {"values.yaml": "applications: []\n",
         "templates/x.yaml": "{{- range .Values.applications }}\n"
         + thing("Service", "{{ .name }}", more=waved(".wave"))
         + "{{- end }}\n"},
        "applications: [{name: one, wave: 10}, {name: two, wave: '20'}]\n",
        {"applications.0.wave": "Service/one", "applications.1.wave": "Service/two"}, 1,
    ),
    "the same over a map": (
        {"values.yaml": "applications: {}\n",
         "templates/x.yaml": "{{- range $name, $app := .Values.applications }}\n"
         + thing("Service", "{{ $name }}", more=waved("$app.wave"))
         + "{{- end }}\n"},
        "applications: {one: {wave: 10}, two: {wave: '-2'}}\n",
        {"applications.one.wave": "Service/one", "applications.two.wave": "Service/two"}, 1,
    ),
    "a wave that a template adds to is none": (
        {"values.yaml": "wave: 1\n",
         "templates/x.yaml": thing("Service", "api", more=waved("add .Values.wave 5"))},
        "", {}, 1,
    ),
    "a wave that also names the object is none": (
        {"values.yaml": "wave: 1\n",
         "templates/x.yaml": thing("Service", "api", more=waved(".Values.wave"))
         + "spec: {selector: {wave: 'w{{ .Values.wave }}'}}\n"},
        "", {}, 2,
    ),
}  # fmt: skip


@needs_helm
@pytest.mark.parametrize("case", WAVES.values(), ids=WAVES)
def test_where_wave_scalars_land(
    tmp_path: Path, case: tuple[dict[str, str], str, dict[str, str], int]
) -> None:
    files, user, own, renders = case
    reach = chart(tmp_path, files, user).reach()
    assert shown(reach.own) == own
    assert reach.renders == renders


# --- values that fail

STRICT = (
    '{"type": "object", "additionalProperties": false, "properties": {'
    '"annotations": {"type": "object"}, "name": {"type": "string"},'
    '"svc": {"type": "object", "additionalProperties": false, "properties": {"port": {}}}}}'
)
FAILS: dict[str, tuple[dict[str, str], str, str, str, int]] = {
    "a schema that knows no such key": (
        {"values.yaml": "svc: {port: 1}\n", "values.schema.json": STRICT,
         "templates/x.yaml": thing("Service", "api", ".Values.annotations")
         + thing("ConfigMap", "a", ".Values.svc.annotations")
         + thing("ConfigMap", "b", ".Values.podAnnotations")},
        "", "annotations",
        "svc.annotations: additional properties 'annotations' not allowed", 2,
    ),
    "a key that expects text": (
        {"values.yaml": "annotations: {}\nnoteAnnotation: ''\n",
         "templates/x.yaml": thing("Service", "api", ".Values.annotations")
         + "spec: {clusterIP: {{ .Values.noteAnnotation | upper | quote }}}\n"},
        "", "annotations", "noteAnnotation: Error: template: web/templates/x.yaml", 3,
    ),
    "a key that turns something else on": (
        {"values.yaml": "annotations: {}\nextraAnnotations: {}\n",
         "templates/x.yaml": thing("Service", "api", ".Values.annotations")
         + "spec: {type: {{ if .Values.extraAnnotations }}A{{ else }}B{{ end }}}\n"},
        "", "annotations", "extraAnnotations: also changes Service/api at spec.type", 4,
    ),
    "a key that is printed somewhere else too": (
        {"values.yaml": "annotations: {}\nextraAnnotations: {}\n",
         "templates/x.yaml": thing("Service", "api", ".Values.annotations")
         + thing("ConfigMap", "c", ".Values.extraAnnotations")
         + "data:\n  all: {{ .Values.extraAnnotations | toJson | quote }}\n"},
        "", "annotations", "extraAnnotations: also lands in ConfigMap/c at data.all", 3,
    ),
    "a key that is part of a Secret": (
        {"values.yaml": "annotations: {}\nextraAnnotations: {}\n",
         "templates/x.yaml": thing("Service", "api", ".Values.annotations")
         + thing("Secret", "c", ".Values.extraAnnotations")
         + "data:\n  all: {{ .Values.extraAnnotations | toJson | b64enc }}\n"},
        "", "annotations", "extraAnnotations: also lands in Secret/c at data.all", 3,
    ),
    "a key that is there no more": (
        {"values.yaml": "",
         "templates/x.yaml": thing("Service", "api", "((.Values.service).annotations)")
         + "{{- if ((.Values.old).annotations) }}{{ fail \"`old.annotations` is gone, use"
         " `service.annotations`\" }}{{ end }}\n"},
        "", "service.annotations", "old.annotations: Error: execution error", 3,
    ),
    "values of another release": (
        {"values.yaml": "annotations: {}\nchild: {podAnnotations: {}}\n",
         "templates/x.yaml": thing("Service", "api", ".Values.annotations")
         + "---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n"
         "spec: {source: {helm: {valuesObject: {{ .Values.child | toJson }}}}}\n"},
        "", "annotations", "child.podAnnotations: also lands in Application/a at spec.source", 3,
    ),
    "a number where Kubernetes wants text": (
        {"values.yaml": "annotations: {}\nbareAnnotations: {}\n",
         "templates/x.yaml": thing("Service", "api", ".Values.annotations",
                                   more="    {{- range $k, $v := .Values.bareAnnotations }}\n"
                                   "    {{ $k }}: {{ $v }}\n    {{- end }}\n")},
        "", "annotations", "bareAnnotations: printed without quotes in Service/api", 2,
    ),
    "text that the user gave": (
        {"values.yaml": "annotations: {}\ntextAnnotations: ''\n",
         "templates/x.yaml": thing("Service", "api", ".Values.annotations",
                                   more="    {{- with .Values.textAnnotations }}\n"
                                   "    {{- tpl . $ | nindent 4 }}\n    {{- end }}\n")},
        "textAnnotations: |\n  a: b\n", "annotations", "textAnnotations: text, not a map", 1,
    ),
    "a null of the user, which a map would undo": (
        {"values.yaml": "annotations: {}\nextraAnnotations: {a: b}\n",
         "templates/x.yaml": thing("Service", "api", ".Values.annotations")
         + thing("ConfigMap", "c", ".Values.extraAnnotations")},
        "extraAnnotations: null\n", "annotations",
        "extraAnnotations: null deletes the chart's own `extraAnnotations`", 1,
    ),
}  # fmt: skip


@needs_helm
@pytest.mark.parametrize("case", FAILS.values(), ids=FAILS)
def test_what_cannot_be_probed_is_told_apart(
    tmp_path: Path, case: tuple[dict[str, str], str, str, str, int]
) -> None:
    files, user, good, why, renders = case
    reach = chart(tmp_path, files, user).reach()
    skipped = [f"{'.'.join(map(str, path))}: {said}" for path, said in reach.skipped.items()]
    assert any(line.startswith(why) for line in skipped), skipped
    assert good in shown(reach.own)
    assert not any(path in reach.own or path in reach.nested for path in reach.skipped)
    assert reach.renders <= renders


@needs_helm
def test_one_bad_key_among_many_takes_few_renders(tmp_path: Path) -> None:
    names = [f"part{number:02}" for number in range(64)]
    own = "".join(thing("Service", name, f".Values.{name}.annotations") for name in names)
    # An error that names no value, at whatever key has a map.
    broken = '{{- range $k, $v := .Values }}{{ if and (eq $k "part40") $v.annotations }}'
    broken += '{{ fail "no" }}{{ end }}{{ end }}\n'
    values = "".join(f"{name}: {{annotations: {{}}}}\n" for name in names)
    reach = chart(tmp_path, {"values.yaml": values, "templates/x.yaml": broken + own}).reach()
    assert len(reach.own) == 63
    assert [path[0] for path in reach.skipped] == ["part40"]
    assert reach.renders == 1 + 2 * 6


@needs_helm
def test_a_chart_that_refuses_everything_is_given_up(tmp_path: Path) -> None:
    names = [f"part{number:02}" for number in range(64)]
    own = "".join(thing("Service", name, f".Values.{name}.annotations") for name in names)
    broken = (
        "{{- range $k, $v := .Values }}{{ if $v.annotations }}{{ fail $k }}{{ end }}{{ end }}\n"
    )
    values = "".join(f"{name}: {{annotations: {{}}}}\n" for name in names)
    reach = chart(tmp_path, {"values.yaml": values, "templates/x.yaml": broken + own}).reach(10)
    assert (reach.renders, len(reach.skipped), reach.own) == (10, 64, {})
    assert "not probed: too many other values fail" in reach.skipped.values()


@needs_helm
def test_what_is_random_in_each_render_is_nobodys_fault(tmp_path: Path) -> None:
    made = thing("Secret", "s", ".Values.annotations")
    made += "stringData: {password: {{ randAlphaNum 20 | quote }}}\n"
    reach = chart(tmp_path, {"values.yaml": "annotations: {}\n", "templates/x.yaml": made}).reach()
    assert (shown(reach.own), reach.skipped) == ({"annotations": "Secret/s"}, {})


@needs_helm
def test_a_checksum_of_values_may_change_in_an_annotation(tmp_path: Path) -> None:
    made = thing("Deployment", "api", ".Values.annotations")
    made += "        checksum/config: {{ .Values.annotations | toJson | sha256sum }}\n"
    reach = chart(tmp_path, {"values.yaml": "annotations: {}\n", "templates/x.yaml": made}).reach()
    assert shown(reach.own) == {"annotations": "Deployment/api"}


# --- values that depend on each other


@needs_helm
def test_a_map_that_counts_only_beside_another_reaches_nothing_by_itself(tmp_path: Path) -> None:
    made = thing("Service", "a", ".Values.commonAnnotations")
    made += "{{- if .Values.annotations }}\n" + thing("Service", "b", ".Values.annotations")
    made += noted(".Values.commonAnnotations", 4) + "{{- else }}\n" + thing("Service", "b")
    made += "{{- end }}\n"
    values = "annotations: {}\ncommonAnnotations: {}\n"
    reach = chart(tmp_path, {"values.yaml": values, "templates/x.yaml": made}).reach()
    assert shown(reach.own) == {"annotations": "Service/b", "commonAnnotations": "Service/a"}
    assert reach.renders == 3


@needs_helm
def test_a_map_that_another_hides_is_seen_without_it(tmp_path: Path) -> None:
    both = thing("Service", "a", "(merge (dict) .Values.annotations .Values.commonAnnotations)")
    either = thing("Service", "b", "(.Values.annotations | default .Values.commonAnnotations)")
    files = {"values.yaml": "annotations: {}\ncommonAnnotations: {}\n",
             "templates/x.yaml": both + either}  # fmt: skip
    reach = chart(tmp_path, files).reach()
    assert set(shown(reach.own).values()) == {"Service/a Service/b"}


# --- who wins

BOTH = "{{- $a := merge (dict) (FIRST | default dict) (SECOND | default dict) }}\n"


@needs_helm
@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [("annotations", "commonAnnotations", "annotations"),
     ("commonAnnotations", "annotations", "commonAnnotations")],
)  # fmt: skip
def test_the_value_that_decides_where_several_set_a_wave(
    tmp_path: Path, first: str, second: str, winner: str
) -> None:
    both = BOTH.replace("FIRST", f".Values.{first}").replace("SECOND", f".Values.{second}")
    files = {"values.yaml": "", "templates/x.yaml": both + thing("Service", "api", "$a")}
    reach = chart(tmp_path, files).reach()
    assert set(shown(reach.own)) == {"annotations", "commonAnnotations"}
    assert reach.deciding == {Name("Service", "", "api"): {(winner,)}}


@needs_helm
@pytest.mark.parametrize("behind", [True, False])
def test_a_wave_written_in_the_template_wins_where_it_stands_behind(
    tmp_path: Path, behind: bool
) -> None:
    line, values = f'    {SYNC_WAVE}: "7"\n', noted(".Values.annotations", 4)
    made = thing("Service", "api", more=values + line if behind else line + values)
    files = {"values.yaml": "annotations: {}\n", "templates/x.yaml": made}
    reach = chart(tmp_path, files).reach()
    assert shown(reach.own) == {"annotations": "Service/api"}
    assert bool(reach.deciding) is not behind
    assert reach.waved == {Name("Service", "", "api")}


# --- values laid over values


@needs_helm
def test_defaults_of_charts_and_subcharts_are_those_that_helm_merges(tmp_path: Path) -> None:
    files = {
        "values.yaml": "a: {x: 1, w: {z: 1}}\ndb: {port: 2, tls: {use: true}}\n",
        "templates/x.yaml": "values: {{ omit .Values \"global\" | toJson }}\n",
        "charts/db/Chart.yaml": SUB,
        "charts/db/values.yaml": "port: 1\nuser: u\ntls: {use: false, key: k}\n",
    }  # fmt: skip
    made = chart(tmp_path, files, "a: {w: {q: 2}}\ndb: {user: v}\n")
    helms = get(made({})[0], "values")
    helms["db"].pop("global", None)
    assert laid_over(contents(made.files).values(), made.user) == helms


@pytest.mark.parametrize(
    ("values", "skipped"),
    [
        ("svcAnnotations: [1]\n", {}),
        ("podAnnotations: text\n", {"podAnnotations": "text, not a map"}),
        ("wave: first\n", {}),
        ("waves: [1]\n", {"waves.0": "`waves` is a list"}),
        ("a: {wave: soon}\n", {"a.wave": "no integer"}),
        ("a: text\n", {"a.wave": "`a` is no map"}),
    ],
)
def test_values_of_other_kinds_are_no_candidates(values: str, skipped: dict[str, str]) -> None:
    spoken = b"{{ .Values.a.wave }}" if "a:" in values else b""
    found = candidates(contents({"values.yaml": values.encode(), "templates/x.yaml": spoken}), {})
    assert (found.annotations, found.waves) == ((), ())
    assert {".".join(map(str, path)): why for path, why in found.skipped.items()} == skipped


@pytest.mark.parametrize(
    "text",
    ["{{ .Values.a", "{{ " + "(" * 5000 + " }}", '{{ "' * 5000, "{{" + " " * 5000, "{{/* }} x"],
)
def test_templates_that_go_cannot_read_mention_nothing(text: str) -> None:
    found = candidates(contents({"templates/x.yaml": text.encode()}), {})
    assert (found.annotations, found.waves, found.skipped) == ((), (), {})


def test_a_schema_that_refers_to_itself_ends() -> None:
    node = {"properties": {name: {"$ref": "#/$defs/node"} for name in "abcdefgh"}}
    node["properties"]["annotations"] = {"type": "object"}
    schema = json.dumps({"$ref": "#/$defs/node", "$defs": {"node": node}}).encode()
    found = candidates(contents({"values.schema.json": schema}), {})
    assert found.annotations == (("annotations",),)


def test_a_packed_subchart_is_read_like_a_directory(tmp_path: Path) -> None:
    make(tmp_path, {"db/Chart.yaml": SUB, "db/values.yaml": "annotations: {}\n",
                    "db/templates/x.yaml": "{{ .Values.service.annotations }}\n"})  # fmt: skip
    shutil.make_archive(str(tmp_path / "db-0.1.0"), "gztar", tmp_path, "db")
    packed = (tmp_path / "db-0.1.0.tar.gz").read_bytes()
    about = b"name: web\ndependencies: [{name: db, alias: main}]\n"
    found = candidates(contents({"Chart.yaml": about, "charts/db-0.1.0.tgz": packed}), {})
    assert found.annotations == (("main", "annotations"), ("main", "service", "annotations"))


def test_an_archive_that_is_none_counts_as_empty() -> None:
    assert contents({"charts/db-0.1.0.tgz": b"no"}).subcharts == {}
