"""What a tool says about what it was given, without what is secret in that.

Helm and kustomize quote values: those that a schema refuses, whole entries of `helmCharts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from wavefix.masked import values

_SET = re.compile(r"--set(?:-string)?=[^=]*=(.*)", re.DOTALL)
_CONFIG = re.compile(r" with config: `.*?`(?=:|\Z)", re.DOTALL)
_SHORTEST = 4  # characters of a value that is looked for: shorter ones stand in many words
_MOST = 16 << 20  # bytes that are looked through


def cleaned(message: str, argv: Iterable[str], files: Mapping[str, bytes]) -> str:
    """A message without the secrets of the files, and of the parameters, that a tool was given."""
    message = _CONFIG.sub("", message)
    secret = {found[1] for word in argv if (found := _SET.match(word))}
    texts = [text for name, text in files.items() if name.endswith((".yaml", ".yml", ".json"))]
    if sum(map(len, texts)) > _MOST:
        return "it refused, in words that may quote what is secret"
    for text in texts:
        secret.update(values(text.decode("utf-8", "replace")))
    for value in sorted(secret, key=len, reverse=True):
        plain = value.strip().strip("\"'")
        if len(plain) >= _SHORTEST:
            message = message.replace(plain, "***")
    return message
