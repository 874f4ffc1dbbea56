"""Sources that mean harm: nothing leads the tools out of their scratch directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import sleep

import pytest
from test_discover_samples import application, everything, make
from test_tools import packed, program

from wavefix.errors import InputError
from wavefix.tools import Kit, Stage, process
from wavefix.tools.charts import Unavailable, archive, complete
from wavefix.tools.helm import Release, template

CHART = "apiVersion: v2\nname: db\nversion: 1.0.0\n"
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: db}\n"


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nothing is known from earlier runs, and Helm has one chart in its cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    cache = tmp_path_factory.mktemp("helm")
    monkeypatch.setenv("HELM_CACHE_HOME", str(cache))
    monkeypatch.delenv("HELM_REPOSITORY_CACHE", raising=False)
    files = {"db/Chart.yaml": CHART, "db/values.yaml": "{}", "db/templates/a.yaml": OBJECT}
    packed(cache / "repository" / "db-1.0.0.tgz", files)
    return cache


def told(root: Path, kustomization: str, **files: str) -> list[str]:
    """What is said about a kustomization."""
    make(root, {
        "apps/web.yaml": application("web", "{repoURL: '', path: web}", None, "shop"),
        "web/kustomization.yaml": kustomization,
        "web/a.yaml": OBJECT,
        **{name.replace("__", "/") + ".yaml": text for name, text in files.items()},
    })  # fmt: skip
    _, findings, _ = everything(root, "apps")
    return [finding.message for finding in findings]


def entry(**fields: str) -> str:
    known = {"name": "db", "releaseName": "db", "version": "1.0.0", "repo": "https://x", **fields}
    return f"helmCharts: [{{{', '.join(f'{key}: {value}' for key, value in known.items())}}}]\n"


@pytest.mark.usefixtures("tools", "fresh")
def test_the_home_of_charts_is_inside_the_repository(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    up = "../" * 12 + str(outside).lstrip("/")
    messages = told(tmp_path / "tree", f"helmGlobals: {{chartHome: {up}}}\n" + entry())
    assert any("leads out of the repository" in message for message in messages)
    assert not outside.exists()


@pytest.mark.usefixtures("tools", "fresh")
@pytest.mark.parametrize("field", ["transformers", "generators", "validators"])
def test_what_kustomize_would_read_outside_of_the_repository_is_refused(
    tmp_path: Path, field: str
) -> None:
    messages = told(tmp_path / "tree", f"resources: [a.yaml]\n{field}: [../../../etc]\n")
    assert any("`../../../etc` leads out of the repository" in message for message in messages)


@pytest.mark.usefixtures("tools", "fresh")
def test_the_name_of_a_release_is_no_option(tmp_path: Path) -> None:
    messages = told(tmp_path / "tree", entry(releaseName="--post-renderer=/bin/sh"))
    assert any("`--post-renderer=/bin/sh` is no name of a release" in text for text in messages)


@pytest.mark.usefixtures("tools", "fresh")
def test_generators_that_call_helm_in_their_own_way_are_not_run(tmp_path: Path) -> None:
    generator = "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\n"
    messages = told(
        tmp_path / "tree", "resources: [a.yaml]\ngenerators: [g.yaml]\n", web__g=generator
    )
    assert any("it uses HelmChartInflationGenerator" in message for message in messages)


@pytest.mark.usefixtures("tools", "fresh")
@pytest.mark.parametrize("host", ["localhost:80", "127.0.0.1", "x@127.0.0.1", "[::1]"])
def test_kustomize_asks_no_server_on_this_machine(tmp_path: Path, host: str) -> None:
    kustomization = f"resources: [a.yaml]\nopenapi: {{path: 'http://{host}/x.json'}}\n"
    messages = told(tmp_path / "tree", kustomization)
    assert any("it names a server on this machine" in message for message in messages)


def test_no_value_is_an_option_of_helm(tmp_path: Path, fresh: Path) -> None:
    tool = program(tmp_path / "bin", 'for word; do echo "$word" >> $0.words; done')
    release = Release(
        "--debug", "--debug", "c", arguments=("--set=--debug=1",), kube_version="--debug",
        api_versions=("--debug",),
    )  # fmt: skip
    template(Kit(helm=tool), Stage(str(tmp_path)), release)
    words = Path(f"{tool}.words").read_text().splitlines()
    assert "--namespace=--debug" in words
    assert "--debug" not in words


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x"])
def test_a_stage_holds_nothing_outside_of_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="leads out of the repository"):
        Stage(str(tmp_path)).put(name, b"")


def test_a_subchart_is_no_path(tmp_path: Path) -> None:
    files = {
        "all/Chart.yaml": "apiVersion: v2\nname: all\nversion: 1.0.0\ndependencies:\n"
        "- {name: ../../../x, version: 1.0.0, repository: file://../db}\n",
        "db/Chart.yaml": CHART,
    }
    root = make(tmp_path / "tree", files)
    stage = Stage(str(root.resolve()))
    stage.add(str(root.resolve()))
    with pytest.raises(Unavailable, match="is no name of a chart"):
        complete(Kit(helm="helm"), stage, "all")


def test_an_archive_is_looked_for_in_the_cache_only(tmp_path: Path, fresh: Path) -> None:
    (fresh / "repository" / "other").mkdir()
    packed(tmp_path / "db-1.0.0.tgz", {"db/Chart.yaml": CHART})
    assert archive(Kit(helm="helm"), "charts/db", "registry.example.org", "1.0.0")
    with pytest.raises(Unavailable):
        archive(Kit(helm="helm"), "x", "https://x", f"../../..{tmp_path}/db-1.0.0")


def test_what_a_stopped_tool_leaves_behind_goes_with_its_home(tmp_path: Path) -> None:
    tool = program(tmp_path / "bin", "echo $TMPDIR; touch $TMPDIR/left")
    left = process.run([tool], str(tmp_path), 60).decode().strip()
    assert not Path(left).exists()


def test_what_kustomize_says_of_helm_is_what_helm_said(tmp_path: Path) -> None:
    said = "Error: Error: broken\\nUse --debug flag to render out\\n : unable to run: "
    tool = program(
        tmp_path / "bin", f"printf \"{said}'/bin/helm /tmp/kustomize-helm-7'\" >&2; exit 1"
    )
    with pytest.raises(process.ToolFailed, match=r"\Abroken\Z"):
        process.run([tool], str(tmp_path), 60)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_ended_leaves_no_tool_and_no_files_behind(tmp_path: Path, sign: int) -> None:
    tool = program(tmp_path / "bin", f"sleep 1; echo $$ >> {tmp_path}/started; exec sleep 600")
    files = {f"{name}/Chart.yaml": f"name: {name}\nversion: 1.0.0\n" for name in ("a", "b")}
    root = make(tmp_path / "tree", files)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "WAVEFIX_HELM": tool, "TMPDIR": str(scratch)}
    process = subprocess.Popen(
        [sys.executable, "-m", "wavefix", "lint"],
        cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        # whoever started the tests in the background has them ignore it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    started = tmp_path / "started"
    while process.poll() is None and not (started.exists() and started.read_text().strip()):
        sleep(0.01)
    process.send_signal(sign)
    assert process.wait(60) != 0
    assert list(scratch.iterdir()) == []
    assert [pid for pid in started.read_text().split() if runs(int(pid))] == []


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie, which nobody may care to bury."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
