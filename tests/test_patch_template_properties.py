"""Whatever a template looks like: a wave that is set is one more annotation, and nothing else.

Templates are drawn with their conditions, loops, expressions and style. What an edit did is judged
by the text, and by a few lines of a template engine, for every outcome of the conditions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st
from patching import examples

from wavefix.model import SYNC_WAVE, Edit, Site
from wavefix.patch import check, prepare
from wavefix.patch.template import parts, spot
from wavefix.render.templates import PART, marked

Draw = st.DrawFn
FLAGS = ("a", "b")
LABELS = {"app": "x", "tier": "y"}  # what the expression prints


@dataclass
class Writer:
    """A template on its way."""

    draw: Draw
    number: int
    step: int = 2
    lines: list[str] = field(default_factory=list)

    def coin(self, of: int = 2) -> bool:
        return bool(self.draw(st.integers(0, of)) == 0)

    def put(self, column: int, text: str) -> None:
        if self.coin(7):
            remark = self.draw(
                st.sampled_from(
                    ["# metadata:", "{{- /* name: x\n---\n */}}", "", '{{- $x := "{{ ---" }}']
                )
            )
            self.lines.append(" " * column + remark if remark else "")
        self.lines.append(" " * column + text)

    def maybe(self, column: int, texts: list[str]) -> None:
        """Lines, in a condition or not; its own column is anything."""
        flag = self.draw(st.sampled_from(["", "", *FLAGS]))
        indent = " " * self.draw(st.sampled_from([0, column]))
        if flag:
            self.lines.append(f"{indent}{{{{- if .Values.{flag} }}}}")
        for text in texts:
            self.put(column, text)
        if flag:
            self.lines.append(f"{indent}{{{{- end }}}}")

    def wave(self) -> str:
        value = self.draw(st.sampled_from(['"1"', "'1'", "1", "", "{{ .Values.wave }}"]))
        return f"{SYNC_WAVE}: {value}".rstrip()

    def annotations(self, column: int) -> None:
        kind = self.draw(st.sampled_from(["none", "none", "empty", "braces", "lines", "lines"]))
        if kind == "none":
            return
        texts = ["annotations:"]
        if kind == "braces":
            texts = [f"annotations: {self.draw(st.sampled_from(['{}', '{a: b}']))}"]
        if kind == "lines":
            deeper = " " * self.draw(st.integers(1, 4))
            number = column + len(deeper)
            some = self.draw(
                st.lists(
                    st.sampled_from(
                        [
                            f"{deeper}note: 'it'",
                            f"{deeper}{{{{- toYaml .Values.labels | nindent {number} }}}}",
                            f'{deeper}text: |\n{" " * number}  {SYNC_WAVE}: "5"',
                        ]
                    ),
                    unique=True,
                )
            )
            if self.coin(1):
                some.insert(self.draw(st.integers(0, len(some))), deeper + self.wave())
            texts += some
        self.maybe(column, texts)

    def metadata(self, base: int) -> None:
        column = base + self.step
        self.put(base, "metadata:")
        names = [f"name: {{{{ .Values.name }}}}-{self.number}", "namespace: 'y'", "labels:"]
        for name in self.draw(st.permutations([*names[1:], "annotations"])):
            if name == "annotations":
                self.annotations(column)
            elif name == "labels:" and self.coin():
                indent = column + self.step
                self.lines.append(" " * column + name)
                self.lines.append(f"{{{{- toYaml .Values.labels | nindent {indent} }}}}")
            elif name != "labels:":
                self.maybe(column, [name])
        self.put(column, names[0])

    def part(self) -> None:
        base = self.draw(st.sampled_from([0, 0, 0, 2]))
        self.step = self.draw(st.integers(1, 4))
        around = self.draw(st.sampled_from(["", "", "if .Values.a", "range .Values.two"]))
        if around:
            self.lines.append(f"{{{{- {around} }}}}")
            if around.startswith("range"):
                self.lines.append("---")
        if base:  # else Helm takes the indentation of the first line away
            self.lines.append("# indented")
        pod = ["template:", "  metadata:", f"    annotations: {{{SYNC_WAVE}: '8'}}"]
        for one in self.draw(st.permutations(["kind", "metadata", "spec"])):
            if one == "metadata":
                self.metadata(base)
            elif one == "kind":
                self.put(base, "kind: Pod")
            else:
                self.maybe(base, pod)
        if around:
            self.lines.append("{{- end }}")


@st.composite
def templates(draw: Draw) -> str:
    lines: list[str] = []
    for number in range(draw(st.integers(1, 3))):
        if number:
            lines.append(draw(st.sampled_from(["---", "--- # next"])))
        writer = Writer(draw, number)
        writer.part()
        lines += writer.lines
    text = "\n".join(lines) + draw(st.sampled_from(["\n", ""]))
    return draw(st.sampled_from(["", "\ufeff"])) + text.replace(
        "\n", draw(st.sampled_from(["\n", "\r\n"]))
    )


_ACTION = re.compile(r"(\s*)\{\{(-)?(/\*.*?\*/|\s/\*.*?\*/|.*?)\}\}", re.DOTALL)


def render(text: str, on: frozenset[str]) -> list[Any]:
    """The documents that a template makes where these flags are set."""
    out: list[str] = []
    at, shown, starts = 0, [True], []
    text = text.removeprefix("\ufeff")
    while found := _ACTION.search(text, at):
        body = found[3].strip().removesuffix("*/").strip()
        if shown[-1]:
            out.append(text[at : found.start()] + ("" if found[2] else found[1]))
        at = found.end()
        if body.startswith("if "):
            shown.append(shown[-1] and body[-1] in on)
            starts.append(-1)
        elif body.startswith("range "):
            shown.append(shown[-1])
            starts.append(len(out))
        elif body == "end":
            start = starts.pop()
            shown.pop()
            if start >= 0:  # two rounds, which are the same
                out += out[start:]
        elif shown[-1] and body.startswith("toYaml"):
            indent = " " * int(body.split()[-1])
            out += [f"\n{indent}{key}: {value}" for key, value in LABELS.items()]
        elif shown[-1] and body.startswith(".Values."):
            out.append(body.removeprefix(".Values.") if "wave" not in body else "6")
    out.append(text[at:])
    whole = "".join(out)
    documents = re.split(r"(?:^|\s*\n)---\s*", whole.strip())
    nodes = [yaml.compose(one) for one in documents]
    return [plain(node) for node in nodes if isinstance(node, yaml.MappingNode)]


def plain(node: yaml.Node) -> Any:
    """Data of texts; no key may stand there twice."""
    if isinstance(node, yaml.MappingNode):
        data = {key.value: plain(value) for key, value in node.value}
        assert len(data) == len(node.value)
        return data
    return [plain(one) for one in node.value] if isinstance(node, yaml.SequenceNode) else node.value


def without(body: Any, key: str) -> tuple[Any, str | None]:
    metadata = dict(body["metadata"])
    annotations = dict(metadata.pop("annotations", None) or {})
    value = annotations.pop(key, None)
    return {**body, "metadata": metadata, "": annotations}, value


WAYS = [frozenset(f for f, one in zip(FLAGS, bits, strict=True) if one)
        for bits in product([True, False], repeat=2)]  # fmt: skip


def site(part: int) -> Site:
    return Site("chart-template", "/t.yaml", part, ("metadata", "annotations"), 1, None)


@examples(80)
@given(templates())
def test_a_wave_in_a_template_is_all_that_changes(text: str) -> None:
    for part in parts(text):
        if part.empty or check(site(part.number), text):
            continue
        (patch,) = prepare([Edit(site(part.number), "x", "-42")], {"/t.yaml": text})
        found = spot(text, part.number)
        assert patch.after[: found.start] == text[: found.start]
        assert patch.after[len(patch.after) - len(text) + found.end :] == text[found.end :]
        assert spot(patch.after, part.number).before == "-42"
        for on in WAYS:
            old, new = render(text, on), render(patch.after, on)
            assert len(old) == len(new)
            for was, now in zip(old, new, strict=True):
                (one, before), (other, wave) = without(was, SYNC_WAVE), without(now, SYNC_WAVE)
                assert one == other
                mine = was["metadata"]["name"][-1] == part.names[0][-1]
                always = mine and found.before is None
                assert wave == "-42" if always else wave in ("-42" if mine else before, before)


@examples(80)
@given(templates())
def test_a_mark_shows_on_what_a_wave_there_reaches(text: str) -> None:
    result = marked(text, "t.yaml")
    assert result.marks.keys().isdisjoint(result.refused)
    for part, mark in result.marks.items():
        (patch,) = prepare([Edit(site(part), "x", "-42")], {"/t.yaml": text})
        for on in WAYS:
            shown = [without(one, PART)[1] == mark for one in render(result.text, on)]
            reached = [without(one, SYNC_WAVE)[1] == "-42" for one in render(patch.after, on)]
            assert shown == reached


@examples(40)
@given(templates())
def test_a_wave_is_removed_and_nothing_else(text: str) -> None:
    for part in parts(text):
        if part.empty or check(site(part.number), text, remove=True):
            continue
        patches = prepare([Edit(site(part.number), "x", None)], {"/t.yaml": text})
        if spot(text, part.number).before is None:
            assert not patches
            continue
        after = patches[0].after
        kept = iter(text.splitlines(keepends=True))
        assert all(line in kept for line in after.splitlines(keepends=True))
        assert spot(after, part.number).before is None if not check(site(part.number), after) else 1
        for on in WAYS:
            old = [without(one, SYNC_WAVE)[0] for one in render(text, on)]
            assert old == [without(one, SYNC_WAVE)[0] for one in render(after, on)]
