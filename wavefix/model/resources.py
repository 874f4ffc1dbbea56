"""Resources, what they need of each other, and the waves that are planned for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Needs = Literal["ready", "before", "present", "eventually"]
Confidence = Literal["explicit", "schema", "derived", "heuristic"]
Profile = Literal["conservative", "aggressive"]
Phase = Literal["PreSync", "Sync", "PostSync", "SyncFail", "Skip"]
Outcome = Literal["succeeded", "failed", "stuck"]
Severity = Literal["error", "warning", "note"]
Mechanism = Literal[
    "manifest",
    "helm-values",
    "kustomize-annotations",
    "kustomize-patch",
    "chart-template",
    "application",
]

SYNC_WAVE = "argocd.argoproj.io/sync-wave"

# Surest first; the order decides which edge of a cycle is given up.
CONFIDENCES: tuple[Confidence, ...] = ("explicit", "schema", "derived", "heuristic")
# Strongest first.
NEEDS: tuple[Needs, ...] = ("ready", "before", "present", "eventually")

PathStep = str | int
Path = tuple[PathStep, ...]


class Key(NamedTuple):
    """A resource within a component: ids repeat between Applications, keys do not."""

    application: str
    id: str


class PatchTarget(NamedTuple):
    """The object that a kustomize patch is for, by the names that it has when patches are run."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A place in a source file where a wave can be set.

    `path` leads to the annotations map inside document number `document` (from 0); the map, or its
    key, need not exist yet. Where the map stands in YAML text that is itself a string of the file
    (`helm.values: |`), `path` leads to that string and `inner` to the map in the text.
    In a chart's template (`chart-template`) `document` is the number of its part between `---`.
    """

    mechanism: Mechanism
    file: str
    document: int
    path: Path
    line: int
    before: str | None
    inner: Path = ()
    moot: bool = False  # a pod annotation: kept in step for readers, never read by Argo CD
    key: str = SYNC_WAVE  # what holds the wave in that map: charts read it from other values too
    entry: PatchTarget | None = None  # `path` leads to a list of patches, which gets a new one


class Joint(NamedTuple):
    """A place that would set the wave of a resource together with those of others.

    `more`: it changes more than their waves: it lands on pods as well, which a change restarts, or
    on what is not in sight.
    """

    site: Site
    more: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """One scalar of a release's merged Helm values, and where it stands."""

    path: Path
    value: Any
    file: str
    line: int


class Chart(NamedTuple):
    """A Helm chart by its name, and the URL that it comes from; "" where that is not written."""

    name: str
    repo: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """One Kubernetes object, or an opaque Helm release, in one Application."""

    id: str
    application: str
    kind: str  # "Deployment.apps"; the core group has no suffix
    namespace: str  # "" for cluster-scoped kinds
    name: str
    body: Mapping[str, Any]
    file: str
    line: int
    phase: Phase = "Sync"  # the first in which it is applied, before or after which others are
    again: tuple[Phase, ...] = ()  # later ones, with the same wave
    declared: int | None = None
    effective: int = 0
    sites: tuple[Site, ...] = ()
    others: tuple[tuple[Site, ...], ...] = ()  # further choices, where `sites` serve others too
    shared: tuple[Site, ...] = ()  # places that it had with others, and left for one of its own
    joint: tuple[Joint, ...] = ()  # places that would set it together with others
    pod_keys: tuple[str, ...] = ()  # values of its chart that reach its pods, and not itself
    moot: bool = False  # `declared` is known to stand only where Argo CD never reads it
    fixed: str = ""  # why it cannot move; "" when it can
    opaque: bool = False  # an unrendered Helm release: its objects are not to be seen
    parent: str = ""  # id of the release of which this is a values subtree
    subchart: bool = False  # that subtree is a chart of its own, which the release needs
    values: tuple[Value, ...] = ()  # of an opaque release
    charts: tuple[Chart, ...] = ()  # of an opaque release: its own, and those it brings along
    source_name: str = ""  # the name in the source, where kustomize gives it another
    source_namespace: str = ""  # likewise the namespace; "" when the source names none
    at: Path = ()  # where `body` stands in its document
    release: str = ""  # id of the rendered release that brings it, a subchart behind a colon
    annotations: Mapping[str, Any] | None = None  # as applied; None: those in `body`
    patched: bool = False  # a kustomize patch hits it: `body` may not be what is applied
    key: Key = field(init=False, repr=False, compare=False)  # what every stage finds it by

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", Key(self.application, self.id))

    @property
    def places(self) -> tuple[Site, ...]:
        """Where its wave can be set; of what is not rendered, the annotations of pods as well."""
        for site in () if self.opaque else self.sites:
            if site.moot:
                return tuple(s for s in self.sites if not s.moot)
        return self.sites

    @property
    def now(self) -> int:
        """The wave that it keeps if nothing moves it: the declared one, unless that is moot."""
        return self.effective if self.declared is None or self.moot else self.declared


@dataclass(frozen=True, slots=True)
class Edge:
    """`dependent` needs `dependency`; file, line and path are the evidence.

    Where what it reads is no object of any source but one that the dependency makes, `through` is
    the id of that (`Secret/web/api`).
    """

    dependent: Key
    dependency: Key
    needs: Needs
    confidence: Confidence
    rule: str
    file: str
    line: int
    path: str
    why: str = ""
    through: str = ""


@dataclass(frozen=True, slots=True)
class External:
    """A reference to something that no source of the component provides."""

    dependent: Key
    kind: str
    name: str
    namespace: str
    file: str
    line: int
    path: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong or worth knowing. `code` is stable and has a page under docs/rules/."""

    code: str
    severity: Severity
    message: str
    file: str = ""
    line: int = 0
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """What one component holds and what depends on what in it."""

    resources: tuple[Resource, ...]
    edges: tuple[Edge, ...] = ()
    externals: tuple[External, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """The planned wave of one resource, and why it is that wave.

    `planned` is what the edits lead to. `wanted` differs from it only where a release without a
    place for a wave would need one.
    """

    resource: Resource
    planned: int
    reason: str
    wanted: int
    slack: tuple[int, int] = (0, 0)  # the earliest and latest wave it could have

    @property
    def moves(self) -> bool:
        """Whether the plan changes its wave, or a moot annotation that says another one."""
        item = self.resource
        return self.planned != item.now or (item.moot and self.planned != item.declared)

    @property
    def wave(self) -> int:
        """The wave that Argo CD uses once the plan is written."""
        return self.planned if self.moves else self.resource.effective


@dataclass(frozen=True, slots=True)
class RollingSync:
    """The rolling sync that a plan writes into an ApplicationSet.

    `steps` holds the names of the Applications of each; the last one also takes those to come.
    """

    resource: str
    file: str
    line: int
    steps: tuple[tuple[str, ...], ...]
    why: Mapping[str, str]  # by Application: what it needs to come before it


@dataclass(frozen=True, slots=True)
class Plan:
    """The waves of one component, and the steps of its rolling sync where one is to be written."""

    profile: Profile
    placements: tuple[Placement, ...]
    findings: tuple[Finding, ...] = ()
    rolling: RollingSync | None = None
    contradicted: tuple[Edge, ...] = ()  # given up, as no order could ever hold all of a cycle
