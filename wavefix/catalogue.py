"""What wavefix knows of kinds: the rule files, checked and compiled once.

A rule file is data: which field of which kind refers to what, what it needs of it, and the page it
was read from. The built-in ones lie in wavefix/rules; users add theirs by `rules:`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from wavefix.errors import InputError
from wavefix.model import Needs, Path
from wavefix.yamlio import decode, get, line_of, load

EACH, VALUES = 0, 1  # steps over the items of a list, over the values of a map
Steps = tuple[str | int, ...]
ANY_KIND = "*"

_TOKEN = re.compile(r'(?:"([^"]+)"|([^.\[\]{}"]+))((?:\[\]|\{\})*)(?:\.|\Z)')


class Kinds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The kinds that a file knows, by scope."""

    namespaced: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()


class RuleText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """A reference field: `source` kinds refer by `path` to `to`."""

    id: str
    source: tuple[str, ...] | Literal["podspec"]
    path: str
    to: str | tuple[str, ...]
    needs: Needs | dict[str, Needs]
    why: str = ""
    doc: str = ""
    name: str = ""
    namespace: str = ""
    optional: str = "optional"
    kind: str = ""
    group: str = ""
    when: dict[str, str | int | bool | None] = {}


class MakesText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """One object makes another of `kind`, named by the first of `name` that exists."""

    id: str
    source: tuple[str, ...]
    kind: str
    name: tuple[str, ...]
    namespace: str = ""
    unless: dict[str, tuple[str | int | bool | None, ...]] = {}
    why: str = ""
    doc: str = ""


class PolicyText(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}
):
    """A policy that holds for the pods of its namespace that come after it."""

    id: str
    source: tuple[str, ...]
    needs: Needs = "before"
    selector: str = ""
    why: str = ""
    doc: str = ""


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule file as it is written."""

    ecosystem: str
    docs: str = ""
    kinds: Kinds = Kinds()
    podspecs: dict[str, str] = {}
    rules: tuple[RuleText, ...] = ()
    makes: tuple[MakesText, ...] = ()
    policies: tuple[PolicyText, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A reference rule, compiled for one dependent kind."""

    id: str
    steps: Steps
    targets: tuple[str, ...]
    needs: Needs
    why: str
    name: str
    namespace: str
    optional: str
    kind: str
    group: str
    when: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Maker:
    """A `makes` rule, compiled."""

    id: str
    kind: str
    names: tuple[Steps, ...]
    namespace: Steps
    unless: tuple[tuple[Steps, tuple[Any, ...]], ...]
    why: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy rule, compiled."""

    id: str
    needs: Needs
    selector: Steps
    why: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All rules, by the kind of the dependent."""

    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    makers: Mapping[str, tuple[Maker, ...]] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    podspecs: Mapping[str, Steps] = field(default_factory=dict)
    cluster: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()

    def cluster_scoped(self, kind: str) -> bool:
        """Whether objects of a kind have no namespace; kinds nobody knows are taken to have one."""
        return kind in self.cluster

    def runs(self, kind: str) -> bool:
        """Whether applying an object of this kind starts pods."""
        return kind in self.podspecs and kind != "PodTemplate"


def steps(path: str) -> Steps:
    """A path such as `spec.env[].secretRef` or `metadata.annotations."a.b/c"` in steps.

    Raises ValueError where it is no path.
    """
    out: list[str | int] = []
    position = 0
    while position < len(path):
        match = _TOKEN.match(path, position)
        if match is None:
            raise ValueError(f"`{path}` is no field path")
        out.append(match[1] or match[2])
        out += [EACH if sign == "[]" else VALUES for sign in re.findall(r"\[\]|\{\}", match[3])]
        position = match.end()
    return tuple(out)


@lru_cache(maxsize=8)
def catalogue(user_files: tuple[str, ...] = ()) -> Catalogue:
    """The built-in rules and those of `user_files` (absolute paths).

    Raises InputError with file and line for a rule file that is not valid.
    """
    texts = [
        (item.name, item.read_text("utf-8"))
        for item in sorted((files("wavefix") / "rules").iterdir(), key=lambda item: item.name)
        if item.name.endswith(".yaml")
    ]
    for file in user_files:
        try:
            with open(file, "rb") as stream:
                texts.append((file, decode(stream.read(), file)))
        except OSError as error:
            raise InputError(
                f"rule file cannot be read: {error.strerror}",
                "check `rules` in .wavefix.yaml",
                file,
            ) from None
    return _compile([_parse(name, text) for name, text in texts])


