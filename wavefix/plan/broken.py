"""What becomes of a broken edge, which is what its code says."""

from __future__ import annotations

from wavefix.argocd import has_health
from wavefix.infer.claims import CLAIM
from wavefix.model import Edge, Resource

BROKEN, LATE_GOVERNANCE = "WF002", "WF003"
STUCK_CLAIM, STUCK_WAVE, EARLIER_PHASE, WEBHOOK = "WF014", "WF015", "WF016", "WF017"
STUCK = frozenset((STUCK_CLAIM, STUCK_WAVE))
ORDER_CODES = frozenset((BROKEN, LATE_GOVERNANCE, *STUCK, EARLIER_PHASE, WEBHOOK))

_WEBHOOK_BACKEND = "core/webhook-backend"


def order_code(edge: Edge, dependent: Resource, dependency: Resource) -> str:
    """The code of an edge that is broken. Between two syncs nothing is stuck: each goes on."""
    if dependent.application != dependency.application:
        return BROKEN
    if dependent.phase != dependency.phase:
        return EARLIER_PHASE
    if edge.needs == "eventually" and has_health(dependent.kind):  # which Argo CD waits for
        return STUCK_CLAIM if dependent.kind == CLAIM else STUCK_WAVE
    return WEBHOOK if edge.rule == _WEBHOOK_BACKEND else BROKEN
