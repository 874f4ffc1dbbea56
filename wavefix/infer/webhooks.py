"""Webhooks in sight: what they admit needs the workloads that answer for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wavefix.fields import texts
from wavefix.infer.plurals import Plurals
from wavefix.infer.reach import Reach
from wavefix.infer.scene import Ref, Scene, crd_kind, edge, evidence, items, labels
from wavefix.infer.selectors import selects, selects_all
from wavefix.infer.structure import CRD
from wavefix.model import Edge, Resource
from wavefix.yamlio import get

_VALIDATING = "ValidatingWebhookConfiguration.admissionregistration.k8s.io"
_MUTATING = "MutatingWebhookConfiguration.admissionregistration.k8s.io"
_NAME = "kubernetes.io/metadata.name"  # the label that every Namespace has
_CONVERSION = ("spec", "conversion", "webhook", "clientConfig", "service")
_BACKEND = "core/webhook-backend"


def webhooks(scene: Scene, edges: Sequence[Edge]) -> Iterator[Edge]:
    """From what a webhook admits, and from its configuration, to its backend.

    What the backend itself needs is left out, and so are webhooks that admit each other's
    backends: no order could satisfy both.
    """
    reach = Reach(edges, scene.look)
    found = [*_called(scene, reach), *_converting(scene, reach)]
    if len({link.dependency for link in found}) > 1:
        reach = Reach([*edges, *found], scene.look)
    for link in found:
        if link.rule == _BACKEND or link.dependent not in reach.of(link.dependency):
            yield link


def _called(scene: Scene, reach: Reach) -> Iterator[Edge]:
    """What the webhook configurations have their backends called for."""
    configurations = [*scene.of_kind(_VALIDATING), *scene.of_kind(_MUTATING)]
    if not configurations:
        return
    plurals = scene.once(Plurals)
    for configuration in configurations:
        for index, webhook in enumerate(items(configuration.body, "webhooks")):
            service = get(webhook, "clientConfig", "service")
            where = evidence(configuration, "webhooks", index, "clientConfig", "service", "name")
            for backend in _behind(scene, configuration, service):
                yield edge(
                    configuration, backend.key, "present", "derived", _BACKEND,
                    "from then on the API server calls it", where,
                )  # fmt: skip
                needed = reach.of(backend.key) | {backend.key, configuration.key}
                admitted = _admitted(scene, plurals, configuration, webhook)
                for resource in {item.key: item for item in admitted}.values():
                    if resource.key not in needed:
                        yield edge(
                            resource, backend.key, "ready", "derived", "core/webhook-admits",
                            f"{configuration.id} has it called for these", where,
                        )  # fmt: skip


def _behind(scene: Scene, resource: Resource, named: Any) -> list[Resource]:
    namespace = scene.namespace(resource, get(named, "namespace"), "Service")
    service = scene.find(Ref("Service", namespace, str(get(named, "name"))), resource)
    return scene.behind(service) if service is not None else []


def _admitted(
    scene: Scene, plurals: Plurals, configuration: Resource, webhook: Any
) -> Iterator[Resource]:
    """The objects that are refused, or left as they are, while a webhook does not answer.

    What CEL conditions let through nobody sees here; a validating webhook that may fail
    (`failurePolicy: Ignore`) holds nothing up.
    """
    ignored = get(webhook, "failurePolicy") == "Ignore"
    if get(webhook, "matchConditions") or (ignored and configuration.kind == _VALIDATING):
        return
    inside, own = get(webhook, "namespaceSelector"), get(webhook, "objectSelector")
    for rule in items(webhook, "rules"):
        if not {"CREATE", "*"}.intersection(texts(rule, [("operations",)])):
            continue
        groups, names = texts(rule, [("apiGroups",)]), texts(rule, [("resources",)])
        pods = not {"", "*"}.isdisjoint(groups) and not {"pods", "*", "*/*"}.isdisjoint(names)
        for kind in plurals.kinds(groups, names):
            for resource in scene.labelled(kind, own):
                if _in_namespace(scene, resource, inside):
                    yield resource
        for workload in scene.workloads() if pods else ():
            labels = scene.pod_labels(workload)
            known = not workload.opaque or selects_all(own)
            if known and selects(own, labels) and _in_namespace(scene, workload, inside):
                yield workload


def _in_namespace(scene: Scene, resource: Resource, selector: Any) -> bool:
    """Whether a namespace selector selects an object's namespace, as far as that is to be seen."""
    if selects_all(selector) or not resource.namespace:
        return True
    found = scene.find(Ref("Namespace", "", resource.namespace), resource)
    own = labels(found) if found is not None else {}
    return selects(selector, {_NAME: resource.namespace, **own})


def _converting(scene: Scene, reach: Reach) -> Iterator[Edge]:
    """What a CustomResourceDefinition has a webhook convert."""
    for crd in scene.of_kind(CRD):
        where = evidence(crd, *_CONVERSION, "name")
        kind = crd_kind(crd)
        for backend in _behind(scene, crd, get(crd.body, *_CONVERSION)):
            needed = reach.of(backend.key) | {backend.key}
            for resource in scene.of_kind(kind):
                if resource.key not in needed and _converted(crd, resource):
                    yield edge(
                        resource, backend.key, "ready", "derived", "core/webhook-converts",
                        "it converts them to the version that is stored", where,
                    )  # fmt: skip


def _converted(crd: Resource, resource: Resource) -> bool:
    """Whether an object is of another version than the one that is stored."""
    version = str(get(resource.body, "apiVersion")).rpartition("/")[2]
    return any(
        get(entry, "name") == version and get(entry, "storage") is False
        for entry in items(crd.body, "spec", "versions")
    )
