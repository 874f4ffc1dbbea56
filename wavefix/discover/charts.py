"""Charts of Applications: what a chart of the repository brings is known once it is rendered."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wavefix.discover.argo import APPLICATION, APPLICATION_SET, ArgoObject, application
from wavefix.discover.sources import release_name
from wavefix.discover.tree import CHART, Tree
from wavefix.model import Application, Source
from wavefix.yamlio import get

Brings = Callable[[Tree, Application, Source], "Sequence[tuple[Mapping[str, Any], str]] | None"]
"""The objects that a chart makes, each with the file of its template; None where it cannot be
rendered."""

_MOST = 10_000  # Applications


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
    charts = [path for path in _charts(tree, start) if _makes_applications(tree, path)]
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
    first = len(out.applications)
    out.applications += [_standing(path) for path in charts if path not in named]
    rendered |= _expand(tree, out, brings, first)
    out.applications[:], out.parents = _without(out, charts, named)
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


def _expand(tree: Tree, out: Written, brings: Brings, first: int) -> set[str]:
    """Add what charts make, and what the charts among that make; which charts were rendered."""
    rendered: set[str] = set()
    for number, app in enumerate(out.applications):  # grows while it is read
        for source in app.sources if number >= first else ():
            if source.kind != "helm" or not _makes_applications(tree, source.path):
                continue
            if len(out.applications) > _MOST or _comes_back(out, number, source):
                continue
            made = brings(tree, app, source)
            if made is None:
                continue
            rendered.add(source.path)
            for body, file in made:
                _add(tree, out, number, body, file)
    return rendered


def _add(tree: Tree, out: Written, parent: int, body: Mapping[str, Any], file: str) -> None:
    group, kind = str(body.get("apiVersion", "")).partition("/")[0], body.get("kind")
    name = get(body, "metadata", "name")
    if group != "argoproj.io" or kind not in (APPLICATION, APPLICATION_SET) or not name:
        return
    found = ArgoObject(str(kind), str(name), body, file, 0, (), 1)
    if kind == APPLICATION:
        out.parents[len(out.applications)] = parent
    _take(tree, out, [found])


def _comes_back(out: Written, number: int, source: Source) -> bool:
    """Whether an Application above brings the same chart: that would never end."""
    above = out.parents.get(number)
    while above is not None:
        if any(other.path == source.path for other in out.applications[above].sources):
            return True
        above = out.parents.get(above)
    return False


def _without(
    out: Written, charts: Sequence[str], named: set[str]
) -> tuple[list[Application], dict[int, int]]:
    """Those that stand for a chart that made nothing go: it is a chart like any other."""
    makers = set(out.parents.values())
    gone = {
        number
        for number, app in enumerate(out.applications)
        if number not in makers
        and number not in out.parents
        and os.path.basename(app.file) == CHART
        and os.path.dirname(app.file) in charts
        and os.path.dirname(app.file) not in named
    }
    kept = [number for number in range(len(out.applications)) if number not in gone]
    place = {number: index for index, number in enumerate(kept)}
    parents = {place[child]: place[parent] for child, parent in out.parents.items()}
    return [out.applications[number] for number in kept], parents


def _charts(tree: Tree, directory: str) -> Iterator[str]:
    """The charts below a directory; not those inside a chart."""
    if not os.path.isdir(directory):
        return
    directories, manifests = tree.entries(directory)
    if CHART in manifests:
        yield directory
        return
    for name in directories:
        yield from _charts(tree, os.path.join(directory, name))


def _makes_applications(tree: Tree, chart: str) -> bool:
    """Whether a template of a chart speaks of Argo CD's objects."""
    if "templates" not in tree.entries(chart)[0]:
        return False
    for file in tree.walk(os.path.join(chart, "templates")):
        text = tree.peek(file) or ""
        if "argoproj.io/v1alpha1" in text and f"kind: {APPLICATION}" in text:
            return True
    return False
