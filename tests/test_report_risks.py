"""The risks of a review: manifests, and the sentences that they give occasion to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from reviewing import applications, situated
from test_report_samples import component, edge, placement, resource, site

from wavefix.catalogue import catalogue
from wavefix.model import Edge, External, Profile, Resource, Run, Step
from wavefix.report.risks import Fact, Item, risks
from wavefix.report.risks.fact import listed
from wavefix.report.risks.renderers import goes_on
from wavefix.report.situation import situation


def manifest(kind: str, name: str, wave: int, body: str = "", **annotations: str) -> str:
    """A manifest in the namespace web."""
    api, _, short = kind.rpartition("/")
    notes = {"argocd.argoproj.io/sync-wave": str(wave), **annotations}
    lines = "".join(f'    {key}: "{value}"\n' for key, value in notes.items())
    return (
        f"---\napiVersion: {api}\nkind: {short}\nmetadata:\n  name: {name}\n  namespace: web\n"
        f"  annotations:\n{lines}{body}"
    )


def pods(spec: str = "") -> str:
    """The body of a workload."""
    return f"spec: {{template: {{spec: {{containers: [{{name: main}}], {spec}}}}}}}\n"


def reads(secret: str) -> str:
    return pods(f"volumes: [{{name: v, secret: {{secretName: {secret}}}}}]")


def external(name: str, wave: int, store: str = "") -> str:
    ref = f"secretStoreRef: {{name: {store}}}, " if store else ""
    return manifest(
        "external-secrets.io/v1/ExternalSecret", name, wave, f"spec: {{{ref}target: {{}}}}\n"
    )


NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata: {name: web, annotations: {"argocd.argoproj.io/sync-wave": "-5"}}
"""
HOOK = {"argocd.argoproj.io/hook": "Sync"}


def facts(
    directory: Path, files: str | Mapping[str, str], title: str, profile: Profile = "conservative"
) -> list[Fact]:
    """What is said under a title."""
    tree = {"all.yaml": NAMESPACE + files} if isinstance(files, str) else files
    found = {risk.title: risk.facts for risk in risks(situated(directory, tree, profile))}
    return list(found.get(title, ()))


def said(*args: object, **more: object) -> list[tuple[str, str]]:
    return [(fact.answer, fact.text) for fact in facts(*args, **more)]  # type: ignore[arg-type]