def _parse(name: str, text: str) -> RuleFile:
    documents = load(text, name)
    data: Any = documents[0].data if documents else None
    try:
        if not isinstance(data, dict):
            raise msgspec.ValidationError("a rule file is a mapping")
        parsed = msgspec.convert(data, RuleFile)
        for index, rule in enumerate(parsed.rules):
            _check(steps, rule.path, ("rules", index))
        for index, maker in enumerate(parsed.makes):
            for path in (*maker.name, *maker.unless):
                _check(steps, path, ("makes", index))
        return parsed
    except msgspec.ValidationError as error:
        problem, _, where = str(error).partition(" - at `")
        found = re.findall(r"\.([A-Za-z_]+)|\[(\d+)\]", where)
        at: Path = tuple(key or int(index) for key, index in found)
        raise InputError(
            f"{problem[:1].lower()}{problem[1:]}" + (f" at `{where.rstrip('`')}`" if where else ""),
            "see docs/inference.md for the form of a rule",
            name,
            line_of(data, at, 1),
        ) from None


def _check(compile_: Any, path: str, at: tuple[str, int]) -> None:
    try:
        compile_(path)
    except ValueError as error:
        raise msgspec.ValidationError(f"{error} - at `$.{at[0]}[{at[1]}]`") from None


def _compile(texts: list[RuleFile]) -> Catalogue:
    podspecs = {kind: steps(path) for text in texts for kind, path in text.podspecs.items()}
    rules: dict[str, list[Rule]] = {}
    makers: dict[str, list[Maker]] = {}
    policies: dict[str, Policy] = {}
    cluster: set[str] = set()
    known: set[str] = set(podspecs)
    for text in texts:
        cluster.update(text.kinds.cluster)
        known.update(text.kinds.cluster, text.kinds.namespaced)
        for rule in text.rules:
            at_podspec = rule.source == "podspec"
            for kind in podspecs if at_podspec else rule.source:
                rules.setdefault(kind, []).append(
                    _rule(rule, kind, podspecs[kind] if at_podspec else ())
                )
            known.update(() if at_podspec else rule.source)
        for maker in text.makes:
            for kind in maker.source:
                makers.setdefault(kind, []).append(_maker(maker))
            known.update(maker.source)
        for policy in text.policies:
            made = Policy(
                policy.id,
                policy.needs,
                steps(policy.selector) if policy.selector else (),
                policy.why,
            )
            policies.update(dict.fromkeys(policy.source, made))
            known.update(policy.source)
    return Catalogue(
        {kind: tuple(found) for kind, found in rules.items()},
        {kind: tuple(found) for kind, found in makers.items()},
        policies,
        podspecs,
        frozenset(cluster),
        frozenset(known),
    )


def _rule(rule: RuleText, kind: str, prefix: Steps) -> Rule:
    needs = rule.needs
    if isinstance(needs, dict):
        needs = needs.get(kind) or needs.get("default") or "eventually"
    return Rule(
        rule.id,
        prefix + steps(rule.path),
        (rule.to,) if isinstance(rule.to, str) else rule.to,
        needs,
        rule.why,
        rule.name,
        rule.namespace,
        rule.optional,
        rule.kind,
        rule.group,
        rule.when,
    )


def _maker(maker: MakesText) -> Maker:
    return Maker(
        maker.id,
        maker.kind,
        tuple(steps(name) for name in maker.name),
        steps(maker.namespace) if maker.namespace else (),
        tuple((steps(path), values) for path, values in maker.unless.items()),
        maker.why,
    )


def kind_of(body: Mapping[str, Any]) -> str:
    """`Kind.group` of an object; the core group has no suffix."""
    group = str(body.get("apiVersion", "")).rpartition("/")[0]
    return f"{body.get('kind')}.{group}" if group else str(body.get("kind"))


def field_of(body: Any, path: Steps) -> Any:
    """The value at a path without wildcards; None where there is none."""
    return get(body, *path)
