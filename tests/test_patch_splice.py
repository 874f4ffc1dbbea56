"""What an edit makes of a text: (before, path, wave, after), the whole of both texts shown."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from textwrap import dedent

import pytest
from yaml.nodes import Node

from wavefix import composer, patch, yamlio
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Edit, Path, Site
from wavefix.patch import Refused, check, prepare
from wavefix.patch.parsed import Parsed
from wavefix.patch.plan import Change, plan
from wavefix.patch.splice import Splice

META: Path = ("metadata", "annotations")
POD: Path = ("spec", "template", "metadata", "annotations")


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


REPLACE = [
    case(
        "double quotes, a comment behind",
        """
        metadata:
          annotations:
            WAVE: "1"   # before the pods
            b: c
        """,
        META,
        "-1",
        """
        metadata:
          annotations:
            WAVE: "-1"   # before the pods
            b: c
        """,
    ),
    case(
        "single quotes",
        "metadata: {annotations: {WAVE: '1'}}\n",
        META,
        "10",
        "metadata: {annotations: {WAVE: '10'}}\n",
    ),
    case(
        "plain number, double quotes by default",
        """
        metadata:
          annotations:
            WAVE: 1 # one
        """,
        META,
        "2",
        """
        metadata:
          annotations:
            WAVE: "2" # one
        """,
    ),
    case(
        "plain number among single-quoted siblings",
        """
        metadata:
          name: "x"
          labels: {a: "b", c: "d"}
          annotations:
            WAVE: 1
            a: 'b'
        """,
        META,
        "2",
        """
        metadata:
          name: "x"
          labels: {a: "b", c: "d"}
          annotations:
            WAVE: '2'
            a: 'b'
        """,
    ),
    case(
        "plain number in a file that quotes singly",
        """
        metadata:
          name: 'x'
          annotations:
            WAVE: 1
        """,
        META,
        "2",
        """
        metadata:
          name: 'x'
          annotations:
            WAVE: '2'
        """,
    ),
    case(
        "plain number, quotes of other waves before those of other values",
        """
        metadata:
          name: 'x'
          annotations: {a: b, WAVE: 1}
        ---
        metadata:
          annotations:
            WAVE: "1"
            c: 'd'
        """,
        META,
        "2",
        """
        metadata:
          name: 'x'
          annotations: {a: b, WAVE: "2"}
        ---
        metadata:
          annotations:
            WAVE: "1"
            c: 'd'
        """,
    ),
    case(
        "quoted key",
        "metadata:\n  annotations:\n    'WAVE': \"1\"\n",
        META,
        "2",
        "metadata:\n  annotations:\n    'WAVE': \"2\"\n",
    ),
    case(
        "a tag that would make it a number goes",
        "metadata: {annotations: {WAVE: !!int '1'}}\n",
        META,
        "2",
        "metadata: {annotations: {WAVE: '2'}}\n",
    ),
    case(
        "a tag on a plain number",
        "metadata:\n  annotations:\n    WAVE: !!int 1 # c\n",
        META,
        "1",
        'metadata:\n  annotations:\n    WAVE: "1" # c\n',
    ),
    case(
        "a string tag stays",
        "metadata:\n  annotations:\n    WAVE: !!str 1\n",
        META,
        "2",
        'metadata:\n  annotations:\n    WAVE: !!str "2"\n',
    ),
    case(
        "an anchor nobody uses stays",
        "metadata:\n  annotations:\n    WAVE: &w !!int 1\n",
        META,
        "2",
        'metadata:\n  annotations:\n    WAVE: &w "2"\n',
    ),
    case(
        "no value",
        "metadata:\n  annotations:\n    WAVE: # later\n    a: b\n",
        META,
        "2",
        'metadata:\n  annotations:\n    WAVE: "2" # later\n    a: b\n',
    ),
    case(
        "no value and no space",
        "metadata:\n  annotations:\n    WAVE:\n    a: b\n",
        META,
        "2",
        'metadata:\n  annotations:\n    WAVE: "2"\n    a: b\n',
    ),
    case(
        "an anchor and no value",
        "metadata:\n  annotations:\n    WAVE: &w\n    a: b\n",
        META,
        "2",
        'metadata:\n  annotations:\n    WAVE: &w "2"\n    a: b\n',
    ),
    case(
        "null",
        "metadata:\n  annotations:\n    WAVE: ~ # c\n",
        META,
        "2",
        'metadata:\n  annotations:\n    WAVE: "2" # c\n',
    ),
    case(
        "value on the next line",
        "metadata:\n  annotations:\n    WAVE:\n      '1'\n    a: b\n",
        META,
        "2",
        "metadata:\n  annotations:\n    WAVE:\n      '2'\n    a: b\n",
    ),
    case(
        "explicit key",
        "metadata:\n  annotations:\n    ? WAVE\n    : '1' # c\n    ? a\n    : b\n",
        META,
        "2",
        "metadata:\n  annotations:\n    ? WAVE\n    : '2' # c\n    ? a\n    : b\n",
    ),
    case(
        "literal block",
        "metadata:\n  annotations:\n    WAVE: |- # c\n      1\n\n    a: b\n",
        META,
        "2",
        'metadata:\n  annotations:\n    WAVE: "2" # c\n\n    a: b\n',
    ),
    case(
        "folded block at the end of the text",
        "metadata:\n  annotations:\n    WAVE: >\n      1",
        META,
        "2",
        'metadata:\n  annotations:\n    WAVE: "2"',
    ),
    case(
        "folded double quotes",
        'metadata:\n  annotations:\n    WAVE: "1\n      2"\n',
        META,
        "2",
        'metadata:\n  annotations:\n    WAVE: "2"\n',
    ),
    case(
        "JSON number",
        '{"metadata":{"annotations":{"WAVE":1}}}',
        META,
        "2",
        '{"metadata":{"annotations":{"WAVE":"2"}}}',
    ),
    case(
        "JSON number in a file of single quotes",
        'a: \'b\'\nc: {"annotations": {"WAVE": 1}}\n',
        ("c", "annotations"),
        "2",
        'a: \'b\'\nc: {"annotations": {"WAVE": "2"}}\n',
    ),
    case(
        "the key elsewhere: comments, labels, literal text, another map",
        """
        # WAVE: "1"
        metadata:
          labels: {WAVE: "1"}
          annotations:
            note: |
              WAVE: "1"
            # WAVE: "1"
            WAVE: "1" # WAVE: "1"
        spec:
          WAVE: "1"
        """,
        META,
        "2",
        """
        # WAVE: "1"
        metadata:
          labels: {WAVE: "1"}
          annotations:
            note: |
              WAVE: "1"
            # WAVE: "1"
            WAVE: "2" # WAVE: "1"
        spec:
          WAVE: "1"
        """,
    ),
    case(
        "beside a merge key",
        """
        base: &base {a: b, WAVE: "7"}
        annotations:
          <<: *base
          WAVE: "1"
        """,
        ("annotations",),
        "2",
        """
        base: &base {a: b, WAVE: "7"}
        annotations:
          <<: *base
          WAVE: "2"
        """,
    ),
]

INSERT = [
    case(
        "block map, before the first key",
        """
        metadata:
          annotations:
            a: b
          name: x
        """,
        META,
        "1",
        """
        metadata:
          annotations:
            WAVE: "1"
            a: b
          name: x
        """,
    ),
    case(
        "above the comment that speaks of the first key",
        """
        metadata:
          annotations: # all of them

            # what a is for,
            # at length
            a: 'b'
        """,
        META,
        "1",
        """
        metadata:
          annotations: # all of them

            WAVE: '1'
            # what a is for,
            # at length
            a: 'b'
        """,
    ),
    case(
        "deep indentation",
        """
        metadata:
            annotations:
                  a: b
        """,
        META,
        "1",
        """
        metadata:
            annotations:
                  WAVE: "1"
                  a: b
        """,
    ),
    case(
        "quoted keys beside it",
        """
        metadata:
          annotations:
            "a/b": "c"
            "d": "e"
        """,
        META,
        "1",
        """
        metadata:
          annotations:
            "WAVE": "1"
            "a/b": "c"
            "d": "e"
        """,
    ),
    case(
        "an explicit first key",
        """
        annotations:
          ? a
          : b
        """,
        ("annotations",),
        "1",
        """
        annotations:
          WAVE: "1"
          ? a
          : b
        """,
    ),
    case(
        "a first key behind a dash",
        """
        - a: b # c
          # d
          d: e
        - f
        """,
        (0,),
        "1",
        """
        - WAVE: "1"
          a: b # c
          # d
          d: e
        - f
        """,
    ),
    case(
        "a first key behind two dashes",
        """
        - -   a: b
              c: d
        """,
        (0, 0),
        "1",
        """
        - -   WAVE: "1"
              a: b
              c: d
        """,
    ),
    case(
        "a first key behind an explicit colon",
        """
        ? annotations
        : a: b
          c: d
        """,
        ("annotations",),
        "1",
        """
        ? annotations
        : WAVE: "1"
          a: b
          c: d
        """,
    ),
    case(
        "an anchor that nobody uses on the map",
        """
        metadata:
          annotations: &a
            a: b
        """,
        META,
        "1",
        """
        metadata:
          annotations: &a
            WAVE: "1"
            a: b
        """,
    ),
    case(
        "an anchor and a comment between the key and the map",
        """
        metadata:
          annotations:
            &a # c
            # d
            a: b
        """,
        META,
        "1",
        """
        metadata:
          annotations:
            &a # c
            WAVE: "1"
            # d
            a: b
        """,
    ),
    case(
        "a merge key first",
        """
        base: &base {a: b}
        annotations:
          <<: *base
          b: 'c'
        """,
        ("annotations",),
        "1",
        """
        base: &base {a: b}
        annotations:
          WAVE: '1'
          <<: *base
          b: 'c'
        """,
    ),
    case(
        "flow map",
        "metadata: {annotations: {a: b}, name: x}\n",
        META,
        "1",
        'metadata: {annotations: {WAVE: "1", a: b}, name: x}\n',
    ),
    case(
        "flow map with spaces",
        "metadata:\n  annotations: { 'a' : 'b' , c: d }\n",
        META,
        "1",
        "metadata:\n  annotations: { WAVE : '1', 'a' : 'b' , c: d }\n",
    ),
    case(
        "empty flow map",
        "metadata:\n  annotations: {} # none\n",
        META,
        "1",
        'metadata:\n  annotations: {WAVE: "1"} # none\n',
    ),
    case(
        "empty flow map with a space",
        "metadata:\n  annotations: { }\n",
        META,
        "1",
        'metadata:\n  annotations: { WAVE: "1" }\n',
    ),
    case(
        "empty flow map over lines",
        "metadata:\n  annotations: {\n  }\n",
        META,
        "1",
        'metadata:\n  annotations: {\n    WAVE: "1"\n  }\n',
    ),
    case(
        "empty flow map with a comment",
        "metadata:\n  annotations: { # none\n  }\n",
        META,
        "1",
        'metadata:\n  annotations: {WAVE: "1" # none\n  }\n',
    ),
    case(
        "empty flow map in one with spaces",
        "metadata: { annotations: {} }\n",
        META,
        "1",
        'metadata: { annotations: { WAVE: "1" } }\n',
    ),
    case(
        "flow map of pairs, first key behind the brace",
        "metadata: {annotations: {a: b,\n  c: d}}\n",
        META,
        "1",
        'metadata: {annotations: {WAVE: "1", a: b,\n  c: d}}\n',
    ),
    case(
        "flow map over lines",
        """
        metadata:
          annotations: {
            # of a
            a: b,
            c: d
          }
        """,
        META,
        "1",
        """
        metadata:
          annotations: {
            WAVE: "1",
            # of a
            a: b,
            c: d
          }
        """,
    ),
    case(
        "compact JSON",
        '{"metadata":{"annotations":{"a":"b"}}}',
        META,
        "1",
        '{"metadata":{"annotations":{"WAVE":"1","a":"b"}}}',
    ),
    case(
        "JSON in a line",
        '{"metadata": {"annotations": {"a": "b"}}}',
        META,
        "1",
        '{"metadata": {"annotations": {"WAVE": "1", "a": "b"}}}',
    ),
    case(
        "compact JSON, empty map",
        '{"metadata":{"annotations":{}}}\n',
        META,
        "1",
        '{"metadata":{"annotations":{"WAVE":"1"}}}\n',
    ),
    case(
        "JSON over lines, tabs",
        '{\n\t"annotations": {\n\t\t"a": "b"\n\t}\n}\n',
        ("annotations",),
        "1",
        '{\n\t"annotations": {\n\t\t"WAVE": "1",\n\t\t"a": "b"\n\t}\n}\n',
    ),
    case(
        "JSON over lines, tabs, empty map",
        '{\n\t"annotations": {}\n}\n',
        ("annotations",),
        "1",
        '{\n\t"annotations": {\n\t\t"WAVE": "1"\n\t}\n}\n',
    ),
    case(
        "annotations without a value",
        """
        metadata:
          name: x
          annotations:   # none yet
          labels:
            a: b
        """,
        META,
        "1",
        """
        metadata:
          name: x
          annotations:   # none yet
            WAVE: "1"
          labels:
            a: b
        """,
    ),
    case(
        "annotations without a value, four spaces",
        """
        metadata:
            annotations:
            name: x
        """,
        META,
        "1",
        """
        metadata:
            annotations:
                WAVE: "1"
            name: x
        """,
    ),
    case(
        "annotations without a value at the end",
        "metadata:\n   annotations:",
        META,
        "1",
        'metadata:\n   annotations:\n      WAVE: "1"',
    ),
    case(
        "annotations: null",
        "metadata:\n  annotations: null # c\n  name: x\n",
        META,
        "1",
        'metadata:\n  annotations: # c\n    WAVE: "1"\n  name: x\n',
    ),
    case(
        "annotations: ~ at the end",
        "metadata:\n  annotations: ~",
        META,
        "1",
        'metadata:\n  annotations:\n    WAVE: "1"',
    ),
    case(
        "null on its own line",
        "metadata:\n  annotations:\n    null\n  name: x\n",
        META,
        "1",
        'metadata:\n  annotations:\n    WAVE: "1"\n  name: x\n',
    ),
    case(
        "an anchor and no value",
        "metadata:\n  annotations: &a # c\n  name: x\n",
        META,
        "1",
        'metadata:\n  annotations: &a # c\n    WAVE: "1"\n  name: x\n',
    ),
    case(
        "annotations: null in a list item",
        "- annotations: null\n  name: x\n",
        (0, "annotations"),
        "1",
        '- annotations:\n    WAVE: "1"\n  name: x\n',
    ),
    case(
        "null in a flow map",
        "metadata: {annotations: null, name: x}\n",
        META,
        "1",
        'metadata: {annotations: {WAVE: "1"}, name: x}\n',
    ),
    case(
        "nothing in a flow map",
        "metadata: {annotations: , name: x}\n",
        META,
        "1",
        'metadata: {annotations: {WAVE: "1"} , name: x}\n',
    ),
    case(
        "JSON null",
        '{"metadata":{"annotations":null}}',
        META,
        "1",
        '{"metadata":{"annotations":{"WAVE":"1"}}}',
    ),
    case(
        "JSON null over lines",
        '{\n  "metadata": {\n    "annotations": null\n  }\n}',
        META,
        "1",
        '{\n  "metadata": {\n    "annotations": {\n      "WAVE": "1"\n    }\n  }\n}',
    ),
]

CREATE = [
    case(
        "behind the namespace",
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: x
          namespace: y   # where
          # of labels
          labels:
            a: b
        """,
        META,
        "1",
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: x
          namespace: y   # where
          annotations:
            WAVE: "1"
          # of labels
          labels:
            a: b
        """,
    ),
    case(
        "behind the name, steps of four",
        """
        metadata:
            name: "x"
        """,
        META,
        "1",
        """
        metadata:
            name: "x"
            annotations:
                WAVE: "1"
        """,
    ),
    case(
        "behind a name that is an alias",
        """
        name: &n x
        metadata:
          name: *n # c
          labels: {}
        """,
        META,
        "1",
        """
        name: &n x
        metadata:
          name: *n # c
          annotations:
            WAVE: "1"
          labels: {}
        """,
    ),
    case(
        "before the first key, where the name is no line",
        """
        metadata:
          name: >-
            x
          labels: {}
        """,
        META,
        "1",
        """
        metadata:
          annotations:
            WAVE: "1"
          name: >-
            x
          labels: {}
        """,
    ),
    case(
        "no metadata in a template",
        """
        spec:
          template:
            # what runs
            spec:
              containers:
              - name: a
        """,
        POD,
        "1",
        """
        spec:
          template:
            metadata:
              annotations:
                WAVE: "1"
            # what runs
            spec:
              containers:
              - name: a
        """,
    ),
    case(
        "metadata without a value",
        "kind: Pod\nmetadata:\nspec: {}\n",
        META,
        "1",
        'kind: Pod\nmetadata:\n  annotations:\n    WAVE: "1"\nspec: {}\n',
    ),
    case(
        "no metadata: behind the kind",
        """
        # licence
        apiVersion: v1
        kind: Pod
        spec:
           a: b
        """,
        META,
        "1",
        """
        # licence
        apiVersion: v1
        kind: Pod
        metadata:
           annotations:
              WAVE: "1"
        spec:
           a: b
        """,
    ),
    case(
        "a new key at the top, below the header",
        "# header\n\na:\n- b\n",
        ("commonAnnotations",),
        "1",
        '# header\n\ncommonAnnotations:\n  WAVE: "1"\na:\n- b\n',
    ),
    case(
        "no final newline",
        "metadata:\n  name: x # c",
        META,
        "1",
        'metadata:\n  name: x # c\n  annotations:\n    WAVE: "1"',
    ),
    case(
        "in a list that is not indented",
        """
        kind: List
        items:
        - kind: Pod
          metadata:
            name: a
        - kind: Pod
          metadata:
            name: b
        """,
        ("items", 1, *META),
        "1",
        """
        kind: List
        items:
        - kind: Pod
          metadata:
            name: a
        - kind: Pod
          metadata:
            name: b
            annotations:
              WAVE: "1"
        """,
    ),
    case(
        "no metadata in a list item",
        """
        items:
          - spec: {}
            kind: Pod
          -   spec:
                a: b
        """,
        ("items", 1, *META),
        "1",
        """
        items:
          - spec: {}
            kind: Pod
          -   metadata:
                annotations:
                  WAVE: "1"
              spec:
                a: b
        """,
    ),
    case(
        "a name that is an odd key",
        'primary:\n  "on": {}\n',
        ("primary", "y: n", "on"),
        "1",
        'primary:\n  "y: n":\n    "on":\n      "WAVE": "1"\n  "on": {}\n',
    ),
    case(
        "flow map, behind the name",
        "metadata: {name: x, labels: {a: b}}\n",
        META,
        "1",
        'metadata: {name: x, annotations: {WAVE: "1"}, labels: {a: b}}\n',
    ),
    case(
        "flow map with spaces, before the first key",
        "metadata: { labels: { a: b } }\n",
        META,
        "1",
        'metadata: { annotations: { WAVE: "1" }, labels: { a: b } }\n',
    ),
    case("empty metadata", "metadata: {}\n", META, "1", 'metadata: {annotations: {WAVE: "1"}}\n'),
    case(
        "compact JSON",
        '{"kind":"Pod","metadata":{"name":"x"}}',
        META,
        "1",
        '{"kind":"Pod","metadata":{"name":"x","annotations":{"WAVE":"1"}}}',
    ),
    case(
        "JSON without metadata",
        '{"apiVersion": "v1", "kind": "Pod", "spec": {}}',
        META,
        "1",
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": {"WAVE": "1"}}, '
        '"spec": {}}',
    ),
    case(
        "JSON over lines",
        """
        {
          "metadata": {
            "name": "x",
            "labels": {}
          }
        }
        """,
        META,
        "1",
        """
        {
          "metadata": {
            "name": "x",
            "annotations": {
              "WAVE": "1"
            },
            "labels": {}
          }
        }
        """,
    ),
    case(
        "JSON over lines, the name last",
        """
        {
            "metadata": {
                "name": "x"
            }
        }
        """,
        META,
        "1",
        """
        {
            "metadata": {
                "name": "x",
                "annotations": {
                    "WAVE": "1"
                }
            }
        }
        """,
    ),
    case(
        "JSON over lines, two levels, before the first key",
        """
        {
            "spec": {
                "template": {
                    "spec": {}
                }
            }
        }
        """,
        POD,
        "1",
        """
        {
            "spec": {
                "template": {
                    "metadata": {
                        "annotations": {
                            "WAVE": "1"
                        }
                    },
                    "spec": {}
                }
            }
        }
        """,
    ),
    case(
        "flow map over lines, a comment behind the comma of the name",
        """
        metadata: {
          name: x, # the name
          labels: {}
        }
        """,
        META,
        "1",
        """
        metadata: {
          name: x, # the name
          annotations: {
            WAVE: "1"
          },
          labels: {}
        }
        """,
    ),
    case(
        "another document",
        "a: 1\n---\nmetadata:\n  name: x\n...\n---\nb: 1\n",
        META,
        "1",
        'a: 1\n---\nmetadata:\n  name: x\n  annotations:\n    WAVE: "1"\n...\n---\nb: 1\n',
        document=1,
    ),
    case(
        "empty documents count",
        "---\n# nothing\n---\nmetadata: {name: x}\n",
        META,
        "1",
        '---\n# nothing\n---\nmetadata: {name: x, annotations: {WAVE: "1"}}\n',
        document=1,
    ),
    case(
        "a merge key that does not give annotations",
        "b: &b {labels: {a: b}}\nmetadata:\n  <<: *b\n  name: x\n",
        META,
        "1",
        'b: &b {labels: {a: b}}\nmetadata:\n  <<: *b\n  name: x\n  annotations:\n    WAVE: "1"\n',
    ),
]

REMOVE = [
    case(
        "a line with its comment",
        "metadata:\n  annotations:\n    a: b\n    WAVE: '1' # c\n    d: e\n",
        META,
        None,
        "metadata:\n  annotations:\n    a: b\n    d: e\n",
    ),
    case(
        "the map with it",
        "metadata:\n  name: x\n  annotations: # c\n    WAVE: '1'\n  labels: {}\n",
        META,
        None,
        "metadata:\n  name: x\n  labels: {}\n",
    ),
    case(
        "comments in the map stay",
        "metadata:\n  name: x\n  annotations:\n    # c\n    WAVE: '1'\n    # d\n  labels: {}\n",
        META,
        None,
        "metadata:\n  name: x\n    # c\n    # d\n  labels: {}\n",
    ),
    case(
        "the last key: an empty map stays",
        "spec:\n  annotations: # c\n    WAVE: '1'\n",
        ("spec", "annotations"),
        None,
        "spec:\n  annotations: {} # c\n",
    ),
    case(
        "no final newline",
        "metadata:\n  annotations:\n    a: b\n    WAVE: '1'",
        META,
        None,
        "metadata:\n  annotations:\n    a: b",
    ),
    case(
        "no final newline, the map with it",
        "metadata:\n  name: x\n  annotations:\n    WAVE: '1'",
        META,
        None,
        "metadata:\n  name: x",
    ),
    case(
        "no final newline, behind a literal text that needs one",
        "metadata:\n  annotations:\n    a: |\n      b\n    WAVE: '1'",
        META,
        None,
        "metadata:\n  annotations:\n    a: |\n      b\n",
    ),
    case("behind a dash", "- WAVE: '1'\n  a: b\n", (0,), None, "- a: b\n"),
    case(
        "annotations behind a dash",
        "- annotations:\n    WAVE: '1'\n  a: b\n",
        (0, "annotations"),
        None,
        "- a: b\n",
    ),
    case("the only key of a list item", "- WAVE: '1' # c\n- a\n", (0,), None, "- {} # c\n- a\n"),
    case(
        "a folded value",
        "annotations:\n  WAVE: >\n    1\n\n  a: b\n",
        ("annotations",),
        None,
        "annotations:\n\n  a: b\n",
    ),
    case(
        "first of a flow map",
        "annotations: {WAVE: '1', a: b}\n",
        ("annotations",),
        None,
        "annotations: {a: b}\n",
    ),
    case(
        "last of a flow map",
        "annotations: {a: b, WAVE: '1'}\n",
        ("annotations",),
        None,
        "annotations: {a: b}\n",
    ),
    case(
        "last of a flow map, a comma behind",
        "annotations: { a: b, WAVE: '1', }\n",
        ("annotations",),
        None,
        "annotations: { a: b, }\n",
    ),
    case(
        "behind an alias",
        "x: &x 1\nannotations: {a: *x , WAVE: '1'}\n",
        ("annotations",),
        None,
        "x: &x 1\nannotations: {a: *x}\n",
    ),
    case(
        "a flow map with it",
        "metadata:\n  annotations: {WAVE: '1'} # c\n  name: x\n",
        META,
        None,
        "metadata:\n  name: x\n",
    ),
    case(
        "a flow map in a flow map",
        "metadata: {annotations: {WAVE: '1'}, name: x}\n",
        META,
        None,
        "metadata: {name: x}\n",
    ),
    case(
        "nothing else in either flow map",
        '{"metadata": {"annotations": {"WAVE": "1"}}}',
        META,
        None,
        '{"metadata": {"annotations": {}}}',
    ),
    case(
        "JSON over lines, first",
        '{\n  "annotations": {\n    "WAVE": "1",\n    "a": "b"\n  }\n}\n',
        ("annotations",),
        None,
        '{\n  "annotations": {\n    "a": "b"\n  }\n}\n',
    ),
    case(
        "JSON over lines, last",
        '{\n  "annotations": {\n    "a": "b",\n    "WAVE": "1"\n  }\n}\n',
        ("annotations",),
        None,
        '{\n  "annotations": {\n    "a": "b"\n  }\n}\n',
    ),
    case(
        "JSON over lines, the map with it",
        '{\n  "name": "x",\n  "annotations": {\n    "WAVE": "1"\n  },\n  "a": 1\n}\n',
        ("annotations",),
        None,
        '{\n  "name": "x",\n  "a": 1\n}\n',
    ),
    case(
        "flow map over lines with comments",
        "annotations: {\n  a: b, # of a\n  WAVE: '1' # of it\n}\n",
        ("annotations",),
        None,
        "annotations: {\n  a: b # of a\n}\n",
    ),
    case(
        "a middle line of two pairs",
        "annotations: {\n  a: b, WAVE: '1',\n  c: d}\n",
        ("annotations",),
        None,
        "annotations: {\n  a: b, c: d}\n",
    ),
    case("nothing there", "metadata:\n  name: x\n", META, None, "metadata:\n  name: x\n"),
    case(
        "no such key",
        "metadata: {annotations: {a: b}}\n",
        META,
        None,
        "metadata: {annotations: {a: b}}\n",
    ),
]

VALUES: Path = ("helm", "values")
INNER = [
    case(
        "replace in a literal block",
        """
        helm:
          values: |
            # of the chart
            podAnnotations:
              WAVE: "1" # c
            text: |
              WAVE: "1"
        # end
        """,
        VALUES,
        "2",
        """
        helm:
          values: |
            # of the chart
            podAnnotations:
              WAVE: "2" # c
            text: |
              WAVE: "1"
        # end
        """,
        inner=("podAnnotations",),
    ),
    case(
        "insert, with a chomping and an indentation indicator and blank lines",
        """
        helm:
          values: |2-

            a:

              b: c

            podAnnotations:
               x: y
        z: 1
        """,
        VALUES,
        "2",
        """
        helm:
          values: |2-

            a:

              b: c

            podAnnotations:
               WAVE: "2"
               x: y
        z: 1
        """,
        inner=("podAnnotations",),
    ),
    case(
        "create two levels",
        """
        helm:
          values: |+
            primary:
                image: x
            name: y

        z: 1
        """,
        VALUES,
        "2",
        """
        helm:
          values: |+
            primary:
                metadata:
                    podAnnotations:
                        WAVE: "2"
                image: x
            name: y

        z: 1
        """,
        inner=("primary", "metadata", "podAnnotations"),
    ),
    case(
        "create at the end of the file",
        "helm:\n  values: |\n    a: 1\n    name: x",
        VALUES,
        "2",
        'helm:\n  values: |\n    a: 1\n    name: x\n    podAnnotations:\n      WAVE: "2"',
        inner=("podAnnotations",),
    ),
    case(
        "create at the top",
        "helm:\n  values: |\n    a: 1\n",
        VALUES,
        "2",
        'helm:\n  values: |\n    podAnnotations:\n      WAVE: "2"\n    a: 1\n',
        inner=("podAnnotations",),
    ),
    case(
        "remove",
        "helm:\n  values: |\n    a: 1\n    podAnnotations:\n      WAVE: '2'\n    b: 1\n",
        VALUES,
        None,
        "helm:\n  values: |\n    a: 1\n    b: 1\n",
        inner=("podAnnotations",),
    ),
    case(
        "remove at the end of the file",
        "helm:\n  values: |\n    a: 1\n    podAnnotations:\n      WAVE: '2'",
        VALUES,
        None,
        "helm:\n  values: |\n    a: 1",
        inner=("podAnnotations",),
    ),
    case(
        "JSON in YAML in CRLF",
        'helm:\r\n  values: |\r\n    {\r\n      "annotations": {}\r\n    }\r\nz: 1\r\n',
        VALUES,
        "2",
        'helm:\r\n  values: |\r\n    {\r\n      "annotations": {\r\n        "WAVE": "2"\r\n      }'
        "\r\n    }\r\nz: 1\r\n",
        inner=("annotations",),
    ),
    case(
        "a flow map, the first key at the very left",
        "helm:\n  values: |\n    x: {\n    a: b}\n",
        VALUES,
        "2",
        'helm:\n  values: |\n    x: {\n    WAVE: "2",\n    a: b}\n',
        inner=("x",),
    ),
]

BYTES = [
    Case(
        "CRLF",
        "metadata:\r\n  name: x\r\nspec: {}\r\n",
        META,
        "1",
        f'metadata:\r\n  name: x\r\n  annotations:\r\n    {SYNC_WAVE}: "1"\r\nspec: {{}}\r\n',
    ),
    Case(
        "mixed line ends take that of the neighbour",
        "a: 1\nmetadata:\n  annotations:\r\n    b: c\r\n",
        META,
        "1",
        f'a: 1\nmetadata:\n  annotations:\r\n    {SYNC_WAVE}: "1"\r\n    b: c\r\n',
    ),
    Case(
        "mixed line ends, LF beside",
        "a: 1\r\nmetadata:\r\n  name: x\nspec: {}\r\n",
        META,
        "1",
        f'a: 1\r\nmetadata:\r\n  name: x\n  annotations:\n    {SYNC_WAVE}: "1"\nspec: {{}}\r\n',
    ),
    Case(
        "CRLF but none at the end",
        "metadata:\r\n  name: x",
        META,
        "1",
        f'metadata:\r\n  name: x\r\n  annotations:\r\n    {SYNC_WAVE}: "1"',
    ),
    Case(
        "CR",
        "metadata:\r  name: x\r",
        META,
        "1",
        f'metadata:\r  name: x\r  annotations:\r    {SYNC_WAVE}: "1"\r',
    ),
    Case(
        "byte order mark",
        "\ufeffmetadata:\n  name: x\n",
        META,
        "1",
        f'\ufeffmetadata:\n  name: x\n  annotations:\n    {SYNC_WAVE}: "1"\n',
    ),
    Case(
        "byte order mark and a first key",
        "\ufeffa: 1\n",
        ("annotations",),
        "1",
        f'\ufeffannotations:\n  {SYNC_WAVE}: "1"\na: 1\n',
    ),
    Case(
        "byte order mark and JSON",
        '\ufeff{"annotations": {}}',
        ("annotations",),
        "1",
        f'\ufeff{{"annotations": {{"{SYNC_WAVE}": "1"}}}}',
    ),
    Case(
        "Unicode line breaks in text",
        'a: "x\u2028y\x85z\u2029"\nmetadata:\n  name: "\u2028"\n  b: 1\n',
        META,
        "1",
        f'a: "x\u2028y\x85z\u2029"\nmetadata:\n  annotations:\n    {SYNC_WAVE}: "1"\n'
        '  name: "\u2028"\n  b: 1\n',
    ),
    Case(
        "beyond the basic plane",
        'a: "😀😀" # 😀\nmetadata:\n  name: "😀"\n',
        META,
        "1",
        f'a: "😀😀" # 😀\nmetadata:\n  name: "😀"\n  annotations:\n    {SYNC_WAVE}: "1"\n',
    ),
    Case(
        "trailing spaces and blank lines",
        "metadata:  \n\n  name: x \t \n\n\n",
        META,
        "1",
        f'metadata:  \n\n  name: x \t \n  annotations:\n    {SYNC_WAVE}: "1"\n\n\n',
    ),
    Case(
        "a directive and document markers",
        "%YAML 1.1\n---\nmetadata:\n  name: x\n...\n",
        META,
        "1",
        f'%YAML 1.1\n---\nmetadata:\n  name: x\n  annotations:\n    {SYNC_WAVE}: "1"\n...\n',
    ),
    Case(
        "Go templates in values",
        "metadata:\n  name: '{{ .Release.Name }}'\n  a: {{ x }}\n",
        META,
        "1",
        "metadata:\n  name: '{{ .Release.Name }}'\n  annotations:\n"
        f"    {SYNC_WAVE}: '1'\n  a: {{{{ x }}}}\n",
    ),
]

CASES = {
    f"{table}: {one.name}": one
    for table, cases in {
        "replace": REPLACE,
        "insert": INSERT,
        "create": CREATE,
        "remove": REMOVE,
        "inner": INNER,
        "bytes": BYTES,
    }.items()
    for one in cases
}


@pytest.fixture(params=["libyaml", "python"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both parsers that yamlio may end up with: their marks differ where nothing is written."""
    if request.param == "python":
        monkeypatch.setattr(yamlio, "compose", _python_compose())
    patch._parse.cache_clear()
    yield request.param
    patch._parse.cache_clear()


