"""Built objects in the places of what was read from source."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from wavefix.model import SYNC_WAVE, Joint
from wavefix.render.items import Item
from wavefix.tools import Rendered
from wavefix.yamlio import Map, get

_ORIGIN = "config.kubernetes.io/origin"
_HASH = re.compile(r"-[a-z0-9]{10}\Z")  # kustomize api/hasher: what a generated name ends with

_Key = tuple[str, ...] | None
T = TypeVar("T")


def laid(items: Sequence[Item], made: Sequence[Rendered], file: str, directory: str) -> list[Item]:
    """Built objects in the places of the items that they come from, by `file` in a directory.

    Those are known by kind and name: with their namespace; without it, as what belongs to the
    cluster has none once it is built; without the hash of a generated one; and what a patch or a
    replacement renamed, by the file that kustomize says it is from. What is told by values of a
    chart that kustomize has not got either stays as it is.
    """
    free = {id(item): item for item in items if not item.release}
    fresh = [(_fresh(one, file), one) for one in made]
    found: dict[int, Item] = {}
    for key in (_whole, _unhashed, _named, _from(directory)):
        places = _unique((key(item, None), item) for item in free.values())
        wanted = _unique(
            (key(item, one), number)
            for number, (item, one) in enumerate(fresh)
            if number not in found
        )
        for name, number in wanted.items():
            if name in places:
                found[number] = free.pop(id(places[name]))
    out = [
        *(item for item in items if item.release or (item.told and id(item) in free)),
        *(
            _merged(found[number], item) if number in found else item
            for number, (item, _) in enumerate(fresh)
        ),
    ]
    # Nobody knows what reaches an object whose source is not known.
    return out if len(found) == len(fresh) else [_apart(item) for item in out]


def _apart(item: Item) -> Item:
    """An item whose wave is only set together with others' where nothing else is possible."""
    shared, common = (
        [Joint(one.site, True) for one in some] for some in (item.shared, item.common)
    )
    return replace(item, shared=tuple(shared), common=tuple(common))


def _unique(pairs: Iterable[tuple[_Key, T]]) -> dict[tuple[str, ...], T]:
    """What has a key of its own."""
    out: dict[tuple[str, ...], list[T]] = {}
    for key, value in pairs:
        if key is not None:
            out.setdefault(key, []).append(value)
    return {key: values[0] for key, values in out.items() if len(values) == 1}


def _whole(item: Item, one: Rendered | None) -> _Key:
    return item.kind, item.namespace, item.name


def _unhashed(item: Item, one: Rendered | None) -> _Key:
    if one is None:
        return (item.kind, item.namespace, item.name) if item.own else None
    return item.kind, item.namespace, _HASH.sub("", item.name)


def _named(item: Item, one: Rendered | None) -> _Key:
    return item.kind, item.name


def _from(directory: str) -> Callable[[Item, Rendered | None], _Key]:
    """By kind and file; what kustomize built says where it is from."""

    def key(item: Item, one: Rendered | None) -> _Key:
        if one is None:
            return None if item.made or item.own else (item.kind, item.file)
        origin = get(one.body, "metadata", "annotations", _ORIGIN)
        path = re.search(r"^path: (.+)$", origin, re.M) if isinstance(origin, str) else None
        if path is None or "repo: " in origin:
            return None
        return item.kind, os.path.normpath(os.path.join(directory, path[1]))

    return key


def _fresh(one: Rendered, file: str) -> Item:
    """A built object by itself."""
    metadata = get(one.body, "metadata")
    metadata = dict(metadata) if isinstance(metadata, dict) else {}
    annotations = metadata.get("annotations")
    annotations = dict(annotations) if isinstance(annotations, dict) else {}
    annotations.pop(_ORIGIN, None)
    metadata["annotations"] = annotations
    body = {**one.body, "metadata": metadata}
    name = str(metadata.get("name") or metadata.get("generateName") or "")
    namespace = str(metadata.get("namespace") or "")
    return Item(
        body, file, 0, (), 1, name, namespace, name, namespace, annotations,
        locked="what makes it is not understood", made="kustomize",
    )  # fmt: skip


def _merged(item: Item, fresh: Item) -> Item:
    """The place of one and the content of the other."""
    wave = fresh.annotations.get(SYNC_WAVE)
    same = wave == item.annotations.get(SYNC_WAVE)
    return replace(
        item,
        body=_placed(fresh.body, item.body),
        name=fresh.name,
        namespace=fresh.namespace,
        source_name=item.source_name or item.name,
        annotations=fresh.annotations,
        locked=item.locked if same else "something in its kustomizations sets its wave",
    )


def _placed(data: Any, source: Any) -> Any:
    """Data with the lines of the source, where both have the same keys."""
    if not isinstance(data, dict) or not isinstance(source, Map):
        if isinstance(data, list) and isinstance(source, list) and len(data) == len(source):
            return [_placed(one, other) for one, other in zip(data, source, strict=True)]
        return data
    out = Map()
    out.line = source.line
    out.lines = {key: source.lines.get(key, source.line) for key in data}
    for key, value in data.items():
        out[key] = _placed(value, source.get(key))
    return out
