"""Hosts that objects name, resolved as the cluster's DNS does: a Service, and what is behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from wavefix.catalogue import HostField
from wavefix.fields import walk
from wavefix.infer.hostnames import Host
from wavefix.infer.kinds import SCHEDULED
from wavefix.infer.mentions import Mention, config_maps, in_text, mentions
from wavefix.infer.scene import Made, Ref, Scene, edge, evidence
from wavefix.model import Edge, External, Key, Needs, Resource
from wavefix.yamlio import get

_MOST = 1_000_000  # workloads behind Services that are held in memory
_OF_WORKLOADS = HostField("core/host", (), "ready", "it names this host")


def hosts(scene: Scene) -> Iterator[Edge | External]:
    """A workload that names the host of another works only when that one is ready."""
    if not scene.of_kind("Service") and not any(ref.kind == "Service" for ref in scene.made):
        return
    resolver = _Resolver(scene)
    found = [
        link
        for workload in scene.workloads()
        for link in resolver.edges(workload, mentions(scene, workload), _OF_WORKLOADS)
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
                    Mention(host, evidence(resource, *at))
                    for value, at in walk(resource.body, known.steps)
                    if isinstance(value, str)
                    for host in in_text("host", value)
                ]
                yield from resolver.edges(resource, named, known)


@dataclass(slots=True)
class _Resolver:
    """Host names as the objects of a component see them."""

    scene: Scene
    _behind: dict[Key, dict[Key, Resource]] = field(default_factory=dict)
    _held: int = 0  # workloads in that
    _reads: dict[Key, frozenset[str]] = field(default_factory=dict)

    def edges(
        self, dependent: Resource, named: Iterable[Mention], known: HostField
    ) -> Iterator[Edge]:
        """The edges from an object to what it names, each with its first mention."""
        seen: set[Key] = set()
        later = known is _OF_WORKLOADS and dependent.kind in SCHEDULED
        for mention in named:
            host, where = mention.host, mention.where
            needs: Needs = "eventually" if later or mention.patient else known.needs
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
                # What both read lists the hosts of everybody, for whoever wants which.
                shared = bool(mention.shared) and mention.shared in self.reads(other)
                yield edge(
                    dependent, other.key, "eventually" if shared else needs, "heuristic", known.id,
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

    def reads(self, workload: Resource) -> frozenset[str]:
        """The ConfigMaps that become variables of a workload."""
        known = self._reads.get(workload.key)
        if known is None:
            known = self._reads[workload.key] = config_maps(workload, self.scene)
        return known

    def behind(self, service: Resource) -> dict[Key, Resource]:
        """The workloads whose pods answer for a Service."""
        known = self._behind.get(service.key)
        if known is None:
            known = {item.key: item for item in self.scene.behind(service)}
            self._held += len(known)
            if self._held > _MOST:
                self._behind.clear()
                self._held = len(known)
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
