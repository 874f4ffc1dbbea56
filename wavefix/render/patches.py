"""Kustomize patches, as far as they decide whether and when an object is applied.

api/internal/builtins/PatchTransformer.go, PatchStrategicMergeTransformer.go and
PatchJson6902Transformer.go; targets: api/types/selector.go.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wavefix.catalogue import kind_of
from wavefix.discover.patterns import compiled
from wavefix.discover.tree import Tree
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE
from wavefix.render.items import Item
from wavefix.yamlio import get, line_of, load

INSTANCE = "app.kubernetes.io/instance"
_ANNOTATIONS = "/metadata/annotations"


@dataclass(frozen=True, slots=True)
class Target:
    """Which objects a patch is for. Each part is a regular expression, "" for any."""

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    labels: str = ""  # as kubectl writes selectors
    annotations: str = ""

    def hits(self, item: Item) -> bool:
        """Whether the patch is for an object, by the name it has or had."""
        if item.release:
            return self._hits_release(item)
        kind, _, group = item.kind.partition(".")
        version = str(item.body.get("apiVersion", "")).rpartition("/")[2]
        return (
            _matches(self.kind, kind)
            and _matches(self.group, group)
            and _matches(self.version, version)
            and _matches(self.name, item.name, item.source_name)
            and _matches(self.namespace, item.namespace, item.source_namespace)
            and selects(self.labels, {**_own(item, "labels"), **item.labels})
            and selects(self.annotations, item.annotations)
        )

    def _hits_release(self, item: Item) -> bool:
        """Whether it is for what a release brings: by the label that charts put on everything."""
        wanted = re.search(rf"(?:^|,)\s*{re.escape(INSTANCE)}\s*==?\s*([^,\s]+)", self.labels)
        runs = any(_matches(self.kind, kind) for kind in ("Deployment", "StatefulSet", "DaemonSet"))
        return runs and wanted is not None and wanted[1] == item.name


def _own(item: Item, field: str) -> Mapping[str, Any]:
    own = get(item.body, "metadata", field)
    return own if isinstance(own, dict) else {}


def _matches(pattern: str, *texts: str) -> bool:
    return not pattern or any(compiled(pattern).fullmatch(text) for text in texts)


_TERM = re.compile(
    r"\s*(?P<key>!?\s*[\w./-]+)\s*(?:(?P<sign>==?|!=)\s*(?P<value>[\w.-]*)"
    r"|\s(?P<word>in|notin)\s*\((?P<values>[^)]*)\))?\s*(?:,|\Z)"
)


def selects(selector: str, labels: Mapping[str, Any]) -> bool:
    """Whether a selector as kubectl writes it (`a=b,c!=d,e in (f,g),!h`) holds for labels."""
    at = 0
    while at < len(selector.rstrip()):
        term = _TERM.match(selector, at)
        if term is None:
            return False
        at = term.end()
        key = term["key"]
        if key.startswith("!"):
            holds = key[1:].strip() not in labels
        elif term["sign"] or term["word"]:
            values = [value.strip() for value in (term["value"] or term["values"] or "").split(",")]
            holds = (labels.get(key) in values) == (
                term["sign"] != "!=" and term["word"] != "notin"
            )
        else:
            holds = key in labels
        if not holds:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch: a document to merge, or the steps of a JSON patch."""

    target: Target
    merged: Mapping[str, Any] | None
    steps: tuple[Any, ...]
    file: str

    def apply(self, item: Item) -> Item | None:
        """The object with the patch in it; None where the patch deletes it."""
        if get(self.merged, "$patch") == "delete":
            return item if item.release else None
        before = item.annotations
        after = self._merge(before) if self.merged is not None else self._step(before)
        if after == before and not self._speaks_of_wave():
            return item
        if after.get(SYNC_WAVE) == before.get(SYNC_WAVE) and not self._speaks_of_wave():
            return item.annotated(after)
        verb = "sets" if SYNC_WAVE in after else "removes"
        why = f"a kustomize patch in {os.path.basename(self.file)} {verb} its wave"
        return item.annotated(after, None, why)

    def _speaks_of_wave(self) -> bool:
        if self.merged is not None:
            annotations = get(self.merged, "metadata", "annotations")
            return isinstance(annotations, dict) and SYNC_WAVE in annotations
        return any(
            _pointer(step) == (SYNC_WAVE,) and get(step, "op") != "test" for step in self.steps
        )

    def _merge(self, before: Mapping[str, Any]) -> Mapping[str, Any]:
        metadata = get(self.merged, "metadata")
        if not isinstance(metadata, dict) or "annotations" not in metadata:
            return before
        changes = metadata["annotations"]
        if not isinstance(changes, dict):
            return {}
        merged = {**before, **changes}
        return {name: value for name, value in merged.items() if value is not None}

    def _step(self, before: Mapping[str, Any]) -> Mapping[str, Any]:
        after = before
        for step in self.steps:
            pointer, verb, value = _pointer(step), get(step, "op"), get(step, "value")
            if pointer is None or verb not in ("add", "replace", "remove"):
                continue
            if not pointer:
                after = value if isinstance(value, dict) and verb != "remove" else {}
            elif verb == "remove":
                after = {name: old for name, old in after.items() if name != pointer[0]}
            else:
                after = {**after, pointer[0]: value}
        return after