API = "Deployment.apps/web/api"
SECRET = "A Secret that is not there yet"
MADE = "1 Secret, made "


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            external("key", 0) + manifest("apps/v1/Deployment", "api", 1, reads("key")),
            [
                (
                    "held",
                    MADE + "by ExternalSecrets of an earlier wave than that of the readers; the "
                    "sync waits there until these are healthy, as today",
                )
            ],
        ),
        (
            external("key", 1) + manifest("apps/v1/Deployment", "api", 1, reads("key")),
            [
                (
                    "retried",
                    MADE + "in the wave of the readers; pods wait until the kubelet finds them, "
                    "controllers look again, as today",
                )
            ],
        ),
        (  # a Job must find it: conservative has no earlier wave that would do
            external("key", -4) + manifest("batch/v1/Job", "api", -4, reads("key")),
            [
                (
                    "open",
                    MADE + "in the wave of the readers; what reads them needs them at once, and "
                    "fails without until a retry, as today",
                )
            ],
        ),
        (  # the Secret is a plain one, applied with everything else
            manifest("v1/Secret", "key", 1)
            + manifest("apps/v1/Deployment", "api", 1, reads("key")),
            [],
        ),
        (
            manifest("apps/v1/Deployment", "api", 1, reads("key")),
            [
                (
                    "open",
                    "1 Secret that nothing in sight makes, to be in the cluster before the sync",
                )
            ],
        ),
        (  # `optional` asks for nothing
            manifest(
                "apps/v1/Deployment", "api", 1,
                pods("volumes: [{name: v, secret: {secretName: key, optional: true}}]"),
            ),
            [],
        ),
    ],
)  # fmt: skip
def test_secrets(files: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    assert said(tmp_path, files, SECRET) == expected


def test_a_secret_that_moves_says_what_is_new(tmp_path: Path) -> None:
    files = external("key", 2) + manifest("apps/v1/Deployment", "api", 1, reads("key"))
    (fact,) = facts(tmp_path, files, SECRET)
    assert fact.answer == "retried"
    assert fact.text.endswith("controllers look again (new for all of them)")
    assert fact.items == (
        Item(
            "Secret/web/key",
            "made by ExternalSecret.external-secrets.io/web/key (wave 1), read by " + API,
        ),
    )


def test_a_secret_of_another_application_has_no_order(tmp_path: Path) -> None:
    files = {
        "apps.yaml": applications("a", "b"),
        "a/key.yaml": external("key", 0),
        "b/api.yaml": manifest("apps/v1/Deployment", "api", 1, reads("key")),
    }
    (fact,) = facts(tmp_path, files, SECRET)
    assert (fact.answer, fact.text) == (
        "retried",
        MADE + "by another Application than that of the readers, which no wave orders; pods wait "
        "until the kubelet finds them, controllers look again, as today",
    )


def test_secrets_of_nobody_are_named_with_their_readers(tmp_path: Path) -> None:
    files = "".join(
        manifest("apps/v1/Deployment", name, 1, reads(secret))
        for name, secret in (("api", "a"), ("job", "b"), ("web", "a"))
    )
    (fact,) = facts(tmp_path, files, SECRET)
    assert fact.text.startswith("2 Secrets that nothing in sight makes")
    assert fact.items == (
        Item("Secret/web/a", "read by Deployment.apps/web/api and Deployment.apps/web/web"),
        Item("Secret/web/b", "read by Deployment.apps/web/job"),
    )


RENDERER = "A renderer that fails silently"
ROLE = manifest(
    "rbac.authorization.k8s.io/v1/Role", "render", -4,
    "rules: [{apiGroups: [''], resources: [configmaps], resourceNames: [made], verbs: [patch]}]\n",
) + manifest(
    "rbac.authorization.k8s.io/v1/RoleBinding", "render", -4,
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: render}\n"
    "subjects: [{kind: ServiceAccount, name: render, namespace: web}]\n",
)  # fmt: skip
JOB = "Job.batch/web/render"
READER = pods("volumes: [{name: v, configMap: {name: made}}]")


def render(wave: int, limit: str = "", script: str = "", **annotations: str) -> str:
    command = f", command: [sh, -c, {json.dumps(script)}]" if script else ""
    body = (
        f"spec: {{{limit}template: {{spec: {{serviceAccountName: render, "
        f"containers: [{{name: main{command}}}]}}}}}}\n"
    )
    return ROLE + manifest("batch/v1/Job", "render", wave, body, **annotations)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            render(0, "backoffLimit: 1, ") + manifest("apps/v1/Deployment", "api", 1, READER),
            (
                "held",
                f"{JOB} (wave 0) writes ConfigMap/web/made before {API} comes; if it fails (after "
                "2 attempts), the sync of HERE fails there, and nothing of its later waves is "
                "applied (1 resource)",
            ),
        ),
        (
            render(1) + manifest("apps/v1/Deployment", "api", 1, READER),
            (
                "open",
                f"{JOB} (wave 1) writes ConfigMap/web/made, and nothing waits for it: it is no "
                "hook and stands in the last wave of HERE, whose health alone shows that it failed",
            ),
        ),
        (
            render(1, **HOOK)
            + manifest("v1/ConfigMap", "made", 0)
            + manifest("apps/v1/Deployment", "api", 1, READER),
            (
                "open",
                f"{JOB} (wave 1) writes ConfigMap/web/made for {API}, which no wave keeps waiting "
                "until it is done; until then it is as the sources say",
            ),
        ),
        (
            render(0, **HOOK) + manifest("v1/ConfigMap", "made", -1),
            ("note", f"{JOB} (wave 0) writes ConfigMap/web/made, which nothing in sight reads"),
        ),
    ],
)
def test_renderers(files: str, expected: tuple[str, str], tmp_path: Path) -> None:
    here = tmp_path.name
    first = said(tmp_path, files, RENDERER)[0]
    assert (first[0], first[1].replace(here, "HERE")) == expected


