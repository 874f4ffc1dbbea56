"""Which findings are shown: codes on the command line, in the configuration, beside a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT, Cli
from ruamel.yaml import YAML

from wavefix.codes import CODES
from wavefix.errors import InputError
from wavefix.model import Finding
from wavefix.selection import Selection, asked, wanted

NOTHING = Selection()
ALL = ("WF001", "WF002", "WF010", "WF012")


@pytest.mark.parametrize(
    ("select", "ignore", "shown"),
    [
        ((), (), ALL),
        (("WF002",), (), ("WF002",)),
        (("WF01",), (), ("WF010", "WF012")),
        ((), ("WF00",), ("WF010", "WF012")),
        (("WF01",), ("WF012",), ("WF010",)),
        (("WF002,WF010", "WF001"), ("WF001 , WF012",), ("WF002", "WF010")),
        (("WF",), ("WF",), ()),
    ],
)
def test_codes_and_how_they_begin(
    select: tuple[str, ...], ignore: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    selection = asked(select, ignore)
    assert tuple(code for code in ALL if selection.wants(code)) == shown


@pytest.mark.parametrize("code", ["", "WF999", "wf002", "WF002,", "F00", "WF0020"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(InputError, match="no code of a finding"):
        asked([code], ())
    with pytest.raises(InputError, match="after --ignore"):
        asked((), [code])


def test_the_command_line_selects_instead_and_ignores_in_addition() -> None:
    configured = Selection(("WF00",), ("WF001",))
    assert Selection(("WF01",)).over(configured) == Selection(("WF01",), ("WF001",))
    assert Selection((), ("WF002",)).over(configured) == Selection(("WF00",), ("WF001", "WF002"))


@pytest.mark.parametrize(
    ("text", "line", "shown"),
    [
        ("a: 1\nb: 2  # wavefix: ignore\n", 2, False),
        ("a: 1\nb: 2  # wavefix: ignore WF002\n", 2, False),
        ("b: 2  #wavefix:ignore WF002\r\n", 1, False),
        ("b: 2  # wavefix: ignore WF001, WF002,WF003\n", 1, False),
        ("b: 2  # wavefix: ignore WF002 the other one waits\n", 1, False),
        ("# wavefix: ignore WF002\nb: 2\n", 2, False),
        ("a:\n  # wavefix: ignore\n  b: 2\n", 3, False),
        ("b: 2  # wavefix: ignore WF001\n", 1, True),
        ("b: 2  # wavefix: ignore WF0021\n", 1, True),
        ("b: 2  # wavefix: ignore everything\n", 1, True),
        ("b: 2  # wavefix: pin\n", 1, True),
        ("a: 1  # wavefix: ignore\nb: 2\n", 2, True),  # that one is about line 1
        ("# wavefix: ignore\n\nb: 2\n", 3, True),
        ("b: 2\n# wavefix: ignore\n", 1, True),
        ("b: x#wavefix: ignore\n", 1, True),  # no comment, but text
        ("", 7, True),
    ],
)
def test_comments_on_the_line_or_alone_above_it(text: str, line: int, shown: bool) -> None:
    finding = Finding("WF002", "error", "m", "a.yaml", line)
    assert bool([*wanted([finding], Selection(), lambda _: text)]) is shown


@pytest.mark.parametrize(("file", "line"), [("", 0), ("a.yaml", 0), ("gone.yaml", 3)])
def test_a_finding_without_a_line_has_no_comment(file: str, line: int) -> None:
    finding = Finding("WF002", "error", "m", file, line)
    assert [*wanted([finding], Selection(), lambda _: None)] == [finding]


@pytest.mark.parametrize("code", CODES)
def test_every_code_can_be_ignored_in_every_way(code: str) -> None:
    finding = Finding(code, CODES[code].severity, "m", "a.yaml", 2)
    other = next(one for one in CODES if one != code)

    def left(text: str, selection: Selection = NOTHING) -> list[Finding]:
        return [*wanted([finding], selection, lambda _: text)]

    assert left(f"a: 1\nb: 2  # wavefix: ignore {code}\n") == []
    assert left(f"# wavefix: ignore {code}\nb: 2\n") == []
    assert left(f"a: 1\nb: 2  # wavefix: ignore {other}\n") == [finding]
    assert left("a: 1\nb: 2\n", Selection(ignore=(code,))) == []
    assert left("a: 1\nb: 2\n", Selection(select=(other,))) == []
    assert left("a: 1\nb: 2\n", Selection(select=(code,))) == [finding]


def test_every_code_has_its_page_and_its_line() -> None:
    rules = ROOT / "docs" / "rules"
    listed = [line for line in (rules / "README.md").read_text().splitlines() if "](WF" in line]
    assert listed == [
        f"| [{c.code}]({c.code}.md) | {c.name} | {c.severity} | {c.sentence} |"
        for c in CODES.values()
    ]
    assert sorted(file.stem for file in rules.glob("WF*.md")) == list(CODES)
    for code in CODES.values():
        page = (ROOT / code.page).read_text()
        assert page.startswith(f"# {code.name} ({code.code})\n\nSeverity: {code.severity}.\n")


LATE = """\
apiVersion: v1
kind: LimitRange
metadata:
  name: defaults
  namespace: web
  annotations:
    argocd.argoproj.io/sync-wave: "1"
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: web}
"""


def codes(cli: Cli, directory: Path, *options: str) -> list[str]:
    ran = cli("lint", "--format", "json", *options, cwd=directory)
    found = [finding["code"] for finding in json.loads(ran.stdout)["findings"]]
    assert ran.returncode == (1 if found else 0)
    return found


def test_from_the_command_line_down(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "web.yaml").write_text(LATE)
    assert codes(cli, tmp_path) == ["WF003"]
    assert codes(cli, tmp_path, "--ignore", "WF001,WF003") == []
    assert codes(cli, tmp_path, "--select", "WF001", "--select", "WF002") == []
    (tmp_path / ".wavefix.yaml").write_text("lint: {ignore: [WF003]}\n")
    assert codes(cli, tmp_path) == []
    (tmp_path / ".wavefix.yaml").write_text("lint: {select: [WF001]}\n")
    assert codes(cli, tmp_path) == []
    assert codes(cli, tmp_path, "--select", "WF") == ["WF003"], "the option overrules"
    (tmp_path / ".wavefix.yaml").unlink()
    (tmp_path / "web.yaml").write_text(LATE.replace('"1"', '"1" # wavefix: ignore WF003'))
    assert codes(cli, tmp_path) == []


def test_json_has_no_comments_but_the_configuration_ignores_it(tmp_path: Path, cli: Cli) -> None:
    bodies = list(YAML(typ="safe").load_all(LATE))
    (tmp_path / "web.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies}, indent=1)
    )
    assert codes(cli, tmp_path) == ["WF003"]
    assert codes(cli, tmp_path, "--ignore", "WF003") == []
    (tmp_path / ".wavefix.yaml").write_text("lint: {ignore: [WF003]}\n")
    assert codes(cli, tmp_path) == []


def test_a_comment_ignores_one_of_two_findings_on_a_line(tmp_path: Path, cli: Cli) -> None:
    text = LATE.replace('"1"', '"late"  # wavefix: ignore WF004')
    (tmp_path / "web.yaml").write_text(text)
    assert "WF004" not in codes(cli, tmp_path)
    (tmp_path / "web.yaml").write_text(text.replace("  # wavefix: ignore WF004", ""))
    assert "WF004" in codes(cli, tmp_path)


def test_the_review_shows_what_is_selected_and_plans_the_same(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "web.yaml").write_text(LATE.replace('"1"', "1"))
    all_of_it = json.loads(cli("--dry-run", "--format", "json", cwd=tmp_path).stdout)
    less = cli("--dry-run", "--format", "json", "--ignore", "WF", cwd=tmp_path)
    assert all_of_it["findings"]
    assert json.loads(less.stdout) == all_of_it | {"findings": []}


def test_unknown_codes_are_bad_input(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "web.yaml").write_text(LATE)
    ran = cli("lint", "--select", "WF777", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr == (
        b"`WF777` after --select is no code of a finding; docs/rules/README.md lists them\n"
    )
