"""More items at the end of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yaml.nodes import MappingNode, Node, SequenceNode

from wavefix.patch.entry import closed_end
from wavefix.patch.geometry import comma_lead, content
from wavefix.patch.insert import block, flow, lines_below
from wavefix.patch.parsed import Parsed, Refused
from wavefix.patch.splice import Splice
from wavefix.patch.style import Chain


def append(parsed: Parsed, chain: Chain, values: Sequence[Any]) -> list[Splice]:
    """The splices that add `values` to the list that `chain` ends with, which is not empty."""
    node = chain[-1].node
    assert isinstance(node, SequenceNode)
    if not node.flow_style:
        if parsed.body[node.start_mark.index] != "-":
            raise Refused("the list has an anchor or a tag")
        column = parsed.column(node.start_mark.index)
        lines = block(parsed, chain).items(values)
        return [lines_below(parsed, closed_end(parsed, node), column, lines)]
    last: Node = node.value[-1]
    if last.start_mark.index < node.start_mark.index or parsed.shared(last):
        raise Refused("the list ends with an alias")
    writer, where = flow(parsed, chain), content(parsed, last)
    if isinstance(last, MappingNode) and not parsed.body.startswith("{", where.start):
        raise Refused("the list ends with a single pair without braces")
    first = node.value[0].start_mark.index
    if not parsed.blank_before(first):
        text = "".join(writer.space.comma + writer.value(value, None) for value in values)
    else:
        indent = parsed.indent(first)
        lead = f",{parsed.newline(first)}{indent}"
        text = "".join(lead + writer.value(value, indent) for value in values)
    return [Splice(where.end, where.end, comma_lead(parsed, where) + text)]
