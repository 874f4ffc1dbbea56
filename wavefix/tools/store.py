"""The cache of rendered objects, in the user's cache directory, by what went in."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from platformdirs import user_cache_dir

from wavefix.tools.rendered import Rendered

_MOST = 400  # entries kept; the oldest go first
_Entry = list[tuple[dict[str, object], str]]


def _directory() -> Path:
    return Path(user_cache_dir("wavefix")) / "rendered"


def recall(key: str) -> list[Rendered] | None:
    """What was rendered from the same before; None where that is not known."""
    path = _directory() / key
    with suppress(OSError, zlib.error, msgspec.DecodeError):
        found = msgspec.msgpack.decode(zlib.decompress(path.read_bytes()), type=_Entry)
        os.utime(path)
        return [Rendered(body, source) for body, source in found]
    return None


def keep(key: str, objects: Sequence[Rendered]) -> None:
    """Remember what was rendered. No harm where it cannot be."""
    from tempfile import NamedTemporaryFile

    directory = _directory()
    with suppress(OSError, TypeError, OverflowError):
        data = zlib.compress(msgspec.msgpack.encode([tuple(item) for item in objects]), 1)
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
