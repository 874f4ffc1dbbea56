"""The pictures: resources by wave, an arrow a pair, and names that cannot break the syntax."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from test_report_samples import (
    ACCOUNT,
    API,
    CWD,
    DATABASE,
    EDGES,
    LIMITS,
    NAMESPACE,
    STORE,
    edge,
    resource,
)

from wavefix.model import Graph
from wavefix.report import graph_dot, graph_mermaid
from wavefix.report.drawing import draw

PORTAL = Graph((API, LIMITS, NAMESPACE, DATABASE, STORE, ACCOUNT), EDGES)
EVIL = 'Job.batch/p/a"]<b>&amp;#35;`|{x}\\N\n%%{init}%%'


def test_waves_are_in_the_order_of_a_sync() -> None:
    hook = resource("Job.batch/portal/migrate", 5, phase="PreSync")
    after = resource("Job.batch/portal/smoke", -5, phase="PostSync")
    drawing = draw([Graph((after, *PORTAL.resources, hook))])
    (scope,) = drawing.scopes
    assert [(wave.label, [node.name for node in wave.nodes]) for wave in scope.waves] == [
        ("PreSync wave 5", ["n0"]),
        ("wave -2", ["n1"]),
        ("wave -1", ["n2"]),
        ("wave 0", ["n3", "n4"]),
        ("wave 1", ["n5", "n6"]),
        ("PostSync wave -5", ["n7"]),
    ]


def test_applications_and_components_are_apart() -> None:
    dex = resource("Service/portal/svc", application="dex")
    drawing = draw([Graph((API, dex)), Graph((API,))])
    assert [scope.application for scope in drawing.scopes] == ["dex", "portal", "portal"]


def test_the_strongest_edge_of_a_pair_is_drawn() -> None:
    weak, strong = edge(API, DATABASE, "eventually"), edge(API, DATABASE, "before")
    (arrow,) = draw([Graph((API, DATABASE), (weak, strong))]).arrows
    assert arrow.edge == strong


def test_an_arrow_to_a_later_wave_stands_out_unless_argo_cd_mends_it() -> None:
    late = resource("Namespace/late", 7)
    graph = Graph((API, DATABASE, NAMESPACE, late), tuple(edge(API, x) for x in (DATABASE, late)))
    arrows = {arrow.edge.dependency.id: arrow for arrow in draw([graph]).arrows}
    assert arrows[DATABASE.id].against
    assert arrows[late.id].later
    assert not arrows[late.id].against


def test_the_order_of_the_input_does_not_matter() -> None:
    shuffled = Graph(PORTAL.resources[::-1], PORTAL.edges[::-1])
    assert graph_dot([PORTAL], CWD) == graph_dot([shuffled], CWD)
    assert graph_mermaid([PORTAL]) == graph_mermaid([shuffled])


def test_dot_in_full_but_for_the_head_and_the_legend() -> None:
    lines = graph_dot([PORTAL], CWD).splitlines()
    start, end = (
        lines.index("  subgraph cluster_a0_w0 {"),
        lines.index("  subgraph cluster_legend {"),
    )
    assert (
        "\n".join(lines[start:end])
        == """\
  subgraph cluster_a0_w0 {
    label="wave -2" labeljust=c fillcolor="#f6f8fa"
    n0 [label="Namespace\\nportal", tooltip="portal/portal.yaml:1"]
  }
  subgraph cluster_a0_w1 {
    label="wave -1" labeljust=c fillcolor="#f6f8fa"
    n1 [label="SecretStore.external-secrets.io\\nportal/vault", tooltip="portal/vault.yaml:1"]
  }
  subgraph cluster_a0_w2 {
    label="wave 0" labeljust=c fillcolor="#f6f8fa"
    n2 [label="Deployment.apps\\nportal/api", tooltip="portal/api.yaml:1"]
    n3 [label="ServiceAccount\\nportal/eso", tooltip="portal/eso.yaml:1"]
  }
  subgraph cluster_a0_w3 {
    label="wave 1" labeljust=c fillcolor="#f6f8fa"
    n4 [label="LimitRange\\nportal/limits", tooltip="portal/limits.yaml:1"]
    n5 [label="StatefulSet.apps\\nportal/db", tooltip="portal/db.yaml:10"]
  }
  a0_b1 [shape=point, style=invis, width=0, height=0, label=""]
  a0_b1 -> {n0} [style=invis, weight=8]
  {n1} -> a0_b1 [style=invis, weight=8]
  a0_b2 [shape=point, style=invis, width=0, height=0, label=""]
  a0_b2 -> {n1} [style=invis, weight=8]
  {n2 n3} -> a0_b2 [style=invis, weight=8]
  a0_b3 [shape=point, style=invis, width=0, height=0, label=""]
  a0_b3 -> {n2 n3} [style=invis, weight=8]
  {n4 n5} -> a0_b3 [style=invis, weight=8]
  n3 -> n1 [dir=back, style=solid, color="#d1242f", penwidth=2, \
tooltip="ready (schema): portal/vault.yaml:3 spec.provider.vault.auth.kubernetes.serviceAccountRef"]
  n2 -> n0 [style=dashed, color="#b35900", penwidth=0.5, \
tooltip="before (schema): portal/api.yaml:3 metadata.namespace"]
  n4 -> n2 [dir=back, style=dashed, color="#d1242f", penwidth=2, \
tooltip="before (schema): portal/api.yaml:3 metadata.namespace"]
  n5 -> n2 [dir=back, style=solid, color="#d1242f", penwidth=2, \
tooltip="ready (heuristic): portal/api.yaml:3 spec.template.spec.containers[0].env[1].value"]"""
    )


def test_mermaid_in_full_but_for_styles_and_legend() -> None:
    document = graph_mermaid([Graph((API, DATABASE, NAMESPACE), EDGES[:3])])
    before, rest = document.split("  subgraph legend")
    links = [line for line in rest.splitlines() if re.search(r"[nb]\d+ (~~~|<?-->) ", line)]
    assert (
        "\n".join([before.rstrip("\n"), *links])
        == """\
