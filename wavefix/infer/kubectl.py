"""What the kubectl commands of a script write, wait for and read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from wavefix.infer.arguments import arguments

_KINDS = {
    "cm": "ConfigMap",
    "configmap": "ConfigMap",
    "configmaps": "ConfigMap",
    "secret": "Secret",
    "secrets": "Secret",
}
_VALUED = re.compile(  # options whose value is a word of its own
    r"-[nfolkps]|--(?:namespace|filename|output|selector|kustomize|patch(?:-file)?|type|context"
    r"|kubeconfig|cluster|user|as|token|server|field-manager|from-(?:file|literal|env-file)|cert|key)"
)
_COMMAND = re.compile(r"(?:\A|[\s/])(?:kubectl|oc)\s+(.*)", re.DOTALL)
_ENDS = re.compile(r"[\n;|&()`]+")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\Z")
_HEREDOC = re.compile(
    r"^[ \t]*kind:[ \t]*[\"']?(ConfigMap|Secret)\b.{0,500}?^[ \t]*metadata:(.{0,2000}?)(?:^\S|\Z)",
    re.DOTALL | re.MULTILINE,
)
_FIELD = r"(?:^|[\s{{,]){}:\s*[\"']?([^\s\"',}}]+)"


class Written(NamedTuple):
    """An object that a command writes; a namespace of "" is the pod's own."""

    kind: str
    namespace: str
    name: str


class Awaited(NamedTuple):
    """Objects that a command waits for, or only reads; with a name, or labels by `selector`.

    `kind` is as kubectl takes it: `deploy`, `jobs`, `certificates.cert-manager.io`.
    """

    kind: str
    namespace: str
    name: str
    selector: str
    waits: bool


def writes(text: str) -> Iterator[Written]:
    """What the kubectl commands of a script write, each once."""
    yield from dict.fromkeys(_writes(text))


def awaits(text: str) -> Iterator[Awaited]:
    """What the kubectl commands of a script wait for or read, each once."""
    parts = (_COMMAND.search(part) for part in _ENDS.split(text))
    yield from dict.fromkeys(item for found in parts if found for item in _await(found[1]))


def _writes(text: str) -> Iterator[Written]:
    for part in _ENDS.split(text):
        found = _COMMAND.search(part)
        if found and (written := _write(found[1])) and _NAME.match(written.name):
            yield written
    if re.search(r"\b(?:apply|create|replace)\b", text):
        for kind, metadata in _HEREDOC.findall(text):
            name = re.search(_FIELD.format("name"), metadata, re.MULTILINE)
            namespace = re.search(_FIELD.format("namespace"), metadata, re.MULTILINE)
            if name and _NAME.match(name[1]):
                yield Written(kind, _namespace(namespace[1] if namespace else ""), name[1])


def _takes_value(option: str) -> bool:
    return _VALUED.fullmatch(option) is not None


def _await(text: str) -> Iterator[Awaited]:
    """What `wait`, `rollout status` or `get` with these arguments needs."""
    found = arguments(text, _takes_value)
    match found.words:
        case ["wait", *objects] if not found.options.get("--for", "").startswith("delete"):
            waits = True
        case ["rollout", "status", *objects]:
            waits = True
        case ["get", *objects]:
            waits = False
        case _:
            return
    selector = found.options.get("-l") or found.options.get("--selector") or ""
    if selector and objects:
        yield Awaited(objects[0].rstrip("/"), _namespace(found.namespace), "", selector, waits)
        return
    kind = ""
    for word in objects:
        before, slash, name = word.partition("/")
        if slash:
            kind, word = before, name
        elif not kind:
            kind = word
            continue
        if _NAME.match(word):
            yield Awaited(kind, _namespace(found.namespace), word, "", waits)


def _write(text: str) -> Written | None:
    """What `create` or `patch` with these arguments writes."""
    found = arguments(text, _takes_value)
    namespace = _namespace(found.namespace)
    verb, *rest = found.words or [""]
    if verb == "create" and rest and rest[0] in _KINDS:
        kind = _KINDS[rest[0]]
        rest = rest[2:] if kind == "Secret" else rest[1:]  # `secret generic NAME`
        return Written(kind, namespace, rest[0]) if rest else None
    if verb == "patch" and rest:
        short, _, name = rest[0].partition("/")
        name = name or (rest[1] if len(rest) > 1 else "")
        return Written(_KINDS[short], namespace, name) if short in _KINDS else None
    return None


def _namespace(text: str) -> str:
    """A namespace as named; one that only the running pod knows is taken to be its own."""
    return text if _NAME.match(text) else ""
