"""How far each component is, in one repository or several, and how that is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Cli
from rollouts import Repo, appset, by_name, late, mended, snapshot

from wavefix.model.rollout import Figures, Risk, Rollout, RolloutItem
from wavefix.report import rollout_json, rollout_markdown, rollout_text
from wavefix.rollout.planning import Options
from wavefix.rollout.state import recall
from wavefix.ways import Ways


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repository", "a", "b", "c", "d", "e")


def states(repo: Repo, *components: str) -> dict[str, str]:
    return {name: item.state for name, item in repo.standing(*components).items()}


def test_from_the_first_plan_to_the_merge(repo: Repo) -> None:
    repo.commit({"apps/e/all.yaml": mended("e")})
    assert states(repo, "apps/*") == {
        "apps/a": "to do", "apps/b": "to do", "apps/c": "to do", "apps/d": "to do",
        "apps/e": "up to date",
    }  # fmt: skip
    repo.rollout("apps/a", "apps/b", "apps/c", "apps/d", "apps/e")
    assert set(states(repo, "apps/*").values()) == {"open", "up to date"}
    repo.git("merge", "-q", "--ff-only", "wavefix/apps/a")  # as it is
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "wavefix/apps/b")
    repo.git("merge", "-q", "--squash", "wavefix/apps/c")  # its commit is nowhere in the history
    repo.git("commit", "-qm", "squashed")
    assert states(repo, "apps/*") == {
        "apps/a": "merged", "apps/b": "merged", "apps/c": "merged", "apps/d": "outdated",
        "apps/e": "up to date",
    }  # fmt: skip
    assert repo.states("apps/*") == {
        "apps/a": "merged", "apps/b": "merged", "apps/c": "merged", "apps/d": "rebuilt",
        "apps/e": "nothing to move",
    }  # fmt: skip
    repo.git("branch", "-qD", "wavefix/apps/a")
    assert states(repo, "apps/a", "apps/d") == {"apps/a": "merged", "apps/d": "open"}
    repo.commit({"apps/a/more.yaml": late("more")})
    assert states(repo, "apps/a") == {"apps/a": "to do"}


@pytest.mark.parametrize("theirs", ["", "# theirs\n"])
@pytest.mark.parametrize("later", [None, "# later\n", "# later\n# and later\n"])
@pytest.mark.parametrize("how", ["squash", "squash, in a merge"])
def test_a_squash_merge_after_which_files_went_on(
    repo: Repo, theirs: str, later: str | None, how: str
) -> None:
    """With and without what somebody added to the file on the branch."""
    repo.rollout("apps/a")
    if theirs:
        repo.git("switch", "-q", "wavefix/apps/a")
        repo.commit({"apps/a/all.yaml": mended("a") + theirs})
        repo.git("switch", "-q", "main")
    repo.git("switch", "-q", "-c", "next")
    repo.git("merge", "-q", "--squash", "wavefix/apps/a")
    repo.git("commit", "-qm", "squashed")
    if later is not None:
        repo.commit({"apps/a/all.yaml": mended("a") + theirs + later})
    repo.git("switch", "-q", "main")
    repo.git("merge", "-q", "--no-ff" if how.endswith("merge") else "--ff-only", "next")
    assert states(repo, "apps/a") == repo.states("apps/a") == {"apps/a": "merged"}
    repo.commit({"apps/a/more.yaml": late("more")})
    assert states(repo, "apps/a") == {"apps/a": "outdated"}
    assert repo.states("apps/a") == {"apps/a": "rebuilt"}


def test_what_somebody_added_in_another_file_is_not_merged(repo: Repo) -> None:
    repo.rollout("apps/a")
    repo.git("merge", "-q", "--squash", "wavefix/apps/a")
    repo.git("commit", "-qm", "squashed")
    repo.git("switch", "-q", "wavefix/apps/a")
    repo.commit({"apps/a/gone.yaml": late("theirs"), "README": None})
    repo.git("switch", "-q", "main")
    assert repo.states("apps/a") == {"apps/a": "changed"}
    repo.commit({"apps/a/gone.yaml": late("theirs")})
    assert repo.states("apps/a") == {"apps/a": "changed"}
    repo.commit({"apps/a/gone.yaml": mended("theirs"), "README": None})
    assert repo.states("apps/a") == {"apps/a": "merged"}


def test_what_was_mended_otherwise_is_not_merged(repo: Repo) -> None:
    repo.rollout("apps/a")
    repo.commit({"apps/a/all.yaml": mended("a") + "# by hand\n"})
    assert states(repo, "apps/a") == {"apps/a": "up to date"}
    done = repo.rollout("apps/a")
    assert [(item.state, item.note) for item in done.items] == [
        ("nothing to move", "wavefix/apps/a is not needed any more")
    ]


def test_what_somebody_added_is_told(repo: Repo) -> None:
    repo.rollout("apps/a")
    repo.git("switch", "-q", "wavefix/apps/a")
    repo.git("commit", "-q", "--allow-empty", "-m", "mine", "--author", "Grace <g@example.com>")
    repo.git("switch", "-q", "main")
    item = repo.standing("apps/a")["apps/a"]
    assert (item.state, item.note) == ("open", "changed by Grace (1 commit)")


def test_what_somebody_put_back_is_not_open(repo: Repo) -> None:
    repo.rollout("apps/a")
    repo.git("branch", "-qf", "wavefix/apps/a", "main")
    assert states(repo, "apps/a") == {"apps/a": "outdated"}
    assert repo.states("apps/a") == {"apps/a": "rebuilt"}
    assert states(repo, "apps/a") == {"apps/a": "open"}


def test_the_last_failure_is_told_until_it_is_mended(repo: Repo) -> None:
    repo.hook("pre-commit", "echo refused; exit 1")
    repo.rollout("apps/a")
    item = repo.standing("apps/a")["apps/a"]
    assert (item.state, item.problem) == ("failed", "git refused the commit: refused")
    repo.hook("pre-commit", "exit 0")
    repo.rollout("apps/a")
    assert states(repo, "apps/a") == {"apps/a": "open"}


def test_what_kept_a_run_from_beginning_is_looked_at_again(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo.path / "apps/a/all.yaml").write_text("mine\n")
    problem = "uncommitted changes in apps/a/all.yaml"
    assert repo.states("apps/a", "apps/b")["apps/a"] == problem
    item = repo.standing("apps/a", "apps/b")["apps/a"]
    assert (item.state, item.text) == ("failed", f"{problem}; commit or stash them")
    repo.git("checkout", "-q", ".")
    assert states(repo, "apps/a", "apps/b") == {"apps/a": "to do", "apps/b": "open"}
    with monkeypatch.context() as without:
        for role in ("AUTHOR", "COMMITTER"):
            without.delenv(f"GIT_{role}_NAME")
            without.delenv(f"GIT_{role}_EMAIL")
        without.setenv("HOME", "/nowhere")
        repo.git("config", "user.useConfigOnly", "true")
        repo.rollout("apps/a")
        found = repo.standing("apps/a", "apps/c")
        assert [item.problem for item in found.values()] == ["git does not know who commits", ""]
    assert states(repo, "apps/a") == {"apps/a": "to do"}


def test_a_push_that_failed_is_told_with_the_branch(repo: Repo, tmp_path: Path) -> None:
    bare = tmp_path / "remote.git"
    repo.git("clone", "-q", "--bare", ".", str(bare))
    repo.git("remote", "add", "origin", str(bare))
    repo.git("fetch", "-q", "origin")
    bare.rename(tmp_path / "away")
    problem = repo.rollout("apps/a", push=True).items[0].problem
    assert problem.startswith("git push: ")
    item = repo.standing("apps/a")["apps/a"]
    assert (item.state, item.branch) == ("open", "wavefix/apps/a")
    assert item.problem == f"the last push failed: {problem}"
    assert item.advice == "the branch here is done; push it later"
    (tmp_path / "away").rename(bare)
    repo.git("push", "-q", "origin", "wavefix/apps/a")
    assert [(item.state, item.problem) for item in repo.standing("apps/a").values()] == [
        ("open", "")
    ]


def test_a_component_that_cannot_be_planned(repo: Repo) -> None:
    repo.commit({"apps/a/bad.yaml": "apiVersion: v1\nkind: X\nmetadata: {name: [\n"})
    found = repo.standing("apps/a", "apps/b", "apps/x")
    assert [item.state for item in found.values()] == ["failed", "to do", "failed"]


def test_what_the_user_is_at_does_not_matter(repo: Repo) -> None:
    repo.rollout("apps/a")
    repo.git("switch", "-q", "wavefix/apps/a")
    (repo.path / "apps" / "a" / "all.yaml").write_text("changed\n")
    before = snapshot(repo.path)
    found = repo.standing("apps/a", base="main")
    assert found["apps/a"].state == "open"
    assert snapshot(repo.path) == before


def test_what_was_rolled_out_by_name_is_shown_without_names(repo: Repo) -> None:
    repo.rollout("apps/a", "apps/b")
    assert states(repo) == {".": "to do", "apps/a": "open", "apps/b": "open"}


def test_status_takes_the_options_of_the_run(repo: Repo) -> None:
    ways = Ways(render=False, pull=True, prefer=("manifest",), remove_moot=True)
    repo.rollout("apps/a", profile="aggressive", rolling=True, branch="waves/{name}", ways=ways)
    known = recall(str(repo.path / ".git"))["apps/a"]
    assert known.options == Options("aggressive", True, ways, "waves/{name}")
    assert repo.standing("apps/a")["apps/a"].branch == "waves/a"
    assert states(repo, "apps/a", "apps/b") == {"apps/a": "open", "apps/b": "to do"}
    asked = repo.standing("apps/a", profile="conservative")
    assert asked["apps/a"].branch == "wavefix/apps/a"


def test_no_edit_is_told_twice(repo: Repo) -> None:
    """What is found lies in what was rolled out by name, or holds it."""
    repo.commit({f"argocd/{n}.yaml": appset(n, f"apps/{n}*") for n in "abc"}
                | {f"apps/{n}/all.yaml": mended(n) for n in "de"})  # fmt: skip
    assert states(repo) == {"apps/a": "to do", "apps/b": "to do", "apps/c": "to do",
                            "root-manifests": "up to date"}  # fmt: skip
    repo.rollout("apps")
    assert states(repo) == {"apps": "open", "root-manifests": "up to date"}
    repo.git("branch", "-qD", "wavefix/apps")
    repo.rollout("apps/a/all.yaml", "apps/b/all.yaml")
    assert states(repo) == {"apps/a/all.yaml": "open", "apps/b/all.yaml": "open",
                            "apps/c": "to do",
                            "root-manifests": "up to date"}  # fmt: skip


def test_a_memory_that_cannot_be_read_is_no_matter(repo: Repo) -> None:
    repo.rollout("apps/a")
    file = repo.path / ".git" / "wavefix" / "rollout.json"
    for text in ("{", '{"version": 2, "components": {}}', "[]"):
        file.write_text(text)
        assert states(repo, "apps/a") == {"apps/a": "open"}
    assert repo.states("apps/a") == {"apps/a": "up to date"}
    assert list(json.loads(file.read_text())["components"]) == ["apps/a"]


class TestSeveralRepositories:
    def test_one_that_fails_harms_no_other(self, tmp_path: Path) -> None:
        one, two = Repo(tmp_path / "one", "a", "b"), Repo(tmp_path / "two", "a")
        two.hook("pre-commit", "exit 1")
        (tmp_path / "plain").mkdir()
        done = one.rollout(
            "apps/*", repositories=("one", "plain", "two", "one/apps"), cwd=str(tmp_path)
        )
        assert [(item.repository, item.component, item.state) for item in done.items] == [
            ("one", "apps/a", "created"),
            ("one", "apps/b", "created"),
            ("plain", "", "failed"),
            ("two", "apps/a", "failed"),
            ("one/apps", "", "failed"),
        ]
        assert [done.items[number].text for number in (2, 4)] == [
            "not a git repository; run it in one, or name one with --repo",
            "its repository is given twice; drop one of them",
        ]
        assert set(one.branches()) == {"wavefix/apps/a", "wavefix/apps/b"}
        assert two.branches() == {}

    def test_by_risk_what_is_not_known_comes_last(self, tmp_path: Path) -> None:
        one = Repo(tmp_path / "one", "a")
        done = one.rollout(repositories=("plain", "one"), cwd=str(tmp_path), dry_run=True)
        assert [item.repository for item in done.items] == ["one", "plain"]

    def test_a_list_as_people_write_it(
        self, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("home/one", "x/two", "x/is#mine"):
            Repo(tmp_path / name, "a")
        (tmp_path / "x" / "list").write_text("~/one\n  # ours:\ntwo\t # the portal\nis#mine#\n")
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        ran = cli("rollout", "--dry-run", "--repos", "list", "apps/a", cwd=tmp_path / "x")
        assert ran.stderr.decode() == "is#mine#: no such directory; check the path\n"
        assert ran.stdout.decode().endswith("\n2 to create, 1 failed; nothing written (dry run)\n")

    def test_from_the_command_line_and_a_file(self, tmp_path: Path, cli: Cli) -> None:
        one, two = Repo(tmp_path / "x" / "one", "a"), Repo(tmp_path / "x" / "two", "a")
        (tmp_path / "x" / "list").write_text("# ours\n\n  two  \n")
        ran = cli("rollout", "--repo", "x/one", "--repos", "x/list", "apps/a", cwd=tmp_path)
        assert ran.returncode == 0, ran.stderr.decode()
        assert ran.stdout.decode().endswith("\n2 created\n")
        assert list(one.branches()) == list(two.branches()) == ["wavefix/apps/a"]
        (tmp_path / "x" / "list").write_text("# nothing\n")
        ran = cli("rollout", "--repos", "x/list", cwd=tmp_path)
        message = "x/list: no checkout in it; write one path on each line\n"
        assert (ran.returncode, ran.stderr.decode()) == (2, message)
        assert cli("rollout", "--repos", "nope", cwd=tmp_path).returncode == 2


DONE = Rollout(
    (
        RolloutItem(
            "K8s/web", state="created", branch="wavefix/K8s/web", commit="0123456789",
            figures=Figures("conservative", ("web", "db"), 9, (4, 3), (407.0, 287.0),
                            ("K8s/web/a.yaml",), Risk(moves=2, files=1)),
            note="hooks changed more in a.yaml", pull_request="https://forge/1",
        ),
        RolloutItem("K8s/a|b", state="nothing to move", figures=Figures("conservative", ("x",), 2)),
        RolloutItem("K8s/bad", problem="no such path", advice="check it"),
        RolloutItem("K8s/c", state="created", branch="c", commit="abcdef0123",
                    problem="push was refused", advice="look"),
    ),
    (("", "main (1a2b3c4)"),),
)  # fmt: skip


def test_as_text() -> None:
    assert rollout_text(DONE, False) == (
        "on main (1a2b3c4)\n"
        "\n"
        "component  Applications  moves  waves   time if nothing fails  files  risk  branch\n"
        "K8s/web               2      2  4 -> 3  6m47s -> 4m47s             1     3  created "
        "wavefix/K8s/web (0123456), hooks changed more in a.yaml, https://forge/1\n"
        "K8s/a|b               1      0  0       0s" + " " * 25 + "0     0  nothing to move\n"
        "K8s/bad" + " " * 69 + "failed: no such path\n"
        "K8s/c" + " " * 71 + "created c (abcdef0), but push was refused\n"
        "\n"
        "1 created, 1 nothing to move, 2 failed\n"
    )
    assert "\x1b[31mfailed: no such path\x1b[0m\n" in rollout_text(DONE, True)


def test_as_markdown() -> None:
    lines = rollout_markdown(DONE).split("\n")
    assert lines[0] == "## wavefix rollout: 1 created, 1 nothing to move, 2 failed"
    assert lines[4:6] == [
        "| component | Applications | moves | waves | time if nothing fails | files | risk "
        "| branch |",
        "| --- | ---: | ---: | --- | --- | ---: | ---: | --- |",
    ]
    assert lines[7].startswith("| K8s/a&#124;b | 1 | 0 |")
    assert lines[11:] == [
        "**Failed**",
        "",
        "- `K8s/bad`: no such path; check it",
        "- `K8s/c`: push was refused; look",
        "",
    ]


def test_as_json() -> None:
    document = json.loads(rollout_json(DONE))
    assert (document["version"], document["bases"]) == (
        1, [{"repository": "", "base": "main (1a2b3c4)"}],
    )  # fmt: skip
    first, _, bad, _ = document["components"]
    assert first["waves"] == {"before": 4, "after": 3}
    assert first["seconds"] == {"before": 407.0, "after": 287.0}
    assert (first["state"], first["branch"]) == ("created", "wavefix/K8s/web")
    assert (bad["state"], bad["problem"], bad["advice"]) == ("failed", "no such path", "check it")


@pytest.mark.parametrize("format", ["text", "json", "markdown"])
def test_the_command_prints_all_formats(repo: Repo, cli: Cli, format: str) -> None:
    dry = cli("rollout", "--dry-run", "--format", format, "apps/a", "apps/b", cwd=repo.path)
    assert dry.returncode == 0, dry.stderr.decode()
    assert dry.stdout.count(b"diff --git") == 2
    ran = cli("rollout", "status", "--format", format, "apps/a", cwd=repo.path)
    assert (ran.returncode, b"to do" in ran.stdout) == (0, True)


def test_status_is_a_command_and_may_be_a_component(repo: Repo, cli: Cli) -> None:
    repo.commit({"status/all.yaml": late("status")})
    assert b"2 to do" in cli("rollout", "status", "apps/a", "apps/b", cwd=repo.path).stdout
    assert cli("rollout", "--", "status", cwd=repo.path).returncode == 0
    assert "wavefix/status" in repo.branches()


def test_help_tells_all(cli: Cli, tmp_path: Path) -> None:
    text = cli("rollout", "--help", cwd=tmp_path).stdout.decode()
    for option in ("--dry-run", "--base", "--branch", "--repos", "--push", "--pr", "--jobs"):
        assert option in text
    assert "Exit status" in text
    assert "wavefix rollout status" in " ".join(text.split())
    assert b"rollout" in cli("--help", cwd=tmp_path).stdout


def test_nothing_is_found(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "empty")
    done = repo.rollout()
    assert by_name(done) == {}
    assert rollout_text(done, False).endswith("\nno component found\n")
