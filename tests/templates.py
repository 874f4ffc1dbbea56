"""Templates of charts in few words, and their waves edited."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

from wavefix.model import SYNC_WAVE, Edit, Path, Site
from wavefix.patch import prepare

FILE = "/chart/templates/x.yaml"
META: Path = ("metadata", "annotations")


@dataclass(frozen=True)
class Case:
    name: str
    before: str
    after: str
    wave: str | None = "-1"
    part: int = 0


def site(part: int, path: Path = META) -> Site:
    return Site("chart-template", FILE, part, path, 1, None)


def edited(text: str, waves: dict[int, str | None]) -> str:
    edits = [Edit(site(part), f"ConfigMap/a/{part}", wave) for part, wave in waves.items()]
    patches = prepare(edits, {FILE: text})
    return patches[0].after if patches else text


def t(text: str) -> str:
    """An indented text, with WAVE for the annotation's key."""
    return dedent(text).lstrip("\n").replace("WAVE", SYNC_WAVE)


def case(name: str, before: str, after: str, wave: str | None = "-1", part: int = 0) -> Case:
    return Case(name, t(before), t(after), wave, part)
