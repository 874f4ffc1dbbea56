"""Which values a chart's templates mention as annotations, and which as sync waves.

A reader of Go templates that follows `.Values.a.b`, `with`, `range`, variables and `index` as far
as paths go, and evaluates nothing: it names what is worth a try, and rendering tells what is so.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise

from wavefix.model import SYNC_WAVE

EACH = "*"  # the step of a path that stands for every key or item

Steps = tuple[str, ...]
Paths = frozenset[Steps]  # from the root context: ("Values", "a", "b")

_PIECE = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|/\*.*?\*/|\}\}|[^"`}/]+|.', re.DOTALL)
_MOST = 200  # paths that an expression may stand for, steps of one, variables, blocks in each other
_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`)
    |(?P<chain>\$\w*(?:\.\w+)*|(?:\.\w+)+|\.)|(?P<sign>\(|\)|\||:=|=|,)
    |(?P<word>[^\s()|,"`]+)""",
    re.VERBOSE,
)
_NONE: Paths = frozenset()
_ROOT: Paths = frozenset([()])
# Functions whose first argument is looked up in by those after it.
_LOOKUPS = ("index", "get", "hasKey", "pluck")


@dataclass(slots=True)
class Mentions:
    """Paths of values, from the root of the chart's own values; EACH stands for any step.

    `loose` are the names of annotations of something that could not be followed back to values.
    """

    annotations: set[Steps] = field(default_factory=set)
    waves: set[Steps] = field(default_factory=set)
    loose: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Frame:
    """A block: its dot, and what it is outside of it."""

    dot: Paths
    variables: dict[str, Paths]


def mentions(templates: Iterable[str]) -> Mentions:
    """What some templates mention."""
    out = Mentions()
    for text in templates:
        _Reader(out).read(text)
    return out


class _Reader:
    """One template: the blocks that are open, innermost last."""

    def __init__(self, out: Mentions) -> None:
        self._out = out
        self._frames = [_Frame(_ROOT, {"$": _ROOT})]

    def read(self, text: str) -> None:
        """Follow every action of a template."""
        for start, action in _actions(text):
            found = self._action(action)
            line = text[text.rfind("\n", 0, start) + 1 : start]
            if SYNC_WAVE in line:
                self._waves(found)

    def _action(self, action: str) -> Paths:
        word, _, rest = action.partition(" ")
        frames = self._frames
        if word in ("if", "with", "range"):
            found, variables = self._pipeline(rest, word == "range")
            now = frames[-1]
            dot = now.dot if word == "if" else _below(found, EACH) if word == "range" else found
            known = now.variables | variables if len(frames) < _MOST else {}
            frames.append(_Frame(dot, known))
        elif word in ("define", "block"):
            frames.append(_Frame(_ROOT, {"$": _ROOT}))
        elif word == "else" and len(frames) > 1:
            frames.pop()
            frames.append(_Frame(frames[-1].dot, dict(frames[-1].variables)))
            kind, _, condition = rest.strip().partition(" ")
            if kind in ("if", "with"):
                found, variables = self._pipeline(condition, False)
                frames[-1].variables.update(variables)
                frames[-1].dot = found if kind == "with" else frames[-1].dot
        elif word == "end":
            if len(frames) > 1:
                frames.pop()
        else:
            found, variables = self._pipeline(action, False)
            if len(frames[-1].variables) < _MOST:
                frames[-1].variables.update(variables)
            return found
        return _NONE

    def _pipeline(self, text: str, ranged: bool) -> tuple[Paths, dict[str, Paths]]:
        """What an expression may stand for, and the variables that it sets."""
        tokens = deque(_TOKEN.finditer(text))
        names: list[str] = []
        for number, token in enumerate(tokens):
            if token["sign"] in (":=", "="):
                names = [t["chain"] for t in islice(tokens, number) if t["chain"]]
                tokens = deque(islice(tokens, number + 1, None))
                break
        try:
            found = self._commands(tokens)
        except RecursionError:  # parentheses that no template has
            found = _NONE
        value = _below(found, EACH) if ranged else found
        return found, {names[-1]: value} if names else {}

    def _commands(self, tokens: deque[re.Match[str]]) -> Paths:
        """Commands with pipes between them, up to the end or a closing parenthesis."""
        found: Paths = _NONE
        command: list[tuple[Paths, str | None]] = []
        function = ""
        while tokens:
            token = tokens.popleft()
            if token["sign"] == ")":
                break
            if token["sign"] == "|":
                found = _few(found | self._call(function, command))
                command, function = [], ""
            elif token["sign"] == "(":
                inner = self._commands(tokens)
                if tokens and (chain := tokens[0]["chain"]) and chain.startswith("."):
                    tokens.popleft()
                    inner = self._mentioned(_below(inner, *chain.split(".")[1:]))
                command.append((inner, None))
            elif token["chain"]:
                command.append((self._mentioned(self._chain(token["chain"])), None))
            elif token["text"]:
                command.append((_NONE, _string(token["text"])))
            elif token["word"] and not function and not command:
                function = token["word"]
        return _few(found | self._call(function, command))

    def _call(self, function: str, arguments: list[tuple[Paths, str | None]]) -> Paths:
        for (_, text), (found, _) in pairwise(arguments):
            if text == SYNC_WAVE:  # `dict "argocd.argoproj.io/sync-wave" .Values.wave`
                self._waves(found)
        if function in _LOOKUPS and arguments:
            steps = [EACH if text is None else text for _, text in arguments[1:]]
            return self._mentioned(_below(arguments[0][0], *steps))
        if function == "dig" and len(arguments) > 2:
            steps = [text for _, text in arguments[:-2] if text is not None]
            return self._mentioned(_below(arguments[-1][0], *steps))
        return frozenset(path for found, _ in arguments for path in found)

    def _chain(self, chain: str) -> Paths:
        head, *steps = chain.split(".")
        steps = [step for step in steps if step]
        frame = self._frames[-1]
        if "Values" in steps:  # of whatever context: `.context.Values.x` in a named template
            return frozenset([tuple(steps[steps.index("Values") :])])
        found = _below(frame.variables.get(head, _NONE) if head else frame.dot, *steps)
        if steps and is_annotations(steps[-1]) and all(path[:1] != ("Values",) for path in found):
            self._out.loose.add(steps[-1])
        return found

    def _mentioned(self, found: Paths) -> Paths:
        for path in found:
            if path[:1] != ("Values",):
                continue
            for length, step in enumerate(path[1:], 1):
                if is_annotations(step):
                    self._out.annotations.add(path[1 : length + 1])
                    break
            else:
                if "wave" in path[-1].lower():
                    self._out.waves.add(path[1:])
        return found

    def _waves(self, found: Paths) -> None:
        self._out.waves.update(path[1:] for path in found if path[:1] == ("Values",) and path[1:])


