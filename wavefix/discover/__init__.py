"""Discover: paths on the command line -> Components, their Applications and sources."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from wavefix import config as configuration
from wavefix.config import Config
from wavefix.discover.argo import APPLICATION_SET, ArgoObject, argo_objects
from wavefix.discover.charts import Brings, nothing, written
from wavefix.discover.families import brought, families, kustomized, loose
from wavefix.discover.rolling import application_set, stepped
from wavefix.discover.sources import collect, references
from wavefix.discover.tree import CHART, Tree
from wavefix.errors import InputError
from wavefix.limits import TooMuch
from wavefix.model import Application, Component, Finding, Source
from wavefix.tools import Kit, kit
from wavefix.ways import DEFAULT, Ways

__all__ = ["Found", "Tree", "discover", "roots"]


@dataclass(frozen=True, slots=True)
class Found:
    """A component with the configuration that holds for it and the tree that its files are in."""

    component: Component
    config: Config
    tree: Tree
    findings: tuple[Finding, ...] = ()
    leftover: bool = False  # of no interest when nothing is in it
    config_file: str = ""
    kit: Kit = field(default_factory=Kit)


def discover(
    paths: Sequence[str],
    cwd: str,
    brings: Callable[[Kit], Brings] = lambda kit: nothing,
    ways: Ways = DEFAULT,
    edited: Callable[[Tree], Tree] | None = None,
) -> list[Found]:
    """The components under `paths` (absolute, or relative to `cwd`), sorted by path and name.

    `brings` renders charts of Applications with the tools at hand; `ways` go over configurations.
    `edited` puts another tree in place of one, with other texts in some files.
    Raises InputError for a path that does not exist and for a broken configuration. Files that
    cannot be read are collected in each tree's `errors`.
    """
    trees: dict[tuple[str, str], tuple[Config, Tree, Kit]] = {}
    found: dict[tuple[str, str], Found] = {}
    for start in _starts(paths, cwd):
        root = repository_root(start, cwd)
        directory = FilePath(start) if os.path.isdir(start) else FilePath(start).parent
        file = configuration.find(directory, FilePath(root))
        key = (root, str(file))
        if key not in trees:
            config = ways.over(configuration.read(file) if file else Config())
            base = str(file.parent) if file else root
            urls = config.argocd.repo_urls
            tree = Tree(root, config.exclude, base, urls, limits=config.limits)
            tree = edited(tree) if edited else tree
            trees[key] = (config, tree, kit(config, root, ways.pull))
        config, tree, tools = trees[key]
        for item in _components(tree, config, start, brings(tools)):
            _add(found, replace(item, config_file=str(file or ""), kit=tools))
    return [found[key] for key in sorted(found)]


def _add(found: dict[tuple[str, str], Found], item: Found) -> None:
    """Add a component once; one of the same name for something else gets another name."""
    component, number = item.component, 1
    applied = _applied(item)
    while True:
        name = component.name if number == 1 else f"{component.name}-{number}"
        same = found.setdefault((component.path, name), item)
        if same is item:
            found[component.path, name] = replace(item, component=replace(component, name=name))
        if same is item or _applied(same) == applied:
            return
        number += 1


def _applied(item: Found) -> list[tuple[str, str, tuple[Source, ...]]]:
    return [(app.name, app.namespace, app.sources) for app in item.component.applications]


def repository_root(path: str, cwd: str) -> str:
    """The git work tree that holds `path`, else the working directory, else the path itself."""
    start = path if os.path.isdir(path) else os.path.dirname(path)
    directory = start
    while True:
        if os.path.exists(os.path.join(directory, ".git")):
            return directory
        parent = os.path.dirname(directory)
        if parent == directory:
            break
        directory = parent
    return cwd if start == cwd or start.startswith(cwd.rstrip("/") + "/") else start


def roots(paths: Sequence[str], cwd: str) -> list[str]:
    """The roots of the repositories that paths are in, as `discover` sees them.

    Raises InputError for a path that does not exist.
    """
    return sorted({repository_root(start, cwd) for start in _starts(paths, cwd)})


def _starts(paths: Sequence[str], cwd: str) -> list[str]:
    """The paths as absolute ones, without those that lie inside another."""
    out: list[str] = []
    for path in paths:
        absolute = os.path.realpath(os.path.join(cwd, path))
        if not os.path.exists(absolute):
            raise InputError("no such file or directory", "check the path", path)
        out.append(absolute)
    return [
        path
        for path in sorted(set(out))
        if not any(path.startswith(other.rstrip("/") + "/") for other in out)
    ]


def _components(tree: Tree, config: Config, start: str, brings: Brings) -> Iterator[Found]:
    files = _files(tree, start) if os.path.isdir(start) else [start]
    argo = [found for file in files for found in argo_objects(tree, file)]
    name = os.path.basename(start) if os.path.isdir(start) else FilePath(start).stem
    made = written(tree, argo, start, brings)
    if not (made.sets or made.applications):
        only = Component(name, start, (Application(name, "", _sources(tree, start, {})),))
        yield Found(only, config, tree)
        return
    sets = [_of_set(tree, config, item) for item in made.sets]
    yield from sets
    known = [app for item in sets for app in item.component.applications]
    known += made.applications
    components, orphans = families(tree, made.applications, made.parents)
    rest: list[tuple[Source, str]] = []
    for source in _sources(tree, start, _claimed(known, argo)):
        label = os.path.basename(source.path) if source.path != start else f"{name}-manifests"
        parent, orphans = kustomized(tree, source, label.removesuffix("-manifests"), orphans)
        if parent:
            components.append(parent)
        else:
            rest.append((source, label))
    unapplied = _unapplied(tree, argo, known, [source for source, _ in rest])
    plain = [file for source, _ in rest for file in source.files]
    directory = start if os.path.isdir(start) else os.path.dirname(start)
    by_hand, taken = loose(tree, orphans, unapplied, plain, name, directory)
    components += [by_hand] if by_hand else []
    for source, label in rest:
        left = replace(source, files=tuple(file for file in source.files if file not in taken))
        if left.files or not source.files:
            only = Component(label, source.path, (Application(label, "", (left,)),))
            yield Found(only, config, tree, leftover=True)
    for component in components:
        yield Found(component, config, tree)


def _of_set(tree: Tree, config: Config, item: ArgoObject) -> Found:
    """The component of an ApplicationSet."""
    from wavefix.discover.applicationsets import applications

    findings: list[Finding] = []
    try:
        made = applications(tree, item, findings)
    except TooMuch as error:
        raise TooMuch(error.problem, error.advice, item.file, item.line) from None
    except InputError as error:
        tree.fail(error)
        made = []
    path = _common(made, os.path.dirname(item.file))
    made_by = application_set(item, made, findings)
    component = Component(item.name, path, tuple(stepped(made, made_by.steps)), made_by)
    return Found(component, config, tree, tuple(findings))


def _files(tree: Tree, directory: str) -> Iterator[str]:
    """Manifest files below a directory; of a chart's templates those that need no rendering."""
    directories, manifests = tree.entries(directory)
    yield from (os.path.join(directory, name) for name in manifests)
    for name in directories:
        inside = os.path.join(directory, name)
        if CHART in manifests and name == "templates":
            yield from (file for file in tree.walk(inside) if "{{" not in (tree.text(file) or ""))
        elif not (CHART in manifests and name == "charts"):
            yield from _files(tree, inside)


