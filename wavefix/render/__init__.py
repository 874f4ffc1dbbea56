"""Render: the sources of a component -> its Resources with their Sites, read from source."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from wavefix.catalogue import Catalogue
from wavefix.discover import Found, Tree
from wavefix.errors import InputError
from wavefix.model import Application, Finding, Key, Resource, Source
from wavefix.render import kustomize
from wavefix.render.helm import layers_of_source, release_item
from wavefix.render.items import Item, read
from wavefix.render.objects import Context, resources
from wavefix.yamlio import get

__all__ = ["render"]

_CRD = "CustomResourceDefinition.apiextensions.k8s.io"


def render(found: Found, catalogue: Catalogue) -> tuple[tuple[Resource, ...], list[Finding]]:
    """Every resource of a component, sorted by key, and what was noticed on the way.

    What cannot be read is collected in the tree's `errors`.
    """
    findings = list(found.findings)
    items = [
        (app, item)
        for app in found.component.applications
        for source in app.sources
        for item in _items(found.tree, app, source, findings)
    ]
    scopes = {kind: scope for _, item in items if (crd := _crd(item)) for kind, scope in [crd]}
    context = Context(found.tree, found.config, catalogue, findings, scopes)
    out: dict[Key, Resource] = {}
    for app, item in items:
        for resource in resources(context, app, item):
            other = out.setdefault(resource.key, resource)
            if other is not resource:
                found.tree.fail(_twice(other, resource))
    return tuple(out[key] for key in sorted(out)), findings


def _twice(first: Resource, second: Resource) -> InputError:
    where = f"{os.path.basename(first.file)}:{first.line}"
    return InputError(
        f"{second.id} is defined twice in Application {second.application}: also in {where}",
        "remove one, or give each overlay as a path of its own",
        second.file,
        second.line,
    )


def _items(tree: Tree, app: Application, source: Source, findings: list[Finding]) -> list[Item]:
    """The objects of one source, as Argo CD's repo server would find them."""
    if source.kind == "missing":
        message = f"`{source.path}` is not in this repository: what it brings is not planned"
        findings.append(Finding("WF011", "note", message, app.file, app.line))
        return []
    if source.kind == "files":
        return [item for file in source.files for item in read(tree, file)]
    if source.kind == "directory":
        return [item for file in _manifests(tree, source) for item in read(tree, file)]
    if source.kind == "kustomize":
        items = kustomize.build(tree, source.path, findings)
        block = get(source.spec, "kustomize")
        if isinstance(block, dict):
            at = (*source.at, "kustomize")
            spot = kustomize.Spot(app.file, app.document, at, "application")
            items = kustomize.transform(tree, block, items, spot, source.path)
        return items
    layers, subcharts = layers_of_source(tree, source, app.file, app.document)
    file = app.file or os.path.join(source.path, "Chart.yaml")
    return [release_item(source.release, "", file, app.line or 1, layers, subcharts)]


def _manifests(tree: Tree, source: Source) -> list[str]:
    if source.recurse:
        return list(tree.walk(source.path))
    return [os.path.join(source.path, name) for name in tree.entries(source.path)[1]]


def _crd(item: Item) -> tuple[str, str] | None:
    """The kind that a CustomResourceDefinition brings, and its scope."""
    if item.kind != _CRD:
        return None
    spec: Mapping[str, Any] = get(item.body, "spec") or {}
    kind, group, scope = get(spec, "names", "kind"), get(spec, "group"), get(spec, "scope")
    return (f"{kind}.{group}", str(scope or "Namespaced"))
