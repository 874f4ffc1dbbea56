"""The corpus of the fuzzer, run without it; `tests/fuzz` says what each target sees to.

Inputs called `found-*` are what the fuzzer found, cut down: each of them failed once.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from fuzz import patch, read
from fuzz.archive import split

CORPUS = Path(__file__).parent / "fuzz" / "corpus"
TARGETS: dict[str, Callable[[bytes], None]] = {"patch": patch.one, "read": read.one}
INPUTS = [
    pytest.param(target, path, id=f"{name}-{path.name}")
    for name, target in TARGETS.items()
    for path in sorted((CORPUS / name).iterdir())
]


@pytest.mark.parametrize(("target", "path"), INPUTS)
def test_every_input_goes_through(target: Callable[[bytes], None], path: Path) -> None:
    target(path.read_bytes())


def test_an_input_is_several_files() -> None:
    text = b"a: 1\n-- b/c.yaml --\nd\n-- ../../e//.git/./f --\n--  --\n-- g --\n"
    assert split(text) == {"x.yaml": b"a: 1\n", "b/c.yaml": b"d\n", "e/f": b"--  --\n", "g": b""}
    assert split(b"") == {"x.yaml": b""}
    assert split(b"-- a --\n") == {"a": b""}


def test_what_is_wrong_with_an_edit_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The target judges for itself: an edit that goes astray does not get past it."""
    plan = import_module("wavefix.patch.plan")
    text = b"metadata: {name: b, annotations: {argocd.argoproj.io/sync-wave: '3', c: d}}\n"
    patch.one(text)
    monkeypatch.setattr("wavefix.patch.verify", lambda *_: None)
    right = plan.set_value

    def astray(*arguments: object) -> object:
        [splice] = right(*arguments)
        return [type(splice)(splice.start - 1, splice.end + 1, f'"{splice.text}x"')]

    monkeypatch.setattr(plan, "set_value", astray)
    with pytest.raises(AssertionError):
        patch.one(text)
