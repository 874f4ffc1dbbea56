"""The GitHub Action, the workflow that uses it and the template for GitLab: what linters say of
them, and what their steps do in a scratch repository."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import test_cli
from conftest import ROOT
from installing import BIN, RELEASED, copy, run
from pipelines import ACTION, GH, GITLAB, Job, path_with, program, shell

WORKFLOW = ROOT / "ci" / "github-workflow.yml"
LATE, MENDED = (text.replace("web", "shop") for text in (test_cli.LATE, test_cli.MENDED))
MOVABLE = MENDED.replace("kind: LimitRange", "kind: ConfigMap")  # no error, but can be renumbered
UNREADABLE = "apiVersion: v1\nkind: [\nmetadata: {}\n"

# --- what linters say


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-actions", "action.yml"),
        ("vendor.github-workflows", "ci/github-workflow.yml"),
        ("vendor.gitlab-ci", "ci/gitlab.yml"),
    ],
)
def test_schemas(schema: str, file: str) -> None:
    run(BIN / "check-jsonschema", "--builtin-schema", schema, ROOT / file, cwd=ROOT)


def test_zizmor() -> None:
    files = (ROOT / "action.yml", WORKFLOW, ROOT / ".pre-commit-hooks.yaml")
    config = ROOT / "tests" / "zizmor.yml"
    strict = ("--offline", "--pedantic", "--strict-collection")
    run(BIN / "zizmor", *strict, "--config", config, *files, cwd=ROOT)


def test_actionlint() -> None:
    if shutil.which("actionlint") is None:
        pytest.skip("no actionlint: .ci/run installs it where Go is present")
    run("actionlint", "-shellcheck", BIN / "shellcheck", WORKFLOW, cwd=ROOT)


SCRIPTS = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
LINES = "\n".join((*GITLAB["before_script"], *GITLAB["script"]))


@pytest.mark.parametrize(
    ("dialect", "script"), [*(("bash", one) for one in SCRIPTS), ("sh", LINES)]
)
def test_shellcheck(dialect: str, script: str, tmp_path: Path) -> None:
    (tmp_path / "script").write_text(script)
    run(BIN / "shellcheck", "--shell", dialect, tmp_path / "script", cwd=tmp_path)


def test_hadolint() -> None:
    run(BIN / "hadolint", ROOT / "Containerfile", cwd=ROOT)


def test_the_container_has_the_tools_that_the_tests_run_with() -> None:
    container = (ROOT / "Containerfile").read_text()
    tested = (ROOT / ".ci" / "run").read_text()
    for name in ("helm", "kustomize"):
        version = re.search(rf"^  install {name} .* (v[\d.]+)$", tested, re.MULTILINE)
        assert version
        assert f"{name.upper()}={version[1]}" in container


def test_the_inputs_of_the_action_are_never_part_of_a_script() -> None:
    assert all("${{" not in script for script in SCRIPTS)


def test_the_example_gives_inputs_that_there_are() -> None:
    text = WORKFLOW.read_text()
    given = re.search(r"- uses: OWNER/wavefix.*\n {8}with:\n((?: {10}.*\n)+)", text)
    assert given
    assert set(re.findall(r"^ {10}([\w-]+):", given[1], re.M)) <= set(ACTION["inputs"])


# --- the Action


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    directory = tmp_path / "workspace"
    for name in ("shop", "web site"):
        (directory / name).mkdir(parents=True)
        (directory / name / "all.yaml").write_text(MENDED.replace("shop", name.split()[0]))
    return directory


@pytest.fixture
def pull_request(tmp_path: Path) -> dict[str, str]:
    """An environment with a `gh` that knows one pull request, and a comment of somebody else."""
    program(tmp_path / "bin", "gh", GH)
    mine = {"path": "1", "url": "x#issuecomment-1", "viewerDidAuthor": True, "body": "hello"}
    theirs = mine | {"viewerDidAuthor": False, "body": "<!-- wavefix -->\nnot from here"}
    state = {"token": "secret", "number": "7", "comments": [mine, theirs]}
    (tmp_path / "state").write_text(json.dumps(state))
    return {"PATH": path_with(tmp_path / "bin"), "GH_STATE": str(tmp_path / "state")}


def comments(pull_request: dict[str, str]) -> list[str]:
    """What was written to the pull request."""
    state = json.loads(Path(pull_request["GH_STATE"]).read_text())
    first, second, *written = [one["body"] for one in state["comments"]]
    assert (first, second) == ("hello", "<!-- wavefix -->\nnot from here")
    return written


def test_where_all_is_well_the_job_passes_and_nobody_is_told(
    workspace: Path, tmp_path: Path, pull_request: dict[str, str]
) -> None:
    job = Job(workspace, tmp_path / "temp", number=7, env=pull_request)
    assert not job.failed, job.log
    assert "nothing to change" in job.summary
    assert job.output("changes") == "false"
    assert comments(pull_request) == []
    assert job.used["actions/setup-python"]["update-environment"] == "False"


def test_errors_fail_the_job_and_are_uploaded_and_told(
    workspace: Path, tmp_path: Path, pull_request: dict[str, str]
) -> None:
    (workspace / "web site" / "all.yaml").write_text(test_cli.LATE)
    job = Job(workspace, tmp_path / "temp", number=7, env=pull_request)
    assert job.failed
    assert "::error title=wavefix::There are errors among the findings." in job.log
    assert "::error file=" not in job.log, "code scanning shows them"

    given = job.used["github/codeql-action/upload-sarif"]
    assert given == {"sarif_file": job.output("sarif"), "category": "wavefix"}
    [log] = json.loads(Path(job.output("sarif")).read_text())["runs"]
    [where] = log["results"][0]["locations"]
    assert where["physicalLocation"]["artifactLocation"]["uri"] == "web%20site/all.yaml"

    [comment] = comments(pull_request)
    assert comment == "<!-- wavefix -->\n" + job.summary
    assert "LimitRange/web/defaults" in comment
    assert job.output("changes") == "true"


def test_the_comment_is_updated_and_not_repeated(
    workspace: Path, tmp_path: Path, pull_request: dict[str, str]
) -> None:
    (workspace / "shop" / "all.yaml").write_text(LATE)
    Job(workspace, tmp_path / "first", number=7, env=pull_request)
    assert "1 wave changes" in comments(pull_request)[0]
    (workspace / "shop" / "all.yaml").write_text(MENDED)
    Job(workspace, tmp_path / "second", number=7, env=pull_request)
    [comment] = comments(pull_request)
    assert "nothing to change" in comment


def test_a_long_review_fits_into_a_comment(
    workspace: Path, tmp_path: Path, pull_request: dict[str, str]
) -> None:
    many = "---\n".join(LATE.replace("shop", f"shop-{number}") for number in range(250))
    (workspace / "shop" / "all.yaml").write_text(many)
    Job(workspace, tmp_path / "temp", number=7, env=pull_request)
    [comment] = comments(pull_request)
    assert "250 waves change" in comment
    assert 10_000 < len(comment) < 65_536


@pytest.mark.parametrize(
    ("inputs", "number", "told"),
    [({"comment": "false"}, 7, False), ({}, None, False), ({"token": "of a fork"}, 7, True)],
)
def test_no_comment_where_it_is_not_wanted_or_not_allowed(
    workspace: Path, tmp_path: Path, pull_request: dict[str, str],
    inputs: dict[str, str], number: int | None, told: bool,
) -> None:  # fmt: skip
    (workspace / "shop" / "all.yaml").write_text(MOVABLE)
    job = Job(workspace, tmp_path / "temp", inputs, number, pull_request)
    assert not job.failed, job.log
    assert comments(pull_request) == []
    assert ("but not on the pull request" in job.log) == told


@pytest.mark.parametrize(
    ("text", "profile", "fail_on", "failed"),
    [
        (LATE, "", "errors", True),
        (LATE, "", "changes", True),
        (LATE, "", "never", False),
        (MENDED, "conservative", "changes", False),
        (MOVABLE, "conservative", "changes", False),
        (MOVABLE, "aggressive", "errors", False),
        (MOVABLE, "aggressive", "changes", True),
        (MOVABLE, "aggressive", "never", False),
        (UNREADABLE, "", "errors", True),
        (UNREADABLE, "", "never", False),
        (MENDED, "", "sometimes", True),
    ],
)
def test_what_fails_the_job(
    workspace: Path, tmp_path: Path, text: str, profile: str, fail_on: str, failed: bool
) -> None:
    (workspace / "shop" / "all.yaml").write_text(text)
    job = Job(workspace, tmp_path / "temp", {"fail-on": fail_on, "profile": profile})
    assert job.failed == failed, job.log


def test_paths_may_have_spaces_and_nothing_in_them_is_run(workspace: Path, tmp_path: Path) -> None:
    (workspace / "shop" / "all.yaml").write_text(LATE)
    job = Job(workspace, tmp_path / "a", {"paths": "web site\n"})
    assert not job.failed, job.log
    job = Job(workspace, tmp_path / "b", {"paths": "web site\nshop"})
    assert job.failed
    job = Job(workspace, tmp_path / "c", {"paths": '$(touch x); touch "x" `touch x`\n*'})
    assert "$(touch x); touch" in job.log
    job = Job(workspace, tmp_path / "d", {"profile": "$(touch x)"})
    assert job.failed
    assert not list(tmp_path.rglob("x"))


def test_annotations_instead_of_an_upload(workspace: Path, tmp_path: Path) -> None:
    (workspace / "shop" / "all.yaml").write_text(LATE)
    job = Job(workspace, tmp_path / "temp", {"sarif": "false"})
    assert "::error file=shop/all.yaml,line=7,title=WF003 late-governance::" in job.log
    assert "github/codeql-action/upload-sarif" not in job.used
    assert job.output("sarif") == ""


def test_what_manifests_say_is_no_command_to_the_runner(workspace: Path, tmp_path: Path) -> None:
    """The runner obeys `##[` anywhere in a line, and `::` at its beginning, until it is stopped.

    wavefix prints neither where it is a manifest's; the job stops the runner all the same.
    """
    (workspace / "shop" / "##[set-output name=x]1.yaml").write_text(UNREADABLE)
    job = Job(workspace, tmp_path / "temp", {"sarif": "false"})
    parts = re.split(r"^::(?:stop-commands::)?[0-9a-f]{32}(?:::)?\n", job.log, flags=re.MULTILINE)
    before, stopped, after = parts
    assert r"\x23#[set-output" in stopped
    assert "##[" not in job.log
    assert before == ""
    assert all(line.startswith("::") for line in after.splitlines())


@pytest.mark.index
def test_the_action_installs_itself(tmp_path: Path) -> None:
    [step] = [step for step in ACTION["runs"]["steps"] if step.get("name") == "Install wavefix"]
    source = copy(RELEASED, tmp_path / "action")
    env = {
        "PYTHON": str(BIN / "python"),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ACTION_PATH": str(source),
    }
    done = shell(step["run"], tmp_path, env)
    assert done.returncode == 0, done.stdout
    assert run(tmp_path / "wavefix-venv" / "bin" / "wavefix", "--version", cwd=tmp_path)


# --- GitLab

NOTES = "/api/v4/projects/3/merge_requests/9/notes"


class GitLab(BaseHTTPRequestHandler):
    """As much of GitLab's API as the template calls: notes in pages of two, and one user."""

    notes: list[dict[str, Any]]

    def _answer(self, document: Any, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def _body(self) -> str:
        body: str = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]
        return body

    def do_GET(self) -> None:
        if self.headers["PRIVATE-TOKEN"] != "secret":
            self._answer({}, 401)
        elif self.path == "/api/v4/user":
            self._answer({"id": 5})
        else:
            path, _, page = self.path.partition("?per_page=100&page=")
            assert path == NOTES
            first = 2 * int(page) - 2
            more = len(self.notes) > first + 2
            self._answer(
                self.notes[first : first + 2], X_Next_Page=str(int(page) + 1) if more else ""
            )

    def do_POST(self) -> None:
        assert self.path == NOTES
        self.notes.append({"id": len(self.notes), "author": {"id": 5}, "body": self._body()})
        self._answer({}, 201)

    def do_PUT(self) -> None:
        self.notes[int(self.path.removeprefix(f"{NOTES}/"))]["body"] = self._body()
        self._answer({})

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def notes() -> list[dict[str, Any]]:
    theirs = {"id": 0, "author": {"id": 4}, "body": "<!-- wavefix -->\nnot from here"}
    return [theirs, *({"id": number, "author": {"id": 5}, "body": "x"} for number in (1, 2))]


