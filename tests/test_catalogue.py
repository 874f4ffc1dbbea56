"""The rule files: what is checked as they are read, and rules of one's own."""

# ruff: noqa: E501  # a row of a table is a line

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from test_infer_scene import edges, graph, manifest

from wavefix.catalogue import catalogue
from wavefix.errors import InputError
from wavefix.pipeline import analyse
from wavefix.rules.builtin import builtin
from wavefix.rules.form import EACH, KEYS, PARTS, VALUES, fixed_steps, several, steps, template
from wavefix.rules.reader import read

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "inference.md"

PATHS = [
    ("spec", ("spec",)),
    ("spec.name", ("spec", "name")),
    ("spec.env[].name", ("spec", "env", EACH, "name")),
    ("spec.provider{}.auth", ("spec", "provider", VALUES, "auth")),
    ("spec.a{}{}", ("spec", "a", VALUES, VALUES)),
    ("spec.a[][]", ("spec", "a", EACH, EACH)),
    ('metadata.annotations."a.b/c"', ("metadata", "annotations", "a.b/c")),
    ('a."b.c"[].d', ("a", "b.c", EACH, "d")),
    ("spec.users{keys}", ("spec", "users", KEYS)),
]


@pytest.mark.parametrize(("path", "wanted"), PATHS)
def test_paths(path: str, wanted: tuple[str | int, ...]) -> None:
    assert steps(path) == wanted


@pytest.mark.parametrize(
    "path", ["", ".", "a.", ".a", "a..b", "a[0]", "a[", "[]", 'a"b"', 'a."b', "a b", "a.[]"]
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="is no field path"):
        steps(path)


def test_a_path_to_one_place_has_no_wildcards() -> None:
    assert fixed_steps('a."b.c"') == ("a", "b.c")
    with pytest.raises(ValueError, match="must lead to one place"):
        fixed_steps("a[].b")


def test_a_text_is_words_and_paths() -> None:
    assert template("$(metadata.name)-tls") == (("metadata", "name"), "-tls")
    assert template("plain") == ("plain",)
    with pytest.raises(ValueError, match="is no field path"):
        template("$(a..b)")


GOOD = "{id: a/b, from: [Widget.example.org], path: spec.x, to: Secret, needs: present}"

