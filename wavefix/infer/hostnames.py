"""Host names in texts: in the values of variables, and in commands and their options.

A word counts only where a host name stands: in a URL or DSN, before a port, behind a user's name,
in the value of a variable or option that is called after a host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_NAME = rf"{_LABEL}(?:\.{_LABEL})*\.?"

_SERVICE = re.compile(rf"(?<![\w.-])((?:{_LABEL}\.){{2,3}}svc)(?![\w-])")
_AUTHORITY = re.compile(r"(?<=://)[^\s/?#'\"\\;]+")
_USER = re.compile(rf"(?<=[\w)}}%])@({_NAME})(?=[:/\s'\",]|\Z)")
_PORT = re.compile(rf"(?<![\w.:/@$)}}-])({_NAME}):(\d{{2,5}})(?![\w.-])")
_HOST = re.compile(rf"({_NAME})(?::(\d{{2,5}}))?\Z")
_TOOL = re.compile(
    rf"(?<![\w-])(?:nc|ncat|telnet|nslookup|dig|ping|getent\s+a?hosts(?:v4)?)(?:\s+-\S+(?:\s+\d+)?)*\s+"
    rf"({_NAME})(?![\w/.-])"
)
_DEVICE = re.compile(rf"/dev/tcp/({_NAME})/\d")
_OPTION = re.compile(r"(?<![\w.-])--?([A-Za-z][\w.-]*)[=\s]+[\"']?(?!-)([^\s\"']+)")
_VARIABLE = re.compile(r"(?<![\w$-])([A-Za-z_]\w*)=[\"']?([^\s\"';]+)")
_SHORT = re.compile(
    r"\b(?:psql|pg_\w+|createdb|mysql\w*|mariadb[\w-]*|redis-cli|valkey-cli|clickhouse-client|mongo\w*)"
    rf"\b[^\n;|&]{{0,200}}?\s-h\s*[\"']?({_NAME})(?![\w.-])"
)

_LIST = re.compile("[,;]")

_WORDS = r"(?:hostname|host|addr|addresse|address|server|endpoint|upstream|broker)s?"
_HOST_KEY = re.compile(rf"(?:\A|[_.-])(?:{_WORDS}|(?!g?host\Z)[a-z]+host)(?:[_.-]?\d+)?\Z")
# What is named here is no server that is called: where one listens, who may call, what to pull.
_OTHER_KEY = re.compile(
    r"no_?proxy|(?:\A|[_.-])(?:bind|listen|advertised?|cors|allowed|origins?|callback|redirect|virtual"
    r"|ingress|image|images|tag|repository)(?:[_.-]|\Z)"
)


class Host(NamedTuple):
    """A host name as it stands. Not `sure`: only its port tells it from another word."""

    name: str
    port: int | None = None
    sure: bool = True


def in_value(key: str, text: str) -> Iterator[Host]:
    """The hosts that the value of a variable names; its name says what a bare word is."""
    if not _OTHER_KEY.search(_words(key)):
        yield from (host for _, host in _placed(text))
        yield from (host for _, host in _assigned(text))
        if _HOST_KEY.search(_words(key)):
            yield from _bare(text)


def in_command(text: str) -> Iterator[tuple[int, Host]]:
    """The hosts that a command or script names, and where in the text each stands."""
    yield from _placed(text)
    yield from _assigned(text)
    for pattern in (_TOOL, _DEVICE, _SHORT):
        for found in pattern.finditer(text):
            yield found.start(1), Host(found[1])


def _words(key: str) -> str:
    """A key in lower case, its words apart."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()


def _assigned(text: str) -> Iterator[tuple[int, Host]]:
    """What options and variables in a text are set to, where they are called after a host."""
    for pattern in (_OPTION, _VARIABLE):
        for found in pattern.finditer(text):
            key = _words(found[1])
            if _HOST_KEY.search(key) and not _OTHER_KEY.search(key):
                for host in _bare(found[2]):
                    yield found.start(2), host


def _placed(text: str) -> Iterator[tuple[int, Host]]:
    for found in _SERVICE.finditer(text):
        yield found.start(), Host(found[1])
    for found in _AUTHORITY.finditer(text):
        for host in _bare(found[0].rpartition("@")[2]):
            yield found.start(), host
    for found in _USER.finditer(text):
        yield found.start(1), Host(found[1])
    for found in _PORT.finditer(text):
        yield found.start(), Host(found[1], int(found[2]), sure=False)


def _bare(text: str) -> Iterator[Host]:
    """The hosts of a list: all of its items are, or it is none."""
    items = [_HOST.match(item.strip()) for item in _LIST.split(text) if item.strip()]
    if all(items):
        for found in items:
            if found is not None:
                yield Host(found[1], int(found[2]) if found[2] else None)
