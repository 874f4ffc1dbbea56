"""Text as GitHub-flavoured Markdown. What a manifest says gets in by `prose` and `code` alone.

Neither lets it be markup, break a line or a table, mention a person (@name) or link to anything:
an issue (#1, GH-1), a URL, an address (docs.github.com, "Autolinked references and URLs"). GitHub
looks for those within each run of text, so an element around one character breaks them up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from wavefix.report.words import visible

_SPECIAL = re.compile(r"[\\`*_\[\]~$]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"})
_PLAIN_CODE = re.compile(r"[^`|\\]+")
_LINKS = re.compile(
    r"(?:@|&#64;)(?=\w)|(?:(?<!&)#|&#35;)(?=\d)|(?<=\bGH)-(?=\d)|:(?=//)|(?<=\bwww)\.",
    re.IGNORECASE,
)


def prose(text: str) -> str:
    """Text on one line in which nothing is markup."""
    one_line = visible(text.replace("\n", " "))
    return _apart(_SPECIAL.sub(r"\\\g<0>", one_line).translate(_ENTITIES))


def code(text: str) -> str:
    """Text in a fixed-width font, also where a code span could not hold it in a table."""
    one_line = visible(text)
    if _PLAIN_CODE.fullmatch(one_line) and one_line == one_line.strip():
        return f"`{one_line}`"
    encoded = re.sub(r"[^\w ./:-]|_", lambda char: f"&#{ord(char[0])};", one_line)
    return f"<code>{_apart(encoded)}</code>" if encoded else ""


def message(text: str) -> str:
    """A message on one line, what it has between backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one backtick has no other
        return prose(text)
    return "".join(code(part) if number % 2 else prose(part) for number, part in enumerate(parts))


def _apart(text: str) -> str:
    return _LINKS.sub(lambda found: f"<span>{found[0]}</span>", text)


def table(head: Sequence[str], align: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of cells that are Markdown already."""
    return [f"| {' | '.join(cells)} |" for cells in (head, align, *rows)]


def fenced(text: str, language: str) -> list[str]:
    """A code block whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *visible(text, keep="\n\t").rstrip("\n").split("\n"), fence]


def folded(summary: str, lines: Sequence[str]) -> list[str]:
    """Lines that show once somebody asks for them."""
    return ["<details>", f"<summary>{summary}</summary>", "", *lines, "", "</details>"]


def inset(lines: Iterable[str]) -> list[str]:
    """Lines as a part of the list item above them."""
    return [f"  {line}".rstrip() for line in lines]
