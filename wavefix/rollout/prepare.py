"""The first half of a rollout: what each component needs, and what that means for its branch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from wavefix.config import TEMPLATE_ADVICE, template_problem
from wavefix.errors import InputError
from wavefix.model.rollout import RolloutItem
from wavefix.options import ExecutorName
from wavefix.rollout.branches import Action, Facts, decide
from wavefix.rollout.build import worktree
from wavefix.rollout.checkout import (
    Checkout,
    Records,
    checkout,
    facts,
    in_the_way,
    relative,
    remote_of,
    unfinished,
    who_changed,
)
from wavefix.rollout.names import branch_name
from wavefix.rollout.planning import Failed, Options, Planned, Target, Task, placed, plan_one
from wavefix.rollout.repository import HEADS, MADE, PUSHED, REMOTES, GitFailed, repository
from wavefix.rollout.state import Memory, recall
from wavefix.rollout.targets import Refused, all_of, named, overlapping
from wavefix.rollout.workers import Workers

Tell = Callable[[str, int, int], None]
_AS_CONFIGURED, _UNKNOWN = Options(), Facts("")


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks for. `repositories` are directories; without any it is the one at hand."""

    components: tuple[str, ...]
    cwd: str
    repositories: tuple[str, ...] = ()
    base: str = ""
    options: Options = _AS_CONFIGURED
    by_risk: bool | None = None  # None: where no component is named
    jobs: int = 1
    executor: ExecutorName = ExecutorName.processes
    dry_run: bool = False
    looking: bool = False  # only how things stand: nothing is in the way of that
    push: bool = False
    remote: str = ""
    pull_requests: bool = False

    @property
    def safest_first(self) -> bool:
        """Whether risk orders the components, and not the user."""
        return not self.components if self.by_risk is None else self.by_risk


@dataclass(frozen=True, slots=True)
class Part:
    """A component on its way. What failed goes no further."""

    here: Checkout
    name: str
    target: Target | None = None
    planned: Planned | None = None
    branch: str = ""
    facts: Facts = _UNKNOWN
    action: Action = "nothing to move"
    commit: str = ""  # that the branch is at now, where it is as it should be
    failed: Failed | None = None
    note: str = ""
    pull_request: str = ""


def checkouts(request: Request) -> tuple[list[Checkout], list[RolloutItem]]:
    """The repositories, and those that cannot be worked in. Raises InputError for the only one."""
    if request.options.branch:
        wrong = template_problem(request.options.branch)
        if wrong:
            raise InputError(wrong, TEMPLATE_ADVICE)
    if not request.repositories:
        return [_checkout(request, request.cwd, "")], []
    found: list[Checkout] = []
    failed: list[RolloutItem] = []
    for label in request.repositories:
        try:
            here = _checkout(request, os.path.join(request.cwd, label), label)
            if here.repository.common in [other.repository.common for other in found]:
                raise InputError("its repository is given twice", "drop one of them")
            found.append(here)
        except InputError as error:
            failed.append(RolloutItem("", label, problem=error.problem, advice=error.advice))
    return found, failed


def _checkout(request: Request, directory: str, label: str) -> Checkout:
    here, remote = checkout(repository(directory), label, request.base), ""
    with suppress(InputError):  # where something is to be pushed, that is told then
        remote = remote_of(here, request.remote)
    asks = (request.push or request.pull_requests) and not (request.looking or request.dry_run)
    return replace(here, remote=remote, asks=bool(remote) and asks)


def prepare(
    request: Request, repositories: Iterable[Checkout], workers: Workers, tell: Tell
) -> list[Part]:
    """All components of all repositories, planned and decided upon, in their order."""
    parts: list[Part] = []
    for number, here in enumerate(repositories):
        tell(f"checking out {here.shown_base}", 0, 0)
        parts += _parts(request, here, workers.directory, number)
    parts = _planned(request, parts, workers, tell)
    parts = [part for part in parts if _shown(part)]
    if request.safest_first:
        parts.sort(key=_risk)
    if not request.looking:
        return decided(parts)
    parts = _by_repository(parts, _standing)
    return parts if request.components else _once(parts)


def decided(parts: Sequence[Part]) -> list[Part]:
    """Planned components with what a run is to do with their branches, or what is in its way."""
    return _by_repository(parts, _decided)


def _by_repository(
    parts: Sequence[Part], function: Callable[[Sequence[Part], Checkout], Iterator[Part]]
) -> list[Part]:
    out = list(parts)
    for here in {id(part.here): part.here for part in parts}.values():
        done = function([part for part in parts if part.here is here], here)
        out = [next(done) if part.here is here else part for part in out]
    return out


def _once(parts: Sequence[Part]) -> list[Part]:
    """Without components whose edits others, that hold them or lie in them, tell already.

    What has a branch is told, then what is found, then what was once rolled out by name.
    """
    told: set[tuple[str, str, str]] = set()
    left_out = set()
    for number, part in sorted(enumerate(parts), key=lambda item: _weight(item[1])):
        own = _edits(part)
        if own and own <= told and not part.facts.tip:
            left_out.add(number)
        told |= own
    return [part for number, part in enumerate(parts) if number not in left_out]


