"""Putting plain data in place of the value that a key has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from wavefix.patch.data import same, scalar_text
from wavefix.patch.geometry import (
    Spot,
    before_comment,
    colon_end,
    is_alias,
    pair_end,
    pair_start,
    spot,
)
from wavefix.patch.insert import block, flow
from wavefix.patch.parsed import Parsed, Refused
from wavefix.patch.sharing import shared
from wavefix.patch.splice import Splice
from wavefix.patch.style import Chain, on_lines, quotes


def replace(parsed: Parsed, chain: Chain, index: int, value: Any) -> list[Splice]:
    """The splices that give pair `index` of the last map in `chain` another value."""
    node = chain[-1].map
    key, old = node.value[index]
    for inside in () if is_alias(key, old) else _inside(old):
        if parsed.shared(inside) and inside.start_mark.index >= old.start_mark.index:
            raise Refused(shared(parsed, inside, alias=False))
    if same(old, value):
        return []
    if pair_start(parsed, node, index) != key.start_mark.index:
        raise Refused("its key is written behind a `?`")
    colon = colon_end(parsed, node, index)
    if node.flow_style:
        start = pair_start(parsed, node, index)
        base = parsed.indent(start) if on_lines(parsed, node) else None
        text = flow(parsed, chain).value(value, base)
        return [_in_place(parsed, colon, spot(parsed, node, index), text)]
    if isinstance(old, ScalarNode) and old.style not in ("|", ">") and _is_scalar(value):
        parsed.no_tab_below(pair_end(parsed, node, index))
        text = _scalar(parsed, chain, old, value)
        return [_in_place(parsed, colon, spot(parsed, node, index), text)]
    indent = parsed.newline(colon) + " " * parsed.column(pair_start(parsed, node, index))
    first, *more = block(parsed, chain).pair("x", value)
    text = first.partition(":")[2] + "".join(
        indent + line if line else parsed.newline(colon) for line in more
    )
    end = pair_end(parsed, node, index)
    parsed.no_tab_below(end)
    rest = parsed.body[end : parsed.line_end(end)].lstrip(" \t")
    if not rest or rest.startswith("#"):  # what is said of the old value goes with it
        end = parsed.line_end(end)
    return [Splice(colon, end, text)]


def _in_place(parsed: Parsed, colon: int, where: Spot, text: str) -> Splice:
    begin = min([where.start, *(start for start, _ in where.properties)])
    lead = "" if begin > colon else " "
    return Splice(begin, where.end, f"{lead}{text}{before_comment(parsed, where.end)}")


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (dict, list, tuple)) and not (
        isinstance(value, str) and "\n" in value
    )


def _scalar(parsed: Parsed, chain: Chain, old: ScalarNode, value: Any) -> str:
    """A scalar in the quotes that the old one had."""
    marks = quotes(parsed, chain, False)
    text = scalar_text(value, marks)
    if text == value and old.style in ("'", '"'):
        return f"{old.style}{text}{old.style}"
    return text


def _inside(node: Node) -> Iterator[Node]:
    """A node and all below it."""
    yield node
    if isinstance(node, MappingNode):
        for pair in node.value:
            for child in pair:
                yield from _inside(child)
    elif isinstance(node, SequenceNode):
        for child in node.value:
            yield from _inside(child)
