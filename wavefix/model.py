"""The words of wavefix as frozen dataclasses: what flows through the pipeline.

discover -> render -> infer -> plan -> simulate -> patch -> report; every stage reads what an
earlier one made and changes none of it. Files are absolute paths, lines start at 1.
"""

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
        return self.sites if self.opaque else tuple(s for s in self.sites if not s.moot)

    @property
    def now(self) -> int:
        """The wave that it keeps if nothing moves it: the declared one, unless that is moot."""
        return self.effective if self.declared is None or self.moot else self.declared


@dataclass(frozen=True, slots=True)
class Edge:
    """`dependent` needs `dependency`; file, line and path are the evidence."""

    dependent: Key
    dependency: Key
    needs: Needs
    confidence: Confidence
    rule: str
    file: str
    line: int
    path: str
    why: str = ""


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
class Rollout:
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
    rollout: Rollout | None = None
    contradicted: tuple[Edge, ...] = ()  # given up, as no order could ever hold all of a cycle


@dataclass(frozen=True, slots=True)
class Edit:
    """One wave to write at one Site. `after` is None where the annotation is to go."""

    site: Site
    resource: str
    after: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A value for one key of a map in a file: a new key, or in place of what stands there.

    `path` leads to the map in document number `document` (from 0); it need not exist yet. `value`
    is plain data: maps, lists, texts, numbers, booleans. A new key goes before the key `before`,
    where there is one. Where `path` leads to a list, `key` is how many items it has: one more
    comes behind them.
    """

    file: str
    document: int
    path: Path
    key: PathStep
    value: Any
    before: str = ""


@dataclass(frozen=True, slots=True)
class EntryEdit:
    """Entries of one file to write: data that is no wave, said by `before` and `after` in words."""

    entries: tuple[Entry, ...]
    resource: str
    mechanism: Mechanism
    line: int
    before: str | None
    after: str

    @property
    def file(self) -> str:
        """The file that all of them are in."""
        return self.entries[0].file


@dataclass(frozen=True, slots=True)
class Seconds:
    """Predicted time of a component's deploy, in seconds until its last resource is healthy."""

    before: float
    after: float
    floor: float  # no plan can be faster: every resource starts when its own dependencies allow


@dataclass(frozen=True, slots=True)
class Step:
    """One wave of one phase, as one attempt of a sync applies it.

    `end` is when Argo CD goes on; of the last wave, for which it does not wait, when the last of
    its resources is healthy. Of a step that never ends it is when nothing happens any more.
    """

    application: str
    phase: Phase
    wave: int
    start: float
    end: float
    applied: tuple[tuple[Key, ...], ...]  # batches, each applied in parallel
    outcome: Outcome
    waited: str = ""  # what it ended with, in words
    critical: bool = False  # the deploy would be over sooner if this step were
    attempt: int = 1  # greater where `syncPolicy.retry` ran the operation again


@dataclass(frozen=True, slots=True)
class Run:
    """What Argo CD would do with a component from the start of its sync."""

    seconds: float  # until the last resource is healthy, or nothing happens any more
    outcome: Outcome
    steps: tuple[Step, ...]
    floor: float = 0.0  # if every resource started when its own dependencies allow


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed sync runs again, and after how many seconds.

    Argo CD's defaults of an automated sync: controller/appcontroller.go (autoSync) and
    pkg/apis/application/v1alpha1/application_defaults.go.
    """

    limit: int = 5  # less than 0: without end
    duration: float = 5.0
    factor: float = 2.0
    longest: float = 180.0

    def pause(self, failures: int) -> float:
        """Seconds to wait after that many failures (types.go, NextRetryAt)."""
        wait = self.duration * self.factor ** (failures - 1)
        return min(wait, self.longest) if self.longest > 0 else wait


@dataclass(frozen=True, slots=True)
class Written:
    """One of the texts that make up a source: the Application's own, or one that overrides it."""

    file: str
    document: int
    at: Path  # path of `spec` in the document
    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """What one Application applies: a directory to read, or a chart that is not in sight.

    `kind` says how: "directory", "kustomize", "helm" (a chart in the repository), "chart" (remote),
    "files" (manifests one by one) or "missing" (a path that is not in the repository).
    """

    kind: Literal["directory", "kustomize", "helm", "chart", "files", "missing"]
    path: str = ""  # absolute directory; "" for a remote chart
    release: str = ""
    chart: str = ""
    value_files: tuple[str, ...] = ()
    missing_files: tuple[str, ...] = ()  # values that are named and not there, though they must be
    refs: Mapping[str, object] = field(default_factory=dict)  # repoURL of each `ref` beside it
    files: tuple[str, ...] = ()  # for "files": the manifests themselves
    recurse: bool = False
    spec: Mapping[str, Any] = field(default_factory=dict)  # as Argo CD reads it
    at: Path = ()  # path of `spec` in the Application's document
    pieces: tuple[Written, ...] = ()  # of which `spec` is made, where it is of several
    environment: Mapping[str, str] = field(default_factory=dict)  # ARGOCD_APP_NAME and so on


