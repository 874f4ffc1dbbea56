"""Resources that share a place for their wave: who stays with the others, and who gets its own.

A small model of kustomizations: objects in a base with waves of their own, a wave common to the
base or to one overlay, and patches in an overlay. The edits are written, and what each object's
wave is then is read off the texts as kustomize would apply them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as replace_struct
from planning import CATALOGUE, CONFIG, resource

from wavefix.analysis import Analysed
from wavefix.discover import Tree
from wavefix.model import (
    SYNC_WAVE,
    Application,
    Component,
    Edge,
    Graph,
    Joint,
    Key,
    Mechanism,
    PatchTarget,
    Profile,
    Resource,
    Site,
)
from wavefix.patch import prepare
from wavefix.plan import broken_edges
from wavefix.settle import Settled, settle
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
            component=Component(app, "/", (Application(app, "n", ()),)),
            tree=Tree("/", texts=self.texts),
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
        pods = self.kinds[name] in KINDS[:2]
        joint = [
            Joint(_site("kustomize-annotations", at, ("commonAnnotations",), wave), pods)
            for at, wave in ((COMMON, self.base), (file, self.overlays[number]))
        ]
        return Resource(
            key.id, key.application, self.kinds[name], "n", name, {}, BASE, 1,
            declared=None if before is None else int(before),
            effective=int(before or 0),
            sites=(places[0],),
            others=tuple(others) if self.choices else (),
            joint=tuple(joint),
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


def test_an_overlay_in_which_all_differ_alike_gets_one_annotation() -> None:
    pinned = ((0, "a"), (0, "b"))
    waves = {"a": 5, "b": 5}
    made = World(dict.fromkeys("ab", "ConfigMap"), waves, None, (None,) * 3, ((),) * 3, pinned)
    texts, settled = outcome(made)
    assert broken(settled) == 0
    assert set(texts) == {"/1.yaml", "/2.yaml"}
    assert all("commonAnnotations" in text and "patches" not in text for text in texts.values())


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


# --- one place for what moves alike


COMMON_SITE = _site("kustomize-annotations", "/0.yaml", ("commonAnnotations",), None)
KEY_SITE = _site("helm-values", "/values.yaml", ("annotations",), None)
PATCHED = "resources: [base.yaml]\n"


def new_patch(name: str) -> Site:
    target = PatchTarget("", "v1", "X", name)
    return Site("kustomize-patch", "/0.yaml", 0, ("patches",), 1, None, entry=target)


def quota(name: str, *joint: Joint, site: Site | None = None, **more: Any) -> Resource:
    made = resource(f"ResourceQuota/n/{name}", app="app0")
    return replace(made, sites=(site or new_patch(name),), joint=joint, **more)


def job_after(*quotas: Resource, prefer: tuple[Mechanism, ...] = ()) -> Settled:
    """Objects that a Job must come after, in the Job's own wave today."""
    job = replace(resource("Job.batch/n/job", app="app0"), sites=(), fixed="pinned")
    edges = tuple(replace(_edge(job.key, item.key), needs="before") for item in quotas)
    app = Application("app0", "n", ())
    texts = {"/0.yaml": PATCHED, "/values.yaml": "annotations: {}\n", BASE: "a: {}\nb: {}\n"}
    found: Any = SimpleNamespace(
        config=replace_struct(CONFIG, prefer=prefer),
        component=Component("app0", "/", (app,)),
        tree=Tree("/", texts=texts),
    )
    graph = Graph((*quotas, job), edges)
    (done,) = settle([Analysed(found, graph, CATALOGUE)], "aggressive")
    prepare(done.edits, texts)  # which raises for two waves at one place
    return done


def edited(done: Settled) -> dict[str, set[str | None]]:
    out: dict[str, set[str | None]] = {}
    for edit in done.edits:
        name = "a new patch" if edit.site.entry else str(edit.site.path[-1])
        out.setdefault(name, set()).add(edit.after)
    return out


def test_new_patches_for_all_that_a_kustomization_brings_become_one_annotation() -> None:
    joint = Joint(COMMON_SITE)
    done = job_after(quota("a", joint), quota("b", joint))
    assert edited(done) == {"commonAnnotations": {"-1"}}
    moved = [item for item in done.plan.placements if item.moves]
    assert [item.resource.sites for item in moved] == [(COMMON_SITE,)] * 2


def test_a_key_that_reaches_just_these_objects_comes_before_the_annotation_of_all() -> None:
    joint = Joint(KEY_SITE), Joint(COMMON_SITE)
    assert edited(job_after(quota("a", *joint), quota("b", *joint))) == {"annotations": {"-1"}}


