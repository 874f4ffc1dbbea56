"""Charts that other charts bring, and waves in charts that nothing can be done about."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, everything, make, outline

from wavefix.discover.sources import release_name

CHART = "apiVersion: v2\nname: {name}\nversion: 1.0.0\n{more}"
CALLED = """{{- define "cm" -}}
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, annotations: {argocd.argoproj.io/sync-wave: "4"}}
{{- end -}}
"""


def chart(name: str, more: str = "") -> dict[str, str]:
    return {f"charts/{name}/Chart.yaml": CHART.format(name=name, more=more)}


def test_a_library_and_a_chart_that_another_brings_are_no_sources_of_their_own(
    tmp_path: Path,
) -> None:
    brings = "dependencies: [{name: db, version: 1.0.0, repository: 'file://../db'}]\n"
    root = make(
        tmp_path,
        chart("shop", brings)
        | chart("db", "")
        | chart("lib", "type: library\n")
        | chart("loop", "dependencies: [{name: loop, repository: 'file://../loop'}]\n"),
    )
    [sources] = [item for apps in outline(root).values() for item in apps.values()]
    assert sources == ["helm charts/loop", "helm charts/shop"]


def test_a_chart_that_an_applications_chart_brings_is_no_source_of_its_own(tmp_path: Path) -> None:
    brings = "dependencies: [{name: db, version: 1.0.0, repository: 'file://../db'}]\n"
    app = application("shop", "{repoURL: '', path: charts/shop}")
    root = make(tmp_path, {"apps/shop.yaml": app} | chart("shop", brings) | chart("db"))
    assert "helm charts/db" not in str(outline(root))


@pytest.mark.usefixtures("tools")
def test_a_wave_in_a_chart_that_cannot_be_edited_is_a_constant(tmp_path: Path) -> None:
    root = make(tmp_path, {
        "apps/shop.yaml": application("shop", "{repoURL: '', path: charts/shop}"),
        "charts/shop/templates/_cm.tpl": CALLED,
        "charts/shop/templates/cm.yaml": '{{ include "cm" . }}\n',
        **chart("shop"),
    })  # fmt: skip
    resources, _, wrong = everything(root, "apps")
    assert wrong == []
    [settings] = [item for item in resources if item.kind == "ConfigMap"]
    assert settings.effective == 4
    assert settings.fixed == "what sets its wave in the chart cannot be edited exactly"


@pytest.mark.parametrize(
    ("directory", "name"),
    [("web", "web"), ("My_Chart", "my-chart"), ("a b,c", "a-b-c"), ("-x-", "x"), ("_", "release")],
)
def test_a_chart_without_an_application_gets_a_name_that_helm_takes(
    directory: str, name: str
) -> None:
    assert release_name(f"/repository/{directory}") == name
