"""What does writing the waves do to what runs already?

An annotation of an object restarts nothing. One of a pod template does, and a Job's is immutable
(kubernetes.io/docs/concepts/workloads/controllers/job). kustomize's `commonAnnotations` reach both.
"""

from __future__ import annotations

from collections.abc import Iterator

from wavefix.model import Placement, Resource, Site
from wavefix.plan.awaited import hook
from wavefix.plan.hooks import FAILED, delete_policies
from wavefix.report.risks.fact import Fact, Item, items
from wavefix.report.risks.renderers import renderers
from wavefix.report.situation import Situation
from wavefix.report.words import count
from wavefix.yamlio import get

_RESTART = frozenset(
    ("DaemonSet.apps", "Deployment.apps", "ReplicationController", "StatefulSet.apps",
     "Rollout.argoproj.io", "HelmRelease")
)  # fmt: skip
_REFUSE = frozenset(("Job.batch", "Pod"))


def facts(now: Situation) -> Iterator[Fact]:
    """Pods that restart, templates that cannot change, and hooks that run again."""
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
    yield from _hooks(now)


def _hooks(now: Situation) -> Iterator[Fact]:
    """Those of every Application that is synced as something in it changes, moved or not.

    gitops-engine, pkg/sync/sync_context.go (getSyncTasks, skipHooks): a sync runs all its hooks,
    unless it is one of selected resources.
    """
    changed = {key.application for key in now.moved} | {
        item.application for item in now.resources.values() if not now.edited.isdisjoint(item.sites)
    }
    jobs = renderers(now)
    found = [
        Item(key.id, f"rewrites {jobs[key].written}" if key in jobs else "")
        for key, item in sorted(now.resources.items())
        if item.application in changed and _runs_again(item)
    ]
    if found:
        yield Fact(
            "note",
            "something changes in the Applications of these hooks, so they run again in the sync "
            "after the merge",
            tuple(found),
        )


def _runs_again(item: Resource) -> bool:
    """Whether it is a hook that every sync runs: one that is kept when it succeeded is there."""
    kept = delete_policies(item) == {FAILED} and get(item.body, "metadata", "name") is not None
    return hook(item) and item.phase != "SyncFail" and not kept


def _reaches_pods(site: Site, placement: Placement) -> bool:
    return site.moot or (
        site.mechanism == "kustomize-annotations" and placement.resource.kind in _RESTART | _REFUSE
    )
