"""The review as a person reads it before a rollout."""

from __future__ import annotations

from collections.abc import Sequence

from wavefix.model import ComponentReview, Finding, Review, RollingSync
from wavefix.report.as_diff import readable
from wavefix.report.facts import (
    Move,
    components,
    findings_by_component,
    moves_by_component,
    steps,
    wave_counts,
)
from wavefix.report.findings import STYLES
from wavefix.report.words import arrow, count, duration, named, paint, place, visible, wave, wrapped

# Headings of findings: what is left to do, and what is good to know.
LEFT = "could not be done, or needs a look"
NOTES = "notes"


def text(review: Review, color: bool) -> str:
    """The moves of every component with their reasons, what is left to do, then the diff."""
    parts = components(review)
    findings, rest = findings_by_component(review)
    blocks = [
        _component(part, moved, found, review, color)
        for part, moved, found in zip(parts, moves_by_component(review), findings, strict=True)
    ]
    if rest:
        blocks.append([paint("elsewhere", "bold", color), *_findings(rest, review, color)])
    blocks.append(colored(readable(review), color))
    return _joined(blocks)


def _changes(part: ComponentReview) -> str:
    """`4 -> 3 waves, predicted time 11m45s -> 7m45s if nothing fails`; one number if equal."""
    before, after = wave_counts(part)
    times = duration(part.seconds.before), duration(part.seconds.after)
    waves = count(after, "wave") if before == after else f"{before} -> {count(after, 'wave')}"
    return f"{waves}, predicted time {arrow(*times)} if nothing fails"


def _size(part: ComponentReview) -> str:
    """`4 Applications, 42 resources`."""
    applications = count(len(part.component.applications), "Application")
    return f"{applications}, {count(len(part.graph.resources), 'resource')}"


def _component(
    part: ComponentReview,
    moved: Sequence[Move],
    findings: Sequence[Finding],
    review: Review,
    color: bool,
) -> list[str]:
    name = paint(visible(part.component.name), "bold", color)
    if moved:
        headline = f"{name} ({review.profile}): {_size(part)}; {_changes(part)}"
    else:
        headline = f"{name}: nothing to move ({review.profile}; {_size(part)}; {_changes(part)})"
    rolling = _rolling(part.plan.rolling, review, color)
    return [headline, *_moves(moved, review, color), *rolling, *_findings(findings, review, color)]


def _moves(moved: Sequence[Move], review: Review, color: bool) -> list[str]:
    if not moved:
        return []
    old = max(len(wave(move.before)) for move in moved)
    new = max(len(wave(move.after)) for move in moved)
    indent = " " * (old + new + 8)
    lines = [""]
    for move in moved:
        step = f"{wave(move.before):>{old}} -> {wave(move.after):>{new}}"
        lines.append(f"  {paint(step, 'cyan', color)}  {paint(visible(move.label), 'bold', color)}")
        where = place(move.file, move.line, review.cwd)
        everywhere = " and ".join(named(*one, review.cwd) for one in move.places)
        first, *more = wrapped(f"{everywhere}: {move.reason}", indent, indent)
        lines += [first.replace(where, paint(where, "dim", color), 1), *more]
    return lines


def _rolling(rolling: RollingSync | None, review: Review, color: bool) -> list[str]:
    """The steps of a rolling sync that is to be written, and what they are for."""
    if rolling is None:
        return []
    where = place(rolling.file, rolling.line, review.cwd)
    lines = [
        "",
        f"  {paint(f'rolling sync of {visible(rolling.resource)}', 'bold', color)} ({where}):",
    ]
    for number, (names, why) in enumerate(steps(rolling), 1):
        lines += wrapped(f"step {number}: {names}", "    ", "            ")
        lines += wrapped(why, "            ", "            ") if why else []
    return lines


def _findings(findings: Sequence[Finding], review: Review, color: bool) -> list[str]:
    left = [finding for finding in findings if finding.severity != "note"]
    notes: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.severity == "note":
            notes.setdefault(finding.code, []).append(finding)
    lines = []
    if left:
        lines += ["", f"  {paint(f'{LEFT}:', 'bold', color)}"]
        lines += [line for finding in left for line in _finding(finding, review.cwd, color)]
    if notes:
        lines += ["", f"  {paint(f'{NOTES}:', 'bold', color)}"]
    for group in notes.values():
        # One of each kind is enough before a rollout; all of them are a command away.
        lines += _finding(group[0], review.cwd, color, len(group) - 1)
    return lines


def _finding(finding: Finding, cwd: str, color: bool, more_like_it: int = 0) -> list[str]:
    where = place(finding.file, finding.line, cwd)
    label = f"{finding.severity} {finding.code}"
    sentence = f"{where}: {label} {finding.message}" if where else f"{label} {finding.message}"
    if more_like_it:
        sentence += f" ({more_like_it} more {finding.code}: `wavefix lint` lists them)"
    first, *more = wrapped(sentence, "    ", "      ")
    return [first.replace(label, paint(label, STYLES[finding.severity], color), 1), *more]


def colored(changes: str, color: bool) -> list[str]:
    """The lines of a diff."""
    return [
        paint(visible(line, keep="\t"), _style(line), color) for line in changes.split("\n")[:-1]
    ]


def _style(line: str) -> str:
    """As git colours a diff; a removed line `-- x` reads like a header, which does no harm."""
    if line.startswith(("diff --git ", "--- ", "+++ ")):
        return "bold"
    return {"@": "cyan", "-": "red", "+": "green"}.get(line[:1], "")


def _joined(blocks: Sequence[list[str]]) -> str:
    """The blocks one below the other, with a blank line between all but one-liners."""
    lines: list[str] = []
    long = False
    for block in filter(None, blocks):
        if lines and (long or len(block) > 1):
            lines.append("")
        lines += block
        long = len(block) > 1
    return "".join(f"{line}\n" for line in lines)
