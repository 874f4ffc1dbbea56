"""Plain data as YAML text: maps, lists, texts, numbers and booleans in the style of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yaml.nodes import Node

from wavefix import yamlio
from wavefix.patch.parsed import Refused
from wavefix.patch.style import Quotes, Spacing

Tree = dict[str, Any]

# Fine without quotes wherever it stands, also between braces.
_PLAIN = re.compile(r"[A-Za-z_/]([A-Za-z0-9_./ -]*[A-Za-z0-9_./-])?")
# What no literal block holds as it is.
_CONTROL = re.compile(
    "[^\t\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# JSON lets these stand in a string, YAML does not, or takes them for a line break.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def same(node: Node, value: Any) -> bool:
    """Whether a node is written for just this data, types included."""
    return json.dumps(yamlio.to_data(node, {}), sort_keys=True) == json.dumps(value, sort_keys=True)


class Quoted(str):
    """A text that stands in quotes whatever it is, with nothing that needs an escape: a wave."""

    __slots__ = ()


def scalar_text(value: Any, marks: Quotes) -> str:
    """A scalar, or an empty map or list, as it is written on one line."""
    if isinstance(value, Quoted):
        return marks.value_text(value)
    if not isinstance(value, str):
        return json.dumps(value)
    if not marks.json and _PLAIN.fullmatch(value) and yamlio.scalar(value) == value:
        return value
    if marks.value == "'" and value.isprintable() and not marks.json:
        return "'" + value.replace("'", "''") + "'"
    text = json.dumps(value, ensure_ascii=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


@dataclass(frozen=True, slots=True)
class Block:
    """Writes lines of block style. `step` indents a map below its key, `dash` a list.

    `literals`: texts of several lines may stand as they are, as a line break follows all that is
    written.
    """

    step: int
    dash: int
    marks: Quotes
    literals: bool = True

    def map(self, tree: Mapping[str, Any]) -> list[str]:
        """The lines of a map that is not empty."""
        return [line for name, value in tree.items() for line in self.pair(name, value)]

    def pair(self, name: str, value: Any) -> list[str]:
        """The lines of a key with its value."""
        head, *more = self._value(value)
        return [f"{self.marks.key_text(name)}:{head and ' '}{head}", *more]

    def _value(self, value: Any) -> list[str]:
        """What stands behind the colon, and the lines below."""
        if isinstance(value, Mapping) and value:
            return ["", *_indented(self.map(value), self.step)]
        if _is_list(value):
            return ["", *_indented(self.items(value), self.dash)]
        return self._scalar(value)

    def _scalar(self, value: Any) -> list[str]:
        if self.literals and isinstance(value, str) and _is_literal(value):
            sign = "|" if value.endswith("\n") else "|-"
            return [sign, *_indented(value.removesuffix("\n").split("\n"), self.step)]
        return [scalar_text(value, self.marks)]

    def items(self, values: Sequence[Any]) -> list[str]:
        """The lines of a list that is not empty."""
        out: list[str] = []
        for value in values:
            if isinstance(value, Mapping) and value:
                lines = self.map(value)
            elif _is_list(value):
                lines = self.items(value)
            else:
                lines = self._scalar(value)
            out += [f"- {lines[0]}", *_indented(lines[1:], 2)]
        return out


@dataclass(frozen=True, slots=True)
class Flow:
    """Writes flow style: on one line, or over several where an indentation is given.

    `inside`: block style is around it (see `Parsed.in_block`).
    """

    space: Spacing
    marks: Quotes
    newline: str
    inside: bool = False

    def entries(self, tree: Mapping[str, Any], indent: str | None) -> list[str]:
        """The pairs of a map, one by one."""
        return [self._pair(name, self.value(value, indent)) for name, value in tree.items()]

    def _pair(self, name: str, value: str) -> str:
        key, colon = self.marks.key_text(name), self.space.colon
        # Only behind a quoted key may the value follow at once.
        return f"{key}: {value}" if colon == ":" and key == name else f"{key}{colon}{value}"

    def value(self, value: Any, indent: str | None) -> str:
        """Any value."""
        if isinstance(value, Mapping) and value:
            return self.map(value, indent)
        if _is_list(value):
            deeper = None if indent is None else indent + self.space.unit
            return self._enclosed("[]", [self.value(item, deeper) for item in value], indent)
        text = scalar_text(value, self.marks)
        if self.inside and indent and "\t" in indent and text[0] not in "\"'[{":
            raise Refused("it would stand without quotes in a map that is indented with tabs")
        return text

    def map(self, tree: Mapping[str, Any], indent: str | None) -> str:
        """A whole map."""
        deeper = None if indent is None else indent + self.space.unit
        return self._enclosed("{}", self.entries(tree, deeper), indent)

    def _enclosed(self, signs: str, parts: Sequence[str], indent: str | None) -> str:
        if indent is None:
            pad = self.space.pad if signs == "{}" else ""
            return f"{signs[0]}{pad}{self.space.comma.join(parts)}{pad}{signs[1]}"
        deeper = self.newline + indent + self.space.unit
        return f"{signs[0]}{deeper}{f',{deeper}'.join(parts)}{self.newline}{indent}{signs[1]}"


def _is_literal(value: str) -> bool:
    """Whether a text of several lines can stand as they are, none of them in need of a sign."""
    text = value.removesuffix("\n")
    return "\n" in text and text == text.strip() and not _CONTROL.search(text)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value)


def _indented(lines: Sequence[str], by: int) -> list[str]:
    return [" " * by + line if line else line for line in lines]
