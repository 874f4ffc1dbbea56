"""Edits of what kustomizations say: patches that set a wave, new ones; waves under other keys."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path as FilePath
from textwrap import dedent

import pytest

from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Edit, Mechanism, PatchTarget, Path, Site
from wavefix.patch import check, prepare
from wavefix.yamlio import load

API = PatchTarget("apps", "v1", "Deployment", "api")
WIDGET = PatchTarget("example.org", "v1beta1", "Widget", "system:w", "web")
POINTER = "/metadata/annotations/argocd.argoproj.io~1sync-wave"


def t(text: str) -> str:
    return dedent(text).lstrip("\n").replace("WAVE", SYNC_WAVE).replace("POINTER", POINTER)


def site(
    path: Path,
    inner: Path = (),
    key: str = SYNC_WAVE,
    mechanism: Mechanism = "kustomize-patch",
    entry: PatchTarget | None = None,
) -> Site:
    return Site(mechanism, "/k.yaml", 0, path, 1, None, inner, key=key, entry=entry)


def edited(text: str, *edits: tuple[Site, str]) -> str:
    (patch,) = prepare([Edit(where, "x", wave) for where, wave in edits], {"/k.yaml": text})
    return patch.after


# --- a wave that a patch sets already

SM: Path = ("metadata", "annotations")
IN = ("patches", 0, "patch")
EXISTING = {
    "merged, literal": (
        IN, SM, SYNC_WAVE,
        "patches:\n- patch: |-\n    metadata:\n      annotations: {WAVE: '1', a: b}  # why\n",
    ),
    "merged, JSON in single quotes": (
        IN, SM, SYNC_WAVE,
        "patches:\n- {patch: '{\"metadata\": {\"annotations\": {\"WAVE\": \"1\"}}}'} # why\n",
    ),
    "steps, literal": (
        IN, (1,), "value",
        """
        patches:
        - patch: |
            - {op: test, path: /kind, value: x}
            - op: replace
              path: POINTER
              value: "1"  # why
          target: {kind: Deployment}
        """,
    ),
    "steps, JSON, literal": (
        IN, (0,), "value",
        'patches:\n- patch: |-\n    [{"op": "add", "path": "POINTER", "value": "1"}]\n',
    ),
    "steps, JSON in single quotes": (
        IN, (0,), "value",
        "patches:\n- patch: '[{\"op\": \"add\", \"path\": \"POINTER\", \"value\": \"1\"}]'\n",
    ),
    "steps in single quotes, with quotes of their own": (
        IN, (0,), "value", "patches:\n- patch: '[{op: add, path: POINTER, value: ''1''}]'\n",
    ),
    "steps, JSON in double quotes": (
        IN, (0,), "value",
        'patches:\n- patch: "[{\\"op\\": \\"add\\", \\"path\\": \\"POINTER\\", '
        '\\"value\\": \\"1\\"}]"\n',
    ),
    "steps in double quotes over lines": (
        IN, (0,), "value",
        'patches:\n- patch: "- op: add\\n  path: POINTER\\n  value: \'1\'\\n"\n',
    ),
    "steps, JSON, folded": (
        IN, (0,), "value",
        'patches:\n- patch: >-\n    [{"op": "add",\n      "path": "POINTER",\n'
        '      "value": "1"}\n    ]\n  target: {kind: X}\n',
    ),
    "steps, JSON in single quotes over lines": (
        IN, (0,), "value",
        "patches:\n- patch: '[{\"op\": \"add\",\n\n    \"path\": \"POINTER\", \"value\":\n"
        "    \"1\"}]'\n",
    ),
    "steps in a file": (
        (0,), (), "value", "- op: add\n  path: POINTER\n  value: '1'\n",
    ),
    "steps in a JSON file": (
        (0,), (), "value", '[{"op": "add", "path": "POINTER", "value": "1"}]\n',
    ),
    "all annotations in a step": (
        (0, "value"), (), SYNC_WAVE, "- {op: add, path: /x, value: {WAVE: '1'}}\n",
    ),
    "patchesStrategicMerge": (
        ("patchesStrategicMerge", 0), SM, SYNC_WAVE,
        'patchesStrategicMerge:\n- |-\n  metadata: {annotations: {WAVE: "1"}}\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "inner", "key", "text"), EXISTING.values(), ids=EXISTING)
def test_the_wave_of_a_patch_changes_and_nothing_else(
    path: Path, inner: Path, key: str, text: str
) -> None:
    before = t(text)
    spelled = [quote for quote in ('"1"', "'1'", '\\"1\\"') if quote in before]
    (one,) = spelled[-1:]
    after = edited(before, (site(path, inner, key), "-12"))
    assert after == before.replace(one, one.replace("1", "-12"))


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ('patches:\n- patch: "metadata: {name: \\x61}"\n', SM),  # an escape of another kind
        ('patches:\n- patch: "metadata:\\n  name: x\\n"\n', SM),  # needs a new line
        ("patches:\n- patch: >\n    metadata:\n\n      name: x\n", SM),
        ("patches:\n- patch: metadata\n", SM),
        ("patches:\n- patch: ''\n", SM),
        ("patches:\n- patch: |-\n    a: b\n    ---\n    c: d\n", SM),
        ("patches:\n- patch: '[{op: add}]'\n", (3,)),
    ],
)
def test_what_is_not_exact_in_a_text_is_refused(text: str, inner: Path) -> None:
    assert check(site(IN, inner), text)
    with pytest.raises(InputError):
        edited(text, (site(IN, inner), "1"))


# --- a wave under another key


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: {syncWave: 1, b: c}  # x\n", "a: {syncWave: -2, b: c}  # x\n"),
        ("a:\n  syncWave: 1 # x\n", "a:\n  syncWave: -2 # x\n"),
        ("a:\n  syncWave: '1'\n", "a:\n  syncWave: '-2'\n"),
        ('a:\n  syncWave: "1"\n', 'a:\n  syncWave: "-2"\n'),
        ("a:\n  syncWave:\n", 'a:\n  syncWave: "-2"\n'),
        ("a:\n  syncWave: x\n", 'a:\n  syncWave: "-2"\n'),
        ("a:\n  b: c\n", 'a:\n  syncWave: "-2"\n  b: c\n'),
        ('{"a": {"syncWave": 1}}\n', '{"a": {"syncWave": -2}}\n'),
    ],
)
def test_a_number_among_values_stays_a_number_and_a_text_a_text(before: str, after: str) -> None:
    where = site(("a",), (), "syncWave", "helm-values")
    assert edited(before, (where, "-2")) == after


def test_an_annotation_is_a_text_whatever_it_was() -> None:
    assert edited("- value: 1\n", (site((0,), (), "value"), "2")) == '- value: "2"\n'
    values = site(("a",), (), SYNC_WAVE, "helm-values")
    assert edited(t("a: {WAVE: 1}\n"), (values, "2")) == t('a: {WAVE: "2"}\n')


def test_two_keys_of_one_map_are_two_places() -> None:
    one, other = (site(("a",), (), key, "helm-values") for key in ("early", "late"))
    assert (
        edited("a: {early: 1, late: 2}\n", (one, "3"), (other, "4")) == "a: {early: 3, late: 4}\n"
    )


# --- new patches

BODY = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  annotations:
    WAVE: "2"
"""


