"""The commands that a workload runs: words of its containers, and scripts mounted into them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wavefix.infer.scene import Evidence, Ref, Scene, Script, evidence, items
from wavefix.model import Resource
from wavefix.yamlio import get

_TOOLS = ("kubectl", "oc", "helm")
_TOOL = re.compile(r"(?:\A|/)(?:kubectl|oc|helm)\Z")
_CALLS = re.compile(r"(?:\A|[\s/;|&(`])(?:kubectl|oc|helm)\s")
_CONTINUED = re.compile(r"\\[ \t]*\n\s*")
_FILE = re.compile(r"[\w./-]+")
_VARIABLE = re.compile(r"\$(?:\((\w+)\)|\{(\w+)\}|(\w+))")


def scripts(scene: Scene, workload: Resource) -> tuple[Script, ...]:
    """The scripts of a workload that call kubectl, oc or helm."""
    found = scene.scripts.get(workload.key)
    if found is None:
        found = scene.scripts[workload.key] = tuple(_scripts(scene, workload))
    return found


def _scripts(scene: Scene, workload: Resource) -> Iterator[Script]:
    spec, base = scene.pod_spec(workload), scene.pod_path(workload)
    for field in ("initContainers", "containers"):
        for index, container in enumerate(items(spec, field)):
            words = [
                (word, (*base, field, index, name, number))
                for name in ("command", "args")
                for number, word in enumerate(items(container, name))
                if isinstance(word, str)
            ]
            if not words:
                continue
            line = " ".join(word for word, _ in words)
            known = _variables(container)
            if len(words) > 1 and _TOOL.search(words[0][0]):  # each word is an argument
                words = [(line, words[0][1])]
            for text, path in words:
                if _calls(text):
                    yield Script(_fill(text, known), evidence(workload, *path))
            for text, where in _mounted(scene, workload, spec, container, line):
                if _calls(text):
                    yield Script(_fill(text, known), where)


def _calls(text: str) -> bool:
    return any(tool in text for tool in _TOOLS) and _CALLS.search(text) is not None


def _mounted(
    scene: Scene, workload: Resource, spec: Any, container: Any, line: str
) -> Iterator[tuple[str, Evidence]]:
    """The scripts of ConfigMaps that a container mounts, and whose files its command names."""
    volumes = {
        str(get(volume, "name")): get(volume, "configMap", "name")
        for volume in items(spec, "volumes")
    }
    named = frozenset(_FILE.findall(line))
    for mount in items(container, "volumeMounts"):
        name, path = volumes.get(str(get(mount, "name"))), str(get(mount, "mountPath") or "")
        found = scene.find(Ref("ConfigMap", workload.namespace, str(name)), workload)
        data = get(found.body, "data") if found is not None else None
        for key, text in data.items() if isinstance(data, dict) and name else ():
            file = path if get(mount, "subPath") == key else f"{path.rstrip('/')}/{key}"
            if found is not None and isinstance(text, str) and path and file in named:
                yield text, evidence(found, "data", key)


def _variables(container: Any) -> Mapping[str, str]:
    """The variables of a container whose values are written out."""
    return {
        str(get(variable, "name")): value
        for variable in items(container, "env")
        if isinstance(value := get(variable, "value"), str)
    }


def _fill(text: str, known: Mapping[str, str]) -> str:
    return _VARIABLE.sub(
        lambda found: known.get(next(filter(None, found.groups())), found[0]),
        _CONTINUED.sub(" ", text),
    )