def _actions(text: str) -> Iterator[tuple[int, str]]:
    """What stands between the braces of each action that is no comment, and where that starts."""
    start = text.find("{{")
    while start >= 0:
        at = start + 2
        while (piece := _PIECE.match(text, at)) is not None and piece[0] != "}}":
            at = piece.end()
            if piece[0] in ('"', "`") or (piece[0] == "/" and text.startswith("*", at)):
                return  # a string or a comment that does not end
        if piece is None:
            return
        action = text[start + 2 : at].strip().removeprefix("-").removesuffix("-").strip()
        if not action.startswith("/*"):
            yield start, action
        start = text.find("{{", piece.end())


def is_annotations(key: str) -> bool:
    """Whether a key of values says that it holds annotations."""
    return "annotation" in key.lower()


def _below(found: Paths, *steps: str) -> Paths:
    return frozenset((*path, *steps) for path in found if len(path) < _MOST) if steps else found


def _few(found: Paths) -> Paths:
    """Paths as long as they are few: what stands for many is nothing to try."""
    return found if len(found) <= _MOST else _NONE


def _string(token: str) -> str:
    if token[0] == "`":
        return token[1:-1]
    try:
        return str(json.loads(token))
    except ValueError:
        return token[1:-1]


def expanded(pattern: Steps, values: object) -> Iterator[tuple[str | int, ...]]:
    """The paths of a pattern in some values: EACH is every key of a map or item of a list there.

    Steps behind those that exist are taken as they are, unless one of them is EACH.
    """
    for number, step in enumerate(pattern):
        if step == EACH:
            entries = (
                list(values.items()) if isinstance(values, dict)
                else list(enumerate(values)) if isinstance(values, list)
                else []
            )  # fmt: skip
            for key, value in entries:
                if is_annotations(str(key)) and number < len(pattern) - 1:
                    continue
                if isinstance(value, dict | list) or value is None:
                    for rest in expanded(pattern[number + 1 :], value):
                        yield (*pattern[:number], key, *rest)
            return
        values = values.get(step) if isinstance(values, dict) else None
    yield pattern