def test_a_renderer_keeps_no_other_application_waiting(tmp_path: Path) -> None:
    files = {
        "apps.yaml": applications("a", "b"),
        "a/render.yaml": render(0, **HOOK),
        "b/api.yaml": manifest("apps/v1/Deployment", "api", 1, READER),
    }
    assert said(tmp_path, files, RENDERER) == [
        (
            "open",
            f"{JOB} (wave 0) writes ConfigMap/web/made for {API} of b, and no wave of a keeps "
            "another Application waiting",
        )
    ]


@pytest.mark.parametrize(
    ("command", "args", "careless"),
    [
        (["sh", "-c"], ["a\nb\n"], True),
        (["/bin/bash", "-c"], ["a; b"], True),
        (["bash", "-x", "-c", "a\nb"], [], True),
        (["sh", "-c"], ["a | b"], False),  # one command, whose status is that of the whole
        (["sh", "-c"], ["\n# a\nb\n"], False),
        (["sh", "-ec"], ["a\nb\n"], False),
        (["sh", "-c"], ["set -eu\na\nb\n"], False),
        (["sh", "-c"], ["  set -o errexit\na\nb\n"], False),
        (["python", "-c"], ["a\nb\n"], False),
        (["/scripts/render.sh"], [], False),
        ([], [], False),
    ],
)
def test_a_shell_that_goes_on_after_an_error(
    command: list[str], args: list[str], careless: bool
) -> None:
    job = resource("Job.batch/web/render")
    container = {"name": "main", "command": command, "args": args}
    job.body["spec"] = {"template": {"spec": {"containers": [container]}}}  # type: ignore[index]
    assert goes_on(job) is careless


def test_renderers_that_go_on_after_an_error_are_named(tmp_path: Path) -> None:
    files = render(0, script="render\napply", **HOOK) + manifest("v1/ConfigMap", "made", -1)
    assert facts(tmp_path, files, RENDERER)[1:] == [
        Fact(
            "open",
            "in these scripts a command can fail unnoticed, as their shell goes on after an error "
            "(no `set -e`)",
            (Item(JOB),),
        )
    ]


LIMITS = "Limits that come too late"


def limits(quota: int, *waves: int) -> str:
    workloads = (
        manifest("apps/v1/Deployment", f"d{number}", wave, pods())
        for number, wave in enumerate(waves)
    )
    return manifest("v1/ResourceQuota", "quota", quota) + "".join(workloads)


QUOTA = "ResourceQuota/web/quota"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            manifest("v1/ConfigMap", "x", -4) + limits(2, 1, 1, 3),
            (
                "held",
                f"{QUOTA}: too late today for 2 of the 3 that start pods under it, in time for all "
                "with this change",
            ),
        ),
        (  # no wave between the Namespace and the first of them
            limits(2, -5, 3),
            (
                "open",
                f"{QUOTA}: too late today for 1 of the 2 that start pods under it, for as many "
                "with this change (a pod that starts first runs without until it is made anew)",
            ),
        ),
        (limits(-4, 0), ("held", "as today, before all pods that they are for")),
    ],
)
def test_limits(files: str, expected: tuple[str, str], tmp_path: Path) -> None:
    assert said(tmp_path, files, LIMITS) == [expected]


def test_limits_of_another_application(tmp_path: Path) -> None:
    files = {
        "apps.yaml": applications("a", "b"),
        "a/quota.yaml": limits(1),
        "a/x.yaml": manifest("v1/ConfigMap", "x", -1),
        "b/api.yaml": manifest("apps/v1/Deployment", "api", 0, pods()),
    }
    assert said(tmp_path, files, LIMITS) == [
        (
            "open",
            f"{QUOTA}: the one resource that starts pods under it is in other Applications (b), "
            "which no wave of a keeps waiting (by the waves alone too late for 1 today, for none "
            "with this change); a pod that starts first runs without until it is made anew",
        )
    ]


