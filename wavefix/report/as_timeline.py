"""Runs as a timeline that a person can read: one bar per step, in 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from wavefix.model import Run, Step
from wavefix.report.words import count, duration, paint, visible, wrapped

_BAR = 24  # characters for the whole run
_COLUMNS = 80
_INDENT = " " * 8
_ENDINGS = {"succeeded": "waited for", "failed": "failed:", "stuck": "stuck:"}
_STYLES = {"succeeded": "green", "failed": "red", "stuck": "red"}
_LEGEND = (
    "* on the critical path",
    "floor: if every resource started when its own dependencies allow",
)


def timeline(
    before: Run, after: Run, color: bool, learned: Mapping[str, float] | None = None
) -> str:
    """What `wavefix simulate` prints: both runs, or the one where the plan changes nothing."""
    if before == after:
        lines = _run("before and after", before, color)
    else:
        lines = [*_run("before", before, color), "", *_run("after", after, color)]
    lines += ["", *_LEGEND]
    if learned is not None:
        lines.append(_learned(len(learned)))
    return "\n".join(lines) + "\n"


def _learned(number: int) -> str:
    if not number:
        return "no duration learned: nothing recorded has the id of a resource here"
    return f"learned: {count(number, 'resource')} with a duration of its own"


def _run(name: str, run: Run, color: bool) -> list[str]:
    word = "over" if run.outcome == "succeeded" else "nothing more happens"
    outcome = paint(run.outcome, _STYLES[run.outcome], color)
    times = f"{word} after {duration(run.seconds)}; floor {duration(run.floor)}"
    lines = [f"{paint(name, 'bold', color)}: {outcome}, {times}"]
    steps = sorted(run.steps, key=lambda step: (step.application, step.start, step.attempt))
    for application, found in groupby(steps, lambda step: step.application):
        lines += ["", f"  {visible(application)}"]
        lines += _sync(list(found), run.seconds, color)
    return lines


def _sync(steps: Sequence[Step], total: float, color: bool) -> list[str]:
    """The attempts of one Application; those that end as the one before them, in one line."""
    attempts = [list(found) for _, found in groupby(steps, lambda step: step.attempt)]
    lines: list[str] = []
    for _, alike in groupby(attempts, _course):
        first, *rest = alike
        if first[0].attempt > 1:
            lines.append(f"    attempt {first[0].attempt}")
        for step in first:
            lines += _step(step, total, color)
        if rest:
            lines.append(_likewise(rest, total, color))
    return lines


def _course(attempt: Iterable[Step]) -> tuple[object, ...]:
    """What happens in an attempt, whenever it happens."""
    return tuple((s.phase, s.wave, s.applied, s.outcome, s.waited) for s in attempt)


def _likewise(attempts: Sequence[Sequence[Step]], total: float, color: bool) -> str:
    steps = [step for attempt in attempts for step in attempt]
    first, last = steps[0].attempt, steps[-1].attempt
    fail = "fails" if first == last else "fail"
    which = f"attempt {first}" if first == last else f"attempts {first} to {last}"
    text = f"{which} {fail} likewise, until {duration(steps[-1].end)}"
    return f"  {_mark(steps)} |{_painted(steps, total, color)}| {text}"


def _step(step: Step, total: float, color: bool) -> list[str]:
    where = f"{step.phase} wave {step.wave}"
    times = f"{duration(step.start)} to {duration(step.end)}"
    number = count(sum(len(batch) for batch in step.applied), "resource")
    bar = _painted([step], total, color)
    lines = [f"  {_mark([step])} |{bar}| {where:<17} {times:<17} {number}"]
    if step.waited:
        reason = f"{_ENDINGS[step.outcome]} {step.waited}"
        lines += wrapped(reason, _INDENT, _INDENT, _COLUMNS)
    return lines


def _mark(steps: Iterable[Step]) -> str:
    return "*" if any(step.critical for step in steps) else " "


def _painted(steps: Sequence[Step], total: float, color: bool) -> str:
    bad = any(step.outcome != "succeeded" for step in steps)
    style = "red" if bad else "cyan" if _mark(steps) == "*" else ""
    return paint(_bar(steps, total), style, color)


def _bar(steps: Iterable[Step], total: float) -> str:
    if not total:
        return "-" * _BAR
    bar = [" "] * _BAR
    for step in steps:
        first = min(int(step.start / total * _BAR), _BAR - 1)
        last = max(round(step.end / total * _BAR), first + 1)
        bar[first:last] = ("#" if step.outcome == "succeeded" else "!") * (last - first)
    return "".join(bar)
