"""What keeps a place from being edited whatever its text allows: another repository, SOPS, or a
generator of the file.

What the functions return is a reason, and behind a semicolon what to do.
"""

from __future__ import annotations

from wavefix.discover.encryption import by_sops
from wavefix.discover.tree import Tree
from wavefix.errors import InputError
from wavefix.model import Path
from wavefix.yamlio import get, load

_FOREIGN = "the file is another git repository's, a submodule's; run wavefix there"
_SOPS = "SOPS guards the file: an edit would break its MAC; set its wave with `sops edit`"


def foreign(tree: Tree, file: str) -> str:
    """Why a file is not edited that lies in another git repository; "" where it does not."""
    return _FOREIGN if tree.foreign(file) else ""


def encrypted(tree: Tree, file: str, document: int, path: Path, inner: Path = ()) -> str:
    """Why SOPS keeps a place from being edited; "" where it does not.

    What is encrypted may also stand within a file, in the items of a List or in values, and go from
    there to where SOPS decrypts it.
    """
    found = tree.sops(file)
    if found != "within":
        return _SOPS if found else ""
    data = next((one.data for one in tree.documents(file) if one.index == document), None)
    around = [get(data, *path[:size]) for size in range(len(path) + 1)]
    if inner and isinstance(around[-1], str):
        try:
            around += [one.data for one in load(around[-1], file)]
        except InputError:
            return ""  # the patcher will say so
    return _SOPS if any(isinstance(one, dict) and by_sops(one) for one in around) else ""


def generated(tree: Tree, file: str, wave: str | None = None) -> str:
    """Why a generator keeps a file from being edited, which should set the wave instead."""
    said = tree.generated(file)
    if not said:
        return ""
    todo = "have its generator do it" if wave is None else f"have its generator set wave {wave}"
    return (
        f"the file is generated: {said}; {todo}, or allow edits here by `edit_generated` in "
        ".wavefix.yaml"
    )
