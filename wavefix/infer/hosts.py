"""Host names in environment variables and commands that resolve to a Service in sight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wavefix.infer.scene import Evidence, Ref, Scene, edge, show
from wavefix.infer.structure import selects
from wavefix.model import Edge, External, Path, Resource
from wavefix.yamlio import get, line_of

_LABEL = r"[a-z](?:[a-z0-9-]*[a-z0-9])?"
_DOTTED = re.compile(rf"(?<![\w.-])({_LABEL})\.({_LABEL})\.svc(?![\w-])")
_SHORT = re.compile(rf"(?:://|@)(?:[^\s/@]*@)?({_LABEL})(?:\.({_LABEL}))?(?=[:/\s'\",]|\Z)")
_PORT = re.compile(rf"(?<![\w.:/@-])({_LABEL})(?:\.({_LABEL}))?:\d{{2,5}}(?!\w)")
_BARE = re.compile(rf"({_LABEL})(?:\.({_LABEL}))?\Z")
_HOST_KEY = re.compile(r"HOST|ADDR|SERVER|ENDPOINT|UPSTREAM|BROKER", re.IGNORECASE)
_OPTION = re.compile(rf"(?:-h|--host(?:name)?|--server)[=\s]+({_LABEL})(?:\.({_LABEL}))?(?![\w.-])")


def hosts(scene: Scene) -> Iterator[Edge | External]:
    """A workload that names the host of a Service works only when what is behind it is ready."""
    if not scene.of_kind("Service"):
        return
    for workload in scene.workloads():
        seen: set[Ref] = set()
        for text, path, key in _texts(scene, workload):
            for name, namespace in _names(text, key):
                ref = Ref("Service", namespace or workload.namespace, name)
                service = scene.find(ref, workload)
                if service is not None and ref not in seen:
                    seen.add(ref)
                    line = line_of(workload.body, path, workload.line)
                    where = Evidence(workload.file, line, show(path))
                    yield from _links(scene, workload, service, where)


def _links(
    scene: Scene, workload: Resource, service: Resource, where: Evidence
) -> Iterator[Edge | External]:
    yield edge(
        workload, service.key, "eventually", "heuristic", "core/host",
        "it names this host", where,
    )  # fmt: skip
    selector = get(service.body, "spec", "selector")
    if not isinstance(selector, dict) or not selector:
        return
    for other in scene.workloads(service.namespace):
        if other.opaque or other.key == workload.key:
            continue
        if selects({"matchLabels": selector}, scene.pod_labels(other)):
            yield edge(
                workload, other.key, "ready", "heuristic", "core/host",
                f"it stands behind Service {service.name}, whose host is named", where,
            )  # fmt: skip


def _texts(scene: Scene, workload: Resource) -> Iterator[tuple[str, Path, str]]:
    """Texts of a workload that may name hosts: with their path, and the variable's name."""
    spec, base = scene.pod_spec(workload), scene.pod_path(workload)
    for field in ("initContainers", "containers"):
        for index, container in enumerate(_list(spec, field)):
            at = (*base, field, index)
            for number, variable in enumerate(_list(container, "env")):
                value = get(variable, "value")
                if isinstance(value, str):
                    yield value, (*at, "env", number, "value"), str(get(variable, "name"))
            for words in ("command", "args"):
                for number, word in enumerate(_list(container, words)):
                    if isinstance(word, str):
                        yield word, (*at, words, number), ""


def _list(data: Any, field: str) -> list[Any]:
    value = get(data, field)
    return value if isinstance(value, list) else []


def _names(text: str, key: str) -> Iterator[tuple[str, str]]:
    """(service, namespace or "") for each host name; whole words in the place of a host only."""
    for pattern in (_DOTTED, _SHORT, _PORT):
        for found in pattern.finditer(text):
            yield found[1], found[2] or ""
    if key and _HOST_KEY.search(key) and (found_bare := _BARE.match(text.strip())):
        yield found_bare[1], found_bare[2] or ""
    if not key:
        for found in _OPTION.finditer(text):
            yield found[1], found[2] or ""
