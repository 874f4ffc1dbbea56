"""A scratch git repository with components to roll out, and all that must stay as it is in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wavefix.model.rollout import Rollout, RolloutItem
from wavefix.options import ExecutorName
from wavefix.rollout import Request, rollout, status
from wavefix.rollout.planning import Options

# A limit that comes after the pods that it should hold for: one move, from 1 to -1.
LATE = """\
apiVersion: v1
kind: LimitRange
metadata:
  name: defaults
  namespace: {0}
  annotations:
    argocd.argoproj.io/sync-wave: "1"
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: api, namespace: {0}}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: first
  namespace: {0}
  annotations:
    argocd.argoproj.io/sync-wave: "-1"
"""


def late(namespace: str) -> str:
    return LATE.format(namespace)


def mended(namespace: str) -> str:
    return late(namespace).replace('sync-wave: "1"', 'sync-wave: "-1"')


def appset(name: str, directories: str) -> str:
    """An ApplicationSet with an Application for each of some directories."""
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: {name}, namespace: argocd}}
spec:
  goTemplate: true
  generators:
    - git: {{directories: [{{path: '{directories}'}}]}}
  template:
    metadata: {{name: '{name}-{{{{.path.basename}}}}'}}
    spec:
      source: {{path: '{{{{.path.path}}}}'}}
      destination: {{namespace: x}}
"""


class Repo:
    """A git repository for tests. Components `apps/NAME` have one move each."""

    def __init__(self, path: Path, *names: str) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")
        self.commit({f"apps/{name}/all.yaml": late(name) for name in names} | {"README": "read\n"})

    def git(self, *arguments: str | bytes) -> str:
        ran = subprocess.run(["git", *arguments], cwd=self.path, check=True, capture_output=True)
        return os.fsdecode(ran.stdout).removesuffix("\n")

    def commit(self, files: Mapping[str, str | None], message: str = "a change") -> str:
        for name, text in files.items():
            file = self.path / name
            if text is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text.encode())
        self.git("add", "-A")
        self.git("commit", "-qm", message)
        return self.git("rev-parse", "HEAD")

    def hook(self, name: str, script: str) -> None:
        file = self.path / ".git" / "hooks" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def request(self, *components: str, **more: Any) -> Request:
        """What a user asks for; `more` goes to Options where it belongs there."""
        own: dict[str, Any] = {
            name: more.pop(name)
            for name in ("profile", "rolling", "branch", "ways")
            if name in more
        }
        cwd: str = more.pop("cwd", str(self.path))
        kind: ExecutorName = more.pop("executor", ExecutorName.serial)
        return Request(components, cwd, options=Options(**own), executor=kind, **more)

    def rollout(self, *components: str, **more: Any) -> Rollout:
        return rollout(self.request(*components, **more), lambda *_: None)

    def states(self, *components: str, **more: Any) -> dict[str, str]:
        """What a rollout makes of each component."""
        return by_name(self.rollout(*components, **more))

    def standing(self, *components: str, **more: Any) -> dict[str, RolloutItem]:
        found = status(self.request(*components, looking=True, **more), lambda *_: None)
        return {item.component: item for item in found.items}

    def branches(self) -> dict[str, str]:
        """The commits of all branches but main."""
        lines = self.git("for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads")
        pairs = (line.split(" ") for line in lines.splitlines())
        return {name: commit for name, commit in pairs if name != "main"}

    def show(self, branch: str, path: str) -> str:
        return self.git("cat-file", "blob", f"{branch}:{path}") + "\n"


def by_name(done: Rollout) -> dict[str, str]:
    return {
        item.component: item.problem if item.state == "failed" else item.state
        for item in done.items
    }


def snapshot(path: Path) -> dict[str, bytes]:
    """Every byte of a checkout and its git directory, without what a rollout is for."""
    ours = (
        ".git/objects/", ".git/wavefix/", ".git/refs/wavefix/", ".git/refs/heads/wavefix/",
        ".git/logs/refs/heads/wavefix/",
    )  # fmt: skip
    return {
        name: os.readlink(file).encode() if file.is_symlink() else file.read_bytes()
        for file in sorted(path.rglob("*"))
        if not file.is_dir() or file.is_symlink()
        if not (name := file.relative_to(path).as_posix()).startswith(ours)
    }


def directories(path: Path) -> set[str]:
    """The directories of a git directory that must not be more than before."""
    return {item.name for item in (path / ".git").iterdir() if item.is_dir()} - {"wavefix"}
