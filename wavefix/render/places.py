"""Where the wave of each object of a chart can be set: in its template, or by a values key."""

from __future__ import annotations

import json
import os
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wavefix.catalogue import kind_of
from wavefix.errors import InputError
from wavefix.fields import laid_over
from wavefix.model import SYNC_WAVE, Joint, Site
from wavefix.render.items import Item
from wavefix.render.probe import (
    Choices,
    Name,
    Reach,
    candidates,
    chooser,
    contents,
    probe,
)
from wavefix.render.templates import marked, marker_of
from wavefix.template import NoSpot, Template, spot
from wavefix.tools import Kit, Rendered, Stage, ToolFailed
from wavefix.tools.helm import Release, template
from wavefix.yamlio import get, load

_WAVE = ("metadata", "annotations", SYNC_WAVE)


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart that was rendered. `homes`: directories of the stage that stand for others."""

    kit: Kit
    stage: Stage
    release: Release
    own: bool
    homes: Mapping[str, str]

    @property
    def files(self) -> dict[str, bytes]:
        """Its files, by their names in its directory."""
        prefix = f"{self.release.chart}/"
        return {
            name.removeprefix(prefix): content
            for name, content in self.stage.files.items()
            if name.startswith(prefix)
        }


def placed(chart: Chart, item: Item, made: Sequence[Rendered], items: Sequence[Item]) -> list[Item]:
    """The objects of a release with the places for their waves, the best first."""
    reach = _reach(chart, item, made)
    parts = _parts(chart, made) if chart.own else {}
    choose = chooser(reach, item.layers, chart.own)
    out = []
    for one in items:
        name = Name(one.kind, one.namespace, one.name)
        found = choose(name)
        part = parts.get(name)
        keys = (path for path, names in reach.nested.items() if name in names)
        only = sorted(".".join(map(str, path)) for path in keys if path not in reach.own)
        out.append(replace(_with(one, found, part), pod_keys=tuple(only)))
    return out


def _with(item: Item, found: Choices, part: Site | None) -> Item:
    """Where the wave stands today, if anywhere; the chart's own template; a key of its own."""
    # A wave that the template has no line for comes from values: no second one beside it.
    waved = get(item.body, *_WAVE) is not None
    template = [] if part is None or (waved and part.before is None) else [part]
    written_alone = [choice.site for choice in found.written if len(choice.own) == 1]
    written_shared = [choice.site for choice in found.written if len(choice.own) > 1]
    alone = [choice.site for choice in found.alone]
    shared = [Joint(choice.site, bool(choice.nested)) for choice in found.shared]
    here = [site for site in template if site.before is not None]
    best = [*here, *written_alone, *written_shared, *template, *alone]
    return replace(
        item,
        file=part.file if part else item.file,
        line=part.line if part else item.line,
        choices=tuple((site,) for site in dict.fromkeys(best)),
        shared=tuple(shared),
        moots=tuple(choice.site for choice in found.moot),
    )


def _reach(chart: Chart, item: Item, made: Sequence[Rendered]) -> Reach:
    """Which values reach which objects."""
    user: dict[str, Any] = {}
    for layer in item.layers:
        if not layer.default:
            user = laid_over(user, layer.data)
    found = candidates(contents(chart.files), user)

    def render(overlay: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        more = json.dumps(overlay).encode("utf-8", "replace")
        try:
            return [one.body for one in template(chart.kit, chart.stage, chart.release, [more])]
        except ToolFailed as failed:
            raise InputError(str(failed)) from None

    return probe(render, [one.body for one in made], found)


def _parts(chart: Chart, made: Sequence[Rendered]) -> dict[Name, Site]:
    """The part of its own template that makes each object, where a wave could be set in it."""
    homes = _templates(chart, {one.source.rpartition("/templates/")[2] for one in made})
    texts = {name: chart.stage.files[name].decode("utf-8", "replace") for name in homes}
    found = {name: marked(text, str(number)) for number, (name, text) in enumerate(texts.items())}
    while True:
        stage = Stage(chart.stage.root, files=dict(chart.stage.files), reader=chart.stage.reader)
        for name, done in found.items():
            stage.put(name, done.text.encode("utf-8", "replace"))
        try:
            rendered = template(chart.kit, stage, chart.release)
            break
        except ToolFailed as failed:  # a mark breaks a template, which Helm names
            broken = [name for name in found if _named(name, chart) in str(failed)]
            if not broken:
                return {}
            for name in broken:
                del found[name]
    marks = {mark: (n, part) for n, done in found.items() for part, mark in done.marks.items()}
    out = {}
    for one in rendered:
        file, part = marks.get(marker_of(one.body), ("", 0))
        site = _site(texts[file], homes[file], part) if file else None
        if site is not None:
            out[_name(one.body)] = site
    return out


def _templates(chart: Chart, used: Container[str]) -> dict[str, str]:
    """The templates of a chart that are the repository's own, by their names in the stage.

    Only those that make something: `used` has their names below `templates/`. Charts in its
    `charts/` are its own as well, unless it says where they were published.
    """
    out = {}
    foreign = _published(chart)
    for name in sorted(chart.stage.files):
        inside = name.removeprefix(f"{chart.release.chart}/")
        directory, _, file = inside.rpartition("templates/")
        if inside == name or not directory.endswith(("", "/")) or "/tests/" in file:
            continue
        if name.rpartition("/templates/")[2] not in used:
            continue
        if not file.endswith((".yaml", ".yml", ".tpl")) or os.path.basename(file)[0] == "_":
            continue
        if any(directory.startswith(f"charts/{chart}/") for chart in foreign):
            continue
        home = next((home for home in chart.homes if name.startswith(f"{home}/")), "")
        path = chart.homes[home] + name.removeprefix(home) if home else None
        out[name] = path or os.path.join(chart.stage.root, name)
    return {name: path for name, path in out.items() if chart.stage.reader.is_file(path)}


def _published(chart: Chart) -> set[str]:
    """The dependencies of a chart that others publish."""
    try:
        documents = load(chart.files.get("Chart.yaml", b"").decode("utf-8", "replace"), "")
    except InputError:
        return set()
    entries = get(documents[0].data, "dependencies") if documents else None
    return {
        str(get(entry, "name"))
        for entry in (entries if isinstance(entries, list) else [])
        if not str(get(entry, "repository") or "file://").startswith("file://")
    }


def _named(name: str, chart: Chart) -> str:
    """A template as Helm's messages name it, without the chart's own name before it."""
    return name.removeprefix(f"{chart.release.chart}/")


def _name(body: Mapping[str, Any]) -> Name:
    metadata = get(body, "metadata")
    called = get(metadata, "name") or get(metadata, "generateName")
    return Name(kind_of(body), str(get(metadata, "namespace") or ""), str(called or ""))


def _site(text: str, file: str, part: int) -> Site | None:
    try:
        place = spot(Template(text), part)
    except NoSpot:
        return None
    return Site("chart-template", file, part, _WAVE[:2], place.line, place.before)
