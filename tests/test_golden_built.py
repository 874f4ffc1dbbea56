"""Kustomizations of golden scenarios, rewritten and built: each wave is the one that is planned."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Cli

from wavefix.model import SYNC_WAVE
from wavefix.yamlio import get, load

KUSTOMIZE = shutil.which("kustomize") or shutil.which("kustomize", path=str(Path.home() / "go/bin"))
SCENARIOS = {
    "common": ["apart", "together"],
    "overlays": ["dev", "staging", "prod"],
    "patched": ["shop"],
}
_HASH = re.compile(r"-[a-z0-9]{10}\Z")


def built(directory: Path) -> dict[str, Any]:
    """What kustomize builds, by kind and name; generated names without their hash."""
    ran = subprocess.run(
        [str(KUSTOMIZE), "build", str(directory)], capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()
    return {
        f"{data['kind']}/{_HASH.sub('', data['metadata']['name'])}": data
        for document in load(ran.stdout.decode(), "built")
        for data in [document.data]
    }


def take_wave(data: dict[str, Any]) -> int:
    """The wave of an object, which loses it, and the map too where nothing else is in it.

    What is common to all stands on pod templates as well, where Argo CD never reads it.
    """
    wave = get(data, "metadata", "annotations", SYNC_WAVE)
    for metadata in (data["metadata"], get(data, "spec", "template", "metadata")):
        annotations = get(metadata, "annotations")
        if annotations is not None:
            annotations.pop(SYNC_WAVE, None)
            if not annotations:
                del metadata["annotations"]
    return int(wave or 0)


@pytest.mark.skipif(KUSTOMIZE is None, reason="kustomize is not installed (CI installs it)")
@pytest.mark.parametrize("profile", ["conservative", "aggressive"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_built_has_the_planned_waves_and_is_else_the_same(
    name: str, profile: str, tmp_path: Path, cli: Cli
) -> None:
    work = Path(shutil.copytree(ROOT / "golden" / name / "before", tmp_path / name))
    before = {path: built(work / path) for path in SCENARIOS[name]}
    told = json.loads((ROOT / "golden" / name / "expected" / f"{profile}.json").read_text())
    assert cli("--profile", profile, *SCENARIOS[name], cwd=work).returncode == 0
    for component in told["components"]:
        old, new = before[component["path"]], built(work / component["path"])
        waves = {key: (take_wave(old[key]), take_wave(new[key])) for key in old}
        assert new == old
        assert waves == {
            f"{item['id'].partition('/')[0].partition('.')[0]}/{item['id'].rpartition('/')[2]}": (
                item["effective"], item["planned"],
            )
            for item in component["resources"]
        }  # fmt: skip
    assert told["edits"]
