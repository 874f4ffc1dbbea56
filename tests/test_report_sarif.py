"""SARIF logs against the published schema of SARIF 2.1.0.

The schema is OASIS's and no part of this repository: the Go module that tests/sarif names brings
it, so these tests need Go, as those of conformance/engine do. What is checked without it stands in
test_report_lint.py.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import get_args
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from conftest import ROOT, Cli
from hypothesis import given, settings
from hypothesis import strategies as st

from wavefix.codes import CODES
from wavefix.model import Finding, Severity
from wavefix.report import findings_sarif

MODULE = ROOT / "tests" / "sarif"
BROUGHT = "github.com/owenrumney/go-sarif/v3"
Check = Callable[[str], list[str]]
SCENARIOS = sorted(path.parent.name for path in (ROOT / "golden").glob("*/before"))


@pytest.fixture(scope="module")
def problems() -> Check:
    """What the published schema, as Go's module client brings it, says against a log."""
    if shutil.which("go") is None:
        pytest.skip("no go: the schema of SARIF cannot be had")
    outside = {name: value for name, value in os.environ.items() if name != "XDG_CACHE_HOME"}
    done = subprocess.run(
        ["go", "mod", "download", "-json", BROUGHT],
        cwd=MODULE, env=outside, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    source = Path(json.loads(done.stdout)["Dir"], "pkg", "report", "v210", "sarif", "schema.go")
    found = re.search(r"`(\{.*\})", source.read_text("utf-8"), re.DOTALL)
    assert found is not None
    document = json.loads(found[1])
    assert document["id"].endswith("/sarif-schema-2.1.0.json")
    kind = jsonschema.validators.validator_for(document)
    kind.check_schema(document)
    schema = kind(document, format_checker=kind.FORMAT_CHECKER)

    def check(text: str) -> list[str]:
        errors = schema.iter_errors(json.loads(text))
        return [f"{error.json_path}: {error.message}" for error in errors]

    return check


def places(text: str) -> list[str]:
    """The files that a log names, as they are called on disk."""
    (run,) = json.loads(text)["runs"]
    uris = [
        location["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
        for location in result["locations"]
    ]
    assert all(not urlsplit(uri).scheme and not uri.startswith("/") for uri in uris)
    assert all(re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri) for uri in uris)
    return [unquote(uri) for uri in uris]


def test_the_schema_refuses_what_it_does_not_know(problems: Check) -> None:
    document = json.loads(findings_sarif([Finding("WF002", "error", "m", "/r/a", 1)], "/r"))
    document["runs"][0]["results"][0]["locations"][0]["line"] = 3
    assert len(problems(json.dumps(document))) == 1


def test_no_findings(problems: Check) -> None:
    assert problems(findings_sarif([], "/r")) == []


def test_every_code_at_every_severity(problems: Check) -> None:
    findings = [
        Finding(code, severity, f"{code} is {severity}", "/r/a.yaml", line, resource)
        for code in (*CODES, "WF999")
        for severity in get_args(Severity)
        for line, resource in ((0, ""), (7, "Deployment.apps/web/api"))
    ]
    assert problems(findings_sarif(findings, "/r")) == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_golden_scenarios(problems: Check, name: str, cli: Cli) -> None:
    ran = cli("lint", "--format", "sarif", cwd=ROOT / "golden" / name / "before")
    assert ran.returncode in (0, 1, 2)
    text = ran.stdout.decode()
    assert problems(text) == []
    for file in places(text):
        assert (ROOT / "golden" / name / "before" / file).exists()


BROKEN = """\
apiVersion: v1
kind: LimitRange
metadata:
  name: defaults
  namespace: web
  annotations: {argocd.argoproj.io/sync-wave: "1"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: web}
"""
NASTY = [
    "a b", "100%", "%41", "ü", "日本", "a\nb", "tab\there", "a:b", "q?x=1#y", "[x]", 'say "hi"',
    "back\\slash", "a&b;c", "\u202ertl", "~", "+",
]  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
def test_nasty_names_of_files(problems: Check, name: str, tmp_path: Path, cli: Cli) -> None:
    directory = tmp_path / name
    directory.mkdir()
    (directory / f"{name}.yaml").write_text(BROKEN)
    ran = cli("lint", "--format", "sarif", cwd=tmp_path)
    assert ran.returncode == 1, ran.stderr
    text = ran.stdout.decode()
    assert problems(text) == []
    assert set(places(text)) == {f"{name}/{name}.yaml"}


@settings(max_examples=40)
@given(
    st.lists(
        st.builds(
            Finding,
            st.sampled_from(sorted(CODES)),
            st.sampled_from(sorted(get_args(Severity))),
            st.text(),
            st.text(st.characters(exclude_characters="/\0", codec="utf-8")).map(
                lambda name: f"/r/d/{name}" if name not in ("", ".", "..") else ""
            ),
            st.integers(0, 10**6),
            st.text(),
        ),
        max_size=4,
    )
)
def test_whatever_a_finding_says(problems: Check, findings: list[Finding]) -> None:
    text = findings_sarif(findings, "/r")
    assert problems(text) == []
    assert set(places(text)) == {item.file.removeprefix("/r/") or "./" for item in findings}
