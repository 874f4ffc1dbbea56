"""Go templates, as far as ApplicationSets use them.

What cannot be told stays as it is written: an expression by itself, and the whole text where a
condition, a loop or a variable depends on it. Go: text/template/parse, text/template/exec.go.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wavefix.discover.gofunctions import (
    FAILURES,
    FUNCTIONS,
    call,
    floats,
    normalize,
    shown,
    size,
    truth,
)
from wavefix.limits import WORK

__all__ = ["Fill", "Scope", "fill", "fill_all", "normalize"]

_QUOTED = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`')
_STOP = re.compile(r'["`]|\}\}')
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?P<number>[-+]?\d+(?:\.\d+)?(?![\w.]))
    |(?P<name>(?:\$\w*|\.?\w+)(?:\.\w+)*|\.)|(?P<chain>(?:\.\w+)+)|(?P<sign>:=|[|(),=]))""",
    re.VERBOSE,
)
_Thunk = Callable[[], Any]
_MOST = 100_000  # nodes that are run: more than any ApplicationSet has
_PER_STEP = 64  # characters that are read or written, for each of those
_BLOCKS = ("if", "range", "with")
_WORDS = {"true": True, "false": False, "nil": None}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a template is filled with. Not `known`: a name that is not there may have a value, or
    must have one.
    """

    values: Mapping[str, Any]
    known: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", floats(dict(self.values)))


class _UntoldError(Exception):
    """What a condition, a loop or a variable depends on cannot be told."""


@dataclass(slots=True)
class _Node:
    """Text, an action, or a block with its branches; the last one may have no condition."""

    raw: str
    action: str = ""
    kind: str = "text"
    branches: list[tuple[str, str, list[_Node]]] = field(default_factory=list)  # kind, condition


def fill(text: str, values: Mapping[str, Any] | Scope) -> str:
    """`text` as Argo CD makes it, as far as `values` can tell."""
    if "{{" not in text:
        return text
    scope = values if isinstance(values, Scope) else Scope(values)
    try:
        nodes = _parsed(text)
        return "".join(_Run(scope).run(nodes, scope.values))
    except (_UntoldError, RecursionError):
        return text


Fill = Callable[[str, Any], str]


def fill_all(data: Any, values: Any, how: Fill = fill) -> Any:
    """`data` with every string in it filled, keys too; structure and lines stay."""
    if isinstance(data, str):
        WORK.steps(1 + len(data) // _PER_STEP)
        return how(data, values)
    if isinstance(data, dict):
        out = type(data)()
        for key, value in data.items():
            name = how(key, values) if isinstance(key, str) else key
            out[name] = fill_all(value, values, how)
        return _with_lines(out, data)
    if isinstance(data, list):
        return _with_lines(type(data)(fill_all(item, values, how) for item in data), data)
    return data


def _with_lines(out: Any, data: Any) -> Any:
    if hasattr(data, "lines"):
        out.line, out.lines = data.line, data.lines
    return out


def _pieces(text: str) -> Iterator[tuple[str, str | None]]:
    """Texts, and actions beside what is between their braces; the trim markers have been obeyed."""
    at, trim = 0, False
    while (start := text.find("{{", at)) >= 0:
        end = _end(text, start + 2)
        body = text[start + 2 : end - 2]
        before, after = re.match(r"-\s", body), re.search(r"\s-\Z", body)
        shown = text[at:start].lstrip() if trim else text[at:start]
        yield (shown.rstrip() if before else shown), None
        inner = body[1 if before else 0 : -1 if after else None].strip()
        if not inner.startswith("/*"):
            yield text[start:end], inner
        at, trim = end, after is not None
    yield (text[at:].lstrip() if trim else text[at:]), None


def _end(text: str, at: int) -> int:
    """Where an action ends whose inside starts at `at`. Raises _UntoldError where it does not."""
    comment = re.compile(r"(?:-\s+)?/\*").match(text, at)
    if comment:
        at = text.find("*/", comment.end())
        if at < 0:
            raise _UntoldError
    while stop := _STOP.search(text, at):
        if stop[0] == "}}":
            return stop.end()
        quoted = _QUOTED.match(text, stop.start())
        if quoted is None:
            break
        at = quoted.end()
    raise _UntoldError


def _parsed(text: str) -> list[_Node]:
    """The nodes of a template. Raises _UntoldError where blocks do not close, or are unknown."""
    top: list[_Node] = []
    stack: list[tuple[_Node | None, list[_Node]]] = [(None, top)]
    for raw, body in _pieces(text):
        block, nodes = stack[-1]
        if body is None:
            nodes.append(_Node(raw))
            continue
        word, _, rest = body.partition(" ")
        if word in _BLOCKS:
            node = _Node(raw, kind=word, branches=[(word, rest, [])])
            nodes.append(node)
            stack.append((node, node.branches[0][2]))
        elif word in ("else", "end"):
            if block is None:
                raise _UntoldError
            stack.pop()
            if word == "else":
                kind, _, condition = rest.strip().partition(" ")
                block.branches.append((kind, condition, []))
                stack.append((block, block.branches[-1][2]))
        elif word in ("define", "template", "block", "break", "continue"):
            raise _UntoldError
        else:
            nodes.append(_Node(raw, body, "action"))
    if len(stack) > 1:
        raise _UntoldError
    return top


class _Run:
    """One evaluation: the variables in force, innermost last."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._variables: list[dict[str, Any]] = [{"$": scope.values}]
        self._left = _MOST

    def run(self, nodes: list[_Node], dot: Any) -> Iterator[str]:
        """The text that nodes make."""
        for node in nodes:
            self._spend(len(node.raw))
            if node.kind == "text":
                yield node.raw
            elif node.kind == "action":
                made = self._action(node, dot)
                self._spend(len(made))
                yield made
            else:
                yield from self._block(node, dot)

    def _spend(self, characters: int) -> None:
        """Count a step, and what it reads or writes."""
        steps = 1 + characters // _PER_STEP
        WORK.steps(steps)
        self._left -= steps
        if self._left < 0:
            raise _UntoldError

    def _action(self, node: _Node, dot: Any) -> str:
        assigned = re.match(r"\$\w+\s*:?=", node.action) is not None
        try:
            value = self._value(node.action, dot)
            return "" if assigned else shown(value)
        except FAILURES:
            if assigned:
                raise _UntoldError from None
            return node.raw

    def _value(self, text: str, dot: Any) -> Any:
        """The value of a pipeline; a variable that it declares is set."""
        names, rest = _declared(text)
        value = self._evaluated(rest, dot)
        if names:
            self._set(names[0], value, declares=":=" in text.partition(rest)[0])
        return value

    def _evaluated(self, text: str, dot: Any) -> Any:
        self._spend(len(text))
        known = self._scope.known
        return _Expression(text, dot, self._variables, self._spend, known).value()

    def _set(self, name: str, value: Any, declares: bool) -> None:
        frames = [frame for frame in self._variables if name in frame]
        if not declares and not frames:
            raise LookupError(name)
        (self._variables[-1] if declares else frames[-1])[name] = value

    def _block(self, node: _Node, dot: Any) -> Iterator[str]:
        for kind, condition, body in node.branches:
            self._variables.append({})
            try:
                made = self._branch(kind, condition, body, dot)
            except FAILURES:
                raise _UntoldError from None
            finally:
                self._variables.pop()
            if made is not None:
                yield from made
                return

    def _branch(self, kind: str, condition: str, body: list[_Node], dot: Any) -> list[str] | None:
        """What a branch makes; None where the next one is to be tried."""
        if not kind:
            return list(self.run(body, dot))
        if kind == "range":
            return self._range(condition, body, dot)
        if kind not in ("if", "with"):
            raise ValueError(kind)
        value = self._value(condition, dot)
        if not truth(value):
            return None
        return list(self.run(body, dot if kind == "if" else value))

    def _range(self, condition: str, body: list[_Node], dot: Any) -> list[str] | None:
        names, rest = _declared(condition)
        data = self._evaluated(rest, dot)
        if not isinstance(data, (list, dict, type(None))):
            raise TypeError
        if not data:
            return None
        pairs = sorted(data.items()) if isinstance(data, dict) else list(enumerate(data))
        out: list[str] = []
        for key, item in pairs:
            bound = (key, item) if len(names) == 2 else (item,)
            self._variables.append(dict(zip(names, bound, strict=False)))
            out += self.run(body, item)
            self._variables.pop()
        return out


