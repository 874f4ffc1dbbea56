"""Inserting keys, and the maps above them that do not exist yet."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yaml.nodes import MappingNode, ScalarNode

from wavefix.patch.data import Block, Flow, Quoted, Tree
from wavefix.patch.geometry import (
    above_comments,
    colon_end,
    comma_lead,
    content,
    is_alias,
    last_break,
    last_scalar_end,
    pair_start,
    spot,
    value_end,
)
from wavefix.patch.locate import Frame, merged
from wavefix.patch.parsed import BREAK, Parsed, Refused
from wavefix.patch.splice import Splice
from wavefix.patch.style import (
    Chain,
    Style,
    indent_step,
    list_step,
    on_lines,
    quotes,
    spacing,
    style_of,
)

# New keys are put behind the last of these; the first row that is there counts.
_BEHIND = (("namespace",), ("name",), ("apiVersion", "kind"))


@dataclass(frozen=True, slots=True)
class Insertion:
    """Keys to insert into the last map of `chain`: waves, other data, or maps that lead to them.

    They go before the key `before`, where the map has it; else where people put such keys.
    """

    chain: Chain
    tree: Tree
    before: str = ""

    @property
    def frame(self) -> Frame:
        """The map, and where it stands."""
        return self.chain[-1]

    @property
    def fixed(self) -> int | None:
        """The pair before which the keys have to go, where that is asked for."""
        node = self.frame.node
        keys = [key.value for key, _ in node.value] if isinstance(node, MappingNode) else []
        return keys.index(self.before) if self.before and self.before in keys else None


@dataclass(frozen=True, slots=True)
class _Gap:
    """A place between the pairs of a map: before pair `index`, or right behind it."""

    index: int
    behind: bool = False


def grow(tree: Tree, path: tuple[str, ...], value: Any) -> None:
    """Add the value at `path`. Raises ValueError where another one is planned there."""
    for name in path[:-1]:
        below = tree.setdefault(name, {})
        if not isinstance(below, dict):
            raise ValueError(f"{name} cannot be both a value and a map")
        tree = below
    if tree.setdefault(path[-1], value) != value:
        raise ValueError(f"two values for one {path[-1]}")


def insert(parsed: Parsed, insertion: Insertion) -> list[Splice]:
    """The splices for an insertion, by the style of the map."""
    style = style_of(parsed, insertion.frame)
    by_style: dict[Style, Callable[[Parsed, Insertion], list[Splice]]] = {
        Style.BLOCK: _into_block,
        Style.FLOW_LINE: _into_line,
        Style.FLOW_LINES: _into_lines,
        Style.NULL: _into_null,
    }
    return by_style[style](parsed, insertion)


def _into_block(parsed: Parsed, insertion: Insertion) -> list[Splice]:
    node = insertion.frame.map
    splices = []
    for gap, tree in _by_gap(parsed, insertion).items():
        lines = _block_lines(parsed, insertion, tree)
        if gap.behind:
            at = value_end(parsed, node, gap.index)
            column = parsed.column(pair_start(parsed, node, gap.index))
            splices.append(lines_below(parsed, at, column, lines))
        else:
            splices.append(_block_above(parsed, insertion, gap.index, lines))
    return splices


def _by_gap(parsed: Parsed, insertion: Insertion) -> dict[_Gap, Tree]:
    """What goes where between the pairs of the map."""
    found: dict[_Gap, Tree] = {}
    for key, sub in insertion.tree.items():
        found.setdefault(_gap(parsed, insertion, key, sub), {})[key] = sub
    return found


def _gap(parsed: Parsed, insertion: Insertion, key: str, sub: Any) -> _Gap:
    """Where it is asked for; where it keeps the keys sorted; waves first, maps behind the name."""
    node = insertion.frame.map
    if insertion.fixed is not None:
        return _Gap(insertion.fixed)
    merge = merged(node, key)
    if merge is not None:  # what stands behind a merge key overrides it
        after = _ends_clearly(node, merge) or merge + 1 == len(node.value)
        return _Gap(merge, behind=True) if after else _Gap(merge + 1)
    behind = _pair_behind(parsed, node)
    first = next((index for index, (one, _) in enumerate(node.value) if not parsed.shared(one)), 0)
    return _sorted_gap(parsed, node, key) or (
        _Gap(first) if isinstance(sub, Quoted) or behind < 0 else _Gap(behind, behind=True)
    )


def _sorted_gap(parsed: Parsed, node: MappingNode, key: str) -> _Gap | None:
    """Where a key goes in a map whose keys are sorted; a name that comes first is no sign of it."""
    keys = [key.value for key, _ in node.value]
    plain = all(isinstance(one, ScalarNode) and not parsed.shared(one) for one, _ in node.value)
    if not plain or len(keys) < 2 or keys[0] in ("name", "<<") or keys != sorted(keys):
        return None
    index = bisect_right(keys, key)
    if index and _ends_clearly(node, index - 1):
        return _Gap(index - 1, behind=True)
    return _Gap(index) if index < len(keys) else None


def _pair_behind(parsed: Parsed, node: MappingNode) -> int:
    """The number of the pair behind which new maps go; -1 where they go before the first."""
    for names in _BEHIND:
        found = [
            index
            for index, (key, value) in enumerate(node.value)
            if key.value in names
            and (isinstance(value, ScalarNode) and value.style not in ("|", ">"))
            and value.start_mark.index < value.end_mark.index
            and _one_line(parsed, node, index)
        ]
        if found:
            return found[-1]
    return -1


def _ends_clearly(node: MappingNode, index: int) -> bool:
    """Whether nothing that a pair ends with could take in a line below it."""
    key, value = node.value[index]
    if isinstance(value, ScalarNode):
        return value.style not in ("|", ">")
    return bool(value.flow_style) or is_alias(key, value)


def _one_line(parsed: Parsed, node: MappingNode, index: int) -> bool:
    start, end = pair_start(parsed, node, index), value_end(parsed, node, index)
    return parsed.same_line(start, end)


def _beside(insertion: Insertion) -> bool:
    """Whether a wave goes into the map itself, so that its values show how to quote one."""
    return any(isinstance(sub, Quoted) for sub in insertion.tree.values())


def _block_lines(parsed: Parsed, insertion: Insertion, tree: Tree) -> list[str]:
    return block(parsed, insertion.chain, _beside(insertion)).map(tree)


def block(parsed: Parsed, chain: Chain, beside: bool = False) -> Block:
    """What writes block style into the last map of `chain`."""
    step = indent_step(parsed, chain)
    ends = bool(last_break(parsed.body)) and not parsed.odd_breaks
    return Block(step, list_step(parsed, step), quotes(parsed, chain, beside), ends)


def _block_above(parsed: Parsed, insertion: Insertion, index: int, lines: list[str]) -> Splice:
    start = pair_start(parsed, insertion.frame.map, index)
    newline, indent = parsed.newline(start), " " * parsed.column(start)
    if not parsed.blank_before(start):  # the key stands behind a `- `: the new one takes its place
        text = "".join(f"{line}{newline}{indent}" for line in lines)
        return Splice(start, start, text)
    at = parsed.line_start(start)
    if index:
        floor = last_scalar_end(parsed, insertion.frame.map.value[index - 1][1])
        above = parsed.line_start(at - 1)
        while above > floor and parsed.body.startswith(f"{indent}#", above):
            at, above = above, parsed.line_start(above - 1)
    elif insertion.frame.holder is not None:  # above the first key of a file stands its header
        at = above_comments(parsed, at, _floor(insertion.frame))
    return Splice(at, at, "".join(f"{indent}{line}{newline}" for line in lines))


def _floor(frame: Frame) -> int:
    """An offset above which nothing belongs to the map any more."""
    holder = frame.holder if frame.key is None else frame.key
    return int(holder.start_mark.index) if holder is not None else 0


def lines_below(parsed: Parsed, at: int, column: int, lines: list[str]) -> Splice:
    """Lines below the line of `at`, which may be the last one and have no line break."""
    parsed.no_tab_below(at)
    newline, indent = parsed.newline(at), " " * column
    end = parsed.line_end(at)
    below = parsed.next_line(at)
    if below > end:
        return Splice(below, below, "".join(f"{indent}{line}{newline}" for line in lines))
    return Splice(end, end, "".join(f"{newline}{indent}{line}" for line in lines))


def _into_null(parsed: Parsed, insertion: Insertion) -> list[Splice]:
    frame = insertion.frame
    holder = frame.holder
    if not isinstance(holder, MappingNode):
        raise Refused("what should hold it is empty")
    where = spot(parsed, holder, frame.index)
    colon = colon_end(parsed, holder, frame.index)
    if any(parsed.body[start] == "!" for start, _ in where.properties):
        raise Refused("what should hold it is empty and has a tag")
    if holder.flow_style:
        text = _flow_new(parsed, insertion)
        if where.start == colon:
            text = spacing(parsed, insertion.chain).colon.partition(":")[2] + text
        elif where.properties and where.start == where.properties[-1][1]:
            text = f" {text}"
        return [Splice(where.start, where.end, text)]
    lines = _block_lines(parsed, insertion, insertion.tree)
    if where.start < where.end and parsed.blank_before(where.start):  # `null` on its own line
        newline = parsed.newline(where.start) + " " * parsed.column(where.start)
        return [Splice(where.start, where.end, newline.join(lines))]
    start = where.properties[-1][1] if where.properties else colon
    column = parsed.column(pair_start(parsed, holder, frame.index))
    column += indent_step(parsed, insertion.chain)
    return [Splice(start, where.end, ""), lines_below(parsed, where.end, column, lines)]


def _into_line(parsed: Parsed, insertion: Insertion) -> list[Splice]:
    node = insertion.frame.map
    if not node.value:
        return [_into_empty(parsed, insertion)]
    space = spacing(parsed, insertion.chain)
    splices = []
    for gap, tree in _by_gap(parsed, insertion).items():
        text = _entries(parsed, insertion, tree, space.comma, None)
        if gap.behind:
            at, lead = _end(parsed, node, gap.index)
            splices.append(Splice(at, at, lead + space.comma + text))
        else:
            at = pair_start(parsed, node, gap.index)
            splices.append(Splice(at, at, text + space.comma))
    return splices


def _end(parsed: Parsed, node: MappingNode, index: int) -> tuple[int, str]:
    """Where a pair in braces ends, and the blank that has to come before a comma there."""
    where = spot(parsed, node, index)
    return where.end, comma_lead(parsed, where)


def _into_lines(parsed: Parsed, insertion: Insertion) -> list[Splice]:
    node = insertion.frame.map
    start = pair_start(parsed, node, 0)
    indent, newline = parsed.indent(start), parsed.newline(start)
    between = f",{newline}{indent}"
    splices = []
    for gap, tree in _by_gap(parsed, insertion).items():
        text = _entries(parsed, insertion, tree, between, indent)
        if not gap.behind:
            splices.append(_lines_above(parsed, node, gap.index, text, between))
            continue
        at, lead = _end(parsed, node, gap.index)
        end, below = parsed.line_end(at), parsed.next_line(at)
        rest = parsed.body[at:end].lstrip(" \t")
        tail = rest.removeprefix(",").lstrip(" \t")
        if tail and not tail.startswith("#"):  # more of the map
            splices.append(Splice(at, at, lead + between + text))
        elif rest.startswith(","):  # blanks and a comment stay with what they stand behind
            splices.append(Splice(below, below, f"{indent}{text},{newline}"))
        else:
            splices += [Splice(at, at, f"{lead},"), Splice(end, end, f"{newline}{indent}{text}")]
    return splices


def _lines_above(parsed: Parsed, node: MappingNode, index: int, text: str, between: str) -> Splice:
    indent = parsed.indent(pair_start(parsed, node, 0))
    start = pair_start(parsed, node, index)
    if not parsed.blank_before(start):  # behind another on one line
        return Splice(start, start, f"{text}{between}")
    floor = value_end(parsed, node, index - 1) if index else content(parsed, node).start
    at = above_comments(parsed, parsed.line_start(start), floor)
    return Splice(at, at, f"{indent}{text},{parsed.newline(start)}")


def _into_empty(parsed: Parsed, insertion: Insertion) -> Splice:
    """Into `{}`, spread over lines where it already is, or where the map around it is."""
    frame = insertion.frame
    where = content(parsed, frame.node)
    inside = parsed.body[where.start + 1 : where.end - 1]
    space = spacing(parsed, insertion.chain)
    if "#" in inside:
        text = _entries(parsed, insertion, insertion.tree, space.comma, None)
        return Splice(where.start + 1, where.start + 1, f" {text} " if inside[0] == "#" else text)
    if BREAK.search(inside):
        base = parsed.indent(where.start)
        newline = parsed.newline(where.start) + base + space.unit
        text = _entries(parsed, insertion, insertion.tree, "," + newline, base + space.unit)
        return Splice(where.start + 1, where.start + 1, newline + text)
    if frame.holder is not None and on_lines(parsed, frame.holder):
        return Splice(where.start, where.end, _flow_new(parsed, insertion))
    text = _entries(parsed, insertion, insertion.tree, space.comma, None)
    text = inside + text if inside else space.pad + text + space.pad
    return Splice(where.start + 1, where.start + 1, text)


def _flow_new(parsed: Parsed, insertion: Insertion) -> str:
    """A whole new flow map."""
    frame = insertion.frame
    base = None
    if frame.holder is not None and on_lines(parsed, frame.holder):
        base = parsed.indent(frame.holder.value[frame.index][0].start_mark.index)
    return _flow(parsed, insertion).map(insertion.tree, base)


def _entries(
    parsed: Parsed, insertion: Insertion, tree: Tree, between: str, indent: str | None
) -> str:
    return between.join(_flow(parsed, insertion).entries(tree, indent))


def _flow(parsed: Parsed, insertion: Insertion) -> Flow:
    return flow(parsed, insertion.chain, _beside(insertion))


def flow(parsed: Parsed, chain: Chain, beside: bool = False) -> Flow:
    """What writes flow style into the last map of `chain`."""
    at = chain[-1].node.start_mark.index
    marks = quotes(parsed, chain, beside)
    return Flow(spacing(parsed, chain), marks, parsed.newline(at), parsed.in_block(at))
