"""A rollout as one table over all of its components: text, Markdown and JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from wavefix.model.rollout import Figures, Rollout, RolloutItem
from wavefix.report.as_json import VERSION
from wavefix.report.as_text import colored
from wavefix.report.markup import code, fenced, folded, prose, table
from wavefix.report.words import arrow, duration, json_safe, paint, visible

_STYLES = {
    "failed": "red", "outdated": "yellow", "changed": "yellow",
    "create": "green", "rebuild": "green", "created": "green", "rebuilt": "green", "open": "green",
}  # fmt: skip
_WITH_BRANCH = ("create", "rebuild", "changed", "open", "outdated")
_TIME = "time if nothing fails"
_HEAD = ("component", "Applications", "moves", "waves", _TIME, "files", "risk", "branch")
_NUMBERS = ("Applications", "moves", "files", "risk")


def rollout_text(rollout: Rollout, color: bool) -> str:
    """The bases, the table, a line that counts, and the diffs of a dry run."""
    head = _heads(rollout)
    rows = [_row(item, rollout) for item in rollout.items]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [f"{_base(rollout)}", "", paint(_line(head, head, widths), "bold", color)]
    for item, row in zip(rollout.items, rows, strict=True):
        style = "red" if item.problem else _STYLES.get(item.state, "")
        *cells, last = row
        shown = _line(head, [*cells, ""], widths).ljust(sum(widths[:-1]) + 2 * len(cells))
        lines.append((shown + paint(last, style, color)).rstrip())
    lines = lines if rows else [_base(rollout)]
    lines += ["", *_diffs(rollout, color), tallied(rollout)]
    return "".join(f"{line}\n" for line in lines)


def rollout_markdown(rollout: Rollout) -> str:
    """The same for a ticket; what failed is listed with what to do, the diffs are folded up."""
    head = _heads(rollout)
    align = ["---:" if name in _NUMBERS else "---" for name in head]
    rows = [[prose(cell) for cell in _row(item, rollout, "→")] for item in rollout.items]
    lines = [f"## wavefix rollout: {tallied(rollout)}", "", prose(_base(rollout)), ""]
    lines += table(head, align, rows) if rows else []
    failed = [item for item in rollout.items if item.problem]
    lines += ["", "**Failed**", ""] if failed else []
    lines += [f"- {code(label(item))}: {prose(item.text)}" for item in failed]
    for item in rollout.items:
        if item.diff:
            lines += ["", *folded(prose(label(item)), fenced(item.diff, "diff"))]
    return "\n".join([*lines, ""])


def rollout_json(rollout: Rollout) -> str:
    """What `--format json` prints: of `wavefix rollout` and of `wavefix rollout status`."""
    document = {
        "version": VERSION,
        "dry_run": rollout.dry_run,
        "bases": [{"repository": name, "base": base} for name, base in rollout.bases],
        "components": [_component(item) for item in rollout.items],
    }
    return json_safe(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def tallied(rollout: Rollout) -> str:
    """`3 created, 1 up to date, 1 failed`."""
    numbers = Counter("failed" if item.problem else item.state for item in rollout.items)
    failed = numbers.pop("failed", 0)
    parts = [f"{number} {state}" for state, number in numbers.items()]
    parts = [_to_do(part) for part in parts] if rollout.dry_run else parts
    parts += [f"{failed} failed"] if failed else []
    last = "; nothing written (dry run)" if rollout.dry_run else ""
    return (", ".join(parts) or "no component found") + last


def _to_do(part: str) -> str:
    return part.replace(" create", " to create").replace(" rebuild", " to rebuild")


def label(item: RolloutItem) -> str:
    """The component, with its repository where there are several."""
    return ": ".join(visible(part) for part in (item.repository, item.component) if part)


def _base(rollout: Rollout) -> str:
    """`on main (1a2b3c4)`, or that of each repository."""
    if not any(name for name, _ in rollout.bases):
        return f"on {visible(rollout.bases[0][1])}" if rollout.bases else "on nothing"
    return "; ".join(f"{visible(name)} on {visible(base)}" for name, base in rollout.bases)


def _heads(rollout: Rollout) -> tuple[str, ...]:
    return ("repository", *_HEAD) if _several(rollout) else _HEAD


def _several(rollout: Rollout) -> bool:
    return any(item.repository for item in rollout.items)


def _row(item: RolloutItem, rollout: Rollout, sign: str = "->") -> list[str]:
    cells = [visible(item.repository)] if _several(rollout) else []
    return [*cells, visible(item.component), *_cells(item.figures, sign), visible(_state(item))]


def _cells(figures: Figures | None, sign: str) -> list[str]:
    if figures is None:
        return [""] * (len(_HEAD) - 2)
    risk, (before, after) = figures.risk, figures.seconds
    return [
        str(len(figures.applications)),
        str(risk.moves),
        arrow(*figures.waves, sign),
        arrow(duration(before), duration(after), sign),
        str(len(figures.files)),
        str(risk.points),
    ]


def _state(item: RolloutItem) -> str:
    """What became of the branch, or is to become of it, in words."""
    words: str = item.state
    if item.commit or item.state in _WITH_BRANCH:
        words += f" {item.branch}"
    if item.commit:
        words += f" ({item.commit[:7]})"
    for more in (item.note, item.pull_request):
        words += f", {more}" if more else ""
    if item.problem:
        words = (
            f"failed: {item.problem}" if item.state == "failed" else f"{words}, but {item.problem}"
        )
    return words


def _line(head: Sequence[str], cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        f"{cell:>{width}}" if name in _NUMBERS else f"{cell:<{width}}"
        for name, cell, width in zip(head, cells, widths, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _diffs(rollout: Rollout, color: bool) -> list[str]:
    lines: list[str] = []
    for item in rollout.items:
        if item.diff:
            lines += [paint(label(item), "bold", color), *colored(item.diff, color), ""]
    return lines


def _component(item: RolloutItem) -> dict[str, Any]:
    figures = item.figures or Figures()
    risk = figures.risk
    return {
        "repository": item.repository,
        "component": item.component,
        "state": item.state,
        "branch": item.branch,
        "commit": item.commit,
        "note": item.note,
        "problem": item.problem,
        "advice": item.advice,
        "pull_request": item.pull_request,
        "profile": figures.profile,
        "applications": list(figures.applications),
        "resources": figures.resources,
        "moves": risk.moves,
        "waves": {"before": figures.waves[0], "after": figures.waves[1]},
        "seconds": {"before": round(figures.seconds[0], 3), "after": round(figures.seconds[1], 3)},
        "files": list(figures.files),
        "risk": {
            "points": risk.points,
            "moves": risk.moves,
            "running": risk.running,
            "restarts": risk.restarts,
            "opaque": risk.opaque,
            "errors": risk.errors,
            "warnings": risk.warnings,
            "files": risk.files,
        },
        "diff": item.diff,
    }
