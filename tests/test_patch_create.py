"""A wave with the maps that lead to it: (before, path, wave, after), both texts whole."""

from __future__ import annotations

import pytest
from patching import META, POD, Case, case, exact

CASES = [
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
        "before the labels, where all keys are sorted",
        """
        metadata:
          labels: {a: b}
          name: x
        """,
        META,
        "1",
        """
        metadata:
          annotations:
            WAVE: "1"
          labels: {a: b}
          name: x
        """,
    ),
    case(
        "behind the name, where sorted keys start with it",
        """
        metadata:
          name: x
          namespace: y
          ownerReferences: []
        """,
        META,
        "1",
        """
        metadata:
          name: x
          namespace: y
          annotations:
            WAVE: "1"
          ownerReferences: []
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


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_exact_text(one: Case, parser: str) -> None:
    exact(one, parser)
