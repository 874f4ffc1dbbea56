"""What Secrets hold, hidden in the lines of a file that are shown.

It stands where Kubernetes and kustomize say: in `data` and `stringData` of a Secret, be that a
document, an item of a list, or a value or text inside of another object, and in the `literals` of a
`secretGenerator`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from yaml import YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode

from wavefix import yamlio

_MASK = "***"
_WORTH = re.compile(r"\bSecret\b|\bsecretGenerator\b")
_FIELDS = ("data", "stringData")
# In a template, which is no YAML: the kind, one of the fields, and what is written out below it.
_KIND = re.compile(r" *kind: *[\"']?Secret\b")
_FIELD = re.compile(r"( *)(?:data|stringData):")
_KEY = re.compile(r" *(?:[\w.\"'-]+: *)?")

Part = tuple[int, int]  # where it begins and ends


def lines(text: str) -> list[str]:
    """Lines as git sees them: they end at a line feed and nowhere else."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


def masked(text: str) -> Mapping[str, str]:
    """The lines of a text that tell what a Secret holds, and how each of them may be shown."""
    found = lines(text)
    out = {}
    for number, parts in _hidden(text).items():
        line = shown = found[number]
        for start, end in sorted(parts, reverse=True):
            shown = shown[:start] + _MASK + shown[end:]
        out[line] = shown
    return out


def _hidden(text: str) -> dict[int, list[Part]]:
    """What is to be hidden of each line, by its number."""
    if not _WORTH.search(text):
        return {}
    all_lines = lines(text)
    starts = [0, *accumulate(map(len, all_lines))]
    out: dict[int, list[Part]] = {}
    for start, end in _parts(text, all_lines, starts):
        for number in range(bisect_right(starts, start) - 1, bisect_left(starts, end)):
            line = all_lines[number]
            first, last = max(start - starts[number], 0), min(end - starts[number], len(line))
            piece = line[first:last]
            first += len(piece) - len(piece.lstrip())
            last -= len(piece) - len(piece.rstrip())
            if first < last:
                out.setdefault(number, []).append((first, last))
    return out


def _parts(text: str, all_lines: Sequence[str], starts: Sequence[int]) -> Iterator[Part]:
    """What is to be hidden of a text, in no order."""
    bom = len(text) - len(text.removeprefix(yamlio.BOM))
    try:
        roots = list(yamlio.compose(text))
    except (YAMLError, ValueError, RecursionError):
        yield from _in_template(all_lines, starts)
        return
    seen: set[tuple[int, bool]] = set()
    for node, secret in (found for root in roots for found in _scalars(root, False, seen)):
        start, end = node.start_mark.index + bom, node.end_mark.index + bom
        within = _hidden(node.value) if len(node.value) < len(text) and not secret else {}
        first = bisect_right(starts, start)  # the line below the header of a literal text
        inside = node.value.split("\n")
        outside = [line.rstrip("\r\n") for line in all_lines[first : first + len(inside)]]
        if secret or (within and not _literal(node, outside, inside)):
            yield start, end
            continue
        for number, parts in within.items():
            at = starts[first + number] + len(outside[number]) - len(inside[number])
            yield from ((at + begin, at + end) for begin, end in parts)


def _literal(node: ScalarNode, outside: Sequence[str], inside: Sequence[str]) -> bool:
    """Whether each line of a text stands on one of the file, behind some indentation."""
    if not inside[-1]:
        outside, inside = outside[: len(inside) - 1], inside[:-1]
    same = len(outside) == len(inside) and all(map(str.endswith, outside, inside))
    return node.style == "|" and same


def _scalars(
    node: Node, secret: bool, seen: set[tuple[int, bool]]
) -> Iterator[tuple[ScalarNode, bool]]:
    """The scalars below a node that are secret, and those that may be a text with secrets."""
    if (id(node), secret) in seen:
        return
    seen.add((id(node), secret))
    if isinstance(node, ScalarNode):
        if secret or _WORTH.search(node.value):
            yield node, secret
        return
    if not isinstance(node, MappingNode):
        for item in node.value:
            yield from _scalars(item, secret, seen)
        return
    of_secret = any(k.value == "kind" and v.value == "Secret" for k, v in node.value)
    for key, value in node.value:
        if key.value == "secretGenerator":
            yield from _literals(value, seen)
        yield from _scalars(value, secret or (of_secret and key.value in _FIELDS), seen)


def _literals(node: Node, seen: set[tuple[int, bool]]) -> Iterator[tuple[ScalarNode, bool]]:
    for item in node.value if not isinstance(node, ScalarNode) else ():
        for key, value in item.value if isinstance(item, MappingNode) else ():
            if key.value == "literals":
                yield from _scalars(value, True, seen)


def _in_template(all_lines: Sequence[str], starts: Sequence[int]) -> Iterator[Part]:
    """What a template, which is no YAML, writes out below the fields of a Secret."""
    breaks = [number for number, line in enumerate(all_lines) if line.startswith("---")]
    for first, last in pairwise([0, *breaks, len(all_lines)]):
        indent = -1
        of_secret = any(map(_KIND.match, all_lines[first:last]))
        for number in range(first, last) if of_secret else ():
            line = all_lines[number]
            field = _FIELD.match(line)
            if field:
                indent = len(field[1])
            elif line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                indent = indent if line.lstrip().startswith("{{") else -1
            key = _KEY.match(line)
            at = key.end() if key else 0
            if indent >= 0 and not line.startswith(("{{", "#"), at):
                yield starts[number] + at, starts[number] + len(line)