def body(indent: int) -> str:
    """The text of the patch for `API` with wave 2, indented."""
    return "".join(" " * indent + line + "\n" for line in t(BODY).splitlines())


NEW = {
    "no list yet": ("namespace: x\n", "namespace: x\npatches:\n- patch: |-\n", 4, ""),
    "no list yet, lists indented": (
        "resources:\n  - a.yaml # x\n# end\n",
        "resources:\n  - a.yaml # x\npatches:\n  - patch: |-\n", 6, "# end\n",
    ),
    "no list yet, no line break at the end": (
        "namespace: x", "namespace: x\npatches:\n- patch: |-\n", 4, None,
    ),
    "an empty list": (
        "patches: []  # none\na: b\n", "patches:  # none\n- patch: |-\n", 4, "a: b\n",
    ),
    "nothing": ("patches:\na: b\n", "patches:\n- patch: |-\n", 4, "a: b\n"),
    "behind a file": (
        "patches:\n- path: a.yaml # x\n\nz: y\n", "patches:\n- path: a.yaml # x\n- patch: |-\n", 4,
        "\nz: y\n",
    ),
    "behind a text": (
        "patches:\n- target: {kind: X}\n  patch: |-\n    - op: add\n      path: /x\n\n\nz: y\n",
        "patches:\n- target: {kind: X}\n  patch: |-\n    - op: add\n      path: /x\n- patch: |-\n",
        4, "\n\nz: y\n",
    ),
    "indented": (
        "patches:\n  - patch: |\n      a: b\n    target:\n      kind: X\n",
        "patches:\n  - patch: |\n      a: b\n    target:\n      kind: X\n  - patch: |-\n", 6, "",
    ),
    "a wide dash": (
        "patches:\n-   path: a.yaml\n", "patches:\n-   path: a.yaml\n-   patch: |-\n", 6, "",
    ),
    "comments at the end": (
        "patches:\n- path: a.yaml\n  # of a\n# - path: b.yaml\n",
        "patches:\n- path: a.yaml\n  # of a\n- patch: |-\n", 4, "# - path: b.yaml\n",
    ),
    "flow entries": (
        "patches:\n- {path: a.yaml}\n", "patches:\n- {path: a.yaml}\n- patch: |-\n", 4, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "head", "indent", "rest"), NEW.values(), ids=NEW)
def test_a_new_patch_stands_at_the_end_of_the_list_as_the_others_do(
    before: str, head: str, indent: int, rest: str | None
) -> None:
    after = edited(before, (site(("patches",), entry=API), "2"))
    assert after == (head + body(indent) + (rest or ""))[: None if rest is not None else -1]


