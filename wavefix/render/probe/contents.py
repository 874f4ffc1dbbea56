"""What probing reads of a chart: default values, schema, templates, and the charts inside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wavefix.errors import InputError
from wavefix.fields import laid_over
from wavefix.yamlio import get, load

_DEEPEST = 8  # charts in each other


@dataclass(frozen=True, slots=True)
class Contents:
    """A chart. `subcharts` are known by the key of their values: the alias, else the name."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    templates: tuple[str, ...] = ()
    subcharts: Mapping[str, Contents] = field(default_factory=dict)
    library: bool = False  # its templates are used by the chart around it

    def values(self) -> dict[str, Any]:
        """The default values with those of subcharts under their keys, as Helm coalesces them.

        A chart's own values win over those of its subcharts (helm pkg/chartutil/coalesce.go).
        """
        below = {key: chart.values() for key, chart in self.subcharts.items()}
        return laid_over(below, self.defaults)


def contents(files: Mapping[str, bytes], depth: int = 0) -> Contents:
    """A chart by its files, whose names are relative to its directory.

    Charts in `charts/` may be directories or archives. What cannot be read counts as empty: it is
    the tool that renders the chart who judges it. An archive may hold itself: `depth` says how many
    charts are around this one.
    """
    about = _yaml(files, "Chart.yaml")
    below = _charts(files, depth + 1) if depth < _DEEPEST else ()
    inside = {name: (chart, library) for name, chart, library in below}
    keys: dict[str, Contents] = {}
    entries = get(about, "dependencies") or get(_yaml(files, "requirements.yaml"), "dependencies")
    for entry in entries if isinstance(entries, list) else ():
        name = str(get(entry, "name"))
        if name in inside:
            keys[str(get(entry, "alias") or name)] = inside[name][0]
    declared = {id(chart) for chart in keys.values()}
    keys.update((name, chart) for name, (chart, _) in inside.items() if id(chart) not in declared)
    return Contents(
        _yaml(files, "values.yaml"),
        _json(files.get("values.schema.json", b"")),
        tuple(
            files[name].decode("utf-8", "replace")
            for name in sorted(files)
            if name.startswith("templates/") and not name.endswith("NOTES.txt")
        ),
        keys,
        get(about, "type") == "library",
    )


def _charts(files: Mapping[str, bytes], depth: int) -> Iterator[tuple[str, Contents, bool]]:
    """The charts in `charts/`: their names, and whether they are libraries."""
    directories: dict[str, dict[str, bytes]] = {}
    for name in sorted(files):
        parts = name.split("/", 2)
        if parts[0] != "charts" or len(parts) < 2:
            continue
        if len(parts) == 3:
            directories.setdefault(parts[1], {})[parts[2]] = files[name]
        elif name.endswith((".tgz", ".tar.gz")):
            directories[parts[1]] = _unpacked(files[name])
    for found in directories.values():
        name = get(_yaml(found, "Chart.yaml"), "name")
        if isinstance(name, str):
            chart = contents(found, depth)
            yield name, chart, chart.library


def _unpacked(archive: bytes) -> dict[str, bytes]:
    """The files of a packed chart; none of what is no such archive."""
    from wavefix.tools.charts import Unavailable, members

    try:
        return dict(members(archive, "a chart in it"))
    except Unavailable:
        return {}


def _yaml(files: Mapping[str, bytes], name: str) -> Mapping[str, Any]:
    try:
        documents = load(files.get(name, b"").decode("utf-8", "replace"), name)
    except InputError:
        return {}
    data = documents[0].data if documents else {}
    return data if isinstance(data, dict) else {}


def _json(text: bytes) -> Mapping[str, Any] | None:
    try:
        data = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
