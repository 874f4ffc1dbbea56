"""What could not be done, and what to do about it: findings by code, with what to do said once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from wavefix.codes import CODES
from wavefix.model import Finding
from wavefix.report.facts import SEVERITIES
from wavefix.report.fit import Detail
from wavefix.report.markup import code, fenced, folded, inset, message
from wavefix.report.words import count, place


def left(findings: Sequence[Finding], cwd: str, detail: Detail) -> list[str]:
    """Errors and warnings, the worst first; notes folded up behind them."""
    wrong = [finding for finding in findings if finding.severity != "note"]
    notes = [finding for finding in findings if finding.severity == "note"]
    lines: list[str] = []
    if wrong:
        lines += ["", "#### Could not be done, or needs a look"]
        lines += _by_code(wrong, cwd, detail)
    if notes and detail.findings:
        body = _by_code(notes, cwd, detail)[1:]
        lines += ["", *folded(count(len(notes), "note"), body)]
    return lines


def _by_code(findings: Sequence[Finding], cwd: str, detail: Detail) -> list[str]:
    ordered = sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.code))
    lines: list[str] = []
    for (severity, name), found in groupby(ordered, key=lambda f: (f.severity, f.code)):
        group = list(found)
        known = CODES.get(name)
        lines += [
            "",
            f"**{severity} {name}**" + (f": {message(known.sentence)}" if known else ""),
            "",
        ]
        lines += _group(group[: detail.findings], cwd)
        if len(group) > detail.findings:
            lines.append(f"- … and {len(group) - detail.findings} more")
    return lines


def _group(findings: Sequence[Finding], cwd: str) -> list[str]:
    """The list of what was found; an advice that all of them have stands behind it, once."""
    advices = {_split(finding)[1] for finding in findings}
    shared = advices.pop() if len(findings) > 1 and len(advices) == 1 else ""
    lines = [line for finding in findings for line in _item(finding, cwd, shared)]
    return [*lines, "", f"To do: {message(shared)}."] if shared else lines


def _split(finding: Finding) -> tuple[str, str]:
    """What is wrong, and what to do: messages have a semicolon between."""
    first, _, more = finding.message.partition("\n")
    what, _, advice = first.rpartition("; ")
    whole = what and not more and what.count("(") == what.count(")")
    return (what, advice) if whole else (first, "")


def _item(finding: Finding, cwd: str, shared: str) -> list[str]:
    """A list item; further lines of the message, a patch that it shows, as a code block in it."""
    where = place(finding.file, finding.line, cwd)
    first, _, more = finding.message.partition("\n")
    text = _split(finding)[0] if shared else first
    item = f"- {f'{code(where)}: ' if where else ''}{message(text)}"
    return [item, *inset(fenced(more, ""))] if more else [item]
