"""A second run: what is up to date is left, what is outdated rebuilt, what people did is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from rollouts import Repo, late, mended

from wavefix.rollout import repository


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repository", "a", "b", "c")
    made.rollout("apps/a", "apps/b")
    return made


def test_what_is_up_to_date_is_left_alone(repo: Repo) -> None:
    before = repo.branches()
    assert repo.states("apps/a", "apps/b", "apps/c") == {
        "apps/a": "up to date",
        "apps/b": "up to date",
        "apps/c": "created",
    }
    assert repo.branches() == before | {"wavefix/apps/c": repo.branches()["wavefix/apps/c"]}


def test_where_the_base_moved_it_is_rebuilt(repo: Repo) -> None:
    base = repo.commit({"README": "more\n"})
    assert repo.states("apps/a") == {"apps/a": "rebuilt"}
    assert repo.git("rev-parse", "wavefix/apps/a^@") == base
    assert repo.show("wavefix/apps/a", "apps/a/all.yaml") == mended("a")


def test_where_the_plan_is_another_it_is_rebuilt(repo: Repo) -> None:
    before = repo.git("log", "-1", "--format=%B", "wavefix/apps/a")
    assert repo.states("apps/a", profile="aggressive") == {"apps/a": "rebuilt"}
    assert repo.git("log", "-1", "--format=%B", "wavefix/apps/a") != before
    assert repo.states("apps/a", profile="aggressive") == {"apps/a": "up to date"}


class TestPeople:
    def add(self, repo: Repo, *arguments: str) -> str:
        """A commit of somebody else on a branch, in a checkout of theirs."""
        linked = repo.path.parent / "theirs"
        repo.git("worktree", "add", "-q", str(linked), "wavefix/apps/a")
        theirs = Repo.__new__(Repo)
        theirs.path = linked
        (linked / "README").write_text("theirs\n")
        theirs.git("-c", "user.name=x", "commit", "-qa", *arguments)
        repo.git("worktree", "remove", "--force", str(linked))
        return repo.branches()["wavefix/apps/a"]

    @pytest.mark.parametrize("base_moves", [False, True])
    def test_a_commit_on_top_is_kept(self, repo: Repo, base_moves: bool) -> None:
        tip = self.add(repo, "-m", "mine", "--author", "Grace <g@example.com>")
        if base_moves:
            repo.commit({"README": "more\n"})
        done = repo.rollout("apps/a", "apps/b")
        assert [item.state for item in done.items] == [
            "changed",
            "rebuilt" if base_moves else "up to date",
        ]
        assert done.items[0].note == "changed by Grace (1 commit)"
        assert repo.branches()["wavefix/apps/a"] == tip

    def test_an_amended_commit_is_kept(self, repo: Repo) -> None:
        tip = self.add(repo, "--amend", "--no-edit", "--reset-author")
        repo.commit({"apps/x": "more\n"})
        done = repo.rollout("apps/a")
        assert (done.items[0].state, done.items[0].note) == (
            "changed",
            "changed by Test (1 commit)",
        )
        assert repo.branches()["wavefix/apps/a"] == tip

    def test_an_amended_message_is_kept(self, repo: Repo) -> None:
        tip = self.add(repo, "--amend", "-m", "Better words")
        repo.commit({"apps/x": "more\n"})
        assert repo.states("apps/a") == {"apps/a": "changed"}
        assert repo.branches()["wavefix/apps/a"] == tip

    def test_a_branch_of_that_name_that_wavefix_did_not_make(self, repo: Repo) -> None:
        repo.git("branch", "wavefix/apps/c", "main")
        told = (
            "there is a branch wavefix/apps/c that wavefix did not make; "
            "rename it, or choose others with --branch"
        )
        assert [item.text for item in repo.rollout("apps/a", "apps/c").items] == ["", told]
        assert [item.text for item in repo.standing("apps/a", "apps/c").values()] == ["", told]
        assert repo.branches()["wavefix/apps/c"] == repo.git("rev-parse", "main")

    def test_merged_with_what_they_added_it_is_renewed(self, repo: Repo) -> None:
        self.add(repo, "-m", "mine")
        repo.git("merge", "-q", "--no-ff", "-m", "merge", "wavefix/apps/a")
        repo.commit({"apps/a/more.yaml": late("more")})
        assert repo.states("apps/a") == {"apps/a": "rebuilt"}
        assert repo.git("rev-parse", "wavefix/apps/a^") == repo.git("rev-parse", "main")


class TestAnotherComponent:
    """Its branch is not taken, whatever a template says, until it is merged or gone."""

    @pytest.fixture(params=[False, True])
    def repo(self, tmp_path: Path, request: pytest.FixtureRequest) -> Repo:
        """With and without a hook that takes our trailers away."""
        made = Repo(tmp_path / "repository", "a")
        made.commit({"more/a/all.yaml": late("more")})
        if request.param:
            made.hook("commit-msg", 'sed -i /^Wavefix-/d "$1"')
        made.rollout("apps/a", branch="x/{name}")
        return made

    def test_until_then(self, repo: Repo) -> None:
        before = repo.branches()
        told = "apps/a has the same branch, x/a"
        assert repo.states("more/a", branch="x/{name}") == {"more/a": told}
        assert repo.standing("more/a", branch="x/{name}")["more/a"].problem == told
        assert repo.branches() == before
        assert repo.states("apps/a", branch="x/{name}") == {"apps/a": "up to date"}

    @pytest.mark.parametrize(
        ("then", "state"),
        [(["merge", "-q", "--no-edit"], "rebuilt"), (["branch", "-qD"], "created")],
    )
    def test_and_then(self, repo: Repo, then: list[str], state: str) -> None:
        repo.git(*then, "x/a")
        assert repo.states("more/a", branch="x/{name}") == {"more/a": state}
        assert repo.git("diff", "--name-only", "main", "x/a") == "more/a/all.yaml"


class TestAnotherClone:
    """It has the branches, and no record of who made them."""

    @pytest.fixture
    def clone(self, repo: Repo, tmp_path: Path) -> Repo:
        repo.git("clone", "-q", "--no-local", str(repo.path), str(tmp_path / "clone"))
        clone = Repo.__new__(Repo)
        clone.path = tmp_path / "clone"
        clone.git("branch", "wavefix/apps/a", "origin/wavefix/apps/a")
        return clone

    def test_a_commit_of_wavefix_is_known_by_what_it_holds(self, clone: Repo) -> None:
        assert clone.states("apps/a") == {"apps/a": "up to date"}
        clone.commit({"README": "more\n"})
        assert clone.states("apps/a") == {"apps/a": "rebuilt"}

    @pytest.mark.parametrize(
        "change",
        [["--amend", "-m", "Better words"], ["--amend", "--no-edit"], ["-m", "more"]],
    )
    def test_and_one_that_somebody_changed_as_well(self, clone: Repo, change: list[str]) -> None:
        clone.git("switch", "-q", "wavefix/apps/a")
        (clone.path / "README").write_text("theirs\n")
        clone.git("commit", "-qa", *change)
        clone.git("switch", "-q", "main")
        clone.commit({"apps/x": "more\n"})
        before = clone.branches()
        assert clone.states("apps/a") == {"apps/a": "changed"}
        assert clone.branches() == before

    def test_a_rebase_of_the_forge_changes_nothing_of_it(self, clone: Repo) -> None:
        clone.commit({"README": "more\n"})
        clone.git("rebase", "-q", "main", "wavefix/apps/a")
        clone.git("switch", "-q", "main")
        assert clone.states("apps/a") == {"apps/a": "up to date"}

    def test_a_rebase_onto_something_else_is_somebodys_will(self, clone: Repo) -> None:
        clone.git("switch", "-q", "-c", "feature")
        clone.commit({"README": "feature\n"})
        clone.git("rebase", "-q", "feature", "wavefix/apps/a")
        clone.git("switch", "-q", "main")
        assert clone.states("apps/a") == {"apps/a": "changed"}


def test_in_a_shallow_clone_what_a_branch_stands_on_may_be_cut_off(
    repo: Repo, tmp_path: Path
) -> None:
    repo.commit({"README": "more\n"})
    url, shallow = f"file://{repo.path}", str(tmp_path / "shallow")
    repo.git("clone", "-q", "--depth", "1", "--no-single-branch", url, shallow)
    clone = Repo.__new__(Repo)
    clone.path = tmp_path / "shallow"
    clone.git("branch", "wavefix/apps/a", "origin/wavefix/apps/a")
    assert [(item.state, item.note) for item in clone.rollout("apps/a", "apps/c").items] == [
        ("changed", "what it stands on is not in this shallow clone"),
        ("created", ""),
    ]
    assert clone.standing("apps/c")["apps/c"].state == "open"


def test_hooks_that_make_the_same_again_change_nothing(repo: Repo) -> None:
    """Where they take our trailers away, the plan is remembered; and where that is lost, made."""
    repo.hook("commit-msg", 'sed -i /^Wavefix-/d "$1"')
    assert repo.states("apps/c") == {"apps/c": "created"}
    before = repo.branches()
    for _ in range(2):
        assert repo.states("apps/c") == {"apps/c": "up to date"}
        assert repo.standing("apps/c")["apps/c"].state == "open"
        (repo.path / ".git" / "wavefix" / "rollout.json").unlink()
    assert repo.branches() == before


def test_somebody_is_quicker(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A branch that moves between the decision and the update is left as it is."""
    repo.commit({"README": "more\n"})
    update = repository.Repository.update

    def late_update(self: repository.Repository, moves: object, why: str) -> None:
        repo.git("update-ref", "refs/heads/wavefix/apps/a", "main")
        update(self, moves, why)  # type: ignore[arg-type]

    monkeypatch.setattr(repository.Repository, "update", late_update)
    problem = repo.states("apps/a")["apps/a"]
    assert problem.startswith("the branch could not be moved: ")
    assert repo.branches()["wavefix/apps/a"] == repo.git("rev-parse", "main")
    assert repo.git("rev-parse", "refs/wavefix/heads/wavefix/apps/a^") != repo.git(
        "rev-parse", "main"
    )


def test_another_template_makes_other_branches(repo: Repo) -> None:
    assert repo.states("apps/a", branch="{profile}/{name}") == {"apps/a": "created"}
    assert "conservative/a" in repo.branches()
    repo.commit({".wavefix.yaml": "rollout: {branch: 'waves/{name}'}\n"})
    assert repo.states("apps/a") == {"apps/a": "created"}
    assert "waves/a" in repo.branches()


def test_a_record_of_a_branch_that_is_gone_is_not_in_the_way(repo: Repo) -> None:
    """`apps` had a branch; git could hold nothing below its name as long as it knew of it."""
    repo.git("branch", "-qD", "wavefix/apps/a", "wavefix/apps/b")
    assert repo.states("apps", "apps/x/../../apps/c/../..") == {
        "apps": "it is part of ., which is given as well",
        ".": "it holds apps, which is given as well",
    }
    assert repo.states("apps") == {"apps": "created"}
    repo.git("branch", "-qD", "wavefix/apps")
    assert repo.states("apps/c") == {"apps/c": "created"}
