"""Steps of a rolling sync: the fewest that hold every edge between Applications, or a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning import CATALOGUE, CONFIG, needs, resource

from wavefix.discover.rolling import stepped
from wavefix.model import (
    Application,
    ApplicationSet,
    Component,
    Edge,
    Graph,
    Needs,
    Profile,
    Requirement,
    RollingStep,
)
from wavefix.plan import plan, roll
from wavefix.plan.rolling import Rolled
from wavefix.rolling import LABEL, steps_of, taking

Edges = Sequence[tuple[Any, ...]]


def steps(*names: str | list[str], limit: int | None = None) -> tuple[RollingStep, ...]:
    """Steps that ask for the label `app`; a list is taken by no step before."""
    return tuple(
        RollingStep((Requirement("app", "In", tuple(one.split())),), limit)
        if isinstance(one, str)
        else RollingStep((Requirement("app", "NotIn", tuple(one)),), limit)
        for one in names
    )


def component(
    names: str, now: tuple[RollingStep, ...] = (), spec: dict[str, Any] | None = None, **more: Any
) -> Component:
    apps = [
        Application(
            name, "", (), file="/set.yaml", label=name, labels={"app": name} if now else {},
            pattern=True,
        )
        for name in names.split()
    ]  # fmt: skip
    template = {"metadata": {"name": "{{name}}"}}
    body = {"template": template, **(spec or {})}
    owner = ApplicationSet("ApplicationSet.argoproj.io/s", "/set.yaml", 1, 0, (), body, now, **more)
    return Component("s", "/", tuple(stepped(apps, now)), owner)


def graph(names: str, edges: Edges) -> Graph:
    """One resource for each Application, and `(dependent, dependency, needs, confidence)`."""
    known = {name: resource(f"Deployment.apps/x/{name}", app=name) for name in names.split()}
    made: list[Edge] = [needs(known[a], known[b], *more) for a, b, *more in edges]
    return Graph(tuple(known.values()), tuple(made))


def rolled(
    names: str, edges: Edges, profile: Profile = "conservative", write: bool = True, **more: Any
) -> Rolled:
    return roll(component(names, **more), graph(names, edges), profile, write)


def shown(made: Rolled) -> list[str] | None:
    return [" ".join(step) for step in made.rolling.steps] if made.rolling else None


def codes(made: Rolled) -> list[str]:
    return [finding.code for finding in made.findings]


@pytest.mark.parametrize(
    ("names", "edges", "expected"),
    [
        ("api db", [("api", "db")], ["db", "api"]),
        ("a b c", [("a", "b"), ("b", "c"), ("a", "c")], ["c", "b", "a"]),
        # what nothing needs comes last, so that nothing waits for it
        ("a b c free", [("a", "b"), ("b", "c")], ["c", "b", "a free"]),
        # as late as what needs it allows
        ("a b c late", [("a", "b"), ("b", "c"), ("a", "late")], ["c", "b late", "a"]),
        ("a b", [("a", "b", "present")], ["b", "a"]),
        ("a b", [("a", "b", "before")], ["b", "a"]),
        ("a b", [("a", "b", "eventually")], None),
        # a step ends when all in it are healthy: what one waits for must not come later
        ("a b c", [("a", "b"), ("b", "c", "eventually")], ["b c", "a"]),
        ("a b c", [("a", "b"), ("b", "c", "eventually"), ("c", "b", "eventually")], ["b c", "a"]),
        ("a b", [], None),
        ("a b", [("a", "b", "ready", "heuristic")], None),
    ],
)
def test_steps(names: str, edges: Edges, expected: list[str] | None) -> None:
    assert shown(rolled(names, edges)) == expected


def test_a_guess_counts_where_all_is_planned_afresh_unless_it_closes_a_circle() -> None:
    edges = [("a", "b", "ready", "heuristic"), ("b", "c"), ("c", "a", "ready", "heuristic")]
    assert shown(rolled("a b c", edges, "aggressive")) == ["c", "b", "a"]


@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from(["ready", "eventually"])),
        max_size=20,
    )
)
def test_every_edge_is_held_by_as_few_steps_as_can_be(pairs: list[tuple[int, int, Needs]]) -> None:
    names = " ".join(f"n{number}" for number in range(8))
    edges = [(f"n{max(a, b)}", f"n{min(a, b)}", what) for a, b, what in pairs if a != b]
    made = rolled(names, edges)
    strict = [(a, b) for a, b, what in edges if what == "ready"]
    if not strict:
        assert (made.rolling, made.edits) == (None, ())
        return
    assert made.rolling is not None
    links: nx.DiGraph[str] = nx.DiGraph()
    for a, b, what in sorted(edges, key=lambda edge: edge[2]):  # `ready` overrules
        links.add_edge(a, b, weight=int(what == "ready"))
    assert len(made.rolling.steps) == nx.dag_longest_path_length(links) + 1

    written = {entry.key: entry.value for edit in made.edits for entry in edit.entries}
    read = steps_of({"strategy": written["strategy"]})
    assert written[LABEL] == "{{name}}"
    at = {name: taking(read, {LABEL: name}) for name in [*names.split(), "new"]}
    assert all(len(step) == 1 for step in at.values())
    assert at["new"] == [len(read)]
    assert all(at[b] < at[a] for a, b in strict)
    assert all(at[b] <= at[a] for a, b, _ in edges)
    assert {app.name: [app.step] for app in made.applications} | {"new": at["new"]} == at


@pytest.mark.parametrize(
    ("names", "edges", "more", "why"),
    [
        ("a b", [("a", "b"), ("b", "a")], {}, "need each other in a circle"),
        ("a b c", [("a", "b"), ("b", "c", "eventually"), ("c", "a", "eventually")], {},
         "a needs Deployment.apps/x/b ready; Deployment.apps/x/b needs Deployment.apps/x/c event"),
        ("a b", [("a", "b")], {"unknown": "what `clusters` finds is not here"}, "what `clusters`"),
        ("a " + "b" * 64, [("a", "b" * 64)], {}, "no label tells its Applications apart"),
        ("a b", [("a", "b")], {"now": steps("a b", limit=1)}, "has a maxUpdate"),
        ("a b", [("a", "b")], {"now": steps("a")}, "not each of its Applications is in one step"),
        ("a b", [("a", "b")],
         {"now": (RollingStep((Requirement("x", "Exists", ()),)),)}, "neither In nor NotIn"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_says_why(
    names: str, edges: Edges, more: dict[str, Any], why: str
) -> None:
    made = rolled(names, edges, **more)
    assert (made.rolling, made.edits) == (None, ())
    assert why in next(one.message for one in made.findings if one.code == "WF023")
    asked = rolled(names, edges, write=False, **more)
    assert "WF023" not in codes(asked)
    assert why in asked.across.sure
    assert why in asked.across.silent


def test_a_label_that_tells_them_apart_already_is_used() -> None:
    made = rolled("a b", [("a", "b")], now=steps("a b"))
    (edit,) = made.edits
    assert (edit.before, edit.after) == ("rollingSync: 1 step", "rollingSync: 2 steps")
    (first, last) = steps_of({"strategy": edit.entries[0].value})
    assert first.requirements == (Requirement("app", "In", ("b",)),)
    assert last.requirements == (Requirement("app", "NotIn", ("b",)),)


@pytest.mark.parametrize(
    ("now", "edges", "held", "rewritten"),
    [
        (steps("b", "a"), [("a", "b")], True, None),
        (steps("b", ["b"]), [("a", "b")], True, None),
        (steps("a", "b"), [], True, None),
        (steps("a", "b"), [("a", "b")], False, ["b", "a"]),
        (steps("a b"), [("a", "b", "eventually")], True, None),
        (steps("a", "b"), [("a", "b", "eventually")], False, ["a b"]),
        (steps("a b c"), [("a", "b")], False, ["b c", "a"]),
        # no Application comes earlier than it does
        (steps("a c", "b"), [("a", "b")], False, ["c", "b", "a"]),
        (steps("b", "a", "c"), [("b", "a")], False, ["a", "b c"]),
    ],
)
def test_steps_that_are_there(
    now: tuple[RollingStep, ...], edges: Edges, held: bool, rewritten: list[str] | None
) -> None:
    names = "a b c" if any("c" in one.requirements[0].values for one in now) else "a b"
    made = rolled(names, edges, now=now)
    before = rolled(names, edges, now=now, write=False)
    assert codes(before) == ([] if held else ["WF024"])
    if held:
        assert (shown(made), codes(made)) == (None, [])
    else:
        assert codes(made) == ["WF023"]
        assert shown(made) == rewritten
        assert "rewrites the steps" in before.findings[0].message


def test_no_application_comes_earlier_than_it_does() -> None:
    made = rolled("a b c d", [("a", "b")], now=steps("a", "b c", "d"))
    assert shown(made) == ["b c", "a d"]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (steps("a"), "no step of its rolling sync takes b"),
        (steps("a b", ["a"]), "several steps of its rolling sync take b"),
    ],
)
def test_applications_in_no_step_or_in_several(now: tuple[RollingStep, ...], told: str) -> None:
    (finding,) = rolled("a b", [], now=now, write=False).findings
    assert (finding.code, finding.severity) == ("WF025", "warning")
    assert told in finding.message


def test_the_rest_of_a_strategy_stays() -> None:
    spec = {"strategy": {"type": "AllAtOnce", "deletionOrder": "Reverse"}}
    edit, _ = rolled("a b", [("a", "b")], spec=spec).edits
    assert edit.before == "AllAtOnce"
    assert [(one.path, one.key) for one in edit.entries] == [
        (("spec", "strategy"), "type"),
        (("spec", "strategy"), "rollingSync"),
    ]


@pytest.mark.parametrize("now", [steps("b", "a"), steps("a", "b"), steps("b"), steps("c")])
def test_what_steps_order_is_no_business_of_waves(now: tuple[RollingStep, ...]) -> None:
    made, held = component("a b", now=now), graph("a b", [("a", "b")])
    planned = plan(held, made.applications, "aggressive", CONFIG, CATALOGUE)
    assert {item.resource.name: item.planned for item in planned.placements} == {"a": 0, "b": 0}
    assert planned.findings == ()
    alone = component("a b").applications
    assert {f.code for f in plan(held, alone, "conservative", CONFIG, CATALOGUE).findings} == {
        "WF002", "WF007",
    }  # fmt: skip


def test_consequences_are_told() -> None:
    (finding,) = rolled("a b", [("a", "b")]).findings
    for word in ("automated sync", "healthy", "syncPolicy.retry", "added later", "progressive"):
        assert word in finding.message
