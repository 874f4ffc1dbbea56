"""`linguist-generated` in `.gitattributes`, as git reads it (gitattributes(5), gitignore(5)).

Patterns are those of .gitignore, but none of them negates, and one that names a directory says
nothing of what is in it. The file nearest to a path is asked first, in each the last line.
`.git/info/attributes` goes before all of them; what lies outside of the repository is not asked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from wavefix.discover.repository import shared_directory
from wavefix.errors import InputError
from wavefix.files import Files
from wavefix.limits import WORK, TooMuch

NAME = ".gitattributes"
GENERATED = b"linguist-generated"
_LONGEST, _LARGEST = 2048, 100 << 20  # bytes of a line and of a file that git reads
_ATTRIBUTE = re.compile(rb"[A-Za-z0-9_.][-A-Za-z0-9_.]*")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_ESCAPES = {
    b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v",
}  # fmt: skip
_PART = re.compile(rb"\\(.)|(\*+)|(\?)|\[([!^]?)(\]?(?:\[:\w*:\]|\\.|[^\]\\])*)\]|(.)", re.DOTALL)
_IN_CLASS = re.compile(rb"\[:(\w*):\]|\\?(.)(?:-\\?(.))?", re.DOTALL)
_MACRO = b"[attr]"
_NOTHING = re.compile(rb"(?!)")
_CLASSES = {
    b"alnum": rb"0-9A-Za-z", b"alpha": rb"A-Za-z", b"blank": rb" \t", b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9", b"graph": rb"!-~", b"lower": rb"a-z", b"print": rb" -~",
    b"punct": rb"!-/:-@\[-`{-~", b"space": rb" \t\n\r\f\v", b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of a file gives to the paths that its pattern takes, or to a macro.

    `values` has each attribute with b"set", b"unset", b"" where it is unspecified, or its value.
    """

    number: int
    text: str
    pattern: bytes
    values: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """A file that gives attributes to what is below a directory, its last line ahead."""

    name: str
    directory: str
    lines: tuple[Line, ...]


@dataclass(slots=True)
class Attributes:
    """The attributes of the files of a repository. Each file that gives some is read once."""

    root: str
    files: Files | None = None  # what reads them
    _sources: dict[str, tuple[_Source, ...]] = field(default_factory=dict)  # by directory

    def generated(self, file: str) -> tuple[str, int, str, bool] | None:
        """Whether a file is generated, with the file, line and text that say so or say otherwise.

        None where nothing is said.
        """
        sources = (*self._own(), *self._above(os.path.dirname(file)))
        macros: dict[bytes, Line] = {}
        for source in sources:
            for line in source.lines:
                if line.pattern.startswith(_MACRO):
                    macros.setdefault(line.pattern[len(_MACRO) :], line)
        decided: set[bytes] = set()
        for source in sources:
            path = os.path.relpath(file, source.directory)
            steps = os.fsencode(path).replace(os.fsencode(os.sep), b"/")
            WORK.steps(len(source.lines))
            for line in source.lines:
                value = _value(line, macros, decided) if _takes(line.pattern, steps) else None
                if value is not None:
                    on = value not in (b"unset", b"false")
                    return (source.name, line.number, line.text, on) if value else None
        return None

    def _reader(self) -> Files:
        self.files = self.files or Files(self.root)
        return self.files

    def _own(self) -> tuple[_Source, ...]:
        """What stands in the git directory, which is asked first."""
        if "" not in self._sources:
            git = shared_directory(self.root)
            name = os.path.join(git, "info", "attributes")
            self._sources[""] = _source(self._reader(), name, self.root, True) if git else ()
        return self._sources[""]

    def _above(self, directory: str) -> tuple[_Source, ...]:
        """The files that may say something of what is in a directory, the nearest one ahead."""
        if directory not in self._sources:
            top = directory == self.root
            found: tuple[_Source, ...] = ()
            if top or directory.startswith(self.root.rstrip(os.sep) + os.sep):
                found = _source(self._reader(), os.path.join(directory, NAME), directory, top)
                found += () if top else self._above(os.path.dirname(directory))
            self._sources[directory] = found
        return self._sources[directory]


def _source(files: Files, name: str, directory: str, top: bool) -> tuple[_Source, ...]:
    """A file of attributes, its last line ahead; none where it gives nothing."""
    lines = [line for line in _lines(files, name) if top or not line.pattern.startswith(_MACRO)]
    return (_Source(name, directory, tuple(reversed(lines))),) if lines else ()


