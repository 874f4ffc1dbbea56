"""Judges an edit by the text before and the text after, with parsers that wavefix does not use.

YAML is parsed by `ruamel.yaml` in Python, document by document, and only as far as nodes: what
tags, quotes, anchors and duplicate keys say is part of the comparison. JSON is parsed by `json`.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from wavefix.model import SYNC_WAVE, PatchTarget, Path, Site

# A node as plain data: (tag, text), or a kind with its items. A map keeps its pairs in order.
Tree = tuple[str, Any]

_STRING, _INT = "tag:yaml.org,2002:str", "tag:yaml.org,2002:int"
_NULLS = {("tag:yaml.org,2002:null", text) for text in ("", "~", "null", "Null", "NULL")}
_NOTHING = (*_NULLS, ("map", ()))
_MARKER = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_TARGET = PatchTarget("apps", "v1", "Deployment", "web", "team")
_FAR = 400  # how far a difference can be shifted, where the text repeats itself


class Unread(Exception):
    """The other parser cannot read the text."""


@dataclass(frozen=True)
class Document:
    """One document, and how it is written."""

    tree: Tree
    node: Node | None  # None in JSON
    text: str = ""
    quotes: frozenset[str] = frozenset()  # all that values are in
    steps: frozenset[int] = frozenset()  # all that block maps are indented by


def documents(text: str, file: str) -> list[Document]:
    """Every document of a file, as wavefix counts them. Raises Unread."""
    text = text.removeprefix("\ufeff")
    if file.endswith(".json"):
        try:
            return [Document(_json(text), None)]
        except ValueError:
            pass
    cuts = [] if re.search("^%", text, re.MULTILINE) else _MARKER.finditer(text)
    starts = [0, *(found.start() for found in cuts)]
    pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    return [document for piece in pieces for document in _yaml(piece)]


@lru_cache(maxsize=4)
def _json(text: str) -> Tree:
    def atom(value: str) -> Tree:
        return "number", value

    def tree(value: Any) -> Tree:
        if isinstance(value, list):
            return "list", tuple(map(tree, value))
        if isinstance(value, str):
            return _STRING, value
        if value is None:
            return "tag:yaml.org,2002:null", "null"
        return value if isinstance(value, tuple) else ("bool", value)

    def pairs(found: list[tuple[str, Any]]) -> Tree:
        return "map", tuple(((_STRING, key), tree(value)) for key, value in found)

    made = json.loads(text, object_pairs_hook=pairs, parse_int=atom, parse_float=atom)
    return tree(made)


def _yaml(text: str) -> tuple[Document, ...]:
    return _small(text) if len(text) < 50_000 else _large(text)


@lru_cache(maxsize=6)
def _large(text: str) -> tuple[Document, ...]:
    return _parsed_yaml(text)


@lru_cache(maxsize=1000)
def _small(text: str) -> tuple[Document, ...]:
    return _parsed_yaml(text)


def _parsed_yaml(text: str) -> tuple[Document, ...]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # anchors may be given twice
            nodes = [*YAML(typ="safe", pure=True).compose_all(text)]
    except Exception as error:  # an assertion or an index, where it does not know what it reads
        if "\t" in text:  # it takes fewer tabs than others: the text as if there were none
            return _yaml(text.replace("\t", " "))
        raise Unread(str(error)) from None
    out = []
    for node in filter(None, nodes):
        survey = _Survey()
        tree = survey.tree(node)
        out.append(Document(tree, node, text, frozenset(survey.quotes), frozenset(survey.steps)))
    return tuple(out)


class _Survey:
    """Makes a tree of nodes, and sees how they are written."""

    def __init__(self) -> None:
        self.quotes: set[str] = set()
        self.steps: set[int] = set()
        self.known: dict[int, Tree] = {}

    def tree(self, node: Node) -> Tree:
        if id(node) not in self.known:
            self.known[id(node)] = self.made(node)
        return self.known[id(node)]

    def made(self, node: Node) -> Tree:
        if isinstance(node, ScalarNode):
            if node.style in ("'", '"'):
                self.quotes.add(node.style)
            return str(node.tag), node.value
        if isinstance(node, SequenceNode):
            return "list", tuple(map(self.tree, node.value))
        pairs = []
        for key, value in node.value:
            self.steps |= step_of(key, value)
            name = (str(key.tag), key.value) if isinstance(key, ScalarNode) else self.tree(key)
            pairs.append((name, self.tree(value)))
        return "map", tuple(pairs)


def step_of(key: Node, value: Node) -> set[int]:
    """By how much a block map is indented below its key."""
    if not isinstance(value, MappingNode) or value.flow_style or not value.value:
        return set()
    first = value.value[0][0].start_mark
    below = first.line > key.start_mark.line
    return {first.column - key.start_mark.column} if below else set()


def child(tree: Tree, step: str | int) -> Tree | None:
    """What stands at a key or a number."""
    if tree[0] == "list" and isinstance(step, int):
        return tree[1][step] if step < len(tree[1]) else None
    if tree[0] == "map":
        last = (value for key, value in reversed(tree[1]) if key == (_STRING, step))
        return next(last, None)  # of duplicate keys the last one counts
    return None


def at(tree: Tree | None, path: Path) -> Tree | None:
    """What stands at a path."""
    for step in path:
        tree = None if tree is None else child(tree, step)
    return tree


def _without(tree: Tree, path: Path) -> Tree | None:
    """The tree without what is at a path, and without maps on the way that are empty then."""
    kind, items = tree
    if kind == "list" and isinstance(path[0], int) and len(path) > 1:
        inside = _without(items[path[0]], path[1:])
        return kind, (*items[: path[0]], inside, *items[path[0] + 1 :])
    if kind != "map":
        return None if tree in _NOTHING else tree
    left = []
    for key, value in items:
        if key == (_STRING, path[0]):
            value = None if len(path) == 1 else _without(value, path[1:])
        if value is not None:
            left.append((key, value))
    return (kind, tuple(left)) if left else None


def differences(before: str, after: str, site: Site, wave: str | None) -> Iterator[str]:
    """What is wrong with an edit that was to give a site this wave."""
    line = before.count("\n", 0, common(before, after)) + 1
    parsed: list[str] = []
    words = [SYNC_WAVE, "metadata", "annotations", "null", site.key, wave or SYNC_WAVE]
    words += [step for step in (*site.path, *site.inner) if isinstance(step, str)]
    if site.mechanism != "chart-template":
        try:
            old, new = documents(before, site.file), documents(after, site.file)
            words.append(held(before, site)[0] or SYNC_WAVE)
        except Unread as error:
            yield f"line {line}: {error}"
            return
        parsed = [*_parsed(old, new, site, wave), *_style(before, after, old, new, site)]
    fits = any(
        _added(one) if site.entry is not None else _annotation(one, other, words)
        for one, other in middles(before, after)
    )
    if before != after and not fits:
        yield f"line {line}: more than the annotation is spliced"
    for wrong in parsed:
        yield f"line {line}: {wrong}"


def _parsed(
    old: list[Document], new: list[Document], site: Site, wave: str | None
) -> Iterator[str]:
    if len(old) != len(new):
        yield "another number of documents"
        return
    for number, (one, other) in enumerate(zip(old, new, strict=True)):
        if number != site.document and one.tree != other.tree:
            yield f"document {number} is another"
    was, now = old[site.document].tree, new[site.document].tree
    path: Path = (*site.path, site.key)
    if site.inner:
        texts = at(was, site.path), at(now, site.path)
        if _without(was, site.path) != _without(now, site.path) or None in texts:
            yield "the data around the text is another"
            return
        [was], [now] = [
            [document.tree for document in documents(text[1], "")] for text in texts if text
        ]
        path = (*site.inner, site.key)
    if site.entry is not None:
        yield from _entered(was, now, site, wave)
        return
    if _without(was, path) != _without(now, path):
        yield "the parsed difference is more than the annotation"
    number = site.key != SYNC_WAVE and (at(was, path) or ("",))[0].endswith("int")
    if at(now, path) not in (None if wave is None else (_STRING, wave), *([(_INT, wave)] * number)):
        yield f"the wave is {at(now, path)}"


def _entered(was: Tree, now: Tree, site: Site, wave: str | None) -> Iterator[str]:
    """Whether a list of patches got one more, which says the wave of an object."""
    before, after = (_items(at(tree, site.path)) for tree in (was, now))
    if after[: len(before)] != before or len(after) != len(before) + 1:
        yield "the list of patches has not got one more"
        return
    if _without(was, site.path) != _without(now, site.path):
        yield "the data around the list is another"
    last = after[-1]
    text = last if site.path[-1] == "patchesStrategicMerge" else child(last, "patch")
    patch = documents(text[1], "")[0].tree if text else None
    if at(patch, ("metadata", "annotations", SYNC_WAVE)) != (_STRING, wave):
        yield "the new patch does not say the wave"


def _items(tree: Tree | None) -> tuple[Tree, ...]:
    return tree[1] if tree is not None and tree[0] == "list" else ()


# The bytes


def common(one: str, other: str) -> int:
    """How many characters two texts begin with that are the same."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


