"""What README.md shows is what the commands print, and its links lead somewhere."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from conftest import ROOT

README = ROOT / "README.md"
UPDATE = os.environ.get("WAVEFIX_GOLDEN") == "update"
SHOWN = re.compile(r"<!-- (\S+) -->\n```console\n(\$ [^\n]*\n)(.*?)```\n", re.DOTALL)
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CONTRIBUTING.md"]


def test_the_review_is_what_the_command_prints() -> None:
    text = README.read_text()
    found = list(SHOWN.finditer(text))
    assert found
    for shown in found:
        expected = (ROOT / shown[1]).read_text()
        if UPDATE:
            block = f"<!-- {shown[1]} -->\n```console\n{shown[2]}{expected}```\n"
            README.write_text(text := text.replace(shown[0], block))
        else:
            assert shown[3] == expected, "make golden writes it anew"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if not re.match(r"[a-z]+:", link):
            assert (page.parent / link).exists(), link


def test_every_finding_has_a_page() -> None:
    codes = set()
    for file in (ROOT / "wavefix").rglob("*.py"):
        codes |= set(re.findall(r'"(WF\d{3})"', file.read_text()))
    pages = {file.stem for file in (ROOT / "docs" / "rules").glob("WF*.md")}
    assert codes == pages
    index = (ROOT / "docs" / "rules" / "README.md").read_text()
    assert set(re.findall(r"\[(WF\d{3})\]", index)) == pages
