"""ApplicationSets: what each generator makes of a repository, and what templates make of that."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import everything, found, make, manifest, sources

from wavefix.model import Application, Finding

CM = manifest("ConfigMap", "a")
FILES = {
    "apps/web/x.yaml": CM,
    "apps/api/x.yaml": CM,
    "env/dev/config.json": '{"env": "dev", "cluster": {"name": "one", "zones": ["a", "b"]}}',
    "env/prod/config.json": '{"env": "prod", "cluster": {"name": "two", "zones": ["c"]}}',
    "env/prod/more/config.json": '[{"env": "p1"}, {"env": "p2"}]',
    "env/top.yaml": "env: top\n",
    "empty.yaml": "",
}
LIST = "list: {elements: [{env: dev, zone: eu}, {env: prod, zone: us}]}"
GIT = "git: {directories: [{path: apps/*}]}"


def appset(generator: str, name: str, source: str = "{path: apps/web}", more: str = "") -> str:
    """An ApplicationSet of Go templates; `more` goes into its spec."""
    return manifest(
        "argoproj.io/ApplicationSet", "set", more=f"spec:\n  goTemplate: true\n{more}  generators:"
        f"\n  - {generator}\n  template:\n    metadata: {{name: '{name}'}}\n    spec:\n"
        f"      source: {source}\n      destination: {{namespace: x}}\n",
    )  # fmt: skip


def made(
    root: Path, text: str, files: dict[str, str] = FILES
) -> tuple[list[Application], list[Finding]]:
    make(root, {**files, "argocd/set.yaml": text})
    (item,) = [item for item in found(root, "argocd") if not item.leftover]
    return list(item.component.applications), list(item.findings)


GO = "{{.path.basename}}"


@pytest.mark.parametrize(
    ("generator", "name", "names"),
    [
        # git.go: files, their content, and where they stand
        ("git: {files: [{path: env/*/config.json}]}", "{{.env}}", ["dev", "p1", "p2", "prod"]),
        ("git: {files: [{path: env/dev/config.json}]}", "{{.cluster.name}}", ["one"]),
        ("git: {files: [{path: env/dev/config.json}]}", "{{index .cluster.zones 1}}", ["b"]),
        ("git: {files: [{path: env/dev}]}", "{{.env}}", ["dev"]),
        ("git: {files: [{path: env/dev/config.json}]}",
         "{{.path.basename}}-{{.path.filename}}-{{index .path.segments 0}}",
         ["dev-config.json-env"]),
        ("git: {files: [{path: env/top.yaml}]}",
         "{{.path.path}}-{{.path.filenameNormalized}}", ["env-top.yaml"]),
        ("git: {files: [{path: env/*.yaml}]}", "{{.env}}", ["top"]),
        ("git: {files: [{path: 'env/*'}, {path: '*/prod/*', exclude: true}]}", "{{.env}}",
         ["dev", "top"]),
        ("git: {files: [{path: empty.yaml}]}", "at-{{.path.basename}}-x", ["at-.-x"]),
        ("git: {files: [{path: nowhere.yaml}]}", "x", []),
        ("git: {pathParamPrefix: here, files: [{path: env/top.yaml}]}",
         "{{.here.path.basename}}-{{.env}}", ["env-top"]),
        ("git: {values: {a: 'v-{{.env}}'}, files: [{path: env/top.yaml}]}", "{{.values.a}}",
         ["v-top"]),
        # list.go
        ("list: {elementsYaml: '[{env: a}, {env: b}]'}", "{{.env}}", ["a", "b"]),
        ("list: {elements: [{env: z}], elementsYaml: '[{env: a}]'}", "{{.env}}", ["z", "a"]),
        ("list: {elementsYaml: '[]'}", "{{.env}}", []),
        # matrix.go: the second is filled with the first, which counts where both say something
        (f"matrix: {{generators: [{{{LIST}}}, {{{GIT}}}]}}", "{{.env}}-" + GO,
         ["dev-api", "dev-web", "prod-api", "prod-web"]),
        (f"matrix: {{generators: [{{{LIST}}}, {{list: {{elements: [{{env: x, n: 1}}]}}}}]}}",
         "{{.env}}-{{.n}}", ["dev-1", "prod-1"]),
        (f"matrix: {{generators: [{{{LIST}}}, "
         "{git: {files: [{path: 'env/{{.env}}/config.json'}]}}]}",
         "{{.env}}-{{.cluster.name}}", ["dev-one", "prod-two"]),
        ("matrix: {generators: [{git: {files: [{path: env/dev/config.json}]}}, "
         "{list: {elementsYaml: '{{ .cluster.zones | toJson }}'}}]}", "{{.env}}", []),
        ("matrix: {generators: [{list: {elements: [{all: [{n: a}, {n: b}]}]}}, "
         "{list: {elementsYaml: '{{ .all | toJson }}'}}]}", "{{.n}}", ["a", "b"]),
        (f"matrix: {{generators: [{{matrix: {{generators: [{{{LIST}}}, {{{GIT}}}]}}}}, "
         "{list: {elements: [{n: 1}]}}]}",
         "{{.env}}-" + GO + "-{{.n}}", ["dev-api-1", "dev-web-1", "prod-api-1", "prod-web-1"]),
        # merge.go: the sets of the first, with what the others say for the same keys
        (f"merge: {{mergeKeys: [env], generators: [{{{LIST}}}, "
         "{list: {elements: [{env: prod, zone: asia}, {env: test, zone: x}]}}]}",
         "{{.env}}-{{.zone}}", ["dev-eu", "prod-asia"]),
        (f"merge: {{mergeKeys: [env, zone], generators: [{{{LIST}}}, "
         "{list: {elements: [{env: prod, zone: asia}, {env: prod, zone: us, env2: q}]}}]}",
         "{{.env}}-{{.env2 | default `none`}}", ["dev-none", "prod-q"]),
        # generator_spec_processor.go: selector, on flattened parameters
        (f"{{{LIST}, selector: {{matchLabels: {{env: prod}}}}}}", "{{.env}}", ["prod"]),
        (f"{{{LIST}, selector: {{matchExpressions: [{{key: zone, operator: NotIn, "
         "values: [us]}]}}", "{{.env}}", ["dev"]),
        (f"{{{LIST}, selector: {{matchExpressions: [{{key: env, operator: Exists}}, "
         "{key: x, operator: DoesNotExist}]}}", "{{.env}}", ["dev", "prod"]),
        (f"{{{LIST}, selector: {{matchExpressions: [{{key: x, operator: In, values: [a]}}]}}}}",
         "{{.env}}", []),
        ("{git: {files: [{path: env/*/config.json}]}, "
         "selector: {matchLabels: {cluster.name: two}}}", "{{.env}}", ["prod"]),
        (f"matrix: {{generators: [{{{LIST}, selector: {{matchLabels: {{env: dev}}}}}}, "
         f"{{{GIT}}}]}}",
         "{{.env}}-" + GO, ["dev-api", "dev-web"]),
    ],
)  # fmt: skip
def test_generators(tmp_path: Path, generator: str, name: str, names: list[str]) -> None:
    apps, findings = made(tmp_path, appset(generator, name))
    assert sorted(app.name for app in apps) == sorted(names)
    assert findings == []


@pytest.mark.parametrize(
    ("generator", "name", "names"),
    [
        (GIT, "{{path}}", ["apps/api", "apps/web"]),
        (GIT, "{{ path[0] }}-{{path.basename}}", ["apps-api", "apps-web"]),
        (LIST, "{{env}}", ["dev", "prod"]),
        ("list: {elements: [{values: {a: b}}]}", "x-{{values.a}}", ["x-b"]),
        ("git: {values: {a: '{{path.basename}}-v'}, directories: [{path: apps/web}]}",
         "{{values.a}}", ["web-v"]),
        ("git: {files: [{path: env/dev/config.json}]}",
         "{{cluster.name}}-{{cluster.zones.1}}-{{path.filename}}", ["one-b-config.json"]),
        (f"matrix: {{generators: [{{{LIST}}}, {{{GIT}}}]}}", "{{env}}-{{path.basename}}",
         ["dev-api", "dev-web", "prod-api", "prod-web"]),
        # a tag is a name: Go's expressions are left as they are
        ("git: {directories: [{path: apps/web}]}", "{{ .path.basename }}", ["set-web"]),
        ("git: {directories: [{path: apps/web}]}", "{{ path.basename | lower }}", ["set-web"]),
    ],
)  # fmt: skip
def test_templates_of_the_old_kind(
    tmp_path: Path, generator: str, name: str, names: list[str]
) -> None:
    text = appset(generator, name).replace("  goTemplate: true\n", "")
    assert sorted(app.name for app in made(tmp_path, text)[0]) == names


@pytest.mark.parametrize(
    ("generator", "name", "names", "told"),
    [
        ("clusters: {}", "{{.name}}-web", ["{{.name}}-web"], ["clusters"]),
        ("clusters: {values: {tier: gold}}", "{{.name}}-{{.values.tier}}", ["{{.name}}-gold"],
         ["clusters"]),
        ("{clusters: {}, selector: {matchLabels: {env: prod}}}", "{{.name}}", ["{{.name}}"],
         ["clusters"]),
        ("scmProvider: {github: {organization: x}}", "{{.repository}}", ["{{.repository}}"],
         ["scmProvider"]),
        ("pullRequest: {github: {owner: x}}", "pr-{{.number}}", ["pr-{{.number}}"],
         ["pullRequest"]),
        ("plugin: {configMapRef: {name: x}}", "{{.x}}", ["{{.x}}"], ["plugin"]),
        (f"matrix: {{generators: [{{clusters: {{}}}}, {{{GIT}}}]}}", "{{.name}}-" + GO,
         ["{{.name}}-api", "{{.name}}-web"], ["clusters"]),
        (f"matrix: {{generators: [{{{GIT}}}, {{clusters: {{}}}}]}}", "{{.name}}",
         ["set-web", "{{.name}}"], ["clusters"]),
        ("matrix: {generators: [{clusters: {}}, "
         "{git: {files: [{path: 'env/{{.name}}/config.json'}]}}]}",
         "{{.name}}-{{.env}}", [f"{{{{.name}}}}-{env}" for env in ("dev", "p1", "p2", "prod")],
         ["clusters"]),
        (f"merge: {{mergeKeys: [env], generators: [{{clusters: {{}}}}, {{{LIST}}}]}}",
         "{{.name}}", ["{{.name}}"], ["clusters"]),
        ("list: {elementsYaml: '{{ .nothing }}'}", "{{.env}}", ["{{.env}}"], ["list"]),
    ],
)  # fmt: skip
def test_what_other_systems_know_stands_once(
    tmp_path: Path, generator: str, name: str, names: list[str], told: list[str]
) -> None:
    apps, findings = made(tmp_path, appset(generator, name))
    assert sorted(app.name for app in apps) == names
    assert [(f.code, f.severity) for f in findings] == [("WF011", "note")] * len(told)
    assert all(f"`{kind}`" in f.message for kind, f in zip(told, findings, strict=True))


def test_a_generator_may_have_a_template_of_its_own(tmp_path: Path) -> None:
    """generator_spec_processor.go, mergeGeneratorTemplate: what it says counts."""
    generator = (
        "list: {elements: [{env: dev}], template: {metadata: {}, spec: {source: {path: apps/api}}}}"
    )
    (app,), _ = made(tmp_path, appset(generator, "{{.env}}"))
    assert (app.name, sources(app, tmp_path)) == ("dev", ["directory apps/api"])
    assert app.namespace == "x"


@pytest.mark.parametrize(
    ("patch", "namespace", "applies"),
    [
        ("spec: {destination: {namespace: '{{.env}}'}}", "dev", "directory apps/web"),
        ("spec: {source: {path: apps/api}}", "x", "directory apps/api"),
        ("spec: {source: null, sources: [{path: apps/api}]}", "x", "directory apps/api"),
        ("spec: {source: {helm: {releaseName: w}}}", "x", "helm apps/web"),
        ("metadata: {labels: {a: b}}", "x", "directory apps/web"),
    ],
)
def test_template_patch(tmp_path: Path, patch: str, namespace: str, applies: str) -> None:
    more = f"  templatePatch: |\n    {patch}\n"
    generator = "list: {elements: [{env: dev}]}"
    (app,), findings = made(tmp_path, appset(generator, "{{.env}}", more=more))
    assert (app.namespace, sources(app, tmp_path)) == (namespace, [applies])
    assert findings == []


@pytest.mark.parametrize(
    ("patch", "namespaces"),
    [
        ('{{- if eq .env "prod" }}\n  spec: {destination: {namespace: live}}\n  {{- end }}',
         ["x", "live"]),
        ('spec:\n  {{- if eq .env "prod" }}\n    destination: {namespace: a}\n  {{- else }}\n'
         "    destination: {namespace: '{{ .env }}'}\n  {{- end }}", ["dev", "a"]),
        ("{{- range list .env }}\n  spec: {destination: {namespace: '{{ . }}-z'}}\n  {{- end }}",
         ["dev-z", "prod-z"]),
        ("{{- with .region }}\n  spec: {destination: {namespace: '{{ . }}'}}\n  {{- end }}",
         ["x", "x"]),
        ('spec: {{ dict "destination" (dict "namespace" (printf "%s-1" .env)) | toJson }}',
         ["dev-1", "prod-1"]),
        ("spec:\n    destination:{{ dict \"namespace\" .env | toYaml | nindent 6 }}",
         ["dev", "prod"]),
    ],
)  # fmt: skip
def test_a_template_patch_with_conditions_and_loops(
    tmp_path: Path, patch: str, namespaces: list[str]
) -> None:
    apps, findings = made(
        tmp_path,
        appset(
            LIST,
            "{{.env}}",
            more=f"  templatePatch: |\n    {patch.replace(chr(10), chr(10) + '  ')}\n",
        ),
    )
    assert [app.namespace for app in apps] == namespaces
    assert findings == []


def test_a_condition_on_what_only_clusters_tell_is_not_decided(tmp_path: Path) -> None:
    patch = "{{- if .metadata.labels.x }}\n    spec: {destination: {namespace: y}}\n    {{- end }}"
    text = appset("clusters: {}", "{{.name}}", more=f"  templatePatch: |\n    {patch}\n")
    (app,), findings = made(tmp_path, text)
    assert app.namespace == "x"
    assert any("templatePatch of ApplicationSet set is not read" in f.message for f in findings)


def test_a_missing_key_in_a_condition_is_forbidden_as_well(tmp_path: Path) -> None:
    patch = "{{- if .region }}\n    spec: {destination: {namespace: y}}\n    {{- end }}"
    more = f"  goTemplateOptions: [missingkey=error]\n  templatePatch: |\n    {patch}\n"
    apps, findings = made(tmp_path, appset(LIST, "{{.env}}", more=more))
    assert [app.namespace for app in apps] == ["x", "x"]
    warning = next(f for f in findings if f.severity == "warning")
    assert "`{{- if .region }}` of ApplicationSet set has no value" in warning.message


def test_a_template_patch_that_cannot_be_filled_is_told_once(tmp_path: Path) -> None:
    more = "  templatePatch: |\n    {{- range .zones.all }}\n    spec: {}\n    {{- end }}\n"
    apps, (finding,) = made(tmp_path, appset(LIST, "{{.env}}", more=more))
    assert [app.name for app in apps] == ["dev", "prod"]
    assert finding.code == "WF011"
    assert "templatePatch of ApplicationSet set is not read" in finding.message


@pytest.mark.parametrize(
    ("options", "generator", "name", "told"),
    [
        ("[missingkey=error]", LIST, "{{.env}}-{{ .region }}", ["{{ .region }}"]),
        ("[missingkey=error]", LIST, "{{.env}}-{{.zone}}", []),
        ("[missingkey=error]", LIST, "{{.env}}-{{.x.y}}", ["{{.x.y}}"]),
        ("[missingkey=zero]", LIST, "{{.env}}-{{.region}}", []),
        ("missingkey=error", LIST, "{{.env}}-{{.region}}", []),
        ("[missingkey=error]", LIST, "{{.env}}-{{.region | lower}}", []),  # not understood
        # what other systems know may well be there
        ("[missingkey=error]", "clusters: {}", "{{.name}}", []),
    ],
)
def test_go_template_options(
    tmp_path: Path, options: str, generator: str, name: str, told: list[str]
) -> None:
    text = appset(generator, name, more=f"  goTemplateOptions: {options}\n")
    findings = [f for f in made(tmp_path, text)[1] if f.severity == "warning"]
    assert [finding.message.split("`")[1] for finding in findings] == told


WAVE = "argocd.argoproj.io/sync-wave"


@pytest.mark.parametrize(
    ("source", "patch", "declared", "fixed"),
    [
        (f"helm: {{valuesObject: {{web: {{annotations: {{{WAVE}: '2'}}}}}}}}", "", 2, False),
        (f"helm: {{valuesObject: {{web: {{annotations: {{{WAVE}: '{{{{.wave}}}}'}}}}}}}}", "",
         5, True),
        (f'helm: {{values: "web: {{annotations: {{{WAVE}: \\"2\\"}}}}"}}', "", 2, False),
        (f'helm: {{values: "web: {{annotations: {{{WAVE}: \\"{{{{.wave}}}}\\"}}}}"}}', "",
         5, True),
        ("helm: {values: '{{.all}}'}", "", 7, True),
        ("helm: {}", f"valuesObject: {{web: {{annotations: {{{WAVE}: '3'}}}}}}", 3, True),
    ],
)  # fmt: skip
def test_a_wave_that_a_template_makes_is_never_overwritten(
    tmp_path: Path, source: str, patch: str, declared: int, fixed: bool
) -> None:
    more = f"  templatePatch: |\n    spec: {{source: {{helm: {{{patch}}}}}}}\n" if patch else ""
    generator = "list: {elements: [{wave: '5', all: '{web: {annotations: {" + WAVE + ': "7"}}}\'}]}'
    text = appset(generator, "web", f"{{chart: web, {source}}}", more)
    make(tmp_path, {"argocd/set.yaml": text})
    resources, _, errors = everything(tmp_path, "argocd")
    assert errors == []
    (part,) = [item for item in resources if item.sites]
    assert part.declared == declared
    assert bool(part.fixed) is fixed
    if fixed:
        assert part.fixed == "its wave is made by the ApplicationSet's template"
