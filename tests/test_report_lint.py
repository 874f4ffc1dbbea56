"""Findings for machines: SARIF 2.1.0 and GitHub's workflow commands."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wavefix import __version__
from wavefix.codes import CODES
from wavefix.model import Finding
from wavefix.report import findings_github, findings_sarif

LATE = Finding("WF003", "error", "it is too late", "/r/a b/ü%.yaml", 7, "LimitRange/web/defaults")
UNSEEN = Finding("WF011", "note", "not in sight", "/r/kustomization.yaml")
NOWHERE = Finding("WF010", "error", "nothing to say where")


def sarif(*findings: Finding) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(findings_sarif(findings, "/r"))
    check(document)
    return document


def results(*findings: Finding) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sarif(*findings)["runs"][0]["results"]
    return found


def prints(*findings: Finding) -> list[str]:
    return [next(iter(item["partialFingerprints"].values())) for item in results(*findings)]


# What the 2.1.0 schema requires and allows of the objects that are written, by name.
_SHAPES: dict[str, tuple[set[str], set[str]]] = {
    "log": ({"version", "runs"}, {"$schema"}),
    "run": ({"tool"}, {"results", "originalUriBaseIds", "columnKind"}),
    "driver": ({"name"}, {"semanticVersion", "rules", "informationUri"}),
    "rule": (
        {"id"},
        {"name", "shortDescription", "fullDescription", "help", "defaultConfiguration"},
    ),
    "result": (
        {"message"},
        {"ruleId", "ruleIndex", "level", "locations", "partialFingerprints"},
    ),
    "location": (set(), {"physicalLocation", "logicalLocations"}),
    "physical": (set(), {"artifactLocation", "region"}),
    "artifact": (set(), {"uri", "uriBaseId"}),
}


def shape(name: str, value: Any) -> None:
    required, optional = _SHAPES[name]
    assert isinstance(value, dict), name
    assert required <= value.keys() <= required | optional, (name, sorted(value))


def check(document: dict[str, Any]) -> None:
    """What the schema says of the objects that are in use here."""
    shape("log", document)
    assert document["version"] == "2.1.0"
    for run in document["runs"]:
        shape("run", run)
        assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
        assert run["tool"].keys() == {"driver"}
        shape("driver", run["tool"]["driver"])
        rules = run["tool"]["driver"]["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        for rule in rules:
            shape("rule", rule)
            assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
            assert rule["help"]["text"]
        for result in run["results"]:
            check_result(result, run)


def check_result(result: dict[str, Any], run: dict[str, Any]) -> None:
    shape("result", result)
    assert isinstance(result["message"]["text"], str)
    assert result["level"] in ("none", "note", "warning", "error")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert all(isinstance(text, str) for text in result["partialFingerprints"].values())
    for location in result.get("locations", []):
        shape("location", location)
        place = location["physicalLocation"]
        shape("physical", place)
        shape("artifact", place["artifactLocation"])
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        assert place.get("region", {"startLine": 1})["startLine"] >= 1


def test_no_findings_are_a_whole_log_as_well() -> None:
    [run] = sarif()["runs"]
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(CODES)
    assert run["tool"]["driver"]["semanticVersion"] == __version__


def test_a_finding_in_a_file() -> None:
    [result] = results(LATE)
    del result["partialFingerprints"]
    assert result == {
        "ruleId": "WF003",
        "ruleIndex": 2,
        "level": "error",
        "message": {"text": "it is too late"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": "a%20b/%C3%BC%25.yaml",
                        "uriBaseId": "%SRCROOT%",
                    },
                    "region": {"startLine": 7},
                },
                "logicalLocations": [
                    {"fullyQualifiedName": "LimitRange/web/defaults", "kind": "resource"}
                ],
            }
        ],
    }


def test_every_result_has_a_place_and_a_line_as_github_wants() -> None:
    nowhere, unseen = (
        item["locations"][0]["physicalLocation"] for item in results(UNSEEN, NOWHERE)
    )
    root = {"uriBaseId": "%SRCROOT%"}
    assert nowhere == {"artifactLocation": {"uri": "./", **root}, "region": {"startLine": 1}}
    assert unseen == {
        "artifactLocation": {"uri": "kustomization.yaml", **root},
        "region": {"startLine": 1},
    }


def test_fingerprints_stay_where_lines_and_waves_move() -> None:
    [moved] = prints(replace(LATE, line=99, message="it is in wave 5 now"))
    assert [moved] == prints(LATE)
    changed = {"code": "WF002", "file": "/r/c.yaml", "resource": "LimitRange/web/other"}
    for name, value in changed.items():
        assert prints(replace(LATE, **{name: value})) != [moved]  # type: ignore[arg-type]


def test_each_of_several_findings_has_a_fingerprint_of_its_own() -> None:
    many = [replace(LATE, line=line) for line in (7, 9)] + [UNSEEN, replace(UNSEEN, message="x")]
    assert len(set(prints(*many))) == 4


@pytest.mark.parametrize(
    ("finding", "command"),
    [
        (LATE, "::error file=a b/ü%25.yaml,line=7,title=WF003 late-governance::it is too late"),
        (UNSEEN, "::notice file=kustomization.yaml,title=WF011 not-rendered::not in sight"),
        (NOWHERE, "::error title=WF010 unreadable-file::nothing to say where"),
        (
            Finding("WF008", "warning", "50%, set:\r\npatches:\n- a", "/r/a:b,c\n.yaml", 2),
            "::warning file=a%3Ab%2Cc%0A.yaml,line=2,title=WF008 release-without-place"
            "::50%25, set:%0D%0Apatches:%0A- a",
        ),
    ],
)
def test_github_commands(finding: Finding, command: str) -> None:
    assert findings_github([finding], "/r") == command + "\n"


@pytest.mark.parametrize(
    ("workspace", "cwd", "file"),
    [
        ("repository", "repository", "apps/web.yaml"),
        ("repository", "repository/apps", "apps/web.yaml"),
        ("repository/", "repository/apps", "apps/web.yaml"),
        ("link", "repository/apps", "apps/web.yaml"),
        ("elsewhere", "repository/apps", "web.yaml"),
        ("repository/apps/deep", "repository/apps", "web.yaml"),
        ("repo", "repository/apps", "web.yaml"),
        ("", "repository/apps", "web.yaml"),
    ],
)
def test_github_looks_for_files_from_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workspace: str, cwd: str, file: str
) -> None:
    (tmp_path / "repository" / "apps").mkdir(parents=True)
    (tmp_path / "link").symlink_to("repository")
    monkeypatch.setenv("GITHUB_WORKSPACE", workspace and f"{tmp_path}/{workspace}")
    found = replace(LATE, file=str(tmp_path / "repository" / "apps" / "web.yaml"))
    [command] = findings_github([found], str(tmp_path / cwd)).splitlines()
    assert command.startswith(f"::error file={file},line=7,")


def test_nothing_to_say_is_no_command() -> None:
    assert findings_github([], "/r") == ""
