"""Running a program: in a scratch directory, for a limited time, with little around it."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, current_thread, main_thread
from time import monotonic

LIMIT = 64 << 20  # bytes of output
_MEMORY = 2 << 30  # bytes of data; a chart of 31 MiB that renders to 48 MiB takes 0.6 GiB
_SHOWN = 2000  # characters of a tool's own message
_NO_REASON = ("WARNING:", "# Warning", "Use --debug flag")
_NO_MEMORY = re.compile(r"fatal error: (runtime: )?(out of|cannot allocate) memory")  # Go's words
_OWN = re.compile(r"\s*: unable to run: '.*", re.DOTALL)  # how kustomize called helm
_NOWHERE = "http://127.0.0.1:9"  # the discard port: what asks for the network is refused at once


_over = Event()  # the run is being ended from outside


class ToolFailed(Exception):
    """A tool that could not be run, ran too long, printed too much or failed: with its message."""


class Refused(ToolFailed):
    """A tool that failed by what it was given: it will again."""


def give_up() -> None:
    """End every tool that runs, within a second, and start no other: this process is to end."""
    _over.set()


def run(
    argv: Sequence[str], directory: str, timeout: float, network: bool = False, scratch: str = ""
) -> bytes:
    """What a program prints. Raises ToolFailed with its own words where it fails.

    It works in `directory`, and has a home that goes with it. `scratch` is what holds all that it
    is given, and is left out of those words.
    """
    if current_thread() is not main_thread():
        return _run(argv, directory, timeout, network, scratch)
    # Signals come to the main thread: in the midst of starting a program they would lose it.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        try:
            return pool.submit(_run, argv, directory, timeout, network, scratch).result()
        except (KeyboardInterrupt, SystemExit):
            give_up()
            raise


def _run(argv: Sequence[str], directory: str, timeout: float, network: bool, scratch: str) -> bytes:
    name = os.path.basename(argv[0])
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.TemporaryDirectory(prefix="wavefix-home-") as home,
    ):
        try:
            process = subprocess.Popen(
                argv,
                cwd=directory,
                env=_environment(argv[0], home, network),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        except OSError as error:
            raise ToolFailed(f"{name} cannot be run: {error.strerror}") from None
        except ValueError:  # a zero byte, which no argument can have
            raise ToolFailed(f"{name} cannot be given what is no text") from None
        _limit(process.pid)
        try:
            status = _wait(process, name, timeout, out.fileno())
        finally:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        _check_size(name, out.fileno())
        if status:
            err.seek(0)
            said = _message(err.read(_SHOWN * 4), directory, scratch, home)
            if _NO_MEMORY.search(said):
                raise ToolFailed(f"{name} takes more than {_MEMORY >> 20} MiB of memory")
            raise Refused(said or f"{name} failed")
        out.seek(0)
        return out.read()


def _wait(process: subprocess.Popen[bytes], name: str, timeout: float, out: int) -> int:
    """Its status; it may start others, so that what it prints is watched as well."""
    end = monotonic() + timeout
    while not _over.is_set():
        try:
            return process.wait(max(min(end - monotonic(), 1.0), 0.0))
        except subprocess.TimeoutExpired:
            _check_size(name, out)
            if monotonic() >= end:
                raise ToolFailed(f"{name} was stopped after {timeout:g} s") from None
    raise ToolFailed(f"{name} was stopped")


def _check_size(name: str, out: int) -> None:
    if os.fstat(out).st_size > LIMIT:
        raise ToolFailed(f"{name} printed more than {LIMIT >> 20} MiB")


def _limit(pid: int) -> None:
    """No file of a tool, its output among them, gets larger than that, nor does its memory."""
    if hasattr(resource, "prlimit"):  # Linux
        with suppress(OSError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (LIMIT + 1, LIMIT + 1))
            # Not RLIMIT_AS: Go reserves far more addresses than it takes memory.
            resource.prlimit(pid, resource.RLIMIT_DATA, (_MEMORY, _MEMORY))


def _environment(program: str, home: str, network: bool) -> dict[str, str]:
    """No configuration of the user's, no credentials, no cluster; no network unless asked for."""
    out = {
        "PATH": os.pathsep.join([os.path.dirname(program), "/usr/bin", "/bin"]),
        "HOME": home,
        "TMPDIR": home,  # what a tool that is stopped leaves behind goes with it
        "LANG": "C.UTF-8",
        "KUBECONFIG": os.devnull,
        "HELM_CACHE_HOME": os.path.join(home, "cache"),
        "HELM_CONFIG_HOME": os.path.join(home, "config"),
        "HELM_DATA_HOME": os.path.join(home, "data"),
        "HELM_PLUGINS": os.path.join(home, "plugins"),
        "XDG_CONFIG_HOME": os.path.join(home, "xdg"),
    }
    if network:
        passed = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
        known = {name for upper in passed for name in (upper, upper.lower())}
        return out | {name: value for name, value in os.environ.items() if name in known}
    for scheme in ("HTTP", "HTTPS", "ALL"):
        out[f"{scheme}_PROXY"] = out[f"{scheme.lower()}_proxy"] = _NOWHERE
    return out | {"GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0"}


def _message(data: bytes, *directories: str) -> str:
    """A tool's own words, in one line, without the names of scratch directories."""
    text = data.decode("utf-8", "replace")
    for directory in directories:
        for name in (os.path.realpath(directory), directory) if directory else ():
            text = text.replace(f"{name}/", "").replace(name, ".")
    text = _OWN.sub("", text)
    lines = [line.strip() for line in text.splitlines()]
    kept = (line for line in lines if line and not line.startswith(_NO_REASON))
    words = " ".join(kept).removeprefix("Error: ").removeprefix("Error: ").strip()
    return words[:_SHOWN]
