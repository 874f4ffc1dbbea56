"""The place of an annotation in the text of a template: of one that is there, or of a new line.

An insertion has to hold wherever the object is made, so it stands in the branches of the metadata
itself; where the annotations depend on a condition of their own there is no such place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from wavefix.model import SYNC_WAVE
from wavefix.template.actions import PRINTS, SILENT, NoSpot, Template
from wavefix.template.lines import Kind, Line
from wavefix.template.objects import Metadata, block, comment, metadata

_VALUE = re.compile(
    r"[ \t]*(?:\"([^\"\\\n\x01\x02]*)\"|'([^'\n\x01\x02]*)'"
    r"|([^\s\"'#{}\[\],&*!|>%@`\x01\x02](?:[^\n#\x01\x02]*[^\s#\x01\x02])?)?)[ \t]*"
)
_NAME = f"([\"']?){re.escape(SYNC_WAVE)}\\1"
_IN_BRACES = re.compile(
    f"(?<=[{{,])[ \t]*{_NAME}"
    r"[ \t]*:[ \t]*(?:\"([^\"\\]*)\"|'([^']*)'|([^\s,{}\[\]\"'&*!|>]+))(?=[ \t]*[,}])"
)
_HASH = re.compile("(?:\"[^\"]*\"|'[^']*'|[^\"'#])*+#")  # one that is not in quotes
_CONTROL = re.compile(r"\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
_QUOTED = re.compile(r"[ \t]+([\"'])")
_WAVES = re.compile(_NAME + r"[ \t]*:[ \t]*([\"'])")


@dataclass(frozen=True, slots=True)
class Spot:
    """A splice that sets an annotation: replace the text from `start` to `end` with `text(value)`.

    `before` is the value that is there, as text; None where there is none. `drops` are the spans
    to delete to remove it; none where that takes more than whole lines.
    """

    start: int
    end: int
    line: int  # from 1
    before: str | None
    head: str = ""  # the new text is this, the value,
    tail: str = ""  # and this
    drops: tuple[tuple[int, int], ...] = ()

    def text(self, value: str) -> str:
        """The new text. The value must need no escape between quotes."""
        return f"{self.head}{value}{self.tail}"


def spot(template: Template, part: int, key: str = SYNC_WAVE) -> Spot:
    """Where the object of a part has, or could have, an annotation. Raises NoSpot.

    With another `key` than the wave's: a new line that appears wherever the wave would, so that
    rendering shows which objects a wave set here reaches.
    """
    if _CONTROL.search(template.text):  # no YAML; or a line break to YAML, and none to Helm
        raise NoSpot("the template has a control character")
    meta = metadata(template, part)
    if any(line.kind is Kind.TEXT and line.outer < meta.column for line in meta.inside):
        raise NoSpot("its metadata is not written as lines of YAML")
    return _Search(template, meta, key).spot()


class _Search:
    """The search for the place of one annotation."""

    def __init__(self, template: Template, meta: Metadata, key: str) -> None:
        self.template, self.meta, self.key = template, meta, key
        self.text, self.mask = template.text, template.mask
        self.path = template.path(meta.line.at)

    def spot(self) -> Spot:
        """The place. Raises NoSpot."""
        self._no_expression_with_the_key()
        found = [
            line
            for line in self.meta.inside
            if line.key == "annotations" and line.column == self.meta.column
        ]
        if len(found) > 1:
            raise NoSpot("the template has its annotations more than once")
        if not found:
            return self._new_map()
        line = found[0]
        value = self.mask[line.value : comment(self.template, line)].strip()
        if not value:
            return self._in_lines(line)
        if SILENT in value or PRINTS in value:
            self._unconditional(line)
            raise NoSpot("a Go expression makes its annotations")
        if value.startswith("{") and value.endswith("}"):
            return self._in_braces(line)
        raise NoSpot("its annotations are not written as lines of YAML")

    def _no_expression_with_the_key(self) -> None:
        inside = self.meta.inside
        for action in self.template.within(self.meta.line.start, inside[-1].stop):
            if SYNC_WAVE in action.body:
                raise NoSpot("a Go expression makes its sync wave")

    # An annotations map on lines

    def _in_lines(self, head: Line) -> Spot:
        below = block(self.template, self.meta.inside, head)
        texts = [line for line in below if line.kind is Kind.TEXT]
        first = texts[0] if texts else None
        if any(line.outer < texts[0].outer for line in texts):
            raise NoSpot("its annotations are not written as lines of YAML")
        waves = [line for line in texts if line.key == SYNC_WAVE and line.outer == texts[0].outer]
        if len(waves) > 1:
            raise NoSpot("the template has its sync wave more than once")
        if waves:
            existing = self._existing(head, below, waves[0])
            if self.key == SYNC_WAVE:
                return existing
            return self._above(waves[0], [self._entry(waves[0].column, below)])
        self._unconditional(head)
        if first is not None and not self._begins_a_map(first):
            raise NoSpot("its annotations are not written as lines of YAML")
        column = first.column if first else self._printed_column(head, below)
        return self._below(head, [self._entry(column, below)])

    def _begins_a_map(self, line: Line) -> bool:
        text = self.mask[line.at : line.stop].strip()
        return line.outer == line.column and text != "-" and not text.startswith(tuple("{&*!"))

    def _printed_column(self, head: Line, below: Sequence[Line]) -> int:
        columns = (line.column for line in below if line.kind is Kind.PRINTS)
        return next((column for column in columns if column > head.column), self._step(head))

    def _step(self, head: Line) -> int:
        return head.column + max(1, self.meta.column - self.meta.line.column)

    def _existing(self, head: Line, below: Sequence[Line], line: Line) -> Spot:
        stop = comment(self.template, line)
        found = _VALUE.fullmatch(self.mask, line.value, stop)
        if not found:
            made = SILENT in self.mask[line.value : stop] or PRINTS in self.mask[line.value : stop]
            raise NoSpot(
                "a Go expression makes its sync wave" if made else "its sync wave is no plain value"
            )
        if self._continues(line):
            raise NoSpot("its sync wave is no plain value")
        drops = self._drops(head, below, line)
        number = next((n for n in (1, 2, 3) if found[n] is not None), 0)
        quote = "" if number in (1, 2) else self._quote(below)
        if not number:
            at = line.value
            return self._made(at, at, "", f" {quote}", quote, drops, found=line.at)
        start, end = found.span(number)
        return self._made(start, end, found[number], quote, quote, drops, found=line.at)

    def _drops(self, head: Line, below: Sequence[Line], line: Line) -> tuple[tuple[int, int], ...]:
        """The line, and that of the map where nothing else can be in it."""
        if self.template.within(line.start, line.end):
            return ()
        alone = all(other is line or other.kind in (Kind.BLANK, Kind.COMMENT) for other in below)
        return tuple((one.start, one.end) for one in ([head, line] if alone else [line]))

    def _unconditional(self, line: Line) -> None:
        ways = {self.template.path(at) for at in (line.start, line.at, line.stop)}
        if ways != {self.path}:
            raise NoSpot("its annotations are there only under a condition of the template")

    # An annotations map in braces

    def _in_braces(self, line: Line) -> Spot:
        stop = comment(self.template, line)
        opening = self.mask.index("{", line.value)
        inside = self.mask[opening + 1 : stop].strip()
        if _HASH.match(inside):
            raise NoSpot("a # in its braces may begin a comment")
        waves = list(_IN_BRACES.finditer(self.mask, opening, stop))
        if len(waves) > 1 or (SYNC_WAVE in inside and not waves):
            raise NoSpot("its sync wave in braces is no plain value")
        if waves and self.key == SYNC_WAVE:
            found = waves[0]
            number = next(n for n in (2, 3, 4) if found[n] is not None)
            quote = "" if number < 4 else self._quote(())
            start, end = found.span(number)
            return self._made(start, end, found[number], quote, quote, found=line.at)
        if not waves:
            self._unconditional(line)
        quote = self._quote(())
        if inside != "}":
            head, tail = f"{self.key}: {quote}", f"{quote}, "
            return self._made(opening + 1, opening + 1, None, head, tail, found=line.at)
        rest = self.text[stop : line.stop]  # a comment stays where it is
        entry = " " * self._step(line) + f"{self.key}: {quote}"
        newline = self._newline(line)
        tail = quote + (newline if line.end > line.stop else "")
        head = f"{rest}{newline}{entry}"
        return self._made(line.value, line.end, None, head, tail, found=line.at)

    # No annotations map

    def _new_map(self) -> Spot:
        for line in self.meta.inside:
            hidden = line.kind is Kind.TEXT and not line.key and line.outer == self.meta.column
            if hidden or (line.kind is Kind.PRINTS and line.column <= self.meta.column):
                raise NoSpot("a Go expression in its metadata may make annotations")
        column = self.meta.column
        entries = [" " * column + "annotations:", self._entry(self._child_column(), ())]
        names = [line for line in self.meta.inside if self._anchor(line, ("name", "namespace"))]
        if names:
            return self._below(names[-1], entries)
        labels = [line for line in self.meta.inside if self._anchor(line, ("labels",), False)]
        if labels:
            return self._above(labels[0], entries)
        return self._below(self.meta.line, entries)

    def _anchor(self, line: Line, names: Sequence[str], alone: bool = True) -> bool:
        """Whether the line is one of these keys in every case; `alone`: with its value on it."""
        if line.key not in names or line.column != self.meta.column:
            return False
        if {self.template.path(at) for at in (line.start, line.at, line.stop)} != {self.path}:
            return False
        if not alone:
            return not self.template.glued(line.start)
        value = self.mask[line.value : comment(self.template, line)].strip()
        return (
            bool(value)
            and value[0] not in "|>&!"
            and not self._continues(line)
            and not self.template.glued(line.end)
        )

    def _continues(self, line: Line) -> bool:
        """Whether the value goes on below the line."""
        inside = self.meta.inside
        below = inside[inside.index(line) + 1 :]
        seen = (Kind.TEXT, Kind.PRINTS)
        following = next((other for other in below if other.kind in seen), None)
        return following is not None and following.outer > line.column

    def _child_column(self) -> int:
        """Where the children of the metadata's keys stand: as the others have it."""
        for line in self.meta.inside:
            seen = line.kind is Kind.TEXT or line.kind is Kind.PRINTS
            if seen and line.outer > self.meta.column:
                return line.outer
        return self.meta.column + max(1, self.meta.column - self.meta.line.column)

    # New lines

    def _entry(self, column: int, siblings: Sequence[Line]) -> str:
        """A new line without its value: the quote for that is the last character."""
        return " " * column + f"{self.key}: {self._quote(siblings)}"

    def _below(self, line: Line, entries: Sequence[str]) -> Spot:
        if self.template.glued(line.end):
            raise NoSpot("a `-}}` takes away the line break that it would stand behind")
        newline = self._newline(line)
        text, quote = newline.join(entries), entries[-1][-1]
        if line.end > line.stop:
            return self._made(line.end, line.end, None, text, quote + newline, found=line.end)
        return self._made(line.stop, line.stop, None, newline + text, quote, found=line.at)

    def _above(self, line: Line, entries: Sequence[str]) -> Spot:
        if self.template.glued(line.start):
            raise NoSpot("a `-}}` takes away the line break that it would stand behind")
        newline = self._newline(line)
        text, quote = newline.join(entries), entries[-1][-1]
        return self._made(line.start, line.start, None, text, quote + newline, found=line.start)

    def _newline(self, line: Line) -> str:
        own = self.text[line.stop : line.end]
        return own or ("\r\n" if "\r\n" in self.text else "\n")

    def _quote(self, siblings: Sequence[Line]) -> str:
        """As the siblings have it, else other waves of the template, else most of its values."""
        near = [
            found[1]
            for line in siblings
            if line.key and (found := _QUOTED.match(self.mask, line.value, line.stop))
        ]
        return _more(near) if near else _usual_quote(self.template)

    def _made(
        self,
        start: int,
        end: int,
        before: str | None,
        head: str,
        tail: str,
        drops: tuple[tuple[int, int], ...] = (),
        *,
        found: int,
    ) -> Spot:
        number = self.text.count("\n", 0, found) + 1
        return Spot(start, end, number, before, head, tail, drops)


@lru_cache(maxsize=8)
def _usual_quote(template: Template) -> str:
    """The quote of most waves of a template, else of most of its values."""
    mask = template.mask
    waves = [found[2] for found in _WAVES.finditer(mask)] if SYNC_WAVE in mask else []
    return _more(waves or re.findall(r": (['\"])", mask))


def _more(quotes: Sequence[str]) -> str:
    return "'" if quotes.count("'") > quotes.count('"') else '"'
