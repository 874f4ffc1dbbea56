"""The review as a pull request's description (GitHub-flavoured Markdown), as a team reads it.

What changes, and where the waves stand before and after; what could go wrong, and what wavefix
checked; what is left to do; how to see afterwards that all is well; and the diff. What has nothing
to say is absent, what is long folds up, and the whole fits into a comment (`wavefix.report.fit`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wavefix.model import ComponentReview, Finding, Review, RollingSync, Run
from wavefix.report import verify
from wavefix.report.as_diff import readable
from wavefix.report.as_mermaid import waves_mermaid
from wavefix.report.facts import (
    Move,
    components,
    findings_by_component,
    moves_by_component,
    steps,
    summary,
    wave_counts,
)
from wavefix.report.fit import DETAILS, LIMIT, Detail, cut, size
from wavefix.report.left import left
from wavefix.report.markup import code, fenced, folded, inset, message, prose, table
from wavefix.report.risks import Fact, Risk, risks
from wavefix.report.situation import Situation, situation
from wavefix.report.verify import Check
from wavefix.report.waves import Picture, pictures
from wavefix.report.words import arrow, count, duration, place, wave

__all__ = ["code", "markdown", "prose"]

_FOLDED = 20  # rows of a table beyond which it is folded up
_COMMANDS = 6  # beyond which they are folded up
_LARGE = 60  # resources of a component, from which on its picture is
_TIME = "predicted time if nothing fails"
_BROKEN = "pairs of which one is applied before, or beside, what it needs first"
_APART = (
    "pairs of two Applications whose waves tell the wrong order; no wave makes Argo CD wait there "
    "(the steps of a rolling sync do), it tells what is meant"
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A component with all that is told of it."""

    part: ComponentReview
    now: Situation
    moves: Sequence[Move]
    findings: Sequence[Finding]
    risks: Sequence[Risk] = ()  # where anything in it is to be written
    before: Sequence[Check] = ()
    after: Sequence[Check] = ()

    @property
    def changes(self) -> bool:
        """Whether anything in it is to be written."""
        return bool(self.moves or self.part.plan.rolling)

    @property
    def told(self) -> bool:
        """Whether it has a section of its own: more than notes are to be told of it."""
        return self.changes or any(finding.severity != "note" for finding in self.findings)


def markdown(review: Review) -> str:
    """The whole review, in as much detail as a comment holds."""
    findings, rest = findings_by_component(review)
    edited = frozenset(edit.site for patch in review.patches for edit in patch.edits)
    parts = [
        _part(_Part(part, situation(part, edited), moved, found))
        for part, moved, found in zip(
            components(review), moves_by_component(review), findings, strict=True
        )
    ]
    told = [part for part in parts if part.told]
    rest = [*rest, *(finding for part in parts if not part.told for finding in part.findings)]
    head = [f"## wavefix ({review.profile}): {summary(review)}", *_overview(parts, told)]
    for detail in DETAILS:
        text = _document([*head, *_notice(detail)], told, rest, review, detail)
        if text:
            return text + _diff(review, LIMIT - size(text))
    return f"{head[0]}\n\nThe review is too long for a comment; `wavefix --dry-run` prints it.\n"


def _part(item: _Part) -> _Part:
    """With the risks, and the commands that verify it, of a component that changes."""
    if not item.changes:
        return item
    now = item.now
    return replace(
        item, risks=tuple(risks(now)), before=verify.before(now), after=verify.after(now)
    )


def _document(
    head: Sequence[str],
    told: Sequence[_Part],
    rest: Sequence[Finding],
    review: Review,
    detail: Detail,
) -> str:
    """All but the diff; "" where that is too long."""
    text = "\n".join(head)
    for item in told[: detail.components]:
        lines = ["", f"### {prose(item.part.component.name)}", *_component(item, review, detail)]
        text += "\n".join(["", *lines])
        if size(text) > LIMIT:
            return ""
    text += "\n".join(["", *_more(len(told) - detail.components, "component")])
    if rest and detail.components:
        lines = [*(["", "### Elsewhere"] if told else []), *left(rest, review.cwd, detail)]
        text += "\n".join(["", *lines])
    return f"{text}\n" if size(text) < LIMIT else ""


