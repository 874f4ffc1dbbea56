"""What wavefix knows of kinds: the rule files, compiled once.

A rule file is data: which field of which kind refers to what, what it needs of it, and the page it
was read from. The built-in ones lie in wavefix/rules; users add theirs by `rules:`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from wavefix.errors import InputError
from wavefix.files import Files
from wavefix.rules.builtin import builtin
from wavefix.rules.compiled import (
    Condition,
    Definer,
    HostField,
    Maker,
    Policy,
    Rule,
    compiled_definer,
    compiled_maker,
    compiled_policy,
    compiled_rules,
)
from wavefix.rules.form import (
    ANY_KIND,
    ANYWHERE,
    EACH,
    KEYS,
    PODMETA,
    PODSPEC,
    VALUES,
    FileText,
    HostText,
    ProviderText,
    RuleText,
    Steps,
    Text,
    fixed_steps,
    several,
    steps,
)
from wavefix.rules.reader import RuleFile, read
from wavefix.yamlio import decode

__all__ = [
    "ANYWHERE",
    "ANY_KIND",
    "EACH",
    "KEYS",
    "PODSPEC",
    "VALUES",
    "Catalogue",
    "Condition",
    "Definer",
    "HostField",
    "Maker",
    "Policy",
    "ProviderText",
    "Rule",
    "Steps",
    "Text",
    "catalogue",
    "kind_of",
]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All rules, by the kind of the dependent; they are compiled as they are asked for."""

    files: tuple[FileText, ...] = ()
    podspecs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    makers: Mapping[str, tuple[Maker, ...]] = field(default_factory=dict)
    definers: Mapping[str, tuple[Definer, ...]] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    providers: tuple[ProviderText, ...] = ()
    cluster: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    opaque: frozenset[str] = frozenset()  # the kinds that install what is not to be seen in them
    core: frozenset[str] = frozenset()  # the kinds of the API server itself
    _rules: Mapping[str, list[tuple[RuleText, Steps, bool]]] = field(default_factory=dict)
    _hosts: Mapping[str, list[HostText]] = field(default_factory=dict)
    _compiled: dict[str, tuple[Rule, ...]] = field(default_factory=dict)

    def rules(self, kind: str) -> tuple[Rule, ...]:
        """The reference rules of a kind."""
        found = self._compiled.get(kind)
        if found is None:
            found = tuple(
                made
                for name in (kind, any_of(kind))
                for rule, prefix, own in self._rules.get(name, ())
                for made in compiled_rules(rule, kind, prefix, own)
            )
            self._compiled[kind] = found
        return found

    def hosts(self, kind: str) -> list[HostField]:
        """The fields of a kind that hold host names."""
        return [
            HostField(host.id, steps(path), host.needs, host.why)
            for name in (kind, any_of(kind))
            for host in self._hosts.get(name, ())
            for path in several(host.path)
        ]

    def knows(self, kind: str) -> bool:
        """Whether some rule file knows a kind."""
        return kind in self.known or any_of(kind) in self.known

    def governs(self, kind: str) -> bool:
        """Whether a kind is that of a policy."""
        return kind in self.policies or any_of(kind) in self.policies

    def cluster_scoped(self, kind: str) -> bool:
        """Whether objects of a kind have no namespace; kinds nobody knows are taken to have one."""
        return kind in self.cluster

    def runs(self, kind: str) -> bool:
        """Whether applying an object of this kind starts pods."""
        return kind in self.podspecs and kind != "PodTemplate"


@lru_cache(maxsize=8)
def catalogue(user_files: tuple[str, ...] = (), root: str = "/") -> Catalogue:
    """The built-in rules and those of `user_files` (absolute paths) in the repository at `root`.

    Raises InputError with file and line for a rule file that is not valid.
    """
    users = []
    for file in user_files:
        try:
            content = Files(root).read(file)
        except InputError as error:
            advice = "check `rules` in .wavefix.yaml"
            raise InputError(f"rule file {error.problem}", advice, file) from None
        users.append(read(file, decode(content, file)))
    known = builtin()
    files = (*known.values(), *(item.text for item in users))
    _distinct(known, users)
    podspecs = {kind: fixed_steps(path) for text in files for kind, path in text.podspecs.items()}
    for item in users:
        _check_needs(item, podspecs)
    return _compile(files, podspecs, len(known))


