"""Objects: ids and namespaces, phases, declared and effective waves, sites, and what is fixed."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, everything, make, manifest, rendered

from wavefix.model import Resource

WAVE = "argocd.argoproj.io/sync-wave"


def one(root: Path, text: str, name: str = "x.yaml") -> Resource:
    """The one resource of a file."""
    make(root, {name: text})
    (resource,) = rendered(root).values()
    return resource


def noted(annotations: str, kind: str = "batch/Job") -> str:
    return manifest(kind, "a", more=f"  annotations: {annotations}\n")


# --- ids and namespaces


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (manifest("ConfigMap", "a"), "ConfigMap/default/a"),
        (manifest("ConfigMap", "a", namespace="web"), "ConfigMap/web/a"),
        (manifest("apps/Deployment", "a", namespace="web"), "Deployment.apps/web/a"),
        (manifest("networking.k8s.io/Ingress", "a"), "Ingress.networking.k8s.io/default/a"),
        (manifest("Namespace", "a"), "Namespace/a"),
        (manifest("Namespace", "a", namespace="odd"), "Namespace/a"),
        (manifest("rbac.authorization.k8s.io/ClusterRole", "a:b"),
         "ClusterRole.rbac.authorization.k8s.io/a:b"),
        (manifest("ConfigMap", "8080"), "ConfigMap/default/8080"),
        # nobody knows the kind, so nobody guesses its namespace
        (manifest("example.org/Widget", "a"), "Widget.example.org/a"),
        (manifest("example.org/Widget", "a", namespace="web"), "Widget.example.org/web/a"),
    ],
)  # fmt: skip
def test_ids(tmp_path: Path, text: str, id: str) -> None:
    assert one(tmp_path, text).id == id


def test_the_scope_of_a_kind_that_an_object_defines(tmp_path: Path) -> None:
    template = (
        "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\n"
        "metadata: {name: owned}\nspec: {crd: {spec: {names: {kind: Owned}}}}\n"
    )
    make(tmp_path, {
        "argocd/web.yaml": application("web", "{path: web}", namespace="there"),
        "web/x.yaml": template + "---\n" + manifest("constraints.gatekeeper.sh/Owned", "all"),
    })  # fmt: skip
    assert "Owned.constraints.gatekeeper.sh/all" in rendered(tmp_path, "argocd")


def test_the_namespace_is_the_objects_then_the_destination_then_default(tmp_path: Path) -> None:
    make(tmp_path, {
        "argocd/web.yaml": application("web", "{path: web}", namespace="there"),
        "web/x.yaml": "---\n".join([
            manifest("ConfigMap", "a"), manifest("ConfigMap", "b", namespace="own"),
            manifest("example.org/Widget", "w"), manifest("Namespace", "ns"),
        ]),
    })  # fmt: skip
    assert set(rendered(tmp_path, "argocd")) == {
        "ConfigMap/there/a", "ConfigMap/own/b", "Widget.example.org/there/w", "Namespace/ns",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "id"),
    [("Cluster", "Widget.example.org/a"), ("Namespaced", "Widget.example.org/default/a")],
)
def test_a_definition_in_sight_says_whether_its_kind_has_namespaces(
    tmp_path: Path, scope: str, id: str
) -> None:
    spec = f"spec: {{group: example.org, scope: {scope}, names: {{kind: Widget}}}}\n"
    make(tmp_path, {
        "a.yaml": manifest("example.org/Widget", "a"),
        "crd.yaml": manifest("apiextensions.k8s.io/CustomResourceDefinition", "w", more=spec),
    })  # fmt: skip
    assert id in rendered(tmp_path)


def test_the_source_names_are_kept_beside_the_new_ones(tmp_path: Path) -> None:
    make(tmp_path, {
        "kustomization.yaml": "resources: [x.yaml]\nnamespace: web\nnamePrefix: p-\n",
        "x.yaml": manifest("ConfigMap", "a", namespace="old"),
    })  # fmt: skip
    item = rendered(tmp_path)["ConfigMap/web/p-a"]
    assert (item.source_name, item.source_namespace) == ("a", "old")


def test_names_that_the_server_completes_are_told_apart(tmp_path: Path) -> None:
    text = manifest("batch/Job", "x").replace("name: x", "generateName: migrate-")
    make(tmp_path, {"x.yaml": "---\n".join([text, text, text])})
    assert set(rendered(tmp_path)) == {
        f"Job.batch/default/migrate-{more}" for more in ("", "(2)", "(3)")
    }


def test_items_of_a_list_are_objects(tmp_path: Path) -> None:
    make(tmp_path, {
        "x.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n"
        f"  metadata:\n    name: a\n    annotations:\n      {WAVE}: '1'\n"
        "- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n",
        "y.json": '{"apiVersion": "v1", "kind": "ConfigMapList", "items": [],\n"metadata": {}}',
        "z.yaml": "apiVersion: v1\nkind: ConfigMapList\nitems: null\n",
    })  # fmt: skip
    items = rendered(tmp_path)
    assert set(items) == {"ConfigMap/default/a", "Secret/default/b"}
    a, b = items.values()
    assert (a.at, a.line, a.sites[0].path, a.sites[0].line) == (
        ("items", 0), 4, ("items", 0, "metadata", "annotations"), 9,
    )  # fmt: skip
    assert (b.at, b.line) == (("items", 1), 10)


# --- waves: what is declared, and what Argo CD makes of it


@pytest.mark.parametrize(
    ("annotations", "declared", "effective", "findings"),
    [
        ("{}", None, 0, []),
        (f"{{{WAVE}: '3'}}", 3, 3, []),
        (f"{{{WAVE}: '-3'}}", -3, -3, []),
        (f"{{{WAVE}: '+1'}}", 1, 1, []),
        (f"{{{WAVE}: '007'}}", 7, 7, []),
        (f"{{{WAVE}: '0'}}", 0, 0, []),
        # no integer: Argo CD falls back without a word
        (f"{{{WAVE}: ' 1'}}", None, 0, ["WF004"]),
        (f"{{{WAVE}: abc}}", None, 0, ["WF004"]),
        (f"{{{WAVE}: '1.5'}}", None, 0, ["WF004"]),
        (f"{{{WAVE}: ''}}", None, 0, ["WF004"]),
        (f"{{{WAVE}: '1_0'}}", None, 0, ["WF004"]),
        (f"{{{WAVE}: abc, helm.sh/hook-weight: '5'}}", None, 5, ["WF004"]),
        # no string: the API server refuses it
        (f"{{{WAVE}: 1}}", 1, 1, ["WF005"]),
        (f"{{{WAVE}: -1}}", -1, -1, ["WF005"]),
        (f"{{{WAVE}: 1.5}}", None, 0, ["WF005"]),
        (f"{{{WAVE}: true}}", None, 0, ["WF005"]),
        (f"{{{WAVE}: [1]}}", None, 0, ["WF005"]),
        (f"{{{WAVE}: null}}", None, 0, []),
        (f"{{{WAVE}: }}", None, 0, []),
        # Helm's weight counts where no wave is given
        ("{helm.sh/hook-weight: '-5'}", None, -5, []),
        (f"{{{WAVE}: '2', helm.sh/hook-weight: '-5'}}", 2, 2, []),
        ("text", None, 0, []),
        ("[]", None, 0, []),
    ],
)  # fmt: skip
def test_declared_and_effective_waves(
    tmp_path: Path, annotations: str, declared: int | None, effective: int, findings: list[str]
) -> None:
    make(tmp_path, {"x.yaml": noted(annotations)})
    (item,), told, errors = everything(tmp_path)
    assert errors == []
    assert (item.declared, item.effective) == (declared, effective)
    assert [(finding.code, finding.line) for finding in told] == [(code, 5) for code in findings]
    assert all(finding.resource == item.id for finding in told)


@pytest.mark.parametrize(
    ("annotations", "phase"),
    [
        ("{}", "Sync"),
        ("{argocd.argoproj.io/hook: PreSync}", "PreSync"),
        ("{argocd.argoproj.io/hook: PostSync}", "PostSync"),
        ("{argocd.argoproj.io/hook: SyncFail}", "SyncFail"),
        ("{argocd.argoproj.io/hook: Skip}", "Skip"),
        ("{argocd.argoproj.io/hook: ' Sync , PreSync'}", "PreSync"),
        # sync_phase.go: Skip counts alone only
        ("{argocd.argoproj.io/hook: 'Skip, PostSync'}", "PostSync"),
        ("{argocd.argoproj.io/hook: 'Skip, nothing'}", "Skip"),
        # ignore.go: a hook that Argo CD does not know is never applied
        ("{argocd.argoproj.io/hook: presync}", "Skip"),
        ("{argocd.argoproj.io/hook: ''}", "Skip"),
        ("{argocd.argoproj.io/hook: nothing, helm.sh/hook: pre-install}", "PreSync"),
        ("{argocd.argoproj.io/hook: nothing, helm.sh/hook: crd-install}", "Skip"),
        ("{helm.sh/hook: crd-install}", "Sync"),
        ("{helm.sh/hook: 'crd-install,pre-install'}", "PreSync"),
        ("{helm.sh/hook: 'post-delete, post-install'}", "PostSync"),
        ("{helm.sh/hook: pre-rollback}", "Skip"),
        ("{helm.sh/hook: 'pre-install,pre-upgrade'}", "PreSync"),
        ("{helm.sh/hook: post-upgrade}", "PostSync"),
        ("{helm.sh/hook: test}", "Skip"),
        ("{argocd.argoproj.io/hook: PostSync, helm.sh/hook: pre-install}", "PostSync"),
    ],
)
def test_phases(tmp_path: Path, annotations: str, phase: str) -> None:
    assert one(tmp_path, noted(annotations)).phase == phase


def test_a_hook_that_kustomize_adds_counts(tmp_path: Path) -> None:
    make(tmp_path, {
        "kustomization.yaml": "resources: [x.yaml]\ncommonAnnotations:\n"
        "  argocd.argoproj.io/hook: PreSync\n  helm.sh/hook-weight: '4'\n",
        "x.yaml": manifest("batch/Job", "a"),
    })  # fmt: skip
    (item,) = rendered(tmp_path).values()
    assert (item.phase, item.declared, item.effective) == ("PreSync", None, 4)
    assert item.sites[0].mechanism == "manifest"


# --- sites


def test_the_site_of_a_wave_is_its_line(tmp_path: Path) -> None:
    text = "# first\na: 1\n---\n" + manifest("ConfigMap", "a", 4).replace("v1\n", "v1\n\n")
    make(tmp_path, {"x.yaml": manifest("Secret", "s") + "---\n" + text.partition("---\n")[2]})
    item = rendered(tmp_path)["ConfigMap/default/a"]
    (site,) = item.sites
    assert (site.mechanism, site.file, site.document) == ("manifest", str(tmp_path / "x.yaml"), 1)
    assert (site.path, site.line, site.before) == (("metadata", "annotations"), 12, "4")
    assert (item.file, item.line) == (str(tmp_path / "x.yaml"), 6)


@pytest.mark.parametrize(
    ("wave", "before"), [("1", "1"), ("true", "true"), ("1.5", "1.5"), ("", ""), ("' 1'", " 1")]
)
def test_the_site_says_what_is_written(tmp_path: Path, wave: str, before: str) -> None:
    make(tmp_path, {"x.yaml": noted(f"{{{WAVE}: {wave}}}")})
    (item,), _, _ = everything(tmp_path)
    assert item.sites[0].before == before


def test_without_a_wave_the_site_is_where_the_object_begins(tmp_path: Path) -> None:
    item = one(tmp_path, "---\n\n" + manifest("ConfigMap", "a"))
    assert (item.sites[0].line, item.sites[0].before, item.declared) == (3, None, None)


def test_objects_of_argo_cd_have_a_mechanism_of_their_own(tmp_path: Path) -> None:
    make(tmp_path, {
        "root.yaml": application("root", "{path: apps}"),
        "apps/web.yaml": application("web", "{path: nowhere}", 3),
        "apps/set.yaml": application("set", "{}", 2, kind="ApplicationSet"),
        "apps/p.yaml": manifest("argoproj.io/AppProject", "p", 1),
    })  # fmt: skip
    resources, _, _ = everything(tmp_path)
    assert {item.kind: (item.sites[0].mechanism, item.declared) for item in resources} == {
        "Application.argoproj.io": ("application", 3),
        "ApplicationSet.argoproj.io": ("application", 2),
        "AppProject.argoproj.io": ("manifest", 1),
    }


# --- what Argo CD never reads


@pytest.mark.parametrize(
    ("kind", "spec", "found"),
    [
        ("apps/Deployment",
         "spec:\n  template:\n    metadata:\n      annotations:\n        {w}\n", 9),
        ("batch/Job", "spec: {{template: {{metadata: {{annotations: {{{w}}}}}}}}}\n", 5),
        ("batch/CronJob",
         "spec:\n  jobTemplate:\n    spec:\n      template:\n"
         "        metadata: {{annotations: {{{w}}}}}\n", 9),
        ("Pod", "spec: {{metadata: {{annotations: {{{w}}}}}}}\n", 0),
        ("ConfigMap", "spec: {{template: {{metadata: {{annotations: {{{w}}}}}}}}}\n", 0),
    ],
)  # fmt: skip
def test_a_wave_on_a_pod_template_is_a_finding(
    tmp_path: Path, kind: str, spec: str, found: int
) -> None:
    make(tmp_path, {"x.yaml": manifest(kind, "a", more=spec.format(w=f"{WAVE}: '1'"))})
    (item,), findings, _ = everything(tmp_path)
    assert (item.declared, item.effective) == (None, 0)
    told = [(finding.code, finding.severity, finding.line) for finding in findings]
    assert told == ([("WF001", "warning", found)] if found else [])


# --- what cannot move


def test_pins_of_the_configuration(tmp_path: Path) -> None:
    make(tmp_path, {
        ".wavefix.yaml": "pin: [ConfigMap/default/a, 'Secret/*', Namespace]\n",
        "x.yaml": "---\n".join([
            manifest("ConfigMap", "a"), manifest("ConfigMap", "b"), manifest("Secret", "s"),
            manifest("Namespace", "ns"),
        ]),
    })  # fmt: skip
    assert {id: item.fixed for id, item in rendered(tmp_path).items()} == {
        "ConfigMap/default/a": "pinned in .wavefix.yaml",
        "ConfigMap/default/b": "",
        "Namespace/ns": "pinned in .wavefix.yaml",
        "Secret/default/s": "pinned in .wavefix.yaml",
    }


def test_pins_beside_the_wave(tmp_path: Path) -> None:
    pin = " # wavefix: pin\n"
    make(tmp_path, {
        "x.yaml": "---\n".join([
            manifest("ConfigMap", "a", 1).replace('"1"\n', f'"1"{pin}'),
            manifest("ConfigMap", "b", 1).replace("name: b\n", f"name: b{pin}"),
            manifest("ConfigMap", "c").replace("apiVersion: v1\n", f"apiVersion: v1{pin}"),
        ]),
    })  # fmt: skip
    fixed = {item.name: item.fixed for item in rendered(tmp_path).values()}
    assert fixed == {"a": "pinned by a comment", "b": "", "c": "pinned by a comment"}


def test_what_sops_guards_and_what_is_skipped_stay(tmp_path: Path) -> None:
    make(tmp_path, {
        "s.yaml": manifest("Secret", "s", 1, more="sops: {mac: 'ENC[x]', version: 3.9.0}\n"),
        "t.yaml": manifest("Secret", "t", 1, more="sops: {}\n"),
        "u.yaml": noted("{argocd.argoproj.io/hook: Skip}"),
    })  # fmt: skip
    assert {item.name: item.fixed for item in rendered(tmp_path).values()} == {
        "s": "it is encrypted by SOPS: an edit would break its MAC",
        "t": "",
        "a": "Argo CD never applies it (hook: Skip)",
    }


# --- plain directories: reposerver/repository/repository.go


TEXT = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "NAME"}}'
FILES = ["x.yaml", "y.json", "sub/z.yaml", "sub/deep/w.yml", "test-a.yaml"]


@pytest.mark.parametrize(
    ("directory", "names"),
    [
        ("{}", "test-a x y"),
        ("{recurse: false}", "test-a x y"),
        ("{recurse: true}", "test-a w x y z"),
        ("{include: x.yaml}", "x"),
        ("{include: '*.yaml'}", "test-a x"),
        ("{exclude: '*.yaml'}", "y"),
        ("{exclude: 'test-*'}", "x y"),
        ("{include: '{x,y}.*'}", "x y"),
        ("{recurse: true, include: '*.yaml'}", "test-a x z"),
        ("{recurse: true, include: 'sub/*'}", "w z"),
        ("{recurse: true, exclude: '**/deep/**'}", "test-a x y z"),
        ("{recurse: true, exclude: '{sub/deep/*,?.json}'}", "test-a x z"),
        ("{include: '[!x].*'}", "y"),
        ("{include: '[[x].*'}", "x"),
        ("{include: '[z-a'}", ""),
    ],
)
def test_which_files_of_a_directory_are_applied(tmp_path: Path, directory: str, names: str) -> None:
    files = {name: Path(name).stem for name in FILES}
    make(tmp_path, {
        "argocd/web.yaml": application("web", f"{{path: web, directory: {directory}}}"),
        **{f"web/{name}": TEXT.replace("NAME", stem) for name, stem in files.items()},
        "web/skipped.yaml": "# +argocd:skip-file-rendering\n" + manifest("ConfigMap", "skipped"),
    })  # fmt: skip
    assert [item.name for item in rendered(tmp_path, "argocd").values()] == names.split()


def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    make(tmp_path, {
        ".wavefix.yaml": "exclude: [vendor/]\n",
        "argocd/a.yaml": application("a", "{path: nowhere}"),
        "argocd/b.yaml": application("b", "{path: web, plugin: {name: x}}"),
        "argocd/c.yaml": application("c", "{path: vendor}"),
        "web/x.yaml": manifest("ConfigMap", "x"),
        "vendor/x.yaml": manifest("ConfigMap", "x"),
    })  # fmt: skip
    resources, findings, errors = everything(tmp_path, "argocd")
    assert (resources, errors) == ([], [])
    assert [
        (finding.code, finding.message.replace(str(tmp_path) + "/", "")) for finding in findings
    ] == [
        ("WF011", f"`{what}: what it brings is not planned")
        for what in (
            "nowhere` is not in this repository",
            "web` is rendered by a plugin, which is not run",
            "vendor` is excluded in .wavefix.yaml",
        )
    ]


# --- two objects with one id


def test_one_id_twice_in_one_application_is_an_error(tmp_path: Path) -> None:
    make(tmp_path, {
        "web/a.yaml": manifest("ConfigMap", "a"),
        "web/b.yaml": manifest("Secret", "s") + "---\n" + manifest("ConfigMap", "a"),
    })  # fmt: skip
    resources, _, errors = everything(tmp_path, "web")
    assert errors == [
        "web/b.yaml:6: ConfigMap/default/a is defined twice in Application web: also in a.yaml:1"
    ]
    assert len(resources) == 2


def test_one_id_in_two_applications_is_fine(tmp_path: Path) -> None:
    make(tmp_path, {
        "argocd/a.yaml": application("a", "{path: web}"),
        "argocd/b.yaml": application("b", "{path: web}"),
        "web/x.yaml": manifest("ConfigMap", "x"),
    })  # fmt: skip
    resources, _, errors = everything(tmp_path, "argocd")
    assert errors == []
    assert [(item.application, item.name) for item in resources] == [("a", "x"), ("b", "x")]