def _overview(parts: Sequence[_Part], told: Sequence[_Part]) -> list[str]:
    """A row for each component that there is something to tell of; how many others there are."""
    rows = []
    apart = any(any(_apart(item)) for item in told)
    for item in told:
        part = item.part
        rows.append(
            (
                prose(part.component.name),
                str(len(part.component.applications)),
                str(len(part.graph.resources)),
                str(len(item.moves)),
                arrow(*wave_counts(part), "→"),
                arrow(item.now.now.pairs, item.now.then.pairs, "→"),
                *([arrow(*_apart(item), "→")] if apart else []),
                arrow(*_times(part), "→"),
            )
        )
    head = ["component", "Applications", "resources", "moves", "waves", "broken"]
    head += [*(["between Applications"] if apart else []), _TIME]
    lines = ["", *table(head, ("---", *["---:"] * (len(head) - 1)), rows)] if rows else []
    broken = any(item.now.now.pairs or item.now.then.pairs for item in told)
    meanings = [f"Broken: {_BROKEN}."] if broken else []
    meanings += [f"Between Applications: {_APART}."] if apart else []
    lines += ["", " ".join(meanings)] if meanings else []
    if others := len(parts) - len(told):
        more = "more component" if told else "component"
        lines += ["", f"{count(others, more)}: nothing to move, and nothing wrong."]
    return lines


def _apart(item: _Part) -> tuple[int, int]:
    """How many pairs between Applications have the wrong waves, today and with the change."""
    return len(item.now.now.apart), len(item.now.then.apart)


def _times(part: ComponentReview) -> tuple[str, str]:
    """The predicted times, today and with the change, and what runs of the sync say to that."""
    before, after = part.runs or (None, None)
    return _time(part.seconds.before, before), _time(part.seconds.after, after)


def _time(seconds: float, run: Run | None) -> str:
    if run is not None and run.outcome != "succeeded":
        return "stuck" if run.outcome == "stuck" else "fails"
    again = run is not None and any(step.attempt > 1 for step in run.steps)
    return duration(seconds) + (" (needs retries)" if again else "")


def _notice(detail: Detail) -> list[str]:
    if detail is DETAILS[0]:
        return []
    return [
        "",
        "> This is an extract, as a comment holds no more than 65,536 characters. "
        "`wavefix --dry-run` prints all of it, `wavefix --dry-run PATH` what lies below a path.",
    ]


def _component(item: _Part, review: Review, detail: Detail) -> list[str]:
    lines = [*_moves(item.moves, review, detail), *_rolling(item.part.plan.rolling, review)]
    if item.changes:
        lines += _pictures(item, detail)
        lines += _risks(item.risks, detail)
    lines += left(item.findings, review.cwd, detail)
    if item.changes:
        lines += _verification(item, detail)
    return lines


def _moves(moved: Sequence[Move], review: Review, detail: Detail) -> list[str]:
    rows = [
        (
            code(move.label),
            arrow(wave(move.before), wave(move.after), "→").replace(" ", "&nbsp;"),
            prose(move.reason),
            " and ".join(
                code(place(one.file, one.line, review.cwd))
                + (f" ({prose(one.what)})" if one.what else "")
                for one in move.places
            ),
        )
        for move in moved[: detail.moves]
    ]
    if not rows:
        return []
    lines = table(("resource", "wave", "why", "where"), ("---", "---:", "---", "---"), rows)
    lines += _more(len(moved) - len(rows), "move")
    return ["", *(folded(count(len(moved), "move"), lines) if len(rows) > _FOLDED else lines)]


def _more(number: int, what: str) -> list[str]:
    return ["", f"… and {count(number, f'more {what}')}."] if number > 0 else []


def _rolling(rolling: RollingSync | None, review: Review) -> list[str]:
    if rolling is None:
        return []
    where = code(place(rolling.file, rolling.line, review.cwd))
    rows = [
        (str(number), prose(names), prose(why))
        for number, (names, why) in enumerate(steps(rolling), 1)
    ]
    lines = table(("step", "Applications", "why"), ("---:", "---", "---"), rows)
    return ["", f"**Rolling sync** of {code(rolling.resource)} ({where})", "", *lines]


