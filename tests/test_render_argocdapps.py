"""The chart argocd-apps where it is not in sight: what it makes is told from its values."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from conftest import Cli
from test_discover_samples import application, everything, make

from wavefix.catalogue import catalogue
from wavefix.discover import discover
from wavefix.model import SYNC_WAVE, Application, Resource
from wavefix.render import made_by, render
from wavefix.render.argocdapps import NotUnderstood, objects

WEB: dict[str, Any] = {"project": "default", "source": {"path": "web"}, "destination": {}}


def names(values: dict[str, Any], version: str) -> list[str]:
    return [
        f"{made.body['kind']}/{made.body['metadata']['name']}" for made in objects(values, version)
    ]


@pytest.mark.parametrize("version", ["2.0.2", "2.*", "^2.0", "v2.0.5", "", "*"])
def test_from_two_on_the_entries_are_a_map_of_names(version: str) -> None:
    assert names({"applications": {"web": WEB, "api": WEB}}, version) == [
        "Application/api",
        "Application/web",
    ]


@pytest.mark.parametrize("version", ["0.0.9", "1.6.2", "1.x", "~1.4"])
def test_before_that_they_are_a_list(version: str) -> None:
    assert names({"applications": [{"name": "web", **WEB}]}, version) == ["Application/web"]


def test_every_group_makes_its_kind() -> None:
    entry = {"a": {"project": "default"}}
    groups = {
        "applications": entry,
        "applicationsets": entry,
        "projects": entry,
        "extensions": entry,
    }
    assert names(groups, "2.0.5") == [
        "Application/a",
        "ApplicationSet/a",
        "AppProject/a",
        "ArgoCDExtension/a",
    ]


def test_annotations_are_texts_and_what_is_empty_is_left_out() -> None:
    notes = {SYNC_WAVE: 5, "b": True}
    entry = {**WEB, "additionalAnnotations": notes, "additionalLabels": {}, "info": []}
    [made] = objects({"applications": {"web": entry, "off": None}}, "2.0.5")
    assert made.path == ("applications", "web")
    assert made.body["metadata"] == {"name": "web", "annotations": {SYNC_WAVE: "5", "b": "true"}}
    assert made.body["spec"] == WEB


def test_the_template_of_an_application_set() -> None:
    template = {
        "metadata": {"name": "{{name}}", "annotations": {SYNC_WAVE: 3}},
        "spec": {"project": "default", "source": {"path": "{{path}}"}, "info": []},
    }
    entry = {"goTemplate": False, "generators": [{"list": {}}], "template": template}
    [made] = objects({"applicationsets": {"set": entry}}, "2.0.5")
    assert made.body["spec"] == {
        "goTemplate": False,
        "generators": [{"list": {}}],
        "template": {
            "metadata": {"name": "{{name}}", "annotations": {SYNC_WAVE: "3"}},
            "spec": {"project": "default", "source": {"path": "{{path}}"}, "destination": None},
        },
    }


def test_what_came_later_says_nothing_to_an_older_chart() -> None:
    entry = {"name": "set", "generators": [], "strategy": {"type": "RollingSync"}}
    for version, fields in (("1.1.0", set()), ("1.2.0", {"strategy"}), ("1.*", {"strategy"})):
        [made] = objects({"applicationsets": [entry]}, version)
        assert made.body["spec"].keys() == fields
    assert objects({"applicationsets": [entry]}, "0.0.1") == []


@pytest.mark.parametrize(
    ("values", "version"),
    [
        ({"applications": {"web": {**WEB, "project": "{{ .Values.team }}"}}}, "2.0.5"),
        ({"applications": {"web": {"source": {}}}}, "2.0.5"),
        ({"applications": {"123": WEB}}, "2.0.5"),
        ({"applications": {"1e5": WEB}}, "2.0.5"),
        ({"applications": {"true": WEB}}, "2.0.5"),
        ({"applications": [WEB]}, "1.6.2"),
        ({"applications": [{"name": "web", **WEB}]}, "2.0.5"),
        ({"applications": {"web": WEB}}, ">=1.0"),
        ({"applications": {"web": WEB}}, "3.0.0"),
        ({"applications": {"web": "text"}}, "2.0.5"),
        ({"applications": {"web": {**WEB, "additionalAnnotations": {SYNC_WAVE: 1.5}}}}, "2.0.5"),
        ({"applications": {"web": {**WEB, "additionalAnnotations": {"a": 10**6}}}}, "2.0.5"),
        ({"itemTemplates": [{"items": [{}], "template": "a"}]}, "2.0.5"),
        ({"applicationsets": {"set": {"template": {"metadata": {"name": "it's"}}}}}, "2.0.5"),
        ({"applicationsets": {"set": {"goTemplate": "{{ .x }}"}}}, "2.0.5"),
    ],
)
def test_what_only_helm_can_tell_is_not_guessed(values: dict[str, Any], version: str) -> None:
    with pytest.raises(NotUnderstood):
        objects(values, version)


APP = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: root, namespace: argocd}
spec:
  source:
    repoURL: https://argoproj.github.io/argo-helm
    chart: argocd-apps
    targetRevision: %s
    helm:
%s
  destination: {namespace: argocd}
"""
VALUES = """\
applications:
  web:
    additionalAnnotations:
      argocd.argoproj.io/sync-wave: "7"
    project: default
    source: {repoURL: '', path: web}
    destination: {namespace: web}
"""


