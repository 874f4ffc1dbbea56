"""What lies between an Application and what is read: overrides, hydrators, artifacts, Jsonnet."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, everything, found, make, manifest, outline, rendered

from wavefix.pipeline import review

WAVE = "argocd.argoproj.io/sync-wave"
CHART = {"web/Chart.yaml": "name: web\n", "web/values.yaml": "a: 1\n"}


def releases(root: Path) -> dict[str, tuple[int | None, list[tuple[str, int]]]]:
    """Declared waves of the parts of releases, and where they are set."""
    return {
        id: (item.declared, [(Path(site.file).name, site.line) for site in item.sites])
        for id, item in rendered(root).items()
        if item.kind == "HelmRelease"
    }


@pytest.mark.parametrize(
    ("files", "source", "expected"),
    [
        # merged with what the Application says, and edited where it stands
        ({".argocd-source.yaml": f"helm:\n  valuesObject:\n    podAnnotations: {{{WAVE}: '3'}}\n"},
         "{path: web, helm: {valuesObject: {x: 1}}}", (3, [(".argocd-source.yaml", 3)])),
        ({".argocd-source.yaml": "helm: {valuesObject: {x: 2}}\n"},
         f"{{path: web, helm: {{valuesObject: {{podAnnotations: {{{WAVE}: '4'}}}}}}}}",
         (4, [("app.yaml", 7)])),
        # that of the Application comes last
        ({".argocd-source.yaml": f"helm: {{valuesObject: {{podAnnotations: {{{WAVE}: '1'}}}}}}\n",
          ".argocd-source-web.yaml":
          f"helm: {{valuesObject: {{podAnnotations: {{{WAVE}: '2'}}}}}}\n",
          ".argocd-source-other.yaml":
          f"helm: {{valuesObject: {{podAnnotations: {{{WAVE}: '9'}}}}}}\n"},
         "{path: web}", (2, [(".argocd-source-web.yaml", 1)])),
        # in another namespace than Argo CD's, an Application goes by both names
        ({".argocd-source-argocd_web.yaml":
          f"helm: {{valuesObject: {{podAnnotations: {{{WAVE}: '2'}}}}}}\n",
          ".argocd-source-web.yaml":
          f"helm: {{valuesObject: {{podAnnotations: {{{WAVE}: '1'}}}}}}\n",
          ".argocd-source-team_web.yaml":
          f"helm: {{valuesObject: {{podAnnotations: {{{WAVE}: '9'}}}}}}\n"},
         "{path: web}", (2, [(".argocd-source-argocd_web.yaml", 1)])),
        # a text of values is replaced as a whole
        ({".argocd-source.yaml":
          f"helm:\n  values: |\n    podAnnotations:\n      {WAVE}: '5'\n"},
         f"{{path: web, helm: {{values: 'commonAnnotations: {{{WAVE}: \"1\"}}'}}}}",
         (5, [(".argocd-source.yaml", 4)])),
        # null deletes
        ({".argocd-source.yaml": "helm: {valuesObject: null}\n"},
         f"{{path: web, helm: {{valuesObject: {{podAnnotations: {{{WAVE}: '4'}}}}}}}}", (None, [])),
        ({".argocd-source.yaml": "helm: null\n"},
         f"{{path: web, helm: {{valuesObject: {{podAnnotations: {{{WAVE}: '4'}}}}}}}}", (None, [])),
        # what names the source is not for a file in it to say
        ({".argocd-source.yaml": "path: elsewhere\nchart: other\nrepoURL: oci://x/y\n"},
         "{path: web}", (None, [])),
    ],
)  # fmt: skip
def test_files_in_the_directory_override_the_source(
    tmp_path: Path, files: dict[str, str], source: str, expected: tuple[int | None, object]
) -> None:
    make(tmp_path, {**CHART, **{f"web/{name}": text for name, text in files.items()}})
    make(tmp_path, {"app.yaml": application("web", source)})
    assert releases(tmp_path) == {"HelmRelease/default/web": expected}


def test_parameters_of_an_override_are_values(tmp_path: Path) -> None:
    make(tmp_path, {
        **CHART,
        "app.yaml": application("web", "{path: web}"),
        "web/.argocd-source-web.yaml": "helm:\n  parameters:\n  - {name: a.b, value: x}\n",
    })  # fmt: skip
    (release,) = rendered(tmp_path).values()
    assert [(value.path, value.value, Path(value.file).name, value.line)
            for value in release.values if value.path == ("a", "b")] == [
        (("a", "b"), "x", ".argocd-source-web.yaml", 3)
    ]  # fmt: skip


def test_a_wave_that_an_override_gives_to_kustomize_is_edited_there(tmp_path: Path) -> None:
    make(tmp_path, {
        "app.yaml": application("web", "{path: web, kustomize: {commonAnnotations: {a: b}}}"),
        "web/kustomization.yaml": "resources: [x.yaml]\n",
        "web/x.yaml": manifest("ConfigMap", "a", namespace="web"),
        "web/.argocd-source.yaml": f"kustomize:\n  commonAnnotations:\n    {WAVE}: '3'\n",
    })  # fmt: skip
    item = rendered(tmp_path)["ConfigMap/web/a"]
    assert (item.declared, [Path(site.file).name for site in item.sites]) == (
        3, [".argocd-source.yaml"],
    )  # fmt: skip


def test_an_override_is_rewritten_byte_by_byte(tmp_path: Path) -> None:
    make(tmp_path, {
        **CHART,
        "app.yaml": application("web", "{path: web}", namespace="web"),
        "web/.argocd-source.yaml":
        f"helm:\n  valuesObject:\n    db:\n      enabled: true  # of ours\n"
        f"      annotations:\n        {WAVE}: '5'\n",
        "web/Chart.yaml": "name: web\ndependencies: [{name: db}]\n",
        ".wavefix.yaml":
        "depends_on: [{from: HelmRelease/web/web, to: 'HelmRelease/web/web:db'}]\n",
    })  # fmt: skip
    done = review(["."], str(tmp_path), "aggressive").review
    (patch,) = done.patches
    assert patch.file.endswith("/web/.argocd-source.yaml")
    assert patch.after != patch.before
    assert patch.after.replace("'0'", "'5'").replace("'-1'", "'5'") == patch.before


def test_a_hydrated_application_is_read_where_people_write_it(tmp_path: Path) -> None:
    spec = "{drySource: {path: web, repoURL: ''}, syncSource: {targetBranch: env, path: out}}"
    text = application("web", "{path: other}").replace(
        "spec:\n", f"spec:\n  sourceHydrator: {spec}\n"
    )
    make(tmp_path, {
        "app.yaml": text,
        "web/x.yaml": manifest("ConfigMap", "a"),
        "other/x.yaml": manifest("ConfigMap", "b"),
    })  # fmt: skip
    assert outline(tmp_path, "app.yaml") == {"app": {"web": ["directory web"]}}


def test_a_dry_source_has_options_of_its_own(tmp_path: Path) -> None:
    values = f"valuesObject: {{podAnnotations: {{{WAVE}: '2'}}}}"
    text = application("web", "{}").replace(
        "spec:\n", f"spec:\n  sourceHydrator: {{drySource: {{path: web, helm: {{{values}}}}}}}\n"
    )
    make(tmp_path, {**CHART, "app.yaml": text})
    assert releases(tmp_path) == {"HelmRelease/default/web": (2, [("app.yaml", 7)])}


def test_an_artifact_of_a_registry_is_not_this_repository(tmp_path: Path) -> None:
    make(tmp_path, {
        "a.yaml": application("a", "{path: web, repoURL: 'oci://ghcr.io/team/web'}"),
        "b.yaml": application("b", "{path: ., repoURL: 'oci://${HOST}/api', helm: {values: ''}}"),
        "web/x.yaml": manifest("ConfigMap", "a"),
    })  # fmt: skip
    (loose,) = (item for item in found(tmp_path) if len(item.component.applications) == 2)
    kinds = {app.name: [(s.kind, s.chart) for s in app.sources] for app in
             loose.component.applications}  # fmt: skip
    assert kinds == {"a": [("missing", "")], "b": [("chart", "api")]}


def test_jsonnet_is_not_evaluated_and_says_so(tmp_path: Path) -> None:
    make(tmp_path, {
        "app.yaml": application(
            "web", "{path: web, directory: {recurse: true, exclude: '*/skip.jsonnet'}}"
        ),
        "web/x.yaml": manifest("ConfigMap", "a"),
        "web/a.jsonnet": "{}",
        "web/lib/b.jsonnet": "{}",
        "web/lib/skip.jsonnet": "{}",
        "web/lib/c.libsonnet": "{}",
    })  # fmt: skip
    _, findings, _ = everything(tmp_path)
    assert [
        (str(Path(finding.file).relative_to(tmp_path)), finding.message) for finding in findings
    ] == [
        ("web/a.jsonnet", "Jsonnet is not evaluated: what it brings is not planned"),
        ("web/lib/b.jsonnet", "Jsonnet is not evaluated: what it brings is not planned"),
    ]
