"""The arguments of a command in a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Arguments(NamedTuple):
    """The words of a command, and its options with their values ("" for a flag)."""

    words: list[str]
    options: dict[str, str]

    @property
    def namespace(self) -> str:
        """What kubectl and helm call the namespace; "" where it is not given."""
        return self.options.get("-n") or self.options.get("--namespace") or ""


def arguments(text: str, takes_value: Callable[[str], bool]) -> Arguments:
    """The arguments in a text; `takes_value` says which options are followed by their value."""
    words: list[str] = []
    options: dict[str, str] = {}
    tokens = iter(token.strip("\"'") for token in text.split())
    for token in tokens:
        if not token.startswith("-"):
            words.append(token)
            continue
        option, given, value = token.partition("=")
        if not given and takes_value(option):
            value = next(tokens, "")
        options[option] = value.strip("\"'")
    return Arguments(words, options)
