"""Pushing, and pull requests through `gh` and `glab`: only when asked, over nobody's work."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from rollouts import Repo, late

from wavefix.errors import InputError
from wavefix.rollout.forge import Forge, Wanted, forge_of
from wavefix.rollout.repository import repository

GITHUB, GITLAB = "https://token:s3cret@github.com/team/gitops.git", "git@gitlab.example.com:a/b.git"

# What stands for `gh` and `glab`: it notes how it was called, and answers as the real one does.
FAKE = """\
#!/bin/sh
here=$(dirname "$0")
for argument; do printf '%s\\0' "$argument"; done >>"$here/calls"
printf '\\036\\0' >>"$here/calls"
for argument; do case $argument in */body.md) cat "$argument" >>"$here/body";; esac; done
case "$2" in
  list) cat "$here/open" 2>/dev/null || echo '[]';;
  create) echo "Creating pull request"; echo; echo "https://forge.example/pull/7"
          test ! -e "$here/fail" || { echo "no rights on https://me:s3cret@x" >&2; exit 1; };;
esac
"""


class Remote:
    """A bare repository as the remote, under the address of a forge, and the forge's tool."""

    def __init__(self, repo: Repo, path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.repo, self.tools = repo, path / "bin"
        self.bare = path / "remote.git"
        repo.git("clone", "-q", "--bare", ".", str(self.bare))
        repo.git("remote", "add", "origin", url)
        repo.git("config", f"url.{self.bare}.insteadOf", url)
        repo.git("fetch", "-q", "origin")
        self.tools.mkdir()
        monkeypatch.setenv("PATH", f"{self.tools}:{os.environ['PATH']}")

    def tool(self, name: str) -> None:
        (self.tools / name).write_text(FAKE)
        (self.tools / name).chmod(0o755)

    def calls(self) -> list[list[str]]:
        text = (self.tools / "calls").read_text()
        (self.tools / "calls").unlink()
        return [call.split("\0")[:-1] for call in text.split("\x1e\0")[:-1]]

    def commit(self, files: dict[str, str]) -> None:
        """A commit of the user's, who pushes it."""
        self.repo.commit(files)
        self.repo.git("push", "-q", "origin", "main")

    def branches(self) -> dict[str, str]:
        form = "--format=%(refname:short) %(objectname)"
        lines = self.repo.git(f"--git-dir={self.bare}", "for-each-ref", form).splitlines()
        pairs = (line.split(" ") for line in lines)
        return {name: commit for name, commit in pairs if name != "main"}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repository", "a", "b")


@pytest.fixture
def github(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Remote:
    return Remote(repo, tmp_path, GITHUB, monkeypatch)


class TestPush:
    def test_never_by_default(self, repo: Repo, github: Remote) -> None:
        github.tool("gh")
        repo.rollout("apps/a")
        assert github.branches() == {}
        assert not (github.tools / "calls").exists()

    def test_branches_and_nothing_else(self, repo: Repo, github: Remote) -> None:
        config = (repo.path / ".git" / "config").read_bytes()
        repo.git("tag", "-a", "-m", "mine", "mine")
        assert repo.states("apps/*", push=True) == {"apps/a": "created", "apps/b": "created"}
        assert github.branches() == repo.branches()
        assert (repo.path / ".git" / "config").read_bytes() == config
        assert repo.states("apps/a", push=True) == {"apps/a": "up to date"}

    def test_what_was_rebuilt_replaces_what_was_pushed(self, repo: Repo, github: Remote) -> None:
        repo.rollout("apps/a", push=True)
        github.commit({"README": "more\n"})
        assert repo.states("apps/a", push=True) == {"apps/a": "rebuilt"}
        assert github.branches() == repo.branches()

    def test_a_run_without_push_between(self, repo: Repo, github: Remote) -> None:
        repo.rollout("apps/a", push=True)
        github.commit({"README": "more\n"})
        repo.rollout("apps/a")
        github.commit({"README": "and more\n"})
        assert repo.states("apps/a", push=True) == {"apps/a": "rebuilt"}
        assert github.branches() == repo.branches()

    @pytest.mark.parametrize("fetched", [False, True])
    def test_what_somebody_added_there_is_kept(
        self, repo: Repo, github: Remote, tmp_path: Path, fetched: bool
    ) -> None:
        repo.rollout("apps/a", push=True)
        repo.git("clone", "-q", "-b", "wavefix/apps/a", str(github.bare), str(tmp_path / "theirs"))
        theirs = Repo.__new__(Repo)
        theirs.path = tmp_path / "theirs"
        theirs.commit({"README": "theirs\n"})
        theirs.git("push", "-q", "origin", "HEAD")
        if fetched:
            repo.git("fetch", "-q")
        before = github.branches()
        github.commit({"README": "more\n"})
        done = repo.rollout("apps/a", "apps/b", push=True)
        assert [(item.state, item.problem, item.note) for item in done.items] == [
            ("changed", "", "changed by Test (1 commit) on origin"),
            ("created", "", ""),
        ]
        assert github.branches() == before | {"wavefix/apps/b": repo.branches()["wavefix/apps/b"]}

    def test_somebody_is_quicker(self, repo: Repo, github: Remote) -> None:
        """What is there is looked at before; git sees that it is still the same."""
        repo.rollout("apps/a", push=True)
        theirs = repo.commit({"README": "more\n"})
        move = f"--git-dir={github.bare} update-ref refs/heads/wavefix/apps/a {theirs}"
        repo.git("push", "-q", "origin", "main")
        repo.hook("post-commit", f"git {move}")
        done = repo.rollout("apps/a", push=True)
        assert [(item.state, item.text) for item in done.items] == [
            ("rebuilt", "wavefix/apps/a on origin is not what wavefix pushed last: somebody has "
             "changed it; look at it: git fetch, then git log origin/wavefix/apps/a"),
        ]  # fmt: skip
        assert github.branches() == {"wavefix/apps/a": theirs}

    @pytest.mark.parametrize("moved", [False, True])
    def test_a_branch_that_the_forge_deleted(self, repo: Repo, github: Remote, moved: bool) -> None:
        repo.rollout("apps/a", push=True)
        for _ in range(2):
            repo.git(f"--git-dir={github.bare}", "update-ref", "-d", "refs/heads/wavefix/apps/a")
            if moved:
                github.commit({"README": repo.git("rev-parse", "HEAD")})
            state = "rebuilt" if moved else "up to date"
            assert repo.states("apps/a", push=True) == {"apps/a": state}
            assert github.branches() == repo.branches()
            assert repo.rollout("apps/a", push=True).items[0].text == ""

    def test_a_remote_that_does_not_answer(self, repo: Repo, github: Remote) -> None:
        github.bare.rename(github.bare.parent / "gone")
        (item,) = repo.rollout("apps/a", push=True).items
        assert (item.state, item.problem[:10]) == ("created", "git push: ")

    def test_what_is_pushed_to_may_be_read_elsewhere(
        self, repo: Repo, github: Remote, tmp_path: Path
    ) -> None:
        repo.git("clone", "-q", "--bare", ".", str(tmp_path / "fork.git"))
        repo.git("config", "remote.origin.pushurl", str(tmp_path / "fork.git"))
        repo.rollout("apps/a", push=True)
        github.commit({"README": "more\n"})
        assert repo.rollout("apps/a", push=True).items[0].text == ""
        assert github.branches() == {}

    def test_a_branch_of_somebody_elses_there(self, repo: Repo, github: Remote) -> None:
        repo.git("push", "-q", "origin", "main:refs/heads/wavefix/apps/a")
        repo.git("update-ref", "-d", "refs/remotes/origin/wavefix/apps/a")
        done = repo.rollout("apps/a", push=True)
        assert done.items[0].text == (
            "there is a branch wavefix/apps/a on origin that wavefix did not make; "
            "rename it, or choose others with --branch"
        )
        assert github.branches()["wavefix/apps/a"] == repo.git("rev-parse", "main")
        assert repo.branches() == {}

    def test_the_rules_of_the_remote(self, repo: Repo, github: Remote) -> None:
        hook = github.bare / "hooks" / "pre-receive"
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
        done = repo.rollout("apps/a", push=True)
        assert (done.items[0].state, done.items[0].problem) == (
            "created",
            "wavefix/apps/a on origin was refused: pre-receive hook declined",
        )

    def test_the_users_own_hook(self, repo: Repo, github: Remote) -> None:
        repo.hook("pre-push", "echo not on Fridays >&2; exit 1")
        done = repo.rollout("apps/a", push=True)
        assert done.items[0].problem.startswith("git push: ")
        assert "s3cret" not in repr(done)
        assert github.branches() == {}

    def test_which_remote(self, repo: Repo, github: Remote, tmp_path: Path) -> None:
        done = repo.rollout("apps/a", push=True, remote="nope")
        assert done.items[0].text == (
            "there is no remote nope; name one of `git remote` with --remote"
        )
        repo.git("clone", "-q", "--bare", ".", str(tmp_path / "fork.git"))
        repo.git("remote", "add", "fork", str(tmp_path / "fork.git"))
        repo.git("fetch", "-q", "fork")
        repo.rollout("apps/a", push=True, remote="fork")
        assert github.branches() == {}
        repo.git("config", "branch.main.pushRemote", "fork")
        repo.rollout("apps/b", push=True)
        assert github.branches() == {}
        repo.git("config", "--unset", "branch.main.pushRemote")
        repo.rollout("apps/b", push=True)
        assert set(github.branches()) == {"wavefix/apps/b"}

    def test_commits_that_are_not_on_the_remote_stay_here(self, repo: Repo, github: Remote) -> None:
        """What a branch holds besides its own commit is on the remote already."""
        repo.commit({"README": "work in progress\n"}, "mine alone")
        done = repo.rollout("apps/a", "apps/b", push=True)
        assert [(item.state, item.text) for item in done.items] == [
            ("created", "main is 1 commit ahead of origin/main; push it, or `--base origin/main`")
        ] * 2
        assert github.branches() == {}
        assert repo.states("apps/a", push=True, base="origin/main") == {"apps/a": "rebuilt"}
        assert github.branches() == {"wavefix/apps/a": repo.branches()["wavefix/apps/a"]}
        repo.git("push", "-q", "origin", "main")
        assert repo.rollout("apps/b", push=True).items[0].text == ""
        assert set(github.branches()) == {"wavefix/apps/a", "wavefix/apps/b"}

    @pytest.mark.parametrize("how", ["commit", "tag", "branch"])
    def test_a_base_without_a_name_on_the_remote(
        self, repo: Repo, github: Remote, how: str
    ) -> None:
        """It may be pushed from where any branch there has it."""
        base = {"commit": repo.git("rev-parse", "HEAD"), "tag": "v1", "branch": "topic"}[how]
        if how != "commit":
            repo.git(how, base)
        assert repo.rollout("apps/a", push=True, base=base).items[0].text == ""
        assert list(github.branches()) == ["wavefix/apps/a"]
        mine = repo.commit({"README": "mine alone\n"})
        base = mine if how == "commit" else base
        if how != "commit":
            repo.git(how, "-f", base)
        assert repo.rollout("apps/b", push=True, base=base).items[0].text == (
            f"{base} is not on origin; push it, or name another with --base"
        )
        assert list(github.branches()) == ["wavefix/apps/a"]

    def test_a_remote_that_was_never_fetched(self, repo: Repo, github: Remote) -> None:
        repo.git("update-ref", "-d", "refs/remotes/origin/main")
        done = repo.rollout("apps/a", push=True)
        assert done.items[0].text == "nothing of origin is known here; git fetch origin"
        assert github.branches() == {}

    def test_a_fork_that_is_behind_what_the_base_follows(
        self, repo: Repo, github: Remote, tmp_path: Path
    ) -> None:
        repo.git("clone", "-q", "--bare", ".", str(tmp_path / "fork.git"))
        repo.git("remote", "add", "fork", str(tmp_path / "fork.git"))
        repo.git("fetch", "-q", "fork")
        repo.commit({"README": "more\n"})
        done = repo.rollout("apps/a", push=True, remote="fork")
        assert done.items[0].problem == "main is 1 commit ahead of fork/main"
        repo.git("push", "-q", "-u", "origin", "main")
        assert repo.rollout("apps/a", push=True, remote="fork").items[0].text == ""
        repo.commit({"README": "mine alone\n"})
        done = repo.rollout("apps/b", push=True, remote="fork")
        assert done.items[0].problem == "main is 2 commits ahead of fork/main"


class TestAnotherClone:
    """It knows the branches by what it fetched, and asks the remote where it is to push."""

    def clone(self, github: Remote, path: Path, *options: str) -> Repo:
        github.repo.git("clone", "-q", *options, f"file://{github.bare}", str(path))
        clone = Repo.__new__(Repo)
        clone.path = path
        return clone

    def move(self, clone: Repo) -> None:
        clone.commit({"README": clone.git("rev-parse", "HEAD")})
        clone.git("push", "-q", "origin", "main")

    def test_what_is_open_is_open(self, repo: Repo, github: Remote, tmp_path: Path) -> None:
        repo.rollout("apps/a", push=True)
        clone = self.clone(github, tmp_path / "clone")
        before = github.branches()
        assert clone.standing("apps/a")["apps/a"].state == "open"
        for push in (False, True):
            assert clone.states("apps/a", push=push) == {"apps/a": "up to date"}
        assert (clone.branches(), github.branches()) == ({}, before)
        self.move(clone)
        assert clone.standing("apps/a")["apps/a"].state == "outdated"
        assert clone.states("apps/a") == {"apps/a": "rebuilt"}
        assert clone.states("apps/a", push=True) == {"apps/a": "up to date"}
        assert github.branches() == clone.branches()

    def test_the_branch_of_another_component(
        self, repo: Repo, github: Remote, tmp_path: Path
    ) -> None:
        repo.commit({"more/a/all.yaml": late("more")})
        repo.git("push", "-q", "origin", "main")
        repo.rollout("apps/a", push=True, branch="x/{name}")
        before = github.branches()
        clone = self.clone(github, tmp_path / "clone", "--single-branch")
        told = {"more/a": "apps/a has the same branch, x/a on origin"}
        assert clone.states("more/a", push=True, branch="x/{name}") == told
        assert github.branches() == before

    def test_what_somebody_added_is_seen(self, repo: Repo, github: Remote, tmp_path: Path) -> None:
        repo.rollout("apps/a", push=True)
        theirs = self.clone(github, tmp_path / "theirs")
        theirs.git("switch", "-q", "wavefix/apps/a")
        theirs.commit({"README": "theirs\n"})
        theirs.git("push", "-q")
        before = github.branches()
        clone = self.clone(github, tmp_path / "clone")
        note = "changed by Test (1 commit) on origin"
        item = clone.standing("apps/a")["apps/a"]
        assert (item.state, item.note) == ("open", note)
        for push in (False, True):
            (item,) = clone.rollout("apps/a", push=push).items
            assert (item.state, item.note, item.problem) == ("changed", note, "")
        assert (clone.branches(), github.branches()) == ({}, before)

    @pytest.mark.parametrize(
        "options", [["--single-branch"], ["--depth", "1"], ["--depth", "1", "--no-single-branch"]]
    )
    def test_one_for_each_job(
        self, repo: Repo, github: Remote, tmp_path: Path, options: list[str]
    ) -> None:
        """Each job of a CI has a clone of its own; what wavefix pushed the next one renews."""
        for number in range(3):
            job = self.clone(github, tmp_path / f"job{number}", *options)
            state = "rebuilt" if number else "created"
            assert job.states("apps/a", push=True) == {"apps/a": state}
            assert github.branches() == job.branches()
            assert job.states("apps/a", push=True) == {"apps/a": "up to date"}
            self.move(job)
            self.move(job)
        clone = self.clone(github, tmp_path / "theirs", "-b", "wavefix/apps/a")
        clone.commit({"README": "theirs\n"})
        clone.git("push", "-q")
        before = github.branches()
        job = self.clone(github, tmp_path / "last", *options)
        assert job.states("apps/a", push=True) == {"apps/a": "changed"}
        assert github.branches() == before

    def test_what_somebody_put_under_it_is_kept(
        self, repo: Repo, github: Remote, tmp_path: Path
    ) -> None:
        """A commit of theirs below ours is seen in a shallow clone as well."""
        repo.rollout("apps/a", push=True)
        theirs = self.clone(github, tmp_path / "theirs")
        theirs.git("switch", "-q", "-c", "feature")
        theirs.commit({"README": "theirs\n"})
        theirs.git("branch", "-q", "wavefix/apps/a", "origin/wavefix/apps/a")
        theirs.git("rebase", "-q", "feature", "wavefix/apps/a")
        theirs.git("push", "-qf", "origin", "wavefix/apps/a")
        before = github.branches()
        job = self.clone(github, tmp_path / "job", "--depth", "1")
        assert job.states("apps/a", push=True) == {"apps/a": "changed"}
        assert github.branches() == before


class TestPullRequests:
    def test_gh_opens_one_with_the_review(self, repo: Repo, github: Remote) -> None:
        github.tool("gh")
        done = repo.rollout("apps/a", pull_requests=True)
        assert done.items[0].pull_request == "https://forge.example/pull/7"
        assert github.branches() == repo.branches()
        asked, created = github.calls()
        assert asked[:4] == ["pr", "list", "--head", "wavefix/apps/a"]
        *words, body = created
        assert words == [
            "pr", "create", "--base", "main", "--head", "wavefix/apps/a",
            "--title", "apps/a: 1 wave changes in 1 file", "--body-file",
        ]  # fmt: skip
        assert (github.tools / "body").read_text().startswith("## wavefix (conservative): 1 wave")
        assert not Path(body).exists()
        assert repo.standing("apps/a")["apps/a"].pull_request == "https://forge.example/pull/7"

    def test_one_that_is_open_is_renewed(self, repo: Repo, github: Remote) -> None:
        github.tool("gh")
        known = [{"number": 5, "url": "https://forge.example/pull/5", "state": "OPEN"}]
        (github.tools / "open").write_text(json.dumps(known))
        done = repo.rollout("apps/a", pull_requests=True)
        assert done.items[0].pull_request == "https://forge.example/pull/5"
        _, edited = github.calls()
        assert edited[:3] == ["pr", "edit", "5"]

    def test_glab(self, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        gitlab = Remote(repo, tmp_path, GITLAB, monkeypatch)
        gitlab.tool("glab")
        repo.rollout("apps/a", pull_requests=True)
        asked, created = gitlab.calls()
        assert asked == [
            "mr", "list", "--source-branch", "wavefix/apps/a", "--output", "json",
        ]  # fmt: skip
        assert created[:6] == [
            "mr", "create", "--target-branch", "main", "--source-branch", "wavefix/apps/a",
        ]  # fmt: skip
        assert created[8] == "--description"
        assert created[9].startswith("## wavefix (conservative): 1 wave")
        known = [{"iid": 3, "web_url": "https://gitlab.example.com/3", "state": "opened"}]
        (gitlab.tools / "open").write_text(json.dumps(known))
        done = repo.rollout("apps/a", pull_requests=True)
        assert done.items[0].pull_request == "https://gitlab.example.com/3"
        assert gitlab.calls()[1][:3] == ["mr", "update", "3"]

    def test_without_the_tool_there_is_the_command(self, repo: Repo, github: Remote) -> None:
        done = repo.rollout("apps/a", pull_requests=True)
        assert (done.items[0].state, done.items[0].text) == (
            "created",
            "gh is not installed; by hand: gh pr create --base main --head wavefix/apps/a --fill",
        )
        item = repo.standing("apps/a")["apps/a"]
        problem = "the last pull request failed: gh is not installed"
        assert (item.state, item.problem) == ("open", problem)
        assert github.branches() == repo.branches()

    def test_a_tool_that_fails(self, repo: Repo, github: Remote) -> None:
        github.tool("gh")
        (github.tools / "fail").touch()
        done = repo.rollout("apps/a", "apps/b", pull_requests=True)
        assert [item.problem for item in done.items] == ["gh pr create: no rights on https://x"] * 2
        assert "s3cret" not in repr(done)

    def test_a_base_that_is_no_branch(self, repo: Repo, github: Remote) -> None:
        github.tool("gh")
        commit = repo.git("rev-parse", "HEAD")
        done = repo.rollout("apps/a", pull_requests=True, base=commit)
        assert done.items[0].text == (
            f"{commit} is no branch that a pull request could be for; name a branch with --base"
        )
        repo.git("fetch", "-q")
        done = repo.rollout("apps/a", pull_requests=True, base="origin/main")
        assert done.items[0].problem == ""
        assert github.calls()[-1][:4] == ["pr", "create", "--base", "main"]

    @pytest.mark.parametrize(
        ("urls", "problem"),
        [
            (["hub:a/b"], "no telling whether hub is GitHub or GitLab"),
            (["git@github.com:a/b", "hub:a/b"], "gh is not installed"),
            (["https://mirror.example/a/b", "https://gitlab.com/a/b"], "glab is not installed"),
            (["/srv/a.git", "/srv/a.git"], "no telling whether the remote is GitHub or GitLab"),
        ],
    )
    def test_a_forge_by_any_address_of_the_remote(
        self, monkeypatch: pytest.MonkeyPatch, urls: list[str], problem: str
    ) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(InputError, match=problem):
            forge_of(urls, "/").put(Wanted("a", "main", "", ""), "/nowhere")

    def test_the_addresses_of_a_remote(self, repo: Repo) -> None:
        repo.git("remote", "add", "origin", "hub:a/b")
        repo.git("config", "url.https://github.com/.insteadOf", "hub:")
        assert repository(str(repo.path)).addresses("origin") == [
            "https://github.com/a/b", "hub:a/b",
        ]  # fmt: skip
        repo.git("config", "url.git@github.com:.pushInsteadOf", "hub:")
        assert repository(str(repo.path)).addresses("origin")[0] == "git@github.com:a/b"

    def test_an_unknown_forge(
        self, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forge = Remote(repo, tmp_path, "https://git.example.com/a/b", monkeypatch)
        assert repo.rollout("apps/a", pull_requests=True).items[0].problem == (
            "no telling whether git.example.com is GitHub or GitLab"
        )
        monkeypatch.setenv("GITLAB_HOST", "https://git.example.com")
        assert repo.rollout("apps/a", pull_requests=True).items[0].problem == (
            "glab is not installed"
        )
        monkeypatch.delenv("GITLAB_HOST")
        forge.tool("gh")
        assert repo.rollout("apps/a", pull_requests=True).items[0].problem == ""

    def test_status_asks_when_it_is_told_to(self, repo: Repo, github: Remote) -> None:
        github.tool("gh")
        repo.rollout("apps/a", pull_requests=True)
        github.calls()
        repo.standing("apps/a", "apps/b")
        assert not (github.tools / "calls").exists()
        known = [{"number": 5, "url": "https://forge.example/pull/5", "state": "MERGED"}]
        (github.tools / "open").write_text(json.dumps(known))
        found = repo.standing("apps/a", "apps/b", pull_requests=True)
        assert found["apps/a"].pull_request == "https://forge.example/pull/5"
        assert found["apps/a"].note == "pull request merged: fetch the base"
        repo.git("merge", "-q", "wavefix/apps/a")
        found = repo.standing("apps/a", "apps/b", pull_requests=True)
        assert found["apps/a"].note == "pull request merged"
        asked, _ = github.calls()
        assert asked[:6] == ["pr", "list", "--head", "wavefix/apps/a", "--state", "all"]


def test_the_tools_are_not_to_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "gh"
    tool.write_text("""#!/bin/sh\nprintf '[{"number": "%s"}]' "$GH_PROMPT_DISABLED$(cat)"\n""")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = Forge("gh", str(tmp_path)).find("x")
    assert found is not None
    assert found.number == "1"


@pytest.mark.parametrize("printed", ["no JSON", "[1]", "{}", "[[]]"])
def test_what_no_tool_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str) -> None:
    tool = tmp_path / "gh"
    tool.write_text(f"#!/bin/sh\necho '{printed}'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(InputError, match="gh printed no list of pull requests"):
        Forge("gh", str(tmp_path)).find("x")
