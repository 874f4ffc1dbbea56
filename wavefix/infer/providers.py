"""What well-known charts and operators bring along: kinds, webhooks, Services, classes.

So a release that cannot be rendered is no black box: what it brings is made by it, and what needs
its API needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from wavefix.argocd import HELM_RELEASE
from wavefix.catalogue import EACH
from wavefix.fields import walk
from wavefix.infer.installed import Installed, installed, placeholders
from wavefix.infer.scene import Evidence, Made, Ref, Scene, crd_kind, edge, evidence
from wavefix.infer.structure import ARGO_KINDS, CRD
from wavefix.model import Edge, Needs, Resource
from wavefix.yamlio import get

_BALANCER = "Service:LoadBalancer"
_INGRESS, _CLAIM = "Ingress.networking.k8s.io", "PersistentVolumeClaim"
_GATEWAY = "Gateway.gateway.networking.k8s.io"
# What names the class of a kind, and the kind of that class.
_CLASSES = {
    _INGRESS: (("spec", "ingressClassName"), "IngressClass.networking.k8s.io"),
    _CLAIM: (("spec", "storageClassName"), "StorageClass.storage.k8s.io"),
    _GATEWAY: (("spec", "gatewayClassName"), "GatewayClass.gateway.networking.k8s.io"),
}
_CERTIFICATE = "Certificate.cert-manager.io"
_SOLVERS = ("spec", "acme", "solvers", EACH, "http01", "ingress")
_OLD_CLASS = ("metadata", "annotations", "kubernetes.io/ingress.class")


def find_providers(scene: Scene) -> list[Installed]:
    """What is installed; `scene.made` is filled with what that brings along."""
    everything = list(installed(scene))
    for found in everything:
        scene.immediate.update(found.provider.immediate)
        for text in found.provider.gives if found.whole else ():
            ref = _ref(scene, found, placeholders(found, text))
            if "$(" not in ref.name:
                made = Made(
                    found.resource, found.provider.id, "derived", False, "it brings",
                    _place(found.resource),
                )  # fmt: skip
                known = scene.made.setdefault(ref, [])
                if all(item.maker.key != made.maker.key for item in known):
                    known.append(made)
    return everything


def providers(scene: Scene, everything: Sequence[Installed]) -> Iterator[Edge]:
    """Objects need what brings their kinds, admits them, or makes them healthy."""
    catalogue = _Found()
    for found in everything:
        catalogue.add(found)
    defined = _defined(scene)
    for kind in scene.kinds():
        if kind in ARGO_KINDS:
            continue
        bringing = catalogue.of_group(kind.partition(".")[2]) + catalogue.kinds.get(kind, [])
        admitting = catalogue.admits.get(kind, [])
        brings, admits = _choice(bringing), _choice(admitting)
        for resource in scene.of_kind(kind) if bringing or admitting else ():
            where = evidence(resource, "apiVersion")
            for found in _bringing(resource, brings):
                yield edge(
                    resource, found.resource.key, _needs(found, resource, kind in defined),
                    "derived", found.provider.id, _why(found), where,
                )  # fmt: skip
            for found in _nearest(resource, admits):
                yield edge(
                    resource, found.resource.key, "ready", "derived", found.provider.id,
                    "its webhook admits these, and refuses them while it does not answer", where,
                )  # fmt: skip
    yield from _healed(scene, catalogue)
    yield from _solved(scene, catalogue)


@dataclass(slots=True)
class _Found:
    """What is installed, by what it brings."""

    groups: dict[str, list[Installed]] = field(default_factory=dict)
    kinds: dict[str, list[Installed]] = field(default_factory=dict)
    admits: dict[str, list[Installed]] = field(default_factory=dict)
    heals: dict[str, list[Installed]] = field(default_factory=dict)

    def of_group(self, group: str) -> list[Installed]:
        """What brings a group, by its name or by `*.` and the end of it."""
        parts = group.split(".")
        ends = ["*." + ".".join(parts[start:]) for start in range(1, len(parts))]
        return [item for name in (group, *ends) for item in self.groups.get(name, ())]

    def add(self, found: Installed) -> None:
        """One more, unless it is of a group that it brings: something else brought that."""
        if found.resource.kind.partition(".")[2] in found.provider.groups:
            return
        for name in ("groups", "kinds", "heals"):
            for key in getattr(found.provider, name):
                getattr(self, name).setdefault(key, []).append(found)
        if found.whole:
            for key in found.provider.admits:
                self.admits.setdefault(key, []).append(found)


class _Choice(NamedTuple):
    """Installations to choose from: by Application, and those of providers that only one has."""

    inside: dict[str, list[Installed]]
    lone: list[Installed]


def _choice(found: list[Installed]) -> _Choice:
    inside: dict[str, list[Installed]] = {}
    homes: dict[str, set[str]] = {}
    for item in found:
        inside.setdefault(item.resource.application, []).append(item)
        homes.setdefault(item.provider.id, set()).add(item.resource.application)
    return _Choice(inside, [item for item in found if len(homes[item.provider.id]) == 1])


def _nearest(resource: Resource, choice: _Choice) -> list[Installed]:
    """The installations of each provider: in the same Application, else in the only one with it.

    Among several elsewhere (one for each cluster, say) nobody sees which one is meant.
    """
    mine = choice.inside.get(resource.application, [])
    have = {item.provider.id for item in mine}
    near = mine + [item for item in choice.lone if item.provider.id not in have]
    return [
        item
        for item in near
        if item.resource.key != resource.key and item.resource.parent != resource.id
    ]


def _bringing(resource: Resource, choice: _Choice) -> list[Installed]:
    """What brings an object's kind: if its own Application does, nothing else."""
    near = _nearest(resource, choice)
    mine = [item for item in near if item.resource.application == resource.application]
    return mine or near


