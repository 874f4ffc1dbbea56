"""The design's sentences on waves, one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planning import aggressive, conservative, needs, planned, release, resource, today

from wavefix.argocd import applies_first
from wavefix.config import Config
from wavefix.model import Needs, Profile
from wavefix.plan.order import broken, distance

API = resource("Deployment.apps/web/api")
NAMESPACE = resource("Namespace/web", -2)


@pytest.mark.parametrize(
    ("what", "profile", "first", "waves"),
    [
        ("ready", "conservative", True, 1),
        ("ready", "aggressive", True, 1),
        ("before", "conservative", True, 1),
        ("before", "aggressive", True, 1),
        ("present", "conservative", True, 1),
        ("present", "aggressive", True, 0),
        ("present", "aggressive", False, 1),
        ("eventually", "conservative", True, 1),
        ("eventually", "aggressive", False, 0),
    ],
)
def test_distances(what: Needs, profile: Profile, first: bool, waves: int) -> None:
    assert distance(profile, what, first) == waves


@pytest.mark.parametrize(
    ("what", "dependency", "waves", "is_broken"),
    [
        # in a later wave: always
        ("ready", "ConfigMap/web/x", (0, 1), True),
        ("present", "ConfigMap/web/x", (0, 1), True),
        ("eventually", "ConfigMap/web/x", (0, 1), True),
        # in the same one: by what is needed, and by the order of kinds
        ("ready", "ConfigMap/web/x", (0, 0), True),
        ("before", "LimitRange/web/x", (0, 0), False),
        ("before", "Widget.example.org/web/x", (0, 0), True),
        ("present", "ConfigMap/web/x", (0, 0), False),
        ("present", "Job.batch/web/x", (0, 0), True),
        ("eventually", "Job.batch/web/x", (0, 0), False),
        # in an earlier one: never
        ("ready", "Job.batch/web/x", (0, -1), False),
    ],
)
def test_broken(what: Needs, dependency: str, waves: tuple[int, int], is_broken: bool) -> None:
    other = resource(dependency)
    assert broken(needs(API, other, what), API, other, waves) is is_broken


def test_argo_cd_moves_namespaces_and_definitions_itself() -> None:
    inside, outside = resource("Namespace/web", 1), resource("Namespace/web", 1, app="other")
    assert not broken(needs(API, inside, "before"), API, inside, (0, 1))
    assert broken(needs(API, outside, "before"), API, outside, (0, 1))


def test_an_edge_across_phases_is_held_or_broken_by_the_phase() -> None:
    hook = resource("Job.batch/web/pre", phase="PreSync")
    assert not broken(needs(API, hook), API, hook, (0, 9))
    assert broken(needs(hook, API), hook, API, (9, 0))


def test_kinds_of_one_rank_are_applied_side_by_side() -> None:
    limit, other = resource("LimitRange/web/a"), resource("LimitRange/web/b")
    assert not applies_first(limit, other)
    assert applies_first(limit, API)
    assert not applies_first(API, limit)


class TestConservative:
    def test_moves_the_dependency_of_a_broken_edge_to_an_earlier_wave_that_exists(self) -> None:
        limit = resource("LimitRange/web/x", 1)
        first = resource("ConfigMap/web/first", -1)
        made = conservative([API, limit, first], [needs(API, limit, "before")])
        assert made.moves == {"LimitRange/web/x": -1}
        assert made.codes == []
        assert "Deployment.apps/web/api" in made.reasons["LimitRange/web/x"]

    def test_touches_nothing_that_is_not_broken(self) -> None:
        late = resource("ConfigMap/web/late", 5)
        assert conservative([API, late], []).moves == {}

    def test_never_moves_a_dependent(self) -> None:
        api, database = (
            resource("Deployment.apps/web/api", 3),
            resource("StatefulSet.apps/web/db", 3),
        )
        made = conservative([api, database], [needs(api, database)])
        assert made.moves == {}
        assert made.codes == ["WF002"]

    def test_stays_behind_its_own_dependencies_and_says_what_is_left(self) -> None:
        store = resource("SecretStore.external-secrets.io/web/s", -1)
        database = resource("StatefulSet.apps/web/db", 1)
        edges = [needs(API, database), needs(database, store, "eventually")]
        made = conservative([API, store, database], edges)
        assert made.moves == {"StatefulSet.apps/web/db": 0}
        assert made.codes == ["WF002"]

    def test_trusts_no_guess(self) -> None:
        database = resource("StatefulSet.apps/web/db", 1)
        first = resource("ConfigMap/web/first", -1)
        edges = [needs(API, database, confidence="heuristic")]
        made = conservative([API, database, first], edges)
        assert made.moves == {}
        assert [finding.severity for finding in made.findings] == ["warning"]

    def test_a_chain_is_repaired_from_its_end(self) -> None:
        b, c = resource("Job.batch/web/b", 1), resource("Job.batch/web/c", 2)
        early = [resource(f"ConfigMap/web/{wave}", wave) for wave in (-2, -1)]
        made = conservative([API, b, c, *early], [needs(API, b), needs(b, c)])
        assert made.moves == {"Job.batch/web/b": -1, "Job.batch/web/c": -2}

    def test_a_whole_wave_of_one_application_may_take_a_free_number(self) -> None:
        """No sync gets a wave more by it: the limits of the example come right so."""
        namespace = resource("Namespace/web", -2, app="limits")
        limit = resource("LimitRange/web/x", 1, app="limits")
        edges = [needs(API, limit, "before"), needs(limit, namespace, "before")]
        assert conservative([namespace, limit, API], edges).moves == {"LimitRange/web/x": -1}

    def test_but_not_where_the_application_would_get_another_wave(self) -> None:
        namespace = resource("Namespace/web", -2, app="limits")
        limit = resource("LimitRange/web/x", 1, app="limits")
        beside = resource("ConfigMap/web/beside", 1, app="limits")
        edges = [needs(API, limit, "before"), needs(limit, namespace, "before")]
        made = conservative([namespace, limit, beside, API], edges)
        assert made.waves["LimitRange/web/x"] in (0, 1)

    def test_what_is_fixed_stays_and_is_told(self) -> None:
        limit = resource("LimitRange/web/x", 1, fixed="pinned in .wavefix.yaml")
        first = resource("ConfigMap/web/first", -1)
        made = conservative([API, limit, first], [needs(API, limit, "before")])
        assert made.moves == {}
        assert made.codes == ["WF003"]

    def test_lint_says_what_mends_it(self) -> None:
        limit = resource("LimitRange/web/x", 1)
        first = resource("ConfigMap/web/first", -1)
        (finding,) = today(conservative([API, limit, first], [needs(API, limit, "before")]))
        assert (finding.code, finding.severity) == ("WF003", "error")
        assert "-1" in finding.message


class TestAcrossApplications:
    """Waves tell what is meant between them, and hold nothing."""

    LIMIT = resource("LimitRange/web/x", 1, app="limits")
    QUOTA = resource("ResourceQuota/web/x", 1, app="limits")
    SPACE = resource("Namespace/web", -2, app="limits")
    ALL = (API, LIMIT, QUOTA, SPACE)

    def test_a_reason_says_so(self) -> None:
        made = conservative(self.ALL, [needs(API, self.LIMIT, "before")])
        assert made.reasons["LimitRange/web/x"] == (
            "before Deployment.apps/web/api (of another Application), which must come after it"
        )
        made = aggressive(self.ALL, [needs(API, self.LIMIT, "before")])
        other = "LimitRange/web/x (of another Application)"
        assert made.reasons["Deployment.apps/web/api"] == f"after {other}, which must come first"

    def test_a_finding_says_so(self) -> None:
        """Whether wavefix sets the waves right or leaves them."""
        edges = [needs(API, self.LIMIT, "before")]
        meant = "; between two Applications a wave tells what is meant, and makes neither wait"
        (finding,) = today(conservative(self.ALL, edges))
        assert finding.message == (
            "LimitRange/web/x comes in wave 1, after Deployment.apps/web/api (wave 0), for which "
            f"it is too late; `wavefix` mends the waves: LimitRange/web/x moves to wave -2{meant}"
        )
        pinned = replace(self.LIMIT, fixed="pinned")
        finding = conservative([API, pinned], edges).finding("WF003")
        assert finding.message.endswith(
            f"; it stays (pinned): move the latter to a later wave{meant}"
        )

    def test_no_retry_sees_a_policy_that_comes_too_late(self) -> None:
        edges = [needs(API, item, "before") for item in (self.LIMIT, self.QUOTA, self.SPACE)]
        finding = conservative(self.ALL, edges).finding("WF007")
        assert finding.message == (
            "app needs limits (Deployment.apps/web/api needs Namespace/web before), but waves "
            "order one Application only: retries or a rolling sync must hold that; nothing fails "
            "where LimitRange/web/x (and 1 more) comes too late, so no retry sees to that"
        )

    def test_where_nothing_fails_no_retry_is_spoken_of_as_a_way(self) -> None:
        finding = conservative(self.ALL, [needs(API, self.LIMIT, "before")]).finding("WF007")
        assert finding.message == (
            "app needs limits (Deployment.apps/web/api needs LimitRange/web/x before), but waves "
            "order one Application only: a rolling sync must hold that: nothing fails where it "
            "comes too late, so no retry sees to it"
        )


class TestAggressive:
    def test_work_starts_at_0_prerequisites_are_negative_the_rest_follows(self) -> None:
        limit, app = resource("LimitRange/web/x", 7), resource("Deployment.apps/web/app", -3)
        edges = [
            needs(limit, NAMESPACE, "before"),
            needs(API, limit, "before"),
            needs(app, API),
        ]
        made = aggressive([NAMESPACE, limit, API, app], edges)
        assert made.waves == {
            "Namespace/web": -2,
            "LimitRange/web/x": -1,
            "Deployment.apps/web/api": 0,
            "Deployment.apps/web/app": 1,
        }

    def test_slack_goes_to_wave_0(self) -> None:
        spread = [resource(f"ConfigMap/web/{wave}", wave) for wave in (-3, 2, 5)]
        assert set(aggressive([API, *spread]).waves.values()) == {0}

    def test_where_nothing_runs_the_first_with_a_health_check_is_wave_0(self) -> None:
        store = resource("SecretStore.external-secrets.io/web/s", 3)
        secret = resource("ExternalSecret.external-secrets.io/web/e", 3)
        edges = [needs(secret, store), needs(store, NAMESPACE, "before")]
        made = aggressive([NAMESPACE, store, secret], edges)
        assert [made.waves[item.id] for item in (NAMESPACE, store, secret)] == [-1, 0, 1]

    def test_slow_things_stand_side_by_side(self) -> None:
        """`slow` may stand beside `second` or before it; beside it costs nothing more."""
        first, second = resource("Job.batch/web/first"), resource("Job.batch/web/second")
        slow = resource("Job.batch/web/slow")
        edges = [needs(second, first)]
        durations = {first.id: 5.0, second.id: 100.0, slow.id: 100.0}
        made = aggressive([first, second, slow], edges, Config(durations=durations))
        assert made.waves == {first.id: 0, second.id: 1, slow.id: 1}

    def test_child_applications_keep_their_stride(self) -> None:
        ids = [f"Application.argoproj.io/argocd/{name}" for name in "abc"]
        a, b, c = (resource(id, wave) for id, wave in zip(ids, (10, 20, 40), strict=True))
        made = aggressive([a, b, c], [needs(b, a), needs(c, b)])
        assert list(made.waves.values()) == [0, 10, 20]

    @pytest.mark.parametrize(("stride", "waves"), [(1, [0, 1, 2]), (5, [0, 5, 10])])
    def test_a_stride_that_is_set_counts_instead(self, stride: int, waves: list[int]) -> None:
        ids = [f"Application.argoproj.io/argocd/{name}" for name in "abc"]
        a, b, c = (resource(id, wave) for id, wave in zip(ids, (10, 20, 40), strict=True))
        edges, config = [needs(b, a), needs(c, b)], Config(stride=stride)
        assert list(aggressive([a, b, c], edges, config).waves.values()) == waves

    def test_a_stride_is_for_child_applications(self) -> None:
        first, second = resource("Job.batch/web/first"), resource("Job.batch/web/second")
        made = aggressive([first, second], [needs(second, first)], Config(stride=10))
        assert list(made.waves.values()) == [0, 1]

    def test_a_pinned_application_between_the_steps_leaves_no_stride(self) -> None:
        pinned = resource("Application.argoproj.io/argocd/a", 3, fixed="pinned")
        b = resource("Application.argoproj.io/argocd/b", 20)
        made = aggressive([pinned, b], [needs(b, pinned)], Config(stride=10))
        assert list(made.waves.values()) == [3, 4]

    def test_what_is_fixed_is_a_constant(self) -> None:
        pinned = resource("Job.batch/web/pinned", 4, fixed="pinned")
        made = aggressive([pinned, API], [needs(API, pinned)])
        assert made.waves == {pinned.id: 4, API.id: 5}

    def test_an_order_that_constants_make_impossible_is_a_finding(self) -> None:
        first, second = (resource(f"Job.batch/web/{n}", n, fixed="pinned") for n in (1, 2))
        made = aggressive([first, second], [needs(first, second)])
        assert made.moves == {}
        assert "WF009" in made.codes

    def test_what_nothing_is_known_about_keeps_its_place(self) -> None:
        strange = resource("Widget.example.org/web/w", 5)
        before, after = resource("ConfigMap/web/b", 3), resource("ConfigMap/web/a", 8)
        made = aggressive([before, strange, after], [])
        assert made.waves[before.id] < made.waves[strange.id] < made.waves[after.id]

    def test_what_a_chart_brings_tells_nothing_of_what_it_needs(self) -> None:
        before, chart = resource("ConfigMap/web/b", 3), release("pyrra", 5)
        user = resource("Issuer.cert-manager.io/web/i", 8)
        made = aggressive([before, chart, user], [needs(user, chart, rule="provides/pyrra")])
        assert made.waves[before.id] < made.waves[chart.id] < made.waves[user.id]

    def test_the_project_of_an_application_tells_nothing_of_what_it_holds(self) -> None:
        child = "Application.argoproj.io/argocd"
        project = resource("AppProject.argoproj.io/argocd/p", 0)
        one, two = resource(f"{child}/one", 10), resource(f"{child}/two", 20)
        edges = [needs(item, project, "eventually", rule="argo-cd/project") for item in (one, two)]
        made = aggressive([project, one, two], edges)
        assert made.waves[project.id] <= made.waves[one.id] < made.waves[two.id]
        lifted = aggressive([project, one, two], [*edges, needs(one, two, rule="argocd/lifted")])
        assert lifted.waves[two.id] < lifted.waves[one.id]

    def test_a_release_without_a_place_does_not_bend_the_plan(self) -> None:
        database, portal = resource("StatefulSet.apps/web/db", 4), release("portal")
        made = aggressive([database, portal], [needs(portal, database)])
        assert made.waves == {database.id: 0, portal.id: 0}
        assert made.wanted[portal.id] == 1
        assert "needs wave 1" in made.finding("WF008").message

    def test_what_shares_an_annotation_moves_together(self) -> None:
        pair = [resource(f"ConfigMap/web/{name}", 3, site="kustomization.yaml") for name in "ab"]
        job = resource("Job.batch/web/job")
        made = aggressive([*pair, job], [needs(job, pair[0], "before")])
        assert {made.waves[item.id] for item in pair} == {-1}

    def test_phases_are_planned_apart(self) -> None:
        hook = resource("Job.batch/web/pre", 5, phase="PreSync")
        assert aggressive([hook, API], [needs(API, hook)]).waves == {hook.id: 0, API.id: 0}


class TestCycles:
    @pytest.mark.parametrize("profile", ["conservative", "aggressive"])
    def test_one_wave_can_satisfy_a_claim_that_waits_for_its_pod(self, profile: Profile) -> None:
        claim = resource("PersistentVolumeClaim/web/data", -1)
        edges = [needs(API, claim, "eventually"), needs(claim, API, "eventually")]
        made = planned(profile, [claim, API], edges)
        assert made.waves[claim.id] == made.waves[API.id]
        assert made.codes == []

    def test_every_other_cycle_is_a_finding_that_names_the_edge_left_out(self) -> None:
        a, b = resource("Job.batch/web/a"), resource("Job.batch/web/b")
        edges = [needs(a, b), needs(b, a, confidence="heuristic")]
        made = aggressive([a, b], edges)
        finding = made.finding("WF006")
        assert finding.severity == "error"
        assert f"{a.id} needs {b.id}" in finding.message
        assert f"{b.id} needs {a.id}" in finding.message
        assert made.waves == {b.id: 0, a.id: 1}, "the guess is left out"