def test_several_new_patches_and_a_change_of_the_last_one() -> None:
    before = t("""
        patches:
        - patch: |-
            metadata: {name: x, annotations: {WAVE: '1'}}""")
    after = edited(
        before,
        (site(IN, SM), "5"),
        (site(("patches",), entry=API), "2"),
        (site(("patches",), entry=WIDGET), "-3"),
    )
    assert after == t("""
        patches:
        - patch: |-
            metadata: {name: x, annotations: {WAVE: '5'}}
        - patch: |-
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: api
              annotations:
                WAVE: "2"
        - patch: |-
            apiVersion: example.org/v1beta1
            kind: Widget
            metadata:
              name: "system:w"
              namespace: web
              annotations:
                WAVE: "-3"
    """).rstrip("\n")


def test_a_new_line_in_the_last_patch_stays_before_a_new_patch() -> None:
    before = "patches:\n- patch: |-\n    metadata:\n      annotations:\n        a: b\n"
    after = edited(before, (site(IN, (*SM, "x")), "1"), (site(("patches",), entry=API), "2"))
    assert after == t("""
        patches:
        - patch: |-
            metadata:
              annotations:
                x:
                  WAVE: "1"
                a: b
        - patch: |-
        """) + body(4)


def test_a_list_of_merged_texts_gets_a_text() -> None:
    before = "patchesStrategicMerge:\n- a.yaml\n"
    after = edited(before, (site(("patchesStrategicMerge",), entry=API), "2"))
    assert after == before + "- |-\n" + body(2)


def test_the_quotes_and_line_breaks_of_the_file_are_kept() -> None:
    after = edited("namespace: 'x'\r\n", (site(("patches",), entry=API), "2"))
    lines = ("namespace: 'x'\npatches:\n- patch: |-\n" + body(4)).replace('"', "'")
    assert after == lines.replace("\n", "\r\n")


def test_the_block_of_an_application_gets_a_list_as_well() -> None:
    before = "spec:\n  kustomize:\n    namePrefix: a-\n  path: x\n"
    where = site(("spec", "kustomize", "patches"), (), SYNC_WAVE, "application", API)
    after = edited(before, (where, "2"))
    assert after == (
        "spec:\n  kustomize:\n    namePrefix: a-\n    patches:\n    - patch: |-\n"
        + body(8) + "  path: x\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "patches: {a: b}\n",
        "patches: [&a {path: a.yaml}, *a]\n",
        "patches: words\n",
        "patches:\n- patch: |+\n    a: b\n\n",
        "patches:\n- patch: |\n    a: b",
        "patches: &a\n- path: a.yaml\nmore: *a\n",
        "x: &a {path: a.yaml}\npatches:\n- *a\n",
        "patches: !!seq []\n",
        "patches: [ # x\n]\n",
    ],
)
def test_a_list_to_which_nothing_can_be_added_exactly_is_refused(text: str) -> None:
    where = site(("patches",), entry=API)
    assert check(where, text)
    with pytest.raises(InputError, match="cannot be edited exactly"):
        edited(text, (where, "1"))


FLOW = {
    "one line": "resources: [a.yaml]\npatches: [{path: p.yaml}] # more to come\n",
    "no list": "{resources: [a.yaml]}\n",
    "nothing in it": "{resources: [a.yaml], patches: }\n",
    "over lines": "resources: [a.yaml]\npatches: [\n  {path: p.yaml},\n]\n",
    "JSON": '{"resources": ["a.yaml"], "patches": []}\n',
    "JSON over lines": json.dumps(
        {"resources": ["a.yaml"], "patches": [{"path": "p.yaml"}]}, indent=2
    ),
    "texts": "{resources: [a.yaml], patchesStrategicMerge: [p.yaml]}\n",
}
API_YAML = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\n"


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("text", FLOW.values(), ids=FLOW)
def test_new_patches_in_flow_style_are_what_kustomize_applies(
    text: str, tmp_path: FilePath
) -> None:
    field = "patchesStrategicMerge" if "Strategic" in text else "patches"
    other = API._replace(name="other")
    after = edited(text, (site((field,), entry=API), "2"), (site((field,), entry=other), "-1"))
    if text.startswith('{"'):
        json.loads(after)
    (tmp_path / "kustomization.yaml").write_text(after)
    objects = API_YAML + "---\n" + API_YAML.replace("api\n", "other\n")
    (tmp_path / "a.yaml").write_text(objects)
    (tmp_path / "p.yaml").write_text(API_YAML + "  labels: {patched: 'yes'}\n")
    ran = subprocess.run(
        ["kustomize", "build", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    waves = {
        one.data["metadata"]["name"]: one.data["metadata"]["annotations"][SYNC_WAVE]
        for one in load(ran.stdout, "")
    }
    assert waves == {"api": "2", "other": "-1"}


def test_a_patch_for_what_is_not_known_by_its_version_is_refused() -> None:
    where = site(("patches",), entry=API._replace(version=""))
    assert "not known by version" in check(where, "a: b\n")
    assert check(site(("patches",), entry=API), "a: b\n", remove=True)