def _unapplied(
    tree: Tree,
    argo: Sequence[ArgoObject],
    known: Sequence[Application],
    sources: Sequence[Source],
) -> list[str]:
    """The files of ApplicationSets that nothing in sight applies."""
    files = {item.file for item in argo if item.kind == APPLICATION_SET}
    if not files:
        return []
    for source in sources:
        if source.kind == "kustomize":
            files -= references(tree, source.path)
        elif source.kind == "helm":
            files = {file for file in files if not file.startswith(source.path + "/")}
    return sorted(file for file in files if not brought(tree, known, file))


def _claimed(known: Sequence[Application], argo: Sequence[ArgoObject]) -> dict[str, bool]:
    """What Applications bring, and whether they bring what lies below it as well."""
    claimed = {item.file: True for item in argo}
    for app in known:
        for source in app.sources:
            if source.path and source.kind != "files":
                below = source.kind != "directory" or source.recurse
                claimed[source.path] = claimed.get(source.path, False) or below
            claimed.update(dict.fromkeys(source.files, True))
    return claimed


def _sources(tree: Tree, start: str, claimed: Mapping[str, bool]) -> tuple[Source, ...]:
    if os.path.isdir(start):
        return collect(tree, start, claimed)
    if start in claimed:
        return ()
    return (Source("files", path=os.path.dirname(start), files=(start,)),)


def _common(made: Sequence[Application], default: str) -> str:
    paths = [source.path for app in made for source in app.sources if source.path.startswith("/")]
    if not paths:
        return default
    common = os.path.commonpath(paths)
    return os.path.dirname(common) if common in paths else common
