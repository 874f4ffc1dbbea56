"""Rolling syncs as Argo CD reads them: which step takes which Application, and how many at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_generators import FILES, GIT, LIST, appset
from test_discover_samples import found, make

from wavefix.model import Component, Requirement, RollingStep
from wavefix.rolling import at_once, is_label_value, selects, taking

IN, NOT_IN = (Requirement("tier", operator, ("data", "web")) for operator in ("In", "NotIn"))


@pytest.mark.parametrize(
    ("requirements", "labels", "taken"),
    [
        # progressive_sync.go, buildAppDependencyList
        ([IN], {"tier": "data"}, True),
        ([IN], {"tier": "batch"}, False),
        ([IN], {}, False),
        ([NOT_IN], {"tier": "data"}, False),
        ([NOT_IN], {"tier": "batch"}, True),
        ([NOT_IN], {}, True),  # no label, and still taken
        ([], {}, True),  # nothing to refuse it by
        ([IN, Requirement("env", "In", ("prod",))], {"tier": "web", "env": "prod"}, True),
        ([IN, Requirement("env", "In", ("prod",))], {"tier": "web", "env": "dev"}, False),
        ([Requirement("tier", "Exists", ())], {"tier": "web"}, False),  # no such operator
        ([Requirement("tier", "Exists", ())], {}, True),
    ],
)
def test_a_step_takes_what_all_its_expressions_take(
    requirements: list[Requirement], labels: dict[str, str], taken: bool
) -> None:
    assert selects(RollingStep(tuple(requirements)), labels) is taken


def test_every_step_that_takes_an_application_is_named() -> None:
    steps = [RollingStep((IN,)), RollingStep((NOT_IN,)), RollingStep(())]
    assert taking(steps, {"tier": "web"}) == [1, 3]
    assert taking(steps[:1], {"tier": "batch"}) == []


@pytest.mark.parametrize(
    ("written", "size", "number"),
    [(None, 7, None), (3, 7, 3), (0, 7, 0), ("0%", 7, 0), ("10%", 7, 1), ("50%", 7, 3),
     ("100%", 7, 7), ("some", 7, 1)],
)  # fmt: skip
def test_how_many_are_synced_at_once(
    written: int | str | None, size: int, number: int | None
) -> None:
    assert at_once(RollingStep((), written), size) == number


@pytest.mark.parametrize(
    ("text", "fine"),
    [("api", True), ("Api_1.x-2", True), ("a" * 63, True), ("a" * 64, False), ("", False),
     ("-a", False), ("a/b", False), ("{{name}}", False)],
)  # fmt: skip
def test_what_may_be_the_value_of_a_label(text: str, fine: bool) -> None:
    assert is_label_value(text) is fine


def component(root: Path, text: str) -> Component:
    make(root, {**FILES, "argocd/set.yaml": text})
    (item,) = [item for item in found(root, "argocd") if not item.leftover]
    return item.component


ROLLING = """\
  strategy:
    type: RollingSync
    rollingSync:
      steps:
      - matchExpressions: [{key: app, operator: In, values: [web]}]
        maxUpdate: 50%
      - matchExpressions: [{key: app, operator: In, values: [api]}]
"""
LABELLED = "{{.path.basename}}', labels: {app: '{{.path.basename}}'}, x: '"


def test_applications_know_their_step(tmp_path: Path) -> None:
    apps = component(tmp_path, appset(GIT, LABELLED, more=ROLLING)).applications
    assert {app.name: (app.step, app.max_update) for app in apps} == {
        "api": (2, None),
        "web": (1, 1),
    }
    assert {app.name: dict(app.labels) for app in apps} == {
        "api": {"app": "api"},
        "web": {"app": "web"},
    }


def test_an_application_that_no_step_takes(tmp_path: Path) -> None:
    apps = component(tmp_path, appset(GIT, "{{.path.basename}}", more=ROLLING)).applications
    assert [app.step for app in apps] == [0, 0]


@pytest.mark.parametrize("kind", ["type: AllAtOnce", "deletionOrder: Reverse"])
def test_another_strategy_has_no_steps(tmp_path: Path, kind: str) -> None:
    text = appset(GIT, LABELLED, more=ROLLING.replace("type: RollingSync", kind))
    made = component(tmp_path, text)
    assert [app.step for app in made.applications] == [None, None]
    assert made.made_by is not None
    assert made.made_by.steps == ()


def test_what_the_name_would_be_as_a_label(tmp_path: Path) -> None:
    made = component(tmp_path, appset(GIT, "x-{{.path.basename}}"))
    assert [(app.name, app.label, app.labels) for app in made.applications] == [
        ("x-api", "x-api", {}),
        ("x-web", "x-web", {}),
    ]
    assert made.made_by is not None
    assert made.made_by.id == "ApplicationSet.argoproj.io/set"
    assert made.made_by.unknown == ""


@pytest.mark.parametrize(
    ("generator", "name"),
    [("clusters: {}", "{{.name}}"), (LIST, "{{.env}}-{{.nowhere}}")],
)
def test_a_set_that_is_not_all_in_sight_says_so(tmp_path: Path, generator: str, name: str) -> None:
    made_by = component(tmp_path, appset(generator, name)).made_by
    assert made_by is not None
    assert made_by.unknown
