"""Replacing the value of a wave that is there."""

from __future__ import annotations

import re

from yaml.nodes import MappingNode, Node, ScalarNode

from wavefix import yamlio
from wavefix.patch.geometry import Spot, colon_end, skip, spot
from wavefix.patch.parsed import Parsed, Refused
from wavefix.patch.sharing import repeats, shared
from wavefix.patch.splice import Splice
from wavefix.patch.style import value_quote

_HEADER = re.compile(r"[|>][-+0-9]*")
_STR_TAGS = ("!!str", "!<tag:yaml.org,2002:str>")
# Their value is a plain number or word, so that the tag has no other meaning and can go.
_TYPE_TAGS = ("!", "!!int", "!!float", "!!bool", "!!null")


def set_value(
    parsed: Parsed, node: MappingNode, index: int, wave: str, typed: bool = False
) -> list[Splice]:
    """The splices that give pair `index` of a map the value `wave`, as a quoted string.

    `typed`: where a plain number is there, the wave is one too.
    """
    value = node.value[index][1]
    alias = repeats(node, index)
    if parsed.shared(value) and not alias:
        raise Refused(shared(parsed, value, alias))
    if not isinstance(value, ScalarNode):
        raise Refused("its value is no scalar")
    where = spot(parsed, node, index)
    if alias:  # this place only
        quote = value_quote(parsed, node)
        text = wave if typed and is_number(value) else f"{quote}{wave}{quote}"
        return [Splice(where.start, where.end, text)]
    if typed and is_number(value) and not where.properties:
        return [Splice(where.start, where.end, wave)]
    splices = _drop_tags(parsed, where)
    if value.style in ("'", '"'):
        return [*splices, Splice(where.start + 1, where.end - 1, wave)]
    quote = value_quote(parsed, node)
    text = f"{quote}{wave}{quote}"
    if value.style in ("|", ">"):
        return [*splices, *_replace_block(parsed, where, text)]
    if not node.flow_style:
        parsed.no_tab_below(where.end)
    if where.start == where.end:
        colon_end(parsed, node, index)  # without a colon there is no place for a value
        text = text if parsed.body[where.start - 1] in " \t" else f" {text}"
    return [*splices, Splice(where.start, where.end, text)]


def is_number(node: Node) -> bool:
    """Whether a value is a plain integer."""
    return isinstance(node, ScalarNode) and type(yamlio.to_data(node)) is int


def _drop_tags(parsed: Parsed, where: Spot) -> list[Splice]:
    """Without the tags that would make something else than text of the value."""
    splices = []
    for start, end in where.properties:
        tag = parsed.body[start:end]
        if tag.startswith("&") or tag in _STR_TAGS:
            continue
        if tag not in _TYPE_TAGS:
            raise Refused(f"its value has the tag {tag}")
        behind = skip(parsed.body, end)
        on_line = behind <= where.end and parsed.same_line(end, behind)
        splices.append(Splice(start, behind if on_line else end, ""))
    return splices


def _replace_block(parsed: Parsed, where: Spot, text: str) -> list[Splice]:
    """A literal or folded scalar: its header becomes the value, its lines go."""
    header = _HEADER.match(parsed.body, where.start)
    end = header.end() if header else where.start
    splices = [Splice(where.start, end, text)]
    if parsed.same_line(where.start, where.end):  # no lines at all
        return splices
    return [*splices, Splice(parsed.next_line(where.start), parsed.next_line(where.end), "")]
