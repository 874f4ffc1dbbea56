"""One repository in a rollout: its base, the worktree where all is planned, and its branches."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wavefix.config import NAME as CONFIGURATION
from wavefix.errors import InputError
from wavefix.report.words import count
from wavefix.rollout.branches import Facts
from wavefix.rollout.planning import COMPONENT, PLAN, Failed, Planned, Target, digest, one_line
from wavefix.rollout.repository import HEADS, MADE, PUSHED, REMOTES, Commit, Repository
from wavefix.rollout.state import Memory
from wavefix.rollout.targets import is_manifest

_MOST = 3  # files that are named one by one


@dataclass(frozen=True, slots=True)
class Checkout:
    """A repository with the commit that branches are to stand on. `label` is its name for users."""

    label: str
    repository: Repository
    base: str
    base_name: str  # "main", or what --base said
    base_branch: str  # the branch that a pull request is for; "" where the base is none
    tree: str = ""
    remote: str = ""  # that branches are pushed to
    asks: bool = False  # it, over the network, what its branches are

    @property
    def shown_base(self) -> str:
        """`main (1a2b3c4)`."""
        return f"{self.base_name} ({self.base[:7]})"


@dataclass(frozen=True, slots=True)
class Records:
    """What a repository has of branches: its refs, and what is remembered of components."""

    refs: Mapping[str, str]
    memories: Mapping[str, Memory]
    remote: str = ""

    def commits(self, branch: str) -> tuple[str, ...]:
        """What a branch is at here and on the remote, and what wavefix made of it, and pushed."""
        places = (HEADS, f"{REMOTES}{self.remote}/", MADE, f"{PUSHED}{self.remote}/")
        return tuple(self.refs.get(place + branch, "") for place in places)

    def plan(self, component: str, commit: str) -> str:
        """The digest of the plan that a commit of a component is, where a hook took it away."""
        known = self.memories.get(component, Memory())
        return known.plan if known.commit == commit else ""

    def owner(self, branch: str, commit: str) -> str:
        """The component that a commit was made for, in the same case."""
        owners = (
            name
            for name, known in self.memories.items()
            if commit and (known.branch, known.commit) == (branch, commit)
        )
        return next(owners, "")


def checkout(repository: Repository, label: str, base: str) -> Checkout:
    """A repository at a revision, or at its current branch. Raises InputError for no such."""
    name = base or repository.head.removeprefix(HEADS)
    if not name:
        raise InputError(
            "HEAD is detached", "name what branches are to stand on with --base", label
        )
    commit = repository.commit_of(base or "HEAD")
    if not commit and base:
        raise InputError(f"no such commit: {base}", "name a branch or a commit after --base", label)
    if not commit:
        raise InputError(f"the branch {name} has no commits yet", "commit first", label)
    if not base and f"{MADE}{name}" in repository.refs(f"{MADE}{name}"):
        problem = f"the current branch, {name}, is one that a rollout made"
        raise InputError(problem, "name what branches are to stand on with --base", label)
    return Checkout(label, repository, commit, name, _branch(repository, name))


def _branch(repository: Repository, name: str) -> str:
    """The branch that a base is, here or on a remote."""
    if f"{HEADS}{name}" in repository.refs(f"{HEADS}{name}"):
        return name
    remote, _, branch = name.partition("/")
    known = f"refs/remotes/{name}"
    return branch if remote and known in repository.refs(known) else ""


def remote_of(here: Checkout, asked: str) -> str:
    """The remote to push to: what is asked for, else what git-config(1) says of the base."""
    repository = here.repository
    remotes = repository.remotes()
    branch = f"branch.{here.base_branch}"
    keys = (f"{branch}.pushRemote", "remote.pushDefault", f"{branch}.remote")
    configured = (repository.config(key) for key in keys)
    chosen = asked or next((name for name in configured if name in remotes), "origin")
    if chosen in remotes:
        return chosen
    if len(remotes) == 1 and not asked:
        return remotes[0]
    raise InputError(f"there is no remote {chosen}", "name one of `git remote` with --remote")


def relative(name: str, start: str, top: str) -> str:
    """A component as the user names it, from the root. Raises InputError for one outside."""
    path = os.path.relpath(os.path.realpath(os.path.join(start, name)), top)
    if path == ".." or path.startswith("../"):
        raise InputError("outside of the repository", "name its own with --repo", name)
    parent = os.path.normpath(os.path.join(top, path))
    while parent != top:
        if os.path.lexists(os.path.join(parent, ".git")):
            inner = os.path.relpath(parent, top)
            raise InputError(f"{inner} is a repository of its own", "name it with --repo", name)
        parent = os.path.dirname(parent)
    return path.replace(os.sep, "/")


def unfinished(here: Checkout, targets: Mapping[int, tuple[Target, Planned]]) -> dict[int, Failed]:
    """Components on which the user is at work: files of theirs are not as committed."""
    wanted = {number: _files(*both) for number, both in targets.items()}
    if not wanted:
        return {}
    entries = here.repository.unfinished(sorted(set().union(*wanted.values())))
    edited = {file.path for _, planned in targets.values() for file in planned.files}
    files = [path for path in entries if is_manifest(path) or path in edited]
    out = {}
    for number, (target, planned) in targets.items():
        edits = [file.path for file in planned.files]
        own = [
            file
            for file in files
            if file in edits or (_at(file, wanted[number]) and not _at(file, target.others))
        ]
        if own:
            problem = f"uncommitted changes in {some_of(own)}"
            out[number] = Failed(problem, "commit or stash them")
    return out


def _files(target: Target, planned: Planned) -> set[str]:
    """Paths at or below which a component has its files, and what is said of it."""
    own = set(target.starts)
    if target.only:  # where all is read to find it, not all is its own
        own = {target.only[0]} | (own - {"."})
    edits = {file.path for file in planned.files}
    return own | edits | {name for path in own for name in _configurations(path)}


def _configurations(path: str) -> Iterator[str]:
    """Where the configuration of a path may stand."""
    while path not in ("", "."):
        yield f"{path}/{CONFIGURATION}"
        path = os.path.dirname(path)
    yield CONFIGURATION


def _at(file: str, paths: Iterable[str]) -> bool:
    return any(path in (".", file) or file.startswith(f"{path}/") for path in paths)


def facts(here: Checkout, branch: str, planned: Planned, component: str, records: Records) -> Facts:
    """What is known of a component's branch."""
    repository = here.repository
    local, there, recorded, pushed = records.commits(branch)
    ours = {
        commit: commit in (recorded, pushed) or intact(here, commit, component)
        for commit in {local, there} - {""}
    }
    tip = local or there
    if there and ours[tip] and not ours[there] and not any(_on_base(here, there)):
        tip = there  # somebody went on from what was pushed
    untouched = bool(tip) and tip != recorded and ours[tip]
    named = ""
    if tip and not recorded and not untouched:
        named = _named(here, tip) or (there if ours.get(there) else "")
    made_by_us = tip if untouched else recorded or named
    made = repository.commit(made_by_us) if made_by_us else None
    whose = _trailer(made, COMPONENT) if made else ""
    whose = whose or records.owner(branch, made_by_us)
    known = Facts(
        base=here.base,
        wanted=planned.digest,
        tip=tip,
        local=local,
        there=there,
        recorded=recorded,
        intact=untouched,
        named=named,
        other=whose if whose not in ("", one_line(component)) else "",
        made_on=made.parents if made else (),
        made=(_trailer(made, PLAN) or records.plan(component, made_by_us)) if made else "",
    )
    # What has been merged is looked for only where that matters.
    inside = squashed = False
    if tip and (not known.ours or known.other):
        inside, squashed = _on_base(here, tip)
    merged = made is not None and not known.wanted and known.known
    merged = merged and (squashed or _merged(here, made_by_us, made))
    return replace(known, merged=merged, tip_merged=inside or squashed)


