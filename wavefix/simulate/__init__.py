"""Simulate: graph + waves -> what Argo CD would do, and how long it takes.

Every plan wants the estimate; the run itself is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wavefix.simulate.estimate import seconds

if TYPE_CHECKING:
    from wavefix.simulate.compare import refusal
    from wavefix.simulate.component import simulate, together, waves_after, waves_before

__all__ = ["refusal", "seconds", "simulate", "together", "waves_after", "waves_before"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    module = "compare" if name == "refusal" else "component"
    return getattr(import_module(f"wavefix.simulate.{module}"), name)