def _pictures(item: _Part, detail: Detail) -> list[str]:
    large = len(item.now.resources) > _LARGE
    room = detail.large if large else detail.picture
    found = pictures(item.now, room) if room else None
    if found is None:
        return []
    before, after = (fenced(waves_mermaid(picture), "mermaid") for picture in found)
    lines = [_legend(found), "", "Before:", "", *before, "", "After:", "", *after]
    if large or not any(picture.arrows for picture in found):
        return ["", *folded("The waves, before and after", lines)]
    return ["", "#### The waves, before and after", "", *lines]


def _legend(found: tuple[Picture, Picture]) -> str:
    arrows = [arrow for picture in found for arrow in picture.arrows]
    words = ["Yellow moves."]
    if arrows:
        colors = ": red comes too late, green now in time"
        solid = any(not arrow.apart for arrow in arrows)
        words.append(f"An arrow points at what is needed{colors if solid else ''}.")
    if any(arrow.apart for arrow in arrows):
        words.append(
            "Dotted: between two Applications, which no wave orders; waves tell the wrong order "
            "(red), or now the right one (grey)."
        )
    return " ".join(words)


def _risks(found: Sequence[Risk], detail: Detail) -> list[str]:
    """The questions with their answers, folded up where all is well."""
    lines: list[str] = []
    for risk in found:
        lines += ["", f"**{risk.title}**", ""]
        for fact in risk.facts:
            lines += _fact(fact, detail)
    if not lines:
        return []
    if all(fact.answer == "held" for risk in found for fact in risk.facts):
        return ["", *folded(f"{count(len(found), 'risk')} checked, none open", lines[1:])]
    return ["", "#### Risks, and what was checked", *lines]


def _fact(fact: Fact, detail: Detail) -> list[str]:
    """A list item; what is to be said of each thing that it is about, as a list in it."""
    start = f"- **{fact.answer}**: {message(fact.text)}"
    shown = fact.items[: detail.items]
    hidden = len(fact.items) - len(shown)
    if not shown:
        return [f"{start} ({hidden})" if hidden else start]
    if not any(item.remark for item in shown):
        names = ", ".join(code(item.name) for item in shown)
        return [f"{start}: {names}" + (f" and {hidden} more" if hidden else "")]
    lines = [
        f"- {code(item.name)}" + (f": {prose(item.remark)}" if item.remark else "")
        for item in shown
    ]
    return [f"{start}:", *inset([*lines, *([f"- and {hidden} more"] if hidden else [])])]


def _verification(item: _Part, detail: Detail) -> list[str]:
    out: list[str] = []
    room = detail.commands
    for title, checks in (("Before the merge", item.before), ("After the sync", item.after)):
        lines: list[str] = []
        for check in checks:
            if shown := check.commands[:room]:
                lines += [f"# {check.purpose}", *shown]
                room -= len(shown)
        if lines:
            out += ["", f"{title}:", "", *_script(lines)]
    number = sum(len(check.commands) for check in (*item.before, *item.after))
    if not out:
        return []
    out += _more(number - detail.commands, "command")
    if number > _COMMANDS:
        return ["", *folded(f"How to verify: {number} commands", out[1:])]
    return ["", "#### How to verify", *out]


def _script(lines: Sequence[str]) -> list[str]:
    return fenced("\n".join(line.replace("\n", " ") for line in lines), "sh")


def _diff(review: Review, room: int) -> str:
    """The diff, folded up, or as many of its hunks as there is room for."""
    changes = readable(review)
    if not changes:
        return ""
    shown, hunks, of = cut(changes, room - 300)  # for the lines around it
    lines = fenced(shown, "diff") if shown else []
    if hunks < of:
        lines += [
            *([""] if lines else []),
            f"{hunks} of {count(of, 'hunk')}: a comment holds no more; "
            "`wavefix --dry-run --format diff` prints all.",
        ]
    return "\n".join(["", *folded("Diff", lines), ""])
