"""Pull requests, through the tools that hold the user's credentials: `gh` and `glab`.

cli.github.com/manual: gh pr list, create, edit; docs.gitlab.com/cli: glab mr list, create, update.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from wavefix.discover.repository import normal
from wavefix.errors import InputError
from wavefix.patch.git import environment
from wavefix.rollout.repository import GitFailed, run

Tool = Literal["gh", "glab"]
_QUIET = {"GH_PROMPT_DISABLED": "1", "NO_PROMPT": "1", "GLAB_NO_PROMPT": "1", "NO_COLOR": "1"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A pull request as it should be."""

    branch: str
    base: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Known:
    """A pull request that there is: its number, its address, `open`, `merged` or `closed`."""

    number: str
    url: str
    state: str


class _Listed(msgspec.Struct):
    """One of those that the tools list, each with words of its own."""

    number: int | str = ""
    iid: int | str = ""
    url: str = ""
    web_url: str = ""
    state: str = ""

    def known(self) -> Known:
        state = self.state.lower()
        state = "open" if state == "opened" else state
        return Known(str(self.number or self.iid), self.url or self.web_url, state)


@dataclass(frozen=True, slots=True)
class Forge:
    """A forge by its tool, which finds the project from the remotes of `directory`."""

    tool: Tool
    directory: str

    def put(self, wanted: Wanted, body_file: str) -> str:
        """Open a pull request, or renew the text of the one that is open; its address.

        Raises InputError with what to do by hand where the tool is missing or fails.
        """
        if shutil.which(self.tool) is None:
            raise InputError(f"{self.tool} is not installed", f"by hand: {self.by_hand(wanted)}")
        with open(body_file, "w", encoding="utf-8", errors="replace") as stream:
            stream.write(wanted.body)
        known = self.find(wanted.branch)
        if known is None:
            printed = self._run(self._create(wanted, body_file)).split()
            links = [word for word in printed if word.startswith(("https://", "http://"))]
            return links[-1] if links else ""
        self._run(self._renew(known, wanted, body_file))
        return known.url

    def find(self, branch: str, state: Literal["open", "all"] = "open") -> Known | None:
        """The newest pull request of a branch, if there is one."""
        if self.tool == "gh":
            command = ["gh", "pr", "list", "--head", branch, "--state", state, "--limit", "1"]
            command += ["--json", "number,url,state"]
        else:
            command = ["glab", "mr", "list", "--source-branch", branch, "--output", "json"]
            command += ["--all"] if state == "all" else []
        try:
            found = msgspec.json.decode(self._run(command) or "[]", type=list[_Listed])
        except msgspec.MsgspecError:
            problem = f"{self.tool} printed no list of pull requests"
            raise InputError(problem, f"update {self.tool}") from None
        return found[0].known() if found else None

    def by_hand(self, wanted: Wanted) -> str:
        """The command that opens a pull request with the message of the commit."""
        if self.tool == "gh":
            command = ["gh", "pr", "create", "--base", wanted.base, "--head", wanted.branch]
            return shlex.join([*command, "--fill"])
        command = ["glab", "mr", "create", "--target-branch", wanted.base]
        return shlex.join([*command, "--source-branch", wanted.branch, "--fill", "--yes"])

    def _create(self, wanted: Wanted, body_file: str) -> list[str]:
        if self.tool == "gh":
            return [
                "gh", "pr", "create", "--base", wanted.base, "--head", wanted.branch,
                "--title", wanted.title, "--body-file", body_file,
            ]  # fmt: skip
        return [
            "glab", "mr", "create", "--target-branch", wanted.base,
            "--source-branch", wanted.branch, "--title", wanted.title,
            "--description", wanted.body, "--yes",
        ]  # fmt: skip

    def _renew(self, known: Known, wanted: Wanted, body_file: str) -> list[str]:
        if self.tool == "gh":
            command = ["gh", "pr", "edit", known.number, "--title", wanted.title]
            return [*command, "--body-file", body_file]
        command = ["glab", "mr", "update", known.number, "--title", wanted.title]
        return [*command, "--description", wanted.body]

    def _run(self, command: Sequence[str]) -> str:
        try:
            printed = run(command, self.directory, environment() | _QUIET)
        except GitFailed as error:
            raise InputError(
                f"{' '.join(command[:3])}: {error.problem}", "see its own help"
            ) from None
        return printed.decode("utf-8", "replace")


def forge_of(urls: Sequence[str], directory: str) -> Forge:
    """The forge of a remote, by its addresses. Raises InputError where it cannot be told."""
    hosts = [host for url in urls if (host := normal(url).partition("/")[0])]
    for host in hosts:
        for tool, name, variable in _FORGES:
            if name in host or os.environ.get(variable, "").rpartition("/")[2] == host:
                return Forge(tool, directory)
    there: list[Tool] = [tool for tool, *_ in _FORGES if shutil.which(tool)]
    if hosts and len(there) == 1:
        return Forge(there[0], directory)
    raise InputError(
        f"no telling whether {hosts[0] if hosts else 'the remote'} is GitHub or GitLab",
        "say it in GH_HOST or GITLAB_HOST, or open the pull request by hand",
    )


_FORGES: tuple[tuple[Tool, str, str], ...] = (
    ("gh", "github", "GH_HOST"),
    ("glab", "gitlab", "GITLAB_HOST"),
)
