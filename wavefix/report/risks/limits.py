"""Do limits, quotas and policies come before the pods that they are for?

Nothing fails where they come too late, so nothing tries again either: a pod that started first runs
without them until it is made anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wavefix.model import Edge, Key
from wavefix.report.risks.fact import Fact, applications, dependents, ids, items
from wavefix.report.situation import Situation

# Other things that must come first; children of an app-of-apps stand for what is in them.
_NO_LIMIT = ("Namespace/", "Application.argoproj.io/")
_TOO_LATE = "a pod that starts first runs without until it is made anew"


class _Users(NamedTuple):
    """What starts pods under a policy: in its own Application, and in others."""

    inside: frozenset[Key]
    apart: frozenset[Key]
    late: frozenset[Key]  # of all of these: before the policy today, by their waves
    still: frozenset[Key]  # likewise, with the plan


def facts(now: Situation) -> Iterator[Fact]:
    """Policies by what they are for; those that always come first are only counted."""
    alike: dict[_Users, list[Key]] = defaultdict(list)
    for policy, edges in sorted(_policies(now).items()):
        alike[_users(now, edges)].append(policy)
    fine: list[Key] = []
    for users, policies in alike.items():
        late, still = users.late & users.inside, users.still & users.inside
        if late or still:
            yield _inside(policies, users, late, still)
        elif not users.apart:
            fine += policies
        if users.apart:
            yield _apart(policies, users)
    if fine:
        yield Fact("held", "as today, before all pods that they are for", items(fine))


def _policies(now: Situation) -> dict[Key, list[Edge]]:
    """What takes effect only on what comes after it, with who comes under it."""
    found: dict[Key, list[Edge]] = defaultdict(list)
    for edge in now.edges:
        if edge.needs == "before" and not edge.dependency.id.startswith(_NO_LIMIT):
            found[edge.dependency].append(edge)
    return found


def _users(now: Situation, edges: Sequence[Edge]) -> _Users:
    apart = dependents(edge for edge in edges if now.then.relation(edge) == "apart")
    return _Users(
        frozenset(dependents(edges) - apart),
        frozenset(apart),
        frozenset(dependents(edge for edge in edges if edge in now.now.broken)),
        frozenset(dependents(edge for edge in edges if edge in now.then.broken)),
    )


def _inside(
    policies: Sequence[Key], users: _Users, late: frozenset[Key], still: frozenset[Key]
) -> Fact:
    what = f"{ids(policies)}: too late today for {_share(late, users)}"
    if not still:
        return Fact("held", f"{what}, in time for all with this change")
    then = "for as many" if late == still else f"for {_share(still, users)}"
    return Fact("open", f"{what}, {then} with this change ({_TOO_LATE})", items(still))


def _apart(policies: Sequence[Key], users: _Users) -> Fact:
    late, still = users.late & users.apart, users.still & users.apart
    waves = ""
    if late or still:
        numbers = f"too late for {len(late)} today, for {len(still) or 'none'} with this change"
        waves = f" (by the waves alone {numbers})"
    are = "is" if len(users.inside | users.apart) == 1 else "are"
    return Fact(
        "open",
        f"{ids(policies)}: {_share(users.apart, users)} {are} in other Applications "
        f"({applications(users.apart)}), which no wave of {applications(policies)} keeps waiting"
        f"{waves}; {_TOO_LATE}",
    )


def _share(some: frozenset[Key], users: _Users) -> str:
    """`3 of the 5 that start pods under it`."""
    number, of = len(some), len(users.inside | users.apart)
    which = "the one resource" if of == 1 else f"{'all' if number == of else number} of the {of}"
    return f"{which} that starts pods under it" if of == 1 else f"{which} that start pods under it"
