"""Files that are never edited: those that SOPS guards, and those that a program writes.

Each case is a tree in which one file is edited. With a mark in it of either kind it no longer is.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, make, manifest

from wavefix import pipeline
from wavefix.model import SYNC_WAVE
from wavefix.pipeline import Result
from wavefix.ways import Ways

WAVE = f'{SYNC_WAVE}: "2"'
JOB = manifest("batch/Job", "load", 0, "shop", "spec: {template: {spec: {}}}\n")
LATE = manifest("ResourceQuota", "q", 2, "shop")
PLAIN = manifest("ResourceQuota", "q", None, "shop")
REMOTE = "repoURL: https://x, chart: c, targetRevision: '1'"
# A release that is planned as a whole, and that the Job needs.
NEEDED = {
    "o/job.yaml": JOB,
    ".wavefix.yaml": "depends_on: [{from: Job.batch/shop/load, to: HelmRelease/shop/db}]\n",
}


def indented(text: str) -> str:
    """A text below the first line of which all lines stand two columns to the right."""
    return text.rstrip().replace("\n", "\n  ") + "\n"


def release(helm: str) -> str:
    """An Application of the Job and of a release with these values."""
    text = application("db", "{}", None, "shop")
    sources = "  sources:\n  - {repoURL: '', path: o}\n  - {repoURL: '', ref: v}\n"
    return text.replace("  source: {}\n", f"{sources}  - {{{REMOTE}, helm: {{{helm}}}}}\n")


def kustomization(more: str) -> dict[str, str]:
    """A kustomization of the Job and of a quota without a wave of its own."""
    text = f"resources: [q.yaml, job.yaml]\n{more}"
    return {"o/kustomization.yaml": text, "o/q.yaml": PLAIN, "o/job.yaml": JOB}


PATCH = manifest("ResourceQuota", "q", 2)
SET = """\
spec:
  generators: [{list: {elements: [{name: a}, {name: b}]}}]
  template:
    metadata: {name: '{{name}}'}
    spec: {destination: {namespace: shop}, source: {repoURL: '', path: '{{name}}'}}
