"""A small portal as a Review, for the tests of all reports; and what every report tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from wavefix.model import (
    Application,
    Component,
    ComponentReview,
    Confidence,
    Edge,
    Edit,
    External,
    FilePatch,
    Finding,
    Graph,
    Needs,
    Phase,
    Placement,
    Plan,
    Resource,
    Review,
    Run,
    Seconds,
    Site,
)
from wavefix.report import duration, summary
from wavefix.report.facts import findings_by_component, moves_by_component, ordered, wave_counts
from wavefix.report.words import place, shown, visible

CWD = "/repo"


def site(file: str, line: int, before: str | None, moot: bool = False) -> Site:
    path = ("metadata", "annotations")
    return Site("manifest", f"{CWD}/{file}", 0, path, line, before, moot=moot)


def resource(
    id: str,
    declared: int | None = None,
    *,
    application: str = "portal",
    file: str = "",
    line: int = 1,
    phase: Phase = "Sync",
    sites: tuple[Site, ...] | None = None,
    fixed: str = "",
    effective: int | None = None,
    opaque: bool = False,
) -> Resource:
    kind, *namespace, name = id.split("/")
    file = file or f"portal/{name}.yaml"
    if sites is None:
        sites = (site(file, line + 4, None if declared is None else str(declared)),)
    return Resource(
        id=id,
        application=application,
        kind=kind,
        namespace="".join(namespace),
        name=name,
        body={},
        file=f"{CWD}/{file}",
        line=line,
        phase=phase,
        declared=declared,
        effective=(declared or 0) if effective is None else effective,
        sites=sites,
        fixed=fixed,
        opaque=opaque,
    )


def edge(
    dependent: Resource,
    dependency: Resource,
    needs: Needs = "ready",
    confidence: Confidence = "schema",
    path: str = "spec.ref",
    why: str = "",
) -> Edge:
    return Edge(
        dependent.key,
        dependency.key,
        needs,
        confidence,
        "core/ref",
        dependent.file,
        dependent.line + 2,
        path,
        why,
    )


def placement(resource: Resource, planned: int, reason: str = "") -> Placement:
    return Placement(resource, planned, reason, planned)


def component(
    placements: tuple[Placement, ...],
    *,
    name: str = "portal",
    edges: tuple[Edge, ...] = (),
    externals: tuple[External, ...] = (),
    findings: tuple[Finding, ...] = (),
    seconds: Seconds | None = None,
    runs: tuple[Run, Run] | None = None,
) -> ComponentReview:
    resources = tuple(placement.resource for placement in placements)
    applications = tuple(
        Application(application, "", ())
        for application in sorted({resource.application for resource in resources})
    )
    return ComponentReview(
        Component(name, f"{CWD}/{name}", applications),
        Graph(resources, edges, externals, findings),
        Plan("conservative", placements),
        seconds or Seconds(705, 465, 465),
        runs,
    )


def review(
    *components: ComponentReview,
    patches: tuple[FilePatch, ...] = (),
    findings: tuple[Finding, ...] = (),
    roots: Mapping[str, str] | None = None,
) -> Review:
    return Review("conservative", components, patches, findings, CWD, roots or {})


NAMESPACE = resource("Namespace/portal", -2)
LIMITS = resource("LimitRange/portal/limits", 1)
DATABASE = resource("StatefulSet.apps/portal/db", 1, line=10)
STORE = resource("SecretStore.external-secrets.io/portal/vault", -1)
ACCOUNT = resource("ServiceAccount/portal/eso")
API = resource("Deployment.apps/portal/api", sites=())

EDGES = (
    edge(API, DATABASE, "ready", "heuristic", "spec.template.spec.containers[0].env[1].value"),
    edge(API, LIMITS, "before", path="metadata.namespace", why="a LimitRange sets defaults"),
    edge(API, NAMESPACE, "before", path="metadata.namespace"),
    edge(STORE, ACCOUNT, "ready", path="spec.provider.vault.auth.kubernetes.serviceAccountRef"),
    edge(STORE, ACCOUNT, "present", path="spec.other"),
)
EXTERNAL = External(
    API.key, "Secret", "tls", "portal", API.file, 7, "spec.template.spec.volumes[0].secret"
)
UNREAD = Finding(
    "WF001",
    "warning",
    "a sync wave on a pod template is never read; set it in metadata.annotations",
    API.file,
    9,
    API.id,
)
NOTE = Finding("WF009", "note", "the chart cannot be rendered", f"{CWD}/portal/kustomization.yaml")
STRAY = Finding("WF100", "error", "no such file; check the path")


def portal() -> Review:
    """LimitRange, database and ServiceAccount move; the API has no place for a wave."""
    part = component(
        (
            placement(API, 0, "has no place for a wave"),
            placement(ACCOUNT, -2, f"before {STORE.id}, which needs it ready"),
            placement(STORE, -1),
            placement(NAMESPACE, -2),
            placement(LIMITS, -1, f"before {API.id}, whose pods it limits"),
            placement(DATABASE, 0, f"{API.id} needs it ready"),
        ),
        edges=EDGES,
        externals=(EXTERNAL,),
        findings=(UNREAD,),
    )
    resting = placement(resource("Job.batch/idle/x", 3), 3)
    idle = component((resting,), name="idle", seconds=Seconds(2, 2, 2))
    return review(
        part,
        idle,
        patches=(
            patch(LIMITS, 'wave: "1"\n', 'wave: "-1"\n', "-1"),
            patch(DATABASE, 'wave: "1"\n', 'wave: "0"\n', "0"),
            patch(ACCOUNT, "name: eso\n", 'name: eso\nwave: "-2"\n', "-2"),
        ),
        findings=(UNREAD, STRAY, NOTE),
    )


def patch(resource: Resource, before: str, after: str, wave: str | None) -> FilePatch:
    edits = (Edit(resource.sites[0], resource.id, wave),)
    return FilePatch(resource.file, before, after, edits)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0s"),
        (45, "45s"),
        (59.7, "1m00s"),
        (465.0, "7m45s"),
        (600, "10m00s"),
        (3599.9, "1h00m"),
        (3725, "1h02m"),
        (7199, "2h00m"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_summary_counts_waves_and_files() -> None:
    assert summary(portal()) == "3 waves change in 3 files"
    one = review(patches=(patch(LIMITS, "a\n", "b\n", "-1"),))
    assert summary(one) == "1 wave changes in 1 file"
    assert summary(review()) == "nothing to change"


def test_places_are_relative_and_harmless() -> None:
    assert shown("/repo/a/b.yaml", "/repo/c") == "../a/b.yaml"
    assert shown("", "/repo") == ""
    assert place("/repo/a.yaml", 0, "/repo") == "a.yaml"
    assert place("", 3, "/repo") == ""
    assert place("/repo/\x1b[2J\udcff.yaml", 1, "/repo") == "\\x1b[2J\ufffd.yaml:1"


def test_visible_escapes_controls_and_marks_that_reorder_text() -> None:
    assert visible("a\x1b\x9b\x7f\r\n\tb\u202e\u2028é") == (
        "a\\x1b\\x9b\\x7f\\r\\n\\tb\\u202e\\u2028é"
    )
    assert visible("a\n\tb\r", keep="\n\t") == "a\n\tb\\r"


def test_waves_count_what_argo_cd_uses_and_leave_out_what_never_runs() -> None:
    never = resource("Job.batch/p/never", 9, phase="Skip")
    moot = resource("Deployment.apps/p/moot", 5, effective=0)
    part = component((placement(never, 9), placement(moot, 5), placement(LIMITS, -1)))
    assert wave_counts(part) == (2, 2)


def test_moves_name_the_application_where_ids_repeat_and_the_line_that_is_edited() -> None:
    pod = site("values.yaml", 30, "1", moot=True)
    own = site("values.yaml", 20, None)
    twins = [
        resource("Job.batch/p/x", 1, application=name, sites=(pod, own)) for name in ("b", "a")
    ]
    part = component(tuple(placement(twin, 0, "why") for twin in twins))
    patched = FilePatch(pod.file, "", "x", tuple(Edit(s, twins[0].id, "0") for s in (pod, own)))
    (found,) = moves_by_component(review(part, patches=(patched,)))
    assert [(move.label, move.file, move.line) for move in found] == [
        ("Job.batch/p/x (a)", "/repo/values.yaml", 20),
        ("Job.batch/p/x (b)", "/repo/values.yaml", 20),
    ]
    assert moves_by_component(review(part))[0][0].file == "/repo/portal/x.yaml"


def test_findings_go_to_the_component_that_made_them_else_to_the_innermost_directory() -> None:
    outer = component((), name="k8s")
    inner = component((), name="k8s/web", findings=(STRAY,))
    lost = Finding("WF101", "error", "x", "/repo/k8sweb/a.yaml")
    deep = Finding("WF102", "error", "x", "/repo/k8s/web/a.yaml")
    flat = Finding("WF103", "error", "x", "/repo/k8s/a.yaml")
    by_component, rest = findings_by_component(
        review(inner, outer, findings=(STRAY, lost, deep, flat))
    )
    assert by_component == [[flat], [STRAY, deep]]
    assert rest == [lost]


def test_findings_are_sorted_by_place_and_told_once() -> None:
    later = replace(UNREAD, line=20)
    assert ordered([later, UNREAD, STRAY, UNREAD], CWD) == [STRAY, UNREAD, later]
