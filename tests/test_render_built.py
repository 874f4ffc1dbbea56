"""Kustomizations built by kustomize itself, in the places that are read from source."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, make, manifest
from test_render_releases import CHART, SHOW, read, release
from test_tools import packed, program, runs

from wavefix.model import Resource

pytestmark = pytest.mark.usefixtures("tools", "fresh")

WAVE = "argocd.argoproj.io/sync-wave"
PLAIN = {"a.yaml": manifest("ConfigMap", "a", 1), "b.yaml": manifest("ConfigMap", "b")}
BOTH = "resources: [a.yaml, b.yaml]\n"


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing is known from earlier runs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def built(
    root: Path, kustomization: str, files: dict[str, str] | None = None, block: str = ""
) -> dict[str, Resource]:
    """What the kustomization `k` brings; `block` is what its Application adds."""
    resources, findings = read(tree(root, kustomization, files, block))
    assert not [one.message for one in findings if "does not build it" in one.message]
    return resources


def tree(
    root: Path, kustomization: str, files: dict[str, str] | None = None, block: str = ""
) -> Path:
    source = f"{{repoURL: '', path: k{', kustomize: ' if block else ''}{block}}}"
    inside = PLAIN | (files or {})
    return make(root, {
        "apps/app.yaml": application("web", source, None, "shop"),
        "k/kustomization.yaml": kustomization,
        **{name[1:] if name[0] == "/" else f"k/{name}": text for name, text in inside.items()},
    })  # fmt: skip


def waves(items: dict[str, Resource]) -> dict[str, int]:
    return {item.name: item.effective for item in items.values()}


@pytest.mark.parametrize(
    ("kustomization", "block", "names"),
    [
        ("", "", {"a": 1, "b": 0}),
        ("namePrefix: x-\n", "", {"x-a": 1, "x-b": 0}),
        ("nameSuffix: -x\n", "{namePrefix: y-}", {"y-a-x": 1, "y-b-x": 0}),
        ("", "{namePrefix: x-, nameSuffix: -y}", {"x-a-y": 1, "x-b-y": 0}),
        ("namePrefix: x-\n", "{namePrefix: y-}", {"y-a": 1, "y-b": 0}),
        (f"commonAnnotations: {{{WAVE}: '3'}}\n", "", {"a": 3, "b": 3}),
        ("", f"{{commonAnnotations: {{{WAVE}: '4'}}}}", {"a": 4, "b": 4}),
        ("", "{components: [../part]}", {"a": 5, "b": 5}),
        ("", "{components: [../part, ../no], ignoreMissingComponents: true}", {"a": 5, "b": 5}),
        ("", "{patches: [{target: {name: a}, path: r.yaml}]}",
         {"a": 0, "b": 0}),
        ("patches: [{target: {name: b}, path: p.yaml}]\n", "", {"a": 1, "b": 6}),
        ("", "{patches: [{target: {name: b}, path: p.yaml}]}", {"a": 1, "b": 6}),
        ("components: [../part]\n", "", {"a": 5, "b": 5}),
        ("buildMetadata: [transformerAnnotations, originAnnotations]\n", "", {"a": 1, "b": 0}),
    ],
)  # fmt: skip
def test_names_and_waves_are_those_that_kustomize_makes(
    tmp_path: Path, kustomization: str, block: str, names: dict[str, int]
) -> None:
    files = {
        "/part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\n"
        f"kind: Component\ncommonAnnotations: {{{WAVE}: '5'}}\n",
        "r.yaml": "- {op: remove, path: /metadata/annotations}\n",
        "p.yaml": f"- {{op: add, path: /metadata/annotations, value: {{{WAVE}: '6'}}}}\n",
    }
    items = built(tmp_path, BOTH + kustomization, files, block)
    assert waves(items) == names
    assert not [item.fixed for item in items.values() if "understood" in item.fixed]


def test_an_application_puts_everything_into_its_namespace(tmp_path: Path) -> None:
    files = {"a.yaml": manifest("ConfigMap", "a", 1, "other")}
    items = built(tmp_path, BOTH, files, "{namespace: mine}")
    assert set(items) == {"ConfigMap/mine/a", "ConfigMap/mine/b"}


def test_labels_of_an_application_do_not_change_selectors_unless_they_are_to(
    tmp_path: Path,
) -> None:
    service = manifest("Service", "s", more="spec:\n  selector: {app: s}\n")
    for block, selector in (
        ("{commonLabels: {x: z}}", {"app": "s", "x": "z"}),
        ("{commonLabels: {x: z}, labelWithoutSelector: true}", {"app": "s"}),
    ):
        items = built(tmp_path, "resources: [s.yaml]\n", {"s.yaml": service}, block)
        body = items["Service/shop/s"].body
        assert body["spec"]["selector"] == selector
        assert body["metadata"]["labels"] == {"x": "z"}


@pytest.mark.parametrize(
    ("kustomization", "id"),
    [
        ("namespace: shop\n", "ClusterRole.rbac.authorization.k8s.io/r"),
        ("namespace: shop\nnamePrefix: x-\n", "ClusterRole.rbac.authorization.k8s.io/x-r"),
        ("patches: [{target: {name: r}, patch: '- {op: add, path: /metadata/name, value: new}'}]",
         "ClusterRole.rbac.authorization.k8s.io/new"),
    ],
)  # fmt: skip
def test_what_belongs_to_the_cluster_or_gets_another_name_keeps_its_place(
    tmp_path: Path, kustomization: str, id: str
) -> None:
    role = manifest("rbac.authorization.k8s.io/ClusterRole", "r", 2)
    item = built(tmp_path, f"resources: [a.yaml, r.yaml]\n{kustomization}", {"r.yaml": role})[id]
    assert item.sites[0].file == str(tmp_path / "k/r.yaml")
    assert (item.effective, item.fixed) == (2, "")


def test_a_replacement_reaches_the_body_and_the_place_stays(tmp_path: Path) -> None:
    text = BOTH + (
        "replacements:\n- source: {kind: ConfigMap, name: a, fieldPath: metadata.name}\n"
        "  targets: [{select: {name: b}, fieldPaths: [data.other], options: {create: true}}]\n"
    )
    item = built(tmp_path, text)["ConfigMap/shop/b"]
    assert item.body["data"] == {"other": "a"}
    assert item.sites[0].file == str(tmp_path / "k/b.yaml")


def test_a_replacement_that_sets_a_wave_locks_it(tmp_path: Path) -> None:
    text = BOTH + (
        "replacements:\n- source: {kind: ConfigMap, name: a, fieldPath: "
        f"'metadata.annotations.[{WAVE}]'}}\n"
        f"  targets: [{{select: {{name: b}}, fieldPaths: ['metadata.annotations.[{WAVE}]'],"
        " options: {create: true}}]\n"
    )
    item = built(tmp_path, text)["ConfigMap/shop/b"]
    assert item.effective == 1
    assert item.fixed == "something in its kustomizations sets its wave"


def test_a_transformer_that_sets_a_wave_locks_it(tmp_path: Path) -> None:
    text = (
        "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: t}\n"
        f"annotations: {{{WAVE}: '7'}}\n"
        "fieldSpecs: [{path: metadata/annotations, create: true}]\n"
    )
    files = {"t.yaml": text}
    items, findings = read(tree(tmp_path, f"{BOTH}transformers: [t.yaml]\n", files))
    assert waves(items) == {"a": 7, "b": 7}
    assert not [one for one in findings if "is not read" in one.message]
    assert all("sets its wave" in item.fixed for item in items.values())


def test_generated_objects_have_the_names_that_kustomize_gives_them(tmp_path: Path) -> None:
    pod = manifest("Pod", "p", more="spec:\n  volumes: [{name: v, configMap: {name: made}}]\n")
    text = "resources: [p.yaml]\nconfigMapGenerator: [{name: made, literals: [x=1]}]\n"
    items = built(tmp_path, text, {"p.yaml": pod})
    (name,) = [item.name for item in items.values() if item.kind == "ConfigMap"]
    assert name.startswith("made-")
    assert len(name) == len("made-") + 10
    assert items["Pod/shop/p"].body["spec"]["volumes"][0]["configMap"]["name"] == name
    made = next(item for item in items.values() if item.kind == "ConfigMap")
    assert "understood" not in made.fixed


def test_what_is_local_is_not_applied(tmp_path: Path) -> None:
    local = manifest("ConfigMap", "a").replace(
        "  name: a\n", "  name: a\n  annotations: {config.kubernetes.io/local-config: 'true'}\n"
    )
    assert set(built(tmp_path, BOTH, {"a.yaml": local})) == {"ConfigMap/shop/b"}


def test_images_are_those_of_the_kustomization(tmp_path: Path) -> None:
    pod = manifest("Pod", "p", more="spec:\n  containers: [{name: c, image: web}]\n")
    text = "resources: [p.yaml]\nimages: [{name: web, newTag: '7'}]\n"
    body = built(tmp_path, text, {"p.yaml": pod})["Pod/shop/p"].body
    assert body["spec"]["containers"][0]["image"] == "web:7"


# --- what cannot be built --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kustomization", "why"),
    [
        ("patches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: no}}'}]\n", "no"),
        ("nonsense: 1\n", "nonsense"),
        ("transformers: [plugin.yaml]\n", "plugin"),
        ("transformers: [exec.yaml]\n", "plugin"),
    ],
)
def test_what_kustomize_refuses_is_read_from_files_and_told_in_its_words(
    tmp_path: Path, kustomization: str, why: str
) -> None:
    touch = tmp_path / "ran"
    files = {
        "plugin.yaml": "apiVersion: example.com/v1\nkind: Plugin\nmetadata: {name: p}\n",
        "exec.yaml": "apiVersion: example.com/v1\nkind: Exec\nmetadata:\n  name: e\n"
        "  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./run.sh}\n",
        "run.sh": f"#!/bin/sh\ntouch {touch}\n",
    }
    root = tree(tmp_path / "tree", BOTH + kustomization, files)
    (root / "k/run.sh").chmod(0o755)
    items, findings = read(root)
    assert {"ConfigMap/shop/a", "ConfigMap/shop/b"} == set(items)
    (told,) = [one for one in findings if "kustomize does not build it" in one.message]
    assert (told.code, told.severity) == ("WF011", "warning")
    assert told.file == str(root / "k/kustomization.yaml")
    assert why in told.message
    assert "/tmp" not in told.message
    assert not touch.exists()


def test_generators_that_are_plugins_are_left_out_and_told(tmp_path: Path) -> None:
    plugin = "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nfiles: [s.yaml]\n"
    root = tree(tmp_path, f"{BOTH}namePrefix: x-\ngenerators: [g.yaml]\n", {"g.yaml": plugin})
    items, findings = read(root)
    assert waves(items) == {"x-a": 1, "x-b": 0}
    assert any("`generators` is not read" in one.message for one in findings)
    assert not any("does not build" in one.message for one in findings)


@pytest.mark.parametrize(
    "remote",
    [
        "https://example.com/install.yaml",
        "github.com/example/repository//base?ref=v1",
        "git@github.com:example/repository.git",
    ],
)
def test_kustomize_is_not_asked_to_fetch_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remote: str
) -> None:
    root = tree(tmp_path / "tree", f"resources: [a.yaml, b.yaml, '{remote}']\nnamePrefix: x-\n")
    shown = program(tmp_path / "bin", "cat kustomization.yaml >> $0.seen; exit 1", "kustomize")
    items, findings = read(root)
    assert waves(items) == {"x-a": 1, "x-b": 0}
    assert any("is remote and not read" in one.message for one in findings)
    monkeypatch.setenv("WAVEFIX_KUSTOMIZE", shown)
    read(root)
    assert "example" not in Path(f"{shown}.seen").read_text()


def test_what_is_missed_for_want_of_something_remote_is_no_warning(tmp_path: Path) -> None:
    text = (
        "resources: [a.yaml, 'https://example.com/install.yaml']\n"
        "patches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: remote}}'}]\n"
    )
    _, findings = read(tree(tmp_path, text))
    (told,) = [one for one in findings if "kustomize does not build it" in one.message]
    assert told.severity == "note"


def test_files_outside_the_repository_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(manifest("ConfigMap", "stolen"))
    root = tree(tmp_path / "tree", "resources: [a.yaml, link.yaml]\n")
    (root / "k/link.yaml").symlink_to(tmp_path / "outside.yaml")
    from test_discover_samples import everything

    resources, _, _ = everything(root, "apps")
    assert not [item for item in resources if item.name == "stolen"]


def test_without_kustomize_all_is_read_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVEFIX_KUSTOMIZE", "")
    assert waves(built(tmp_path, f"{BOTH}namePrefix: x-\n")) == {"x-a": 1, "x-b": 0}


# --- charts ----------------------------------------------------------------------------------

INFLATED = (
    "helmCharts:\n- {name: shop, releaseName: web, namespace: shop, version: 1.0.0,"
    " repo: 'https://charts.example.com', valuesInline: {a: 1}}\n"
)


@pytest.mark.parametrize("place", ["charts/shop-1.0.0/shop", "Helm's cache"])
def test_a_chart_of_a_kustomization_is_inflated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    members = {"Chart.yaml": CHART, "templates/show.yaml": SHOW, "values.yaml": "b: 2\n"}
    files = {f"{place}/{name}": text for name, text in members.items()}
    if place == "Helm's cache":
        monkeypatch.setenv("HELM_CACHE_HOME", str(tmp_path / "helm"))
        archive = tmp_path / "helm" / "repository" / "shop-1.0.0.tgz"
        packed(archive, {f"shop/{name}": text for name, text in members.items()})
        files = {}
    items = built(tmp_path / "tree", f"{INFLATED}namePrefix: x-\n", files)
    data = items["ConfigMap/shop/x-show"].body["data"]
    assert (data["release"], data["values"]) == ("web", '{"a":1,"b":2}')


def test_a_chart_that_is_not_there_stays_a_release_and_the_rest_is_built(tmp_path: Path) -> None:
    items, findings = read(tree(tmp_path, f"{BOTH}{INFLATED}namePrefix: x-\n"))
    assert set(items) == {"ConfigMap/shop/x-a", "ConfigMap/shop/x-b", "HelmRelease/shop/web"}
    assert any("shop 1.0.0 is not in Helm's cache" in one.message for one in findings)


def test_a_post_renderer_of_a_chart_is_never_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    files = {
        "plugin.yaml": f"name: p\nhooks: {{install: touch {ran}}}\ncommand: touch {ran}\n",
        "chart/templates/x.yaml": "",
    }
    assert release(tmp_path / "tree", "", files)
    assert not ran.exists()


def test_nothing_is_run_for_plain_manifests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = program(tmp_path / "bin", "echo run >> $0.runs; exit 1")
    monkeypatch.setenv("WAVEFIX_HELM", tool)
    monkeypatch.setenv("WAVEFIX_KUSTOMIZE", tool)
    source = "{repoURL: '', path: plain}"
    files = {"app.yaml": application("web", source), "plain/a.yaml": manifest("ConfigMap", "a")}
    assert set(read(make(tmp_path / "tree", files), "app.yaml")[0]) == {"ConfigMap/default/a"}
    assert runs(tool) == 0
