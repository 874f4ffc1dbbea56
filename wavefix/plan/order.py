"""What an edge asks of two waves: the distance that a profile keeps, and when it is broken."""

from __future__ import annotations

from wavefix.argocd import applies_first, has_health, phase_order
from wavefix.model import Edge, Needs, Profile, Resource

# A Namespace or CRD that sorts after what needs it is moved before it (sync_tasks.go).
_BUBBLING = ("Namespace", "CustomResourceDefinition.apiextensions.k8s.io")
_PROJECT = "AppProject.argoproj.io"


def distance(profile: Profile, needs: Needs, first: bool) -> int:
    """How many waves the dependent keeps after the dependency.

    `first`: the kind order already applies the dependency first in one wave.
    """
    if needs in ("ready", "before") or profile == "conservative":
        return 1
    return int(needs == "present" and not first)


def strict(needs: Needs, first: bool) -> bool:
    """Whether one wave cannot satisfy an edge."""
    return distance("aggressive", needs, first) > 0


def broken(edge: Edge, dependent: Resource, dependency: Resource, waves: tuple[int, int]) -> bool:
    """Whether Argo CD does not hold an edge; `waves` are those of dependent and dependency."""
    together = dependent.application == dependency.application
    if together and dependency.kind in _BUBBLING:
        return False
    if dependent.phase != dependency.phase:  # between Applications, phases order nothing
        later = together and phase_order(dependency.phase) > phase_order(dependent.phase)
    elif waves[0] == waves[1]:
        return edge.needs == "ready" or (
            edge.needs in ("before", "present") and not applies_first(dependency, dependent)
        )
    else:
        later = waves[1] > waves[0]
    # Where nothing waits for the dependent's health, the sync goes on to bring the dependency. An
    # Application without its project is not synced until it is compared again, minutes later.
    waits = has_health(dependent.kind) or dependency.kind == _PROJECT
    return later and (edge.needs != "eventually" or waits)
