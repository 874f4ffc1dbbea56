"""Ways in which syncs get stuck: each finding fires on the smallest case, and not beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from planning import CATALOGUE, CONFIG, needs, resource

from wavefix.model import Application, Edge, Finding, Graph, Resource
from wavefix.plan.awaited import awaited, named
from wavefix.plan.hazards import Place, hazards

HOOK, HELM_HOOK = "argocd.argoproj.io/hook", "helm.sh/hook"
POLICY, HELM_POLICY = "argocd.argoproj.io/hook-delete-policy", "helm.sh/hook-delete-policy"
OPTIONS = "argocd.argoproj.io/sync-options"
# Codes of what the cases have beside the one that they are about.
BESIDE = frozenset(("WF019", "WF021", "WF022", "WF039"))
RESTORED = Place("argocd-cm.yaml", 1)


def thing(id: str, wave: int = 0, spec: Any = None, marks: Any = None, **more: Any) -> Resource:
    made = resource(id, wave, **{key: more.pop(key) for key in ("app", "phase") if key in more})
    body = {"metadata": {"name": made.name, "annotations": marks or {}}, "spec": spec}
    return replace(made, body=body, **more)


def found(
    resources: Iterable[Resource],
    edges: Iterable[Edge] = (),
    applications: Iterable[Application] = (),
    assessed: bool = False,
) -> list[Finding]:
    graph = Graph(tuple(resources), tuple(edges))
    every = hazards(graph, applications, CONFIG, CATALOGUE, RESTORED if assessed else None)
    return [one for one in every if one.code not in BESIDE]


def told(*args: Any, **more: Any) -> list[tuple[str, str, str]]:
    return [(one.code, one.severity, one.resource) for one in found(*args, **more)]


LAST = thing("ConfigMap/web/last", 5)
HOOKED = {HOOK: "PostSync"}


class TestAwaited:
    def test_is_what_comes_before_the_last_step_and_every_hook(self) -> None:
        early, hook = thing("ConfigMap/web/a", 1), thing("Job.batch/web/m", 5, marks={HOOK: "Sync"})
        waits = awaited([early, LAST, hook])
        assert {key.id: named(step) for key, step in waits.items()} == {
            early.id: "wave 1",
            hook.id: "wave 5",
            LAST.id: "wave 5",  # beside a hook of the last step, everything is waited for
        }

    def test_one_step_waits_for_its_hooks_only(self) -> None:
        hook = thing("Job.batch/web/m", 5, marks={HOOK: "Sync"})
        assert list(awaited([LAST, hook])) == [hook.key]
        assert awaited([LAST, thing("Secret/web/s", 5)]) == {}

    def test_a_later_phase_is_a_later_step(self) -> None:
        hook = thing("Job.batch/web/m", -9, marks=HOOKED, phase="PostSync")
        waits = awaited([LAST, hook])
        assert [named(step) for step in waits.values()] == ["wave 5", "wave -9 of PostSync"]

    def test_what_runs_after_a_failure_or_never_is_no_step(self) -> None:
        sorry = thing("Job.batch/web/m", 9, marks={HOOK: "SyncFail"}, phase="SyncFail")
        never = thing("Job.batch/web/n", 9, marks={HOOK: "Skip"}, phase="Skip")
        assert awaited([LAST, sorry, never]) == {}

    def test_applications_have_steps_of_their_own(self) -> None:
        assert awaited([LAST, thing("ConfigMap/db/a", 0, app="db")]) == {}


PAUSED = {"paused": True}


class TestSuspended:
    @pytest.mark.parametrize(
        ("id", "spec"),
        [
            ("Deployment.apps/web/a", PAUSED),
            ("Rollout.argoproj.io/web/a", PAUSED),
            ("Job.batch/web/a", {"suspend": True, "ttlSecondsAfterFinished": 60}),
            ("Kustomization.kustomize.toolkit.fluxcd.io/web/a", {"suspend": True}),
        ],
    )
    def test_in_a_wave_that_is_not_the_last_never_ends(self, id: str, spec: Any) -> None:
        (one,) = found([thing(id, 0, spec), LAST])
        assert (one.code, one.severity, one.resource) == ("WF030", "error", id)
        assert "the sync never leaves wave 0; give it the last wave" in one.message

    def test_a_suspended_hook_never_ends_even_in_the_last(self) -> None:
        job = thing("Job.batch/web/a", 0, {"suspend": True}, HOOKED, phase="PostSync")
        (one,) = found([job])
        assert one.code == "WF030"
        assert "never leaves wave 0 of PostSync; resume it" in one.message

    @pytest.mark.parametrize(
        "item",
        [
            thing("Deployment.apps/web/a", 5, PAUSED),  # the last wave is not waited for
            thing("Deployment.apps/web/a", 0, {"paused": False}),
            thing("Deployment.apps/web/a", 0),
            thing("CronJob.batch/web/a", 0, {"suspend": True}),  # counts as healthy since 3.2
            thing("Deployment.apps/web/a", 0, PAUSED, patched=True),  # perhaps by a patch
        ],
    )
    def test_and_what_is_none(self, item: Resource) -> None:
        assert found([item, LAST]) == []


BALANCER = {"type": "LoadBalancer"}
INGRESS = "Ingress.networking.k8s.io/web/a"


class TestAddress:
    @pytest.mark.parametrize("item", [thing(INGRESS), thing("Service/web/a", 0, BALANCER)])
    def test_is_waited_for(self, item: Resource) -> None:
        assert told([item, LAST]) == [("WF031", "note", item.id)]

    def test_is_waited_for_before_a_hook_as_well(self) -> None:
        hook = thing("Job.batch/web/m", 0, None, HOOKED, phase="PostSync")
        assert told([thing(INGRESS), hook]) == [("WF031", "note", INGRESS)]

    def test_is_one_finding_for_an_application(self) -> None:
        (one,) = found([thing(INGRESS), thing("Service/web/a", 1, BALANCER), LAST])
        assert one.message.startswith(f"{INGRESS} (and 1 more) is healthy once")

    @pytest.mark.parametrize(
        "item",
        [
            thing(INGRESS, 5),
            thing("Service/web/a", 0, {"type": "ClusterIP"}),
            thing("Service/web/a", 0),
        ],
    )
    def test_and_what_is_none(self, item: Resource) -> None:
        assert found([item, LAST]) == []

    def test_a_controller_in_sight_sees_to_it(self) -> None:
        healer = next(one for one in CATALOGUE.providers if one.heals)
        controller = thing("Deployment.apps/web/c", 0)
        edge = needs(thing(INGRESS), controller, "eventually", "derived", rule=healer.id)
        assert found([thing(INGRESS), controller, LAST], [edge]) == []


SUBSCRIPTION = thing("Subscription.operators.coreos.com/web/eck", 0)
ELASTIC = "Elasticsearch.elasticsearch.k8s.elastic.co/web/logs"
PROVIDER = next(
    one for one in CATALOGUE.providers if "elasticsearch.k8s.elastic.co" in one.groups
).id
WRITTEN = Application("app", "web", (), "apps/app.yaml", 1)


def brought(dependent: Resource, dependency: Resource) -> Edge:
    return needs(dependent, dependency, "ready", "derived", rule=PROVIDER)


class TestMissingDefinition:
    def test_of_what_a_subscription_brings(self) -> None:
        item = thing(ELASTIC, 1)
        (one,) = [
            one
            for one in found([SUBSCRIPTION, item], [brought(item, SUBSCRIPTION)], [WRITTEN])
            if one.code == "WF032"
        ]
        assert (one.severity, one.resource) == ("error", ELASTIC)
        assert f"once {SUBSCRIPTION.id} is installed" in one.message
        assert "`argocd.argoproj.io/sync-options: SkipDryRunOnMissingResource=true`" in one.message

    def test_is_a_guess_where_no_application_is_in_sight(self) -> None:
        item = thing(ELASTIC, 1)
        edges = [brought(item, SUBSCRIPTION)]
        assert ("WF032", "warning", ELASTIC) in told([SUBSCRIPTION, item], edges)

    def test_of_what_a_child_brings(self) -> None:
        item = thing(ELASTIC, 1)
        below = thing("HelmRelease/web/eck", 0, app="eck")
        crd = thing(
            "CustomResourceDefinition.apiextensions.k8s.io/e", 0,
            {"group": "elasticsearch.k8s.elastic.co", "names": {"kind": "Elasticsearch"}},
            app="eck",
        )  # fmt: skip
        child = Application("eck", "web", (), "apps/eck.yaml", 1, parent="app")
        for other in (below, crd):
            codes = told([item, other], [brought(item, other)], [WRITTEN, child])
            assert ("WF032", "error", ELASTIC) in codes

    @pytest.mark.parametrize(
        ("items", "app"),
        [
            ([thing(ELASTIC, 1, None, {OPTIONS: "SkipDryRunOnMissingResource=true"})], WRITTEN),
            ([thing(ELASTIC, 1, annotations={OPTIONS: "SkipDryRunOnMissingResource=true"})],
             WRITTEN),  # from a kustomization
            ([thing(ELASTIC, 1)], replace(WRITTEN, skip_dry_run=True)),
            ([thing(ELASTIC, 1), thing(
                "CustomResourceDefinition.apiextensions.k8s.io/e", 0,
                {"group": "elasticsearch.k8s.elastic.co", "names": {"kind": "Elasticsearch"}},
            )], WRITTEN),  # defined by the same sync
        ],
    )  # fmt: skip
    def test_and_what_is_none(self, items: list[Resource], app: Application) -> None:
        codes = told([SUBSCRIPTION, *items], [brought(items[0], SUBSCRIPTION)], [app])
        assert "WF032" not in [code for code, *_ in codes]

    def test_a_release_brings_its_definitions_with_the_same_sync(self) -> None:
        item, chart = thing(ELASTIC, 1), thing("HelmRelease/web/eck", 0)
        codes = told([chart, item], [brought(item, chart)], [WRITTEN])
        assert "WF032" not in [code for code, *_ in codes]

    def test_of_argo_cds_own_kinds_is_where_argo_cd_is(self) -> None:
        item = thing("Application.argoproj.io/argocd/c", 1)
        crd = thing(
            "CustomResourceDefinition.apiextensions.k8s.io/a", 0,
            {"group": "argoproj.io", "names": {"kind": "Application"}}, app="argocd",
        )  # fmt: skip
        below = Application("argocd", "argocd", (), "apps/argocd.yaml", 1, parent="app")
        codes = told([item, crd], [needs(item, crd, "present")], [WRITTEN, below])
        assert "WF032" not in [code for code, *_ in codes]

    def test_a_sibling_is_synced_all_the_same(self) -> None:
        item, other = thing(ELASTIC, 1), thing("HelmRelease/web/eck", 0, app="eck")
        sibling = Application("eck", "web", (), "apps/eck.yaml", 1, parent="root")
        mine = replace(WRITTEN, parent="root")
        codes = told([item, other], [brought(item, other)], [mine, sibling])
        assert "WF032" not in [code for code, *_ in codes]


def child(wave: int, policy: Any) -> Resource:
    spec = {"destination": {"namespace": "web"}, "syncPolicy": policy}
    return thing("Application.argoproj.io/argocd/c", wave, spec)


class TestNotAutomated:
    @pytest.mark.parametrize(
        "policy", [None, {"syncOptions": []}, {"automated": {"enabled": False}}]
    )
    def test_a_child_that_is_waited_for(self, policy: Any) -> None:
        item = child(0, policy)
        assert told([item, LAST], assessed=True) == [("WF033", "warning", item.id)]

    @pytest.mark.parametrize(
        ("item", "assessed"),
        [
            (child(0, {"automated": {}}), True),
            (child(0, {"automated": {"prune": True}}), True),
            (child(0, None), False),  # nobody waits for it
            (child(5, None), True),
        ],
    )
    def test_and_what_is_none(self, item: Resource, assessed: bool) -> None:
        assert found([item, LAST], assessed=assessed) == []


CLAIM = "PersistentVolumeClaim/web/data"


class TestRecreatedHook:
    @pytest.mark.parametrize(
        "marks",
        [
            {HOOK: "PreSync"},
            {HELM_HOOK: "pre-install"},
            {HELM_HOOK: "pre-install", HELM_POLICY: "before-hook-creation"},
            {HOOK: "PreSync", POLICY: "HookFailed, BeforeHookCreation"},
            {HOOK: "PreSync", POLICY: "Never"},  # no policy that Argo CD knows
        ],
    )
    @pytest.mark.parametrize(
        "id", [CLAIM, "Namespace/web", "CustomResourceDefinition.apiextensions.k8s.io/e"]
    )
    def test_goes_with_what_it_holds(self, id: str, marks: Any) -> None:
        assert told([thing(id, 0, None, marks, phase="PreSync")]) == [("WF034", "error", id)]

    @pytest.mark.parametrize(
        "item",
        [
            thing(CLAIM, 0, None, {HOOK: "PreSync", POLICY: "HookFailed"}, phase="PreSync"),
            thing(CLAIM, 0, None, {HOOK: "Skip"}, phase="Skip"),
            thing(CLAIM, 0, None, {HELM_HOOK: "crd-install"}),
            thing(CLAIM),
            thing("ConfigMap/web/a", 0, None, {HOOK: "PreSync"}, phase="PreSync"),
        ],
    )
    def test_and_what_is_none(self, item: Resource) -> None:
        assert found([item]) == []


def config(**marks: str) -> Resource:
    return thing("ConfigMap/web/env", 0, None, {HOOK: "PreSync", **marks}, phase="PreSync")


class TestDeletedHook:
    def test_is_missed_by_what_keeps_running(self) -> None:
        item, users = config(**{POLICY: "HookSucceeded"}), [
            thing("Deployment.apps/web/api"), thing("CronJob.batch/web/tidy"),
        ]  # fmt: skip
        edges = [needs(user, item, "eventually") for user in users]
        (one,) = found([item, *users], edges)
        assert (one.code, one.severity, one.resource) == ("WF035", "error", item.id)
        assert "but CronJob.batch/web/tidy (and 1 more) needs it" in one.message

    @pytest.mark.parametrize(
        ("item", "user", "confidence"),
        [
            (config(), thing("Deployment.apps/web/api"), "schema"),
            (config(**{POLICY: "HookFailed"}), thing("Deployment.apps/web/api"), "schema"),
            (config(**{POLICY: "HookSucceeded"}), thing("Deployment.apps/web/api"), "heuristic"),
            (config(**{POLICY: "HookSucceeded"}),
             thing("Job.batch/web/m", 0, None, {HOOK: "PreSync"}, phase="PreSync"), "schema"),
            (thing("ConfigMap/web/env", 0, None, {POLICY: "HookSucceeded"}),
             thing("Deployment.apps/web/api"), "schema"),  # no hook
        ],
    )  # fmt: skip
    def test_and_what_is_none(self, item: Resource, user: Resource, confidence: Any) -> None:
        assert found([item, user], [needs(user, item, "eventually", confidence)]) == []


class TestExpiringJob:
    @pytest.mark.parametrize(
        ("seconds", "wave", "marks", "told_of"),
        [
            (0, 0, None, ["warning"]),
            (0, 0, {HOOK: "Sync"}, ["note"]),  # a finalizer keeps hooks since 2.14
            (0, 5, {HELM_HOOK: "post-install"}, ["note"]),
            (0, 5, None, []),
            (300, 0, None, []),
            (None, 0, None, []),
        ],
    )
    def test_is_gone_before_anybody_looks(
        self, seconds: int | None, wave: int, marks: Any, told_of: list[str]
    ) -> None:
        spec = {} if seconds is None else {"ttlSecondsAfterFinished": seconds}
        job = thing("Job.batch/web/m", wave, spec, marks)
        assert told([job, LAST]) == [("WF036", severity, job.id) for severity in told_of]


class TestScheduledClaim:
    @pytest.mark.parametrize(
        ("kind", "wave", "codes"),
        [("CronJob.batch", 0, ["WF037"]), ("CronJob.batch", 5, []), ("Deployment.apps", 0, [])],
    )
    def test_waits_for_its_time(self, kind: str, wave: int, codes: list[str]) -> None:
        claim, user = thing(CLAIM, wave), thing(f"{kind}/web/backup", wave)
        edge = needs(claim, user, "eventually", "derived", rule="core/wait-for-first-consumer")
        assert [one.code for one in found([claim, user, LAST], [edge])] == codes


class TestAutoscaler:
    @pytest.mark.parametrize(
        ("wave", "target", "codes"),
        [(0, 0, ["WF038"]), (1, 0, []), (5, 5, [])],
    )
    def test_is_judged_before_its_target_has_metrics(
        self, wave: int, target: int, codes: list[str]
    ) -> None:
        scaler = thing("HorizontalPodAutoscaler.autoscaling/web/a", wave)
        pods = thing("Deployment.apps/web/a", target)
        made = found([scaler, pods, LAST], [needs(scaler, pods, "eventually")])
        assert [one.code for one in made] == codes
