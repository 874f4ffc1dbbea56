"""aggressive: the fewest waves, of those the fastest, the rest as near to wave 0 as it may stand.

The waves are computed from the graph alone. In order: the longest path gives their number; the
search in `schedule` chooses which wave holds what slow thing; the first wave in which something
runs becomes wave 0; what slack remains is used by `place`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd

from wavefix.argocd import HELM_RELEASE
from wavefix.catalogue import Catalogue
from wavefix.config import Config
from wavefix.durations import APPLICATION, checked, duration
from wavefix.model import Finding
from wavefix.plan.keep import keep_places
from wavefix.plan.place import place
from wavefix.plan.problem import Node, Problem
from wavefix.plan.schedule import Schedule, schedule
from wavefix.plan.system import System, system


@dataclass(frozen=True, slots=True)
class Solution:
    """Waves of the nodes, and the earliest and latest that each could have had."""

    waves: Mapping[int, int]
    slack: Mapping[int, tuple[int, int]]


def solve(made: Problem, config: Config, catalogue: Catalogue, findings: list[Finding]) -> Solution:
    """The wave of each node, placeless releases included: they are planned as if they could move."""
    if not made.nodes:
        return Solution({}, {})
    stride = _stride(made)
    fixed = {
        node.index: node.wave for node in made.nodes if not node.movable and not node.placeless
    }
    stride = 1 if fixed else stride
    built = system(made, keep_places(made, catalogue), fixed, findings)
    seconds = [max(duration(item, config) for item in node.members) for node in made.nodes]
    runs = [node.index for node in made.nodes if _runs(node, catalogue)]
    starts = runs or [
        node.index for node in made.nodes if any(checked(item, config) for item in node.members)
    ]
    found = schedule(built, seconds, config.argocd.wave_delay)
    levels, zero = _anchored(built, found, {built.group[index] for index in starts})
    current = {
        node.index: _level(_declared(node), stride, zero) for node in made.nodes if node.movable
    }
    chosen = place(built, levels, zero, current)
    waves = {index: (level - zero) * stride for index, level in chosen.items()}
    slack = {
        index: ((levels.least[g] - zero) * stride, (levels.greatest[g] - zero) * stride)
        for index, g in built.group.items()
    }
    return Solution(waves | fixed, slack)


def _anchored(built: System, found: Schedule, starts: set[int]) -> tuple[Schedule, int]:
    """Which level is wave 0: the first in which something has to run; nothing runs before it.

    Where resources are fixed, levels are waves already.
    """
    if built.fixed:
        return found, 0
    if not starts:
        return found, max(found.least.values())
    zero = min(found.greatest[g] for g in starts)
    bounded = {
        g: [level for level in levels if level >= zero] if g in starts else levels
        for g, levels in found.allowed.items()
    }
    least = built.least(bounded)
    assert least is not None, "the greatest solution satisfies the bound"
    return Schedule(bounded, least, found.greatest), zero


def _declared(node: Node) -> int:
    declared = node.members[0].declared
    return node.wave if declared is None else declared


def _level(wave: int, stride: int, zero: int) -> int | None:
    return None if wave % stride else wave // stride + zero


def _runs(node: Node, catalogue: Catalogue) -> bool:
    return any(
        item.kind in (HELM_RELEASE, APPLICATION) or catalogue.runs(item.kind)
        for item in node.members
    )


def _stride(made: Problem) -> int:
    """The gaps that people leave between the waves of child Applications: 10, 20, 30 is 10."""
    waves = {
        item.declared
        for node in made.nodes
        for item in node.members
        if item.kind == APPLICATION and item.declared
    }
    return gcd(*waves) if len(waves) > 1 else 1
