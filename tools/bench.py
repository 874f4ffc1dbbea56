"""How fast wavefix is, measured against what libyaml alone needs for the same bytes.

Writes small manifests in 100 namespaces (one file each, one directory a namespace), and then, in
one run on one machine: lets libyaml merely compose them, lets wavefix review them, and starts
wavefix for nothing but its version. Then infers the dependencies of a platform of many ecosystems,
a small and a large one, and edits a small and a large file. Exits 1 where a limit is broken.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from wavefix import patch
from wavefix.catalogue import catalogue
from wavefix.discover import discover
from wavefix.infer import infer
from wavefix.model import Edit, Site
from wavefix.render import render

ROOT = Path(__file__).resolve().parent.parent
RATIO_LIMIT = 4.0  # a dry run, in times of composing the same bytes
START_LIMIT = 1 / 3  # `wavefix --version`, in seconds
GROWTH_LIMIT = 2.0  # of the time for one resource, with ten times as many of them
DOCUMENTS = 1_000  # of a file
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


POLICY = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {{name: policy-{number}}}
spec:
  rules:
    - match: {{any: [{{resources: {{kinds: [Pod], namespaces: [team-00{number}]}}}}]}}
"""
# What one application of a platform is made of; its objects refer to each other, and to a host.
PLATFORM = """\
apiVersion: v1
kind: ServiceAccount
metadata: {{name: {name}, namespace: {namespace}}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}}}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      serviceAccountName: {name}
      containers:
        - name: main
          env:
            - {{name: DB_HOST, value: {name}-db-rw}}
            - {{name: PASS, valueFrom: {{secretKeyRef: {{name: {name}-db-app, key: password}}}}}}
          envFrom: [{{secretRef: {{name: {name}-config}}}}]
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {{name: {name}-db, namespace: {namespace}}}
spec: {{instances: 3, storage: {{storageClass: fast}}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {{name: {name}-config, namespace: {namespace}}}
spec: {{secretStoreRef: {{name: vault, kind: SecretStore}}, target: {{name: {name}-config}}}}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{secretName: {name}-tls, issuerRef: {{name: ca, kind: ClusterIssuer}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  ingressClassName: nginx
  tls: [{{secretName: {name}-tls}}]
  rules: [{{http: {{paths: [{{backend: {{service: {{name: {name}, port: {{number: 80}}}}}}}}]}}}}]
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{selector: {{matchLabels: {{app: {name}}}}}, endpoints: [{{port: http}}]}}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{scaleTargetRef: {{name: {name}}}, triggers: [{{type: cpu}}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{podSelector: {{matchLabels: {{app: {name}}}}}}}
"""


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
    # Its bytecode is kept, as it is for users: only their first run compiles it.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    ran = subprocess.run(command, cwd=directory, stdout=subprocess.DEVNULL, env=kept, check=False)
    if ran.returncode != 0:
        sys.exit(f"wavefix {' '.join(arguments)}: exit {ran.returncode}")


def platform(count: int) -> str:
    """About `count` manifests of many ecosystems, ten for each application, in 100 namespaces."""
    policies = [POLICY.format(number=number) for number in range(5)]
    return "---\n".join(
        [
            *policies,
            *(
                PLATFORM.format(name=f"app-{number}", namespace=f"team-{number % NAMESPACES:03}")
                for number in range(count // 10)
            ),
        ]
    )


def inferring(count: int) -> float:
    """Milliseconds that inference takes for a thousand resources, of `count`."""
    with tempfile.TemporaryDirectory(prefix="wavefix-bench-") as directory:
        documents = platform(count).split("---\n")
        for number, start in enumerate(range(0, len(documents), DOCUMENTS)):
            text = "---\n".join(documents[start : start + DOCUMENTS])
            Path(directory, f"{number}.yaml").write_text(text, encoding="utf-8")
        [found] = discover([directory], directory)
        known = catalogue()
        resources, findings = render(found, known)
        gc.disable()  # as wavefix does for the length of a run
        taken = seconds(lambda: infer(resources, findings, known, found.config), 3)
        gc.enable()
    return taken * 1e6 / len(resources)


def editing(size: int) -> float:
    """Milliseconds for a thousand edits, at every tenth object of JSON on one line, and of YAML."""
    item = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x", "labels": {"a": "b"}},
        "data": {"key": "value " * 16},
    }
    count = size // len(json.dumps(item))
    texts = {
        "x.json": json.dumps({"kind": "List", "items": [item] * count}),
        "x.yaml": "---\n".join([yaml.dump(item)] * count),
    }
    sites = [
        Site("manifest", file, document, (*path, "metadata", "annotations"), 1, None)
        for number in range(0, count, 10)
        for file, document, path in (("x.json", 0, ("items", number)), ("x.yaml", number, ()))
    ]
    sites.sort(key=lambda site: site.file)
    edits = [Edit(site, "x", "1") for site in sites]

    def edit() -> None:
        patch._parse.cache_clear()
        if any(patch.check(site, texts[site.file]) for site in sites):
            sys.exit("an edit is refused")
        patch.prepare(edits, texts)

    gc.disable()
    taken = seconds(edit, 2)
    gc.enable()
    return taken * 1e6 / len(edits)


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

        wavefix(ROOT / "golden" / "plain" / "before", "--dry-run")  # compiles it
        start = seconds(lambda: wavefix(directory, "--version"), 5)
        idle = child_memory()
        review = composing = float("inf")
        for _ in range(5):  # in turns, so that a busy moment of the machine hits both
            review = min(review, seconds(lambda: wavefix(directory, "--dry-run"), 1))
            composing = min(composing, seconds(lambda: compose(list(files.values())), 1))
        memory = child_memory()

    ratio = review / composing
    each = (memory - idle) / count / 1e3
    print(f"manifests              {count:10,}   {size / 1e6:.1f} MB, {len(files):,} files")
    print(f"libyaml composes them  {composing:10.2f} s")
    print(f"wavefix --dry-run      {review:10.2f} s")
    print(f"ratio                  {ratio:10.2f}   limit {RATIO_LIMIT:.2f}")
    print(f"wavefix --version      {start:10.2f} s limit {START_LIMIT:.2f} s")
    print(f"peak memory            {memory / 1e6:10.0f} MB, {each:.1f} kB a manifest")
    small, large = inferring(count // 5), inferring(count * 2)
    growth = large / small
    print(f"inference, of {count // 5:8,} {small:10.0f} ms per 1,000 resources")
    print(f"inference, of {count * 2:8,} {large:10.0f} ms per 1,000 resources")
    print(f"growth                 {growth:10.2f}   limit {GROWTH_LIMIT:.2f}")
    few, many = editing(2 << 20), editing(20 << 20)
    print(f"edits in 2 MiB         {few:10.0f} ms per 1,000 edits")
    print(f"edits in 20 MiB        {many:10.0f} ms per 1,000 edits")
    print(f"growth                 {many / few:10.2f}   limit {GROWTH_LIMIT:.2f}")
    growth = max(growth, many / few)
    return int(ratio > RATIO_LIMIT or start > START_LIMIT or growth > GROWTH_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
