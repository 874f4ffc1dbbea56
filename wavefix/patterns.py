"""Regular expressions that somebody else writes: of those that take long, all together have a time.

Argo CD and kustomize read them as RE2 does, which never takes long; an engine that tries one way
after the other may take centuries.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from time import thread_time
from typing import Any

from wavefix.limits import WORK, TooMuch

SECONDS = 10.0  # of processor time, for all that is matched in one run
_LONGEST = 4096  # characters of an expression
_SHORT = 1000  # characters of a text that any harmless expression is tried on
_NEVER = r"(?!)"


class TooSlow(TooMuch):
    """Expressions that take too long. The one that was tried last is named."""


class Pattern:
    """An expression; one that never matches where it is malformed, as Argo CD has it.

    `trusted`: it is wavefix's own, and is known to match any text at once.
    """

    def __init__(self, expression: str, flags: int = 0, trusted: bool = False) -> None:
        self.expression, self._flags, self._trusted = expression, flags, trusted
        harmless = trusted or _harmless(expression)
        self._plain = _compiled(re, expression, flags) if harmless else None

    def fullmatch(self, text: str) -> bool:
        """Whether it stands for all of a text."""
        return any(True for _ in self._run("fullmatch", text))

    def search(self, text: str) -> bool:
        """Whether it stands for some part of a text."""
        return any(True for _ in self._run("search", text))

    def finditer(self, text: str) -> Iterator[dict[str, str | None]]:
        """The named groups of each part of a text that it stands for."""
        for found in self._run("finditer", text):
            yield found.groupdict()

    def _run(self, how: str, text: str) -> Iterator[Any]:
        if self._plain is not None and (self._trusted or len(text) <= _SHORT):
            return _each(getattr(self._plain, how)(text))
        return self._timed(how, text)

    def _timed(self, how: str, text: str) -> Iterator[Any]:
        import regex  # slow to load, and seldom needed

        known = _compiled(regex, self.expression, self._flags)
        start = thread_time()
        try:
            left = max(SECONDS - WORK.seconds, 0.001)
            yield from _each(getattr(known, how)(text, timeout=left))
        except TimeoutError:
            raise TooSlow(
                f"the regular expression `{self.expression[:100]}` takes too long to match",
                "write it without a repetition inside of another",
            ) from None
        finally:
            WORK.seconds += thread_time() - start


def _each(found: Any) -> Iterator[Any]:
    """All matches, of one that was sought or of several."""
    return iter(() if found is None else found if hasattr(found, "__next__") else [found])


@lru_cache(maxsize=1024)
def _compiled(engine: Any, expression: str, flags: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sets in sets, which are none to Go
        try:
            return engine.compile(expression if len(expression) <= _LONGEST else _NEVER, flags)
        except (engine.error, OverflowError, RecursionError):
            return engine.compile(_NEVER)


def _harmless(expression: str) -> bool:
    """Whether there is but one way to try it at each place, or one more for each character."""
    return "(" not in expression and sum(map(expression.count, "*+{?")) <= 1


@lru_cache(maxsize=1024)
def pattern(expression: str) -> Pattern:
    """An expression of Argo CD's objects and of kustomizations, whose dot is any character."""
    return Pattern(expression, re.DOTALL)
