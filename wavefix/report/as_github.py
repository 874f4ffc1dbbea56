"""Findings as workflow commands, which GitHub Actions shows beside the lines of a change.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions; what is escaped is
in actions/toolkit, packages/core/src/command.ts. The runner takes a file that is not absolute as it
is (actions/runner, ActionCommandManager.cs), and GitHub looks for it from the repository's root.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from wavefix.codes import CODES
from wavefix.model import Finding, Severity
from wavefix.report.facts import ordered
from wavefix.report.words import shown, visible

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}


def findings_github(findings: Iterable[Finding], cwd: str) -> str:
    """What `wavefix lint --format github` prints: one command for each finding.

    Files are relative to the workspace (`GITHUB_WORKSPACE`) where `cwd` lies in it, else to `cwd`.
    """
    root = _root(cwd)
    return "".join(f"{_command(finding, root)}\n" for finding in ordered(findings, root))


def _root(cwd: str) -> str:
    named = os.environ.get("GITHUB_WORKSPACE", "")
    workspace = os.path.realpath(named)
    inside = os.path.commonpath((workspace, os.path.realpath(cwd))) == workspace
    return workspace if named and inside else cwd


def _command(finding: Finding, cwd: str) -> str:
    known = CODES.get(finding.code)
    title = f"{finding.code} {known.name}" if known else finding.code
    properties = {
        "file": shown(finding.file, cwd),
        "line": str(finding.line or ""),
        "title": title,
    }
    written = ",".join(f"{key}={_property(text)}" for key, text in properties.items() if text)
    return f"::{_COMMANDS[finding.severity]} {written}::{_data(finding.message)}"


def _data(text: str) -> str:
    return visible(text, keep="\r\n").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
