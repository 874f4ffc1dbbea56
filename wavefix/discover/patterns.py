"""Regular expressions that users write, or that are made of the patterns they write."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache


@lru_cache(maxsize=1024)
def compiled(expression: str) -> re.Pattern[str]:
    """The expression; one that never matches where it is malformed, as Argo CD has it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sets in sets, which are none to Go
        try:
            return re.compile(expression, re.DOTALL)
        except re.error:
            return re.compile(r"(?!)")
