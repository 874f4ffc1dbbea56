"""`helm template`, as Argo CD and kustomize call it.

Argo CD: util/helm/cmd.go (template), reposerver/repository/repository.go (helmTemplate).
kustomize: api/types/helmchartargs.go (AsHelmArgs).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from wavefix.tools.binaries import Kit
from wavefix.tools.process import ToolFailed
from wavefix.tools.rendered import Rendered
from wavefix.tools.stage import Stage

_VALUES = ".wavefix-values"  # beside the repository's own files in a stage


@dataclass(frozen=True, slots=True)
class Release:
    """One call of `helm template`. `chart` is a directory of the stage, relative to its root."""

    name: str
    namespace: str
    chart: str
    values: tuple[bytes, ...] = ()  # documents in the order in which they count
    arguments: tuple[str, ...] = ()
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()  # values that are the text of a file, by name


def template(
    kit: Kit, stage: Stage, release: Release, more: Sequence[bytes] = ()
) -> list[Rendered]:
    """The objects of a release; `more` values count last. Raises ToolFailed."""
    if not kit.helm:
        raise ToolFailed("helm is not installed")
    files = Stage(stage.root, files=dict(stage.files), reader=stage.reader)
    # `--option=value` throughout: helm reads a value that looks like an option as one
    argv = [kit.helm, "template", f"./{release.chart}", f"--name-template={release.name}"]
    if release.namespace:
        argv.append(f"--namespace={release.namespace}")
    if kube_version := release.kube_version or kit.kube_version:
        argv.append(f"--kube-version={kube_version}")
    for number, content in enumerate((*release.values, *more)):
        name = os.path.join(_VALUES, f"{number}.yaml")
        files.put(name, content)
        argv.append(f"--values={name}")
    for number, (key, content) in enumerate(release.files):
        name = os.path.join(_VALUES, f"{number}.text")
        files.put(name, content)
        argv.append(f"--set-file={key}={name}")
    argv += release.arguments
    for version in release.api_versions or kit.api_versions:
        argv.append(f"--api-versions={version}")
    return kit.call(argv, files, ".")
