"""Branches to a remote, and pull requests for them: only where the user asks for it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from wavefix.errors import InputError
from wavefix.patch.git import environment
from wavefix.report.words import count
from wavefix.rollout import forge
from wavefix.rollout.checkout import Checkout, remote_of
from wavefix.rollout.planning import Failed, Stage
from wavefix.rollout.prepare import Part, Request, Tell
from wavefix.rollout.repository import (
    HEADS,
    PUSHED,
    REMOTES,
    GitFailed,
    git_with_hooks,
    run,
)
from wavefix.rollout.scratch import TEMPORARY

_REJECTED = re.compile(r"^!\t[^\t]*\t\[[^]]*\] \((?P<why>.*)\)$", re.MULTILINE)


def pushed(request: Request, parts: Sequence[Part], directory: str, tell: Tell) -> list[Part]:
    """The components with their branches on the remote, and their pull requests, in their order."""
    out = []
    for done, part in enumerate(parts):
        if part.commit and not part.failed:
            tell(f"pushing {part.branch}", done, len(parts))
            part = _pushed(request, part, directory)
        out.append(part)
    return out


def _pushed(request: Request, part: Part, directory: str) -> Part:
    stage: Stage = "push"
    try:
        remote = remote_of(part.here, request.remote)
        _published(part.here, remote)
        _push(part, remote)
        if not request.pull_requests:
            return part
        stage = "pull request"
        return replace(part, pull_request=_pull_request(part, remote, directory))
    except InputError as error:
        return replace(part, failed=Failed(error.problem, error.advice, stage))


def _published(here: Checkout, remote: str) -> None:
    """Raises InputError where a branch would take commits of its base along to the remote.

    The base is known there by its own name, or by the branch that it follows, which may be another
    remote's than the fork that is pushed to; a tag, a commit or a branch of its own by any branch.
    """
    repository, name, branch = here.repository, here.base_name, here.base_branch
    there = repository.refs(f"{REMOTES}{remote}/")
    upstream = repository.upstream(branch) if name == branch else f"{REMOTES}{name}"
    known = {**there, **repository.refs(upstream)} if branch and upstream else there
    named = [ref for ref in (f"{REMOTES}{remote}/{branch}", upstream) if ref in known]
    refs = named or list(there)
    if any(repository.in_history(here.base, known[ref]) for ref in refs):
        return
    if not refs:
        raise InputError(f"nothing of {remote} is known here", f"git fetch {remote}")
    if not named:
        raise InputError(f"{name} is not on {remote}", "push it, or name another with --base")
    other = named[0].removeprefix(REMOTES)
    problem = f"{name} is {count(repository.ahead(here.base, named[0]), 'commit')} ahead of {other}"
    raise InputError(problem, f"push it, or `--base {other}`")


def _push(part: Part, remote: str) -> None:
    """Push a branch, unless what is there is not what was decided upon."""
    repository, branch = part.here.repository, part.branch
    ref = HEADS + branch
    command = git_with_hooks(
        "push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no",
        f"--force-with-lease={ref}:{part.facts.there}", remote, f"{part.commit}:{ref}",
    )  # fmt: skip
    try:
        run(command, repository.top, environment())
    except GitFailed as error:
        raise _refused(error, f"{branch} on {remote}", f"git log {remote}/{branch}") from None
    record = f"{PUSHED}{remote}/{branch}"
    with suppress(GitFailed):  # what the message of the commit says as well
        move = (record, part.commit, repository.refs(record).get(record, ""))
        repository.update([move], f"wavefix rollout: {part.name}")


def _refused(error: GitFailed, what: str, look: str) -> InputError:
    found = _REJECTED.search(error.output)
    if found is None:
        return InputError(f"git push: {error.problem}", "the branch here is done; push it later")
    if found["why"] == "stale info":
        problem = f"{what} is not what wavefix pushed last: somebody has changed it"
        return InputError(problem, f"look at it: git fetch, then {look}")
    return InputError(f"{what} was refused: {found['why']}", "see the rules of the remote")


def _pull_request(part: Part, remote: str, directory: str) -> str:
    here, planned = part.here, part.planned
    if not here.base_branch:
        problem = f"{here.base_name} is no branch that a pull request could be for"
        raise InputError(problem, "name a branch with --base")
    chosen = forge.forge_of(here.repository.addresses(remote), here.repository.top)
    title, body = (planned.message.split("\n")[0], planned.markdown) if planned else ("", "")
    wanted = forge.Wanted(part.branch, here.base_branch, title, body)
    return chosen.put(wanted, os.path.join(directory, TEMPORARY, "body.md"))


def with_pull_requests(parts: Sequence[Part], asked: str) -> list[Part]:
    """The components with the pull requests that the forge knows, in words."""
    out = []
    for part in parts:
        if part.facts.known and not part.failed:
            try:
                part = _asked(part, asked)
            except InputError as error:
                failed = Failed(error.problem, error.advice, "pull request")
                part = replace(part, failed=failed)
        out.append(part)
    return out


def _asked(part: Part, asked: str) -> Part:
    repository = part.here.repository
    urls = repository.addresses(remote_of(part.here, asked))
    known = forge.forge_of(urls, repository.top).find(part.branch, "all")
    if known is None:
        return part
    note = f"pull request {known.state}"
    note += ": fetch the base" if known.state == "merged" and not part.facts.merged else ""
    return replace(part, pull_request=known.url, note=f"{part.note}; {note}" if part.note else note)
