"""Does the sync run to its end? What a run of it says, as it is and as planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from wavefix.model import Run, Step
from wavefix.report.risks import definitions
from wavefix.report.risks.fact import Answer, Fact, Item
from wavefix.report.situation import Situation

_VERBS = {"failed": "fails", "stuck": "gets stuck"}
_ANSWERS: tuple[tuple[Answer, str, tuple[tuple[int, int], ...]], ...] = (
    # what is said of syncs by how they end, today and with the change: see `_bad`
    ("open", "these syncs do not run to their end with this change", ((0, 2), (1, 2))),
    ("open", "these syncs do not run to their end, today and with this change", ((2, 2),)),
    ("held", "with this change these syncs succeed at the first attempt", ((1, 0), (2, 0))),
    ("retried", "with this change these syncs succeed, at a retry", ((2, 1),)),
    ("retried", "with this change these syncs need a retry, and none today", ((0, 1),)),
    (
        "retried",
        "these syncs, run as Argo CD would from an empty cluster, need a retry, today as well",
        ((1, 1),),
    ),
)


def facts(now: Situation) -> Iterator[Fact]:
    """Syncs by how they end, and whether all others succeed at once."""
    if now.part.runs is None:
        return
    before, after = map(_ends, now.part.runs)
    ways: dict[tuple[int, int], list[str]] = defaultdict(list)
    for name, step in after.items():
        ways[_bad(before.get(name)), _bad(step)].append(name)
    for answer, text, those in _ANSWERS:
        names = [name for way in those for name in ways[way]]
        if names:
            yield Fact(
                answer,
                text,
                tuple(Item(name, _how(before.get(name), after[name])) for name in names),
            )
    unseen = sorted(definitions.unseen(now).intersection(ways[0, 0]))
    if unseen:
        yield Fact(
            "retried",
            "these syncs need a retry unless what brings their kinds or admits them is there "
            "already: a chart of another Application, of which a run shows nothing, as it is not "
            "rendered",
            tuple(Item(name) for name in unseen),
        )
    fine = len(ways[0, 0]) - len(unseen)
    if fine:
        others = "all others" if fine < len(after) else "all of them" if fine > 1 else "it"
        verb = "succeeds" if others == "it" else "succeed"
        yield Fact(
            "held",
            f"run as Argo CD would from an empty cluster, {others} {verb} at the first attempt, "
            "today and with this change",
        )


def _ends(run: Run) -> dict[str, Step]:
    """The last step of each Application."""
    return {step.application: step for step in sorted(run.steps, key=lambda step: step.start)}


def _bad(step: Step | None) -> int:
    """0 for a sync that succeeds at once, 1 for one that needs retries, 2 for all others."""
    return 2 if step is None or step.outcome != "succeeded" else int(step.attempt > 1)


def _how(before: Step | None, after: Step) -> str:
    """How a sync ends, today and with the change, in one clause where that is the same."""
    today, then = _ending(before), _ending(after)
    return then if today == then else f"today: {today}; with this change: {then}"


def _ending(step: Step | None) -> str:
    """How a sync ends, as a verb with its complement."""
    if step is None:
        return "never begins"
    if step.outcome == "succeeded":
        fails = step.attempt - 1
        times = {1: "once", 2: "twice"}.get(fails, f"{fails} times")
        return f"fails {times}, succeeds at attempt {step.attempt}" if fails else "succeeds"
    what = f"{_VERBS[step.outcome]} in {step.phase} wave {step.wave}"
    return f"{what} ({step.waited})" if step.waited else what
