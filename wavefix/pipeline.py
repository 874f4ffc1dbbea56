"""The pipeline from the graphs on: plan, simulate, and the patches to write."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wavefix.analysis import (
    Analysed,
    Only,
    Progress,
    analyse,
    components,
    known_rules,
    no_cycles_to_collect,
    rendered,
)
from wavefix.discover import Found, Tree
from wavefix.discover.encryption import LFS, kept_by
from wavefix.durations import taught
from wavefix.errors import InputError
from wavefix.model import (
    ComponentReview,
    Edit,
    EntryEdit,
    FilePatch,
    Finding,
    Profile,
    Resource,
    Review,
    Run,
)
from wavefix.plan import ORDER_CODES, present_state
from wavefix.selection import Selection, wanted
from wavefix.settle import Settled, settle
from wavefix.simulate import seconds
from wavefix.ways import DEFAULT, Ways


@dataclass(frozen=True, slots=True)
class Result:
    """A review, and the errors that kept something from being read, or written."""

    review: Review
    errors: tuple[InputError, ...]


@dataclass(frozen=True, slots=True)
class Simulated:
    """Two runs, the learned seconds in them by resource id (None: none asked for), and errors."""

    before: Run
    after: Run
    learned: Mapping[str, float] | None
    errors: tuple[InputError, ...]


def review(
    paths: Sequence[str],
    cwd: str,
    profile: Profile | None = None,
    progress: Progress | None = None,
    selection: Selection | None = None,
    rolling: bool | None = None,
    ways: Ways = DEFAULT,
    runs: bool = False,
    only: Only | None = None,
) -> Result:
    """What wavefix would do to the components under `paths`; nothing is written.

    `runs`: run each sync that changes, as it is and as planned, for a report that tells of it.
    """
    analysed, errors = analyse(paths, cwd, progress, ways, only)
    tell = progress or (lambda *_: None)
    tell("planning", 0, len(analysed))
    with no_cycles_to_collect():
        settled = settle(analysed, profile, rolling)
        reviewed = [
            ComponentReview(
                item.found.component,
                done.graph,
                done.plan,
                seconds(done.graph, done.plan, item.found.config),
                _runs(item, done) if runs and (done.edits or done.entries) else None,
                item.found.config.argocd.application_health,
            )
            for item, done in zip(analysed, settled, strict=True)
        ]
        edits = [edit for done in settled for edit in done.edits]
        entries = [edit for done in settled for edit in done.entries]
        patches = _patches(analysed, edits, entries)
        refused = tuple(_refused(analysed, settled))
        tools = any(item.found.kit.helm or item.found.kit.kustomize for item in analysed)
        if patches and tools and not refused:
            from wavefix.proof import prove

            tell("rendering again", 0, len(analysed))
            prove(analysed, settled, _again(paths, cwd, ways, analysed, patches, only))
    findings = [
        finding
        for item, done in zip(analysed, settled, strict=True)
        for finding in _shown(item.found, (*done.graph.findings, *done.plan.findings), selection)
    ]
    findings += _unreadable(analysed, errors, selection)
    shown = profile or (reviewed[0].plan.profile if reviewed else "conservative")
    return Result(
        Review(
            shown,
            tuple(reviewed),
            patches,
            _sorted(findings),
            cwd,
            _roots(analysed, patches, cwd),
        ),
        (*errors, *refused),
    )


def _again(
    paths: Sequence[str],
    cwd: str,
    ways: Ways,
    analysed: Sequence[Analysed],
    patches: Sequence[FilePatch],
    only: Only | None,
) -> list[tuple[Found, tuple[Resource, ...]]]:
    """What would be read and rendered once the patches are written."""
    texts = {patch.file: patch.after for patch in patches}
    trees = {(tree.root, tree.base): tree for tree in (item.found.tree for item in analysed)}

    def edited(tree: Tree) -> Tree:
        return trees.get((tree.root, tree.base), tree).edited(texts)

    found = components(paths, cwd, ways, edited, only)
    made = rendered(found)
    return [(item, resources) for item, (resources, _) in zip(found, made, strict=True)]


def _refused(analysed: Sequence[Analysed], settled: Sequence[Settled]) -> Iterator[InputError]:
    """Plans that a run of the sync speaks against: nothing is written."""
    for item, done in zip(analysed, settled, strict=True):
        if done.edits or done.entries:
            from wavefix.simulate import refusal

            component, config = item.found.component, item.found.config
            error = refusal(component, done.graph, done.plan, config, done.applications)
            if error is not None:
                yield error


def lint(
    paths: Sequence[str],
    cwd: str,
    progress: Progress | None = None,
    selection: Selection | None = None,
    ways: Ways = DEFAULT,
) -> tuple[tuple[Finding, ...], tuple[InputError, ...]]:
    """The findings of the present state, each with what would mend it."""
    from wavefix.plan.hazards import hazards, restores_health

    analysed, errors = analyse(paths, cwd, progress, ways)
    findings = _unreadable(analysed, errors, selection)
    restored = next(filter(None, (restores_health(item.graph) for item in analysed)), None)
    for item, done in zip(analysed, settle(analysed, None, False), strict=True):
        applications, settings = item.found.component.applications, item.found.config
        found = [
            *done.graph.findings,
            *(f for f in done.plan.findings if f.code not in ORDER_CODES),
            *present_state(done.graph, applications, done.plan, item.catalogue),
            *hazards(done.graph, applications, settings, item.catalogue, restored, not errors),
        ]
        findings += _shown(item.found, found, selection)
    return _sorted(findings), errors


def _shown(
    found: Found, findings: Iterable[Finding], selection: Selection | None
) -> Iterator[Finding]:
    """The findings that the command line, the configuration and the files let through."""
    own = Selection(found.config.lint.select, found.config.lint.ignore)
    return wanted(findings, selection.over(own) if selection else own, found.tree.text)


def _unreadable(
    analysed: Sequence[Analysed], errors: Iterable[InputError], selection: Selection | None
) -> list[Finding]:
    """Files that cannot be read, as findings; each is judged by a configuration that covers it."""
    out = []
    for error in errors:
        homes = [item.found for item in analysed if error in item.found.tree.errors]
        finding = unreadable(error)
        if homes:
            out += list(_shown(homes[0], [finding], selection))
        elif selection is None or selection.wants(finding.code):
            out.append(finding)
    for item in analysed:
        tree = item.found.tree
        locked = [_encrypted(file, by) for file, by in sorted(tree.encrypted.items())]
        out += _shown(item.found, locked, selection)
    return out


def simulated(
    paths: Sequence[str],
    cwd: str,
    profile: Profile | None = None,
    progress: Progress | None = None,
    recorded: Sequence[str] = (),
    ways: Ways = DEFAULT,
) -> Simulated:
    """What Argo CD would do with all components under `paths`, before and after the plan.

    `recorded` names files with what a cluster recorded, of which durations are learned.
    """
    from wavefix.simulate import together

    known: Mapping[str, float] = {}
    if recorded:
        from wavefix.simulate.learn import learned

        known = learned(recorded)
    analysed, errors = analyse(paths, cwd, progress, ways)
    runs = []
    used: dict[str, float] = {}
    for item, done in zip(analysed, settle(analysed, profile), strict=True):
        runs.append(_runs(item, done, known))
        used |= taught(done.graph.resources, item.found.config, known)
    before, after = [run for run, _ in runs], [run for _, run in runs]
    return Simulated(together(before), together(after), used if recorded else None, errors)


def _runs(
    item: Analysed, done: Settled, learned: Mapping[str, float] | None = None
) -> tuple[Run, Run]:
    """The sync of a component as it is, and as planned."""
    from wavefix.simulate import simulate, waves_after, waves_before

    apps, config = item.found.component.applications, item.found.config
    now, then = waves_before(done.graph), waves_after(done.graph, done.plan)
    return (
        simulate(done.graph, now, apps, config, learned),
        simulate(done.graph, then, done.applications, config, learned),
    )


def unreadable(error: InputError) -> Finding:
    """A file that cannot be used, as a finding."""
    advice = f"; {error.advice}" if error.advice else ""
    return Finding("WF010", "error", error.problem + advice, error.file, error.line)


def _encrypted(file: str, by: str) -> Finding:
    """A file that is encrypted as a whole: others do not depend on it, as Argo CD has no key."""
    todo = "`git lfs pull`" if by == LFS else "decrypt it"
    message = f"{kept_by(by)}: what it holds is not planned; {todo} to have it read"
    return Finding("WF011", "warning", message, file, 1)


def _patches(
    analysed: Sequence[Analysed], edits: Sequence[Edit], entries: Sequence[EntryEdit]
) -> tuple[FilePatch, ...]:
    if not edits and not entries:
        return ()
    from wavefix import patch

    files = {*(edit.site.file for edit in edits), *(edit.file for edit in entries)}
    return patch.prepare(edits, _texts(analysed, files), entries)


def _texts(analysed: Sequence[Analysed], wanted: Iterable[str]) -> dict[str, str]:
    trees = {id(item.found.tree): item.found.tree for item in analysed}.values()
    return {
        file: text
        for tree in trees
        for file in sorted(wanted)
        if file.startswith(tree.root) and (text := tree.text(file)) is not None
    }


def _roots(analysed: Sequence[Analysed], patches: Sequence[FilePatch], cwd: str) -> dict[str, str]:
    """What paths in a diff are relative to: the git work tree, else the working directory."""
    out: dict[str, str] = {}
    for item in patches:
        for component in analysed:
            root = component.found.tree.root
            if item.file.startswith(root) and os.path.exists(os.path.join(root, ".git")):
                out[item.file] = root
        out.setdefault(item.file, cwd)
    return out


def _sorted(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda f: (f.file, f.line, f.code, f.resource, f.message)))


__all__ = [
    "Analysed",
    "Result",
    "analyse",
    "components",
    "known_rules",
    "lint",
    "review",
    "simulated",
    "unreadable",
]
