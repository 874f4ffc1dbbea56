"""What the reports tell, computed once for all formats: moves, numbers of waves, findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wavefix.model import (
    SYNC_WAVE,
    ComponentReview,
    FilePatch,
    Finding,
    Placement,
    Review,
    RollingSync,
    Severity,
    Site,
)
from wavefix.report.words import count, shown

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Where(NamedTuple):
    """A place that a wave is written to. `what` names it, where file and line do not."""

    file: str
    line: int
    what: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A resource that changes its wave, and where the change is written."""

    label: str  # its id, with its Application where the id alone is ambiguous
    before: int | None
    after: int
    reason: str
    places: tuple[Where, ...]  # the first is what Argo CD reads

    @property
    def file(self) -> str:
        """The file of the first place."""
        return self.places[0].file

    @property
    def line(self) -> int:
        """Its line."""
        return self.places[0].line


def components(review: Review) -> list[ComponentReview]:
    """The components in the order of every report."""
    return sorted(review.components, key=lambda c: (c.component.path, c.component.name))


def placements(review: ComponentReview) -> list[Placement]:
    """All placements of a component in the order of every report."""
    return sorted(review.plan.placements, key=lambda p: p.resource.key)


def patches(review: Review) -> list[FilePatch]:
    """The files that change, in the order of every report."""
    return sorted((p for p in review.patches if p.before != p.after), key=lambda p: p.file)


def moves_by_component(review: Review) -> list[list[Move]]:
    """What moves in each of `components(review)`, first the earliest to be."""
    edited = {edit.site for patch in review.patches for edit in patch.edits}
    return [_moves(part, edited) for part in components(review)]


def _moves(part: ComponentReview, edited: set[Site]) -> list[Move]:
    ids = Counter(placement.resource.id for placement in part.plan.placements)
    found = [
        _move(placement, edited, ids[placement.resource.id] > 1)
        for placement in placements(part)
        if placement.moves
    ]
    return sorted(found, key=lambda move: move.after)


def _move(placement: Placement, edited: set[Site], ambiguous: bool) -> Move:
    resource = placement.resource
    sites = sorted((s for s in resource.sites if s in edited), key=lambda s: s.moot)
    places = tuple(Where(s.file, s.line, _what(s, s.moot and not resource.opaque)) for s in sites)
    label = f"{resource.id} ({resource.application})" if ambiguous else resource.id
    return Move(
        label,
        resource.declared,
        placement.planned,
        placement.reason,
        places or (Where(resource.file, resource.line),),
    )


def _what(site: Site, moot: bool) -> str:
    """What a place is, in words; "" for an object's own annotation."""
    path = site.inner or site.path
    path = path if site.key == SYNC_WAVE else (*path, site.key)
    words = ""
    if site.mechanism == "helm-values" or (site.mechanism == "application" and site.inner):
        words = f"key {'.'.join(map(str, path))}"
    elif site.mechanism == "kustomize-patch":
        words = "a patch" if site.entry is None else "a new patch"
    elif site.mechanism == "kustomize-annotations":
        words = "commonAnnotations"
    elif moot:
        words = ".".join(map(str, path))
    return f"{words}, for readers only" if moot else words


def wave_counts(component: ComponentReview) -> tuple[int, int]:
    """How many distinct waves a component has, before and after. What never runs does not count."""
    running = [p for p in component.plan.placements if p.resource.phase != "Skip"]
    before = {p.resource.effective for p in running}
    after = {p.planned if p.moves else p.resource.effective for p in running}
    return len(before), len(after)


def ordered(findings: Iterable[Finding], cwd: str) -> list[Finding]:
    """Findings by place, each once: two Applications may read the same file."""
    return sorted(
        set(findings), key=lambda f: (shown(f.file, cwd), f.line, f.code, f.resource, f.message)
    )


def tally(findings: Sequence[Finding]) -> str:
    """`1 error, 2 warnings`."""
    numbers = Counter(finding.severity for finding in findings)
    return ", ".join(count(numbers[s], s) for s in SEVERITIES if numbers[s])


def findings_by_component(review: Review) -> tuple[list[list[Finding]], list[Finding]]:
    """The findings of each of `components(review)`, and those that belong to none of them."""
    parts = components(review)
    own = [{*part.graph.findings, *part.plan.findings} for part in parts]
    sorted_in: list[list[Finding]] = [[] for _ in parts]
    rest = []
    for finding in ordered(review.findings, review.cwd):
        homes = [index for index, known in enumerate(own) if finding in known]
        homes = homes or _nearest(finding.file, parts)
        for index in homes:
            sorted_in[index].append(finding)
        if not homes:
            rest.append(finding)
    return sorted_in, rest


def _nearest(file: str, parts: Sequence[ComponentReview]) -> list[int]:
    """The component in whose directory the file lies; of nested ones the inner."""
    homes = [
        index
        for index, part in enumerate(parts)
        if f"{file}/".startswith(part.component.path.rstrip("/") + "/")
    ]
    return sorted(homes, key=lambda index: -len(parts[index].component.path))[:1]


def summary(review: Review) -> str:
    """The run in a phrase, for the last line: `12 waves change in 10 files`."""
    changed = patches(review)
    if not changed:
        return "nothing to change"
    edits = sum(len(patch.edits) for patch in changed)
    rolling = len({edit.resource for patch in changed for edit in patch.entries})
    verb = "changes" if edits + rolling == 1 else "change"
    return f"{_edits(edits, rolling)} {verb} in {count(len(changed), 'file')}"


def undone(waves: int, rolling: int, files: int, done: bool) -> str:
    """An undo in a phrase: `12 waves taken back in 10 files`."""
    if not files:
        return "nothing to undo"
    verb = "taken" if done else "to take"
    return f"{_edits(waves, rolling)} {verb} back in {count(files, 'file')}"


def _edits(waves: int, rolling: int) -> str:
    what = [count(waves, "wave")] if waves or not rolling else []
    what += [count(rolling, "rolling sync")] if rolling else []
    return " and ".join(what)


def steps(rolling: RollingSync) -> list[tuple[str, str]]:
    """The Applications of each step, and what those wait for."""
    last = len(rolling.steps) - 1
    return [
        (
            ", ".join(names) + (", and all that are added later" if number == last else ""),
            "; ".join(
                f"{name} {rolling.why[name]}" if len(names) > 1 else rolling.why[name]
                for name in names
                if name in rolling.why
            ),
        )
        for number, names in enumerate(rolling.steps)
    ]