def middles(before: str, after: str) -> list[tuple[str, str]]:
    """What differs, between what is equal at the start and at the end.

    Where one text only has something more than the other, there may be several places to see it.
    """
    start = common(before, after)
    room = min(len(before), len(after)) - start
    tails = before[len(before) - room :][::-1], after[len(after) - room :][::-1]
    end = common(*tails) if room else 0
    return [
        (before[low : len(before) - high], after[low : len(after) - high])
        for back in range(min(start, _FAR) + 1)
        for low, high in [(start - back, end + back)]
        if before[low:start] == before[len(before) - high : len(before) - end]
        and after[low:start] == after[len(after) - high : len(after) - end]
    ]


def _annotation(old: str, new: str, words: list[str]) -> bool:
    """Whether nothing but the annotation and what leads to it differs; comments are the same.

    A comment on its line may go with a wave, or with the key of its map.
    """
    if not any(word in new for word in words):
        old = re.sub(r"(?m)^(.*\S.*?)\s#.*", r"\1", old)
    comments = [re.findall(r"(?:^|(?<=\s))#.*", text) for text in (old, new)]
    if comments[0] == comments[1]:
        old, new = (re.sub(r"(?:^|(?<=\s))#.*", "", text) for text in (old, new))
    known = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    gone = re.sub(rf"{known}|[-\d]+|[\s~{{}}:,'\"|>?]+|!!\w+|[*&]\w+", "", old)
    return not gone and not re.sub(rf"{known}|[-\d]+|[\s~{{}}:,'\"]+", "", new)


