"""What `kubectl get -o json` and `argocd app get -o json` printed, as objects."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wavefix.errors import InputError
from wavefix.yamlio import BOM, decode, get

Object = Mapping[str, Any]

STDIN = "-"
APPLICATION = "argoproj.io/v1alpha1", "Application"
_SPACE = re.compile(r"\s*")
_ADVICE = (
    "save what `kubectl get applications -A -o json`, `kubectl get events,pods,jobs -A -o json` or "
    "`argocd app get NAME -o json` prints"
)


def recorded(files: Iterable[str]) -> list[Object]:
    """All objects in the files, one by one; `-` is standard input.

    Each has an `apiVersion`, a `kind` and a `metadata`. Raises InputError, with file and line,
    where a file cannot be read or holds anything else. Nothing of what it holds is ever shown.
    """
    return [item for file in files for item in _objects(file, _text(file))]


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Seconds from one time to a later one; None where one is missing, or they are reversed."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds()


def when(data: Any, *path: str) -> datetime | None:
    """The RFC 3339 time at a path; None where there is none."""
    text = get(data, *path)
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None


def text(data: Any, *path: str) -> str:
    """The text at a path; "" where there is none."""
    found = get(data, *path)
    return found if isinstance(found, str) else ""


def items(data: Any, *path: str) -> list[Any]:
    """The list at a path; an empty one where there is none."""
    found = get(data, *path)
    return found if isinstance(found, list) else []


def identity(kind: str, api: str, namespace: str, name: str) -> str:
    """The id of a resource: `Deployment.apps/web/api`, `Namespace/web`."""
    group = api.rpartition("/")[0]
    return "/".join(filter(None, (f"{kind}.{group}" if group else kind, namespace, name)))


def _text(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        raise InputError(problem, "check the name and its permissions", file) from None
    return decode(data, _name(file)).removeprefix(BOM)


def _name(file: str) -> str:
    return "standard input" if file == STDIN else file


def _objects(file: str, content: str) -> Iterator[Object]:
    decoder = json.JSONDecoder()
    at = _skip(content, 0)
    if at == len(content):
        raise InputError("empty", _ADVICE, _name(file))
    while at < len(content):
        line = content.count("\n", 0, at) + 1
        try:
            document, end = decoder.raw_decode(content, at)
        except json.JSONDecodeError as error:
            raise InputError(
                f"invalid JSON: {error.msg}", _ADVICE, _name(file), error.lineno
            ) from None
        except (ValueError, RecursionError):
            raise InputError("no JSON that can be read", _ADVICE, _name(file), line) from None
        for item in _flat(document, {}):
            if item is None:
                raise InputError("not a Kubernetes object", _ADVICE, _name(file), line)
            yield item
        at = _skip(content, end)


def _skip(content: str, at: int) -> int:
    match = _SPACE.match(content, at)
    return match.end() if match else at


def _flat(found: Any, outer: Object) -> Iterator[Object | None]:
    """The objects of a document: a List of any kind holds others, and so does an array.

    The items of a typed list (PodList) need not name their kind again. None: something else.
    """
    if isinstance(found, list):
        for item in found:
            yield from _flat(item, outer)
        return
    if not isinstance(found, dict):
        yield None
        return
    kind = text(found, "kind")
    if kind.endswith("List") and isinstance(found.get("items"), list):
        for item in found["items"]:
            yield from _flat(item, found)
        return
    named = kind or text(outer, "kind").removesuffix("List")
    api = text(found, "apiVersion") or text(outer, "apiVersion")
    if not named and get(found, "spec", "destination") is not None:
        api, named = APPLICATION  # `argocd app get` leaves them out
    if not named or not isinstance(found.get("metadata"), dict):
        yield None
    else:
        yield {**found, "kind": named, "apiVersion": api}
