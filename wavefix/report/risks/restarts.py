"""What does writing the waves do to what runs already?

An annotation of an object restarts nothing. One of a pod template does, and a Job's is immutable
(kubernetes.io/docs/concepts/workloads/controllers/job). kustomize's `commonAnnotations` reach both.
"""

from __future__ import annotations

from collections.abc import Iterator

from wavefix.model import Placement, Site
from wavefix.plan.awaited import hook
from wavefix.report.risks.fact import Fact, items
from wavefix.report.situation import Situation
from wavefix.report.words import count

_RESTART = frozenset(
    ("DaemonSet.apps", "Deployment.apps", "ReplicationController", "StatefulSet.apps",
     "Rollout.argoproj.io", "HelmRelease")
)  # fmt: skip
_REFUSE = frozenset(("Job.batch", "Pod"))


def facts(now: Situation) -> Iterator[Fact]:
    """Pods that restart, templates that cannot change, and hooks that run anyway."""
    touched = {
        item.resource.key: item
        for item in now.part.plan.placements
        if any(_reaches_pods(site, item) for site in item.resource.sites if site in now.edited)
    }
    restart = [key for key, item in touched.items() if item.resource.kind in _RESTART]
    refuse = [
        key
        for key, item in touched.items()
        if item.resource.kind in _REFUSE and not hook(item.resource)
    ]
    if restart:
        yield Fact(
            "open",
            "these restart when this is merged, as the wave also stands on their pods",
            items(restart),
        )
    if refuse:
        yield Fact(
            "open",
            "the pod templates of these change, which Kubernetes refuses once they exist: delete "
            "them before the sync, or give them the sync options Force=true,Replace=true",
            items(refuse),
        )
    moved = [key for key in now.moved if key not in touched]
    if moved:
        who = count(len(moved), "other resource" if touched else "resource")
        yield Fact("held", f"{who}: only annotations of the object itself change, no pod restarts")
    hooks = [key for key, item in now.moved.items() if hook(item.resource)]
    if hooks:
        yield Fact(
            "note",
            "these are hooks: they run in each sync, the one after the merge too",
            items(hooks),
        )


def _reaches_pods(site: Site, placement: Placement) -> bool:
    return site.moot or (
        site.mechanism == "kustomize-annotations" and placement.resource.kind in _RESTART | _REFUSE
    )
