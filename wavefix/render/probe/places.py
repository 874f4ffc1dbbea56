"""From what probing found to Sites: where the wave of one object of a chart can be set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wavefix.model import SYNC_WAVE, Path, Site
from wavefix.render.probe.trial import Name, Reach
from wavefix.render.values import Layer, Leaf, merge, written
from wavefix.yamlio import get


@dataclass(frozen=True, slots=True)
class Choice:
    """A values key as a place for a wave, and the objects whose annotations it sets."""

    site: Site
    path: Path
    own: frozenset[Name]
    nested: frozenset[Name]  # those in whose pods or claims it lands, besides


@dataclass(frozen=True, slots=True)
class Choices:
    """Where the wave of one object can be set, best first in each group.

    `written`: where a wave stands that takes effect; it may reach others too. `alone`: what
    reaches this object only. `shared`: what reaches several. `moot`: where a wave stands that
    lands in nothing but pods or claims.
    """

    written: tuple[Choice, ...] = ()
    alone: tuple[Choice, ...] = ()
    shared: tuple[Choice, ...] = ()
    moot: tuple[Choice, ...] = ()


def choices(reach: Reach, layers: Sequence[Layer], name: Name, own_chart: bool = False) -> Choices:
    """The places for one object: `chooser` for a single one."""
    return chooser(reach, layers, own_chart)(name)


def chooser(
    reach: Reach, layers: Sequence[Layer], own_chart: bool = False
) -> Callable[[Name], Choices]:
    """What gives the places for each object of a release.

    `layers` are those of its values in the order in which Helm reads them. `own_chart` says that
    the chart belongs to the repository, so that its default values may be edited; parameters,
    encrypted files and text that is no literal block never are.
    """
    values = _Values(layers, [layer for layer in layers if _open(layer, own_chart)], merge(layers))

    def choose(name: Name) -> Choices:
        groups: dict[str, list[Choice]] = {"written": [], "alone": [], "shared": []}
        for path, leaf in _effective(reach, values, name):
            group = "alone" if reach.own[path] == {name} else "shared"
            if leaf is not None and values.may_edit(leaf.layer):
                site, group = _site(leaf.layer, path, reach, leaf), "written"
            else:
                layer = _layer(values, path, reach, leaf)
                site = None if layer is None else _site(layer, path, reach, None)
            if site is not None:
                nested = reach.nested.get(path, frozenset())
                groups[group].append(Choice(site, path, reach.own[path], nested))
        ordered = {group: tuple(sorted(found, key=_rank)) for group, found in groups.items()}
        return Choices(**ordered, moot=tuple(_moot(reach, values, name)))

    return choose


@dataclass(frozen=True, slots=True)
class _Values:
    """Layers of values, those that may be edited, and what all of them come to."""

    layers: Sequence[Layer]
    open: Sequence[Layer]
    merged: Mapping[Path, Leaf]

    def may_edit(self, layer: Layer) -> bool:
        return any(layer is one for one in self.open)


def _effective(reach: Reach, values: _Values, name: Name) -> Iterator[tuple[Path, Leaf | None]]:
    """The paths whose wave this object has or would have, with the wave that they say today."""
    reaching = [path for path, names in reach.own.items() if name in names]
    said = {path: leaf for path in reaching if (leaf := _leaf(values, reach, path)) is not None}
    deciding = reach.deciding.get(name, frozenset())
    winners = said.keys() & deciding or (said.keys() if deciding else ())
    for path in reaching:
        if path in said:
            if path in winners:
                yield path, said[path]
        elif path in deciding or (deciding and name not in reach.waved):
            yield path, None


def _rank(choice: Choice) -> tuple[int, int, Path]:
    """Few objects first, and those that leave pods alone: a changed pod template restarts them."""
    return len(choice.own), len(choice.nested), tuple(map(str, choice.path))


def _moot(reach: Reach, values: _Values, name: Name) -> Iterator[Choice]:
    for path, names in reach.nested.items():
        leaf = _leaf(values, reach, path)
        if name in names and path not in reach.own and leaf is not None:
            site = _site(leaf.layer, path, reach, leaf)
            if site is not None and values.may_edit(leaf.layer):
                yield Choice(replace(site, moot=True), path, frozenset(), names)


def _open(layer: Layer, own_chart: bool) -> bool:
    """Whether a layer may be edited."""
    if layer.parameters or layer.made or layer.encrypted or (layer.text and not layer.block):
        return False
    return own_chart or not layer.default


def _leaf(values: _Values, reach: Reach, path: Path) -> Leaf | None:
    """The wave that a path says today."""
    return values.merged.get(path if path in reach.waves else (*path, SYNC_WAVE))


def _site(layer: Layer, path: Path, reach: Reach, leaf: Leaf | None) -> Site | None:
    """The Site of a path in a layer; None where a Site cannot say it: a key of the text itself."""
    holder, key = (path[:-1], str(path[-1])) if path in reach.waves else (path, SYNC_WAVE)
    if layer.text and not holder:
        return None
    before = None if leaf is None else written(leaf.value)
    site = layer.site(holder, "") if holder else Site(
        "helm-values", layer.file, layer.document, layer.at, 0, None
    )  # fmt: skip
    line = layer.line_at((*holder, key))
    return replace(site, line=line, before=before, moot=False, key=key)


def _layer(values: _Values, path: Path, reach: Reach, leaf: Leaf | None) -> Layer | None:
    """The layer in which to put a path that no open layer has: the user's that holds most of it.

    What later layers say on the way there would undo it, and so would a wave that they set.
    """
    layers = values.layers
    holder = path[:-1] if path in reach.waves else path
    after = 0 if leaf is None else next(
        number for number, layer in enumerate(layers) if layer is leaf.layer
    )  # fmt: skip
    fitting = []
    for number, layer in enumerate(layers):
        above = _above(layers, number)
        undone = any(_undoes(later, holder) for later in above) or any(
            _revives(layer, other, holder)
            for other in layers
            if all(other is not one for one in above)
        )
        hidden = leaf is not None and (number <= after or leaf.layer.parameters)
        if values.may_edit(layer) and not undone and not hidden:
            depth = _depth(layer, path)
            if depth is not None:
                fitting.append((not layer.default, depth, number))
    return layers[max(fitting)[2]] if fitting else None


def _above(layers: Sequence[Layer], number: int) -> list[Layer]:
    """The layers that win over one: later ones, and all of the user's over the chart's own."""
    default = layers[number].default
    return [
        layer
        for other, layer in enumerate(layers)
        if (other > number and layer.default == default) or (default and not layer.default)
    ]


def _undoes(layer: Layer, holder: Path) -> bool:
    """Whether a layer puts something that is no map on the way to a path."""
    data = layer.data
    for step in holder:
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
        if not isinstance(data, dict):
            return True
    return False


def _revives(layer: Layer, lower: Layer, holder: Path) -> bool:
    """Whether a map in the place of a null of this layer would bring back what a lower one has."""
    data: Any = layer.data
    for length, step in enumerate(holder, 1):
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
        if data is None:
            return bool(get(lower.data, *holder[:length]))
    return False


def _depth(layer: Layer, path: Path) -> int | None:
    """How many steps of a path a layer has; None where it cannot hold the path.

    A list counts only where its item is there: Helm takes lists whole.
    """
    data = layer.data
    depth = 0
    for number, step in enumerate(path):
        below = get(data, step)
        if below is None:
            lists = any(isinstance(step, int) for step in path[number:])
            return None if lists else depth
        if number < len(path) - 1 and not isinstance(below, dict | list):
            return None
        data, depth = below, depth + 1
    return depth
