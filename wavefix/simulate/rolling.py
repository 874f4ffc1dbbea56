"""Who of an ApplicationSet may sync, where its rolling sync says that: step by step.

Facts read from Argo CD: docs/operator-manual/applicationset/Progressive-Syncs.md and
applicationset/controllers/applicationset_controller.go. A step begins when every Application of
those before it is Healthy; of one step, no more than `maxUpdate` are on their way at a time; an
Application that no step takes is not synced.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from wavefix.model import Application


@dataclass(slots=True)
class Rolling:
    """A rolling sync in progress: who waits for a turn, and who is on the way."""

    waiting: dict[str, Application]
    running: dict[str, Application] = field(default_factory=dict)

    def healthy(self, name: str) -> list[str]:
        """An Application is synced and Healthy; who begins by that."""
        return self.begin() if self.running.pop(name, None) else []

    def begin(self) -> list[str]:
        """Who begins now."""
        steps = [app.step or 0 for app in (*self.waiting.values(), *self.running.values())]
        now = min(steps, default=0)
        out = []
        for name in sorted(self.waiting):
            app = self.waiting[name]
            if app.step == now and (app.max_update is None or len(self.running) < app.max_update):
                self.running[name] = self.waiting.pop(name)
                out.append(name)
        return out


def rolling(applications: Iterable[Application]) -> Rolling:
    """The rolling sync of these Applications, before it begins; empty where there is none."""
    return Rolling({app.name: app for app in applications if app.step})