RESTARTS = "Pods that restart, Jobs that run again"


def restarts(*moved: Resource) -> list[Fact]:
    """What is said of resources all of whose places are edited."""
    part = component(tuple(placement(item, 0) for item in moved))
    edited = frozenset(site for item in moved for site in item.sites)
    found = {risk.title: list(risk.facts) for risk in risks(situation(part, edited))}
    return found[RESTARTS]


def test_a_wave_on_pods_restarts_them() -> None:
    pod = site("values.yaml", 9, "1", moot=True)
    chart = resource("HelmRelease/p/db", 1, sites=(pod,), opaque=True)
    assert restarts(chart, resource("ConfigMap/p/x", 1)) == [
        Fact(
            "open",
            "these restart when this is merged, as the wave also stands on their pods",
            (Item("HelmRelease/p/db"),),
        ),
        Fact(
            "held",
            "1 other resource: only annotations of the object itself change, no pod restarts",
        ),
    ]


def test_common_annotations_reach_pods_and_templates_that_cannot_change() -> None:
    common = replace(site("kustomization.yaml", 2, "1"), mechanism="kustomize-annotations")
    kinds = ("Deployment.apps", "Job.batch", "ConfigMap")
    found = restarts(*(resource(f"{kind}/p/x", 1, sites=(common,)) for kind in kinds))
    assert [(fact.answer, [item.name for item in fact.items]) for fact in found] == [
        ("open", ["Deployment.apps/p/x"]),
        ("open", ["Job.batch/p/x"]),
        ("held", []),
    ]
    assert "which Kubernetes refuses once they exist" in found[1].text


def test_annotations_of_objects_restart_nothing_and_hooks_run_anyway(tmp_path: Path) -> None:
    files = (
        manifest("batch/v1/Job", "db", 2, pods(), **HOOK)
        + manifest("apps/v1/Deployment", "api", 1, pods(), **DEPENDS)
        + manifest("v1/ConfigMap", "x", 0)
    )
    assert facts(tmp_path, files, RESTARTS) == [
        Fact("held", "1 resource: only annotations of the object itself change, no pod restarts"),
        Fact(
            "note",
            "something changes in the Applications of these hooks, so they run again in the sync "
            "after the merge",
            (Item("Job.batch/web/db"),),
        ),
    ]


def test_hooks_that_stay_run_again_where_anything_else_changes(tmp_path: Path) -> None:
    kept = {**HOOK, "argocd.argoproj.io/hook-delete-policy": "HookFailed"}
    failed = {"argocd.argoproj.io/hook": "SyncFail"}
    files = {
        "apps.yaml": applications("a", "b"),
        "a/all.yaml": render(0, **HOOK)
        + manifest("v1/ConfigMap", "made", -1)
        + manifest("v1/Service", "early", -2)
        + manifest("batch/v1/Job", "kept", 0, pods(), **kept)
        + manifest("batch/v1/Job", "undo", 0, pods(), **failed)
        + limits(1, 0),
        "b/all.yaml": manifest("batch/v1/Job", "elsewhere", 0, pods(), **HOOK),
    }
    found = [fact for fact in facts(tmp_path, files, RESTARTS) if fact.answer == "note"]
    assert [fact.items for fact in found] == [(Item(JOB, "rewrites ConfigMap/web/made"),)]


DEPENDS = {"wavefix.dev/depends-on": "Job.batch/web/db"}
DELETED = "What is deleted, and when"


def test_a_prune_runs_the_waves_backwards(tmp_path: Path) -> None:
    files = (
        manifest("batch/v1/Job", "db", 2, pods())
        + manifest("apps/v1/Deployment", "api", 1, pods(), **DEPENDS)
        + manifest("v1/ConfigMap", "x", 0)
    )
    assert facts(tmp_path, files, DELETED) == [
        Fact(
            "held",
            "a prune, which runs the waves backwards, deletes these after what needs them, and "
            "today before it",
            (Item("Job.batch/web/db", f"needed by {API}"),),
        )
    ]


