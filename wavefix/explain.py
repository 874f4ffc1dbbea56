"""Find the resource that a person means."""

from __future__ import annotations

import difflib

from wavefix.errors import InputError
from wavefix.model import ComponentReview, Placement, Review


def find(review: Review, text: str) -> list[tuple[ComponentReview, Placement]]:
    """The placements of the resource with an id: exactly, else the only one that `text` is part of.

    Raises InputError where there is none, or more than one.
    """
    known = [(part, placement) for part in review.components for placement in part.plan.placements]
    exact = [pair for pair in known if pair[1].resource.id == text]
    if exact:
        return exact
    near = [pair for pair in known if text.lower() in pair[1].resource.id.lower()]
    ids = sorted({pair[1].resource.id for pair in near})
    if len(ids) == 1:
        return near
    if ids:
        shown = ", ".join(ids[:8]) + (", ..." if len(ids) > 8 else "")
        raise InputError(f"`{text}` is part of {len(ids)} ids", f"give one of {shown}")
    names = sorted({pair[1].resource.id for pair in known})
    close = difflib.get_close_matches(text, names, 3, 0.5)
    advice = f"did you mean {' or '.join(close)}?" if close else "`wavefix graph` lists all ids"
    raise InputError(f"no resource `{text}`", advice)
