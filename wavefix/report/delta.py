"""A change of a file as git's binary patch: by where bytes come from, without a byte around them.

`git apply` takes it where a text patch would have to show what stands on the same line, or the next
one. Its form: git, Documentation/gitformat-pack.adoc (deltas) and diff.c (emit_binary_diff_body).
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator

_ALIKE = 32  # bytes by which the rest of a file is known again
_FAR = 1024  # bytes that an edit may put in and take away
_LINE = 52  # bytes of a line of the patch
_INSERT, _COPY = 0x7F, 0xFFFF  # bytes of one instruction


def delta(before: bytes, after: bytes) -> tuple[bytes, str] | None:
    """What a patch puts in, and its lines from `index` on; None for a change of another kind."""
    steps = _steps(before, after)
    if steps is None:
        return None
    code = _size(len(before)) + _size(len(after))
    put = b""
    for start, end, text in steps:
        for at in range(start, end, _COPY):
            code += _copy(at, min(_COPY, end - at))
        for at in range(0, len(text), _INSERT):
            piece = text[at : at + _INSERT]
            code += bytes([len(piece)]) + piece
        put += text
    lines = "".join(_encoded(zlib.compress(code, 9)))
    head = f"index {_name(before)}..{_name(after)}\nGIT binary patch\ndelta {len(code)}\n"
    return put, f"{head}{lines}\n"


def _steps(before: bytes, after: bytes) -> list[tuple[int, int, bytes]] | None:
    """What is kept, from where to where, and what is put in behind it."""
    out: list[tuple[int, int, bytes]] = []
    old = new = 0
    while True:
        start, same = old, _same(before, old, after, new)
        old, new = old + same, new + same
        if old == len(before) and new == len(after):
            return [*out, (start, old, b"")]
        found = _again(before, old, after, new)
        if found is None:
            return None
        taken, put = found
        out.append((start, old, after[new : new + put]))
        old, new = old + taken, new + put


def _same(before: bytes, old: int, after: bytes, new: int) -> int:
    """How many bytes from here on are the same."""
    size, step = 0, 1 << 16
    while step:
        piece = before[old + size : old + size + step]
        if len(piece) == step and piece == after[new + size : new + size + step]:
            size += step
        else:
            step >>= 1
    return size


def _again(before: bytes, old: int, after: bytes, new: int) -> tuple[int, int] | None:
    """How many bytes an edit takes away and puts in here, as few as can be."""
    for far in range(1, _FAR):
        for put in range(far + 1):
            taken = far - put
            if old + taken <= len(before) and new + put <= len(after):
                rest = before[old + taken : old + taken + _ALIKE]
                if rest == after[new + put : new + put + _ALIKE]:
                    return taken, put
    return None


def _size(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def _copy(offset: int, size: int) -> bytes:
    """An instruction to copy: which bytes of offset and size follow, as they are not zero."""
    sign, out = 0x80, b""
    for bit, byte in enumerate((*offset.to_bytes(4, "little"), *size.to_bytes(2, "little"))):
        if byte:
            sign, out = sign | 1 << bit, out + bytes([byte])
    return bytes([sign]) + out


def _encoded(data: bytes) -> Iterator[str]:
    """Lines of base 85, each with its length in front: A to Z, then a to z."""
    for at in range(0, len(data), _LINE):
        piece = data[at : at + _LINE]
        sign = chr(len(piece) + (64 if len(piece) <= 26 else 70))
        yield f"{sign}{base64.b85encode(piece, pad=True).decode()}\n"


def _name(content: bytes) -> str:
    """What git calls a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
