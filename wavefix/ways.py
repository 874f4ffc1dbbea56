"""What the command line says over the configurations: how to render, and where to write waves."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from wavefix.config import Config
from wavefix.model import Mechanism


@dataclass(frozen=True, slots=True)
class Ways:
    """Options that hold for every component of a run."""

    render: bool = True
    pull: bool = False  # charts that are not in sight may be fetched: never by configuration
    prefer: tuple[Mechanism, ...] = field(default=())
    remove_moot: bool = False

    def over(self, config: Config) -> Config:
        """A configuration with these in it."""
        return msgspec.structs.replace(
            config,
            render=msgspec.structs.replace(
                config.render, enabled=config.render.enabled and self.render
            ),
            prefer=self.prefer or config.prefer,
            remove_moot=self.remove_moot or config.remove_moot,
        )


DEFAULT = Ways()
