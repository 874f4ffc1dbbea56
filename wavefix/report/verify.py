"""How to see, after the sync, that these very resources are there, in order, and work.

Pure functions from the situation of a component to commands for a shell; which one a kind takes
stands in data/kubectl.yaml.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from wavefix.model import Resource
from wavefix.plan.awaited import Step, hook
from wavefix.plan.hooks import SUCCEEDED, delete_policies
from wavefix.report.risks.renderers import OVERWRITES, WRITES
from wavefix.report.situation import Situation
from wavefix.yamlio import get, load

_ONE, _ALL = "{one}", "{all}"
_AT_ONCE = 12  # objects in one command
_LIMITS = ("LimitRange", "ResourceQuota")
_POD_LIMITS = (
    "custom-columns=POD:.metadata.name,CREATED:.metadata.creationTimestamp,"
    "LIMITS:.spec.containers[*].resources.limits"
)
_IN_ORDER = "custom-columns=CREATED:.metadata.creationTimestamp,KIND:.kind,NAME:.metadata.name"
# gitops-engine, pkg/sync/sync_context.go (GetState): in the order in which they were applied
_APPLIED = (
    "jsonpath={range .status.operationState.syncResult.resources[*]}"
    '{.syncPhase} {.kind}/{.name}: {.message}{"\\n"}{end}'
)


@dataclass(frozen=True, slots=True)
class Check:
    """Commands for one purpose."""

    purpose: str
    commands: tuple[str, ...]


def before(now: Situation) -> list[Check]:
    """What must be there before the sync, as nothing in sight brings it."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for external in now.part.graph.externals:
        if external.kind in ("Secret", "ConfigMap") and external.dependent in now.resources:
            wanted[external.namespace].add(_object(external.kind, external.name))
    commands = [
        command
        for space in sorted(wanted)
        for command in _kubectl(space, "get {all}", sorted(wanted[space]))
    ]
    return _checks([("nothing in sight makes these", commands)])


def after(now: Situation) -> list[Check]:
    """How to see that the sync did what it should, what moved and what needs that first."""
    users = {edge.dependent for edge in now.edges if edge.dependency in now.moved}
    told = sorted(
        now.resources.keys() & (now.moved.keys() | users),
        key=lambda key: (now.then.steps[key], key not in now.moved, key),
    )
    known = [now.resources[key] for key in told if _stays(now.resources[key])]
    return _checks(
        [
            ("synced and healthy, once Argo CD has seen the merge", list(_argocd(now))),
            ("limits: what they say, and what pods got", list(_limits(known))),
            ("what moved and what needs it, in the order of the waves", list(_works(now, known))),
            ("what was rendered", list(_rendered(now))),
            ("the order in which the last sync applied it", list(_applied(now))),
            ("the order in which they were created", [] if _applications(now) else _created(known)),
        ]
    )


def _checks(found: Iterable[tuple[str, Sequence[str]]]) -> list[Check]:
    return [Check(purpose, tuple(dict.fromkeys(cmds))) for purpose, cmds in found if cmds]


def _argocd(now: Situation) -> Iterator[str]:
    names = _applications(now)
    if names:
        yield f"argocd app wait {shlex.join(names)} --timeout 900"


def _applications(now: Situation) -> list[str]:
    """The Applications in which something changes, as far as their names are known."""
    touched = {key.application for key in now.moved}
    if now.part.plan.rolling is not None:
        touched |= {app.name for app in now.part.component.applications}
    return [
        app.name
        for app in now.part.component.applications
        if app.name in touched and app.file and not {"{", "@"} & set(app.name)
    ]


def _limits(known: Sequence[Resource]) -> Iterator[str]:
    found = [item for item in known if item.kind in _LIMITS]
    yield from _by_space("describe {all}", found)
    for space in sorted({item.namespace for item in found}):
        yield from _kubectl(space, f"get pods -o {shlex.quote(_POD_LIMITS)}", [""])


