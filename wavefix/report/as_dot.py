"""The graph as a Graphviz picture: time goes from left to right, a box for each wave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wavefix.model import NEEDS, Graph, Needs
from wavefix.report.drawing import (
    AGAINST,
    AGAINST_MEANING,
    COLORS,
    MEANINGS,
    Arrow,
    Drawing,
    Node,
    Scope,
    draw,
)
from wavefix.report.words import place, visible

STYLES: dict[Needs, str] = {
    "ready": "solid",
    "before": "dashed",
    "present": "dotted",
    "eventually": "dotted",
}

_HEAD = """\
digraph wavefix {
  graph [rankdir=RL, newrank=true, nodesep=0.18, ranksep=0.7, fontname="Helvetica,Arial,sans-serif"]
  graph [fontsize=12, fontcolor="#57606a", color="#d0d7de", style="rounded,filled", bgcolor=white]
  node [shape=box, style="rounded,filled", fillcolor=white, color="#8c959f", height=0.4]
  node [fontname="Helvetica,Arial,sans-serif", fontsize=10, fontcolor="#1f2328", margin="0.12,0.05"]
  edge [arrowsize=0.6, fontname="Helvetica,Arial,sans-serif", fontsize=9, fontcolor="#57606a"]
"""


def graph_dot(graphs: Sequence[Graph], cwd: str) -> str:
    """The graphs for `dot`; tooltips (in an SVG) name the files."""
    drawing = draw(graphs)
    lines = [*_scopes(drawing, cwd), *_arrows(drawing, cwd), *_legend()]
    return _HEAD + "".join(f"  {line}\n" for line in lines) + "}\n"


def quoted(text: str) -> str:
    """A DOT string in which nothing is an escape or an entity."""
    plain = visible(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{plain}"'


def _scopes(drawing: Drawing, cwd: str) -> Iterator[str]:
    for number, scope in enumerate(drawing.scopes):
        if len(drawing.scopes) == 1:
            yield from _waves(scope, number, cwd)
            continue
        yield f"subgraph cluster_a{number} {{"
        yield f'  label={quoted(scope.application)} labeljust=r fillcolor=white color="#8c959f"'
        yield from (f"  {line}" for line in _waves(scope, number, cwd))
        yield "}"


def _waves(scope: Scope, number: int, cwd: str) -> Iterator[str]:
    """A box for each wave; invisible points between the boxes keep them in order."""
    for order, wave in enumerate(scope.waves):
        yield f"subgraph cluster_a{number}_w{order} {{"
        yield f'  label={quoted(wave.label)} labeljust=c fillcolor="#f6f8fa"'
        yield from (f"  {_node(node, cwd)}" for node in wave.nodes)
        yield "}"
    for order in range(1, len(scope.waves)):
        point = f"a{number}_b{order}"
        yield f'{point} [shape=point, style=invis, width=0, height=0, label=""]'
        earlier, later = scope.waves[order - 1], scope.waves[order]
        yield f"{point} -> {_set(earlier.nodes)} [style=invis, weight=8]"
        yield f"{_set(later.nodes)} -> {point} [style=invis, weight=8]"


def _set(nodes: Sequence[Node]) -> str:
    return f"{{{' '.join(node.name for node in nodes)}}}"


def _node(node: Node, cwd: str) -> str:
    kind, rest = node.label
    label = quoted(kind)[:-1] + (f"\\n{quoted(rest)[1:]}" if rest else '"')
    where = place(node.resource.file, node.resource.line, cwd)
    return f"{node.name} [label={label}, tooltip={quoted(where)}]"


def _arrows(drawing: Drawing, cwd: str) -> Iterator[str]:
    for arrow in drawing.arrows:
        edge = arrow.edge
        evidence = (
            f"{edge.needs} ({edge.confidence}): {place(edge.file, edge.line, cwd)} {edge.path}"
        )
        attributes = f'style={STYLES[edge.needs]}, color="{arrow.color}", {_weight(arrow)}'
        ends = f"{arrow.tail} -> {arrow.head}"
        if arrow.later:  # dot ranks by the order of the ends, which is to be the order of the waves
            ends, attributes = f"{arrow.head} -> {arrow.tail}", f"dir=back, {attributes}"
        yield f"{ends} [{attributes}, tooltip={quoted(evidence)}]"


def _weight(arrow: Arrow) -> str:
    """How much an arrow stands out, and whether it says where its ends should stand."""
    edge = arrow.edge
    if arrow.against:
        return "penwidth=2"
    if edge.dependent.application != edge.dependency.application:
        return "constraint=false"
    return "penwidth=0.5" if edge.dependency.id.startswith("Namespace/") else "penwidth=1"


def _legend() -> Iterator[str]:
    yield "subgraph cluster_legend {"
    yield '  label="an arrow points at what is needed" fillcolor=white'
    yield "  node [shape=point, width=0.05]"
    for needs in NEEDS:
        style = f'style={STYLES[needs]}, color="{COLORS[needs]}"'
        yield f'  legend_{needs}_a -> legend_{needs}_b [{style}, label="{MEANINGS[needs]}"]'
    style = f'style=solid, color="{AGAINST}", penwidth=2'
    yield f'  legend_against_a -> legend_against_b [{style}, label="{AGAINST_MEANING}"]'
    yield "}"
