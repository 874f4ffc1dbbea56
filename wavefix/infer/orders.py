"""Orders that people wrote for other tools: kapp, werf and nelm, Helm's hook weights.

Each holds inside one Application, as those tools order one release or one app.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from wavefix.argocd import integer
from wavefix.infer.plurals import kinds_by_word
from wavefix.infer.scene import Ref, Scene, edge, evidence
from wavefix.model import SYNC_WAVE, Edge, External, Key, Needs, Resource
from wavefix.yamlio import get

# https://carvel.dev/kapp/docs/latest/apply-ordering/
_GROUP = re.compile(r"kapp\.k14s\.io/change-group(?:\.\S+)?\Z")
_RULE = re.compile(r"kapp\.k14s\.io/change-rule(?:\.\S+)?\Z")
_ORDER = re.compile(r"\s*upsert\s+(after|before)\s+upserting\s+(\S+)\s*\Z")
# https://github.com/werf/nelm#werfiodeploy-dependency-id-annotation
_DEPENDENCY = re.compile(r"werf\.io/deploy-dependency-.+\Z")
_FIELDS = re.compile(r"\b(\w++)\s*+=\s*+([^,\s]+)")
_OUTSIDE = re.compile(r"(.+)\.external-dependency\.werf\.io/resource\Z")
_STATES: Mapping[str, Needs] = {"ready": "ready", "present": "present"}
_WEIGHT = "werf.io/weight"
# https://helm.sh/docs/topics/charts_hooks/
_HOOK, _HOOK_WEIGHT = "helm.sh/hook", "helm.sh/hook-weight"

Note = tuple[str, str]  # an annotation: its key and its text


def orders(scene: Scene) -> Iterator[Edge | External]:
    """The orders of every Application."""
    notes = {resource.key: list(_notes(found)) for resource, found in scene.noted()}
    by_application: dict[str, list[Resource]] = {}
    for resource in scene.resources if any(notes.values()) else ():
        by_application.setdefault(resource.application, []).append(resource)
    for found in by_application.values():
        noted = [resource for resource in found if notes.get(resource.key)]
        yield from _kapp(noted, notes)
        by_name: dict[str, list[Resource]] = {}
        for resource in found if noted else ():
            by_name.setdefault(resource.name, []).append(resource)
        for resource in noted:
            yield from _werf(scene, found, by_name, resource, notes.get(resource.key, []))
        yield from _weights(noted, _WEIGHT, "werf/weight")
        hooks = [item for item in noted if _annotation(item, _HOOK) and _by_weight(item)]
        for phase in sorted({item.phase for item in hooks}):
            same = [item for item in hooks if item.phase == phase]
            yield from _weights(same, _HOOK_WEIGHT, "helm/hook-weight", "0")


def _notes(annotations: Mapping[str, Any]) -> Iterator[Note]:
    """The annotations that say something about order."""
    for key, text in annotations.items():
        if isinstance(text, str) and ("k14s.io/" in key or "werf.io/" in key or key == _HOOK):
            yield key, text


def _annotation(resource: Resource, key: str) -> object:
    return get(resource.body, "metadata", "annotations", key)


def _kapp(found: list[Resource], notes: Mapping[Key, list[Note]]) -> Iterator[Edge]:
    """Change groups, and the rules that order them."""
    groups: dict[str, list[Resource]] = {}
    for resource in found:
        for key, text in notes.get(resource.key, []):
            if _GROUP.match(key):
                groups.setdefault(_filled(text, resource), []).append(resource)
    for resource in found:
        for key, text in notes.get(resource.key, []):
            order = _ORDER.match(text) if _RULE.match(key) else None
            for other in groups.get(_filled(order[2], resource), ()) if order else ():
                first, then = (
                    (other, resource) if order and order[1] == "after" else (resource, other)
                )
                yield edge(
                    then, first.key, "ready", "explicit", "kapp/change-rule",
                    "a change rule says so", evidence(resource, "metadata", "annotations", key),
                )  # fmt: skip


def _filled(text: str, resource: Resource) -> str:
    """A change group with its placeholders filled in."""
    short, _, group = resource.kind.partition(".")
    for name, value in (
        ("{api-group}", group),
        ("{kind}", short),
        ("{name}", resource.name),
        ("{namespace}", resource.namespace),
    ):
        text = text.replace(name, value)
    return text


def _werf(
    scene: Scene,
    found: Iterable[Resource],
    by_name: Mapping[str, list[Resource]],
    resource: Resource,
    notes: list[Note],
) -> Iterator[Edge | External]:
    for key, text in notes:
        where = evidence(resource, "metadata", "annotations", key)
        if _DEPENDENCY.match(key):
            fields = dict(_FIELDS.findall(text))
            needs = _STATES.get(fields.pop("state", ""))
            wanted = fields if needs and fields.keys() & {"kind", "name", "group"} else None
            near = by_name.get(fields["name"], ()) if "name" in fields else found
            for other in near if wanted else ():
                if wanted and needs and _fits(other, wanted, resource):
                    yield edge(
                        resource, other.key, needs, "explicit", "werf/deploy-dependency",
                        "an annotation says so", where,
                    )  # fmt: skip
        elif outside := _OUTSIDE.match(key):
            kind, _, name = text.partition("/")
            other_space = dict(notes).get(f"{outside[1]}.external-dependency.werf.io/namespace")
            for known in _kinds(scene, kind):
                ref = Ref(known, scene.namespace(resource, other_space, known), name)
                if scene.provided(ref, resource):
                    yield from scene.links(
                        resource, ref, "ready", "explicit", "werf/external-dependency",
                        "an annotation says so", where,
                    )  # fmt: skip


def _fits(other: Resource, wanted: Mapping[str, str], dependent: Resource) -> bool:
    short, _, group = other.kind.partition(".")
    namespace = wanted.get("namespace", dependent.namespace)
    return (
        wanted.get("kind", short).lower() == short.lower()
        and wanted.get("name", other.name) == other.name
        and wanted.get("group", group) == group
        and other.namespace in ("", namespace)
    )


def _kinds(scene: Scene, text: str) -> Iterator[str]:
    """The kinds in sight that `deployments.v1.apps` or `secret` means."""
    word, _, rest = text.lower().partition(".")
    group = rest.partition(".")[2]
    for kind in scene.once(kinds_by_word).get(f"{word}.{group}" if group else word, ()):
        if kind.partition(".")[2] == group:
            yield kind


def _by_weight(resource: Resource) -> bool:
    """Whether Argo CD, too, goes by the hook weight of an object."""
    return _annotation(resource, SYNC_WAVE) is None


def _weights(found: list[Resource], key: str, rule: str, default: str = "") -> Iterator[Edge]:
    """Each weight comes after the one before it."""
    by_weight: dict[int, list[Resource]] = {}
    for resource in found:
        weight = integer(str(_annotation(resource, key) or default))
        if weight is not None:
            by_weight.setdefault(weight, []).append(resource)
    for lower, higher in pairwise(sorted(by_weight)):
        for dependent in by_weight[higher]:
            for dependency in by_weight[lower]:
                yield edge(
                    dependent, dependency.key, "ready", "explicit", rule,
                    f"it has the weight {higher}, the other one {lower}",
                    evidence(dependent, "metadata", "annotations", key),
                )  # fmt: skip
