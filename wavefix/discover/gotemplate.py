"""ApplicationSet templates, as far as names and paths need them.

Both kinds: Go templates (`{{.path.basename}}`, `{{ index .path.segments 1 | lower }}`) and the old
ones (`{{path.basename}}`, `{{path[1]}}`). What cannot be filled in stays as it is written.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any

_HOLE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?P<number>-?\d+(?![\w.]))
    |(?P<name>\.?[\w-]+(?:\[\d+\]|\.[\w-]+)*|\.)|(?P<sign>[|()]))""",
    re.VERBOSE,
)


def normalize(name: str) -> str:
    """applicationset/utils/template_functions.go, SanitizeName: a name that Kubernetes takes."""
    return re.sub(r"[^-a-z0-9.]", "-", name.lower())[:253].strip("-.")


def _printf(form: str, *arguments: Any) -> str:
    return re.sub("%[vd]", "%s", form) % tuple(map(_shown, arguments))


# Sprig's, those that names and paths are made with. A pipe adds the last argument.
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "base": lambda path: posixpath.basename(path.rstrip("/")),
    "default": lambda other, value=None: value or other,
    "dir": posixpath.dirname,
    "first": lambda items: items[0],
    "index": lambda data, *steps: _walk(data, steps),
    "join": lambda sign, items: sign.join(map(_shown, items)),
    "last": lambda items: items[-1],
    "lower": lambda text: text.lower(),
    "normalize": normalize,
    "printf": _printf,
    "quote": lambda text: json.dumps(_shown(text), ensure_ascii=False),
    "replace": lambda old, new, text: text.replace(old, new),
    "splitList": lambda sign, text: text.split(sign),
    "squote": lambda text: f"'{_shown(text)}'",
    "toJson": lambda value: json.dumps(value),
    "toString": lambda value: _shown(value),
    "toYaml": lambda value: json.dumps(value),  # which is YAML as well
    "trim": lambda text: text.strip(),
    "trimPrefix": lambda prefix, text: text.removeprefix(prefix),
    "trimSuffix": lambda suffix, text: text.removesuffix(suffix),
    "trunc": lambda size, text: text[:size] if size >= 0 else text[size:],
    "upper": lambda text: text.upper(),
}


def fill(text: str, values: Mapping[str, Any]) -> str:
    """`text` with every hole filled that `values` can fill."""

    def replace(match: re.Match[str]) -> str:
        try:
            return _shown(_Expression(match[1], values).value())
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return match[0]

    return _HOLE.sub(replace, text) if "{{" in text else text


Fill = Callable[[str, Mapping[str, Any]], str]


def fill_all(data: Any, values: Mapping[str, Any], how: Fill = fill) -> Any:
    """`data` with every string in it filled; structure and keys stay."""
    if isinstance(data, str):
        return how(data, values)
    if isinstance(data, dict):
        out = type(data)()
        for key, value in data.items():
            out[key] = fill_all(value, values, how)
        return _with_lines(out, data)
    if isinstance(data, list):
        return _with_lines(type(data)(fill_all(item, values, how) for item in data), data)
    return data


def _with_lines(out: Any, data: Any) -> Any:
    if hasattr(data, "lines"):
        out.line, out.lines = data.line, data.lines
    return out


def _shown(value: Any) -> str:
    """A value as Go prints it. Raises TypeError for one that no name is made of."""
    if isinstance(value, dict):
        value = value.get("")  # `{{path}}`, which has fields of its own besides
    if value is None or isinstance(value, (dict, list)):
        raise TypeError
    return str(value).lower() if isinstance(value, bool) else str(value)


def _walk(data: Any, steps: Any) -> Any:
    """The value below `data`; None where a map lacks the last key. Raises where Go fails."""
    for step in steps:
        if isinstance(data, list):
            data = data[int(step)]
        elif isinstance(data, dict):
            data = data.get(step)
        else:
            raise TypeError(step)
    return data


class _Expression:
    """What stands between the braces: fields, strings, numbers, functions, pipes, parentheses."""

    def __init__(self, text: str, values: Mapping[str, Any]) -> None:
        self._values = values
        self._tokens: list[re.Match[str]] = []
        at = 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None:
                raise ValueError(text)
            self._tokens.append(token)
            at = token.end()

    def value(self) -> Any:
        """The value of all of it."""
        out = self._pipeline()
        if self._tokens:
            raise ValueError
        return out

    def _pipeline(self) -> Any:
        out = self._command([])
        while self._tokens and self._tokens[0]["sign"] == "|":
            self._tokens.pop(0)
            out = self._command([out])
        return out

    def _command(self, piped: list[Any]) -> Any:
        name = self._tokens[0]["name"] if self._tokens else None
        function = _FUNCTIONS.get(name) if name else None
        alone = len(self._tokens) < 2 or self._tokens[1]["sign"] in ("|", ")")
        if function is None or (alone and not piped):
            if piped:
                raise ValueError(name)
            return self._operand()
        self._tokens.pop(0)
        arguments = []
        while self._tokens and self._tokens[0]["sign"] in (None, "("):
            arguments.append(self._operand())
        return function(*arguments, *piped)

    def _operand(self) -> Any:
        token = self._tokens.pop(0)
        if token["sign"] == "(":
            out = self._pipeline()
            if self._tokens.pop(0)["sign"] != ")":
                raise ValueError
            return out
        if token["text"]:
            text = token["text"]
            return text[1:-1] if text[0] == "`" else json.loads(text)
        if token["number"]:
            return int(token["number"])
        return self._field(token["name"] or "")

    def _field(self, name: str) -> Any:
        plain = name.removeprefix(".")
        if plain in self._values:
            return self._values[plain]
        return _walk(self._values, re.findall(r"[\w-]+", plain))