# name, a rule file, what is wrong with it, and in which line
BROKEN = [
    ("an empty file", "", "a rule file is a mapping", 1),
    ("a list", "- a", "a rule file is a mapping", 1),
    ("two documents", "ecosystem: a\n---\necosystem: b", "a rule file is one document", 3),
    ("no ecosystem", "docs: x", "object missing required field `ecosystem`", 1),
    ("an unknown key", "ecosystem: a\n\nrule: []", "unknown key `rule`", 3),
    ("an unknown key of a rule", f"ecosystem: a\nrules:\n- {GOOD}\n- id: a/c\n  kinds: x", "unknown key `kinds`", 5),
    ("an unknown key of kinds", "ecosystem: a\nkinds:\n  namespaced: []\n  clusters: []", "unknown key `clusters`", 4),
    ("an unknown key of a maker", "ecosystem: a\nmakes:\n- {id: a/b, from: [X], kind: Secret, name: a.b, when: {}}", "unknown key `when`", 3),
    ("a missing key", "ecosystem: a\nrules:\n- id: a/b\n  from: [X]\n  path: a\n  to: Secret", "object missing required field `needs` at `rules[0]`", 3),
    ("a wrong type", "ecosystem: a\nrules:\n- id: a/b\n  from: [X]\n  path: {a: b}\n  to: Secret\n  needs: ready", "expected `str | array`, got `object` at `rules[0].path`", 5),
    ("a wrong type of an item", "ecosystem: a\nkinds:\n  cluster:\n  - X\n  - 7", "expected `str`, got `int` at `kinds.cluster[1]`", 5),
    ("a wrong type of a value", "ecosystem: a\npodspecs:\n  X: spec\n  Y: [spec]", "expected `str`, got `array` at `podspecs.Y`", 4),
    ("an unknown state", f"ecosystem: a\nrules:\n- {GOOD}\n- id: a/c\n  from: [X]\n  path: a\n  to: Secret\n  needs: soon", "invalid enum value 'soon' at `rules[1].needs`", 8),
    ("an unknown state of a kind", "ecosystem: a\nrules:\n- id: a/c\n  from: [X]\n  path: a\n  to: Secret\n  needs:\n    default: ready\n    X: soon", "invalid enum value 'soon' at `rules[0].needs.X`", 9),
    ("an unknown state of a policy", "ecosystem: a\npolicies:\n- {id: a/b, from: [X], needs: after}", "invalid enum value 'after' at `policies[0].needs`", 3),
    ("no default", "ecosystem: a\nrules:\n- id: a/c\n  from: [X]\n  path: a\n  to: Secret\n  needs: {X: ready}", "`needs` by kind lacks `default`", 7),
    ("needs of a kind that is not meant", "ecosystem: a\nrules:\n- id: a/c\n  from: [X]\n  path: a\n  to: Secret\n  needs:\n    default: ready\n    Y: present", "`needs` names Y, which `from` does not", 9),
    ("needs of a kind without pods", "ecosystem: a\nrules:\n- id: a/c\n  from: podspec\n  path: a\n  to: Secret\n  needs:\n    default: ready\n    Y: present", "`needs` names Y, which has no pod spec", 9),
    ("a bad path", "ecosystem: a\nrules:\n- id: a/c\n  from: [X]\n  path: spec..x\n  to: Secret\n  needs: ready", "`spec..x` is no field path", 5),
    ("a bad path of a pod spec", "ecosystem: a\npodspecs:\n  X: spec\n  Y: spec.", "`spec.` is no field path", 4),
    ("wildcards to a pod spec", "ecosystem: a\npodspecs: {X: 'spec[]'}", "`spec[]` must lead to one place", 2),
    ("a bad name of what is made", "ecosystem: a\nmakes:\n- id: a/b\n  from: [X]\n  kind: Secret\n  name:\n  - spec.x\n  - spec[0]", "`spec[0]` is no field path", 8),
    ("a bad name of what is made, alone", "ecosystem: a\nmakes:\n- id: a/b\n  from: [X]\n  kind: Secret\n  name: spec[0]", "`spec[0]` is no field path", 6),
    ("a bad namespace of what is made", "ecosystem: a\nmakes:\n- id: a/b\n  from: [X]\n  kind: Secret\n  name: a\n  namespace: a..b", "`a..b` is no field path", 7),
    ("a bad condition", "ecosystem: a\nmakes:\n- id: a/b\n  from: [X]\n  kind: Secret\n  name: a\n  unless:\n    a..b: [c]", "`a..b` is no field path", 8),
    ("a condition that is no list", "ecosystem: a\nmakes:\n- id: a/b\n  from: [X]\n  kind: Secret\n  name: a\n  unless:\n    a.b: c", "expected `array`, got `str` at `makes[0].unless.a.b`", 8),
    ("a bad selector", "ecosystem: a\npolicies:\n- id: a/b\n  from: [X]\n  selector: a..b", "`a..b` is no field path", 5),
    ("a second bad path", "ecosystem: a\nrules:\n- id: a/c\n  from: [X]\n  path:\n  - a\n  - b..c\n  to: Secret\n  needs: ready", "`b..c` is no field path", 7),
    ("a bad text", "ecosystem: a\nmakes:\n- id: a/b\n  from: [X]\n  kind: Secret\n  name: $(a..b)-x", "`a..b` is no field path", 6),
    ("a bad pattern", "ecosystem: a\nrules:\n- id: a/c\n  from: [X]\n  path: a\n  to: Secret\n  needs: ready\n  pattern: '('", "`(` is no regular expression", 8),
    ("a pattern without a name", "ecosystem: a\nrules:\n- id: a/c\n  from: [X]\n  path: a\n  to: Secret\n  needs: ready\n  pattern: '.*'", "`pattern` lacks the group `(?P<name>...)`", 8),
    ("a bad host field", "ecosystem: a\nhosts:\n- {id: a/b, from: X, path: a., needs: ready}", "`a.` is no field path", 3),
    ("a bad definition", "ecosystem: a\ndefines:\n- {id: a/b, from: X, kind: $(a., group: b}", "`$(a.` has a `$(` that is not closed", 3),
    ("pods that are not selected", "ecosystem: a\nrules:\n- id: a/c\n  from: [X]\n  path: a\n  to: podspec\n  needs: ready", "`to: podspec` lacks `select: true`", 6),
    ("an unknown key of a provider", "ecosystem: a\nproviders:\n- {id: a/b, chart: [x]}", "unknown key `chart`", 3),
    ("a condition of a rule that is no list", "ecosystem: a\nrules:\n- id: a/c\n  from: [X]\n  path: a\n  to: Secret\n  needs: ready\n  given:\n    a.b: c", "expected `array`, got `str` at `rules[0].given.a.b`", 9),
    ("a default of many", "ecosystem: a\nrules:\n- id: a/c\n  from: [X]\n  path: a[]\n  to: Secret\n  needs: ready\n  default: x", "`default` wants a `path` to one place", 8),
    ("any kind, named nowhere", "ecosystem: a\nrules:\n- id: a/c\n  from: [X]\n  path: a\n  to: '*'\n  needs: ready", "lacks `kind`", 6),
    ("two rules of one id", f"ecosystem: a\nrules:\n- {GOOD}\n- {GOOD}", "a second rule with the id `a/b`", 4),
    ("the id of a built-in rule", "ecosystem: a\nrules:\n- id: core/env-secret\n  from: [X]\n  path: a\n  to: Secret\n  needs: ready", "a second rule with the id `core/env-secret`, also in core.yaml", 3),
    ("one id for a rule and a policy", f"ecosystem: a\nrules:\n- {GOOD}\npolicies:\n- id: a/b\n  from: [Z]", "a second rule with the id `a/b`", 5),
    ("a second policy of a kind", "ecosystem: a\npolicies:\n- id: a/b\n  from: [LimitRange]", "a second policy for LimitRange, besides `core/limit-range`", 4),
    ("no YAML", "ecosystem: a\nrules: [", "invalid YAML", 3),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "problem", "line"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_what_is_wrong_with_a_rule_file(tmp_path: Path, text: str, problem: str, line: int) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        catalogue((str(file),))
    assert problem in caught.value.problem
    assert (caught.value.file, caught.value.line) == (str(file), line)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="rule file cannot be read"):
        catalogue((str(tmp_path / "none.yaml"),))
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"ecosystem: \xff")
    with pytest.raises(InputError, match="invalid UTF-8"):
        catalogue((str(broken),))


