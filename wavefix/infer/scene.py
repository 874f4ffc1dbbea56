"""What every source of edges works on: the resources of a component, found by what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wavefix.catalogue import Catalogue
from wavefix.config import Config
from wavefix.model import Confidence, Edge, External, Key, Needs, Path, Resource
from wavefix.yamlio import get


class Ref(NamedTuple):
    """A name as a manifest gives it."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Made:
    """An object that another one makes: an ExternalSecret its Secret, a Job its ConfigMap."""

    maker: Resource
    rule: str
    confidence: Confidence
    ready: bool  # whoever reads it needs the maker finished, whatever the reference says
    why: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a reference stands."""

    file: str
    line: int
    path: str


@dataclass(slots=True)
class Scene:
    """The resources that Argo CD applies, with indexes over them. `made` fills up as makers are read."""

    resources: tuple[Resource, ...]
    catalogue: Catalogue
    config: Config
    made: dict[Ref, list[Made]] = field(default_factory=dict)
    _index: dict[Ref, list[Resource]] = field(default_factory=dict)
    _kinds: dict[str, list[Resource]] = field(default_factory=dict)
    _short: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for resource in self.resources:
            names = {resource.name, resource.source_name or resource.name}
            if resource.opaque:
                names = set()
            for name in names:
                ref = Ref(resource.kind, resource.namespace, name)
                self._index.setdefault(ref, []).append(resource)
            self._kinds.setdefault(resource.kind, []).append(resource)
        for kind in self._kinds:
            self._short.setdefault(kind.partition(".")[0], []).append(kind)

    def of_kind(self, kind: str) -> list[Resource]:
        """Every resource of a kind (`Deployment.apps`)."""
        return self._kinds.get(kind, [])

    def kinds(self) -> Iterable[str]:
        return self._kinds

    def kinds_named(self, short: str) -> list[str]:
        """The kinds in sight with a name, whatever their group."""
        return self._short.get(short, [])

    def find(self, ref: Ref, dependent: Resource) -> Resource | None:
        """The resource that a reference means: in the same Application, else in another.

        A name that only exists in the source counts where kustomize renamed both ends alike.
        """
        found = self._index.get(ref)
        if not found:
            return None
        mine = [resource for resource in found if resource.application == dependent.application]
        exact = [resource for resource in mine or found if resource.name == ref.name]
        if exact:
            return exact[0]
        return mine[0] if mine else None

    def namespace(self, dependent: Resource, named: Any, kind: str) -> str:
        """The namespace that a reference leads to: as named, else the dependent's own."""
        if self.catalogue.cluster_scoped(kind):
            return ""
        if not isinstance(named, str) or not named or named == dependent.source_namespace:
            return dependent.namespace
        return named

    def pod_spec(self, resource: Resource) -> Any:
        """The pod spec of a kind that has one, else None."""
        path = self.catalogue.podspecs.get(resource.kind)
        return None if path is None else get(resource.body, *path)

    def pod_path(self, resource: Resource) -> Path:
        return self.catalogue.podspecs.get(resource.kind, ())

    def pod_labels(self, resource: Resource) -> Mapping[str, Any]:
        """The labels that the pods of a workload carry."""
        path = (*self.pod_path(resource)[:-1], "metadata", "labels")
        labels = get(resource.body, *path)
        return labels if isinstance(labels, dict) else {}

    def workloads(self, namespace: str | None = None) -> Iterator[Resource]:
        """What starts pods when it is applied: pod-bearing kinds and unrendered releases."""
        for kind, found in self._kinds.items():
            for resource in found:
                if (resource.opaque or self.catalogue.runs(kind)) and (
                    namespace is None or resource.namespace == namespace
                ):
                    yield resource

    def links(
        self,
        dependent: Resource,
        ref: Ref,
        needs: Needs,
        confidence: Confidence,
        rule: str,
        why: str,
        evidence: Evidence,
    ) -> Iterator[Edge | External]:
        """The edges of one reference: to the object itself and to whatever makes it."""
        target = self.find(ref, dependent)
        made = self.made.get(ref, ())
        if target is None and not made:
            yield External(
                dependent.key, ref.kind, ref.name, ref.namespace,
                evidence.file, evidence.line, evidence.path,
            )  # fmt: skip
        if target is not None and target.key != dependent.key:
            yield edge(dependent, target.key, needs, confidence, rule, why, evidence)
        for item in made:
            if item.maker.key == dependent.key:
                continue
            # To find an object there, its maker must have finished; to wait for it, it must exist.
            stronger: Needs = "eventually" if needs == "eventually" and not item.ready else "ready"
            surer = max(confidence, item.confidence, key=_CERTAINTY.__getitem__)
            reason = f"{item.why} {ref.kind} {ref.name}"
            yield edge(dependent, item.maker.key, stronger, surer, item.rule, reason, evidence)


_CERTAINTY: Mapping[Confidence, int] = {"explicit": 0, "schema": 1, "derived": 2, "heuristic": 3}


def edge(
    dependent: Resource,
    dependency: Key,
    needs: Needs,
    confidence: Confidence,
    rule: str,
    why: str,
    evidence: Evidence,
) -> Edge:
    return Edge(
        dependent.key, dependency, needs, confidence, rule,
        evidence.file, evidence.line, evidence.path, why,
    )  # fmt: skip


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
