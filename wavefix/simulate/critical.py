"""The critical path of a run: the steps without which the deploy would be over sooner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wavefix.model import Key
from wavefix.simulate.sync import Sync
from wavefix.simulate.world import World

_At = tuple[str, int]  # a step: Application, and which of its steps


def critical(
    world: World,
    syncs: Mapping[str, Sync],
    children: Mapping[Key, str],
    let: Mapping[str, Key | str],
) -> set[_At]:
    """The steps on the path that ends with the last resource, or with the last failure.

    `let` holds what let an Application of a rolling sync begin.
    """
    first: dict[Key, _At] = {}
    for name, sync in syncs.items():
        for number, step in enumerate(sync.steps):
            for key in (key for batch in step.applied for key in batch):
                first.setdefault(key, (name, number))
    brought = {name: key for key, name in children.items()}
    out: set[_At] = set()
    seen: set[Key] = set()
    todo: list[Key | _At] = list(_last(world, syncs, first))
    while todo:
        here = todo.pop()
        if isinstance(here, Key):
            if here not in seen:
                seen.add(here)
                cause, worked = world.cause.get(here, (here, False))
                todo.append(cause if worked else first[cause])
        elif here not in out:
            out.add(here)
            name, number = here
            if number:
                before = (name, number - 1)
                blocker = syncs[name].blockers[number - 1]
                todo.append(before)
                todo += [] if blocker is None else [blocker]
            elif name in brought:
                todo.append(first[brought[name]])
            elif name in let:
                why = let[name]
                todo.append(why if isinstance(why, Key) else (why, len(syncs[why].steps) - 1))
    return out


def _last(world: World, syncs: Mapping[str, Sync], first: Mapping[Key, _At]) -> Iterable[Key | _At]:
    """Where the run ends."""
    ends = [(s.steps[-1].end, name, s) for name, s in sorted(syncs.items()) if s.steps]
    troubled = [(end, name, s) for end, name, s in ends if s.outcome != "succeeded"]
    working = [(time, key) for key, time in world.working.items() if key in first]
    if not troubled and working:
        time = max(time for time, _ in working)
        yield min(key for at, key in working if at == time)
    elif ends:
        _, name, sync = max(troubled or ends, key=lambda item: item[0])
        yield name, len(sync.steps) - 1
