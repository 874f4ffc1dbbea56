"""What is read, before anything is planned: discover, render, infer."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from wavefix import config
from wavefix.catalogue import Catalogue, catalogue
from wavefix.discover import Found, Tree, discover, repository_root
from wavefix.errors import InputError
from wavefix.infer import infer
from wavefix.infer.lift import lift
from wavefix.limits import WORK
from wavefix.model import Component, Finding, Graph, Resource, Site
from wavefix.render import made_by, render
from wavefix.tools import together
from wavefix.ways import DEFAULT, Ways

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many components are done, and how many there are."""
Only = tuple[str, str]
"""The path and the name of the one component that is wanted of those that are found."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """A component with its graph."""

    found: Found
    graph: Graph
    catalogue: Catalogue
    checked: dict[tuple[Site, bool], str] = field(default_factory=dict, compare=False, repr=False)
    """What the patcher says of places; every round of planning asks again."""


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
    with no_cycles_to_collect():
        found_here = components(paths, cwd, ways, only=only)
        out = []
        results = rendered(found_here)
        for number, found in enumerate(found_here):
            tell(f"reading {found.component.name}", number, len(found_here))
            rules = _catalogue(found)
            resources, findings = next(results)
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


def rendered(
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
    for resources, _ in rendered(parts):
        ids = {resource.id for resource in resources}
        clash = clash or bool(seen & ids)
        seen |= ids
    return parts if clash else [found]


def known_rules(cwd: str) -> Catalogue:
    """The built-in rules, and those that the configuration of the working directory names."""
    root = repository_root(cwd, cwd)
    found = config.find(Path(cwd), Path(root))
    return _rules(config.read(found).rules, str(found), root) if found else catalogue()


def _catalogue(found: Found) -> Catalogue:
    return _rules(found.config.rules, found.config_file, found.tree.root)


def _rules(names: Sequence[str], config_file: str, root: str) -> Catalogue:
    """The built-in rules, and those in the files that a configuration names, relative to it."""
    base = os.path.dirname(config_file)
    return catalogue(tuple(os.path.join(base, name) for name in names), root)


@contextmanager
def no_cycles_to_collect() -> Iterator[None]:
    """Parsed manifests are many small objects that live on: collecting costs, and frees nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
