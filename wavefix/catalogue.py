"""What wavefix knows of kinds: the rule files, checked and compiled once.

A rule file is data: which field of which kind refers to what, what it needs of it, and the page it
was read from. The built-in ones lie in wavefix/rules; users add theirs by `rules:`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from wavefix.errors import InputError
from wavefix.model import Needs
from wavefix.rules.form import (
    ANY_KIND,
    EACH,
    PODSPEC,
    VALUES,
    MakesText,
    RuleFile,
    RuleText,
    Steps,
    fixed_steps,
    read,
    several,
    steps,
)
from wavefix.yamlio import decode, get

__all__ = [
    "ANY_KIND",
    "EACH",
    "VALUES",
    "Catalogue",
    "Maker",
    "Policy",
    "Rule",
    "Steps",
    "catalogue",
    "field_of",
    "kind_of",
]


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
    return _compile([read(name, text) for name, text in texts])


def _compile(parsed: Sequence[RuleFile]) -> Catalogue:
    _distinct(parsed)
    podspecs = {
        kind: fixed_steps(path) for item in parsed for kind, path in item.text.podspecs.items()
    }
    rules: dict[str, list[Rule]] = {}
    makers: dict[str, list[Maker]] = {}
    cluster: set[str] = set()
    known: set[str] = set(podspecs)
    for item in parsed:
        text = item.text
        cluster.update(text.kinds.cluster)
        known.update(text.kinds.cluster, text.kinds.namespaced)
        for index, rule in enumerate(text.rules):
            at_podspec = rule.source == PODSPEC
            kinds = tuple(podspecs) if at_podspec else several(rule.source)
            known.update(kinds)
            for kind in kinds:
                prefix = podspecs[kind] if at_podspec else ()
                rules.setdefault(kind, []).append(_rule(rule, kind, prefix))
            if isinstance(rule.needs, dict):
                for kind in sorted(rule.needs.keys() - {"default", *kinds}):
                    where = ("rules", index, "needs", kind)
                    raise item.error(f"`needs` names {kind}, which has no pod spec", *where)
        for maker in text.makes:
            for kind in several(maker.source):
                makers.setdefault(kind, []).append(_maker(maker))
            known.update(several(maker.source))
    policies = _policies(parsed)
    return Catalogue(
        {kind: tuple(found) for kind, found in rules.items()},
        {kind: tuple(found) for kind, found in makers.items()},
        policies,
        podspecs,
        frozenset(cluster),
        frozenset(known.union(policies)),
    )


def _distinct(parsed: Sequence[RuleFile]) -> None:
    """Every rule has an id of its own: edges and findings are known by it."""
    seen: dict[str, str] = {}
    for item in parsed:
        for id, path in item.ids():
            if id in seen:
                raise item.error(f"a second rule with the id `{id}`, also in {seen[id]}", *path)
            seen[id] = item.file


def _policies(parsed: Sequence[RuleFile]) -> dict[str, Policy]:
    out: dict[str, Policy] = {}
    for item in parsed:
        for index, policy in enumerate(item.text.policies):
            selector = fixed_steps(policy.selector) if policy.selector else ()
            for kind in several(policy.source):
                if kind in out:
                    problem = f"a second policy for {kind}, besides `{out[kind].id}`"
                    raise item.error(problem, "policies", index, "from")
                out[kind] = Policy(policy.id, policy.needs, selector, policy.why)
    return out


def _rule(rule: RuleText, kind: str, prefix: Steps) -> Rule:
    needs = rule.needs
    return Rule(
        rule.id,
        prefix + steps(rule.path),
        several(rule.to),
        needs.get(kind, needs["default"]) if isinstance(needs, dict) else needs,
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
        tuple(fixed_steps(name) for name in several(maker.name)),
        fixed_steps(maker.namespace) if maker.namespace else (),
        tuple((fixed_steps(path), values) for path, values in maker.unless.items()),
        maker.why,
    )


def kind_of(body: Mapping[str, Any]) -> str:
    """`Kind.group` of an object; the core group has no suffix."""
    group = str(body.get("apiVersion", "")).rpartition("/")[0]
    return f"{body.get('kind')}.{group}" if group else str(body.get("kind"))


def field_of(body: Any, path: Steps) -> Any:
    """The value at a path without wildcards; None where there is none."""
    return get(body, *path)
