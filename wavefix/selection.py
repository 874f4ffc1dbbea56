"""Which findings are wanted: `--select`, `--ignore`, the configuration, comments in the files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from wavefix.codes import CODES
from wavefix.errors import InputError
from wavefix.model import Finding

# `# wavefix: ignore`, or with codes; a reason may follow them.
_COMMENT = re.compile(
    r"(?:^|\s)#\s*wavefix:\s*ignore(?:\s*$|\s+(?P<codes>WF\d+(?:\s*,\s*WF\d+)*)(?:\s|$))"
)
_MARK = "wavefix:"
NO_CODE, ADVICE = "no code of a finding", "docs/rules/README.md lists them"
Texts = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Selection:
    """Codes, or how they begin. Nothing selected means all; what is ignored is not shown."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def over(self, other: Selection) -> Selection:
        """This one (of the command line) over another (of the configuration)."""
        return Selection(self.select or other.select, (*other.ignore, *self.ignore))

    def wants(self, code: str) -> bool:
        """Whether findings of a code are shown."""
        return (not self.select or code.startswith(self.select)) and not (
            self.ignore and code.startswith(self.ignore)
        )


def prefixes() -> list[str]:
    """Every code, and everything that some code begins with."""
    return sorted({code[:length] for code in CODES for length in range(1, len(code) + 1)})


def known(prefix: str) -> bool:
    """Whether a text is a code, or what some code begins with."""
    return bool(prefix) and any(code.startswith(prefix) for code in CODES)


def asked(select: Iterable[str], ignore: Iterable[str]) -> Selection:
    """What the options of a command select. Raises InputError for what is no code."""
    return Selection(_codes("--select", select), _codes("--ignore", ignore))


def _codes(option: str, values: Iterable[str]) -> tuple[str, ...]:
    """Codes as given: one option several times, or several codes by commas."""
    codes = tuple(code.strip() for value in values for code in value.split(","))
    for code in codes:
        if not known(code):
            raise InputError(f"`{code}` after {option} is {NO_CODE}", ADVICE)
    return codes


def wanted(findings: Iterable[Finding], selection: Selection, text: Texts) -> Iterator[Finding]:
    """The findings that are selected and that no comment in their file ignores."""
    for finding in findings:
        if selection.wants(finding.code) and not _ignored(finding, text):
            yield finding


def _ignored(finding: Finding, text: Texts) -> bool:
    """Whether a comment on the line of a finding, or one alone on the line above, ignores it."""
    if not finding.file or not finding.line:
        return False
    content = text(finding.file)
    if content is None or _MARK not in content:
        return False
    lines = _lines(content)
    here = lines[finding.line - 1] if finding.line <= len(lines) else ""
    above = lines[finding.line - 2] if 2 <= finding.line <= len(lines) + 1 else ""
    beside = [above] if above.lstrip().startswith("#") else []
    return any(_ignores(line, finding.code) for line in (here, *beside))


@lru_cache(maxsize=4)
def _lines(text: str) -> list[str]:
    """The lines of a file: findings come file by file."""
    return text.split("\n")


def _ignores(line: str, code: str) -> bool:
    found = _COMMENT.search(line.rstrip())
    return found is not None and (
        found["codes"] is None or code in re.findall(r"WF\d+", found["codes"])
    )
