"""YAML text that is itself a string of the file: (before, path, wave, after), both texts whole."""

from __future__ import annotations

import pytest
from patching import Case, case, exact, t

from wavefix.model import Edit, Path, Site
from wavefix.patch import check, prepare

VALUES: Path = ("helm", "values")
CASES = [
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


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_exact_text(one: Case, parser: str) -> None:
    exact(one, parser)


REFUSED_INSIDE = {
    "folded": ("v: >\n  a: b\n", "not a literal block"),
    "double quotes": ('v: "a: b"\n', "not a literal block"),
    "plain": ("v: a\n", "not a literal block"),
    "no text": ("v: {a: b}\n", "does not exist"),
    "its own tag": ("v: !vault |\n  a: b\n", "the tag !vault"),
    "missing": ("w: 1\n", "does not exist"),
    "empty": ("v: |\nw: 1\n", "empty"),
    "only a comment": ("v: |\n  # none\n", "not one YAML document"),
    "two documents": ("v: |\n  a: b\n  ---\n  a: c\n", "not one YAML document"),
    "no YAML": ("v: |\n  {{- if .x }}\n  a: b\n", "no valid YAML"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED_INSIDE.values(), ids=REFUSED_INSIDE.keys())
def test_refused_inside_of_text(text: str, why: str) -> None:
    where = Site("application", "/x.yaml", 0, ("v",), 1, None, inner=("podAnnotations",))
    assert why in check(where, text)


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
