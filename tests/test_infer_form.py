"""What each key of the rule form does, by rules of a house of its own."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

from pathlib import Path

import pytest
from test_infer_scene import edges, externals, graph, manifest, resources

from wavefix.catalogue import Catalogue, catalogue
from wavefix.model import Graph

HEAD = "ecosystem: house\ndocs: https://example.org\nkinds: {cluster: [Site.ex.org]}\n"
A = "Widget.ex.org/web/a"
DEPLOYMENT = "Deployment.apps/web/d"


@pytest.fixture
def known(request: pytest.FixtureRequest, tmp_path: Path) -> Catalogue:
    file = tmp_path / "house.yaml"
    file.write_text(HEAD + request.param)
    return catalogue((str(file),))


def made(known: Catalogue, text: str) -> Graph:
    return graph(resources(text, known=known), known=known)


def rule(more: str) -> str:
    return f"rules:\n- {{id: house/r, from: Widget.ex.org, to: Secret, needs: present, {more}}}\n"


def widget(spec: str, notes: str = "") -> str:
    return manifest(
        A, f"metadata: {{name: a, namespace: web, annotations: {{{notes}}}}}\nspec: {{{spec}}}"
    )


def refers(known: Catalogue, text: str, *more: str) -> list[str]:
    """What the widget refers to: `id path`."""
    found = edges(made(known, text + "".join(map(manifest, more))), "house/")
    return [" ".join((line.split()[2], line.split()[6])) for line in found]


@pytest.mark.parametrize("known", [rule("path: [spec.x, 'spec.y[]']")], indirect=True)
def test_several_paths(known: Catalogue) -> None:
    found = refers(known, widget("x: a, y: [b, c]"), "Secret/web/a", "Secret/web/c")
    assert found == ["Secret/web/a spec.x", "Secret/web/c spec.y[1]"]


@pytest.mark.parametrize("known", [rule("path: 'spec.x{keys}'")], indirect=True)
def test_keys_of_a_map(known: Catalogue) -> None:
    assert refers(known, widget("x: {a: {}, b: 1}"), "Secret/web/a") == ["Secret/web/a spec.x.a"]


SLASHED = rule("path: spec.x, pattern: '(?:(?P<namespace>[^/,]+)/)?(?P<name>[^/,]+)'")


@pytest.mark.parametrize("known", [SLASHED], indirect=True)
def test_a_pattern_finds_every_reference(known: Catalogue) -> None:
    found = refers(
        known, widget("x: 'a,other/b'"), "Secret/web/a", "Secret/other/b", "Secret/web/b"
    )
    assert found == ["Secret/other/b spec.x", "Secret/web/a spec.x"]
    assert externals(made(known, widget("x: other/b"))) == [f"{A} -> Secret/other/b spec.x"]


JOINED = rule("path: spec.x, pattern: '(?P<joined>[a-z-]+)@'")


@pytest.mark.parametrize("known", [JOINED], indirect=True)
def test_namespace_and_name_joined_by_a_dash(known: Catalogue) -> None:
    assert refers(known, widget("x: my-ns-my-key@file"), "Secret/my-ns/my-key") == [
        "Secret/my-ns/my-key spec.x"
    ]
    assert refers(known, widget("x: my-ns-my-key@file"), "Secret/my/key") == []


KINDS = """\
rules:
- id: house/r
  from: Widget.ex.org
  to: [Secret, ConfigMap]
  needs: present
  path: spec.x
  pattern: '(?P<kind>\\w+)/(?P<name>[^/]+)'
