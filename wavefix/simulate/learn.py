"""Durations from what a cluster recorded: seconds from applied to healthy, by resource id.

Facts read from the Kubernetes API types (batch/v1, core/v1, apps/v1, meta/v1) and from Argo CD's
pkg/apis/application/v1alpha1/types.go and controller/appcontroller.go (persistAppStatus).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from wavefix.simulate.pods import workloads
from wavefix.simulate.recorded import (
    APPLICATION,
    Object,
    identity,
    items,
    recorded,
    seconds_between,
    text,
    when,
)
from wavefix.yamlio import get

_PODS = ("Pod", "Event")  # read together, in pods.py
# The condition that makes Argo CD call a kind healthy, where it is not `Ready`.
_CONDITIONS = {"Deployment": "Available", "APIService": "Available",
               "CustomResourceDefinition": "Established"}  # fmt: skip
_REVISION = "deployment.kubernetes.io/revision"


def learned(files: Iterable[str]) -> Mapping[str, float]:
    """Seconds by resource id, from files that kubectl or argocd wrote (`-`: standard input).

    What an object says of itself goes before what its pods do, and that before its conditions; of
    several times for one resource the longest counts. Raises InputError as `recorded` does.
    """
    return learn(recorded(files))


def learn(objects: Iterable[Object]) -> Mapping[str, float]:
    """Seconds by resource id, from objects as the API server has them."""
    known = list(objects)
    own: dict[str, float] = {}
    conditions: dict[str, float] = {}
    for item in known:
        kind = item["kind"]
        if kind == "Job":
            _note(own, _ids(item), _job(item))
        elif (item["apiVersion"], kind) == APPLICATION:
            _note(own, _ids(item), max(_application(item), default=None))
        elif kind not in _PODS:
            _note(conditions, _ids(item), _condition(item))
    return conditions | workloads(known) | own


def _note(out: dict[str, float], ids: Iterable[str], seconds: float | None) -> None:
    if seconds is not None:
        for id in ids:
            out[id] = max(seconds, out.get(id, 0.0))


def _ids(item: Object) -> Iterator[str]:
    """Its id, and the one it has in a repository that leaves the end of its name to the cluster."""
    namespace = text(item, "metadata", "namespace")
    for name in {text(item, "metadata", "name"), text(item, "metadata", "generateName")} - {""}:
        yield identity(item["kind"], item["apiVersion"], namespace, name)


def _job(item: Object) -> float | None:
    """From the start of a Job to its end; nothing of one that failed or still runs."""
    start = when(item, "status", "startTime") or when(item, "metadata", "creationTimestamp")
    return seconds_between(start, when(item, "status", "completionTime"))


def _application(item: Object) -> Iterator[float]:
    """The syncs of an Application that ended well; the last one until it turned Healthy by it.

    A later sync of what is there already is short, which is why the longest counts.
    """
    status = get(item, "status")
    for sync in items(status, "history"):
        yield from _found(seconds_between(when(sync, "deployStartedAt"), when(sync, "deployedAt")))
    start = when(status, "operationState", "startedAt")
    end = when(status, "operationState", "finishedAt")
    if text(status, "operationState", "phase") != "Succeeded" or end is None:
        return
    yield from _found(seconds_between(start, end))
    if text(status, "health", "status") == "Healthy" and start is not None:
        yield from _found(seconds_between(start, when(status, "health", "lastTransitionTime")))


def _found(seconds: float | None) -> Iterator[float]:
    if seconds is not None:
        yield seconds


def _condition(item: Object) -> float | None:
    """From creation to the condition that means healthy; nothing where it has changed since.

    An object that was edited, or a Deployment with a later revision, became ready again since.
    """
    meta = item["metadata"]
    edited = get(meta, "annotations", _REVISION) or get(meta, "generation") or 1
    if str(edited) != "1":
        return None
    wanted = _CONDITIONS.get(item["kind"], "Ready")
    for condition in items(item, "status", "conditions"):
        if text(condition, "type") == wanted and text(condition, "status") == "True":
            start = when(meta, "creationTimestamp")
            return seconds_between(start, when(condition, "lastTransitionTime"))
    return None
