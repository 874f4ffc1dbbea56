"""Charts of Applications: what a chart of the repository brings is known once it is rendered."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wavefix.discover.argo import APPLICATION, APPLICATION_SET, ArgoObject, application
from wavefix.discover.sources import (
    kustomization,
    kustomization_file,
    references,
    release_name,
)
from wavefix.discover.tree import CHART, Tree
from wavefix.limits import TooMuch, exceeded
from wavefix.model import Application, Source
from wavefix.yamlio import get

COMMUNITY = "argocd-apps"
"""The chart of the Argo project that makes Applications of nothing but its values."""


@dataclass(frozen=True, slots=True)
class Brought:
    """The objects that charts make, each with its file and line; `whole`: they are all."""

    objects: Sequence[tuple[Mapping[str, Any], str, int]]
    whole: bool = True


Brings = Callable[[Tree, Application, Source], "Brought | None"]
"""What the charts of a source make; None where that cannot be told."""

_DEEPEST = 8  # charts in charts


@dataclass(slots=True)
class Written:
    """Argo CD objects, and of the Applications that charts make which other each is a child of."""

    sets: list[ArgoObject] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    parents: dict[int, int] = field(default_factory=dict)


def nothing(tree: Tree, app: Application, source: Source) -> None:
    """Brings, where no chart is rendered."""


def written(tree: Tree, argo: Sequence[ArgoObject], start: str, brings: Brings) -> Written:
    """The Applications and ApplicationSets that files hold, and those that charts make of them.

    A chart that makes Applications and that no Application names stands for whatever installs it.
    """
    charts = [path for path in _charts(tree, start) if makes_applications(tree, path)]
    inside = {
        item.file: path
        for item in argo
        for path in charts
        if item.file.startswith(f"{path}/templates/")
    }
    out = Written()
    plain = [item for item in argo if item.file not in inside]
    _take(tree, out, plain)
    rendered = _expand(tree, out, brings, 0)
    named = {source.path for app in out.applications for source in app.sources}
    alone = [_standing(path) for path in charts if path not in named]
    alone += [_kustomized(tree, path) for path in _overlays(tree, start, named)]
    first = len(out.applications)
    out.applications += alone
    rendered |= _expand(tree, out, brings, first)
    out.applications[:], out.parents = _without(out, range(first, first + len(alone)))
    _take(tree, out, [item for item in argo if inside.get(item.file, "") not in {"", *rendered}])
    return out


def _take(tree: Tree, out: Written, argo: Sequence[ArgoObject]) -> None:
    out.sets += [item for item in argo if item.kind == APPLICATION_SET]
    out.applications += [application(tree, item) for item in argo if item.kind == APPLICATION]


def _standing(path: str) -> Application:
    """What stands for whoever installs a chart."""
    name = os.path.basename(path)
    source = Source("helm", path=path, release=release_name(path), chart=name)
    return Application(name, "", (source,), file=os.path.join(path, CHART), line=1)


def _kustomized(tree: Tree, path: str) -> Application:
    """What stands for whoever applies a kustomization."""
    name = os.path.basename(path)
    source = Source("kustomize", path=path, release=name, chart=name)
    return Application(name, "", (source,), file=kustomization_file(tree, path) or path, line=1)


def _expand(tree: Tree, out: Written, brings: Brings, first: int) -> set[str]:
    """Add what charts make, and what the charts among that make; which charts were rendered."""
    rendered: set[str] = set()
    for number, app in enumerate(out.applications):  # grows while it is read
        for source in app.sources if number >= first else ():
            if not _may_bring(tree, source):
                continue
            if _comes_back(out, number, source):
                continue
            _check_number(tree, out)
            made = brings(tree, app, source)
            if made is None:
                continue
            if made.whole:
                rendered.add(source.path)
            for body, file, line in made.objects:
                _add(tree, out, number, body, (file, line))
    return rendered


def _check_number(tree: Tree, out: Written) -> None:
    most = tree.meter.limits.applications
    if len(out.applications) > most:
        what, last = f"more than {most} Applications", out.applications[-1]
        raise exceeded("applications", what, last.file, last.line, TooMuch)


def _may_bring(tree: Tree, source: Source) -> bool:
    """Whether charts of a source may make Applications: of others' charts their files tell."""
    if source.kind == "kustomize":
        return any(_inflates(tree, home) for home in (source.path, *references(tree, source.path)))
    return source.kind == "chart" or (
        source.kind == "helm" and makes_applications(tree, source.path)
    )


