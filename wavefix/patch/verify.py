"""The last look before anything is written: what was edited is parsed again and compared.

This trusts nothing of what located and spliced: it knows the two texts, the planned waves and the
spliced spans, and compares the nodes of both texts document by document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from yaml import YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode

from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Edit, PathStep
from wavefix.patch.parsed import Parsed
from wavefix.patch.splice import Splice

Steps = tuple[PathStep, ...]
Leaves = dict[Steps, Any]

_INNER = "\x00text"  # the step from a scalar into the YAML text that it holds
_TYPES = {
    "dictionary_item_added",
    "dictionary_item_removed",
    "values_changed",
    "type_changes",
}


class _Different(Exception):
    """Something differs that was not planned."""


def verify(
    file: str, parsed: Parsed, after: str, splices: Sequence[Splice], edits: Sequence[Edit]
) -> None:
    """Raises InputError where `after` is not the text of `parsed` with just the planned waves."""
    by_document: dict[int, list[Edit]] = {}
    for edit in edits:
        by_document.setdefault(edit.site.document, []).append(edit)
    line = edits[0].site.line
    try:
        _same_bytes(parsed, after, splices)
        _same_json(file, parsed, after)
        reparsed = Parsed(after)
        if len(reparsed.roots) != len(parsed.roots):
            raise _Different("the number of documents changed")
        for number, (old, new) in enumerate(zip(parsed.roots, reparsed.roots, strict=True)):
            planned = by_document.get(number, [])
            line = planned[0].site.line if planned else old.start_mark.line + 1
            _same_document(_Data(parsed).build(old), _Data(reparsed).build(new), planned)
    except (_Different, YAMLError, ValueError, RecursionError) as error:
        problem = str(error).strip().partition("\n")[0]
        raise InputError(
            f"the edited text is not what was planned ({problem})",
            "this is a bug in wavefix; nothing was written",
            file,
            line,
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


class _Data:
    """Nodes as nested dicts of texts that keep every pair, every type and every alias."""

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self._names: dict[int, str] = {}

    def build(self, node: Node) -> Any:
        if isinstance(node, ScalarNode):
            tag = str(node.tag).replace("tag:yaml.org,2002:str", "text")
            return f"{tag} {node.value}"
        if self._parsed.shared(node):
            known = self._names.get(id(node))
            if known is not None:
                return known
            self._names[id(node)] = f"*{len(self._names)}"
        if isinstance(node, MappingNode):
            return self._map(node)
        return {number: self.build(item) for number, item in enumerate(node.value)} or "[]"

    def _map(self, node: MappingNode) -> dict[PathStep, Any]:
        out: dict[PathStep, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else f"?{self.build(key)}"
            number = 1
            while name in out:  # a key that stands there again
                number += 1
                name = f"{key.value}\x00{number}"
            out[name] = self.build(value)
        return out


def _same_document(before: Any, after: Any, edits: Sequence[Edit]) -> None:
    if not edits:
        if before != after:
            raise _Different("a document changed for which nothing was planned")
        return
    for edit in edits:
        if edit.site.inner:
            _open(before, edit.site.path)
            _open(after, edit.site.path)
    planned = {_leaf(edit): edit.after for edit in edits}
    expected = {
        steps: (old, new)
        for steps, wave in planned.items()
        for old, new in [(_at(before, steps), None if wave is None else f"text {wave}")]
        if old != new
    }
    found = _differences(before, after, planned)
    if found != expected:
        wrong = sorted(
            {*expected.items(), *found.items()} - ({*expected.items()} & {*found.items()}), key=repr
        )
        names = ".".join(str(step) for step in wrong[0][0])
        raise _Different(f"at {names}")


def _leaf(edit: Edit) -> Steps:
    site = edit.site
    return (*site.path, *((_INNER, *site.inner) if site.inner else ()), SYNC_WAVE)


def _at(data: Any, steps: Steps) -> Any:
    for step in steps:
        if not isinstance(data, dict) or step not in data:
            return None
        data = data[step]
    return data


def _open(data: Any, path: Steps) -> None:
    """Put the YAML text at `path` in place of the scalar that holds it."""
    holder = _at(data, path[:-1])
    value = holder.get(path[-1]) if isinstance(holder, dict) else None
    if isinstance(value, str):
        inside = Parsed(value.removeprefix("text "))
        if len(inside.roots) != 1:
            raise _Different("the text within is no longer one document")
        holder[path[-1]] = {_INNER: _Data(inside).build(inside.roots[0])}


def _differences(before: Any, after: Any, planned: Mapping[Steps, str | None]) -> Leaves:
    """Every leaf that differs, with its two values; maps made or emptied by the plan left out."""
    if before == after:
        return {}
    from deepdiff import DeepDiff  # slow to import, and seldom needed

    found: Leaves = {}
    tree = DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0)
    for kind, levels in tree.items():
        if kind not in _TYPES:
            raise _Different(kind)
        for level in levels:
            steps = tuple(level.path(output_format="list"))
            old = {} if kind == "dictionary_item_added" else _leaves(level.t1, steps)
            new = {} if kind == "dictionary_item_removed" else _leaves(level.t2, steps)
            for leaf in _gone_maps(old, planned, set_=True):
                del old[leaf]
            for leaf in _gone_maps(new, planned, set_=False):
                del new[leaf]
            if not new and not any(len(steps) >= len(path) - 1 for path in planned):
                raise _Different("more than an annotations map is gone")
            found |= {leaf: (old.get(leaf), new.get(leaf)) for leaf in {*old, *new}}
    return found


def _gone_maps(leaves: Leaves, planned: Mapping[Steps, str | None], *, set_: bool) -> list[Steps]:
    """The empty maps (and, before a wave is set, nulls) on the way to a planned wave."""
    return [
        leaf
        for leaf, value in leaves.items()
        if (value == {} or (set_ and value in ("plain ", "plain null", "plain ~", "plain Null")))
        and any(
            steps[: len(leaf)] == leaf and len(leaf) < len(steps) and (wave is not None) == set_
            for steps, wave in planned.items()
        )
    ]


def _leaves(data: Any, steps: Steps) -> Leaves:
    if not isinstance(data, dict) or not data:
        return {steps: data}
    return {
        leaf: value
        for step, below in data.items()
        for leaf, value in _leaves(below, (*steps, step)).items()
    }
