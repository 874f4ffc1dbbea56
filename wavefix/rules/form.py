"""The form of a rule file, checked as it is read: docs/inference.md shows it as a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from wavefix.errors import InputError
from wavefix.model import Needs, Path
from wavefix.yamlio import get, line_of, load

EACH, VALUES = 0, 1  # steps over the items of a list, over the values of a map
Steps = tuple[str | int, ...]
Scalar = str | int | bool | None
ANY_KIND = "*"
PODSPEC = "podspec"  # as `from`: every kind that has a pod spec

_STEP = re.compile(r'(?:"([^"]+)"|([^.\[\]{}"\s]+))((?:\[\]|\{\})*)')


class Kinds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The kinds that a file knows, by scope."""

    namespaced: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()


class RuleText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """A reference field: `source` kinds refer by `path` to `to`."""

    id: str
    source: str | tuple[str, ...]
    path: str
    to: str | tuple[str, ...]
    needs: Needs | dict[str, Needs]
    why: str = ""
    doc: str = ""
    name: str = "name"
    namespace: str = ""
    optional: str = "optional"
    kind: str = ""
    group: str = ""
    when: dict[str, Scalar] = {}


class MakesText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """One object makes another of `kind`, named by the first of `name` that exists."""

    id: str
    source: str | tuple[str, ...]
    kind: str
    name: str | tuple[str, ...]
    namespace: str = ""
    unless: dict[str, tuple[Scalar, ...]] = {}
    why: str = "it makes"
    doc: str = ""


class PolicyText(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}
):
    """A policy that holds for the pods of its namespace that come after it."""

    id: str
    source: str | tuple[str, ...]
    needs: Needs = "before"
    selector: str = ""
    why: str = ""
    doc: str = ""


class FileText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule file as it is written."""

    ecosystem: str
    docs: str = ""
    kinds: Kinds = Kinds()
    podspecs: dict[str, str] = {}
    rules: tuple[RuleText, ...] = ()
    makes: tuple[MakesText, ...] = ()
    policies: tuple[PolicyText, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule file that is well-formed, with what its errors need."""

    file: str
    data: Any
    text: FileText

    def error(self, problem: str, *path: str | int) -> InputError:
        """What is wrong at a path of the file."""
        return InputError(
            problem,
            "see docs/inference.md for the form of a rule",
            self.file,
            line_of(self.data, path, 1),
        )

    def ids(self) -> Iterator[tuple[str, Path]]:
        """The id of every rule, and where it stands."""
        for part in ("rules", "makes", "policies"):
            for index, rule in enumerate(getattr(self.text, part)):
                yield rule.id, (part, index, "id")


def several(text: str | tuple[str, ...]) -> tuple[str, ...]:
    """One or several names, as a tuple."""
    return (text,) if isinstance(text, str) else text


def steps(path: str) -> Steps:
    """A path such as `spec.env[].secretRef` or `metadata.annotations."a.b/c"` in steps.

    Raises ValueError where it is no path.
    """
    out: list[str | int] = []
    position = -1
    while position < len(path):
        match = _STEP.match(path, position + 1)
        if match is None or path[match.end() : match.end() + 1] not in ("", "."):
            raise ValueError(f"`{path}` is no field path")
        out.append(match[1] or match[2])
        out += [EACH if sign == "[]" else VALUES for sign in re.findall(r"\[\]|\{\}", match[3])]
        position = match.end()
    return tuple(out)


def fixed_steps(path: str) -> tuple[str, ...]:
    """The steps of a path that leads to one place. Raises ValueError where it does not."""
    found = steps(path)
    if not all(isinstance(step, str) for step in found):
        raise ValueError(f"`{path}` must lead to one place, without `[]` and `{{}}`")
    return tuple(str(step) for step in found)


def read(file: str, text: str) -> RuleFile:
    """The rule file that `text` is.

    Raises InputError with file and line where it is no such thing.
    """
    documents = load(text, file)
    data: Any = documents[0].data if documents else None
    made = RuleFile(file, data, FileText(""))
    if not isinstance(data, dict):
        raise made.error("a rule file is a mapping")
    if len(documents) > 1:
        where = documents[1].line
        raise InputError("a rule file is one document", "keep one", file, where)
    try:
        made = RuleFile(file, data, msgspec.convert(data, FileText))
    except msgspec.ValidationError as error:
        problem, path = _problem(str(error), data)
        raise made.error(problem, *path) from None
    for compiler, path_text, at in _paths(made.text):
        try:
            compiler(path_text)
        except ValueError as error:
            raise made.error(str(error), *at) from None
    for index, rule in enumerate(made.text.rules):
        _check(made, index, rule)
    return made


def _check(made: RuleFile, index: int, rule: RuleText) -> None:
    """What types alone do not say about a reference rule."""
    at = ("rules", index)
    if isinstance(rule.needs, dict):
        if "default" not in rule.needs:
            raise made.error("`needs` by kind lacks `default`", *at, "needs")
        if rule.source != PODSPEC:
            for kind in sorted(rule.needs.keys() - {"default", *several(rule.source)}):
                raise made.error(f"`needs` names {kind}, which `from` does not", *at, "needs", kind)
    if ANY_KIND in several(rule.to) and not rule.kind:
        raise made.error('`to: "*"` lacks `kind`, the field that names the kind', *at, "to")


def _paths(text: FileText) -> Iterator[tuple[Callable[[str], Steps], str, Path]]:
    """Every path in a file: what reads it, the path, and where it stands."""
    for kind, path in text.podspecs.items():
        yield fixed_steps, path, ("podspecs", kind)
    for index, rule in enumerate(text.rules):
        yield steps, rule.path, ("rules", index, "path")
    for index, maker in enumerate(text.makes):
        for number, path in enumerate(several(maker.name)):
            yield fixed_steps, path, ("makes", index, "name", number)
        if maker.namespace:
            yield fixed_steps, maker.namespace, ("makes", index, "namespace")
        for path in maker.unless:
            yield fixed_steps, path, ("makes", index, "unless", path)
    for index, policy in enumerate(text.policies):
        if policy.selector:
            yield fixed_steps, policy.selector, ("policies", index, "selector")


# The types of the values of maps, whose keys msgspec does not name.
_VALUES: Mapping[str, Any] = {
    "podspecs": str,
    "needs": Needs,
    "when": Scalar,
    "unless": tuple[Scalar, ...],
}


def _problem(message: str, data: Any) -> tuple[str, Path]:
    """What msgspec says, and the path that it means."""
    problem, _, where = message.partition(" - at `")
    where = where.rstrip("`")
    path: list[str | int] = []
    for name, index, value in re.findall(r"\.(\w+)|\[(\d+)\]|(\[\.\.\.\])", where):
        if value:
            path.append(_wrong_key(get(data, *path), _VALUES.get(str(path[-1]), Any)))
        else:
            path.append(name or int(index))
    unknown = re.search(r"unknown field `([^`]*)`", problem)
    if unknown:
        return f"unknown key `{unknown[1]}`", (*path, unknown[1])
    problem = f"{problem[:1].lower()}{problem[1:]}"
    shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return problem + (f" at `{shown.lstrip('.')}`" if shown else ""), tuple(path)


def _wrong_key(values: Mapping[str, Any], wanted: Any) -> str:
    """The first key of a map whose value is not of a type."""
    for key, value in values.items():
        try:
            msgspec.convert(value, wanted)
        except msgspec.ValidationError:
            return key
    return ""
