"""Kustomizations: which objects they bring under which names, and which wave those end up with.

Where kustomize is installed, everything is compared with what it builds.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path as Path_
from typing import Any

import pytest
from test_discover_samples import everything, found, make, manifest, rendered

from wavefix.catalogue import catalogue
from wavefix.model import SYNC_WAVE, Edit, PatchTarget, Path, Resource, Site
from wavefix.patch import check, prepare
from wavefix.plan.spaces import place
from wavefix.render import render
from wavefix.render.patches import selects
from wavefix.yamlio import get, load

KUSTOMIZE = shutil.which("kustomize") or shutil.which(
    "kustomize", path=str(Path_.home() / "go/bin")
)

WAVE = "argocd.argoproj.io/sync-wave"
POINTER = "/metadata/annotations/argocd.argoproj.io~1sync-wave"
ALL = "---\n".join(
    [
        manifest("Namespace", "web"),
        manifest("ConfigMap", "a", 1, more="data: {x: y}\n"),
        manifest("ConfigMap", "b", namespace="other"),
        manifest("apps/Deployment", "api", more="  labels: {app: api, tier: back}\nspec: {}\n"),
        manifest("rbac.authorization.k8s.io/ClusterRole", "role"),
        manifest("storage.k8s.io/StorageClass", "fast", 2),
        manifest("apiregistration.k8s.io/APIService", "v1.example.org"),
        manifest("example.org/Widget", "w", namespace="web"),
        manifest("example.org/Widget", "v", -3),
        manifest("apiextensions.k8s.io/CustomResourceDefinition", "widgets.example.org",
                 more="spec: {group: example.org, scope: Cluster, names: {kind: Widget}}\n"),
    ]
)  # fmt: skip
BASE = {"base/kustomization.yaml": "resources: [all.yaml]\n", "base/all.yaml": ALL}


def over(text: str, **more: str) -> dict[str, str]:
    """An overlay of the base."""
    return {**BASE, "kustomization.yaml": "resources: [base]\n" + text, **more}


def patch(text: str, target: str = "") -> str:
    """One inline patch."""
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return f"- patch: |\n{lines}" + (f"  target: {target}\n" if target else "")


def merged(wave: str, kind: str = "v1/ConfigMap", name: str = "a") -> str:
    version, _, only = kind.rpartition("/")
    return (
        f"apiVersion: {version}\nkind: {only}\nmetadata:\n  name: {name}\n"
        f"  annotations: {{{WAVE}: {wave}}}\n"
    )


def step(op: str, value: str = "", pointer: str = POINTER) -> str:
    return f"- {{op: {op}, path: {pointer}" + (f", value: {value}}}\n" if value else "}\n")


INNER = "commonAnnotations: {argocd.argoproj.io/sync-wave: '3', other: x}\n"

# Each is read from source and built by kustomize: ids and effective waves must be the same.
CASES: dict[str, dict[str, str]] = {
    "resources": over(""),
    "bases": {**BASE, "kustomization.yml": "bases: [./base/]\n"},
    "Kustomization": {**BASE, "Kustomization": "resources:\n- base/all.yaml\n"},
    "namespace": over("namespace: prod\n"),
    "prefix and suffix": over("namePrefix: p-\nnameSuffix: -s\n"),
    "annotations": over(INNER),
    "outer annotations win": {
        **over("commonAnnotations: {argocd.argoproj.io/sync-wave: '5'}\nnamePrefix: o-\n"),
        "base/kustomization.yaml": "resources: [all.yaml]\nnamePrefix: i-\nnamespace: in\n" + INNER,
    },
    "annotations without a wave": over("commonAnnotations: {a: b}\n"),
    "three levels": {
        **BASE,
        "mid/kustomization.yaml": "resources: [../base]\nnamePrefix: m-\n" + INNER,
        "top/kustomization.yaml": "resources: [../mid]\nnameSuffix: -t\nnamespace: top\n",
        "kustomization.yaml": "resources: [top]\ncommonAnnotations: {x: z}\n",
    },
    "two bases": {
        **BASE,
        "more/kustomization.yaml": "resources: [x.yaml]\n" + INNER,
        "more/x.yaml": manifest("Secret", "s"),
        "kustomization.yaml": "resources: [base, more]\n",
    },
    "a component": {
        **over("components: [extra]\ncommonAnnotations: {x: z}\n"),
        "extra/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\n"
        "kind: Component\nresources: [x.yaml]\nnamePrefix: c-\n" + INNER,
        "extra/x.yaml": manifest("Secret", "s", 9),
    },
    "a component and generators": {
        **over("components: [extra]\nconfigMapGenerator: [{name: g, literals: [a=b]}]\n"),
        "extra/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\n"
        "kind: Component\n" + INNER,
    },
    "generators": over(
        "namePrefix: p-\ngeneratorOptions: {annotations: {argocd.argoproj.io/sync-wave: '4'}}\n"
        "configMapGenerator:\n- {name: g, literals: [a=b]}\n"
        "- {name: h, namespace: far, literals: [a=b],"
        " options: {annotations: {argocd.argoproj.io/sync-wave: '6'}}}\n"
        "secretGenerator:\n- {name: g, literals: [a=b], options: {annotations: {x: z}}}\n"
    ),
    "a generator that merges": {
        **over("configMapGenerator: [{name: g, behavior: merge, literals: [c=d]}]\n"),
        "base/kustomization.yaml":
            "resources: [all.yaml]\nconfigMapGenerator: [{name: g, literals: [a=b]}]\n",
    },
    "a generator that merges annotations": {
        **over("generatorOptions: {annotations: {argocd.argoproj.io/sync-wave: '6'}}\n"
               "configMapGenerator: [{name: g, behavior: merge, literals: [c=d]},"
               " {name: h, behavior: replace, literals: [c=d],"
               " options: {annotations: {x: 'y'}}}]\n"),
        "base/kustomization.yaml": "resources: [all.yaml]\nconfigMapGenerator:\n"
            "- {name: g, literals: [a=b], options: {annotations:"
            " {argocd.argoproj.io/sync-wave: '3'}}}\n- {name: h, literals: [a=b]}\n",
    },
    "a patch inline": over("patches:\n" + patch(merged("'7'"))),
    "a patch in a file": over("patches: [{path: p.yaml}]\n", **{"p.yaml": merged("'7'")}),
    "a patch of several": over(
        "patches: [{path: p.yaml}]\n",
        **{"p.yaml": merged("'7'") + "---\n" + merged("'8'", "apps/v1/Deployment", "api")},
    ),
    "a patch in JSON": over("patches:\n" + patch(
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a",'
        f' "annotations": {{"{WAVE}": "7"}}}}}}'
    )),
    "a patch for all of a kind": over("patches:\n" + patch(merged("'7'"), "{kind: ConfigMap}")),
    "a patch for kinds": over(
        "patches:\n" + patch(merged("'7'"), "{kind: ConfigMap|Deployment, name: a.*}")
    ),
    "a patch for odd names": over("patches:\n" + patch(merged("'7'"), "{name: '[[a]'}")),
    "a patch for a group": over("patches:\n" + patch(merged("'7'"), "{group: apps}")),
    "a patch for a version": over("patches:\n" + patch(merged("'7'"), "{version: v2|v1beta1}")),
    "a patch for a namespace": over("patches:\n" + patch(merged("'7'"), "{namespace: other|web}")),
    "a patch for labels": over("patches:\n" + patch(merged("'7'"), "{labelSelector: app=api}")),
    "a patch for other labels": over(
        "patches:\n" + patch(merged("'7'"), "{labelSelector: 'app in (x,y), tier'}")
    ),
    "a patch for labels of the base": {
        **over("patches:\n" + patch(merged("'7'"), "{labelSelector: 'from=base,!x'}")),
        "base/kustomization.yaml": "resources: [all.yaml]\nlabels: [{pairs: {from: base}}]\n",
    },
    "a patch for annotations": over(
        "patches:\n" + patch(merged("'7'"), f"{{annotationSelector: '{WAVE}=2'}}")
    ),
    "a patch by the old name": {
        **over("patches:\n" + patch(merged("'7'", name="i-a")) + patch(merged("'8'", name="b")
               .replace("metadata:", "metadata:\n  namespace: other"))),
        "base/kustomization.yaml": "resources: [all.yaml]\nnamePrefix: i-\n",
    },
    "a patch that takes the wave away": over("patches:\n" + patch(merged("null"))),
    "a patch with another annotation": over("patches:\n" + patch(merged("'7'").replace(WAVE, "x"))),
    "a patch that deletes": over(
        "patches:\n" + patch("$patch: delete\n" + merged("'7'"))
    ),
    "JSON patch: add": over(
        "patches:\n" + patch(step("add", "'7'"), "{kind: ConfigMap, name: a}")
    ),
    "JSON patch: the last step decides": over("patches:\n" + patch(
        step("add", "{x: 'y'}", "/metadata/annotations")
        + step("add", "'7'") + step("replace", "'9'"), "{kind: ConfigMap}",
    )),
    "a patch that replaces the annotations": over("patches:\n" + patch(
        merged("'7'").replace(f"{WAVE}: '7'", "$patch: replace, x: 'y'")
    )),
    "a patch that replaces the annotations and sets a wave": over("patches:\n" + patch(
        merged("'7', $patch: replace")
    )),
    "a patch that deletes the annotations": over("patches:\n" + patch(
        merged("'7'").replace(f"{WAVE}: '7'", "$patch: delete")
    )),
    "the last of several patches decides": over(
        "patches:\n" + patch(step("add", "'7'"), "{kind: ConfigMap, name: a}")
        + patch(merged("'8'")) + patch(merged("'7'").replace(WAVE, "x"))
    ),
    "JSON patch: replace": over("patches:\n" + patch(step("replace", "'7'"), "{name: fast}")),
    "JSON patch: remove": over("patches:\n" + patch(step("remove"), "{name: fast}")),
    "JSON patch: all annotations": over("patches:\n" + patch(
        step("add", f"{{{WAVE}: '7'}}", "/metadata/annotations"), "{kind: ConfigMap}"
    )),
    "JSON patch: no annotations": over(
        "patches:\n" + patch(step("remove", pointer="/metadata/annotations"), "{name: a}")
    ),
    "JSON patch: something else": over(
        "patches:\n" + patch(step("add", "z", "/data/x"), "{name: a}")
    ),
    "JSON patch in a file": over(
        "patches: [{path: p.json, target: {kind: ConfigMap, name: a}}]\n",
        **{"p.json": f'[{{"op": "replace", "path": "{POINTER}", "value": "7"}}]'},
    ),
    "annotations after patches": over("patches:\n" + patch(merged("'7'")) + INNER),
    "a patch after the annotations of the base": {
        **over("patches:\n" + patch(merged("'7'"))),
        "base/kustomization.yaml": "resources: [all.yaml]\n" + INNER,
    },
    "patchesStrategicMerge": over(
        "patchesStrategicMerge:\n- p.yaml\n- |\n  "
        + merged("'8'", "apps/v1/Deployment", "api").replace("\n", "\n  ").rstrip(" "),
        **{"p.yaml": merged("'7'")},
    ),
    "patchesJson6902 comes after annotations": over(
        "patchesJson6902:\n"
        + patch(step("replace", "'7'"), "{version: v1, kind: ConfigMap, name: a}") + INNER
    ),
    "local configuration": {
        "kustomization.yaml": "resources: [x.yaml]\n",
        "x.yaml": ALL + "---\n" + manifest("ConfigMap", "local").replace(
            "metadata:", "metadata:\n  annotations: {config.kubernetes.io/local-config: 'true'}"
        ),
    },
    "a list": {
        "kustomization.yaml": "resources: [x.yaml]\nnamespace: ns\n",
        "x.yaml": "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap,"
        " metadata: {name: a}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b,"
        f" annotations: {{{WAVE}: '2'}}}}}}\n",
    },
    "JSON": {
        "kustomization.yaml": "resources: [x.json]\n",
        "x.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}',
    },
}  # fmt: skip


def summary(resources: list[Resource]) -> dict[str, int]:
    """Effective waves by id, generated names without their hash."""
    hashed = re.compile(r"(?P<name>(?:ConfigMap|Secret)/.*)-[a-z0-9]{10}\Z")
    return {hashed.sub(r"\g<name>", item.id): item.effective for item in resources}


@pytest.mark.skipif(KUSTOMIZE is None, reason="kustomize is not installed (CI installs it)")
@pytest.mark.parametrize("files", CASES.values(), ids=CASES)
def test_the_source_says_what_kustomize_builds(tmp_path: Path_, files: dict[str, str]) -> None:
    make(tmp_path / "source" / "web", files)
    built = subprocess.run(
        [str(KUSTOMIZE), "build", str(tmp_path / "source" / "web")],
        capture_output=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr.decode()
    make(tmp_path / "built", {"x.yaml": built.stdout})
    resources, _, errors = everything(tmp_path / "source", "web")
    wanted, _, _ = everything(tmp_path / "built")
    assert errors == []
    assert summary(resources) == summary(wanted)
    assert len(wanted) >= 1


# --- every place, written and built


def objects(directory: Path_) -> dict[str, dict[str, Any]]:
    """What kustomize builds, by kind and name; generated names without their hash."""
    built = subprocess.run(
        [str(KUSTOMIZE), "build", str(directory)], capture_output=True, check=False
    )
    assert built.returncode == 0, built.stderr.decode()
    out = {}
    for document in load(built.stdout.decode(), "built"):
        meta = document.data["metadata"]
        name = f"{document.data['kind']}/{re.sub(r'-[a-z0-9]{10}$', '', meta['name'])}"
        assert name not in out
        out[name] = document.data
    return out


def without_waves(data: Any) -> Any:
    """An object without any sync wave."""
    if isinstance(data, list):
        return [without_waves(item) for item in data]
    if not isinstance(data, dict):
        return data
    out = {key: without_waves(value) for key, value in data.items() if key != WAVE}
    return {key: value for key, value in out.items() if key != "annotations" or value}


def own_wave(data: Any) -> Any:
    return get(data, "metadata", "annotations", WAVE)


def new_patch(item: Resource) -> list[Site]:
    return [site for other in item.others for site in other if site.entry is not None]


@pytest.mark.skipif(KUSTOMIZE is None, reason="kustomize is not installed (CI installs it)")
@pytest.mark.parametrize("files", CASES.values(), ids=CASES)
def test_a_wave_written_at_a_place_moves_just_what_has_that_place(
    tmp_path: Path_, files: dict[str, str]
) -> None:
    web = tmp_path / "web"
    make(web, files)
    resources, _, _ = everything(tmp_path, "web")
    before = objects(web)
    bare = {name: without_waves(data) for name, data in before.items()}
    free = [item for item in resources if not item.fixed]
    for choice in ([(item, item.sites) for item in free], [(i, new_patch(i)) for i in free]):
        chosen = {
            f"{item.kind.partition('.')[0]}/{item.name}": site
            for item, sites in choice
            for site in sites
            if not check(site, Path_(site.file).read_text())
        }
        waves = {place(site): str(40 + number) for number, site in enumerate(chosen.values())}
        edits = [Edit(site, name, waves[place(site)]) for name, site in chosen.items()]
        patches = prepare(edits, {e.site.file: Path_(e.site.file).read_text() for e in edits})
        for patch in patches:
            Path_(patch.file).write_text(patch.after)
        after = objects(web) if patches else before
        assert {name: without_waves(data) for name, data in after.items()} == bare
        assert {name: own_wave(data) for name, data in after.items()} == {
            name: waves[place(chosen[name])] if name in chosen else own_wave(data)
            for name, data in before.items()
        }
        for patch in patches:
            Path_(patch.file).write_text(patch.before)


# --- sites: where the wave that counts is written


def test_the_site_is_the_outermost_common_annotation(tmp_path: Path_) -> None:
    make(tmp_path, {
        **over("commonAnnotations:\n  argocd.argoproj.io/sync-wave: '5'\n"),
        "base/kustomization.yaml": "resources: [all.yaml]\n" + INNER,
    })  # fmt: skip
    site = rendered(tmp_path)["ConfigMap/default/a"].sites[0]
    assert (site.mechanism, site.file, site.line, site.before) == (
        "kustomize-annotations", str(tmp_path / "kustomization.yaml"), 3, "5",
    )  # fmt: skip
    assert (site.document, site.path, site.inner, site.moot) == (
        0,
        ("commonAnnotations",),
        (),
        False,
    )


def test_an_inner_common_annotation_is_the_site_where_no_outer_one_sets_a_wave(
    tmp_path: Path_,
) -> None:
    make(tmp_path, {
        **over("commonAnnotations: {a: b}\n"),
        "base/kustomization.yaml": "# first\n---\nresources: [all.yaml]\n" + INNER,
    })  # fmt: skip
    item = rendered(tmp_path)["ConfigMap/default/a"]
    assert item.sites[0].file == str(tmp_path / "base" / "kustomization.yaml")
    assert (item.declared, item.effective, item.fixed) == (3, 3, "")


def test_without_common_annotations_the_site_is_the_object(tmp_path: Path_) -> None:
    make(tmp_path, over("namePrefix: p-\nnamespace: ns\n"))
    item = rendered(tmp_path)["ConfigMap/ns/p-a"]
    (site,) = item.sites
    assert (site.mechanism, site.file, site.line, site.before) == (
        "manifest", str(tmp_path / "base" / "all.yaml"), 11, "1",
    )  # fmt: skip
    assert (item.source_name, item.source_namespace, item.declared) == ("a", "", 1)


# --- patches: the one that decides is the place

IN: Path = ("patches", 0, "patch")
MAP: Path = ("metadata", "annotations")


@pytest.mark.parametrize(
    ("name", "file", "path", "inner", "key", "before"),
    [
        ("a patch inline", "kustomization.yaml", IN, MAP, WAVE, "7"),
        ("a patch in a file", "p.yaml", MAP, (), WAVE, "7"),
        ("JSON patch: add", "kustomization.yaml", IN, (0,), "value", "7"),
        ("JSON patch in a file", "p.json", (0,), (), "value", "7"),
        ("JSON patch: all annotations", "kustomization.yaml", IN, (0, "value"), WAVE, "7"),
        ("JSON patch: the last step decides", "kustomization.yaml", IN, (2,), "value", "9"),
        ("a patch that takes the wave away", "kustomization.yaml", IN, MAP, WAVE, None),
        ("a patch that replaces the annotations", "kustomization.yaml", IN, MAP, WAVE, None),
        ("patchesJson6902 comes after annotations", "kustomization.yaml",
         ("patchesJson6902", 0, "patch"), (0,), "value", "7"),
        ("patchesStrategicMerge", "p.yaml", MAP, (), WAVE, "7"),
        ("the last of several patches decides", "kustomization.yaml",
         ("patches", 1, "patch"), MAP, WAVE, "8"),
        ("annotations after patches", "kustomization.yaml", ("commonAnnotations",), (), WAVE, "3"),
        ("a patch with another annotation", "base/all.yaml", MAP, (), WAVE, "1"),
        ("JSON patch: something else", "base/all.yaml", MAP, (), WAVE, "1"),
    ],
)  # fmt: skip
def test_the_patch_that_decides_is_the_site(
    tmp_path: Path_, name: str, file: str, path: Path, inner: Path, key: str, before: str | None
) -> None:
    make(tmp_path, CASES[name])
    item = rendered(tmp_path)["ConfigMap/default/a"]
    (site,) = item.sites
    assert (site.file, site.path, site.inner, site.key, site.before) == (
        str(tmp_path / file), path, inner, key, before,
    )  # fmt: skip
    assert item.fixed == ""
    assert item.declared == (None if before is None else int(before))


@pytest.mark.parametrize(
    ("name", "line"),
    [("a patch inline", 8), ("a patch in a file", 5), ("JSON patch: add", 4),
     ("JSON patch in a file", 1), ("patchesStrategicMerge", 5)],
)  # fmt: skip
def test_the_line_of_a_patch_is_that_of_the_wave(tmp_path: Path_, name: str, line: int) -> None:
    make(tmp_path, CASES[name])
    assert rendered(tmp_path)["ConfigMap/default/a"].sites[0].line == line


def test_a_patch_of_several_objects_is_one_site_for_all(tmp_path: Path_) -> None:
    make(tmp_path, CASES["a patch for kinds"])
    items = rendered(tmp_path)
    api, a = items["Deployment.apps/default/api"], items["ConfigMap/default/a"]
    assert api.sites == a.sites != items["ConfigMap/other/b"].sites


@pytest.mark.parametrize(
    "patches",
    [patch(step("remove"), "{name: a}"),
     patch(step("remove", pointer="/metadata/annotations"), "{name: a}"),
     patch(merged("'7'").replace(f"{{{WAVE}: '7'}}", "null")),
     patch(merged("'7'").replace(f"{WAVE}: '7'", "$patch: delete"))],
)  # fmt: skip
def test_where_a_patch_removes_the_wave_there_is_no_place(tmp_path: Path_, patches: str) -> None:
    make(tmp_path, over("patches:\n" + patches))
    item = rendered(tmp_path)["ConfigMap/default/a"]
    assert item.fixed == "a kustomize patch in kustomization.yaml removes its wave"
    assert (item.declared, item.effective) == (None, 0)


def test_a_comment_beside_the_wave_of_a_patch_pins_it(tmp_path: Path_) -> None:
    pinned = merged("'7'").replace("'7'}", "'7'} # wavefix: pin")
    make(tmp_path, over("patches:\n" + patch(pinned)))
    items = rendered(tmp_path)
    assert items["ConfigMap/default/a"].fixed == "pinned by a comment"
    assert items["Deployment.apps/default/api"].fixed == ""


# --- generators


def test_the_site_of_a_generated_object_is_its_options(tmp_path: Path_) -> None:
    files = CASES["generators"]
    make(tmp_path / "one", files)
    items = rendered(tmp_path / "one")
    for name, entry, declared, before in [
        ("ConfigMap/default/p-g", ("configMapGenerator", 0), 4, None),
        ("ConfigMap/far/p-h", ("configMapGenerator", 1), 6, "6"),
        ("Secret/default/p-g", ("secretGenerator", 0), 4, None),
    ]:
        item = items[name]
        (site,) = item.sites
        assert (item.fixed, item.declared) == ("", declared)
        assert (site.mechanism, site.path) == (
            "kustomize-annotations", (*entry, "options", "annotations"),
        )  # fmt: skip
        assert site.before == before
    assert items["ConfigMap/default/p-g"].source_name == "g"
    make(tmp_path / "two", {**files, "kustomization.yaml": files["kustomization.yaml"] + INNER})
    item = rendered(tmp_path / "two")["ConfigMap/default/p-g"]
    assert (item.fixed, item.declared) == ("", 3)
    assert [site.path for site in item.sites] == [("commonAnnotations",)]


# --- further choices


def test_what_has_a_common_wave_could_have_its_own(tmp_path: Path_) -> None:
    make(tmp_path, over(INNER))
    item = rendered(tmp_path)["ConfigMap/default/a"]
    (other,) = item.others
    assert [(site.mechanism, site.file, site.before) for site in other] == [
        ("manifest", str(tmp_path / "base" / "all.yaml"), "1")
    ]


def test_a_pinned_manifest_is_no_further_choice(tmp_path: Path_) -> None:
    pinned = ALL.replace('sync-wave: "1"', 'sync-wave: "1" # wavefix: pin')
    make(tmp_path, over(INNER, **{"base/all.yaml": pinned}))
    items = rendered(tmp_path)
    assert items["ConfigMap/default/a"].others == ()
    assert len(items["ConfigMap/other/b"].others) == 1


def test_a_patch_of_an_application_comes_after_one_of_its_kustomization(tmp_path: Path_) -> None:
    make(tmp_path, {
        **{f"web/{name}": text for name, text in over("", **{"p.yaml": merged("'7'")}).items()},
        "argocd/web.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
        "metadata: {name: web}\nspec:\n  source:\n    path: web\n    kustomize:\n"
        "      patches: [{path: p.yaml}]\n",
    })  # fmt: skip
    items = rendered(tmp_path, "argocd")
    a, b = items["ConfigMap/default/a"], items["ConfigMap/other/b"]
    assert (a.sites[0].file, a.others) == (str(tmp_path / "web" / "p.yaml"), ())
    assert [site.entry is not None for other in b.others for site in other] == [True]


def test_an_overlay_could_patch_what_its_base_says(tmp_path: Path_) -> None:
    make(
        tmp_path,
        {
            **over("namePrefix: p-\nnamespace: ns\npatches:\n" + patch(merged("'7'"))),
            "base/kustomization.yaml": "resources: [all.yaml]\nnamePrefix: b-\n" + INNER,
        },
    )
    items = rendered(tmp_path)
    other, entry = items["ConfigMap/ns/p-b-b"].others
    assert other[0].file == str(tmp_path / "base" / "all.yaml")
    assert (entry[0].file, entry[0].path, entry[0].before, entry[0].line) == (
        str(tmp_path / "kustomization.yaml"), ("patches",), None, 5,
    )  # fmt: skip
    assert entry[0].entry == PatchTarget("", "v1", "ConfigMap", "b-b", "other")
    assert items["StorageClass.storage.k8s.io/p-b-fast"].others[-1][0].entry == PatchTarget(
        "storage.k8s.io", "v1", "StorageClass", "b-fast"
    )


@pytest.mark.parametrize(
    "files",
    [
        over("patchesJson6902: []\n"),
        over(INNER),
        {"kustomization.yaml": "resources: [base, again]\n",
         "base/kustomization.yaml": "resources: [x.yaml]\n",
         "base/x.yaml": manifest("ConfigMap", "a"),
         "again/kustomization.yaml": "resources: [../base]\nnamePrefix: z-\n"},
        {"kustomization.yaml": "resources: [x.yaml]\n", "x.yaml":
         manifest("ConfigMap", "a").replace("name:", "generateName:")},
    ],
    ids=["later patches", "annotations after patches", "two of one name", "no name"],
)  # fmt: skip
def test_where_a_new_patch_could_not_set_the_wave_there_is_none(
    tmp_path: Path_, files: dict[str, str]
) -> None:
    make(tmp_path, files)
    item = rendered(tmp_path)["ConfigMap/default/a"]
    assert [site for other in item.others for site in other if site.entry is not None] == []


@pytest.mark.parametrize(
    ("wave", "code", "declared"),
    [("abc", "WF004", None), ("1", "WF005", 1), ("'1.5'", "WF004", None), ("true", "WF005", None)],
)
def test_a_common_annotation_that_is_no_wave_is_a_finding_at_its_line(
    tmp_path: Path_, wave: str, code: str, declared: int | None
) -> None:
    make(tmp_path, {
        "kustomization.yaml": f"resources: [x.yaml]\ncommonAnnotations:\n  {WAVE}: {wave}\n",
        "x.yaml": manifest("ConfigMap", "a", 5),
    })  # fmt: skip
    (item,), findings, _ = everything(tmp_path)
    assert item.declared == declared
    assert [(finding.code, finding.line) for finding in findings] == [(code, 3)]
    assert findings[0].file == str(tmp_path / "kustomization.yaml")


# --- an Application's own kustomize block: Argo CD edits it into the kustomization


def test_the_block_of_an_application_is_part_of_the_kustomization(tmp_path: Path_) -> None:
    block = (
        "{namePrefix: app-, namespace: there, components: [extra],"
        " patches: [{target: {kind: ConfigMap}, patch: '[{op: add, path: /metadata/annotations,"
        " value: {x: y}}]'}]}"
    )
    make(tmp_path, {
        **{f"web/{name}": text for name, text in over("namePrefix: own-\n").items()},
        "web/extra/kustomization.yaml": "kind: Component\nresources: [s.yaml]\n",
        "web/extra/s.yaml": manifest("Secret", "s"),
        "argocd/web.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
        f"metadata: {{name: web}}\nspec:\n  source:\n    path: web\n    kustomize: {block}\n",
    })  # fmt: skip
    items = rendered(tmp_path, "argocd")
    assert {id for id in items if id.startswith(("Config", "Secret"))} == {
        "ConfigMap/there/app-a", "ConfigMap/there/app-b", "Secret/there/app-s",
    }  # fmt: skip
    (site,) = items["ConfigMap/there/app-a"].sites
    assert (site.mechanism, site.file, site.before) == (
        "application", str(tmp_path / "argocd" / "web.yaml"), None,
    )  # fmt: skip
    at = ("spec", "source", "kustomize", "patches", 0, "patch")
    assert (site.path, site.inner) == (at, (0, "value"))
    assert items["ConfigMap/there/app-a"].others == ()


def test_common_annotations_of_an_application_are_its_site(tmp_path: Path_) -> None:
    make(tmp_path, {
        **{f"web/{name}": text for name, text in over(INNER).items()},
        "argocd/web.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
        "metadata: {name: web}\nspec:\n  source:\n    path: web\n    kustomize:\n"
        f"      commonAnnotations:\n        {WAVE}: '8'\n",
    })  # fmt: skip
    site = rendered(tmp_path, "argocd")["ConfigMap/default/a"].sites[0]
    assert (site.mechanism, site.file, site.line, site.before) == (
        "application", str(tmp_path / "argocd" / "web.yaml"), 9, "8",
    )  # fmt: skip
    assert site.path == ("spec", "source", "kustomize", "commonAnnotations")


# --- what cannot be read


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        ("gone.yaml", "kustomization.yaml:2: `gone.yaml` does not exist"),
        ("../../elsewhere", "kustomization.yaml:2: `../../elsewhere` leads out of the repository"),
        ("/etc", "kustomization.yaml:2: `/etc` leads out of the repository"),
        ("", "kustomization.yaml:2: an entry that names nothing"),
        ("{a: b}", "kustomization.yaml:2: an entry that names nothing"),
        ("empty", "empty:0: no kustomization in it"),
        ("circle", "kustomization.yaml:0: a kustomization that includes itself"),
        ("list", "list/kustomization.yaml:1: a kustomization that is no mapping"),
        ("text", "text/kustomization.yaml:2: `resources` is no list"),
        ("values.yaml", "values.yaml:1: an object without apiVersion and kind"),
        ("words.yaml", "words.yaml:1: a document that is no mapping"),
        ("half.yaml", "half.yaml:1: an object without kind"),
    ],
)
def test_resources_that_cannot_be_used(tmp_path: Path_, resource: str, error: str) -> None:
    root = make(tmp_path / "repository", {
        "kustomization.yaml": f"resources:\n- {resource}\n- x.yaml\n",
        "x.yaml": manifest("ConfigMap", "a"),
        "empty/readme.md": "",
        "circle/kustomization.yaml": "resources: [..]\n",
        "list/kustomization.yaml": "[]\n",
        "text/kustomization.yaml": "namespace: x\nresources: x.yaml\n",
        "values.yaml": "a: 1\n",
        "words.yaml": "just words\n",
        "half.yaml": "apiVersion: v1\nmetadata: {name: x}\n",
    })  # fmt: skip
    (tmp_path / "elsewhere").mkdir()
    resources, _, errors = everything(root)
    assert errors == [error]
    assert {item.id for item in resources} == {"ConfigMap/default/a"}


@pytest.mark.parametrize(
    "field",
    ["patches: [{path: gone.yaml}]", "patchesStrategicMerge: [gone.yaml]",
     "components: [gone.yaml]", "patchesJson6902: [{target: {name: x}, path: gone.yaml}]",
     "helmCharts: [{name: x, valuesFile: gone.yaml}]"],
)  # fmt: skip
def test_whatever_a_kustomization_names_must_exist(tmp_path: Path_, field: str) -> None:
    make(tmp_path, {"kustomization.yaml": f"namespace: x\n{field}\n"})
    _, _, errors = everything(tmp_path)
    assert errors == ["kustomization.yaml:2: `gone.yaml` does not exist"]


def test_a_broken_patch_is_named_with_its_line(tmp_path: Path_) -> None:
    make(tmp_path, over("patches:\n- patch: |\n    a: 1\n    b: ]\n", **{"x.yaml": "a: 1\n"}))
    _, _, errors = everything(tmp_path)
    assert [error.rpartition(":")[0] for error in errors] == ["kustomization.yaml:5: invalid YAML"]


@pytest.mark.parametrize(
    "name",
    ["https://github.com/a/b//c?ref=v1", "github.com/a/b//c?ref=v1", "git@github.com:a/b.git",
     "ssh://git@example.com/a", "git::https://example.com/a", "example.com/a/b?ref=v1",
     "https://example.com/x.yaml", "oci://example.com/a"],
)  # fmt: skip
def test_remote_resources_are_told_and_not_read(tmp_path: Path_, name: str) -> None:
    make(tmp_path, {"kustomization.yaml": f"resources:\n- x.yaml\n- {name}\n",
                    "x.yaml": manifest("ConfigMap", "a")})  # fmt: skip
    resources, findings, errors = everything(tmp_path)
    assert (len(resources), errors) == (1, [])
    assert [(finding.code, finding.line) for finding in findings] == [("WF011", 3)]
    assert findings[0].message == f"`{name}` is remote and not read: what it brings is not planned"


def test_what_is_excluded_is_not_read_though_it_is_named(tmp_path: Path_) -> None:
    make(tmp_path, {
        ".wavefix.yaml": "exclude: [vendor/, x.yaml]\n",
        "web/kustomization.yaml": "resources: [vendor, x.yaml, y.yaml]\n",
        "web/vendor/kustomization.yaml": "resources: [gone.yaml]\n",
        "web/x.yaml": "a: [\n",
        "web/y.yaml": manifest("ConfigMap", "a"),
    })  # fmt: skip
    resources, findings, errors = everything(tmp_path, "web")
    assert (len(resources), errors) == (1, [])
    assert [finding.message.partition(":")[0] for finding in findings] == [
        "`vendor` is excluded", "`x.yaml` is excluded",
    ]  # fmt: skip


def test_plugins_are_told_and_what_they_may_set_is_left_alone(tmp_path: Path_) -> None:
    make(tmp_path, over(
        "generators: [g.yaml]\ntransformers:\n- |-\n  apiVersion: builtin\n"
        "  kind: AnnotationsTransformer\n  metadata: {name: x}\n"
        f"  annotations: {{{WAVE}: '5'}}\n  fieldSpecs: [{{path: metadata/annotations}}]\n",
        **{"g.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\n"},
    ))  # fmt: skip
    resources, findings, errors = everything(tmp_path)
    assert errors == []
    assert {item.fixed for item in resources} == {"a kustomize transformer sets its wave"}
    assert [(finding.line, finding.message) for finding in findings] == [
        (2, "`generators` is not read: what it does is not planned"),
        (4, "`transformers` is not read: what it does is not planned"),
    ]


def test_a_base_used_twice_brings_its_objects_twice(tmp_path: Path_) -> None:
    make(tmp_path, {
        "base/kustomization.yaml": "resources: [x.yaml]\n",
        "base/x.yaml": manifest("ConfigMap", "a"),
        "dev/kustomization.yaml": "resources: [../base]\n",
        "prod/kustomization.yaml": "resources: [../base]\nnamePrefix: p-\n",
    })  # fmt: skip
    assert sorted(rendered(tmp_path)) == ["ConfigMap/default/a", "ConfigMap/default/p-a"]
    make(tmp_path, {"prod/kustomization.yaml": "resources: [../base]\n"})
    _, _, errors = everything(tmp_path)
    assert errors == [
        "base/x.yaml:1: ConfigMap/default/a is defined twice in Application "
        f"{tmp_path.name}: also in x.yaml:1"
    ]
    first, second = found(tmp_path, "dev", "prod")
    assert [len(render(item, catalogue())[0]) for item in (first, second)] == [1, 1]


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        ("", True), ("a=1", True), ("a==1", True), ("a=2", False), ("a!=2", True), ("a!=1", False),
        ("a", True), ("c", False), ("!c", True), ("!a", False), ("a=1,b=2", True),
        ("a=1, b=3", False), ("a in (1, 2)", True), ("a notin (1,2)", False), ("c notin (1)", True),
        ("x.io/y=z", True), ("a in 1", False), ("(((", False), ("c=", False), ("c!=1", True),
    ],
)  # fmt: skip
def test_selectors_are_read_as_kubectl_reads_them(selector: str, holds: bool) -> None:
    assert selects(selector, {"a": "1", "b": "2", "x.io/y": "z"}) == holds


def test_the_annotation_that_all_this_is_about() -> None:
    assert SYNC_WAVE == WAVE
