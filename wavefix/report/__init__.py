"""Everything the pipeline found out, as text: one function for each output format."""

from __future__ import annotations

from wavefix.report.as_diff import diff
from wavefix.report.as_dot import graph_dot
from wavefix.report.as_json import findings_json, graph_json, json_report
from wavefix.report.as_markdown import markdown
from wavefix.report.as_mermaid import graph_mermaid
from wavefix.report.as_rules import rules_json, rules_text
from wavefix.report.as_text import text
from wavefix.report.explanation import explain
from wavefix.report.facts import summary
from wavefix.report.findings import findings_text
from wavefix.report.words import duration

__all__ = [
    "diff",
    "duration",
    "explain",
    "findings_json",
    "findings_text",
    "graph_dot",
    "graph_json",
    "graph_mermaid",
    "json_report",
    "markdown",
    "rules_json",
    "rules_text",
    "summary",
    "text",
]
