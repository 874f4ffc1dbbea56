"""What is broken, what a plan leaves broken, and what no wave can hold."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wavefix.catalogue import Catalogue
from wavefix.model import (
    NEEDS,
    SYNC_WAVE,
    Edge,
    Finding,
    Graph,
    Key,
    Placement,
    Profile,
    Resource,
)
from wavefix.plan.broken import BROKEN, LATE_GOVERNANCE, STUCK, order_code
from wavefix.plan.order import broken
from wavefix.plan.problem import surest
from wavefix.plan.reasons import NEEDED
from wavefix.plan.rolling import Across
from wavefix.plan.spaces import Scopes

CYCLE, IMPOSSIBLE = "WF006", "WF009"


@dataclass(frozen=True, slots=True)
class Checker:
    """Tells which edges Argo CD does not hold, and what would mend them."""

    graph: Graph
    scopes: Scopes
    catalogue: Catalogue
    profile: Profile
    told: frozenset[Edge]  # no plan can hold them: findings tell so

    def broken(self, waves: Mapping[Key, int]) -> list[Edge]:
        """The edges that are broken under the given waves."""
        found = out_of_order(self.graph, self.scopes, waves)
        return [edge for edge in found if edge not in self.told]

    def findings(
        self,
        edges: Iterable[Edge],
        waves: Mapping[Key, int],
        plan: Mapping[Key, int] | None = None,
    ) -> Iterator[Finding]:
        """One finding for each dependency of broken edges. `plan`: what wavefix would write."""
        resources = {item.key: item for item in self.graph.resources}
        still = set() if plan is None else set(self.broken(plan))
        groups: dict[Key, list[Edge]] = {}
        for edge in edges:
            groups.setdefault(edge.dependency, []).append(edge)
        for key, group in sorted(groups.items()):
            edge = _speaker(group, resources, waves)
            earliest = edge.dependent
            ends = resources[earliest], resources[key]
            governance = self.catalogue.governs(ends[1].kind)
            code = LATE_GOVERNANCE if governance else order_code(edge, *ends)
            also = len({edge.dependent for edge in group}) - 1
            advice = self._advice(*ends, edge)
            if plan is not None and not still.issuperset(group):
                moved = key if plan[key] != waves[key] else earliest
                part = " in part" if still.intersection(group) else ""
                what = "the waves" if _apart(edge) else "that"
                advice = f"`wavefix` mends {what}{part}: {moved.id} moves to wave {plan[moved]}"
            if _apart(edge):
                advice += (
                    "; between two Applications a wave tells what is meant, and makes neither wait"
                )
            yield Finding(
                code,
                "warning" if edge.confidence == "heuristic" else "error",
                f"{_what(*ends, edge, waves, also, code)}; {advice}",
                *_where(ends[1]),
                key.id,
            )

    def _advice(self, dependent: Resource, dependency: Resource, edge: Edge) -> str:
        """What a person can do where wavefix does nothing."""
        if dependent.phase != dependency.phase:
            return (
                f"no wave mends that: make the former a {dependent.phase} hook as well, or move "
                "the latter to a later phase"
            )
        if edge.confidence == "heuristic":
            return "if so, say it in `depends_on`; if not, ignore this"
        if dependency.fixed:
            return f"it stays ({dependency.fixed}): move the latter to a later wave"
        if self.profile == "aggressive":
            return "move one of them by hand"
        return "move the latter to a later wave, or try `--profile aggressive`"


def _apart(edge: Edge) -> bool:
    return edge.dependent.application != edge.dependency.application


def out_of_order(graph: Graph, scopes: Scopes, waves: Mapping[Key, int]) -> list[Edge]:
    """The edges that are broken under the given waves, those that no plan can hold among them."""
    resources = {item.key: item for item in graph.resources}
    return [
        edge
        for edge in graph.edges
        if scopes.get(edge.dependent) == scopes.get(edge.dependency) is not None
        and broken(
            edge,
            resources[edge.dependent],
            resources[edge.dependency],
            (waves[edge.dependent], waves[edge.dependency]),
        )
    ]


def _what(
    dependent: Resource,
    dependency: Resource,
    edge: Edge,
    waves: Mapping[Key, int],
    also: int,
    code: str,
) -> str:
    """`X comes in wave 1, after Y (wave 0, and 2 more), which needs it ready`."""
    mine, other = waves[dependent.key], waves[dependency.key]
    more = f"and {also} more" if also else ""
    if dependent.phase != dependency.phase:
        where, beside, known = f"only in {dependency.phase}", "after", f"{dependent.phase}"
    else:
        where, known = f"in wave {other}", "" if mine == other else f"wave {mine}"
        beside = "the same as" if mine == other else "after"
    inside = ", ".join(filter(None, (known, more)))
    after = f"{beside} {dependent.id}" + (f" ({inside})" if inside else "")
    guess = ", by a guess" if edge.confidence == "heuristic" else ""
    if code == LATE_GOVERNANCE:
        return f"{dependency.id} comes {where}, {after}, for which it is too late{guess}"
    why = f" ({edge.why})" if edge.why else ""
    stuck = f": the sync never leaves wave {mine}" if code in STUCK else ""
    return f"{dependency.id} comes {where}, {after}, {NEEDED[edge.needs]}{why}{guess}{stuck}"


def _speaker(
    group: Iterable[Edge], resources: Mapping[Key, Resource], waves: Mapping[Key, int]
) -> Edge:
    """The edge that speaks for all that break at one dependency: the worst, then the earliest."""
    special = [
        edge
        for edge in group
        if edge.confidence != "heuristic"
        and order_code(edge, resources[edge.dependent], resources[edge.dependency]) != BROKEN
    ]
    edges = special or list(group)
    earliest = min((waves[edge.dependent], edge.dependent) for edge in edges)[1]
    return surest([edge for edge in edges if edge.dependent == earliest])


def _where(resource: Resource) -> tuple[str, int]:
    """The file and line of the wave of a resource."""
    at = resource.sites[0] if resource.sites else resource
    return at.file, at.line


def told_of(graph: Graph, findings: Iterable[Finding]) -> frozenset[Edge]:
    """The edges that findings on cycles and impossible orders tell of."""
    places = {(f.file, f.line, f.resource) for f in findings if f.code in (CYCLE, IMPOSSIBLE)}
    ends = {
        (edge.dependent, edge.dependency)
        for edge in graph.edges
        if places and (edge.file, edge.line, edge.dependent.id) in places
    }
    return frozenset(e for e in graph.edges if ends and (e.dependent, e.dependency) in ends)


def cross_application(
    graph: Graph, scopes: Scopes, across: Across, catalogue: Catalogue
) -> Iterator[Finding]:
    """Applications that need others which nothing puts in order: one note for each.

    What fails without the other speaks first. Nothing fails where a policy comes too late.
    """

    def silent(edge: Edge) -> bool:
        kind = edge.dependency.id.partition("/")[0]
        return edge.needs == "before" and catalogue.governs(kind)

    found: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        mine, other = edge.dependent, edge.dependency
        same = scopes.get(mine) == scopes.get(other) is not None
        told = (mine.application, other.application) in across.told
        if mine.application == other.application or told or not same:
            continue
        if edge.needs != "eventually":
            found.setdefault(mine.application, []).append(edge)
    for name, edges in sorted(found.items()):
        failing = [edge for edge in edges if not silent(edge)]
        unseen = sorted({edge.dependency.id for edge in edges if silent(edge)}) if failing else []
        strongest = min(NEEDS.index(edge.needs) for edge in failing or edges)
        edge = surest([e for e in failing or edges if NEEDS.index(e.needs) == strongest])
        how = across.sure if failing else across.silent
        first = edge.dependency.application
        others = sorted({e.dependency.application for e in edges} - {first})
        yield Finding(
            "WF007",
            "note",
            f"{name} needs {_listed([first, *others])} ({edge.dependent.id} needs "
            f"{edge.dependency.id} {edge.needs}), but waves order one Application only: "
            + (across.guess if edge.confidence == "heuristic" else how)
            + (_unseen(unseen) if unseen else ""),
            edge.file,
            edge.line,
            edge.dependent.id,
        )


def _unseen(policies: Sequence[str]) -> str:
    more = f" (and {len(policies) - 1} more)" if len(policies) > 1 else ""
    return f"; nothing fails where {policies[0]}{more} comes too late, so no retry sees to that"


def _listed(names: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def without_place(placements: Iterable[Placement]) -> Iterator[Finding]:
    """What needs a wave that nothing in its sources can carry: releases, and objects of charts."""
    known = list(placements)
    for placement in known:
        resource, wave = placement.resource, placement.wanted
        if wave == placement.planned:
            continue
        parts = [p.resource for p in known if p.resource.parent == resource.id]
        parts = [part for part in parts if part.application == resource.application]
        kustomized = os.path.basename(resource.file).lower().startswith("kustomization")
        who = "" if resource.opaque else f"{resource.id} "
        if not resource.opaque:
            why = _choices(resource, wave, kustomized)
        else:
            why = "nothing in its sources can carry a wave; "
            why += _patch(resource, parts, wave) if kustomized else _value(wave)
        message = f"{who}needs wave {wave} ({placement.reason}), but {why}"
        file, line = resource.file, resource.line
        yield Finding("WF008", "warning", message, file, line, resource.id)


def _choices(resource: Resource, wave: int, kustomized: bool) -> str:
    """What can be done for a rendered object, whose chart has no values key for its wave."""
    pods = [f"`{key}`" for key in resource.pod_keys]
    more = f" (only its pods: {_listed(pods)})" if pods else ""
    why = f"no value of its chart reaches its own annotations{more}"
    kind, _, group = resource.kind.partition(".")
    version = str(resource.body.get("apiVersion") or (f"{group}/v1" if group else "v1"))
    if kustomized:
        why += f"; add this to {os.path.basename(resource.file)}:"
    else:
        why += (
            ", and what an Application renders with Helm alone takes no patch; wrap the chart in a "
            "kustomization (`helmCharts`) with the patch below, or move it to an Application of "
            "its own, which can have the wave, or ask the authors of the chart for a key:"
        )
    return (
        f"{why}\n"
        "patches:\n"
        "  - target:\n"
        f"      kind: {kind}\n"
        f"      name: {resource.name}\n"
        "    patch: |\n"
        f"      apiVersion: {version}\n"
        f"      kind: {kind}\n"
        "      metadata:\n"
        f"        name: {resource.name}\n"
        "        annotations:\n"
        f'          {SYNC_WAVE}: "{wave}"'
    )


def _patch(resource: Resource, parts: Iterable[Resource], wave: int) -> str:
    """A patch on the workloads of a release, or of one subchart in it.

    A strategic merge patch with a target keeps name and kind of what it hits. Jobs are left out:
    those of charts are mostly hooks, with an order of their own.
    """
    labels = [f"app.kubernetes.io/instance={resource.name}"]
    if resource.parent:
        labels.append(f"app.kubernetes.io/name={_chart(resource)}")
    elif charts := sorted(_chart(part) for part in parts if part.subchart):
        labels.append(f"app.kubernetes.io/name notin ({', '.join(charts)})")
    return (
        f"add this to {os.path.basename(resource.file)}:\n"
        "patches:\n"
        "  - target:\n"
        "      kind: Deployment|StatefulSet|DaemonSet\n"
        f"      labelSelector: {','.join(labels)}\n"
        "    patch: |\n"
        "      apiVersion: apps/v1\n"
        "      kind: Deployment\n"
        "      metadata:\n"
        f"        name: {resource.name}\n"
        "        annotations:\n"
        f'          {SYNC_WAVE}: "{wave}"'
    )


def _chart(part: Resource) -> str:
    """The values key of a subchart, which is its name unless it has an alias."""
    return part.id.rpartition(":")[2].partition(".")[0]


def _value(wave: int) -> str:
    return (
        "set it where the chart puts annotations on its workloads themselves, for instance:\n"
        "commonAnnotations:\n"
        f'  {SYNC_WAVE}: "{wave}"'
    )