def _lines(files: Files, name: str) -> Iterator[Line]:
    """The lines of a file; none where it is not there, too large, or a symbolic link."""
    try:
        if os.path.islink(name) or os.path.getsize(name) > _LARGEST:
            return
        reader = files if files.inside(name) else Files(os.path.dirname(name))  # of a linked tree
        content = reader.read(name).removeprefix(b"\xef\xbb\xbf")
    except OSError:
        return
    except InputError as error:
        if isinstance(error, TooMuch):
            raise
        return
    for number, text in enumerate(content.split(b"\n"), 1):
        line = text.removesuffix(b"\r").lstrip(b" \t\r")
        if line and not line.startswith(b"#") and len(text) < _LONGEST:
            pattern, rest = _split(line)
            if pattern and not pattern.startswith(b"!"):
                values = tuple(map(_assigned, rest.split()))
                if all(_ATTRIBUTE.fullmatch(name) for name, _ in values):
                    yield Line(number, line.decode("utf-8", "replace"), pattern, values)


def _split(line: bytes) -> tuple[bytes, bytes]:
    """The pattern of a line, which may be in quotes, and what is behind it."""
    if line.startswith(_MACRO):
        name, _, rest = line[len(_MACRO) :].lstrip(b" \t").replace(b"\t", b" ").partition(b" ")
        return _MACRO + name, rest
    quoted = _QUOTED.match(line)
    if quoted:
        return _ESCAPE.sub(_unescaped, quoted[1]), line[quoted.end() :]
    end = next((at for at, sign in enumerate(line) if sign in b" \t\r"), len(line))
    return line[:end], line[end:]


def _unescaped(found: re.Match[bytes]) -> bytes:
    text = found[1]
    return bytes([int(text, 8) & 255]) if len(text) == 3 else _ESCAPES.get(text, text)


def _assigned(word: bytes) -> tuple[bytes, bytes]:
    if word.startswith(b"-"):
        return word[1:], b"unset"
    if word.startswith(b"!"):
        return word[1:], b""
    name, equals, value = word.partition(b"=")
    return name, value or b"empty" if equals else b"set"


def _value(line: Line, macros: Mapping[bytes, Line], decided: set[bytes]) -> bytes | None:
    """What a line says of the attribute, by itself or by macros; None where it says nothing.

    `decided` holds the attributes that lines before it have decided, and gets those of this one.
    """
    todo = list(line.values)
    while todo:
        name, value = todo.pop()
        if name == GENERATED:
            return value
        if name not in decided and value == b"set" and name in macros:
            todo += macros[name].values
        decided.add(name)
    return None


def _takes(pattern: bytes, path: bytes) -> bool:
    """Whether a pattern is for a path, both relative to the directory of the file with it."""
    if pattern.endswith(b"/") or pattern.startswith(_MACRO):
        return False
    if b"/" not in pattern:
        return _matches(pattern, path.rpartition(b"/")[2])
    steps = pattern.removeprefix(b"/").replace(rb"\/", b"/").split(b"/")
    return _walk(steps, path.split(b"/"))


def _walk(patterns: Sequence[bytes], steps: Sequence[bytes]) -> bool:
    """Whether patterns take all steps of a path; `**` takes any number, at the end at least one."""
    reached = {0}  # how many of the steps are taken
    for number, pattern in enumerate(patterns):
        if pattern.strip(b"*") or len(pattern) < 2:
            reached = {at + 1 for at in reached if at < len(steps) and _matches(pattern, steps[at])}
        else:
            last = number == len(patterns) - 1
            reached = {end for at in reached for end in range(at + last, len(steps) + 1)}
    return len(steps) in reached


def _matches(pattern: bytes, name: bytes) -> bool:
    return _compiled(pattern).fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    """A pattern for one name. What a star takes is as short as can be: nothing is tried twice."""
    pieces: list[list[bytes]] = [[]]
    for escaped, stars, any_one, negated, inside, plain in _PART.findall(pattern):
        if plain in (b"[", b"\\"):  # without an end: takes nothing
            return _NOTHING
        if stars:
            pieces.append([])
        elif any_one:
            pieces[-1].append(b".")
        elif inside:
            sign = b"^" if negated else b""
            pieces[-1].append(b"[" + sign + _IN_CLASS.sub(_class, inside) + b"]")
        else:
            pieces[-1].append(re.escape(escaped or plain))
    first, *more = [b"".join(piece) for piece in pieces]
    middle = b"".join(b"(?>.*?" + piece + b")" for piece in more[:-1])
    try:
        return re.compile(first + middle + (b".*" + more[-1] if more else b""), re.DOTALL)
    except re.error:  # a class that there is not, a range that runs backwards
        return _NOTHING


def _class(found: re.Match[bytes]) -> bytes:
    """A part of a bracket expression."""
    name, one, last = found.groups()
    if name is not None:
        return _CLASSES.get(name, b"z-a")
    return re.escape(one) + (b"-" + re.escape(last) if last else b"")
