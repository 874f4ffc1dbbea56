"""What is to become of a branch, and where a component stands: decided from facts alone."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from wavefix.rollout.branches import Facts, decide, state

BASE, MADE, THEIRS, OLD = "base", "made", "theirs", "old base"
# What wavefix made on the base as it is, for the plan as it is.
CURRENT = {"recorded": MADE, "made_on": (BASE,), "made": "plan"}
MOVED = CURRENT | {"made_on": (OLD,)}
REPLANNED = CURRENT | {"made": "another plan"}
ELSEWHERE = CURRENT | {"recorded": "", "intact": True, "tip": MADE}  # another clone made it


@pytest.mark.parametrize(
    ("facts", "action", "stands"),
    [
        # nothing was made yet
        ({"wanted": ""}, "nothing to move", "up to date"),
        ({}, "create", "to do"),
        ({"tip": THEIRS}, "changed", "to do"),  # a branch of that name, by somebody else
        ({"tip": THEIRS, "tip_merged": True}, "changed", "to do"),
        ({"tip": THEIRS, "wanted": ""}, "nothing to move", "up to date"),
        # wavefix made it for another component: it is that one's until it is merged, or gone
        ({"tip": MADE, "recorded": MADE, "other": "apps/b"}, "changed", "to do"),
        ({"tip": MADE, "recorded": MADE, "other": "apps/b", "wanted": ""},
         "nothing to move", "up to date"),
        ({"tip": MADE, "recorded": MADE, "other": "apps/b", "tip_merged": True},
         "rebuild", "outdated"),
        ({"recorded": MADE, "other": "apps/b"}, "create", "to do"),
        # as wavefix left it
        ({"tip": MADE, **CURRENT}, "up to date", "open"),
        ({"tip": MADE, **MOVED}, "rebuild", "outdated"),
        ({"tip": MADE, **REPLANNED}, "rebuild", "outdated"),
        # somebody has added to it
        ({"tip": THEIRS, **CURRENT}, "changed", "open"),
        ({"tip": THEIRS, **MOVED}, "changed", "outdated"),
        ({"tip": THEIRS, **REPLANNED}, "changed", "outdated"),
        ({"tip": THEIRS, **MOVED, "wanted": ""}, "changed", "up to date"),
        # somebody has put it back to a commit of the base
        ({"tip": BASE, **CURRENT, "tip_merged": True}, "rebuild", "outdated"),
        # somebody has deleted it
        ({**CURRENT}, "create", "to do"),
        # merged: as it is, squashed, with what somebody added
        ({"tip": MADE, **MOVED, "wanted": "", "merged": True, "tip_merged": True},
         "merged", "merged"),
        ({"tip": MADE, **MOVED, "wanted": "", "merged": True}, "merged", "merged"),
        ({**MOVED, "wanted": "", "merged": True}, "merged", "merged"),
        ({"tip": THEIRS, **MOVED, "wanted": "", "merged": True, "tip_merged": True},
         "merged", "merged"),
        ({"tip": THEIRS, **MOVED, "wanted": "", "merged": True}, "changed", "merged"),
        # somebody mended it in another way
        ({"tip": MADE, **MOVED, "wanted": ""}, "nothing to move", "up to date"),
        ({**MOVED, "wanted": ""}, "nothing to move", "up to date"),
        # merged, and there is more to move by now
        ({"tip": MADE, **MOVED, "merged": True, "tip_merged": True}, "rebuild", "outdated"),
        ({"tip": THEIRS, **MOVED, "merged": True, "tip_merged": True}, "rebuild", "outdated"),
        # made by another clone
        (ELSEWHERE, "up to date", "open"),
        (ELSEWHERE | {"made_on": (OLD,)}, "rebuild", "outdated"),
        (ELSEWHERE | {"wanted": "", "merged": True}, "merged", "merged"),
        (ELSEWHERE | {"recorded": "an older one"}, "up to date", "open"),
        # and somebody has added to it
        ({"tip": THEIRS, **CURRENT, "recorded": "", "named": MADE}, "changed", "open"),
        ({"tip": THEIRS, **MOVED, "recorded": "", "named": MADE}, "changed", "outdated"),
    ],
)  # fmt: skip
def test_what_is_to_become_of_a_branch(facts: dict[str, Any], action: str, stands: str) -> None:
    known = Facts(**({"base": BASE, "wanted": "plan"} | facts))
    assert (decide(known), state(known)) == (action, stands)


@pytest.mark.parametrize("wanted", ["", "plan"])
def test_status_tells_what_a_run_would_do(wanted: str) -> None:
    """Whatever the facts are."""
    done = {
        "up to date": {"nothing to move", "changed"},
        "merged": {"merged", "changed"},
        "to do": {"create", "changed"},
        "open": {"up to date", "changed"},
        "outdated": {"rebuild", "changed"},
    }
    commits = ("", MADE, THEIRS)
    rest = ("", "apps/b"), (False, True), (False, True), (False, True), (BASE, OLD)
    for tip, recorded, named, other, intact, merged, tip_merged, base in product(
        commits, commits, commits, *rest
    ):
        known = Facts(
            BASE, wanted, tip, recorded=recorded, named=named, other=other, intact=intact,
            merged=merged, tip_merged=tip_merged, made_on=(base,), made="plan",
        )  # fmt: skip
        assert decide(known) in done[state(known)], known
        if decide(known) == "changed":
            assert known.theirs or known.foreign
