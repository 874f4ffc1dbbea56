"""`--rolling-sync` end to end: whatever the file looks like, the Applications stay the same."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli
from hypothesis import given, settings
from hypothesis import strategies as st
from test_discover_samples import found, make, manifest
from test_patch_properties import Draw, Writer, loaded

from wavefix.model import Component
from wavefix.pipeline import Result, review

STORE = (
    "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: vault}\n"
    "spec: {provider: {fake: {data: []}}}\n"
)
SECRET = (
    "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: x}\n"
    "spec: {secretStoreRef: {kind: ClusterSecretStore, name: vault}, target: {name: x}}\n"
)
TREE = {
    "apps/api/x.yaml": SECRET,
    "apps/vault/x.yaml": STORE,
    "apps/web/x.yaml": manifest("ConfigMap", "c"),
}


def appset(go: bool, generator: dict[str, Any], name: str, path: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"goTemplate": True} if go else {}
    source = {"repoURL": "x", "path": path}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "all"},
        "spec": {
            **spec,
            "generators": [generator],
            "template": {
                "metadata": {"name": name},
                "spec": {"source": source, "destination": {"namespace": "prod"}},
            },
        },
    }


GIT: dict[str, Any] = {"git": {"directories": [{"path": "apps/*"}]}}
LIST: dict[str, Any] = {"list": {"elements": [{"app": n} for n in ("api", "vault", "web")]}}
SETS = [
    appset(True, GIT, "{{ .path.basename | lower }}-x", "{{.path.path}}"),
    appset(False, GIT, "{{path.basename}}", "{{path}}"),
    appset(True, LIST, '{{ printf "%s-x" .app }}', "apps/{{.app}}"),
    appset(False, LIST, "x.{{app}}", "apps/{{app}}"),
]
STRATEGIES: list[Any] = [
    ..., None, {}, {"type": "AllAtOnce"}, {"type": "AllAtOnce", "deletionOrder": "Reverse"},
    {"deletionOrder": "Reverse"}, {"type": "RollingSync", "rollingSync": {}},
    {"rollingSync": {"steps": []}, "type": "RollingSync"}, {"type": "RollingSync"},
]  # fmt: skip
LABELS: list[Any] = [..., None, {}, {"team": "a"}, {"name": "x", "team": "b"}]


@st.composite
def files(draw: Draw) -> tuple[str, dict[str, Any]]:
    """An ApplicationSet in a style of its own, and what it says."""
    data = copy.deepcopy(draw(st.sampled_from(SETS)))
    strategy, labels = draw(st.sampled_from(STRATEGIES)), draw(st.sampled_from(LABELS))
    if strategy is not ...:
        data["spec"]["strategy"] = copy.deepcopy(strategy)
    if labels is not ...:
        data["spec"]["template"]["metadata"]["labels"] = copy.deepcopy(labels)
    for holder in (data, data["spec"], data["spec"]["template"]):
        for key in draw(st.permutations(sorted(holder))):
            holder[key] = holder.pop(key)
    if draw(st.integers(0, 3)) == 0:
        return json.dumps(data, indent=draw(st.sampled_from([None, 2, 4]))), data
    return Writer(draw).file([data]), data


def applied(component: Component) -> list[tuple[Any, ...]]:
    return [(app.name, app.namespace, app.sources) for app in component.applications]


def run(root: Path) -> Result:
    return review(["."], str(root), rolling=True)


@given(files())
@settings(max_examples=60)
def test_the_same_applications_in_steps(
    tmp_path_factory: pytest.TempPathFactory, file: tuple[str, dict[str, Any]]
) -> None:
    text, data = file
    root = make(tmp_path_factory.mktemp("set"), {**TREE, "set.yaml": text})
    (before,) = [item.component for item in found(root) if not item.leftover]
    (patch,) = run(root).review.patches
    assert patch.before == text
    after = loaded(patch.after)[0]

    (root / "set.yaml").write_bytes(patch.after.encode())
    (item,) = [item.component for item in found(root) if not item.leftover]
    assert [one[:2] for one in applied(item)] == [one[:2] for one in applied(before)]
    assert [app.sources[0].path for app in item.applications] == [
        app.sources[0].path for app in before.applications
    ]
    assert {app.sources[0].chart: app.step for app in item.applications} == {
        "api": 2,
        "vault": 1,
        "web": 2,
    }
    assert run(root).review.patches == ()

    # nothing but the strategy and the label is another
    old = data["spec"].get("strategy") or {}
    new = after["spec"].pop("strategy")
    assert {**new, "type": 0, "rollingSync": 0} == {**old, "type": 0, "rollingSync": 0}
    data["spec"].pop("strategy", None)
    metadata = data["spec"]["template"]["metadata"]
    metadata["labels"] = {
        **(metadata.get("labels") or {}),
        "wavefix.dev/application": metadata["name"],
    }
    assert after == data


def test_several_sets_in_one_file_each_get_their_own(tmp_path: Path, cli: Cli) -> None:
    other = appset(False, {"list": {"elements": [{"app": "web"}]}}, "y.{{app}}", "apps/{{app}}")
    other["metadata"] = {"name": "one"}
    text = "---\n".join(json.dumps(one, indent=2) + "\n" for one in (other, SETS[1]))
    root = make(tmp_path, {**TREE, "set.yaml": text})
    ran = cli("--rolling-sync", "--allow-dirty", cwd=root)
    assert ran.returncode == 0, ran.stderr.decode()
    first, second = loaded((root / "set.yaml").read_text())
    assert first == other
    assert second["spec"]["strategy"]["type"] == "RollingSync"


def test_it_is_written_only_when_asked_for(tmp_path: Path, cli: Cli) -> None:
    root = make(tmp_path, {**TREE, "set.yaml": json.dumps(SETS[0])})
    told = cli("--check", cwd=root)
    assert (told.returncode, b"`--rolling-sync` writes one of 2 steps" in told.stdout) == (0, True)
    assert cli("--check", "--rolling-sync", cwd=root).returncode == 1
    (root / ".wavefix.yaml").write_text("rolling_sync: true\n")
    assert cli("--check", cwd=root).returncode == 1
    (root / ".wavefix.yaml").write_text("rolling_sync: maybe\n")
    assert cli("--check", cwd=root).returncode == 2


def test_a_file_that_cannot_be_edited_exactly_is_left_with_the_reason(
    tmp_path: Path, cli: Cli
) -> None:
    text = json.dumps(SETS[0]).replace('"spec":', '"spec": &a', 1)[:-1] + ', "copy": *a}'
    root = make(tmp_path, {**TREE, "set.yaml": text})
    ran = cli("--rolling-sync", "--dry-run", "--format", "json", cwd=root)
    out = json.loads(ran.stdout)
    assert out["edits"] == []
    messages = [one["message"] for one in out["findings"] if one["code"] == "WF023"]
    assert len(messages) == 1
    assert "no rolling sync is written: the alias *a in line 1 repeats it" in messages[0]
