"""Text to nodes with offsets: libyaml's parser where it is installed, PyYAML's own otherwise.

What no parser should be given is refused here: nesting and aliases without measure.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from yaml.composer import Composer, ComposerError
from yaml.error import Mark
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode

try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]
except ImportError:  # no libyaml binding for this interpreter
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner, ScannerError

    class _Parser(Reader, Scanner, Parser, Composer):  # type: ignore[no-redef]
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text.removeprefix(BOM))
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)

        def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Mark) -> list[str]:
            chunks: list[str] = super().scan_flow_scalar_non_spaces(double, start_mark)
            if any("\ud800" <= chunk <= "\udfff" for chunk in chunks):  # libyaml refuses these
                problem = "found invalid Unicode character escape code"
                raise ScannerError(None, start_mark, problem, self.get_mark())
            return chunks


BOM = "\ufeff"
PLAIN, TEXT = "plain", "text"  # all that a tag says of a scalar that has none of its own
TOO_DEEP = "nested too deeply"
_DEEPEST = 5000  # flow collections and compact sequences; libyaml's recursion ends in a crash


class _Composer(_Parser):
    """Composes nodes without resolving types: a tag only says whether a scalar was plain."""

    def resolve(self, kind: type[Node], value: str | None, implicit: Any) -> str | None:
        if kind is ScalarNode:
            return PLAIN if implicit[0] else TEXT
        return None

    # Called for every node, to no purpose here: functions that cost nothing.
    descend_resolver = staticmethod(operator.is_)
    ascend_resolver = staticmethod(bool)


# PyYAML's composer in Python can be told what an anchor means; without libyaml it is a base.
_BASES: Any = (_Composer,) if issubclass(_Composer, Composer) else (Composer, _Composer)


class _Redefining(*_BASES):  # type: ignore[misc]
    """Composes what gives an anchor twice: an alias means the nearest one before it."""

    def __init__(self, text: str) -> None:
        _Composer.__init__(self, text)
        self.anchors: dict[str, Node] = {}

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if not self.check_event(AliasEvent):
            event: Any = self.peek_event()
            self.anchors.pop(event.anchor, None)
        node: Node | None = super().compose_node(parent, index)
        return node


def compose(text: str) -> Iterator[Node]:
    """The root node of each document; marks count characters, a leading BOM not among them.

    An alias yields the very node that its anchor yielded. Raises yaml.YAMLError.
    """
    if len(text) > _DEEPEST:
        _check_depth(text)
    done = 0
    try:
        for node in _roots(_Composer(text)):
            yield node
            done += 1
    except ComposerError as error:
        if "duplicate anchor" not in f"{error.context} {error.problem}":
            raise
        yield from islice(_roots(_Redefining(text)), done, None)


def _roots(composer: Any) -> Iterator[Node]:
    while composer.check_node():
        node = composer.get_node()
        if node is not None:
            yield node


_BRACKET = re.compile(r"[\[\]{}]")
_COMPACT = re.compile(r"(?:[-?:][ \t]++){8,}+")  # without backtracking: each is read once


def _check_depth(text: str) -> None:
    """Refuse what no parser should recurse into. Brackets in strings count too: it is a bound."""
    deepest, at = 0, 0
    if text.count("[") + text.count("{") > _DEEPEST:
        depth = 0
        for bracket in _BRACKET.finditer(text):
            depth = depth + 1 if bracket[0] in "[{" else max(depth - 1, 0)
            if depth > deepest:
                deepest, at = depth, bracket.start()
    if deepest <= _DEEPEST:
        runs = (run for run in _COMPACT.finditer(text) if sum(map(run[0].count, "-?:")) > _DEEPEST)
        compact = next(runs, None)
        if compact is None:
            return
        at = compact.start()
    mark = Mark("", at, text.count("\n", 0, at), 0, None, 0)
    raise ComposerError(None, None, TOO_DEEP, mark)


def aliases(text: str) -> Iterator[tuple[int, int]]:
    """Where each alias of a valid text stands, and where what it repeats begins."""
    parser: Any = _Composer(text)
    anchors: dict[str, int] = {}
    while parser.check_event():
        event = parser.get_event()
        name, at = getattr(event, "anchor", None), event.start_mark.index
        if name is not None and event.__class__ is AliasEvent:
            yield at, anchors[name]
        elif name is not None:
            anchors[name] = at


Extent = tuple[int, int]  # of a tree: its nodes, and its levels


class Expands(ComposerError):
    """Aliases that stand for more than is allowed."""


def extent(node: Node, known: dict[int, Extent], most: int) -> Extent:
    """How large a tree is with its aliases expanded.

    Raises ComposerError for one that contains itself, Expands for one of more than `most` nodes.
    """
    found = known.get(id(node))
    if found is None:
        size, levels = 1, 0
        if node.__class__ is not ScalarNode:
            known[id(node)] = (0, 0)
            children = node.value
            if node.__class__ is MappingNode:
                children = [child for pair in children for child in pair]
            for child in children:
                more, below = extent(child, known, most)
                size, levels = size + more, max(levels, below)
            levels += 1
            if size > most:
                raise Expands(None, None, None, node.start_mark)
        found = known[id(node)] = size, levels
    if not found[0]:
        raise ComposerError(None, None, "an anchor that contains itself", node.start_mark)
    return found
