"""Where a chart is: in the repository, in Helm's own cache, or, where asked for, fetched.

Helm keeps what it has pulled as `repository/NAME-VERSION.tgz` in its cache (helm pkg/repo,
pkg/downloader); a dependency must lie in `charts/` (pkg/action/action.go, CheckDependencies).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, cast

from platformdirs import user_cache_dir

from wavefix.errors import InputError
from wavefix.files import Files
from wavefix.tools.binaries import Kit
from wavefix.tools.process import ToolFailed, run
from wavefix.tools.stage import Stage
from wavefix.yamlio import decode, get, load

_MOST_BYTES = 128 << 20  # of an unpacked chart
_MOST_MEMBERS = 20_000
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*\Z")
_EXACT = re.compile(r"v?\d+\.\d+\.\d+([-+][\w.+-]*)?\Z")


class Unavailable(Exception):
    """A chart that is not in sight, and why."""


def archive(kit: Kit, name: str, repo: str, version: str) -> str:
    """The archive of a chart that others publish. Raises Unavailable."""
    if not _NAME.match(name):
        raise Unavailable(f"`{name}` is no name of a chart")
    for directory in _caches(repo) if _EXACT.match(version) else ():
        path = os.path.join(directory, _file(name, version))
        if os.path.isfile(path):
            return path
    wanted = f"{name} {version or 'of no fixed version'}"
    if not kit.pull:
        raise Unavailable(f"{wanted} is not in Helm's cache; `--pull` fetches it")
    return _pull(kit, name, repo, version)


def _file(name: str, version: str) -> str:
    """What Helm calls the archive of a chart."""
    return f"{os.path.basename(name)}-{version}.tgz"


def _caches(repo: str) -> list[str]:
    """Directories that may hold it: our own, then Helm's."""
    home = os.environ.get("HELM_CACHE_HOME") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "helm"
    )
    return [_fetched(repo), os.environ.get("HELM_REPOSITORY_CACHE", f"{home}/repository")]


def _fetched(repo: str) -> str:
    """Where what is pulled from a repository of charts is kept."""
    mark = hashlib.sha256(repo.encode()).hexdigest()[:16]
    return os.path.join(user_cache_dir("wavefix"), "charts", mark)


def _pull(kit: Kit, name: str, repo: str, version: str) -> str:
    directory = _fetched(repo)
    if "://" not in repo and not repo.startswith(("-", "@", "alias:")):
        repo = f"oci://{repo}"  # as Argo CD takes it (util/helm/helm.go, IsHelmOciRepo)
    if not kit.helm or not repo.startswith(("https://", "http://", "oci://")):
        raise Unavailable(f"{name} cannot be fetched from `{repo}`")
    source = [f"{repo.rstrip('/')}/{name}"] if repo.startswith("oci://") else [name, "--repo", repo]
    chosen = [f"--version={version}"] if version else []
    try:
        os.makedirs(directory, exist_ok=True)
        return _pulled(kit, name, version, [*source, *chosen], directory)
    except (ToolFailed, OSError) as failed:
        raise Unavailable(f"{name} could not be fetched: {failed}") from None


def _pulled(kit: Kit, name: str, version: str, what: Sequence[str], directory: str) -> str:
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        run([kit.helm, "pull", *what, "--destination", scratch], scratch, kit.timeout, network=True)
        for found in os.listdir(scratch):
            named = _file(name, version) if _EXACT.match(version) else found
            path = os.path.join(directory, named)
            os.replace(os.path.join(scratch, found), path)
            return path
    raise ToolFailed("helm fetched nothing")


class _TooLargeError(Exception):
    """An archive of more than a chart may have."""


class _Bounded:
    """A stream that ends where a chart may have no more."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._left = _MOST_BYTES

    def read(self, size: int) -> bytes:
        """The next bytes."""
        if size > self._left:
            raise _TooLargeError
        data = self._stream.read(size)
        self._left -= len(data)
        return data


def unpacked(path: str) -> Iterator[tuple[str, bytes]]:
    """The files of a chart's archive, without the directory that holds them all."""
    yield from members(_content(path), path)


def _content(path: str) -> bytes:
    """An archive of the cache, as it is. Raises Unavailable for what is none, or is too large."""
    try:
        return Files(os.path.dirname(path)).read(path)
    except InputError as error:
        raise Unavailable(f"{os.path.basename(path)}: {error.problem}") from None


