"""How the text around a site is written, which decides how an edit is spliced into it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from wavefix import yamlio
from wavefix.patch.geometry import content, is_alias, pair_start, value_end
from wavefix.patch.locate import Frame, is_null
from wavefix.patch.parsed import BREAK, Parsed, Refused

_SAFE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_COLON = re.compile(r"[ \t]*:[ \t]*")
_COMMA = re.compile(r"[ \t]*,[ \t]*")

Chain = Sequence[Frame]


class Style(Enum):
    """The ways in which a map is written."""

    BLOCK = "keys on lines of their own"
    FLOW_LINE = "{a: b}"
    FLOW_LINES = "braces, keys on lines of their own"
    NULL = "nothing yet"


def style_of(parsed: Parsed, frame: Frame) -> Style:
    """The style of a map that shall get a key. Raises Refused where it can get none."""
    node = frame.node
    if is_null(node):
        if frame.key is None:
            raise Refused("what should hold it is empty")
        return Style.NULL
    odd = [key for key, _ in frame.map.value if not isinstance(key, ScalarNode)]
    if any(frame.map.flow_style or key.flow_style for key in odd if isinstance(key, MappingNode)):
        raise Refused("the map has a key that is itself a map (a template?)")
    if not frame.map.flow_style:
        return Style.BLOCK
    if not parsed.body.startswith("{", content(parsed, node).start):
        raise Refused("the map is a single pair without braces")
    return Style.FLOW_LINES if on_lines(parsed, node) else Style.FLOW_LINE


def on_lines(parsed: Parsed, node: Node) -> bool:
    """Whether a flow map has its first key on a line of its own."""
    if not isinstance(node, MappingNode) or not node.flow_style or not node.value:
        return False
    return parsed.blank_before(pair_start(parsed, node, 0))


@dataclass(frozen=True, slots=True)
class Quotes:
    """How keys and values are quoted: `'`, `"` or, for keys, nothing."""

    key: str
    value: str
    json: bool = False  # no plain text, no other quotes

    def key_text(self, name: str) -> str:
        """A key as it is written."""
        if self.key == "'":
            return "'" + name.replace("'", "''") + "'"
        safe = _SAFE_KEY.fullmatch(name) and yamlio.scalar(name) == name
        return name if safe and not self.key else json.dumps(name, ensure_ascii=False)

    def value_text(self, wave: str) -> str:
        """A wave as it is written."""
        return f"{self.value}{wave}{self.value}"


def quotes(parsed: Parsed, chain: Chain, beside: bool) -> Quotes:
    """The quotes for a new key in the last map of `chain`, and for its wave.

    `beside` says whether that map holds annotations, so that its values show how to quote one.
    """
    key = _key_quote(chain)
    node = chain[-1].node
    if key == '"' and _in_flow(chain):
        return Quotes(key, '"', json=True)
    siblings = node if beside and isinstance(node, MappingNode) else None
    return Quotes(key, value_quote(parsed, siblings))


def _in_flow(chain: Chain) -> bool:
    frame = chain[-1]
    return any(
        isinstance(node, MappingNode) and bool(node.flow_style)
        for node in (frame.node, frame.holder)
    )


def _key_quote(chain: Chain) -> str:
    node, key = chain[-1].node, chain[-1].key
    keys = [key for key, _ in node.value] if isinstance(node, MappingNode) else []
    keys = keys or ([key] if key is not None else [])
    if not keys and isinstance(root := chain[0].node, CollectionNode) and root.flow_style:
        return '"'  # it may be JSON
    styles = {key.style or "" for key in keys if isinstance(key, ScalarNode)}
    return styles.pop() if len(styles) == 1 and styles <= {"'", '"'} else ""


def value_quote(parsed: Parsed, siblings: MappingNode | None = None) -> str:
    """The quote for a wave: as its siblings have it, other waves of the file, or the file."""
    near: Counter[str] = Counter()
    for key, value in siblings.value if siblings else ():
        if isinstance(value, ScalarNode) and not is_alias(key, value):
            near[value.style or ""] += 1
    braces = siblings if siblings and siblings.flow_style and siblings.value else None
    if braces is not None and _key_quote([Frame(braces)]) == '"':  # it may be JSON
        return '"'
    for counts in (near, parsed.survey.wave_quotes, parsed.survey.quotes):
        if counts['"'] or counts["'"]:
            return "'" if counts["'"] > counts['"'] else '"'
    return '"'


def indent_step(parsed: Parsed, chain: Chain) -> int:
    """By how much the children of a new key in the last map of `chain` are indented.

    As the siblings of the key have it, else the maps around, else most maps of the file, else 2.
    """
    inside: list[tuple[Node, Node]] = []  # the pair of a map that leads to the key
    for frame in reversed(chain):
        node = frame.node
        if isinstance(node, MappingNode) and not node.flow_style:
            for key, value in [*inside, *node.value]:
                step = _step(key, value)
                if step:
                    return step
        holder = frame.holder
        inside = [holder.value[frame.index]] if isinstance(holder, MappingNode) else []
    usual = parsed.survey.steps.most_common(1)
    return usual[0][0] if usual else 2


def list_step(parsed: Parsed, step: int) -> int:
    """By how much a list is indented below its key: as most are in the file, else as maps are."""
    usual = parsed.survey.dashes.most_common(1)
    return usual[0][0] if usual else step


def _step(key: Node, value: Node) -> int:
    if not isinstance(value, MappingNode) or value.flow_style or is_alias(key, value):
        return 0
    first = value.value[0][0].start_mark
    if first.line == key.start_mark.line:
        return 0
    return max(0, int(first.column - key.start_mark.column))


@dataclass(frozen=True, slots=True)
class Spacing:
    """The punctuation of a flow map."""

    colon: str
    comma: str
    pad: str
    unit: str  # what one level adds to the indentation


def spacing(parsed: Parsed, chain: Chain) -> Spacing:
    """The punctuation for a flow map: that of the nearest one around that has pairs."""
    for frame in reversed(chain):
        node = frame.node
        if isinstance(node, MappingNode) and node.flow_style and node.value:
            start = content(parsed, node).start
            pad = " " if parsed.body.startswith(" ", start + 1) else ""
            colon = _colon(parsed, node)
            return Spacing(colon, _comma(parsed, node, colon), pad, _unit(parsed, node))
    return Spacing(": ", ", ", "", "  ")


def _colon(parsed: Parsed, node: MappingNode) -> str:
    key = node.value[0][0]
    match = _COLON.match(parsed.body, key.end_mark.index)
    if not match or BREAK.match(parsed.body, match.end()):
        return ": "
    # Only behind a quoted key may the value follow at once.
    quoted = isinstance(key, ScalarNode) and key.style
    return match.group() if quoted or match.group()[-1] in " \t" else ": "


def _comma(parsed: Parsed, node: MappingNode, colon: str) -> str:
    match = _COMMA.match(parsed.body, value_end(parsed, node, 0))
    if match and len(node.value) > 1 and not BREAK.match(parsed.body, match.end()):
        return match.group().lstrip(" \t")
    return ", " if colon.endswith(" ") else ","


def _unit(parsed: Parsed, node: MappingNode) -> str:
    if not on_lines(parsed, node):
        return "  "
    outer = parsed.indent(content(parsed, node).start)
    inner = parsed.indent(pair_start(parsed, node, 0))
    return inner.removeprefix(outer) or "  "
