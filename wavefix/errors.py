"""The one exception that reaches the user: bad input, with what to do about it."""

from __future__ import annotations


class InputError(Exception):
    """Something the user gave cannot be used. Printed as `file:line: problem; advice`, exit 2."""

    def __init__(self, problem: str, advice: str = "", file: str = "", line: int = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice
        self.file = file
        self.line = line

    def text(self, file: str) -> str:
        """The message, with `file` as the name to show for the file."""
        place = f"{file}:{self.line}: " if file and self.line else f"{file}: " if file else ""
        return f"{place}{self.problem}" + (f"; {self.advice}" if self.advice else "")
