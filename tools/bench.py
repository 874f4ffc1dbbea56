"""How fast wavefix is, measured against what libyaml alone needs for the same bytes.

Writes small manifests in 100 namespaces (one file each, one directory a namespace), and then, in
one run on one machine: lets libyaml merely compose them, lets wavefix review them, and starts
wavefix for nothing but its version. Exits 1 where a limit is broken.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
RATIO_LIMIT = 4.0  # a dry run, in times of composing the same bytes
START_LIMIT = 1 / 3  # `wavefix --version`, in seconds
NAMESPACES = 100

HEAD = """\
apiVersion: {api}
kind: {kind}
metadata:
  name: {name}
  namespace: {namespace}
  labels:
    app.kubernetes.io/name: {name}
  annotations:
    argocd.argoproj.io/sync-wave: "{wave}"
"""
POD = """\
    spec:
      serviceAccountName: {name}
      containers:
        - name: main
          image: registry.example.com/{name}:1.0.{number}
          envFrom:
            - configMapRef:
                name: {name}
          resources:
            requests: {{cpu: 50m, memory: 64Mi}}
"""
# One application each: (apiVersion, kind, wave, what follows the head).
KINDS = [
    ("v1", "ServiceAccount", 0, ""),
    ("v1", "ConfigMap", 1, 'data:\n  LOG_LEVEL: info\n  TARGET: "http://{name}:8080/"\n'),
    (
        "v1",
        "Service",
        0,
        "spec:\n  selector:\n    app.kubernetes.io/name: {name}\n"
        "  ports:\n    - name: http\n      port: 8080\n",
    ),
    ("batch/v1", "Job", 1, "spec:\n  template:\n" + POD + "      restartPolicy: Never\n"),
    (
        "apps/v1",
        "Deployment",
        1,
        "spec:\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n"
        "  template:\n    metadata:\n      labels:\n        app.kubernetes.io/name: {name}\n" + POD,
    ),
]


def manifests(count: int) -> dict[str, str]:
    """The text of each manifest by its path; some of the waves are wrong on purpose."""
    files: dict[str, str] = {}
    for number in range(count):
        namespace = f"team-{number % NAMESPACES:03}"
        application, which = divmod(number // NAMESPACES, len(KINDS))
        api, kind, wave, body = KINDS[which]
        name = f"app-{application:03}"
        values = {
            "api": api,
            "kind": kind,
            "name": name,
            "namespace": namespace,
            "number": number,
            "wave": wave + 1 if kind == "ServiceAccount" and application == 0 else wave,
        }
        files[f"{namespace}/{name}-{kind.lower()}.yaml"] = (HEAD + body).format(**values)
    return files


def compose(texts: list[str]) -> None:
    """All that PyYAML's binding of libyaml does before it makes data: the least anyone pays."""
    for text in texts:
        for _ in yaml.compose_all(text, yaml.CSafeLoader):
            pass


def seconds(work: Callable[[], object], times: int) -> float:
    """The best of some runs."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def wavefix(directory: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "wavefix", *arguments]
    ran = subprocess.run(command, cwd=directory, stdout=subprocess.DEVNULL, check=False)
    if ran.returncode != 0:
        sys.exit(f"wavefix {' '.join(arguments)}: exit {ran.returncode}")


def child_memory() -> int:
    """The most memory that any child has had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifests", type=int, default=10_000, metavar="N")
    count: int = parser.parse_args().manifests

    files = manifests(count)
    size = sum(map(len, files.values()))
    with tempfile.TemporaryDirectory(prefix="wavefix-bench-") as scratch:
        directory = Path(scratch)
        for path, text in files.items():
            file = directory / path
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")

        start = seconds(lambda: wavefix(directory, "--version"), 5)
        idle = child_memory()
        review = seconds(lambda: wavefix(directory, "--dry-run"), 3)
        memory = child_memory()
        composing = seconds(lambda: compose(list(files.values())), 3)

    ratio = review / composing
    each = (memory - idle) / count / 1e3
    print(f"manifests              {count:10,}   {size / 1e6:.1f} MB, {len(files):,} files")
    print(f"libyaml composes them  {composing:10.2f} s")
    print(f"wavefix --dry-run      {review:10.2f} s")
    print(f"ratio                  {ratio:10.2f}   limit {RATIO_LIMIT:.2f}")
    print(f"wavefix --version      {start:10.2f} s limit {START_LIMIT:.2f} s")
    print(f"peak memory            {memory / 1e6:10.0f} MB, {each:.1f} kB a manifest")
    return int(ratio > RATIO_LIMIT or start > START_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
