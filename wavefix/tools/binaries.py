"""Which helm and kustomize there are, and how they are called."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from wavefix.config import Config
from wavefix.limits import WORK, TooMuch
from wavefix.tools.messages import cleaned
from wavefix.tools.process import Refused, ToolFailed, run
from wavefix.tools.rendered import Rendered, parse
from wavefix.tools.stage import Stage
from wavefix.tools.store import keep, recall

HELM, KUSTOMIZE = "WAVEFIX_HELM", "WAVEFIX_KUSTOMIZE"


@dataclass(frozen=True, slots=True)
class Kit:
    """The tools at hand: absolute paths, "" for one that is not there."""

    helm: str = ""
    kustomize: str = ""
    timeout: float = 60.0
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    pull: bool = False  # charts that are not in sight may be fetched
    fresh: bool = False  # what was rendered before does not count
    total: float = 1800.0  # seconds for all calls of a run

    @property
    def there(self) -> bool:
        """Whether anything can be rendered."""
        return bool(self.helm or self.kustomize)

    def call(self, argv: Sequence[str], stage: Stage, directory: str) -> list[Rendered]:
        """What a tool makes of a stage, run in `directory` (relative to its root).

        Raises ToolFailed with the tool's own message.
        """
        key = stage.digest(["3", directory, *argv, *_marks((self.helm, self.kustomize))])
        known = None if self.fresh else recall(key)
        if isinstance(known, str):
            raise ToolFailed(known)
        if known is not None:
            return known
        with tempfile.TemporaryDirectory(prefix="wavefix-") as scratch:
            scratch = os.path.realpath(scratch)
            stage.write(scratch)
            start = monotonic()
            try:
                text = run(argv, os.path.join(scratch, directory), self.timeout, scratch=scratch)
            except Refused as refused:
                why = cleaned(str(refused), argv, stage.files)
                keep(key, why)
                raise Refused(why) from None
            finally:
                self._spend(monotonic() - start)
        made = parse(text.decode("utf-8", "replace"))
        if not self.fresh:
            keep(key, made)
        return made

    def _spend(self, seconds: float) -> None:
        """Count the time of a call. Raises TooMuch."""
        WORK.rendering += seconds
        if WORK.rendering > self.total:
            what = f"helm and kustomize take more than {self.total:g} s in all"
            raise TooMuch(what, "raise `render.total` in .wavefix.yaml, or pass --no-render")


def kit(config: Config, root: str, pull: bool = False) -> Kit:
    """The tools on the PATH, or those that the environment names (`WAVEFIX_HELM`, ...).

    Never one that lies in the repository at `root`: what is read there is not to be run.
    """
    settings = config.render
    if not settings.enabled:
        return Kit()
    return Kit(
        _find(os.environ.get(HELM, "helm"), root),
        _find(os.environ.get(KUSTOMIZE, "kustomize"), root),
        settings.timeout,
        settings.kube_version,
        settings.api_versions,
        pull,
        total=settings.total,
    )


def _find(name: str, root: str) -> str:
    found = shutil.which(name) if name else None
    if not found or not os.path.isabs(found):
        return ""
    real = os.path.realpath(found)
    return "" if real.startswith(root.rstrip("/") + "/") else found


def _marks(programs: Sequence[str]) -> list[str]:
    """Changes whenever a program does."""
    out = []
    for program in programs:
        try:
            found = os.stat(program)
        except OSError:
            continue
        out.append(f"{program}:{found.st_size}:{found.st_mtime_ns}")
    return out


__all__ = ["Kit", "ToolFailed", "kit"]
