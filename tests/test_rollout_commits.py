"""Rollout: one branch and one commit for each component, and nothing else is touched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from rollouts import Repo, by_name, directories, late, mended, snapshot


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repository", "a", "b", "c")


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test does, no temporary file stays."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield
    assert list(scratch.iterdir()) == []


def test_each_component_has_a_branch_with_its_edits_alone(repo: Repo) -> None:
    base = repo.git("rev-parse", "HEAD")
    assert repo.states("apps/a", "apps/b") == {"apps/a": "created", "apps/b": "created"}
    assert set(repo.branches()) == {"wavefix/apps/a", "wavefix/apps/b"}
    for name in "ab":
        branch = f"wavefix/apps/{name}"
        assert repo.git("rev-parse", f"{branch}^@") == base
        assert repo.git("diff", "--name-only", base, branch) == f"apps/{name}/all.yaml"
        assert repo.show(branch, f"apps/{name}/all.yaml") == mended(name)


def test_the_commit_explains_itself(repo: Repo) -> None:
    repo.rollout("apps/a")
    lines = repo.git("log", "-1", "--format=%B", "wavefix/apps/a").split("\n")
    assert lines[:11] == [
        "apps/a: 1 wave changes in 1 file",
        "",
        "Predicted time of a deploy, if nothing fails: 47s before, 47s after; 3",
        "waves before, 2 after (1 Application, 3 resources; profile",
        "conservative).",
        "",
        "1 -> -1  LimitRange/a/defaults",
        "         before Deployment.apps/a/api, which must come after it",
        "         in apps/a/all.yaml:7",
        "",
        "Wavefix-Component: apps/a",
    ]
    assert lines[11].startswith("Wavefix-Plan: ")
    assert lines[12:] == [""]
    trailers = repo.git("log", "-1", "--format=%(trailers:key=Wavefix-Component)", "wavefix/apps/a")
    assert trailers == "Wavefix-Component: apps/a\n"


def test_the_user_notices_nothing(repo: Repo) -> None:
    """With a change staged, one not staged, an untracked file and a stash of the user's own."""
    (repo.path / "README").write_text("stashed\n")
    repo.git("stash")
    (repo.path / "staged").write_text("x")
    repo.git("add", "staged")
    (repo.path / "README").write_text("changed\n")
    (repo.path / "untracked").write_text("x")
    before = snapshot(repo.path), directories(repo.path), repo.git("status", "--porcelain")
    assert set(repo.states("apps/*").values()) == {"created"}
    assert set(repo.states("apps/a", dry_run=True).values()) == {"up to date"}
    repo.standing()
    after = snapshot(repo.path), directories(repo.path), repo.git("status", "--porcelain")
    assert after == before
    assert repo.git("worktree", "list").count("\n") == 0


def test_a_dry_run_shows_all_and_makes_nothing(repo: Repo) -> None:
    before = snapshot(repo.path)
    done = repo.rollout("apps/a", "apps/b", dry_run=True)
    assert by_name(done) == {"apps/a": "create", "apps/b": "create"}
    assert '-    argocd.argoproj.io/sync-wave: "1"\n' in done.items[0].diff
    assert done.items[0].diff.startswith("diff --git a/apps/a/all.yaml b/apps/a/all.yaml\n")
    assert snapshot(repo.path) == before
    assert not (repo.path / ".git" / "wavefix").exists()
    assert repo.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"


