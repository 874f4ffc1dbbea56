"""What objects make: an ExternalSecret its Secret, a Job the ConfigMaps and Secrets it writes."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest
from test_infer_scene import FILE, edges, externals, graph, lines, manifest

from wavefix.infer.kubectl import writes
from wavefix.yamlio import load

ESO = "ExternalSecret.external-secrets.io"
RBAC = "rbac.authorization.k8s.io"
READS = "spec: {template: {spec: {volumes: [{secret: {secretName: x}}]}}}"
FIELD = "spec.template.spec.volumes[0].secret.secretName"
APP, JOB = manifest("Deployment.apps/web/app", READS), manifest("Job.batch/web/job", READS)


# name, id of the ExternalSecret, its spec: whether it makes the Secret web/x
TARGETS = [
    ("its target", f"{ESO}/web/a", "spec: {target: {name: x}}", True),
    ("its own name", f"{ESO}/web/x", "spec: {}", True),
    ("its own name, with another target", f"{ESO}/web/x", "spec: {target: {name: y}}", False),
    ("another namespace", f"{ESO}/other/x", "spec: {}", False),
    (
        "merged into one that exists",
        f"{ESO}/web/x",
        "spec: {target: {creationPolicy: Merge}}",
        True,
    ),
    ("owned by nobody", f"{ESO}/web/x", "spec: {target: {creationPolicy: Orphan}}", True),
    ("made by nobody", f"{ESO}/web/x", "spec: {target: {creationPolicy: None}}", False),
    (
        "a ConfigMap instead",
        f"{ESO}/web/x",
        "spec: {target: {manifest: {apiVersion: v1, kind: ConfigMap}}}",
        False,
    ),
]


@pytest.mark.parametrize(
    ("id", "spec", "makes"), [row[1:] for row in TARGETS], ids=[row[0] for row in TARGETS]
)
def test_the_secret_that_an_external_secret_makes(id: str, spec: str, makes: bool) -> None:
    made = graph(manifest(id, spec) + APP)
    rule = "external-secrets/target-secret"
    assert edges(made, rule) == (
        [f"Deployment.apps/web/app -> {id} eventually derived {rule} {FIELD}"] if makes else []
    )
    assert externals(made) == (
        [] if makes else [f"Deployment.apps/web/app -> Secret/web/x {FIELD}"]
    )


def test_to_find_an_object_there_its_maker_must_have_finished() -> None:
    assert edges(graph(manifest(f"{ESO}/web/x") + JOB)) == [
        f"Job.batch/web/job -> {ESO}/web/x ready derived external-secrets/target-secret {FIELD}"
    ]


def test_a_placeholder_and_its_maker_are_both_needed() -> None:
    assert edges(graph(manifest(f"{ESO}/web/x") + manifest("Secret/web/x") + APP)) == lines(f"""
        Deployment.apps/web/app -> {ESO}/web/x eventually derived external-secrets/target-secret {FIELD}
        Deployment.apps/web/app -> Secret/web/x eventually schema core/volume-secret {FIELD}
    """)


def renderer(
    rules: str, container: str = "", account: str = "writer", kind: str = "Job.batch"
) -> str:
    """A Job with a ServiceAccount, a Role with rules, and the binding between them."""
    spec = f"{{serviceAccountName: {account}, containers: [{{{container}}}]}}"
    template = f"{{template: {{spec: {spec}}}}}"
    if kind == "CronJob.batch":
        template = f"{{jobTemplate: {{spec: {template}}}}}"
    return (
        manifest(f"{kind}/web/render", f"spec: {template}")
        + manifest(f"Role.{RBAC}/web/writer", f"rules: [{rules}]")
        + manifest(
            f"RoleBinding.{RBAC}/web/writer",
            "roleRef: {kind: Role, name: writer}\n"
            "subjects: [{kind: ServiceAccount, name: writer, namespace: web}]",
        )
    )


def rule(verbs: str = "update", kind: str = "secrets", names: str = "x", group: str = "''") -> str:
    limit = f", resourceNames: [{names}]" if names else ""
    return f"{{apiGroups: [{group}], resources: [{kind}], verbs: [{verbs}]{limit}}}"


WROTE = "core/job-"
WAITS = f"Deployment.apps/web/app -> Job.batch/web/render ready derived core/job-writes {FIELD}"

# name, rules of the role: whether the Job writes the Secret web/x
RULES = [
    ("update", rule("get, update"), True),
    ("patch", rule("patch"), True),
    ("create", rule("create"), True),
    ("anything", rule("'*'"), True),
    ("any group", rule(group="'*'"), True),
    ("any resource", rule(kind="'*'"), True),
    ("one rule of several", rule("get", names="") + ", " + rule(), True),
    ("one name of several", rule(names="a, x"), True),
    ("reading only", rule("get, list, watch"), False),
    ("deleting only", rule("delete"), False),
    ("another kind", rule(kind="configmaps"), False),
    ("another group", rule(group="apps"), False),
    ("another name", rule(names="y"), False),
    ("a subresource", rule(kind="secrets/status"), False),
    ("no name, and no command that names one", rule(names=""), False),
]


@pytest.mark.parametrize(
    ("rules", "makes"), [row[1:] for row in RULES], ids=[row[0] for row in RULES]
)
def test_what_a_role_lets_a_job_write(rules: str, makes: bool) -> None:
    assert edges(graph(renderer(rules) + APP), WROTE) == ([WAITS] if makes else [])


def test_a_job_comes_after_the_placeholder_that_it_overwrites() -> None:
    made = graph(renderer(rule()) + manifest("Secret/web/x") + APP)
    assert edges(made, WROTE, "core/volume") == lines(f"""
        {WAITS}
        Deployment.apps/web/app -> Secret/web/x eventually schema core/volume-secret {FIELD}
        Job.batch/web/render -> Secret/web/x present derived core/job-overwrites rules[0].resourceNames[0]
    """)


def test_a_job_needs_nothing_of_what_it_writes_itself() -> None:
    reads = "volumes: [{secret: {secretName: x}}], "
    made = graph(renderer(rule()).replace("containers:", reads + "containers:"))
    assert edges(made, WROTE) == []


def test_another_account_and_a_cron_job_write_nothing() -> None:
    assert edges(graph(renderer(rule(), account="other") + APP), WROTE) == []
    assert edges(graph(renderer(rule(), kind="CronJob.batch") + APP), WROTE) == []


def test_an_account_of_another_namespace_is_another_account() -> None:
    text = renderer(rule()).replace(
        "name: writer, namespace: web}]", "name: writer, namespace: other}]"
    )
    assert edges(graph(text + APP), WROTE) == []


def test_a_role_binding_lets_write_in_its_own_namespace_only() -> None:
    text = renderer(rule()).replace(
        "metadata: {name: writer, namespace: web}", "metadata: {name: writer, namespace: other}"
    )
    assert edges(graph(text + APP), WROTE) == []
    there = APP.replace("namespace: web", "namespace: other")
    assert edges(graph(text + there), WROTE) == [
        f"Deployment.apps/other/app -> Job.batch/web/render ready derived core/job-writes {FIELD}"
    ]


COMMAND = "command: [sh, -c, 'kubectl create secret generic x --from-file=/tmp/x']"
GUESSED = f"Deployment.apps/web/app -> Job.batch/web/render ready heuristic core/job-writes {FIELD}"


def test_where_a_role_names_nothing_the_commands_tell() -> None:
    made = graph(renderer(rule("create", names=""), COMMAND) + manifest("Secret/web/x") + APP)
    assert edges(made, WROTE) == lines(f"""
        {GUESSED}
        Job.batch/web/render -> Secret/web/x present heuristic core/job-overwrites spec.template.spec.containers[0].command[2]
    """)


def test_a_role_that_names_it_is_surer_than_a_command() -> None:
    rules = rule("create", names="") + ", " + rule()
    assert edges(graph(renderer(rules, COMMAND) + APP), WROTE) == [WAITS]


def test_commands_count_only_as_far_as_the_role_reaches() -> None:
    other_kind = renderer(rule("create", "configmaps", ""), COMMAND)
    assert edges(graph(other_kind + APP), WROTE) == []
    elsewhere = renderer(rule("create", names=""), COMMAND.replace("generic", "generic -n other"))
    assert edges(graph(elsewhere + APP), WROTE) == []
    assert (
        edges(
            graph(
                manifest(
                    "Job.batch/web/render",
                    f"spec: {{template: {{spec: {{containers: [{{{COMMAND}}}]}}}}}}",
                )
                + APP
            ),
            WROTE,
        )
        == []
    )


@pytest.mark.parametrize(
    ("role", "makes"),
    [("cluster-admin", True), ("admin", True), ("edit", True), ("view", False), ("other", False)],
)
def test_the_cluster_roles_that_every_cluster_has(role: str, makes: bool) -> None:
    text = renderer("", COMMAND).replace(
        "{kind: Role, name: writer}", f"{{kind: ClusterRole, name: {role}}}"
    )
    assert edges(graph(text + APP), WROTE) == ([GUESSED] if makes else [])


def test_evidence_is_the_role_that_names_it_or_the_command() -> None:
    named = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: writer, namespace: web}
rules:
- apiGroups: [""]
  resources: [secrets]
  verbs: [update]
  resourceNames:
  - y
  - x
"""
    text = renderer("").split("---")
    others = "---".join(part for part in text if "kind: Role\n" not in part)
    found = [
        edge
        for edge in graph(named + others + manifest("Secret/web/x")).edges
        if edge.rule == "core/job-overwrites"
    ]
    assert [(edge.file, edge.line, edge.path) for edge in found] == [
        (FILE, 10, "rules[0].resourceNames[1]")
    ]


