"""The schemas and tables under docs/: what the code generates, true of every example, no laxer and
no stricter than what reads the files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import jsonschema
import msgspec
import pytest
import reference
from conftest import ROOT

from wavefix import config, yamlio
from wavefix.errors import InputError
from wavefix.limits import Limits
from wavefix.rules import reader
from wavefix.rules.form import FileText

CONFIGURATION, RULES = "wavefix.schema.json", "rules.schema.json"


class Part(msgspec.Struct, frozen=True):
    told: Annotated[int, msgspec.Meta(description="A number.")] = 0
    untold: int = 0


class Whole(msgspec.Struct):
    part: Part = Part()


def data(text: str) -> Any:
    return yamlio.load(text, "example")[0].data


# --- what is generated


@pytest.mark.parametrize("file", reference.generated(), ids=lambda file: str(file.name))
def test_is_current(file: Path) -> None:
    assert file.read_text("utf-8") == reference.generated()[file], "make docs writes it anew"


@pytest.mark.parametrize("file", reference.SCHEMAS)
def test_is_a_schema_with_a_name(file: str) -> None:
    made = reference.schema(file)
    jsonschema.Draft202012Validator.check_schema(made)
    assert made["$id"].endswith(f"/{file}")
    assert all(one["additionalProperties"] is False for one in made["$defs"].values())


def test_a_key_without_a_description_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reference.SCHEMAS, "x.json", ("x", Whole))
    with pytest.raises(ValueError, match=r"^Whole\.part, Part\.untold: no description; write "):
        reference.schema("x.json")


def test_every_key_is_in_a_table() -> None:
    shown = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    assert {line.split("`")[1] for line in shown.split("\n") if line.startswith("| `")} == {
        *(set(config.Config.__struct_fields__) - {"argocd", "limits", "lint", "render", "rollout"}),
        *(f"argocd.{key}" for key in config.ArgoCD.__struct_fields__),
        *(f"limits.{key}" for key in Limits.__struct_fields__),
        *(f"rollout.{key}" for key in config.Rollout.__struct_fields__),
        *(f"lint.{key}" for key in config.Lint.__struct_fields__),
        *(f"render.{key}" for key in config.Render.__struct_fields__),
        *(f"depends_on[].{key}" for key in ("from", "to", "needs")),
    }


# --- every example in the repository


def blocks() -> Iterator[tuple[str, str, str]]:
    """YAML in the documentation that is a configuration or a rule file: schema, name, text."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        found = re.finditer(r"^```yaml\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.M)
        for number, block in enumerate(found, 1):
            keys = set(re.findall(r"^(\w+):", block[1], re.MULTILINE))
            name = f"{page.name}-{number}"
            if "ecosystem" in keys:
                yield RULES, name, block[1]
            elif keys & set(config.Config.__struct_fields__):
                yield CONFIGURATION, name, block[1]


def files() -> Iterator[tuple[str, str, str]]:
    for file in sorted((ROOT / "wavefix" / "rules").glob("*.yaml")):
        yield RULES, file.name, file.read_text("utf-8")
    for directory in ("golden", "tests"):
        for file in sorted((ROOT / directory).rglob(config.NAME)):
            yield CONFIGURATION, str(file.relative_to(ROOT)), file.read_text("utf-8")


EXAMPLES = [pytest.param(*found, id=found[1]) for found in (*blocks(), *files())]


@pytest.mark.parametrize(("schema", "name", "text"), EXAMPLES)
def test_every_example_is_right(schema: str, name: str, text: str, tmp_path: Path) -> None:
    made = jsonschema.Draft202012Validator(reference.schema(schema))
    assert [error.message for error in made.iter_errors(data(text))] == []
    if schema == RULES:
        assert reader.read(name, text).text.ecosystem
    else:
        (tmp_path / config.NAME).write_text(text, "utf-8")
        config.read(tmp_path / config.NAME)


def test_there_are_examples_of_all_kinds() -> None:
    names = [name for _, name, _ in (*blocks(), *files())]
    for one in ("configuration.md-1", "inference.md-2", "core.yaml", "golden/pinned/before"):
        assert any(name.startswith(one) for name in names), one


# --- what is wrong is wrong to both

RULE_FILE = """\
ecosystem: x
docs: https://example.org
kinds: {namespaced: [A.b], cluster: [C.d], opaque: [A.b]}
podspecs: {A.b: spec.template.spec}
rules:
- {id: x/a, from: A.b, path: [spec.a, spec.b], to: [C.d], needs: {default: ready}, why: w, doc: d,
   name: nm, namespace: ns, in: home, default: d, optional: o, kind: k, group: g, pattern: p,
   select: true, when: {a: 1, b: null}, given: {a: [true, "x"]}, unless: {a: []}}
hosts: [{id: x/h, from: A.b, path: spec.host, needs: ready}]
makes: [{id: x/m, from: A.b, kind: Secret, name: spec.name, namespace: spec.ns, in: here}]
defines: [{id: x/d, from: A.b, kind: K, group: g, cluster: true, needs: before}]
policies: [{id: x/p, from: A.b, selector: s, kinds: k, namespaces: [m], excluded: [e]}]
providers:
- {id: x/v, charts: [c], repos: [r], packages: [p], images: [i], groups: [g], kinds: [k],
   webhook: true, late: true, admits: [a], gives: [g], heals: [h], immediate: [i]}
derived: [{id: x/i, what: w, doc: d}]
"""
OTHERS: tuple[Any, ...] = (  # not 2.0: a schema cannot tell it from 2
    None, True, 0, -1, 10, 1.5, "", "x", "ready", "WF002", [], ["x"], [1], [None], {},
    {"x": 1}, {"x": "y"}, [{}], ["manifest"], {"default": "ready"}, {"default": "soon"},
    "{component}", "x/{foo}", "{name}-{profile}", "{profile}", "{name}{x}", "x{{name}}", "{name\n}",
)  # fmt: skip


def variants(value: Any) -> Iterator[Any]:
    """The value with each part of it replaced by each of OTHERS, missing, or with one key more."""
    yield from OTHERS
    if isinstance(value, dict):
        yield value | {"unheard_of": 1}
        for key, inner in value.items():
            yield {one: other for one, other in value.items() if one != key}
            yield from (value | {key: changed} for changed in variants(inner))
    if isinstance(value, list):
        yield [*value, value[0] if value else "x"]
        for number, inner in enumerate(value):
            yield from (
                [*value[:number], changed, *value[number + 1 :]] for changed in variants(inner)
            )


def refused_by_config(value: Any) -> bool:
    try:
        made = config.parse(value, "x")
        config._check_codes(made.lint, value, "x")
        if config.template_problem(made.rollout.branch):
            return True
    except InputError:
        return True
    return False


def refused_by_form(value: Any) -> bool:
    try:
        msgspec.convert(value, FileText)
    except msgspec.ValidationError:
        return True
    return False


SAMPLES = {
    CONFIGURATION: (next(text for _, name, text in blocks() if name == "configuration.md-1")),
    RULES: RULE_FILE,
}


@pytest.mark.parametrize(
    ("file", "refused"), [(CONFIGURATION, refused_by_config), (RULES, refused_by_form)]
)
def test_reader_and_schema_refuse_the_same(file: str, refused: Any) -> None:
    right = json.loads(json.dumps(data(SAMPLES[file])))
    schema = jsonschema.Draft202012Validator(reference.schema(file))
    assert schema.is_valid(right)
    assert not refused(right)
    verdicts = set()
    for value in variants(right):
        assert refused(value) != schema.is_valid(value), value
        verdicts.add(refused(value))
    assert verdicts == {True, False}


@pytest.mark.parametrize("file", reference.SCHEMAS)
def test_the_samples_show_every_key(file: str) -> None:
    """So that users see it, and none goes unchecked above."""
    written = json.dumps(data(SAMPLES[file]))
    for name, definition in reference.schema(file)["$defs"].items():
        for key in definition["properties"]:
            assert f'"{key}": ' in written, f"{name}.{key} is not in the sample"
