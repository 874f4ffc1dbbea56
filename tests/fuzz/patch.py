"""The target for patching: wherever a wave or an entry can be put, nothing else is another.

The input is the text of one file. What an edit did is judged by the two texts, and by parsers that
wavefix does not use (`views.py`), as far as these read the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from fuzz.views import TEXT, Unreadable, View, at, views, with_value, without
from wavefix import template, yamlio
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, Edit, Entry, EntryEdit, FilePatch, PatchTarget, Path, Site
from wavefix.patch import check, check_entries, prepare
from wavefix.yamlio import BOM

FILE = "/x.yaml"
_SITES, _ENTRIES = 12, 8  # of one input
_WAVES = ("-7", None)
_VALUES: tuple[Any, ...] = (
    "a: b #",
    3,
    True,
    ["x", {"y": "z"}],
    {"a": {"b": "1"}, "c": []},
    "l\nm\n",
)
_PATCH = ("patch", "apiVersion", "kind", "metadata", "annotations", "name", "namespace")
_WORD = re.compile(r"[^\s\"'{}:,]+")
_COMMENT = re.compile("#.*")
_SPELLED = re.compile(r"[!&*\\]|[|>][-+\d]*[ \t]*(?:#.*)?[\r\n]")
# Integers to Python and not to Go, or the other way round: large, octal, of base 60.
_DOUBTFUL = re.compile(r"[-+]?(?:0o.*|.*:.*|[\d_]{19,})")
_LAST = re.compile(_WORD.pattern + r"\Z")
_TARGET = PatchTarget("apps", "v1", "Deployment", "web", "shop")


def one(data: bytes) -> None:
    """Edit the text of an input in every way. Raises what is wrong with wavefix."""
    try:
        text = yamlio.decode(data, FILE)
    except InputError:
        return
    _templates(text)
    known = [] if BOM in text[1:] else list(views(text))  # libyaml minds none within
    file = "/x.json" if known and known[0][0] == "json" else FILE
    try:
        documents = yamlio.load(text, file)
    except InputError:
        check(Site("manifest", file, 0, ("metadata", "annotations"), 1, None), text)
        return
    for site in islice(_sites(file, documents), _SITES):
        for wave in _WAVES:
            _edit(text, site, wave, known)
    for entry in islice(_entries(file, documents), _ENTRIES):
        _enter(text, entry, known)


# What is tried


def _sites(file: str, documents: Sequence[yamlio.Document]) -> Iterator[Site]:
    """Maps that are there, maps that are not, maps in texts, lists of patches."""
    for document in documents:
        for path, data in _paths(document.data, ()):
            if isinstance(data, dict):
                for rest in ((), ("metadata", "annotations")):
                    yield Site("manifest", file, document.index, (*path, *rest), 1, None)
                yield Site("helm-values", file, document.index, path, 1, None, key="wave")
            elif isinstance(data, list) and path:
                yield Site("kustomize-patch", file, document.index, path, 1, None, entry=_TARGET)
            elif isinstance(data, str) and path and (":" in data or "{" in data):
                for inner, _ in islice(_inside(data), 4):
                    yield Site("helm-values", file, document.index, path, 1, None, inner)


def _inside(text: str) -> Iterator[tuple[Path, Any]]:
    try:
        documents = yamlio.load(text, FILE)
    except InputError:
        return
    for document in documents[:1]:
        for path, data in _paths(document.data, ()):
            if isinstance(data, dict):
                yield (*path, "podAnnotations"), None
                if path:
                    yield path, data


def _entries(file: str, documents: Sequence[yamlio.Document]) -> Iterator[Entry]:
    """New keys, other values for keys, one more item for lists."""
    for document in documents:
        for number, (path, data) in enumerate(_paths(document.data, ())):
            value = _VALUES[number % len(_VALUES)]
            if isinstance(data, dict):
                first = next(iter(data), "")
                yield Entry(file, document.index, path, "added", value, first)
                yield Entry(file, document.index, (*path, "a", "b"), "c", value)
                if data:
                    yield Entry(file, document.index, path, first, value)
            elif isinstance(data, list):
                yield Entry(file, document.index, path, len(data), value)


def _paths(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every part of a document with its path, the nearest to the root first."""
    level: list[tuple[Path, Any]] = [(path, data)]
    while level and len(path) < 50:
        yield from level
        level = [
            ((*path, step), value)
            for path, data in level
            for step, value in (
                data.items()
                if isinstance(data, dict)
                else enumerate(data)
                if isinstance(data, list)
                else ()
            )
        ][:200]
        path = (*path, "")


