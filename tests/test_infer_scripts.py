"""Which scripts a workload runs, and what they install by helm."""

from __future__ import annotations

import pytest
from test_infer_scene import manifest, resources

from wavefix.catalogue import catalogue
from wavefix.config import Config
from wavefix.infer.helmcli import Installation, applied, installations
from wavefix.infer.scene import Scene
from wavefix.infer.scripts import scripts

HERE = "spec.template.spec.containers[0]"


def run(container: str, volumes: str = "[]", more: str = "") -> list[tuple[str, str]]:
    """The scripts of a Job: their texts, and where each stands."""
    spec = f"containers: [{container}], volumes: {volumes}"
    job = manifest("Job.batch/web/j", f"spec: {{template: {{spec: {{{spec}}}}}}}")
    scene = Scene(tuple(resources(job + more)), catalogue(), Config())
    [found] = scene.of_kind("Job.batch")
    return [(script.text, script.where.path) for script in scripts(scene, found)]


def test_each_word_of_a_tool_is_an_argument() -> None:
    assert run("{command: [/usr/bin/kubectl], args: [create, secret, generic, x]}") == [
        ("/usr/bin/kubectl create secret generic x", f"{HERE}.command[0]")
    ]


def test_each_word_of_a_shell_is_a_script_of_its_own() -> None:
    assert run("{command: [sh, -c, echo, 'helm list ']}") == [("helm list ", f"{HERE}.command[3]")]


def test_variables_that_are_written_out_are_filled_in() -> None:
    env = "env: [{name: A, value: x}, {name: B, valueFrom: {}}]"
    assert run(f"{{{env}, args: ['kubectl get $A ${{A}} $(B) $C']}}") == [
        ("kubectl get x x $(B) $C", f"{HERE}.args[0]")
    ]


MOUNTED = "[{name: s, configMap: {name: scripts}}]"
SCRIPTS = manifest(
    "ConfigMap/web/scripts",
    "data: {run.sh: 'kubectl get pods', other.sh: 'kubectl get nodes', read.me: 'see kubectl'}",
)
AT = "volumeMounts: [{name: s, mountPath: /scripts}]"


@pytest.mark.parametrize(
    ("container", "found"),
    [
        (f"command: [/scripts/run.sh], {AT}", True),
        (f"command: [sh, -c, 'exec /scripts/run.sh now'], {AT}", True),
        (
            "command: [/run.sh], volumeMounts: [{name: s, mountPath: /run.sh, subPath: run.sh}]",
            True,
        ),
        ("command: [/scripts/run.sh], volumeMounts: [{name: t, mountPath: /scripts}]", False),
        (f"command: [/scripts/read.me], {AT}", False),
        (AT, False),
    ],
)
def test_scripts_that_a_config_map_holds(container: str, found: bool) -> None:
    assert run(f"{{{container}}}", MOUNTED, SCRIPTS) == (
        [("kubectl get pods", 'data["run.sh"]')] if found else []
    )


REPO, ARTIFACT = "https://charts.jetstack.io", "oci://quay.io/jetstack/charts/cert-manager"
TARBALL = "https://x.org/cert-manager-v1.2.3.tgz"
HELM = [
    ("helm upgrade --install cm jetstack/cert-manager -n certs --wait", ("certs", "")),
    (f"helm install --version v1 -f x.yaml cm cert-manager --repo {REPO}", ("", REPO)),
    (f"helm upgrade -i cm {ARTIFACT} --set a=b", ("", ARTIFACT)),
    (f"helm install cm {TARBALL}", ("", TARBALL)),
    ("helm uninstall cm", None),
    ("helm template cm jetstack/cert-manager", None),
    ("echo helm", None),
]


@pytest.mark.parametrize(("text", "wanted"), HELM)
def test_charts_that_a_script_installs(text: str, wanted: tuple[str, str] | None) -> None:
    found = [Installation("cm", wanted[0], "cert-manager", wanted[1])] if wanted else []
    assert list(installations(text)) == found


def test_manifests_that_a_script_applies() -> None:
    text = "kubectl -n x apply --server-side -f https://github.com/a/b.yaml; kubectl delete -f https://no"
    assert applied(text) == ["https://github.com/a/b.yaml"]
