"""Waves that do not do what they promise: each finding, and beside it what is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from planning import CATALOGUE, CONFIG, needs, release, resource

from wavefix.config import ArgoCD, Config
from wavefix.model import Edge, Finding, Graph, Resource, Value
from wavefix.plan.hazards import HEALTH_KEY, Place, hazards, restores_health

ASSESSED = Config(argocd=ArgoCD(application_health=True))
RESTORED = Place("argocd-cm.yaml", 1)


def found(
    resources: list[Resource],
    edges: list[Edge] | None = None,
    config: Config = CONFIG,
    assessed: bool = False,
) -> list[Finding]:
    graph = Graph(tuple(resources), tuple(edges or ()))
    return list(hazards(graph, (), config, CATALOGUE, RESTORED if assessed else None))


def told(*args: Any, **more: Any) -> list[tuple[str, str, str]]:
    return [(one.code, one.severity, one.resource) for one in found(*args, **more)]


def child(name: str, wave: int) -> Resource:
    return resource(f"Application.argoproj.io/argocd/{name}", wave)


PARENT = "Application.argoproj.io/app"
DB, API = child("db", 0), child("api", 1)


class TestChildren:
    def test_that_need_each_other_ready_are_not_awaited(self) -> None:
        (finding,) = found([DB, API], [needs(API, DB, why="the Deployment needs the database")])
        assert (finding.code, finding.severity, finding.resource) == ("WF018", "warning", PARENT)
        assert f"{HEALTH_KEY}: |\n  hs = {{" in finding.message
        assert "needs Application.argoproj.io/argocd/db (wave 0) ready" in finding.message
        assert (finding.file, finding.line) == (API.sites[0].file, API.sites[0].line)

    def test_are_one_finding_for_each_parent(self) -> None:
        web = child("web", 2)
        edges = [needs(API, DB), needs(web, API), needs(web, DB)]
        (finding,) = found([DB, API, web], edges)
        assert ", and 2 more such, but" in finding.message

    @pytest.mark.parametrize(
        ("edge", "config", "assessed"),
        [
            (needs(API, DB), ASSESSED, False),
            (needs(API, DB), CONFIG, True),  # a source in sight restores it
        ],
    )
    def test_are_fine_where_health_is_assessed(
        self, edge: Edge, config: Config, assessed: bool
    ) -> None:
        codes = [one.code for one in found([DB, API], [edge], config, assessed)]
        assert "WF018" not in codes

    def test_that_wavefix_is_not_told_of_is_told_itself(self) -> None:
        (finding,) = found([DB, API], [needs(API, DB)], CONFIG, assessed=True)
        assert (finding.code, finding.severity) == ("WF039", "note")
        assert (finding.file, finding.line) == RESTORED
        assert "`argocd: {application_health: true}`" in finding.message
        assert found([DB, API], [needs(API, DB)], ASSESSED, assessed=True) == []
        assert found([DB, child("api", 0)], [], CONFIG, assessed=True) == []  # nobody waits

    def test_in_one_wave_are_told_as_a_broken_edge(self) -> None:
        assert found([DB, child("api", 0)], [needs(API, DB)]) == []

    def test_that_must_only_exist_are_in_order_but_nothing_waits(self) -> None:
        assert told([DB, API], [needs(API, DB, "present")]) == [("WF021", "note", PARENT)]


@pytest.mark.parametrize(
    ("item", "restores"),
    [
        (replace(resource("ConfigMap/argocd/argocd-cm"), body={"data": {HEALTH_KEY: "x"}}), True),
        (replace(resource("ConfigMap/argocd/argocd-cm"), body={"data": {
            "resource.customizations": "argoproj.io/Application:\n  health.lua: x"}}), True),
        (replace(release("argocd"), values=(Value(("configs", "cm", HEALTH_KEY), "x", "v", 1),)),
         True),
        (replace(release("argocd"), values=(Value(("server", "config", "resource.customizations"),
            "argoproj.io/Application:\n  health.lua: x", "v", 1),)), True),
        (replace(release("argocd"), values=(Value(("server", "config", "resource.customizations"),
            "networking.k8s.io/Ingress:\n  health.lua: x", "v", 1),)), False),
        (replace(resource("ArgoCD.argoproj.io/argocd/a"), body={"spec": {"resourceHealthChecks": [
            {"group": "argoproj.io", "kind": "Application", "check": "x"}]}}), True),
        (replace(resource("ArgoCD.argoproj.io/argocd/a"), body={"spec": {"extraConfig": {
            HEALTH_KEY: "x"}}}), True),
        (replace(resource("ArgoCD.argoproj.io/argocd/a"), body={"spec": {"resourceHealthChecks": [
            {"group": "batch", "kind": "Job", "check": "x"}]}}), False),
        (replace(resource("ConfigMap/argocd/argocd-cm"), body={"data": {"url": "x"}}), False),
        (replace(resource("ConfigMap/argocd/other"), body={"data": {HEALTH_KEY: "x"}}), False),
        (replace(resource("ConfigMap/argocd/argocd-cm"), body={"data": None}), False),
    ],
)  # fmt: skip
def test_what_restores_the_health_of_applications(item: Resource, restores: bool) -> None:
    assert (restores_health(Graph((item,))) is not None) is restores


OPTIONS = "argocd.argoproj.io/sync-options"


def job(annotations: Any = None, spec: Any = None, **more: Any) -> Resource:
    body = {"metadata": {"name": "m", "annotations": annotations}, "spec": spec}
    return replace(resource("Job.batch/web/m"), body=body, **more)


@pytest.mark.parametrize(
    ("item", "codes"),
    [
        (job(), ["WF019"]),
        (job({}, {"template": {}}), ["WF019"]),
        (job({OPTIONS: "Prune=false"}), ["WF019"]),
        (job({OPTIONS: "Replace=true"}), ["WF019"]),  # a PUT, which is refused too
        (job({OPTIONS: "Replace=true, Force=true"}), []),
        (job({OPTIONS: "Force=true,Replace=true"}), []),
        (job({"argocd.argoproj.io/hook": "Sync"}), []),
        (job({"helm.sh/hook": "post-install"}, phase="PostSync"), []),
        (job({}, {"ttlSecondsAfterFinished": 0}), []),
        (job(phase="Skip"), []),
        (replace(job(), body={"metadata": {"generateName": "m-"}}), []),
        (replace(job(), kind="CronJob.batch"), []),
    ],
)
def test_a_job_that_stays_is_immutable(item: Resource, codes: list[str]) -> None:
    assert [one.code for one in found([item])] == codes


def test_the_sync_options_of_its_application_do_not_help() -> None:
    body = {"spec": {"syncPolicy": {"syncOptions": ["Replace=true", "Force=true"]}}}
    parent = replace(resource("Application.argoproj.io/argocd/app", app="root"), body=body)
    assert [one.code for one in found([job(), parent])] == ["WF019"]


def test_what_a_kustomization_annotates_counts() -> None:
    annotated = replace(job(), annotations={OPTIONS: "Force=true,Replace=true"})
    assert found([annotated]) == []


WIDGET = resource("Widget.example.org/web/w", 0)
USER = resource("Deployment.apps/web/user", 1)


class TestNotAwaited:
    def test_a_custom_resource_without_a_health_check(self) -> None:
        finding, *_ = found([WIDGET, USER], [needs(USER, WIDGET)])
        assert (finding.code, finding.severity, finding.resource) == (
            "WF020", "warning", WIDGET.id,
        )  # fmt: skip
        assert "`resource.customizations.health.example.org_Widget`" in finding.message
        assert "`argocd.health_checked_kinds`" in finding.message

    def test_is_one_finding_for_each_kind(self) -> None:
        other = resource("Widget.example.org/web/v", 0)
        codes = [one for one in found([WIDGET, other, USER], [needs(USER, WIDGET),
                 needs(USER, other)]) if one.code == "WF020"]  # fmt: skip
        assert len(codes) == 1
        assert "(and 1 more of this kind)" in codes[0].message

    @pytest.mark.parametrize(
        ("dependency", "edge", "config"),
        [
            (resource("Widget.example.org/web/w", 1), ("ready", "schema"), CONFIG),  # broken
            (WIDGET, ("present", "schema"), CONFIG),
            (WIDGET, ("ready", "heuristic"), CONFIG),
            (WIDGET, ("ready", "schema"),
             Config(argocd=ArgoCD(health_checked_kinds=("Widget.example.org",)))),
            (resource("StatefulSet.apps/web/w", 0), ("ready", "schema"), CONFIG),
            (resource("Role.rbac.authorization.k8s.io/web/w", 0), ("ready", "schema"), CONFIG),
            (resource("Secret/web/w", 0), ("ready", "schema"), CONFIG),
        ],
    )  # fmt: skip
    def test_and_what_is_none(
        self, dependency: Resource, edge: tuple[Any, Any], config: Config
    ) -> None:
        made = [needs(USER, dependency, *edge)]
        assert "WF020" not in [one.code for one in found([dependency, USER], made, config)]


EARLY, LATE = resource("ConfigMap/web/a", -1), resource("ConfigMap/web/b", 0)
FIRST, SECOND = resource("Deployment.apps/web/a", -1), resource("Deployment.apps/web/b", 0)


@pytest.mark.parametrize(
    ("resources", "edges", "codes"),
    [
        ([EARLY, LATE], [], ["WF022"]),
        ([FIRST, SECOND], [], ["WF022"]),
        ([FIRST, SECOND], [needs(SECOND, FIRST)], []),
        ([FIRST, SECOND], [needs(SECOND, FIRST, "ready", "heuristic")], []),
        # One wave holds these as well:
        ([EARLY, SECOND], [needs(SECOND, EARLY, "eventually")], ["WF022"]),
        ([EARLY, SECOND], [needs(SECOND, EARLY, "present")], ["WF022"]),
        # Waves that are needed, if only for the order of applying:
        ([EARLY, LATE], [needs(LATE, EARLY, "present")], ["WF021"]),
        ([FIRST, SECOND], [needs(SECOND, FIRST, "before")], []),
        ([LATE, replace(FIRST, effective=-1)], [needs(FIRST, LATE, "eventually")], []),  # broken
        # Not all is known:
        ([EARLY, release("db", 0)], [], ["WF021"]),
        ([EARLY, resource("Unheard.of.example.org/web/x", 0)], [], ["WF021"]),
        ([FIRST, resource("Unheard.of.example.org/web/x", 0)], [], []),
        # One wave, or several phases, are no several waves:
        ([LATE, SECOND], [], []),
        ([replace(EARLY, phase="PreSync"), LATE], [], []),
        # Between Applications, waves may show what is meant:
        ([FIRST, SECOND, resource("Deployment.apps/db/c", 0, app="other")],
         [needs(SECOND, resource("Deployment.apps/db/c", 0, app="other"))], []),
    ],
)  # fmt: skip
def test_waves_that_wait_for_nothing_or_that_nothing_needs(
    resources: list[Resource], edges: list[Edge], codes: list[str]
) -> None:
    assert [one.code for one in found(resources, edges)] == codes


def test_a_file_that_cannot_be_read_may_need_the_waves() -> None:
    graph = Graph((EARLY, LATE))
    codes = [one.code for one in hazards(graph, (), CONFIG, CATALOGUE, whole=False)]
    assert codes == ["WF021"]


def test_such_a_finding_stands_at_the_first_wave_and_names_all() -> None:
    (finding,) = found([LATE, EARLY])
    assert (finding.file, finding.line) == (EARLY.sites[0].file, EARLY.sites[0].line)
    assert finding.message.startswith("app has waves -1, 0, but nothing in it needs anything else")