def _works(now: Situation, known: Sequence[Resource]) -> Iterator[str]:
    """The command that each kind has; those of one wave, kind and namespace together."""
    groups: dict[tuple[Step, str, str], list[Resource]] = defaultdict(list)
    # Where no Application tells the order, the last of all commands gets each.
    other = "get {all}" if _applications(now) else ""
    for item in known:
        run = _release(item) if item.opaque else commands().get(item.kind, other)
        if run and item.kind not in _LIMITS:
            groups[now.then.steps[item.key], run, item.namespace].append(item)
    for (_, run, _), items in groups.items():
        yield from _by_space(run, items)


def _stays(item: Resource) -> bool:
    """Whether it is there after a sync, and under a name that is known before.

    A hook may be deleted once it has succeeded; `generateName` leaves the name to the API server.
    """
    metadata = get(item.body, "metadata")
    named = get(metadata, "name") is not None or get(metadata, "generateName") is None
    return named and not (hook(item) and SUCCEEDED in delete_policies(item))


def _release(item: Resource) -> str:
    """What a release that is not rendered runs, by the labels that charts usually give it."""
    name, _, chart = item.id.rpartition("/")[2].partition(":")
    labels = [f"app.kubernetes.io/instance={name}"]
    if chart:
        labels.append(f"app.kubernetes.io/name={chart.partition('.')[0]}")
    kinds = "deployments,statefulsets,daemonsets"
    return f"get {kinds} -l {shlex.quote(','.join(labels))}"


def _rendered(now: Situation) -> Iterator[str]:
    """What Jobs wrote, with the sizes of Secrets in place of what is in them."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for edge in now.edges:
        made = ""
        if edge.rule == WRITES:
            made = edge.through
        elif edge.rule == OVERWRITES:
            made = edge.dependency.id
        if made:
            kind, namespace, name = made.split("/", 2)
            wanted[namespace].add(_object(kind, name))
    for space in sorted(wanted):
        yield from _kubectl(space, "describe {all}", sorted(wanted[space]))


def _applied(now: Situation) -> Iterator[str]:
    names, made_by = _applications(now), now.part.component.made_by
    known = made_by is not None and made_by.id.count("/") == 2
    home = made_by.id.split("/")[1] if made_by is not None and known else "argocd"
    get = f"kubectl -n {shlex.quote(home)} get application.argoproj.io"
    show = f"-o {shlex.quote(_APPLIED)}"
    if len(names) == 1:
        yield f"{get} {shlex.quote(names[0])} {show}"
    elif names:
        yield f'for app in {shlex.join(names)}; do echo "$app"; {get} "$app" {show}; done'


def _created(known: Sequence[Resource]) -> list[str]:
    run = f"get {{all}} --sort-by=.metadata.creationTimestamp -o {shlex.quote(_IN_ORDER)}"
    return list(_by_space(run, [item for item in known if not item.opaque]))


def _by_space(run: str, items: Sequence[Resource]) -> Iterator[str]:
    spaces: dict[str, list[str]] = defaultdict(list)
    for item in items:
        spaces[item.namespace].append(_object(item.kind, item.name))
    for space, names in spaces.items():
        yield from _kubectl(space, run, names)


def _object(kind: str, name: str) -> str:
    """`type.group/name`, as `kubectl get -o name` prints it."""
    return f"{kind.lower()}/{name}"


def _kubectl(space: str, run: str, names: Sequence[str]) -> Iterator[str]:
    """The commands that `run` is for some objects of a namespace."""
    start = f"kubectl -n {shlex.quote(space)} " if space else "kubectl "
    if _ONE in run:
        yield from (start + run.replace(_ONE, shlex.quote(name)) for name in names)
    elif _ALL in run:
        for first in range(0, len(names), _AT_ONCE):
            yield start + run.replace(_ALL, shlex.join(names[first : first + _AT_ONCE]))
    else:
        yield start + run


@cache
def commands() -> Mapping[str, str]:
    """What checks an object, by kind."""
    text = (files("wavefix") / "data" / "kubectl.yaml").read_text("utf-8")
    data = load(text, "kubectl.yaml")[0].data
    return {kind: str(check["run"]) for check in data["checks"] for kind in check["kinds"]}
