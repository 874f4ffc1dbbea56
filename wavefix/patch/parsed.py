"""One file as parsed: its text, its nodes, its lines, and the habits of its author."""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice

from yaml import YAMLError
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from wavefix import composer, yamlio
from wavefix.model import SYNC_WAVE

# What libyaml takes for a line break; a splice must see the lines that the parser sees.
BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_PLAIN_BREAK = re.compile(r"\r\n|\n|\r")
_PLAIN_BREAK_END = re.compile(r"(?:\r\n|\n|\r)\Z")
_ODD_BREAK = re.compile("[\x85\u2028\u2029]")
_BLANKS = re.compile(r"[ \t]*")
_TAB_FIRST = re.compile(r"(?: *[\r\n])* *\t")


# What JSON may have in a string and YAML not, to be masked by as many characters.
_NO_YAML = re.compile("\\\\u[dD][89a-fA-F][0-9a-fA-F]{2}|[\x7f-\x84\x86-\x9f\ufffe\uffff]")


class Refused(Exception):
    """A site that cannot be edited exactly. The message says why, as the end of a sentence."""


class Survey:
    """What a walk over all nodes tells: shared nodes, quotes, indentation steps."""

    def __init__(self, roots: Sequence[Node]) -> None:
        self.shared: set[int] = set()  # ids of nodes that some alias repeats
        self.quotes: Counter[str] = Counter()
        self.wave_quotes: Counter[str] = Counter()
        self.steps: Counter[int] = Counter()
        self.dashes: Counter[int] = Counter()  # of lists, below their keys
        self.block_ends: dict[int, ScalarNode] = {}  # literal and folded scalars, by their ends
        self._seen: set[int] = set()
        self._stack = list(roots)
        while self._stack:
            self._visit(self._stack.pop())

    def _visit(self, node: Node) -> None:
        if id(node) in self._seen:
            self.shared.add(id(node))
            return
        self._seen.add(id(node))
        if isinstance(node, MappingNode):
            for key, value in node.value:
                self._pair(key, value)
        elif isinstance(node, SequenceNode):
            for value in node.value:
                self._value(value)
        elif isinstance(node, ScalarNode) and node.style in ("|", ">"):
            self.block_ends[node.end_mark.index] = node

    def _pair(self, key: Node, value: Node) -> None:
        self._stack.append(key)
        if isinstance(value, MappingNode) and value.value and not value.flow_style:
            first = value.value[0][0].start_mark
            if first.line > key.start_mark.line and first.column > key.start_mark.column:
                self.steps[first.column - key.start_mark.column] += 1
        elif isinstance(value, SequenceNode) and not value.flow_style:
            if value.start_mark.line > key.start_mark.line:
                self.dashes[value.start_mark.column - key.start_mark.column] += 1
        elif isinstance(value, ScalarNode) and value.style in ("'", '"') and key.value == SYNC_WAVE:
            self.wave_quotes[value.style] += 1
        self._value(value)

    def _value(self, node: Node) -> None:
        self._stack.append(node)
        if isinstance(node, ScalarNode) and node.style in ("'", '"'):
            self.quotes[node.style] += 1


def documents(text: str) -> Iterator[Node]:
    """The documents, one by one. Raises yaml.YAMLError or ValueError."""
    done = 0
    try:
        for node in yamlio.compose(text):
            yield node
            done += 1
    except (YAMLError, ValueError):
        if not text[:1000].lstrip(f"{yamlio.BOM} \t\r\n").startswith(("{", "[")):
            raise
        masked = _NO_YAML.sub(lambda found: "\\ufffd" if found[0][0] == "\\" else " ", text)
        if masked == text:
            raise
        for node in islice(yamlio.compose(masked), done, None):
            _unmask(node, text.removeprefix(yamlio.BOM))
            yield node