def members(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """The files of an archive's bytes. Raises Unavailable, by its `name`, where it is none."""
    try:
        # As a stream: what is read is never more than was asked for, whatever the headers say.
        with (
            gzip.open(io.BytesIO(data)) as stream,
            tarfile.open(fileobj=cast("IO[bytes]", _Bounded(stream)), mode="r|") as tar,
        ):
            for number, member in enumerate(tar):
                if number == _MOST_MEMBERS:
                    raise _TooLargeError
                inside = os.path.normpath(member.name.partition("/")[2])
                plain = not inside.startswith(("..", "/")) and inside != "."
                plain = plain and member.isreg() and not member.issparse()  # holes cost nothing
                content = tar.extractfile(member) if plain else None
                if content is not None:
                    yield inside, content.read()
    except _TooLargeError:
        raise Unavailable(f"{os.path.basename(name)} is too large") from None
    except (tarfile.TarError, OSError, EOFError, ValueError, OverflowError, zlib.error) as error:
        raise Unavailable(f"{os.path.basename(name)} is no archive of a chart: {error}") from None


def complete(kit: Kit, stage: Stage, directory: str) -> dict[str, str]:
    """Put the dependencies of a staged chart into its `charts/`, where they are in sight.

    Those of a subchart are not: Helm takes a subchart as it is (pkg/downloader/manager.go).
    Returns, by the directories they have now, the directories in the repository of those that are
    named by `file://`. Raises Unavailable for the first that is nowhere.
    """
    homes: dict[str, str] = {}
    about = _yaml(stage, f"{directory}/Chart.yaml")
    if not about:
        raise Unavailable("it has no Chart.yaml")
    if about.get("apiVersion") == "v1":
        about = _yaml(stage, f"{directory}/requirements.yaml")
    locked = _locked(stage, directory)
    entries = about.get("dependencies")
    for entry in entries if isinstance(entries, list) else []:
        name, repo = str(get(entry, "name") or ""), str(get(entry, "repository") or "")
        if not name or present(stage, directory, name):
            continue
        if os.path.basename(name) != name or name in (".", ".."):
            raise Unavailable(f"`{name}` is no name of a chart")
        home = f"{directory}/charts/{name}"
        if repo.startswith("file://"):
            source = os.path.normpath(os.path.join(stage.root, directory, repo[len("file://") :]))
            _copy(stage, source, home)
            homes[home] = source
        else:
            version = locked.get(name) or str(get(entry, "version") or "")
            path = archive(kit, name, repo, version)
            stage.put(f"{directory}/charts/{name}.tgz", _content(path))
    return homes


def present(stage: Stage, directory: str, name: str) -> bool:
    """Whether a subchart lies in `charts/`."""
    base = f"{directory}/charts/{name}"
    return f"{base}/Chart.yaml" in stage.files or any(
        file.startswith((f"{base}-", f"{base}.")) and file.endswith(".tgz") for file in stage.files
    )


def _copy(stage: Stage, source: str, home: str) -> None:
    """A chart of the repository, to where Helm looks for it."""
    inside = Stage(stage.root, stage.texts, reader=stage.reader)
    try:
        inside.add(source)
    except InputError as error:
        raise Unavailable(error.problem) from None
    if not inside.files:
        raise Unavailable(f"{os.path.basename(source)} is not in the repository")
    prefix = os.path.relpath(source, stage.root) + "/"
    for name, content in inside.files.items():
        stage.put(f"{home}/{name.removeprefix(prefix)}", content)


def _locked(stage: Stage, directory: str) -> dict[str, str]:
    """The versions that Chart.lock fixes, or requirements.lock for an old chart."""
    lock = _yaml(stage, f"{directory}/Chart.lock") or _yaml(stage, f"{directory}/requirements.lock")
    entries = lock.get("dependencies")
    return {
        str(get(entry, "name")): str(get(entry, "version") or "")
        for entry in (entries if isinstance(entries, list) else [])
    }


def _yaml(stage: Stage, name: str) -> Mapping[str, Any]:
    try:
        documents = load(decode(stage.files.get(name, b""), name), name)
    except InputError:
        return {}
    data = documents[0].data if documents else {}
    return data if isinstance(data, dict) else {}