def _added(old: str) -> bool:
    """Whether nothing went but an empty list."""
    return old.strip() in ("", "[]", "null", "~")


# The style


def _style(
    before: str, after: str, old: list[Document], new: list[Document], site: Site
) -> Iterator[str]:
    """What of a new annotation does not look like what is around it."""
    path: Path = (*site.path, site.key)
    was, now = old[site.document], new[site.document]
    if site.entry or site.inner or at(was.tree, path) is not None or at(now.tree, path) is None:
        return
    added = after[common(before, after) :][: len(after) - len(before)]
    for newline in set(re.findall("\r\n|\n|\r", added)):
        if newline not in before:
            yield "a line break that the file does not have"
    if now.node is None:
        yield from _json_style(before, after)
        return
    chain = _nodes(now.node, site.path)
    mapping = chain[-1][1]
    keys = [key.value for key, _ in mapping.value]
    [[key, value]] = [pair for pair in mapping.value if pair[0].value == site.key]
    others = [pair for pair in mapping.value if pair[0] is not key]
    near = {
        one.style for _, one in others if isinstance(one, ScalarNode) and one.style in ("'", '"')
    }
    usual = set[str]().union(*(document.quotes for document in old))
    if value.style not in (near or (usual if len(usual) == 1 else {"'", '"'})):
        yield f"the quotes are {value.style}"
    styles = {one.style if isinstance(one, ScalarNode) else None for one, _ in others}
    if len(styles) == 1 and styles <= {"'", '"'} and key.style not in styles:
        yield "the key is not quoted as its siblings are"
    yield from _order(keys, others, site.key)
    holder = chain[-2][1] if len(chain) > 1 else None
    if others or mapping.flow_style or not isinstance(holder, MappingNode):
        return
    around = set[int]().union(*(step_of(*p) for p in holder.value if p[1] is not mapping))
    [step] = step_of(chain[-1][0], mapping) or {0}
    if step not in (around or was.steps or {2}):
        yield f"the map is indented by {step}"


def _order(keys: list[Any], others: list[Any], key: str) -> Iterator[str]:
    """Sorted keys stay sorted, but where the new one would come behind a block of lines."""
    rest = [one.value for one, _ in others]
    if not all(isinstance(one, str) for one in rest) or len(rest) < 2 or rest[0] in ("name", "<<"):
        return
    last = others[-1][1]
    block = last.style in ("|", ">") if isinstance(last, ScalarNode) else not last.flow_style
    if rest == sorted(rest) and keys != sorted(keys) and not (key > rest[-1] and block):
        yield "the keys are no longer sorted"


def _nodes(node: Node, path: Path) -> list[tuple[Any, Any]]:
    """The keys and nodes on a path."""
    out: list[tuple[Any, Any]] = [(None, node)]
    for step in path:
        if isinstance(node, SequenceNode):
            assert isinstance(step, int)
            out.append((None, node.value[step]))
        else:
            out.append(next(pair for pair in reversed(node.value) if pair[0].value == step))
        node = out[-1][1]
    return out


def _json_style(before: str, after: str) -> Iterator[str]:
    """What a printer of JSON has written is still what it would write."""
    ways = _ways(before)
    if ways and not any(_printed(after, way) for way in ways):
        yield "it is no longer as a printer of JSON writes it"