def _named(here: Checkout, tip: str) -> str:
    """The last commit of a branch whose message names a component; "" where there is none."""
    if _trailer(here.repository.commit(tip), COMPONENT):
        return tip
    found = here.repository.named(f"{COMPONENT}: ", tip, here.base)
    return found if found and _trailer(here.repository.commit(found), COMPONENT) else ""


def _on_base(here: Checkout, tip: str) -> tuple[bool, bool]:
    """Whether the base has all of a branch: in its history, or else in its files."""
    repository = here.repository
    inside = repository.in_history(tip, here.base)
    return inside, not inside and _in_files(here, repository.fork(tip, here.base), tip)


def _merged(here: Checkout, name: str, made: Commit | None) -> bool:
    """Whether the base has a commit, as it is or squashed."""
    if here.repository.in_history(name, here.base):
        return True
    parent = made.parents[0] if made and made.parents else ""
    return _in_files(here, parent, name)


def _in_files(here: Checkout, start: str, commit: str) -> bool:
    """Whether the base has had each file since, as a commit left it that went on from `start`."""
    repository = here.repository
    if not start or not repository.commit_of(start):
        return False
    left = {change.content for change in repository.changes(start, commit)}
    return bool(left) and left <= repository.contents(start, here.base, left)


def intact(here: Checkout, tip: str, component: str) -> bool:
    """Whether a commit without a record is one that wavefix made for the component.

    Another clone, or a forge that rebased it, may have it: then its message and its contents are
    what the digest stands for, and it stands on a commit of the base's history.
    """
    repository = here.repository
    commit = repository.commit(tip)
    named = _trailer(commit, PLAN)
    if not named or len(commit.parents) != 1 or _trailer(commit, COMPONENT) != one_line(component):
        return False
    if not repository.commit_of(commit.parents[0]):
        return False  # cut off, in a shallow clone
    message = commit.message.removesuffix(f"{PLAN}: {named}\n")
    changes = repository.changes(commit.parents[0], tip)
    return (
        digest(message, [(change.path, change.blob) for change in changes]) == named
        and all(change.modes[0] == change.modes[1] for change in changes)
        and repository.in_history(commit.parents[0], here.base)
    )


def _trailer(commit: Commit, key: str) -> str:
    lines = [line for line in commit.message.split("\n") if line.startswith(f"{key}: ")]
    return lines[-1].removeprefix(f"{key}: ") if lines else ""


def who_changed(here: Checkout, made: Facts) -> str:
    """Who added to a branch, in words."""
    if made.named == made.tip and not all(map(here.repository.commit_of, made.made_on)):
        return "what it stands on is not in this shallow clone"
    named = made.named if made.named != made.tip else ""
    known = (made.recorded or named, here.base) if made.known else (here.base,)
    authors = here.repository.authors(made.tip, known)
    names = sorted(set(authors))
    shown = f"changed by {some_of(names)} ({count(len(authors), 'commit')})"
    shown += f" on {here.remote}" if made.tip != made.local else ""
    return shown if authors else "moved by somebody"


def in_the_way(branch: str, refs: Iterable[str]) -> str:
    """A branch that git cannot hold together with this one; "" where there is none."""
    for ref in refs:
        other = ref.removeprefix(HEADS) if ref.startswith(HEADS) else ""
        if other and (branch.startswith(f"{other}/") or other.startswith(f"{branch}/")):
            return other
    return ""


def some_of(names: Sequence[str]) -> str:
    """The first of several names."""
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more
