"""The rules of the files in the form that inference works with: paths in steps, patterns ready."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wavefix.fields import fill
from wavefix.model import Needs
from wavefix.patterns import Pattern
from wavefix.rules.form import (
    ANYWHERE,
    Conditions,
    DefinesText,
    MakesText,
    PolicyText,
    RuleText,
    Steps,
    Text,
    fixed_steps,
    name_text,
    several,
    steps,
    template,
)
from wavefix.yamlio import get


@dataclass(frozen=True, slots=True)
class Condition:
    """What an object must say, and must not say, for a rule to hold for it."""

    given: tuple[tuple[Steps, tuple[Any, ...]], ...] = ()
    unless: tuple[tuple[Steps, tuple[Any, ...]], ...] = ()

    def holds(self, body: Any) -> bool:
        """Whether it holds for an object."""
        if not self.given and not self.unless:
            return True
        return all(get(body, *path) in values for path, values in self.given) and not any(
            get(body, *path) in values for path, values in self.unless
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A reference rule, compiled for one dependent kind and one path."""

    id: str
    steps: Steps
    targets: tuple[str, ...]
    needs: Needs
    why: str
    name: str
    namespace: str
    home: str
    default: str
    optional: str
    kind: str
    group: str
    pattern: Pattern | None
    select: bool
    when: Mapping[str, Any]
    condition: Condition


@dataclass(frozen=True, slots=True)
class HostField:
    """A field that holds host names, compiled."""

    id: str
    steps: Steps
    needs: Needs
    why: str


@dataclass(frozen=True, slots=True)
class Maker:
    """A `makes` rule, compiled. A namespace of ANYWHERE stands for every one."""

    id: str
    kind: Text
    names: tuple[Text, ...]
    namespace: Steps | str
    home: str
    condition: Condition
    why: str

    @property
    def noted(self) -> bool:
        """Whether only an object with annotations makes it."""
        wanted = [path for path, values in self.condition.given if None not in values]
        wanted += [path for path, values in self.condition.unless if None in values]
        return any(path[:2] == ("metadata", "annotations") for path in wanted)


@dataclass(frozen=True, slots=True)
class Definer:
    """A `defines` rule, compiled."""

    id: str
    kind: Text
    group: Text
    cluster: bool
    needs: Needs
    condition: Condition
    why: str

    def kinds(self, body: Any) -> Iterator[str]:
        """The kinds that an object defines."""
        if self.condition.holds(body):
            for name, _ in fill(self.kind, body):
                for group, _ in fill(self.group, body):
                    yield f"{name}.{group}"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy rule, compiled."""

    id: str
    needs: Needs
    selector: Steps
    kinds: tuple[Steps, ...]
    namespaces: tuple[Steps, ...]
    excluded: tuple[Steps, ...]
    condition: Condition
    why: str


def compiled_rules(rule: RuleText, kind: str, prefix: Steps, own: bool = True) -> Iterator[Rule]:
    """A reference rule for one dependent kind, once for each path; `prefix` is before them all.

    `own`: it is wavefix's.
    """
    needs = rule.needs
    for path in several(rule.path):
        yield Rule(
            id=rule.id,
            steps=prefix + steps(path),
            targets=several(rule.to),
            needs=needs.get(kind, needs["default"]) if isinstance(needs, dict) else needs,
            why=rule.why,
            name=rule.name,
            namespace=rule.namespace,
            home=rule.home,
            default=rule.default,
            optional=rule.optional,
            kind=rule.kind,
            group=rule.group,
            pattern=Pattern(rule.pattern, trusted=own) if rule.pattern else None,
            select=rule.select,
            when=rule.when,
            condition=_condition(rule.given, rule.unless),
        )


def _condition(given: Conditions, unless: Conditions) -> Condition:
    return Condition(
        tuple((fixed_steps(path), values) for path, values in given.items()),
        tuple((fixed_steps(path), values) for path, values in unless.items()),
    )


def compiled_maker(maker: MakesText) -> Maker:
    """A `makes` rule."""
    where = maker.namespace
    return Maker(
        maker.id,
        template(maker.kind),
        tuple(name_text(name) for name in several(maker.name)),
        where if where == ANYWHERE else steps(where) if where else (),
        maker.home,
        _condition(maker.given, maker.unless),
        maker.why,
    )


def compiled_definer(definer: DefinesText) -> Definer:
    """A `defines` rule."""
    return Definer(
        definer.id,
        template(definer.kind),
        template(definer.group),
        definer.cluster,
        definer.needs,
        _condition(definer.given, definer.unless),
        definer.why,
    )


def compiled_policy(policy: PolicyText) -> Policy:
    """A policy rule."""
    return Policy(
        policy.id,
        policy.needs,
        fixed_steps(policy.selector) if policy.selector else (),
        tuple(steps(path) for path in several(policy.kinds)),
        tuple(steps(path) for path in several(policy.namespaces)),
        tuple(steps(path) for path in several(policy.excluded)),
        _condition(policy.given, policy.unless),
        policy.why,
    )
