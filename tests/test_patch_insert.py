"""A wave in a map that is there or empty: (before, path, wave, after), both texts whole."""

from __future__ import annotations

import pytest
from patching import META, Case, case, exact

CASES = [
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
            "d": "e"
            "a/b": "c"
        """,
        META,
        "1",
        """
        metadata:
          annotations:
            "WAVE": "1"
            "d": "e"
            "a/b": "c"
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
        - e: b # c
          # d
          d: e
        - f
        """,
        (0,),
        "1",
        """
        - WAVE: "1"
          e: b # c
          # d
          d: e
        - f
        """,
    ),
    case(
        "a first key behind two dashes",
        """
        - -   c: d
              a: b
        """,
        (0, 0),
        "1",
        """
        - -   WAVE: "1"
              c: d
              a: b
        """,
    ),
    case(
        "a first key behind an explicit colon",
        """
        ? annotations
        : c: d
          a: b
        """,
        ("annotations",),
        "1",
        """
        ? annotations
        : WAVE: "1"
          c: d
          a: b
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
        "metadata:\n  annotations: { 'c' : 'b' , a: d }\n",
        META,
        "1",
        "metadata:\n  annotations: { WAVE : '1', 'c' : 'b' , a: d }\n",
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
        "metadata: {annotations: {c: b,\n  a: d}}\n",
        META,
        "1",
        'metadata: {annotations: {WAVE: "1", c: b,\n  a: d}}\n',
    ),
    case(
        "flow map over lines",
        """
        metadata:
          annotations: {
            # of c
            c: d,
            a: b
          }
        """,
        META,
        "1",
        """
        metadata:
          annotations: {
            WAVE: "1",
            # of c
            c: d,
            a: b
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
    case(
        "sorted keys stay sorted",
        """
        annotations:
          a: b
          # of z
          z: 'y'
        """,
        ("annotations",),
        "1",
        """
        annotations:
          a: b
          WAVE: '1'
          # of z
          z: 'y'
        """,
    ),
    case(
        "sorted keys, behind the last",
        """
        annotations:
          a: "1" # one
          argocd.argoproj.io/hook: PreSync # hook
        spec: {}
        """,
        ("annotations",),
        "1",
        """
        annotations:
          a: "1" # one
          argocd.argoproj.io/hook: PreSync # hook
          WAVE: "1"
        spec: {}
        """,
    ),
    case(
        "sorted keys, above one and its comment, behind a text of lines",
        """
        annotations:
          a: |
            b

          # of z
          z: y
        """,
        ("annotations",),
        "1",
        """
        annotations:
          a: |
            b

          WAVE: "1"
          # of z
          z: y
        """,
    ),
    case(
        "sorted keys, behind quotes over lines",
        """
        annotations:
          a: b
          ab: "c

            d"
        """,
        ("annotations",),
        "1",
        """
        annotations:
          a: b
          ab: "c

            d"
          WAVE: "1"
        """,
    ),
    case(
        "sorted keys, behind a list",
        """
        spec:
          arg:
          - a
          b: c
        """,
        ("spec",),
        "1",
        """
        spec:
          arg:
          - a
          WAVE: "1"
          b: c
        """,
    ),
    case(
        "sorted keys, the last a text of lines: before the first",
        """
        annotations:
          a: b
          ab: |
            c
        """,
        ("annotations",),
        "1",
        """
        annotations:
          WAVE: "1"
          a: b
          ab: |
            c
        """,
    ),
    case(
        "sorted keys in braces",
        "annotations: {a: b, z: y}\n",
        ("annotations",),
        "1",
        'annotations: {a: b, WAVE: "1", z: y}\n',
    ),
    case(
        "sorted keys of JSON over lines, behind the last",
        '{\n  "annotations": {\n    "a": "b",\n    "ab": "c"\n  }\n}\n',
        ("annotations",),
        "1",
        '{\n  "annotations": {\n    "a": "b",\n    "ab": "c",\n    "WAVE": "1"\n  }\n}\n',
    ),
    case(
        "the map twice: the last one counts",
        "annotations: {WAVE: '1'}\nkind: Pod\nannotations:\n  a: b\n",
        ("annotations",),
        "1",
        "annotations: {WAVE: '1'}\nkind: Pod\nannotations:\n  WAVE: '1'\n  a: b\n",
    ),
    case(
        "a complex key",
        "annotations:\n  ? [a]\n  : b\n  c: d\n",
        ("annotations",),
        "1",
        'annotations:\n  WAVE: "1"\n  ? [a]\n  : b\n  c: d\n',
    ),
    case(
        "a complex key that is a block",
        "annotations:\n  ? - a\n    - b\n  : - c\n",
        ("annotations",),
        "1",
        'annotations:\n  WAVE: "1"\n  ? - a\n    - b\n  : - c\n',
    ),
    case(
        "a complex key below its question mark",
        "annotations:\n  ? # c\n  - a\n  : b\n",
        ("annotations",),
        "1",
        'annotations:\n  WAVE: "1"\n  ? # c\n  - a\n  : b\n',
    ),
    case(
        "a key behind a line that ends with a question mark",
        "annotations:\n  c: |\n    what\n    ?\n  a: b\n",
        ("annotations",),
        "1",
        'annotations:\n  WAVE: "1"\n  c: |\n    what\n    ?\n  a: b\n',
    ),
    case(
        "a complex key in braces",
        "annotations: {? [a] : b}\n",
        ("annotations",),
        "1",
        'annotations: {WAVE : "1", ? [a] : b}\n',
    ),
    case(
        "a key that is empty",
        "{\n? a: b,\nc: d,\n?\n}\n",
        (),
        "1",
        '{\nWAVE: "1",\n? a: b,\nc: d,\n?\n}\n',
    ),
    case(
        "a line of a text that looks like a comment of the next key",
        'a:\n  b: "c\n# no comment"\n# a comment\nz: 1\n',
        META,
        "1",
        'a:\n  b: "c\n# no comment"\nmetadata:\n  annotations:\n    WAVE: "1"\n# a comment\nz: 1\n',
    ),
    case(
        "a tag without a value: to Argo CD's reader a comma would be part of it",
        "metadata: {name: !!str , labels: {}}\n",
        META,
        "1",
        'metadata: {name: !!str , annotations: {WAVE: "1"} , labels: {}}\n',
    ),
]


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_exact_text(one: Case, parser: str) -> None:
    exact(one, parser)
