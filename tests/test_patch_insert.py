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


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_exact_text(one: Case, parser: str) -> None:
    exact(one, parser)
