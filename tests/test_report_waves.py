"""The picture of a review: what is in it, and that it stays small enough to be drawn and read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_report_samples import component, edge, placement, resource

from wavefix.model import ComponentReview, RollingSync
from wavefix.report.as_mermaid import HOLDS, MEANT, waves_mermaid
from wavefix.report.drawing import AGAINST
from wavefix.report.situation import situation
from wavefix.report.waves import Box, Column, Detail, Picture, pictures

FULL = Detail(12, 6)


def drawn(part: ComponentReview, detail: Detail = FULL) -> tuple[Picture, Picture]:
    found = pictures(situation(part), detail)
    assert found is not None
    return found


def boxes(picture: Picture) -> dict[str, list[tuple[str, ...]]]:
    """The lines of the boxes by wave."""
    return {column.label: [box.lines for box in column.boxes] for column in picture.columns}


def arrows(picture: Picture) -> list[tuple[str, str, bool, bool]]:
    """Tail and head by the first line of their boxes, whether it is broken, and dotted."""
    names = {box.name: box.lines[0] for column in picture.columns for box in column.boxes}
    return [(names[a.tail], names[a.head], a.broken, a.apart) for a in picture.arrows]


DB, API = resource("StatefulSet.apps/p/db", 1), resource("Deployment.apps/p/api", 0)
LIMIT = resource("LimitRange/p/l", 1)


def test_what_moves_and_what_was_broken_has_a_name_and_the_rest_is_counted() -> None:
    rest = [resource(f"ConfigMap/p/{name}", 0) for name in "ab"] + [resource("Service/p/a", 0)]
    part = component(
        (placement(DB, -1), placement(API, 0), *(placement(item, 0) for item in rest)),
        edges=(edge(API, DB), edge(API, rest[0], "eventually")),
    )
    before, after = drawn(part)
    others = ("ConfigMap (2)", "Service")
    assert boxes(before) == {
        "wave 0": [("Deployment api",), others],
        "wave 1": [("StatefulSet db", "(to wave -1)")],
    }
    assert boxes(after) == {
        "wave -1": [("StatefulSet db", "(from wave 1)")],
        "wave 0": [("Deployment api",), others],
    }
    assert arrows(before) == [("Deployment api", "StatefulSet db", True, False)]
    assert arrows(after) == [("Deployment api", "StatefulSet db", False, False)]
    assert [arrow.later for arrow in (*before.arrows, *after.arrows)] == [True, False]


def test_what_needs_the_very_same_shares_a_box() -> None:
    quota = resource("ResourceQuota/p/q", 1)
    jobs = [resource(f"Job.batch/p/{name}", 0) for name in "ab"]
    needs = [edge(user, limit, "before") for user in (*jobs, API) for limit in (LIMIT, quota)]
    part = component(
        (*(placement(item, -1) for item in (LIMIT, quota, DB)), *(placement(j, 0) for j in jobs),
         placement(API, 0)),
        edges=(*needs, edge(API, DB)),
    )  # fmt: skip
    before, _ = drawn(part)
    assert boxes(before) == {
        "wave 0": [("Deployment api",), ("Job a", "Job b")],
        "wave 1": [
            ("ResourceQuota q", "LimitRange l", "(to wave -1)"),
            ("StatefulSet db", "(to wave -1)"),
        ],
    }
    assert len(before.arrows) == 3


def test_an_arrow_between_applications_is_dotted() -> None:
    other = resource("Deployment.apps/p/api", 0, application="web")
    part = component((placement(DB, -1), placement(other, 0)), edges=(edge(other, DB),))
    for picture in drawn(part):
        assert [arrow.apart for arrow in picture.arrows] == [True]


def test_no_wave_holds_what_is_between_applications() -> None:
    other = resource("Deployment.apps/p/api", 0, application="web")
    apart = component((placement(DB, -1), placement(other, 0)), edges=(edge(other, DB),))
    inside = component((placement(DB, -1), placement(API, 0)), edges=(edge(API, DB),))
    for part, color, counts in (
        (apart, MEANT, [(0, 1), (0, 0)]),
        (inside, HOLDS, [(1, 0), (0, 0)]),
    ):
        before, after = map(waves_mermaid, drawn(part))
        assert f"stroke:{AGAINST},stroke-width:3px" in before
        assert f"stroke:{color},stroke-width:2px" in after
        now = situation(part)
        assert [(state.pairs, len(state.apart)) for state in (now.now, now.then)] == counts


def test_a_step_of_a_rolling_sync_holds_it() -> None:
    other = resource("Deployment.apps/p/api", 0, application="web")
    part = component((placement(DB, -1), placement(other, 0)), edges=(edge(other, DB),))
    steps = RollingSync("ApplicationSet.argoproj.io/a/s", "", 1, (("portal",), ("web",)), {})
    part = replace(part, plan=replace(part.plan, rolling=steps))
    before, after = drawn(part)
    assert [arrow.apart for arrow in (*before.arrows, *after.arrows)] == [True, False]
    assert f"stroke:{HOLDS},stroke-width:2px" in waves_mermaid(after)


def test_names_have_a_namespace_where_there_are_several() -> None:
    other = resource("ConfigMap/q/x", 1)
    before, _ = drawn(component((placement(DB, 0), placement(other, 0))))
    assert boxes(before) == {"wave 1": [("ConfigMap q/x", "StatefulSet p/db", "(to wave 0)")]}


def test_hooks_have_waves_of_their_own() -> None:
    job = resource("Job.batch/p/migrate", 1, phase="PreSync")
    before, _ = drawn(component((placement(job, 0), placement(API, 0))))
    assert [column.label for column in before.columns] == ["wave 1 of PreSync", "wave 0"]


def test_where_nothing_moves_there_is_no_picture() -> None:
    part = component((placement(DB, 1), placement(API, 0)), edges=(edge(API, DB),))
    assert pictures(situation(part), FULL) is None


def test_many_of_one_box_are_counted() -> None:
    items = [resource(f"ConfigMap/p/x{number:02}", 1) for number in range(20)]
    items += [resource(f"Role.rbac.authorization.k8s.io/p/x{number}", 1) for number in range(3)]
    before, _ = drawn(component(tuple(placement(item, 0) for item in items)), Detail(3, 1))
    assert boxes(before) == {
        "wave 1": [
            ("ConfigMap x00", "ConfigMap x01", "and more:", "ConfigMap (18)", "Role (3)",
             "(to wave 0)")
        ]
    }  # fmt: skip


def crowd(number: int, links: int) -> ComponentReview:
    """Resources in ten waves that all move, each needing some that come later."""
    items = [resource(f"ConfigMap/p/x{index:04}", index % 10) for index in range(number)]
    needs = [
        edge(items[index], items[(index * 7 + step) % number])
        for index in range(number)
        for step in range(1, links + 1)
    ]
    placed = tuple(placement(item, 20 - item.effective) for item in items)
    return component(placed, edges=tuple(needs))


@pytest.mark.parametrize(("number", "links"), [(60, 1), (60, 20), (400, 1), (400, 6), (3000, 3)])
def test_a_large_picture_stays_one_that_github_draws(number: int, links: int) -> None:
    """maxTextSize and maxEdges of mermaid's configuration: 50,000 characters, 500 links."""
    for picture in drawn(crowd(number, links)):
        text = waves_mermaid(picture)
        assert len(text) < 10_000
        assert text.count("~~~") + len(picture.arrows) <= 200
        assert len(picture.arrows) <= 80