"""


@pytest.mark.parametrize("known", [KINDS], indirect=True)
def test_a_kind_in_the_text(known: Catalogue) -> None:
    both = ("Secret/web/a", "ConfigMap/web/a")
    assert refers(known, widget("x: ConfigMap/a"), *both) == ["ConfigMap/web/a spec.x"]


@pytest.mark.parametrize("known", [rule("path: spec.x, in: home, namespace: where")], indirect=True)
def test_the_namespace_that_is_meant(known: Catalogue) -> None:
    both = ("Secret/web/a", "Secret/home/a")
    assert refers(known, widget("x: {name: a}"), *both) == ["Secret/home/a spec.x.name"]
    assert refers(known, widget("x: {name: a, where: web}"), *both) == ["Secret/web/a spec.x.name"]


@pytest.mark.parametrize("known", [rule("path: spec.x, default: usual")], indirect=True)
def test_what_is_meant_where_a_field_is_left_out(known: Catalogue) -> None:
    both = ("Secret/web/usual", "Secret/web/a")
    assert refers(known, widget(""), *both) == ["Secret/web/usual kind"]
    assert refers(known, widget("x: a"), *both) == ["Secret/web/a spec.x"]


CONDITIONS = rule("path: spec.x, given: {spec.kind: [one, two]}, unless: {spec.off: [true]}")


@pytest.mark.parametrize("known", [CONDITIONS], indirect=True)
@pytest.mark.parametrize(
    ("spec", "holds"),
    [
        ("x: a, kind: one", True),
        ("x: a, kind: two, off: false", True),
        ("x: a, kind: three", False),
        ("x: a", False),
        ("x: a, kind: one, off: true", False),
    ],
)
def test_conditions(known: Catalogue, spec: str, holds: bool) -> None:
    assert bool(refers(known, widget(spec), "Secret/web/a")) is holds


@pytest.mark.parametrize("known", [rule("path: spec.x, unless: {spec.y: [null]}")], indirect=True)
def test_null_stands_for_absent(known: Catalogue) -> None:
    assert refers(known, widget("x: a, y: 1"), "Secret/web/a")
    assert not refers(known, widget("x: a"), "Secret/web/a")


SELECTS = """\
rules:
- {id: house/labels, from: Widget.ex.org, path: spec.of, to: Secret, select: true, needs: present}
- {id: house/pods, from: Widget.ex.org, path: spec.pods, to: podspec, select: true, needs: ready}
"""


@pytest.mark.parametrize("known", [SELECTS], indirect=True)
def test_selectors(known: Catalogue) -> None:
    labelled = manifest(
        "Secret/web/a", "metadata: {name: a, namespace: web, labels: {app: x, tier: y}}"
    )
    other = manifest("Secret/other/a", "metadata: {name: a, namespace: other, labels: {app: x}}")
    pods = manifest(DEPLOYMENT, "spec: {template: {metadata: {labels: {app: x}}}}")
    text = labelled + other + pods
    for selector in (
        "app: x",
        "matchLabels: {app: x}",
        "matchExpressions: [{key: app, operator: In, values: [x, z]}]",
    ):
        assert refers(known, text + widget(f"of: {{{selector}}}")) == ["Secret/web/a spec.of"]
    assert refers(known, text + widget("pods: {app: x}")) == [f"{DEPLOYMENT} spec.pods"]
    for nothing in ("of: {}", "of: {app: z}", "of: {matchLabels: {}}", "pods: {tier: y}"):
        assert refers(known, text + widget(nothing)) == []


POD_META = """\
rules:
- {id: house/meta, from: podmeta, path: 'annotations."ex.org/widget"', to: Widget.ex.org, needs: ready}
"""


@pytest.mark.parametrize("known", [POD_META], indirect=True)
def test_the_metadata_of_pods(known: Catalogue) -> None:
    note = "metadata: {annotations: {ex.org/widget: a}}"
    cron = manifest(
        "CronJob.batch/web/c", f"spec: {{jobTemplate: {{spec: {{template: {{{note}}}}}}}}}"
    )
    text = widget("") + manifest(DEPLOYMENT, f"spec: {{template: {{{note}}}}}") + cron
    assert len(edges(made(known, text), "house/meta")) == 2


def makes(more: str) -> str:
    return f"makes:\n- {{id: house/m, from: [Widget.ex.org, Site.ex.org], kind: Secret, {more}}}\n"


READER = manifest("Pod/web/p", "spec: {imagePullSecrets: [{name: a-tls}, {name: b-tls}]}")


def makers(known: Catalogue, text: str) -> list[str]:
    return [line.split()[2] for line in edges(made(known, text + READER), "house/m")]


@pytest.mark.parametrize("known", [makes("name: '$(metadata.name)-tls'")], indirect=True)
def test_names_of_what_is_made(known: Catalogue) -> None:
    assert makers(known, widget("")) == [A]


@pytest.mark.parametrize("known", [makes("name: =a-tls")], indirect=True)
def test_a_name_that_is_always_the_same(known: Catalogue) -> None:
    assert makers(known, widget("")) == [A]


@pytest.mark.parametrize("known", [makes("name: '$(spec.of[].name)-tls'")], indirect=True)
def test_several_objects_made(known: Catalogue) -> None:
    assert makers(known, widget("of: [{name: a}, {name: c}, {name: b}]")) == [A, A]
    assert makers(known, widget("of: [{name: c}]")) == []


@pytest.mark.parametrize(
    "known", [makes("name: '$(spec.users{keys})-tls', given: {spec.on: [true]}")], indirect=True
)
def test_names_from_keys(known: Catalogue) -> None:
    assert makers(known, widget("users: {a: {}, b: {}}, on: true")) == [A, A]
    assert makers(known, widget("users: {a: {}}")) == []


@pytest.mark.parametrize("known", [makes("name: spec.x, namespace: 'spec.spaces'")], indirect=True)
@pytest.mark.parametrize(
    ("spaces", "holds"), [("[one, web]", True), ("'one, web'", True), ("[one]", False)]
)
def test_namespaces_of_what_is_made(known: Catalogue, spaces: str, holds: bool) -> None:
    assert (
        bool(makers(known, manifest("Site.ex.org/s", f"spec: {{x: a-tls, spaces: {spaces}}}")))
        is holds
    )


@pytest.mark.parametrize("known", [makes("name: spec.x, namespace: '*'")], indirect=True)
def test_made_in_every_namespace(known: Catalogue) -> None:
    assert makers(known, manifest("Site.ex.org/s", "spec: {x: a-tls}")) == ["Site.ex.org/s"]


@pytest.mark.parametrize("known", [makes("name: spec.x, in: web")], indirect=True)
def test_made_where_its_operator_is(known: Catalogue) -> None:
    assert makers(known, manifest("Site.ex.org/s", "spec: {x: a-tls}")) == ["Site.ex.org/s"]
    assert makers(known, manifest("Widget.ex.org/other/w", "spec: {x: a-tls}")) == []


DEFINES = """\
defines:
- {id: house/d, from: Site.ex.org, kind: $(spec.names.kind), group: $(spec.group), given: {spec.on: [true]}}
"""


@pytest.mark.parametrize("known", [DEFINES], indirect=True)
def test_kinds_that_an_object_defines(known: Catalogue) -> None:
    site = manifest("Site.ex.org/s", "spec: {on: true, group: new.org, names: {kind: Thing}}")
    text = site + manifest("Thing.new.org/web/t") + manifest("Thing.old.org/web/t")
    assert edges(made(known, text), "house/") == [
        "Thing.new.org/web/t -> Site.ex.org/s ready derived house/d kind"
    ]
    assert edges(made(known, text.replace("on: true", "on: false")), "house/") == []


GROUP = """\
rules:
- {id: house/r, from: "*.ex.org", path: spec.x, to: Secret, needs: present}
policies:
- {id: house/p, from: "*.pol.org"}
"""


@pytest.mark.parametrize("known", [GROUP], indirect=True)
def test_every_kind_of_a_group(known: Catalogue) -> None:
    text = (
        widget("x: a") + manifest("Other.ex.org/web/o", "spec: {x: a}") + manifest("Secret/web/a")
    )
    text += manifest("Odd.or.ex.org/web/o", "spec: {x: a}")
    assert [line.split()[0] for line in edges(made(known, text))] == ["Other.ex.org/web/o", A]
    text = manifest("Rule.pol.org/web/r") + manifest(DEPLOYMENT)
    assert [line.split()[2] for line in edges(made(known, text))] == ["Rule.pol.org/web/r"]
    assert known.knows("Rule.pol.org")
    assert not known.knows("Rule.or.pol.org")


POLICY = """\
policies:
- id: house/p
  from: [Site.ex.org]
  kinds: 'spec.kinds[]'
  namespaces: 'spec.only[]'
  excluded: 'spec.not[]'
  unless: {spec.audit: [true]}