class TestHooks:
    def test_they_run_in_the_worktree_and_may_refuse(self, repo: Repo, tmp_path: Path) -> None:
        told = tmp_path / "told"
        repo.hook(
            "pre-commit",
            f"staged=$(git diff --cached --name-only); echo $staged >>{told}\n"
            'test $staged != apps/b/all.yaml || { echo "no b on Fridays"; exit 1; }',
        )
        done = repo.states("apps/a", "apps/b", "apps/c")
        assert done == {
            "apps/a": "created",
            "apps/b": "git refused the commit: no b on Fridays",
            "apps/c": "created",
        }
        assert told.read_text() == "apps/a/all.yaml\napps/b/all.yaml\napps/c/all.yaml\n"
        assert set(repo.branches()) == {"wavefix/apps/a", "wavefix/apps/c"}

    def test_the_message_may_get_more(self, repo: Repo) -> None:
        repo.hook("commit-msg", 'echo "Signed-off-by: Me" >>"$1"')
        assert repo.states("apps/a") == {"apps/a": "created"}
        assert repo.git("log", "-1", "--format=%B", "wavefix/apps/a").rstrip().endswith("by: Me")
        assert repo.states("apps/a") == {"apps/a": "up to date"}

    def test_what_is_edited_may_be_formatted(self, repo: Repo) -> None:
        repo.hook(
            "pre-commit", "sed -i 's/{name: api, /{ name: api, /' apps/a/all.yaml; git add -u"
        )
        done = repo.rollout("apps/a")
        assert by_name(done) == {"apps/a": "created"}
        assert done.items[0].note == "hooks changed more in apps/a/all.yaml"
        assert "{ name: api, " in repo.show("wavefix/apps/a", "apps/a/all.yaml")
        assert repo.states("apps/a") == {"apps/a": "up to date"}

    def test_one_that_fails_where_it_formats_is_asked_again(self, repo: Repo) -> None:
        """As those of the pre-commit framework do; what it did is committed."""
        repo.hook(
            "pre-commit",
            "sed -i 's/{name: api, /{ name: api, /' apps/a/all.yaml apps/b/all.yaml\n"
            "git diff --quiet || { echo files were modified by this hook; exit 1; }",
        )
        done = repo.rollout("apps/a")
        assert done.items[0].problem == "git refused the commit: files were modified by this hook"
        repo.hook(
            "pre-commit",
            "sed -i 's/{name: api, /{ name: api, /' $(git diff --cached --name-only)\n"
            "git diff --quiet || { echo files were modified by this hook; exit 1; }",
        )
        done = repo.rollout("apps/a", "apps/b")
        assert by_name(done) == {"apps/a": "created", "apps/b": "created"}
        assert done.items[0].note == "hooks changed more in apps/a/all.yaml"
        assert "{ name: api, " in repo.show("wavefix/apps/a", "apps/a/all.yaml")
        assert repo.states("apps/a") == {"apps/a": "up to date"}

    def test_one_that_always_fails_is_asked_once_more(self, repo: Repo, tmp_path: Path) -> None:
        asked = tmp_path / "asked"
        repo.hook("pre-commit", f"echo '# x' >>apps/a/all.yaml; echo x >>{asked}; exit 1")
        done = repo.rollout("apps/a")
        assert done.items[0].problem == "git refused the commit: git failed with status 1"
        assert asked.read_text() == "x\nx\n"
        assert repo.branches() == {}

    @pytest.mark.parametrize(
        ("script", "problem"),
        [
            ("echo x >README; git add -u", "a hook changed README, which is none of the edits"),
            ("echo x >new; git add new", "a hook changed new, which is none of the edits"),
            ("chmod +x apps/a/all.yaml; git add -u",
             "a hook changed apps/a/all.yaml, which is none of the edits"),
            ("""sed -i 's/"-1"/"-3"/' apps/a/all.yaml; git add -u""",
             "a hook changed apps/a/all.yaml, and the waves are not as planned any more"),
        ],
    )  # fmt: skip
    def test_nothing_else_may_change(self, repo: Repo, script: str, problem: str) -> None:
        repo.hook("pre-commit", script)
        assert repo.states("apps/a") == {"apps/a": problem}
        assert repo.branches() == {}

    def test_what_they_leave_behind_is_gone_for_the_next(self, repo: Repo, tmp_path: Path) -> None:
        """One worktree serves many components, each from the base as it is."""
        repo.commit({".gitignore": "*.log\n"})
        seen = tmp_path / "seen"
        repo.hook(
            "pre-commit",
            f"git status --porcelain --ignored >>{seen}; pwd >>{seen}\n"
            "echo x >README; mkdir -p new/x; touch x.log new/x/y apps/b/new.yaml; git init -q new",
        )
        assert set(repo.states("apps/a", "apps/b", "apps/c").values()) == {"created"}
        first, where, *rest = seen.read_text().splitlines()
        assert first == "M  apps/a/all.yaml"
        assert rest == ["M  apps/b/all.yaml", where, "M  apps/c/all.yaml", where]

    def test_a_commit_on_top_is_refused(self, repo: Repo) -> None:
        repo.hook("post-commit", 'test -n "$AGAIN" || AGAIN=1 git commit -q --allow-empty -m more')
        assert repo.states("apps/a") == {"apps/a": "a hook made commits of its own"}
        assert repo.branches() == {}

    def test_a_hook_directory_that_is_not_committed_counts_too(self, repo: Repo) -> None:
        """As husky has it: `core.hooksPath` is relative, and its directory ignored."""
        repo.commit({".gitignore": ".hooks/\n"})
        repo.hook("pre-commit", "echo refused; exit 1")
        (repo.path / ".git" / "hooks").rename(repo.path / ".hooks")
        repo.git("config", "core.hooksPath", ".hooks")
        assert repo.states("apps/a") == {"apps/a": "git refused the commit: refused"}

    def test_worktrees_are_no_checkouts_of_the_users(self, repo: Repo, tmp_path: Path) -> None:
        repo.hook("post-checkout", f"touch {tmp_path}/ran")
        assert repo.states("apps/a") == {"apps/a": "created"}
        assert not (tmp_path / "ran").exists()