WRAPPER = """\
name: apps
version: 0.1.0
dependencies:
  - {name: argocd-apps, version: 2.0.2, repository: 'https://argoproj.github.io/argo-helm'%s}
"""
KUSTOMIZATION = """\
namePrefix: live-
helmCharts:
  - {name: argocd-apps, repo: 'https://x.org', version: 2.0.2, releaseName: a, valuesFile: v.yaml}
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: pod}\n"


def below(key: str) -> str:
    return f"{key}:\n" + indent(VALUES, "  ")


def named(version: str = "2.0.2", how: str = "valuesObject:") -> str:
    return APP % (version, indent(f"{how}\n{indent(VALUES, '  ')}", " " * 6).rstrip())


def planned(root: Path) -> tuple[dict[str, Application], dict[str, Resource]]:
    """The Applications in sight and all resources, each by its name."""
    apps, resources = {}, {}
    for item in discover(["."], str(root), made_by):
        apps.update({app.name: app for app in item.component.applications})
        resources.update({one.id: one for one in render(item, catalogue())[0]})
        assert item.tree.errors == []
    return apps, resources


@pytest.mark.parametrize(
    ("files", "child", "parent", "place", "line"),
    [
        ({"root.yaml": named()}, "web", "root", "root.yaml", 14),
        ({"root.yaml": named(how="values: |")}, "web", "root", "root.yaml", 14),
        (
            {"values.yaml": below("argocd-apps"), "Chart.yaml": WRAPPER % ""},
            "web", "", "values.yaml", 5,
        ),
        (
            {"values.yaml": below("more"), "Chart.yaml": WRAPPER % ", alias: more"},
            "web", "", "values.yaml", 5,
        ),
        (
            {
                "root.yaml": application("root", "{repoURL: '', path: apps}"),
                "apps/values.yaml": below("argocd-apps"),
                "apps/Chart.yaml": WRAPPER % "",
            },
            "web", "root", "apps/values.yaml", 5,
        ),
        (
            {"edge/kustomization.yaml": KUSTOMIZATION, "edge/v.yaml": VALUES},
            "live-web", "edge", "edge/v.yaml", 4,
        ),
        (
            {
                "base/kustomization.yaml": KUSTOMIZATION,
                "base/v.yaml": VALUES,
                "over/kustomization.yaml": "namePrefix: eu-\nresources: [../base]\n",
            },
            "eu-live-web", "over", "base/v.yaml", 4,
        ),
        (
            {
                "root.yaml": application("root", "{repoURL: '', path: over}"),
                "base/kustomization.yaml": KUSTOMIZATION,
                "base/v.yaml": VALUES,
                "over/kustomization.yaml": "resources: [../base]\n",
            },
            "live-web", "root", "base/v.yaml", 4,
        ),
    ],
)  # fmt: skip
def test_children_and_their_waves(
    tmp_path: Path, files: dict[str, str], child: str, parent: str, place: str, line: int
) -> None:
    make(tmp_path, {"web/pod.yaml": POD, **files})
    apps, resources = planned(tmp_path)
    assert apps[child].parent == (parent or tmp_path.name)
    assert resources["Pod/web/pod"].application == child
    [found] = [one for id, one in resources.items() if id.endswith(f"/{child}") and "Appl" in id]
    assert (found.declared, found.fixed) == (7, "")
    [site] = found.sites
    assert (site.mechanism, site.file, site.line) == ("helm-values", str(tmp_path / place), line)
    assert not any(one.opaque for one in resources.values())


def test_the_file_that_counts_last_says_the_wave(tmp_path: Path) -> None:
    over = f"applications: {{web: {{additionalAnnotations: {{{SYNC_WAVE}: 9}}}}}}\n"
    files = "valueFiles: [$r/a.yaml, $r/b.yaml]"
    root = (
        application(
            "root", f"{{chart: argocd-apps, targetRevision: 2.0.2, repoURL: x, helm: {{{files}}}}}"
        )
        .replace("source: {", "sources: [{repoURL: '', ref: r}, {")
        .replace("}}\n", "}}]\n", 1)
    )
    make(tmp_path, {"a.yaml": VALUES, "b.yaml": over, "root.yaml": root, "web/pod.yaml": POD})
    _, resources = planned(tmp_path)
    [found] = [one for id, one in resources.items() if id.startswith("Appl") and one.name == "web"]
    assert found.declared == 9
    assert [site.file for site in found.sites] == [str(tmp_path / "b.yaml")]


@pytest.mark.parametrize(
    ("more", "values", "reason"),
    [
        ({}, VALUES.replace("project: default", "project: '{{ x }}'"), "no plain text"),
        ({"targetRevision": "9.0.0"}, VALUES, "9.0.0 is not known"),
    ],
)
def test_what_is_not_understood_stays_one_release_and_says_why(
    tmp_path: Path, more: dict[str, str], values: str, reason: str
) -> None:
    version = more.get("targetRevision", "2.0.2")
    text = APP % (version, indent(f"valuesObject:\n{indent(values, '  ')}", " " * 6).rstrip())
    make(tmp_path, {"root.yaml": text})
    resources, findings, wrong = everything(tmp_path)
    assert wrong == []
    assert any(one.id == "HelmRelease/argocd/root" for one in resources)
    assert any(reason in finding.message for finding in findings)


def test_parameters_that_reach_into_the_entries_are_left_to_helm(tmp_path: Path) -> None:
    text = named().replace(
        "    helm:\n", "    helm:\n      parameters: [{name: applications.web.project, value: x}]\n"
    )
    make(tmp_path, {"root.yaml": text, "web/pod.yaml": POD})
    _, resources = planned(tmp_path)
    assert resources["HelmRelease/argocd/root"].opaque


def test_a_dependency_that_is_off_makes_nothing(tmp_path: Path) -> None:
    files = {
        "values.yaml": below("argocd-apps") + "make: {apps: false}\n",
        "Chart.yaml": WRAPPER % ", condition: make.apps",
    }
    make(tmp_path, {"web/pod.yaml": POD, **files})
    apps, _ = planned(tmp_path)
    assert "web" not in apps


def test_the_rest_of_a_wrapper_stays_a_release(tmp_path: Path) -> None:
    wrapper = WRAPPER % "" + "  - {name: redis, version: 1.0.0, repository: 'https://x.org'}\n"
    values = below("argocd-apps") + f"redis: {{annotations: {{{SYNC_WAVE}: '3'}}}}\n"
    make(tmp_path, {
        "apps/values.yaml": values, "apps/Chart.yaml": wrapper, "web/pod.yaml": POD,
        "root.yaml": application("root", "{repoURL: '', path: apps}", namespace="argocd"),
    })  # fmt: skip
    apps, resources = planned(tmp_path)
    assert apps["web"].parent == "root"
    releases = {id: one.declared for id, one in resources.items() if one.opaque}
    assert releases == {"HelmRelease/argocd/root": None, "HelmRelease/argocd/root:redis": 3}


def test_of_a_chart_of_the_same_name_in_the_repository_nothing_is_assumed(tmp_path: Path) -> None:
    wrapper = WRAPPER.replace("https://argoproj.github.io/argo-helm", "file://../mine") % ""
    make(tmp_path, {"apps/values.yaml": below("argocd-apps"), "apps/Chart.yaml": wrapper})
    apps, _ = planned(tmp_path)
    assert "web" not in apps


def test_waves_in_the_sources_of_what_a_chart_makes_stay(tmp_path: Path) -> None:
    child = VALUES.replace(
        "path: web}",
        f"chart: thing, helm: {{valuesObject: {{commonAnnotations: {{{SYNC_WAVE}: '4'}}}}}}}}",
    )
    text = APP % ("2.0.2", indent(f"valuesObject:\n{indent(child, '  ')}", " " * 6).rstrip())
    make(tmp_path, {"root.yaml": text})
    _, resources = planned(tmp_path)
    found = resources["HelmRelease/web/web"]
    assert found.declared == 4
    assert found.fixed == "its wave is said by Application web, which a chart makes"


def test_written_where_it_counts(tmp_path: Path, cli: Cli) -> None:
    make(tmp_path, {"root.yaml": named(), "web/pod.yaml": POD})
    assert cli("--profile", "aggressive", cwd=tmp_path).returncode == 0
    assert (tmp_path / "root.yaml").read_text() == named().replace('"7"', '"0"')


CHART = """\
{{- range $name, $entry := .Values.applications }}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {{ $name }}
  annotations: {{- range $k, $v := $entry.additionalAnnotations }}
    {{ $k }}: {{ $v | quote }}
  {{- end }}
