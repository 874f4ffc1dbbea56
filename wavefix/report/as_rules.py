"""What wavefix knows, for `wavefix rules`: every rule with the page that it was read from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from wavefix.report.words import count, json_safe, paint, wrapped
from wavefix.rules.form import PARTS, PODMETA, PODSPEC, FileText, several


@dataclass(frozen=True, slots=True)
class Known:
    """One entry of a rule file. `part` says of which kind: `rules`, `makes`, `providers`, ..."""

    id: str
    part: str
    kinds: tuple[str, ...]
    fields: tuple[str, ...]
    to: tuple[str, ...]
    needs: str
    why: str
    doc: str


def entries(text: FileText) -> Iterator[Known]:
    """Every entry of a rule file."""
    for part in PARTS:
        for entry in getattr(text, part):
            yield Known(
                entry.id,
                part,
                several(getattr(entry, "source", ())) or getattr(entry, "kinds", ()),
                _fields(entry, part),
                _targets(entry, part),
                _needs(getattr(entry, "needs", "")),
                getattr(entry, "why", "") or getattr(entry, "what", ""),
                entry.doc or text.docs,
            )


def _fields(entry: Any, part: str) -> tuple[str, ...]:
    if part == "providers":
        return (*entry.charts, *entry.packages, *entry.images)
    field = {"rules": "path", "hosts": "path", "makes": "name", "policies": "selector"}.get(part)
    return tuple(filter(None, several(getattr(entry, field)))) if field else ()


def _targets(entry: Any, part: str) -> tuple[str, ...]:
    match part:
        case "rules":
            return several(entry.to)
        case "makes":
            return (entry.kind,)
        case "defines":
            return (f"{entry.kind}.{entry.group}",)
        case "providers":
            return (*entry.groups, *entry.gives)
        case _:
            return ()


def _needs(needs: str | dict[str, str]) -> str:
    if isinstance(needs, str):
        return needs
    return ", ".join(f"{kind}: {state}" for kind, state in needs.items())


def rules_text(files: Sequence[FileText], word: str, color: bool) -> str:
    """All ecosystems, a line each; with a word, the entries whose id, kinds or fields hold it."""
    if word:
        found = [item for text in files for item in entries(text) if _about(item, text, word)]
        return "".join(_shown(item, color) for item in found)
    rows = [(text, list(entries(text))) for text in files]
    width = max((len(text.ecosystem) for text, _ in rows), default=0)
    lines = [
        f"{text.ecosystem:<{width}}  {_size(text, known):<24}  {text.docs}".rstrip()
        for text, known in rows
    ]
    kinds = {kind for text, known in rows for kind in _kinds(text, known)}
    total = sum(len(known) for _, known in rows)
    lines += [
        "",
        f"{total} rules for {len(kinds)} kinds; `wavefix rules WORD` shows those about it",
    ]
    return "\n".join(lines) + "\n"


def _kinds(text: FileText, known: Sequence[Known]) -> set[str]:
    """The kinds that a file knows: those that it lists, and those that have rules."""
    ruled = {kind for item in known if item.part != "providers" for kind in item.kinds}
    return {*text.kinds.namespaced, *text.kinds.cluster, *ruled} - {PODSPEC, PODMETA}


def _size(text: FileText, known: Sequence[Known]) -> str:
    providers = [item for item in known if item.part == "providers"]
    if providers:
        return count(len(providers), "provider")
    return f"{count(len(known), 'rule')}, {count(len(_kinds(text, known)), 'kind')}"


def _about(item: Known, text: FileText, word: str) -> bool:
    """Whether an entry is of an ecosystem of this name, or one of its names holds the word."""
    low = word.lower()
    if low == text.ecosystem.lower():
        return True
    return any(low in name.lower() for name in (item.id, *item.kinds, *item.to, *item.fields))


def _shown(item: Known, color: bool) -> str:
    sources, targets = ", ".join(item.kinds), ", ".join(item.to)
    fields = ", ".join(item.fields)
    facts = {
        "rules": [("from", sources), ("field", fields), ("to", targets), ("needs it", item.needs)],
        "hosts": [("from", sources), ("hosts in", fields), ("needs them", item.needs)],
        "makes": [("from", sources), ("makes", targets), ("named", fields)],
        "defines": [("from", sources), ("defines", targets), ("needs it", item.needs)],
        "policies": [("policy", sources), ("pods by", fields), ("needs it", item.needs)],
        "providers": [("known by", fields), ("brings", targets)],
        "derived": [],
    }[item.part]
    facts += [("why", item.why), ("doc", item.doc)]
    lines = [paint(item.id, "bold", color)]
    for label, value in facts:
        if value:
            lines += wrapped(value, f"  {label:<10}  ", " " * 14)
    return "\n".join([*lines, ""]) + "\n"


def rules_json(files: Iterable[FileText]) -> str:
    """`{"version": 1, "ecosystems": [{"name", "docs", "rules": [...]}]}`."""
    data = {
        "version": 1,
        "ecosystems": [
            {
                "name": text.ecosystem,
                "docs": text.docs,
                "rules": [asdict(item) for item in entries(text)],
            }
            for text in files
        ],
    }
    return json_safe(json.dumps(data, ensure_ascii=False, indent=2)) + "\n"
