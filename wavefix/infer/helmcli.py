"""Charts and manifests that a script installs from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from wavefix.infer.arguments import arguments

_HELM = re.compile(r"(?:\A|[\s/])helm\s+([^\n;|&()`]+)")
_COMMANDS = re.compile(r"[\n;|&]+")
_TOOL = re.compile(r"\b(?:kubectl|oc)\s")
_APPLY = re.compile(r"\bapply\b")
_URL = re.compile(r"https://[^\s\"']+")
_LONGEST = 300  # characters of the name of a chart
# Options of `helm install` and `helm upgrade` that take no value: cmd/helm/install.go, upgrade.go.
_FLAGS = frozenset((
    "--install", "-i", "--create-namespace", "--wait", "--wait-for-jobs", "--atomic", "--debug",
    "--devel", "--force", "--dependency-update", "--disable-openapi-validation", "--dry-run",
    "--generate-name", "-g", "--no-hooks", "--render-subchart-notes", "--replace",
    "--reset-values", "--reset-then-reuse-values", "--reuse-values", "--skip-crds",
    "--skip-schema-validation", "--take-ownership", "--verify", "--cleanup-on-fail",
    "--enable-dns", "--hide-notes", "--hide-secret", "--insecure-skip-tls-verify",
    "--pass-credentials", "--plain-http", "--rollback-on-failure",
))  # fmt: skip


class Installation(NamedTuple):
    """A chart that a command installs; a namespace of "" is the pod's own."""

    release: str
    namespace: str
    chart: str
    repo: str


def installations(text: str) -> Iterator[Installation]:
    """The charts that a script installs."""
    for found in _HELM.finditer(text):
        given = arguments(found[1], lambda option: option not in _FLAGS)
        match given.words:
            case ["install" | "upgrade", release, chart, *_]:
                repo = given.options.get("--repo") or (chart if "://" in chart else "")
                name = re.sub(r"-v?\d[\w.+-]*\.tgz\Z", "", chart[-_LONGEST:].rpartition("/")[2])
                yield Installation(release, given.namespace, name, repo)


def applied(text: str) -> list[str]:
    """The URLs of the manifests that a script applies."""
    return list(_applied(text))


def _applied(text: str) -> Iterator[str]:
    for command in _COMMANDS.split(text):
        tool = _TOOL.search(command)
        verb = tool and _APPLY.search(command, tool.end())
        url = verb and _URL.search(command, verb.end())
        if url:
            yield url[0]
