"""The actions (`{{ ... }}`) of a Go template: where they stand, what they enclose, what they print.

Read from Go's text/template/parse/lex.go (delimiters, trim markers, strings, comments) and parse.go
(blocks). Helm changes none of it (pkg/engine/engine.go).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from wavefix.yamlio import BOM

SILENT, PRINTS = "\x01", "\x02"  # what stands for each character of an action in the mask

_OPEN = re.compile(r"\{\{(-(?=[ \t\r\n]))?\s*(/\*)?")
_COMMENT_END = re.compile(r"\*/\s*(?P<trim>-)?\}\}")
_QUOTED = r'"(?:[^"\\\n]|\\.)*+"|`[^`]*+`|\'(?:[^\'\\\n]|\\.)*+\''
# A quote that nothing closes is the end of it: to Go an error, and to search on takes forever.
_NEXT = re.compile(rf"""{_QUOTED}|(?P<open>["'`])|(?:(?<=[ \t\r\n])(?P<trim>-))?\}}\}}""")
_WORD = re.compile(r"[A-Za-z_]\w*")
_ASSIGN = re.compile(r"\$\w*(?:\s*,\s*\$\w+)?\s*:?=(?!=)")
_BLOCKS = frozenset(("if", "with", "range", "define", "block"))
_SILENT = frozenset(("if", "with", "range", "define", "else", "end", "break", "continue"))


class NoSpot(Exception):
    """An annotation has no place that can be edited exactly. Says why, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action, or all of a `define` or a `block` with what stands in it."""

    start: int
    end: int
    body: str  # without delimiters and trim markers; "" for a comment
    word: str  # that it begins with; "" for none
    silent: bool  # prints nothing by itself
    right: bool  # takes the white space behind it away


class Template:
    """The text of a template; a mask of it in which actions are no text; the blocks it has.

    Raises NoSpot for what is no Go template.
    """

    def __init__(self, text: str) -> None:
        if SILENT in text or PRINTS in text:
            raise NoSpot("there is a control character in the template")
        self.text = text
        self.actions = tuple(_whole(list(_actions(text))))
        self.mask = _mask(text, self.actions)
        self._ends = [action.end for action in self.actions]
        self._paths = list(_paths(self.actions))
        self.memo: dict[int, list[Any]] = {}  # lines by where a part starts: see lines.py

    def path(self, at: int) -> tuple[int, ...]:
        """The branches of blocks (`if`, `else`, `with`, `range`) that an offset stands in."""
        return self._paths[bisect_right(self._ends, at)]

    def glued(self, at: int) -> bool:
        """Whether a `-}}` before the offset takes away all white space up to it."""
        number = bisect_right(self._ends, at) - 1
        if number < 0 or not self.actions[number].right:
            return False
        return not self.text[self.actions[number].end : at].strip(" \t\r\n")

    def action(self, at: int) -> Action:
        """The first action that ends behind the offset."""
        return self.actions[bisect_right(self._ends, at)]

    def within(self, start: int, end: int) -> list[Action]:
        """The actions that begin in a span."""
        first = bisect_left(self.actions, start, key=_start)
        return list(self.actions[first : bisect_left(self.actions, end, key=_start)])


def _start(action: Action) -> int:
    return action.start


def _actions(text: str) -> Iterator[Action]:
    at = 0
    while opened := _OPEN.search(text, at):
        if opened[2]:
            closed = _COMMENT_END.search(text, opened.end())
        else:
            closed = _closing(text, opened.end())
        if closed is None:
            raise NoSpot("a {{ has no }} in the template")
        at = closed.end()
        body = "" if opened[2] else text[opened.end() : closed.start()].strip()
        word = _WORD.match(body)
        name = word.group() if word else ""
        silent = bool(opened[2]) or name in _SILENT or bool(_ASSIGN.match(body))
        yield Action(opened.start(), at, body, name, silent, bool(closed["trim"]))


def _closing(text: str, at: int) -> re.Match[str] | None:
    """The first delimiter that is in no string; None where it or the end of one is missing."""
    for found in _NEXT.finditer(text, at):
        if found["open"] or found[0].endswith("}}"):
            return None if found["open"] else found
    return None


def _whole(actions: list[Action]) -> Iterator[Action]:
    """The actions, with each `define` and `block` as one: what stands in it is made elsewhere."""
    at = 0
    while at < len(actions):
        first = actions[at]
        if first.word in ("define", "block"):
            depth = 1
            while depth:
                at += 1
                if at == len(actions):
                    raise NoSpot(f"a {first.word} has no end in the template")
                depth += (actions[at].word in _BLOCKS) - (actions[at].word == "end")
            first = replace(first, end=actions[at].end, right=actions[at].right)
        yield first
        at += 1


def _mask(text: str, actions: tuple[Action, ...]) -> str:
    """As long as the text. A byte order mark is a blank in it: Helm drops one that it reads."""
    pieces, at = [], 0
    for action in actions:
        sign = SILENT if action.silent else PRINTS
        pieces += [text[at : action.start], sign * (action.end - action.start)]
        at = action.end
    mask = "".join([*pieces, text[at:]])
    return SILENT + mask[1:] if mask.startswith(BOM) else mask


def _paths(actions: tuple[Action, ...]) -> Iterator[tuple[int, ...]]:
    """The path at the start, and behind each action. A branch has the number of its action."""
    path: tuple[int, ...] = ()
    yield path
    for number, action in enumerate(actions):
        if action.word in ("if", "with", "range"):
            path = (*path, number)
        elif action.word in ("else", "end"):
            if not path:
                raise NoSpot(f"an {action.word} belongs to nothing in the template")
            path = (*path[:-1], number) if action.word == "else" else path[:-1]
        yield path
    if path:
        raise NoSpot("a block has no end in the template")