_DECLARATION = re.compile(r"(\$\w+)\s*(?:,\s*(\$\w+)\s*)?:?=(?!=)")


def _declared(text: str) -> tuple[list[str], str]:
    """The variables that a pipeline sets, and the pipeline."""
    found = _DECLARATION.match(text.strip())
    if found is None:
        return [], text.strip()
    return [name for name in found.groups() if name], text.strip()[found.end() :].strip()


class _Expression:
    """A pipeline: fields, variables, strings, numbers, functions, pipes, parentheses."""

    def __init__(
        self,
        text: str,
        dot: Any,
        variables: list[dict[str, Any]],
        spend: Callable[[int], None],
        known: bool,
    ) -> None:
        self._dot = dot
        self._spend = spend
        self._variables = variables
        self._known = known
        self._tokens: deque[re.Match[str]] = deque()
        at, text = 0, text.rstrip()
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None:
                raise ValueError(text)
            self._tokens.append(token)
            at = token.end()

    def value(self) -> Any:
        """The value of all of it. Parsed first, as `and` and `or` leave out what does not count."""
        out = self._pipeline()
        if self._tokens:
            raise ValueError
        return out()

    def _pipeline(self) -> _Thunk:
        out = self._command([])
        while self._tokens and self._tokens[0]["sign"] == "|":
            self._tokens.popleft()
            out = self._command([out])
        return out

    def _command(self, piped: list[_Thunk]) -> _Thunk:
        name = (self._tokens[0]["name"] if self._tokens else None) or ""
        if name not in FUNCTIONS and name not in ("and", "or"):
            out = self._operand()
            if (
                name == "nil"
                or piped
                or (self._tokens and self._tokens[0]["sign"] not in ("|", ")"))
            ):
                raise ValueError(name)
            return out
        self._tokens.popleft()
        arguments: list[_Thunk] = []
        while self._tokens and self._tokens[0]["sign"] in (None, "("):
            arguments.append(self._operand())
        arguments += piped
        if name in ("and", "or"):
            return lambda: _junction(name, arguments)
        return lambda: self._call(name, [argument() for argument in arguments])

    def _call(self, name: str, arguments: list[Any]) -> Any:
        self._spend(size(arguments))
        return call(name, arguments)

    def _operand(self) -> _Thunk:
        token = self._tokens.popleft()
        if token["sign"] == "(":
            return self._inner()
        if token["text"]:
            text = token["text"]
            return _always(text[1:-1] if text[0] == "`" else json.loads(text))
        if token["number"]:
            written = token["number"]
            return _always(float(written) if "." in written else int(written))
        name = token["name"] or ""
        return lambda: self._named(name)

    def _inner(self) -> _Thunk:
        """What stands in parentheses, and a field right behind them: `(index . "a").b`."""
        out = self._pipeline()
        closed = self._tokens.popleft()
        if closed["sign"] != ")":
            raise ValueError
        after = self._tokens[0] if self._tokens else None
        if after and after.start("name") == closed.end() and after["name"].startswith("."):
            path = self._tokens.popleft()["name"] or ""
            return lambda: self._below(out(), path)
        return out

    def _named(self, name: str) -> Any:
        if name in _WORDS:
            return _WORDS[name]
        if name in FUNCTIONS:
            return self._call(name, [])
        if name.startswith("$"):
            variable, _, rest = name.partition(".")
            found = [frame[variable] for frame in self._variables if variable in frame]
            return self._below(found[-1], rest)
        if not name.startswith("."):
            raise LookupError(name)  # a function that is not known
        return self._below(self._dot, name)

    def _below(self, data: Any, path: str) -> Any:
        for step in filter(None, path.split(".")):
            if not isinstance(data, Mapping) or (step not in data and not self._known):
                raise LookupError(step)
            data = data.get(step)
        return data


def _always(value: Any) -> _Thunk:
    return lambda: value


def _junction(name: str, values: list[_Thunk]) -> Any:
    """and, or: the value that decides; those behind it are not looked at."""
    for value in values[:-1]:
        found = value()
        if truth(found) is (name == "or"):
            return found
    return values[-1]()
