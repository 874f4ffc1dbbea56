"""A planned component -> a commit on the base, made in a worktree. Runs in a worker.

The commit is not on any branch yet. The user's hooks, identity and signing apply to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from wavefix.errors import InputError
from wavefix.patch.git import OFFLINE, environment
from wavefix.rollout import janitor
from wavefix.rollout.planning import PLAN, Failed, Options, Planned, Target, Task, placed, plan_one
from wavefix.rollout.repository import (
    LFS,
    GitFailed,
    Repository,
    git,
    git_with_hooks,
    run,
)
from wavefix.rollout.scratch import TEMPORARY, alone, guarded

_NOTHING_DONE = "the branch is as it was"
_OF_COMMITS = (
    r"^((user|author|committer)\.(name|email)|user\.(signingkey|useconfigonly)"
    r"|commit\.gpgsign|gpg\..*)$"
)


@dataclass(frozen=True, slots=True)
class Work:
    """A component to commit. `number` tells it from others of the rollout."""

    repository: Repository
    base: str
    directory: str  # of the rollout
    number: str
    target: Target
    options: Options
    planned: Planned


@dataclass(frozen=True, slots=True)
class Built:
    """A commit, and the edited files in which hooks changed more."""

    commit: str
    hooked: tuple[str, ...] = ()


# The worktree that this process has at a base of a repository: a large one takes long to write.
_trees: dict[tuple[Repository, str, str], str] = {}


def build_one(work: Work) -> Built | Failed:
    """The commit of a component, or why there is none."""
    key, tree = (work.repository, work.base, work.directory), ""
    done: Built | Failed
    try:
        # By number and process: what a worker that died had begun stays until the rollout ends.
        number = f"{work.number}.{os.getpid()}"
        tree = _trees.pop(key, "") or worktree(*key, number)
        _write(work, tree)
        _commit(work, tree)
        done = _checked(work, tree)
    except InputError as error:
        done = Failed(placed(error, tree or work.directory), error.advice)
    with suppress(InputError):
        if tree:
            _put_back(work, tree)
            _trees[key] = tree
    return done


def _put_back(work: Work, tree: str) -> None:
    """Put a worktree back to the base, whatever hooks have done in it."""
    for arguments in (("reset", "--quiet", "--hard", work.base), ("clean", "-ffdxq")):
        _without_hooks(arguments, tree, work.directory)


def worktree(repository: Repository, commit: str, directory: str, number: str) -> str:
    """A new worktree at a commit. No hook runs for it.

    git names what it keeps after the first path, and the janitor knows it by that; then it gets the
    repository's name, which components may bear. (With files in it, git would not move one that
    has submodules.)
    """
    first = os.path.join(directory, f"{os.path.basename(directory)}-{number}")
    tree = os.path.join(directory, number, repository.name)
    os.mkdir(os.path.dirname(tree))
    add = ("worktree", "add", "--quiet", "--no-checkout", "--detach", first, commit)
    with alone(directory):
        _without_hooks(add, repository.top, directory)
        _without_hooks(("worktree", "move", first, tree), repository.top, directory)
    _without_hooks(("reset", "--quiet", "--hard", "--no-recurse-submodules"), tree, directory)
    return tree


def _without_hooks(arguments: Sequence[str], where: str, directory: str) -> None:
    _run(["-c", f"core.hooksPath={os.devnull}", *arguments], where, directory, OFFLINE)


def _run(
    arguments: Sequence[str], where: str, directory: str, more: Mapping[str, str] | None = None
) -> None:
    """Run git so that the janitor can end it, hooks and all."""
    env = environment() | LFS | {"TMPDIR": os.path.join(directory, TEMPORARY)} | dict(more or {})
    command = guarded(directory, git_with_hooks(*arguments))
    try:
        run(command, where, env, hidden=[where, directory], name="git")
    finally:
        janitor.forget_ended(directory)


def _write(work: Work, tree: str) -> None:
    """Write the edits and put them, and nothing else, into the index."""
    files = work.planned.files
    for file in files:
        with open(os.path.join(tree, file.path), "r+b") as stream:
            if stream.read() != file.before.encode():
                raise InputError("is not as it was planned for", "run it again", file.path)
            stream.seek(0)
            stream.truncate()
            stream.write(file.after.encode())
    _stage([file.path for file in files], tree)


def _stage(paths: Iterable[str], tree: str) -> None:
    names = "".join(f"{path}\0" for path in paths)
    git(tree, "update-index", "-z", "--stdin", data=os.fsencode(names))


def _commit(work: Work, tree: str) -> None:
    message = os.path.join(work.directory, TEMPORARY, f"message-{work.number}")
    with open(message, "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
        stream.write(f"{work.planned.message}{PLAN}: {work.planned.digest}\n")
    own = (*_as_in_the_checkout(work.repository), *_hooks(work.repository, tree))
    commit = ("commit", "--quiet", "--no-status", "--cleanup=verbatim", f"--file={message}")
    for again in (True, False):
        try:
            _run([*own, *commit], tree, work.directory)
            break
        except GitFailed as error:
            if again and _formatted(work, tree):
                continue
            raise InputError(
                f"git refused the commit: {error.problem}", f"mend that; {_NOTHING_DONE}"
            ) from None


def _formatted(work: Work, tree: str) -> bool:
    """Stage what a hook changed in the edited files, if it changed nothing else.

    Those of the pre-commit framework fail where they format; people then add that, and try again.
    """
    changed = os.fsdecode(git(tree, "diff", "--name-only", "-z")).split("\0")[:-1]
    if not changed or not {file.path for file in work.planned.files}.issuperset(changed):
        return False
    _stage(changed, tree)
    return True


def _as_in_the_checkout(repository: Repository) -> Iterator[str]:
    """Who commits, and whether that is signed, where it depends on the branch or the directory."""
    settings = repository.settings(_OF_COMMITS)
    with_ssh = dict(settings).get("gpg.format") == "ssh"
    for key, value in settings:
        if with_ssh and key == "user.signingkey" and value:
            file = os.path.join(repository.top, value)  # where git takes it from
            value = file if os.path.isfile(file) else value
        yield from ("-c", key if value is None else f"{key}={value}")


def _hooks(repository: Repository, tree: str) -> Sequence[str]:
    """Hooks in a directory that is not part of the commit are taken from the user's tree."""
    path = repository.config("core.hooksPath", "--type=path")
    there = os.path.join(repository.top, path)
    if not path or os.path.isabs(path) or os.path.exists(os.path.join(tree, path)):
        return ()
    return ("-c", f"core.hooksPath={there}") if os.path.isdir(there) else ()


