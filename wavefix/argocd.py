"""What Argo CD does, as functions: kind order, waves, phases, health.

Facts read from Argo CD's gitops-engine: pkg/sync/sync_tasks.go (order), pkg/sync/syncwaves/waves.go
(waves), pkg/sync/hook (phases), pkg/health and resource_customizations (health).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from wavefix.model import SYNC_WAVE, Phase, Resource

HOOK = "argocd.argoproj.io/hook"
HELM_HOOK = "helm.sh/hook"
HOOK_WEIGHT = "helm.sh/hook-weight"

PHASES: tuple[Phase, ...] = ("PreSync", "Sync", "PostSync", "SyncFail")
_HELM_HOOKS: Mapping[str, Phase] = {
    "pre-install": "PreSync",
    "pre-upgrade": "PreSync",
    "post-install": "PostSync",
    "post-upgrade": "PostSync",
}

_POLICY, _HELM_POLICY = "argocd.argoproj.io/hook-delete-policy", "helm.sh/hook-delete-policy"
_DELETED = {"BeforeHookCreation", "HookSucceeded", "before-hook-creation", "hook-succeeded"}
_DELETED_FAILED = {"HookFailed", "hook-failed"}

# pkg/sync/sync_tasks.go, kindOrder: by kind alone, whatever the group.
_KINDS = (
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
)
_KIND_ORDER = {kind: index for index, kind in enumerate(_KINDS)}

# strconv.Atoi: 64 bits
_LONGEST = 100  # characters, zeros in front and all
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")

HELM_RELEASE = "HelmRelease"


def kind_order(kind: str) -> int:
    """Where Argo CD applies a kind (`Deployment.apps`) within a wave; unknown kinds come last."""
    return _KIND_ORDER.get(kind.partition(".")[0], len(_KINDS))


def applies_first(first: Resource, second: Resource) -> bool:
    """Whether one wave applies `first` before `second`, by kind order alone.

    Objects of one kind are applied in parallel, and a release that is not rendered holds kinds
    that nobody sees, so neither is ordered. Between Applications the order is a convention, as
    waves are; that no wave can enforce it is a finding of its own.
    """
    if first.opaque or first.phase != second.phase:
        return False
    if second.opaque:
        # A release brings pods; what comes before every workload kind comes before them. Other
        # objects of the release may still come first, but it is its pods that need things.
        return kind_order(first.kind) < _KIND_ORDER["DaemonSet"]
    return kind_order(first.kind) < kind_order(second.kind)


def integer(text: str) -> int | None:
    """The wave or weight that Argo CD reads in an annotation; None where it reads none."""
    if len(text) > _LONGEST or not _INTEGER.match(text):
        return None
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 63 else None


def effective_wave(annotations: Mapping[str, Any]) -> int:
    """The wave Argo CD uses: the annotation if it is an integer, else the hook weight, else 0."""
    for name in (SYNC_WAVE, HOOK_WEIGHT):
        value = annotations.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and (number := integer(value)) is not None:
            return number
    return 0


def phases(annotations: Mapping[str, Any]) -> tuple[Phase, ...]:
    """The phases in which an object is applied; ("Skip",) where Argo CD never applies it.

    pkg/sync/hook/hook.go, sync_phase.go and ignore/ignore.go: Helm's hooks count where no Argo CD
    hook does, and a hook of no kind that Argo CD knows (a misspelt one, Helm's `test`) is left out
    of the sync. `crd-install` alone is no hook.
    """
    if HOOK not in annotations and annotations.get(HELM_HOOK, "crd-install") == "crd-install":
        return ("Sync",)
    named = _csv(annotations.get(HOOK))
    found: set[str] = {phase for phase in (*PHASES, "Skip") if phase in named}
    if not found:
        found = {
            _HELM_HOOKS[name] for name in _csv(annotations.get(HELM_HOOK)) & _HELM_HOOKS.keys()
        }
    return tuple(phase for phase in PHASES if phase in found) or ("Skip",)


def on_deletion(annotations: Mapping[str, Any]) -> bool:
    """Whether an object is for the deletion of its Application (controller/hook.go)."""
    own, helm = _csv(annotations.get(HOOK)), _csv(annotations.get(HELM_HOOK))
    return bool(own & {"PreDelete", "PostDelete"} or helm & {"pre-delete", "post-delete"})


def is_hook(annotations: Mapping[str, Any]) -> bool:
    """Whether a sync waits for an object by itself (pkg/sync/hook/hook.go, IsHook)."""
    if HOOK in annotations:
        return phases(annotations) != ("Skip",)
    return HELM_HOOK in annotations and annotations[HELM_HOOK] != "crd-install"


def kept_after_success(annotations: Mapping[str, Any]) -> bool:
    """Whether a hook that succeeded is left alone when it comes up again, and so never runs twice.

    By default, and by every policy but `HookFailed`, it is deleted, then or before it is made anew
    (pkg/sync/hook/delete_policy.go, pkg/sync/sync_task.go). A hook without a name of its own gets
    a new one each time.
    """
    named = _csv(annotations.get(_POLICY)) | _csv(annotations.get(_HELM_POLICY))
    return bool(named & _DELETED_FAILED) and not named & _DELETED


def _csv(value: Any) -> set[str]:
    return {part.strip() for part in value.split(",")} if isinstance(value, str) else set()


def phase_order(phase: Phase) -> int:
    """PreSync before Sync before PostSync; SyncFail and Skip are outside of that order."""
    return PHASES.index(phase) if phase in PHASES else len(PHASES)


@cache
def _health_checked() -> tuple[frozenset[str], re.Pattern[str]]:
    text = (files("wavefix") / "data" / "health-checked-kinds.txt").read_text("utf-8")
    kinds = [line for line in text.splitlines() if line and not line.startswith("#")]
    stars = [re.escape(kind).replace(r"\*", ".*") for kind in kinds if "*" in kind]
    plain = frozenset(kind for kind in kinds if "*" not in kind)
    return plain, re.compile("|".join(stars))


@lru_cache(maxsize=4096)
def has_health(kind: str) -> bool:
    """Whether Argo CD assesses the health of a kind; else it counts as healthy when applied."""
    if kind == HELM_RELEASE:  # pods, in all likelihood
        return True
    plain, stars = _health_checked()
    return kind in plain or stars.fullmatch(kind) is not None
