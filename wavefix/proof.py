"""Proof of a plan: what it touches is rendered again, as it would be written, and compared.

Each object's effective wave must be the planned one, and nothing else may differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wavefix.discover import Found
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Key, Resource
from wavefix.settle import Analysed, Settled

_ADVICE = (
    "nothing is written; pin what sets it (`pin` in .wavefix.yaml), and report it if that is odd"
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
        problem = _problem(done, {resource.key: resource for resource in resources})
        told = {error.text(error.file) for error in item.found.tree.errors}
        for error in tree.errors:
            if error.text(error.file) not in told:
                raise error
        if problem:
            key, why = problem
            place = next(r for r in (*done.graph.resources, *resources) if r.key == key)
            about = f"{key.id} of {key.application}, rendered again as it would be written, {why}"
            raise InputError(about, _ADVICE, place.file, place.line)


def _name(found: Found) -> tuple[str, str]:
    return found.component.path, found.component.name


def _problem(done: Settled, after: Mapping[Key, Resource]) -> tuple[Key, str] | None:
    before = {item.resource.key: item for item in done.plan.placements}
    for key in sorted(before.keys() | after.keys()):
        if key not in after:
            return key, "is gone"
        if key not in before:
            return key, "was not there before"
        planned, then = before[key], after[key]
        if planned.wave != then.effective:
            return key, f"has wave {then.effective} and not {planned.wave}"
        where = _difference(planned.resource, then)
        if where:
            return key, f"differs at {where}"
    return None


def _difference(before: Resource, after: Resource) -> str:
    """Where two renderings differ apart from what an edit is for; "" where they do not."""
    one, other = _without_wave(before), _without_wave(after)
    if one == other:
        return ""
    from deepdiff import DeepDiff  # slow to import, and seldom needed

    found = sorted(DeepDiff(one, other, verbose_level=0).affected_paths)
    return str(found[0]).removeprefix("root") if found else "some place"


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
    annotations = out.get("annotations")
    if isinstance(annotations, dict):
        out["annotations"] = {k: v for k, v in annotations.items() if k != SYNC_WAVE}
    if out.get("annotations", True) in (None, {}):  # a wave that goes may be all there is
        del out["annotations"]
    return out