@lru_cache(maxsize=4)
def _ways(text: str) -> list[Any]:
    """The ways of printing JSON that make this text."""
    ways = [
        {"indent": indent, "separators": (comma, colon), "ensure_ascii": ascii_only}
        for indent in (None, 1, 2, 3, 4, 8, "\t")
        for comma in (",", ", ")
        for colon in (":", ": ", " : ")
        for ascii_only in (True, False)
    ]
    return [way for way in ways if _printed(text, way)]


def _printed(text: str, way: Any) -> bool:
    text = text.strip("\ufeff \n")
    return bool(json.dumps(json.loads(text), **way) == text)


# The places


def places(text: str, file: str) -> list[Site]:
    """Where a wave could be: objects, other maps of annotations, texts with such maps, patches."""
    found: dict[tuple[Any, ...], Site] = {}
    for number, document in enumerate(documents(text, file)):
        blank = Site("manifest", file, number, (), 1, None)
        sites = [
            *(replace(blank, path=path) for path in _objects(document.tree, ())),
            *_maps(document.tree, (), blank),
        ]
        name = file.rpartition("/")[2].partition(".")[0]
        if name.lower() == "kustomization" and document.tree[0] == "map":
            sites.append(replace(blank, path=("commonAnnotations",)))
            sites.append(replace(blank, path=("patches",), entry=_TARGET))
        for site in sites:
            found.setdefault((number, site.path, site.inner, site.entry), site)
    return list(found.values())


def every_map(text: str, file: str) -> list[Site]:
    """Every map of every document, as if it held annotations: more ways to write YAML."""
    return [
        Site("manifest", file, number, path, 1, None)
        for number, document in enumerate(documents(text, file))
        for path in _every(document.tree, ())
    ]


def _every(tree: Tree, path: Path) -> Iterator[Path]:
    kind, items = tree
    if kind == "map":
        yield path
    pairs = (
        enumerate(items)
        if kind == "list"
        else ((k[1], v) for k, v in items)
        if kind == "map"
        else ()
    )
    for step, value in pairs:
        if isinstance(step, (str, int)):
            yield from _every(value, (*path, step))


def _objects(tree: Tree, path: Path) -> Iterator[Path]:
    """The annotations of each Kubernetes object, also in a List."""
    kind = child(tree, "kind")
    if child(tree, "apiVersion") is None or kind is None:
        return
    items = child(tree, "items")
    if str(kind[1]).endswith("List") and items is not None and items[0] == "list":
        for number, item in enumerate(items[1]):
            yield from _objects(item, (*path, "items", number))
        return
    yield (*path, "metadata", "annotations")


def _maps(tree: Tree, path: Path, blank: Site) -> Iterator[Site]:
    """Every map of annotations that is there, and those in texts; none in schemas."""
    kind, items = tree
    if kind == "list":
        for number, item in enumerate(items):
            yield from _maps(item, (*path, number), blank)
    if kind == "map":
        for key, value in items:
            step: Path = (*path, key[1])
            if key[0] != _STRING or key[1] == "properties":
                continue
            if key[1].endswith("nnotations") and (value[0] == "map" or value in _NULLS):
                yield replace(blank, path=step)
            if key[1] in ("values", "patch") and value[0] == _STRING and "\n" in value[1]:
                yield from _inside(value[1], replace(blank, path=step))
            yield from _maps(value, step, blank)


def _inside(text: str, blank: Site) -> Iterator[Site]:
    try:
        inner = documents(text, "")
    except Unread:
        return
    if len(inner) == 1 and inner[0].tree[0] == "map":
        here = replace(blank, path=(), inner=())
        paths = [site.path for site in _maps(inner[0].tree, (), here) if not site.inner]
        for path in paths or [("podAnnotations",)]:
            yield replace(blank, inner=path)


def held(text: str, site: Site) -> tuple[str | None, bool]:
    """The wave that stands at a site, and whether it is in quotes."""
    document = _opened(text, site)
    path: Path = (*(site.inner or site.path), site.key)
    found = at(document.tree, path)
    if found is None or site.entry is not None:
        return None, False
    if document.node is None:
        return str(found[1]), found[0] == _STRING
    key, value = _nodes(document.node, path)[-1]
    own = value.start_mark.index > key.start_mark.index  # no alias
    return str(found[1]), found[0] == _STRING and value.style in ("'", '"') and own


def trace_free(text: str, site: Site) -> bool:
    """Whether a wave that is set and removed has to leave no trace: see exactness.py."""
    tree, path = _opened(text, site).tree, site.inner or site.path
    there, above = at(tree, path), at(tree, path[:-1])
    return bool(there[1] if there and there[0] == "map" else not there and above and above[1])


def _opened(text: str, site: Site) -> Document:
    """The document of a site: that in the text, where it is one."""
    document = documents(text, site.file)[site.document]
    inside = at(document.tree, site.path) if site.inner else None
    return documents(inside[1], "")[0] if inside else document
