"""What Secrets hold is in no output, message, cache or journal: every value is looked for.

Each value that is secret has a word of its own; every command runs in every format, and none of
the words may be anywhere but in the files that had them.
"""

from __future__ import annotations

import base64
import os
import tempfile
from itertools import count
from pathlib import Path

import pytest
from test_bad_input import run
from test_discover_samples import application, manifest

COMMANDS = [
    ["--dry-run"], ["--check"], ["--profile", "aggressive", "--dry-run"],
    *(["--dry-run", "--format", name] for name in ("diff", "json", "markdown")),
    *(["lint", "--format", name] for name in ("text", "json", "sarif", "github")),
    *(["graph", "--format", name] for name in ("json", "dot", "mermaid")),
    *(["simulate", "--format", name] for name in ("text", "json")),
    ["explain", "late"],
    [], ["undo", "--dry-run"], ["undo"],
]  # fmt: skip


class Words:
    """Words that are secret, each used once."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self._numbers = count(1)

    def __call__(self) -> str:
        self.made.append(f"s3cr3t-{next(self._numbers):03}-hush")
        return self.made[-1]

    def encoded(self) -> str:
        """One as `data` has it: it may not appear like that either."""
        self.made.append(base64.b64encode(self().encode()).decode())
        return self.made[-1]


def repository(root: Path, word: Words) -> Path:
    """Secrets beside waves that change, in every way in which they are written."""
    container = "{name: c, envFrom: [{secretRef: {name: late}}]}"
    job = f"spec: {{template: {{spec: {{containers: [{container}]}}}}}}\n"
    late = manifest("Secret", "late", 3, "shop", f"stringData:\n  password: {word()}\n")
    files = {
        "a/secret.yaml": f"{late}data: {{token: {word.encoded()}}}\n",
        "a/job.yaml": manifest("batch/Job", "load", 0, "shop", job),
        "a/before.yaml": f"kind: Secret\nstringData: {{a: {word()}}}\napiVersion: v1\nmetadata:\n"
        "  name: early\n  namespace: shop\n  annotations:\n"
        f'    argocd.argoproj.io/sync-wave: "2"\ndata:\n  b: {word.encoded()}\n',
        "a/use.yaml": manifest("batch/Job", "use", 0, "shop", job.replace("late", "early")),
        "a/minified.json": '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"flat",'
        '"namespace":"shop","annotations":{"argocd.argoproj.io/sync-wave":"2"}},"stringData":'
        f'{{"a":"{word()}"}}}}',
        "a/flat.yaml": manifest("batch/Job", "flat", 0, "shop", job.replace("late", "flat")),
        "k/kustomization.yaml": "namespace: shop\nsecretGenerator:\n- name: made\n  literals:\n"
        f"  - password={word()}\n  options:\n    annotations:\n"
        f'      argocd.argoproj.io/sync-wave: "2"\nresources: [job.yaml]\n',
        "k/job.yaml": manifest("batch/Job", "made", 0, "", job.replace("late", "made")),
        "apps/x.yaml": application(
            "x", f"{{chart: c, repoURL: 'https://x', helm: {{parameters: [{{name: auth.password, "
            f"value: {word()}}}]}}}}", None, "shop"),
        "apps/url.yaml": application(
            "url", f"{{chart: c, repoURL: 'https://user:{word()}@x.example.org'}}", None, "shop"),
        "apps/token.yaml": application(
            "token", f"{{path: c, repoURL: 'https://{word()}@git.example.org/x'}}", None, "shop"),
        "b/side.yaml": manifest(
            "ConfigMap", "side", 3, "shop", f"data:\n  apiToken: {word()}\n  dsn: x://u:{word()}@h\n"
        ),
        "b/use.yaml": manifest(
            "batch/Job", "side", 0, "shop",
            job.replace("secretRef", "configMapRef")
.replace("late", "side")),
        "web/deploy.yaml": manifest(
            "apps/Deployment", "web", 0, "shop",
            "spec: {template: {spec: {containers: [{name: c, env: [{name: URL, value: "
            f"'postgres://user:{word()}@db.shop.svc:5432/x'}}]}}]}}}}}}\n"),
        "web/db.yaml": manifest("Service", "db", 2, "shop", "spec: {selector: {a: b}}\n"),
    }  # fmt: skip
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / ".git").mkdir()
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    return root


def everything(*directories: Path) -> bytes:
    """All that is kept in files below directories, and what they are called."""
    files = [path for directory in directories for path in directory.rglob("*") if path.is_file()]
    return b"\0".join(part for path in files for part in (os.fsencode(path), path.read_bytes()))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where runs may keep things: caches, state, temporary files."""
    places = [tmp_path / name for name in ("cache", "state", "temp")]
    for place in places:
        place.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(places[0]))
    monkeypatch.setenv("XDG_STATE_HOME", str(places[1]))
    monkeypatch.setattr(tempfile, "tempdir", str(places[2]))
    return places


@pytest.mark.parametrize("rendered", [False, True], ids=["from source", "rendered"])
def test_no_value_of_a_secret_is_shown_or_kept(
    tmp_path: Path, kept: list[Path], rendered: bool, request: pytest.FixtureRequest
) -> None:
    if rendered:
        request.getfixturevalue("tools")
    word = Words()
    root = repository(tmp_path / "r", word)
    changed = False
    for arguments in COMMANDS:
        status, stdout, stderr = run(root, *arguments)
        assert status in (0, 1), (arguments, stderr)
        changed = changed or "flat" in stdout
        for secret in word.made:
            assert secret not in stdout + stderr, arguments
        left = everything(*kept, root / ".git")
        assert [secret for secret in word.made if secret.encode() in left] == [], arguments
    assert changed, "the Secrets are moved, so that there is something to show"


@pytest.mark.parametrize(
    "broken",
    [
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData:\n  a: {word}\n b: {word}\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: [{word}\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a: *{word}}\n",
        'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a: "{word}\n',
        "apiVersion: v1\nkind: Secret\nstringData: {a: {word}}\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata: {a: !{word} x}\n  - y\n",
    ],
)
def test_no_message_about_a_broken_secret_quotes_it(tmp_path: Path, broken: str) -> None:
    word = "s3cr3t-hush"
    (tmp_path / ".git").mkdir()
    (tmp_path / "x.yaml").write_text(broken.replace("{word}", word))
    for arguments in (["--dry-run"], ["lint", "--format", "json"], ["graph"]):
        status, stdout, stderr = run(tmp_path, *arguments)
        assert status == 2
        assert word not in stdout + stderr