@pytest.fixture
def gitlab(notes: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """A job of a merge request of a GitLab on this machine."""
    handler = type("Handler", (GitLab,), {"notes": notes})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield {
            "CI_API_V4_URL": f"http://127.0.0.1:{server.server_port}/api/v4",
            "CI_PROJECT_ID": "3",
            "CI_MERGE_REQUEST_IID": "9",
            "WAVEFIX_TOKEN": "secret",
            "PATH": path_with(BIN),
        }
        server.shutdown()


def job(workspace: Path, env: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    """The template's job: all of its lines go through one shell."""
    return shell(LINES, workspace, {**GITLAB["variables"], **env, **more})


def test_gitlab_writes_one_note_and_updates_it(
    workspace: Path, gitlab: dict[str, str], notes: list[dict[str, Any]]
) -> None:
    assert job(workspace, gitlab).returncode == 0
    assert len(notes) == 3, "all is well: nobody is told"

    (workspace / "shop" / "all.yaml").write_text(LATE)
    done = job(workspace, gitlab)
    assert done.returncode == 1
    assert done.stdout.endswith("There are errors among the findings.\n")
    assert json.loads((workspace / "wavefix.sarif").read_text())["runs"][0]["results"]
    assert notes[3]["body"] == "<!-- wavefix -->\n" + (workspace / "wavefix.md").read_text()
    assert "1 wave changes" in notes[3]["body"]

    (workspace / "shop" / "all.yaml").write_text(MENDED)
    assert job(workspace, gitlab).returncode == 0
    assert len(notes) == 4
    assert "nothing to change" in notes[3]["body"]
    assert [note["body"] for note in notes[:3]] == ["<!-- wavefix -->\nnot from here", "x", "x"]


@pytest.mark.parametrize("missing", ["WAVEFIX_TOKEN", "CI_MERGE_REQUEST_IID"])
def test_gitlab_without_a_token_or_a_merge_request_writes_no_note(
    workspace: Path, gitlab: dict[str, str], notes: list[dict[str, Any]], missing: str
) -> None:
    (workspace / "shop" / "all.yaml").write_text(LATE)
    done = job(workspace, gitlab, **{missing: ""})
    assert done.returncode == 1
    assert len(notes) == 3
    assert (workspace / "wavefix.md").exists()


def test_gitlab_goes_on_where_the_note_is_refused(
    workspace: Path, gitlab: dict[str, str], notes: list[dict[str, Any]]
) -> None:
    (workspace / "shop" / "all.yaml").write_text(MOVABLE)
    done = job(workspace, gitlab, WAVEFIX_TOKEN="expired", WAVEFIX_PROFILE="aggressive")
    assert done.returncode == 0
    assert "could not be written to the merge request" in done.stdout
    assert len(notes) == 3


@pytest.mark.parametrize(
    ("text", "profile", "fail_on", "status"),
    [
        (LATE, "", "errors", 1),
        (LATE, "", "never", 0),
        (MENDED, "conservative", "changes", 0),
        (MOVABLE, "aggressive", "errors", 0),
        (MOVABLE, "aggressive", "changes", 1),
        (UNREADABLE, "", "errors", 1),
        (UNREADABLE, "", "never", 0),
        (MENDED, "", "sometimes", 2),
    ],
)
def test_what_fails_the_job_of_gitlab(
    workspace: Path, text: str, profile: str, fail_on: str, status: int
) -> None:
    (workspace / "shop" / "all.yaml").write_text(text)
    env = {"PATH": path_with(BIN), "WAVEFIX_FAIL_ON": fail_on, "WAVEFIX_PROFILE": profile}
    assert job(workspace, env).returncode == status


def test_gitlab_asks_for_the_package_where_the_image_has_no_wavefix(
    workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("bash", "sh"):
        found = shutil.which(name)
        assert found
        (tmp_path / "empty" / name).symlink_to(found)
    done = job(workspace, {"PATH": str(tmp_path / "empty")})
    assert done.returncode == 1
    assert "WAVEFIX_PACKAGE: names what pip installs" in done.stdout
