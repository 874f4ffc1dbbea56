"""Components: what is planned together, under which name, and what is left beside it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from test_bad_input import run
from test_discover_samples import (
    application,
    errors,
    found,
    make,
    manifest,
    outline,
    sources,
)

from wavefix.discover.sources import included, references
from wavefix.discover.tree import Tree
from wavefix.errors import InputError

CM = manifest("ConfigMap", "a")


def kustomization(*resources: str, more: str = "") -> str:
    return f"resources: [{', '.join(resources)}]\n{more}"


# --- paths without Argo CD objects: one component with one Application


def test_plain_manifests_are_one_application(tmp_path: Path) -> None:
    make(tmp_path, {"web/b.yaml": CM, "web/a.json": "{}", "web/sub/c.yml": CM})
    assert outline(tmp_path, "web") == {
        "web": {"web": ["file web/a.json", "file web/b.yaml", "file web/sub/c.yml"]}
    }


def test_a_file_is_a_component_of_its_own_name(tmp_path: Path) -> None:
    make(tmp_path, {"web/b.yaml": CM, "web/c.yaml": CM})
    assert outline(tmp_path, "web/b.yaml") == {"b": {"b": ["file web/b.yaml"]}}


def test_an_empty_directory_is_an_empty_component(tmp_path: Path) -> None:
    make(tmp_path, {"web/readme.md": ""})
    assert outline(tmp_path, "web") == {"web": {"web": []}}


def test_without_a_path_the_working_directory_counts(tmp_path: Path) -> None:
    make(tmp_path / "shop", {"b.yaml": CM})
    assert outline(tmp_path / "shop") == {"shop": {"shop": ["file b.yaml"]}}


def test_what_a_kustomization_includes_is_no_source_of_its_own(tmp_path: Path) -> None:
    make(tmp_path, {
        "web/base/kustomization.yaml": kustomization("x.yaml"),
        "web/base/x.yaml": CM,
        "web/prod/kustomization.yml": kustomization("../base", "../shared/extra.yaml"),
        "web/shared/extra.yaml": CM,
        "web/shared/patch.yaml": CM,
        "web/shared/other.yaml": CM,
        "web/prod/unnamed.yaml": CM,
        "web/prod/Kustomization/x.yaml": CM,
    })  # fmt: skip
    assert outline(tmp_path, "web") == {
        "web": {
            "web": [
                "file web/shared/other.yaml", "file web/shared/patch.yaml", "kustomize web/prod",
            ]
        }
    }  # fmt: skip


def test_patches_values_and_plugins_of_a_kustomization_are_no_manifests(tmp_path: Path) -> None:
    make(tmp_path, {
        "web/prod/kustomization.yaml": (
            "patches: [{path: ../shared/a.yaml}]\npatchesStrategicMerge: [../shared/b.yaml]\n"
            "patchesJson6902: [{path: ../shared/c.yaml}]\n"
            "replacements: [{path: ../shared/d.yaml}]\n"
            "transformers: [../shared/e.yaml]\ncrds: [../shared/f.yaml]\n"
            "helmCharts: [{name: x, valuesFile: ../shared/g.yaml}]\n"
        ),
        **{f"web/shared/{name}.yaml": CM for name in "abcdefg"},
    })  # fmt: skip
    assert outline(tmp_path, "web") == {"web": {"web": ["kustomize web/prod"]}}


def test_a_kustomize_component_that_nobody_includes_applies_nothing(tmp_path: Path) -> None:
    make(tmp_path, {"web/extra/kustomization.yaml": "kind: Component\n", "web/b.yaml": CM})
    assert outline(tmp_path, "web") == {"web": {"web": ["file web/b.yaml"]}}


def test_a_chart_is_one_source_with_all_below_it(tmp_path: Path) -> None:
    make(tmp_path, {
        "web/chart/Chart.yaml": "name: web\n",
        "web/chart/templates/x.yaml": CM,
        "web/chart/charts/sub/Chart.yaml": "",
        "web/b.yaml": CM,
    })  # fmt: skip
    assert outline(tmp_path, "web") == {"web": {"web": ["file web/b.yaml", "helm web/chart"]}}


# --- paths given twice, and paths that are not there


def test_paths_inside_one_another_are_read_once(tmp_path: Path) -> None:
    make(tmp_path, {"web/b.yaml": CM, "web/sub/c.yaml": CM, "webx/d.yaml": CM})
    wanted = {
        "web": {"web": ["file web/b.yaml", "file web/sub/c.yaml"]},
        "webx": {"webx": ["file webx/d.yaml"]},
    }
    assert outline(tmp_path, "web", "web/", "./web/sub", "web/b.yaml", "webx") == wanted
    assert outline(tmp_path, "webx", str(tmp_path / "web")) == wanted


def test_the_order_of_paths_changes_nothing(tmp_path: Path) -> None:
    make(tmp_path, {"b/x.yaml": CM, "a/x.yaml": CM})
    assert list(outline(tmp_path, "b", "a")) == list(outline(tmp_path, "a", "b")) == ["a", "b"]


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        found(tmp_path, "nowhere")
    assert raised.value.text(raised.value.file) == (
        "nowhere: no such file or directory; check the path"
    )


# --- configuration


def test_each_path_has_the_configuration_nearest_above_it(tmp_path: Path) -> None:
    make(tmp_path, {
        ".wavefix.yaml": "profile: aggressive\nexclude: [skip.yaml]\n",
        "a/x.yaml": CM,
        "a/skip.yaml": CM,
        "b/.wavefix.yaml": "exclude: ['*.json']\n",
        "b/deep/x.yaml": CM,
        "b/deep/skip.yaml": CM,
        "b/deep/y.json": CM,
    })  # fmt: skip
    one, two = found(tmp_path, "a", "b/deep")
    assert (one.config.profile, two.config.profile) == ("aggressive", "conservative")
    assert one.config_file == str(tmp_path / ".wavefix.yaml")
    assert two.config_file == str(tmp_path / "b" / ".wavefix.yaml")
    assert sources(one.component.applications[0], tmp_path) == ["file a/x.yaml"]
    assert sources(two.component.applications[0], tmp_path) == [
        "file b/deep/skip.yaml", "file b/deep/x.yaml",
    ]  # fmt: skip


def test_an_excluded_path_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    make(tmp_path, {".wavefix.yaml": "exclude: [vendor/]\n", "vendor/x.yaml": CM, "a.yaml": CM})
    assert outline(tmp_path)[tmp_path.name] == {
        tmp_path.name: ["file .wavefix.yaml", "file a.yaml"]
    }
    assert list(outline(tmp_path, "vendor")) == ["vendor"]


def test_the_repository_is_where_git_is_else_where_one_stands(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x.yaml").write_text(CM)
    (tmp_path / "other").mkdir()
    assert found(tmp_path, "a/b")[0].tree.root == str(tmp_path)
    assert found(tmp_path / "other", "../a/b")[0].tree.root == str(tmp_path / "a" / "b")
    (tmp_path / "a" / ".git").write_text("gitdir: elsewhere\n")  # as in a worktree
    assert found(tmp_path, "a/b")[0].tree.root == str(tmp_path / "a")


# --- ApplicationSets


def application_set(name: str, generators: str, source: str, app_name: str) -> str:
    return manifest(
        "argoproj.io/ApplicationSet", name,
        more=f"spec:\n  goTemplate: true\n  generators:\n  - {generators}\n  template:\n"
        f"    metadata: {{name: '{app_name}'}}\n    spec:\n      source: {source}\n"
        "      destination: {namespace: '{{ .path.basename }}'}\n",
    )  # fmt: skip


def directories(*paths: str, more: str = "") -> str:
    return f"git: {{directories: [{', '.join(f'{{path: {path!r}}}' for path in paths)}{more}]}}"


TEAMS = dict.fromkeys(
    ["apps/web/x.yaml", "apps/api/x.yaml", "apps/Old_One/x.yaml", "apps/deep/er/x.yaml",
     "apps/.hidden/x.yaml", "other/x.yaml", "apps/x.yaml"], CM,
)  # fmt: skip


@pytest.mark.parametrize(
    ("generator", "paths"),
    [
        (directories("apps/*"), ["apps/Old_One", "apps/api", "apps/deep", "apps/web"]),
        (directories("apps/web"), ["apps/web"]),
        (directories("apps/w*", "apps/?pi", "apps/web"), ["apps/api", "apps/web"]),
        (directories("apps/[a-d]*"), ["apps/api", "apps/deep"]),
        (directories("apps/[^a-z]*"), ["apps/Old_One"]),
        (directories("*"), ["apps", "argocd", "other"]),
        (directories("*/*/*"), ["apps/deep/er"]),
        # path.Match knows no double star: it is a star, for one step
        (directories("apps/**"), ["apps/Old_One", "apps/api", "apps/deep", "apps/web"]),
        (directories("**/er"), []),
        # and it takes the path as it is
        (directories("/apps/*", "./apps/*", "apps/*/"), []),
        (directories("apps/*", more=", {path: apps/web, exclude: true}"),
         ["apps/Old_One", "apps/api", "apps/deep"]),
        (directories("apps/web", more=", {path: 'apps/*', exclude: true}"), []),
        (directories("apps/*", more=", {path: 'apps/[A-Z]*', exclude: true}"),
         ["apps/api", "apps/deep", "apps/web"]),
        (directories("apps/*", more=", {path: '*/?e*', exclude: true}"),
         ["apps/Old_One", "apps/api"]),
        (directories("nowhere/*"), []),
    ],
)  # fmt: skip
def test_git_directories(tmp_path: Path, generator: str, paths: list[str]) -> None:
    text = application_set("teams", generator, "{path: '{{.path.path}}'}", "{{.path.basename}}")
    make(tmp_path, {**TEAMS, "argocd/set.yaml": text})
    assert outline(tmp_path, "argocd") == {
        "teams": {path.rpartition("/")[2]: [f"directory {path}"] for path in paths}
    }


def test_the_component_of_an_application_set_lies_where_its_applications_do(tmp_path: Path) -> None:
    many = application_set(
        "many", directories("apps/*"), "{path: '{{.path.path}}'}", "{{.path.basename}}"
    )
    one = application_set(
        "one", directories("apps/web"), "{path: '{{.path.path}}'}", "{{.path.basename}}"
    )
    none = application_set(
        "none", directories("x/*"), "{path: '{{.path.path}}'}", "{{.path.basename}}"
    )
    make(tmp_path, {**TEAMS, "argocd/set.yaml": "---\n".join([many, one, none])})
    where = {item.component.name: item.component.path for item in found(tmp_path, "argocd")}
    assert where == {
        "many": str(tmp_path / "apps"),
        "one": str(tmp_path / "apps"),
        "none": str(tmp_path / "argocd"),
    }
    (item,) = [item for item in found(tmp_path, "argocd") if item.component.name == "one"]
    (app,) = item.component.applications
    assert (app.namespace, app.pattern, app.line) == ("web", True, 15)


def test_names_and_values_of_the_git_generator(tmp_path: Path) -> None:
    generator = (
        "git: {pathParamPrefix: team, values: {stage: '{{.team.path.basename}}-prod'},"
        " directories: [{path: 'apps/*'}]}"
    )
    text = application_set(
        "teams", generator, "{path: '{{.team.path.path}}'}",
        "{{.values.stage}}-{{index .team.path.segments 0}}-{{.team.path.basenameNormalized}}",
    )  # fmt: skip
    make(tmp_path, {**TEAMS, "argocd/set.yaml": text})
    assert list(outline(tmp_path, "argocd")["teams"]) == [
        "Old_One-prod-apps-old-one", "api-prod-apps-api", "deep-prod-apps-deep",
        "web-prod-apps-web",
    ]  # fmt: skip


def test_templates_of_the_old_kind(tmp_path: Path) -> None:
    text = application_set(
        "teams", directories("apps/w*"), "{path: '{{path}}'}", "{{path[0]}}-{{path.basename}}"
    ).replace("  goTemplate: true\n", "")
    make(tmp_path, {**TEAMS, "argocd/set.yaml": text})
    assert outline(tmp_path, "argocd") == {"teams": {"apps-web": ["directory apps/web"]}}


def test_a_list_generator_makes_one_for_each_element(tmp_path: Path) -> None:
    elements = (
        "list: {elements: [{env: dev, values: {dir: web}}, {env: prod, values: {dir: api}}, x]}"
    )
    text = application_set("envs", elements, "{path: 'apps/{{.values.dir}}'}", "app-{{ .env }}")
    make(tmp_path, {**TEAMS, "argocd/set.yaml": text})
    assert outline(tmp_path, "argocd") == {
        "envs": {"app-dev": ["directory apps/web"], "app-prod": ["directory apps/api"]}
    }


def test_applications_whose_names_cannot_be_told_are_still_told_apart(tmp_path: Path) -> None:
    text = application_set(
        "t", directories("apps/[aw]*"), "{path: '{{.path.path}}'}", "{{ shaWhat .path }}"
    )
    make(tmp_path, {**TEAMS, "argocd/set.yaml": text})
    assert outline(tmp_path, "argocd") == {
        "t": {"t-api": ["directory apps/api"], "t-web": ["directory apps/web"]}
    }


@pytest.mark.parametrize(
    ("generator", "named"),
    [
        ("matrix: {generators: []}", "matrix"),
        ("merge: {generators: [{list: {elements: []}}, {clusters: {}}]}", "merge"),
        ("git: {repoURL: x}", "git"),
        ("list: {}", "list"),
        ("nothing: {}", "nothing"),
        ("{}", "?"),
    ],
)
def test_generators_that_are_not_read_are_told(tmp_path: Path, generator: str, named: str) -> None:
    text = application_set("teams", generator, "{path: apps}", "x")
    make(tmp_path, {**TEAMS, "argocd/set.yaml": text})
    (item,) = found(tmp_path, "argocd")
    (finding,) = item.findings
    assert (finding.code, finding.severity, finding.line) == ("WF011", "note", 1)
    assert f"`{named}` generator of ApplicationSet teams is not read" in finding.message


@pytest.mark.parametrize(
    "spec",
    ["{}", "[]", "{generators: x, template: y}", "{generators: [x, {git: x}, {list: x}]}",
     "{generators: [{list: {elements: [{a: b}]}}]}",
     "{generators: [{list: {elements: [{a: b}]}}], template: {metadata: x, spec: y}}",
     "{generators: [{git: {directories: [x, {path: [1]}, {exclude: true}]}}], template: {}}"],
)  # fmt: skip
def test_a_malformed_application_set_makes_nothing(tmp_path: Path, spec: str) -> None:
    text = manifest("argoproj.io/ApplicationSet", "t", more=f"spec: {spec}\n")
    make(tmp_path, {"argocd/set.yaml": text})
    (item,) = found(tmp_path, "argocd")
    assert item.component.applications == ()
    assert errors([item], tmp_path) == []


# --- app of apps


def test_an_application_that_brings_others_is_their_parent_at_any_depth(tmp_path: Path) -> None:
    make(tmp_path, {
        "root.yaml": application("root", "{path: apps}"),
        "apps/platform.yaml": application("platform", "{path: p, directory: {recurse: true}}", 1),
        "apps/web.yaml": application("web", "{path: web}", 2),
        "p/deep/db.yaml": application("db", "{path: db}"),
        "p/namespace.yaml": manifest("Namespace", "db"),
        "web/x.yaml": CM,
        "db/x.yaml": CM,
    })  # fmt: skip
    (item,) = found(tmp_path)
    assert (item.component.name, item.component.path) == ("root", str(tmp_path))
    assert {app.name: app.parent for app in item.component.applications} == {
        "root": "", "platform": "root", "web": "root", "db": "platform",
    }  # fmt: skip


def test_a_parent_that_does_not_recurse_brings_its_own_directory_only(tmp_path: Path) -> None:
    make(tmp_path, {
        "root.yaml": application("root", "{path: apps}"),
        "apps/web.yaml": application("web", "{path: web}"),
        "apps/more/api.yaml": application("api", "{path: api}"),
        "web/x.yaml": CM,
        "api/x.yaml": CM,
    })  # fmt: skip
    assert {name: list(apps) for name, apps in outline(tmp_path).items()} == {
        "root": ["root", "web"],
        tmp_path.name: ["api"],
    }


@pytest.mark.parametrize(
    ("directory", "children"),
    [
        ("{recurse: true}", ["api", "web"]),
        ("{recurse: true, exclude: 'more/*'}", ["web"]),
        ("{recurse: true, include: '*/api.yaml'}", ["api"]),
        ("{include: '{web,api}.yaml'}", ["web"]),
        ("{exclude: 'w*'}", []),
    ],
)
def test_a_parent_brings_what_its_patterns_leave_in(
    tmp_path: Path, directory: str, children: list[str]
) -> None:
    make(tmp_path, {
        "root.yaml": application("root", f"{{path: apps, directory: {directory}}}"),
        "apps/web.yaml": application("web", "{path: web}"),
        "apps/more/api.yaml": application("api", "{path: api}"),
        "web/x.yaml": CM,
        "api/x.yaml": CM,
    })  # fmt: skip
    apps = [app for item in found(tmp_path) for app in item.component.applications]
    assert sorted(app.name for app in apps if app.parent == "root") == children


def test_applications_in_a_chart_that_need_no_rendering_are_its_children(tmp_path: Path) -> None:
    """What stands in braces is known to Helm alone."""
    make(tmp_path, {
        "root.yaml": application("root", "{path: apps}"),
        "apps/Chart.yaml": "name: apps\n",
        "apps/templates/web.yaml": application("web", "{path: web}", 1),
        "apps/templates/api.yaml": application("'{{ .Values.x }}'", "{path: web}", 1),
        "apps/templates/_helpers.tpl": "",
        "apps/charts/sub/templates/db.yaml": application("db", "{path: web}"),
        "web/x.yaml": CM,
    })  # fmt: skip
    (item,) = [item for item in found(tmp_path) if not item.leftover]
    assert {app.name: app.parent for app in item.component.applications} == {
        "root": "", "web": "root",
    }  # fmt: skip


def test_the_nearest_parent_counts_and_nobody_is_its_own(tmp_path: Path) -> None:
    make(tmp_path, {
        "all/root.yaml": application("root", "{path: all, directory: {recurse: true}}"),
        "all/inner/inner.yaml": application("inner", "{path: all/inner/apps}"),
        "all/inner/apps/web.yaml": application("web", "{path: web}"),
        "web/x.yaml": CM,
    })  # fmt: skip
    (item,) = found(tmp_path, "all")
    assert {app.name: app.parent for app in item.component.applications} == {
        "root": "", "inner": "root", "web": "inner",
    }  # fmt: skip


def test_applications_that_bring_each_other_have_no_parent(tmp_path: Path) -> None:
    make(tmp_path, {
        "a/a.yaml": application("a", "{path: b}"),
        "b/b.yaml": application("b", "{path: a}"),
    })  # fmt: skip
    (item,) = found(tmp_path)
    assert {app.name: app.parent for app in item.component.applications} == {"a": "", "b": ""}


def test_the_same_names_in_two_clusters_are_two_families(tmp_path: Path) -> None:
    files = {}
    for cluster in ("dev", "prod"):
        files[f"{cluster}/root.yaml"] = application("root", f"{{path: {cluster}/apps}}")
        files[f"{cluster}/apps/web.yaml"] = application("web", f"{{path: {cluster}/web}}")
        files[f"{cluster}/web/x.yaml"] = CM
    make(tmp_path, files)
    assert [
        (item.component.path, [app.name for app in item.component.applications])
        for item in found(tmp_path)
    ] == [(str(tmp_path / "dev"), ["root", "web"]), (str(tmp_path / "prod"), ["root", "web"])]


def test_the_same_name_twice_in_one_component_says_where_it_is(tmp_path: Path) -> None:
    make(tmp_path, {
        "dev/web.yaml": application("web", "{path: x}"),
        "prod/web.yaml": "---\n".join([application("web", "{path: x}")] * 2),
        "x/x.yaml": CM,
    })  # fmt: skip
    (item,) = found(tmp_path)
    assert [app.name for app in item.component.applications] == [
        "web@dev/web.yaml", "web@prod/web.yaml", "web@prod/web.yaml:10",
    ]  # fmt: skip


# --- Applications that nothing in sight applies


def test_orphans_without_waves_share_a_component(tmp_path: Path) -> None:
    make(tmp_path, {
        "argocd/web.yaml": application("web", "{path: web}"),
        "argocd/api.yaml": application("api", "{path: api}"),
        "web/x.yaml": CM,
        "api/x.yaml": CM,
    })  # fmt: skip
    (item,) = found(tmp_path, "argocd")
    assert item.component.path == str(tmp_path / "argocd")
    assert [(app.name, app.parent) for app in item.component.applications] == [
        ("api", ""),
        ("web", ""),
    ]


def test_orphans_with_waves_have_the_path_as_their_parent(tmp_path: Path) -> None:
    make(tmp_path, {
        "argocd/web.yaml": application("web", "{path: web}", 2),
        "argocd/api.yaml": application("api", "{path: api}"),
        "web/x.yaml": CM,
        "api/x.yaml": CM,
    })  # fmt: skip
    (item,) = found(tmp_path, "argocd")
    top, *rest = item.component.applications
    assert (top.name, top.parent) == ("argocd", "")
    assert sources(top, tmp_path) == ["file argocd/api.yaml", "file argocd/web.yaml"]
    assert [(app.name, app.parent) for app in rest] == [("api", "argocd"), ("web", "argocd")]


def test_a_wave_beside_an_orphan_counts_as_its_own(tmp_path: Path) -> None:
    text = manifest("Namespace", "web", -1) + "---\n" + application("web", "{path: web}")
    make(tmp_path, {"argocd/web.yaml": text, "web/x.yaml": CM})
    assert list(outline(tmp_path, "argocd")["argocd"]) == ["argocd", "web"]


def test_what_stands_in_one_file_with_an_orphan_is_applied_with_it(tmp_path: Path) -> None:
    text = CM + "---\n" + application("web", "{path: web}")
    make(tmp_path, {"argocd/web.yaml": text, "web/x.yaml": CM})
    assert outline(tmp_path, "argocd/web.yaml") == {
        "web": {"web-applications": ["file argocd/web.yaml"], "web": ["directory web"]}
    }


def test_manifests_beside_orphans_with_waves_are_applied_with_them(tmp_path: Path) -> None:
    make(tmp_path, {
        "argocd/web.yaml": application("web", "{path: web}", 1),
        "argocd/project.yaml": manifest("argoproj.io/AppProject", "p", 5),
        "argocd/values.yaml": "a: b\n",
        "other/y.yaml": CM,
        "web/x.yaml": CM,
    })  # fmt: skip
    name = tmp_path.name
    assert outline(tmp_path) == {
        name: {
            name: ["file argocd/project.yaml", "file argocd/web.yaml"],
            "web": ["directory web"],
        },
        f"{name}-manifests": {
            f"{name}-manifests": ["file argocd/values.yaml", "file other/y.yaml"]
        },
    }


def test_a_wave_on_a_manifest_beside_orphans_is_one_of_their_order(tmp_path: Path) -> None:
    make(tmp_path, {
        "argocd/web.yaml": application("web", "{path: web}"),
        "argocd/project.yaml": manifest("argoproj.io/AppProject", "p", 5),
        "web/x.yaml": CM,
    })  # fmt: skip
    assert list(outline(tmp_path, "argocd")["argocd"]) == ["argocd", "web"]


NAME = "{{.path.basename}}"


def test_what_stands_in_one_file_with_an_application_set_is_not_lost(tmp_path: Path) -> None:
    text = (
        CM
        + "---\n"
        + application_set("set", directories("apps/*"), "{path: '{{.path.path}}'}", NAME)
    )
    make(tmp_path, {**TEAMS, "argocd/set.yaml": text})
    assert outline(tmp_path, "argocd")["argocd"] == {"argocd": ["file argocd/set.yaml"]}


def test_an_application_set_alone_is_no_component_of_its_own(tmp_path: Path) -> None:
    text = application_set("set", directories("apps/*"), "{path: '{{.path.path}}'}", NAME)
    make(tmp_path, {**TEAMS, "argocd/set.yaml": text})
    assert list(outline(tmp_path, "argocd")) == ["set"]


def test_an_application_set_in_the_templates_of_a_chart_is_the_charts(tmp_path: Path) -> None:
    make(tmp_path, {
        "chart/Chart.yaml": "name: c\n",
        "chart/templates/set.yaml": CM + "---\n"
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: set}\n",
    })  # fmt: skip
    assert outline(tmp_path) == {"set": {}, "chart": {"chart": ["helm chart"]}}


@pytest.mark.parametrize("how", ["{path: argocd}", "{path: argocd, kustomize: {}}"])
def test_an_application_set_that_an_application_brings_is_not_brought_twice(
    tmp_path: Path, how: str
) -> None:
    text = (
        CM
        + "---\n"
        + application_set("set", directories("apps/*"), "{path: '{{.path.path}}'}", NAME)
    )
    make(tmp_path, {
        **TEAMS, "argocd/set.yaml": text, "root.yaml": application("root", how),
    })  # fmt: skip
    if "kustomize" in how:
        make(tmp_path, {"argocd/kustomization.yaml": kustomization("set.yaml")})
    brought = [
        where
        for apps in outline(tmp_path).values()
        for wheres in apps.values()
        for where in wheres
        if "argocd" in where
    ]
    assert len(brought) == 1


def test_a_parent_that_stands_for_a_path_has_a_name_of_its_own(tmp_path: Path) -> None:
    make(tmp_path, {"web/app.yaml": application("web", "{path: x}", 1), "x/x.yaml": CM})
    assert list(outline(tmp_path, "web")["web"]) == ["web-applications", "web"]


def test_orphans_that_a_kustomization_applies_are_its_children(tmp_path: Path) -> None:
    make(tmp_path, {
        "argocd/kustomization.yaml": kustomization("web.yaml", "project.yaml"),
        "argocd/web.yaml": application("web", "{path: web}", 1),
        "argocd/project.yaml": manifest("argoproj.io/AppProject", "p", -1),
        "web/x.yaml": CM,
    })  # fmt: skip
    (item,) = found(tmp_path, "argocd")
    assert item.component.name == "argocd"
    top, web = item.component.applications
    assert (top.name, sources(top, tmp_path)) == ("argocd", ["kustomize argocd"])
    assert (web.name, web.parent) == ("web", "argocd")


def parents(root: Path, *paths: str) -> dict[str, str]:
    return {
        app.name: app.parent
        for item in found(root, *paths)
        for app in item.component.applications
        if app.file
    }


def test_applications_that_bring_one_another_are_not_lost(tmp_path: Path) -> None:
    make(tmp_path, {
        "argo/a/x.yaml": application("into-b", "{path: argo/b}"),
        "argo/b/x.yaml": application("back-to-a", "{path: argo/a}"),
    })  # fmt: skip
    assert parents(tmp_path, "argo") == {"into-b": "", "back-to-a": ""}


def test_a_ring_below_a_parent_hangs_from_it(tmp_path: Path) -> None:
    make(tmp_path, {
        "root.yaml": application("root", "{path: a}"),
        "a/x.yaml": application("into-b", "{path: b}"),
        "b/x.yaml": application("back-to-a", "{path: a}"),
    })  # fmt: skip
    assert parents(tmp_path) == {"root": "", "into-b": "root", "back-to-a": "into-b"}


def test_an_application_that_brings_itself_has_itself_as_no_parent(tmp_path: Path) -> None:
    make(tmp_path, {
        "apps/self.yaml": application("self", "{path: apps}"),
        "apps/web.yaml": application("web", "{path: web}"),
        "web/x.yaml": CM,
    })  # fmt: skip
    assert parents(tmp_path) == {"self": "", "web": "self"}


def test_an_application_that_two_bring_is_planned_below_the_first(tmp_path: Path) -> None:
    make(tmp_path, {
        "one.yaml": application("one", "{path: apps}"),
        "two.yaml": application("two", "{path: apps}"),
        "apps/web.yaml": application("web", "{path: web}", 1),
        "web/x.yaml": CM,
    })  # fmt: skip
    assert parents(tmp_path) == {"one": "", "web": "one", "two": ""}


# --- what lies beside Argo CD objects


def test_what_no_application_applies_is_left_over(tmp_path: Path) -> None:
    make(tmp_path, {
        "argocd/web.yaml": application("web", "{path: web}"),
        "argocd/project.yaml": manifest("argoproj.io/AppProject", "p"),
        "web/x.yaml": CM,
        "web/sub/y.yaml": CM,
        "charts/api/Chart.yaml": "name: api\n",
        "env/kustomization.yaml": kustomization(),
    })  # fmt: skip
    name = tmp_path.name
    assert outline(tmp_path) == {
        name: {"web": ["directory web"]},
        f"{name}-manifests": {
            f"{name}-manifests": ["file argocd/project.yaml", "file web/sub/y.yaml"]
        },
        "api": {"api": ["helm charts/api"]},
        "env": {"env": ["kustomize env"]},
    }
    assert {item.component.name for item in found(tmp_path) if item.leftover} == {
        f"{name}-manifests", "api", "env",
    }  # fmt: skip


def test_what_an_application_applies_is_not_left_over(tmp_path: Path) -> None:
    make(tmp_path, {
        "argocd/web.yaml": application("web", "{path: web, directory: {recurse: true}}"),
        "argocd/api.yaml": application("api", "{path: api/prod}"),
        "web/sub/y.yaml": CM,
        "api/prod/kustomization.yaml": kustomization("../base"),
        "api/base/kustomization.yaml": kustomization("x.yaml"),
        "api/base/x.yaml": CM,
    })  # fmt: skip
    assert list(outline(tmp_path)) == [tmp_path.name]


def test_components_of_one_name_and_place_are_told_apart(tmp_path: Path) -> None:
    one = application_set(
        "set", directories("apps/web"), "{path: '{{.path.path}}'}", "dev-{{.path.basename}}"
    )
    make(tmp_path, {
        **TEAMS,
        "argocd/dev.yaml": one,
        "argocd/prod.yaml": one.replace("dev-", "prod-"),
        "argocd/same.yaml": one,
    })  # fmt: skip
    assert outline(tmp_path, "argocd") == {
        "set": {"dev-web": ["directory apps/web"]},
        "set-2": {"prod-web": ["directory apps/web"]},
    }


def test_templates_of_a_chart_are_no_argo_objects_yet(tmp_path: Path) -> None:
    text = application("{{ .Values.name }}", "{path: '{{ .Values.path }}'}")
    make(tmp_path, {
        "chart/Chart.yaml": "name: apps\n",
        "chart/templates/a.yaml": text.replace("{{ .Values.name }}", "'{{ .Values.name }}'"),
        "chart/templates/b.yaml": "{{- range .Values.apps }}\n---\n" + text + "{{- end }}\n",
    })  # fmt: skip
    assert outline(tmp_path, "chart") == {"chart": {"chart": ["helm chart"]}}
    assert errors(found(tmp_path, "chart"), tmp_path) == []
    assert errors(found(tmp_path, "chart/templates"), tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "kind: Application\napiVersion: argoproj.io/v1alpha1\n",
        "kind: Application\napiVersion: app.k8s.io/v1beta1\nmetadata: {name: argoproj.io/x}\n",
        "# argoproj.io/ Application\n- kind: Application\n",
        manifest("argoproj.io/AppProject", "Application"),
    ],
)
def test_what_only_looks_like_an_application_is_none(tmp_path: Path, text: str) -> None:
    make(tmp_path, {"a/x.yaml": text})
    assert outline(tmp_path, "a") == {"a": {"a": ["file a/x.yaml"]}}


@pytest.mark.parametrize(
    "spec", ["", "spec: x\n", "spec: {source: x, sources: y, destination: z}\n"]
)
def test_a_malformed_application_applies_nothing(tmp_path: Path, spec: str) -> None:
    make(tmp_path, {"a/x.yaml": manifest("argoproj.io/Application", "x", more=spec)})
    assert outline(tmp_path, "a") == {"a": {"x": []}}


@pytest.mark.parametrize("seed", range(20))
def test_what_kustomizations_include_is_found_in_one_pass(tmp_path: Path, seed: int) -> None:
    """In rings too, and however many lead to one: the same as from each of them by itself."""
    choose = Random(seed)
    names = "abcdef"
    files = {}
    for name in names:
        others = choose.sample(names, choose.randrange(3))
        lines = "".join(f"- ../{other}\n" for other in others)
        files[f"{name}/kustomization.yaml"] = f"resources:\n- x.yaml\n{lines}"
    tree = Tree(str(make(tmp_path, files)))
    for starts in (names, names[:3], names[:1]):
        homes = [str(tmp_path / name) for name in starts]
        assert included(tree, homes) == set().union(*(references(tree, home) for home in homes))


@pytest.mark.parametrize("named", [["b", "a"], ["b", "c", "a"]], ids=len)
def test_a_ring_of_kustomizations_is_told(tmp_path: Path, named: list[str]) -> None:
    files = {
        f"{name}/kustomization.yaml": kustomization("x.yaml", f"../{other}")
        for name, other in zip(["a", *named], named, strict=False)
    }
    files |= {f"{name}/x.yaml": manifest("ConfigMap", name, 1, "shop") for name in named}
    status, stdout, stderr = run(make(tmp_path, files), "lint")
    assert status == 2, stdout
    assert "a/kustomization.yaml: a kustomization that includes itself; break the circle" in stderr
