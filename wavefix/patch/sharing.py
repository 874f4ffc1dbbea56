"""What is shared through an anchor, and in which lines: the reasons not to change it."""

from __future__ import annotations

import re

from yaml.nodes import MappingNode, Node

from wavefix.patch.geometry import is_alias
from wavefix.patch.parsed import Parsed

_ALIAS = re.compile(r"\*([0-9A-Za-z_-]+)")


def repeats(holder: Node, index: int) -> bool:
    """Whether pair or item `index` of a node is an alias, and not the anchor itself."""
    if isinstance(holder, MappingNode):
        return is_alias(*holder.value[index])
    start = holder.value[index].start_mark.index
    before = [item.end_mark.index for item in holder.value[:index]]
    return bool(start < max([holder.start_mark.index, *before]))


def shared(parsed: Parsed, node: Node, alias: bool) -> str:
    """Why a shared node cannot be changed where it stands, or where an alias repeats it."""
    uses = parsed.uses(node)
    found = _ALIAS.match(parsed.body, uses[0]) if uses else None
    name = f" {found.group()}" if found else ""
    if alias:
        line = parsed.line(node.start_mark.index)
        return f"it is the alias{name} of what stands in line {line}, which would change too"
    lines = sorted({str(parsed.line(at)) for at in uses}, key=int)
    where = f"line {lines[0]}" if len(lines) == 1 else f"lines {', '.join(lines[:3])}"
    return f"the alias{name} in {where} repeats it, and would change too"
