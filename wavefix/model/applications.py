"""Argo CD's own objects, as far as they say what is applied, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wavefix.model.resources import Path


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
    outside_files: tuple[str, ...] = ()  # values whose names lead out of the repository
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
class RollingStep:
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
    steps: tuple[RollingStep, ...] = ()  # of its rolling sync, where it has one
    unknown: str = ""  # why not all of its Applications are known; "" where they are


@dataclass(frozen=True, slots=True)
class Component:
    """Applications that are planned together."""

    name: str
    path: str  # absolute directory
    applications: tuple[Application, ...]
    made_by: ApplicationSet | None = None
