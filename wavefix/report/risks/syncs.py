"""Does the sync run to its end? What a run of it says, as it is and as planned."""

from __future__ import annotations

from collections.abc import Iterator

from wavefix.model import Run, Step
from wavefix.report.risks.fact import Fact, Item
from wavefix.report.situation import Situation

_VERBS = {"failed": "fails", "stuck": "gets stuck"}


def facts(now: Situation) -> Iterator[Fact]:
    """Syncs that are mended, those that are not, and whether all others succeed at once."""
    if now.part.runs is None:
        return
    before, after = map(_ends, now.part.runs)
    mended = [name for name in after if name in before and _bad(before[name]) > _bad(after[name])]
    failing = [name for name in after if _bad(after[name]) == 2]
    again = [name for name in after if _bad(after[name]) == 1 and name not in mended]
    fine = len(after) - len({*mended, *failing, *again})
    if failing:
        yield Fact(
            "open",
            "these syncs do not run to their end, today and with this change",
            tuple(Item(name, _how(after[name])) for name in failing),
        )
    if mended:
        yield Fact(
            "held",
            "with this change these syncs do better",
            tuple(
                Item(name, f"{_how(before[name])} today, then {_how(after[name])}")
                for name in mended
            ),
        )
    if again:
        yield Fact(
            "retried",
            "these syncs, run as Argo CD would from an empty cluster, need a retry, today as well",
            tuple(Item(name, _how(after[name])) for name in again),
        )
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


def _bad(step: Step) -> int:
    """0 for a sync that succeeds at once, 1 for one that needs retries, 2 for one that does not."""
    return 2 if step.outcome != "succeeded" else int(step.attempt > 1)


def _how(step: Step) -> str:
    """How a sync ends, as a verb with its complement."""
    if step.outcome == "succeeded":
        return "succeeds" if step.attempt == 1 else f"succeeds at attempt {step.attempt}"
    what = f"{_VERBS[step.outcome]} in {step.phase} wave {step.wave}"
    return f"{what} ({step.waited})" if step.waited else what