def _needs(found: Installed, resource: Resource, defined: bool) -> Needs:
    """`ready` where a webhook must answer, or where the definitions come with another sync: that
    one must have run. Else a custom resource simply waits for its operator.
    """
    if not found.whole:
        return "eventually"  # its manifests are all in sight, webhook configurations too
    if found.provider.webhook or found.provider.late:
        return "ready"
    here = found.resource.application == resource.application and not _elsewhere(found)
    return "eventually" if defined or here else "ready"


def _elsewhere(found: Installed) -> bool:
    """Whether another controller installs it, definitions too: they are no part of this sync."""
    skipped = get(found.resource.body, "spec", "install", "crds") == "Skip"
    return found.resource.kind != HELM_RELEASE and not skipped


def _why(found: Installed) -> str:
    if not found.whole:
        return "it reconciles objects of this group"
    if found.provider.webhook:
        return "it brings this kind, and the webhook that admits it"
    return "it brings this kind"


def _defined(scene: Scene) -> set[str]:
    """The kinds whose definitions are in sight."""
    return {crd_kind(crd) for crd in scene.of_kind(CRD)}


def _healed(scene: Scene, catalogue: _Found) -> Iterator[Edge]:
    """What waits, unhealthy, until a controller takes it up."""
    for wanted, found in catalogue.heals.items():
        choice = _choice(found)
        for resource in scene.of_kind(wanted.partition(":")[0]):
            if wanted == _BALANCER and get(resource.body, "spec", "type") != "LoadBalancer":
                continue
            near = _nearest(resource, choice)
            fitting = [item for item in near if _fits(scene, resource, item)]
            if len({item.provider.id for item in fitting}) == 1:
                for item in fitting:
                    yield edge(
                        resource, item.resource.key, "eventually", "derived", item.provider.id,
                        "it stays unhealthy until this one has taken it up",
                        evidence(resource, "kind"),
                    )  # fmt: skip


def _solved(scene: Scene, catalogue: _Found) -> Iterator[Edge]:
    """A Certificate whose issuer proves by HTTP-01 waits for what serves the solver's Ingress."""
    choice = _choice(catalogue.heals.get(_INGRESS, []))
    for certificate in scene.of_kind(_CERTIFICATE):
        reference = get(certificate.body, "spec", "issuerRef")
        kind = f"{get(reference, 'kind') or 'Issuer'}.cert-manager.io"
        namespace = scene.namespace(certificate, None, kind)
        issuer = scene.find(Ref(kind, namespace, str(get(reference, "name"))), certificate)
        for solver, at in walk(issuer.body, _SOLVERS) if issuer is not None else ():
            name = get(solver, "ingressClassName") or get(solver, "class")
            fitting = [
                item
                for item in _nearest(certificate, choice)
                if not name or str(name) in _given(scene, item, _CLASSES[_INGRESS][1])
            ]
            if issuer is not None and len({item.provider.id for item in fitting}) == 1:
                for item in fitting:
                    yield edge(
                        certificate, item.resource.key, "eventually", "derived",
                        item.provider.id, "its issuer is answered over HTTP through it",
                        evidence(issuer, *at),
                    )  # fmt: skip


def _given(scene: Scene, found: Installed, kind: str) -> frozenset[str]:
    """The names of the objects of a kind that a provider gives."""
    texts = [text for text in found.provider.gives if text.startswith(f"{kind}/")]
    if not any("$(" in text for text in texts):
        return frozenset(text.rpartition("/")[2] for text in texts)
    refs = (_ref(scene, found, placeholders(found, text)) for text in texts)
    return frozenset(ref.name for ref in refs)


def _fits(scene: Scene, resource: Resource, found: Installed) -> bool:
    """Whether an object is of a class that this provider has."""
    if resource.kind not in _CLASSES:
        return True
    path, kind = _CLASSES[resource.kind]
    name = get(resource.body, *path) or get(resource.body, *_OLD_CLASS)
    return str(name) in _given(scene, found, kind) if name else resource.kind == _INGRESS


def _ref(scene: Scene, found: Installed, text: str) -> Ref:
    kind, _, name = text.rpartition("/")
    return Ref(kind, "" if scene.catalogue.cluster_scoped(kind) else found.namespace, name)


def _place(resource: Resource) -> Evidence:
    return Evidence(resource.file, resource.line, "")
