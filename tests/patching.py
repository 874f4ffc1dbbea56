"""What tests of edits have in common: a text, an edit, and the text that it must become."""

from __future__ import annotations

import os
from dataclasses import dataclass
from textwrap import dedent

from hypothesis import settings

from wavefix.model import SYNC_WAVE, Edit, Path, Site
from wavefix.patch import check, prepare

META: Path = ("metadata", "annotations")
POD: Path = ("spec", "template", "metadata", "annotations")


def examples(count: int) -> settings:
    """How many examples a property is tried with: more in a long campaign."""
    return settings(max_examples=int(os.environ.get("WAVEFIX_EXAMPLES", count)))


@dataclass(frozen=True)
class Case:
    name: str
    before: str
    path: Path
    wave: str | None
    after: str
    document: int = 0
    inner: Path = ()


def site(case: Case, file: str = "/x.yaml") -> Site:
    return Site("manifest", file, case.document, case.path, 1, None, case.inner)


def edited(case: Case, file: str = "/x.yaml") -> str:
    patches = prepare([Edit(site(case, file), "Pod/a/b", case.wave)], {file: case.before})
    return patches[0].after if patches else case.before


def exact(case: Case, parser: str) -> None:
    """An edit makes just the text that is expected."""
    if parser == "python" and "\t" in case.before:
        assert "no valid YAML" in check(site(case), case.before)  # it takes no tabs: a safe refusal
    else:
        assert edited(case) == case.after


def t(text: str) -> str:
    """An indented text, with WAVE for the annotation's key."""
    return dedent(text).lstrip("\n").replace("WAVE", SYNC_WAVE)


def case(
    name: str,
    before: str,
    path: Path,
    wave: str | None,
    after: str,
    document: int = 0,
    inner: Path = (),
) -> Case:
    return Case(name, t(before), path, wave, t(after), document, inner)


def an_edit(path: Path, wave: str | None, file: str = "/x.yaml", resource: str = "x") -> Edit:
    return Edit(Site("manifest", file, 0, path, 3, None), resource, wave)