def _weight(part: Part) -> tuple[bool, bool]:
    return (not part.facts.tip, part.target is not None and part.target.asked)


def _edits(part: Part) -> set[tuple[str, str, str]]:
    files = part.planned.files if part.planned else ()
    return {(part.here.repository.top, file.path, file.blob) for file in files}


def _parts(request: Request, here: Checkout, directory: str, number: int) -> Iterator[Part]:
    """The components of one repository, with a worktree to plan them in."""
    top = here.repository.top
    try:
        tree = worktree(here.repository, here.base, directory, f"base{number}")
    except InputError as error:
        yield Part(here, "" if here.label else ".", failed=_not_seen(here, error.problem))
        return
    here = replace(here, tree=tree)
    names = _names(request.components, top if here.label else request.cwd, top)
    ways = request.options.ways
    try:
        found = named(names, tree, ways) if names else [*all_of(tree, ways)]
    except InputError as error:
        failed = Failed(placed(error, tree), error.advice)
        yield Part(here, "" if here.label else ".", failed=failed)
        return
    found = overlapping(found)
    if request.looking and not request.components:
        found += _remembered(here, [target.name for target in found])
    for target in found:
        if isinstance(target, Refused) and target.missing and _only_here(target.name, here):
            problem = f"not in {here.shown_base}"
            yield Part(here, target.name, failed=Failed(problem, "commit it first"))
        elif isinstance(target, Refused):
            yield Part(here, target.name, failed=target.why)
        else:
            yield Part(here, target.name, target)


def _not_seen(here: Checkout, why: str) -> Failed:
    """Why there is no worktree at the base, which git alone knows."""
    advice = "see why `git worktree add` fails"
    if "promisor remote" in why:
        advice = "get what the partial clone lacks: git fetch --refetch --no-filter"
    return Failed(f"{here.shown_base} cannot be checked out: {why}", advice)


def _names(components: Iterable[str], start: str, top: str) -> list[str | Refused]:
    """The components as paths from the root; those refused that are outside of it."""
    out: list[str | Refused] = []
    for name in components:
        try:
            out.append(relative(name, start, top))
        except InputError as error:
            out.append(Refused(name, Failed(error.problem, error.advice)))
    return out


def _only_here(name: str, here: Checkout) -> bool:
    """Whether the user's tree has a path that the base has not."""
    there, here_too = os.path.join(here.tree, name), os.path.join(here.repository.top, name)
    return os.path.lexists(here_too) and not os.path.lexists(there)


def _remembered(here: Checkout, known: Sequence[str]) -> Iterator[Target]:
    """Paths that were rolled out by name, and that nothing else stands for."""
    for name in recall(here.repository.common):
        if name not in known and os.path.lexists(os.path.join(here.tree, name)):
            yield Target(name, (name,))


def _planned(request: Request, parts: Sequence[Part], workers: Workers, tell: Tell) -> list[Part]:
    out = list(parts)
    todo = [(number, part.target) for number, part in enumerate(parts) if part.target]
    reviews = request.pull_requests and not request.looking and not request.dry_run
    options = _options(request, parts)
    tasks = [
        Task(target, parts[number].here.tree, replace(options[number], markdown=reviews))
        for number, target in todo
    ]
    tell("planning", 0, len(tasks))
    for done, (index, result) in enumerate(workers.each(plan_one, tasks), 1):
        number = todo[index][0]
        tell(f"planned {parts[number].name}", done, len(tasks))
        if isinstance(result, Failed):
            out[number] = replace(out[number], failed=result)
        else:
            out[number] = replace(out[number], planned=result)
    return out


def _options(request: Request, parts: Sequence[Part]) -> list[Options]:
    """What each component is planned with: where none is given, status takes those of its run."""
    if not request.looking or request.options != _AS_CONFIGURED:
        return [request.options] * len(parts)
    known = {common: recall(common) for common in {part.here.repository.common for part in parts}}
    memories = (known[part.here.repository.common].get(part.name, Memory()) for part in parts)
    found = (memory.options or _AS_CONFIGURED for memory in memories)
    # The network is for those who ask for it now.
    return [replace(options, ways=replace(options.ways, pull=False)) for options in found]


def _shown(part: Part) -> bool:
    """Whether there is something in a component, or the user asked for it."""
    empty = part.planned is not None and not part.planned.figures.resources
    return not empty or part.target is None or part.target.asked


def _risk(part: Part) -> tuple[int, int, int]:
    """Fewest and safest moves first; what is not known comes last."""
    if part.planned is None:
        return (1, 0, 0)
    risk = part.planned.figures.risk
    return (0, risk.points, risk.moves)


