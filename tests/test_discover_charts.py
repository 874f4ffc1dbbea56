"""Charts of Applications: what they bring is part of the component of whoever installs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wavefix.discover import discover
from wavefix.discover.charts import Brings, Brought
from wavefix.discover.tree import Tree
from wavefix.model import Application, Source
from wavefix.tools import Kit

Objects = Mapping[str, Sequence[Mapping[str, Any]]]


def app(name: str, path: str, **more: Any) -> dict[str, Any]:
    spec = {"source": {"repoURL": "${REPO}", "path": path, **more}, "destination": {}}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name},
        "spec": spec,
    }


def root(directory: Path, name: str, path: str) -> None:
    (directory / f"{name}.yaml").write_text(
        f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\n"
        f"spec:\n  source: {{repoURL: '${{REPO}}', path: {path}}}\n  destination: {{}}\n"
    )


def chart(directory: Path, name: str, template: str = "metadata: {name: {{ .x }}}") -> None:
    templates = directory / name / "templates"
    templates.mkdir(parents=True)
    (directory / name / "Chart.yaml").write_text(f"name: {name}\n")
    text = f"apiVersion: argoproj.io/v1alpha1\nkind: Application\n{template}\n"
    (templates / "apps.yaml").write_text(text)


def made(objects: Objects) -> Any:
    """Stands for helm: what each chart makes, by the name of its directory."""

    def brings(tree: Tree, app: Application, source: Source) -> Brought | None:
        name = Path(source.path).name
        file = f"{source.path}/templates/apps.yaml"
        return Brought([(body, file, 1) for body in objects[name]]) if name in objects else None

    def of(kit: Kit) -> Brings:
        return brings

    return of


def tops(directory: Path, objects: Objects) -> dict[str, dict[str, str]]:
    """The Applications of each component, each with its parent."""
    found = discover(["."], str(directory), made(objects))
    return {
        item.component.name: {one.name: one.parent for one in item.component.applications}
        for item in found
    }


def test_what_a_chart_makes_are_children_of_whoever_installs_it(tmp_path: Path) -> None:
    chart(tmp_path, "apps")
    root(tmp_path, "root", "apps")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "web.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: w}\n")
    found = tops(tmp_path, {"apps": [app("web", "web"), {"kind": "ConfigMap"}]})
    assert found == {"root": {"root": "", "web": "root"}}


def test_a_chart_that_no_application_names_stands_for_itself(tmp_path: Path) -> None:
    chart(tmp_path, "apps")
    assert tops(tmp_path, {"apps": [app("web", "web")]}) == {"apps": {"apps": "", "web": "apps"}}


def test_charts_of_charts(tmp_path: Path) -> None:
    chart(tmp_path, "apps")
    chart(tmp_path, "more")
    root(tmp_path, "root", "apps")
    found = tops(tmp_path, {"apps": [app("inner", "more")], "more": [app("web", "web")]})
    assert found == {"root": {"root": "", "inner": "root", "web": "inner"}}


def test_a_chart_that_brings_itself_ends(tmp_path: Path) -> None:
    chart(tmp_path, "apps")
    root(tmp_path, "root", "apps")
    found = tops(tmp_path, {"apps": [app("again", "apps")]})
    assert found == {"root": {"root": "", "again": "root"}}


def test_one_chart_for_two_environments(tmp_path: Path) -> None:
    chart(tmp_path, "apps")
    root(tmp_path, "dev", "apps")
    root(tmp_path, "live", "apps")
    found = tops(tmp_path, {"apps": [app("web", "web")]})
    assert found == {"dev": {"dev": "", "web": "dev"}, "live": {"live": "", "web": "live"}}


def test_a_chart_that_cannot_be_rendered_is_read_as_far_as_it_is_plain(tmp_path: Path) -> None:
    chart(tmp_path, "apps", "metadata: {name: plain}\nspec: {source: {path: web}}")
    root(tmp_path, "root", "apps")
    assert tops(tmp_path, {}) == {"root": {"root": "", "plain": "root"}}


def test_what_is_rendered_is_not_read_as_well(tmp_path: Path) -> None:
    chart(tmp_path, "apps", "metadata: {name: plain}\nspec: {source: {path: web}}")
    root(tmp_path, "root", "apps")
    found = tops(tmp_path, {"apps": [app("plain", "web")]})
    assert found == {"root": {"root": "", "plain": "root"}}


def test_what_a_chart_that_stands_for_itself_makes_may_have_no_file_of_its_own(
    tmp_path: Path,
) -> None:
    chart(tmp_path, "apps")

    def brings(tree: Tree, app: Application, source: Source) -> Brought:
        return Brought([(app_of("web"), f"{source.path}/Chart.yaml", 1)])

    found = discover(["."], str(tmp_path), lambda kit: brings)
    assert [one.name for one in found[0].component.applications] == ["apps", "web"]


def app_of(name: str) -> dict[str, Any]:
    return app(name, name)
