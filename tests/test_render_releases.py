"""Helm releases rendered by helm itself, as Argo CD calls it, or left whole with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, everything, make
from test_tools import packed, program, runs

from wavefix.model import Finding, Resource

pytestmark = pytest.mark.usefixtures("tools", "fresh")

WAVE = "argocd.argoproj.io/sync-wave"
CHART = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
SHOW = """
apiVersion: v1
kind: ConfigMap
metadata: {name: show}
data:
  release: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
  version: {{ .Capabilities.KubeVersion.Version }}
  monitors: {{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" | quote }}
  values: {{ omit .Values "global" | toJson | quote }}
"""
CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.org}
spec: {group: example.org, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: []}
"""
TEST = """
apiVersion: v1
kind: Pod
metadata: {name: try, annotations: {helm.sh/hook: test}}
"""


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing is known from earlier runs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def tree(root: Path, source: str, files: dict[str, str] | None = None) -> Path:
    """A repository with an Application of the chart `chart`."""
    return make(root, {
        "apps/app.yaml": application("web", f"{{repoURL: '', path: chart{source}}}", None, "shop"),
        "chart/Chart.yaml": CHART,
        "chart/templates/show.yaml": SHOW,
        **(files or {}),
    })  # fmt: skip


def read(root: Path, path: str = "apps") -> tuple[dict[str, Resource], list[Finding]]:
    """What Applications apply, by id, and the findings."""
    resources, findings, wrong = everything(root, path)
    assert wrong == []
    return {r.id: r for r in resources if r.kind != "Application.argoproj.io"}, findings


def release(root: Path, source: str, files: dict[str, str] | None = None) -> dict[str, Resource]:
    return read(tree(root, source, files))[0]


def shown(items: dict[str, Resource]) -> dict[str, str]:
    return dict(items["ConfigMap/shop/show"].body["data"])


def test_the_objects_of_a_chart_take_the_place_of_the_release(tmp_path: Path) -> None:
    items = release(tmp_path, "")
    assert list(items) == ["ConfigMap/shop/show"]
    assert shown(items)["release"] == "web"
    assert shown(items)["namespace"] == "shop"
    assert items["ConfigMap/shop/show"].release == "HelmRelease/shop/web"


@pytest.mark.parametrize(
    ("source", "key", "value"),
    [
        (", helm: {releaseName: other}", "release", "other"),
        (", helm: {namespace: other}", "namespace", "other"),
        (", helm: {kubeVersion: v1.27.3-eks-1}", "version", "v1.27.3"),
        ("", "version", "v1.33.0"),
        (", helm: {apiVersions: [monitoring.coreos.com/v1]}", "monitors", "true"),
        (", helm: {valuesObject: {a: 1, b: {c: 'yes'}}}", "values", '{"a":1,"b":{"c":"yes"}}'),
        (", helm: {values: \"a: yes\\nb: '1'\"}", "values", '{"a":true,"b":"1"}'),
        (", helm: {valuesObject: {a: 1}, values: 'a: 2'}", "values", '{"a":1}'),
        (", helm: {parameters: [{name: a, value: '1'}]}", "values", '{"a":1}'),
        (", helm: {parameters: [{name: a, value: '1', forceString: true}]}", "values", '{"a":"1"}'),
        (", helm: {parameters: [{name: a, value: 'x,y=z'}]}", "values", '{"a":"x,y=z"}'),
        (", helm: {parameters: [{name: a, value: 'x\\,y'}]}", "values", '{"a":"x,y"}'),
        (", helm: {parameters: [{name: a, value: '{x,y}'}]}", "values", '{"a":["x","y"]}'),
        (", helm: {parameters: [{name: a.b\\.c, value: x}]}", "values", '{"a":{"b.c":"x"}}'),
        (", helm: {valuesObject: {a: 1}, parameters: [{name: a, value: '2'}]}", "values",
         '{"a":2}'),
        (", helm: {parameters: [{name: a, value: $ARGOCD_APP_NAME}]}", "values", '{"a":"web"}'),
        (", helm: {parameters: [{name: a, value: '${ARGOCD_APP_NAMESPACE}-x'}]}", "values",
         '{"a":"shop-x"}'),
        (", helm: {parameters: [{name: a, value: '${DOMAIN}'}]}", "values", '{"a":"${DOMAIN}"}'),
        (", helm: {fileParameters: [{name: a, path: text}]}", "values", '{"a":"x: {y}\\n"}'),
        (", helm: {fileParameters: [{name: a, path: /chart/text}]}", "values",
         '{"a":"x: {y}\\n"}'),
        (", helm: {valueFiles: [one.yaml, two.yaml]}", "values", '{"a":2,"b":1}'),
        (", helm: {valueFiles: [two.yaml, one.yaml]}", "values", '{"a":1,"b":1}'),
        (", helm: {valueFiles: [$ARGOCD_APP_NAME.yaml]}", "values", '{"a":3}'),
        (", helm: {ignoreMissingValueFiles: true, valueFiles: [two.yaml, no.yaml]}", "values",
         '{"a":2}'),
        (", helm: {valueFiles: [two.yaml], valuesObject: {a: null}}", "values", '{"a":null}'),
    ],
)  # fmt: skip
def test_helm_is_called_as_argo_cd_calls_it(
    tmp_path: Path, source: str, key: str, value: str
) -> None:
    files = {
        "chart/one.yaml": "{a: 1, b: 1}",
        "chart/two.yaml": "a: 2\n",
        "chart/web.yaml": "a: 3\n",
        "chart/text": "x: {y}\n",
    }
    assert shown(release(tmp_path, source, files))[key] == value


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("", {"crd", "test"}),
        (", helm: {skipCrds: true}", {"test"}),
        (", helm: {skipTests: true}", {"crd"}),
    ],
)
def test_definitions_and_tests_come_unless_they_are_left_out(
    tmp_path: Path, source: str, names: set[str]
) -> None:
    files = {"chart/crds/widgets.yaml": CRD, "chart/templates/tests/try.yaml": TEST}
    items = release(tmp_path, source, files)
    known = {"CustomResourceDefinition.apiextensions.k8s.io/widgets.example.org": "crd",
             "Pod/shop/try": "test"}  # fmt: skip
    assert {known[id] for id in items if id in known} == names


