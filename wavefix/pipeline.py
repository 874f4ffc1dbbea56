"""The pipeline, end to end: discover, render, infer, plan, simulate, and the patches to write."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from wavefix import patch
from wavefix.catalogue import Catalogue, catalogue
from wavefix.discover import Found, Tree, discover
from wavefix.errors import InputError
from wavefix.infer import infer
from wavefix.infer.lift import lift
from wavefix.model import (
    Component,
    ComponentReview,
    Edit,
    FilePatch,
    Finding,
    Graph,
    Plan,
    Profile,
    Review,
    Site,
)
from wavefix.plan import plan, present_state
from wavefix.render import render
from wavefix.simulate import seconds

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many components are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """A component with its graph."""

    found: Found
    graph: Graph
    catalogue: Catalogue


@dataclass(frozen=True, slots=True)
class Result:
    """A review, and the errors that kept something from being read."""

    review: Review
    errors: tuple[InputError, ...]


def analyse(
    paths: Sequence[str], cwd: str, progress: Progress | None = None
) -> tuple[list[Analysed], tuple[InputError, ...]]:
    """The graph of every component under `paths`.

    Raises InputError for what nothing can be done without: a missing path, a broken configuration.
    """
    tell = progress or (lambda *_: None)
    tell("reading", 0, 0)
    with _no_cycles_to_collect():
        components = [
            part for found in discover(paths, cwd) for part in _apart(found, _catalogue(found))
        ]
        out = []
        for number, found in enumerate(components):
            tell(f"reading {found.component.name}", number, len(components))
            rules = _catalogue(found)
            resources, findings = render(found, rules)
            if resources or not found.leftover:
                graph = infer(resources, findings, rules, found.config)
                graph = replace(graph, edges=lift(graph, found.component.applications))
                out.append(Analysed(found, graph, rules))
        trees = {id(found.tree): found.tree for found in components}
        errors = {
            (error.file, error.line, error.problem): error
            for tree in trees.values()
            for error in tree.errors
        }
    return out, tuple(errors[key] for key in sorted(errors))


def _apart(found: Found, rules: Catalogue) -> list[Found]:
    """A path that no Argo CD object explains, as one component, or its sources each on its own.

    Overlays that bring the same objects cannot be parts of one sync, so nothing makes them one.
    """
    component = found.component
    [app] = component.applications if len(component.applications) == 1 else [None]
    if app is None or app.file or len(app.sources) < 2:
        return [found]
    parts = []
    seen: set[str] = set()
    clash = False
    for source in app.sources:
        name = os.path.relpath(source.path, component.path)
        name = component.name if name == "." else name
        alone = Component(name, source.path, (replace(app, name=name, sources=(source,)),))
        part = replace(found, component=alone, leftover=True)
        ids = {resource.id for resource in render(part, rules)[0]}
        clash = clash or bool(seen & ids)
        seen |= ids
        parts.append(part)
    return parts if clash else [found]


def review(
    paths: Sequence[str],
    cwd: str,
    profile: Profile | None = None,
    progress: Progress | None = None,
) -> Result:
    """What wavefix would do to the components under `paths`; nothing is written."""
    analysed, errors = analyse(paths, cwd, progress)
    tell = progress or (lambda *_: None)
    components: list[ComponentReview] = []
    edits: list[Edit] = []
    with _no_cycles_to_collect():
        for number, item in enumerate(analysed):
            tell(f"planning {item.found.component.name}", number, len(analysed))
            wanted = profile or item.found.config.profile
            graph, planned, made = _plan(item, wanted)
            times = seconds(graph, planned, item.found.config)
            components.append(ComponentReview(item.found.component, graph, planned, times))
            edits += made
        _agree(components, edits, cwd)
        patches = patch.prepare(edits, _texts(analysed, edits))
    findings = [f for item in components for f in (*item.graph.findings, *item.plan.findings)]
    findings += [unreadable(error) for error in errors]
    shown = profile or (components[0].plan.profile if components else "conservative")
    return Result(
        Review(
            shown,
            tuple(components),
            patches,
            _sorted(findings),
            cwd,
            _roots(analysed, patches, cwd),
        ),
        errors,
    )


def lint(
    paths: Sequence[str], cwd: str, progress: Progress | None = None
) -> tuple[tuple[Finding, ...], tuple[InputError, ...]]:
    """The findings of the present state, each with what would mend it."""
    analysed, errors = analyse(paths, cwd, progress)
    findings = [unreadable(error) for error in errors]
    for item in analysed:
        graph, planned, _ = _plan(item, item.found.config.profile)
        findings += graph.findings
        findings += [f for f in planned.findings if f.code not in ("WF002", "WF003")]
        applications = item.found.component.applications
        findings += present_state(graph, applications, planned, item.catalogue)
    return _sorted(findings), errors


def unreadable(error: InputError) -> Finding:
    """A file that cannot be used, as a finding."""
    advice = f"; {error.advice}" if error.advice else ""
    return Finding("WF010", "error", error.problem + advice, error.file, error.line)


def _plan(item: Analysed, profile: Profile) -> tuple[Graph, Plan, list[Edit]]:
    """The plan and its edits; what cannot be edited exactly is fixed, and planned around."""
    graph, config = item.graph, item.found.config
    applications = item.found.component.applications
    while True:
        planned = plan(graph, applications, profile, config, item.catalogue)
        edits = _edits(planned)
        refused = _refused(item.found.tree, edits)
        if not refused:
            return graph, planned, edits
        graph = replace(
            graph,
            resources=tuple(
                replace(resource, fixed=why)
                if (why := next((refused[s] for s in resource.sites if s in refused), ""))
                else resource
                for resource in graph.resources
            ),
            findings=(*graph.findings, *_not_editable(refused)),
        )


def _edits(planned: Plan) -> list[Edit]:
    return [
        Edit(site, placement.resource.id, str(placement.planned))
        for placement in planned.placements
        if placement.moves
        for site in placement.resource.sites
    ]


def _refused(tree: Tree, edits: Sequence[Edit]) -> dict[Site, str]:
    out: dict[Site, str] = {}
    for edit in edits:
        text = tree.text(edit.site.file)
        why = patch.check(edit.site, text) if text is not None else "it cannot be read"
        if why:
            out[edit.site] = why
    return out


def _not_editable(refused: dict[Site, str]) -> Iterator[Finding]:
    for site, why in refused.items():
        yield Finding("WF012", "note", f"left where it is: {why}", site.file, site.line)


def _agree(components: Sequence[ComponentReview], edits: Sequence[Edit], cwd: str) -> None:
    """Refuse to move an annotation that something else reads, and wants elsewhere."""
    touched = {_place(edit.site): edit for edit in edits}
    for component in components:
        for placement in component.plan.placements:
            for site in placement.resource.sites:
                edit = touched.get(_place(site))
                if edit is not None and edit.after != str(placement.planned) and not site.moot:
                    raise InputError(
                        f"{edit.resource} is to move to wave {edit.after}, but the same annotation "
                        f"sets {placement.resource.id} of Application "
                        f"{placement.resource.application}, which stays in wave "
                        f"{placement.planned}",
                        "give each its own annotation, in an overlay, or pin the resource",
                        site.file,
                        site.line,
                    )


def _place(site: Site) -> tuple[object, ...]:
    return site.file, site.document, site.path, site.inner


def _texts(analysed: Sequence[Analysed], edits: Sequence[Edit]) -> dict[str, str]:
    wanted = {edit.site.file for edit in edits}
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
    base = found.config_file.rpartition("/")[0]
    return catalogue(tuple(os.path.join(base, name) for name in found.config.rules))


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


__all__ = ["Analysed", "Result", "analyse", "lint", "review", "unreadable"]
