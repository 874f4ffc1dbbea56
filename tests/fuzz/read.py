"""The target for reading: any bytes give data, findings and patches, or an error that says where.

Each file of an input goes through the readers that take text by itself; then all of them are a
repository, through the whole pipeline and the formats of its reports. A file `command` names one of
`COMMANDS`; without it a review is made.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from fuzz.archive import split
from wavefix import jsonio, pipeline, report, template, yamlio
from wavefix.discover import gotemplate
from wavefix.errors import InputError
from wavefix.model import SYNC_WAVE, FilePatch
from wavefix.rules import reader
from wavefix.ways import Ways
from wavefix.yamlio import Map, Seq

_T = TypeVar("_T")
_WAYS = Ways(render=False)
_LONE = re.compile("[\ud800-\udfff]")  # half a character: as Go reads it
_VALUES: tuple[dict[str, Any], ...] = ({}, {"name": "web", "a": {"b": [1, "x", None], "c": True}})


def one(data: bytes) -> None:
    """Read the files of an input. Raises what is wrong with wavefix."""
    files = split(data)
    command = files.pop("command", b"").decode("utf-8", "replace").strip()
    for name, content in files.items():
        _alone(name, content)
    with _written(files) as root:
        COMMANDS.get(command, _review)(root)


def _alone(name: str, content: bytes) -> None:
    text = _told(lambda: yamlio.decode(content, name))
    if text is None:
        return
    last = len(text.splitlines()) + 1
    for document in _told(lambda: yamlio.load(text, name)) or ():
        _lines_are_there(document.data, last)
    _json(text)
    _template(text)
    for values in _VALUES:
        gotemplate.fill(text, values)
    _told(lambda: reader.read(name, text))


def _told(read: Callable[[], _T]) -> _T | None:
    """What was read; None where an error says why it was not."""
    try:
        return read()
    except InputError as error:
        error.text(error.file).encode()
        return None


def _lines_are_there(data: Any, last: int) -> None:
    if isinstance(data, (Map, Seq)):
        lines = list(data.lines.values() if isinstance(data, Map) else data.lines)
        assert len(lines) == len(data), "a line for each value"
        assert all(1 <= line <= last for line in [data.line, *lines]), "lines of the file"
        for value in data.values() if isinstance(data, Map) else data:
            _lines_are_there(value, last)


def _json(text: str) -> None:
    """What both readers of JSON take is the same to them."""
    try:
        mine = jsonio.parse(text)
    except (ValueError, RecursionError):
        return
    known = json.dumps(json.loads(text.removeprefix(yamlio.BOM)), ensure_ascii=False)
    assert json.dumps(mine, ensure_ascii=False) == _LONE.sub("\ufffd", known)


def _template(text: str) -> None:
    """Every part of a chart's template lies in it, and says where its wave has its place."""
    try:
        read = template.Template(text)
        parts = template.parts(read)
    except template.NoSpot:
        return
    assert [part.number for part in parts] == list(range(len(parts)))
    for part in parts:
        assert 0 <= part.start <= part.end <= len(text)
        for key in (SYNC_WAVE, "wavefix.dev/mark"):
            try:
                spot = template.spot(read, part.number, key)
            except template.NoSpot:
                continue
            assert part.start <= spot.start <= spot.end <= part.end


@contextmanager
def _written(files: dict[str, bytes]) -> Iterator[Path]:
    """The files in a repository of their own, in memory where the machine has such a place."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    scratch = tempfile.mkdtemp(prefix="wavefix-fuzz-", dir=memory)
    root = Path(scratch) / "repository"  # what is at hand is called the same for each input
    try:
        (root / ".git").mkdir(parents=True)
        for name, content in files.items():
            file = root / name
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            except (OSError, ValueError):  # a file where another has a directory, or too long
                continue
        yield root
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _review(root: Path) -> None:
    """A review, its reports, and once it is written nothing is left to do."""
    done = _told(lambda: pipeline.review(["."], str(root), ways=_WAYS))
    if done is None:
        return
    made = done.review
    _shown(report.json_report(made), report.text(made, True), report.markdown(made))
    _shown(report.diff(made))
    if made.patches and not done.errors:
        _write(made.patches)
        again = pipeline.review(["."], str(root), ways=_WAYS)
        assert not again.errors, again.errors
        assert not again.review.patches, again.review.patches


def _write(patches: Sequence[FilePatch]) -> None:
    for patch in patches:
        Path(patch.file).write_bytes(patch.after.encode())


def _lint(root: Path) -> None:
    done = _told(lambda: pipeline.lint(["."], str(root), ways=_WAYS))
    if done is not None:
        findings = done[0]
        _shown(report.findings_sarif(findings, str(root)), report.findings_github(findings, "/"))
        _shown(report.findings_json(findings, "/"), report.findings_text(findings, "/", True))


def _graph(root: Path) -> None:
    done = _told(lambda: pipeline.analyse(["."], str(root), ways=_WAYS))
    if done is not None:
        graphs = [item.graph for item in done[0]]
        _shown(report.graph_json(graphs, str(root)), report.graph_dot(graphs, str(root)))
        _shown(report.graph_mermaid(graphs))


def _simulate(root: Path) -> None:
    done = _told(lambda: pipeline.simulated(["."], str(root), ways=_WAYS))
    if done is not None:
        _shown(report.timeline(done.before, done.after, True, done.learned))
        _shown(report.runs_json(done.before, done.after, done.learned))


def _shown(*texts: str) -> None:
    """What is shown can be written to a terminal or a file."""
    for text in texts:
        text.encode("utf-8", "surrogateescape")


COMMANDS: dict[str, Callable[[Path], None]] = {
    "review": _review,
    "lint": _lint,
    "graph": _graph,
    "simulate": _simulate,
}
