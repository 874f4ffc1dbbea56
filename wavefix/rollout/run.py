"""A rollout from beginning to end, and how far one has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from wavefix.model.rollout import ItemState, Rollout, RolloutItem
from wavefix.rollout import branches
from wavefix.rollout.checkout import Checkout
from wavefix.rollout.planning import Failed
from wavefix.rollout.prepare import Part, Request, Tell, checkouts, prepare
from wavefix.rollout.publish import publish
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
            _remember(parts, at_work.directory)
    items = [_item(part, _state(part, request.dry_run), request.dry_run) for part in parts]
    return Rollout((*failed, *items), _bases(found), request.dry_run)


def status(request: Request, tell: Tell) -> Rollout:
    """How far each component is: what its plan is now, and what its branch holds."""
    found, failed = checkouts(request)
    with _working(request, found) as at_work:
        parts = prepare(request, found, at_work, tell)
        if request.pull_requests:
            from wavefix.rollout.push import with_pull_requests

            parts = with_pull_requests(parts, request.remote)
    items = [_standing(part) for part in parts]
    return Rollout((*failed, *items), _bases(found))


def _standing(part: Part) -> RolloutItem:
    """What failed last, and was not mended since, has failed still."""
    known = recall(part.here.repository.common).get(part.name, Memory())
    state = branches.state(part.facts)
    if part.failed is None and known.failed and state in ("to do", "outdated"):
        part = replace(part, failed=Failed(known.failed))
    item = _item(part, "failed" if part.failed else state)
    return replace(item, pull_request=item.pull_request or known.pull_request)


def _remember(parts: Sequence[Part], directory: str) -> None:
    """Keep what failed, and where pull requests are, in each repository."""
    for git_directory in {part.here.repository.common for part in parts}:
        before = recall(git_directory)
        news = {
            part.name: _memory(part, before.get(part.name, Memory()))
            for part in parts
            if part.here.repository.common == git_directory and part.name
        }
        remember(git_directory, news, directory)


def _memory(part: Part, before: Memory) -> Memory:
    commit, plan = before.commit, before.plan
    if part.commit and part.planned:
        commit, plan = part.commit, part.planned.digest
    failed = part.failed.problem if part.failed else ""
    branch = part.branch or before.branch
    return Memory(branch, failed, part.pull_request or before.pull_request, commit, plan)


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
    return RolloutItem(
        component=part.name,
        repository=part.here.label,
        state=state,
        branch=part.branch,
        commit=part.commit,
        figures=part.planned.figures if part.planned else None,
        note=part.note,
        problem=part.failed.problem if part.failed else "",
        advice=part.failed.advice if part.failed else "",
        pull_request=part.pull_request,
        diff=part.planned.diff if part.planned and diff and not part.failed else "",
    )
