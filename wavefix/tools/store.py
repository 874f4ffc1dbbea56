"""The cache of rendered objects and of refusals, in the user's cache directory, by what went in."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from platformdirs import user_cache_dir

from wavefix.tools.rendered import Rendered

_MOST = 4000  # entries kept; the oldest go first
_Entry = list[tuple[dict[str, object], str]] | str
_DECODER = msgspec.msgpack.Decoder(_Entry)  # made before there are threads, as msgspec wants it


def _directory() -> Path:
    return Path(user_cache_dir("wavefix")) / "rendered"


def recall(key: str) -> list[Rendered] | str | None:
    """What was rendered from the same before, or why nothing was; None where that is not known."""
    path = _directory() / key
    with suppress(OSError, zlib.error, msgspec.DecodeError):
        found = _DECODER.decode(zlib.decompress(path.read_bytes()))
        os.utime(path)
        return found if isinstance(found, str) else [Rendered(*entry) for entry in found]
    return None


def keep(key: str, made: Sequence[Rendered] | str) -> None:
    """Remember what was rendered, or why nothing was. No harm where it cannot be."""
    from tempfile import NamedTemporaryFile

    directory = _directory()
    with suppress(OSError, TypeError, OverflowError):
        entry: _Entry = made if isinstance(made, str) else [(dict(b), s) for b, s in made]
        data = zlib.compress(msgspec.msgpack.encode(entry), 1)
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=directory, delete=False) as stream:
            stream.write(data)
        os.replace(stream.name, directory / key)
        _prune(directory)


def _prune(directory: Path) -> None:
    entries = list(directory.iterdir())
    if len(entries) > _MOST:
        entries.sort(key=lambda path: path.stat().st_mtime)
        for path in entries[: len(entries) - _MOST * 3 // 4]:
            path.unlink(missing_ok=True)
