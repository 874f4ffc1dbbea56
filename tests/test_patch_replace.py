"""Another value for a wave that is there: (before, path, wave, after), both texts whole."""

from __future__ import annotations

import pytest
from patching import META, Case, case, exact

CASES = [
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
        "the key twice: the last one counts",
        "annotations:\n  WAVE: '1'\n  a: b\n  WAVE: '2'\n",
        ("annotations",),
        "3",
        "annotations:\n  WAVE: '1'\n  a: b\n  WAVE: '3'\n",
    ),
    case(
        "the map twice: the last one counts",
        "metadata:\n  annotations: {WAVE: '1'}\nmetadata:\n  annotations: {WAVE: '2'}\n",
        META,
        "3",
        "metadata:\n  annotations: {WAVE: '1'}\nmetadata:\n  annotations: {WAVE: '3'}\n",
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


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_exact_text(one: Case, parser: str) -> None:
    exact(one, parser)
