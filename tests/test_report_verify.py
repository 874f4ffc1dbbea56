"""How to verify a review after the sync: resources, and the commands that show them."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from importlib.resources import files

import pytest
from test_report_samples import component, edge, placement, resource

from wavefix.catalogue import catalogue
from wavefix.model import Application, ApplicationSet, ComponentReview, External, Resource
from wavefix.report import verify
from wavefix.report.situation import Situation, situation
from wavefix.yamlio import load

DATA = load((files("wavefix") / "data" / "kubectl.yaml").read_text("utf-8"), "kubectl.yaml")[0].data
CHECKS = DATA["checks"]


def moved(*items: Resource) -> ComponentReview:
    """A component in which resources move one wave up."""
    return component(tuple(placement(item, item.effective - 1) for item in items))


def commands(now: Situation | ComponentReview) -> list[str]:
    now = now if isinstance(now, Situation) else situation(now)
    return [command for check in verify.after(now) for command in check.commands]


@pytest.mark.parametrize(
    ("id", "command"),
    [
        ("Deployment.apps/web/api", "rollout status --timeout=10m deployment.apps/api"),
        ("StatefulSet.apps/web/db", "rollout status --timeout=10m statefulset.apps/db"),
        ("Job.batch/web/x", "wait --for=condition=Complete --timeout=10m job.batch/x"),
        (
            "ExternalSecret.external-secrets.io/web/x",
            "wait --for=condition=Ready --timeout=5m externalsecret.external-secrets.io/x",
        ),
        (  # not the core kind of that name
            "Service.serving.knative.dev/web/x",
            "wait --for=condition=Ready --timeout=5m service.serving.knative.dev/x",
        ),
        (
            "SealedSecret.bitnami.com/web/x",
            "wait --for=condition=Synced --timeout=5m sealedsecret.bitnami.com/x",
        ),
        (
            "PersistentVolumeClaim/web/x",
            "wait --for=jsonpath='{.status.phase}'=Bound --timeout=5m persistentvolumeclaim/x",
        ),
        ("NetworkPolicy.networking.k8s.io/web/x", "describe networkpolicy.networking.k8s.io/x"),
    ],
)
def test_a_kind_has_its_command(id: str, command: str) -> None:
    assert commands(moved(resource(id, 1)))[0] == f"kubectl -n web {command}"


def test_a_cluster_has_no_namespace() -> None:
    crd = resource("CustomResourceDefinition.apiextensions.k8s.io/widgets.example.org", 1)
    assert commands(moved(crd))[0] == (
        "kubectl wait --for=condition=Established --timeout=2m "
        "customresourcedefinition.apiextensions.k8s.io/widgets.example.org"
    )


def test_an_odd_name_is_quoted_for_the_shell() -> None:
    odd = resource("Job.batch/we b/$(reboot); 'x", 1)
    assert commands(moved(odd))[0] == (
        "kubectl -n 'we b' wait --for=condition=Complete --timeout=10m "
        "'job.batch/$(reboot); '\"'\"'x'"
    )
    for command in commands(moved(odd)):
        assert "job.batch/$(reboot); 'x" in shlex.split(command)


def test_those_of_one_kind_and_namespace_are_one_command_of_no_great_length() -> None:
    many = [resource(f"Job.batch/web/x{number:02}", 1) for number in range(15)]
    other = resource("Job.batch/other/y", 1)
    first, second, third = (shlex.split(line) for line in commands(moved(*many, other))[:3])
    assert first[2:] == [
        "other",
        "wait",
        "--for=condition=Complete",
        "--timeout=10m",
        "job.batch/y",
    ]
    assert second[6:] == [f"job.batch/x{number:02}" for number in range(12)]
    assert third[6:] == ["job.batch/x12", "job.batch/x13", "job.batch/x14"]


def test_what_moved_comes_before_what_needs_it_and_nothing_else_is_asked_for() -> None:
    db, api = resource("StatefulSet.apps/p/db", 1), resource("Deployment.apps/p/api", 0)
    other = resource("Deployment.apps/p/other", 0)
    part = component(
        (placement(api, 0), placement(db, -1), placement(other, 0)), edges=(edge(api, db),)
    )
    assert commands(part)[:-1] == [
        "kubectl -n p rollout status --timeout=10m statefulset.apps/db",
        "kubectl -n p rollout status --timeout=10m deployment.apps/api",
    ]


def of_applications(part: ComponentReview) -> ComponentReview:
    """The same, its Applications being in the repository."""
    known = tuple(replace(app, file="apps.yaml") for app in part.component.applications)
    return replace(part, component=replace(part.component, applications=known))


def test_commands_come_in_the_order_of_the_waves_whatever_moved() -> None:
    """A store that stays comes before what moved behind it, and one wave before the next."""
    store = resource("SecretStore.external-secrets.io/p/s", -1)
    account = resource("ServiceAccount/p/s", 0)
    secret = resource("ExternalSecret.external-secrets.io/p/e", -1)
    user = resource("ConfigMap/p/late", 2)
    part = component(
        (placement(secret, 0), placement(store, -1), placement(account, -2), placement(user, 2)),
        edges=(edge(store, account, "present"), edge(secret, store), edge(user, secret)),
    )
    assert commands(of_applications(part))[1:-1] == [
        "kubectl -n p get serviceaccount/s",
        "kubectl -n p wait --for=condition=Ready --timeout=5m secretstore.external-secrets.io/s",
        "kubectl -n p wait --for=condition=Ready --timeout=5m externalsecret.external-secrets.io/e",
        "kubectl -n p get configmap/late",
    ]


def test_each_that_moved_is_named() -> None:
    kinds = "ConfigMap", "ServiceAccount", "Role.rbac.authorization.k8s.io", "Job.batch"
    part = moved(*(resource(f"{kind}/p/x", 1) for kind in kinds))
    for known in (part, of_applications(part)):
        text = " ".join(commands(known))
        assert [kind for kind in kinds if f" {kind.lower()}/x" not in text] == []


def test_limits_are_shown_beside_what_pods_got() -> None:
    first, second, _ = commands(
        moved(resource("LimitRange/p/l", 1), resource("ResourceQuota/p/q", 1))
    )
    assert first == "kubectl -n p describe limitrange/l resourcequota/q"
    assert second == (
        "kubectl -n p get pods -o 'custom-columns=POD:.metadata.name,"
        "CREATED:.metadata.creationTimestamp,LIMITS:.spec.containers[*].resources.limits'"
    )


def test_a_release_is_found_by_the_labels_of_helm() -> None:
    whole = resource("HelmRelease/p/portal", 1, opaque=True)
    part = resource("HelmRelease/p/portal:postgresql", 1, opaque=True)
    kinds = (
        "kubectl -n p get deployments,statefulsets,daemonsets -l app.kubernetes.io/instance=portal"
    )
    assert commands(moved(whole, part)) == [kinds, f"{kinds},app.kubernetes.io/name=postgresql"]


def hook(policy: str) -> Resource:
    notes = {"argocd.argoproj.io/hook": "Sync", "argocd.argoproj.io/hook-delete-policy": policy}
    return replace(resource("Job.batch/p/render", 1), annotations=notes)


def test_a_hook_that_is_deleted_when_it_is_done_is_not_waited_for() -> None:
    assert " wait " in commands(moved(hook("BeforeHookCreation")))[0]
    assert commands(moved(hook("HookSucceeded"))) == []
    assert not any(
        "job.batch" in line for line in commands(of_applications(moved(hook("HookSucceeded"))))
    )


def test_a_name_that_nobody_knows_yet_is_not_asked_for() -> None:
    job = replace(resource("Job.batch/p/run-", 1), body={"metadata": {"generateName": "run-"}})
    assert commands(moved(job)) == []


def test_what_jobs_wrote_is_shown() -> None:
    job, api = resource("Job.batch/p/render", 1), resource("Deployment.apps/p/api", 2)
    writes = replace(edge(api, job), rule="core/job-writes", through="Secret/p/made")
    part = component((placement(job, 0), placement(api, 2)), edges=(writes,))
    assert "kubectl -n p describe secret/made" in commands(part)


APPLIED = (
    "'jsonpath={range .status.operationState.syncResult.resources[*]}"
    '{.syncPhase} {.kind}/{.name}: {.message}{"\\n"}{end}\''
)


def test_the_order_is_that_of_the_last_sync_where_the_applications_are_known() -> None:
    part = moved(resource("Job.batch/p/x", 1), resource("Job.batch/p/y", 1, application="web"))
    made_by = ApplicationSet("ApplicationSet.argoproj.io/gitops/s", "", 1, 0, (), {})
    known = tuple(replace(app, file="apps.yaml") for app in part.component.applications)
    told = replace(part.component, applications=known, made_by=made_by)
    first, *_, last = commands(replace(part, component=told))
    assert first == "argocd app wait portal web --timeout 900"
    assert last == (
        'for app in portal web; do echo "$app"; kubectl -n gitops get application.argoproj.io '
        f'"$app" -o {APPLIED}; done'
    )
    one = replace(part.component, applications=(known[0], Application("{{name}}", "", (), "f")))
    assert commands(replace(part, component=one))[-1] == (
        f"kubectl -n argocd get application.argoproj.io portal -o {APPLIED}"
    )


def test_else_it_is_that_of_creation() -> None:
    assert commands(moved(resource("Job.batch/p/x", 1), resource("ConfigMap/p/y", 1)))[-1] == (
        "kubectl -n p get configmap/y job.batch/x --sort-by=.metadata.creationTimestamp -o "
        "custom-columns=CREATED:.metadata.creationTimestamp,KIND:.kind,NAME:.metadata.name"
    )


def test_what_nothing_in_sight_makes_is_looked_for_before() -> None:
    item = resource("Job.batch/p/x", 1)
    names = ("Secret", "b"), ("ConfigMap", "c"), ("Secret", "b"), ("ServiceAccount", "s")
    wanted = tuple(External(item.key, *name, "p", item.file, 1, "spec") for name in names)
    part = component((placement(item, 0),), externals=wanted)
    (check,) = verify.before(situation(part))
    assert check.commands == ("kubectl -n p get configmap/c secret/b",)


def test_each_kind_has_one_command_with_its_source() -> None:
    kinds = [kind for check in CHECKS for kind in check["kinds"]]
    assert len(kinds) == len(set(kinds))
    for check in CHECKS:
        assert check.keys() == {"run", "kinds", "source"}
        assert check["source"].startswith("https://")
        assert re.fullmatch(r"[^{}]*(?:'\{[.\w]+\}'[^{}]*)?\{(one|all)\}", check["run"])


def test_the_kinds_are_written_as_everywhere() -> None:
    known = catalogue()
    assert [k for check in CHECKS for k in check["kinds"] if not known.knows(k)] == []
