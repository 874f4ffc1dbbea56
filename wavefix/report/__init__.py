"""Everything the pipeline found out, as text: one function for each output format.

A format is imported when it is asked for: a run prints one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wavefix.report.as_commit import commit_message
    from wavefix.report.as_diff import diff, patched, readable, safe_diff
    from wavefix.report.as_dot import graph_dot
    from wavefix.report.as_github import findings_github
    from wavefix.report.as_json import findings_json, graph_json, json_report, runs_json
    from wavefix.report.as_markdown import markdown
    from wavefix.report.as_mermaid import graph_mermaid
    from wavefix.report.as_rollout import label, rollout_json, rollout_markdown, rollout_text
    from wavefix.report.as_rules import rules_json, rules_text
    from wavefix.report.as_sarif import findings_sarif
    from wavefix.report.as_text import text
    from wavefix.report.as_timeline import timeline
    from wavefix.report.explanation import explain
    from wavefix.report.facts import summary, undone
    from wavefix.report.findings import findings_text
    from wavefix.report.words import duration

_MODULES = {
    "commit_message": "as_commit",
    "diff": "as_diff",
    "duration": "words",
    "explain": "explanation",
    "findings_github": "as_github",
    "findings_json": "as_json",
    "findings_sarif": "as_sarif",
    "findings_text": "findings",
    "graph_dot": "as_dot",
    "graph_json": "as_json",
    "graph_mermaid": "as_mermaid",
    "json_report": "as_json",
    "label": "as_rollout",
    "markdown": "as_markdown",
    "patched": "as_diff",
    "readable": "as_diff",
    "safe_diff": "as_diff",
    "rollout_json": "as_rollout",
    "rollout_markdown": "as_rollout",
    "rollout_text": "as_rollout",
    "rules_json": "as_rules",
    "rules_text": "as_rules",
    "runs_json": "as_json",
    "summary": "facts",
    "text": "as_text",
    "timeline": "as_timeline",
    "undone": "facts",
}

__all__ = [
    "commit_message",
    "diff",
    "duration",
    "explain",
    "findings_github",
    "findings_json",
    "findings_sarif",
    "findings_text",
    "graph_dot",
    "graph_json",
    "graph_mermaid",
    "json_report",
    "label",
    "markdown",
    "patched",
    "readable",
    "rollout_json",
    "rollout_markdown",
    "rollout_text",
    "rules_json",
    "rules_text",
    "runs_json",
    "safe_diff",
    "summary",
    "text",
    "timeline",
    "undone",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"wavefix.report.{_MODULES[name]}"), name)
