"""Reading YAML and JSON: bytes to plain data that remembers its lines, and to nodes with offsets.

libyaml (by PyYAML's binding) does the work where it is installed, PyYAML's own parser otherwise.
Scalars get the types that kubectl and Argo CD give them (sigs.k8s.io/yaml: YAML 1.1 booleans,
numbers, null); everything else is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from yaml import MarkedYAMLError, YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode

from wavefix.errors import InputError
from wavefix.model import Path

try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]
except ImportError:  # no libyaml binding for this interpreter
    from yaml.composer import Composer
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class _Parser(Reader, Scanner, Parser, Composer):  # type: ignore[no-redef]
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text.removeprefix(BOM))
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)


BOM = "\ufeff"
_PLAIN, _TEXT = "plain", "text"
_TYPED = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "bool", "float", "null"))


class Map(dict[str, Any]):
    """A mapping that remembers the line of each key."""

    __slots__ = ("line", "lines")
    line: int
    lines: dict[str, int]


class Seq(list[Any]):
    """A sequence that remembers the line of each item."""

    __slots__ = ("line", "lines")
    line: int
    lines: list[int]


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its number in the file, its data, its first line."""

    index: int
    data: Any
    line: int


class _Composer(_Parser):
    """Composes nodes without resolving types: a tag only says whether a scalar was plain."""

    def resolve(self, kind: type[Node], value: str | None, implicit: Any) -> str | None:
        if kind is ScalarNode:
            return _PLAIN if implicit[0] else _TEXT
        return None

    def descend_resolver(self, current: Node | None, index: Any) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


def compose(text: str) -> Iterator[Node]:
    """The root node of each document; marks count characters, a leading BOM not among them.

    An alias yields the very node that its anchor yielded. Raises yaml.YAMLError.
    """
    composer = _Composer(text)
    while composer.check_node():
        node = composer.get_node()
        if node is not None:
            yield node


_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*|0o?[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, bool | None] = {
    word: value
    for value, stems in ((True, ("y", "yes", "true", "on")), (False, ("n", "no", "false", "off")))
    for stem in stems
    for word in (stem, stem.capitalize(), stem.upper())
    if len(word) > 1  # kubectl reads a lone y or n as text
} | {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_NUMBER_START = frozenset("0123456789+-.")


def scalar(value: str) -> str | int | float | bool | None:
    """The typed value of a plain scalar."""
    if value[:1] in _NUMBER_START:
        if _INT.match(value):
            digits = value.replace("_", "")
            sign = -1 if digits[0] == "-" else 1
            digits = digits.lstrip("+-")
            octal = len(digits) > 1 and digits[0] == "0" and digits[1:].isdigit()
            return sign * (int(digits, 8) if octal else int(digits, 0))
        if _FLOAT.match(value):
            return float(value)
        return value
    if len(value) <= 5 and value in _WORDS:
        return _WORDS[value]
    return value


def to_data(node: Node, memo: dict[int, Any] | None = None) -> Any:
    """A node tree as `Map`, `Seq` and scalars. Later duplicates of a key win, as in kubectl.

    `memo` holds what anchors stand for; without one the tree must have no aliases.
    """
    kind = node.__class__
    if kind is ScalarNode:
        tag = node.tag
        if tag is _PLAIN or tag in _TYPED:
            return scalar(node.value)
        return node.value
    if memo is not None and id(node) in memo:
        return memo[id(node)]
    if kind is MappingNode:
        return _to_map(node, memo)
    items = Seq()
    if memo is not None:
        memo[id(node)] = items
    items.line = node.start_mark.line + 1
    items.lines = []
    for child in node.value:
        items.append(to_data(child, memo))
        items.lines.append(child.start_mark.line + 1)
    return items


def _to_map(node: Node, memo: dict[int, Any] | None) -> Map:
    out = Map()
    if memo is not None:
        memo[id(node)] = out
    out.line = node.start_mark.line + 1
    out.lines = lines = {}
    merged: list[Any] = []
    for key, child in node.value:
        name = key.value
        if key.__class__ is not ScalarNode:
            name = f"?{key.start_mark.line}:{key.start_mark.column}"  # of no use to anyone here
        elif name == "<<" and key.tag is _PLAIN:
            value = to_data(child, memo)
            merged += value if isinstance(value, Seq) else [value]
            continue
        # Most values are plain words, which need no call.
        if child.__class__ is ScalarNode and child.tag is _TEXT:
            out[name] = child.value
        else:
            out[name] = to_data(child, memo)
        lines[name] = key.start_mark.line + 1
    for source in merged:
        if isinstance(source, Map):
            for name, value in source.items():
                if name not in out:
                    out[name] = value
                    lines[name] = source.lines[name]
    return out


def load(text: str, file: str) -> list[Document]:
    """Every document of a file that is not empty.

    Raises InputError with the file and line where the text is no YAML.
    """
    documents: list[Document] = []
    try:
        aliases = "*" in text
        for index, node in enumerate(compose(text)):
            data = to_data(node, {} if aliases else None)  # ids hold while the document lives
            if data is not None:
                documents.append(Document(index, data, node.start_mark.line + 1))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise InputError(
            f"invalid YAML: {problem}",
            "mend the syntax, or name the file under `exclude` in .wavefix.yaml",
            file,
            mark.line + 1 if mark else 0,
        ) from None
    except (YAMLError, ValueError) as error:
        problem = str(error).strip().splitlines()[0]
        raise InputError(f"invalid YAML: {problem}", "mend the file", file) from None
    except RecursionError:
        raise InputError("invalid YAML: nested too deeply", "mend the file", file) from None
    return documents


def decode(data: bytes, file: str) -> str:
    """The text of a file. Raises InputError with the line of the first byte that is no UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"invalid UTF-8: byte 0x{data[error.start]:02x}", "save the file as UTF-8", file, line
        ) from None


def get(data: Any, *path: Any) -> Any:
    """The value at a path of keys and indices; None where there is none."""
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and -len(data) <= step < len(data):
            data = data[step]
        else:
            return None
    return data


def line_of(data: Any, path: Path, default: int) -> int:
    """The line of the last step of `path` that exists."""
    line = default
    for step in path:
        lines = getattr(data, "lines", None)
        if isinstance(data, Map) and isinstance(lines, dict) and step in data:
            line = lines.get(str(step), line)
            data = data[str(step)]
        elif isinstance(data, Seq) and isinstance(step, int) and step < len(data):
            line = data.lines[step]
            data = data[step]
        else:
            break
    return line
