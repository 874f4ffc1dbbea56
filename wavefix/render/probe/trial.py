"""Probing: markers in the values of a chart, and where they land in what it renders."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wavefix.argocd import phases
from wavefix.catalogue import kind_of
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Path
from wavefix.render.probe.candidates import Candidates
from wavefix.render.probe.compare import Places, annotation_maps, differences
from wavefix.render.probe.marks import Mark, blamed, marked, overlay, read_map, read_wave
from wavefix.render.probe.messages import parts
from wavefix.yamlio import get

_Id = tuple["Name", int]  # the number tells objects of one name apart

# Renders a chart with values laid over all others. Raises InputError with the tool's message.
Render = Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]]


class Name(NamedTuple):
    """An object by what it is called in the rendered output: "" where that names no namespace."""

    kind: str  # "Deployment.apps"
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Reach:
    """Which objects each values path reaches: `own` in their own `metadata.annotations`, `nested`
    in those of what they make (pod templates, claim templates).

    `deciding` has, for each object, the paths whose wave it shows while all of them set one; an
    object that is reached and not in it has a wave of its template's, which no value changes.
    """

    own: Mapping[Path, frozenset[Name]]
    nested: Mapping[Path, frozenset[Name]]
    deciding: Mapping[Name, frozenset[Path]]
    waved: frozenset[Name]  # the objects that have a wave already
    waves: frozenset[Path]  # the paths of scalars
    skipped: Mapping[Path, str]  # what was not probed, or is no place for a wave, and why
    renders: int


@dataclass(slots=True)
class _Landed:
    """What some renders showed."""

    own: dict[Path, set[Name]] = field(default_factory=lambda: defaultdict(set))
    nested: dict[Path, set[Name]] = field(default_factory=lambda: defaultdict(set))
    deciding: dict[Name, set[Path]] = field(default_factory=lambda: defaultdict(set))


@dataclass(slots=True)
class _Probe:
    """The state of one probing."""

    render: Render
    plain: Mapping[_Id, Mapping[str, Any]]
    values: Mapping[str, Any]
    limit: int
    skipped: dict[Path, str]
    renders: int = 0
    noise: dict[_Id, frozenset[Path]] | None = None


def probe(
    render: Render, plain: Sequence[Mapping[str, Any]], found: Candidates, limit: int = 40
) -> Reach:
    """Where each candidate lands among the objects of the plain render.

    One render for all annotation maps and one for all wave scalars, if there are any; maps that
    reach the same object are rendered apart as well, as one may open or bar the way for another.
    Where the tool refuses a value, or one changes more than annotations, halves are tried, down to
    the value that does it. After `limit` renders what is not settled is left out.
    """
    state = _Probe(render, _named(plain), found.values, limit, dict(found.skipped))
    annotations = [Mark(path, number) for number, path in enumerate(found.annotations)]
    waves = [Mark(path, number, True) for number, path in enumerate(found.waves)]
    landed = _Landed()
    _settle(state, annotations, landed)
    _apart(state, annotations, landed)
    _settle(state, waves, landed)
    return Reach(
        {path: frozenset(names) for path, names in landed.own.items() if names},
        {path: frozenset(names) for path, names in landed.nested.items() if names},
        {name: frozenset(paths) for name, paths in landed.deciding.items()},
        frozenset(name for (name, _), body in state.plain.items() if _wave(body) is not None),
        frozenset(found.waves),
        state.skipped,
        state.renders,
    )


def _apart(state: _Probe, marks: Sequence[Mark], landed: _Landed) -> None:
    """Render maps that reach one object in groups of which each reaches it once, and believe that.

    Which of them decides the wave is known from when they were all there.
    """
    met: dict[Name, list[Path]] = defaultdict(list)
    for path, names in landed.own.items():
        for name in names:
            met[name].append(path)
    groups: list[list[Path]] = []
    for path in sorted(
        {path for paths in met.values() if len(paths) > 1 for path in paths},
        key=lambda path: -len(landed.own[path]),
    ):
        for group in groups:
            if not any(landed.own[path] & landed.own[other] for other in group):
                group.append(path)
                break
        else:
            groups.append([path])
    for group in groups:
        alone = _Landed()
        _settle(state, [mark for mark in marks if mark.path in group], alone)
        for path in group:
            landed.own[path], landed.nested[path] = alone.own[path], alone.nested[path]
        for name, paths in alone.deciding.items():
            landed.deciding.setdefault(name, paths)


def _settle(state: _Probe, marks: Sequence[Mark], landed: _Landed) -> None:
    """Read off where some marks land; where that fails, find out whose fault it is."""
    if not marks:
        return
    if state.renders >= state.limit:
        for mark in marks:
            state.skipped[mark.path] = "not probed: too many other values fail"
        return
    try:
        objects = _rendered(state, overlay(marks, state.values))
    except InputError as error:
        _divide(state, marks, error.problem, landed)
        return
    changes = _changes(state, objects)
    at_fault: dict[Path, str] = {}
    for (name, _), texts in changes.items():
        for where, text in texts.items():
            for mark in blamed(marks, text):
                at_fault.setdefault(mark.path, f"also lands in {_shown(name, where)}")
    if not at_fault and changes:
        (name, _), texts = next(iter(changes.items()))
        why = f"also changes {_shown(name, next(iter(texts)))}"
        _divide(state, marks, why, landed)
        return
    at_fault = at_fault or _unusable(state, marks, objects)
    if at_fault:
        state.skipped.update(at_fault)
        _settle(state, [mark for mark in marks if mark.path not in at_fault], landed)
        return
    _read(state, marks, objects, landed)


def _divide(state: _Probe, marks: Sequence[Mark], message: str, landed: _Landed) -> None:
    if len(marks) == 1:
        state.skipped[marks[0].path] = message
        return
    known, apart = parts([mark.path for mark in marks], message)
    for mark in marks:
        if mark.path in known:
            state.skipped[mark.path] = known[mark.path]
    for group in apart:
        _settle(state, [mark for mark in marks if mark.path in group], landed)


def _rendered(state: _Probe, values: Mapping[str, Any]) -> Mapping[_Id, Mapping[str, Any]]:
    state.renders += 1
    return _named(state.render(values))


def _named(objects: Iterable[Mapping[str, Any]]) -> dict[_Id, Mapping[str, Any]]:
    """The objects that Argo CD applies, by name; those of one name by their number."""
    out: dict[_Id, Mapping[str, Any]] = {}
    seen: Counter[Name] = Counter()
    for item in _flat(objects):
        given = get(item, "metadata", "annotations")
        if phases(given if isinstance(given, dict) else {}) == ("Skip",):
            continue
        called = get(item, "metadata", "name") or get(item, "metadata", "generateName")
        namespace = get(item, "metadata", "namespace")
        name = Name(kind_of(item), str(namespace or ""), str(called or ""))
        out[name, seen[name]] = item
        seen[name] += 1
    return out


def _flat(objects: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for item in objects:
        inside = item.get("items")
        if str(item.get("kind")).endswith("List") and isinstance(inside, list):
            yield from _flat(inside)
        else:
            yield item


def _changes(state: _Probe, objects: Mapping[_Id, Mapping[str, Any]]) -> dict[_Id, Places]:
    """What differs from the plain render besides annotations and what differs by chance."""
    out = {
        key: found
        for key, body in state.plain.items()
        if (found := differences(body, objects.get(key)))
    }
    if out and state.noise is None:
        again = _rendered(state, {})
        state.noise = {
            key: frozenset(differences(body, again.get(key))) for key, body in state.plain.items()
        }
    noise = state.noise or {}
    kept = {
        key: {at: text for at, text in found.items() if at not in noise.get(key, ())}
        for key, found in out.items()
    }
    return {key: found for key, found in kept.items() if found}


def _unusable(
    state: _Probe, marks: Sequence[Mark], objects: Mapping[_Id, Mapping[str, Any]]
) -> dict[Path, str]:
    """Marks that arrive as something else than the text that they are."""
    out: dict[Path, str] = {}
    for key in state.plain:
        for _, shown in annotation_maps(objects.get(key)):
            for mark in marks:
                if why := marked(mark, shown):
                    out.setdefault(mark.path, f"{why} in {_shown(key[0], ())}")
    return out


def _read(
    state: _Probe,
    marks: Sequence[Mark],
    objects: Mapping[_Id, Mapping[str, Any]],
    landed: _Landed,
) -> None:
    for key in state.plain:
        name = key[0]
        for at, shown in annotation_maps(objects.get(key)):
            own = at == ("metadata", "annotations")
            for mark in marks:
                if read_map(mark, shown) or (mark.scalar and read_wave(mark, shown)):
                    (landed.own if own else landed.nested)[mark.path].add(name)
                if own and read_wave(mark, shown):
                    landed.deciding[name].add(mark.path)


def _wave(body: Mapping[str, Any]) -> Any:
    return get(body, "metadata", "annotations", SYNC_WAVE)


def _shown(name: Name, where: Path) -> str:
    place = f" at {'.'.join(map(str, where))}" if where else ""
    return f"{name.kind.partition('.')[0]}/{name.name}{place}"
