"""A change of a file as git's binary patch: which bytes stay, by their offsets, and the new ones.

`git apply` takes it where a text patch would have to show what stands on the same line, or the next
one. Its form: git, Documentation/gitformat-pack.adoc (deltas) and diff.c (emit_binary_diff_body).
It names the file before and after by ids of git's own, hashes of the whole content.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator

from wavefix.model import FilePatch

_LINE = 52  # bytes of a line of the patch
_INSERT, _COPY = 0x7F, 0xFFFF  # bytes of one instruction


def delta(patch: FilePatch) -> str:
    """The lines of a patch from `index` on."""
    before, after = patch.before.encode(), patch.after.encode()
    code = b"".join((_size(len(before)), _size(len(after)), *_instructions(patch, len(before))))
    head = f"index {_name(before)}..{_name(after)}\nGIT binary patch\ndelta {len(code)}\n"
    return f"{head}{''.join(_encoded(zlib.compress(code, 9)))}\n"


def _instructions(patch: FilePatch, size: int) -> Iterator[bytes]:
    kept = done = 0  # bytes and characters of the old text that are seen to
    for span in patch.spans:
        start = kept + len(patch.before[done : span.start].encode())
        yield from _copied(kept, start)
        new = span.new.encode()
        for at in range(0, len(new), _INSERT):
            piece = new[at : at + _INSERT]
            yield bytes([len(piece)]) + piece
        kept, done = start + len(span.old.encode()), span.start + len(span.old)
    yield from _copied(kept, size)


def _copied(start: int, end: int) -> Iterator[bytes]:
    """Instructions to copy: which bytes of offset and size follow, as they are not zero."""
    for at in range(start, end, _COPY):
        numbers = (*at.to_bytes(4, "little"), *min(_COPY, end - at).to_bytes(2, "little"))
        sign = 0x80 | sum(1 << bit for bit, byte in enumerate(numbers) if byte)
        yield bytes([sign, *filter(None, numbers)])


def _size(number: int) -> bytes:
    out = []
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _encoded(data: bytes) -> Iterator[str]:
    """Lines of base 85, each with its length in front: A to Z, then a to z."""
    for at in range(0, len(data), _LINE):
        piece = data[at : at + _LINE]
        sign = chr(len(piece) + (64 if len(piece) <= 26 else 70))
        yield f"{sign}{base64.b85encode(piece, pad=True).decode()}\n"


def _name(content: bytes) -> str:
    """What git calls a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