"""
PARENT = application("parent", "{repoURL: '', path: apps}", None, "argocd")
CHILDREN = """\
argocd: {application_health: true}
depends_on: [{from: ConfigMap/shop/m3, to: ConfigMap/shop/m1}]
"""

# The files, and the one of them that is edited.
CASES: dict[str, tuple[dict[str, str], str]] = {
    "a manifest": ({"o/q.yaml": LATE, "o/job.yaml": JOB}, "o/q.yaml"),
    "one document of several": ({"o/all.yaml": f"{LATE}---\n{JOB}"}, "o/all.yaml"),
    "an item of a List": (
        {
            "o/q.yaml": "apiVersion: v1\nkind: List\nitems:\n- " + indented(LATE),
            "o/job.yaml": JOB,
        },
        "o/q.yaml",
    ),
    "values of an Application": (
        {**NEEDED, "app.yaml": release(f"valuesObject: {{podAnnotations: {{{WAVE}}}}}")},
        "app.yaml",
    ),
    "values as text": (
        {**NEEDED, "app.yaml": release(f"values: 'podAnnotations: {{{WAVE}}}'")},
        "app.yaml",
    ),
    "a values file": (
        {
            **NEEDED,
            "app.yaml": release("valueFiles: [$v/values.yaml]"),
            "values.yaml": f"podAnnotations:\n  {WAVE}\n",
        },
        "values.yaml",
    ),
    "values in a kustomization": (
        {
            **NEEDED,
            "o/kustomization.yaml": "resources: [job.yaml]\nhelmCharts:\n- name: db\n"
            "  releaseName: db\n  repo: https://x\n  namespace: shop\n"
            f"  valuesInline: {{podAnnotations: {{{WAVE}}}}}\n",
        },
        "o/kustomization.yaml",
    ),
    "annotations of a kustomization": (
        {
            "o/kustomization.yaml": "resources: [base, job.yaml]\n",
            "o/base/kustomization.yaml": f"resources: [q.yaml]\ncommonAnnotations: {{{WAVE}}}\n",
            "o/base/q.yaml": PLAIN,
            "o/job.yaml": JOB,
        },
        "o/base/kustomization.yaml",
    ),
    "a patch in a file": (
        {**kustomization("patches: [{path: p.yaml}]\n"), "o/p.yaml": PATCH},
        "o/p.yaml",
    ),
    "a patch in a kustomization": (
        kustomization(
            "patches:\n- patch: |-\n    " + PATCH.replace("\n", "\n    ").rstrip() + "\n"
        ),
        "o/kustomization.yaml",
    ),
    "a child Application": (
        {
            "parent.yaml": PARENT,
            ".wavefix.yaml": CHILDREN,
            **{
                f"apps/{name}.yaml": application(name, f"{{path: {name}}}", wave, "shop")
                for name, wave in (("a", 2), ("b", 0), ("c", 1))
            },
            **{
                f"{name}/m.yaml": manifest("ConfigMap", f"m{number}", None, "shop")
                for number, name in enumerate("abc", 1)
            },
        },
        "apps/a.yaml",
    ),
    "the steps of a rolling sync": (
        {
            "set.yaml": application("s", "{}", None, "argocd", "ApplicationSet").split("spec:")[0]
            + SET,
            ".wavefix.yaml": "rolling_sync: true\n",
            "a/a.yaml": manifest("batch/Job", "load", None, "shop")
            + "spec: {template: {spec: {containers: [{envFrom: [{configMapRef: {name: m}}]}]}}}\n",
            "b/b.yaml": manifest("ConfigMap", "m", None, "shop"),
        },
        "set.yaml",
    ),
}
NO_TOOLS = Ways(render=False)


def review(root: Path) -> Result:
    return pipeline.review(["."], str(root), ways=NO_TOOLS)


def edited(result: Result, root: Path) -> list[str]:
    return [str(Path(patch.file).relative_to(root)) for patch in result.review.patches]


def said(result: Result, file: str) -> str:
    """What is said of a file that is not edited, or of a rolling sync that is not written."""
    return "\n".join(
        finding.message
        for finding in result.review.findings
        if finding.code in ("WF012", "WF023") and finding.file.endswith(file)
    )


# What stands behind the text of a file that SOPS encrypted.
SOPS = {
    "a MAC": "sops:\n  mac: ENC[AES256_GCM,data:x]\n",
    "a MAC of what is encrypted": "sops: {mac: x, mac_only_encrypted: true}\n",
    "no MAC": "sops:\n  lastmodified: '2026-03-01T10:00:00Z'\n",
    "keys only": "sops: {age: [{recipient: age1, enc: x}]}\n",
    "a value": "more: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\n",
}
# What stands before the text of a file that is generated, and in `.gitattributes`.
GENERATED = {
    "a header": ("# Code generated by x. DO NOT EDIT.\n", ""),
    "an attribute": ("", "*.yaml linguist-generated\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_without_a_mark_it_is_edited(tmp_path: Path, name: str) -> None:
    files, file = CASES[name]
    assert file in edited(review(make(tmp_path, files)), tmp_path)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("mark", SOPS)
def test_what_sops_guards_is_never_edited(tmp_path: Path, name: str, mark: str) -> None:
    files, file = CASES[name]
    config = files.get(".wavefix.yaml", "") + "edit_generated: true\n"
    more = {file: files[file] + SOPS[mark], ".wavefix.yaml": config}
    result = review(make(tmp_path, {**files, **more}))
    assert not result.errors
    assert file not in edited(result, tmp_path)
    assert "an edit would break its MAC" in said(result, file)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("mark", GENERATED)
def test_what_is_generated_is_not_edited(tmp_path: Path, name: str, mark: str) -> None:
    files, file = CASES[name]
    head, attributes = GENERATED[mark]
    more = {file: head + files[file], ".gitattributes": attributes}
    result = review(make(tmp_path, {**files, **more}))
    assert not result.errors
    assert file not in edited(result, tmp_path)
    assert "the file is generated" in said(result, file)
    config = files.get(".wavefix.yaml", "") + "edit_generated: true\n"
    allowed = review(make(tmp_path, {**files, **more, ".wavefix.yaml": config}))
    assert file in edited(allowed, tmp_path)


def test_the_resource_is_fixed_and_the_rest_is_planned_around_it(tmp_path: Path) -> None:
    files = {
        "q.yaml": "# @generated\n" + LATE,
        "r.yaml": LATE.replace("name: q", "name: r"),
        "job.yaml": JOB,
        "space.yaml": manifest("Namespace", "shop", -1),
    }
    result = review(make(tmp_path, files))
    [component] = result.review.components
    placed = {one.resource.name: one for one in component.plan.placements}
    assert placed["q"].planned == 2
    assert placed["q"].resource.fixed == "the file is generated: line 1 says `@generated`"
    assert edited(result, tmp_path) == ["r.yaml"]
    assert said(result, "q.yaml") == (
        "left where it is: the file is generated: line 1 says `@generated`; have its generator set "
        "wave 0, or allow edits here by `edit_generated` in .wavefix.yaml"
    )


def test_what_an_attribute_says_goes_before_a_header(tmp_path: Path) -> None:
    files = {
        ".gitattributes": "*.yaml -linguist-generated\n",
        "q.yaml": "# @generated\n" + LATE,
        "job.yaml": JOB,
    }
    assert edited(review(make(tmp_path, files)), tmp_path) == ["q.yaml"]


# What looks like SOPS and is not: a key of that name, a text that quotes it, another cipher.
NO_SOPS = {
    "an empty key": "sops: {}\n",
    "a subchart": "sops: {enabled: true, version: 3.9.0}\n",
    "an encrypted file in a text": "data: {x: 'a: ENC[AES256_GCM,data:x]'}\n",
    "hiera-eyaml": "data: {x: 'ENC[PKCS7,MII]'}\n",
    "a name": "# q.sops.yaml, q.enc.yaml\n",
}


@pytest.mark.parametrize("more", NO_SOPS.values(), ids=NO_SOPS.keys())
def test_what_is_not_encrypted_is_edited(tmp_path: Path, more: str) -> None:
    files = {"q.sops.yaml": LATE + more, "job.yaml": JOB}
    assert edited(review(make(tmp_path, files)), tmp_path) == ["q.sops.yaml"]


def test_sops_within_a_file(tmp_path: Path) -> None:
    """Values as text that were encrypted before they were put into an Application."""
    text = f"podAnnotations: {{{WAVE}}}, sops: {{mac: x}}"
    files = {**NEEDED, "app.yaml": release(f"values: '{{{text}}}'")}
    result = review(make(tmp_path, files))
    assert edited(result, tmp_path) == []
    assert "an edit would break its MAC" in said(result, "app.yaml")


SEALED = """apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: s
  namespace: shop
  annotations:
    argocd.argoproj.io/sync-wave: "2"
    sealedsecrets.bitnami.com/cluster-wide: "true"
