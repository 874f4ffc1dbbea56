"""Scenes for the tests of inference, written as manifests; and how a scene finds things."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent
from typing import Any

from wavefix.argocd import phases
from wavefix.catalogue import Catalogue, catalogue, kind_of
from wavefix.config import Config
from wavefix.infer import infer
from wavefix.infer.scene import Ref, Scene, show
from wavefix.model import Edge, Graph, Path, Resource, Value
from wavefix.yamlio import Map, get, load

FILE = "/repo/app.yaml"


def resources(
    text: str, application: str = "app", file: str = FILE, known: Catalogue | None = None
) -> list[Resource]:
    """The objects of a YAML text, as rendering hands them on."""
    known = known or catalogue()
    out = []
    for document in load(dedent(text).lstrip("\n"), file):
        items = get(document.data, "items")
        for body in items if isinstance(items, list) else [document.data]:
            kind, name = kind_of(body), str(get(body, "metadata", "name"))
            own = str(get(body, "metadata", "namespace") or "")
            namespace = "" if known.cluster_scoped(kind) else own or "web"
            out.append(
                Resource(
                    id="/".join(part for part in (kind, namespace, name) if part),
                    application=application,
                    kind=kind,
                    namespace=namespace,
                    name=name,
                    body=body,
                    file=file,
                    line=body.line,
                    phase=phases(get(body, "metadata", "annotations") or {})[0],
                    source_name=name,
                    source_namespace=own,
                )
            )
    return out


def release(
    text: str, name: str = "shop", part: str = "", file: str = "/repo/values.yaml"
) -> Resource:
    """An unrendered release, or a part of one, with the values of a YAML text."""
    documents = load(dedent(text).lstrip("\n"), file)
    id = f"HelmRelease/web/{name}"
    body = Map()
    body.line, body.lines = 1, {}
    return Resource(
        id=f"{id}:{part}" if part else id,
        application="app",
        kind="HelmRelease",
        namespace="web",
        name=name,
        body=body,
        file=file,
        line=1,
        opaque=True,
        parent=id if part else "",
        subchart=bool(part),
        values=tuple(values(documents[0].data, (), file)) if documents else (),
    )


def values(data: Any, path: Path, file: str, line: int = 1) -> list[Value]:
    """Every scalar of some values."""
    if isinstance(data, dict):
        pairs: list[tuple[str | int, Any]] = list(data.items())
    elif isinstance(data, list):
        pairs = list(enumerate(data))
    else:
        return [Value(path, data, file, line)]
    return [
        value
        for step, child in pairs
        for value in values(child, (*path, step), file, data.lines[step])
    ]


def graph(
    *found: str | Resource | list[Resource],
    config: Config | None = None,
    known: Catalogue | None = None,
) -> Graph:
    """What is inferred from YAML texts and resources."""
    known = known or catalogue()
    everything: list[Resource] = []
    for item in found:
        if isinstance(item, str):
            everything += resources(item, known=known)
        else:
            everything += item if isinstance(item, list) else [item]
    return infer(everything, [], known, config or Config())


def shown(edge: Edge) -> str:
    """An edge on a line: `dependent -> dependency needs confidence rule path`."""
    ends = f"{edge.dependent.id} -> {edge.dependency.id}"
    return f"{ends} {edge.needs} {edge.confidence} {edge.rule} {edge.path}"


def edges(made: Graph, *rules: str) -> list[str]:
    """The edges of a graph on a line each; with `rules`, those of the rules that start so."""
    return [shown(edge) for edge in made.edges if not rules or edge.rule.startswith(rules)]


def externals(made: Graph) -> list[str]:
    """The references that lead out of a graph: `dependent -> kind/namespace/name path`."""
    return [
        f"{link.dependent.id} -> "
        + "/".join(part for part in (link.kind, link.namespace, link.name) if part)
        + f" {link.path}"
        for link in made.externals
    ]


def lines(text: str) -> list[str]:
    """The lines of an expectation."""
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


def manifest(id: str, body: str = "") -> str:
    """A manifest for an id such as `Deployment.apps/web/api`, with more of its body as YAML."""
    kind, *namespace, name = id.split("/", 2)
    short, _, group = kind.partition(".")
    where = f", namespace: {namespace[0]}" if namespace else ""
    version = f"{group}/v1" if group else "v1"
    body = dedent(body).strip()
    metadata = "" if body.startswith("metadata:") else f"metadata: {{name: {name}{where}}}\n"
    return f"---\napiVersion: {version}\nkind: {short}\n{metadata}{body}\n"


def scene(*found: Resource) -> Scene:
    return Scene(found, catalogue(), Config())


def test_an_object_is_found_in_its_own_application_first() -> None:
    text = "{apiVersion: v1, kind: Secret, metadata: {name: x, namespace: web}}"
    mine, other = resources(text, "mine")[0], resources(text, "other")[0]
    ref = Ref("Secret", "web", "x")
    assert scene(other, mine).find(ref, mine) is mine
    assert scene(other).find(ref, mine) is other
    assert scene(mine).find(Ref("Secret", "web", "y"), mine) is None


def test_a_name_of_the_source_counts_in_the_same_application_only() -> None:
    text = "{apiVersion: v1, kind: Secret, metadata: {name: x, namespace: web}}"
    renamed = replace(resources(text, "mine")[0], name="prod-x", namespace="prod")
    dependent, stranger = resources(text, "mine")[0], resources(text, "other")[0]
    ref = Ref("Secret", "web", "x")
    assert scene(renamed).find(ref, dependent) is renamed
    assert scene(renamed).find(ref, stranger) is None


def test_paths_are_shown_as_people_write_them() -> None:
    path = ("metadata", "annotations", "a.b/c", "d", 0, "e")
    assert show(path) == 'metadata.annotations["a.b/c"].d[0].e'
