"""Discover: paths on the command line -> Components, their Applications and sources."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from wavefix import config as configuration
from wavefix.config import Config
from wavefix.discover.argo import (
    APPLICATION_SET,
    ArgoObject,
    application,
    applications,
    argo_objects,
)
from wavefix.discover.sources import collect
from wavefix.discover.tree import Tree
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Application, Component, Finding, Source
from wavefix.yamlio import get

__all__ = ["Found", "Tree", "discover"]


@dataclass(frozen=True, slots=True)
class Found:
    """A component with the configuration that holds for it and the tree that its files are in."""

    component: Component
    config: Config
    tree: Tree
    findings: tuple[Finding, ...] = ()
    leftover: bool = False  # of no interest when nothing is in it
    config_file: str = ""


def discover(paths: Sequence[str], cwd: str) -> list[Found]:
    """The components under `paths` (absolute, or relative to `cwd`), sorted by path and name.

    Raises InputError for a path that does not exist and for a broken configuration. Files that
    cannot be read are collected in each tree's `errors`.
    """
    trees: dict[tuple[str, str], tuple[Config, Tree]] = {}
    found: dict[tuple[str, str], Found] = {}
    for start in _starts(paths, cwd):
        root = repository_root(start, cwd)
        directory = FilePath(start) if os.path.isdir(start) else FilePath(start).parent
        file = configuration.find(directory, FilePath(root))
        key = (root, str(file))
        if key not in trees:
            config = configuration.read(file) if file else Config()
            base = str(file.parent) if file else root
            trees[key] = (config, Tree(root, config.exclude, base))
        config, tree = trees[key]
        for item in _components(tree, config, start):
            item = replace(item, config_file=str(file or ""))
            found.setdefault((item.component.path, item.component.name), item)
    return [found[key] for key in sorted(found)]


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


def _components(tree: Tree, config: Config, start: str) -> list[Found]:
    files = list(tree.walk(start)) if os.path.isdir(start) else [start]
    argo = [found for file in files for found in argo_objects(tree, file)]
    name = os.path.basename(start) if os.path.isdir(start) else FilePath(start).stem
    if not argo:
        sources = _all_sources(tree, start, set())
        only = Component(name, start, (Application(name, "", sources),))
        return [Found(only, config, tree)]
    out = []
    children: list[Application] = []
    for item in argo:
        if item.kind == APPLICATION_SET:
            findings: list[Finding] = []
            made = applications(tree, item, findings)
            path = _common(made, os.path.dirname(item.file))
            component = Component(item.name, path, tuple(made))
            out.append(Found(component, config, tree, tuple(findings)))
        else:
            children.append(application(tree, item))
    generated = [app for item in out for app in item.component.applications]
    declares = {(item.file, item.name) for item in argo if _declares_wave(item)}
    for group in _families(children, declares, name, start):
        out.append(Found(group, config, tree))
    known = [*generated, *children]
    claimed = {source.path for app in known for source in app.sources if source.path}
    claimed |= {item.file for item in argo}
    for source in _all_sources(tree, start, claimed):
        label = os.path.basename(source.path) if source.path != start else name
        component = Component(label, source.path, (Application(label, "", (source,)),))
        out.append(Found(component, config, tree, leftover=True))
    return out


def _all_sources(tree: Tree, start: str, claimed: set[str]) -> tuple[Source, ...]:
    if os.path.isdir(start):
        return collect(tree, start, claimed)
    return (
        () if start in claimed else (Source("files", path=os.path.dirname(start), files=(start,)),)
    )


def _declares_wave(item: ArgoObject) -> bool:
    annotations = get(item.body, "metadata", "annotations")
    return isinstance(annotations, dict) and SYNC_WAVE in annotations


def _common(made: list[Application], default: str) -> str:
    paths = [source.path for app in made for source in app.sources if source.path.startswith("/")]
    if not paths:
        return default
    common = os.path.commonpath(paths)
    return os.path.dirname(common) if common in paths else common


def _families(
    children: list[Application],
    declares: set[tuple[str, str]],
    name: str,
    start: str,
) -> list[Component]:
    """Applications with their app-of-apps parents; those without any share one component.

    Where such orphans carry waves, whatever applies them obeys those: the path stands for it.
    """
    parents = {app.name: _parent(app, children) for app in children}
    used = set(parents.values())
    out = []
    placed: set[str] = set()
    for top in children:
        if parents[top.name] is None and top.name in used:
            family = [top]
            for member in family:  # grows while it is read: children, then their children
                family += [
                    replace(app, parent=member.name)
                    for app in children
                    if parents[app.name] == member.name
                ]
            placed |= {app.name for app in family}
            path = os.path.commonpath([os.path.dirname(app.file) for app in family])
            out.append(Component(top.name, path, tuple(family)))
    loose = [app for app in children if app.name not in placed]
    if loose:
        directory = start if os.path.isdir(start) else os.path.dirname(start)
        if any((app.file, app.name) in declares for app in loose):
            files = tuple(sorted({app.file for app in loose}))
            top = Application(name, "", (Source("files", path=directory, files=files),))
            loose = [top, *(replace(app, parent=name) for app in loose)]
        out.append(Component(name, directory, tuple(loose)))
    return out


def _parent(child: Application, known: list[Application]) -> str | None:
    """The Application whose source brings the file that `child` is written in: the nearest one."""
    directory = os.path.dirname(child.file)
    best: tuple[int, str] | None = None
    for app in known:
        for source in app.sources:
            near = directory == source.path or (
                (source.kind != "directory" or source.recurse)
                and directory.startswith(source.path.rstrip("/") + "/")
            )
            if app.name != child.name and source.path.startswith("/") and near:
                best = max(best or (0, ""), (len(source.path), app.name))
    return best[1] if best else None
