"""`python -m fuzz SECONDS [SEED]` runs each target for half of the time, `python -m fuzz read FILE`
one input. Anything else behind the name of a target is an option of libFuzzer. Two runs
with one seed begin alike.

What is found, and the inputs that led there, are kept in `.fuzz` of the repository.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import atheris

import wavefix

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
KEPT = HERE.parent.parent / ".fuzz"
TARGETS = ("read", "patch")
_OPTIONS = (
    f"-dict={HERE / 'yaml.dict'}", "-max_len=2048", "-timeout=60", "-rss_limit_mb=2048",
    "-report_slow_units=5",
)  # fmt: skip


def both(seconds: int, seed: int = 0) -> int:
    """Run the targets one after the other. The exit status is that of the first that fails."""
    for name in TARGETS:
        inputs, log = KEPT / name, KEPT / f"{name}.log"
        inputs.mkdir(parents=True, exist_ok=True)
        time = f"-max_total_time={max(seconds // len(TARGETS), 1)}"
        prefix = f"-artifact_prefix={KEPT}/{name}-"
        # A directory would be read in the order in which the file system has it.
        seeds = ",".join(f"fuzz/corpus/{name}/{one}" for one in sorted(os.listdir(CORPUS / name)))
        command = [sys.executable, "-m", "fuzz", name, time, prefix, f"-seed={seed}", *_OPTIONS]
        with open(log, "wb") as out:
            status = subprocess.call(
                [*command, f"-seed_inputs={seeds}", inputs],
                cwd=HERE.parent, stdout=out, stderr=out,
            )  # fmt: skip
        lines = log.read_text("utf-8", "replace").splitlines()
        if status:
            print("\n".join(lines[-40:]))
            print(f"{name} failed; once more: cd tests && python -m fuzz {name} FILE")
            return status
        done = [line for line in lines if " cov: " in line][-1:]
        print(f"{name}: {' '.join(done)}", flush=True)
    return 0


def fuzz(name: str, options: list[str]) -> None:
    """Run one target; never returns."""
    os.environ |= {"WAVEFIX_HELM": "", "WAVEFIX_KUSTOMIZE": ""}  # no programs: sources as read
    with atheris.instrument_imports(include=["wavefix", "fuzz.patch", "fuzz.read"]):
        from fuzz import patch, read

        for module in walk_packages(wavefix.__path__, "wavefix."):  # else within the first inputs
            if not module.name.endswith("__main__"):
                import_module(module.name)

    one = {"read": read.one, "patch": patch.one}[name]
    atheris.Setup([f"fuzz-{name}", *options], _collecting(one))
    atheris.Fuzz()


def _collecting(one: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The pipeline leaves its garbage to the end of the process, which is far away here."""
    runs = 0

    def collecting(data: bytes) -> None:
        nonlocal runs
        runs += 1
        if runs % 50 == 0:
            gc.unfreeze()
            gc.collect()
        one(data)

    return collecting


if __name__ == "__main__":
    first, *rest = sys.argv[1:]
    if first.isdigit():
        sys.exit(both(int(first), *map(int, rest)))
    fuzz(first, rest)
