"""What a tool printed: objects, each with the template that it comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from wavefix.errors import InputError
from wavefix.tools.process import ToolFailed
from wavefix.yamlio import load

_SOURCE = re.compile(r"^---\n(?:# Source: (.*)\n)?", re.MULTILINE)


class Rendered(NamedTuple):
    """One object. `source` is the template that made it, as helm names it; "" where unknown."""

    body: Mapping[str, Any]
    source: str = ""


def parse(text: str) -> list[Rendered]:
    """The objects that a tool printed, without the values of Secrets."""
    out = []
    starts = list(_SOURCE.finditer(text))
    begin = [(0, "", 0), *((m.end(), m[1] or "", m.start()) for m in starts)]
    for number, (start, source, _) in enumerate(begin):
        end = begin[number + 1][2] if number + 1 < len(begin) else len(text)
        chunk = text[start:end]
        if not chunk.strip():
            continue
        try:
            documents = load(chunk, source or "rendered.yaml")
        except InputError as error:
            raise ToolFailed(f"what it printed is no YAML: {error.problem}") from None
        for document in documents:
            if isinstance(document.data, dict):
                out += [Rendered(_bare(body), source) for body in _each(document.data)]
    return out


def _each(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """An object, or the items of a List (Argo CD: gitops-engine pkg/utils/kube, SplitYAML)."""
    items = data.get("items")
    if isinstance(items, list) and str(data.get("kind", "")).endswith("List"):
        return [item for item in items if isinstance(item, dict)]
    return [data]


def _bare(data: Any) -> Any:
    """Plain data, for its lines are those of no file; what is secret is left out."""
    if isinstance(data, dict):
        out = {key: _bare(value) for key, value in data.items()}
        if out.get("kind") == "Secret" and "apiVersion" in out:
            for field in ("data", "stringData"):
                if isinstance(out.get(field), dict):
                    out[field] = dict.fromkeys(out[field], "")
        return out
    return [_bare(item) for item in data] if isinstance(data, list) else data
