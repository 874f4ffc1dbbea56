"""How long a resource takes from applied to healthy, in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from wavefix.argocd import has_health
from wavefix.config import Config
from wavefix.model import Resource
from wavefix.yamlio import load

APPLICATION = "Application.argoproj.io"
_NOTHING: Mapping[str, float] = {}


def checked(resource: Resource, config: Config) -> bool:
    """Whether the user's Argo CD waits for the health of a resource."""
    if resource.kind == APPLICATION:
        return config.argocd.application_health
    return has_health(resource.kind) or resource.kind in config.argocd.health_checked_kinds


def duration(resource: Resource, config: Config, learned: Mapping[str, float] = _NOTHING) -> float:
    """Seconds until Argo CD calls a resource healthy; 0 where it assesses no health.

    What the user says goes before what was learned (by id), and that before the defaults.
    """
    if not checked(resource, config):
        return 0.0
    if config.durations:
        known = config.duration(resource.id, resource.kind)
        if known is not None:
            return known
    if resource.id in learned:
        return learned[resource.id]
    default, kinds = _defaults()
    return kinds.get(resource.kind, default)


def taught(
    resources: Iterable[Resource], config: Config, learned: Mapping[str, float]
) -> dict[str, float]:
    """The learned seconds that `duration` takes, by resource id."""
    return {
        item.id: learned[item.id]
        for item in resources
        if item.id in learned
        and checked(item, config)
        and config.duration(item.id, item.kind) is None
    }


@cache
def _defaults() -> tuple[float, Mapping[str, float]]:
    text = (files("wavefix") / "data" / "durations.yaml").read_text("utf-8")
    data = load(text, "durations.yaml")[0].data
    kinds = {kind: float(known["seconds"]) for kind, known in data["kinds"].items()}
    return float(data["checked"]["seconds"]), kinds
