"""Running helm and kustomize: what they are given, what is kept, and what is never done."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from threading import current_thread, main_thread

import pytest

from wavefix import analysis, pipeline
from wavefix.catalogue import Catalogue
from wavefix.config import Config, Render
from wavefix.discover import Found
from wavefix.errors import InputError
from wavefix.limits import WORK, TooMuch
from wavefix.tools import Kit, Stage, ToolFailed, binaries, kit, process
from wavefix.tools import stage as staging
from wavefix.tools.charts import Unavailable, archive, complete, unpacked
from wavefix.tools.messages import cleaned
from wavefix.tools.rendered import parse

SECRET = "correct-horse-battery-staple"


def program(directory: Path, body: str, name: str = "helm") -> str:
    """A program that stands in for a tool."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return str(file)


def staged(root: Path, files: Mapping[str, str]) -> Stage:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    stage = Stage(str(root.resolve()))
    stage.add(str(root.resolve()))
    return stage


def packed(file: Path, members: Mapping[str, str], links: Mapping[str, str] | None = None) -> None:
    """An archive, with whatever names its members have."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HELM_CACHE_HOME", str(tmp_path / "helm-cache"))
    monkeypatch.delenv("HELM_REPOSITORY_CACHE", raising=False)


# --- a process -------------------------------------------------------------------------------


def test_a_tool_that_takes_too_long_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    tool = program(tmp_path / "bin", f"sleep 60 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(ToolFailed, match=r"helm was stopped after 0\.5 s"):
        process.run([tool], str(tmp_path), 0.5)
    child = int((tmp_path / "child").read_text())
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(child)], capture_output=True, text=True)
    assert state.stdout.strip()[:1] in ("", "Z")


def test_a_tool_that_prints_without_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LIMIT", 1 << 20)
    tool = program(tmp_path / "bin", "yes wave; exit 0")
    with pytest.raises(ToolFailed, match="helm printed more than 1 MiB"):
        process.run([tool], str(tmp_path), 60)


def test_what_a_tool_says_is_told_in_one_line_without_names_of_scratch_directories(
    tmp_path: Path,
) -> None:
    scratch = tmp_path / "scratch"
    (scratch / "chart").mkdir(parents=True)
    tool = program(
        tmp_path / "bin",
        'echo \'WARNING: old\' >&2; echo "Error: broken" >&2; echo "  in $PWD/x.yaml" >&2; exit 3',
    )
    with pytest.raises(ToolFailed) as failed:
        process.run([tool], str(scratch / "chart"), 60, scratch=str(scratch))
    assert str(failed.value) == "broken in x.yaml"


def test_a_tool_that_fails_without_a_word_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match=r"^helm failed$"):
        process.run([program(tmp_path / "bin", "exit 1")], str(tmp_path), 60)


def test_a_tool_that_cannot_be_started_is_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "helm"
    file.write_text("no program")
    with pytest.raises(ToolFailed, match="helm cannot be run"):
        process.run([str(file)], str(tmp_path), 60)


def test_a_tool_sees_no_credentials_no_cluster_and_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("KUBECONFIG", "/home/someone/.kube/config")
    monkeypatch.setenv("HELM_PLUGINS", "/home/someone/plugins")
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    shown = process.run([program(tmp_path / "bin", "env")], str(tmp_path), 60).decode()
    seen = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    assert SECRET not in shown
    assert "someone" not in shown
    assert seen["KUBECONFIG"] == os.devnull
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        assert seen[name] == "http://127.0.0.1:9"
    assert seen["GIT_ALLOW_PROTOCOL"] == "none"
    assert not os.path.exists(seen["HOME"])


def test_only_what_is_fetched_when_asked_for_gets_the_users_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    tool = program(tmp_path / "bin", "echo $https_proxy $GIT_ALLOW_PROTOCOL")
    assert (
        process.run([tool], str(tmp_path), 60, network=True) == b"http://proxy.example.com:3128\n"
    )


# --- which programs --------------------------------------------------------------------------


def test_tools_are_found_on_the_path_or_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helm = program(tmp_path / "bin", "")
    other = program(tmp_path / "else", "", "kustomize-5")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv(binaries.HELM)
    monkeypatch.setenv(binaries.KUSTOMIZE, other)
    found = kit(Config(), "/somewhere")
    assert (found.helm, found.kustomize) == (helm, other)


def test_a_tool_that_lies_in_the_repository_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "repository"
    program(root / "bin", "touch ran")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "kustomize").symlink_to(program(root / "bin", "", "kustomize"))
    monkeypatch.setenv("PATH", f"{root}/bin:{tmp_path}/links:bin:.")
    monkeypatch.chdir(root)
    monkeypatch.delenv(binaries.HELM)
    monkeypatch.delenv(binaries.KUSTOMIZE)
    found = kit(Config(), str(root))
    assert (found.helm, found.kustomize) == ("", "")


def test_rendering_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(binaries.HELM, program(tmp_path / "bin", ""))
    assert kit(Config(render=Render(enabled=False)), "/somewhere") == Kit()


# --- the cache -------------------------------------------------------------------------------

PRINTS = f"""echo run >> $0.runs
cat <<'END'
---
# Source: shop/templates/a.yaml
apiVersion: v1
kind: Secret
metadata: {{name: keys}}
stringData: {{password: {SECRET}}}
data: {{other: {SECRET}}}
---
apiVersion: v1
kind: List
items:
  - {{apiVersion: v1, kind: Secret, metadata: {{name: more}}, data: {{password: {SECRET}}}}}
