"""A rollout from beginning to end, and how far one has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from wavefix.model.rollout import ItemState, Rollout, RolloutItem
from wavefix.rollout import branches
from wavefix.rollout.checkout import Checkout
from wavefix.rollout.planning import Failed, Options
from wavefix.rollout.prepare import Part, Request, Tell, checkouts, decided, prepare
from wavefix.rollout.publish import identified, publish
from wavefix.rollout.repository import REMOTES
from wavefix.rollout.scratch import scratch, sweep
from wavefix.rollout.state import Memory, recall, remember
from wavefix.rollout.workers import Workers, workers

_DONE: dict[str, ItemState] = {"create": "created", "rebuild": "rebuilt"}


def rollout(request: Request, tell: Tell) -> Rollout:
    """Make or renew a branch for each component; with `dry_run`, only say what would be done.

    Raises InputError where nothing at all can be done.
    """
    found, failed = checkouts(request)
    with _working(request, found) as at_work:
        parts = prepare(request, found, at_work, tell)
        if not request.dry_run:
            parts = publish(request, parts, at_work, tell)
            if request.push or request.pull_requests:
                from wavefix.rollout.push import pushed

                parts = pushed(request, parts, at_work.directory, tell)
            _remember(request, parts, at_work.directory)
    items = [_item(part, _state(part, request.dry_run), request.dry_run) for part in parts]
    return Rollout(_in_order(request, items, failed), _bases(found), request.dry_run)


def status(request: Request, tell: Tell) -> Rollout:
    """How far each component is: what its plan is now, and what its branch holds."""
    found, failed = checkouts(request)
    with _working(request, found) as at_work:
        parts = prepare(request, found, at_work, tell)
        if request.pull_requests:
            from wavefix.rollout.push import with_pull_requests

            parts = with_pull_requests(parts, request.remote)
    parts = _with_failures(parts)
    items = [_standing(part) for part in parts]
    return Rollout(_in_order(request, items, failed), _bases(found))


def _in_order(
    request: Request, items: Sequence[RolloutItem], failed: Sequence[RolloutItem]
) -> tuple[RolloutItem, ...]:
    """Repositories that cannot be worked in among the others, as given; by risk they come last."""
    both = (*items, *failed)
    if request.safest_first:
        return both
    return tuple(sorted(both, key=lambda item: (*request.repositories, "").index(item.repository)))


def _with_failures(parts: Sequence[Part]) -> list[Part]:
    """The components with what failed when they were rolled out last, and was not mended since."""
    memories = [_recalled(part) for part in parts]
    again = any(known.failed and not known.stage for known in memories)
    now = identified(decided(parts)) if again else parts
    return [
        replace(part, failed=part.failed or (_failure(part, known) if known.stage else late.failed))
        if known.failed
        else part
        for part, late, known in zip(parts, now, memories, strict=True)
    ]


def _recalled(part: Part) -> Memory:
    return recall(part.here.repository.common).get(part.name, Memory())


def _failure(part: Part, known: Memory) -> Failed | None:
    """What is remembered of a commit or of what came after it, unless that is over."""
    standing, problem = branches.state(part.facts), known.failed
    if known.stage == "commit":
        over = standing not in ("to do", "outdated")
    elif known.stage == "push":
        refs = part.here.repository.refs(REMOTES).items()
        there = [tip for ref, tip in refs if ref.endswith(f"/{part.branch}")]
        over = standing not in ("open", "outdated") or part.facts.tip in there
    else:
        over = standing not in ("open", "outdated") or bool(part.pull_request)
    if known.stage != "commit":
        problem = f"the last {known.stage} failed: {problem}"
    return None if over else Failed(problem, known.advice, known.stage)


def _standing(part: Part) -> RolloutItem:
    """How far a component is. What failed after its commit did not take that away."""
    done = part.failed is None or part.failed.stage in ("push", "pull request")
    item = _item(part, branches.state(part.facts) if done else "failed")
    return replace(item, pull_request=item.pull_request or _recalled(part).pull_request)


def _remember(request: Request, parts: Sequence[Part], directory: str) -> None:
    """Keep what failed, and where pull requests are, in each repository."""
    for git_directory in {part.here.repository.common for part in parts}:
        before = recall(git_directory)
        news = {
            part.name: _memory(part, before.get(part.name, Memory()), request.options)
            for part in parts
            if part.here.repository.common == git_directory and part.target
        }
        remember(git_directory, news, directory)


def _memory(part: Part, before: Memory, options: Options) -> Memory:
    commit, plan = before.commit, before.plan
    if part.commit and part.planned:
        commit, plan = part.commit, part.planned.digest
    branch, failed = part.branch or before.branch, part.failed or Failed("")
    pull_request = part.pull_request or before.pull_request
    return Memory(
        branch, failed.problem, pull_request, commit, plan, failed.advice, failed.stage, options
    )


@contextmanager
def _working(request: Request, found: Sequence[Checkout]) -> Iterator[Workers]:
    git_directories = sorted({here.repository.common for here in found})
    sweep(git_directories)
    tops = [here.repository.top for here in found]
    with (
        scratch(git_directories, tops) as directory,
        workers(directory, request.jobs, request.executor) as made,
    ):
        yield made


def _bases(found: Sequence[Checkout]) -> tuple[tuple[str, str], ...]:
    return tuple((here.label, here.shown_base) for here in found)


def _state(part: Part, dry_run: bool) -> ItemState:
    if part.failed and not part.commit:
        return "failed"
    return part.action if dry_run else _DONE.get(part.action, part.action)


def _item(part: Part, state: ItemState, diff: bool = False) -> RolloutItem:
    empty = part.planned is not None and not part.planned.figures.resources
    return RolloutItem(
        component=part.name,
        repository=part.here.label,
        state=state,
        branch=part.branch,
        commit=part.commit,
        figures=part.planned.figures if part.planned else None,
        note="; ".join(filter(None, ("no manifest in it" if empty else "", part.note))),
        problem=part.failed.problem if part.failed else "",
        advice=part.failed.advice if part.failed else "",
        pull_request=part.pull_request,
        diff=part.planned.diff if part.planned and diff and not part.failed else "",
    )