def test_the_same_id_in_two_files(tmp_path: Path) -> None:
    files = []
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(f"ecosystem: a\nrules:\n- {GOOD}\n")
        files.append(str(tmp_path / name))
    with pytest.raises(InputError) as caught:
        catalogue(tuple(files))
    assert (caught.value.file, caught.value.line) == (files[1], 3)


HOUSE = """\
ecosystem: in-house
kinds:
  namespaced: [Widget.example.org]
  cluster: [Plant.example.org]
podspecs:
  Rollout.argoproj.io: spec.template.spec
rules:
- id: in-house/plant
  from: Widget.example.org
  path: spec.plant
  to: Plant.example.org
  needs: ready
  why: a widget is built in a plant
- id: in-house/any
  from: [Plant.example.org]
  path: spec.parts[]
  to: "*"
  kind: kind
  name: called
  namespace: where
  when: {used: true}
  optional: spare
  needs: {default: eventually, Plant.example.org: present}
makes:
- {id: in-house/key, from: Widget.example.org, kind: Secret, name: [spec.key, metadata.name], unless: {spec.keyless: [true]}}
policies:
- {id: in-house/shift, from: [Shift.example.org], selector: spec.pods}
"""


def test_kinds_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "house.yaml"
    file.write_text(HOUSE)
    known = catalogue((str(file),))
    assert known.cluster_scoped("Plant.example.org")
    assert {"Widget.example.org", "Shift.example.org"} <= known.known
    assert known.runs("Rollout.argoproj.io")
    made = graph(
        manifest("Widget.example.org/web/w", "spec: {plant: p}")
        + manifest("Widget.example.org/web/keyless", "spec: {keyless: true}")
        + manifest(
            "Plant.example.org/p",
            "spec: {parts: [{kind: Widget, called: w, where: web, used: true}, "
            "{kind: Widget, called: keyless, where: web, used: false}, "
            "{kind: Widget, called: keyless, where: web, used: true, spare: true}]}",
        )
        + manifest(
            "Rollout.argoproj.io/web/r",
            "spec: {template: {metadata: {labels: {a: b}}, spec: {imagePullSecrets: "
            "[{name: w}, {name: keyless}]}}}",
        )
        + manifest("Shift.example.org/web/s", "spec: {pods: {matchLabels: {a: b}}}"),
        known=known,
    )
    assert edges(made) == [
        "Plant.example.org/p -> Widget.example.org/web/w present schema in-house/any spec.parts[0].called",
        "Rollout.argoproj.io/web/r -> Shift.example.org/web/s before derived in-house/shift metadata.namespace",
        "Rollout.argoproj.io/web/r -> Widget.example.org/web/w eventually derived in-house/key "
        "spec.template.spec.imagePullSecrets[0].name",
        "Widget.example.org/web/w -> Plant.example.org/p ready schema in-house/plant spec.plant",
    ]


