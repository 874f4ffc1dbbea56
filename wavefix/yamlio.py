"""Reading YAML and JSON: bytes to plain data that remembers its lines.

Scalars get the types that kubectl and Argo CD give them (sigs.k8s.io/yaml: YAML 1.1 booleans,
numbers, null); everything else is text. JSON is YAML too, but for a few escapes and controls: where
libyaml refuses a `.json` file, `jsonio` reads it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from yaml import MarkedYAMLError, YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode
from yaml.reader import ReaderError

from wavefix.composer import BOM, PLAIN, TEXT, TOO_DEEP, Expands, compose, extent
from wavefix.errors import InputError
from wavefix.limits import Meter, exceeded
from wavefix.model import Path

__all__ = [
    "BOM", "Document", "Map", "Seq",
    "compose", "decode", "get", "line_of", "load", "scalar", "to_data",
]  # fmt: skip

_TYPED = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "bool", "float", "null"))


class Map(dict[str, Any]):
    """A mapping that remembers the line of each key."""

    __slots__ = ("line", "lines")
    line: int
    lines: dict[str, int]


def blank(line: int) -> Map:
    """A mapping that stands in no file, as if it were written in this line."""
    out = Map()
    out.line, out.lines = line, {}
    return out


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


_INT = re.compile(r"([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z")
_STRAY = re.compile(r"(?<![0-9])_|_(?![0-9])")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, bool | None] = {
    word: value
    for value, stems in ((True, ("y", "yes", "true", "on")), (False, ("n", "no", "false", "off")))
    for stem in stems
    for word in (stem, stem.capitalize(), stem.upper())
} | {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_NUMBER_START = frozenset("0123456789+-.")


def scalar(value: str) -> str | int | float | bool | None:
    """The typed value of a plain scalar."""
    if value[:1] in _NUMBER_START:
        return _number(value)
    if len(value) <= 5 and value in _WORDS:
        return _WORDS[value]
    return value


def _number(value: str) -> str | int | float:
    """A number as Go reads it: 64 bits, an integer too large for that is a float."""
    digits = value
    if "_" in value:
        if value[0] == "." and _STRAY.search(value):
            return value
        digits = value.replace("_", "")
    match = _INT.match(digits) if len(digits) < 80 else None
    if match:
        sign, body = match.groups()
        octal = len(body) > 1 and body[0] == "0" and body[1].isdigit()
        number = int(body, 8 if octal else 0) * (-1 if sign == "-" else 1)
        if -(1 << 63) <= number < 1 << (63 if sign else 64):
            return number
    if _FLOAT.match(digits):
        size = float(digits)
        return value if size in (float("inf"), float("-inf")) else size
    return value


def to_data(node: Node, memo: dict[int, Any] | None = None, deepest: int = 200) -> Any:
    """A node tree as `Map`, `Seq` and scalars. Later duplicates of a key win, as in kubectl.

    `memo` holds what anchors stand for; without one the tree must have no aliases. Raises
    RecursionError, with a line, for a tree of more than `deepest` levels.
    """
    kind = node.__class__
    if kind is ScalarNode:
        tag = node.tag
        if tag is PLAIN or tag in _TYPED:
            return scalar(node.value)
        return node.value
    if deepest < 0:
        raise RecursionError(node.start_mark.line + 1)
    if memo is not None and id(node) in memo:
        return memo[id(node)]
    if kind is MappingNode:
        return _to_map(node, memo, deepest - 1)
    items = Seq()
    if memo is not None:
        memo[id(node)] = items
    items.line = node.start_mark.line + 1
    items.lines = []
    for child in node.value:
        items.append(to_data(child, memo, deepest - 1))
        items.lines.append(child.start_mark.line + 1)
    return items


def _to_map(node: Node, memo: dict[int, Any] | None, deepest: int) -> Map:
    out = Map()
    if memo is not None:
        memo[id(node)] = out
    out.line = node.start_mark.line + 1
    out.lines = lines = {}
    for key, child in node.value:
        name = key.value
        if key.__class__ is not ScalarNode:
            name = f"?{key.start_mark.line}:{key.start_mark.column}"  # of no use to anyone here
        elif name == "<<" and key.tag is PLAIN:
            _merge(out, to_data(child, memo, deepest))
            continue
        if child.__class__ is ScalarNode:
            value, tag = child.value, child.tag
            # Most scalars are words that can only be text: longer than `false`, and no number.
            if tag is PLAIN:
                if len(value) <= 5 or value[0] in _NUMBER_START:
                    value = scalar(value)
            elif tag is not TEXT and tag in _TYPED:
                value = scalar(value)
            out[name] = value
        else:
            out[name] = to_data(child, memo, deepest)
        lines[name] = key.start_mark.line + 1
    return out


def _merge(out: Map, merged: Any) -> None:
    """`<<`: as go-yaml does it, keys before it are overridden, keys after it override."""
    for source in reversed(merged) if isinstance(merged, Seq) else [merged]:
        if isinstance(source, Map):
            out.update(source)
            out.lines.update(source.lines)


def load(text: str, file: str, meter: Meter | None = None) -> list[Document]:
    """Every document of a file that is not empty; a meter counts it for what is read in all.

    Raises InputError with the file and line where the text is no YAML, or is too large.
    """
    meter = meter or Meter()
    meter.nodes(_about(text), file)
    deepest = meter.limits.depth
    try:
        return _documents(text, file, meter)
    except RecursionError as error:
        line = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        raise _too_deep(deepest, file, line) from None
    except Expands as error:
        what = f"aliases expand to more than {meter.limits.nodes} values"
        raise exceeded("nodes", what, file, _line(error)) from None
    except (YAMLError, ValueError) as error:
        if file.endswith(".json"):
            from wavefix.jsonio import parse

            try:
                return [Document(0, parse(text, deepest), 1)]
            except RecursionError as deep:
                raise _too_deep(deepest, file, deep.args[0]) from None
            except ValueError:
                pass  # neither: what YAML says of it will do
        raise _invalid(error, text, file, deepest) from None


# What nearly every value has beside it.
_SIGNS = ("\n", ",", "[", "{", "- ")


def _about(text: str) -> int:
    """About how many values a text has: more, where it holds other texts in lines of their own."""
    return sum(map(text.count, _SIGNS))


def _too_deep(deepest: int, file: str, line: int) -> InputError:
    return exceeded("depth", f"nested too deeply: more than {deepest} levels", file, line)


def _documents(text: str, file: str, meter: Meter) -> list[Document]:
    documents: list[Document] = []
    aliases = "*" in text and "&" in text
    most, deepest = meter.limits.documents, meter.limits.depth
    for index, node in enumerate(compose(text)):
        line = node.start_mark.line + 1
        if index == most:
            raise exceeded("documents", f"more than {most} documents", file, line)
        if aliases:
            size, levels = extent(node, {}, meter.limits.nodes)
            if levels > deepest:
                raise RecursionError(line)
            meter.nodes(size, file, line)
        memo: dict[int, Any] | None = {} if aliases else None  # ids hold while the document lives
        data = to_data(node, memo, deepest - 1)
        if data is not None:
            documents.append(Document(index, data, line))
    return documents


# What YAML allows of Unicode; libyaml does not say where anything else stands.
# What an error quotes of a file may be anything, a password too.
_QUOTED = re.compile(r""" (?:'[^'\s]{2,}'|"[^"\s]{2,}")""")
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _invalid(error: Exception, text: str, file: str, deepest: int) -> InputError:
    advice = "mend the syntax, or name the file under `exclude` in .wavefix.yaml"
    line = 0
    if isinstance(error, MarkedYAMLError):
        line = _line(error)
        problem = " ".join(part for part in (error.context, error.problem) if part)
        problem = _QUOTED.sub("", problem)
        if "maximum nesting depth" in problem or problem == TOO_DEEP:  # libyaml's own, since 0.2.6
            return _too_deep(deepest, file, line)
    elif isinstance(error, ReaderError) and (found := _NOT_ALLOWED.search(text)):
        problem = f"the control character U+{ord(found[0]):04X}"
        line = text.count("\n", 0, found.start()) + 1
        advice = "save the file as text, or name it under `exclude` in .wavefix.yaml"
    else:
        problem = str(error).strip().splitlines()[0]
    return InputError(f"invalid YAML: {problem}", advice, file, line)


def _line(error: MarkedYAMLError) -> int:
    """The line that an error of the parser names; 0 where it names none."""
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 0


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
