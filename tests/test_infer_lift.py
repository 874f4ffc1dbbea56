"""Edges across Applications, lifted to the sync that can order them."""

from __future__ import annotations

from test_infer_scene import graph, lines, manifest, release, resources, shown

from wavefix.infer.lift import lift
from wavefix.model import Application, Graph, Resource

STORE, KEYS = (
    "SecretStore.external-secrets.io/web/vault",
    "ExternalSecret.external-secrets.io/web/keys",
)
FROM_STORE = manifest(KEYS, "spec: {secretStoreRef: {kind: SecretStore, name: vault}}")
FIELD = "spec.secretStoreRef.name"


def applications(**parents: str) -> list[Application]:
    return [Application(name, "", (), parent=parent) for name, parent in parents.items()]


def children(*names: str) -> str:
    return "".join(manifest(f"Application.argoproj.io/argocd/{name}") for name in names)


def lifted(found: Graph, apps: list[Application]) -> list[str]:
    return [
        f"{edge.dependent.application}: {shown(edge)}"
        for edge in lift(found, apps)
        if edge.rule == "argocd/lifted"
    ]


def made(**texts: str) -> Graph:
    """The graph of Applications, each with the manifests that it applies."""
    everything: list[Resource] = []
    for name, text in texts.items():
        everything += resources(text, name) if text else []
    return graph(everything)


def test_siblings_are_ordered_by_their_application_objects() -> None:
    found = made(root=children("a", "b"), a=FROM_STORE, b=manifest(STORE))
    apps = applications(root="", a="root", b="root")
    assert lifted(found, apps) == [
        "root: Application.argoproj.io/argocd/a -> Application.argoproj.io/argocd/b "
        f"ready schema argocd/lifted {FIELD}"
    ]
    whole = lift(found, apps)
    assert set(found.edges) < set(whole)
    assert (
        next(edge.why for edge in whole if edge.rule == "argocd/lifted")
        == f"{KEYS} in it needs {STORE}"
    )


def test_what_stands_deeper_is_lifted_to_where_the_lines_meet() -> None:
    found = made(root=children("a", "b"), a=children("inner"), inner=FROM_STORE, b=manifest(STORE))
    assert lifted(found, applications(root="", a="root", b="root", inner="a")) == [
        "root: Application.argoproj.io/argocd/a -> Application.argoproj.io/argocd/b "
        f"ready schema argocd/lifted {FIELD}"
    ]


def test_siblings_further_down_meet_there() -> None:
    found = made(root=children("a"), a=children("p", "q"), p=FROM_STORE, q=manifest(STORE))
    assert lifted(found, applications(root="", a="root", p="a", q="a")) == [
        "a: Application.argoproj.io/argocd/p -> Application.argoproj.io/argocd/q "
        f"ready schema argocd/lifted {FIELD}"
    ]


def test_what_the_parent_applies_itself_is_ordered_as_it_is() -> None:
    apps = applications(root="", a="root")
    assert lifted(made(root=children("a") + manifest(STORE), a=FROM_STORE), apps) == [
        f"root: Application.argoproj.io/argocd/a -> {STORE} ready schema argocd/lifted {FIELD}"
    ]
    assert lifted(made(root=children("a") + FROM_STORE, a=manifest(STORE)), apps) == [
        f"root: {KEYS} -> Application.argoproj.io/argocd/a ready schema argocd/lifted {FIELD}"
    ]


def test_nothing_is_lifted_inside_one_application_or_between_strangers() -> None:
    within = made(root=children("a"), a=FROM_STORE + manifest(STORE))
    assert lifted(within, applications(root="", a="root")) == []
    strangers = made(root=children("a"), a=FROM_STORE, b=manifest(STORE))
    assert lifted(strangers, applications(root="", a="root", b="")) == []
    alone = made(a=FROM_STORE, b=manifest(STORE))
    assert lift(alone, applications(a="", b="")) == alone.edges


def test_a_child_whose_object_is_not_in_sight_is_not_ordered() -> None:
    found = made(root=children("a"), a=FROM_STORE, b=manifest(STORE))
    assert lifted(found, applications(root="", a="root", b="root")) == []


def test_a_parent_that_applies_itself() -> None:
    found = made(root=children("root", "a", "b"), a=FROM_STORE, b=manifest(STORE))
    assert lifted(found, applications(root="root", a="root", b="root")) == [
        "root: Application.argoproj.io/argocd/a -> Application.argoproj.io/argocd/b "
        f"ready schema argocd/lifted {FIELD}"
    ]


def test_parents_in_a_circle_end() -> None:
    found = made(a=FROM_STORE, b=manifest(STORE), c=manifest("Secret/web/x"))
    assert lifted(found, applications(a="c", c="a", b="")) == []


def test_the_surest_of_several_edges_speaks_for_each_need() -> None:
    reader = manifest(
        "Deployment.apps/web/app",
        """
        spec: {template: {spec: {serviceAccountName: x, containers: [{args: [--host, db]}]}}}
        """,
    )
    there = manifest("Service/web/db", "spec: {selector: {app: db}}") + manifest(
        "Deployment.apps/web/db", "spec: {template: {metadata: {labels: {app: db}}}}"
    )
    found = made(root=children("a", "b"), a=reader, b=there + manifest("ServiceAccount/web/x"))
    ends = "root: Application.argoproj.io/argocd/a -> Application.argoproj.io/argocd/b"
    assert lifted(found, applications(root="", a="root", b="root")) == lines(f"""
        {ends} ready heuristic argocd/lifted spec.template.spec.containers[0].args[1]
        {ends} eventually schema argocd/lifted spec.template.spec.serviceAccountName
    """)


def test_a_release_counts_as_what_its_application_applies() -> None:
    found = graph(
        resources(children("app", "b"), "root"),
        release("existingSecret: x"),
        resources(manifest("Secret/web/x"), "b"),
    )
    assert lifted(found, applications(root="", app="root", b="root")) == [
        "root: Application.argoproj.io/argocd/app -> Application.argoproj.io/argocd/b "
        "eventually derived argocd/lifted existingSecret"
    ]
