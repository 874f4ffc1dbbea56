"""Does anybody notice when a Job that renders configuration fails? Who waits for it, and who not.

A Job that failed is Degraded, which ends a sync of several waves (gitops-engine, pkg/health/
health_job.go and pkg/sync/sync_context.go); one that nobody waits for just failed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wavefix.model import Edge, Key, Resource
from wavefix.plan.awaited import named
from wavefix.report.risks.fact import Fact, applications, ids, items, listed
from wavefix.report.situation import Situation
from wavefix.report.words import count
from wavefix.yamlio import get

WRITES, OVERWRITES = "core/job-writes", "core/job-overwrites"

_SHELL = re.compile(r"(?:\A|/)(?:ba|da|a|k|z)?sh\Z")
_STOPS = re.compile(r"^\s*set\s+(?:-\w*e|-o\s+errexit)|\A#!.*sh\s+-\w*e", re.MULTILINE)


@dataclass(slots=True)
class Renderer:
    """What a Job writes, and who reads it."""

    read: list[Edge] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)

    @property
    def written(self) -> str:
        """The ids of what it writes."""
        return listed(sorted({*self.placeholders, *(edge.through for edge in self.read)}))


def facts(now: Situation) -> Iterator[Fact]:
    """What becomes of each Job that writes a ConfigMap or a Secret, if it fails."""
    jobs = renderers(now)
    for key in sorted(jobs):
        yield from _fails(now, key, jobs[key])
    careless = [key for key in jobs if goes_on(now.resources[key])]
    if careless:
        yield Fact(
            "open",
            "in these scripts a command can fail unnoticed, as their shell goes on after an error "
            "(no `set -e`)",
            items(careless),
        )


def renderers(now: Situation) -> dict[Key, Renderer]:
    """The Jobs that write a ConfigMap or a Secret."""
    jobs: dict[Key, Renderer] = defaultdict(Renderer)
    for edge in now.edges:
        if edge.rule == WRITES:
            jobs[edge.dependency].read.append(edge)
        elif edge.rule == OVERWRITES:
            jobs[edge.dependent].placeholders.append(edge.dependency.id)
    return dict(jobs)


def _fails(now: Situation, key: Key, job: Renderer) -> Iterator[Fact]:
    what = f"{key.id} ({named(now.then.steps[key])}) writes {job.written}"
    readers: dict[str, set[Key]] = defaultdict(set)
    for edge in job.read:
        readers[now.then.relation(edge)].add(edge.dependent)
    if key not in now.then.awaited:
        yield Fact(
            "open",
            f"{what}, and nothing waits for it: it is no hook and stands in the last wave of "
            f"{key.application}, whose health alone shows that it failed",
        )
    elif readers["first"]:
        yield Fact(
            "held",
            f"{what} before {ids(readers['first'])} comes; if it fails "
            f"({_attempts(now.resources[key])}), the sync of {key.application} fails there, and "
            f"nothing of its later waves is applied ({_behind(now, key)})",
        )
    elif not job.read:
        yield Fact("note", f"{what}, which nothing in sight reads")
    if unordered := readers["beside"] | readers["late"]:
        until = "; until then it is as the sources say" if job.placeholders else ""
        yield Fact(
            "open",
            f"{what} for {ids(unordered)}, which no wave keeps waiting until it is done{until}",
        )
    if apart := readers["apart"]:
        yield Fact(
            "open",
            f"{what} for {ids(apart)} of {applications(apart)}, and no wave of {key.application} "
            "keeps another Application waiting",
        )


def _behind(now: Situation, job: Key) -> str:
    mine = now.then.steps[job]
    later = [
        key
        for key, step in now.then.steps.items()
        if key.application == job.application and step > mine
    ]
    return count(len(later), "resource")


def _attempts(job: Resource) -> str:
    """How often its pod may fail: six times more than once by default (spec.backoffLimit)."""
    limit = get(job.body, "spec", "backoffLimit")
    known = isinstance(limit, int) and not isinstance(limit, bool)
    return f"after {count((limit if known else 6) + 1, 'attempt')}"


def goes_on(job: Resource) -> bool:
    """Whether a shell of it runs several commands, and does not stop at the first that fails."""
    spec = get(job.body, "spec", "template", "spec")
    return any(
        _careless([*_words(container, "command"), *_words(container, "args")])
        for name in ("initContainers", "containers")
        for container in _list(spec, name)
    )


def _list(data: object, name: str) -> list[object]:
    found = get(data, name)
    return found if isinstance(found, list) else []


def _words(container: object, name: str) -> list[str]:
    return [str(word) for word in _list(container, name)]


def _careless(words: Sequence[str]) -> bool:
    """Whether words are a shell with a script of several commands, and nothing makes it stop."""
    if not words or not _SHELL.search(words[0]):
        return False
    options = [word[1:] for word in words[1:] if re.match(r"-\w", word)]
    scripts = [word for word in words[1:] if not re.match(r"-\w", word)]
    if not any("c" in letters for letters in options) or not scripts:
        return False
    lines = (line.strip() for line in re.split(r"[\n;]", scripts[0]))
    commands = [line for line in lines if line and not line.startswith("#")]
    stops = any("e" in letters for letters in options) or _STOPS.search(scripts[0])
    return len(commands) > 1 and not stops
