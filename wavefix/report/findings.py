"""Findings as lines that start with file:line, as editors and people expect them."""

from __future__ import annotations

from collections.abc import Iterable

from wavefix.model import Finding
from wavefix.report.facts import ordered, tally
from wavefix.report.words import count, paint, place, visible

STYLES = {"error": "red", "warning": "yellow", "note": "cyan"}


def findings_text(findings: Iterable[Finding], cwd: str, color: bool) -> str:
    """What `wavefix lint` prints: a line for each finding, then how many there are."""
    found = ordered(findings, cwd)
    if not found:
        return "No findings.\n"
    lines = [_line(finding, cwd, color) for finding in found]
    return "\n".join([*lines, f"Found {count(len(found), 'finding')}: {tally(found)}.", ""])


def _line(finding: Finding, cwd: str, color: bool) -> str:
    where = place(finding.file, finding.line, cwd)
    start = paint(f"{where}: ", "bold", color) if where else ""
    severity = paint(finding.severity, STYLES[finding.severity], color)
    message = visible(finding.message, keep="\n\t").replace("\n", "\n    ")
    return f"{start}{severity} {paint(finding.code, 'bold', color)} {message}"
