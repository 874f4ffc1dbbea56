"""git, as far as a rollout needs it: plumbing, with argument lists, and paths as they are.

Nothing here touches the user's working tree, index, HEAD or configuration.
"""

from __future__ import annotations

import glob
import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from wavefix.errors import InputError
from wavefix.patch.git import NO_BARE, NO_HOOKS, QUIET, check_owner, environment
from wavefix.progress import printable

HEADS, MADE, PUSHED = "refs/heads/", "refs/wavefix/heads/", "refs/wavefix/pushed/"

# No daemon is started and no cleaning up in the background; nothing is sparse in our worktrees.
_CALM = (
    "-c", "core.fsmonitor=false",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
    "-c", "core.sparseCheckout=false",
    "-c", "i18n.commitEncoding=UTF-8",
)  # fmt: skip
LFS = {"GITLFS_SKIP_SMUDGE": "1"}  # would ask the network
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_BARE = ("a git directory without a working tree", "name a checkout")
_SHOWN = 300  # characters of a program's own words


class GitFailed(InputError):
    """git (or a program like it) that failed, in its own words; `output` is what it printed."""

    def __init__(self, problem: str, output: str = "") -> None:
        super().__init__(problem)
        self.output = output


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as it is stored, without who made it and when."""

    tree: str
    parents: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Change:
    """A path that a commit changes: the modes before and after, and the new content's id."""

    path: str
    modes: tuple[str, str]
    blob: str


def run(
    command: Sequence[str],
    directory: str,
    env: Mapping[str, str],
    data: bytes = b"",
    hidden: Iterable[str] = (),
    apart: bool = False,
) -> bytes:
    """What a program prints. Raises GitFailed, with its words, where it fails.

    `hidden` are directories that are left out of those words. What is `apart` has a session of its
    own, where what interrupts this process does not reach it.
    """
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env=env,
            input=data,
            capture_output=True,
            check=False,
            start_new_session=apart,
        )
    except FileNotFoundError as error:
        if error.filename == directory:
            raise InputError("no such directory", "check the path", directory) from None
        raise InputError(f"{command[0]} is not installed", "install it") from None
    except OSError as error:
        raise InputError(f"{command[0]} cannot be run: {error.strerror}") from None
    if done.returncode:
        words = said(done.stderr, hidden) or said(done.stdout, hidden)
        words = words or f"{os.path.basename(command[0])} failed with status {done.returncode}"
        raise GitFailed(words, done.stdout.decode("utf-8", "replace"))
    return done.stdout


def said(output: bytes, hidden: Iterable[str] = ()) -> str:
    """A program's words in one line, safe to show: no credentials, no names of our directories."""
    text = output.decode("utf-8", "replace")
    for directory in hidden:
        text = text.replace(f"{directory}/", "").replace(directory, ".")
    text = _CREDENTIALS.sub("", text)
    lines = [line.strip() for line in text.splitlines()]
    words = [line for line in lines if line and not line.startswith("hint:")]
    own = [line for line in words if line.startswith(("fatal: ", "error: "))]
    line = " / ".join(own or words[-3:])
    for prefix in ("fatal: ", "error: "):
        line = line.removeprefix(prefix)
    return printable(line[:_SHOWN])


def git(directory: str, *arguments: str, data: bytes = b"", hidden: Iterable[str] = ()) -> bytes:
    """What git prints in a directory, without hooks, prompts and locks that can be done without."""
    command = ("git", "--no-pager", *_CALM, *NO_HOOKS, *NO_BARE, *arguments)
    return run(command, directory, environment() | QUIET | LFS, data, hidden)


def git_with_hooks(*arguments: str) -> list[str]:
    """A command that the user's hooks apply to; it gets the user's own environment."""
    return ["git", "--no-pager", *_CALM, *arguments]


def _line(output: bytes) -> str:
    return os.fsdecode(output.removesuffix(b"\n"))


