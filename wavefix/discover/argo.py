"""Applications and ApplicationSets: which directories and charts each Application applies.

Argo CD: util/argo, reposerver/repository, applicationset/generators (git directories, list).
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wavefix.discover.gotemplate import fill_all
from wavefix.discover.tree import CHART, KUSTOMIZATIONS, Tree
from wavefix.model import Application, Finding, Path, Source
from wavefix.yamlio import Document, get

APPLICATION = "Application"
APPLICATION_SET = "ApplicationSet"


@dataclass(frozen=True, slots=True)
class ArgoObject:
    """An Application, ApplicationSet or AppProject as it stands in a file."""

    kind: str
    name: str
    body: Mapping[str, Any]
    file: str
    document: int
    at: Path
    line: int


def objects(documents: list[Document]) -> Iterator[tuple[Mapping[str, Any], int, Path]]:
    """Every mapping that may be an object, the items of a `List` one by one."""
    for document in documents:
        data = document.data
        if not isinstance(data, dict):
            continue
        items = data.get("items")
        if str(data.get("kind", "")).endswith("List") and isinstance(items, list):
            for index, item in enumerate(items):
                if isinstance(item, dict):
                    yield item, document.index, ("items", index)
        else:
            yield data, document.index, ()


def argo_objects(tree: Tree, file: str) -> Iterator[ArgoObject]:
    """The Argo CD objects of one file; the file is parsed only where it may hold one."""
    text = tree.text(file)
    if text is None or "argoproj.io/" not in text or APPLICATION not in text:
        return
    for body, document, at in objects(tree.documents(file)):
        group = str(body.get("apiVersion", "")).partition("/")[0]
        kind = body.get("kind")
        name = get(body, "metadata", "name")
        if group == "argoproj.io" and kind in (APPLICATION, APPLICATION_SET) and name:
            line = getattr(body, "line", 1)
            yield ArgoObject(str(kind), str(name), body, file, document, at, line)


def application(tree: Tree, found: ArgoObject) -> Application:
    """An Application as it stands in a file."""
    spec = get(found.body, "spec")
    spec = spec if isinstance(spec, dict) else {}
    return _application(tree, found, found.name, spec, (*found.at, "spec"), pattern=False)


def applications(tree: Tree, found: ArgoObject, findings: list[Finding]) -> list[Application]:
    """What an ApplicationSet makes of the directories and elements in sight."""
    out: dict[str, Application] = {}
    at = (*found.at, "spec", "template", "spec")
    template = get(found.body, "spec", "template")
    for values in _generate(tree, found, findings):
        filled = fill_all(template, values)
        name = str(get(filled, "metadata", "name") or found.name)
        spec = get(filled, "spec")
        if isinstance(spec, dict) and name not in out:
            out[name] = _application(tree, found, name, spec, at, pattern=True)
    return list(out.values())


def _application(
    tree: Tree, found: ArgoObject, name: str, spec: Mapping[str, Any], at: Path, pattern: bool
) -> Application:
    several = spec.get("sources")
    written: list[tuple[Any, Path]] = [(spec.get("source"), (*at, "source"))]
    if isinstance(several, list):
        written += [(source, (*at, "sources", index)) for index, source in enumerate(several)]
    return Application(
        name=name,
        namespace=str(get(spec, "destination", "namespace") or ""),
        sources=tuple(
            replace(made, spec=source, at=place)
            for source, place in written
            if isinstance(source, dict) and (made := _source(tree, found.file, name, source))
        ),
        file=found.file,
        line=found.line,
        document=found.document,
        pattern=pattern,
    )


def _source(tree: Tree, file: str, name: str, source: Mapping[str, Any]) -> Source | None:
    """One entry of `source` or `sources`; None for one that only lends its files (`ref`)."""
    helm = source.get("helm") if isinstance(source.get("helm"), dict) else {}
    release = str(get(helm, "releaseName") or name)
    chart, path = source.get("chart"), source.get("path")
    if chart:
        files = _value_files(tree, file, "", get(helm, "valueFiles"))
        return Source("chart", release=release, chart=str(chart), value_files=files)
    if path is None:
        return None
    directory = locate(tree, file, str(path))
    if directory is None:
        return Source("missing", path=str(path))
    kind = source_kind(directory, source)
    return Source(
        kind,
        path=directory,
        release=release,
        chart=os.path.basename(directory),
        value_files=_value_files(tree, file, directory, get(helm, "valueFiles")),
        recurse=get(source, "directory", "recurse") is True,
    )


def source_kind(directory: str, source: Mapping[str, Any] | None = None) -> Any:
    """How Argo CD reads a directory (util/app/discovery): named, else kustomize, Helm, plain."""
    names = set(os.listdir(directory)) if os.path.isdir(directory) else set()
    if any(name in names for name in KUSTOMIZATIONS):
        return "kustomize"
    if CHART in names:
        return "helm"
    return "directory"


def _value_files(tree: Tree, file: str, chart: str, names: Any) -> tuple[str, ...]:
    """`helm.valueFiles`: relative to the chart, to the repository (`/x`), or to a `$ref`."""
    out = []
    for name in names if isinstance(names, list) else []:
        text = str(name)
        if re.match(r"[a-z]+://", text):
            continue
        if text.startswith("$"):
            path = locate(tree, file, text.partition("/")[2], directory=False)
        elif text.startswith("/") or not chart:
            path = locate(tree, file, text.lstrip("/"), directory=False)
        else:
            path = os.path.normpath(os.path.join(chart, text))
        if path and os.path.isfile(path) and tree.inside(path):
            out.append(path)
    return tuple(out)


def roots(tree: Tree, file: str) -> Iterator[str]:
    """Where paths in Argo CD objects may start: the repository, else a directory above the file.

    Examples and exports keep whole repositories in a sub-directory, with no `.git` of their own.
    """
    yield tree.root
    directory = os.path.dirname(file)
    while directory != tree.root and directory.startswith(tree.root):
        yield directory
        directory = os.path.dirname(directory)


def locate(tree: Tree, file: str, path: str, directory: bool = True) -> str | None:
    """The absolute path of something that an Argo CD object in `file` names."""
    exists = os.path.isdir if directory else os.path.isfile
    for root in roots(tree, file):
        candidate = os.path.normpath(os.path.join(root, path.lstrip("/")))
        if exists(candidate) and tree.inside(candidate):
            return candidate
    return None


def _generate(
    tree: Tree, found: ArgoObject, findings: list[Finding]
) -> Iterator[Mapping[str, Any]]:
    generators = get(found.body, "spec", "generators")
    for generator in generators if isinstance(generators, list) else []:
        directories = get(generator, "git", "directories")
        elements = get(generator, "list", "elements")
        if isinstance(directories, list):
            yield from _git_directories(tree, found.file, directories)
        elif isinstance(elements, list):
            yield from (element for element in elements if isinstance(element, dict))
        else:
            kinds = ", ".join(sorted(generator)) if isinstance(generator, dict) else "?"
            findings.append(
                Finding(
                    "WF011",
                    "note",
                    f"the `{kinds}` generator of ApplicationSet {found.name} is not read: give the "
                    "directories of its Applications as paths",
                    found.file,
                    found.line,
                )
            )


def _git_directories(tree: Tree, file: str, patterns: list[Any]) -> Iterator[Mapping[str, Any]]:
    """applicationset/generators/git.go: a directory that an `exclude` names is never taken."""
    wanted = [str(get(p, "path")) for p in patterns if get(p, "exclude") is not True]
    unwanted = [str(get(p, "path")) for p in patterns if get(p, "exclude") is True]
    for root in roots(tree, file):
        found = sorted(
            path
            for path in _directories(tree, root, wanted)
            if any(_match(pattern, path) for pattern in wanted)
            and not any(_match(pattern, path) for pattern in unwanted)
        )
        if found:
            for path in found:
                yield {"path": _path_values(path)}
            return


def _directories(tree: Tree, root: str, patterns: list[str]) -> set[str]:
    """The directories that can match, relative to `root`; walks no deeper than the patterns."""
    out: set[str] = set()
    for pattern in patterns:
        steps = pattern.strip("/").split("/")
        fixed = [*steps]
        for index, step in enumerate(steps):
            if any(sign in step for sign in "*?["):
                fixed = steps[:index]
                break
        depth = 50 if "**" in pattern else len(steps) - len(fixed)
        start = os.path.normpath(os.path.join(root, *fixed))
        if os.path.isdir(start) and tree.inside(start):
            level = [os.path.relpath(start, root)]
            out.update(level)
            for _ in range(depth):
                level = [
                    os.path.join(path, name) if path != "." else name
                    for path in level
                    for name in tree.entries(os.path.join(root, path))[0]
                    if not name.startswith(".")
                ]
                out.update(level)
    return out


def _match(pattern: str, path: str) -> bool:
    """Go's path.Match, with `**` for any number of steps: a star stays within its step."""
    return _steps_match(pattern.strip("/").split("/"), path.split("/"))


def _steps_match(pattern: list[str], path: list[str]) -> bool:
    if not pattern or not path:
        return not path and all(step == "**" for step in pattern)
    if pattern[0] == "**":
        return _steps_match(pattern[1:], path) or _steps_match(pattern, path[1:])
    return fnmatch.fnmatchcase(path[0], pattern[0]) and _steps_match(pattern[1:], path[1:])


def _path_values(path: str) -> dict[str, Any]:
    segments = path.split("/")
    base = segments[-1]
    normalized = re.sub(r"[^a-z0-9.-]+", "-", base.lower()).strip("-.")
    numbered = {str(index): segment for index, segment in enumerate(segments)}
    return {
        "": path,
        "path": path,
        "basename": base,
        "basenameNormalized": normalized,
        "segments": segments,
        **numbered,
    }
