"""What runs the steps of action.yml and of ci/gitlab.yml here, as far as they are ours."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import ROOT
from installing import outside
from ruamel.yaml import YAML

ACTION: dict[str, Any] = YAML(typ="safe").load(ROOT / "action.yml")
GITLAB: dict[str, Any] = YAML(typ="safe").load(ROOT / "ci" / "gitlab.yml")["wavefix"]
_EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")
_NAME = re.compile(r"[a-z]\w*(?:\.[\w-]+)+")

# As much of gh as the Action calls; comments are kept in the file that GH_STATE names.
GH = """\
import json, os, sys
import jq

state = json.load(open(os.environ["GH_STATE"]))
if os.environ["GH_TOKEN"] != state["token"]:
    sys.exit("HTTP 403: Resource not accessible by integration")
match sys.argv[1:]:
    case ["pr", "view", number, "--json", "comments", "--jq", query] if number == state["number"]:
        print(*jq.compile(query).input_value({"comments": state["comments"]}).all(), sep="\\n")
    case ["api", "--silent", "--method", "PATCH", path, "--field", field]:
        [one] = [one for one in state["comments"] if one["path"] == path]
        one["body"] = open(field.removeprefix("body=@")).read()
    case ["pr", "comment", number, "--body-file", file] if number == state["number"]:
        state["comments"].append({
            "url": f"https://github.com/o/r/pull/7#issuecomment-{100 + len(state['comments'])}",
            "path": f"repos/o/r/issues/comments/{100 + len(state['comments'])}",
            "viewerDidAuthor": True, "body": open(file).read(),
        })
    case other:
        sys.exit(f"unexpected: {other}")
json.dump(state, open(os.environ["GH_STATE"], "w"))
"""


def program(directory: Path, name: str, text: str) -> None:
    """A program in Python, for a PATH."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(f"#!{sys.executable}\n{text}")
    (directory / name).chmod(0o755)


def shell(script: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """A script as runners start it."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=cwd, env=outside() | dict(env), text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


@dataclass
class Job:
    """One run of the Action in a workspace: what it printed, called, and told the runner."""

    workspace: Path
    temp: Path
    inputs: Mapping[str, str] = field(default_factory=dict)
    number: int | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    failed: bool = False
    log: str = ""
    used: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.temp.mkdir(exist_ok=True)
        (self.temp / "wavefix-venv").symlink_to(sys.prefix)  # what the step `Install` makes
        pull_request = {"number": str(self.number)} if self.number else ""
        self.context: dict[str, Any] = {
            "inputs": {name: value["default"] for name, value in ACTION["inputs"].items()}
            | {"token": "secret"}
            | dict(self.inputs),
            "github": {"repository": "o/r", "event": {"pull_request": pull_request}},
            "steps": {"python": {"outputs": {"python-path": sys.executable}}},
        }
        for step in ACTION["runs"]["steps"]:
            if not self.failed and self._wanted(step):
                self._step(step)

    @property
    def summary(self) -> str:
        return (self.temp / "summary").read_text("utf-8")

    def output(self, name: str) -> str:
        """What the Action gives to other steps."""
        return self._text(ACTION["outputs"][name]["value"])

    def _step(self, step: Mapping[str, Any]) -> None:
        if "uses" in step:
            action = step["uses"].partition("@")[0]
            self.used[action] = {key: self._text(str(v)) for key, v in step.get("with", {}).items()}
            return
        if step["name"] == "Install wavefix":
            return
        out, summary = self.temp / f"output-{step.get('id')}", self.temp / "summary"
        out.touch()
        env = {name: self._text(value) for name, value in step.get("env", {}).items()}
        done = shell(step["run"], self.temp, {
            **self.env, **env, "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(out), "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_REPOSITORY": "o/r", "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "5", "RUNNER_TEMP": str(self.temp),
        })  # fmt: skip
        self.log += done.stdout
        self.failed = done.returncode != 0
        if "id" in step:
            lines = out.read_text().splitlines()
            outputs = dict(line.split("=", 1) for line in lines)
            self.context["steps"][step["id"]] = {"outputs": outputs}

    def _wanted(self, step: Mapping[str, Any]) -> bool:
        if "if" not in step:
            return True
        condition = step["if"].replace("&&", "and").replace("||", "or")
        return bool(eval(_NAME.sub(lambda name: repr(self._value(name[0])), condition)))

    def _text(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: str(self._value(found[1])), text)

    def _value(self, name: str) -> Any:
        value: Any = self.context
        for part in name.split("."):
            value = value.get(part, "") if isinstance(value, dict) else ""
        return value


def path_with(directory: Path) -> str:
    return f"{directory}{os.pathsep}{os.environ['PATH']}"
