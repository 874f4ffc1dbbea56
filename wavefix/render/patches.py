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
from wavefix.discover.tree import Tree
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Mechanism, Path, Site
from wavefix.patterns import pattern
from wavefix.render.items import Item
from wavefix.render.values import written
from wavefix.yamlio import get, line_of, load

INSTANCE = "app.kubernetes.io/instance"
_ANNOTATIONS = "/metadata/annotations"
_BLOCK = re.compile(r"[|>][-+0-9]*[ \t]*(#.*)?$")  # the header of a text in lines of its own


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


def _matches(expression: str, *texts: str) -> bool:
    return not expression or any(pattern(expression).fullmatch(text) for text in texts)


_TERM = re.compile(
    r"\s*+(?P<key>(?:!\s*+)?[\w./-]++)\s*+(?:(?P<sign>==?|!=)\s*+(?P<value>[\w.-]*+)"
    r"|(?P<word>in|notin)\s*+\((?P<values>[^)]*+)\))?\s*+(?:,|\Z)"
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
class Text:
    """Where the text of a patch is written: a document of a file, or a string in a kustomization.

    `line` is what the lines of the text count from.
    """

    mechanism: Mechanism
    file: str
    document: int
    path: Path = ()  # of the string
    line: int = 0

    def site(self, data: Any, path: Path, key: str, value: Any) -> Site:
        """The Site of a wave in the text, by its path there."""
        line = self.line + line_of(data, (*path, key), 1)
        before = None if value is None else written(value)
        outer, inner = (self.path, path) if self.path else (path, ())
        return Site(self.mechanism, self.file, self.document, outer, line, before, inner, key=key)


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch: a document to merge, or the steps of a JSON patch."""

    target: Target
    data: Mapping[str, Any] | list[Any]
    text: Text

    def apply(self, item: Item) -> Item | None:
        """The object with the patch in it; None where the patch deletes it."""
        if get(self.data, "$patch") == "delete":
            return item if item.release else None
        before = item.annotations
        if isinstance(self.data, list):
            after, site, speaks = self._step(self.data, before)
        else:
            after, site, speaks = self._merge(self.data, before)
        if not speaks and after.get(SYNC_WAVE) == before.get(SYNC_WAVE):
            return item if after == before else item.annotated(after)
        verb = "sets" if SYNC_WAVE in after else "removes"
        why = f"a kustomize patch in {os.path.basename(self.text.file)} {verb} its wave"
        return item.annotated(after, site, "" if site else why)

    def _merge(
        self, data: Mapping[str, Any], before: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], Site | None, bool]:
        """The annotations then, the Site of the wave that the patch decides, and if it does."""
        metadata = get(data, "metadata")
        if not isinstance(metadata, dict) or "annotations" not in metadata:
            return before, None, False
        changes = metadata["annotations"]
        how = get(changes, "$patch")
        if not isinstance(changes, dict) or how == "delete":
            return {}, None, SYNC_WAVE in before
        merged = {**({} if how == "replace" else before), **changes}
        after = {name: value for name, value in merged.items() if value is not None}
        after.pop("$patch", None)
        site = self.text.site(data, _MAP, SYNC_WAVE, changes.get(SYNC_WAVE))
        return after, site, SYNC_WAVE in changes

    def _step(
        self, steps: list[Any], before: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], Site | None, bool]:
        """As `_merge`: of several steps the last one decides."""
        after, site, speaks = before, None, False
        for index, step in enumerate(steps):
            pointer, verb, value = _pointer(step), get(step, "op"), get(step, "value")
            if pointer is None or verb == "test" or (pointer and pointer[0] != SYNC_WAVE):
                after = _other(after, pointer, verb, value)
                continue
            puts = verb in ("add", "replace")
            site = None
            speaks = speaks or bool(pointer) or SYNC_WAVE in {**after, **_map(value)}
            if pointer and puts:
                site = self.text.site(steps, (index,), "value", value)
            elif puts and isinstance(value, dict):
                at: Path = (index, "value")
                site = self.text.site(steps, at, SYNC_WAVE, value.get(SYNC_WAVE))
            after = _other(after, pointer, verb, value)
        return after, site, speaks


_MAP: Path = ("metadata", "annotations")


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _other(
    annotations: Mapping[str, Any], pointer: tuple[str, ...] | None, verb: Any, value: Any
) -> Mapping[str, Any]:
    """Annotations after one step of a JSON patch."""
    if pointer is None or verb not in ("add", "replace", "remove"):
        return annotations
    if not pointer:
        return _map(value) if verb != "remove" else {}
    if verb == "remove":
        return {name: old for name, old in annotations.items() if name != pointer[0]}
    return {**annotations, pointer[0]: value}


def _pointer(step: Any) -> tuple[str, ...] | None:
    """Where a step of a JSON patch points among the annotations: all of them, one, or elsewhere."""
    path = str(get(step, "path") or "")
    if path == _ANNOTATIONS:
        return ()
    if not path.startswith(_ANNOTATIONS + "/"):
        return None
    return (path[len(_ANNOTATIONS) + 1 :].replace("~1", "/").replace("~0", "~"),)


@dataclass(frozen=True, slots=True)
class Setting:
    """A kustomization, or the `kustomize` block of an Application, and where it is written."""

    body: Mapping[str, Any]
    directory: str
    file: str
    document: int
    at: Path = ()
    mechanism: Mechanism = "kustomize-annotations"

    @property
    def patches(self) -> Mechanism:
        """The mechanism of its patches."""
        return "kustomize-patch" if self.mechanism == "kustomize-annotations" else self.mechanism


def patches(tree: Tree, setting: Setting, fields: Iterable[str]) -> Iterator[Patch]:
    """The patches in some fields of a kustomization, in the order in which they are applied."""
    for field in fields:
        entries = setting.body.get(field)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            at: Path = (field, index)
            if field == "patchesStrategicMerge":
                inline = isinstance(entry, str) and "\n" in entry
                text, path = (entry, None) if inline else (None, entry)
            else:
                text, path = get(entry, "patch"), get(entry, "path")
                at = (*at, "patch" if text else "path")
            for data, where in _documents(tree, setting, at, text, path):
                yield from _patch(get(entry, "target"), data, where)


def _documents(
    tree: Tree, setting: Setting, at: Path, text: Any, path: Any
) -> Iterator[tuple[Any, Text]]:
    """The documents of a patch, written inline or in a file of its own."""
    file, line = setting.file, line_of(setting.body, at, 1)
    if isinstance(text, str):
        block = _BLOCK.search(tree.line(file, line))
        first = line if block else line - 1
        where = Text(setting.patches, file, setting.document, (*setting.at, *at), first)
        try:
            yield from ((document.data, where) for document in load(text, file))
        except InputError as error:
            tree.fail(InputError(error.problem, error.advice, file, line + error.line))
    elif path is not None:
        name = named(tree, setting.directory, path, file, line)
        if name is not None:
            for document in tree.documents(name):
                yield document.data, Text("kustomize-patch", name, document.index)


def _patch(target: Any, data: Any, where: Text) -> Iterator[Patch]:
    if isinstance(data, list) or (isinstance(data, dict) and isinstance(target, dict)):
        yield Patch(_target(target), data, where)
    elif isinstance(data, dict):
        kind, _, group = kind_of(data).partition(".")
        metadata = get(data, "metadata")
        parts = group, "", kind, get(metadata, "name"), get(metadata, "namespace")
        yield Patch(Target(*(re.escape(str(part or "")) for part in parts)), data, where)


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
    elif not tree.files.exists(path):
        problem, advice = f"`{name}` does not exist", "correct the path"
    elif not (tree.files.is_file(path) or tree.files.is_directory(path)):
        problem, advice = f"`{name}` is no regular file", "name a file or a directory"
    else:
        return path
    tree.fail(InputError(problem, advice, file, line))
    return None
