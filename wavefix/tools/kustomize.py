"""`kustomize build`, as Argo CD calls it (util/kustomize/kustomize.go)."""

from __future__ import annotations

from wavefix.tools.binaries import Kit
from wavefix.tools.process import ToolFailed
from wavefix.tools.rendered import Rendered
from wavefix.tools.stage import Stage


def build(kit: Kit, stage: Stage, directory: str, inflate: bool) -> list[Rendered]:
    """The objects of the kustomization in a directory of the stage. Raises ToolFailed.

    `inflate`: it has charts, which the stage must hold.
    """
    if not kit.kustomize:
        raise ToolFailed("kustomize is not installed")
    argv = [kit.kustomize, "build", "."]
    if inflate:
        if not kit.helm:
            raise ToolFailed("helm is not installed")
        argv += ["--enable-helm", "--helm-command", kit.helm]
        if kit.kube_version:
            argv.append(f"--helm-kube-version={kit.kube_version}")
        for version in kit.api_versions:
            argv.append(f"--helm-api-versions={version}")
    return kit.call(argv, stage, directory)
