"""Which repository a URL means: the one at hand, another, or one that nobody can tell.

Read from the git configuration, never from the network. Argo CD: util/git/git.go, NormalizeGitURL.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from wavefix.errors import InputError
from wavefix.files import Files

Whose = Literal["here", "elsewhere", "doubtful", "unknown"]

_URL = re.compile(
    r"(?:[a-z][a-z0-9+]*://)?(?:[^/@]*@)?(?P<host>[^/:]+)(?::\d+(?=/)|:)?/*(?P<path>.*)",
    re.DOTALL,
)
_SECTION = re.compile(r"\s*\[\s*([^\s\]\"]+)")
_SETTING = re.compile(r"\s*([a-z][a-z0-9-]*)\s*=\s*(.*?)(?:\s+[#;].*)?\s*", re.IGNORECASE)
_LONGEST = 4096  # characters of a line of it
_MOST = 1 << 20  # characters of a file of git's that are read
# ${REPO_URL}, $(REPO), <GITOPS_REPO_URL>, {{ .repo }}, %REPO%, __REPO__
_HOLE = re.compile(r"\$\{|\$\(|\A\$\w|<[^<>/]*>|\{\{|%\w+%|\b__\w+__\b")
_BLANK = re.compile(
    r"(your|my)[-_]?(git)?(hub)?[-_]?(org(ani[sz]ation)?|user(name)?|account|repo(sitory)?|name"
    r"|company|owner|fork)([-_].*)?|change[-_]?me|replace[-_]?me|placeholder|todo",
    re.IGNORECASE,
)


class Repository:
    """The repository under `root`; `urls` are globs of further URLs that mean it."""

    def __init__(self, root: str, urls: Iterable[str] = ()) -> None:
        self._root = root
        self._urls = tuple(urls)

    @cached_property
    def remotes(self) -> frozenset[str]:
        """Its remotes that have a host, as `host/owner/name`."""
        urls = _settings(_config(self._root), "remote", "url")
        return frozenset(filter(None, map(normal, urls)))

    def whose(self, url: object) -> Whose:
        """Whose a URL is. "doubtful": it is no remote of this repository, but may be a mirror.

        Where users say which URLs mean this repository (`argocd.repo_urls`), every other one is
        elsewhere.
        """
        if isinstance(url, str) and url.strip().startswith("oci://"):  # an artifact of a registry
            return "elsewhere"
        if not isinstance(url, str) or not url.strip() or placeholder(url):
            return "here"
        if any(_matches(url, pattern) for pattern in self._urls) or normal(url) in self.remotes:
            return "here"
        if self._urls:
            return "elsewhere"
        return "doubtful" if self.remotes else "unknown"


def git_directory(root: str) -> str:
    """The git directory of the work tree `root` (a real path) alone; "" where none says that it is.

    A file `.git` leads to that of a linked work tree, which names this file in its `gitdir`
    (gitrepository-layout(5)), or of a submodule, whose `core.worktree` is the root (git-config(1)).
    """
    git = os.path.join(root, ".git")
    if os.path.islink(git):
        return ""
    if os.path.isfile(git):
        git = os.path.normpath(os.path.join(root, _leads_to(git)))
        named = _read(os.path.join(git, "gitdir")).strip()
        trees = [os.path.dirname(named)] if named else _settings(_config(root), "core", "worktree")
        if [os.path.realpath(os.path.join(git, tree)) for tree in trees] != [root]:
            return ""
    return git if os.path.lexists(os.path.join(git, "HEAD")) else ""


def shared_directory(root: str) -> str:
    """What the work trees of a repository share of its git directory; "" where there is none."""
    git = git_directory(root)
    common = _read(os.path.join(git, "commondir")).strip() if git else ""
    return os.path.normpath(os.path.join(git, common)) if common else git


def placeholder(url: str) -> bool:
    """Whether a URL is for users to fill in: nobody but this repository can be meant."""
    steps = re.split(r"[/:@]", url.strip().removesuffix(".git"))
    return bool(_HOLE.search(url)) or any(_BLANK.fullmatch(step) for step in steps)


def normal(url: str) -> str:
    """A URL as `host/owner/name`, the same for every way to write it; "" for a local path."""
    text = url.strip().lower().rstrip("/").removesuffix(".git")
    found = _URL.fullmatch(text)
    if text.startswith(("/", ".", "file:")) or found is None or not found["path"]:
        return ""
    host, path = found["host"], found["path"]
    if host == "ssh.dev.azure.com":
        host, path = "dev.azure.com", path.removeprefix("v3/")
    return f"{host}/{path.replace('/_git/', '/')}"


def _matches(url: str, pattern: str) -> bool:
    """A glob over the URL as it is written, or one of its other forms."""
    if fnmatch.fnmatchcase(url.strip(), pattern):
        return True
    wanted = normal(pattern)
    return bool(wanted) and fnmatch.fnmatchcase(normal(url), wanted)


def _config(root: str) -> str:
    """The git configuration of a work tree, which may be a linked one; "" where there is none."""
    git = os.path.join(root, ".git")
    if os.path.isfile(git):
        git = os.path.join(root, _leads_to(git))
        common = _read(os.path.join(git, "commondir")).strip()
        git = os.path.join(git, common) if common else git
    return _read(os.path.join(git, "config"))


def _leads_to(file: str) -> str:
    return _read(file).removeprefix("gitdir:").strip()


def _read(file: str) -> str:
    """The text of a file of git's own, which may lie anywhere: of a linked work tree it does."""
    real = os.path.realpath(file)
    try:
        data = Files(os.path.dirname(real)).read(real)[:_MOST]
    except InputError:
        return ""
    return data.decode("utf-8", "replace").partition("\0")[0]  # which no path can have


def _settings(config: str, wanted: str, name: str) -> list[str]:
    """git-config(1): the values of a setting in all sections of one name, `[remote "origin"]`."""
    section, out = "", []
    for line in config.splitlines():
        header = _SECTION.match(line)
        if header:
            section = header[1].lower()
        elif section == wanted and len(line) <= _LONGEST and (found := _SETTING.fullmatch(line)):
            out += [found[2].strip('"')] if found[1].lower() == name else []
    return out