@cache
def _python_compose() -> Callable[[str], Iterator[Node]]:
    """`yamlio.compose` as it is where there is no libyaml."""
    spec = importlib.util.spec_from_file_location("composer_without_libyaml", composer.__file__)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as context:
        context.setitem(sys.modules, "yaml.cyaml", None)
        context.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
    assert module._Parser.__module__ == spec.name
    compose: Callable[[str], Iterator[Node]] = module.compose
    return compose


@pytest.mark.parametrize("one", CASES.values(), ids=CASES.keys())
def test_exact_text(one: Case, parser: str) -> None:
    if parser == "python" and "\t" in one.before:
        assert "no valid YAML" in check(site(one), one.before)  # it takes no tabs: a safe refusal
    else:
        assert edited(one) == one.after


REFUSED = {
    "an alias of the map": (
        "metadata:\n  annotations: &a\n    b: c\nspec: {annotations: *a}\n",
        META,
        "shares it",
    ),
    "the map is an alias": ("a: &a {b: c}\nmetadata:\n  annotations: *a\n", META, "shares it"),
    "an alias of the map above": (
        "metadata: &m\n  annotations:\n    b: c\nother: *m\n",
        META,
        "shares it",
    ),
    "a merge of the map": (
        "metadata:\n  annotations: &a\n    b: c\nx:\n  <<: *a\n",
        META,
        "shares it",
    ),
    "a merge key that gives a wave too": (
        f"b: &b {{{SYNC_WAVE}: '1'}}\nannotations:\n  <<: *b\n",
        ("annotations",),
        "override",
    ),
    "a merge key behind the wave": (
        f"b: &b {{{SYNC_WAVE}: '1'}}\nannotations:\n  {SYNC_WAVE}: '2'\n  <<: [*b]\n",
        ("annotations",),
        "override",
    ),
    "a merge key behind the annotations": (
        "b: &b {annotations: {}}\nmetadata:\n  annotations: {}\n  <<: *b\n",
        META,
        "merge key",
    ),
    "annotations come by a merge key": (
        "b: &b {annotations: {c: d}}\nmetadata:\n  <<: *b\n",
        META,
        "merge key",
    ),
    "an alias of the value": (
        f'annotations:\n  {SYNC_WAVE}: &w "1"\nx: *w\n',
        ("annotations",),
        "alias",
    ),
    "the value is an alias": (
        f'x: &w "1"\nannotations:\n  {SYNC_WAVE}: *w\n',
        ("annotations",),
        "alias",
    ),
    "the key twice": (
        f'annotations:\n  {SYNC_WAVE}: "1"\n  {SYNC_WAVE}: "2"\n',
        ("annotations",),
        "twice",
    ),
    "annotations twice": ("annotations: {}\nannotations: {}\n", ("annotations",), "twice"),
    "the value is a map": (f"annotations: {{{SYNC_WAVE}: {{}}}}\n", ("annotations",), "scalar"),
    "the value has a tag of its own": (
        f"annotations: {{{SYNC_WAVE}: !secret x}}\n",
        ("annotations",),
        "!secret",
    ),
    "the key without a value": (f"annotations: {{{SYNC_WAVE}}}\n", ("annotations",), "no value"),
    "annotations without a colon": ("metadata: {annotations}\n", META, "no value"),
    "annotations are a list": ("annotations: [a]\n", ("annotations",), "no map"),
    "annotations are text": ('annotations: ""\n', ("annotations",), "no map"),
    "a template as the map": ("annotations: {{ toYaml .a }}\n", ("annotations",), "template"),
    "a complex key": ("annotations:\n  ? [a]\n  : b\n", ("annotations",), "template"),
    "a first key that is an alias": (
        "a: &a b\nannotations:\n  *a : c\n",
        ("annotations",),
        "alias",
    ),
    "a pair without braces": ("[a: b]\n", (0,), "without braces"),
    "a tag and no value": ("annotations: !!null\n", ("annotations",), "tag"),
    "nothing in the list item": ("- \n", (0, "annotations"), "empty"),
    "no such item": ("- a: b\n", (1, "annotations"), "no item 1"),
    "no list to have an item": ("a: b\n", ("items", 0, "annotations"), "list item"),
    "a number for a map": ("a: 1\n", ("a", "annotations"), "no map"),
    "no such document": ("a: 1\n", META, "no document 3"),
    "no YAML": ("a: [\n", META, "no valid YAML"),
}


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("text", "path", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(text: str, path: Path, why: str) -> None:
    where = Site("manifest", "/x.yaml", 3 if "document" in why else 0, path, 7, None)
    assert why in check(where, text)
    with pytest.raises(InputError) as caught:
        prepare([Edit(where, "Pod/a/b", "1")], {"/x.yaml": text})
    assert caught.value.file == "/x.yaml"
    assert caught.value.line == 7 or "invalid YAML" in caught.value.problem


REFUSED_INSIDE = {
    "folded": ("v: >\n  a: b\n", "not a literal block"),
    "double quotes": ('v: "a: b"\n', "not a literal block"),
    "plain": ("v: a\n", "not a literal block"),
    "no text": ("v: {a: b}\n", "does not exist"),
    "missing": ("w: 1\n", "does not exist"),
    "empty": ("v: |\nw: 1\n", "empty"),
    "only a comment": ("v: |\n  # none\n", "not one YAML document"),
    "two documents": ("v: |\n  a: b\n  ---\n  a: c\n", "not one YAML document"),
    "no YAML": ("v: |\n  {{- if .x }}\n  a: b\n", "no valid YAML"),
    "an alias": ("v: &v |\n  a: b\nw: *v\n", "shares it"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED_INSIDE.values(), ids=REFUSED_INSIDE.keys())
def test_refused_inside_of_text(text: str, why: str) -> None:
    where = Site("application", "/x.yaml", 0, ("v",), 1, None, inner=("podAnnotations",))
    assert why in check(where, text)


REFUSED_REMOVALS = {
    "a merge key that gives a wave too": (
        f"b: &b {{{SYNC_WAVE}: '1'}}\na:\n  <<: *b\n  {SYNC_WAVE}: '2'\n",
        ("a",),
        "merge key",
    ),
    "an anchor on the key": (f"a:\n  &k {SYNC_WAVE}: '1'\n  b: *k\n", ("a",), "alias"),
    "a comment behind a dash": (f"a:\n  - {SYNC_WAVE}: '1' # c\n    b: c\n", ("a", 0), "comment"),
}


@pytest.mark.parametrize(
    ("text", "path", "why"), REFUSED_REMOVALS.values(), ids=REFUSED_REMOVALS.keys()
)
def test_only_the_removal_is_refused(text: str, path: Path, why: str) -> None:
    where = Site("manifest", "/x.yaml", 0, path, 1, None)
    assert check(where, text) == ""
    assert why in check(where, text, remove=True)
    with pytest.raises(InputError, match=why):
        prepare([Edit(where, "Pod/a/b", None)], {"/x.yaml": text})


def several(text: str, *edits: tuple[Path, str | None]) -> str:
    made = [
        Edit(Site("helm-values", "/x.yaml", 0, path, 1, None), "x", wave) for path, wave in edits
    ]
    patches = prepare(made, {"/x.yaml": text})
    return patches[0].after if patches else text


@pytest.mark.parametrize("flip", [1, -1])
def test_edits_of_one_file_compose(flip: int) -> None:
    before = t("""
        primary:
          podAnnotations:
            WAVE: "1"
        backup:
          name: b
        list: [{a: b}, {c: d}]
        """)
    edits: list[tuple[Path, str | None]] = [
        (("primary", "podAnnotations"), "2"),
        (("primary", "annotations"), "3"),
        (("backup", "podAnnotations"), "4"),
        (("backup", "annotations"), "5"),
        (("list", 0), "6"),
        (("list", 1, "annotations"), "7"),
    ]
    after = several(before, *edits[::flip])
    lines = [
        "  podAnnotations:",
        f'    {SYNC_WAVE}: "4"',
        "  annotations:",
        f'    {SYNC_WAVE}: "5"',
    ]
    backup = "\n".join(lines if flip > 0 else lines[2:] + lines[:2])
    assert after == t("""
        primary:
          annotations:
            WAVE: "3"
          podAnnotations:
            WAVE: "2"
        backup:
          name: b
        BACKUP
        list: [{WAVE: "6", a: b}, {annotations: {WAVE: "7"}, c: d}]
        """).replace("BACKUP", backup)


def test_a_missing_map_is_made_once_for_several_waves() -> None:
    after = several(
        "a: 1\nname: x\n", (("db", "p"), "1"), (("db", "q", "r"), "2"), (("db", "s"), "3")
    )
    assert after == t("""
        a: 1
        name: x
        db:
          p:
            WAVE: "1"
          q:
            r:
              WAVE: "2"
          s:
            WAVE: "3"
        """)


def test_removals_of_one_file_compose() -> None:
    before = "x: {a: {WAVE: '1'}, b: {WAVE: '1'}, c: d}\ny: {a: {WAVE: '1'}, b: {WAVE: '1'}}\n"
    paths: list[Path] = [("x", "a"), ("x", "b"), ("y", "a"), ("y", "b")]
    after = several(before.replace("WAVE", SYNC_WAVE), *[(path, None) for path in paths])
    assert after == "x: {c: d}\ny: {a: {}, b: {}}\n"


def test_removal_and_creation_side_by_side() -> None:
    before = t("""
        spec:
          annotations:
            WAVE: "1"
          other: {b: c, annotations: {WAVE: "1"}}
        """)
    after = several(
        before,
        (("spec", "annotations"), None),
        (("spec", "podAnnotations"), "2"),
        (("spec", "other", "annotations"), None),
        (("spec", "other", "p"), "3"),
    )
    assert after == t("""
        spec:
          podAnnotations:
            WAVE: "2"
          other: {p: {WAVE: "3"}, b: c}
        """)


def test_one_literal_text_and_the_map_around_it() -> None:
    before = "helm:\n  values: |\n    a: {}\n    b:\n      c: d\n  name: x\n"
    sites = [
        Site("application", "/x.yaml", 0, ("helm", "values"), 1, None, inner=("a",)),
        Site("application", "/x.yaml", 0, ("helm", "values"), 1, None, inner=("b",)),
        Site("application", "/x.yaml", 0, ("helm", "annotations"), 1, None),
    ]
    edits = [Edit(where, "x", str(number)) for number, where in enumerate(sites)]
    after = prepare(edits, {"/x.yaml": before})[0].after
    assert after == t("""
        helm:
          values: |
            a: {WAVE: "0"}
            b:
              WAVE: "1"
              c: d
          name: x
          annotations:
            WAVE: "2"
        """)


def an_edit(path: Path, wave: str | None, file: str = "/x.yaml", resource: str = "x") -> Edit:
    return Edit(Site("manifest", file, 0, path, 3, None), resource, wave)


def test_patches_come_by_file_and_only_for_files_that_change() -> None:
    texts = {name: f'a: {{{SYNC_WAVE}: "{name[1]}"}}\n' for name in ("/2", "/1", "/3")}
    edits = [an_edit(("a",), "1", name) for name in texts]
    patches = prepare(edits, texts)
    assert [patch.file for patch in patches] == ["/2", "/3"]
    assert all(patch.before == texts[patch.file] for patch in patches)
    assert [patch.edits for patch in patches] == [(edits[0],), (edits[2],)]


def test_an_edit_that_changes_nothing_is_not_in_the_patch_of_its_file() -> None:
    edits = [an_edit(("a",), "1"), an_edit(("b",), "2")]
    texts = {"/x.yaml": f'a: {{{SYNC_WAVE}: "1"}}\nb: {{}}\n'}
    assert prepare(edits, texts)[0].edits == (edits[1],)


def test_the_same_edit_twice_is_one() -> None:
    edits = [an_edit(("a",), "1", resource="x"), an_edit(("a",), "1", resource="y")]
    patch = prepare(edits, {"/x.yaml": "a: {}\n"})[0]
    assert patch.after == f'a: {{{SYNC_WAVE}: "1"}}\n'
    assert patch.edits == (edits[0],)


def test_two_waves_at_one_site_are_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="two waves, 1 and 2"):
        prepare([an_edit(("a",), "1"), an_edit(("a",), "2")], {"/x.yaml": "a: {}\n"})


@pytest.mark.parametrize("wave", ["", '1"', "1'", "1\\", "1\n", " 1", "é"])
def test_a_wave_that_would_need_an_escape_is_an_error_of_the_caller(wave: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        prepare([an_edit(("a",), wave)], {"/x.yaml": "a: {}\n"})


def test_refused_is_what_planning_raises() -> None:
    with pytest.raises(Refused, match="no document 1"):
        plan(Parsed("a: 1\n"), [Change(1, (), (), "1")])


def test_a_map_under_a_wave_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="both a value and a map"):
        several("a: 1\n", (("b",), "1"), (("b", SYNC_WAVE), "1"))


Sabotage = Callable[[list[Splice]], list[Splice]]
SABOTAGE: dict[str, tuple[Sabotage, str]] = {
    "another value": (
        lambda made: [replace(made[0], text=made[0].text.replace("1", "9"))],
        "at metadata.annotations",
    ),
    "a key too many": (lambda made: [*made, Splice(0, 0, "x: y\n")], "at x"),
    "a document too many": (lambda made: [*made, Splice(0, 0, "a\n---\n")], "documents"),
    "another document": (lambda made: [*made, Splice(48, 49, "d")], "document 1"),
    "a key gone": (lambda made: [*made, Splice(25, 34, "")], "at metadata.annotations.a"),
    "a list cut": (lambda made: [*made, Splice(42, 43, "[]")], "at spec"),
    "nothing at all": (lambda made: [replace(made[0], text="")], "at metadata.annotations"),
    "no longer YAML": (lambda made: [*made, Splice(0, 0, "{")], "not what was planned"),
}


@pytest.mark.parametrize(("sabotage", "why"), SABOTAGE.values(), ids=SABOTAGE.keys())
def test_a_wrong_splice_is_found_before_anything_is_written(
    sabotage: Sabotage, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "metadata:\n  annotations:\n    a: b\nspec:\n- a\n---\nc\n"
    assert (text[25:34], text[42], text[48]) == ("    a: b\n", "a", "c")
    monkeypatch.setattr(
        patch, "plan", lambda *given: sorted(sabotage(plan(*given)), key=lambda made: made.start)
    )
    with pytest.raises(InputError, match=why) as caught:
        prepare([an_edit(META, "1")], {"/x.yaml": text})
    assert caught.value.advice == "this is a bug in wavefix; nothing was written"
    assert (caught.value.file, caught.value.line > 0) == ("/x.yaml", True)


def test_a_json_file_stays_json(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"a": {"b": "c"}}'
    assert prepare([an_edit(("a",), "1", "/x.json")], {"/x.json": text})
    monkeypatch.setattr(patch, "plan", lambda *given: [*plan(*given), Splice(15, 15, ",")])
    assert prepare([an_edit(("a",), "1", "/x.yaml")], {"/x.yaml": text})  # fine for YAML
    with pytest.raises(InputError, match="not what was planned"):
        prepare([an_edit(("a",), "1", "/x.json")], {"/x.json": text})


@pytest.mark.parametrize(
    "odd", ["\\ud83d\\ude00", "\\uD83D", "\x7f", "\x9f", "\\\\ud83d", "\uffff"]
)
def test_json_that_is_no_yaml(odd: str) -> None:
    text = f'{{"odd": "{odd}", "a": {{"b": "{odd}"}}}}'
    where = Site("manifest", "/x.json", 0, ("a",), 1, None)
    assert check(where, text) == ""
    after = prepare([Edit(where, "x", "1")], {"/x.json": text})[0].after
    assert after == f'{{"odd": "{odd}", "a": {{"{SYNC_WAVE}": "1", "b": "{odd}"}}}}'


def test_json_that_no_mask_makes_yaml() -> None:
    text = f'{{"{"k" * 2000}": 1, "a": {{}}}}'
    where = Site("manifest", "/x.json", 0, ("a",), 1, None)
    assert check(where, text) == "the file is no valid YAML"
    with pytest.raises(InputError, match="no valid YAML"):
        prepare([Edit(where, "x", "1")], {"/x.json": text})