def test_the_configuration_says_which_cluster_it_is(tmp_path: Path) -> None:
    config = "render: {kube_version: '1.28.0', api_versions: [monitoring.coreos.com/v1]}\n"
    data = shown(release(tmp_path, "", {".wavefix.yaml": config}))
    assert (data["version"], data["monitors"]) == ("v1.28.0", "true")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"chart/templates/bad.yaml": "{{ fail `no region is set` }}"}, "no region is set"),
        ({"chart/templates/bad.yaml": "{{ if }}"}, "missing value for if"),
        ({"chart/templates/bad.yaml": "a: [1\n"}, "bad.yaml"),
        ({"chart/values.schema.json": '{"required": ["region"]}'}, "region"),
        ({"chart/Chart.yaml": f"{CHART}kubeVersion: '>=9.0.0'\n"}, "kubeVersion"),
        ({"chart/Chart.yaml": f"{CHART}dependencies:\n- {{name: db, version: 1.0.0,"
          " repository: 'https://charts.example.com'}\n"}, "db 1.0.0 is not in Helm's cache"),
    ],
)  # fmt: skip
def test_what_helm_refuses_is_one_whole_and_told_in_its_words(
    tmp_path: Path, files: dict[str, str], why: str
) -> None:
    plain = {
        "apps/more.yaml": application("other", "{repoURL: '', path: plain}"),
        "plain/a.yaml": "{apiVersion: v1, kind: Service, metadata: {name: a}}",
    }
    root = tree(tmp_path, "", {**plain, **files})
    items, findings = read(root)
    assert set(items) == {"HelmRelease/shop/web", "Service/default/a"}
    (told,) = [one for one in findings if one.resource == "HelmRelease/shop/web"]
    assert told.code == "WF011"
    assert why in told.message
    assert "/tmp" not in told.message


def test_a_chart_that_takes_too_long_is_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVEFIX_HELM", program(tmp_path / "bin", "sleep 30"))
    files = {".wavefix.yaml": "render: {timeout: 0.2}\n"}
    items, findings = read(tree(tmp_path / "tree", "", files))
    assert list(items) == ["HelmRelease/shop/web"]
    assert any("helm was stopped after 0.2 s" in one.message for one in findings)


def test_without_helm_a_chart_is_one_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVEFIX_HELM", "")
    items, findings = read(tree(tmp_path, ""))
    assert list(items) == ["HelmRelease/shop/web"]
    assert any("the chart is not rendered" in one.message for one in findings)


def test_a_published_chart_comes_from_helms_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELM_CACHE_HOME", str(tmp_path / "helm"))
    members = {"shop/Chart.yaml": CHART, "shop/templates/show.yaml": SHOW}
    packed(tmp_path / "helm" / "repository" / "shop-1.0.0.tgz", members)
    source = "{repoURL: 'https://charts.example.com', chart: shop, targetRevision: 1.0.0}"
    root = make(tmp_path / "tree", {"app.yaml": application("web", source, None, "shop")})
    items, _ = read(root, "app.yaml")
    assert shown(items)["release"] == "web"


def test_nothing_is_pulled_for_a_chart_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = program(tmp_path / "bin", "echo run >> $0.runs; exit 1")
    monkeypatch.setenv("WAVEFIX_HELM", tool)
    source = "{repoURL: 'https://charts.example.com', chart: shop, targetRevision: 1.0.0}"
    root = make(tmp_path / "tree", {"app.yaml": application("web", source, None, "shop")})
    items, findings = read(root, "app.yaml")
    assert list(items) == ["HelmRelease/shop/web"]
    assert any("shop 1.0.0 is not in Helm's cache" in one.message for one in findings)
    assert runs(tool) == 0


def test_the_part_of_a_template_that_makes_an_object_is_its_place(tmp_path: Path) -> None:
    text = (
        "{{- range list 1 2 }}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: s{{ . }}\n"
    )
    items = release(tmp_path, "", {"chart/templates/loop.yaml": f"{text}{{{{- end }}}}\n"})
    places = {
        (site.mechanism, site.file, site.document)
        for name in ("s1", "s2")
        for site in items[f"Service/shop/{name}"].sites
    }
    assert places == {("chart-template", str(tmp_path / "chart/templates/loop.yaml"), 1)}


def test_templates_of_published_subcharts_are_left_alone(tmp_path: Path) -> None:
    files = {
        "chart/Chart.yaml": f"{CHART}dependencies:\n- {{name: db, version: 1.0.0,"
        " repository: 'https://charts.example.com'}\n",
        "chart/values.yaml": "db: {}\n",
        "chart/templates/show.yaml": "",  # it shows all values, so that none is of waves only
        "chart/charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
        "chart/charts/db/values.yaml": "annotations: {}\n",
        "chart/charts/db/templates/db.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n"
        "  name: db\n  annotations: {{- toYaml .Values.annotations | nindent 4 }}\n",
    }
    items = release(tmp_path, "", files)
    db = items["Service/shop/db"]
    (site,) = db.sites
    assert (site.mechanism, site.path) == ("helm-values", ("db", "annotations"))
    assert site.file == str(tmp_path / "chart/values.yaml")
    assert db.release == "HelmRelease/shop/web:db"
