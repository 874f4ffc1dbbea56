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
from wavefix.patch.git import NO_BARE, NO_HOOKS, OFFLINE, QUIET, check_owner, environment
from wavefix.progress import printable

HEADS, REMOTES = "refs/heads/", "refs/remotes/"
MADE, PUSHED = "refs/wavefix/heads/", "refs/wavefix/pushed/"

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
_RAW = ("--raw", "-z", "--no-renames", "--no-abbrev")
_FAR = 1000  # commits in which a merged file is looked for
_BARE = ("a git directory without a working tree", "name a checkout")
_SHOWN = 300  # characters of a program's own words


class GitFailed(InputError):
    """git (or a program like it) that failed, in its own words; `output` is what it printed."""

    def __init__(self, problem: str, output: str = "") -> None:
        super().__init__(problem)
        self.output = output


Content = tuple[str, str, str]  # a path, its mode, the id of what it holds; zeros where it is gone


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

    @property
    def content(self) -> Content:
        """What the path is afterwards."""
        return (self.path, self.modes[1], self.blob)


def run(
    command: Sequence[str],
    directory: str,
    env: Mapping[str, str],
    data: bytes = b"",
    hidden: Iterable[str] = (),
    apart: bool = False,
    name: str = "",
) -> bytes:
    """What a program prints. Raises GitFailed, with its words, where it fails.

    `hidden` are directories that are left out of those words. What is `apart` has a session of its
    own, where what interrupts this process does not reach it. `name` is what it is called, where
    that is not how the command begins.
    """
    name = name or os.path.basename(command[0])
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
        raise InputError(f"{name} is not installed", "install it") from None
    except OSError as error:
        raise InputError(f"{name} cannot be run: {error.strerror}") from None
    if done.returncode:
        words = said(done.stderr, hidden) or said(done.stdout, hidden)
        words = words or f"{name} failed with status {done.returncode}"
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
    return run(command, directory, environment() | QUIET | OFFLINE | LFS, data, hidden)


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


def _changes(raw: bytes) -> tuple[Change, ...]:
    """What git prints with _RAW, of one commit or several."""
    fields = iter(field for field in raw.split(b"\0") if field)
    out = []
    for meta in fields:
        before, after, _, blob, _ = meta.removeprefix(b":").decode("ascii").split(" ")
        out.append(Change(os.fsdecode(next(fields)), (before, after), blob))
    return tuple(out)


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
        return _changes(git(self.top, "diff-tree", "-r", *_RAW, parent, commit, "--"))

    def contents(self, start: str, end: str, of: Iterable[Content]) -> set[Content]:
        """What the paths of some contents have been in the commits after one and up to another.

        Of a long history the last commits, _FAR at most, in which they changed.
        """
        options = ("-m", f"--max-count={_FAR}", "--format=", "--no-show-signature", "--no-follow")
        paths = sorted({path for path, _, _ in of})
        asked = os.fsencode("\n".join((f"{start}..{end}", "--", *paths)))
        separate = ("-c", "log.diffMerges=separate")
        shown = git(self.top, *separate, "log", *options, *_RAW, "--stdin", data=asked)
        return {change.content for change in _changes(shown)}

    def fork(self, one: str, other: str) -> str:
        """The commit that two have in common; "" where there is none."""
        return _asked(self.top, "merge-base", one, other)

    def in_history(self, commit: str, of: str) -> bool:
        """Whether a commit is, or is an ancestor of, another one."""
        try:
            git(self.top, "merge-base", "--is-ancestor", commit, of)
        except GitFailed:
            return False
        return True

    def named(self, text: str, tip: str, base: str) -> str:
        """The last commit of a branch that has a text in its message; "" where none has it."""
        options = ("-1", "--format=%H", "--no-show-signature", "--fixed-strings", f"--grep={text}")
        return _line(git(self.top, "log", *options, tip, f"^{base}", "--"))

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

    def upstream(self, branch: str) -> str:
        """The ref that a branch follows; "" where it follows none, or none that is fetched."""
        ref = f"{HEADS}{branch}"
        followed = _line(git(self.top, "for-each-ref", "--format=%(upstream)", ref))
        return followed if followed.startswith(REMOTES) else ""

    def ahead(self, commit: str, of: str) -> int:
        """How many commits one has that another has not."""
        return int(git(self.top, "rev-list", "--count", commit, f"^{of}", "--"))

    def addresses(self, remote: str) -> list[str]:
        """Where a remote is pushed to: as git resolves it (url.*.insteadOf), and as configured."""
        return [_asked(self.top, "remote", "get-url", "--push", remote),
                self.config(f"remote.{remote}.url")]  # fmt: skip

    def address(self, remote: str) -> str:
        """What git takes for a remote as it is pushed to: its name, unless that reads elsewhere."""
        read = _asked(self.top, "remote", "get-url", remote)
        written = _asked(self.top, "remote", "get-url", "--push", remote)
        return remote if written == read else written

    def on_remote(self, remote: str, branches: Iterable[str]) -> dict[str, str]:
        """What branches are at on a remote, by their full names. Raises GitFailed."""
        wanted = {HEADS + branch for branch in branches}
        command = git_with_hooks("ls-remote", "--quiet", remote, *sorted(wanted))
        shown = os.fsdecode(run(command, self.top, environment())).splitlines()
        found = (line.partition("\t") for line in shown)
        return {name: commit for commit, _, name in found if name in wanted}

    def fetch(self, remote: str, refs: Iterable[str], *options: str) -> None:
        """Get the commits of refs, and move no ref of ours. Raises GitFailed."""
        calm = ("--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", "--refmap=")
        command = ("fetch", *calm, "--no-write-fetch-head", *options, remote, *refs)
        run(git_with_hooks(*command), self.top, environment())

    @property
    def shallow(self) -> bool:
        """Whether its history is cut off."""
        return _asked(self.top, "rev-parse", "--is-shallow-repository") == "true"

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
