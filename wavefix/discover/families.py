"""App-of-apps: which Application brings which, and what applies those that no other brings."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wavefix.discover.argo import APPLICATION, APPLICATION_SET, objects
from wavefix.discover.patterns import takes
from wavefix.discover.sources import references
from wavefix.discover.tree import Tree
from wavefix.model import SYNC_WAVE, Application, Component, Source
from wavefix.yamlio import get


def families(
    tree: Tree, known: Sequence[Application], given: Mapping[int, int]
) -> tuple[list[Component], list[Application]]:
    """One component for each Application that brings others, with all below it; and the rest.

    An Application is known by where it is written: names repeat between clusters. `given` holds
    the parents of those that a chart makes.
    """
    parents = _parents(tree, known)
    for child, above in given.items():
        parents[child] = above
    children: dict[int, list[int]] = {}
    for number, parent in enumerate(parents):
        if parent is not None:
            children.setdefault(parent, []).append(number)
    components: list[Component] = []
    placed: set[int] = set()
    for top in children:
        if parents[top] is None:
            family = [top]
            for member in family:  # grows while it is read: children, then their children
                family += children.get(member, [])
            placed.update(family)
            path = os.path.commonpath([os.path.dirname(known[number].file) for number in family])
            members = _named([known[number] for number in family], path)
            names = {number: app.name for number, app in zip(family, members, strict=True)}
            made = [
                replace(app, parent=names[parent])
                if (parent := parents[number]) is not None
                else app
                for number, app in zip(family, members, strict=True)
            ]
            components.append(Component(known[top].name, path, tuple(made)))
    return components, [app for number, app in enumerate(known) if number not in placed]


def _parents(tree: Tree, known: Sequence[Application]) -> list[int | None]:
    """For each Application the one whose source brings its file: the nearest one above it.

    A kustomization brings what it names, and nothing else that lies below it.
    """
    brings, named = _reach(tree, known)
    return [_parent(number, app.file, brings, named) for number, app in enumerate(known)]


_Brings = Mapping[str, Sequence[tuple[int, Source]]]


def _reach(tree: Tree, known: Sequence[Application]) -> tuple[_Brings, Mapping[str, set[str]]]:
    """The sources of Applications by their directories, and what each kustomization names."""
    brings: dict[str, list[tuple[int, Source]]] = {}
    for number, app in enumerate(known):
        for source in app.sources:
            brings.setdefault(source.path, []).append((number, source))
    named = {
        source.path: references(tree, source.path)
        for app in known
        for source in app.sources
        if source.kind == "kustomize"
    }
    return brings, named


def _parent(child: int, file: str, brings: _Brings, named: Mapping[str, set[str]]) -> int | None:
    home = directory = os.path.dirname(file)
    while True:
        for number, source in brings.get(directory, ()):
            if source.kind == "directory":
                reached = (source.recurse or directory == home) and takes(source, file)
            elif source.kind == "kustomize":
                reached = file in named[directory]
            else:
                reached = True
            if number != child and reached:
                return number
        above = os.path.dirname(directory)
        if above == directory:
            return None
        directory = above


def kustomized(
    tree: Tree, source: Source, label: str, orphans: Sequence[Application]
) -> tuple[Component | None, list[Application]]:
    """Orphans that a kustomization applies, as its children; and those that it does not."""
    included = references(tree, source.path) if source.kind == "kustomize" else set()
    own = [app for app in orphans if app.file in included]
    if not own:
        return None, list(orphans)
    component = _below(own, source, label, source.path)
    return component, [app for app in orphans if app.file not in included]


def loose(
    tree: Tree,
    orphans: Sequence[Application],
    sets: Iterable[str],
    plain: Iterable[str],
    name: str,
    directory: str,
) -> tuple[Component | None, frozenset[str]]:
    """Applications that nothing in sight applies share a component.

    Where their files hold waves, whatever applies them obeys those: `name` stands for it. It brings
    the files of ApplicationSets (`sets`) as well, and of the `plain` ones that no Application has
    those that lie in the same directories, which are returned. So does what stands in one file with
    an Application.
    """
    homes = {app.file for app in orphans} | set(sets)
    places = {os.path.dirname(file) for file in homes}
    beside = {file for file in plain if os.path.dirname(file) in places and _bodies(tree, file)}
    waves = any(_holds_wave(tree, file) for file in (*homes, *beside))
    if (waves and (orphans or beside)) or any(_holds_other(tree, file) for file in homes):
        source = Source("files", path=directory, files=tuple(sorted(homes | beside)))
        return _below(orphans, source, name, directory), frozenset(beside)
    component = Component(name, directory, tuple(_named(orphans, directory))) if orphans else None
    return component, frozenset()


def brought(tree: Tree, known: Sequence[Application], file: str) -> bool:
    """Whether the source of an Application brings a file."""
    return _parent(-1, file, *_reach(tree, known)) is not None


def _below(orphans: Sequence[Application], source: Source, name: str, directory: str) -> Component:
    """A component of Applications under one that stands for whatever applies them."""
    members = _named(orphans, directory)
    top = name
    while any(app.name == top for app in members):
        top += "-applications"
    above = Application(top, "", (source,))
    return Component(name, directory, (above, *(replace(app, parent=top) for app in members)))


def _named(apps: Sequence[Application], directory: str) -> list[Application]:
    """Applications of one component under names of their own: the same twice says where it is."""
    names = Counter(app.name for app in apps)
    same: Counter[str] = Counter()
    out: dict[str, Application] = {}
    for app in apps:
        name = app.name
        if names[name] > 1:
            name += "@" + os.path.relpath(app.file, directory)
        if name in out:
            name += f":{app.line}"
        same[name] += 1
        while name in out:
            name = f"{name}({same[name]})"
        out[name] = replace(app, name=name)
    return list(out.values())


def _holds_wave(tree: Tree, file: str) -> bool:
    return any(
        get(body, "metadata", "annotations", SYNC_WAVE) is not None for body in _bodies(tree, file)
    )


def _holds_other(tree: Tree, file: str) -> bool:
    """Whether something else than Applications stands in a file."""
    return any(body["kind"] not in (APPLICATION, APPLICATION_SET) for body in _bodies(tree, file))


def _bodies(tree: Tree, file: str) -> list[Mapping[str, Any]]:
    """What may be objects in a file."""
    return [
        body
        for body, _, _ in objects(tree.documents(file))
        if isinstance(body.get("kind"), str) and isinstance(body.get("apiVersion"), str)
    ]
