"""Helm values: layers merged as Helm merges them, each scalar with the place that decides it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from test_discover_samples import make

from wavefix.discover import Tree
from wavefix.model import SYNC_WAVE
from wavefix.model import Path as Steps
from wavefix.render.values import Layer, layer_of_file, layer_of_text, merge
from wavefix.yamlio import load

HELM = shutil.which("helm") or shutil.which("helm", path=str(Path.home() / "go/bin"))

DEFAULT = "a: {x: 1, z: 2}\nl: [1, {b: 2}]\nd: {deep: {v: 1, w: [3]}}\ns: text\n"
LAYERS = {
    "the chart's own": [],
    "a scalar": ["s: other\n"],
    "a key of a map": ["a: {x: 9}\n"],
    "a new key": ["a: {q: 1}\nnew: {m: 1}\n"],
    "lists are replaced": ["l: [7]\n"],
    "an empty list": ["l: []\nd: {deep: {w: []}}\n"],
    "an empty map changes nothing": ["a: {}\n"],
    "null deletes a scalar": ["s: null\na: {x: ~}\n"],
    "null deletes a map": ["a: null\nd: {deep: null}\n"],
    "null deletes a list": ["l: null\n"],
    "null where nothing is": ["new: null\na: {q: null}\n"],
    "a map for a scalar": ["s: {m: 1}\n"],
    "a scalar for a map": ["a: text\n"],
    "a list for a map": ["a: [1]\n"],
    "a map for a list": ["l: {m: 1}\n"],
    "later files win": ["s: one\na: {x: 5}\n", "s: two\n"],
    "later files merge": ["a: {q: 1}\n", "a: {r: 2}\n", "a: {q: 3}\n"],
    "later lists replace": ["k: [1, 2, 3]\n", "k: [{m: 1}]\n"],
    "null between files": ["k: {m: 1}\n", "k: null\n"],
    "a map after null has the chart's keys again": ["a: null\n", "a: {q: 1}\n"],
    "a scalar, then a map": ["k: 1\n", "k: {m: 2}\n"],
    "a map, then a scalar": ["k: {m: 2}\n", "k: 1\n"],
    "null in a list": ["l: [null, {b: null}, 3]\n"],
    "an empty file": ["", "s: x\n"],
}


def leaves(data: Any, path: Steps = ()) -> dict[Steps, Any]:
    """Scalars by path, as they are in data that Helm has merged."""
    if isinstance(data, (dict, list)):
        pairs = data.items() if isinstance(data, dict) else enumerate(data)
        return {
            at: leaf for key, value in pairs for at, leaf in leaves(value, (*path, key)).items()
        }
    return {} if data is None else {path: data}


def layers(*texts: str) -> list[Layer]:
    """The chart's own values, and those of files by number."""
    read = [load(text, "x") for text in texts]
    return [
        Layer(documents[0].data if documents else {}, str(number), 0, default=number == 0)
        for number, documents in enumerate(read)
    ]


@pytest.mark.skipif(HELM is None, reason="helm is not installed (CI installs it)")
@pytest.mark.parametrize("texts", LAYERS.values(), ids=LAYERS)
def test_layers_are_merged_as_helm_merges_them(tmp_path: Path, texts: list[str]) -> None:
    make(tmp_path, {
        "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n",
        "c/values.yaml": DEFAULT,
        "c/templates/x.yaml": "{{ .Values | toJson }}\n",
        **{f"{number}.yaml": text for number, text in enumerate(texts)},
    })  # fmt: skip
    files = [argument for number in range(len(texts)) for argument in ("-f", f"{number}.yaml")]
    built = subprocess.run(
        [str(HELM), "template", "c", *files], cwd=tmp_path, capture_output=True, check=True
    )
    wanted = leaves(json.loads(built.stdout.decode().splitlines()[-1]))
    assert {path: leaf.value for path, leaf in merge(layers(DEFAULT, *texts)).items()} == wanted


def test_each_scalar_remembers_the_layer_that_decides_it() -> None:
    merged = merge(layers("a: {x: 1, z: 2}\nl: [1, 2]\n", "a: {x: 3}\n", "l: [4]\n"))
    assert {path: leaf.layer.file for path, leaf in merged.items()} == {
        ("a", "x"): "1", ("a", "z"): "0", ("l", 0): "2",
    }  # fmt: skip