def _pointer(step: Any) -> tuple[str, ...] | None:
    """Where a step of a JSON patch points among the annotations: all of them, one, or elsewhere."""
    path = str(get(step, "path") or "")
    if path == _ANNOTATIONS:
        return ()
    if not path.startswith(_ANNOTATIONS + "/"):
        return None
    return (path[len(_ANNOTATIONS) + 1 :].replace("~1", "/").replace("~0", "~"),)


def patches(
    tree: Tree, body: Mapping[str, Any], fields: Iterable[str], directory: str, file: str
) -> Iterator[Patch]:
    """The patches in some fields of a kustomization, in the order in which they are applied."""
    for field in fields:
        entries = body.get(field)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            line = line_of(body, (field, index), 1)
            if field == "patchesStrategicMerge":
                inline = isinstance(entry, str) and "\n" in entry
                text, path = (entry, None) if inline else (None, entry)
            else:
                text, path = get(entry, "patch"), get(entry, "path")
                line = line_of(body, (field, index, "patch" if text else "path"), line)
            for data, where in _documents(tree, text, path, directory, file, line):
                yield from _patch(get(entry, "target"), data, where)


def _documents(
    tree: Tree, text: Any, path: Any, directory: str, file: str, line: int
) -> Iterator[tuple[Any, str]]:
    """The documents of a patch, written inline or in a file of its own."""
    if isinstance(text, str):
        try:
            yield from ((document.data, file) for document in load(text, file))
        except InputError as error:
            tree.fail(InputError(error.problem, error.advice, file, line + error.line))
    elif path is not None:
        where = named(tree, directory, path, file, line)
        if where is not None:
            yield from ((document.data, where) for document in tree.documents(where))


def _patch(target: Any, data: Any, where: str) -> Iterator[Patch]:
    if isinstance(data, list):
        yield Patch(_target(target), None, tuple(data), where)
    elif isinstance(data, dict):
        if isinstance(target, dict):
            yield Patch(_target(target), data, (), where)
        else:
            kind, _, group = kind_of(data).partition(".")
            metadata = get(data, "metadata")
            parts = group, "", kind, get(metadata, "name"), get(metadata, "namespace")
            own = Target(*(re.escape(str(part or "")) for part in parts))
            yield Patch(own, data, (), where)


def _target(target: Any) -> Target:
    names = "group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"
    return Target(*(str(get(target, name) or "") for name in names))


def named(tree: Tree, directory: str, name: Any, file: str, line: int) -> str | None:
    """The path of something that a kustomization names; an error where it cannot be used."""
    path = os.path.normpath(os.path.join(directory, str(name)))
    if not isinstance(name, str) or not name:
        problem, advice = "an entry that names nothing", "name a file or a directory"
    elif not tree.inside(path):
        problem, advice = f"`{name}` leads out of the repository", "name something inside it"
    elif not os.path.exists(path):
        problem, advice = f"`{name}` does not exist", "correct the path"
    elif not (os.path.isfile(path) or os.path.isdir(path)):
        problem, advice = f"`{name}` is no regular file", "name a file or a directory"
    else:
        return path
    tree.fail(InputError(problem, advice, file, line))
    return None
