"""Edges that people declare: `depends_on` of the configuration, and the depends-on annotation."""

from __future__ import annotations

from collections.abc import Iterator

from wavefix.infer.scene import Ref, Scene, evidence
from wavefix.model import Edge, External, Finding, Resource
from wavefix.yamlio import get

# cli-utils, pkg/object/dependson: `group/namespaces/ns/Kind/name` or `group/Kind/name`, by commas.
DEPENDS_ON = "config.kubernetes.io/depends-on"


def annotated(scene: Scene) -> Iterator[Edge | External]:
    """What the depends-on annotation of each object names."""
    for resource in scene.resources:
        text = get(resource.body, "metadata", "annotations", DEPENDS_ON)
        for entry in text.split(",") if isinstance(text, str) else ():
            ref = _reference(entry.strip())
            if ref is not None:
                yield from scene.links(
                    resource, ref, "ready", "explicit", "depends-on",
                    "an annotation says so",
                    evidence(resource, "metadata", "annotations", DEPENDS_ON),
                )  # fmt: skip


def _reference(text: str) -> Ref | None:
    match text.split("/"):
        case [group, "namespaces", namespace, kind, name] if kind and name:
            return Ref(f"{kind}.{group}" if group else kind, namespace, name)
        case [group, kind, name] if kind and name:
            return Ref(f"{kind}.{group}" if group else kind, "", name)
    return None


def configured(scene: Scene, findings: list[Finding]) -> Iterator[Edge]:
    """`depends_on` of the configuration, between every pair of resources with those ids.

    What names only one end that is here is a finding; what names none is for another component.
    """
    if not scene.config.depends_on:
        return
    by_id: dict[str, list[Resource]] = {}
    for resource in scene.resources:
        by_id.setdefault(resource.id, []).append(resource)
    for entry in scene.config.depends_on:
        sources, targets = by_id.get(entry.source, []), by_id.get(entry.to, [])
        for source in sources:
            near = [item for item in targets if item.application == source.application]
            for target in near or targets:
                yield Edge(
                    source.key, target.key, entry.needs, "explicit", "depends_on",
                    source.file, source.line, "depends_on", "the configuration says so",
                )  # fmt: skip
        if bool(sources) != bool(targets):
            missing, other = (entry.to, sources) if sources else (entry.source, targets)
            findings.append(_missing(missing, other[0]))


def _missing(id: str, other: Resource) -> Finding:
    return Finding(
        "WF013",
        "warning",
        f"depends_on names {id}, which is not in this component; correct the id, or remove the "
        "entry",
        other.file,
        other.line,
        other.id,
    )
