"""Runs as a timeline that a person can read: one bar per step."""

from __future__ import annotations

from itertools import groupby

from wavefix.model import Run, Step
from wavefix.report.words import count, duration, paint, visible, wrapped

_BAR = 24  # characters for the whole run
_ENDINGS = {"succeeded": "waited for", "failed": "failed:", "stuck": "stuck:"}
_STYLES = {"succeeded": "green", "failed": "red", "stuck": "red"}


def timeline(before: Run, after: Run, color: bool) -> str:
    """What `wavefix simulate` prints: both runs, or the one where the plan changes nothing."""
    if before == after:
        lines = _run("before and after", before, color)
    else:
        lines = [*_run("before", before, color), "", *_run("after", after, color)]
    return "\n".join([*lines, "", "* on the critical path"]) + "\n"


def _run(name: str, run: Run, color: bool) -> list[str]:
    word = "over" if run.outcome == "succeeded" else "nothing more happens"
    outcome = paint(run.outcome, _STYLES[run.outcome], color)
    lines = [f"{paint(name, 'bold', color)}: {outcome}, {word} after {duration(run.seconds)}"]
    steps = sorted(run.steps, key=lambda step: (step.application, step.start, step.attempt))
    for application, found in groupby(steps, lambda step: step.application):
        lines += ["", f"  {visible(application)}"]
        for step in found:
            lines += _step(step, run.seconds, color)
    return lines


def _step(step: Step, total: float, color: bool) -> list[str]:
    mark = "*" if step.critical else " "
    where = f"{step.phase} wave {step.wave}"
    times = f"{duration(step.start)} to {duration(step.end)}"
    number = sum(len(batch) for batch in step.applied)
    again = f", attempt {step.attempt}" if step.attempt > 1 else ""
    bar = _bar(step, total)
    style = "red" if step.outcome != "succeeded" else "cyan" if step.critical else ""
    text = f"{where:<17} {times:<17} {count(number, 'resource')}{again}"
    lines = [f"  {mark} |{paint(bar, style, color)}| {text}"]
    if step.waited:
        reason = f"{_ENDINGS[step.outcome]} {step.waited}"
        indent = " " * (_BAR + 7)
        lines += wrapped(reason, indent, indent)
    return lines


def _bar(step: Step, total: float) -> str:
    if not total:
        return "-" * _BAR
    first = min(int(step.start / total * _BAR), _BAR - 1)
    last = max(round(step.end / total * _BAR), first + 1)
    sign = "#" if step.outcome == "succeeded" else "!"
    return (" " * first + sign * (last - first)).ljust(_BAR)
