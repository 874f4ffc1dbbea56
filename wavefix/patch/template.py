"""Waves in the templates of a chart: splices of Go template text, which is no YAML to parse.

What a template then renders only a render can prove; here the text is what was planned.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from wavefix import template
from wavefix.errors import InputError
from wavefix.model import Edit, FilePatch, Site
from wavefix.patch.parsed import Refused
from wavefix.patch.splice import Splice, apply, spans
from wavefix.template import NoSpot, Part, Spot, Template

__all__ = ["PATH", "check", "parts", "prepare", "spot"]

PATH = ("metadata", "annotations")  # of every Site in a template
_ADVICE = "edit it by hand, or pin the resource under `pin` in .wavefix.yaml"


def spot(text: str, part: int) -> Spot:
    """Where the object that a part of the template makes has, or could have, its wave.

    Raises Refused where no edit would be exact. A wave that the template itself has no line for
    (`before` is None) may still be rendered, from values or an include: then the object is not to
    be edited here, as the map would have the key twice.
    """
    try:
        return template.spot(_template(text), part)
    except NoSpot as no:
        raise Refused(str(no)) from None


def parts(text: str) -> list[Part]:
    """The parts of the template between `---`; none of what is no template."""
    try:
        return template.parts(_template(text))
    except NoSpot:
        return []


def check(site: Site, text: str, remove: bool = False) -> str:
    """Why the wave of a part cannot be set (or removed) exactly; "" where it can."""
    try:
        _splices(site, text, None if remove else "0")
    except Refused as refused:
        return str(refused)
    return ""


def prepare(file: str, text: str, edits: Sequence[Edit]) -> FilePatch | None:
    """The template with its edits applied and verified; None where nothing changes.

    Raises InputError for an edit that `check` refuses.
    """
    splices: list[Splice] = []
    effective = []
    for edit in edits:
        try:
            own = _splices(edit.site, text, edit.after)
        except Refused as refused:
            problem = f"the wave cannot be edited exactly: {refused}"
            raise InputError(problem, _ADVICE, file, edit.site.line) from None
        if own:
            splices += own
            effective.append(edit)
    if not effective:
        return None
    splices.sort(key=lambda splice: (splice.start, splice.end))
    after = apply(text, splices)
    problem = _wrong(text, after, splices, effective)
    if problem:
        raise InputError(
            f"the edited text is not what was planned ({problem})",
            "this is a bug in wavefix; nothing was written",
            file,
            effective[0].site.line,
        )
    return FilePatch(file, text, after, tuple(effective), spans=spans(text, splices))


@lru_cache(maxsize=4)
def _template(text: str) -> Template:
    return Template(text)


def _splices(site: Site, text: str, wave: str | None) -> list[Splice]:
    """What sets the wave of a part, or removes it where it is None."""
    if site.mechanism != "chart-template":
        raise Refused("the file is a chart's template and a manifest as well")
    if site.path != PATH or site.inner:
        raise Refused("only the annotations of an object itself can be edited in a template")
    found = spot(text, site.document)
    if wave is None:
        return _removal(found)
    splice = Splice(found.start, found.end, found.text(wave))
    return [splice] if text[splice.start : splice.end] != splice.text else []


def _removal(found: Spot) -> list[Splice]:
    if found.before is None:
        return []
    if not found.drops:
        raise Refused("its sync wave does not stand alone on a line")
    return [Splice(start, end, "") for start, end in found.drops]


def _wrong(before: str, after: str, splices: Sequence[Splice], edits: Sequence[Edit]) -> str:
    """What of the edited template is not as planned: "" if all is."""
    old = new = 0
    for splice in [*splices, Splice(len(before), len(before), "")]:
        size = splice.start - old
        if size < 0 or before[old : splice.start] != after[new : new + size]:
            return "other bytes changed"
        old, new = splice.end, new + size + len(splice.text)
    if new != len(after):
        return "other bytes changed"
    planned = {edit.site.document: edit.after for edit in edits}
    one, other = parts(before), parts(after)
    if len(one) != len(other):
        return "the number of its parts changed"
    for was, now in zip(one, other, strict=True):
        if was.number not in planned:
            same = before[was.start : was.end] == after[now.start : now.end]
        else:
            same = (was.kinds, was.names) == (now.kinds, now.names)
            same = same and _value(after, now.number) == planned[now.number]
        if not same:
            return f"at part {was.number}"
    return ""


def _value(text: str, part: int) -> str | None:
    try:
        return spot(text, part).before
    except Refused:  # without its wave a part may have no place for one
        return None
