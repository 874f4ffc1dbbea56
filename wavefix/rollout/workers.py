"""Many tasks, one function: through one executor, whatever its kind; results do not depend on it.

A worker that dies takes nothing along: what it and its like had not finished is done again, each
task in a worker of its own, so that the one that ends its worker is known.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from wavefix.errors import InputError
from wavefix.options import ExecutorName
from wavefix.rollout import janitor
from wavefix.rollout.planning import Failed
from wavefix.rollout.scratch import use

T = TypeVar("T")
R = TypeVar("R")

_DIED = Failed(
    "its worker process ended unexpectedly", "run it again alone; was there not enough memory?"
)


class Workers:
    """At most `jobs` workers, whose own `directory` is; they stay until all is done."""

    def __init__(self, directory: str, jobs: int, kind: ExecutorName) -> None:
        self.directory = directory
        self._jobs = jobs
        self._kind = kind
        self._pools: list[ProcessPoolExecutor] = []

    def each(
        self, function: Callable[[T], R | Failed], tasks: Sequence[T]
    ) -> Iterator[tuple[int, R | Failed]]:
        """The number and the result of each task, as they come."""
        left = dict(enumerate(tasks))
        for number, result in _run(self._executor(len(left)), function, dict(left)):
            del left[number]
            yield number, result
        for number, task in left.items():
            alone = dict(_run(self._pool(1), function, {number: task}))
            yield number, alone.get(number, _DIED)

    def _executor(self, tasks: int) -> Executor:
        """What the tasks run in: this process, where one task would be waited for anyway."""
        jobs = min(self._jobs, tasks)
        if self._kind is ExecutorName.serial or jobs < 2:
            return _Here()
        return self._pools[0] if self._pools else self._pool(jobs)

    def _pool(self, jobs: int) -> ProcessPoolExecutor:
        context = get_context("spawn")  # a process with threads must not be forked
        with _unseen():
            pool = ProcessPoolExecutor(jobs, context, _start, (self.directory,))
        self._pools.append(pool)
        return pool

    def close(self) -> None:
        """End all workers; they have nothing to do any more."""
        for pool in self._pools:
            pool.shutdown()
        janitor.forget_ended(self.directory)

    def drop(self) -> None:
        """End all workers in the midst of what they do."""
        janitor.end(self.directory)
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def workers(directory: str, jobs: int, kind: ExecutorName) -> Iterator[Workers]:
    """Workers until all is done, or something goes wrong."""
    made = Workers(directory, jobs, kind)
    try:
        yield made
    except BaseException:
        made.drop()
        raise
    made.close()


def _run(
    pool: Executor, function: Callable[[T], R | Failed], tasks: dict[int, T]
) -> Iterator[tuple[int, R | Failed]]:
    """The results of tasks, without those whose worker died."""
    futures: dict[Future[R | Failed], int] = {}
    with nullcontext() if isinstance(pool, _Here) else _unseen():  # where processes start
        for number, task in tasks.items():
            try:
                futures[pool.submit(_safely, function, task)] = number
            except BrokenProcessPool:
                break
    for future in as_completed(futures):
        try:
            result = future.result()
        except BrokenProcessPool:
            continue
        yield futures[future], result


@contextmanager
def _unseen() -> Iterator[None]:
    """Processes that start here do not get Ctrl-C, on which this one acts, and print nothing.

    What they find comes as results. They, and what tracks their resources, would print tracebacks
    where a signal ends all while they start.
    """
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    null, stderr = os.open(os.devnull, os.O_WRONLY), os.dup(2)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(null)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


class _Here(Executor):
    """This process, one task after the other."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Do it now."""
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def _start(directory: str) -> None:
    """In a new worker: known to the janitor, and gone when the process that wanted it is."""
    try:
        janitor.register(directory)
    except OSError:  # all is over, or the disk is full: its tasks are done by others
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    use(directory)
    parent = parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _safely(function: Callable[[T], R | Failed], task: T) -> R | Failed:
    """A result, or why there is none: nothing that goes wrong with one component ends others."""
    try:
        return function(task)
    except InputError as error:
        return Failed(error.problem, error.advice)
    except Exception as error:
        return Failed(
            f"{type(error).__name__}: {error}", "that is a fault of wavefix: please report it"
        )