def _inflates(tree: Tree, directory: str) -> bool:
    """Whether an entry of `helmCharts` makes Applications."""
    body = kustomization(tree, directory) if tree.files.is_directory(directory) else {}
    entries = body.get("helmCharts")
    home = str(get(body, "helmGlobals", "chartHome") or "charts")
    for entry in entries if isinstance(entries, list) else []:
        name = str(get(entry, "name") or "")
        path = os.path.normpath(os.path.join(directory, home, name))
        local = bool(name) and tree.files.is_directory(path)
        if name == COMMUNITY or (local and makes_applications(tree, path)):
            return True
    return False


def _add(
    tree: Tree, out: Written, parent: int, body: Mapping[str, Any], place: tuple[str, int]
) -> None:
    group, kind = str(body.get("apiVersion", "")).partition("/")[0], body.get("kind")
    name = get(body, "metadata", "name")
    if group != "argoproj.io" or kind not in (APPLICATION, APPLICATION_SET) or not name:
        return
    file, line = place
    found = ArgoObject(str(kind), str(name), body, file, 0, (), line, made=True)
    if kind == APPLICATION:
        out.parents[len(out.applications)] = parent
    _take(tree, out, [found])


def _comes_back(out: Written, number: int, source: Source) -> bool:
    """Whether an Application above brings the same chart: that would never end."""
    above = out.parents.get(number)
    while above is not None:
        if any(_same(source, other) for other in out.applications[above].sources):
            return True
        above = out.parents.get(above)
    return False


def _same(one: Source, other: Source) -> bool:
    """Whether two sources are one chart; others' charts make what they are told to by values."""
    if one.path or other.path:
        return one.path == other.path
    return one.chart == other.chart and one.spec == other.spec


def _without(out: Written, alone: range) -> tuple[list[Application], dict[int, int]]:
    """Those that stand for a chart that made nothing go: it is a chart like any other."""
    makers = set(out.parents.values())
    kept = [
        number for number in range(len(out.applications)) if number not in alone or number in makers
    ]
    place = {number: index for index, number in enumerate(kept)}
    parents = {place[child]: place[parent] for child, parent in out.parents.items()}
    return [out.applications[number] for number in kept], parents


def _charts(tree: Tree, directory: str) -> Iterator[str]:
    """The charts below a directory; not those inside a chart."""
    if not tree.files.is_directory(directory):
        return
    directories, manifests = tree.entries(directory)
    if CHART in manifests:
        yield directory
        return
    for name in directories:
        yield from _charts(tree, os.path.join(directory, name))


def _overlays(tree: Tree, start: str, named: set[str]) -> list[str]:
    """The outermost kustomizations below a directory whose charts make Applications.

    Not those that an Application names, by itself or by another kustomization.
    """
    homes = list(_kustomizations(tree, start))
    makers = {home for home in homes if _inflates(tree, home)}
    if not makers:
        return []
    known = [home for home in {*homes, *named} if tree.files.is_directory(home)]
    within = {home: references(tree, home) for home in known}
    taken = set(named).union(*(within.get(home, ()) for home in named))
    tops = [
        home
        for home in homes
        if makers & {home, *within[home]}
        and home not in taken
        and kustomization(tree, home).get("kind") != "Component"
    ]
    return [top for top in tops if not any(top in within[home] for home in tops)]


def _kustomizations(tree: Tree, directory: str) -> Iterator[str]:
    if not tree.files.is_directory(directory):
        return
    if kustomization_file(tree, directory):
        yield directory
    for name in tree.entries(directory)[0]:
        yield from _kustomizations(tree, os.path.join(directory, name))


def makes_applications(tree: Tree, chart: str, depth: int = 0) -> bool:
    """Whether a template of a chart speaks of Argo CD's objects, or one that it brings along."""
    directories = tree.entries(chart)[0]
    for file in tree.walk(os.path.join(chart, "templates")) if "templates" in directories else ():
        text = tree.peek(file) or ""
        if "argoproj.io/v1alpha1" in text and f"kind: {APPLICATION}" in text:
            return True
    file = os.path.join(chart, CHART)
    documents = tree.documents(file) if tree.files.is_file(file) else []
    entries = get(documents[0].data, "dependencies") if documents else None
    below = [os.path.join(chart, "charts", name) for name in _subcharts(tree, chart)]
    for entry in entries if isinstance(entries, list) else []:
        home = str(get(entry, "repository") or "")
        if get(entry, "name") == COMMUNITY:
            return True
        if home.startswith("file://"):
            below.append(os.path.normpath(os.path.join(chart, home.removeprefix("file://"))))
    return depth < _DEEPEST and any(
        makes_applications(tree, path, depth + 1) for path in below if tree.files.is_directory(path)
    )


def _subcharts(tree: Tree, chart: str) -> Sequence[str]:
    path = os.path.join(chart, "charts")
    return tree.entries(path)[0] if tree.files.is_directory(path) else ()
