"""ApplicationSets: the Applications that their generators make of what is in sight.

Argo CD: applicationset/generators/git.go and list.go, applicationset/utils/utils.go. What is not
in the repository (clusters, pull requests, other repositories) is not read: a finding says so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from wavefix.discover.argo import ArgoObject, make, roots
from wavefix.discover.gotemplate import fill_all, normalize
from wavefix.discover.patterns import compiled
from wavefix.discover.tree import Tree
from wavefix.model import Application, Finding
from wavefix.yamlio import get

Values = Mapping[str, Any]


def applications(tree: Tree, found: ArgoObject, findings: list[Finding]) -> list[Application]:
    """What an ApplicationSet makes of the directories and elements in sight."""
    out: dict[str, Application] = {}
    at = (*found.at, "spec", "template", "spec")
    template = get(found.body, "spec", "template")
    for number, values in enumerate(_generate(tree, found, findings), 1):
        filled = fill_all(template, values)
        name = str(get(filled, "metadata", "name") or found.name)
        if "{{" in name:  # more than wavefix fills in; each is an Application all the same
            name = f"{found.name}-{get(values, 'path', 'basename') or number}"
        spec = get(filled, "spec")
        if isinstance(spec, dict) and name not in out:
            out[name] = make(tree, found, name, spec, at, pattern=True)
    return list(out.values())


def _generate(tree: Tree, found: ArgoObject, findings: list[Finding]) -> Iterator[Values]:
    generators = get(found.body, "spec", "generators")
    for generator in generators if isinstance(generators, list) else []:
        directories = get(generator, "git", "directories")
        elements = get(generator, "list", "elements")
        if isinstance(directories, list) and directories:
            yield from _git_directories(tree, found.file, generator["git"])
        elif isinstance(elements, list):
            yield from (element for element in elements if isinstance(element, dict))
        else:
            findings.append(_unread(found, generator))


def _unread(found: ArgoObject, generator: Any) -> Finding:
    kinds = ", ".join(sorted(generator)) if isinstance(generator, dict) and generator else "?"
    message = (
        f"the `{kinds}` generator of ApplicationSet {found.name} is not read: give the "
        "directories of its Applications as paths"
    )
    return Finding("WF011", "note", message, found.file, found.line)


def _git_directories(tree: Tree, file: str, git: Values) -> Iterator[Values]:
    """One set of values for each directory; one that an `exclude` names is never taken."""
    wanted: list[str] = []
    unwanted: list[str] = []
    for entry in git["directories"]:
        pattern = str(get(entry, "path") or "")
        (unwanted if get(entry, "exclude") is True else wanted).append(pattern)
    for root in roots(tree, file):
        found = {path for pattern in wanted for path in _matching(tree, root, pattern)}
        if found:
            found -= {path for pattern in unwanted for path in _matching(tree, root, pattern)}
            for path in sorted(found):
                yield _values(path, git)
            return


def _values(path: str, git: Values) -> Values:
    """What a template may say of a directory."""
    segments = path.split("/")
    of_path = {
        "": path,
        "path": path,
        "basename": segments[-1],
        "basenameNormalized": normalize(segments[-1]),
        "segments": segments,
        **{str(index): segment for index, segment in enumerate(segments)},
    }
    out: dict[str, Any] = {"path": of_path}
    prefix = git.get("pathParamPrefix")
    if isinstance(prefix, str) and prefix:
        out = {prefix: out}
    own = git.get("values")
    return {**out, "values": fill_all(dict(own), out)} if isinstance(own, dict) else out


def _matching(tree: Tree, root: str, pattern: str) -> list[str]:
    """The directories under `root` that Go's path.Match accepts, relative to it.

    A star stays within its step, and two are no more than one. Hidden directories never match.
    """
    level = [""]
    for step in pattern.split("/"):
        accepts = _step(step)
        level = [
            os.path.join(path, name)
            for path in level
            for name in _directories(tree, os.path.join(root, path))
            if accepts.fullmatch(name)
        ]
    return level


def _directories(tree: Tree, directory: str) -> list[str]:
    return [name for name in tree.entries(directory)[0] if not name.startswith(".")]


_SIGN = re.compile(
    r"(?P<stars>\*+)|(?P<any>\?)|\[(?P<set>\^?\]?[^\]]*)\]|\\(?P<escaped>.)|(?P<plain>.)"
)


def _step(pattern: str) -> re.Pattern[str]:
    """One step of a path.Match pattern as a regular expression."""
    out = []
    for sign in _SIGN.finditer(pattern):
        if sign["stars"]:
            out.append(".*")
        elif sign["any"]:
            out.append(".")
        elif sign["set"]:
            out.append("[" + sign["set"].replace("[", r"\[") + "]")
        else:
            out.append(re.escape(sign["escaped"] or sign["plain"]))
    return compiled("".join(out))
