"""Which of the texts that make up a source says a thing: an edit belongs where it is written."""

from __future__ import annotations

from wavefix.model import Path, Source, Written
from wavefix.yamlio import get


def pieces(source: Source, file: str, document: int) -> tuple[Written, ...]:
    """What a source is made of; `file` and `document` are its Application's."""
    return source.pieces or (Written(file, document, source.at, source.spec),)


def origin(found: tuple[Written, ...], path: Path) -> Written:
    """The piece that decides what stands at a path: the last one that has it, else the first."""
    has = (piece for piece in reversed(found) if get(piece.spec, *path) is not None)
    return next(has, found[0])
