"""Kinds by the plural names that roles and webhooks use for them."""

from __future__ import annotations

from collections.abc import Iterable

from wavefix.infer.scene import Scene, crd_kind
from wavefix.infer.structure import CRD
from wavefix.yamlio import get


class Plurals:
    """The kinds in sight, by API group and plural."""

    def __init__(self, scene: Scene) -> None:
        named = {
            crd_kind(crd): str(get(crd.body, "spec", "names", "plural"))
            for crd in scene.of_kind(CRD)
        }
        self._by_group: dict[str, dict[str, str]] = {}
        for kind in scene.kinds():
            short, _, group = kind.partition(".")
            plural = named.get(kind) or plural_of(short)
            self._by_group.setdefault(group, {})[plural] = kind

    def kinds(self, groups: Iterable[object], plurals: Iterable[object]) -> list[str]:
        """The kinds in sight that are meant; `*` stands for all groups, or all plurals."""
        wanted = {str(plural) for plural in plurals}
        everything = bool(wanted & {"*", "*/*"})
        asked = {str(group) for group in groups}
        return [
            kind
            for group, known in self._by_group.items()
            if "*" in asked or group in asked
            for plural, kind in known.items()
            if everything or plural in wanted
        ]


def kinds_by_word(scene: Scene) -> dict[str, list[str]]:
    """The kinds in sight by what people call them: singular or plural, with or without a group."""
    out: dict[str, list[str]] = {}
    for kind in scene.kinds():
        short, _, group = kind.partition(".")
        for word in {short.lower(), plural_of(short)}:
            out.setdefault(word, []).append(kind)
            if group:
                out.setdefault(f"{word}.{group}", []).append(kind)
    return out


def plural_of(kind: str) -> str:
    """The plural that a kind most likely has: apimachinery, api/meta/restmapper.go, UnsafeGuess."""
    name = kind.lower()
    if name.endswith("endpoints"):
        return name
    if name.endswith(("s", "x", "ch", "sh")):
        return f"{name}es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}s"
