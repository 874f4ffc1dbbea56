"""The chart argocd-apps where it is not in sight: what it makes is told from its values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Cli

from wavefix.config import Config
from wavefix.discover import Found, discover
from wavefix.model import SYNC_WAVE, Resource
from wavefix.pipeline import analyse
from wavefix.render import made_by, render
from wavefix.render.argocdapps import NotUnderstood, objects

WEB: dict[str, Any] = {"project": "default", "source": {"path": "web"}, "destination": {}}


def names(values: dict[str, Any], version: str) -> list[str]:
    return [f"{made.body['kind']}/{made.body['metadata']['name']}" for made in objects(values, version)]


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
    groups = {"applications": entry, "applicationsets": entry, "projects": entry, "extensions": entry}
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


def indented(text: str, depth: int) -> str:
    return "".join(f"{' ' * depth}{line}\n" for line in text.splitlines()).rstrip("\n")


def found(directory: Path) -> list[Found]:
    return discover(["."], str(directory), made_by)


def web(directory: Path) -> Resource:
    """The Application `web`, which must be there once."""
    from wavefix.catalogue import load_catalogue

    [one] = [
        resource
        for item in found(directory)
        for resource in render(item, load_catalogue(Config()))[0]
        if resource.id.startswith("Application.") and resource.name.endswith("web")
    ]
    return one
