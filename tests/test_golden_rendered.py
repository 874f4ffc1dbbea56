"""The golden scenarios with charts, rendered by helm and kustomize themselves after a rewrite.

`renders` in scenario.yaml has a command for each Application, written by hand as Argo CD would call
the tools. What it prints must have each object in the wave that wavefix says, and differ from what
it printed before in nothing but lines of waves.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli
from ruamel.yaml import YAML
from test_golden import SCENARIOS, checkout

WAVE = "argocd.argoproj.io/sync-wave"
CASES = [
    (name, profile)
    for name, scenario in SCENARIOS.items()
    if scenario.renders
    for profile in ("conservative", "aggressive")
]


def rendered(name: str, work: Path) -> dict[str, str]:
    """What the tools print for each Application of a scenario, in a copy of its tree."""
    out = {}
    for application, command in SCENARIOS[name].renders.items():
        scratch = Path(shutil.copytree(work, work.parent / "scratch"))
        _inline(scratch)
        ran = subprocess.run(
            ["sh", "-ec", command], cwd=scratch, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        out[application] = ran.stdout
        shutil.rmtree(scratch)
    return out


def _inline(work: Path) -> None:
    """The values inside Applications as files beside them: `NAME.values`."""
    for file in work.rglob("*.yaml"):
        if "apiVersion: argoproj.io" not in file.read_text():
            continue
        for body in YAML(typ="safe", pure=True).load_all(file):
            helm = body["spec"].get("source", {}).get("helm", {})
            if "valuesObject" in helm:
                values = json.dumps(helm["valuesObject"])
                file.with_suffix(".values").write_text(values)


def waves(text: str) -> dict[tuple[str, str], int]:
    """The wave that Argo CD uses for each object, by kind and name."""
    out = {}
    for body in YAML(typ="safe").load_all(text):
        if body is None:
            continue
        annotations = body["metadata"].get("annotations") or {}
        group = body["apiVersion"].rpartition("/")[0]
        kind = f"{body['kind']}.{group}" if group else body["kind"]
        key = kind, body["metadata"]["name"]
        assert key not in out
        out[key] = int(annotations.get(WAVE, annotations.get("helm.sh/hook-weight", "0")))
    return out


def without_waves(text: str) -> list[str]:
    return [line for line in text.splitlines() if WAVE not in line and "annotations:" not in line]


def planned(report: dict[str, Any]) -> dict[str, dict[tuple[str, str], int]]:
    """The waves that wavefix says its edits lead to."""
    out: dict[str, dict[tuple[str, str], int]] = {}
    for component in report["components"]:
        for resource in component["resources"]:
            kind, *_, name = resource["id"].split("/")
            moves = resource["planned"] != resource["declared"]
            wave = resource["planned"] if moves else resource["effective"]
            out.setdefault(resource["application"], {})[kind, name] = wave
    return out


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize(("name", "profile"), CASES)
def test_the_tools_themselves_agree(name: str, profile: str, tmp_path: Path, cli: Cli) -> None:
    before = rendered(name, checkout(name, tmp_path / "before"))
    work = checkout(name, tmp_path / name)
    paths = next(iter(SCENARIOS[name].commands.values())).split()[-1]
    ran = cli("--profile", profile, "--format", "json", paths, cwd=work)
    assert ran.returncode == 0, ran.stderr.decode()
    after = rendered(name, work)

    report = json.loads(ran.stdout)
    assert report["edits"]
    assert {name: waves(text) for name, text in after.items()} == planned(report)
    for application, text in after.items():
        assert without_waves(text) == without_waves(before[application])


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("name", ["charts", "subcharts"])
def test_the_same_is_printed_with_and_without_a_cache_and_with_any_number_of_processors(
    name: str, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = checkout(name, tmp_path / name)
    paths = next(iter(SCENARIOS[name].commands.values())).split()[-1]
    (tmp_path / "file").write_text("")
    printed = []
    for cache, seed, processors in (
        (tmp_path / "cache", "1", {0}),
        (tmp_path / "cache", "2", os.sched_getaffinity(0)),
        (tmp_path / "file", "3", os.sched_getaffinity(0)),
    ):
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        known = os.sched_getaffinity(0)
        os.sched_setaffinity(0, processors & known or known)
        try:
            ran = cli("--profile", "aggressive", "--dry-run", "--format", "json", paths, cwd=work)
        finally:
            os.sched_setaffinity(0, known)
        assert ran.returncode == 0, ran.stderr.decode()
        printed.append(ran.stdout)
    assert len(set(printed)) == 1