flowchart RL
  subgraph a0w0 ["wave -2"]
    n0["Namespace<br>portal"]
  end
  class a0w0 wave
  subgraph a0w1 ["wave 0"]
    n1["Deployment.apps<br>portal/api"]
  end
  class a0w1 wave
  a0b1[" "]:::hidden
  subgraph a0w2 ["wave 1"]
    n2["StatefulSet.apps<br>portal/db"]
  end
  class a0w2 wave
  a0b2[" "]:::hidden
  n1 ~~~ a0b1
  a0b1 ~~~ n0
  n2 ~~~ a0b2
  a0b2 ~~~ n1
  n1 --> n0
  n2 <--> n1"""
    )


def test_mermaid_styles_count_every_link() -> None:
    document = graph_mermaid([Graph((API, DATABASE, NAMESPACE), EDGES[:3])])
    links = [line for line in document.splitlines() if "~~~" in line or "-->" in line]
    numbers = {line.strip(): str(number) for number, line in enumerate(links)}
    against = next(line for line in document.splitlines() if "marker-end:none" in line)
    assert against.split() == [
        "linkStyle",
        numbers["n2 <--> n1"],
        "stroke:#d1242f,stroke-width:3px,marker-end:none",
    ]
    assert f"linkStyle {numbers['n1 --> n0']}," in document


def test_dot_strings_hold_anything() -> None:
    document = graph_dot([Graph((resource(EVIL),))], CWD)
    assert (
        'label="Job.batch\\np/a\\"]<b>&amp;amp;#35;`|{x}\\\\N\\\\n%%{init}%%", tooltip=' in document
    )


def test_mermaid_strings_hold_anything() -> None:
    document = graph_mermaid([Graph((resource(EVIL),))])
    assert (
        'n0["Job.batch<br>p/a#quot;#93;#lt;b#gt;#amp;amp#59;#35;35#59;#96;#124;#123;x#125;'
        '#92;N#92;n#37;#37;#123;init#125;#37;#37;"]\n'
    ) in document


@pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz")
def test_graphviz_reads_it() -> None:
    graphs = [PORTAL, Graph((resource(EVIL),))]
    done = subprocess.run(
        ["dot", "-Tsvg"], input=graph_dot(graphs, CWD).encode(), capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"p/a&quot;]&lt;b&gt;&amp;amp;#35;`|{x}\\N\\n%%{init}%%" in done.stdout
