"""What an edge asks of two waves: the distance that a profile keeps, and when it is broken."""

from __future__ import annotations

from wavefix.argocd import applies_first, has_health, phase_order
from wavefix.model import Edge, Needs, Profile, Resource

# A Namespace or CRD that sorts after what needs it is moved before it (sync_tasks.go).
_BUBBLING = ("Namespace", "CustomResourceDefinition.apiextensions.k8s.io")


def distance(profile: Profile, needs: Needs, first: bool) -> int:
    """How many waves the dependent keeps after the dependency.

    `first`: the kind order already applies the dependency first in one wave.
    """
    if needs in ("ready", "before"):
        return 1
    if profile == "conservative":
        return 1
    return 0 if needs == "eventually" or first else 1


def strict(needs: Needs, first: bool) -> bool:
    """Whether one wave cannot satisfy an edge."""
    return needs in ("ready", "before") or (needs == "present" and not first)


def broken(edge: Edge, dependent: Resource, dependency: Resource, waves: tuple[int, int]) -> bool:
    """Whether Argo CD does not hold an edge; `waves` are those of dependent and dependency."""
    if dependent.phase != dependency.phase:
        return phase_order(dependency.phase) > phase_order(dependent.phase)
    if dependency.kind in _BUBBLING and dependent.application == dependency.application:
        return False
    mine, other = waves
    if other > mine and edge.needs == "eventually":
        # Nothing waits for the health of the dependent, so the sync goes on to bring the dependency.
        return has_health(dependent.kind)
    if mine != other:
        return other > mine
    return edge.needs == "ready" or (
        edge.needs in ("before", "present") and not applies_first(dependency, dependent)
    )
