"""Steps of a rolling sync as entries of an ApplicationSet: its strategy, and a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wavefix.model import Application, ApplicationSet, Entry, EntryEdit
from wavefix.rolling import LABEL, is_label_value
from wavefix.yamlio import get, line_of

_TEMPLATE = ("template", "metadata")


def distinguishing(apps: Sequence[Application]) -> str:
    """The label that tells the Applications apart: one that they have, else LABEL; "" for none."""
    keys = sorted(set.intersection(*(set(app.labels) for app in apps))) if apps else []
    for key in sorted(keys, key=lambda key: key != LABEL):
        if _apart([app.labels[key] for app in apps]):
            return key
    taken = any(LABEL in app.labels for app in apps)
    return LABEL if not taken and _apart([app.label for app in apps]) else ""


def _apart(values: Sequence[str]) -> bool:
    return len(set(values)) == len(values) and all(map(is_label_value, values))


def edits(
    owner: ApplicationSet, apps: Sequence[Application], key: str, steps: Sequence[Sequence[str]]
) -> tuple[EntryEdit, ...]:
    """What makes an ApplicationSet sync these steps (names of Applications), one after another."""
    values = {app.name: app.labels.get(key, app.label) for app in apps}
    named = [[values[name] for name in step] for step in steps]
    before = f"rollingSync: {_count(len(owner.steps))}" if owner.steps else _now(owner.spec)
    strategy = EntryEdit(
        _strategy(owner, _written(key, named)),
        owner.id,
        "application",
        line_of(owner.spec, ("strategy",), line_of(owner.spec, ("template",), owner.line)),
        before,
        f"rollingSync: {_count(len(steps))}",
    )
    if all(key in app.labels for app in apps):
        return (strategy,)
    name = get(owner.spec, *_TEMPLATE, "name")
    at = (*owner.at, "spec", *_TEMPLATE, "labels")
    label = EntryEdit(
        (Entry(owner.file, owner.document, at, key, name),),
        owner.id,
        "application",
        line_of(owner.spec, (*_TEMPLATE, "labels"), owner.line),
        None,
        f"{key}: {name}",
    )
    return strategy, label


def _now(spec: Mapping[str, Any]) -> str | None:
    kind = get(spec, "strategy", "type")
    return None if kind is None else str(kind)


def _count(steps: int) -> str:
    return f"{steps} step" if steps == 1 else f"{steps} steps"


def _written(key: str, steps: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """The steps by their labels; the last takes all that the others do not."""
    *first, _ = steps
    others = [value for step in first for value in step]
    asked = [("In", list(step)) for step in first] + [("NotIn", others)]
    return [
        {"matchExpressions": [{"key": key, "operator": operator, "values": values}]}
        for operator, values in asked
    ]


def _strategy(owner: ApplicationSet, steps: Sequence[Any]) -> tuple[Entry, ...]:
    """The entries that set the steps and leave the rest of a strategy as it is."""
    file, number, spec = owner.file, owner.document, (*owner.at, "spec")
    now = get(owner.spec, "strategy")
    rolling = {"type": "RollingSync", "rollingSync": {"steps": steps}}
    others = [key for key in now if key != "type"] if isinstance(now, dict) else []
    if not isinstance(now, dict) or not others:
        return (Entry(file, number, spec, "strategy", rolling, "template"),)
    at = (*spec, "strategy")
    kind = Entry(file, number, at, "type", "RollingSync", others[0])
    if isinstance(now.get("rollingSync"), dict):
        return (kind, Entry(file, number, (*at, "rollingSync"), "steps", steps))
    entry = Entry(file, number, at, "rollingSync", rolling["rollingSync"], others[0])
    return (kind, entry)
