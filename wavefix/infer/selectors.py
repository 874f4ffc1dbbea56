"""Label selectors, as apimachinery's meta/v1 reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wavefix.yamlio import get

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a label selector selects labels; an empty one selects all."""
    for key, operator, values in _requirements(selector):
        value = labels.get(key)
        if (
            (operator == "In" and (value is None or str(value) not in values))
            or (operator == "NotIn" and value is not None and str(value) in values)
            or (operator == "Exists" and value is None)
            or (operator == "DoesNotExist" and value is not None)
            or operator not in _OPERATORS
        ):
            return False
    return True


def selects_all(selector: Any) -> bool:
    """Whether a selector asks for nothing."""
    return next(_requirements(selector), None) is None


def choices(selector: Any) -> Iterator[tuple[str, list[str]]]:
    """The labels of which a selector asks for one of several values."""
    for key, operator, values in _requirements(selector):
        if operator == "In":
            yield key, list(dict.fromkeys(values))


def _requirements(selector: Any) -> Iterator[tuple[str, str, list[str]]]:
    """(key, operator, values) of a selector."""
    wanted = get(selector, "matchLabels")
    for key, value in wanted.items() if isinstance(wanted, dict) else ():
        yield key, "In", [str(value)]
    expressions = get(selector, "matchExpressions")
    for expression in expressions if isinstance(expressions, list) else ():
        values = get(expression, "values")
        yield (
            str(get(expression, "key")),
            str(get(expression, "operator")),
            [str(value) for value in values] if isinstance(values, list) else [],
        )
