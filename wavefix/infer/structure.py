"""Edges that follow from what objects are: namespaces, definitions, aggregated APIs, subcharts.

One function per source of edges, all called with the same arguments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

from wavefix.argocd import HELM_RELEASE
from wavefix.catalogue import database_charts
from wavefix.infer.scene import Evidence, Ref, Scene, crd_kind, edge, evidence
from wavefix.model import Application, Edge, External, Resource
from wavefix.yamlio import get

CRD = "CustomResourceDefinition.apiextensions.k8s.io"
API_SERVICE = "APIService.apiregistration.k8s.io"
# Argo CD itself applies these: it is there, and so is its namespace, whatever brings it.
_ARGO_CD = "argocd.argoproj.io/"
ARGO_KINDS = ("Application.argoproj.io", "ApplicationSet.argoproj.io", "AppProject.argoproj.io")


def namespaces(scene: Scene) -> Iterator[Edge | External]:
    """Everything in a namespace comes after the Namespace."""
    if not scene.of_kind("Namespace"):
        return
    for resource in scene.resources:
        if not resource.namespace:
            continue
        target = scene.find(Ref("Namespace", "", resource.namespace), resource)
        if target is None:
            continue
        why = "nothing can be created in a namespace that does not exist"
        if target.application != resource.application:
            if resource.kind in ARGO_KINDS:
                continue
            app = scene.applications.get(resource.application)
            if app is not None and app.creates_namespace and app.namespace == target.name:
                if not _adds(target, app):
                    continue
                why = "its labels and annotations count only for what comes after it"
        yield edge(
            resource, target.key, "before", "schema", "core/namespace", why,
            evidence(resource, "metadata", "namespace"),
        )  # fmt: skip


def _adds(namespace: Resource, app: Application) -> bool:
    """Whether a Namespace brings what the Application that creates it by itself does not set.

    Argo CD creates it before all else, with `managedNamespaceMetadata` and nothing besides.
    """
    for field in ("labels", "annotations"):
        written, managed = get(namespace.body, "metadata", field), app.namespace_metadata.get(field)
        managed = managed if isinstance(managed, dict) else {}
        for name, value in written.items() if isinstance(written, dict) else ():
            if not str(name).startswith(_ARGO_CD) and managed.get(name) != value:
                return True
    return False


def definitions(scene: Scene) -> Iterator[Edge | External]:
    """A custom resource is refused until its CustomResourceDefinition is there."""
    for crd in scene.of_kind(CRD):
        kind = crd_kind(crd)
        for resource in scene.dependents(crd, kind):
            yield edge(
                resource, crd.key, "present", "schema", "core/crd",
                "its kind is unknown to the API server until then", evidence(resource, "kind"),
            )  # fmt: skip
    for kind, definers in scene.catalogue.definers.items():
        for maker, definer in product(scene.of_kind(kind), definers):
            for defined in definer.kinds(maker.body):
                for resource in scene.dependents(maker, defined):
                    yield edge(
                        resource, maker.key, definer.needs, "derived", definer.id, definer.why,
                        evidence(resource, "kind"),
                    )  # fmt: skip


def aggregated(scene: Scene) -> Iterator[Edge | External]:
    """An APIService is available, so healthy, only once the pods behind its Service answer."""
    for resource in scene.of_kind(API_SERVICE):
        named = get(resource.body, "spec", "service")
        namespace = scene.namespace(resource, get(named, "namespace"), "Service")
        service = scene.find(Ref("Service", namespace, str(get(named, "name"))), resource)
        for workload in scene.behind(service) if service is not None else ():
            yield edge(
                resource, workload.key, "eventually", "derived", "core/api-service-pods",
                "it is available once they answer", evidence(resource, "spec", "service", "name"),
            )  # fmt: skip


def subcharts(scene: Scene) -> Iterator[Edge | External]:
    """A release needs the charts that it brings along."""
    releases = {(item.application, item.id): item for item in scene.of_kind(HELM_RELEASE)}
    for part in releases.values():
        release = releases.get((part.application, part.parent))
        if part.subchart and release is not None:
            yield edge(
                release, part.key, "ready", "derived", "helm/subchart",
                "a chart works only when the charts that it brings along do",
                Evidence(part.file, part.line, part.id.rpartition(":")[2]),
            )  # fmt: skip
    yield from _rendered_subcharts(scene)


def _rendered_subcharts(scene: Scene) -> Iterator[Edge]:
    """What runs of a rendered release needs what runs of the databases that it brings along."""
    running: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for item in scene.resources:
        if item.release and item.phase == "Sync" and scene.catalogue.runs(item.kind):
            running[item.application, item.release].append(item)
    for (application, release), parts in running.items():
        chart, _, name = release.rpartition(":")
        if not chart or name not in database_charts():
            continue
        for user, part in product(running.get((application, chart), ()), parts):
            yield edge(
                user, part.key, "ready", "derived", "helm/subchart",
                "a chart works only when the charts that it brings along do",
                Evidence(part.file, part.line, name),
            )  # fmt: skip
