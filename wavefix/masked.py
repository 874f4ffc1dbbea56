"""What is secret, hidden in the lines of a file that are shown.

It stands where Kubernetes, kustomize and Argo CD say: in `data` and `stringData` of a Secret, be
that a document, an item of a list, or a value or text inside of another object; in `literals` of a
`secretGenerator`; in variables of containers and in `helm.parameters`, which may hold anything.
Besides, a key may say so (`password`), a URL with a password in it, a private key, or SOPS.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from yaml import YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from wavefix import yamlio
from wavefix.harmless import PASSWORD
from wavefix.model import SYNC_WAVE

_MASK = "***"
_SAYS = (
    r"pass(?:word|wd|phrase)|pwd|token|credential|api_?key|access_?key|private_?key|htpasswd|dsn"
    r"|connection_?string|(?:app|client|consumer|cookie|hmac|jwt|session|shared|signing)_?secret"
)
_SECRETIVE = re.compile(rf"(?:{_SAYS})s?\Z", re.IGNORECASE)
_VARIABLES = re.compile(r"(?:\A|[a-z_])env(?:s|vars?|ironment)?\Z", re.IGNORECASE)
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_WORTH = re.compile(
    rf"\bSecret\b|\bsecretGenerator\b|env|\bparameters\b|{_APPLIED}|ENC\[|{_SAYS}", re.IGNORECASE
)
# Not secret: nothing, a switch, what is filled in from elsewhere.
_OPEN = re.compile(
    r"|~|null|true|false|\$\{[\w.]+\}|\$\([\w.-]+\)|\{\{[^\"'`]*\}\}|<[^>]*>", re.IGNORECASE
)
# In any text: who may read a URL, and the lines of a private key.
_ANYWHERE = re.compile(rf"{PASSWORD}|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*+")
_FIELDS = ("data", "stringData")
# In a template, which is no YAML: the kind, one of the fields, and what is written out below it.
_KIND = re.compile(r" *kind: *[\"']?Secret\b")
_FIELD = re.compile(r"( *)(?:data|stringData):")
_WRITTEN = re.compile(r" *(?:- +)?[\"']?([\w.-]+)[\"']?: +((?!\{\{|[|>&*]|true\b|false\b)\S.*)")
_KEY = re.compile(r" *(?:[\w.\"'-]+: *)?")

Part = tuple[int, int]  # where it begins and ends


def lines(text: str) -> list[str]:
    """Lines as git sees them: they end at a line feed and nowhere else."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


def values(text: str) -> list[str]:
    """What is hidden of a text, line by line, with the quotes around it."""
    found, hidden = lines(text), _hidden(text)
    return [found[n][start:end] for n, parts in hidden.items() for start, end in parts]


def masked(text: str) -> Mapping[str, str]:
    """The lines of a text that tell what is secret, and how each of them may be shown."""
    found = lines(text)
    out = {}
    for number, parts in _hidden(text).items():
        line = shown = found[number]
        for start, end in reversed(parts):
            shown = shown[:start] + _MASK + shown[end:]
        out[line] = shown
    return out


def _hidden(text: str) -> dict[int, list[Part]]:
    """What is to be hidden of each line, by its number."""
    if not (_WORTH.search(text) or _ANYWHERE.search(text)):
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
    return {number: _apart(parts) for number, parts in out.items()}


def _apart(parts: Iterable[Part]) -> list[Part]:
    """The parts of a line in their order, those as one that overlap."""
    out: list[Part] = []
    for start, end in sorted(parts):
        if out and start <= out[-1][1]:
            start, end = out[-1][0], max(end, out.pop()[1])
        out.append((start, end))
    return out


def _parts(text: str, all_lines: Sequence[str], starts: Sequence[int]) -> Iterator[Part]:
    """What is to be hidden of a text, in no order."""
    yield from (found.span() for found in _ANYWHERE.finditer(text))
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
        if secret:
            yield start, end
            continue
        if within and not _literal(node, outside, inside):
            yield from _quoted(text, (start, end), node.value)
            continue
        for number, parts in within.items():
            at = starts[first + number] + len(outside[number]) - len(inside[number])
            yield from ((at + begin, at + end) for begin, end in parts)


def _quoted(text: str, outside: Part, inside: str) -> Iterator[Part]:
    """What is to be hidden of a text in quotes: all of it where its secrets have escapes."""
    written = text[slice(*outside)]
    found = {value.strip("\"'") for value in values(inside)}
    if not all(value in written for value in found):
        yield outside
        return
    for value in found - {""}:
        for match in re.finditer(re.escape(value), written):
            yield outside[0] + match.start(), outside[0] + match.end()


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
        secret = (secret and not _OPEN.fullmatch(node.value)) or node.value.startswith("ENC[")
        if secret or ":" in node.value:
            yield node, secret
        return
    if not isinstance(node, MappingNode):
        for item in node.value:
            yield from _scalars(item, secret, seen)
        return
    of_secret = any(k.value == "kind" and v.value == "Secret" for k, v in node.value)
    for key, value in node.value:
        name = key.value if isinstance(key, ScalarNode) else ""
        if name in (SYNC_WAVE, "encryptedData"):
            continue  # what is shown; and of a SealedSecret: who has it has nothing
        own = secret or (of_secret and name in _FIELDS) or name == _APPLIED
        own = own or (isinstance(value, ScalarNode) and _SECRETIVE.search(name) is not None)
        for inner in () if own else _set(name, value):
            yield from _scalars(inner, True, seen)
        yield from _scalars(value, own, seen)


def _set(name: str, node: Node) -> Iterator[Node]:
    """What literals, parameters and variables are set to: in the items of a list, or by name."""
    inner = "literals" if name == "secretGenerator" else "value"
    variables = _VARIABLES.search(name) is not None
    items: Sequence[Node] = ()
    if isinstance(node, SequenceNode) and (variables or name in ("secretGenerator", "parameters")):
        items = node.value
    elif isinstance(node, MappingNode) and variables:
        items = [value for key, value in node.value if key.value != SYNC_WAVE]
        yield from (item for item in items if isinstance(item, ScalarNode))
    for item in items:
        for key, value in item.value if isinstance(item, MappingNode) else ():
            if key.value == inner:
                yield value


def _in_template(all_lines: Sequence[str], starts: Sequence[int]) -> Iterator[Part]:
    """What a template, which is no YAML, writes out: below the fields of a Secret, behind a key
    that says so, and as a `value`, which may be a variable's.
    """
    for number, line in enumerate(all_lines):
        found = _WRITTEN.match(line)
        if found is None or _OPEN.fullmatch(found[2].strip("\"'")):
            continue
        if found[1] == "value" or _SECRETIVE.search(found[1]):
            yield starts[number] + found.start(2), starts[number] + found.end(2)
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
