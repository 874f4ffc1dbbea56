"""Hosts that objects name, resolved as the cluster's DNS does: a Service, and what is behind."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from wavefix.catalogue import HostField
from wavefix.fields import walk
from wavefix.infer.hostnames import Host, in_command, in_value
from wavefix.infer.kinds import SCHEDULED
from wavefix.infer.scene import Evidence, Made, Ref, Scene, edge, evidence, show
from wavefix.infer.values import telling_values
from wavefix.model import Edge, External, Key, Needs, Path, Resource
from wavefix.yamlio import get

_OF_WORKLOADS = HostField("core/host", (), "ready", "it names this host")

Named = tuple[Host, Evidence]


def hosts(scene: Scene) -> Iterator[Edge | External]:
    """A workload that names the host of another works only when that one is ready."""
    if not scene.of_kind("Service") and not any(ref.kind == "Service" for ref in scene.made):
        return
    resolver = _Resolver(scene)
    found = [
        link
        for workload in scene.workloads()
        for link in resolver.edges(workload, _named(scene, workload), _OF_WORKLOADS)
    ]
    found += _in_fields(scene, resolver)
    waits = {(link.dependent, link.dependency) for link in found if link.needs == "ready"}
    for link in found:
        mutual = link.needs == "ready" and (link.dependency, link.dependent) in waits
        yield replace(link, needs="eventually") if mutual else link  # neither waits for the other


def _in_fields(scene: Scene, resolver: _Resolver) -> Iterator[Edge]:
    """Fields of custom resources that the rules know to hold hosts."""
    for kind in scene.kinds():
        for known in scene.catalogue.hosts(kind):
            for resource in scene.of_kind(kind):
                named = [
                    (host, evidence(resource, *at))
                    for value, at in walk(resource.body, known.steps)
                    if isinstance(value, str)
                    for host in _in_value("host", value)
                ]
                yield from resolver.edges(resource, named, known)


@dataclass(slots=True)
class _Resolver:
    """Host names as the objects of a component see them."""

    scene: Scene
    _behind: dict[Key, dict[Key, Resource]] = field(default_factory=dict)

    def edges(
        self, dependent: Resource, named: Iterable[Named], known: HostField
    ) -> Iterator[Edge]:
        """The edges from an object to what it names, each with its first mention."""
        seen: set[Key] = set()
        later = known is _OF_WORKLOADS and dependent.kind in SCHEDULED
        needs: Needs = "eventually" if later else known.needs
        for host, where in named:
            service = self.resolve(host, dependent)
            if service is None:
                for made in self.made(host, dependent):
                    if made.maker.key != dependent.key and made.maker.key not in seen:
                        seen.add(made.maker.key)
                        why = f"{made.why} Service {host.name}, whose host is named"
                        yield edge(
                            dependent, made.maker.key, needs, "heuristic", known.id, why, where
                        )
                continue
            if service.key in seen:
                continue
            seen.add(service.key)
            behind = self.behind(service)
            if dependent.key in behind:
                continue  # its own
            yield edge(
                dependent, service.key, "eventually", "heuristic", known.id, known.why, where
            )
            for other in behind.values():
                yield edge(
                    dependent, other.key, needs, "heuristic", known.id,
                    f"it stands behind Service {service.name}, whose host is named", where,
                )  # fmt: skip

    def made(self, host: Host, dependent: Resource) -> list[Made]:
        """What makes the Service that a host name means, where no source has it."""
        if not host.sure:
            return []
        for name, named in _places(host):
            namespace = self.scene.namespace(dependent, named, "Service")
            if found := self.scene.makers(Ref("Service", namespace, name), dependent):
                return found
        return []

    def resolve(self, host: Host, workload: Resource) -> Resource | None:
        """The Service that a host name means."""
        for name, named in _places(host):
            namespace = self.scene.namespace(workload, named, "Service")
            service = self.scene.find(Ref("Service", namespace, name), workload)
            if service is not None:
                return service if host.sure or _serves(service, host.port) else None
        return None

    def behind(self, service: Resource) -> dict[Key, Resource]:
        """The workloads whose pods answer for a Service."""
        known = self._behind.get(service.key)
        if known is None:
            known = {item.key: item for item in self.scene.behind(service)}
            self._behind[service.key] = known
        return known


def _places(host: Host) -> Iterator[tuple[str, str]]:
    """(Service, namespace or "") that a host name may mean, a pod's own name in front or not."""
    labels = host.name.rstrip(".").split(".")
    qualified = "svc" in labels
    if qualified:
        labels = labels[: labels.index("svc")]
    of_pod = labels[0][-1:].isdigit() and "-" in labels[0]
    if len(labels) == 1 and not qualified:
        yield labels[0], ""
    elif len(labels) == 2:
        yield labels[0], labels[1]
        if of_pod and not qualified:
            yield labels[1], ""
    elif len(labels) == 3 and (of_pod or qualified):
        yield labels[1], labels[2]


