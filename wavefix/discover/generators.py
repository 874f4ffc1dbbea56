"""Generators of ApplicationSets: the sets of parameters that they make of what is in sight.

Argo CD: applicationset/generators. What asks other systems (clusters, pull requests, other
repositories) gives one set, whose parameters stay as the template writes them, and a finding.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wavefix.discover.argo import ArgoObject
from wavefix.discover.parameters import (
    Params,
    element,
    filled,
    flat,
    of_path,
    selects,
    with_values,
)
from wavefix.discover.patterns import STAR, compiled, starred
from wavefix.discover.places import roots
from wavefix.discover.tree import Tree
from wavefix.errors import InputError
from wavefix.fields import laid_over
from wavefix.holes import replaced
from wavefix.limits import WORK, exceeded
from wavefix.model import Finding, Severity
from wavefix.yamlio import get, load

_LONGEST = 4096  # characters: no path is longer
_ELSEWHERE = ("clusters", "clusterDecisionResource", "pullRequest", "plugin", "scmProvider")


@dataclass(frozen=True, slots=True)
class ApplicationSet:
    """An ApplicationSet, where its generators look, and what is noticed while they are read."""

    tree: Tree
    found: ArgoObject
    findings: list[Finding]
    go: bool
    told: set[str] = field(default_factory=set)

    def tell(self, what: str, severity: Severity = "note") -> None:
        """Note something worth knowing, once."""
        if what not in self.told:
            self.told.add(what)
            self.findings.append(Finding("WF011", severity, what, self.found.file, self.found.line))

    def unread(self, kinds: str) -> None:
        """Note a generator that makes nothing."""
        self.tell(
            f"the `{kinds}` generator of ApplicationSet {self.found.name} is not read: give the "
            "directories of its Applications as paths"
        )

    def symbolic(self, kind: str) -> None:
        """Note a generator that asks other systems."""
        self.tell(
            f"what the `{kind}` generator of ApplicationSet {self.found.name} finds is not in this "
            "repository: each of its Applications stands here once, for all that it makes"
        )


def generate(owner: ApplicationSet, generator: Any, given: Params | None = None) -> list[Params]:
    """What one entry of `generators` makes; `given` is what an outer matrix fills it with."""
    if given is not None:
        generator = filled(generator, given, owner.go)
    kinds = _kinds(generator)
    if not kinds:
        owner.unread("?")
    made = [params for kind in kinds for params in _made(owner, kind, generator[kind])]
    selector = get(generator, "selector")
    return [params for params in made if selects(selector, params)]


def _kinds(generator: Any) -> list[str]:
    known = isinstance(generator, dict)
    return sorted(str(kind) for kind in generator if kind != "selector") if known else []


def _made(owner: ApplicationSet, kind: str, body: Any) -> list[Params]:
    """What one generator makes."""
    if kind in _ELSEWHERE:
        owner.symbolic(kind)
        return [with_values(Params({}, known=False), get(body, "values"), owner.go)]
    maker = _MAKERS.get(kind)
    made = maker(owner, body) if maker else None
    if made is None:
        owner.unread(kind)
    return made or []


def _list(owner: ApplicationSet, body: Any) -> list[Params] | None:
    """list.go: the elements, then those that stand in a text of YAML."""
    elements, text = get(body, "elements"), get(body, "elementsYaml")
    if not isinstance(elements, list) and not isinstance(text, str):
        return None
    known = True
    found = list(elements) if isinstance(elements, list) else []
    if isinstance(text, str) and text.strip():
        more = _yaml(text)
        if isinstance(more, list):
            found += more
        else:  # an expression that is not to be filled, or one that makes no list
            owner.symbolic("list")
            found.append({})
            known = False
    return [
        Params(element(item, owner.go), known or bool(item))
        for item in found
        if isinstance(item, dict)
    ]


def _yaml(text: str) -> Any:
    try:
        documents = load(text, "")
    except InputError:
        return None
    return documents[0].data if documents else []


def _git(owner: ApplicationSet, body: Any) -> list[Params] | None:
    """git.go: directories, else files."""
    directories, files = get(body, "directories"), get(body, "files")
    made: list[Params]
    if owner.tree.repository.whose(get(body, "repoURL")) == "elsewhere":
        owner.symbolic("git")
        made = [Params({}, known=False)]
    elif isinstance(directories, list) and directories:
        made = _git_directories(owner, directories, _prefix(body))
    elif isinstance(files, list) and files:
        made = _git_files(owner, files, _prefix(body))
    else:
        return None
    return [with_values(params, get(body, "values"), owner.go) for params in made]


def _prefix(body: Any) -> str:
    prefix = get(body, "pathParamPrefix")
    return prefix if isinstance(prefix, str) else ""


def _split(entries: list[Any]) -> tuple[list[str], list[str]]:
    """The patterns that take, and those that leave out, whatever their order."""
    out: tuple[list[str], list[str]] = [], []
    for entry in entries:
        path = str(get(entry, "path") or "")
        pattern = replaced(path, lambda _: "*")[:_LONGEST]  # what is not known is anything
        out[get(entry, "exclude") is True].append(pattern)
    return out


def _git_directories(owner: ApplicationSet, entries: list[Any], prefix: str) -> list[Params]:
    """One set for each directory; one that an `exclude` names is never taken."""
    wanted, unwanted = _split(entries)
    for root in roots(owner.tree, owner.found.file):
        found = {path for pattern in wanted for path in _matching(owner.tree, root, pattern)}
        if found:
            found -= {path for pattern in unwanted for path in _matching(owner.tree, root, pattern)}
            return [Params(of_path(path, prefix, owner.go)) for path in sorted(found)]
    return []


def _git_files(owner: ApplicationSet, entries: list[Any], prefix: str) -> list[Params]:
    """One set for each map in each file, which may be a list of maps."""
    wanted, unwanted = _split(entries)
    for root in roots(owner.tree, owner.found.file):
        paths = [os.path.relpath(file, root) for file in owner.tree.walk(root)]
        WORK.steps(len(paths) * len(entries))
        found = [path for path in paths if any(_pathspec(path, pattern) for pattern in wanted)]
        if found:
            return [
                Params({**element(item, owner.go), **_of_file(path, prefix, owner.go)})
                for path in sorted(found)
                if not any(_pathspec(path, pattern) for pattern in unwanted)
                for item in _maps(owner.tree, os.path.join(root, path))
            ]
    return []


def _of_file(path: str, prefix: str, go: bool) -> dict[str, Any]:
    """path.Dir of a file at the top is `.`."""
    return of_path(os.path.dirname(path) or ".", prefix, go, os.path.basename(path))


def _maps(tree: Tree, file: str) -> list[Mapping[str, Any]]:
    documents = tree.documents(file)
    data = documents[0].data if documents else {}
    items = data if isinstance(data, list) else [{} if data is None else data]
    return [item for item in items if isinstance(item, dict)]


def _pathspec(path: str, pattern: str) -> bool:
    """util/git/client.go, LsFiles: `git ls-files`, whose stars cross directories."""
    pattern = pattern.removeprefix("./").rstrip("/")
    if not any(sign in pattern for sign in "*?["):
        return path == pattern or path.startswith(pattern + "/")
    return fnmatch.fnmatchcase(path, pattern.replace("[^", "[!"))


def _matrix(owner: ApplicationSet, body: Any) -> list[Params] | None:
    """matrix.go: every set of the first with each that the second makes when filled with it."""
    generators = get(body, "generators")
    if not isinstance(generators, list) or len(generators) != 2:
        return None
    most = owner.tree.meter.limits.applications
    out = []
    for first in generate(owner, generators[0]):
        for second in generate(owner, generators[1], first):
            values = (
                laid_over(second.values, first.values)
                if owner.go
                else {**first.values, **second.values}
            )
            out.append(Params(values, first.known and second.known))
            if len(out) > most:
                what = f"ApplicationSet {owner.found.name} makes more than {most} Applications"
                raise exceeded("applications", what, owner.found.file, owner.found.line)
    return out


def _merge(owner: ApplicationSet, body: Any) -> list[Params] | None:
    """merge.go: the sets of the first, each with what the others say for the same keys."""
    generators, keys = get(body, "generators"), get(body, "mergeKeys")
    if not isinstance(generators, list) or len(generators) < 2 or not isinstance(keys, list):
        return None
    if not keys:
        return None
    out = generate(owner, generators[0])
    for generator in generators[1:]:
        others = {_key(params, keys): params for params in generate(owner, generator)}
        for number, params in enumerate(out):
            other = others.get(_key(params, keys))
            if other is not None:
                values = laid_over(params.values, other.values)
                out[number] = Params(values, params.known and other.known)
    return out


def _key(params: Params, keys: list[Any]) -> str:
    """The values of the merge keys: fields of the set itself, none below them."""
    return repr([flat({"key": params.values.get(str(key))}) for key in keys])


_MAKERS: Mapping[str, Callable[[ApplicationSet, Any], list[Params] | None]] = {
    "git": _git,
    "list": _list,
    "matrix": _matrix,
    "merge": _merge,
}


def _matching(tree: Tree, root: str, pattern: str) -> list[str]:
    """The directories under `root` that Go's path.Match accepts, relative to it.

    A star stays within its step, and two are no more than one. Hidden directories never match.
    """
    level = [""]
    for step in pattern.split("/"):
        accepts = _step(step)
        WORK.steps(len(level))
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
            out.append(STAR)
        elif sign["any"]:
            out.append(".")
        elif sign["set"]:
            out.append("[" + sign["set"].replace("[", r"\[") + "]")
        else:
            out.append(re.escape(sign["escaped"] or sign["plain"]))
    return compiled(starred(out))