@dataclass(frozen=True, slots=True)
class Application:
    """One sync scope. `file`, `line` and `document` show where it is written, if it is."""

    name: str
    namespace: str  # default namespace of its objects; "" when unknown
    sources: tuple[Source, ...]
    file: str = ""
    line: int = 0
    document: int = 0
    parent: str = ""  # the Application of which this is a child: its waves are planned there
    pattern: bool = False  # made by an ApplicationSet, whose text serves several
    made: bool = False  # by a chart: what it says of its sources stands nowhere as it is
    retry: Retry = Retry()
    skip_dry_run: bool = False  # SkipDryRunOnMissingResource=true for all that it applies
    creates_namespace: bool = False  # CreateNamespace=true: before all else, where it is missing
    namespace_metadata: Mapping[str, Any] = field(default_factory=dict)  # what it sets on that
    labels: Mapping[str, str] = field(default_factory=dict)  # of the Application object
    label: str = ""  # what the text of its name gives as a label; "" where that is not known
    # Where an ApplicationSet makes it with `strategy.rollingSync`: the step that takes it, from 1;
    # 0 where none does, so that it is never synced. None where there is no rolling sync.
    step: int | None = None
    max_update: int | None = None  # how many of its step are synced at a time; None: all


@dataclass(frozen=True, slots=True)
class Requirement:
    """One of a step's `matchExpressions`; its operator is `In` or `NotIn`, others are invalid."""

    key: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RolloutStep:
    """One step of a rolling sync."""

    requirements: tuple[Requirement, ...]
    max_update: int | str | None = None


@dataclass(frozen=True, slots=True)
class ApplicationSet:
    """What makes the Applications of a component, where it is an ApplicationSet."""

    id: str
    file: str
    line: int
    document: int
    at: Path  # where the object stands in its document
    spec: Mapping[str, Any]
    steps: tuple[RolloutStep, ...] = ()  # of its rolling sync, where it has one
    unknown: str = ""  # why not all of its Applications are known; "" where they are


@dataclass(frozen=True, slots=True)
class Component:
    """Applications that are planned together."""

    name: str
    path: str  # absolute directory
    applications: tuple[Application, ...]
    made_by: ApplicationSet | None = None


@dataclass(frozen=True, slots=True)
class FilePatch:
    """One file before and after its edits, as text decoded from UTF-8 without any translation."""

    file: str
    before: str
    after: str
    edits: tuple[Edit, ...]
    entries: tuple[EntryEdit, ...] = ()


@dataclass(frozen=True, slots=True)
class ComponentReview:
    """One component through the whole pipeline."""

    component: Component
    graph: Graph
    plan: Plan
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Review:
    """What a run found out and would write. `findings` holds those of every stage, sorted.

    `cwd` is what files are shown relative to; `roots` maps each edited file to the directory that
    paths in its diff are relative to (the repository's, where there is one).
    """

    profile: Profile
    components: tuple[ComponentReview, ...]
    patches: tuple[FilePatch, ...]
    findings: tuple[Finding, ...]
    cwd: str
    roots: Mapping[str, str] = field(default_factory=dict)
