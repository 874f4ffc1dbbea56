"""Where workloads name hosts: variables, what these are read from, commands, Helm values."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from wavefix.catalogue import EACH
from wavefix.fields import walk
from wavefix.infer.hostnames import Host, in_command, in_value
from wavefix.infer.scene import Evidence, Ref, Scene, evidence, items, show
from wavefix.infer.values import telling_values
from wavefix.model import Path, Resource
from wavefix.yamlio import get

# What is sent there waits until somebody listens: telemetry, and the sources of dashboards.
_PATIENT = re.compile(
    r"otel(?:_|\Z)|telemetry|tracing|exporters?\Z|outputs?\Z|data_?sources?\Z|remote_?write",
)
_CONTAINERS = ("initContainers", "containers")
_TEMPLATE = ("spec", "target", "template", "data")  # of an ExternalSecret


class Mention(NamedTuple):
    """A host as it is named. `shared`: the ConfigMap that names it; `patient`: nobody waits."""

    host: Host
    where: Evidence
    shared: str = ""
    patient: bool = False


def mentions(scene: Scene, workload: Resource) -> Iterator[Mention]:
    """The hosts that a workload names, and where."""
    if workload.opaque:
        yield from _in_values(workload)
        return
    spec, base = scene.pod_spec(workload), scene.pod_path(workload)
    for kind in _CONTAINERS:
        for index, container in enumerate(items(spec, kind)):
            yield from _in_variables(scene, workload, container, (*base, kind, index))
            yield from _in_commands(workload, container, (*base, kind, index))


def config_maps(workload: Resource, scene: Scene) -> frozenset[str]:
    """The ConfigMaps that become variables of a workload."""
    spec = scene.pod_spec(workload)
    paths = (("envFrom", EACH, "configMapRef", "name"),)
    one = ("env", EACH, "valueFrom", "configMapKeyRef", "name")
    return frozenset(
        str(name)
        for kind in _CONTAINERS
        for container in items(spec, kind)
        for path in (*paths, one)
        for name, _ in walk(container, path)
    )


def _in_values(release: Resource) -> Iterator[Mention]:
    """The hosts in the values of an unrendered release."""
    names = {value.path: value.value for value in release.values if value.path[-1] == "name"}
    for value in telling_values(release):
        if "ingress" in value.path:
            continue
        key = names.get((*value.path[:-1], "name")) if value.path[-1] == "value" else None
        steps = [step for step in value.path if isinstance(step, str)]
        key = key or (steps[-1] if steps else "")
        patient = any(_PATIENT.search(_words(step)) for step in (*steps, str(key)))
        for host in in_text(str(key), value.value):
            where = Evidence(value.file, value.line, show(value.path))
            yield Mention(host, where, patient=patient)


def _in_variables(
    scene: Scene, workload: Resource, container: Any, base: Path
) -> Iterator[Mention]:
    for index, variable in enumerate(items(container, "env")):
        key, value = str(get(variable, "name")), get(variable, "value")
        patient = bool(_PATIENT.search(_words(key)))
        if isinstance(value, str):
            for host in in_text(key, value):
                yield Mention(host, evidence(workload, *base, "env", index, "value"), "", patient)
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            reference = get(variable, "valueFrom", field)
            if reference is not None:
                yield from _in_object(scene, workload, kind, reference, key, get(reference, "key"))
    for source in items(container, "envFrom"):
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            reference = get(source, field)
            if reference is not None:
                yield from _in_object(scene, workload, kind, reference, None, None)


def _in_object(
    scene: Scene, workload: Resource, kind: str, reference: Any, variable: str | None, only: Any
) -> Iterator[Mention]:
    """The hosts in an object of which one key becomes a variable, or (None) each does."""
    ref = Ref(kind, workload.namespace, str(get(reference, "name")))
    shared = ref.name if kind == "ConfigMap" else ""
    for holder, path in _holders(scene, workload, ref):
        data: Mapping[str, Any] = get(holder.body, *path)
        for key, value in data.items() if isinstance(data, dict) else ():
            if isinstance(value, str) and only in (None, key):
                patient = bool(_PATIENT.search(_words(variable or key)))
                for host in in_text(variable or key, value):
                    yield Mention(host, evidence(holder, *path, key), shared, patient)


def _holders(scene: Scene, workload: Resource, ref: Ref) -> Iterator[tuple[Resource, Path]]:
    """What says in clear what an object holds: itself, or the template that it is made from."""
    found = scene.find(ref, workload)
    if found is not None:
        yield found, ("data" if ref.kind == "ConfigMap" else "stringData",)
    elif ref.kind == "Secret":
        for made in scene.makers(ref, workload):
            yield made.maker, _TEMPLATE


def _in_commands(workload: Resource, container: Any, base: Path) -> Iterator[Mention]:
    """The hosts that a command line names: its words read as one text, each found in its word."""
    words = [
        ((kind, index), word)
        for kind in ("command", "args")
        for index, word in enumerate(items(container, kind))
        if isinstance(word, str)
    ]
    starts, text = [], ""
    for _, word in words:
        starts.append(len(text))
        text += word + " "
    for at, host in in_command(text):
        step = words[bisect_right(starts, at) - 1][0]
        yield Mention(host, evidence(workload, *base, *step))


@lru_cache(maxsize=4096)
def in_text(key: str, text: str) -> tuple[Host, ...]:
    """The hosts that a text names under a key."""
    return tuple(in_value(key, text))


@lru_cache(maxsize=4096)
def _words(key: str) -> str:
    """A key in lower case, its words apart."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
