"""What the options of the command line may say."""

from __future__ import annotations

from enum import StrEnum


class ProfileName(StrEnum):
    """What may be moved, and how edges become distances."""

    conservative = "conservative"
    aggressive = "aggressive"


class FixFormat(StrEnum):
    """How a review is printed."""

    text = "text"
    diff = "diff"
    json = "json"
    markdown = "markdown"


class LintFormat(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    sarif = "sarif"
    github = "github"


class SimulateFormat(StrEnum):
    """How runs are printed."""

    text = "text"
    json = "json"


class RulesFormat(StrEnum):
    """How rules are printed."""

    text = "text"
    json = "json"


class GraphFormat(StrEnum):
    """How the graph is printed."""

    json = "json"
    dot = "dot"
    mermaid = "mermaid"