def test_a_configuration_names_rule_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "in-house.yaml").write_text(HOUSE)
    (tmp_path / ".wavefix.yaml").write_text("rules: [rules/in-house.yaml]\n")
    (tmp_path / "app").mkdir()
    text = manifest("Widget.example.org/web/w", "spec: {plant: p}") + manifest(
        "Plant.example.org/p"
    )
    (tmp_path / "app" / "app.yaml").write_text(text)
    analysed, errors = analyse(["app"], str(tmp_path))
    assert errors == ()
    found = [line for item in analysed for line in edges(item.graph)]
    assert found == [
        "Widget.example.org/web/w -> Plant.example.org/p ready schema in-house/plant spec.plant"
    ]


def test_a_broken_rule_file_is_an_error_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("ecosystem: a\nrules: [{id: x}]\n")
    (tmp_path / ".wavefix.yaml").write_text("rules: [broken.yaml]\n")
    (tmp_path / "app.yaml").write_text(manifest("Secret/web/x"))
    with pytest.raises(InputError) as caught:
        analyse([str(tmp_path)], str(tmp_path))
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "broken.yaml"), 2)


def test_every_built_in_rule_says_why_and_where_it_was_read() -> None:
    for file in sorted((ROOT / "wavefix" / "rules").glob("*.yaml")):
        text = read(file.name, file.read_text("utf-8")).text
        assert text.docs.startswith("https://")
        rules: list[Any] = [*text.rules, *text.hosts, *text.makes, *text.defines, *text.policies]
        for rule in rules:
            assert rule.id.startswith(f"{text.ecosystem}/")
            assert re.match(r"https://\S+\Z", rule.doc or text.docs), rule.id
            assert re.match(
                r"(?!(?:The|A|An|It|Its|Without|Until) )[^.]+(?:\.\w[^.]*)*\Z", rule.why
            ), rule.id


def test_built_in_ids_and_policies_are_distinct() -> None:
    files = builtin().values()
    ids = Counter(entry.id for text in files for part in PARTS for entry in getattr(text, part))
    policies = Counter(
        kind for text in files for policy in text.policies for kind in several(policy.source)
    )
    assert [id for id, times in (ids + policies).items() if times > 1] == []


def examples() -> list[str]:
    """The YAML blocks of the page on inference."""
    return [
        dedent(found)
        for found in re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    ]


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    (example,) = [text for text in examples() if text.startswith("ecosystem:")]
    file = tmp_path / "in-house.yaml"
    file.write_text(example)
    made = graph(
        manifest("Backup.example.org/web/nightly", "spec: {bucketRef: {name: archive}}")
        + manifest("Bucket.example.org/web/archive"),
        known=catalogue((str(file),)),
    )
    assert edges(made) == [
        "Backup.example.org/web/nightly -> Bucket.example.org/web/archive ready schema "
        "in-house/backup-bucket spec.bucketRef.name"
    ]


def test_the_documentation_names_every_key_of_a_rule() -> None:
    text = DOCUMENT.read_text("utf-8")
    for keys in (
        "ecosystem docs kinds podspecs rules hosts makes defines policies providers",
        "from path to needs name namespace in default optional kind group pattern select when",
        "given unless selector",
        "charts repos packages images groups kinds webhook late admits gives heals immediate",
    ):
        for key in keys.split():
            assert f"| `{key}` |" in text, key
