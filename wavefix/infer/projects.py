"""Where the AppProject of an Application stands: with Argo CD, wherever the Application is.

Argo CD: util/argo/argo.go, GetAppProject; app_project_types.go, IsAppNamespacePermitted.
"""

from __future__ import annotations

from wavefix.discover.patterns import glob
from wavefix.infer.scene import Scene
from wavefix.model import Resource
from wavefix.patterns import pattern as regular
from wavefix.yamlio import get

PROJECT = "AppProject.argoproj.io"


def project_namespace(scene: Scene, dependent: Resource, name: str) -> str:
    """The namespace of the project that an Application names: its own, else the only other one in
    which a project of that name lets Applications of that namespace in (`sourceNamespaces`).
    """
    projects = [item for item in scene.of_kind(PROJECT) if item.name == name]
    homes = {item.namespace for item in projects}
    if dependent.namespace in homes:
        return dependent.namespace
    permitted = {item.namespace for item in projects if _permits(item, dependent.namespace)}
    return permitted.pop() if len(permitted) == 1 else dependent.namespace


def _permits(project: Resource, namespace: str) -> bool:
    patterns = get(project.body, "spec", "sourceNamespaces")
    return any(
        _matches(pattern, namespace)
        for pattern in (patterns if isinstance(patterns, list) else [])
        if isinstance(pattern, str)
    )


def _matches(pattern: str, namespace: str) -> bool:
    """util/glob/list.go: a glob, or a regular expression between slashes."""
    if len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
        return regular(pattern[1:-1]).search(namespace)
    return glob(pattern).fullmatch(namespace) is not None
