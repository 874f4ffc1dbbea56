"""What keeps a file from being edited whatever its text allows: SOPS, a program that writes it.

What the functions return is a reason, and behind a semicolon what to do.
"""

from __future__ import annotations

import os

from wavefix.discover.encryption import by_sops, may_be_sops
from wavefix.discover.generated import header
from wavefix.discover.tree import Tree
from wavefix.errors import InputError
from wavefix.model import Path
from wavefix.yamlio import get, load

_ROOM = 60  # characters of the words that are shown
_SOPS = "SOPS guards the file: an edit would break its MAC; set its wave with `sops edit`"


def encrypted(tree: Tree, file: str, document: int, path: Path, inner: Path = ()) -> str:
    """Why SOPS keeps a place from being edited; "" where it does not.

    Its MAC holds for a whole file. What is encrypted may also stand within one, in the items of a
    List or in values, and go from there to where SOPS decrypts it.
    """
    text = tree.text(file)
    if text is None or not may_be_sops(text):
        return ""
    if tree.guarded(file):
        return _SOPS
    data = next((one.data for one in tree.documents(file) if one.index == document), None)
    around = [get(data, *path[:size]) for size in range(len(path) + 1)]
    if inner and isinstance(around[-1], str):
        try:
            around += [one.data for one in load(around[-1], file)]
        except InputError:
            return ""  # the patcher will say so
    return _SOPS if any(isinstance(one, dict) and by_sops(one) for one in around) else ""


def generated(tree: Tree, file: str, wave: str | None = None) -> str:
    """What says that a program wrote a file; "" where nothing does.

    As on GitHub, what `.gitattributes` says of a file goes before its header. `wave` is the one
    that it should get.
    """
    said = tree.attributes.generated(file)
    if said is not None and not said[3]:
        return ""
    if said is not None:
        name, number, words, _ = said
        place = f"{os.path.relpath(name, tree.root)}:{number}"
    else:
        found = header(tree.text(file) or "")
        if found is None:
            return ""
        number, words = found
        place = f"line {number}"
    words = " ".join(words.split())
    words = words if len(words) <= _ROOM else f"{words[: _ROOM - 3]}..."
    todo = "have its generator do it" if wave is None else f"have its generator set wave {wave}"
    return (
        f"the file is generated: {place} says `{words}`; {todo}, or allow edits here by "
        "`edit_generated` in .wavefix.yaml"
    )
