"""The second half of a rollout: commits are made, and branches moved to them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from wavefix.errors import InputError
from wavefix.rollout.build import Built, Work, build_one
from wavefix.rollout.checkout import some_of
from wavefix.rollout.planning import Failed
from wavefix.rollout.prepare import Part, Request, Tell
from wavefix.rollout.repository import HEADS, MADE, GitFailed, Repository
from wavefix.rollout.scratch import alone
from wavefix.rollout.workers import Workers


def publish(request: Request, parts: Sequence[Part], workers: Workers, tell: Tell) -> list[Part]:
    """The components with their branches where they belong; each is moved as soon as it can be."""
    out = [_adopted(part) for part in identified(parts)]
    work = [
        (number, Work(here.repository, here.base, workers.directory, str(number), part.target,
                      request.options, part.planned))
        for number, part in enumerate(out)
        if _to_commit(part) and (here := part.here) and part.target and part.planned
    ]  # fmt: skip
    tell("committing", 0, len(work))
    results = workers.each(build_one, [task for _, task in work])
    for done, (index, result) in enumerate(results, 1):
        number = work[index][0]
        tell(f"committed {out[number].name}", done, len(work))
        out[number] = _moved(out[number], result, workers.directory)
    return out


def _to_commit(part: Part) -> bool:
    return part.failed is None and part.action in ("create", "rebuild")


def identified(parts: Sequence[Part]) -> list[Part]:
    """The components, with those failed that are to be committed and git does not know by whom."""
    repositories = {part.here.repository for part in parts if _to_commit(part)}
    unknown = {repository: repository.who() for repository in repositories}
    advice = "set user.name and user.email with `git config`"
    return [
        replace(part, failed=Failed(why, advice))
        if _to_commit(part) and (why := unknown[part.here.repository])
        else part
        for part in parts
    ]


def _adopted(part: Part) -> Part:
    """A branch that is up to date is recorded as ours, where another clone made it."""
    known = part.facts
    if part.failed or part.action != "up to date":
        return part
    if known.recorded != known.tip:
        with suppress(GitFailed):  # nothing but a note for later
            move = (MADE + part.branch, known.tip, known.recorded)
            part.here.repository.update([move], f"wavefix rollout: {part.name}")
    return replace(part, commit=known.tip)


def _moved(part: Part, result: Built | Failed, directory: str) -> Part:
    """The component with its branch at a new commit, if nobody has moved it meanwhile."""
    if isinstance(result, Failed):
        return replace(part, failed=replace(result, stage="commit"))
    repository, known = part.here.repository, part.facts
    if known.tip and repository.commit(known.tip) == repository.commit(result.commit):
        return _adopted(replace(part, action="up to date"))  # what hooks make of the same plan
    try:
        with alone(directory):
            place = repository.busy().get(HEADS + part.branch)
        if place:
            raise InputError(f"{part.branch} is checked out in {place}", "switch to another there")
        _clear_the_way(repository, part.branch)
        moves = (
            (HEADS + part.branch, result.commit, known.local),
            (MADE + part.branch, result.commit, known.recorded),
        )
        repository.update(moves, f"wavefix rollout: {part.name}")
    except InputError as error:
        problem = f"the branch could not be moved: {error.problem}"
        return replace(part, failed=Failed(problem, error.advice or "run it again", "commit"))
    hooked = f"hooks changed more in {some_of(result.hooked)}" if result.hooked else ""
    note = "; ".join(filter(None, (part.note, hooked)))
    return replace(part, commit=result.commit, note=note)


def _clear_the_way(repository: Repository, branch: str) -> None:
    """Forget records of branches that are gone, and whose names git cannot hold beside this one."""
    refs = repository.refs(HEADS, MADE)
    for ref, commit in refs.items():
        other = ref.removeprefix(MADE)
        inside = other.startswith(f"{branch}/") or branch.startswith(f"{other}/")
        if ref.startswith(MADE) and inside and HEADS + other not in refs:
            repository.forget(ref, commit)