def _prepared(
    text: str, edits: Sequence[Edit], entries: Sequence[EntryEdit], why: str
) -> tuple[FilePatch, ...] | None:
    """What comes of an edit; None where it is refused, which `check` has told before."""
    [file] = {*(edit.site.file for edit in edits), *(edit.file for edit in entries)}
    try:
        patches = prepare(edits, {file: text}, entries)
    except InputError as error:
        if not why:
            raise AssertionError(f"{error}: {edits or entries}") from error
        return None
    assert not why or not patches, f"refused ({why}), and done: {edits or entries}"
    return patches


# Waves


def _edit(text: str, site: Site, wave: str | None, known: Sequence[tuple[str, Any, View]]) -> None:
    why = check(site, text, remove=wave is None)
    patches = _prepared(text, [Edit(site, "x", wave)], (), why)
    if patches is None:
        return
    after = patches[0].after if patches else text
    for name, read, before in known:
        if site.inner:
            _within(name, read, site, wave, before, after)
        else:
            _same(name, read(after), _expected(before, site, wave), site)
    if after != text:
        if known:
            _only_tokens(text, after, _tokens(site, wave, known))
        if site.entry is None:
            assert not prepare([Edit(site, "x", wave)], {site.file: after}), f"twice at {site}"


def _expected(before: View, site: Site, wave: str | None) -> Sequence[View]:
    if site.entry is not None:
        return ()  # judged by `verify`, and by the bytes
    old = at(before, site.document, site.path)
    has = isinstance(old, dict) and site.key in old
    if wave is None:
        return without(before, site.document, site.path, site.key) if has else (before,)
    value: Any = (TEXT, wave)
    values = [value]
    if has and site.mechanism == "helm-values" and site.key != SYNC_WAVE:
        assert isinstance(old, dict)
        number = old[site.key]
        typed = int(wave) if isinstance(number, int) else ("tag:yaml.org,2002:int", wave)
        if _DOUBTFUL.fullmatch(str(number[1] if isinstance(number, tuple) else number)):
            values = [typed, value]
        elif isinstance(number, int) or number[0].endswith(":int"):
            values = [typed]
    return [with_value(before, site.document, site.path, site.key, value) for value in values]


def _within(name: str, read: Any, site: Site, wave: str | None, before: View, after: str) -> None:
    """An edit in a text that holds YAML is that edit of the text."""
    now = read(after)
    inside = [at(view, site.document, site.path) for view in (before, now)]
    assert all(isinstance(text, tuple) for text in inside), f"{name}: no text at {site}"
    try:
        old, new = (read(text) for _, text in inside)
    except Unreadable:
        return
    inner = Site(site.mechanism, FILE, 0, site.inner, 1, None)
    _same(name, new, _expected(old, inner, wave), site)
    outer = [with_value(v, site.document, site.path[:-1], site.path[-1], "") for v in (before, now)]
    _same(name, outer[1], outer[:1], site)


def _same(name: str, found: View, expected: Sequence[View], where: object) -> None:
    assert not expected or found in expected, f"{name}: {found} for {expected} at {where}"


# Entries


def _enter(text: str, entry: Entry, known: Sequence[tuple[str, Any, View]]) -> None:
    edit = EntryEdit((entry,), "x", "application", 1, None, "x")
    patches = _prepared(text, (), [edit], check_entries([entry], text))
    if patches:
        after = patches[0].after
        for name, read, before in known:
            value = _viewed(entry.value, name)
            wanted = with_value(before, entry.document, entry.path, entry.key, value)
            _same(name, read(after), (wanted,), entry)


