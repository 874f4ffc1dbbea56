"""Text that is safe to print wherever wavefix runs, whoever wrote it.

Continuous integration reads commands from what programs print: GitHub Actions lines that begin with
`::` and a name, behind blanks too, and `##[` anywhere (actions/runner,
src/Runner.Common/ActionCommand.cs); Azure Pipelines `##vso[`, TeamCity `##teamcity[`.
"""

from __future__ import annotations

import re

LOGGED = re.compile(r"#(?=#\w*\[)")
_COMMAND = re.compile(r"(?<!\S):(?=:[A-Za-z])")
# Who may read something over the network: `https://name:password@host`, `https://token@host`; not
# where that is filled in from elsewhere.
_FILLED_IN = r"\$\{[^{}\s]*\}@|\$\([^()\s]*\)@|\{\{"
PASSWORD = rf"(?<=://)(?:[^\s/:@\"'`<>]*+:(?!{_FILLED_IN})[^\s/\"'`<>]+|[\w-]{{16,}}+)(?=@)"
_PASSWORD = re.compile(PASSWORD)


def harmless(text: str) -> str:
    """Text that commands nothing and tells no password of a URL."""
    return LOGGED.sub(r"\\x23", _COMMAND.sub(r"\\x3a", without_passwords(text)))


def without_passwords(text: str) -> str:
    """Text in which URLs do not say who may read them."""
    return _PASSWORD.sub("***", text) if "://" in text else text
