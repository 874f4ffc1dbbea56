"""Mermaid flowcharts, which GitHub and many wikis draw, of the graph and of the waves of a review.

Time goes from left to right. Mermaid ranks nodes by its links alone. So invisible links lead from
each wave over a hidden node to the one before, and an arrow to a later wave is written from its
head (with the other head hidden).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from wavefix.model import NEEDS, Graph, Needs
from wavefix.report.drawing import (
    AGAINST,
    AGAINST_MEANING,
    COLORS,
    MEANINGS,
    Arrow,
    Drawing,
    Scope,
    draw,
)
from wavefix.report.waves import Arrow as Need
from wavefix.report.waves import Column, Picture
from wavefix.report.words import visible

DASHES: dict[Needs, str] = {
    "ready": "",
    "before": ",stroke-dasharray:7 4",
    "present": ",stroke-dasharray:2 3",
    "eventually": ",stroke-dasharray:2 5",
}
_ENTITIES = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;"}
_CLASSES = (
    "classDef default fill:#ffffff,stroke:#8c959f,color:#1f2328",
    "classDef wave fill:#f6f8fa,stroke:#d0d7de,color:#57606a",
    "classDef scope fill:#ffffff,stroke:#8c959f,color:#57606a",
    "classDef hidden fill:none,stroke:none",
)

# Fill, line and text are given together: they read alike in a light and in a dark theme.
_LOOKS = {
    "moved": "fill:#fff8c5,stroke:#9a6700,stroke-width:2px,color:#1f2328",
    "stays": "fill:#ffffff,stroke:#8c959f,color:#1f2328",
    "rest": "fill:#f6f8fa,stroke:#d0d7de,color:#57606a,stroke-dasharray:3 3",
    "wave": "fill:#eaeef2,stroke:#8c959f,color:#1f2328",
    "hidden": "fill:none,stroke:none,color:#8c959f",
}

HOLDS, MEANT = "#2da44e", "#8c959f"
_DENSE = (
    '%%{init: {"flowchart": {"nodeSpacing": 16, "rankSpacing": 24, "padding": 8, '
    '"wrappingWidth": 260, "subGraphTitleMargin": {"top": 2, "bottom": 8}}}}%%\n'
)

Link = tuple[str, str]  # the line, and the style that it gets


def graph_mermaid(graphs: Sequence[Graph]) -> str:
    """The graphs as one flowchart."""
    drawing = draw(graphs)
    links = [*_order(drawing), *map(_arrow, drawing.arrows), *_legend_links()]
    lines = [*_scopes(drawing), *_legend(), *(line for line, _ in links), *_styles(links)]
    return "flowchart RL\n" + "".join(f"  {line}\n" for line in [*lines, *_CLASSES])


def quoted(text: str) -> str:
    """A Mermaid string in which nothing is markup, an entity, a comment or a directive."""

    def entity(found: re.Match[str]) -> str:
        return _ENTITIES.get(found[0], f"#{ord(found[0])};")

    return '"' + re.sub(r"[^\w ./()=,+@-]", entity, visible(text)) + '"'


def _scopes(drawing: Drawing) -> Iterator[str]:
    for number, scope in enumerate(drawing.scopes):
        if len(drawing.scopes) == 1:
            yield from _waves(scope, number)
            continue
        yield f"subgraph a{number} [{quoted(scope.application)}]"
        yield from (f"  {line}" for line in _waves(scope, number))
        yield "end"
        yield f"class a{number} scope"


def _waves(scope: Scope, number: int) -> Iterator[str]:
    for order, wave in enumerate(scope.waves):
        yield f"subgraph a{number}w{order} [{quoted(wave.label)}]"
        for node in wave.nodes:
            label = "<br>".join(quoted(part)[1:-1] for part in node.label if part)
            yield f'  {node.name}["{label}"]'
        yield "end"
        yield f"class a{number}w{order} wave"
        if order:
            yield f'a{number}b{order}[" "]:::hidden'


def _order(drawing: Drawing) -> Iterator[Link]:
    for number, scope in enumerate(drawing.scopes):
        for order in range(1, len(scope.waves)):
            between = f"a{number}b{order}"
            yield from ((f"{node.name} ~~~ {between}", "") for node in scope.waves[order].nodes)
            yield from ((f"{between} ~~~ {node.name}", "") for node in scope.waves[order - 1].nodes)


def _arrow(arrow: Arrow) -> Link:
    width = ",stroke-width:3px" if arrow.against else ""
    style = f"stroke:{arrow.color}{width}{DASHES[arrow.edge.needs]}"
    if arrow.later:
        return f"{arrow.head} <--> {arrow.tail}", f"{style},marker-end:none"
    return f"{arrow.tail} --> {arrow.head}", style


def _legend() -> Iterator[str]:
    yield 'subgraph legend ["an arrow points at what is needed"]'
    yield "  direction RL"
    for name in (*NEEDS, "against"):
        yield f'  {name}1[" "]'
        yield f'  {name}2[" "]'
    yield "end"
    yield "class legend scope"


def _legend_links() -> Iterator[Link]:
    for needs in NEEDS:
        style = f"stroke:{COLORS[needs]}{DASHES[needs]}"
        yield f'{needs}1 -->|"{MEANINGS[needs]}"| {needs}2', style
    yield f'against1 -->|"{AGAINST_MEANING}"| against2', f"stroke:{AGAINST},stroke-width:3px"


def _styles(links: Sequence[Link]) -> Iterator[str]:
    numbers: dict[str, list[str]] = {}
    for number, (_, style) in enumerate(links):
        if style:
            numbers.setdefault(style, []).append(str(number))
    for style, group in numbers.items():
        yield f"linkStyle {','.join(group)} {style}"


def waves_mermaid(picture: Picture) -> str:
    """The waves of a component at one time, as a flowchart."""
    columns = picture.columns
    links = [*_between(columns), *map(_need, picture.arrows)]
    lines = [line for number in range(len(columns)) for line in _column(columns, number)]
    lines.append(f"class {','.join(f'w{number}' for number in range(len(columns)))} wave")
    lines += [*(line for line, _ in links), *_styles(links)]
    lines += [
        f"classDef {name} {style}" for name, style in _LOOKS.items() if name in _used(columns)
    ]
    return _DENSE + "flowchart RL\n" + "".join(f"  {line}\n" for line in lines)


def _used(columns: Sequence[Column]) -> set[str]:
    """The looks that something has."""
    boxes = {box.look for column in columns for box in column.boxes}
    return boxes | {"wave"} | ({"hidden"} if len(columns) > 1 else set())


def _column(columns: Sequence[Column], number: int) -> Iterator[str]:
    column = columns[number]
    yield f"subgraph w{number} [{quoted(column.label)}]"
    if len(columns) == 1:  # else its links to others say so
        yield "  direction RL"
    for box in column.boxes:
        label = "<br>".join(quoted(line)[1:-1] for line in box.lines)
        yield f'  {box.name}["{label}"]:::{box.look}'
    yield "end"
    if number:
        yield f'o{number}[" "]:::hidden'


def _between(columns: Sequence[Column]) -> Iterator[Link]:
    """What keeps the waves in their order: a hidden node between each and the one before."""
    for number in range(1, len(columns)):
        yield from ((f"{box.name} ~~~ o{number}", "") for box in columns[number].boxes)
        yield from ((f"o{number} ~~~ {box.name}", "") for box in columns[number - 1].boxes)


def _need(arrow: Need) -> Link:
    held = MEANT if arrow.apart else HOLDS
    style = (
        f"stroke:{AGAINST},stroke-width:3px" if arrow.broken else f"stroke:{held},stroke-width:2px"
    )
    line = "-.-" if arrow.apart else "--"
    if arrow.later:
        return f"{arrow.head} <{line}> {arrow.tail}", f"{style},marker-end:none"
    return f"{arrow.tail} {line}> {arrow.head}", style
