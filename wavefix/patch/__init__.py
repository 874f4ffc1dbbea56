"""patch: planned waves as byte splices of the files they stand in, verified.

`check` says whether a site can be edited, `check_entries` whether data that is no wave can be put
where it should, `prepare` makes the new texts and verifies them, `dirty` names the files with
changes of the user's own. What writes them is `wavefix.transaction`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache

from yaml import YAMLError

from wavefix import yamlio
from wavefix.errors import InputError
from wavefix.model import Edit, Entry, EntryEdit, FilePatch, Site
from wavefix.patch import template
from wavefix.patch.git import dirty
from wavefix.patch.parsed import Parsed, Refused
from wavefix.patch.plan import Change, plan
from wavefix.patch.splice import Splice, apply, spans
from wavefix.patch.verify import keeps_type, verify

__all__ = ["Refused", "check", "check_entries", "dirty", "prepare"]

# A wave goes between quotes as it is, so it can have nothing that needs an escape there.
_WAVE = re.compile(r"[!#-&(-\[\]-~]([ !#-&(-\[\]-~]*[!#-&(-\[\]-~])?")
_ADVICE = "edit it by hand, or pin the resource under `pin` in .wavefix.yaml"


def check(site: Site, text: str, *, remove: bool = False) -> str:
    """Why a wave cannot be set at the site (or removed from it) exactly; "" where it can."""
    if site.mechanism == "chart-template":
        return template.check(site, text, remove)
    return _refusal(text, [_change(site, None if remove else "0")], ())


def check_entries(entries: Sequence[Entry], text: str) -> str:
    """Why entries of one file cannot be put there exactly; "" where they can."""
    return _refusal(text, (), entries)


def _refusal(text: str, changes: Sequence[Change], entries: Sequence[Entry]) -> str:
    try:
        plan(_parse(text), changes, entries)
    except Refused as refused:
        return str(refused)
    except (YAMLError, ValueError, RecursionError):
        return "the file is no valid YAML"
    return ""


def prepare(
    edits: Iterable[Edit], texts: Mapping[str, str], entries: Iterable[EntryEdit] = ()
) -> tuple[FilePatch, ...]:
    """The files with their edits applied and verified; those that do not change left out.

    `texts` holds each file as decoded from UTF-8 without any translation. Raises InputError for an
    edit that `check` refuses, ValueError for two values at one site.
    """
    by_file: dict[str, dict[Hashable, Edit]] = {}
    for edit in edits:
        site = edit.site
        if edit.after is not None and not _WAVE.fullmatch(edit.after):
            raise ValueError(f"{edit.after!r} cannot be written as a wave")
        where = site.document, site.path, site.inner, site.key, site.entry
        known = by_file.setdefault(site.file, {}).setdefault(where, edit)
        if known.after != edit.after:
            raise ValueError(f"two waves, {known.after} and {edit.after}, for {site}")
    put: dict[str, list[EntryEdit]] = {}
    for entry in entries:
        known_here = put.setdefault(entry.file, [])
        if entry not in known_here:
            known_here.append(entry)
    patches = (
        _prepare(file, texts[file], tuple(by_file.get(file, {}).values()), put.get(file, ()))
        for file in sorted({*by_file, *put})
    )
    return tuple(patch for patch in patches if patch is not None)


def _prepare(
    file: str, text: str, edits: Sequence[Edit], entries: Sequence[EntryEdit]
) -> FilePatch | None:
    if any(edit.site.mechanism == "chart-template" for edit in edits):
        return template.prepare(file, text, edits)
    try:
        parsed = _parse(text)
    except (YAMLError, ValueError, RecursionError):
        yamlio.load(text, file)  # says where
        raise InputError("cannot be edited: it is no valid YAML", _ADVICE, file) from None
    effective = [edit for edit in edits if _splices(parsed, [edit], ())]
    put = [edit for edit in entries if _splices(parsed, (), [edit])]
    if not effective and not put:
        return None
    splices = _splices(parsed, effective, put)
    after = parsed.bom + apply(parsed.body, splices)
    verify(file, parsed, after, splices, effective, put)
    spliced = spans(text, splices, len(parsed.bom))
    return FilePatch(file, text, after, tuple(effective), tuple(put), spliced)


def _splices(
    parsed: Parsed, edits: Sequence[Edit], entries: Sequence[EntryEdit]
) -> Sequence[Splice]:
    """The splices for edits of one file. Asked for one edit, a refusal names its line."""
    try:
        return plan(
            parsed,
            [_change(edit.site, edit.after) for edit in edits],
            [entry for edit in entries for entry in edit.entries],
        )
    except Refused as refused:
        places = [(edit.site.file, edit.site.line) for edit in edits]
        places += [(edit.file, edit.line) for edit in entries]
        what = "the wave" if edits else entries[0].entries[0].key
        raise InputError(
            f"{what} cannot be edited exactly: {refused}", _ADVICE, *places[0]
        ) from None


def _change(site: Site, wave: str | None) -> Change:
    return Change(
        site.document, site.path, site.inner, wave, site.key, keeps_type(site), site.entry
    )


@lru_cache(maxsize=1)
def _parse(text: str) -> Parsed:
    """The parse of the last file: a file is asked about many times in a row."""
    return Parsed(text)
