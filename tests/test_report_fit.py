"""A review fits into a comment, whatever there is to tell."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_report_samples import component, edge, patch, placement, resource, review

from wavefix.model import Finding, Review
from wavefix.report import diff, markdown
from wavefix.report.fit import DETAILS, LIMIT, cut

GITHUB = 65_536  # characters; GitLab takes a million


def large(components: int, resources: int, findings: int, name: str = "x") -> Review:
    """Components in which all moves, and every resource needs the next, which comes too late."""
    parts, found, patches = [], [], []
    for number in range(components):
        items = [
            resource(
                f"ConfigMap/p/{name}{number}-{index:04}", index % 7, file=f"f/{number}/{index}"
            )
            for index in range(resources)
        ]
        needs = tuple(edge(one, other) for one, other in pairwise(items))
        placed = tuple(placement(item, -item.effective - 1, "why " * 20) for item in items)
        parts.append(component(placed, name=f"{name}-{number}", edges=needs))
        patches += [
            patch(item, f"{item.id}\nwave: 1\n", f"{item.id}\nwave: 0\n", "0") for item in items
        ]
        for index in range(findings):
            code, file = f"WF00{index % 9 + 1}", f"/repo/f/{number}/{index}"
            found.append(Finding(code, "error", f"{name} is wrong; mend it", file, 1))
            found.append(Finding(code, "note", f"{name} is odd", file, 2))
    return review(*parts, patches=tuple(patches), findings=tuple(found))


@pytest.mark.parametrize(
    "run",
    [
        large(1, 10, 5),
        large(1, 400, 50),
        large(1, 3000, 0),
        large(40, 30, 10),
        large(300, 3, 2),
        large(3, 10, 5, name="n" * 5000),
        large(1, 200, 5, name="é→"),
        large(1, 3, 1, name="n" * 100_000),
        review(findings=tuple(Finding("WF002", "error", "m" * 300, f"/{n}") for n in range(900))),
    ],
    ids=[
        "small", "large", "huge", "many", "crowd", "long names", "wide names", "too long a name",
        "findings",
    ],
)  # fmt: skip
def test_it_is_never_longer_than_a_comment(run: Review) -> None:
    document = markdown(run)
    assert len(document.encode()) <= LIMIT < GITHUB
    assert document.startswith("## wavefix (conservative): ")
    assert document.count("<details>") == document.count("</details>")
    assert len(re.findall("^```", document, re.MULTILINE)) % 2 == 0


def test_what_is_left_out_is_said() -> None:
    document = markdown(large(1, 400, 0))
    assert "> This is an extract" in document
    assert re.search(r"… and \d+ more moves\.", document)
    assert re.search(r"\n… and \d+ more components\.\n", markdown(large(300, 3, 2)))
    assert "This is an extract" not in markdown(large(1, 10, 5))


def test_less_detail_is_shorter() -> None:
    for more, less in pairwise(DETAILS):
        assert all(a >= b for a, b in zip(more[:5], less[:5], strict=True))


DIFF = """\
diff --git a/a.yaml b/a.yaml
--- a/a.yaml
+++ b/a.yaml
@@ -1,2 +1,2 @@
-diff --git x
+b
@@ -9,2 +9,2 @@
 c
diff --git a/b.yaml b/b.yaml
--- a/b.yaml
+++ b/b.yaml
@@ -1,2 +1,2 @@
-@@ d
"""
FIRST, SECOND, THIRD = DIFF.index("@@ -9"), DIFF.index("diff --git a/b"), len(DIFF)


@pytest.mark.parametrize(
    ("room", "length", "hunks"),
    [
        (0, 0, 0),
        (FIRST - 1, 0, 0),
        (FIRST, FIRST, 1),
        (SECOND - 1, FIRST, 1),
        (SECOND, SECOND, 2),
        (THIRD - 1, SECOND, 2),
        (THIRD, THIRD, 3),
    ],
)
def test_a_diff_is_cut_where_a_hunk_ends(room: int, length: int, hunks: int) -> None:
    assert cut(DIFF, room) == (DIFF[:length], hunks, 3)


@given(st.integers(0, 3000))
def test_a_cut_diff_is_the_beginning_of_it(room: int) -> None:
    whole = diff(large(2, 5, 0))
    shown, hunks, of = cut(whole, room)
    assert whole.startswith(shown)
    assert len(shown.encode()) <= room
    assert (hunks, of) == (shown.count("\n@@ "), whole.count("\n@@ "))


def test_a_diff_that_does_not_fit_says_how_to_see_it() -> None:
    part = component((placement(resource("ConfigMap/p/x", 1), 0),))
    long = patch(part.graph.resources[0], "a\n" + "x" * LIMIT, "b\n" + "x" * LIMIT, "0")
    short = replace(long, file="/repo/a.yaml", before="a\n", after="b\n")
    document = markdown(review(part, patches=(short, long)))
    assert "```diff\ndiff --git a/a.yaml b/a.yaml\n" in document
    assert (
        "\n1 of 2 hunks: a comment holds no more; `wavefix --dry-run --format diff` prints all.\n"
        in document
    )
    alone = markdown(review(part, patches=(long,)))
    assert "```diff" not in alone
    assert "\n0 of 1 hunk: a comment holds no more" in alone
