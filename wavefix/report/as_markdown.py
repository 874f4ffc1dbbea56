"""The review as a pull request's description (GitHub-flavoured Markdown)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from wavefix.model import ComponentReview, Finding, Review, RollingSync
from wavefix.report.as_diff import diff
from wavefix.report.as_text import LEFT, NOTES
from wavefix.report.facts import (
    Move,
    components,
    findings_by_component,
    moves_by_component,
    steps,
    summary,
    wave_counts,
)
from wavefix.report.words import arrow, duration, place, visible, wave

_SPECIAL = re.compile(r"[\\`*_\[\]~$]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"})
_PLAIN_CODE = re.compile(r"[^`|\\]+")


def markdown(review: Review) -> str:
    """Headline, a table of components, the moves and findings of each, and the diff folded up."""
    parts = components(review)
    findings, rest = findings_by_component(review)
    moves = moves_by_component(review)
    lines = [f"## wavefix ({review.profile}): {summary(review)}", "", *_overview(parts, moves)]
    for part, moved, found in zip(parts, moves, findings, strict=True):
        if moved or found or part.plan.rolling:
            lines += ["", f"### {prose(part.component.name)}"]
            lines += [*_moves(moved, review), *_rolling(part.plan.rolling, review)]
            lines += _findings(found, review)
    if rest:
        lines += ["", "### Elsewhere", *_findings(rest, review)]
    return "\n".join([*lines, *_diff(review), ""])


def prose(text: str) -> str:
    """Text on one line in which nothing is markup."""
    one_line = visible(text.replace("\n", " "))
    return _SPECIAL.sub(r"\\\g<0>", one_line).translate(_ENTITIES)


def code(text: str) -> str:
    """Text in a fixed-width font, also where a code span could not hold it in a table."""
    one_line = visible(text)
    if _PLAIN_CODE.fullmatch(one_line) and one_line == one_line.strip():
        return f"`{one_line}`"
    encoded = re.sub(r"[^\w ./:-]|_", lambda char: f"&#{ord(char[0])};", one_line)
    return f"<code>{encoded}</code>" if encoded else ""


def table(head: Sequence[str], align: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; the cells are Markdown already."""
    return [f"| {' | '.join(cells)} |" for cells in (head, align, *rows)]


def _overview(parts: Sequence[ComponentReview], moves: Sequence[Sequence[Move]]) -> list[str]:
    rows = []
    for part, moved in zip(parts, moves, strict=True):
        before, after = wave_counts(part)
        times = duration(part.seconds.before), duration(part.seconds.after)
        rows.append(
            (
                prose(part.component.name),
                str(len(part.component.applications)),
                str(len(part.graph.resources)),
                str(len(moved)),
                arrow(before, after, "→"),
                arrow(*times, "→"),
            )
        )
    head = ("component", "Applications", "resources", "moves", "waves", "predicted time")
    return table(head, ("---", "---:", "---:", "---:", "---:", "---:"), rows)


def _moves(moved: Sequence[Move], review: Review) -> list[str]:
    if not moved:
        return []
    rows = [
        (
            code(move.label),
            arrow(wave(move.before), wave(move.after), "→"),
            prose(move.reason),
            " and ".join(
                code(place(one.file, one.line, review.cwd))
                + (f" ({prose(one.what)})" if one.what else "")
                for one in move.places
            ),
        )
        for move in moved
    ]
    return ["", *table(("resource", "wave", "why", "where"), ("---", "---:", "---", "---"), rows)]


def _rolling(rolling: RollingSync | None, review: Review) -> list[str]:
    if rolling is None:
        return []
    where = code(place(rolling.file, rolling.line, review.cwd))
    rows = [
        (str(number), prose(names), prose(why))
        for number, (names, why) in enumerate(steps(rolling), 1)
    ]
    numbered = table(("step", "Applications", "why"), ("---:", "---", "---"), rows)
    return ["", f"**Rolling sync** of {code(rolling.resource)} ({where})", "", *numbered]


def _findings(findings: Sequence[Finding], review: Review) -> list[str]:
    left = [finding for finding in findings if finding.severity != "note"]
    notes = [finding for finding in findings if finding.severity == "note"]
    lines = []
    for title, group in ((LEFT, left), (NOTES, notes)):
        if group:
            lines += ["", f"**{title.capitalize()}**", ""]
        for finding in group:
            lines += _finding(finding, review.cwd)
    return lines


def _finding(finding: Finding, cwd: str) -> list[str]:
    """A list item; further lines of the message, a patch that it shows, as a code block in it."""
    where = place(finding.file, finding.line, cwd)
    start = f"- **{finding.severity}** {finding.code}{f' {code(where)}' if where else ''}:"
    first, _, more = finding.message.partition("\n")
    item = [f"{start} {prose(first)}"]
    return item + [f"  {line}".rstrip() for line in fenced(more, "")] if more else item


def _diff(review: Review) -> list[str]:
    changes = diff(review)
    if not changes:
        return []
    block = fenced(changes, "diff")
    return ["", "<details>", "<summary>Diff</summary>", "", *block, "", "</details>"]


def fenced(text: str, language: str) -> list[str]:
    """A code block whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *visible(text, keep="\n\t").rstrip("\n").split("\n"), fence]
