"""Which components a rollout is for: those that are named, or all that are found."""

from __future__ import annotations

import difflib
import glob
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from wavefix import pipeline
from wavefix.discover import Found
from wavefix.discover.tree import KUSTOMIZATIONS, MANIFESTS
from wavefix.rollout.names import ROOT
from wavefix.rollout.planning import Failed, Target
from wavefix.ways import Ways

_LEFTOVER = "-manifests"  # how the name ends of what no Argo CD object applies


@dataclass(frozen=True, slots=True)
class Refused:
    """A component that was named and cannot be taken."""

    name: str
    why: Failed
    missing: bool = False  # in the base


def named(names: Sequence[str | Refused], tree: str, ways: Ways) -> list[Target | Refused]:
    """The components that are named: paths from the root, globs, or names that a rollout shows."""
    out: list[Target | Refused] = []
    known: list[Target] | None = None
    for name in names:
        if isinstance(name, Refused):
            out.append(name)
        elif os.path.lexists(os.path.join(tree, name)):
            out.append(Target(name, (name,)))
        elif glob.has_magic(name):
            out += _matching(name, tree, names)
        else:
            known = all_of(tree, ways) if known is None else known
            out.append(_by_name(name, known))
    return out


def _matching(pattern: str, tree: str, names: Sequence[str | Refused]) -> list[Target | Refused]:
    """What a glob stands for that the shell did not expand: directories, and manifests."""
    found = [
        path
        for path in sorted(glob.glob(pattern, root_dir=tree))
        if os.path.isdir(os.path.join(tree, path)) or is_manifest(path)
    ]
    if not found:
        return [Refused(pattern, Failed("nothing matches", "check the pattern"))]
    return [
        Target(path, (path,), asked=False)
        for path in map(os.path.normpath, found)
        if path not in names
    ]


def is_manifest(path: str) -> bool:
    """Whether a file may say what is applied, by its name."""
    return path.endswith((*MANIFESTS, ".tpl")) or os.path.basename(path) in KUSTOMIZATIONS


def _by_name(name: str, known: Sequence[Target]) -> Target | Refused:
    for target in known:
        if target.name == name:
            return replace(target, asked=True)
    near = difflib.get_close_matches(name, [target.name for target in known], 1)
    hint = f"did you mean {near[0]}?" if near else "check the path"
    return Refused(name, Failed("no such path or component in the base", hint), missing=True)


def all_of(tree: str, ways: Ways) -> list[Target]:
    """All components that are found from the root, each under a name of its own."""
    found = pipeline.components(["."], tree, ways)
    paths = [os.path.relpath(item.component.path, tree) for item in found]
    names = _names(found, paths)
    return [
        Target(
            name,
            _starts(item, path, tree, ways),
            (path, item.component.name),
            tuple(other for other in paths if inside(other, path)),
            asked=False,
        )
        for name, path, item in zip(names, paths, found, strict=True)
    ]


def _names(found: Sequence[Found], paths: Sequence[str]) -> list[str]:
    """A component is named by its path; where that holds others, by its own name behind it.

    What no Argo CD object applies stands beside the path that it was left over in. At the root
    what has its name from the directory is called otherwise: that is another in each clone.
    """
    out: list[str] = []
    for item, path in zip(found, paths, strict=True):
        own, name = item.component.name, path
        directory = os.path.basename(item.component.path)
        if path == "." and own in (directory, directory + _LEFTOVER):
            own = ROOT + (_LEFTOVER if own != directory else "-applications")
        if item.leftover and item.component.name == directory + _LEFTOVER:
            name = os.path.normpath(os.path.join(path, "..", own)) if path != "." else own
        elif _shared(path, found, paths) or _holds(path, paths):
            name = os.path.normpath(os.path.join(path, own))
        out.append(name)
    return _unique(out)


def _shared(path: str, found: Sequence[Found], paths: Sequence[str]) -> bool:
    same = [item for item, other in zip(found, paths, strict=True) if other == path]
    return sum(not item.leftover for item in same) > 1


def _holds(path: str, paths: Iterable[str]) -> bool:
    return any(inside(other, path) for other in paths)


def inside(path: str, directory: str) -> bool:
    """Whether a path lies below a directory; both are relative to the root."""
    return path != directory and (directory == "." or path.startswith(f"{directory}/"))


def _unique(names: Sequence[str]) -> list[str]:
    out: list[str] = []
    for name in names:
        other, number = name, 2
        while other in out:
            other, number = f"{name}-{number}", number + 1
        out.append(other)
    return out


def _starts(item: Found, path: str, tree: str, ways: Ways) -> tuple[str, ...]:
    """The fewest files to read that give this very component: its own, or those that say of it."""
    component = item.component
    owners = {app.file for app in component.applications if app.file}
    owners |= {component.made_by.file} if component.made_by else set()
    for starts in ([path], sorted(os.path.relpath(file, tree) for file in owners)):
        if starts and all(os.path.exists(os.path.join(tree, start)) for start in starts):
            again = pipeline.components(starts, tree, ways, only=(component.path, component.name))
            if [other.component for other in again] == [component]:
                return tuple(starts)
    return (".",)


def overlapping(targets: Sequence[Target | Refused]) -> list[Target | Refused]:
    """The components with those refused that are named twice, or of which one holds another."""
    times = Counter(target.name for target in targets)
    whole = {target.name for target in targets if isinstance(target, Target) and not target.only}
    out: list[Target | Refused] = []
    seen: set[str] = set()
    for target in targets:
        why = None
        if isinstance(target, Target):
            why = _overlap(target, whole, times, seen)
        seen.add(target.name)
        out.append(Refused(target.name, why) if why else target)
    return out


def _overlap(
    target: Target, whole: Iterable[str], times: Counter[str], seen: Iterable[str]
) -> Failed | None:
    if times[target.name] > 1 and target.name in seen:
        return Failed("given twice", "the first one counts; drop the other")
    path = target.only[0] if target.only else target.name
    for other in sorted(whole):
        if inside(other, path) and not target.only:
            return Failed(f"it holds {other}, which is given as well", "drop one of them")
        if inside(path, other) or (target.only and path == other):
            return Failed(f"it is part of {other}, which is given as well", "drop one of them")
    return None