def _serves(service: Resource, port: int | None) -> bool:
    """Whether a Service answers on a port; a headless one answers on all that its pods open."""
    ports = get(service.body, "spec", "ports")
    return get(service.body, "spec", "clusterIP") == "None" or any(
        get(entry, "port") == port for entry in (ports if isinstance(ports, list) else [])
    )


def _named(scene: Scene, workload: Resource) -> Iterator[Named]:
    """The hosts that a workload names, and where."""
    if workload.opaque:
        names = {value.path: value.value for value in workload.values if value.path[-1] == "name"}
        for value in telling_values(workload):
            if "ingress" in value.path:
                continue
            key = names.get((*value.path[:-1], "name")) if value.path[-1] == "value" else None
            key = key or next((step for step in reversed(value.path) if isinstance(step, str)), "")
            for host in _in_value(str(key), value.value):
                yield host, Evidence(value.file, value.line, show(value.path))
        return
    spec, base = scene.pod_spec(workload), scene.pod_path(workload)
    for kind in ("initContainers", "containers"):
        for index, container in enumerate(_list(spec, kind)):
            yield from _in_variables(scene, workload, container, (*base, kind, index))
            yield from _in_commands(workload, container, (*base, kind, index))


def _in_variables(scene: Scene, workload: Resource, container: Any, base: Path) -> Iterator[Named]:
    for index, variable in enumerate(_list(container, "env")):
        key, value = str(get(variable, "name")), get(variable, "value")
        if isinstance(value, str):
            for host in _in_value(key, value):
                yield host, evidence(workload, *base, "env", index, "value")
        reference = get(variable, "valueFrom", "configMapKeyRef")
        if reference is not None:
            yield from _in_config_map(scene, workload, reference, key, get(reference, "key"))
    for source in _list(container, "envFrom"):
        reference = get(source, "configMapRef")
        if reference is not None:
            yield from _in_config_map(scene, workload, reference, None, None)


def _in_config_map(
    scene: Scene, workload: Resource, reference: Any, variable: str | None, only: Any
) -> Iterator[Named]:
    """The hosts in a ConfigMap of which one key becomes a variable, or (None) each does."""
    ref = Ref("ConfigMap", workload.namespace, str(get(reference, "name")))
    found = scene.find(ref, workload)
    data = get(found.body, "data") if found is not None else None
    for key, value in data.items() if isinstance(data, dict) else ():
        if found is not None and isinstance(value, str) and only in (None, key):
            for host in _in_value(variable or key, value):
                yield host, evidence(found, "data", key)


def _in_commands(workload: Resource, container: Any, base: Path) -> Iterator[Named]:
    """The hosts that a command line names: its words read as one text, each found in its word."""
    words = [
        ((kind, index), word)
        for kind in ("command", "args")
        for index, word in enumerate(_list(container, kind))
        if isinstance(word, str)
    ]
    starts, text = [], ""
    for _, word in words:
        starts.append(len(text))
        text += word + " "
    for at, host in in_command(text):
        step = words[bisect_right(starts, at) - 1][0]
        yield host, evidence(workload, *base, *step)


@lru_cache(maxsize=4096)
def _in_value(key: str, text: str) -> tuple[Host, ...]:
    return tuple(in_value(key, text))


def _list(data: Any, name: str) -> list[Any]:
    value = get(data, name)
    return value if isinstance(value, list) else []
