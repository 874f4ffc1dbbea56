"""The built-in rule files. What they say is kept in the user's cache: parsing them takes longer
than all else that happens before the first manifest is read."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import msgspec
from platformdirs import user_cache_dir

from wavefix.rules.form import FileText


def builtin() -> Mapping[str, FileText]:
    """Every built-in rule file by its name, in the order of the names."""
    sources = {
        item.name: item
        for item in sorted(Path(str(files("wavefix") / "rules")).iterdir())
        if item.suffix == ".yaml"
    }
    cache = Path(user_cache_dir("wavefix")) / f"rules-{_fingerprint(sources)}.msgpack"
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.msgpack.decode(cache.read_bytes(), type=dict[str, FileText])
    from wavefix.rules.reader import read

    made = {name: read(name, item.read_text("utf-8")).text for name, item in sources.items()}
    with suppress(OSError):
        _keep(cache, msgspec.msgpack.encode(made))
    return made


def _fingerprint(sources: Mapping[str, Path]) -> str:
    """Changes whenever a rule file does, or the form that they are read into."""
    form = Path(__file__).with_name("form.py")
    marks = []
    for path in (*sources.values(), form):
        found = path.stat()
        marks.append(f"{path}\0{found.st_size}\0{found.st_mtime_ns}")
    return f"{zlib.crc32(chr(10).join(marks).encode()):08x}"


def _keep(cache: Path, content: bytes) -> None:
    """Write the cache as a whole, so that nobody reads half of it."""
    from tempfile import NamedTemporaryFile

    cache.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=cache.parent, delete=False) as stream:
        stream.write(content)
    os.replace(stream.name, cache)