def test_from_inside_of_a_hook(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where git has set variables that mean another repository, or another index."""
    before = snapshot(repo.path)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("GIT_PREFIX", "apps/")
    done = repo.states("apps/a")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"):
        monkeypatch.delenv(name)
    assert done == {"apps/a": "created"}
    assert snapshot(repo.path) == before


def test_the_users_identity_and_signing(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    repo.git("config", "user.name", "Ada Lovelace")
    repo.git("config", "user.email", "ada@example.com")
    program = tmp_path / "gpg"
    program.write_text(
        "#!/bin/sh\ncat >/dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\n"
        "echo '-----BEGIN PGP SIGNATURE-----'\necho made\necho '-----END PGP SIGNATURE-----'\n"
    )
    program.chmod(0o755)
    repo.git("config", "gpg.program", str(program))
    repo.git("config", "commit.gpgSign", "true")
    assert repo.states("apps/a") == {"apps/a": "created"}
    commit = repo.git("cat-file", "commit", "wavefix/apps/a")
    assert "author Ada Lovelace <ada@example.com>" in commit
    assert "gpgsig -----BEGIN PGP SIGNATURE-----\n made\n" in commit
    program.write_text("#!/bin/sh\nexit 1\n")
    problem = repo.states("apps/b")["apps/b"]
    assert problem.startswith("git refused the commit: gpg failed to sign the data")


def test_a_key_beside_the_components(repo: Repo, tmp_path: Path) -> None:
    """A relative path is relative to the checkout, where it need not be committed."""
    program = tmp_path / "ssh-keygen"
    program.write_text(  # ssh-keygen -Y sign -n git -f KEY BUFFER
        '#!/bin/sh\ntest "$2" = sign || exit 0\ncat "$6" >/dev/null || exit 1\n'
        "{ echo '-----BEGIN SSH SIGNATURE-----'; cat \"$6\";\n"
        "echo '-----END SSH SIGNATURE-----'; } >\"$7.sig\"\n"
    )
    program.chmod(0o755)
    (repo.path / "k.pub").write_text("mine\n")
    for key, value in (
        ("gpg.format", "ssh"), ("user.signingKey", "k.pub"), ("commit.gpgSign", "true"),
        ("gpg.ssh.program", str(program)),
    ):  # fmt: skip
        repo.git("config", key, value)
    assert repo.states("apps/a") == {"apps/a": "created"}
    commit = repo.git("cat-file", "commit", "wavefix/apps/a")
    assert "gpgsig -----BEGIN SSH SIGNATURE-----\n mine\n" in commit


def test_who_commits_may_depend_on_the_branch(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    (tmp_path / "work").write_text("[user]\nname = At Work = Me\nemail = me@work.example\n")
    repo.git("config", "includeIf.onbranch:main.path", str(tmp_path / "work"))
    assert repo.states("apps/a") == {"apps/a": "created"}
    author = repo.git("log", "-1", "--format=%an <%ae>", "wavefix/apps/a")
    assert author == "At Work = Me <me@work.example>"


def test_two_components_that_edit_one_file_say_so(repo: Repo) -> None:
    shared = "resources: [../base]\nnamespace: {0}\nnamePrefix: {0}-\n"
    repo.commit(
        {"k/base/kustomization.yaml": "resources: [all.yaml]\n", "k/base/all.yaml": late("x")}
        | {f"k/{one}/kustomization.yaml": shared.format(one) for one in ("one", "two")}
    )
    done = repo.rollout("k/one", "k/two", "apps/a")
    assert [item.note for item in done.items] == ["", "edits k/base/all.yaml, as k/one does", ""]


def test_line_endings_are_the_users(repo: Repo) -> None:
    """With autocrlf files have other line endings in a worktree than in a commit."""
    repo.git("config", "core.autocrlf", "true")
    assert repo.states("apps/a") == {"apps/a": "created"}
    assert repo.show("wavefix/apps/a", "apps/a/all.yaml") == mended("a")
    assert repo.states("apps/a") == {"apps/a": "up to date"}


def test_names_of_files_are_bytes(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "re po\n\xe9", "x")
    name = os.fsdecode(b"apps/\xff {v} caf\xc3\xa9\n")
    repo.commit({f"{name}/all.yaml": late("odd")})
    assert repo.states(name) == {name: "created"}
    (branch,) = repo.branches()
    assert branch == "wavefix/apps/%FF%20%7Bv%7D%20café%0A"
    changed = repo.git("diff", "-z", "--name-only", "main", branch)
    assert changed == f"{name}/all.yaml\0"
    assert repo.states(name) == {name: "up to date"}


def test_a_submodule_beside_the_components(repo: Repo, tmp_path: Path) -> None:
    other = Repo(tmp_path / "other", "x")
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.path), "sub")
    repo.commit({})
    assert repo.states("apps/a") == {"apps/a": "created"}


def test_a_sparse_checkout_is_no_matter(repo: Repo) -> None:
    repo.git("sparse-checkout", "set", "apps/b")
    before = snapshot(repo.path)
    assert not (repo.path / "apps" / "a").exists()
    assert repo.states("apps/a") == {"apps/a": "created"}
    assert snapshot(repo.path) == before


def test_a_linked_worktree_of_the_users(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "-b", "feature", str(tmp_path / "linked"))
    linked = Repo.__new__(Repo)
    linked.path = tmp_path / "linked"
    before = snapshot(repo.path)
    assert linked.states("apps/a") == {"apps/a": "created"}
    assert snapshot(repo.path) == before


def test_another_base(repo: Repo) -> None:
    old = repo.git("rev-parse", "HEAD")
    repo.commit({"apps/a/all.yaml": mended("a")})
    assert repo.states("apps/a") == {"apps/a": "nothing to move"}
    assert repo.states("apps/a", base=old) == {"apps/a": "created"}
    assert repo.git("rev-parse", "wavefix/apps/a^") == old


def test_nothing_about_our_directories_is_told(repo: Repo) -> None:
    """Neither in messages and reports, nor where something is wrong."""
    repo.commit({"apps/bad/x.yaml": "apiVersion: v1\nkind: X\nmetadata: {name: [\n"})
    staged = "$(git diff --cached --name-only)"
    repo.hook("pre-commit", f'echo "in $PWD: $TMPDIR" >&2; test "{staged}" != apps/b/all.yaml')
    done = repo.rollout("apps/a", "apps/b", "apps/bad")
    assert [item.state for item in done.items] == ["created", "failed", "failed"]
    told = repr(done) + repo.git("log", "-1", "--format=%B", "wavefix/apps/a")
    told += (repo.path / ".git" / "wavefix" / "rollout.json").read_text()
    assert "wavefix-rollout" not in told
    assert done.items[2].problem.startswith("apps/bad/x.yaml:4: invalid YAML")


def test_the_root_is_a_component_too(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "shop")
    repo.commit({"all.yaml": late("shop")})
    assert repo.states() == {".": "created"}
    assert set(repo.branches()) == {"wavefix/root"}
    assert repo.states(".") == {".": "up to date"}


def test_git_is_not_there(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    from wavefix.errors import InputError

    with pytest.raises(InputError, match="git is not installed"):
        repo.rollout("apps/a")
