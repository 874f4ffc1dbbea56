"""What every source of edges works on: the resources of a component, found by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar, cast

from wavefix.catalogue import ANYWHERE, Catalogue, any_of
from wavefix.config import Config
from wavefix.infer.kinds import TRANSIENT
from wavefix.infer.selectors import choices, selects, selects_all
from wavefix.limits import TooMuch, exceeded
from wavefix.model import (
    CONFIDENCES,
    SYNC_WAVE,
    Application,
    Confidence,
    Edge,
    External,
    Key,
    Needs,
    Path,
    Resource,
)
from wavefix.yamlio import get, line_of

T = TypeVar("T")
_LOOKS = 200  # at resources, for each edge that there may be


class Ref(NamedTuple):
    """A name as a manifest gives it."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a reference stands."""

    file: str
    line: int
    path: str


class Script(NamedTuple):
    """A text that calls kubectl, oc or helm, its variables filled in where they are written out."""

    text: str
    where: Evidence


@dataclass(frozen=True, slots=True)
class Made:
    """An object that another one makes: an ExternalSecret its Secret, a Job its ConfigMap."""

    maker: Resource
    rule: str
    confidence: Confidence
    ready: bool  # whoever reads it needs the maker finished, whatever the reference says
    why: str
    evidence: Evidence


@dataclass(slots=True)
class _Found:
    """The resources that have a name themselves."""

    first: Resource | None = None
    number: int = 0

    @property
    def only(self) -> Resource | None:
        """The one that has it; None among several."""
        return self.first if self.number == 1 else None


