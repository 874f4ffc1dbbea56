"""Bad input: a message that says where, what and what to do; exit 2; nothing written; no traceback.

`--dry-run`, `--check`, `lint` and `graph` still show the rest.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import Cli
from test_discover_samples import application, make, manifest
from typer.testing import CliRunner

from wavefix.cli import app

# A good neighbour with something to do: the quota is applied after the pods it should limit.
GOOD = {
    "good/quota.yaml": manifest("ResourceQuota", "limits", 1, "shop"),
    "good/job.yaml": manifest("batch/Job", "load", 0, "shop", "spec: {template: {spec: {}}}\n"),
    "good/namespace.yaml": manifest("Namespace", "shop", -1),
}
SYNTAX = "mend the syntax, or name the file under `exclude` in .wavefix.yaml"
MAPPING = "a document that is no mapping; a manifest holds objects only"
CM = manifest("ConfigMap", "a")


def too_much(limit: str) -> str:
    """The advice where a limit is exceeded."""
    return (
        f"name what is not needed under `exclude` in .wavefix.yaml, or raise `limits.{limit}` there"
    )


# Files, and what is said about them on stderr; `...` stands for words of the YAML parser.
BAD: dict[str, tuple[dict[str, str | bytes], str]] = {
    "invalid YAML": (
        {"bad/x.yaml": CM + "data: {a: b\n"},
        f"bad/x.yaml:6: invalid YAML: ...; {SYNTAX}",
    ),
    "invalid YAML that is no manifest": (
        {"bad/x.yaml": "a: ]\n"},
        f"bad/x.yaml:1: invalid YAML: ...; {SYNTAX}",
    ),
    "invalid UTF-8": (
        {"bad/x.yaml": CM.encode() + b"# caf\xe9\n"},
        "bad/x.yaml:5: invalid UTF-8: byte 0xe9; save the file as UTF-8",
    ),
    "UTF-16": (
        {"bad/x.yaml": CM.encode("utf-16")},
        "bad/x.yaml:1: invalid UTF-8: byte 0xff; save the file as UTF-8",
    ),
    "NUL bytes": (
        {"bad/x.yaml": CM + "data: {a: '\0'}\n"},
        "bad/x.yaml:5: invalid YAML: the control character U+0000; save the file as text, or name"
        " it under `exclude` in .wavefix.yaml",
    ),
    "a binary file": (
        {"bad/x.yaml": b"\x7fELF\x02\x01\x01" + bytes(range(256))},
        "bad/x.yaml:2: invalid UTF-8: byte 0x80; save the file as UTF-8",
    ),
    "invalid JSON": (
        {"bad/x.json": '{"apiVersion": "v1", "kind": "ConfigMap",\n"metadata": {"name": "a"}]'},
        f"bad/x.json:2: invalid YAML: ...; {SYNTAX}",
    ),
    "a text beside objects": ({"bad/x.yaml": CM + "---\njust text\n"}, f"bad/x.yaml:6: {MAPPING}"),
    "a list beside objects": ({"bad/x.yaml": f"- a\n---\n{CM}"}, f"bad/x.yaml:1: {MAPPING}"),
    "a text that a kustomization names": (
        {"bad/kustomization.yaml": "resources: [x.yaml]\n", "bad/x.yaml": "just text\n"},
        f"bad/x.yaml:1: {MAPPING}",
    ),
    "no name": (
        {"bad/x.yaml": "apiVersion: v1\nkind: Secret\nmetadata:\n  labels: {}\n"},
        "bad/x.yaml:3: Secret without metadata.name; name it, or name the file under `exclude` in"
        " .wavefix.yaml",
    ),
    "no metadata": (
        {"bad/x.yaml": "---\napiVersion: v1\nkind: Secret\n"},
        "bad/x.yaml:2: Secret without metadata.name; name it, or name the file under `exclude` in"
        " .wavefix.yaml",
    ),
    "a name that is no text": (
        {"bad/x.yaml": manifest("Secret", "no")},
        "bad/x.yaml:4: Secret whose metadata.name is no text; put it in quotes",
    ),
    "no apiVersion": (
        {"bad/x.yaml": "kind: Secret\nmetadata: {name: a}\n"},
        "bad/x.yaml:1: an object without apiVersion; add it",
    ),
    "one id twice": (
        {"bad/x.yaml": CM, "bad/y.yaml": CM},
        "bad/y.yaml:1: ConfigMap/default/a is defined twice in Application .: also in x.yaml:1;"
        " remove one, or give each overlay as a path of its own",
    ),
    "a resource that is not there": (
        {"bad/kustomization.yaml": "resources:\n- gone.yaml\n"},
        "bad/kustomization.yaml:2: `gone.yaml` does not exist; correct the path",
    ),
    "a resource out of the repository": (
        {"bad/kustomization.yaml": "resources:\n- ../../elsewhere.yaml\n"},
        "bad/kustomization.yaml:2: `../../elsewhere.yaml` leads out of the repository;"
        " name something inside it",
    ),
    "a base without a kustomization": (
        {"bad/kustomization.yaml": "resources:\n- base\n", "bad/base/x.yaml": CM},
        "bad/base: no kustomization in it; check `resources` that names it",
    ),
    "a kustomization that includes itself": (
        {"bad/kustomization.yaml": "resources: [sub]\n", "bad/sub/kustomization.yaml":
         "resources: [..]\n"},
        "bad/kustomization.yaml: a kustomization that includes itself; break the circle",
    ),
    "a kustomization that is no mapping": (
        {"bad/kustomization.yaml": "# c\n- x.yaml\n"},
        "bad/kustomization.yaml:2: a kustomization that is no mapping; write `key: value` lines",
    ),
    "values that are no mapping": (
        {"bad/kustomization.yaml": "helmCharts: [{name: x, valuesFile: v.yaml}]\n",
         "bad/v.yaml": "- a\n"},
        "bad/v.yaml:1: values that are no mapping; write `key: value` lines",
    ),
    "values in an Application that are no YAML": (
        {"bad/a.yaml": application("a", "{chart: x, helm: {values: 'a: ]'}}")},
        f"bad/a.yaml:7: invalid YAML: ...; {SYNTAX}",
    ),
    "nesting without end": (
        {"bad/x.yaml": "a: " + "[" * 100_000},
        f"bad/x.yaml:1: nested too deeply: more than 200 levels; {too_much('depth')}",
    ),
    "deep nesting": (
        {"bad/x.yaml": "a: " + "[" * 400 + "]" * 400},
        f"bad/x.yaml:1: nested too deeply: more than 200 levels; {too_much('depth')}",
    ),
    "a billion laughs": (
        {"bad/x.yaml": "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))},
        f"bad/x.yaml:6: aliases expand to more than 1000000 values; {too_much('nodes')}",
    ),
}  # fmt: skip


def run(root: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a run in `root`; a traceback fails the test."""
    before = Path.cwd()
    os.chdir(root)
    try:
        result = CliRunner().invoke(app, list(arguments), prog_name="wavefix")
    finally:
        os.chdir(before)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def says(text: str, message: str) -> bool:
    begin, _, end = message.partition("...")
    return text == message or (bool(end) and text.startswith(begin) and text.endswith(end))


