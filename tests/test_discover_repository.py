"""Repository URLs: which of them mean the repository at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_discover_samples import application, everything, found, make, manifest, sources

from wavefix.discover.repository import Repository, normal, placeholder

CM = manifest("ConfigMap", "a")
CONFIG = (
    '[core]\n\tbare = false\n\turl = https://x.example/no/remote\n[remote "origin"]\n'
    "\turl = {url}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n"
    '[remote "mirror"]\n\turl = ssh://git@git.example.com:2222/team/copy.git\n'
)


def config(root: Path, url: str = "git@github.com:team/platform.git") -> None:
    (root / ".git").mkdir(parents=True, exist_ok=True)
    (root / ".git" / "config").write_text(CONFIG.format(url=url))


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("https://github.com/Team/Platform.git", "github.com/team/platform"),
        ("https://github.com/team/platform/", "github.com/team/platform"),
        ("http://user:secret@github.com/team/platform", "github.com/team/platform"),
        ("git@github.com:team/platform.git", "github.com/team/platform"),
        ("github.com:team/platform", "github.com/team/platform"),
        ("ssh://git@github.com/team/platform.git", "github.com/team/platform"),
        ("ssh://git@github.com:22/team/platform.git", "github.com/team/platform"),
        ("https://gitlab.example.com:8443/a/b/c.git", "gitlab.example.com/a/b/c"),
        ("git@ssh.dev.azure.com:v3/org/project/name", "dev.azure.com/org/project/name"),
        ("https://org@dev.azure.com/org/project/_git/name", "dev.azure.com/org/project/name"),
        ("/srv/git/platform.git", ""),
        ("../platform", ""),
        ("file:///srv/git/platform.git", ""),
        ("", ""),
        ("platform", ""),
    ],
)
def test_one_form_for_every_way_to_write_a_url(url: str, form: str) -> None:
    assert normal(url) == form


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("${REPO_URL}", True),
        ("$ARGOCD_APP_SOURCE_REPO_URL", True),
        ("$(REPO_URL)", True),
        ("<GITOPS_REPO_URL>", True),
        ("https://github.com/<your-org>/platform.git", True),
        ("https://github.com/YOUR_ORG/platform.git", True),
        ("https://github.com/your-username/platform", True),
        ("git@github.com:YOUR-ORGANIZATION/platform.git", True),
        ("https://github.com/team/YOUR_REPO.git", True),
        ("https://github.com/CHANGEME/platform", True),
        ("{{ .Values.repoURL }}", True),
        ("https://github.com/{{org}}/platform", True),
        ("%REPO%", True),
        ("__REPO_URL__", True),
        ("https://github.com/team/platform", False),
        ("https://github.com/yourbase/platform", False),
        ("https://example.com/team/todo-app", False),
    ],
)
def test_placeholders(url: str, is_one: bool) -> None:
    assert placeholder(url) is is_one


@pytest.mark.parametrize(
    ("url", "urls", "whose"),
    [
        ("https://github.com/team/platform", (), "here"),
        ("ssh://git@github.com/team/platform.git", (), "here"),
        ("https://git.example.com/team/copy", (), "here"),
        ("${REPO_URL}", (), "here"),
        ("", (), "here"),
        (None, (), "here"),
        ("https://github.com/other/platform", (), "doubtful"),
        ("https://x.example/no/remote", (), "doubtful"),
        ("https://github.com/other/platform", ("https://github.com/other/*",), "here"),
        ("git@github.com:other/platform.git", ("https://github.com/other/*",), "here"),
        ("https://github.com/third/platform", ("https://github.com/other/*",), "elsewhere"),
        ("https://github.com/team/platform", ("https://github.com/other/*",), "here"),
    ],
)
def test_whose_a_url_is(tmp_path: Path, url: str, urls: tuple[str, ...], whose: str) -> None:
    config(tmp_path)
    assert Repository(str(tmp_path), urls).whose(url) == whose


@pytest.mark.parametrize("remote", ["/srv/git/x.git", "../x"])
def test_without_a_remote_that_has_a_host_nothing_is_known(tmp_path: Path, remote: str) -> None:
    (tmp_path / ".git").mkdir()
    assert Repository(str(tmp_path)).whose("https://github.com/a/b") == "unknown"
    (tmp_path / ".git" / "config").write_text(f'[remote "origin"]\n\turl = {remote}\n')
    assert Repository(str(tmp_path)).whose("https://github.com/a/b") == "unknown"


def test_the_configuration_of_a_linked_work_tree(tmp_path: Path) -> None:
    config(tmp_path / "main")
    linked = tmp_path / "main" / ".git" / "worktrees" / "two"
    linked.mkdir(parents=True)
    (linked / "commondir").write_text("../..\n")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / ".git").write_text(f"gitdir: {linked}\n")
    assert Repository(str(tmp_path / "two")).whose("https://github.com/team/platform") == "here"


SOURCE = "{{repoURL: '{url}', path: {path}}}"


@pytest.mark.parametrize(
    ("url", "settings", "applies", "notes"),
    [
        ("https://github.com/team/platform", "", ["directory web"], []),
        ("<REPO>", "", ["directory web"], []),
        ("https://github.com/other/charts", "", ["directory web"],
         ["`web` is read here, but https://github.com/other/charts is no remote"]),
        ("https://github.com/other/charts", "argocd: {repo_urls: ['https://github.com/other/*']}",
         ["directory web"], []),
        ("https://github.com/other/charts", "argocd: {repo_urls: ['https://github.com/mine/*']}",
         ["missing web"], ["`web` is not in this repository"]),
    ],
)  # fmt: skip
def test_the_source_of_an_application(
    tmp_path: Path, url: str, settings: str, applies: list[str], notes: list[str]
) -> None:
    config(tmp_path)
    files = {
        "argocd/a.yaml": application("a", SOURCE.format(url=url, path="web")),
        "argocd/b.yaml": application("b", SOURCE.format(url=url, path="web")),
        "web/x.yaml": CM,
    }
    make(tmp_path, {**files, **({".wavefix.yaml": settings} if settings else {})})
    (item,) = [item for item in found(tmp_path, "argocd") if not item.leftover]
    assert [sources(app, tmp_path) for app in item.component.applications] == [applies] * 2
    _, findings, _ = everything(tmp_path, "argocd")
    told = [finding.message for finding in findings]
    assert all(any(note in message for message in told) for note in notes)
    if not notes:
        assert told == []
    if notes and "read here" in notes[0]:
        assert len(told) == 1, "once for each URL"


def test_a_generator_of_another_repository_stands_once(tmp_path: Path) -> None:
    config(tmp_path)
    text = manifest("argoproj.io/ApplicationSet", "s", more=(
        "spec:\n  generators:\n  - git: {repoURL: 'https://github.com/a/b', "
        "directories: [{path: apps/*}]}\n  template:\n    metadata: {name: '{{path.basename}}'}\n"
        "    spec: {source: {path: '{{path}}'}}\n"
    ))  # fmt: skip
    make(tmp_path, {"argocd/s.yaml": text, "apps/web/x.yaml": CM})
    (item,) = [item for item in found(tmp_path, "argocd") if not item.leftover]
    assert [app.name for app in item.component.applications] == ["web"]
    make(tmp_path, {".wavefix.yaml": "argocd: {repo_urls: ['https://github.com/mine/*']}\n"})
    (item,) = [item for item in found(tmp_path, "argocd") if not item.leftover]
    assert [app.name for app in item.component.applications] == ["{{path.basename}}"]
    assert [finding.code for finding in item.findings] == ["WF011"]
