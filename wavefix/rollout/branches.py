"""What is to become of a branch: decided from facts, without asking git anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["nothing to move", "create", "rebuild", "up to date", "changed", "merged"]
State = Literal["up to date", "to do", "open", "outdated", "merged"]


@dataclass(frozen=True, slots=True)
class Facts:
    """A component's plan and its branch. Commits are ids, "" where there is none.

    What wavefix made is the recorded commit, or the tip where that is `intact`: to the byte what
    the digest in its message stands for, on a commit of the base's history. Where neither is, the
    message of a commit on the branch may name the component: somebody went on from that.

    The branch is what it is here, `local`, or on the remote, `there`: where it is not here, or
    somebody went on there. `tip` is the one that counts.
    """

    base: str
    wanted: str = ""  # the digest of the plan; "" where nothing is to move
    tip: str = ""
    local: str = ""
    there: str = ""
    recorded: str = ""
    intact: bool = False
    named: str = ""  # the commit whose message names the component
    other: str = ""  # another component that wavefix made the branch for
    made_on: tuple[str, ...] = ()  # the parents of what wavefix made
    made: str = ""  # the digest that its message names
    merged: bool = False  # the base has what wavefix made, in its history or in its files
    tip_merged: bool = False  # and all that is on the branch

    @property
    def ours(self) -> bool:
        """Whether nothing but wavefix has been at the branch."""
        return bool(self.tip) and (self.tip == self.recorded or self.intact)

    @property
    def theirs(self) -> bool:
        """Whether the branch has something that would be lost with it."""
        return bool(self.tip) and not self.ours and not self.tip_merged

    @property
    def known(self) -> bool:
        """Whether wavefix has made a branch for the component, there or not any more."""
        return not self.other and (self.intact or bool(self.recorded or self.named))

    @property
    def foreign(self) -> bool:
        """Whether the branch is not the component's: another's, or wavefix did not make it."""
        return bool(self.tip) and not self.known and not (self.other and self.tip_merged)

    @property
    def current(self) -> bool:
        """Whether what wavefix made is what it would make now."""
        return self.made_on == (self.base,) and self.made == self.wanted


def decide(facts: Facts) -> Action:
    """What a run does with the branch of a component."""
    if not facts.wanted:
        if facts.theirs and facts.known:
            return "changed"
        return "merged" if facts.merged else "nothing to move"
    if not facts.tip:
        return "create"
    if facts.foreign:
        return "changed"
    if facts.ours and facts.current:
        return "up to date"
    # A branch that the base has all of holds nothing to lose.
    return "rebuild" if facts.ours or facts.tip_merged else "changed"


def state(facts: Facts) -> State:
    """Where a component stands between the first plan and the merge."""
    if not facts.wanted:
        return "merged" if facts.merged else "up to date"
    if not facts.tip or facts.foreign:
        return "to do"
    return "open" if facts.current and (facts.ours or facts.theirs) else "outdated"