END"""


def runs(tool: str) -> int:
    file = Path(f"{tool}.runs")
    return len(file.read_text().splitlines()) if file.exists() else 0


def test_what_was_rendered_before_is_not_rendered_again(tmp_path: Path) -> None:
    tool = program(tmp_path / "bin", PRINTS)
    files = {"values.yaml": "a: 1\n"}
    first = Kit(helm=tool).call([tool, "template"], staged(tmp_path / "tree", files), ".")
    again = Kit(helm=tool).call([tool, "template"], staged(tmp_path / "copy", files), ".")
    assert first == again
    assert [one.source for one in first] == ["shop/templates/a.yaml", ""]
    assert runs(tool) == 1


@pytest.mark.parametrize("change", ["a byte", "a name", "an argument", "the directory", "the tool"])
def test_whatever_goes_in_is_a_reason_to_render_again(tmp_path: Path, change: str) -> None:
    tool = program(tmp_path / "bin", PRINTS)
    files = {"values.yaml": "a: 1\n", "base/x.yaml": ""}
    Kit(helm=tool).call([tool, "template"], staged(tmp_path / "tree", files), ".")
    argv, directory = [tool, "template"], "."
    if change == "a byte":
        files["values.yaml"] = "a: 2\n"
    elif change == "a name":
        files = {"value.yaml": "a: 1\n", "base/x.yaml": ""}
    elif change == "an argument":
        argv.append("--include-crds")
    elif change == "the directory":
        directory = "base"
    else:
        os.utime(tool, ns=(1, 1))
    Kit(helm=tool).call(argv, staged(tmp_path / "changed", files), directory)
    assert runs(tool) == 2


def test_what_a_tool_refused_before_is_not_asked_of_it_again(tmp_path: Path) -> None:
    tool = program(tmp_path / "bin", "echo run >> $0.runs; echo 'Error: no region' >&2; exit 1")
    for _ in range(2):
        with pytest.raises(ToolFailed, match=r"^no region$"):
            Kit(helm=tool).call([tool, "template"], staged(tmp_path / "tree", {"x": ""}), ".")
    assert runs(tool) == 1


def test_a_tool_that_was_stopped_gets_another_chance(tmp_path: Path) -> None:
    tool = program(tmp_path / "bin", "echo run >> $0.runs; sleep 30")
    for _ in range(2):
        with pytest.raises(ToolFailed, match="was stopped"):
            Kit(helm=tool, timeout=0.3).call([tool], staged(tmp_path / "tree", {"x": ""}), ".")
    assert runs(tool) == 2


def test_no_value_of_a_secret_is_kept(tmp_path: Path) -> None:
    tool = program(tmp_path / "bin", PRINTS)
    made = Kit(helm=tool).call([tool], staged(tmp_path / "tree", {"x": ""}), ".")
    assert [one.body["metadata"]["name"] for one in made] == ["keys", "more"]
    assert made[0].body["data"] == {"other": ""}
    kept = [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]
    assert kept
    for file in kept:
        assert SECRET.encode() not in zlib.decompress(file.read_bytes())
        assert not file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("values: 'hunter2hunter' does not match", "values: '***' does not match"),
        ('parsing --set: key "t0psecret" has no value', 'parsing --set: key "***" has no value'),
        ("trouble with config: ` a: plain b: hunter2hunter `: broken", "trouble: broken"),
        ("spec.plain is no number", "spec.plain is no number"),
    ],
)
def test_no_tool_tells_what_is_secret_of_what_it_was_given(said: str, shown: str) -> None:
    files = {".wavefix-values/0.yaml": b'{"password": "hunter2hunter", "a": "plain"}', "x": b"\xff"}
    assert cleaned(said, ["helm", "--set=auth=t0psecret"], files) == shown


def test_a_chart_that_fills_the_memory_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: None
) -> None:
    monkeypatch.setattr(process, "_MEMORY", 512 << 20)
    grows = '{{ $x := "aaaaaaaa" }}{{ range until 40 }}{{ $x = printf "%s%s" $x $x }}{{ end }}'
    files = {"Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n", "templates/x": grows}
    helm = kit(Config(), "/nowhere").helm
    with pytest.raises(ToolFailed, match=r"^helm takes more than 512 MiB of memory$"):
        Kit(helm=helm).call([helm, "template", "."], staged(tmp_path / "tree", files), ".")


def test_tools_have_a_time_in_all(tmp_path: Path) -> None:
    WORK.begin()
    tool = program(tmp_path / "bin", PRINTS)
    with pytest.raises(TooMuch, match="more than 0 s in all"):
        Kit(helm=tool, total=0.0).call([tool], staged(tmp_path / "tree", {"x": ""}), ".")


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_cache_is_rendered_over(tmp_path: Path, damage: bytes | None) -> None:
    tool = program(tmp_path / "bin", PRINTS)
    stage = staged(tmp_path / "tree", {"x": ""})
    first = Kit(helm=tool).call([tool], stage, ".")
    (kept,) = (file for file in (tmp_path / "cache").rglob("*") if file.is_file())
    kept.write_bytes(kept.read_bytes()[:-9] if damage is None else damage)
    assert Kit(helm=tool).call([tool], stage, ".") == first
    assert runs(tool) == 2


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    tool = program(tmp_path / "bin", PRINTS)
    assert Kit(helm=tool).call([tool], staged(tmp_path / "tree", {"x": ""}), ".")


def test_what_is_no_yaml_is_the_tools_failure() -> None:
    with pytest.raises(ToolFailed, match="what it printed is no YAML"):
        parse("---\n# Source: a/templates/x.yaml\na: [1\n")


def test_a_separator_inside_a_text_separates_nothing() -> None:
    text = "---\n# Source: a/templates/x.yaml\ndata:\n  x: |\n    ---\n    # Source: b\n"
    (one,) = parse(text)
    assert one.source == "a/templates/x.yaml"
    assert one.body["data"]["x"] == "---\n# Source: b\n"


# --- what a tool is given --------------------------------------------------------------------


def test_what_a_link_in_the_repository_leads_to_outside_is_not_given(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "key").write_text(SECRET)
    (root / "key").symlink_to(tmp_path / "outside" / "key")
    (root / "all").symlink_to(tmp_path / "outside")
    (root / "inside").symlink_to("real")
    (root / "pipe").mkdir()
    os.mkfifo(root / "pipe" / "fifo")
    stage = staged(root, {"real": "x", ".git/config": SECRET})
    assert stage.files == {"real": b"x", "inside": b"x"}


def test_a_linked_directory_is_given_as_it_is_and_a_circle_of_them_ends(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    (root / "chart").mkdir(parents=True)
    (root / "chart" / "files").symlink_to("../shared")
    (root / "shared").mkdir()
    (root / "shared" / "again").symlink_to("../chart")
    (root / "shared" / "x").write_text("x")
    stage = Stage(str(root.resolve()))
    stage.add(str(root.resolve() / "chart"))
    assert stage.files["chart/files/x"] == b"x"


@pytest.mark.parametrize("limit", ["_MOST_FILES", "_MOST_BYTES"])
def test_what_is_too_large_to_copy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(staging, limit, 2)
    with pytest.raises(InputError, match="too large to render"):
        staged(tmp_path / "tree", {"a": "a", "b": "b", "c": "c"})


# --- charts ----------------------------------------------------------------------------------

CHART = "apiVersion: v2\nname: db\nversion: 1.2.3\n"


def test_a_chart_is_taken_from_helms_cache(tmp_path: Path) -> None:
    file = tmp_path / "helm-cache" / "repository" / "db-1.2.3.tgz"
    packed(file, {"db/Chart.yaml": CHART, "db/templates/x.yaml": "x"})
    path = archive(Kit(helm="helm"), "db", "https://charts.example.com", "1.2.3")
    assert dict(unpacked(path)) == {"Chart.yaml": CHART.encode(), "templates/x.yaml": b"x"}


@pytest.mark.parametrize("version", ["", "1.2.4", "~1.2"])
def test_another_version_of_a_chart_is_no_substitute(tmp_path: Path, version: str) -> None:
    packed(tmp_path / "helm-cache" / "repository" / "db-1.2.3.tgz", {"db/Chart.yaml": CHART})
    with pytest.raises(
        Unavailable, match=f"db {version or 'of no fixed version'} is not in Helm's"
    ):
        archive(Kit(helm="helm"), "db", "https://charts.example.com", version)


def test_a_chart_is_not_fetched_unless_that_is_asked_for(tmp_path: Path) -> None:
    tool = program(tmp_path / "bin", "echo run >> $0.runs")
    with pytest.raises(Unavailable):
        archive(Kit(helm=tool), "db", "https://charts.example.com", "1.2.3")
    assert runs(tool) == 0


def test_members_of_an_archive_stay_in_it(tmp_path: Path) -> None:
    file = tmp_path / "db.tgz"
    members = {"db/Chart.yaml": CHART, "db/../../evil": "x", "/etc/evil": "x", "db//etc/evil": "x"}
    packed(file, members, {"db/link": "/etc/passwd"})
    names = [name for name, _ in unpacked(str(file))]
    assert "Chart.yaml" in names
    assert not any(name.startswith(("/", "..")) or name == "link" for name in names)


def test_what_is_no_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "db.tgz").write_text("<html>")
    with pytest.raises(Unavailable, match=r"db\.tgz is no archive of a chart"):
        list(unpacked(str(tmp_path / "db.tgz")))


def test_an_archive_that_grows_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wavefix.tools import charts

    monkeypatch.setattr(charts, "_MOST_BYTES", 1000)
    packed(tmp_path / "db.tgz", {"db/Chart.yaml": CHART, "db/zeros": "0" * 2000})
    with pytest.raises(Unavailable, match="is too large"):
        list(unpacked(str(tmp_path / "db.tgz")))


def umbrella(*dependencies: str) -> str:
    lines = "".join(f"  - {{{entry}}}\n" for entry in dependencies)
    return f"apiVersion: v2\nname: all\nversion: 1.0.0\ndependencies:\n{lines}"


def test_dependencies_come_from_charts_from_the_repository_and_from_helms_cache(
    tmp_path: Path,
) -> None:
    packed(tmp_path / "helm-cache" / "repository" / "cached-2.0.1.tgz", {"cached/Chart.yaml": ""})
    root = tmp_path / "tree"
    stage = staged(
        root,
        {
            "all/Chart.yaml": umbrella(
                "name: here, version: 1.0.0, repository: 'https://charts.example.com'",
                "name: db, version: 1.2.3, repository: 'file://../db'",
                "name: db, alias: other, version: 1.2.3, repository: 'file://../db'",
                "name: cached, version: ^2.0.0, repository: 'https://charts.example.com'",
            ),
            "all/Chart.lock": "dependencies:\n- {name: cached, version: 2.0.1}\n",
            "all/charts/here/Chart.yaml": CHART,
            "db/Chart.yaml": CHART,
        },
    )
    homes = complete(Kit(helm="helm"), stage, "all")
    assert "all/charts/db/Chart.yaml" in stage.files
    assert "all/charts/cached.tgz" in stage.files
    assert homes == {"all/charts/db": str(root.resolve() / "db")}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (
            "name: db, version: 9.9.9, repository: 'https://charts.example.com'",
            "db 9.9.9 is not in",
        ),
        ("name: db, version: 1.0.0, repository: 'file://../../outside'", "outside is not in the"),
        (
            "name: db, version: 1.0.0, repository: 'file://../nowhere'",
            "nowhere is not in the",
        ),
    ],
)
def test_a_dependency_that_is_nowhere_is_named(tmp_path: Path, entry: str, why: str) -> None:
    stage = staged(tmp_path / "tree", {"all/Chart.yaml": umbrella(entry)})
    with pytest.raises(Unavailable, match=why):
        complete(Kit(helm="helm"), stage, "all")


def test_dependencies_of_old_charts_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    files = {
        "all/Chart.yaml": "apiVersion: v1\nname: all\nversion: 1.0.0\n",
        "all/requirements.yaml": "dependencies: [{name: db, version: 9.9.9, repository: 'https://x'}]",
    }
    with pytest.raises(Unavailable, match=r"db 9\.9\.9 is not in Helm's cache"):
        complete(Kit(helm="helm"), staged(tmp_path / "tree", files), "all")


def test_what_is_pulled_is_kept_and_pulled_once(tmp_path: Path) -> None:
    packed(tmp_path / "db-1.2.3.tgz", {"db/Chart.yaml": CHART})
    find = 'echo "$@" >> $0.runs; while [ "$1" != --destination ]; do shift; done'
    tool = program(tmp_path / "bin", f"{find}; cp {tmp_path}/db-1.2.3.tgz $2")
    for _ in range(2):
        path = archive(Kit(helm=tool, pull=True), "db", "https://charts.example.com", "1.2.3")
        assert [name for name, _ in unpacked(path)] == ["Chart.yaml"]
    assert runs(tool) == 1
    assert (
        "pull db --repo https://charts.example.com --version=1.2.3"
        in Path(f"{tool}.runs").read_text()
    )


@pytest.mark.parametrize(
    ("name", "repo"),
    [("--debug", "https://x.example.com"), ("db", "--debug"), ("db", "file:///etc")],
)
def test_what_would_be_an_option_is_no_name_of_a_chart(
    tmp_path: Path, name: str, repo: str
) -> None:
    tool = program(tmp_path / "bin", "echo run >> $0.runs")
    with pytest.raises(Unavailable):
        archive(Kit(helm=tool, pull=True), name, repo, "1.0.0")
    assert runs(tool) == 0


def test_rules_are_read_before_components_are_rendered_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In threads msgspec crashes, now and then: it makes the same type in two of them at once."""
    readers = []
    catalogue = analysis._catalogue

    def read(found: Found) -> Catalogue:
        readers.append(current_thread())
        return catalogue(found)

    monkeypatch.setattr(analysis, "_catalogue", read)
    monkeypatch.setenv("WAVEFIX_KUSTOMIZE", program(tmp_path / "bin", "exit 1"))
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
    for name in ("a", "b", "c"):
        directory = tmp_path / "tree" / name
        directory.mkdir(parents=True)
        (directory / "kustomization.yaml").write_text("resources: [p.yaml]\n")
        (directory / "p.yaml").write_text(pod)
    pipeline.analyse(["a", "b", "c"], str(tmp_path / "tree"))
    assert len(readers) >= 3
    assert set(readers) == {main_thread()}