def _read(file: str) -> str:
    with suppress(OSError), open(file, "rb") as stream:
        return _line(stream.read())
    return ""


def _asked(directory: str, *arguments: str) -> str:
    """What git prints in one line; "" where it says no."""
    try:
        return _line(git(directory, *arguments))
    except GitFailed:
        return ""


@dataclass(frozen=True, slots=True)
class Repository:
    """A checkout. `head` is the ref of its branch, "" where HEAD is detached."""

    top: str
    common: str  # the git directory that all working trees share
    head: str

    @property
    def name(self) -> str:
        """The directory's name, the same for all of its linked working trees."""
        inside = os.path.basename(self.common) == ".git"
        return os.path.basename(os.path.dirname(self.common) if inside else self.top)

    def commit_of(self, revision: str) -> str:
        """The commit that a revision names; "" where it names none."""
        options = ("--verify", "--quiet", "--end-of-options")
        return _asked(self.top, "rev-parse", *options, f"{revision}^{{commit}}")

    def refs(self, *prefixes: str) -> dict[str, str]:
        """The commits that refs under prefixes point to, by their full names."""
        shown = git(self.top, "for-each-ref", "--format=%(objectname) %(refname)", *prefixes)
        lines = (line.partition(" ") for line in os.fsdecode(shown).splitlines())
        return {name: commit for commit, _, name in lines}

    def busy(self) -> dict[str, str]:
        """The branches that a working tree is on, or rebases, with where that is."""
        out: dict[str, str] = {}
        for block in os.fsdecode(git(self.top, "worktree", "list", "--porcelain")).split("\n\n"):
            lines = dict(line.partition(" ")[::2] for line in block.split("\n"))
            if "branch" in lines:
                out[lines["branch"]] = lines["worktree"]
        for directory in (self.common, *glob.glob(os.path.join(self.common, "worktrees", "*"))):
            for rebase in ("rebase-merge", "rebase-apply"):
                name = _read(os.path.join(directory, rebase, "head-name"))
                place = _read(os.path.join(directory, "gitdir")) or self.common
                if name:
                    out.setdefault(name, os.path.dirname(place))
        return out

    def commit(self, name: str) -> Commit:
        """A commit by its id."""
        head, _, message = git(self.top, "cat-file", "commit", name).partition(b"\n\n")
        lines = head.split(b"\n")
        parents = tuple(_line(line[7:]) for line in lines if line.startswith(b"parent "))
        return Commit(_line(lines[0][5:]), parents, message.decode("utf-8", "surrogateescape"))

    def changes(self, parent: str, commit: str) -> tuple[Change, ...]:
        """What a commit changes against another one."""
        raw = git(
            self.top, "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev",
            parent, commit, "--",
        )  # fmt: skip
        fields = raw.split(b"\0")[:-1]
        out = []
        for meta, path in zip(fields[::2], fields[1::2], strict=True):
            before, after, _, blob, _ = meta.removeprefix(b":").decode("ascii").split(" ")
            out.append(Change(os.fsdecode(path), (before, after), blob))
        return tuple(out)

    def holds(self, commit: str, changes: Sequence[Change]) -> bool:
        """Whether a commit has files with the contents that another one gave them."""
        paths = [change.path for change in changes]
        shown = git(self.top, "ls-tree", "-z", "--full-tree", commit, "--", *paths)
        entries = (os.fsdecode(entry).partition("\t") for entry in shown.split(b"\0")[:-1])
        found = {path: meta.split(" ")[2] for meta, _, path in entries}
        return all(found.get(change.path) == change.blob for change in changes)

    def in_history(self, commit: str, of: str) -> bool:
        """Whether a commit is, or is an ancestor of, another one."""
        try:
            git(self.top, "merge-base", "--is-ancestor", commit, of)
        except GitFailed:
            return False
        return True

    def authors(self, tip: str, without: Iterable[str]) -> list[str]:
        """Who made the commits of a branch that others do not have, the newest first."""
        shown = git(
            self.top, "log", "-z", "--no-show-signature", "--format=%aN", tip,
            *(f"^{commit}" for commit in without if commit), "--",
        )  # fmt: skip
        return [
            name.decode("utf-8", "replace")
            for name in shown.removesuffix(b"\0").split(b"\0")
            if name
        ]

    def unfinished(self, paths: Sequence[str]) -> list[str]:
        """What is modified, staged or untracked at or below paths of the user's tree."""
        shown = git(
            self.top, "status", "--porcelain", "-z", "--untracked-files=all",
            "--ignore-submodules=all", "--no-renames", "--", *paths,
        )  # fmt: skip
        return [os.fsdecode(entry[3:]) for entry in shown.split(b"\0") if len(entry) > 3]

    def config(self, key: str, *options: str) -> str:
        """A value of the configuration; "" where it is not set."""
        command = git_with_hooks("config", *options, "--get", key)
        try:
            return _line(run(command, self.top, environment()))
        except GitFailed:
            return ""

    def settings(self, pattern: str) -> list[tuple[str, str | None]]:
        """The keys of the configuration that match, with their values; None where it has none."""
        command = git_with_hooks("config", "-z", "--get-regexp", pattern)
        try:
            shown = os.fsdecode(run(command, self.top, environment()))
        except GitFailed:
            return []
        pairs = (entry.partition("\n") for entry in shown.split("\0")[:-1])
        return [(key, value if between else None) for key, between, value in pairs]

    def who(self) -> str:
        """What keeps git from knowing who commits; "" where it knows."""
        for variable in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            try:
                git(self.top, "var", variable)
            except GitFailed:
                return "git does not know who commits"
        return ""

    def is_branch_name(self, name: str) -> bool:
        """Whether a branch may bear a name."""
        return _asked(self.top, "check-ref-format", "--branch", name) == name

    def remotes(self) -> list[str]:
        """The names of the remotes."""
        return os.fsdecode(git(self.top, "remote")).splitlines()

    def forget(self, ref: str, commit: str) -> None:
        """Take a ref away that points to a commit."""
        git(self.top, "update-ref", "-d", ref, commit)

    def update(self, moves: Iterable[tuple[str, str, str]], why: str) -> None:
        """Point refs to commits, all or none: (ref, new, old); old is "" where there must be none.

        Raises GitFailed where one of them is something else by now, or a hook refuses.
        """
        lines = ["start"]
        for ref, new, old in moves:
            lines.append(f"update {ref}\0{new}\0{old}" if old else f"create {ref}\0{new}")
        lines += ["prepare", "commit", ""]
        command = git_with_hooks("update-ref", "-m", why, "-z", "--stdin")
        data = os.fsencode("\0".join(lines))
        run(command, self.top, environment() | {"LC_ALL": "C"}, data, apart=True)


def repository(directory: str) -> Repository:
    """The repository that a directory is in. Raises InputError where that is none to work in."""
    try:
        inside = git(directory, "rev-parse", "--is-inside-work-tree")
    except GitFailed as error:
        check_owner(error.problem, directory)
        if error.problem.startswith("not a git repository"):
            advice = "run it in one, or name one with --repo"
            raise InputError("not a git repository", advice, directory) from None
        if error.problem.startswith("cannot use bare repository"):
            raise InputError(*_BARE, directory) from None
        raise InputError(error.problem, "mend the repository", directory) from None
    if inside.strip() != b"true":
        raise InputError(*_BARE, directory)
    top = _line(git(directory, "rev-parse", "--show-toplevel"))
    common = os.path.join(directory, _line(git(directory, "rev-parse", "--git-common-dir")))
    return Repository(
        os.path.realpath(top),
        os.path.realpath(common),
        _asked(directory, "symbolic-ref", "--quiet", "HEAD"),
    )