spec:
  encryptedData: {key: AgBy3i4OJSWK}
  template:
    metadata: {annotations: {argocd.argoproj.io/sync-wave: "2"}}
"""


def test_a_sealed_secret_is_annotated_and_its_template_is_not(tmp_path: Path) -> None:
    """Sealed are name and namespace, if anything (sealedsecret_expansion.go, EncryptionLabel)."""
    pod = manifest("batch/Job", "load", 0, "shop") + (
        "spec: {template: {spec: {containers: [{envFrom: [{secretRef: {name: s}}]}]}}}\n"
    )
    space = manifest("Namespace", "shop", -1)
    result = review(make(tmp_path, {"s.yaml": SEALED, "job.yaml": pod, "space.yaml": space}))
    [patch] = result.review.patches
    assert patch.after == SEALED.replace('"2"', '"0"', 1)  # as early as the Namespace allows


LOCKED: dict[str, bytes] = {
    "git-crypt": b"\0GITCRYPT\0\x89\xff",
    "ansible-vault": b"$ANSIBLE_VAULT;1.1;AES256\n6638\n",
    "age": b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n",
    "PGP": b"-----BEGIN PGP MESSAGE-----\n\nhQ\n-----END PGP MESSAGE-----\n",
    "strongbox": b"# STRONGBOX ENCRYPTED RESOURCE ; See https://github.com/uw-labs/strongbox\nQUJD\n",
    "transcrypt": b"U2FsdGVkX18Rz2Q=\n",
    "SOPS": b"apiVersion: ENC[AES256_GCM,data:x]\nkind: ENC[AES256_GCM,data:x]\n"
    b"metadata: {name: 'ENC[AES256_GCM,data:x]'}\nsops: {mac: x}\n",
}


@pytest.mark.parametrize("by", LOCKED)
def test_a_file_that_is_encrypted_as_a_whole_is_told_and_left_out(tmp_path: Path, by: str) -> None:
    files: dict[str, str | bytes] = {"x.yaml": LOCKED[by], "q.yaml": LATE, "job.yaml": JOB}
    result = review(make(tmp_path, files))
    assert not result.errors
    assert edited(result, tmp_path) == ["q.yaml"]
    [finding] = [f for f in result.review.findings if f.code == "WF011"]
    assert (finding.severity, Path(finding.file).name, finding.line) == ("warning", "x.yaml", 1)
    assert finding.message == (
        f"encrypted by {by}: what it holds is not planned; decrypt it to have it read"
    )
    findings, errors = pipeline.lint(["."], str(tmp_path), ways=NO_TOOLS)
    assert finding in findings
    assert not errors


def test_a_pointer_of_git_lfs_is_told_and_left_out(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    result = review(make(tmp_path, {"x.yaml": pointer, "q.yaml": LATE, "job.yaml": JOB}))
    assert edited(result, tmp_path) == ["q.yaml"]
    [finding] = [f for f in result.review.findings if f.code == "WF011"]
    assert (finding.severity, Path(finding.file).name, finding.message) == (
        "warning",
        "x.yaml",
        "kept by git-lfs: what it holds is not planned; `git lfs pull` to have it read",
    )


@pytest.mark.parametrize("by", sorted(LOCKED.keys() - {"SOPS"}))
def test_a_release_whose_values_are_encrypted_as_a_whole_is_not_rendered(
    tmp_path: Path, by: str
) -> None:
    files: dict[str, str | bytes] = {
        "app.yaml": application(
            "a", "{repoURL: '', path: c, helm: {valueFiles: [secrets.yaml]}}", None, "shop"
        ),
        "c/Chart.yaml": "{apiVersion: v2, name: c, version: 1.0.0}\n",
        "c/templates/a.yaml": JOB,
        "c/secrets.yaml": LOCKED[by],
    }
    result = pipeline.review(["app.yaml"], str(make(tmp_path, files)))
    assert not result.errors
    assert any(
        f"its values in `c/secrets.yaml` are encrypted by {by}" in finding.message
        for finding in result.review.findings
    )


@pytest.mark.parametrize("name", ["secrets://secrets.yaml", "secrets+age-import:///k?secrets.yaml"])
def test_values_that_helm_secrets_decrypts_are_not_missed(tmp_path: Path, name: str) -> None:
    files = {
        "app.yaml": application(
            "a", f"{{path: c, helm: {{valueFiles: ['{name}']}}}}", None, "shop"
        ),
        "c/Chart.yaml": "{apiVersion: v2, name: c, version: 1.0.0}\n",
    }
    result = review(make(tmp_path, files))
    assert not [f for f in result.review.findings if "is not there" in f.message]


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("generated", [False, True])
def test_a_template_of_a_chart_that_is_generated_is_not_edited(
    tmp_path: Path, generated: bool
) -> None:
    head = "{{/* Code generated by kubebuilder. DO NOT EDIT. */}}\n" if generated else ""
    files = {
        "app.yaml": application("a", "{repoURL: '', path: c}", None, "shop"),
        "c/Chart.yaml": "{apiVersion: v2, name: c, version: 1.0.0}\n",
        "c/templates/q.yaml": head + LATE,
        "c/templates/job.yaml": JOB,
    }
    result = pipeline.review(["app.yaml"], str(make(tmp_path, files)))
    assert not result.errors
    assert edited(result, tmp_path) == ([] if generated else ["c/templates/q.yaml"])
    assert ("the file is generated: line 1" in said(result, "c/templates/q.yaml")) is generated
