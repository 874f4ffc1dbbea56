"""References in the Helm values of an unrendered release: Secrets, ConfigMaps, ServiceAccounts.

Nobody can see the chart's templates, so a value counts only where its key says what it names and
the name is that of an object in sight, or made by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wavefix.argocd import HELM_RELEASE
from wavefix.infer.scene import Evidence, Ref, Scene, show
from wavefix.model import Edge, External, Path, Value

# Kubernetes' own reference fields, which charts pass through: references even where unresolved.
_TYPED = {
    ("secretRef", "name"): "Secret",
    ("secretKeyRef", "name"): "Secret",
    ("secret", "secretName"): "Secret",
    ("configMapRef", "name"): "ConfigMap",
    ("configMapKeyRef", "name"): "ConfigMap",
    ("persistentVolumeClaim", "claimName"): "PersistentVolumeClaim",
}
_HINTS = (
    ("Secret", re.compile(r"secret", re.IGNORECASE)),
    ("ConfigMap", re.compile(r"config_?-?map|configmap", re.IGNORECASE)),
    ("PersistentVolumeClaim", re.compile(r"existingClaim|claimName", re.IGNORECASE)),
)
_KEY_OF = re.compile(r"key\Z", re.IGNORECASE)  # `existingSecretPasswordKey` names a key in a Secret


def references(scene: Scene) -> Iterator[Edge | External]:
    """What the values of each release name."""
    for release in scene.of_kind(HELM_RELEASE):
        optional = {value.path[:-1] for value in release.values if _is_optional(value)}
        for value in release.values:
            if not isinstance(value.value, str) or not value.value or value.path[:-1] in optional:
                continue
            for kind, certain in _kinds(value.path):
                ref = Ref(kind, release.namespace, value.value)
                if certain or scene.find(ref, release) or ref in scene.made:
                    yield from scene.links(
                        release, ref, "eventually", "schema" if certain else "derived", "helm/values",
                        "its pods wait until it is there",
                        Evidence(value.file, value.line, show(value.path)),
                    )  # fmt: skip


def _is_optional(value: Value) -> bool:
    return value.path[-1] == "optional" and value.value is True


def _kinds(path: Path) -> Iterator[tuple[str, bool]]:
    """The kinds that the value at a path may name, and whether its key leaves no doubt."""
    keys = [step for step in path if isinstance(step, str)]
    typed = _TYPED.get((keys[-2], keys[-1])) if len(keys) > 1 else None
    if typed:
        yield typed, True
        return
    if _KEY_OF.search(keys[-1]) and len(keys[-1]) > 3:
        return
    near = keys[-1:] if keys[-1] not in ("name", "names") else keys[-2:]
    for kind, hint in _HINTS:
        if any(hint.search(key) for key in near):
            yield kind, False