def test_two_jobs_that_write_the_same() -> None:
    text = renderer(rule()) + manifest(
        "Job.batch/web/again", "spec: {template: {spec: {serviceAccountName: writer}}}"
    )
    assert edges(graph(text + APP), WROTE) == [WAITS.replace("render", "again"), WAITS]


def container(text: str) -> Any:
    return load(dedent(text), "x")[0].data


SHELL = "command: [sh, -c]\nargs:\n- |\n"
# what a container runs, and what it writes
COMMANDS = [
    ("kubectl create configmap x --from-file=/x", ["ConfigMap//x"]),
    ("kubectl create cm x", ["ConfigMap//x"]),
    ("kubectl create secret generic x --from-literal=a=b", ["Secret//x"]),
    ("kubectl create secret tls x --cert a --key b", ["Secret//x"]),
    ("kubectl create secret docker-registry x", ["Secret//x"]),
    ("kubectl create secret generic --from-file a=b x", ["Secret//x"]),
    ("kubectl -n other create secret generic x", ["Secret/other/x"]),
    ("kubectl create secret generic x --namespace=other", ["Secret/other/x"]),
    ("kubectl create secret generic x -n $NAMESPACE", ["Secret//x"]),
    ("/usr/bin/kubectl create secret generic x", ["Secret//x"]),
    ("oc create secret generic x", ["Secret//x"]),
    ("kubectl patch secret x -p '{}'", ["Secret//x"]),
    ("kubectl patch configmap/x --patch-file /tmp/p", ["ConfigMap//x"]),
    ("kubectl --context prod patch secret x", ["Secret//x"]),
    ('kubectl create secret generic "x" --dry-run=client -o yaml | kubectl apply -f -', ["Secret//x"]),
    ("kubectl create secret generic x \\\n    --from-literal=a=b", ["Secret//x"]),
    ("kubectl create secret generic x; kubectl create secret generic y", ["Secret//x", "Secret//y"]),
    ("test -f /x && kubectl create configmap x || exit 1", ["ConfigMap//x"]),
    ("A=$(kubectl create configmap x)", ["ConfigMap//x"]),
    ("kubectl apply -f - <<EOF\napiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata: {name: y}\nEOF", ["Secret//x"]),
    ("kubectl apply -f - <<EOF\nkind: ConfigMap\nmetadata:\n  labels: {app.kubernetes.io/name: z}\n  name: x\n  namespace: other\nEOF", ["ConfigMap/other/x"]),
    ("kubectl get secret x", []),
    ("kubectl delete secret x", []),
    ("kubectl label secret x a=b", []),
    ("kubectl annotate configmap x a=b", []),
    ("kubectl create deployment x --image=y", []),
    ("kubectl create secret generic $NAME", []),
    ("kubectl create secret generic", []),
    ("kubectl create", []),
    ("kubectl patch", []),
    ("kubectl patch deployment x", []),
    ("kubectl apply -f /x.yaml", []),
    ("kubectl", []),
    ("echo kubectl-create secret generic x", []),
    ("mykubectl create secret generic x", []),
    ("cat <<EOF\nkind: Secret\nmetadata: {name: x}\nEOF", []),
]  # fmt: skip


@pytest.mark.parametrize(("script", "wanted"), COMMANDS)
def test_commands_that_write(script: str, wanted: list[str]) -> None:
    assert [f"{item.kind}/{item.namespace}/{item.name}" for item in writes(script)] == wanted