def test_a_value_repeated_by_a_later_file_is_decided_there() -> None:
    merged = merge(layers("a: 1\n", "a: 1\n"))
    assert merged[("a",)].layer.file == "1"


# --- places


def test_the_site_of_an_annotation_in_a_file(tmp_path: Path) -> None:
    make(tmp_path, {"v.yaml": f"---\n---\ndb:\n  podAnnotations:\n    {SYNC_WAVE}: '1'\n"})
    (layer,) = layer_of_file(Tree(str(tmp_path)), str(tmp_path / "v.yaml"))
    site = layer.site(("db", "podAnnotations"), "1")
    assert (site.mechanism, site.file, site.document, site.line) == (
        "helm-values", str(tmp_path / "v.yaml"), 1, 5,
    )  # fmt: skip
    assert (site.path, site.inner, site.before, site.moot) == (
        ("db", "podAnnotations"),
        (),
        "1",
        True,
    )


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (f"values: |\n  a: 1\n  db:\n    annotations: {{{SYNC_WAVE}: '1'}}\n", 4),
        (
            f"values: |-  # ours\n\n  # first\n  db:\n    annotations: {{{SYNC_WAVE}: '1'}}\n",
            5,
        ),
        (f"values: 'db: {{annotations: {{{SYNC_WAVE}: \"1\"}}}}'\n", 1),
        (f'values: "a: 1\\ndb:\\n  annotations: {{{SYNC_WAVE}: 1}}\\n"\n', 1),
        (f"x: 1\nvalues:\n  'a: 1\n\n  db: {{annotations: {{{SYNC_WAVE}: 1}}}}'\n", 2),
    ],
)
def test_the_site_of_an_annotation_in_text(tmp_path: Path, written: str, line: int) -> None:
    make(tmp_path, {"app.yaml": written})
    tree, file = Tree(str(tmp_path)), str(tmp_path / "app.yaml")
    data = tree.documents(file)[0].data
    (layer,) = layer_of_text(tree, data["values"], file, 0, ("values",), data.lines["values"])
    site = layer.site(("db", "annotations"), "1")
    assert (site.path, site.inner, site.line) == (("values",), ("db", "annotations"), line)
    assert tree.errors == []


@pytest.mark.parametrize(
    ("path", "moot"),
    [
        (("podAnnotations",), True), (("primary", "podAnnotations"), True),
        (("pod", "annotations"), True), (("podTemplate", "annotations"), True),
        (("annotations",), False), (("commonAnnotations",), False),
        (("deploymentAnnotations",), False), (("podDisruptionBudget", "annotations"), False),
        (("podMonitor", "annotations"), False), (("service", "annotations"), False),
    ],
)  # fmt: skip
def test_what_lands_on_pods_is_known_by_its_name(path: Steps, moot: bool) -> None:
    assert layers("a: 1\n")[0].site(path, "1").moot == moot


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("values: |\n  a: 1\n  b: ]\n", 3, "invalid YAML"),
        ("x: 1\nvalues: 'a: ]'\n", 2, "invalid YAML"),
        ("values: |\n  - a\n", 1, "values that are no mapping"),
    ],
)
def test_text_that_holds_no_values_is_named_with_its_line(
    tmp_path: Path, text: str, line: int, problem: str
) -> None:
    make(tmp_path, {"app.yaml": text})
    tree, file = Tree(str(tmp_path)), str(tmp_path / "app.yaml")
    data = tree.documents(file)[0].data
    assert layer_of_text(tree, data["values"], file, 0, (), data.lines["values"]) == []
    (error,) = tree.errors
    assert (error.line, error.problem.partition(":")[0]) == (line, problem)


def test_a_file_that_holds_no_values_is_named(tmp_path: Path) -> None:
    make(tmp_path, {"list.yaml": "# c\n- a\n", "empty.yaml": "# nothing\n"})
    tree = Tree(str(tmp_path))
    assert layer_of_file(tree, str(tmp_path / "empty.yaml")) == []
    assert layer_of_file(tree, str(tmp_path / "list.yaml")) == []
    assert [(error.line, error.problem) for error in tree.errors] == [
        (2, "values that are no mapping")
    ]
