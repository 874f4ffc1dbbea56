"""patch: planned waves as byte splices of the files they stand in, verified and written at once.

`check` says whether a site can be edited, `prepare` makes the new texts and verifies them,
`dirty` names the files with changes of the user's own, `write` writes all files or none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from yaml import YAMLError

from wavefix import yamlio
from wavefix.errors import InputError
from wavefix.model import Edit, FilePatch, Path, Site
from wavefix.patch import template
from wavefix.patch.git import dirty
from wavefix.patch.parsed import Parsed, Refused
from wavefix.patch.plan import Change, plan
from wavefix.patch.splice import Splice, apply
from wavefix.patch.verify import verify
from wavefix.patch.write import write

__all__ = ["Refused", "check", "dirty", "prepare", "write"]

# A wave goes between quotes as it is, so it can have nothing that needs an escape there.
_WAVE = re.compile(r"[!#-&(-\[\]-~]([ !#-&(-\[\]-~]*[!#-&(-\[\]-~])?")
_ADVICE = "edit it by hand, or pin the resource under `pin` in .wavefix.yaml"


def check(site: Site, text: str, *, remove: bool = False) -> str:
    """Why a wave cannot be set at the site (or removed from it) exactly; "" where it can."""
    if site.mechanism == "chart-template":
        return template.check(site, text, remove)
    try:
        plan(_parse(text), [_change(site, None if remove else "0")])
    except Refused as refused:
        return str(refused)
    except (YAMLError, ValueError, RecursionError):
        return "the file is no valid YAML"
    return ""


def prepare(edits: Iterable[Edit], texts: Mapping[str, str]) -> tuple[FilePatch, ...]:
    """The files with their edits applied and verified; those that do not change left out.

    `texts` holds each file as decoded from UTF-8 without any translation. Raises InputError for an
    edit that `check` refuses, ValueError for two values at one site.
    """
    by_file: dict[str, dict[tuple[int, Path, Path], Edit]] = {}
    for edit in edits:
        site = edit.site
        if edit.after is not None and not _WAVE.fullmatch(edit.after):
            raise ValueError(f"{edit.after!r} cannot be written as a wave")
        known = by_file.setdefault(site.file, {}).setdefault(
            (site.document, site.path, site.inner), edit
        )
        if known.after != edit.after:
            raise ValueError(f"two waves, {known.after} and {edit.after}, for {site}")
    patches = (
        _prepare(file, texts[file], tuple(by_file[file].values())) for file in sorted(by_file)
    )
    return tuple(patch for patch in patches if patch is not None)


def _prepare(file: str, text: str, edits: Sequence[Edit]) -> FilePatch | None:
    if any(edit.site.mechanism == "chart-template" for edit in edits):
        return template.prepare(file, text, edits)
    try:
        parsed = _parse(text)
    except (YAMLError, ValueError, RecursionError):
        yamlio.load(text, file)  # says where
        raise InputError("cannot be edited: it is no valid YAML", _ADVICE, file) from None
    effective = [edit for edit in edits if _splices(parsed, [edit])]
    if not effective:
        return None
    splices = _splices(parsed, effective)
    after = parsed.bom + apply(parsed.body, splices)
    verify(file, parsed, after, splices, effective)
    return FilePatch(file, text, after, tuple(effective))


def _splices(parsed: Parsed, edits: Sequence[Edit]) -> Sequence[Splice]:
    """The splices for edits of one file. Asked for one edit, a refusal names its line."""
    try:
        return plan(parsed, [_change(edit.site, edit.after) for edit in edits])
    except Refused as refused:
        site = edits[0].site
        raise InputError(
            f"the wave cannot be edited exactly: {refused}", _ADVICE, site.file, site.line
        ) from None


def _change(site: Site, wave: str | None) -> Change:
    return Change(site.document, site.path, site.inner, wave)


@lru_cache(maxsize=1)
def _parse(text: str) -> Parsed:
    """The parse of the last file: a file is asked about many times in a row."""
    return Parsed(text)
