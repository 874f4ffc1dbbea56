"""Releases: what an unrendered chart says by its values, and what is planned on its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, everything, make, rendered

from wavefix.model import Resource

WAVE = "argocd.argoproj.io/sync-wave"


def noted(wave: object) -> str:
    """An annotation map with a wave."""
    return f"{{{WAVE}: {wave!r}}}"


def chart(root: Path, files: dict[str, str]) -> dict[str, Resource]:
    """The release of a kustomization that inflates a remote chart with `v.yaml`."""
    make(root, {
        "kustomization.yaml": "namespace: shop\nhelmCharts:\n- {name: web, releaseName: web,"
        " repo: 'https://charts.example.com', valuesFile: v.yaml}\n",
        **files,
    })  # fmt: skip
    return rendered(root)


def waves(items: dict[str, Resource]) -> dict[str, tuple[int | None, bool]]:
    """Declared waves and whether it is a subchart, by part."""
    return {
        id.removeprefix("HelmRelease/shop/"): (item.declared, item.subchart)
        for id, item in items.items()
    }


# --- parts: the release itself, and subtrees of its values with a say of their own


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ("a: 1\n", {"web": (None, False)}),
        ("", {"web": (None, False)}),
        (f"podAnnotations: {noted('2')}\n", {"web": (2, False)}),
        (f"commonAnnotations: {noted('2')}\npodAnnotations: {noted('2')}\n", {"web": (2, False)}),
        (f"web:\n  annotations: {noted('1')}\n", {"web": (None, False), "web:web": (1, False)}),
        (f"db:\n  primary:\n    podAnnotations: {noted('-1')}\n",
         {"web": (None, False), "web:db": (-1, False)}),
        # several waves in one subtree: one part where they agree, else one for each map
        (f"db:\n  one: {{podAnnotations: {noted('1')}}}\n  two: {{podAnnotations: {noted('1')}}}\n",
         {"web": (None, False), "web:db": (1, False)}),
        (f"db:\n  one: {{podAnnotations: {noted('1')}}}\n  two: {{podAnnotations: {noted('2')}}}\n",
         {"web": (None, False), "web:db.one": (1, False), "web:db.two": (2, False)}),
        (f"db:\n  annotations: {noted('1')}\n  two: {{podAnnotations: {noted('2')}}}\n",
         {"web": (None, False), "web:db": (1, False), "web:db.two": (2, False)}),
        (f"extra:\n- metadata: {{annotations: {noted('3')}}}\n",
         {"web": (None, False), "web:extra": (3, False)}),
        # subcharts
        ("postgresql: {enabled: true}\n", {"web": (None, False), "web:postgresql": (None, True)}),
        ("postgresql: {enabled: false}\n", {"web": (None, False)}),
        ("postgresql: {auth: {}}\n", {"web": (None, False)}),
        ("postgresql: {enabled: 'true'}\n", {"web": (None, False)}),
        (f"postgresql:\n  primary: {{podAnnotations: {noted('1')}}}\n",
         {"web": (None, False), "web:postgresql": (1, True)}),
        (f"postgresql:\n  enabled: false\n  podAnnotations: {noted('1')}\n",
         {"web": (None, False)}),
        (f"db:\n  metrics:\n    enabled: false\n    podAnnotations: {noted('1')}\n",
         {"web": (None, False)}),
        ("ingress: {enabled: true}\nmetrics: {enabled: true}\n", {"web": (None, False)}),
        ("redis: {enabled: true}\nvalkey: {enabled: true}\n",
         {"web": (None, False), "web:redis": (None, True), "web:valkey": (None, True)}),
        # no annotation maps
        (f"{WAVE}: '1'\n", {"web": (None, False)}),
        (f"podAnnotations: {{{WAVE}: null}}\n", {"web": (None, False)}),
    ],
)  # fmt: skip
def test_parts(tmp_path: Path, values: str, parts: dict[str, tuple[int | None, bool]]) -> None:
    assert waves(chart(tmp_path, {"v.yaml": values})) == parts


def test_parts_belong_to_their_release_and_share_out_its_values(tmp_path: Path) -> None:
    items = chart(tmp_path, {"v.yaml": (
        "image: {tag: '1'}\n"
        f"db:\n  host: db.shop\n  annotations: {noted('1')}\n"
        f"  backup:\n    bucket: b\n    podAnnotations: {noted('2')}\n"
    )})  # fmt: skip
    release, db, backup = (
        items[f"HelmRelease/shop/web{part}"] for part in ("", ":db", ":db.backup")
    )
    assert (release.parent, db.parent, backup.parent) == ("", release.id, release.id)
    assert all(item.opaque and item.kind == "HelmRelease" for item in items.values())
    assert [value.path for value in release.values] == [("image", "tag")]
    assert [value.path for value in db.values] == [("db", "host"), ("db", "annotations", WAVE)]
    assert [(value.path[2], value.line) for value in backup.values] == [
        ("bucket", 6), ("podAnnotations", 7),
    ]  # fmt: skip
    assert (release.file, release.line) == (str(tmp_path / "kustomization.yaml"), 3)
    assert (db.file, db.line, backup.line) == (str(tmp_path / "v.yaml"), 4, 7)


def test_a_subchart_without_a_wave_stands_where_its_values_do(tmp_path: Path) -> None:
    item = chart(tmp_path, {"v.yaml": "a: 1\nredis:\n  enabled: true\n"})[
        "HelmRelease/shop/web:redis"
    ]
    assert (item.file, item.line, item.sites) == (str(tmp_path / "v.yaml"), 3, ())


def test_subcharts_of_a_chart_in_the_repository_are_those_it_depends_on(tmp_path: Path) -> None:
    make(tmp_path, {
        "shop/Chart.yaml": "name: shop\ndependencies:\n- {name: kong}\n- {name: x, alias: gate}\n",
        "shop/values.yaml": "kong: {enabled: true}\ngate: {enabled: true}\nx: {enabled: true}\n",
    })  # fmt: skip
    assert set(rendered(tmp_path, "shop")) == {
        f"HelmRelease/default/shop{part}" for part in ("", ":kong", ":gate")
    }


# --- sites: the layer that decides


def test_the_site_is_in_the_file_that_decides(tmp_path: Path) -> None:
    make(tmp_path, {
        "web/Chart.yaml": "name: web\n",
        "web/values.yaml": f"podAnnotations: {noted('1')}\n",
        "env/prod.yaml": f"a: 1\npodAnnotations: {noted('2')}\n",
        "env/more.yaml": "podAnnotations: {other: x}\n",
        "argocd/web.yaml": application(
            "web", "{path: web, helm: {valueFiles: [../env/prod.yaml, ../env/more.yaml]}}",
            namespace="shop",
        ),
    })  # fmt: skip
    item = rendered(tmp_path, "argocd")["HelmRelease/shop/web"]
    (site,) = item.sites
    assert (site.file, site.line, site.before) == (str(tmp_path / "env" / "prod.yaml"), 2, "2")
    assert (item.declared, item.effective) == (2, 2)
    assert (item.file, item.line) == (str(tmp_path / "argocd" / "web.yaml"), 1)


@pytest.mark.parametrize(
    ("helm", "path", "inner", "line", "wave"),
    [
        (f"      valuesObject:\n        podAnnotations: {noted('3')}\n",
         ("helm", "valuesObject", "podAnnotations"), (), 11, 3),
        (f"      values: |\n        # ours\n        podAnnotations: {noted('4')}\n",
         ("helm", "values"), ("podAnnotations",), 12, 4),
        (f"      values: 'podAnnotations: {noted(5)}'\n",
         ("helm", "values"), ("podAnnotations",), 10, 5),
        # valuesObject counts where both are given
        (f"      values: 'podAnnotations: {noted(5)}'\n"
         f"      valuesObject:\n        podAnnotations: {noted('3')}\n",
         ("helm", "valuesObject", "podAnnotations"), (), 12, 3),
    ],
)  # fmt: skip
def test_values_written_in_an_application_come_last(
    tmp_path: Path, helm: str, path: tuple[str, ...], inner: tuple[str, ...], line: int, wave: int
) -> None:
    make(tmp_path, {
        "v.yaml": f"podAnnotations: {noted('1')}\n",
        "argocd/web.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n"
        "  name: web\nspec:\n  source:\n    chart: web\n    helm:\n"
        f"      valueFiles: [$values/v.yaml]\n{helm}",
    })  # fmt: skip
    resources, _, errors = everything(tmp_path, "argocd")
    item = next(item for item in resources if item.id == "HelmRelease/default/web")
    (site,) = item.sites
    assert errors == []
    assert (site.mechanism, site.file, site.line) == (
        "helm-values", str(tmp_path / "argocd" / "web.yaml"), line,
    )  # fmt: skip
    assert (site.path, site.inner) == (("spec", "source", *path), inner)
    assert item.declared == wave


# api/internal/builtins/HelmChartInflationGenerator.go
@pytest.mark.parametrize(
    ("entry", "wave", "file"),
    [
        ("valuesFile: 1.yaml", 1, "1.yaml"),
        ("valuesFile: 1.yaml, additionalValuesFiles: [2.yaml]", 2, "2.yaml"),
        ("valuesFile: 1.yaml, valuesInline: {podAnnotations: {%s: '9'}}", 9, "kustomization.yaml"),
        ("valuesInline: {podAnnotations: {%s: '9'}}", 9, "kustomization.yaml"),
        ("valuesFile: 1.yaml, valuesMerge: merge, valuesInline: {podAnnotations: {%s: '9'}}",
         1, "1.yaml"),
        ("valuesFile: 1.yaml, valuesMerge: replace, valuesInline: {podAnnotations: {%s: '9'}}",
         9, "kustomization.yaml"),
        ("valuesFile: 1.yaml, valuesMerge: replace, valuesInline: {a: b}", None, ""),
        ("valuesFile: 1.yaml, valuesInline: {podAnnotations: null}", None, ""),
        ("valuesFile: 1.yaml, additionalValuesFiles: [2.yaml],"
         " valuesInline: {podAnnotations: {%s: '9'}}", 2, "2.yaml"),
        ("valuesFile: 'https://example.com/v.yaml'", None, ""),
        ("additionalValuesFiles: 2.yaml", None, ""),
    ],
)  # fmt: skip
def test_values_of_a_chart_that_kustomize_inflates(
    tmp_path: Path, entry: str, wave: int | None, file: str
) -> None:
    make(tmp_path, {
        "kustomization.yaml": "helmCharts:\n- {name: web, repo: 'https://x.example', "
        + entry.replace("%s", WAVE) + "}\n",
        "1.yaml": f"podAnnotations: {noted('1')}\n",
        "2.yaml": f"podAnnotations: {noted('2')}\n",
    })  # fmt: skip
    item = rendered(tmp_path)["HelmRelease/default/web"]
    assert item.declared == wave
    assert [Path(site.file).name for site in item.sites] == ([file] if file else [])
    if file == "kustomization.yaml":
        assert item.sites[0].path == ("helmCharts", 0, "valuesInline", "podAnnotations")


def test_a_chart_where_kustomize_looks_for_it_brings_its_own_values(tmp_path: Path) -> None:
    make(tmp_path, {
        "kustomization.yaml": "helmGlobals: {chartHome: vendored}\nhelmCharts:\n"
        "- {name: web, version: 1.2.3, repo: 'https://x.example'}\n- {name: api}\n",
        "vendored/web-1.2.3/web/Chart.yaml": "dependencies: [{name: own}]\n",
        "vendored/web-1.2.3/web/values.yaml": "own: {enabled: true}\n",
        "vendored/api/Chart.yaml": "name: api\n",
        "vendored/api/values.yaml": f"podAnnotations: {noted('6')}\n",
    })  # fmt: skip
    items = rendered(tmp_path)
    assert set(items) == {f"HelmRelease/default/{id}" for id in ("web", "web:own", "api")}
    assert items["HelmRelease/default/api"].declared == 6


def test_where_a_release_goes(tmp_path: Path) -> None:
    make(tmp_path, {
        "one/kustomization.yaml": "helmCharts:\n- {name: web, releaseName: a, namespace: far}\n"
        "- {name: b}\n- just text\n",
        "argocd/x.yaml": application("x", "{path: one}", namespace="near"),
        "two/kustomization.yaml": "namespace: over\nresources: [../one]\nnamePrefix: p-\n",
    })  # fmt: skip
    assert set(rendered(tmp_path, "argocd")) == {"HelmRelease/far/a", "HelmRelease/near/b"}
    assert set(rendered(tmp_path, "two")) == {"HelmRelease/over/a", "HelmRelease/over/b"}


# --- what sets the wave of a whole release from outside


def test_common_annotations_set_the_wave_of_a_release_and_its_parts(tmp_path: Path) -> None:
    items = chart(tmp_path, {
        "v.yaml": f"redis:\n  enabled: true\n  podAnnotations: {noted('4')}\n",
        "kustomization.yaml": "namespace: shop\nhelmCharts: [{name: web, valuesFile: v.yaml}]\n"
        f"commonAnnotations: {noted('2')}\n",
    })  # fmt: skip
    assert waves(items) == {"web": (2, False), "web:redis": (2, True)}
    assert [[site.mechanism for site in item.sites] for item in items.values()] == [
        ["kustomize-annotations"], ["kustomize-annotations", "helm-values"],
    ]  # fmt: skip


def test_the_patch_that_a_finding_proposes_is_understood(tmp_path: Path) -> None:
    patch = (
        "patches:\n- target:\n    kind: Deployment|StatefulSet|DaemonSet|Job\n"
        "    labelSelector: app.kubernetes.io/instance=web\n  patch: |\n    apiVersion: apps/v1\n"
        "    kind: Deployment\n    metadata:\n      name: web\n      annotations:\n"
        f'        {WAVE}: "1"\n'
    )
    text = "namespace: shop\nhelmCharts: [{name: web}, {name: api}]\n" + patch
    items = chart(tmp_path, {"kustomization.yaml": text})
    assert waves(items) == {"web": (1, False), "api": (None, False)}
    web = items["HelmRelease/shop/web"]
    assert (web.effective, web.fixed) == (1, "")
    (site,) = web.sites
    assert (site.mechanism, site.path, site.inner) == (
        "kustomize-patch", ("patches", 0, "patch"), ("metadata", "annotations"),
    )  # fmt: skip
    other = text.replace("Deployment|StatefulSet|DaemonSet|Job", "ConfigMap|Service")
    assert waves(chart(tmp_path, {"kustomization.yaml": other}))["web"] == (None, False)


# --- findings and pins


@pytest.mark.parametrize(
    ("values", "findings"),
    [
        ("a: 1\n", [("WF011", 3)]),
        (f"podAnnotations: {noted('1')}\n", [("WF001", 1), ("WF011", 3)]),
        (f"annotations: {noted('1')}\n", [("WF011", 3)]),
        (f"x: 1\nannotations: {noted('soon')}\n", [("WF004", 2), ("WF011", 3)]),
        (f"x: 1\nannotations: {noted(1)}\n", [("WF005", 2), ("WF011", 3)]),
    ],
)
def test_findings(tmp_path: Path, values: str, findings: list[tuple[str, int]]) -> None:
    chart(tmp_path, {"v.yaml": values})
    _, told, _ = everything(tmp_path)
    assert sorted((finding.code, finding.line) for finding in told) == findings


def test_a_release_is_pinned_by_its_id_its_kind_or_a_comment(tmp_path: Path) -> None:
    values = {"v.yaml": f"podAnnotations:\n  {WAVE}: '1'\ndb:\n  annotations: {noted('2')}\n"}
    assert {item.fixed for item in chart(tmp_path, values).values()} == {""}
    values[".wavefix.yaml"] = "pin: ['HelmRelease/shop/web:*']\n"
    items = chart(tmp_path, values)
    assert items["HelmRelease/shop/web"].fixed == ""
    assert items["HelmRelease/shop/web:db"].fixed == "pinned in .wavefix.yaml"
    values = {"v.yaml": f"podAnnotations:\n  {WAVE}: '1' # wavefix: pin\n", ".wavefix.yaml": ""}
    assert chart(tmp_path, values)["HelmRelease/shop/web"].fixed == "pinned by a comment"


def test_values_that_sops_guards_are_left_alone(tmp_path: Path) -> None:
    values = f"podAnnotations: {noted('1')}\nsops: {{mac: 'ENC[AES256_GCM,data:x]'}}\n"
    items = chart(tmp_path, {"v.yaml": values})
    assert items["HelmRelease/shop/web"].fixed == (
        "it is encrypted by SOPS: an edit would break its MAC"
    )