def _unmask(root: Node, body: str) -> None:
    """Give the strings of JSON the values that they have there."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, MappingNode):
            stack += [part for pair in node.value for part in pair]
        elif isinstance(node, SequenceNode):
            stack += node.value
        elif isinstance(node, ScalarNode) and node.style == '"':
            start, end = node.start_mark.index, node.end_mark.index
            if _NO_YAML.search(body, start, end):
                node.value = json.loads(body[start:end])


class Parsed:
    """The text of a file, without a byte order mark, and what `yamlio.compose` made of it."""

    def __init__(self, text: str, line: Callable[[int], int] | None = None) -> None:
        self.line = line or (lambda at: bisect_right(self.starts, at))
        """The line that an offset has in the file, from 1."""
        self.body = text.removeprefix(yamlio.BOM)
        self.bom = text[: len(text) - len(self.body)]
        self.roots = list(documents(text))
        self.starts, self.ends = array("q", [0]), array("q")  # of the lines
        for match in BREAK.finditer(self.body):
            self.ends.append(match.start())
            self.starts.append(match.end())
        self.inner: dict[int, object] = {}  # by id of a literal scalar: see inner.py

    @cached_property
    def survey(self) -> Survey:
        """The habits of the file, found out when first asked for."""
        return Survey(self.roots)

    def shared(self, node: Node) -> bool:
        """Whether the node has an anchor that some alias repeats."""
        return self._has_anchors and id(node) in self.survey.shared

    def in_block(self, at: int) -> bool:
        """Whether the document at an offset is in block style.

        Within, no line right behind a plain value may begin with a tab, not even between braces
        (libyaml src/scanner.c `yaml_parser_scan_plain_scalar`, and go-yaml's copy of it).
        """
        root = self.roots[bisect_right(self._root_starts, at) - 1]
        return isinstance(root, CollectionNode) and not root.flow_style

    @cached_property
    def _root_starts(self) -> list[int]:
        return [root.start_mark.index for root in self.roots]

    def no_tab_below(self, at: int) -> None:
        """Raise Refused where lines below begin with a tab: only plain text may stand above one.

        Not in braces or brackets, nor at their end (libyaml src/scanner.c
        `yaml_parser_scan_to_next_token`).
        """
        if _TAB_FIRST.match(self.body, self.next_line(at)):
            raise Refused("a line below it begins with a tab")

    def uses(self, node: Node) -> list[int]:
        """Where the aliases of a shared node stand."""
        return self._aliases[node.start_mark.index]

    @cached_property
    def _aliases(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for alias, anchor in composer.aliases(self.bom + self.body):
            found[anchor].append(alias)
        return found

    @cached_property
    def _has_anchors(self) -> bool:
        return "&" in self.body

    def line_start(self, at: int) -> int:
        """Where the line of `at` begins."""
        return self.starts[bisect_right(self.starts, at) - 1]

    def next_line(self, at: int) -> int:
        """Where the next line begins; the end of the text where there is none."""
        number = bisect_right(self.starts, at)
        return self.starts[number] if number < len(self.starts) else len(self.body)

    def line_end(self, at: int) -> int:
        """Where the line of `at` ends, its line break not included."""
        number = bisect_right(self.starts, at) - 1
        return max(at, self.ends[number]) if number < len(self.ends) else len(self.body)

    def same_line(self, first: int, last: int) -> bool:
        """Whether both offsets lie on one line."""
        return self.line_start(first) == self.line_start(last)

    def blank_before(self, at: int) -> bool:
        """Whether nothing but white space stands before `at` on its line."""
        return self._blanks(self.line_start(at), at) == at

    def column(self, at: int) -> int:
        """Characters before `at` on its line."""
        return at - self.line_start(at)

    def indent(self, at: int) -> str:
        """The white space that the line of `at` begins with."""
        start = self.line_start(at)
        return self.body[start : self._blanks(start, at + 1)]

    def _blanks(self, start: int, end: int) -> int:
        """Where the white space from `start` on ends. No line is copied: it may be the file."""
        match = _BLANKS.match(self.body, start, end)
        return match.end() if match else start

    def newline(self, at: int) -> str:
        """The line break to use beside `at`: that of its line, of the one before, or the first."""
        start, end = self.line_start(at), self.line_end(at)
        behind = _PLAIN_BREAK.match(self.body, end)
        before = _PLAIN_BREAK_END.search(self.body, max(0, start - 2), start)
        match = behind or before
        return match.group() if match else self._first_break

    @cached_property
    def odd_breaks(self) -> bool:
        """Whether there are line breaks of Unicode: what a literal text ends with is part of it."""
        return _ODD_BREAK.search(self.body) is not None

    @cached_property
    def _first_break(self) -> str:
        match = _PLAIN_BREAK.search(self.body)
        return match.group() if match else "\n"
