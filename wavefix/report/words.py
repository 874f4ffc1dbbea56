"""How the reports put things into words: places, waves, times, and text that is safe to show."""

from __future__ import annotations

import json
import os
import re
import textwrap
from functools import cache

from wavefix.harmless import LOGGED, harmless, without_passwords

WIDTH = 100

# Control characters (a terminal obeys them), marks that reorder or break a line or are not to be
# seen, lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
_SGR = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@cache
def shown(file: str, cwd: str) -> str:
    """The file as people read it: relative to `cwd`, with forward slashes; "" stays ""."""
    if not file:
        return ""
    relative = os.path.relpath(file, cwd).replace(os.sep, "/")
    return os.fsencode(relative).decode("utf-8", "replace")


def place(file: str, line: int, cwd: str) -> str:
    """`file:line`, as much of it as is known."""
    name = visible(shown(file, cwd))
    return f"{name}:{line}" if name and line else name


def named(file: str, line: int, what: str, cwd: str) -> str:
    """`file:line (what)`, where something is to be said of what stands there."""
    return place(file, line, cwd) + (f" ({visible(what)})" if what else "")


def visible(text: str, keep: str = "") -> str:
    """The text with control characters written as escapes, but for those to `keep`.

    Nor does it say who may log in where, or command what runs wavefix in a pipeline.
    """

    def escape(found: re.Match[str]) -> str:
        return found[0] if found[0] in keep else _escaped(found[0])

    return harmless(_UNSAFE.sub(escape, text))


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    letter, digits = ("x", 2) if code < 0x100 else ("u", 4) if code < 1 << 16 else ("U", 8)
    return f"\\{letter}{code:0{digits}x}"


def json_safe(document: str) -> str:
    """A JSON document without raw characters that a terminal or an encoder would trip over.

    It commands nothing, and tells no password of a URL.
    """

    def escape(found: re.Match[str]) -> str:
        return found[0] if found[0] == "\n" else json.dumps(found[0])[1:-1]

    return LOGGED.sub(r"\\u0023", without_passwords(_UNSAFE.sub(escape, document)))


def wave(value: int | None) -> str:
    """A wave, or `none` where the source declares none."""
    return "none" if value is None else str(value)


def arrow(before: object, after: object, sign: str = "->") -> str:
    """`before -> after`, or the one where both are the same."""
    return str(before) if before == after else f"{before} {sign} {after}"


def duration(seconds: float) -> str:
    """Seconds as `45s`, `7m45s` or `1h02m`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    minutes = round(seconds / 60)
    return f"{minutes // 60}h{minutes % 60:02d}m"


def count(number: int, noun: str) -> str:
    """`1 wave`, `2 waves`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def wrapped(text: str, first: str, rest: str, width: int = WIDTH) -> list[str]:
    """The text in lines of a width; line breaks of its own stay, as in a patch that it shows."""
    head, *more = visible(text, keep="\n\t").split("\n")
    lines = textwrap.wrap(
        head,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [*(lines or [first.rstrip()]), *(f"{rest}{line}".rstrip() for line in more)]


def paint(text: str, style: str, color: bool) -> str:
    """The text in a style such as `bold`, where colours are wanted."""
    return f"\x1b[{_SGR[style]}m{text}\x1b[0m" if color and text and style else text