def _compile(
    files: tuple[FileText, ...], podspecs: Mapping[str, tuple[str, ...]], own: int
) -> Catalogue:
    """The rules of all files, of which the first `own` are wavefix's."""
    rules: dict[str, list[tuple[RuleText, Steps, bool]]] = {}
    hosts: dict[str, list[HostText]] = {}
    makers: dict[str, list[Maker]] = {}
    definers: dict[str, list[Definer]] = {}
    policies: dict[str, Policy] = {}
    cluster: set[str] = set()
    known: set[str] = set(podspecs)
    for number, text in enumerate(files):
        cluster.update(text.kinds.cluster)
        known.update(text.kinds.cluster, text.kinds.namespaced)
        for rule in text.rules:
            for kind, prefix in _sources(rule, podspecs):
                rules.setdefault(kind, []).append((rule, prefix, number < own))
        for host in text.hosts:
            for kind in several(host.source):
                hosts.setdefault(kind, []).append(host)
        for maker in text.makes:
            compiled = compiled_maker(maker)
            for kind in several(maker.source):
                makers.setdefault(kind, []).append(compiled)
        for definer in text.defines:
            for kind in several(definer.source):
                definers.setdefault(kind, []).append(compiled_definer(definer))
        for policy in text.policies:
            policies.update(dict.fromkeys(several(policy.source), compiled_policy(policy)))
    return Catalogue(
        files,
        podspecs,
        {kind: tuple(found) for kind, found in makers.items()},
        {kind: tuple(found) for kind, found in definers.items()},
        policies,
        tuple(provider for text in files for provider in text.providers),
        frozenset(cluster),
        frozenset(known.union(rules, hosts, makers, definers, policies)),
        frozenset(kind for text in files for kind in text.kinds.opaque),
        frozenset(
            kind
            for text in files
            if text.ecosystem == "core"
            for kind in (*text.kinds.cluster, *text.kinds.namespaced)
        ),
        rules,
        hosts,
    )


def _sources(
    rule: RuleText, podspecs: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, Steps]]:
    """The kinds that have a field, each with what its path starts from."""
    for source in several(rule.source):
        if source == PODSPEC:
            yield from podspecs.items()
        elif source == PODMETA:
            for kind, path in podspecs.items():
                yield kind, (*path[:-1], "metadata")
        else:
            yield source, ()


def _distinct(known: Mapping[str, FileText], users: Sequence[RuleFile]) -> None:
    """Every rule has an id of its own, by which edges are known; and a kind has one policy."""
    if not users:
        return
    seen = {id: file for file, text in known.items() for id, _ in RuleFile(file, None, text).ids()}
    policies = {
        kind: policy.id
        for text in known.values()
        for policy in text.policies
        for kind in several(policy.source)
    }
    for item in users:
        for id, path in item.ids():
            if id in seen:
                raise item.error(f"a second rule with the id `{id}`, also in {seen[id]}", *path)
            seen[id] = item.file
        for index, policy in enumerate(item.text.policies):
            for kind in several(policy.source):
                if kind in policies:
                    problem = f"a second policy for {kind}, besides `{policies[kind]}`"
                    raise item.error(problem, "policies", index, "from")
                policies[kind] = policy.id


def _check_needs(item: RuleFile, podspecs: Mapping[str, object]) -> None:
    """`needs` by kind names kinds that have a pod spec, where a rule is for all of these."""
    for index, rule in enumerate(item.text.rules):
        if isinstance(rule.needs, dict) and {PODSPEC, PODMETA}.intersection(several(rule.source)):
            for kind in sorted(rule.needs.keys() - {"default", *podspecs}):
                where = ("rules", index, "needs", kind)
                raise item.error(f"`needs` names {kind}, which has no pod spec", *where)


def kind_of(body: Mapping[str, Any]) -> str:
    """`Kind.group` of an object; the core group has no suffix."""
    group = str(body.get("apiVersion", "")).rpartition("/")[0]
    return f"{body.get('kind')}.{group}" if group else str(body.get("kind"))


def any_of(kind: str) -> str:
    """What stands for every kind of a kind's group in rule files: `*.group`."""
    return f"*.{kind.partition('.')[2]}"


@cache
def database_charts() -> frozenset[str]:
    """Values keys, or names, of the charts that others bundle because they need them to work."""
    text = (files("wavefix") / "data" / "subcharts.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
