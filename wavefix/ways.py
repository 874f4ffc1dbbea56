"""What the command line says over the configurations: how to render, and where to write waves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

import msgspec

from wavefix.config import Config
from wavefix.errors import InputError
from wavefix.model import Mechanism

# Where a new wave goes: nearest to the object first, so that who reads it finds it there.
ORDER: tuple[Mechanism, ...] = (
    "manifest",
    "application",
    "chart-template",
    "helm-values",
    "kustomize-annotations",
    "kustomize-patch",
)


@dataclass(frozen=True, slots=True)
class Ways:
    """Options that hold for every component of a run."""

    render: bool = True
    pull: bool = False  # charts that are not in sight may be fetched: never by configuration
    prefer: tuple[Mechanism, ...] = ()
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


def mechanisms(texts: Iterable[str]) -> tuple[Mechanism, ...]:
    """Mechanisms as the command line names them. Raises InputError for one that there is not."""
    known: tuple[Mechanism, ...] = get_args(Mechanism)
    out: list[Mechanism] = []
    for name in (name.strip() for text in texts for name in text.split(",")):
        if name not in known:
            raise InputError(f"`{name}` is no mechanism", f"name some of {', '.join(known)}")
        out += [mechanism for mechanism in known if mechanism == name]
    return tuple(out)


def preference(mechanisms: Iterable[Mechanism]) -> dict[Mechanism, int]:
    """The rank of each mechanism for a new wave, 0 the best: those preferred, then the others."""
    return {name: rank for rank, name in enumerate(dict.fromkeys((*mechanisms, *ORDER)))}


DEFAULT = Ways()
