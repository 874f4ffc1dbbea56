"""The review as the message of a commit: what changes, why, and what it does to the deploy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wavefix.model import ComponentReview, Review, RollingSync
from wavefix.report.facts import Move, components, moves_by_component, steps, summary, wave_counts
from wavefix.report.words import count, duration, named, visible, wave, wrapped

_WIDTH = 72  # as git's own documentation has it: git-commit(1), DISCUSSION


def commit_message(review: Review, name: str) -> str:
    """A subject, then for each component its times and its moves with their reasons."""
    parts = components(review)
    lines = [f"{visible(name)}: {summary(review)}"]
    for part, moved in zip(parts, moves_by_component(review), strict=True):
        if moved or part.plan.rolling:
            lines += ["", *_headline(part, review.profile, len(parts) > 1)]
            lines += [*_moves(moved, review.cwd), *_rolling(part.plan.rolling, review.cwd)]
    return "".join(f"{line}\n" for line in lines)


def _headline(part: ComponentReview, profile: str, several: bool) -> list[str]:
    before, after = wave_counts(part)
    what = f"{visible(part.component.name)}, p" if several else "P"
    return wrapped(
        f"{what}redicted time of a deploy, if nothing fails: "
        f"{duration(part.seconds.before)} before, {duration(part.seconds.after)} after; "
        f"{count(before, 'wave')} before, {after} after ("
        f"{count(len(part.component.applications), 'Application')}, "
        f"{count(len(part.graph.resources), 'resource')}; profile {profile}).",
        "", "", _WIDTH,
    )  # fmt: skip


def _moves(moved: Sequence[Move], cwd: str) -> Iterator[str]:
    if not moved:
        return
    old = max(len(wave(move.before)) for move in moved)
    new = max(len(wave(move.after)) for move in moved)
    indent = " " * (old + new + 6)
    for move in moved:
        yield ""
        yield f"{wave(move.before):>{old}} -> {wave(move.after):>{new}}  {visible(move.label)}"
        yield from wrapped(move.reason, indent, indent, _WIDTH)
        for place in move.places:
            yield from wrapped(f"in {named(*place, cwd)}", indent, indent, _WIDTH)


def _rolling(rolling: RollingSync | None, cwd: str) -> Iterator[str]:
    """The steps of a rolling sync that the commit writes."""
    if rolling is None:
        return
    yield ""
    where = named(rolling.file, rolling.line, "", cwd)
    yield from wrapped(f"Rolling sync of {rolling.resource}, in {where}:", "", "  ", _WIDTH)
    for number, (names, why) in enumerate(steps(rolling), 1):
        yield from wrapped(f"step {number}: {names}", "  ", "          ", _WIDTH)
        yield from wrapped(why, "          ", "          ", _WIDTH) if why else ()
