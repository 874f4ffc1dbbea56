"""Bad input: each a clear message, nothing half-done, the other components finished."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Cli
from rollouts import Repo, late

from wavefix.errors import InputError


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repository", "a", "b", "c")


def refused(repo: Repo, *components: str, **more: object) -> str:
    with pytest.raises(InputError) as raised:
        repo.rollout(*components, **more)
    return f"{raised.value.problem}; {raised.value.advice}"


class TestNothingCanBeDone:
    def test_not_a_git_repository(self, tmp_path: Path, repo: Repo) -> None:
        (tmp_path / "plain").mkdir()
        assert refused(repo, cwd=str(tmp_path / "plain")) == (
            "not a git repository; run it in one, or name one with --repo"
        )

    def test_a_git_directory_without_a_working_tree(self, tmp_path: Path, repo: Repo) -> None:
        repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
        assert refused(repo, cwd=str(tmp_path / "bare")) == (
            "a git directory without a working tree; name a checkout"
        )

    def test_a_detached_head(self, repo: Repo) -> None:
        repo.git("switch", "-q", "--detach")
        message = "HEAD is detached; name what branches are to stand on with --base"
        assert refused(repo, "apps/a") == message
        assert repo.states("apps/a", base="main") == {"apps/a": "created"}

    def test_a_base_that_there_is_not(self, repo: Repo) -> None:
        message = "no such commit: nope; name a branch or a commit after --base"
        assert refused(repo, "apps/a", base="nope") == message
        assert refused(repo, "apps/a", base="--all") == message.replace("nope", "--all", 1)

    def test_no_commits(self, repo: Repo) -> None:
        repo.git("switch", "-q", "--orphan", "new")
        assert refused(repo, "apps/a") == "the branch new has no commits yet; commit first"

    def test_on_a_branch_that_a_rollout_made(self, repo: Repo) -> None:
        repo.rollout("apps/a")
        repo.git("switch", "-q", "wavefix/apps/a")
        assert refused(repo, "apps/b") == (
            "the current branch, wavefix/apps/a, is one that a rollout made; "
            "name what branches are to stand on with --base"
        )

    def test_a_template_for_all_branches(self, repo: Repo) -> None:
        assert refused(repo, "apps/a", branch="waves") == (
            "`waves` names one branch for all components; "
            "write it with {component} or {name}, and {profile} if you like"
        )

    def test_temporary_files_inside_of_the_repository(
        self, repo: Repo, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(repo.path))
        assert refused(repo, "apps/a") == (
            "the directory for temporary files is inside the repository; name another in TMPDIR"
        )


class TestNoWorktree:
    """What git cannot do for the base is told with where and what to do; nothing is remembered."""

    def told(self, repo: Repo, cli: Cli) -> str:
        ran = cli("rollout", "status", "apps/a", cwd=repo.path)
        assert ran.returncode == 2
        assert ran.stdout.decode().endswith("\n1 failed\n")
        base = repo.git("rev-parse", "--short=7", "HEAD")
        return ran.stderr.decode().replace(f".: main ({base}) cannot be checked out: ", "...")

    def test_a_git_directory_that_cannot_be_written(self, repo: Repo, cli: Cli) -> None:
        (repo.path / ".git" / "worktrees").write_text("in the way")
        told = self.told(repo, cli)
        assert told.startswith("...could not create leading directories of ")
        assert told.endswith("; see why `git worktree add` fails\n")

    def test_a_filter_that_cannot_run(self, repo: Repo, cli: Cli) -> None:
        repo.commit({".gitattributes": "*.yaml filter=x\n"})
        repo.git("config", "filter.x.smudge", "false")
        repo.git("config", "filter.x.required", "true")
        assert self.told(repo, cli).endswith(
            "apps/a/all.yaml: smudge filter x failed; see why `git worktree add` fails\n"
        )

    def test_a_partial_clone_asks_nobody(self, repo: Repo, cli: Cli, tmp_path: Path) -> None:
        repo.git("config", "uploadpack.allowFilter", "true")
        repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
        clone = Repo.__new__(Repo)
        clone.path = tmp_path / "clone"
        partial = ("clone", "-q", "--no-checkout", "--filter=blob:none")
        repo.git(*partial, f"file://{repo.path}", str(clone.path))
        told = self.told(clone, cli)
        assert told.startswith("...could not fetch ")
        assert told.endswith(
            "from promisor remote; get what the partial clone lacks: "
            "git fetch --refetch --no-filter\n"
        )
        clone.git("fetch", "-q", "--refetch", "--no-filter")
        assert clone.standing("apps/a")["apps/a"].state == "to do"


class TestOneComponent:
    """What is wrong with one keeps no other from being done."""

    def failing(self, repo: Repo, *components: str, **more: object) -> dict[str, str]:
        """What failed, and why; all else must have got its branch."""
        done = repo.rollout(*components, **more)
        for item in done.items:
            assert (item.state == "created") != bool(item.problem)
            assert (item.branch in repo.branches()) or item.problem
        assert any(item.state == "created" for item in done.items)
        return {item.component: item.text for item in done.items if item.problem}

    def test_no_such_path(self, repo: Repo) -> None:
        assert self.failing(repo, "apps/a", "apps/nope", "appz/*") == {
            "apps/nope": "no such path or component in the base; check the path",
            "appz/*": "nothing matches; check the pattern",
        }

    def test_not_committed_yet(self, repo: Repo) -> None:
        (repo.path / "apps" / "new").mkdir()
        (repo.path / "apps" / "new" / "all.yaml").write_text(late("new"))
        base = repo.git("rev-parse", "HEAD")[:7]
        assert self.failing(repo, "apps/new", "apps/a") == {
            "apps/new": f"not in main ({base}); commit it first"
        }

    def test_outside_of_the_repository(self, repo: Repo, tmp_path: Path) -> None:
        inner = Repo(repo.path / "apps" / "a" / "inner", "x")
        assert self.failing(repo, "..", str(inner.path / "apps/x"), "apps/b") == {
            "..": "outside of the repository; name its own with --repo",
            str(inner.path / "apps/x"): "apps/a/inner is a repository of its own; "
            "name it with --repo",
        }

    def test_why_it_is_not_there_is_not_replaced(self, repo: Repo, tmp_path: Path) -> None:
        """A path that the base has not, either, is refused for what it is."""
        other = Repo(tmp_path / "other", "x")
        add = ("-c", "protocol.file.allow=always", "submodule", "add", "-q")
        repo.git(*add, str(other.path), "vendor/m1")
        repo.commit({})
        assert self.failing(repo, "vendor/m1", "vendor/m1/apps/x", "../other", "apps/a") == {
            "vendor/m1": "vendor/m1 is a repository of its own; name it with --repo",
            "vendor/m1/apps/x": "vendor/m1 is a repository of its own; name it with --repo",
            "../other": "outside of the repository; name its own with --repo",
        }

    def test_nothing_in_it(self, repo: Repo) -> None:
        repo.commit({"docs/notes.txt": "read\n"})
        done = repo.rollout("docs", "apps/a")
        assert [(item.state, item.note) for item in done.items] == [
            ("nothing to move", "no manifest in it"), ("created", ""),
        ]  # fmt: skip
        assert done.items[0].figures is not None
        assert done.items[0].figures.applications == ()

    @pytest.mark.parametrize("how", ["modified", "staged", "untracked", "deleted"])
    def test_uncommitted_changes(self, repo: Repo, how: str) -> None:
        file = repo.path / "apps" / "a" / ("new.yaml" if how == "untracked" else "all.yaml")
        if how == "deleted":
            file.unlink()
        else:
            file.write_text(late("changed"))
        if how == "staged":
            repo.git("add", "-A")
        assert self.failing(repo, "apps/a", "apps/b") == {
            "apps/a": f"uncommitted changes in apps/a/{file.name}; commit or stash them"
        }

    def test_a_configuration_that_is_not_committed(self, repo: Repo) -> None:
        """Its base knows nothing of it: the user would wonder."""
        (repo.path / "apps" / "a" / ".wavefix.yaml").write_text("profile: aggressive\n")
        assert self.failing(repo, "apps/a", "apps/b") == {
            "apps/a": "uncommitted changes in apps/a/.wavefix.yaml; commit or stash them"
        }
        (repo.path / "apps" / ".wavefix.yaml").write_text("profile: aggressive\n")
        assert "uncommitted changes in apps/.wavefix.yaml" in repo.states("apps/b").values()

    def test_notes_beside_manifests_do_not_matter(self, repo: Repo) -> None:
        (repo.path / "apps" / "a" / "notes.txt").write_text("mine")
        assert self.failing(repo, "apps/a") == {}

    def test_given_twice(self, repo: Repo) -> None:
        done = repo.rollout("apps/a", "./apps/a/", "apps/b")
        assert [(item.component, item.state, item.text) for item in done.items] == [
            ("apps/a", "created", ""),
            ("apps/a", "failed", "given twice; the first one counts; drop the other"),
            ("apps/b", "created", ""),
        ]

    def test_one_inside_of_another(self, repo: Repo) -> None:
        repo.commit({"more/all.yaml": late("more")})
        assert self.failing(repo, "apps/a", "more", "apps") == {
            "apps/a": "it is part of apps, which is given as well; drop one of them",
            "apps": "it holds apps/a, which is given as well; drop one of them",
        }

    def test_a_branch_checked_out_elsewhere(self, repo: Repo, tmp_path: Path) -> None:
        repo.rollout("apps/a")
        linked = tmp_path / "linked"
        repo.git("worktree", "add", "-q", str(linked), "wavefix/apps/a")
        before = repo.branches()["wavefix/apps/a"]
        assert repo.states("apps/a") == {"apps/a": "up to date"}
        repo.commit({"README": "more\n"})
        assert self.failing(repo, "apps/a", "apps/b") == {
            "apps/a": f"wavefix/apps/a is checked out in {linked}; switch to another branch there"
        }
        assert repo.branches()["wavefix/apps/a"] == before

    def test_a_branch_without_commits_that_is_checked_out(self, repo: Repo) -> None:
        repo.git("worktree", "add", "-q", "--detach", "../linked")
        linked = Repo.__new__(Repo)
        linked.path = repo.path.parent / "linked"
        linked.git("switch", "-q", "--orphan", "wavefix/apps/a")
        problem = f"wavefix/apps/a is checked out in {linked.path}"
        assert repo.states("apps/a") == {"apps/a": problem}

    def test_a_branch_in_the_midst_of_a_rebase(self, repo: Repo) -> None:
        repo.rollout("apps/a")
        repo.git("switch", "-q", "wavefix/apps/a")
        repo.git("-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "-q", "-i", "main")
        assert repo.git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
        problem = f"wavefix/apps/a is checked out in {repo.path}"
        done = repo.states("apps/a", "apps/b", base="main", profile="aggressive")
        assert done == {"apps/a": problem, "apps/b": "created"}

    def test_another_branch_in_the_way(self, repo: Repo) -> None:
        repo.git("branch", "wavefix/apps")
        problem = "git cannot hold the branch wavefix/apps/a beside wavefix/apps, which is there"
        assert repo.states("apps/a") == {"apps/a": problem}
        repo.git("branch", "-m", "wavefix/apps", "waves/a/b")
        problem = "git cannot hold the branch waves/a beside waves/a/b, which is there"
        assert self.failing(repo, "apps/a", "apps/b", branch="waves/{name}") == {
            "apps/a": f"{problem}; rename it, or choose others with --branch"
        }

    def test_two_components_with_one_branch(self, repo: Repo) -> None:
        repo.commit({"other/a/all.yaml": late("other")})
        assert self.failing(repo, "apps/a", "other/a", "apps/b", branch="{name}") == {
            "other/a": "apps/a has the same branch, a; "
            "write it with {component} or {name}, and {profile} if you like"
        }

    def test_a_name_that_git_does_not_take(self, repo: Repo) -> None:
        assert repo.states("apps/a", branch="x..{name}") == {
            "apps/a": "`x..a` is no name for a branch"
        }
        assert repo.states("apps/a", branch="-{name}") == {"apps/a": "`-a` is no name for a branch"}

    def test_a_branch_that_cannot_be_read(self, repo: Repo) -> None:
        repo.rollout("apps/a")
        tree = repo.git("rev-parse", "wavefix/apps/a^{tree}")
        repo.git("update-ref", "-d", "refs/wavefix/heads/wavefix/apps/a")
        (repo.path / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
        failed = self.failing(repo, "apps/a", "apps/b")
        assert list(failed) == ["apps/a"]
        assert failed["apps/a"].startswith("its branch cannot be read: unable to read tree ")
        standing = repo.standing("apps/a", "apps/b")
        assert [item.state for item in standing.values()] == ["failed", "open"]

    def test_a_broken_file_in_one_of_all(self, repo: Repo) -> None:
        repo.commit({"apps/b/bad.yaml": "apiVersion: v1\nkind: X\nmetadata: {name: [\n"})
        failed = self.failing(repo, "apps/*")
        assert list(failed) == ["apps/b"]
        assert failed["apps/b"].startswith("apps/b/bad.yaml:4: invalid YAML: ")


def test_no_identity(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    monkeypatch.setenv("HOME", "/nowhere")
    repo.git("config", "user.useConfigOnly", "true")
    done = repo.rollout("apps/a", "apps/b")
    assert {item.text for item in done.items} == {
        "git does not know who commits; set user.name and user.email with `git config`"
    }
    assert repo.branches() == {}
    assert repo.states("apps/a", dry_run=True) == {"apps/a": "create"}


class TestExitStatus:
    def test_it_says_whether_something_failed(self, repo: Repo, cli: Cli) -> None:
        assert cli("rollout", "apps/a", cwd=repo.path).returncode == 0
        some = cli("rollout", "apps/a", "apps/nope", cwd=repo.path)
        assert some.returncode == 1
        assert some.stderr.decode() == (
            "apps/nope: no such path or component in the base; check the path\n"
        )
        assert b"apps/nope" in some.stdout
        assert b"1 up to date, 1 failed\n" in some.stdout
        nothing = cli("rollout", "apps/nope", cwd=repo.path)
        assert nothing.returncode == 2

    @pytest.mark.parametrize(
        "arguments", [["--no-such"], ["--order", "best"], ["--jobs", "0"], ["--base"]]
    )
    def test_bad_usage(self, repo: Repo, cli: Cli, arguments: list[str]) -> None:
        assert cli("rollout", *arguments, cwd=repo.path).returncode == 2

    def test_no_repository(self, tmp_path: Path, cli: Cli) -> None:
        ran = cli("rollout", cwd=tmp_path)
        assert (ran.returncode, ran.stdout) == (2, b"")
        assert ran.stderr.decode() == (
            ".: not a git repository; run it in one, or name one with --repo\n"
        )