def snapshot(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository, with something outside of it."""
    (tmp_path / "elsewhere.yaml").write_text(CM)
    return make(tmp_path / "repository", GOOD)


@pytest.mark.parametrize(("files", "message"), BAD.values(), ids=BAD)
def test_bad_files_are_named_and_nothing_is_written(
    root: Path, files: dict[str, str | bytes], message: str
) -> None:
    make(root, files)
    before = snapshot(root)
    message = message.replace("Application .:", f"Application {root.name}:")
    status, stdout, stderr = run(root)
    assert (status, stdout) == (2, "")
    assert says(stderr, f"{message}\nnothing written\n")
    assert snapshot(root) == before


@pytest.mark.parametrize(
    "arguments",
    [["--dry-run"], ["--check"], ["--dry-run", "--format", "json"],
     ["--dry-run", "--format", "diff"], ["--dry-run", "--format", "markdown"],
     ["lint"], ["lint", "--format", "json"], ["graph"], ["graph", "--format", "json"]],
    ids=" ".join,
)  # fmt: skip
def test_the_rest_is_still_shown(root: Path, arguments: list[str]) -> None:
    files, message = BAD["invalid UTF-8"]
    make(root, files)
    before = snapshot(root)
    status, stdout, stderr = run(root, *arguments)
    assert (status, stderr) == (2, f"{message}\n")
    assert "limits" in stdout or "quota.yaml" in stdout
    assert snapshot(root) == before


def test_without_the_bad_file_the_good_ones_are_rewritten(root: Path) -> None:
    status, stdout, stderr = run(root)
    assert (status, stderr) == (0, "")
    assert "written" in stdout
    assert snapshot(root)["good/quota.yaml"] != GOOD["good/quota.yaml"].encode()


def test_every_bad_file_is_named_once(root: Path) -> None:
    make(root, {"bad/a.yaml": "a: ]\n", "bad/b.yaml": b"\xff\n", "bad/c.yaml": "a: ]\n"})
    _, _, stderr = run(root, "--dry-run")
    assert [line.partition(": ")[0] for line in stderr.splitlines()] == [
        "bad/a.yaml:1", "bad/b.yaml:1", "bad/c.yaml:1",
    ]  # fmt: skip


def test_what_a_base_lacks_is_told_once_for_all_its_overlays(root: Path) -> None:
    make(root, {
        "base/kustomization.yaml": "resources: [gone.yaml]\n",
        "dev/kustomization.yaml": "resources: [../base]\n",
        "prod/kustomization.yaml": "resources: [../base]\n",
    })  # fmt: skip
    _, _, stderr = run(root, "--dry-run", "dev", "prod")
    assert stderr == "base/kustomization.yaml:1: `gone.yaml` does not exist; correct the path\n"


def test_names_of_files_are_relative_to_where_one_stands(root: Path) -> None:
    make(root, {"deep/er/x.yaml": "a: ]\n"})
    for place, name in {
        "deep": "er/x.yaml",
        "deep/er": "x.yaml",
        "good": "../deep/er/x.yaml",
    }.items():
        _, _, stderr = run(root / place, "--dry-run", str(root / "deep"))
        assert stderr.startswith(f"{name}:1: invalid YAML")


# --- what nothing can be done without


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: no such file or directory; check the path"),
        (["good", "no/where"], "no/where: no such file or directory; check the path"),
        (["lint", "nowhere"], "nowhere: no such file or directory; check the path"),
        (["graph", "nowhere"], "nowhere: no such file or directory; check the path"),
        (["--", "lint"], "lint: no such file or directory; check the path"),
        (["explain", "x", "nowhere"], "nowhere: no such file or directory; check the path"),
    ],
)
def test_a_path_that_does_not_exist(root: Path, arguments: list[str], message: str) -> None:
    assert run(root, *arguments) == (2, "", f"{message}\n")


@pytest.mark.parametrize("arguments", [["--profile", "bold"], ["--format", "x"], ["--nonsense"]])
def test_an_option_that_does_not_exist(root: Path, arguments: list[str]) -> None:
    before = snapshot(root)
    status, stdout, stderr = run(root, *arguments)
    assert (status, stdout) == (2, "")
    assert arguments[-1].lstrip("-") in stderr
    assert snapshot(root) == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("profile: fast\n", ".wavefix.yaml:1: none of conservative, aggressive at `profile`"),
        ("\npni: []\n", ".wavefix.yaml:2: unknown key `pni`"),
        ("pin: [\n", ".wavefix.yaml:2: invalid YAML"),
        ("durations:\n  Job.batch: soon\n", ".wavefix.yaml:2: expected `float`, got `str`"),
        (b"\xff", ".wavefix.yaml:1: invalid UTF-8"),
        ("exclude: ['!']\n", ".wavefix.yaml:1: `!` under `exclude` is no pattern"),
        ("rules: [gone.yaml]\n", "gone.yaml: "),
    ],
)
@pytest.mark.parametrize("command", [[], ["--dry-run"], ["lint"], ["graph"]], ids=" ".join)
def test_a_broken_configuration(
    root: Path, command: list[str], text: str | bytes, message: str
) -> None:
    make(root, {".wavefix.yaml": text})
    before = snapshot(root)
    status, stdout, stderr = run(root, *command, "good")
    assert (status, stdout) == (2, "")
    assert stderr.startswith(message)
    assert "; " in stderr
    assert stderr.count("\n") == 1
    assert snapshot(root) == before


# --- files that cannot be opened, and things that are no files


def test_a_file_that_may_not_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(root, {"bad/x.yaml": CM})
    opened = os.open

    def fail(path: str, *more: int) -> int:
        if str(path).endswith("bad/x.yaml"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *more)

    monkeypatch.setattr(os, "open", fail)
    status, stdout, stderr = run(root, "--dry-run")
    assert (status, stderr) == (
        2,
        "bad/x.yaml: cannot be read: Permission denied; check the path\n",
    )
    assert "limits" in stdout


def test_a_directory_that_may_not_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(root, {"bad/x.yaml": CM})
    scanned = os.scandir

    def fail(path: str) -> object:
        if str(path).endswith("bad"):
            raise PermissionError(13, "Permission denied")
        return scanned(path)

    monkeypatch.setattr(os, "scandir", fail)
    status, _, stderr = run(root, "--dry-run")
    assert (status, stderr) == (2, "bad: cannot be read: Permission denied; check it\n")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_is_not_waited_for(root: Path) -> None:
    make(root, {"bad/kustomization.yaml": "resources: [pipe.yaml]\n"})
    os.mkfifo(root / "bad" / "pipe.yaml")
    os.mkfifo(root / "good" / "pipe.yaml")
    _, _, stderr = run(root, "--dry-run")
    assert stderr == (
        "bad/kustomization.yaml:1: `pipe.yaml` is no regular file; name a file or a directory\n"
    )


@pytest.mark.parametrize(
    "files",
    [
        {"more/readme.md": ""},
        {"more/x.yaml/inside.yaml": CM},
        {"more/x.yaml": ""},
        {"more/x.yaml": "\n\n"},
        {"more/x.yaml": "---\n---\n"},
        {"more/x.yaml": "\ufeff" + CM},
        {"more/x.yaml": CM.replace("\n", "\r\n")},
        {"more/x.yaml": CM + f"data: {{a: '{'x' * 2_000_000}'}}\n"},
        {"more/x.yaml": CM + "".join(f"---\n{manifest('Secret', f's{n}')}" for n in range(500))},
        {"more/x.yaml": CM + "data: &d {a: b}\nbinaryData: *d\n"},
        {"more/x.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},\n'
                        '"data": {"smile": "\\ud83d\\ude00"}}'},
    ],
    ids=["no manifests", "a directory named like a file", "an empty file", "blank lines",
         "empty documents", "BOM", "CRLF", "a long line", "many documents", "aliases",
         "escapes of JSON"],
)  # fmt: skip
def test_what_is_odd_and_fine(root: Path, files: dict[str, str]) -> None:
    make(root, files)
    for command in (["--dry-run"], ["lint"], ["graph", "--format", "json"]):
        status, _, stderr = run(root, *command)
        assert (status, stderr) == (1 if command == ["lint"] else 0, "")
    status, _, stderr = run(root, "--dry-run", "more")
    assert (status, stderr) == (0, "")


# --- files of other programs, which are passed over silently

OTHERS: dict[str, str] = {
    "values.yaml": "image: {tag: 1}\nresources: [1, 2]\n",
    "list.yaml": "- a\n- b\n",
    "text.yml": "just text\n",
    ".gitlab-ci.yml": "job:\n  script: !reference [.setup, script]\n  x: [!reference [.r, x]]\n",
    "mkdocs.yml": "markdown_extensions:\n- x:\n    y: !!python/name:material.extensions.emoji.z\n",
    "cloudformation.yaml": "Resources:\n  A: !Sub '${B}'\n  C: !GetAtt a.b\n",
    "docker-compose.yml": "version: '3'\nservices: {web: {image: x, ports: ['80:80']}}\n",
    ".github/workflows/ci.yml": "on: [push]\njobs: {a: {steps: [{run: '${{ x }}'}]}}\n",
    "chart/templates/deployment.yaml": "{{- if .Values.x }}\napiVersion: apps/v1\n"
        "kind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n{{- end }}\n",
    "templates/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}\n",
    "skeleton/x.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: ${{ values.name }}\n",
    "jinja.yaml": "{% for a in b %}\n{{ a }}: 1\n{% endfor %}\n",
    "kubeconfig.yaml": "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n",
    "catalog-info.yaml": "apiVersion: backstage.io/v1beta1\nkind: API\nmetadata: {name: x}\n",
    "skaffold.yaml": "apiVersion: skaffold/v4beta6\nkind: Config\nmetadata: {name: x}\n",
    "kind.yaml": "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n",
    "eksctl.yaml": "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: x}\n",
    "score.yaml": "apiVersion: score.dev/v1b1\nmetadata: {name: x}\n",
    "install-config.yaml": "apiVersion: v1\nbaseDomain: x\nmetadata: {name: x}\n",
    "kubelet.yaml": "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n",
    ".drone.yml": "kind: pipeline\ntype: docker\nname: default\n",
    "pod.yml": "kind: library\nmetadata: {a: b}\n",
    "openapi.json": '{"openapi": "3.0.0", "info": {"title": "x"}}',
    "tsconfig.json": '{\n  // comments\n  "a": 1,\n}\n',
    "chart/Chart.yaml": "apiVersion: v2\nname: x\nversion: 0.1.0\n",
    "chart/values.yaml": "a: {{ not rendered }}\n",
    "multi.yaml": "a: 1\n---\n- b\n---\nc\n",
    "policy-test.yaml": "apiVersion: cli.kyverno.io/v1alpha1\nmetadata: {name: x}\n",
    ".wavefix.yaml": "profile: conservative\n",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in OTHERS if not name.startswith("chart/")])
def test_files_of_other_programs_pass_silently(root: Path, name: str) -> None:
    make(root, {f"other/{name}": OTHERS[name]})
    status, stdout, stderr = run(root, "--dry-run", "--format", "json", "other")
    assert (status, stderr) == (0, "")
    assert '"resources": []' in stdout


def test_all_of_them_together_change_nothing_about_the_rest(root: Path) -> None:
    files = {f"other/{name}": text for name, text in OTHERS.items() if "chart/" not in name}
    make(root, files)
    status, stdout, stderr = run(root, "--check")
    assert (status, stderr) == (1, "")
    assert "limits" in stdout


def test_templates_beside_a_chart_are_not_read_and_its_values_are(root: Path) -> None:
    make(root, {f"other/{name}": text for name, text in OTHERS.items() if "chart/" in name})
    make(root, {"other/chart/values.yaml": "a: 1\n"})
    status, _, stderr = run(root, "--dry-run", "other")
    assert (status, stderr) == (0, "")


# --- the same in a process of its own


def test_a_process_says_the_same(root: Path, cli: Cli) -> None:
    files, message = BAD["invalid YAML"]
    make(root, files)
    ran = cli("--dry-run", cwd=root)
    assert ran.returncode == 2
    assert says(ran.stderr.decode(), f"{message}\n")
    assert b"limits" in ran.stdout
    ran = cli(cwd=root)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert says(ran.stderr.decode(), f"{message}\nnothing written\n")


@pytest.mark.parametrize(
    "command",
    ["fix", "lint", "graph", "explain x", "simulate", "rules", "undo", "rollout", "rollout status"],
)
def test_a_working_directory_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    ran = CliRunner().invoke(app, command.split())
    assert (ran.exit_code, ran.output) == (
        2, "the working directory is not there any more; change to one that is\n",
    )  # fmt: skip
