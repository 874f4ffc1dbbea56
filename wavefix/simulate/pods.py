"""How long workloads took to get ready, from their pods, or from the events about them.

Facts read from Kubernetes: api/core/v1 (PodStatus, Event), the owner references that its
controllers set, and the labels `pod-template-hash` and `rollouts-pod-template-hash`, which end the
name of a ReplicaSet. What the events say is in the words of pkg/controller (controller_utils.go,
deployment/sync.go, statefulset/stateful_pod_control.go, job/job_controller.go).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from wavefix.simulate.recorded import Object, identity, items, seconds_between, text, when
from wavefix.yamlio import get

_HASHES = (("pod-template-hash", "Deployment"), ("rollouts-pod-template-hash", "Rollout"))
_INSTANCE = "app.kubernetes.io/instance"  # the release, or Argo CD's own mark of the Application
# A controller needs a moment between one pod and the next.
_MOMENT = timedelta(seconds=10)
_MADE = re.compile(r"(?:Created pod: |create Pod |[Ss]caled up replica set )(\S+)")


@dataclass(frozen=True, slots=True)
class _Span:
    """When a pod was made, and when it was ready."""

    start: datetime
    end: datetime


def workloads(objects: Iterable[Object]) -> dict[str, float]:
    """Seconds by id of each workload that a pod, or an event about one, belongs to."""
    pods: dict[str, dict[str, _Span]] = defaultdict(dict)  # workload -> pod -> when
    seen: set[str] = set()
    events = []
    for item in objects:
        if item["kind"] == "Event":
            events.append(item)
        elif item["kind"] == "Pod":
            pod = f"{text(item, 'metadata', 'namespace')}/{text(item, 'metadata', 'name')}"
            seen.add(pod)
            if (span := _ready(item)) is not None:
                running = text(item, "status", "phase") != "Succeeded"
                for owner in _owners(item):
                    if not (running and owner.startswith("Job.")):  # done when it ends
                        pods[owner][pod] = span
    told, jobs = _told(events)
    for owner, spans in told.items():
        pods[owner].update({pod: span for pod, span in spans.items() if pod not in seen})
    return jobs | {owner: _seconds(owner, spans.values()) for owner, spans in pods.items() if spans}


def _seconds(owner: str, spans: Iterable[_Span]) -> float:
    """The slowest pod; of a StatefulSet, whose pods come one after the other, all of them.

    Pods that were made long after the others replaced earlier ones, and the time between counts
    for nothing.
    """
    known = sorted(spans, key=lambda span: (span.start, span.end))
    if not owner.startswith("StatefulSet.apps/"):
        return max((span.end - span.start).total_seconds() for span in known)
    total, start, end = timedelta(), known[0].start, known[0].end
    for span in known[1:]:
        if span.start > end + _MOMENT:
            total, start = total + (end - start), span.start
        end = max(end, span.end)
    return (total + (end - start)).total_seconds()


def _ready(pod: Object) -> _Span | None:
    """From creation to ready, or to the end of one that runs to its end.

    Nothing of a pod with restarts: what it says of being ready is about the last of them.
    """
    status = get(pod, "status")
    containers = [*items(status, "initContainerStatuses"), *items(status, "containerStatuses")]
    start = when(pod, "metadata", "creationTimestamp")
    if start is None or any(get(container, "restartCount") for container in containers):
        return None
    end = None
    if text(status, "phase") == "Succeeded":
        ended = [when(each, "state", "terminated", "finishedAt") for each in containers]
        end = max((time for time in ended if time is not None), default=None)
    for condition in items(status, "conditions"):
        if text(condition, "type") == "Ready" and text(condition, "status") == "True":
            end = when(condition, "lastTransitionTime")
    return None if end is None or end < start else _Span(start, end)


def _owners(pod: Object) -> Iterator[str]:
    """The pod itself, the workload that made it, and the Helm release that it is of."""
    meta = pod["metadata"]
    namespace, labels = text(meta, "namespace"), get(meta, "labels")
    owners = items(meta, "ownerReferences")
    owner = next((o for o in owners if get(o, "controller")), owners[0] if owners else None)
    if release := text(labels, _INSTANCE):
        yield f"HelmRelease/{namespace}/{release}"
    if owner is None:
        yield identity("Pod", "v1", namespace, text(meta, "name"))
        return
    kind, api, name = text(owner, "kind"), text(owner, "apiVersion"), text(owner, "name")
    yield identity(kind, api, namespace, name)
    for label, maker in _HASHES if kind == "ReplicaSet" else ():
        end = f"-{text(labels, label)}"
        if len(end) > 1 and name.endswith(end):
            group = api if maker == "Deployment" else "argoproj.io/v1alpha1"
            yield identity(maker, group, namespace, name.removesuffix(end))


def _told(
    events: Iterable[Object],
) -> tuple[Mapping[str, Mapping[str, _Span]], dict[str, float]]:
    """Workloads with their pods as events tell of them, and Jobs that completed.

    A pod is taken as ready when its last container has started: no event says more. One with a
    container that started twice is left out.
    """
    made: dict[str, list[tuple[str, datetime]]] = defaultdict(list)  # maker -> what, and when
    started: dict[str, datetime] = {}
    again: set[str] = set()
    ended: dict[str, datetime] = {}
    for event in events:
        about = get(event, "involvedObject") or get(event, "regarding")
        kind, namespace, name = text(about, "kind"), text(about, "namespace"), text(about, "name")
        api, reason = text(about, "apiVersion"), text(event, "reason")
        time = _time(event)
        if time is None or not name:
            continue
        pod = f"{namespace}/{name}"
        if kind == "Pod" and reason == "Started":
            started[pod] = max(time, started.get(pod, time))
            again |= {pod} if (get(event, "count") or 1) != 1 else set()
        elif kind == "Pod" and reason == "BackOff":
            again.add(pod)
        elif kind == "Job" and reason == "Completed":
            ended[identity(kind, api, namespace, name)] = time
        elif reason in ("SuccessfulCreate", "ScalingReplicaSet"):
            message = text(event, "message") or text(event, "note")
            for what in _MADE.findall(message):
                made[identity(kind, api, namespace, name)].append((f"{namespace}/{what}", time))
    out: dict[str, dict[str, _Span]] = defaultdict(dict)
    for maker, things in made.items():
        for what, time in things:
            deeper = [f"ReplicaSet.apps/{what}"] if maker.startswith("Deployment.apps/") else []
            for pod, begun in [p for d in deeper for p in made.get(d, ())] or [(what, time)]:
                end = started.get(pod)
                if end is not None and end >= begun and pod not in again:
                    out[maker][pod] = _Span(begun, end)
    jobs = {}
    for job, end in ended.items():
        first = min((time for _, time in made.get(job, ())), default=None)
        if (took := seconds_between(first, end)) is not None:
            jobs[job] = took
    return {maker: spans for maker, spans in out.items() if not maker.startswith("Job.")}, jobs


def _time(event: Object) -> datetime | None:
    """When an event was first seen; `eventTime` of those that are sent once."""
    return when(event, "firstTimestamp") or when(event, "eventTime")
