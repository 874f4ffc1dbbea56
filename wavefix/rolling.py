"""Rolling syncs: which step of an ApplicationSet's strategy takes which Application.

Argo CD: applicationset/progressivesync/progressive_sync.go (before 3.5 in
applicationset/controllers/applicationset_controller.go). The controller syncs the Applications of
one step, and goes on to the next once every one of them is healthy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from wavefix.model import Requirement, RollingStep
from wavefix.yamlio import get

# What tells the Applications of one set apart, where none of their own labels does.
LABEL = "wavefix.dev/application"

# Kubernetes: apimachinery/pkg/util/validation, IsValidLabelValue.
_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_PERCENT = re.compile(r"([0-9]{1,9})%")


def steps_of(spec: Any) -> tuple[RollingStep, ...]:
    """The steps of an ApplicationSet's spec; none where its strategy is no rolling sync."""
    if get(spec, "strategy", "type") != "RollingSync":
        return ()
    steps = get(spec, "strategy", "rollingSync", "steps")
    return tuple(map(_step, steps)) if isinstance(steps, list) else ()


def _step(written: Any) -> RollingStep:
    expressions = get(written, "matchExpressions")
    limit = get(written, "maxUpdate")
    known = isinstance(limit, (int, str)) and not isinstance(limit, bool)
    return RollingStep(
        tuple(map(_requirement, expressions if isinstance(expressions, list) else ())),
        limit if known else None,
    )


def _requirement(written: Any) -> Requirement:
    values = get(written, "values")
    return Requirement(
        str(get(written, "key") or ""),
        str(get(written, "operator") or ""),
        tuple(map(str, values if isinstance(values, list) else ())),
    )


def selects(step: RollingStep, labels: Mapping[str, str]) -> bool:
    """Whether a step takes an Application: all of its expressions must, and none takes all.

    An Application without the label is only refused by `In` (buildAppDependencyList).
    """
    for one in step.requirements:
        value = labels.get(one.key)
        if value is None:
            taken = one.operator != "In"
        else:
            taken = one.operator in ("In", "NotIn") and (value in one.values) == (
                one.operator == "In"
            )
        if not taken:
            return False
    return True


def taking(steps: Sequence[RollingStep], labels: Mapping[str, str]) -> list[int]:
    """The steps, counted from 1, that take an Application. The first one counts."""
    return [number for number, step in enumerate(steps, 1) if selects(step, labels)]


def at_once(step: RollingStep, size: int) -> int | None:
    """How many of the `size` Applications of a step are synced at a time; None for all of them.

    A percentage is rounded down, but is one at least.
    """
    limit = step.max_update
    if limit is None or isinstance(limit, int):
        return limit
    percent = _PERCENT.fullmatch(limit)
    share = int(percent[1]) * size // 100 if percent else 0
    return 0 if limit == "0%" else max(1, share)


def is_label_value(text: str) -> bool:
    """Whether Kubernetes takes a text as the value of a label, and one that says something."""
    return _LABEL_VALUE.fullmatch(text) is not None
