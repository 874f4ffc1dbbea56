"""References in the Helm values of an unrendered release: Secrets, ConfigMaps, classes, accounts.

Nobody can see the chart's templates, so a value counts only where its key says what it names and
the name is that of an object in sight, or made by one; Kubernetes' own reference fields, which
charts pass through, count in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from wavefix.argocd import HELM_RELEASE
from wavefix.infer.scene import Evidence, Ref, Scene, show
from wavefix.model import Confidence, Edge, External, Path, Resource, Value

_SECRET, _CONFIG_MAP, _CLAIM = "Secret", "ConfigMap", "PersistentVolumeClaim"


class _Named(NamedTuple):
    """What a value names. `typed`: its field leaves no doubt."""

    kind: str
    typed: bool


# Kubernetes' own fields by their last steps; `[]` stands for any index.
_TYPED = {
    ("secretRef", "name"): _SECRET,
    ("secretKeyRef", "name"): _SECRET,
    ("secret", "secretName"): _SECRET,
    ("[]", "secret", "name"): _SECRET,
    ("imagePullSecrets", "[]", "name"): _SECRET,
    ("configMapRef", "name"): _CONFIG_MAP,
    ("configMapKeyRef", "name"): _CONFIG_MAP,
    ("[]", "configMap", "name"): _CONFIG_MAP,
    ("persistentVolumeClaim", "claimName"): _CLAIM,
    ("priorityClassName",): "PriorityClass.scheduling.k8s.io",
    ("runtimeClassName",): "RuntimeClass.node.k8s.io",
}
_HINTS = (
    (_SECRET, re.compile(r"secret", re.IGNORECASE)),
    (_CONFIG_MAP, re.compile(r"config_?-?map", re.IGNORECASE)),
    (_CLAIM, re.compile(r"existing_?claim|claim_?name", re.IGNORECASE)),
    ("StorageClass.storage.k8s.io", re.compile(r"storage_?class(_?name)?\Z", re.IGNORECASE)),
    ("IngressClass.networking.k8s.io", re.compile(r"ingress_?class(_?name)?\Z", re.IGNORECASE)),
    ("ServiceAccount", re.compile(r"service_?account_?name\Z", re.IGNORECASE)),
)
_KEY_OF = re.compile(r".keys?\Z", re.IGNORECASE)  # `existingSecretPasswordKey`: a key in a Secret
_GIVEN = ("system-cluster-critical", "system-node-critical", "default")


def references(scene: Scene) -> Iterator[Edge | External]:
    """What the values of each release name."""
    for release in scene.of_kind(HELM_RELEASE):
        brought = {value.path[:-1] for value in release.values if _brings(value)}
        for value in telling_values(release):
            if value.path[:-1] in brought or value.value in _GIVEN:
                continue
            for named in _names(value.path):
                namespace = scene.namespace(release, None, named.kind)
                ref = Ref(named.kind, namespace, str(value.value))
                if named.typed or scene.provided(ref, release):
                    confidence: Confidence = "schema" if named.typed else "derived"
                    yield from scene.links(
                        release, ref, "eventually", confidence, "helm/values",
                        "its pods wait until it is there",
                        Evidence(value.file, value.line, show(value.path)),
                    )  # fmt: skip


def telling_values(release: Resource) -> tuple[Value, ...]:
    """The texts among the values of a release, but for what they switch off."""
    off = {
        value.path[:-1]
        for value in release.values
        if value.path[-1] == "enabled" and value.value is False
    }
    return tuple(
        value
        for value in release.values
        if isinstance(value.value, str)
        and value.value
        and not any(value.path[:length] in off for length in range(1, len(value.path)))
    )


def _brings(value: Value) -> bool:
    """Whether what is named beside a value is optional, or made by the chart itself."""
    return value.value is True and value.path[-1] in ("optional", "create")


def _names(path: Path) -> Iterator[_Named]:
    """The kinds that the value at a path may name."""
    marked = tuple("[]" if isinstance(step, int) else step for step in path)
    for length in (1, 2, 3):
        if kind := _TYPED.get(marked[-length:]):
            yield _Named(kind, True)
            return
    keys = [step for step in path if isinstance(step, str)]
    if _KEY_OF.search(keys[-1]):
        return
    if marked[-2:] == ("serviceAccount", "name"):
        yield _Named("ServiceAccount", False)
        return
    near = keys[-1:] if keys[-1] not in ("name", "names") else keys[-2:]
    for kind, hint in _HINTS:
        if any(hint.search(key) for key in near):
            yield _Named(kind, False)