rules:
- {id: house/needs, from: Site.ex.org, path: spec.by, to: [Deployment.apps], in: system, needs: ready}
"""
LOOKS = [
    ("kinds: [Pod]", True),
    ("kinds: [pods]", True),
    ("kinds: ['*']", True),
    ("kinds: [apps/v1/Deployment]", True),
    ("kinds: [Deployment], only: ['we*']", True),
    ("kinds: [Secret]", False),
    ("kinds: [StatefulSet]", False),
    ("kinds: [Pod], only: [other]", False),
    ("kinds: [Pod], not: [web, other]", False),
    ("kinds: [Pod], audit: true", False),
]


@pytest.mark.parametrize("known", [POLICY], indirect=True)
@pytest.mark.parametrize(("spec", "holds"), LOOKS)
def test_policies_of_the_cluster(known: Catalogue, spec: str, holds: bool) -> None:
    text = manifest("Site.ex.org/s", f"spec: {{{spec}, by: engine}}") + manifest(DEPLOYMENT)
    text += manifest("Deployment.apps/system/engine")  # what a policy itself needs comes before it
    found = [line for line in edges(made(known, text), "house/p") if "system" not in line]
    assert found == (
        [f"{DEPLOYMENT} -> Site.ex.org/s before derived house/p metadata.name"] if holds else []
    )
    assert not any("engine ->" in line for line in edges(made(known, text)))


HOSTS = """\
hosts:
- {id: house/h, from: Widget.ex.org, path: 'spec.servers[]', needs: ready, why: it logs in there}
makes:
- {id: house/s, from: Site.ex.org, kind: Service, name: $(metadata.name)-rw, namespace: spec.in, why: it runs}
"""


@pytest.mark.parametrize("known", [HOSTS], indirect=True)
def test_fields_that_hold_hosts(known: Catalogue) -> None:
    service = manifest("Service/db/pg", "spec: {selector: {app: pg}}")
    pods = manifest("StatefulSet.apps/db/pg", "spec: {template: {metadata: {labels: {app: pg}}}}")
    text = service + pods + widget("servers: ['http://pg.db.svc:80', elsewhere.example.com]")
    assert edges(made(known, text), "house/h") == [
        f"{A} -> Service/db/pg eventually heuristic house/h spec.servers[0]",
        f"{A} -> StatefulSet.apps/db/pg ready heuristic house/h spec.servers[0]",
    ]


@pytest.mark.parametrize("known", [HOSTS], indirect=True)
def test_hosts_of_services_that_are_made(known: Catalogue) -> None:
    site = manifest("Site.ex.org/main", "spec: {in: db}")
    body = "spec: {containers: [{env: [{name: DB_HOST, value: main-rw.db}]}]}"
    assert edges(made(known, site + manifest("Pod/web/p", body)), "core/host") == [
        "Pod/web/p -> Site.ex.org/main ready heuristic core/host spec.containers[0].env[0].value"
    ]
    assert edges(made(known, site + widget("servers: [main-rw.db.svc]")), "house/h") == [
        f"{A} -> Site.ex.org/main ready heuristic house/h spec.servers[0]"
    ]


def test_what_is_cached_is_what_the_files_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wavefix.rules import builtin

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fresh = builtin.builtin()
    [cached] = (tmp_path / "wavefix").iterdir()
    assert builtin.builtin() == fresh
    cached.write_bytes(b"\\xc1 broken")
    assert builtin.builtin() == fresh
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("no directory")
    assert builtin.builtin() == fresh
