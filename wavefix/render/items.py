"""An object on its way from its file through kustomizations to the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wavefix.catalogue import kind_of
from wavefix.discover.argo import objects
from wavefix.discover.tree import Tree, looks_like_manifest
from wavefix.errors import InputError
from wavefix.model import Path, Site, Value
from wavefix.yamlio import get

# Groups whose documents look like Kubernetes objects and are read by other programs.
_FOREIGN_GROUPS = (
    "kustomize.config.k8s.io",  # kustomize
    "backstage.io",  # Backstage's software catalogue
    "skaffold",
    "kind.x-k8s.io",
    "k3d.io",
    "ctlptl.dev",
    "audit.k8s.io",
    "kubeadm.k8s.io",
    "client.authentication.k8s.io",
    "cli.config.kyverno.io",
    "talos.dev",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One object, or one unrendered release, with what kustomizations around it change.

    `overlay` is the Site of the outermost annotation that sets the wave of the object from
    outside, `wave` the value there; `locked` says why its wave cannot be set at all.
    """

    body: Mapping[str, Any]
    file: str
    document: int
    at: Path
    line: int
    name: str
    namespace: str
    source_name: str = ""
    source_namespace: str = ""
    wave: Any = None
    overlay: Site | None = None
    locked: str = ""
    release: bool = False
    generated: bool = False
    values: tuple[Value, ...] = ()
    subcharts: frozenset[str] = frozenset()
    layers: tuple[Any, ...] = ()

    @property
    def kind(self) -> str:
        return "HelmRelease" if self.release else kind_of(self.body)

    def renamed(self, name: str) -> Item:
        """The item under another name, which it is still found by its old one."""
        return replace(self, name=name, source_name=self.source_name or self.name)


def is_object(data: Mapping[str, Any]) -> bool:
    """Whether a document is meant for the Kubernetes API."""
    kind, version = data.get("kind"), data.get("apiVersion")
    if not isinstance(kind, str) or not isinstance(version, str):
        return False
    group = version.partition("/")[0] if "/" in version else ""
    if group.endswith(".config.k8s.io") or group in _FOREIGN_GROUPS:
        return False
    return not (kind == "Config" and version == "v1" and "clusters" in data)  # a kubeconfig


def read(tree: Tree, file: str, named: bool = False) -> list[Item]:
    """The objects of one file. `named`: something says that it is a manifest, so it must be one.

    What is wrong with it is collected in `tree.errors`.
    """
    text = tree.text(file)
    if text is None or (not named and file.endswith(".json") and not looks_like_manifest(text)):
        return []
    documents = tree.documents(file)
    out: list[Item] = []
    for body, document, at in objects(documents):
        if not is_object(body):
            half = ("kind" in body) != ("apiVersion" in body) and "metadata" in body
            if half or (at and named):
                missing = "apiVersion" if "kind" in body else "kind"
                tree.fail(InputError(f"an object without {missing}", "add it", file, _line(body)))
            continue
        name = get(body, "metadata", "name") or get(body, "metadata", "generateName")
        if not isinstance(name, (str, int)) or name == "":
            tree.fail(
                InputError(
                    f"{body['kind']} without metadata.name",
                    "name it, or name the file under `exclude` in .wavefix.yaml",
                    file,
                    _line(body),
                )
            )
            continue
        namespace = str(get(body, "metadata", "namespace") or "")
        out.append(
            Item(body, file, document, at, _line(body), str(name), namespace, str(name), namespace)
        )
    if out or named:
        for entry in documents:
            if not isinstance(entry.data, dict):
                tree.fail(
                    InputError(
                        "a document that is no mapping",
                        "a manifest holds objects only",
                        file,
                        entry.line,
                    )
                )
    return out


def _line(body: Any) -> int:
    return int(getattr(body, "line", 1))
