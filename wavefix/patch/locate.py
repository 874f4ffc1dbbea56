"""Following the path of a site through the nodes of its document."""

from __future__ import annotations

import re
from dataclasses import dataclass

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from wavefix import yamlio
from wavefix.model import Path
from wavefix.patch.parsed import Parsed, Refused
from wavefix.patch.sharing import repeats, shared

_NO_TEXT = re.compile(r"\?\d+:\d+")  # how `yamlio` calls a key that is a map or a list


@dataclass(frozen=True, slots=True)
class Frame:
    """A node on the way to a site, and where it stands in the one above it."""

    node: Node
    holder: Node | None = None
    index: int = 0  # of the pair or the item in `holder`

    @property
    def key(self) -> Node | None:
        """The key of the node, where a mapping holds it."""
        if isinstance(self.holder, MappingNode):
            key: Node = self.holder.value[self.index][0]
            return key
        return None

    @property
    def map(self) -> MappingNode:
        """The node, which is a map. Raises Refused where it is none."""
        if not isinstance(self.node, MappingNode):
            raise Refused("what should hold it is no map")
        return self.node


@dataclass(frozen=True, slots=True)
class Place:
    """The nodes that exist on the way to a site, the root first, and the keys still missing."""

    chain: tuple[Frame, ...]
    missing: tuple[str, ...]

    @property
    def node(self) -> Node:
        """The last node that exists: the annotations map, if nothing is missing."""
        return self.chain[-1].node


def locate(parsed: Parsed, document: int, path: Path) -> Place:
    """The place that `path` names. Raises Refused where following it would not be exact."""
    if not 0 <= document < len(parsed.roots):
        raise Refused(f"there is no document {document} in the text")
    chain = [_unshared(parsed, Frame(parsed.roots[document]))]
    for number, step in enumerate(path):
        frame = _step(parsed, chain[-1].node, step)
        if frame is None:
            return Place(tuple(chain), _missing(path[number:]))
        chain.append(_unshared(parsed, frame))
    return Place(tuple(chain), ())


def is_null(node: Node) -> bool:
    """Whether the node is a null: written out, or nothing at all."""
    return isinstance(node, ScalarNode) and yamlio.to_data(node) is None


def find(node: MappingNode, name: str) -> int | None:
    """The number of the pair with this key: the last one, which counts (sigs.k8s.io/yaml)."""
    found = None
    for index, (key, _) in enumerate(node.value):
        if isinstance(key, ScalarNode) and key.value == name:
            found = index
    return found


def merged(node: MappingNode, name: str) -> int | None:
    """The number of the last merge key (`<<`) that gives the mapping this key."""
    found = None
    for index, (key, value) in enumerate(node.value):
        if key.value == "<<" and not key.style:
            source = yamlio.to_data(value, {})
            sources = source if isinstance(source, list) else [source]
            if any(isinstance(one, dict) and name in one for one in sources):
                found = index
    return found


def overridden(parsed: Parsed, node: MappingNode, index: int | None, name: str) -> str:
    """Which merge key sets what pair `index` has, or would have; "" where that pair decides.

    To go-yaml v2, which reads YAML for kubectl and Argo CD (sigs.k8s.io/yaml), a merge is an
    assignment like any other: it overrides the keys before it, and those behind it override it.
    To v3, which kustomize reads it with, a key of the map itself always wins.
    """
    merge = merged(node, name)
    if merge is None or (index is not None and index > merge):
        return ""
    line = parsed.line(node.value[merge][0].start_mark.index)
    return f"the YAML merge key (<<) in line {line}"


def _step(parsed: Parsed, node: Node, step: str | int) -> Frame | None:
    if isinstance(node, SequenceNode):
        if not isinstance(step, int) or not 0 <= step < len(node.value):
            raise Refused(f"the list has no item {step}")
        return Frame(node.value[step], node, step)
    if isinstance(node, MappingNode) and isinstance(step, str):
        index = find(node, step)
        if by := overridden(parsed, node, index, step):
            raise Refused(f"{step} comes from {by}")
        return None if index is None else Frame(node.value[index][1], node, index)
    if is_null(node) and isinstance(step, str):
        return None
    raise Refused(f"{step} cannot be reached: what should hold it is no map")


def _unshared(parsed: Parsed, frame: Frame) -> Frame:
    if parsed.shared(frame.node):
        alias = frame.holder is not None and repeats(frame.holder, frame.index)
        raise Refused(shared(parsed, frame.node, alias))
    return frame


def _missing(path: Path) -> tuple[str, ...]:
    names = tuple(step for step in path if isinstance(step, str))
    if len(names) < len(path):
        raise Refused("a list item on its path does not exist")
    if any(map(_NO_TEXT.fullmatch, names)):
        raise Refused("it stands below a key that is no text")
    return names
