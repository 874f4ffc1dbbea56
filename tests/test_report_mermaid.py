"""Every diagram, as Mermaid's own parser reads it (tests/mermaid), whatever names it holds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from test_report_samples import component, edge, placement, portal, resource
from test_report_waves import crowd, drawn

from wavefix.model import ComponentReview
from wavefix.report import graph_mermaid, markdown
from wavefix.report.as_mermaid import waves_mermaid

MODULE = ROOT / "tests" / "mermaid"
Problems = Callable[[list[str]], list[str | None]]


def diagrams(document: str) -> list[str]:
    """The Mermaid blocks of a Markdown document."""
    return re.findall(r"^```mermaid\n(.*?)^```$", document, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def problems() -> Problems:
    """What Mermaid's own parser has against each of some diagrams: mostly nothing."""
    if shutil.which("node") is None or not (MODULE / "node_modules" / "mermaid").is_dir():
        pytest.skip("no mermaid: see tests/mermaid/README.md")

    def ask(texts: list[str]) -> list[str | None]:
        assert all(len(text) < 50_000 for text in texts)
        done = subprocess.run(
            ["node", "parse.mjs"], cwd=MODULE, input=json.dumps(texts), text=True,
            capture_output=True, check=True,
        )  # fmt: skip
        found: list[str | None] = json.loads(done.stdout)
        return found

    return ask


def test_the_parser_says_what_is_wrong(problems: Problems) -> None:
    (said,) = problems(["flowchart RL\n  a -->\n"])
    assert said is not None
    assert "Parse error" in said


def test_every_diagram_of_this_repository_parses(problems: Problems) -> None:
    pages = [*sorted(ROOT.glob("golden/*/expected/*.md")), *sorted(ROOT.glob("docs/*.md"))]
    texts = [text for page in (ROOT / "README.md", *pages) for text in diagrams(page.read_text())]
    texts += [page.read_text() for page in sorted(ROOT.glob("golden/*/expected/*.mmd"))]
    assert len(texts) >= 8
    assert problems(texts) == [None] * len(texts)


HOSTILE = (
    'a"b', "a]b", "a}b", "end", "a;b", "%%{init: {}}%%", "```", "<script>", "&lt;", "#35;", "\\",
    "a\nb", "click b0 call x()", "- x", "1. x", "__x__", "$$x$$", "@{ shape: x }", "ünïcode",
    "\u202e", "'", "|",
)  # fmt: skip


def named(names: list[str]) -> ComponentReview:
    """Resources with such names, each needing the one before it, which comes too late."""
    items = [
        resource(f"{name}.example.org/p{name}/{name}", 1 - index % 3)
        for index, name in enumerate(names)
    ]
    needs = tuple(edge(one, other) for one, other in zip(items[1:], items, strict=False))
    return component(tuple(placement(item, item.effective - 2) for item in items), edges=needs)


def test_names_cannot_break_a_diagram(problems: Problems) -> None:
    parts = [named([name, f"{name}{name}"]) for name in HOSTILE]
    texts = [waves_mermaid(picture) for part in parts for picture in drawn(part)]
    texts += [graph_mermaid([part.graph]) for part in parts]
    texts += [
        text
        for part in (crowd(400, 6), named(list(HOSTILE)))
        for text in map(waves_mermaid, drawn(part))
    ]
    texts += diagrams(markdown(portal()))
    assert problems(texts) == [None] * len(texts)


def test_any_name_at_all(problems: Problems) -> None:
    texts: list[str] = []

    @settings(max_examples=60)
    @given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=4, unique=True))
    def collect(names: list[str]) -> None:
        texts.extend(waves_mermaid(picture) for picture in drawn(named(names)))

    collect()
    assert problems(texts) == [None] * len(texts)
