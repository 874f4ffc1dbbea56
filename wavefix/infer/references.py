"""Typed reference fields: the rules of the catalogue, applied to every object.

The rules of a kind are a trie over field names, so an object is walked once however many rules
there are, and only where it has fields that some rule knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wavefix.catalogue import ANY_KIND, EACH, KEYS, PODSPEC, Rule
from wavefix.infer.projects import PROJECT, project_namespace
from wavefix.infer.scene import Evidence, Ref, Scene, edge, evidence, show
from wavefix.infer.selectors import selects_all
from wavefix.model import Edge, External, Path, Resource
from wavefix.yamlio import get

_USER_ROLES = ("cluster-admin", "admin", "edit", "view")
# Objects that every cluster, or every namespace, has: no source needs to provide them.
_GIVEN = frozenset(
    (
        ("ServiceAccount", "default"),
        ("ConfigMap", "kube-root-ca.crt"),
        ("PriorityClass.scheduling.k8s.io", "system-cluster-critical"),
        ("PriorityClass.scheduling.k8s.io", "system-node-critical"),
        *(("ClusterRole.rbac.authorization.k8s.io", name) for name in _USER_ROLES),
    )
)
# What no object is called: an unfilled template, a path, a text.
_NO_NAME = re.compile(r"[/\s%<>{}$]")


@dataclass(slots=True)
class _Branch:
    rules: list[Rule] = field(default_factory=list)
    keys: dict[str, _Branch] = field(default_factory=dict)
    each: _Branch | None = None
    values: _Branch | None = None
    names: _Branch | None = None  # the keys of a map as values


def references(scene: Scene) -> Iterator[Edge | External]:
    """Every reference that a rule finds."""
    for kind in scene.kinds():
        rules = scene.catalogue.rules(kind)
        if rules:
            branch = _trie(rules)
            standing = [rule for rule in rules if rule.default]
            for resource in scene.of_kind(kind):
                for rule in standing:
                    yield from _left_out(scene, resource, rule)
                found: _Found = []
                _visit(resource.body, branch, (), resource.line, found)
                for rule, value, path, line in found:
                    if rule.condition.holds(resource.body):
                        yield from _reference(scene, resource, rule, value, path, line)


def _left_out(scene: Scene, resource: Resource, rule: Rule) -> Iterator[Edge | External]:
    """What is meant where a field is left out."""
    path = [step for step in rule.steps if isinstance(step, str)]
    if get(resource.body, *path) is None and rule.condition.holds(resource.body):
        where = evidence(resource, "kind")
        yield from _links(scene, resource, rule, list(rule.targets[:1]), None, rule.default, where)


def _trie(rules: tuple[Rule, ...]) -> _Branch:
    root = _Branch()
    for rule in rules:
        branch = root
        for step in rule.steps:
            if isinstance(step, str):
                branch = branch.keys.setdefault(step, _Branch())
            elif step == EACH:
                branch.each = branch.each or _Branch()
                branch = branch.each
            elif step == KEYS:
                branch.names = branch.names or _Branch()
                branch = branch.names
            else:
                branch.values = branch.values or _Branch()
                branch = branch.values
        branch.rules.append(rule)
    return root


_Found = list[tuple[Rule, Any, Path, int]]


def _visit(data: Any, branch: _Branch, path: Path, line: int, found: _Found) -> None:
    """Collect the values that rules lead to; in a list, as a generator at each level costs more."""
    for rule in branch.rules:
        found.append((rule, data, path, line))
    if isinstance(data, dict):
        lines = getattr(data, "lines", {})
        keys = branch.keys
        for key in keys if len(keys) < len(data) else data:
            if key in keys and (value := data.get(key)) is not None:
                _visit(value, keys[key], (*path, key), lines.get(key, line), found)
        for key, value in data.items() if branch.values or branch.names else ():
            here = (*path, key), lines.get(key, line)
            if branch.values is not None:
                _visit(value, branch.values, *here, found)
            if branch.names is not None:
                _visit(key, branch.names, *here, found)
    elif branch.each is not None and isinstance(data, list):
        for index, value in enumerate(data):
            where = getattr(value, "line", data.lines[index] if hasattr(data, "lines") else line)
            _visit(value, branch.each, (*path, index), where, found)


def _reference(
    scene: Scene, dependent: Resource, rule: Rule, value: Any, path: Path, line: int
) -> Iterator[Edge | External]:
    if rule.select:
        where = Evidence(dependent.file, line, show(path))
        for target in _selected(scene, dependent, rule, value):
            yield edge(dependent, target.key, rule.needs, "derived", rule.id, rule.why, where)
        return
    name: Any = value
    namespace: Any = None
    targets = list(rule.targets)
    if isinstance(value, dict):
        name = value.get(rule.name)
        if value.get(rule.optional) is True or not _holds(rule, value):
            return
        namespace = value.get(rule.namespace) if rule.namespace else None
        targets = _targets(scene, rule, value)
        path = (*path, rule.name)
        line = getattr(value, "lines", {}).get(rule.name, line)
    if not isinstance(name, str) or not name:
        return
    where = Evidence(dependent.file, line, show(path))
    if rule.pattern is None:
        yield from _links(scene, dependent, rule, targets, namespace, name, where)
        return
    for part in rule.pattern.finditer(name):
        kinds = targets if not part.get("kind") else _targets(scene, rule, part)
        inside = part.get("namespace") or namespace
        for space, word in _split(scene, dependent, kinds, part.get("joined")):
            yield from _links(scene, dependent, rule, kinds, space, word, where)
        if named := part.get("name"):
            yield from _links(scene, dependent, rule, kinds, inside, named, where)


def _links(
    scene: Scene,
    dependent: Resource,
    rule: Rule,
    targets: list[str],
    namespace: Any,
    name: str,
    where: Evidence,
) -> Iterator[Edge | External]:
    """The edges of one name."""
    if _NO_NAME.search(name):
        return
    home = namespace or rule.home
    if rule.targets == (PROJECT,):
        home = project_namespace(scene, dependent, name)
    refs = [Ref(kind, scene.namespace(dependent, home, kind), name) for kind in targets]
    known = [ref for ref in refs if scene.provided(ref, dependent)] if len(refs) > 1 else []
    for ref in known or refs[:1]:
        for link in scene.links(dependent, ref, rule.needs, "schema", rule.id, rule.why, where):
            if isinstance(link, Edge) or _telling(scene, ref):
                yield link


def _split(
    scene: Scene, dependent: Resource, kinds: list[str], text: str | None
) -> Iterator[tuple[str, str]]:
    """Namespace and name of `namespace-name`, where there is such an object in sight."""
    words = (text or "").split("-")
    for index in range(1, len(words)):
        namespace, name = "-".join(words[:index]), "-".join(words[index:])
        if any(scene.provided(Ref(kind, namespace, name), dependent) for kind in kinds):
            yield namespace, name


def _selected(scene: Scene, dependent: Resource, rule: Rule, value: Any) -> list[Resource]:
    """The objects that a label selector, or a map of labels, selects; an empty one selects none."""
    if not isinstance(value, dict):
        return []
    typed = "matchLabels" in value or "matchExpressions" in value
    selector = value if typed else {"matchLabels": value}
    if selects_all(selector):
        return []
    if rule.targets == (PODSPEC,):
        found = scene.selected(dependent.namespace, selector)
        return [item for item in found if not item.opaque]
    return [
        item
        for kind in rule.targets
        for item in scene.labelled(kind, selector)
        if not dependent.namespace or item.namespace in ("", dependent.namespace)
    ]


def _telling(scene: Scene, ref: Ref) -> bool:
    """Whether it is worth telling that nothing in sight provides an object."""
    if (ref.kind, ref.name) in _GIVEN or ref.name.startswith("system:"):
        return False
    # Without a namespace, only the user of the object says which one is meant.
    return bool(ref.namespace) or scene.catalogue.cluster_scoped(ref.kind)


def _holds(rule: Rule, value: dict[str, Any]) -> bool:
    return all(value.get(key) == wanted for key, wanted in rule.when.items())


def _targets(scene: Scene, rule: Rule, value: Mapping[str, Any]) -> list[str]:
    """The kinds that a reference object can mean, by the kind and group that it names."""
    named = value.get(rule.kind or "kind") if rule.kind or rule.pattern else None
    group = value.get(rule.group) if rule.group else None
    if isinstance(group, str) and (rule.group.lower().endswith("version") or "/" in group):
        group = group.rpartition("/")[0]  # an apiVersion
    if ANY_KIND in rule.targets:
        if not isinstance(named, str):
            return []
        if rule.group:  # where it is left out, the core group is meant
            return [f"{named}.{group}" if isinstance(group, str) and group else named]
        return scene.kinds_named(named) or [named]
    targets = list(rule.targets)
    if isinstance(named, str):
        targets = [kind for kind in targets if kind.partition(".")[0] == named]
    elif rule.kind:
        targets = targets[:1]
    if isinstance(group, str) and group:
        targets = [kind for kind in targets if kind.partition(".")[2] == group]
    return targets
