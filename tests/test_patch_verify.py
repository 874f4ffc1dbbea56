"""A wrong splice is found before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from patching import META, an_edit

from wavefix import patch
from wavefix.errors import InputError
from wavefix.patch import prepare
from wavefix.patch.plan import plan
from wavefix.patch.splice import Splice

Sabotage = Callable[[list[Splice]], list[Splice]]
SABOTAGE: dict[str, tuple[Sabotage, str]] = {
    "another value": (
        lambda made: [replace(made[0], text=made[0].text.replace("1", "9"))],
        "at metadata.annotations",
    ),
    "a key too many": (lambda made: [*made, Splice(0, 0, "x: y\n")], "at x"),
    "a document too many": (lambda made: [*made, Splice(0, 0, "a\n---\n")], "document 0"),
    "a document more at the end": (lambda made: [*made, Splice(50, 50, "---\nd\n")], "documents"),
    "a document less": (lambda made: [*made, Splice(44, 50, "")], "documents"),
    "another document": (lambda made: [*made, Splice(48, 49, "d")], "document 1"),
    "a key gone": (lambda made: [*made, Splice(25, 34, "")], "at metadata.annotations.a"),
    "a list cut": (lambda made: [*made, Splice(42, 43, "[]")], "at spec"),
    "nothing at all": (lambda made: [replace(made[0], text="")], "at metadata.annotations"),
    "no longer YAML": (lambda made: [*made, Splice(0, 0, "{")], "not what was planned"),
}


@pytest.mark.parametrize(("sabotage", "why"), SABOTAGE.values(), ids=SABOTAGE.keys())
def test_a_wrong_splice_is_found_before_anything_is_written(
    sabotage: Sabotage, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "metadata:\n  annotations:\n    a: b\nspec:\n- a\n---\nc\n"
    assert (text[25:34], text[42], text[48]) == ("    a: b\n", "a", "c")
    monkeypatch.setattr(
        patch, "plan", lambda *given: sorted(sabotage(plan(*given)), key=lambda made: made.start)
    )
    with pytest.raises(InputError, match=why) as caught:
        prepare([an_edit(META, "1")], {"/x.yaml": text})
    assert caught.value.advice == "this is a bug in wavefix; nothing was written"
    assert (caught.value.file, caught.value.line > 0) == ("/x.yaml", True)


def test_a_json_file_stays_json(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"a": {"b": "c"}}'
    assert prepare([an_edit(("a",), "1", "/x.json")], {"/x.json": text})
    monkeypatch.setattr(patch, "plan", lambda *given: [*plan(*given), Splice(15, 15, ",")])
    assert prepare([an_edit(("a",), "1", "/x.yaml")], {"/x.yaml": text})  # fine for YAML
    with pytest.raises(InputError, match="not what was planned"):
        prepare([an_edit(("a",), "1", "/x.json")], {"/x.json": text})