DEFINED = "A kind or a webhook that is not there yet"
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.org}
spec: {group: example.org, names: {kind: Widget, plural: widgets}, scope: Namespaced}
"""


def test_a_kind_that_another_application_brings(tmp_path: Path) -> None:
    files = {
        "apps.yaml": applications("a", "b"),
        "a/crd.yaml": CRD,
        "b/widget.yaml": manifest("example.org/v1/Widget", "w", 0),
    }
    (fact,) = facts(tmp_path, files, DEFINED)
    assert (fact.answer, fact.text) == (
        "retried",
        "1 resource in another Application than what brings their kind or admits them: the sync "
        "fails until that is there, and is tried again as `syncPolicy.retry` says",
    )
    assert fact.items[0].remark == "needed by Widget.example.org/web/w"


def test_a_kind_of_the_same_sync_is_there_in_time(tmp_path: Path) -> None:
    files = f"---\n{CRD}" + manifest("example.org/v1/Widget", "w", 0)
    assert said(tmp_path, files, DEFINED) == [
        ("held", "1 resource in time, after what brings their kind or admits them")
    ]


JOB_A, API_B = resource("Job.batch/p/a", -1), resource("Deployment.apps/p/b", 0)


def lost(*edges: Edge) -> list[Fact]:
    part = component((placement(JOB_A, 0), placement(API_B, 0)), edges=edges)
    found = {risk.title: risk.facts for risk in risks(situation(part))}
    return list(found.get("An order that holds today and would be lost", ()))


def test_an_order_that_would_be_lost() -> None:
    assert lost(edge(API_B, JOB_A, "ready")) == [
        Fact(
            "open",
            "these come in time today, by the waves, and would no longer",
            (
                Item(
                    "Job.batch/p/a",
                    "goes from wave -1 to wave 0; Deployment.apps/p/b, which needs it ready, "
                    "stays in wave 0",
                ),
            ),
        )
    ]
    (fact,) = lost(edge(API_B, JOB_A, "ready", "heuristic"))
    assert "which needs it ready (by a guess), stays" in fact.items[0].remark
    assert lost(edge(API_B, JOB_A, "eventually")) == []


SYNCS = "A sync that fails or gets stuck"


def step(application: str, outcome: str, attempt: int = 1, waited: str = "") -> Step:
    return Step(application, "Sync", 1, 0, 1, (), outcome, waited, attempt=attempt)  # type: ignore[arg-type]


def run(*steps: Step) -> Run:
    return Run(1, "succeeded", steps)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            [step("a", "succeeded")],
            [step("a", "succeeded")],
            [
                Fact(
                    "held",
                    "run as Argo CD would from an empty cluster, it succeeds at the first attempt, "
                    "today and with this change",
                )
            ],
        ),
        (
            [step("a", "stuck", waited="x waits for y")],
            [step("a", "succeeded")],
            [
                Fact(
                    "held",
                    "with this change these syncs succeed at the first attempt",
                    (
                        Item(
                            "a",
                            "today: gets stuck in Sync wave 1 (x waits for y); with this change: "
                            "succeeds",
                        ),
                    ),
                )
            ],
        ),
        (  # the first attempt still fails: no order sees to it
            [step("a", "failed", 11, "x is Degraded without y"), step("b", "succeeded", 3)],
            [step("a", "succeeded", 2), step("b", "succeeded", 5)],
            [
                Fact(
                    "retried",
                    "with this change these syncs succeed, at a retry",
                    (
                        Item(
                            "a",
                            "today: fails in Sync wave 1 (x is Degraded without y); with this "
                            "change: fails once, succeeds at attempt 2",
                        ),
                    ),
                ),
                Fact(
                    "retried",
                    "these syncs, run as Argo CD would from an empty cluster, need a retry, today "
                    "as well",
                    (
                        Item(
                            "b",
                            "today: fails twice, succeeds at attempt 3; with this change: fails 4 "
                            "times, succeeds at attempt 5",
                        ),
                    ),
                ),
            ],
        ),
        (  # nothing is said of today that is not so
            [step("a", "succeeded"), step("b", "succeeded")],
            [step("a", "stuck"), step("b", "succeeded", 2), step("c", "succeeded")],
            [
                Fact(
                    "open",
                    "these syncs do not run to their end with this change",
                    (Item("a", "today: succeeds; with this change: gets stuck in Sync wave 1"),),
                ),
                Fact(
                    "held",
                    "with this change these syncs succeed at the first attempt",
                    (Item("c", "today: never begins; with this change: succeeds"),),
                ),
                Fact(
                    "retried",
                    "with this change these syncs need a retry, and none today",
                    (
                        Item(
                            "b",
                            "today: succeeds; with this change: fails once, succeeds at attempt 2",
                        ),
                    ),
                ),
            ],
        ),
        (
            [step("a", "failed"), step("b", "succeeded", 3), step("c", "succeeded")],
            [step("a", "failed"), step("b", "succeeded", 3), step("c", "succeeded")],
            [
                Fact(
                    "open",
                    "these syncs do not run to their end, today and with this change",
                    (Item("a", "fails in Sync wave 1"),),
                ),
                Fact(
                    "retried",
                    "these syncs, run as Argo CD would from an empty cluster, need a retry, today "
                    "as well",
                    (Item("b", "fails twice, succeeds at attempt 3"),),
                ),
                Fact(
                    "held",
                    "run as Argo CD would from an empty cluster, all others succeed at the first "
                    "attempt, today and with this change",
                ),
            ],
        ),
    ],
)
def test_syncs(before: list[Step], after: list[Step], expected: list[Fact]) -> None:
    part = component((placement(JOB_A, -1),), runs=(run(*before), run(*after)))
    found = {risk.title: list(risk.facts) for risk in risks(situation(part))}
    assert found[SYNCS] == expected


def test_what_a_run_does_not_see_is_not_held() -> None:
    """The chart that brings the kind is not rendered, so a run takes the kind as installed."""
    chart = resource("HelmRelease/p/issuer", 0, opaque=True)
    user = resource("Certificate.cert-manager.io/p/x", 0, application="web")
    brings = replace(edge(user, chart), rule=next(iter(catalogue().providers)).id)
    ran = run(step("portal", "succeeded"), step("web", "succeeded"))
    part = component((placement(chart, 0), placement(user, 0)), edges=(brings,), runs=(ran, ran))
    found = {risk.title: risk.facts for risk in risks(situation(part))}
    unseen, held = found[SYNCS]
    assert (unseen.answer, unseen.items) == ("retried", (Item("web"),))
    assert (held.answer, held.items) == ("held", ())
    assert "all others succeed" in held.text


def test_where_nothing_is_asked_nothing_is_answered() -> None:
    part = component((placement(resource("ConfigMap/p/x", 0), 0),))
    assert list(risks(situation(part))) == []


def test_a_chart_that_is_not_rendered_may_bring_what_is_missing() -> None:
    chart = resource("HelmRelease/p/chart", 0, opaque=True)
    secret = External(API_B.key, "Secret", "tls", "p", API_B.file, 1, "spec")
    part = component((placement(chart, 0), placement(API_B, 0)), externals=(secret,))
    found = {risk.title: risk.facts for risk in risks(situation(part))}
    assert found[SECRET][0].text == (
        "1 Secret that nothing in sight makes, to be in the cluster before the sync, unless a "
        "chart that is not rendered makes it"
    )
    assert found["What wavefix could not see"][0].items == (Item("HelmRelease/p/chart"),)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b", "a"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d", "e"], "a, b and 3 more"),
    ],
)
def test_names_in_a_sentence(names: list[str], text: str) -> None:
    assert listed(names) == text
