"""Model objects in few words, and the planner applied to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from wavefix.catalogue import catalogue
from wavefix.config import Config
from wavefix.model import (
    Application,
    Confidence,
    Edge,
    Finding,
    Graph,
    Key,
    Needs,
    Phase,
    Placement,
    Plan,
    Profile,
    Resource,
    Site,
)
from wavefix.plan import plan, present_state

CONFIG = Config()
CATALOGUE = catalogue()


def resource(
    id: str,
    wave: int | None = None,
    *,
    app: str = "app",
    phase: Phase = "Sync",
    fixed: str = "",
    site: str | None = "",
    opaque: bool = False,
    effective: int | None = None,
    parent: str = "",
    subchart: bool = False,
    file: str = "",
) -> Resource:
    """A resource by its id. `site` names the annotation that sets its wave; None: nothing does."""
    kind, *names = id.split("/")
    file = file or f"{app}/{id}.yaml"
    at = (site or f"{app}/{id}",)
    written = None if wave is None else str(wave)
    known = (wave or 0) if effective is None else effective
    return Resource(
        id=id,
        application=app,
        kind=kind,
        namespace=names[0] if len(names) > 1 else "",
        name=names[-1].partition(":")[0],
        body={},
        file=file,
        line=1,
        phase=phase,
        declared=wave,
        effective=known,
        sites=() if site is None else (Site("manifest", site or file, 0, at, 7, written),),
        fixed=fixed,
        opaque=opaque,
        parent=parent,
        subchart=subchart,
    )


def release(name: str, wave: int | None = None, **more: object) -> Resource:
    """An unrendered Helm release; one without a wave has no place for one."""
    site = None if wave is None else ""
    return resource(f"HelmRelease/web/{name}", wave, opaque=True, **{"site": site, **more})  # type: ignore[arg-type]


def needs(
    dependent: Resource | str,
    dependency: Resource | str,
    what: Needs = "ready",
    confidence: Confidence = "schema",
    *,
    rule: str = "test/rule",
    line: int = 3,
    why: str = "",
) -> Edge:
    """An edge between two resources; an id means one of Application `app`."""
    mine, other = (Key("app", e) if isinstance(e, str) else e.key for e in (dependent, dependency))
    file = f"{mine.application}/{mine.id}.yaml"
    return Edge(mine, other, what, confidence, rule, file, line, "spec.ref", why)


class Planned:
    """A plan, by ids where they are unique."""

    def __init__(self, graph: Graph, made: Plan) -> None:
        self.graph = graph
        self.plan = made

    @property
    def placements(self) -> dict[Key, Placement]:
        return {item.resource.key: item for item in self.plan.placements}

    @property
    def waves(self) -> dict[str, int]:
        return {item.resource.id: item.planned for item in self.plan.placements}

    @property
    def moves(self) -> dict[str, int]:
        return {item.resource.id: item.planned for item in self.plan.placements if item.moves}

    @property
    def wanted(self) -> dict[str, int]:
        return {item.resource.id: item.wanted for item in self.plan.placements}

    @property
    def reasons(self) -> dict[str, str]:
        return {item.resource.id: item.reason for item in self.plan.placements}

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.plan.findings

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.plan.findings]

    def finding(self, code: str) -> Finding:
        (found,) = [finding for finding in self.plan.findings if finding.code == code]
        return found

    def applied(self) -> Graph:
        """The graph as it is once the plan is written."""
        return replace(
            self.graph,
            resources=tuple(
                replace(item, declared=placed.planned, effective=placed.planned)
                if (placed := self.placements[item.key]).moves
                else item
                for item in self.graph.resources
            ),
        )


def planned(
    profile: Profile,
    resources: Sequence[Resource] | Graph,
    edges: Iterable[Edge] = (),
    config: Config = CONFIG,
    parents: Iterable[tuple[str, str]] = (),
) -> Planned:
    """The plan of one component; `parents` holds (child Application, its parent)."""
    graph = resources if isinstance(resources, Graph) else Graph(tuple(resources), tuple(edges))
    return Planned(graph, plan(graph, applications(parents), profile, config, CATALOGUE))


def conservative(
    resources: Sequence[Resource] | Graph, edges: Iterable[Edge] = (), config: Config = CONFIG
) -> Planned:
    return planned("conservative", resources, edges, config)


def aggressive(
    resources: Sequence[Resource] | Graph, edges: Iterable[Edge] = (), config: Config = CONFIG
) -> Planned:
    return planned("aggressive", resources, edges, config)


def today(made: Planned) -> list[Finding]:
    """What `wavefix lint` says of the present state."""
    return present_state(made.graph, (), made.plan, CATALOGUE)


def applications(parents: Iterable[tuple[str, str]]) -> list[Application]:
    return [Application(name, "", (), parent=parent) for name, parent in parents]
