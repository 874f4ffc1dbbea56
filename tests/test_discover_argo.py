"""Applications: how Argo CD reads what their sources name."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, found, make, outline, sources

APP = {"base.yaml": "a: 1\n"}


def reads(root: Path, files: dict[str, str], source: str) -> list[str]:
    """What the one Application with this source applies."""
    make(root, {**files, "argocd/web.yaml": application("web", source)})
    (item,) = [item for item in found(root, "argocd") if not item.leftover]
    (app,) = item.component.applications
    return sources(app, root)


# util/app/discovery/discovery.go, pkg/apis/application/v1alpha1/types.go (ExplicitType)
@pytest.mark.parametrize(
    ("names", "source", "kind"),
    [
        (["x.yaml"], "{path: web}", "directory"),
        (["kustomization.yaml"], "{path: web}", "kustomize"),
        (["kustomization.yml"], "{path: web}", "kustomize"),
        (["Kustomization"], "{path: web}", "kustomize"),
        (["Chart.yaml"], "{path: web}", "helm"),
        (["Chart.yaml", "kustomization.yaml"], "{path: web}", "kustomize"),
        (["sub/kustomization.yaml", "x.yaml"], "{path: web}", "directory"),
        (["Chart.yaml", "kustomization.yaml"], "{path: web, helm: {releaseName: w}}", "helm"),
        (["kustomization.yaml"], "{path: web, directory: {recurse: true}}", "directory"),
        (["kustomization.yaml"], "{path: web, directory: {recurse: false}}", "kustomize"),
        (["Chart.yaml"], "{path: web, kustomize: {}}", "helm"),
        (["Chart.yaml"], "{path: ./web/}", "helm"),
    ],
)
def test_the_kind_of_a_source(tmp_path: Path, names: list[str], source: str, kind: str) -> None:
    files = dict.fromkeys((f"web/{name}" for name in names), "")
    assert reads(tmp_path, files, source) == [f"{kind} web"]


@pytest.mark.parametrize(
    ("source", "applies"),
    [
        ("{path: nowhere}", ["missing nowhere"]),
        ("{path: ../outside}", ["missing ../outside"]),
        ("{chart: web, repoURL: 'https://charts.example.com'}", ["chart web"]),
        ("{ref: values, repoURL: x}", []),
        ("{}", []),
        ("nothing", []),
        ("[1]", []),
    ],
)
def test_sources_that_are_not_in_sight(tmp_path: Path, source: str, applies: list[str]) -> None:
    (tmp_path / "outside").mkdir()
    assert reads(tmp_path / "repository", {}, source) == applies


def test_of_source_and_sources_the_latter_counts(tmp_path: Path) -> None:
    text = application("web", "{path: one}").replace(
        "  destination", "  sources: [{path: two}, {path: three}, {ref: x}]\n  destination"
    )
    make(
        tmp_path, {"argocd/web.yaml": text, **{f"{n}/x.yaml": "" for n in ("one", "two", "three")}}
    )
    (item,) = [item for item in found(tmp_path, "argocd") if not item.leftover]
    (app,) = item.component.applications
    assert sources(app, tmp_path) == ["directory two", "directory three"]
    assert [source.at for source in app.sources] == [
        ("spec", "sources", 0),
        ("spec", "sources", 1),
    ]


def test_an_application_in_a_list_or_a_later_document_is_found(tmp_path: Path) -> None:
    one = application("one", "{path: web}")
    two = "apiVersion: v1\nkind: List\nitems:\n- " + one.replace("one", "two").replace("\n", "\n  ")
    make(tmp_path, {"argocd/a.yaml": f"a: 1\n---\n{one}---\n{two}", "web/x.yaml": ""})
    (item,) = [item for item in found(tmp_path, "argocd") if not item.leftover]
    one_app, two_app = item.component.applications
    assert (one_app.name, one_app.document, one_app.line) == ("one", 1, 3)
    assert (two_app.name, two_app.document) == ("two", 2)
    assert two_app.sources[0].at == ("items", 0, "spec", "source")


def test_paths_start_at_the_repository_or_at_a_directory_above_the_application(
    tmp_path: Path,
) -> None:
    """Examples keep whole repositories in a sub-directory."""
    make(tmp_path, {
        "examples/one/argocd/web.yaml": application("web", "{path: web}"),
        "examples/one/web/x.yaml": "",
        "examples/two/argocd/api.yaml": application("api", "{path: api}"),
        "examples/two/api/x.yaml": "",
        "api/x.yaml": "",
    })  # fmt: skip
    assert outline(tmp_path, "examples/one/argocd") == {
        "argocd": {"web": ["directory examples/one/web"]}
    }
    assert outline(tmp_path, "examples/two/argocd") == {"argocd": {"api": ["directory api"]}}


# --- helm.valueFiles: reposerver/repository/repository.go, getResolvedValueFiles


@pytest.mark.parametrize(
    ("source", "files"),
    [
        ("{path: web, helm: {valueFiles: [values-prod.yaml]}}", ["web/values-prod.yaml"]),
        ("{path: web, helm: {valueFiles: [../env/prod.yaml]}}", ["env/prod.yaml"]),
        ("{path: web, helm: {valueFiles: [/env/prod.yaml]}}", ["env/prod.yaml"]),
        ("{path: web, helm: {valueFiles: [x.yaml, values-prod.yaml]}}", ["web/values-prod.yaml"]),
        ("{path: web, helm: {valueFiles: ['https://x.example/v.yaml', 'secrets+x://y']}}", []),
        ("{path: web, helm: {valueFiles: [../../outside.yaml]}}", []),
        ("{path: web, helm: {valueFiles: '/env/prod.yaml'}}", []),
        ("{path: web, helm: {valueFiles: [$values/env/prod.yaml]}}", ["env/prod.yaml"]),
        ("{chart: web, helm: {valueFiles: [$values/env/prod.yaml]}}", ["env/prod.yaml"]),
        ("{chart: web, helm: {valueFiles: [env/prod.yaml]}}", []),  # a file of the chart
        ("{path: web, helm: {valueFiles: [../env/*.yaml]}}", ["env/dev.yaml", "env/prod.yaml"]),
        ("{path: web, helm: {valueFiles: [../env/*.yaml, ../env/dev.yaml]}}",
         ["env/prod.yaml", "env/dev.yaml"]),
        ("{path: web, helm: {valueFiles: [$values/env/p*.yaml]}}", ["env/prod.yaml"]),
        ("{path: web, helm: {valueFiles: [/env/prod.yaml, /env/prod.yaml]}}", ["env/prod.yaml"]),
    ],
)  # fmt: skip
def test_value_files(tmp_path: Path, source: str, files: list[str]) -> None:
    root = make(tmp_path / "repository", {
        "argocd/web.yaml": application("web", source),
        "web/Chart.yaml": "", "web/values-prod.yaml": "", "env/prod.yaml": "", "env/dev.yaml": "",
    })  # fmt: skip
    (tmp_path / "outside.yaml").write_text("a: 1\n")
    (item,) = [item for item in found(root, "argocd") if not item.leftover]
    (read,) = item.component.applications[0].sources
    assert [str(Path(file).relative_to(root)) for file in read.value_files] == files


def test_the_release_is_named_after_the_application_or_as_it_says(tmp_path: Path) -> None:
    make(tmp_path, {
        "argocd/a.yaml": application("a", "{path: web}"),
        "argocd/b.yaml": application("b", "{path: web, helm: {releaseName: other}}"),
        "web/Chart.yaml": "",
    })  # fmt: skip
    (item,) = found(tmp_path, "argocd")
    assert [app.sources[0].release for app in item.component.applications] == ["a", "other"]


def test_destination_namespace_and_place(tmp_path: Path) -> None:
    make(tmp_path, {"argocd/web.yaml": "\n" + application("web", "{path: web}", namespace="shop")})
    (item,) = found(tmp_path, "argocd")
    (app,) = item.component.applications
    assert (app.namespace, app.file, app.line, app.pattern) == (
        "shop", str(tmp_path / "argocd" / "web.yaml"), 2, False,
    )  # fmt: skip
