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

from wavefix import yamlio
from wavefix.composer import PLAIN, TEXT
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Edit, Entry, EntryEdit, PathStep, Site
from wavefix.patch.data import same
from wavefix.patch.parsed import Parsed
from wavefix.patch.splice import Splice

Steps = tuple[PathStep, ...]
Leaves = dict[Steps, Any]

_INNER = "\x00text"  # the step from a scalar into the YAML text that it holds
_KINDS = ("dictionary_item_added", "dictionary_item_removed", "values_changed", "type_changes")
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
        _same_documents(parsed, Parsed(after), edits, put)
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


class _Data:
    """Nodes as nested dicts of texts that keep every pair and every type, aliases expanded."""

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self._known: dict[int, Any] = {}

    def build(self, node: Node) -> Any:
        if isinstance(node, ScalarNode):
            tag = str(node.tag).replace("tag:yaml.org,2002:str", "text")
            return f"{tag} {node.value}"
        if not self._parsed.shared(node):
            return self._collection(node)
        if id(node) not in self._known:
            self._known[id(node)] = self._collection(node)
        return self._known[id(node)]

    def _collection(self, node: Node) -> Any:
        if isinstance(node, MappingNode):
            return self._map(node)
        return {number: self.build(item) for number, item in enumerate(node.value)} or "[]"

    def _map(self, node: MappingNode) -> dict[PathStep, Any]:
        out: dict[PathStep, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else f"?{self.build(key)}"
            again = 0
            while (step := f"{name}\x00{again}" if again else name) in out:  # a duplicate key
                again += 1
            out[step] = self.build(value)
        return out


def _same_documents(
    before: Parsed, after: Parsed, edits: Sequence[Edit], entries: Sequence[Entry]
) -> None:
    """The documents differ by the planned waves and entries, and by nothing else."""
    if len(before.roots) != len(after.roots):
        raise _Different("the number of documents changed")
    old = {number: _Data(before).build(root) for number, root in enumerate(before.roots)}
    new = {number: _Data(after).build(root) for number, root in enumerate(after.roots)}
    new_patches = [edit for edit in edits if edit.site.entry is not None]
    edits = [edit for edit in edits if edit.site.entry is None]
    for steps in {(edit.site.document, *edit.site.path) for edit in new_patches}:
        wanted = [e for e in new_patches if (e.site.document, *e.site.path) == steps]
        _take_entries(old, new, steps, wanted)
    for entry in entries:
        _entered(old, new, after, entry)
    for edit in edits:
        if edit.site.inner:
            _open(old, (edit.site.document, *edit.site.path))
            _open(new, (edit.site.document, *edit.site.path))
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
    found = [_read(after.pop(number)) for number in range(count, len(after))]
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


def _entered(old: Any, new: Any, after: Parsed, entry: Entry) -> None:
    """See that an entry is there as planned; give `old` the same, so that it is no difference."""
    steps: Steps = (entry.document, *entry.path, entry.key)
    node: Node = after.roots[entry.document]
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
        holder[path[-1]] = {_INNER: _Data(inside).build(inside.roots[0])}


def _differences(before: Any, after: Any, planned: Mapping[Steps, str | None]) -> Leaves:
    """Every leaf that differs, with its two values; maps made or emptied by the plan left out."""
    from deepdiff import DeepDiff  # slow to import, and seldom needed

    made = {steps[:size] for steps, wave in planned.items() if wave for size in range(len(steps))}
    emptied = {steps[:-1] for steps, wave in planned.items() if wave is None}
    may_go = {*planned, *emptied}
    before, after = _narrowed(before, after)
    found: Leaves = {}
    for kind, levels in DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0).items():
        for level in levels:
            steps = tuple(level.path(output_format="list"))
            old = {} if kind == "dictionary_item_added" else _leaves(level.t1, steps)
            new = {} if kind == "dictionary_item_removed" else _leaves(level.t2, steps)
            if kind not in _KINDS or (old and not new and steps not in may_go):
                raise _Different(f"{_named(steps)}, {kind}")
            old = {
                leaf: value
                for leaf, value in old.items()
                if leaf not in made or value not in _NO_MAP
            }
            new = {leaf: value for leaf, value in new.items() if leaf not in emptied or value != {}}
            found |= {leaf: (old.get(leaf), new.get(leaf)) for leaf in {*old, *new}}
    return found


def _narrowed(before: Any, after: Any) -> tuple[Any, Any]:
    """Both without what is equal: DeepDiff takes its time over every part."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return before, after
    one, other = dict(before), dict(after)
    for step in before.keys() & after.keys():
        if before[step] == after[step]:
            del one[step], other[step]
        else:
            one[step], other[step] = _narrowed(before[step], after[step])
    return one, other


def _leaves(data: Any, steps: Steps) -> Leaves:
    if not isinstance(data, dict) or not data:
        return {steps: data}
    return {
        leaf: value
        for step, below in data.items()
        for leaf, value in _leaves(below, (*steps, step)).items()
    }