def _decided(parts: Sequence[Part], here: Checkout) -> Iterator[Part]:
    """The components of one repository with what is to become of their branches."""
    records, busy = _records(here, parts), here.repository.busy()
    parts = _with_shared_files(parts)
    known = {n: (p.target, p.planned) for n, p in enumerate(parts) if p.target and p.planned}
    at_work = unfinished(here, known)
    taken: dict[str, str] = {}
    for number, part in enumerate(parts):
        if part.planned is None or number in at_work:
            yield replace(part, failed=part.failed or at_work.get(number))
            continue
        decided = _read(part, lambda part, planned: _decide(part, planned, records, busy))
        if decided.branch in taken:
            problem = f"{taken[decided.branch]} has the same branch, {decided.branch}"
            decided = replace(part, failed=Failed(problem, TEMPLATE_ADVICE))
        if decided.branch:
            taken[decided.branch] = part.name
        yield decided


def _with_shared_files(parts: Sequence[Part]) -> list[Part]:
    """A note for components that edit a file that one before them edits as well."""
    first: dict[str, str] = {}
    out = []
    for part in parts:
        files = [file.path for file in part.planned.files] if part.planned else []
        shared = [file for file in files if file in first]
        note = f"edits {shared[0]}, as {first[shared[0]]} does" if shared else ""
        out.append(replace(part, note=note))
        first |= {file: part.name for file in files if file not in first}
    return out


def _standing(parts: Sequence[Part], here: Checkout) -> Iterator[Part]:
    """The components of one repository with what is known of their branches."""
    records = _records(here, parts)
    for part in parts:
        yield _read(part, lambda part, planned: _known(part, planned, records))


def _records(here: Checkout, parts: Sequence[Part]) -> Records:
    """What is known of branches; of those that are to be pushed what the remote says of them."""
    repository, tracking = here.repository, f"{REMOTES}{here.remote}/"
    refs = repository.refs(HEADS, MADE, PUSHED, tracking)
    branches = {_branch(part, part.planned) for part in parts if part.planned}
    if here.asks and branches:
        with suppress(GitFailed):  # the push will tell
            ours = {commit for ref, commit in refs.items() if ref.startswith((MADE, PUSHED))}
            asked = _asked(here, branches, ours)
            refs |= {tracking + name: asked.get(HEADS + name, "") for name in branches}
    return Records(refs, recall(repository.common), here.remote)


def _asked(here: Checkout, branches: Iterable[str], ours: Iterable[str]) -> dict[str, str]:
    """What branches are at on the remote. They come along, as far as it takes to judge them."""
    repository, base = here.repository, HEADS + here.base_branch
    address = repository.address(here.remote)
    found = repository.on_remote(address, {*branches, here.base_branch})
    new = {ref for ref, commit in found.items() if commit not in ours and ref != base}
    if new and repository.shallow:
        # What is somebody's work shows only by where it departs from the history of the base.
        repository.fetch(address, sorted(new | ({base} & set(found))), "--unshallow")
    elif missing := sorted(ref for ref in new if not repository.commit_of(found[ref])):
        repository.fetch(address, missing)
    return found


def _read(part: Part, look: Callable[[Part, Planned], Part]) -> Part:
    """A planned component as a look at its branch makes it; one that git cannot read fails."""
    try:
        return look(part, part.planned) if part.planned else part
    except InputError as error:
        problem = f"its branch cannot be read: {error.problem}"
        return replace(part, failed=Failed(problem, "`git fsck` tells what is missing"))


def _known(part: Part, planned: Planned, records: Records) -> Part:
    here, branch = part.here, _branch(part, planned)
    if not here.repository.is_branch_name(branch):
        problem = f"`{branch}` is no name for a branch"
        return replace(part, failed=Failed(problem, "choose another with --branch"))
    known = facts(here, branch, planned, part.name, records)
    if known.foreign and known.wanted:
        place = "" if known.tip == known.local else f" on {here.remote}"
        return replace(part, failed=_foreign(branch, place, known.other))
    action = decide(known)
    notes = [who_changed(here, known) if known.theirs else "", part.note]
    if action == "nothing to move" and known.ours and known.known:
        notes.append(f"{branch} is not needed any more")
    note = "; ".join(filter(None, notes))
    return replace(part, branch=branch, facts=known, action=action, note=note)


def _branch(part: Part, planned: Planned) -> str:
    return branch_name(planned.template, part.name, planned.figures.profile)


def _foreign(branch: str, place: str, other: str) -> Failed:
    """Why a branch that is there is not to be that of a component."""
    if other:
        return Failed(f"{other} has the same branch, {branch}{place}", TEMPLATE_ADVICE)
    problem = f"there is a branch {branch}{place} that wavefix did not make"
    return Failed(problem, "rename it, or choose others with --branch")


def _decide(part: Part, planned: Planned, records: Records, busy: Mapping[str, str]) -> Part:
    part = _known(part, planned, records)
    if part.failed:
        return part
    branch = part.branch
    new = part.action in ("create", "rebuild") and not part.facts.local
    if new and (other := in_the_way(branch, records.refs)):
        problem = f"git cannot hold the branch {branch} beside {other}, which is there"
        return replace(part, failed=Failed(problem, "rename it, or choose others with --branch"))
    if part.action in ("create", "rebuild") and HEADS + branch in busy:
        problem = f"{branch} is checked out in {busy[HEADS + branch]}"
        return replace(part, failed=Failed(problem, "switch to another branch there"))
    return part
