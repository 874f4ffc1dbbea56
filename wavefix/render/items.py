"""An object on its way from its file through kustomizations to the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wavefix.argocd import HELM_RELEASE
from wavefix.catalogue import kind_of
from wavefix.discover.argo import objects
from wavefix.discover.tree import Tree, looks_like_manifest
from wavefix.errors import InputError
from wavefix.model import Chart, Joint, Path, Site
from wavefix.render.values import Layer
from wavefix.yamlio import line_of

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
    "tanka.dev",
    "eksctl.io",
    "score.dev",
    "meta.pkg.crossplane.io",
)


@dataclass(frozen=True, slots=True)
class Call:
    """How the chart of a release is found and rendered.

    `directory` is where it lies in the repository (absolute), "" where others publish it. `own`:
    it is nobody else's, so that its templates may be edited. `files`: values that are the text of a
    file, by their names.
    """

    directory: str
    name: str
    repo: str
    version: str
    own: bool
    arguments: tuple[str, ...] = ()
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One object, or one unrendered release, with what kustomizations around it change.

    `annotations` are those it ends up with. `overlay` is the Site of the outermost annotation that
    sets its wave from outside, and `below` the item without it, where it could go; `own` is the
    Site of what a generator makes; `entry` is that of a new patch for it in the outermost
    kustomization; `locked` says why its wave cannot be set at all.
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
    annotations: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)  # those that kustomizations add
    overlay: Site | None = None
    below: Item | None = None
    own: Site | None = None
    entry: Site | None = None
    locked: str = ""
    release: bool = False
    patched: bool = False  # a patch hits it: `body` may not be what is applied
    chart: Chart | None = None  # of a release
    subcharts: Mapping[str, Chart] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()
    call: Call | None = None  # of a release
    unrendered: str = ""  # why a release is one whole, where that is worth telling
    failed: bool = False  # helm itself could not render it
    made: str = ""  # the template of a chart that made it, as Helm names it
    source_release: Item | None = None  # the release that it is a part of
    told: bool = False  # by the values of that release, which is not rendered
    choices: tuple[tuple[Site, ...], ...] = ()  # where its wave can be set, for what a chart made
    shared: tuple[Joint, ...] = ()  # values that set that of several
    common: tuple[Joint, ...] = ()  # where kustomizations could set one wave for all they bring
    pod_keys: tuple[str, ...] = ()  # values that reach its pods, and not itself
    moots: tuple[Site, ...] = ()  # places that say a wave which lands on its pods
    kind: str = field(init=False)  # `Kind.group`

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", HELM_RELEASE if self.release else kind_of(self.body))

    def renamed(self, name: str) -> Item:
        """The item under another name, which it is still found by its old one."""
        return replace(self, name=name, source_name=self.source_name or self.name)

    def annotated(
        self, annotations: Mapping[str, Any], overlay: Site | None = None, locked: str = ""
    ) -> Item:
        """The item with other annotations; where they change its wave, how is to be told."""
        if overlay is None and not locked:
            return replace(self, annotations=annotations)
        return replace(self, annotations=annotations, overlay=overlay, below=None, locked=locked)


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
    out = [
        item
        for body, document, at in objects(documents)
        if (item := _item(tree, file, body, document, at, named))
    ]
    if out or named:
        for entry in documents:
            if not isinstance(entry.data, dict):
                problem, advice = "a document that is no mapping", "a manifest holds objects only"
                tree.fail(InputError(problem, advice, file, entry.line))
    return out


def _item(
    tree: Tree, file: str, body: Mapping[str, Any], document: int, at: Path, named: bool
) -> Item | None:
    line = int(getattr(body, "line", 1))
    if not is_object(body):
        missing = _missing(body, named)
        if missing:
            tree.fail(InputError(f"an object without {missing}", "add it", file, line))
        return None
    metadata = body.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name = metadata.get("name")
    if name in (None, ""):
        name = metadata.get("generateName")
    if not named and (isinstance(name, dict) or "{{" in str(name)):
        return None  # a template, which other programs fill in
    if name in (None, "") or not isinstance(name, (str, int, float)) or isinstance(name, bool):
        problem = f"{body['kind']} without metadata.name"
        advice = "name it, or name the file under `exclude` in .wavefix.yaml"
        if name not in (None, ""):
            problem, advice = f"{body['kind']} whose metadata.name is no text", "put it in quotes"
        tree.fail(InputError(problem, advice, file, line_of(body, ("metadata", "name"), line)))
        return None
    name, namespace = str(name), str(metadata.get("namespace") or "")
    annotations = metadata.get("annotations")
    annotations = annotations if isinstance(annotations, dict) else {}
    return Item(body, file, document, at, line, name, namespace, name, namespace, annotations)


def _missing(body: Mapping[str, Any], named: bool) -> str:
    """Which field keeps a document from being the object that it looks like; "" for other files."""
    kind, version = body.get("kind"), body.get("apiVersion")
    if kind is None and version is None:
        return "apiVersion and kind" if named else ""
    if "metadata" not in body and not named:
        return ""
    if version is None and (named or (isinstance(kind, str) and kind[:1].isupper())):
        return "apiVersion"
    return "kind" if kind is None and named else ""
