"""Reading a rule file: whatever is not of its form is an error with file, line and field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from wavefix.errors import InputError
from wavefix.model import Needs, Path
from wavefix.rules.form import (
    ANY_KIND,
    ANYWHERE,
    PARTS,
    PODMETA,
    PODSPEC,
    DefinesText,
    FileText,
    HostText,
    MakesText,
    PolicyText,
    RuleText,
    Scalar,
    Steps,
    fixed_steps,
    name_text,
    several,
    steps,
    template,
)
from wavefix.yamlio import get, line_of, load


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
        for part in PARTS:
            for index, rule in enumerate(getattr(self.text, part)):
                yield rule.id, (part, index, "id")


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
    for reader, part, at in _texts(made.text):
        try:
            reader(part)
        except ValueError as error:
            raise made.error(str(error), *at) from None
        except re.error as error:
            raise made.error(f"`{part}` is no regular expression: {error}", *at) from None
    for index, rule in enumerate(made.text.rules):
        _check(made, index, rule)
    return made


def _place(text: str) -> Steps:
    """The path of a namespace; `*` stands for all of them."""
    return () if text == ANYWHERE else steps(text)


def _check(made: RuleFile, index: int, rule: RuleText) -> None:
    """What types alone do not say about a reference rule."""
    at = ("rules", index)
    sources, targets = several(rule.source), several(rule.to)
    if isinstance(rule.needs, dict):
        if "default" not in rule.needs:
            raise made.error("`needs` by kind lacks `default`", *at, "needs")
        if not {PODSPEC, PODMETA}.intersection(sources):
            for kind in sorted(rule.needs.keys() - {"default", *sources}):
                raise made.error(f"`needs` names {kind}, which `from` does not", *at, "needs", kind)
    if rule.default and any(sign in path for path in several(rule.path) for sign in "[{"):
        raise made.error("`default` wants a `path` to one place", *at, "default")
    if ANY_KIND in targets and not rule.kind:
        raise made.error('`to: "*"` lacks `kind`, the field that names the kind', *at, "to")
    if PODSPEC in targets and not rule.select:
        raise made.error("`to: podspec` lacks `select: true`", *at, "to")
    if rule.pattern and not {"name", "joined"} & re.compile(rule.pattern).groupindex.keys():
        raise made.error("`pattern` lacks the group `(?P<name>...)`", *at, "pattern")


Check = tuple[Callable[[str], object], str, Path]


def _texts(text: FileText) -> Iterator[Check]:
    """Every path, text and pattern in a file: what reads it, what it says, and where it stands."""
    for kind, path in text.podspecs.items():
        yield fixed_steps, path, ("podspecs", kind)
    for part in PARTS:
        for index, entry in enumerate(getattr(text, part)):
            yield from _texts_of(entry, (part, index))


# How the texts of each kind of entry are read.
_READ: Mapping[type, Mapping[str, Callable[[str], object]]] = {
    RuleText: {"path": steps, "pattern": re.compile},
    HostText: {"path": steps},
    MakesText: {"kind": template, "name": name_text, "namespace": _place},
    DefinesText: {"kind": template, "group": template},
    PolicyText: {"selector": fixed_steps, "kinds": steps, "namespaces": steps, "excluded": steps},
}


def _texts_of(entry: Any, at: Path) -> Iterator[Check]:
    for field, reader in _READ.get(type(entry), {}).items():
        value = getattr(entry, field)
        for number, text in enumerate(several(value)):
            if text:
                yield reader, text, (*at, field) if isinstance(value, str) else (*at, field, number)
    for field in ("given", "unless"):
        for path in getattr(entry, field, {}):
            yield fixed_steps, path, (*at, field, path)


# The types of the values of maps, whose keys msgspec does not name.
_VALUES: Mapping[str, Any] = {
    "podspecs": str,
    "needs": Needs,
    "when": Scalar,
    "given": tuple[Scalar, ...],
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