def _checked(work: Work, tree: str) -> Built | Failed:
    """The commit, if it is what was planned; hooks may have changed more in the edited files."""
    repository, planned = work.repository, work.planned
    commit = git(tree, "rev-parse", "--verify", "HEAD").decode("ascii").strip()
    if repository.commit(commit).parents != (work.base,):
        return Failed("a hook made commits of its own", _NOTHING_DONE)
    changes = repository.changes(work.base, commit)
    blobs = {file.path: file.blob for file in planned.files}
    for change in changes:
        if change.path not in blobs or change.modes[0] != change.modes[1]:
            return Failed(
                f"a hook changed {change.path}, which is none of the edits",
                f"mend the hook; {_NOTHING_DONE}",
            )
    found = {change.path: change.blob for change in changes}
    hooked = tuple(path for path, blob in blobs.items() if found.get(path) != blob)
    if hooked and not _as_planned(work, tree, commit):
        return Failed(
            f"a hook changed {hooked[0]}, and the waves are not as planned any more",
            f"mend the hook; {_NOTHING_DONE}",
        )
    return Built(commit, hooked)


def _as_planned(work: Work, tree: str, commit: str) -> bool:
    """Whether what was committed has the planned waves, and leaves nothing to do."""
    git(tree, "reset", "--quiet", "--hard", commit)
    again = plan_one(Task(work.target, tree, work.options))
    return isinstance(again, Planned) and not again.files and again.waves == work.planned.waves
