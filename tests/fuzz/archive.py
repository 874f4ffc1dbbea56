"""One input, several files: text with a line `-- name --` above each, as in Go's txtar."""

from __future__ import annotations

import re

_HEAD = re.compile(rb"^-- ([^\n]{1,80}) --\n", re.MULTILINE)
_STEP = re.compile(r"[^/\0]+")
_MOST = 12  # files


def split(data: bytes) -> dict[str, bytes]:
    """The files by their names, which lead nowhere but down; what stands above all is `x.yaml`."""
    head, *rest = _HEAD.split(data)
    found = {"x.yaml": head} if head or not rest else {}
    for name, content in zip(rest[::2][:_MOST], rest[1::2], strict=False):
        steps = _STEP.findall(name.decode("utf-8", "replace"))
        path = "/".join(step for step in steps[:6] if step not in (".", "..", ".git"))
        if path:
            found[path] = content
    return found
