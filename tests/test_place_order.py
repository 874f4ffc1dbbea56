"""Where a wave goes first: the order of places, and `--prefer`, which changes it."""

from __future__ import annotations

from typing import Any

import pytest

from wavefix.model import Joint, Mechanism, PatchTarget, Site
from wavefix.render.items import Item
from wavefix.render.objects import _choices, _preferred

MANIFEST = Site("manifest", "a.yaml", 0, ("metadata", "annotations"), 1, None)
TEMPLATE = Site("chart-template", "t.yaml", 0, ("metadata", "annotations"), 1, None)
KEY = Site("helm-values", "values.yaml", 0, ("annotations",), 1, None)
SHARED = Site("helm-values", "values.yaml", 0, ("commonAnnotations",), 1, None)
PATCH = Site("kustomize-patch", "k.yaml", 0, ("patches", 0, "patch"), 1, "3")
NEW = Site("kustomize-patch", "k.yaml", 0, ("patches",), 1, None,
           entry=PatchTarget("", "v1", "ConfigMap", "a"))  # fmt: skip
COMMON = Site("kustomize-annotations", "k.yaml", 0, ("commonAnnotations",), 1, "2")
BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}


def item(**more: Any) -> Item:
    return Item(BODY, "a.yaml", 0, (), 1, "a", "", own=more.pop("own", MANIFEST), **more)


def chart(*sites: Site, **more: Any) -> Item:
    return item(own=None, made="c/t.yaml", choices=tuple((one,) for one in sites), **more)


def order(one: Item, *prefer: Mechanism) -> tuple[Site, ...]:
    return _preferred(one, _choices(one, one.kind), prefer)


def test_the_manifest_comes_before_a_new_patch() -> None:
    assert order(item(entry=NEW)) == (MANIFEST, NEW)


def test_the_template_of_a_chart_comes_before_a_key_and_that_before_a_new_patch() -> None:
    assert order(chart(TEMPLATE, KEY, entry=NEW)) == (TEMPLATE, KEY, NEW)


@pytest.mark.parametrize(
    ("prefer", "expected"),
    [
        (["helm-values"], (KEY, TEMPLATE, NEW)),
        (["kustomize-patch"], (NEW, TEMPLATE, KEY)),
        (["kustomize-patch", "helm-values"], (NEW, KEY, TEMPLATE)),
        (["manifest"], (TEMPLATE, KEY, NEW)),
    ],
)
def test_what_is_preferred_comes_first_and_the_rest_stays(
    prefer: list[Mechanism], expected: tuple[Site, ...]
) -> None:
    assert order(chart(TEMPLATE, KEY, entry=NEW), *prefer) == expected


def test_a_new_patch_can_be_preferred_to_a_manifest() -> None:
    assert order(item(entry=NEW), "kustomize-patch") == (NEW, MANIFEST)


def test_where_a_wave_stands_is_never_passed_over() -> None:
    said = Site("manifest", "a.yaml", 0, ("metadata", "annotations"), 1, "3")
    assert order(item(own=said, entry=NEW), "kustomize-patch")[0] == said
    key = Site("helm-values", "values.yaml", 0, ("annotations",), 1, "3")
    assert order(chart(TEMPLATE, key, entry=NEW), "chart-template")[0] == key


def test_behind_a_patch_that_sets_the_wave_only_a_later_patch_is_a_place() -> None:
    assert order(item(overlay=PATCH, entry=NEW), "manifest") == (PATCH, NEW)
    assert order(chart(TEMPLATE, KEY, overlay=PATCH, entry=NEW), "helm-values") == (PATCH, NEW)


def test_a_patch_that_takes_the_wave_away_stays_the_place() -> None:
    removing = Site("kustomize-patch", "k.yaml", 0, ("patches", 0, "patch"), 1, None)
    assert order(item(overlay=removing, entry=NEW), "manifest") == (removing, NEW)


def test_a_common_wave_can_go_to_the_best_place_of_each_object() -> None:
    below = chart(TEMPLATE, KEY, entry=NEW)
    one = chart(TEMPLATE, KEY, overlay=COMMON, below=below)
    assert order(one) == (COMMON, TEMPLATE)
    nowhere = chart(overlay=COMMON, below=chart(entry=NEW))
    assert order(nowhere) == (COMMON,)  # that patch would be overruled
    locked = chart(TEMPLATE, overlay=COMMON, below=chart(TEMPLATE, locked="no"))
    assert order(locked) == (COMMON,)


def test_a_key_that_reaches_others_too_is_the_last_resort() -> None:
    assert order(chart(shared=(Joint(SHARED),))) == (SHARED,)
    assert order(chart(entry=NEW, shared=(Joint(SHARED),)), "helm-values") == (NEW,)
