"""Parameters of ApplicationSets: what generators give, and templates are filled with.

Go templates see maps and lists, the old kind (`goTemplate: false`) one flat map of strings.
Argo CD: applicationset/generators/value_interpolation.go and generator_spec_processor.go,
applicationset/utils/utils.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wavefix.discover.gotemplate import Scope, fill, fill_all, normalize
from wavefix.holes import replaced
from wavefix.yamlio import get


@dataclass(frozen=True, slots=True)
class Params:
    """One set of parameters. Not `known`: others belong to it that are not in the repository."""

    values: Mapping[str, Any]
    known: bool = True

    def named(self, go: bool, path: str) -> Any:
        """The parameter at a dotted path, as a template of that kind finds it."""
        return get(self.values, *path.split(".")) if go else self.values.get(path)


def filled(data: Any, params: Params, go: bool, strict: bool = False) -> Any:
    """`data` with every string in it filled; what has no parameter stays as it is written.

    `strict`: nothing follows from a parameter that is not there (`missingkey=error`).
    """
    if go:
        return fill_all(data, Scope(params.values, params.known and not strict), fill)
    return fill_all(data, params.values, _fill_flat)


def _fill_flat(text: str, values: Mapping[str, Any]) -> str:
    """utils.go, Replace: the text between the braces is the name of a parameter, and no more."""

    def value(expression: str) -> str:
        found = values.get(expression[2:-2].strip())
        return found if isinstance(found, str) else expression

    return replaced(text, value)


def element(data: Mapping[str, Any], go: bool) -> dict[str, Any]:
    """Parameters that are written as a map: an element of a list, the content of a file."""
    return dict(data) if go else flat(data)


def flat(data: Mapping[str, Any]) -> dict[str, Any]:
    """The scalars of nested data by dotted names, as text: `a.b`, `a.0`."""
    return dict(_flat(data, ""))


def _flat(data: Any, name: str) -> Iterator[tuple[str, str]]:
    items: Iterator[tuple[Any, Any]]
    if isinstance(data, dict):
        items = iter(data.items())
    elif isinstance(data, list):
        items = iter(enumerate(data))
    else:
        shown = str(data).lower() if isinstance(data, bool) else str(data)
        yield name, "<nil>" if data is None else shown
        return
    for key, value in items:
        yield from _flat(value, f"{name}.{key}" if name else str(key))


def of_path(path: str, prefix: str, go: bool, file: str = "") -> dict[str, Any]:
    """git.go: what a template may say of a directory, and of the `file` that was read in it."""
    segments = path.split("/")
    names = {"path": path, "basename": segments[-1], "basenameNormalized": normalize(segments[-1])}
    if file:
        names |= {"filename": file, "filenameNormalized": normalize(file)}
    if go:
        inner = {"path": {**names, "segments": segments}}
        return {prefix: inner} if prefix else inner
    at = f"{prefix}.path" if prefix else "path"
    out = {f"{at}.{name}": value for name, value in names.items() if name != "path"}
    return {at: path, **out, **{f"{at}[{n}]": step for n, step in enumerate(segments) if step}}


def with_values(params: Params, values: Any, go: bool) -> Params:
    """The parameters and the `values` of their generator, which may be made of them."""
    if not isinstance(values, dict):
        return params
    own = filled({str(key): value for key, value in values.items()}, params, go)
    more = {"values": own} if go else {f"values.{key}": str(value) for key, value in own.items()}
    return replace(params, values={**params.values, **more})


def selects(selector: Any, params: Params) -> bool:
    """Whether a generator's `selector` takes these; what is not in sight may well be right."""
    labels = flat(params.values)
    required = get(selector, "matchLabels")
    expressions = get(selector, "matchExpressions")
    wanted: list[tuple[Any, Any, list[Any]]] = [
        (key, "In", [value])
        for key, value in (required.items() if isinstance(required, dict) else ())
    ]
    for entry in expressions if isinstance(expressions, list) else []:
        values = get(entry, "values")
        values = values if isinstance(values, list) else []
        wanted.append((get(entry, "key"), get(entry, "operator"), values))
    return all(
        _accepts(str(operator), labels.get(str(key)), [str(value) for value in values])
        for key, operator, values in wanted
        if params.known or str(key) in labels
    )


def _accepts(operator: str, value: str | None, among: list[str]) -> bool:
    """One requirement of a label selector; none but these operators exist."""
    if operator in ("Exists", "DoesNotExist"):
        return (value is not None) == (operator == "Exists")
    return operator in ("In", "NotIn") and (value in among) == (operator == "In")