def test_what_reaches_more_than_moves_alike_is_left_alone() -> None:
    joint = Joint(COMMON_SITE)
    a, b = quota("a", joint), quota("b", joint)
    still = replace(resource("ConfigMap/n/c", app="app0"), joint=(joint,))
    job = replace(resource("Job.batch/n/job", app="app0"), sites=(), fixed="pinned")
    app = Application("app0", "n", ())
    found: Any = SimpleNamespace(
        config=CONFIG,
        component=Component("app0", "/", (app,)),
        tree=Tree("/", texts={"/0.yaml": PATCHED}),
    )
    edges = tuple(replace(_edge(job.key, item.key), needs="before") for item in (a, b))
    graph = Graph((a, b, still, job), edges)
    (done,) = settle([Analysed(found, graph, CATALOGUE)], "aggressive")
    assert edited(done) == {"a new patch": {"-1"}}


@pytest.mark.parametrize("more", [True, False])
def test_what_restarts_pods_never_takes_over(more: bool) -> None:
    done = job_after(quota("a", Joint(COMMON_SITE, more)), quota("b", Joint(COMMON_SITE)))
    assert edited(done) == ({"a new patch" if more else "commonAnnotations": {"-1"}})


def test_one_object_alone_keeps_its_patch() -> None:
    assert edited(job_after(quota("a", Joint(COMMON_SITE)))) == {"a new patch": {"-1"}}


def test_a_preferred_patch_is_not_taken_over_and_a_preferred_annotation_takes_manifests() -> None:
    joint = Joint(COMMON_SITE)
    patches = quota("a", joint), quota("b", joint)
    assert edited(job_after(*patches, prefer=("kustomize-patch",))) == {"a new patch": {"-1"}}
    manifests = [quota(name, joint, site=_site("manifest", BASE, (name,), None)) for name in "ab"]
    assert edited(job_after(*manifests)) == {"a": {"-1"}, "b": {"-1"}}
    done = job_after(*manifests, prefer=("kustomize-annotations",))
    assert edited(done) == {"commonAnnotations": {"-1"}}


# --- waves of pods


def moot(wave: int, path: str = "podAnnotations") -> Site:
    return replace(_site("helm-values", "/values.yaml", (path,), wave), moot=True)


PODS = f"podAnnotations: {{{SYNC_WAVE}: '7'}}\n"


def pods(
    *items: tuple[str, int], text: str = PODS, remove: bool = False
) -> tuple[Settled, dict[str, str]]:
    """Objects in some waves, which cannot move, whose pods one key gives wave 7."""
    app = Application("app0", "n", ())
    texts = {"/values.yaml": text}
    found: Any = SimpleNamespace(
        config=replace_struct(CONFIG, remove_moot=remove),
        component=Component("app0", "/", (app,)),
        tree=Tree("/", texts=texts),
    )
    resources = [
        replace(
            resource(f"Deployment.apps/n/{name}", app="app0"),
            sites=(moot(7),), declared=7, effective=wave, moot=True, fixed="pinned",
        )
        for name, wave in items
    ]  # fmt: skip
    graph = Graph(tuple(resources))
    (done,) = settle([Analysed(found, graph, CATALOGUE)], "conservative")
    written = {patch.file: patch.after for patch in prepare(done.edits, texts)}
    return done, written


def test_a_wave_of_pods_follows_that_of_their_objects() -> None:
    _, written = pods(("a", 2), ("b", 2))
    assert written == {"/values.yaml": PODS.replace("7", "2")}


@pytest.mark.parametrize("waves", [(2, 3), (7, 3), (3, 7)])
def test_a_wave_of_pods_that_should_say_two_things_is_left_and_told(waves: tuple[int, int]) -> None:
    done, written = pods(("a", waves[0]), ("b", waves[1]))
    assert written == {}
    assert [finding.code for finding in done.graph.findings] == ["WF012"]
    assert "`--remove-moot` removes" in done.graph.findings[0].message
    assert not any(placement.moves for placement in done.plan.placements)
    assert {item.fixed for item in done.graph.resources} == {"pinned"}


def test_a_wave_of_pods_that_disagrees_can_be_removed() -> None:
    _, written = pods(("a", 2), ("b", 3), remove=True)
    assert SYNC_WAVE not in written["/values.yaml"]


def test_a_wave_of_pods_that_cannot_be_edited_holds_nothing() -> None:
    text = f"x: &x {{{SYNC_WAVE}: '7'}}\npodAnnotations: *x\n"
    done, written = pods(("a", 2), text=text)
    assert written == {}
    assert [finding.code for finding in done.graph.findings] == ["WF012"]
    (item,) = done.graph.resources
    assert (item.declared, item.effective, item.moot) == (None, 2, False)
