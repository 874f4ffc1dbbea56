"""Any field of a manifest may hold anything: inference makes of it what it can, and never fails."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_infer_scene import graph

CASES = Path(__file__).parent / "rules"
NONSENSE: tuple[Any, ...] = (
    None, True, 0, 3.5, "", " ", "*", "[", "a/b/c", "{{ x }}", [], [None], [[]], [{}], {},
    {"a": None}, {"name": [1]}, {"name": {"a": 1}}, {"matchLabels": [1]},
    {"matchLabels": {"a": {"b": 1}}}, {"matchExpressions": [None, {"key": {}, "values": [{}]}]},
)  # fmt: skip
BUILT_IN = """\
{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {claimRef: {namespace: web, name: c}}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: web}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: w}
webhooks:
- clientConfig: {service: {name: s, namespace: web}}
  rules: [{operations: [CREATE], apiGroups: [''], resources: [pods]}]
  objectSelector: {matchLabels: {a: b}}
---
{apiVersion: v1, kind: Service, metadata: {name: s, namespace: web}, spec: {selector: {a: b}, ports: [{port: 80}]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: web}
rules: [{apiGroups: [''], resources: [secrets], verbs: [update], resourceNames: [x]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: web}
roleRef: {kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: j}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: j, namespace: web}
spec:
  template:
    metadata: {labels: {a: b}}
    spec:
      serviceAccountName: j
      containers:
      - command: [sh, /s/run]
        args: [kubectl wait deploy/a]
        env: [{name: DB_HOST, value: s}, {name: X, valueFrom: {configMapKeyRef: {name: m, key: k}}}]
        volumeMounts: [{name: s, mountPath: /s}]
      volumes: [{name: s, configMap: {name: m}}, {persistentVolumeClaim: {claimName: c}}]
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: m, namespace: web}, data: {run: kubectl get secret x, k: s}}
"""  # noqa: E501


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in some data where a value stands."""
    steps = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for step in list(steps):
        yield data, step
        yield from _places(data[step])


def _infer(documents: list[Any]) -> None:
    graph("\n---\n".join(json.dumps(item) for item in documents))


def _mutable(documents: list[Any]) -> list[tuple[Any, Any]]:
    return [
        place
        for document in documents
        for field, value in document.items()
        if field not in ("apiVersion", "kind", "metadata", "items")
        for place in ((document, field), *_places(value))
    ]


def test_each_field_of_built_in_kinds() -> None:
    manifests = list(yaml.safe_load_all(BUILT_IN))
    for index in range(len(_mutable(manifests))):
        for nonsense in NONSENSE[index % 3 :: 3]:
            documents = deepcopy(manifests)
            holder, step = _mutable(documents)[index]
            holder[step] = nonsense
            _infer(documents)


@pytest.mark.parametrize("ecosystem", sorted(path.stem for path in CASES.glob("*.yaml")))
def test_some_fields_of_every_case(ecosystem: str) -> None:
    chance = random.Random(ecosystem)
    for case in yaml.safe_load((CASES / f"{ecosystem}.yaml").read_text("utf-8")):
        documents = list(yaml.safe_load_all(case["manifests"]))
        for _ in range(3):
            holder, step = chance.choice(_mutable(documents) or [({}, "")])
            holder[step] = deepcopy(chance.choice(NONSENSE))
        _infer(documents)
