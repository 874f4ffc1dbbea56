"""Permissions: a pod needs the bindings of its ServiceAccount, and their roles."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

import pytest
from test_infer_scene import FILE, edges, graph, lines, manifest

RBAC = "rbac.authorization.k8s.io"
AT = "spec.template.spec.serviceAccountName"


def job(account: str = "x", namespace: str = "web", kind: str = "Job.batch") -> str:
    field = f"serviceAccountName: {account}" if account else ""
    return manifest(f"{kind}/{namespace}/run", "spec: {template: {spec: {" + field + "}}}")


def binding(
    subject: str, role: str = "Role", kind: str = "RoleBinding", namespace: str = "web"
) -> str:
    id = f"{kind}.{RBAC}/{namespace}/bind" if kind == "RoleBinding" else f"{kind}.{RBAC}/bind"
    return manifest(id, f"roleRef: {{kind: {role}, name: r}}\nsubjects: [{subject}]")


ROLE, CLUSTER_ROLE = manifest(f"Role.{RBAC}/web/r"), manifest(f"ClusterRole.{RBAC}/r")
ME = "{kind: ServiceAccount, name: x, namespace: web}"


def test_a_job_needs_a_role_that_is_bound_in_its_namespace() -> None:
    assert edges(graph(job() + binding(ME) + ROLE), "core/permissions") == lines(f"""
        Job.batch/web/run -> Role.{RBAC}/web/r present derived core/permissions {AT}
        Job.batch/web/run -> RoleBinding.{RBAC}/web/bind present derived core/permissions {AT}
    """)


def test_a_role_binding_can_bind_a_cluster_role() -> None:
    assert edges(
        graph(job() + binding(ME, "ClusterRole") + CLUSTER_ROLE), "core/permissions"
    ) == lines(f"""
        Job.batch/web/run -> ClusterRole.{RBAC}/r present derived core/permissions {AT}
        Job.batch/web/run -> RoleBinding.{RBAC}/web/bind present derived core/permissions {AT}
    """)


def test_a_cluster_role_binding_holds_everywhere() -> None:
    made = graph(job() + binding(ME, "ClusterRole", "ClusterRoleBinding") + CLUSTER_ROLE)
    assert edges(made, "core/permissions") == lines(f"""
        Job.batch/web/run -> ClusterRole.{RBAC}/r present derived core/permissions {AT}
        Job.batch/web/run -> ClusterRoleBinding.{RBAC}/bind present derived core/permissions {AT}
    """)


@pytest.mark.parametrize(
    ("kind", "needs"),
    [
        ("Job.batch", "present"),
        ("Deployment.apps", "eventually"),
        ("StatefulSet.apps", "eventually"),
        ("DaemonSet.apps", "eventually"),
    ],
)
def test_what_runs_long_waits_for_its_permissions(kind: str, needs: str) -> None:
    made = graph(job(kind=kind) + binding(ME))
    assert edges(made, "core/permissions") == [
        f"{kind}/web/run -> RoleBinding.{RBAC}/web/bind {needs} derived core/permissions {AT}"
    ]


# name, account of the job, subject of the binding, namespace of the binding: whether it counts
SUBJECTS = [
    ("its own account", "x", ME, "web", True),
    ("no namespace means the binding's", "x", "{kind: ServiceAccount, name: x}", "web", True),
    ("a binding of another namespace", "x", ME, "other", True),
    (
        "no namespace means the binding's, which is another",
        "x",
        "{kind: ServiceAccount, name: x}",
        "other",
        False,
    ),
    (
        "an account of another namespace",
        "x",
        "{kind: ServiceAccount, name: x, namespace: other}",
        "web",
        False,
    ),
    ("another account", "y", ME, "web", False),
    (
        "no account means default",
        "",
        "{kind: ServiceAccount, name: default, namespace: web}",
        "web",
        True,
    ),
    ("no account is not any account", "", ME, "web", False),
    ("a user of that name", "x", "{kind: User, name: x}", "web", False),
    ("a group of that name", "x", "{kind: Group, name: x}", "web", False),
    (
        "every account of the namespace",
        "x",
        "{kind: Group, name: 'system:serviceaccounts:web'}",
        "web",
        True,
    ),
    (
        "every account of another namespace",
        "x",
        "{kind: Group, name: 'system:serviceaccounts:other'}",
        "web",
        False,
    ),
]


@pytest.mark.parametrize(
    ("account", "subject", "namespace", "counts"),
    [row[1:] for row in SUBJECTS],
    ids=[row[0] for row in SUBJECTS],
)
def test_who_is_bound(account: str, subject: str, namespace: str, counts: bool) -> None:
    made = graph(job(account) + binding(subject, namespace=namespace))
    wanted = [
        f"Job.batch/web/run -> RoleBinding.{RBAC}/{namespace}/bind present derived core/permissions {AT}"
    ]
    assert edges(made, "core/permissions") == (wanted if counts else [])


def test_the_old_name_of_the_field() -> None:
    text = job().replace("serviceAccountName", "serviceAccount")
    assert edges(graph(text + binding(ME)), "core/permissions") == [
        f"Job.batch/web/run -> RoleBinding.{RBAC}/web/bind present derived core/permissions spec.template.spec.serviceAccount"
    ]


def test_a_role_of_another_namespace_is_another_role() -> None:
    made = graph(job() + binding(ME, namespace="other") + ROLE)
    assert f"Role.{RBAC}/web/r" not in "".join(edges(made, "core/permissions"))


def test_evidence_is_where_the_pods_name_their_account() -> None:
    made = graph(
        binding(ME)
        + """
---
apiVersion: batch/v1
kind: Job
metadata: {name: run, namespace: web}
spec:
  template:
    spec:
      restartPolicy: Never
      serviceAccountName: x
"""
    )
    found = [
        (edge.file, edge.line, edge.path) for edge in made.edges if edge.rule == "core/permissions"
    ]
    assert found == [(FILE, 16, AT)]