def test_the_chart_in_full() -> None:
    moved = Column("wave 1", (Box("b1", ("StatefulSet db", "(to wave 0)"), "moved"),))
    stays = Column("wave 0", (Box("b0", ('Deployment "x"',), "stays"), Box("r0", ("Job",), "rest")))
    arrow = drawn(component((placement(DB, -1), placement(API, 0)), edges=(edge(API, DB),)))[0]
    text = waves_mermaid(Picture((stays, moved), tuple(
        replace(one, tail="b0", head="b1") for one in arrow.arrows
    )))  # fmt: skip
    assert [line.strip() for line in text.splitlines()][1:-5] == [
        "flowchart RL",
        'subgraph w0 ["wave 0"]',
        'b0["Deployment #quot;x#quot;"]:::stays',
        'r0["Job"]:::rest',
        "end",
        'subgraph w1 ["wave 1"]',
        'b1["StatefulSet db<br>(to wave 0)"]:::moved',
        "end",
        'o1[" "]:::hidden',
        "class w0,w1 wave",
        "b1 ~~~ o1",
        "o1 ~~~ b0",
        "o1 ~~~ r0",
        "b1 <--> b0",
        "linkStyle 3 stroke:#d1242f,stroke-width:3px,marker-end:none",
    ]


def test_one_wave_has_a_direction_of_its_own() -> None:
    before, after = drawn(component((placement(DB, 0), placement(LIMIT, -1))))
    assert "  direction RL\n" in waves_mermaid(before)
    assert "  direction RL\n" not in waves_mermaid(after)
    assert "classDef stays" not in waves_mermaid(before)
