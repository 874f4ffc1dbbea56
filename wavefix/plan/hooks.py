"""Hooks that Argo CD deletes and that were not meant to go.

gitops-engine, pkg/sync/hook/delete_policy.go and sync_context.go (runTasks, deleteHooks): a hook
without a policy is deleted before it is created again, and that sync waits until it is gone; one
with HookSucceeded is deleted at the end of the sync that it was a part of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wavefix.infer.claims import CLAIM
from wavefix.infer.structure import CRD
from wavefix.model import Edge, Finding, Graph, Key, Resource
from wavefix.plan.awaited import hook, own_annotations
from wavefix.yamlio import get

RECREATED, DELETED = "WF034", "WF035"

_POLICY = "argocd.argoproj.io/hook-delete-policy"
_HELM_POLICY = "helm.sh/hook-delete-policy"
BEFORE, SUCCEEDED, FAILED = "BeforeHookCreation", "HookSucceeded", "HookFailed"
_HELM_POLICIES = {
    "before-hook-creation": BEFORE,
    "hook-succeeded": SUCCEEDED,
    "hook-failed": FAILED,
}

# What goes with an object of these kinds when it is deleted.
_HOLDS: Mapping[str, str] = {
    CLAIM: "the data on its volume",
    CRD: "every object of its kind",
    "Namespace": "everything in it",
}
_LASTING = frozenset(
    (
        "CronJob.batch",
        "DaemonSet.apps",
        "Deployment.apps",
        "ReplicaSet.apps",
        "Rollout.argoproj.io",
        "StatefulSet.apps",
    )
)
_PARTS = frozenset(("ConfigMap", "Secret", "ServiceAccount", CLAIM))


def hooks(graph: Graph) -> Iterator[Finding]:
    """Everything of this module."""
    yield from _recreated(graph)
    yield from _deleted(graph)


def delete_policies(resource: Resource) -> frozenset[str]:
    """When Argo CD deletes a hook: its own names of the policies, whoever's annotation it is."""
    own = own_annotations(resource)
    found = {one for one in _csv(own.get(_POLICY)) if one in _HELM_POLICIES.values()}
    found |= {_HELM_POLICIES[one] for one in _csv(own.get(_HELM_POLICY)) if one in _HELM_POLICIES}
    return frozenset(found or (BEFORE,))


def _csv(value: object) -> list[str]:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else []


def _recreated(graph: Graph) -> Iterator[Finding]:
    for item in graph.resources:
        goes = _HOLDS.get(item.kind)
        if not goes or item.phase == "Skip" or not hook(item):
            continue
        if BEFORE in delete_policies(item) and get(item.body, "metadata", "name"):
            yield Finding(
                RECREATED,
                "error",
                f"{item.id} is a hook, so every sync deletes it, and {goes}, before it creates it "
                "anew, and does not go on while something uses it; make it no hook, or say "
                f"`{_POLICY}: {FAILED}`",
                item.file,
                item.line,
                item.id,
            )


def _deleted(graph: Graph) -> Iterator[Finding]:
    """One finding for each hook that something lasting needs."""
    resources = {item.key: item for item in graph.resources}
    found: dict[Key, list[Edge]] = {}
    for edge in graph.edges:
        mine, other = resources[edge.dependent], resources[edge.dependency]
        if mine.kind in _LASTING and mine.phase == "Sync" and other.kind in _PARTS:
            sure = edge.confidence != "heuristic" and mine.application == other.application
            if sure and hook(other) and SUCCEEDED in delete_policies(other):
                found.setdefault(other.key, []).append(edge)
    for key, edges in sorted(found.items()):
        item, user = resources[key], min(edge.dependent for edge in edges)
        more = len({edge.dependent for edge in edges}) - 1
        others = f" (and {more} more)" if more else ""
        yield Finding(
            DELETED,
            "error",
            f"{item.id} is a hook that is deleted when the sync has succeeded ({SUCCEEDED}), but "
            f"{user.id}{others} needs it for as long as it runs: its next pod does not start; "
            "make it no hook, or take that policy away",
            item.file,
            item.line,
            item.id,
        )
