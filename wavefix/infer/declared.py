"""Edges that people declare: `depends_on` of the configuration, and depends-on annotations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from wavefix.infer.scene import Ref, Scene, edge, evidence
from wavefix.model import NEEDS, Edge, External, Finding, Needs, Resource

# cli-utils, pkg/object/dependson: `group/namespaces/ns/Kind/name` or `group/Kind/name`, by commas.
DEPENDS_ON = "config.kubernetes.io/depends-on"
OWN_DEPENDS_ON = "wavefix.dev/depends-on"  # resource ids by commas or lines, `ID` or `ID=needs`

_NEEDS: Mapping[str, Needs] = {needs: needs for needs in NEEDS}


def annotated(scene: Scene) -> Iterator[Edge | External]:
    """What the depends-on annotation of each object names."""
    for resource, notes in scene.noted():
        text = notes.get(DEPENDS_ON)
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


def noted(scene: Scene, findings: list[Finding]) -> Iterator[Edge]:
    """What `wavefix.dev/depends-on` of each object names; a name of nothing here is a finding."""
    for resource, notes in scene.noted():
        text = notes.get(OWN_DEPENDS_ON)
        for entry in re.split(r"[,\n]", text) if isinstance(text, str) else ():
            id, _, needs = entry.strip().partition("=")
            if not id:
                continue
            where = evidence(resource, "metadata", "annotations", OWN_DEPENDS_ON)
            targets = scene.by_id(id)
            near = [item for item in targets if item.application == resource.application]
            for target in near or targets:
                yield edge(
                    resource, target.key, _NEEDS.get(needs, "ready"), "explicit",
                    "wavefix/depends-on", "an annotation says so", where,
                )  # fmt: skip
            if not targets or needs not in {"", *_NEEDS}:
                problem = (
                    f"names {id}, which is not in this component; correct the id, or remove it"
                    if not targets
                    else f"says `{needs}`; write one of {', '.join(_NEEDS)}"
                )
                message = f"{OWN_DEPENDS_ON} {problem}"
                findings.append(
                    Finding("WF013", "warning", message, where.file, where.line, resource.id)
                )


def configured(scene: Scene, findings: list[Finding]) -> Iterator[Edge]:
    """`depends_on` of the configuration, between every pair of resources with those ids.

    What names only one end that is here is a finding; what names none is for another component.
    """
    if not scene.config.depends_on:
        return
    for entry in scene.config.depends_on:
        sources, targets = scene.by_id(entry.source), scene.by_id(entry.to)
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