def _viewed(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _viewed(item, name) for key, item in value.items()}
    if isinstance(value, list):
        return [_viewed(item, name) for item in value]
    if isinstance(value, str):
        return (TEXT, value)
    if name == "json":
        return value
    tag = "bool" if isinstance(value, bool) else "int"
    return (f"tag:yaml.org,2002:{tag}", str(value).lower())


# Bytes


def _tokens(site: Site, wave: str | None, known: Sequence[tuple[str, Any, View]]) -> list[str]:
    """All that an edit may take away or bring, but for white space and signs."""
    steps = [str(step) for step in (*site.path, *site.inner)]
    words = [*steps, *_WORD.findall(" ".join(steps)), site.key, wave or "", "null"]
    for _, read, view in known:
        old = at(view, site.document, (*site.path, site.key))
        if site.inner:
            text = at(view, site.document, site.path)
            try:
                old = at(read(text[1]), 0, (*site.inner, site.key))
            except Unreadable:
                continue
        if isinstance(old, tuple):
            words += [old[1], *_WORD.findall(old[1])]
    if site.entry is not None:
        words += [
            *site.entry,
            "patch",
            "apiVersion",
            "kind",
            "metadata",
            "annotations",
            "name",
            "namespace",
        ]
    return words


def _only_tokens(before: str, after: str, words: Sequence[str]) -> None:
    """What differs is the wave, its keys, and signs.

    Tags, aliases, escapes and texts over several lines spell words in ways of their own: what
    becomes of these the parsers tell.
    """
    words = [*words, *(_COMMENT.sub("", word) for word in words)]
    allowed = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word)
    other = re.compile(rf"(?:{allowed}|\d+|[Nn]ull|NULL|\\n|[-+\[\]\s~{{}}:,?'\"|>/\\])+")

    def known(text: str) -> bool:
        return not other.sub("", _COMMENT.sub("", text))

    assert any(
        _SPELLED.search(one) or (known(one) and known(another))
        for one, another in _middles(before, after)
    ), f"more than the wave: {list(_middles(before, after))[:1]}"


def _middles(before: str, after: str) -> Iterator[tuple[str, str]]:
    """What differs, between what is equal at the start and at the end: it may be seen in several
    places; with the words that it is a part of."""
    room = min(len(before), len(after))
    start = next((i for i in range(room) if before[i] != after[i]), room)
    end = next((i for i in range(room - start) if before[-1 - i] != after[-1 - i]), room - start)
    for back in range(start + 1):
        low, high, top = start - back, len(before) - end - back, len(after) - end - back
        if (
            before[low:start] == before[high : high + back]
            and after[low:start] == after[top : top + back]
        ):
            yield before[low:high], after[low:top]
            head = _LAST.search(before, 0, low)
            tail = _WORD.match(before, high)
            if head or tail:  # the value that was there may end or begin like the new one
                low, more = head.start() if head else low, len(tail[0]) if tail else 0
                yield before[low : high + more], after[low : top + more]


# Templates


def _templates(text: str) -> None:
    """Each part of a chart's template: a wave that is set is there, and can be set back."""
    try:
        parts = template.parts(template.Template(text))
    except template.NoSpot:
        return
    for part in parts[:6]:
        path = ("metadata", "annotations")
        site = Site("chart-template", FILE, part.number, path, 1, None)
        for wave in _WAVES:
            why = check(site, text, remove=wave is None)
            patches = _prepared(text, [Edit(site, "x", wave)], (), why)
            if patches:
                after = patches[0].after
                old = _wave(text, part.number)
                _only_tokens(text, after, [SYNC_WAVE, *path, wave or "", *_WORD.findall(old)])
                if wave is not None:
                    assert not prepare([Edit(site, "x", wave)], {FILE: after}), "twice"


def _wave(text: str, part: int) -> str:
    return template.spot(template.Template(text), part).before or ""