@dataclass(slots=True)
class Scene:
    """The resources that Argo CD applies, indexed; `made` fills up as makers are read."""

    resources: tuple[Resource, ...]
    catalogue: Catalogue
    config: Config
    applications: Mapping[str, Application] = field(default_factory=dict)
    made: dict[Ref, list[Made]] = field(default_factory=dict)
    immediate: set[str] = field(default_factory=set)  # classes known to bind claims at once
    scripts: dict[Key, tuple[Script, ...]] = field(default_factory=dict)  # as far as they were read
    _index: dict[Ref, _Found] = field(default_factory=dict)
    _own: dict[tuple[str, Ref], tuple[Resource | None, Resource | None]] = field(
        default_factory=dict
    )
    _kinds: dict[str, list[Resource]] = field(default_factory=dict)
    _ids: dict[str, list[Resource]] = field(default_factory=dict)
    _once: dict[object, object] = field(default_factory=dict)
    _noted: list[tuple[Resource, Mapping[str, Any]]] | None = None
    _looks: int = 0
    _inside: dict[tuple[str, str], list[Resource]] = field(default_factory=dict)
    _short: dict[str, list[str]] = field(default_factory=dict)
    _workloads: dict[str, list[Resource]] = field(default_factory=dict)
    _labelled: dict[tuple[str, str, str], list[Resource]] = field(default_factory=dict)
    _by_label: dict[str, dict[tuple[str, str], list[Resource]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for resource in self.resources:
            for ref in _names(resource):
                self._enter(ref, resource)
            self._kinds.setdefault(resource.kind, []).append(resource)
            if resource.opaque or self.catalogue.runs(resource.kind):
                self._workloads.setdefault(resource.namespace, []).append(resource)
                for key, value in self.pod_labels(resource).items():
                    label = (resource.namespace, key, str(value))
                    self._labelled.setdefault(label, []).append(resource)
        for kind in self._kinds:
            self._short.setdefault(kind.partition(".")[0], []).append(kind)

    def _enter(self, ref: Ref, resource: Resource) -> None:
        """A name of a resource: the one that it has, or one of its source."""
        exact = resource.name == ref.name and resource.namespace == ref.namespace
        found = self._index.setdefault(ref, _Found())
        if exact:
            found.number += 1
            found.first = found.first or resource
        place = resource.application, ref
        first, other = self._own.get(place, (None, None))
        self._own[place] = (
            first or (resource if exact else None), other or (None if exact else resource),
        )  # fmt: skip

    def look(self, number: int) -> None:
        """Count resources that are looked at, once more each time.

        Raises TooMuch where too many of them are held against too many others.
        """
        self._looks += number
        if self._looks > _LOOKS * self.config.limits.edges:
            first = self.resources[0]
            what = "too many resources that may need each other in one component"
            raise exceeded("edges", what, first.file, first.line, TooMuch)

    def of_kind(self, kind: str) -> list[Resource]:
        """Every resource of a kind (`Deployment.apps`), or of a group (`*.apps`)."""
        if kind.startswith("*."):
            found = [
                item for name in self._kinds if any_of(name) == kind for item in self._kinds[name]
            ]
        else:
            found = self._kinds.get(kind, [])
        self.look(len(found))
        return found

    def by_id(self, id: str) -> list[Resource]:
        """Every resource with an id, one for each Application that has it."""
        if not self._ids:
            for resource in self.resources:
                self._ids.setdefault(resource.id, []).append(resource)
        return self._ids.get(id, [])

    def meant(self, target: Key, dependent: Key) -> bool:
        """Whether a resource can be the one that another needs: its own Application's, else one
        that no other Application has too. Among several (one for each cluster, say) nobody sees
        which is meant.
        """
        return target.application == dependent.application or len(self.by_id(target.id)) == 1

    def dependents(self, target: Resource, kind: str) -> list[Resource]:
        """The resources of a kind that can mean a resource."""
        if len(self.by_id(target.id)) == 1:
            return self.of_kind(kind)
        if not self._inside:
            for item in self.resources:
                self._inside.setdefault((item.application, item.kind), []).append(item)
        return self._inside.get((target.application, kind), [])

    def once(self, make: Callable[[Scene], T]) -> T:
        """What `make` makes of this scene, made but once."""
        if make not in self._once:
            self._once[make] = make(self)
        return cast(T, self._once[make])

    def noted(self) -> list[tuple[Resource, Mapping[str, Any]]]:
        """The resources with annotations beside the sync wave, and all of these."""
        if self._noted is None:
            self._noted = [
                (resource, notes)
                for resource in self.resources
                if isinstance(notes := get(resource.body, "metadata", "annotations"), dict)
                and (len(notes) > 1 or SYNC_WAVE not in notes)
            ]
        return self._noted

    def kinds(self) -> Iterable[str]:
        """Every kind in sight."""
        return self._kinds

    def kinds_named(self, short: str) -> list[str]:
        """The kinds in sight with a name, whatever their group."""
        return self._short.get(short, [])

    def find(self, ref: Ref, dependent: Resource) -> Resource | None:
        """The resource that a reference means: in the same Application, else in another.

        A name that only exists in the source counts where kustomize renamed both ends alike.
        """
        if ref not in self._index:
            return None
        exact, other = self._own.get((dependent.application, ref), (None, None))
        if exact or other:
            return exact or other
        return self._index[ref].only

    def provided(self, ref: Ref, dependent: Resource) -> bool:
        """Whether an object is in sight, or something in sight makes it."""
        return bool(self._made(ref)) or self.find(ref, dependent) is not None

    def makers(self, ref: Ref, dependent: Resource) -> list[Made]:
        """What makes an object: in the dependent's Application, else in the only one that does.

        Among several others (one for each cluster, say) nobody sees which is meant: none.
        """
        found = self._made(ref)
        mine = [item for item in found if item.maker.application == dependent.application]
        if mine or len({item.maker.application for item in found}) == 1:
            return mine or found
        return []

    def _made(self, ref: Ref) -> list[Made]:
        """What makes an object, in its namespace or in all of them."""
        return self.made.get(ref) or self.made.get(ref._replace(namespace=ANYWHERE)) or []

    def labelled(self, kind: str, selector: Any) -> list[Resource]:
        """The objects of a kind whose own labels a selector selects."""
        index = self._by_label.get(kind)
        if index is None:
            index = self._by_label[kind] = {}
            for item in self.of_kind(kind):
                for key, value in labels(item).items():
                    index.setdefault((key, str(value)), []).append(item)
        rarest = min(
            (
                [index.get((key, value), []) for value in values]
                for key, values in choices(selector)
            ),
            key=lambda found: sum(map(len, found)),
            default=[self.of_kind(kind)],
        )
        self.look(sum(map(len, rarest)))
        return [item for found in rarest for item in found if selects(selector, labels(item))]

    def namespace(self, dependent: Resource, named: Any, kind: str) -> str:
        """The namespace that a reference leads to: as named, else the dependent's own."""
        if self.catalogue.cluster_scoped(kind):
            return ""
        if not isinstance(named, str) or not named:
            return dependent.namespace
        return dependent.namespace or named if named == dependent.source_namespace else named

    def pod_spec(self, resource: Resource) -> Any:
        """The pod spec of a kind that has one, else None."""
        path = self.catalogue.podspecs.get(resource.kind)
        return None if path is None else get(resource.body, *path)

    def pod_path(self, resource: Resource) -> Path:
        """Where the pod spec of a kind that has one stands."""
        return self.catalogue.podspecs.get(resource.kind, ())

    def pod_labels(self, resource: Resource) -> Mapping[str, Any]:
        """The labels that the pods of a workload carry."""
        labels = get(resource.body, *self.pod_path(resource)[:-1], "metadata", "labels")
        return labels if isinstance(labels, dict) else {}

    def workloads(self) -> Iterator[Resource]:
        """What starts pods: pod-bearing kinds and unrendered releases."""
        for found in self._workloads.values():
            self.look(len(found))
            yield from found

    def spaces(self) -> Iterable[str]:
        """The namespaces in which something starts pods."""
        return self._workloads

    def selected(self, namespace: str, selector: Any) -> list[Resource]:
        """The workloads of a namespace whose pods a label selector selects.

        Nobody sees the labels in an unrendered release: only what selects everything selects it.
        """
        everything = self._workloads.get(namespace, [])
        if selects_all(selector):
            self.look(len(everything))
            return everything
        rarest = min(
            (
                [self._labelled.get((namespace, key, value), []) for value in values]
                for key, values in choices(selector)
            ),
            key=lambda found: sum(map(len, found)),
            default=[everything],
        )
        self.look(sum(map(len, rarest)))
        return [
            item
            for found in rarest
            for item in found
            if not item.opaque and selects(selector, self.pod_labels(item))
        ]

    def behind(self, service: Resource) -> list[Resource]:
        """The workloads whose pods answer for a Service."""
        selector = get(service.body, "spec", "selector")
        if not isinstance(selector, dict) or not selector:
            return []
        found = self.selected(service.namespace, {"matchLabels": selector})
        return [item for item in found if item.kind not in TRANSIENT]

    def links(
        self,
        dependent: Resource,
        ref: Ref,
        needs: Needs,
        confidence: Confidence,
        rule: str,
        why: str,
        where: Evidence,
    ) -> Iterator[Edge | External]:
        """The edges of one reference: to the object itself and to whatever makes it."""
        target = self.find(ref, dependent)
        made = self.makers(ref, dependent)
        if target is None and not self._made(ref) and ref not in self._index:
            yield External(
                dependent.key, ref.kind, ref.name, ref.namespace,
                where.file, where.line, where.path,
            )  # fmt: skip
        if target is not None:
            yield edge(dependent, target.key, needs, confidence, rule, why, where)
        others = [item for item in made if item.maker.key != dependent.key]
        if len(others) < len(made) and not dependent.opaque:
            return  # it makes the object itself, perhaps as one of several
        made = others  # a chart that is told the name of an object leaves making it to others
        for item in made:
            if target is not None and item.maker.key == target.key:
                continue  # a copy of itself
            surest = max(confidence, item.confidence, key=CONFIDENCES.index)
            state = _through(item, ref, needs, dependent)
            reason = f"{item.why} {ref.kind} {ref.name}"
            found = edge(dependent, item.maker.key, state, surest, item.rule, reason, where)
            yield replace(found, through="/".join(filter(None, ref)))


def _through(made: Made, ref: Ref, needs: Needs, dependent: Resource) -> Needs:
    """What is needed of a maker: to find an object there, its maker must have finished; to wait for
    it, it must exist.
    """
    if made.maker.kind == ref.kind and made.maker.namespace == ref.namespace:
        return needs  # it stands for the object itself
    # An unrendered release of the same sync has what it brings applied with it.
    within = made.maker.opaque and made.maker.application == dependent.application
    waits = needs == "eventually" or (needs == "present" and within)
    return "eventually" if waits and not made.ready else "ready"


def _names(resource: Resource) -> set[Ref]:
    """What a resource may be called: by its name, and by the one that it has in the source."""
    if resource.opaque:
        return set()
    names = {resource.name, resource.source_name or resource.name}
    namespaces = {resource.namespace, resource.source_namespace or resource.namespace}
    return {Ref(resource.kind, namespace, name) for namespace in namespaces for name in names}


def labels(resource: Resource) -> Mapping[str, Any]:
    """The labels of an object itself."""
    found = get(resource.body, "metadata", "labels")
    return found if isinstance(found, dict) else {}


def items(data: Any, *path: str) -> list[Any]:
    """The list at a path; empty where there is none."""
    value = get(data, *path)
    return value if isinstance(value, list) else []


def crd_kind(crd: Resource) -> str:
    """The kind that a CustomResourceDefinition defines."""
    return f"{get(crd.body, 'spec', 'names', 'kind')}.{get(crd.body, 'spec', 'group')}"


def edge(
    dependent: Resource,
    dependency: Key,
    needs: Needs,
    confidence: Confidence,
    rule: str,
    why: str,
    where: Evidence,
) -> Edge:
    """An edge with its evidence."""
    return Edge(
        dependent.key, dependency, needs, confidence, rule, where.file, where.line, where.path, why
    )


def evidence(resource: Resource, *path: str | int) -> Evidence:
    """A field of a resource as evidence."""
    return Evidence(resource.file, line_of(resource.body, path, resource.line), show(path))


def show(path: Path) -> str:
    """A path as people write it: `spec.containers[0].name`."""
    out = ""
    for step in path:
        if isinstance(step, int):
            out += f"[{step}]"
        elif "." in step or "/" in step:
            out += f'["{step}"]'
        else:
            out += f".{step}" if out else step
    return out
