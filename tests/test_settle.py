"""Resources that share a place for their wave: who stays with the others, and who gets its own.

A small model of kustomizations: objects in a base with waves of their own, a wave common to the
base or to one overlay, and patches in an overlay. The edits are written, and what each object's
wave is then is read off the texts as kustomize would apply them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import CATALOGUE, CONFIG

from wavefix.model import (
    SYNC_WAVE,
    Application,
    Edge,
    Graph,
    Key,
    PatchTarget,
    Profile,
    Resource,
    Site,
)
from wavefix.patch import prepare
from wavefix.plan import broken_edges
from wavefix.settle import Analysed, Settled, settle
from wavefix.yamlio import get, load

KINDS = ("Deployment.apps", "Job.batch", "ConfigMap", "LimitRange", "SecretStore.x.io")
NAMES = ("a", "b", "c", "d")
BASE, COMMON = "/base.yaml", "/common.yaml"


@dataclass(frozen=True)
class World:
    """`own`: waves in the base by name; `base`, `overlays`: waves that are common to all there."""

    kinds: Mapping[str, str]
    own: Mapping[str, int | None]
    base: int | None
    overlays: tuple[int | None, ...]
    edges: tuple[tuple[tuple[str, str], ...], ...]  # of each overlay
    pinned: tuple[tuple[int, str], ...] = ()
    choices: bool = True  # whether there is another place for anything

    @property
    def texts(self) -> dict[str, str]:
        own = {name: {} if w is None else {SYNC_WAVE: str(w)} for name, w in self.own.items()}
        out = {BASE: "".join(f"{name}: {_flow(waves)}\n" for name, waves in own.items())}
        out[COMMON] = _common(self.base)
        for number, wave in enumerate(self.overlays):
            out[f"/{number}.yaml"] = _common(wave)
        return out

    def wave(self, texts: Mapping[str, str], number: int, name: str) -> int:
        """The wave of an object of an overlay, by what stands in the texts."""
        mine, shared, base = (_data(texts[f]) for f in (f"/{number}.yaml", COMMON, BASE))
        patches = [load(entry["patch"], "")[0].data for entry in mine.get("patches") or []]
        said = [
            get(mine, "commonAnnotations", SYNC_WAVE),
            *(get(p, "metadata", "annotations", SYNC_WAVE)
              for p in reversed(patches) if p["metadata"]["name"] == name),
            get(shared, "commonAnnotations", SYNC_WAVE),
            get(base, name, SYNC_WAVE),
        ]  # fmt: skip
        return next((int(wave) for wave in said if wave is not None), 0)

    def analysed(self) -> list[Analysed]:
        return [self._overlay(number) for number in range(len(self.overlays))]

    def _overlay(self, number: int) -> Analysed:
        app = f"app{number}"
        keys = {name: Key(app, f"{self.kinds[name]}/n/{name}") for name in self.own}
        graph = Graph(
            tuple(self._resource(number, name, keys[name]) for name in self.own),
            tuple(_edge(keys[u], keys[v]) for u, v in self.edges[number]),
        )
        found: Any = SimpleNamespace(
            config=CONFIG,
            component=SimpleNamespace(applications=(Application(app, "n", ()),), made_by=None),
            tree=SimpleNamespace(text=self.texts.get),
        )
        return Analysed(found, graph, CATALOGUE)

    def _resource(self, number: int, name: str, key: Key) -> Resource:
        file = f"/{number}.yaml"
        places = [
            _site("kustomize-annotations", file, ("commonAnnotations",), self.overlays[number]),
            _site("kustomize-annotations", COMMON, ("commonAnnotations",), self.base),
            _site("manifest", BASE, (name,), self.own[name]),
        ]
        places = [
            site for site in places if site.before is not None or site.mechanism == "manifest"
        ]
        others = [(places[1],)] if len(places) > 1 else []
        if self.overlays[number] is None:
            target = PatchTarget("", "v1", "X", name)
            others.append((Site("kustomize-patch", file, 0, ("patches",), 1, None, entry=target),))
        before = places[0].before
        return Resource(
            key.id, key.application, self.kinds[name], "n", name, {}, BASE, 1,
            declared=None if before is None else int(before),
            effective=int(before or 0),
            sites=(places[0],),
            others=tuple(others) if self.choices else (),
            fixed="pinned" if (number, name) in self.pinned else "",
        )  # fmt: skip


def _site(mechanism: Any, file: str, path: tuple[str, ...], wave: int | None) -> Site:
    return Site(mechanism, file, 0, path, 1, None if wave is None else str(wave))


def _flow(waves: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: '{wave}'" for key, wave in waves.items()) + "}"


def _common(wave: int | None) -> str:
    line = "" if wave is None else f"  {SYNC_WAVE}: '{wave}'\n"
    return f"namespace: n\ncommonAnnotations:\n  a: b\n{line}"


def _data(text: str) -> Any:
    return load(text, "")[0].data


def _edge(dependent: Key, dependency: Key) -> Edge:
    return Edge(dependent, dependency, "ready", "schema", "rule", "f", 1, "p")


def written(world: World, settled: Sequence[Settled]) -> dict[str, str]:
    patches = prepare([edit for done in settled for edit in done.edits], world.texts)
    return {**world.texts, **{patch.file: patch.after for patch in patches}}


def broken(settled: Sequence[Settled]) -> int:
    return sum(len(broken_edges(done.graph, done.plan)) for done in settled)


waves = st.integers(-1, 2)
perhaps = st.none() | waves


@st.composite
def worlds(draw: st.DrawFn) -> World:
    count = draw(st.integers(1, 3))
    pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))
    ordered = pairs.filter(lambda pair: pair[0] < pair[1]).map(lambda pair: (pair[0], pair[1]))
    edges = st.lists(ordered, max_size=4, unique=True).map(tuple)
    return World(
        {name: draw(st.sampled_from(KINDS)) for name in NAMES},
        {name: draw(perhaps) for name in NAMES},
        draw(st.none() | perhaps),
        tuple(draw(st.none() | perhaps) for _ in range(count)),
        tuple(draw(edges) for _ in range(count)),
        tuple(draw(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(NAMES)), max_size=1))),
    )


PROFILES: tuple[Profile, ...] = ("conservative", "aggressive")


@settings(max_examples=150)
@given(worlds(), st.sampled_from(PROFILES))
def test_what_is_written_gives_each_object_its_planned_wave(world: World, profile: Profile) -> None:
    settled = settle(world.analysed(), profile)
    texts = written(world, settled)
    for number, done in enumerate(settled):
        for placement in done.plan.placements:
            item = placement.resource
            assert world.wave(texts, number, item.name) == placement.wave, item.id
            if (number, item.name) in world.pinned:
                assert placement.wave == item.effective


@settings(max_examples=60)
@given(worlds(), st.sampled_from(PROFILES))
def test_places_of_their_own_never_leave_more_broken(world: World, profile: Profile) -> None:
    alone = World(world.kinds, world.own, world.base, world.overlays, world.edges, world.pinned,
                  choices=False)  # fmt: skip
    assert broken(settle(world.analysed(), profile)) <= broken(settle(alone.analysed(), profile))


@settings(max_examples=20)
@given(worlds(), st.sampled_from(PROFILES))
def test_the_same_input_gives_the_same_edits(world: World, profile: Profile) -> None:
    first = [done.edits for done in settle(world.analysed(), profile)]
    assert first == [done.edits for done in settle(world.analysed(), profile)]


# --- worked cases


def world(*edges: tuple[tuple[str, str], ...], base: int | None = None, **more: Any) -> World:
    kinds = dict.fromkeys("abc", "Deployment.apps") | more.pop("kinds", {})
    own = more.pop("own", dict.fromkeys("abc"))
    overlays = more.pop("overlays", (None,) * len(edges))
    return World(kinds, own, base, overlays, edges, **more)


def outcome(made: World, profile: Profile = "aggressive") -> tuple[dict[str, str], list[Settled]]:
    settled = settle(made.analysed(), profile)
    before = made.texts
    return {f: t for f, t in written(made, settled).items() if t != before[f]}, settled


def test_a_common_wave_that_keeps_an_order_broken_is_split() -> None:
    made = world((("a", "b"),), overlays=(2,), own={"a": 5, "b": None, "c": None})
    texts, (done,) = outcome(made)
    assert broken([done]) == 0
    assert texts == {
        "/0.yaml": "namespace: n\ncommonAnnotations:\n  a: b\n",
        BASE: f"a: {{{SYNC_WAVE}: '1'}}\nb: {{}}\nc: {{}}\n",
    }


def test_a_common_wave_with_which_all_move_alike_stays_common() -> None:
    texts, (done,) = outcome(world((), overlays=(2,)))
    assert texts == {"/0.yaml": made_common(0)}
    assert [edit.site.path for edit in done.edits] == [("commonAnnotations",)] * 3


def made_common(wave: int) -> str:
    return f"namespace: n\ncommonAnnotations:\n  a: b\n  {SYNC_WAVE}: '{wave}'\n"


def test_a_common_wave_is_not_split_where_that_mends_nothing() -> None:
    made = world((("a", "b"),), overlays=(2,))
    texts, (done,) = outcome(made, "conservative")  # which adds no wave
    assert (texts, broken([done])) == ({}, 1)


def test_a_common_wave_with_a_pinned_member_is_not_split() -> None:
    made = world((("a", "b"),), overlays=(2,), pinned=((0, "c"),))
    assert outcome(made)[0] == {}


def test_the_overlay_that_differs_gets_a_patch_and_the_base_stays() -> None:
    made = world((), (), (("a", "b"),))
    texts, settled = outcome(made)
    assert broken(settled) == 0
    assert list(texts) == ["/2.yaml"]
    assert texts["/2.yaml"].endswith(
        f'      name: a\n      annotations:\n        {SYNC_WAVE}: "1"\n'
    )


def test_where_most_overlays_want_another_wave_the_base_moves_and_the_rest_is_patched() -> None:
    made = world((), (("a", "b"),), (("a", "b"),))
    texts, settled = outcome(made)
    assert broken(settled) == 0
    assert sorted(texts) == ["/0.yaml", BASE]
    assert texts["/0.yaml"].endswith(f'{SYNC_WAVE}: "0"\n')


def test_without_a_patch_what_is_disputed_stays_and_is_told() -> None:
    made = world((), (), (("a", "b"),), choices=False)
    texts, settled = outcome(made)
    (a,) = [item for item in settled[2].graph.resources if item.name == "a"]
    assert "by a patch in the kustomization of its overlay" in a.fixed
    told = [finding for done in settled for finding in done.graph.findings]
    assert {finding.code for finding in told} == {"WF012"}
    assert "/0.yaml" not in texts


@pytest.mark.parametrize("profile", PROFILES)
def test_a_base_that_all_overlays_move_alike_is_edited_once(profile: Profile) -> None:
    made = world((("a", "b"),), (("a", "b"),), own={"a": 0, "b": 1, "c": -1})
    texts, settled = outcome(made, profile)
    assert list(texts) == [BASE]
    assert broken(settled) == 0
