"""Proof of a plan: what it touches is rendered again, as it would be written, and compared.

Each object's effective wave must be the planned one, and nothing else may differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wavefix.analysis import Analysed
from wavefix.discover import Found
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Key, Resource
from wavefix.render import render
from wavefix.settle import Settled

_FAULT = (
    "nothing is written; this is a fault of wavefix: please report it, and pin the resource until "
    "then"
)
_COPIED = (
    "nothing is written, as the edits would change more than waves: something in its sources "
    "copies what moves, or a checksum of it; change that, or pin what moves in .wavefix.yaml"
)


def prove(
    analysed: Sequence[Analysed],
    settled: Sequence[Settled],
    again: Sequence[tuple[Found, Sequence[Resource]]],
) -> None:
    """Hold what would be rendered once all is written, `again`, against the plans.

    Raises InputError for the first object that would not come out as planned. What no tool renders
    is not looked at: the patcher compares each of its files.
    """
    after = {_name(found): (found.tree, resources) for found, resources in again}
    for item, done in zip(analysed, settled, strict=True):
        if not (item.found.kit.helm or item.found.kit.kustomize):
            continue
        tree, resources = after.get(_name(item.found), (item.found.tree, ()))
        rendered = {resource.key: resource for resource in resources}
        problem = _problem(done, rendered, _Chance())
        if problem:
            problem = _problem(done, rendered, _chance(item, done))
        told = {error.text(error.file) for error in item.found.tree.errors}
        for error in tree.errors:
            if error.text(error.file) not in told:
                raise error
        if problem:
            key, why, advice = problem
            place = next(r for r in (*done.graph.resources, *resources) if r.key == key)
            about = f"{key.id} of {key.application}, rendered again as it would be written, {why}"
            raise InputError(about, advice, place.file, place.line)


def _name(found: Found) -> tuple[str, str]:
    return found.component.path, found.component.name


@dataclass(frozen=True, slots=True)
class _Chance:
    """What differs when the same is rendered twice: names, passwords, checksums of them."""

    kinds: frozenset[tuple[str, str]] = frozenset()  # Applications and kinds of random names
    places: Mapping[Key, frozenset[str]] = field(default_factory=dict)


def _chance(item: Analysed, done: Settled) -> _Chance:
    """Render what there is once more, and see."""
    kit = replace(item.found.kit, fresh=True)
    again = {r.key: r for r in render(replace(item.found, kit=kit), item.catalogue)[0]}
    before = {resource.key: resource for resource in done.graph.resources}
    known = {**before, **again}
    return _Chance(
        frozenset((key.application, known[key].kind) for key in before.keys() ^ again.keys()),
        {key: _differences(before[key], again[key]) for key in before.keys() & again.keys()},
    )


def _problem(
    done: Settled, after: Mapping[Key, Resource], chance: _Chance
) -> tuple[Key, str, str] | None:
    before = {item.resource.key: item for item in done.plan.placements}
    for key in sorted(before.keys() | after.keys()):
        kind = after[key].kind if key in after else before[key].resource.kind
        if key not in after or key not in before:
            if (key.application, kind) in chance.kinds:
                continue
            return key, "is gone" if key in before else "was not there before", _COPIED
        planned, then = before[key], after[key]
        if planned.wave != then.effective:
            return key, f"has wave {then.effective} and not {planned.wave}", _FAULT
        found = _differences(planned.resource, then) - chance.places.get(key, frozenset())
        if found:
            return key, f"differs at {min(found)}", _COPIED
    return None


def _differences(before: Resource, after: Resource) -> frozenset[str]:
    """Where two renderings differ apart from what an edit is for."""
    one, other = _without_wave(before), _without_wave(after)
    if one == other:
        return frozenset()
    from deepdiff import DeepDiff  # slow to import, and seldom needed

    found = DeepDiff(_plain(one), _plain(other)).affected_paths
    return frozenset(str(path).removeprefix("root") for path in found) or frozenset(["some place"])


def _plain(data: Any) -> Any:
    """Data in which only what is said counts, not where it stands."""
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    return [_plain(value) for value in data] if isinstance(data, list) else data


def _without_wave(resource: Resource) -> Any:
    """An object without its wave, and without what an Application says about its own sources."""
    body = _bare(resource.body)
    metadata = dict(body.get("metadata") or {})
    annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != SYNC_WAVE}
    metadata["annotations"] = annotations
    own = ("Application.argoproj.io", "ApplicationSet.argoproj.io")
    body = {**body, "metadata": metadata}
    return {**body, "spec": None} if resource.kind in own else body


def _bare(data: Any) -> Any:
    """Data without the waves of its pods: those are kept in step, or share a place with its own."""
    if not isinstance(data, (dict, list)):
        return data
    if isinstance(data, list):
        return [_bare(item) for item in data]
    out = {key: _bare(value) for key, value in data.items()}
    annotations = out.pop("annotations", None)
    if isinstance(annotations, dict):
        annotations = {k: v for k, v in annotations.items() if k != SYNC_WAVE}
    return {**out, "annotations": annotations} if annotations else out  # an empty map is none
