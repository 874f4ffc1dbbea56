"""The last look before anything is written: what was edited is parsed again and compared.

This trusts nothing of what located and spliced: it knows the two texts, the planned waves and the
spliced spans, and compares the nodes of both texts document by document.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from yaml import YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode

from wavefix import yamlio
from wavefix.composer import PLAIN, TEXT
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Edit, Entry, EntryEdit, PathStep, Site
from wavefix.patch.data import same
from wavefix.patch.parsed import Parsed, documents
from wavefix.patch.splice import Splice

Steps = tuple[PathStep, ...]
Leaves = dict[Steps, Any]
Wanted = dict[PathStep, "Wanted"] | None

_INNER = "\x00text"  # the step from a scalar into the YAML text that it holds
_GONE = object()
_NO_MAP: tuple[object, ...] = ({}, "plain ", "plain ~", "plain null", "plain Null", "plain NULL")


class _Different(Exception):
    """Something differs that was not planned."""


def verify(
    file: str,
    parsed: Parsed,
    after: str,
    splices: Sequence[Splice],
    edits: Sequence[Edit],
    entries: Sequence[EntryEdit] = (),
) -> None:
    """Raises InputError where `after` is not the text of `parsed` with just what was planned."""
    try:
        _same_bytes(parsed, after, splices)
        _same_json(file, parsed, after)
        put = [entry for edit in entries for entry in edit.entries]
        _same_documents(parsed, after, edits, put)
    except (_Different, YAMLError, ValueError, RecursionError) as error:
        problem = str(error).strip().partition("\n")[0]
        raise InputError(
            f"the edited text is not what was planned ({problem})",
            "this is a bug in wavefix; nothing was written",
            file,
            edits[0].site.line if edits else entries[0].line,
        ) from None


def _same_bytes(parsed: Parsed, after: str, splices: Sequence[Splice]) -> None:
    """Everything outside the spliced spans is as it was."""
    if not after.startswith(parsed.bom):
        raise _Different("the byte order mark is gone")
    old = new = 0
    text = after.removeprefix(parsed.bom)
    for splice in [*splices, Splice(len(parsed.body), len(parsed.body), "")]:
        size = splice.start - old
        if size < 0 or parsed.body[old : splice.start] != text[new : new + size]:
            raise _Different("other bytes changed")
        old, new = splice.end, new + size + len(splice.text)
    if new != len(text):
        raise _Different("other bytes changed")


def _same_json(file: str, parsed: Parsed, after: str) -> None:
    """A JSON file is still one: YAML would not mind a comma too many."""
    if not file.endswith(".json"):
        return
    try:
        json.loads(parsed.body)
    except ValueError:  # it was none before
        return
    json.loads(after.removeprefix(parsed.bom))


class _Node:
    """A part of a document to which no plan leads: it is compared as it is, node by node."""

    __slots__ = ("node",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, node: Node) -> None:
        self.node = node

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Node) and _alike(self.node, other.node)


def _alike(one: Node, other: Node) -> bool:
    """Whether two nodes say the same: every pair and every type; aliases are what they repeat."""
    if one.__class__ is not other.__class__:
        return False
    if one.__class__ is ScalarNode:
        return bool(one.value == other.value and _text(one) == _text(other))
    if len(one.value) != len(other.value):
        return False
    if one.__class__ is MappingNode:
        pairs = zip(one.value, other.value, strict=True)
        return all(_alike(k, key) and _alike(v, value) for (k, v), (key, value) in pairs)
    return all(map(_alike, one.value, other.value))


def _text(node: Node) -> str:
    """A scalar as text that begins with its type."""
    tag = TEXT if node.tag == "tag:yaml.org,2002:str" else node.tag
    return f"{tag} {node.value}"


def _data(node: Node, wanted: Wanted) -> Any:
    """A node as nested dicts of texts, as far as the plan leads: the rest as it is.

    `wanted` has the steps on which something is planned; None stands for all below.
    """
    if isinstance(node, ScalarNode):
        return _text(node)
    if wanted is not None and not wanted:
        return _Node(node)
    steps = _names(node) if isinstance(node, MappingNode) else range(len(node.value))
    children = (pair[1] for pair in node.value) if isinstance(node, MappingNode) else node.value
    out = {
        step: _data(child, None if wanted is None else wanted.get(step, {}))
        for step, child in zip(steps, children, strict=True)
    }
    return out if out or isinstance(node, MappingNode) else "[]"


def _names(node: MappingNode) -> list[PathStep]:
    """The keys of a map, each one only once: of several that are the same, the last one counts."""
    seen: Counter[str] = Counter()
    out: list[PathStep] = []
    for key, _ in reversed(node.value):
        name = key.value if isinstance(key, ScalarNode) else f"?{_data(key, None)}"
        out.append(f"{name}\x00{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return out[::-1]


def _wanted(paths: Iterable[Steps]) -> Wanted:
    """The steps that lead to some places, as nested dicts; None for all that is there."""
    wanted: dict[PathStep, Wanted] = {}
    for path in paths:
        if not path:
            return None
        below: Wanted = wanted
        for step in path[:-1]:
            below = below if below is None else below.setdefault(step, {})
        if below is not None:
            below[path[-1]] = None
    return wanted


def _same_documents(
    before: Parsed, after: str, edits: Sequence[Edit], entries: Sequence[Entry]
) -> None:
    """The documents differ by the planned waves and entries, and by nothing else."""
    planned: dict[int, tuple[list[Edit], list[Entry]]] = defaultdict(lambda: ([], []))
    for edit in edits:
        planned[edit.site.document][0].append(edit)
    for entry in entries:
        planned[entry.document][1].append(entry)
    for number, (one, other) in enumerate(zip_longest(before.roots, documents(after))):
        if one is None or other is None:
            raise _Different("the number of documents changed")
        if number in planned:
            _same_document(number, one, other, *planned[number])
        elif not _alike(one, other):
            raise _Different(f"document {number}")


def _same_document(
    number: int, one: Node, other: Node, edits: Sequence[Edit], entries: Sequence[Entry]
) -> None:
    wanted = _wanted([*((e.site.path) for e in edits), *((*e.path, e.key) for e in entries)])
    old, new = {number: _data(one, wanted)}, {number: _data(other, wanted)}
    new_patches = [edit for edit in edits if edit.site.entry is not None]
    edits = [edit for edit in edits if edit.site.entry is None]
    for steps in {(number, *edit.site.path) for edit in new_patches}:
        _take_entries(old, new, steps, [e for e in new_patches if (number, *e.site.path) == steps])
    for entry in entries:
        _entered(old, new, other, entry)
    for edit in edits:
        if edit.site.inner:
            _open(old, (number, *edit.site.path))
            _open(new, (number, *edit.site.path))
    planned = {_leaf(edit): edit.after for edit in edits}
    numbers = {_leaf(edit) for edit in edits if keeps_type(edit.site)}
    expected = {
        steps: change
        for steps, wave in planned.items()
        for change in [(_at(old, steps), _written(wave, _at(old, steps), steps in numbers))]
        if change[0] != change[1]
    }
    found = _differences(old, new, planned)
    for steps in {**expected, **found}:
        if expected.get(steps) != found.get(steps):
            raise _Different(_named(steps))


def keeps_type(site: Site) -> bool:
    """Whether a plain number stays one: among Helm values; an annotation is a string."""
    return site.key != SYNC_WAVE and site.mechanism == "helm-values"


def _written(wave: str | None, before: Any, number: bool) -> str | None:
    """The value to be found, where `before` was; a plain integer may stay one."""
    plain = number and isinstance(before, str) and before.startswith(f"{PLAIN} ")
    if wave is None or not (plain and type(yamlio.scalar(before[len(PLAIN) + 1 :])) is int):
        return None if wave is None else f"text {wave}"
    return f"{PLAIN} {wave}"


def _take_entries(old: Any, new: Any, steps: Steps, edits: Sequence[Edit]) -> None:
    """Take the new patches out of the list that has them, once they are what was planned."""
    before, after = _at(old, steps), _at(new, steps)
    count = len(before) if isinstance(before, dict) else 0
    if not isinstance(after, dict) or len(after) != count + len(edits):
        raise _Different(f"{_named(steps)}, the number of patches")
    found = [_read(after.pop(number, None)) for number in range(count, len(after))]
    if sorted(found, key=repr) != sorted((_expected(edit) for edit in edits), key=repr):
        raise _Different(f"{_named(steps)}, the new patches")
    if not count:
        holder = _at(new, steps[:-1])
        if before is None:
            del holder[steps[-1]]
        else:
            holder[steps[-1]] = before


def _read(entry: Any) -> Any:
    """The patch in a new entry: a text, by itself or under `patch`."""
    text = entry.get("patch") if isinstance(entry, dict) and len(entry) == 1 else entry
    if not isinstance(text, str) or not text.startswith(f"{TEXT} "):
        raise _Different("a new patch is no text")
    documents = yamlio.load(text[len(TEXT) + 1 :], "")
    return documents[0].data if len(documents) == 1 else None


def _expected(edit: Edit) -> Any:
    target = edit.site.entry
    assert target is not None
    metadata: dict[str, Any] = {"name": target.name}
    if target.namespace:
        metadata["namespace"] = target.namespace
    metadata["annotations"] = {SYNC_WAVE: edit.after}
    version = f"{target.group}/{target.version}" if target.group else target.version
    return {"apiVersion": version, "kind": target.kind, "metadata": metadata}


def _entered(old: Any, new: Any, node: Node, entry: Entry) -> None:
    """See that an entry is there as planned; give `old` the same, so that it is no difference."""
    steps: Steps = (entry.document, *entry.path, entry.key)
    for step in steps[1:]:
        node = _child(node, step)
    if not same(node, entry.value):
        raise _Different(_named(steps))
    holder = old
    for step in steps[:-1]:
        if step not in holder or holder[step] in (*_NO_MAP, "[]"):
            holder[step] = {}
        holder = holder[step]
        if not isinstance(holder, dict):
            raise _Different(_named(steps))
    holder[entry.key] = _at(new, steps)


def _child(node: Node, step: PathStep) -> Node:
    children = node.value if isinstance(node.value, list) else []
    if isinstance(node, MappingNode):
        children = [value for key, value in children if key.value == step]
        step = -1
    if not isinstance(step, int) or not -1 <= step < len(children) or not children:
        raise _Different(f"at {step}")
    child: Node = children[step]
    return child


def _named(steps: Steps) -> str:
    return f"at {'.'.join(str(step) for step in steps[1:])} of document {steps[0]}"


def _leaf(edit: Edit) -> Steps:
    site = edit.site
    return (site.document, *site.path, *((_INNER, *site.inner) if site.inner else ()), site.key)


def _at(data: Any, steps: Steps) -> Any:
    for step in steps:
        if not isinstance(data, dict) or step not in data:
            return None
        data = data[step]
    return data


def _open(data: Any, path: Steps) -> None:
    """Put the YAML text at `path` in place of the scalar that holds it."""
    holder, value = _at(data, path[:-1]), _at(data, path)
    if isinstance(value, str):  # else it is open already
        inside = Parsed(value.removeprefix("text "))
        if len(inside.roots) != 1:
            raise _Different("the text within is no longer one document")
        holder[path[-1]] = {_INNER: _data(inside.roots[0], None)}


def _differences(before: Any, after: Any, planned: Mapping[Steps, str | None]) -> Leaves:
    """Every leaf that differs, with its two values; maps made or emptied by the plan left out."""
    made = {steps[:size] for steps, wave in planned.items() if wave for size in range(len(steps))}
    emptied = {steps[:-1] for steps, wave in planned.items() if wave is None}
    may_go = {*planned, *emptied}
    found: Leaves = {}
    for steps, one, other in _changed(before, after, ()):
        if other is _GONE and steps not in may_go:
            raise _Different(f"{_named(steps)}, which is gone")
        old = {s: v for s, v in _leaves(one, steps).items() if s not in made or v not in _NO_MAP}
        new = {s: v for s, v in _leaves(other, steps).items() if s not in emptied or v != {}}
        found |= {leaf: (old.get(leaf), new.get(leaf)) for leaf in {*old, *new}}
    return found


def _changed(before: Any, after: Any, steps: Steps) -> Iterator[tuple[Steps, Any, Any]]:
    """The least parts that differ; `_GONE` where one has nothing."""
    if isinstance(before, dict) and isinstance(after, dict):
        for step in {**before, **after}:
            one, other = before.get(step, _GONE), after.get(step, _GONE)
            yield from _changed(one, other, (*steps, step))
    elif before != after:
        yield steps, before, after


def _leaves(data: Any, steps: Steps) -> Leaves:
    if data is _GONE:
        return {}
    if not isinstance(data, dict) or not data:
        return {steps: data}
    return {
        leaf: value
        for step, below in data.items()
        for leaf, value in _leaves(below, (*steps, step)).items()
    }
