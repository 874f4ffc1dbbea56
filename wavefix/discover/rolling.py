"""The strategy of an ApplicationSet: its rolling sync, if it has one, and who is in which step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from wavefix.discover.argo import APPLICATION_SET, ArgoObject
from wavefix.model import Application, ApplicationSet, Finding, RollingStep
from wavefix.rolling import at_once, steps_of, taking
from wavefix.yamlio import get

_NOT_READ = "WF011"


def application_set(
    found: ArgoObject, made: Sequence[Application], findings: Sequence[Finding]
) -> ApplicationSet:
    """An ApplicationSet; `findings` are what was noticed while its Applications were made."""
    spec = get(found.body, "spec")
    spec = spec if isinstance(spec, dict) else {}
    namespace = str(get(found.body, "metadata", "namespace") or "")
    unread = [finding.message for finding in findings if finding.code == _NOT_READ]
    if not unread and not all(app.label for app in made):
        unread = ["the names of its Applications are not all known here"]
    if found.made:
        unread = ["it is made by a chart, and its strategy is to be set there"]
    return ApplicationSet(
        id="/".join(filter(None, (f"{APPLICATION_SET}.argoproj.io", namespace, found.name))),
        file=found.file,
        line=found.line,
        document=found.document,
        at=found.at,
        spec=spec,
        steps=steps_of(spec),
        unknown=unread[0] if unread else "",
    )


def stepped(made: Sequence[Application], steps: Sequence[RollingStep]) -> list[Application]:
    """The Applications with the steps that take them."""
    if not steps:
        return list(made)
    numbers = [_step(app, steps) for app in made]
    sizes = Counter(numbers)
    return [
        replace(
            app,
            step=number,
            max_update=at_once(steps[number - 1], sizes[number]) if number else None,
        )
        for app, number in zip(made, numbers, strict=True)
    ]


def _step(app: Application, steps: Sequence[RollingStep]) -> int | None:
    """The step that takes an Application; 0 where none does, None where a label is not known."""
    if any("{{" in value for value in app.labels.values()):
        return None
    return next(iter(taking(steps, app.labels)), 0)
