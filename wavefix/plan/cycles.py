"""Cycles and shared annotations: what no assignment of waves can hold is given up, and told.

A cycle of edges that one wave can satisfy is no error: its members share a wave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING

from wavefix.model import Edge, Finding
from wavefix.plan.problem import Problem, doubt, surest

if TYPE_CHECKING:
    import networkx as nx

_Step = tuple[int, int]  # a link, from its dependent to its dependency


def break_cycles(made: Problem) -> None:
    """Leave no cycle that asks for more than one wave; inside the others distances are 0."""
    _shared_annotations(made)
    order = _without_cycles(made)
    if order is not None:
        made.order = [[index] for index in order]
        made.users = {node.index: [] for node in made.nodes}
        for u in made.links:
            for v in made.links[u]:
                made.users[v].append(u)
        return
    import networkx as nx

    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(node.index for node in made.nodes)
    graph.add_edges_from((u, v) for u, targets in made.links.items() for v in targets)
    # Where not all is numbered afresh, what shares a cycle need not share a wave.
    fixed = made.constants() if made.profile == "aggressive" else {}
    todo = _cycles(graph)
    while todo:
        members = todo.pop()
        steps = _contradiction(made, graph.subgraph(members).copy(), fixed)
        if steps:
            step, edges = _least_certain(made, steps)
            found = _finding(made, steps, surest(edges))
            made.findings.append(found)
            made.contradicted += edges if found.code == "WF006" else []
            give_up(made, step, edges)
            if step[1] not in made.links[step[0]]:
                graph.remove_edge(*step)
            todo += _cycles(graph.subgraph(members))
        else:
            for u in members:
                for v in members.intersection(made.links[u]):
                    made.links[u][v].distance = 0
    # Tarjan's algorithm completes what is needed before what needs it.
    made.order = [sorted(scc) for scc in nx.strongly_connected_components(graph)]
    made.users = {node.index: list(graph.predecessors(node.index)) for node in made.nodes}


def _without_cycles(made: Problem) -> list[int] | None:
    """The nodes, each behind what it needs; None where there is a cycle, which is rare."""
    nodes = {node.index: made.links[node.index] for node in made.nodes}
    try:
        return list(TopologicalSorter(nodes).static_order())
    except CycleError:
        return None


def give_up(made: Problem, step: _Step, edges: Sequence[Edge]) -> None:
    """Leave edges of one link out of the plan."""
    link = made.links[step[0]][step[1]]
    made.given_up += edges
    link.edges = [edge for edge in link.edges if edge not in edges]
    if link.edges:
        made.weigh(link)
    else:
        del made.links[step[0]][step[1]]
        if made.users:
            made.users[step[1]].remove(step[0])


def _shared_annotations(made: Problem) -> None:
    """Tell of resources that need different waves, where one annotation sets the wave of both."""
    of = {member.key: node.index for node in made.nodes for member in node.members}
    groups: dict[int, list[Edge]] = {}
    for edge in filter(made.strict, made.inside):
        groups.setdefault(of[edge.dependent], []).append(edge)
    for edges in groups.values():
        edge = surest(edges)
        more = f" (and {len(edges) - 1} more like it)" if len(edges) > 1 else ""
        made.given_up += edges
        made.findings.append(
            Finding(
                "WF009",
                "error",
                f"{edge.dependent.id} needs {edge.dependency.id} {edge.needs}{more}, but one "
                "annotation sets the wave of both; give each its own",
                edge.file,
                edge.line,
                edge.dependent.id,
            )
        )


def _cycles(graph: nx.DiGraph[int]) -> list[set[int]]:
    import networkx as nx

    found = [scc for scc in nx.strongly_connected_components(graph) if len(scc) > 1]
    return sorted(found, key=min)


def _contradiction(made: Problem, graph: nx.DiGraph[int], fixed: Mapping[int, int]) -> list[_Step]:
    """Links in a cycle that ask for more than one wave, or that bind constants which differ."""
    import networkx as nx

    for u in sorted(graph):
        for v in sorted(graph.successors(u)):
            if made.links[u][v].strict:
                return [(u, v), *pairwise(nx.shortest_path(graph, v, u))]
    constants = sorted((fixed[v], v) for v in graph if v in fixed)
    if constants and constants[0][0] != constants[-1][0]:
        return list(pairwise(nx.shortest_path(graph, constants[0][1], constants[-1][1])))
    return []


def _least_certain(made: Problem, steps: Sequence[_Step]) -> tuple[_Step, list[Edge]]:
    """The link to break a cycle at, and what must go there: all, or what alone is strict in it."""
    options = []
    strict = [(u, v) for u, v in steps if made.links[u][v].strict]
    for u, v in steps:
        edges = list(made.links[u][v].edges)
        if strict == [(u, v)]:
            edges = list(filter(made.strict, edges))
        options.append(((u, v), edges))
    return max(options, key=lambda option: doubt(surest(option[1])))


def _finding(made: Problem, steps: Sequence[_Step], left_out: Edge) -> Finding:
    links = [made.links[u][v] for u, v in steps]
    edges = [surest([e for e in link.edges if made.strict(e) == link.strict]) for link in links]
    closed = all(a.dependency == b.dependent for a, b in pairwise([*edges, edges[0]]))
    shown = "; ".join(
        f"{e.dependent.id} needs {e.dependency.id} {e.needs} ({e.confidence}, {e.path})"
        for e in edges
    )
    what = (
        "a cycle that no order of waves can hold"
        if closed
        else "constant waves or shared annotations make this order impossible"
    )
    return Finding(
        "WF006" if closed else "WF009",
        "error",
        f"{what}: {shown}; left out of the plan, as the least certain: {left_out.dependent.id} -> "
        f"{left_out.dependency.id}",
        left_out.file,
        left_out.line,
        left_out.dependent.id,
    )
