"""The pipeline, end to end: discover, render, infer, plan, simulate, and the patches to write."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from wavefix import config
from wavefix.catalogue import Catalogue, catalogue
from wavefix.discover import Found, Tree, discover, repository_root
from wavefix.discover.encryption import LFS, kept_by
from wavefix.durations import taught
from wavefix.errors import InputError
from wavefix.infer import infer
from wavefix.infer.lift import lift
from wavefix.limits import WORK
from wavefix.model import (
    Component,
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
from wavefix.render import made_by, render
from wavefix.selection import Selection, wanted
from wavefix.settle import Analysed, Settled, settle
from wavefix.simulate import seconds
from wavefix.tools import together
from wavefix.ways import DEFAULT, Ways

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many components are done, and how many there are."""
Only = tuple[str, str]
"""The path and the name of the one component that is wanted of those that are found."""


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


def analyse(
    paths: Sequence[str],
    cwd: str,
    progress: Progress | None = None,
    ways: Ways = DEFAULT,
    only: Only | None = None,
) -> tuple[list[Analysed], tuple[InputError, ...]]:
    """The graph of every component under `paths`.

    Raises InputError for what nothing can be done without: a missing path, a broken configuration.
    """
    tell = progress or (lambda *_: None)
    tell("reading", 0, 0)
    WORK.begin()
    with _no_cycles_to_collect():
        found_here = components(paths, cwd, ways, only=only)
        out = []
        rendered = _rendered(found_here)
        for number, found in enumerate(found_here):
            tell(f"reading {found.component.name}", number, len(found_here))
            rules = _catalogue(found)
            resources, findings = next(rendered)
            if resources or not found.leftover:
                apps = found.component.applications
                graph = infer(resources, findings, rules, found.config, apps)
                graph = replace(graph, edges=lift(graph, apps))
                out.append(Analysed(found, graph, rules))
        trees = {id(found.tree): found.tree for found in found_here}
        errors = {
            (error.file, error.line, error.problem): error
            for tree in trees.values()
            for error in tree.errors
        }
    return out, tuple(errors[key] for key in sorted(errors))


def _rendered(
    components: Sequence[Found],
) -> Iterator[tuple[tuple[Resource, ...], list[Finding]]]:
    """The resources and findings of each component, in their order."""
    waits = any(
        found.kit.there and source.kind in ("kustomize", "helm", "chart")
        for found in components
        for app in found.component.applications
        for source in app.sources
    )
    # Rules are read here: msgspec crashes where threads meet a type for the first time at once.
    pairs = [(found, _catalogue(found)) for found in components]
    return together(lambda pair: render(*pair), pairs, waits)


def components(
    paths: Sequence[str],
    cwd: str,
    ways: Ways = DEFAULT,
    edited: Callable[[Tree], Tree] | None = None,
    only: Only | None = None,
) -> list[Found]:
    """The components under `paths`, or the one of them that is wanted; nothing is planned yet."""
    found = (part for item in discover(paths, cwd, made_by, ways, edited) for part in _apart(item))
    return [item for item in found if only in (None, (item.component.path, item.component.name))]


def _apart(found: Found) -> list[Found]:
    """A path that no Argo CD object explains, as one component, or its sources each on its own.

    Overlays that bring the same objects cannot be parts of one sync, so nothing makes them one.
    """
    component = found.component
    [app] = component.applications if len(component.applications) == 1 else [None]
    if app is None or app.file or len(app.sources) < 2:
        return [found]
    parts = []
    for source in app.sources:
        name = os.path.relpath(source.path, component.path)
        name = component.name if name == "." else name
        alone = Component(name, source.path, (replace(app, name=name, sources=(source,)),))
        parts.append(replace(found, component=alone, leftover=True))
    seen: set[str] = set()
    clash = False
    for resources, _ in _rendered(parts):
        ids = {resource.id for resource in resources}
        clash = clash or bool(seen & ids)
        seen |= ids
    return parts if clash else [found]


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
    with _no_cycles_to_collect():
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
        rendered = any(item.found.kit.helm or item.found.kit.kustomize for item in analysed)
        if patches and rendered and not refused:
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
    rendered = _rendered(found)
    return [(item, resources) for item, (resources, _) in zip(found, rendered, strict=True)]


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


def known_rules(cwd: str) -> Catalogue:
    """The built-in rules, and those that the configuration of the working directory names."""
    root = repository_root(cwd, cwd)
    found = config.find(Path(cwd), Path(root))
    return _rules(config.read(found).rules, str(found), root) if found else catalogue()


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


def _catalogue(found: Found) -> Catalogue:
    return _rules(found.config.rules, found.config_file, found.tree.root)


def _rules(names: Sequence[str], config_file: str, root: str) -> Catalogue:
    """The built-in rules, and those in the files that a configuration names, relative to it."""
    base = os.path.dirname(config_file)
    return catalogue(tuple(os.path.join(base, name) for name in names), root)


def _sorted(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda f: (f.file, f.line, f.code, f.resource, f.message)))


@contextmanager
def _no_cycles_to_collect() -> Iterator[None]:
    """Parsed manifests are many small objects that live on: collecting costs, and frees nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


__all__ = [
    "Analysed",
    "Result",
    "analyse",
    "known_rules",
    "lint",
    "review",
    "simulated",
    "unreadable",
]
