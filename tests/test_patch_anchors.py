"""Anchors, aliases and merge keys: no other user of a value changes, or the edit is refused.

A table for every way in which a wave can be shared: what becomes of the text, or in which line it
is shared. What Argo CD reads is told here by the merge of go-yaml v2 (`sigs.k8s.io/yaml`, decode.go
`mapping`: pairs in their order, a merge key is an assignment of all that it names) and by that of
v3 (kustomize; keys of the map itself always win), which must agree.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from patching import META, POD, t
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Edit, Path, Site
from wavefix.patch import check, prepare

# (before, path, wave, after)
EDITED: dict[str, tuple[str, Path, str | None, str]] = {
    "the value is an alias: a text of its own": (
        """
        x: &w "1"
        annotations:
          WAVE: *w # as x
        """,
        ("annotations",),
        "2",
        """
        x: &w "1"
        annotations:
          WAVE: "2" # as x
        """,
    ),
    "the value is an alias in braces": (
        "x: &w '1'\nannotations: {WAVE: *w , a: *w}\n",
        ("annotations",),
        "2",
        "x: &w '1'\nannotations: {WAVE: '2' , a: *w}\n",
    ),
    "the value is an alias of a sibling's": (
        """
        annotations:
          a: &w "1"
          WAVE: *w
        """,
        ("annotations",),
        "2",
        """
        annotations:
          a: &w "1"
          WAVE: "2"
        """,
    ),
    "the value is an alias and goes": (
        """
        annotations:
          a: &w "1"
          WAVE: *w
        """,
        ("annotations",),
        None,
        """
        annotations:
          a: &w "1"
        """,
    ),
    "the value is the second of three aliases": (
        "a: &w '1'\nannotations:\n  WAVE: *w\nb: *w\n",
        ("annotations",),
        None,
        "a: &w '1'\nb: *w\n",
    ),
    "an anchor that is given twice: the nearest one counts": (
        "a: &w '1'\nb: &w '2'\nannotations:\n  WAVE: *w\nc: *w\n",
        ("annotations",),
        "3",
        "a: &w '1'\nb: &w '2'\nannotations:\n  WAVE: '3'\nc: *w\n",
    ),
    "an anchor on the wave that nobody uses": (
        "annotations:\n  WAVE: &w '1'\n",
        ("annotations",),
        "2",
        "annotations:\n  WAVE: &w '2'\n",
    ),
    "an anchor on the map that nobody uses": (
        "metadata:\n  name: x\n  annotations: &a\n    WAVE: '1'\n",
        META,
        None,
        "metadata:\n  name: x\n",
    ),
    "a merge key brings the wave: a key of its own behind it": (
        """
        x: &common
          WAVE: "1"
        annotations:
          a: b
          <<: *common # all of them
          c: d
        """,
        ("annotations",),
        "2",
        """
        x: &common
          WAVE: "1"
        annotations:
          a: b
          <<: *common # all of them
          WAVE: "2"
          c: d
        """,
    ),
    "the last of two merge keys brings it": (
        """
        x: &x {a: b}
        y: &y {WAVE: '1'}
        annotations:
          <<: *x
          <<: *y
          c: d
        """,
        ("annotations",),
        "2",
        """
        x: &x {a: b}
        y: &y {WAVE: '1'}
        annotations:
          <<: *x
          <<: *y
          WAVE: '2'
          c: d
        """,
    ),
    "a merge key of several in a line": (
        "x: &x {a: b}\ny: &y {WAVE: '1'}\nannotations:\n  <<: [*x, *y]\n",
        ("annotations",),
        "2",
        "x: &x {a: b}\ny: &y {WAVE: '1'}\nannotations:\n  <<: [*x, *y]\n  WAVE: '2'\n",
    ),
    "a merge key of several in lines, another key behind": (
        "y: &y {WAVE: '1'}\nannotations:\n  <<:\n  - *y\n  a: b\n",
        ("annotations",),
        "2",
        "y: &y {WAVE: '1'}\nannotations:\n  <<:\n  - *y\n  WAVE: '2'\n  a: b\n",
    ),
    "a merge key of a map that stands there": (
        "annotations:\n  <<: {WAVE: '1', a: b}\n",
        ("annotations",),
        "2",
        "annotations:\n  <<: {WAVE: '1', a: b}\n  WAVE: '2'\n",
    ),
    "a merge key in braces": (
        "x: &x {WAVE: '1'}\nannotations: {<<: *x , a: b}\n",
        ("annotations",),
        "2",
        "x: &x {WAVE: '1'}\nannotations: {<<: *x, WAVE: '2' , a: b}\n",
    ),
    "a key behind the merge key overrides it already": (
        "x: &x {WAVE: '1'}\nannotations:\n  <<: *x\n  WAVE: '2'\n",
        ("annotations",),
        "3",
        "x: &x {WAVE: '1'}\nannotations:\n  <<: *x\n  WAVE: '3'\n",
    ),
    "a merge key that brings something else": (
        "x: &x {a: b}\nannotations:\n  <<: *x\n",
        ("annotations",),
        "2",
        'x: &x {a: b}\nannotations:\n  WAVE: "2"\n  <<: *x\n',
    ),
    "a merge key that brings other metadata": (
        "x: &x {labels: {a: b}}\nmetadata:\n  <<: *x\n  name: y\n",
        META,
        "2",
        'x: &x {labels: {a: b}}\nmetadata:\n  <<: *x\n  name: y\n  annotations:\n    WAVE: "2"\n',
    ),
    "`<<` in quotes is a key as any other": (
        "annotations:\n  \"<<\": {WAVE: '1'}\n",
        ("annotations",),
        "2",
        "annotations:\n  \"WAVE\": '2'\n  \"<<\": {WAVE: '1'}\n",
    ),
    "aliases in the values around it": (
        "a: &a b\nannotations:\n  c: *a\n  d: &d e\nf: *d\n",
        ("annotations",),
        "2",
        'a: &a b\nannotations:\n  WAVE: "2"\n  c: *a\n  d: &d e\nf: *d\n',
    ),
    "labels that are an alias beside it": (
        """
        metadata:
          labels: &l {app: x}
        spec:
          template:
            metadata:
              labels: *l
        """,
        POD,
        "2",
        """
        metadata:
          labels: &l {app: x}
        spec:
          template:
            metadata:
              annotations:
                WAVE: "2"
              labels: *l
        """,
    ),
    "a key with an anchor that an alias repeats": (
        "annotations:\n  &k WAVE: '1'\n  a: *k\n",
        ("annotations",),
        "2",
        "annotations:\n  &k WAVE: '2'\n  a: *k\n",
    ),
    "a first key that is an alias: before the next": (
        "a: &a b\nannotations:\n  *a : c\n  d: e\n",
        ("annotations",),
        "2",
        'a: &a b\nannotations:\n  *a : c\n  WAVE: "2"\n  d: e\n',
    ),
    "the other item of a List is an alias of nothing here": (
        "kind: List\nitems:\n- &p {a: b}\n- *p\n- metadata: {name: x}\n",
        ("items", 2, *META),
        "2",
        'kind: List\nitems:\n- &p {a: b}\n- *p\n- metadata: {name: x, annotations: {WAVE: "2"}}\n',
    ),
}

# (text, path, wave, reason)
REFUSED: dict[str, tuple[str, Path, str | None, str]] = {
    "an alias of the annotations": (
        "metadata:\n  annotations: &a\n    b: c\nspec: {annotations: *a}\n",
        META,
        "1",
        "the alias *a in line 4 repeats it, and would change too",
    ),
    "the annotations are an alias": (
        "a: &a {b: c}\nmetadata:\n  annotations: *a\n",
        META,
        "1",
        "it is the alias *a of what stands in line 1, which would change too",
    ),
    "the pod template has the same annotations": (
        """
        metadata:
          annotations: &a
            WAVE: "1"
        spec:
          template:
            metadata:
              annotations: *a
        """,
        META,
        "2",
        "the alias *a in line 7 repeats it, and would change too",
    ),
    "the pod template has those of the object": (
        """
        metadata:
          annotations: &a
            WAVE: "1"
        spec:
          template:
            metadata:
              annotations: *a
        """,
        POD,
        "2",
        "it is the alias *a of what stands in line 2, which would change too",
    ),
    "several aliases": (
        "annotations: &a {}\nb: *a\nc: *a\nd:\n- *a\n- *a\n",
        ("annotations",),
        "1",
        "the alias *a in lines 2, 3, 5 repeats it, and would change too",
    ),
    "the metadata has an anchor": (
        "metadata: &m\n  annotations:\n    b: c\nother: *m\n",
        META,
        "1",
        "the alias *m in line 4 repeats it, and would change too",
    ),
    "the metadata is an alias": (
        "x: &m {name: y}\nmetadata: *m\n",
        META,
        "1",
        "it is the alias *m of what stands in line 1, which would change too",
    ),
    "a merge key repeats the annotations": (
        "metadata:\n  annotations: &a\n    b: c\nx:\n  <<: *a\n",
        META,
        "1",
        "the alias *a in line 5 repeats it, and would change too",
    ),
    "an item of a List that another one repeats": (
        "kind: List\nitems:\n- &p\n  metadata: {name: x}\n- *p\n",
        ("items", 0, *META),
        "1",
        "the alias *p in line 5 repeats it, and would change too",
    ),
    "an item of a List that is an alias": (
        "kind: List\nitems:\n- &p\n  metadata: {name: x}\n- *p\n",
        ("items", 1, *META),
        "1",
        "it is the alias *p of what stands in line 3, which would change too",
    ),
    "an item that is an alias of what is in another": (
        "items:\n- spec: &p\n    metadata: {name: x}\n- *p\n",
        ("items", 1, *META),
        "1",
        "it is the alias *p of what stands in line 2, which would change too",
    ),
    "the wave has an anchor": (
        'annotations:\n  WAVE: &w "1"\nx: *w\n',
        ("annotations",),
        "2",
        "the alias *w in line 3 repeats it, and would change too",
    ),
    "the wave has an anchor, and would go": (
        'annotations:\n  WAVE: &w "1"\nx: *w\n',
        ("annotations",),
        None,
        "the alias *w in line 3 repeats it, and would change too",
    ),
    "the key has an anchor, and would go": (
        "annotations:\n  &k WAVE: '1'\n  b: *k\n",
        ("annotations",),
        None,
        "the alias *k in line 3 repeats it, and would change too",
    ),
    "the key of the map has an anchor, and would go": (
        "metadata:\n  name: x\n  &k annotations: {WAVE: '1'}\n  b: *k\n",
        META,
        None,
        "the alias *k in line 4 repeats it, and would change too",
    ),
    "a merge key behind the wave, which v2 and v3 read in two ways": (
        "b: &b {WAVE: '1'}\nannotations:\n  WAVE: '2'\n  <<: [*b]\n",
        ("annotations",),
        "3",
        "the YAML merge key (<<) in line 4 sets the wave as well, and would override it",
    ),
    "a merge key brings the wave that is to go": (
        "b: &b {WAVE: '1'}\nannotations:\n  <<: *b\n",
        ("annotations",),
        None,
        "a wave comes from the YAML merge key (<<) in line 3",
    ),
    "a merge key would bring another wave": (
        "b: &b {WAVE: '1'}\nannotations:\n  <<: *b\n  WAVE: '2'\n",
        ("annotations",),
        None,
        "a wave comes from the YAML merge key (<<) in line 3",
    ),
    "a merge key brings the annotations": (
        "b: &b {annotations: {c: d}}\nmetadata:\n  <<: *b\n",
        META,
        "1",
        "annotations comes from the YAML merge key (<<) in line 3",
    ),
    "a merge key behind the annotations": (
        "b: &b {annotations: {}}\nmetadata:\n  annotations: {}\n  <<: *b\n",
        META,
        "1",
        "annotations comes from the YAML merge key (<<) in line 4",
    ),
    "a merge key brings the metadata": (
        "b: &b\n  metadata: {name: x}\nc:\n  <<: *b\n",
        ("c", *META),
        "1",
        "metadata comes from the YAML merge key (<<) in line 4",
    ),
    "a merge key of several in lines, nothing behind": (
        "y: &y {WAVE: '1'}\nannotations:\n  <<:\n  - *y\n",
        ("annotations",),
        "2",
        "a list ends where the edit would have to begin",
    ),
    "a map of nothing but keys that are aliases": (
        "a: &a b\nannotations:\n  *a : c\n",
        ("annotations",),
        "1",
        "a key of the map is a YAML alias",
    ),
}


def edited(text: str, path: Path, wave: str | None) -> str:
    site = Site("manifest", "/x.yaml", 0, path, 1, None)
    return prepare([Edit(site, "x", wave)], {"/x.yaml": text})[0].after


def read(text: str, version: int) -> Any:
    """The data of a text, its merges made as go-yaml of this version makes them."""
    return _data(YAML(typ="safe", pure=True).compose(text), version)


def _data(node: Node, version: int) -> Any:
    if isinstance(node, SequenceNode):
        return [_data(item, version) for item in node.value]
    if not isinstance(node, MappingNode):
        return node.value
    out: dict[str, Any] = {}
    pairs = [(key.value, key.style, _data(value, version)) for key, value in node.value]
    if version == 3:
        pairs.sort(key=lambda pair: pair[:2] != ("<<", None))
    for name, style, value in pairs:
        if (name, style) == ("<<", None):
            for one in reversed(value if isinstance(value, list) else [value]):
                out |= one
        else:
            out[name] = value
    return out


@pytest.mark.filterwarnings("ignore::ruamel.yaml.error.ReusedAnchorWarning")
@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("before", "path", "wave", "after"), EDITED.values(), ids=EDITED)
def test_only_this_place_changes(before: str, path: Path, wave: str | None, after: str) -> None:
    before, after = t(before), t(after)
    site = Site("manifest", "/x.yaml", 0, path, 1, None)
    assert check(site, before, remove=wave is None) == ""
    assert edited(before, path, wave) == after
    for version in (2, 3):
        expected = copy.deepcopy(read(before, version))
        holder = expected
        for step in path[:-1]:
            holder = holder[step]
        waves = holder.setdefault(path[-1], {})
        waves.pop(SYNC_WAVE, None)
        if wave is not None:
            waves[SYNC_WAVE] = wave
        elif not waves:
            del holder[path[-1]]
        assert read(after, version) == expected


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("text", "path", "wave", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_shared_is_refused_with_the_line(
    text: str, path: Path, wave: str | None, why: str
) -> None:
    text = t(text)
    site = Site("manifest", "/x.yaml", 0, path, 1, None)
    assert check(site, text, remove=wave is None) == why
    with pytest.raises(InputError) as caught:
        edited(text, path, wave)
    assert caught.value.problem == f"the wave cannot be edited exactly: {why}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "# c\nv: &v |\n  a: b\nw: *v\n",
            "the alias *v in line 4 repeats it, and would change too",
        ),
        (
            "# c\nv: |\n  x: &x {}\n  podAnnotations: *x\n",
            "it is the alias *x of what stands in line 3, which would change too",
        ),
        (
            '# c\nv: "{x: &x {},\n  podAnnotations: *x}"\n',
            "it is the alias *x of what stands in line 2, which would change too",
        ),
        (
            "# c\nv: |\n  x: &x {podAnnotations: {}}\n  <<: *x\n",
            "podAnnotations comes from the YAML merge key (<<) in line 4",
        ),
    ],
)
def test_in_a_text_the_line_is_that_of_the_file(text: str, why: str) -> None:
    site = Site("application", "/x.yaml", 0, ("v",), 1, None, inner=("podAnnotations",))
    assert check(site, text) == why
