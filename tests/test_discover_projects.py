"""AppProjects beside the Applications that name them."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, make, manifest

from wavefix.model import Edge
from wavefix.pipeline import analyse, lint, review


def app(name: str, wave: int, project: str, namespace: str = "argocd") -> str:
    text = application(name, f"{{path: {name}}}", wave).replace(
        "spec:\n", f"spec:\n  project: {project}\n"
    )
    return text.replace("namespace: argocd", f"namespace: {namespace}")


def project(name: str, wave: int, sources: str = "") -> str:
    more = f"spec: {{sourceNamespaces: [{sources}]}}\n" if sources else ""
    return manifest("argoproj.io/AppProject", name, wave, "argocd", more)


def tree(tmp_path: Path, *objects: str) -> str:
    make(tmp_path, {
        "root.yaml": application("root", "{path: apps}"),
        "apps/all.yaml": "---\n".join(objects),
        "web/x.yaml": manifest("ConfigMap", "a", namespace="web"),
    })  # fmt: skip
    return str(tmp_path)


def edges(root: str) -> list[Edge]:
    parts, _ = analyse(["."], root)
    return [edge for part in parts for edge in part.graph.edges if edge.rule == "argo-cd/project"]


def test_a_project_in_a_later_wave_than_its_application_is_a_broken_edge(tmp_path: Path) -> None:
    root = tree(tmp_path, app("web", 1, "team"), project("team", 5))
    (finding,) = [found for found in lint(["."], root)[0] if found.code == "WF002"]
    assert finding.resource == "AppProject.argoproj.io/argocd/team"
    assert "wave 5, after Application.argoproj.io/argocd/web (wave 1)" in finding.message


def test_such_a_project_is_moved_before_its_application(tmp_path: Path) -> None:
    root = tree(tmp_path, app("web", 1, "team"), project("team", 5), manifest("ConfigMap", "c", -2))
    for profile in ("conservative", "aggressive"):
        parts = review(["."], root, profile).review.components
        waves = {
            item.resource.kind: item.wave
            for part in parts
            for item in part.plan.placements
            if item.resource.name in ("web", "team")
        }
        assert waves["AppProject.argoproj.io"] <= waves["Application.argoproj.io"]


def test_a_project_in_the_same_wave_is_fine(tmp_path: Path) -> None:
    root = tree(tmp_path, app("web", 1, "team"), project("team", 1))
    assert [found.code for found in lint(["."], root)[0] if found.code == "WF002"] == []


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ("team-a", True),
        ("'team-*'", True),
        ("'{team-a,team-b}'", True),
        ("'/^team-[ab]$/'", True),
        ("team-b", False),
        ("'/^b/'", False),
        ("", False),
    ],
)
def test_an_application_in_any_namespace_needs_the_project_that_lets_it_in(
    tmp_path: Path, sources: str, found: bool
) -> None:
    root = tree(tmp_path, app("web", 1, "team", "team-a"), project("team", 5, sources))
    assert [edge.dependency.id for edge in edges(root)] == (
        ["AppProject.argoproj.io/argocd/team"] if found else []
    )


def test_the_default_project_is_always_there(tmp_path: Path) -> None:
    root = tree(tmp_path, app("web", 1, "default"), project("default", 5))
    assert edges(root) == []