spec: {{- omit $entry "additionalAnnotations" | toYaml | nindent 2 }}
{{- end }}
"""


def packed(directory: Path, name: str) -> None:
    """A chart of that name in Helm's cache."""
    directory.mkdir(parents=True, exist_ok=True)
    with tarfile.open(directory / f"{name}-2.0.2.tgz", "w:gz") as tar:
        about = f"apiVersion: v2\nname: {name}\nversion: 2.0.2\n"
        for file, text in (("Chart.yaml", about), ("templates/apps.yaml", CHART)):
            entry = tarfile.TarInfo(f"{name}/{file}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))


WAYS = {
    "root": {"root.yaml": named()},
    "wrapper": {"apps/values.yaml": below("argocd-apps"), "apps/Chart.yaml": WRAPPER % ""},
    "kustomize": {"edge/kustomization.yaml": KUSTOMIZATION, "edge/v.yaml": VALUES},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("tools")
def test_rendered_it_is_what_the_values_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    make(tmp_path / "r", {"web/pod.yaml": POD, **WAYS[way]})
    monkeypatch.setenv("HELM_REPOSITORY_CACHE", str(tmp_path / "cache"))
    told_apps, told = planned(tmp_path / "r")
    packed(tmp_path / "cache", "argocd-apps")
    apps, resources = planned(tmp_path / "r")
    assert {name: app.parent for name, app in apps.items()} == {
        name: app.parent for name, app in told_apps.items()
    }
    assert resources.keys() == told.keys()
    for id, one in resources.items():
        assert (one.declared, one.sites, one.fixed) == (
            told[id].declared, told[id].sites, told[id].fixed,
        )  # fmt: skip
    assert any(one.declared == 7 for one in resources.values())


@pytest.mark.usefixtures("tools")
def test_any_chart_in_the_cache_may_make_applications(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed(tmp_path / "cache", "others")
    monkeypatch.setenv("HELM_REPOSITORY_CACHE", str(tmp_path / "cache"))
    text = named().replace("chart: argocd-apps", "chart: others")
    make(tmp_path / "r", {"root.yaml": text, "web/pod.yaml": POD})
    apps, resources = planned(tmp_path / "r")
    assert apps["web"].parent == "root"
    assert resources["Pod/web/pod"].application == "web"


def test_an_application_set_that_a_chart_makes_is_edited_nowhere(tmp_path: Path) -> None:
    entry = {
        "generators": [{"list": {"elements": [{"n": "web"}]}}],
        "template": {
            "metadata": {"name": "{{n}}"},
            "spec": {
                "project": "default",
                "source": {"chart": "x", "helm": {"valuesObject": {"notes": {SYNC_WAVE: "4"}}}},
                "destination": {"namespace": "web"},
            },
        },
    }
    values = indent(f"valuesObject: {json.dumps({'applicationsets': {'set': entry}})}", " " * 6)
    make(tmp_path, {"root.yaml": APP % ("2.0.2", values)})
    _, resources = planned(tmp_path)
    assert resources["HelmRelease/web/web"].fixed == (
        "its wave is said by Application web, which a chart makes"
    )
    assert "ApplicationSet.argoproj.io/argocd/set" in resources
