"""What containers wait for by `kubectl wait` and its like: they go on only once it is there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from wavefix.infer.kinds import ONCE, SCHEDULED
from wavefix.infer.kubectl import Awaited, awaits
from wavefix.infer.plurals import kinds_by_word
from wavefix.infer.scene import Evidence, Ref, Scene, edge, evidence, items
from wavefix.infer.scripts import scripts
from wavefix.model import Edge, External, Needs, Resource
from wavefix.yamlio import get

# kubectl api-resources: the short names of the kinds that scripts name.
_SHORT = {
    "cj": "cronjob", "cm": "configmap", "crd": "customresourcedefinition",
    "crds": "customresourcedefinition", "deploy": "deployment", "ds": "daemonset",
    "ing": "ingress", "ns": "namespace", "po": "pod", "pvc": "persistentvolumeclaim",
    "rs": "replicaset", "sa": "serviceaccount", "sc": "storageclass", "sts": "statefulset",
    "svc": "service", "hr": "helmrelease", "ks": "kustomization", "cert": "certificate",
    "es": "externalsecret",
}  # fmt: skip
_WAITER = "k8s-wait-for"  # https://github.com/groundnuty/k8s-wait-for


def waits(scene: Scene) -> Iterator[Edge | External]:
    """From each workload to what its containers wait for."""
    words = scene.once(kinds_by_word)
    for workload in scene.workloads():
        for awaited, where in _awaited(scene, workload):
            for target in _targets(scene, words, workload, awaited):
                if needs := _needs(workload, awaited):
                    why = "a command waits for it" if awaited.waits else "a command reads it"
                    yield edge(workload, target.key, needs, "heuristic", "core/kubectl", why, where)
            if awaited.kind in ("secret", "secrets", "configmap", "configmaps", "cm"):
                kind = "Secret" if awaited.kind.startswith("secret") else "ConfigMap"
                ref = Ref(kind, awaited.namespace or workload.namespace, awaited.name)
                for made in scene.makers(ref, workload):
                    if needs := _needs(workload, awaited):
                        yield edge(
                            workload, made.maker.key, "ready" if needs == "present" else needs,
                            "heuristic", "core/kubectl", f"{made.why} {kind} {ref.name}", where,
                        )  # fmt: skip


def _needs(workload: Resource, awaited: Awaited) -> Needs | None:
    """A Job fails where what it waits for does not come; what is only read it must find there."""
    if workload.kind in SCHEDULED:
        return "eventually"
    if awaited.waits:
        return "ready"
    return "present" if workload.kind in ONCE else None


def _awaited(scene: Scene, workload: Resource) -> Iterator[tuple[Awaited, Evidence]]:
    for script in scripts(scene, workload):
        for awaited in awaits(script.text):
            yield awaited, script.where
    spec, base = scene.pod_spec(workload), scene.pod_path(workload)
    for field in ("initContainers", "containers"):
        for index, container in enumerate(items(spec, field)):
            for awaited in _waiter(container):
                yield awaited, evidence(workload, *base, field, index, "args", 1)


def _waiter(container: Any) -> Iterator[Awaited]:
    """The arguments of k8s-wait-for: `job NAME`, `service NAME`, `pod -lapp=NAME`."""
    arguments = get(container, "args")
    if _WAITER not in str(get(container, "image")) or not isinstance(arguments, list):
        return
    words = [str(word) for word in arguments]
    kind, *rest = words or [""]
    namespace = next((word for option, word in pairwise(rest) if option == "-n"), "")
    kind = kind.removesuffix("-wr").removesuffix("-we")
    for word in rest[:1]:
        selector = word.removeprefix("-l") if word.startswith("-l") else ""
        name = "" if word.startswith("-") else word
        if selector or name:
            yield Awaited(kind, namespace, name, selector, True)


def _targets(
    scene: Scene, words: dict[str, list[str]], workload: Resource, awaited: Awaited
) -> Iterator[Resource]:
    word = awaited.kind.lower()
    namespace = awaited.namespace or workload.namespace
    kinds = words.get(_SHORT.get(word, word), [])
    if not awaited.selector:
        for kind in kinds:
            space = scene.namespace(workload, awaited.namespace or None, kind)
            found = scene.find(Ref(kind, space, awaited.name), workload)
            if found is not None and found.key != workload.key:
                yield found
        return
    labels = dict(pair.split("=", 1) for pair in awaited.selector.split(",") if "=" in pair)
    selector = {"matchLabels": {key: value.lstrip("=") for key, value in labels.items()}}
    if not labels or any("!" in key for key in labels):
        return
    if _SHORT.get(word, word) in ("pod", "pods"):
        found_all = [item for item in scene.selected(namespace, selector) if not item.opaque]
    else:
        found_all = [item for kind in kinds for item in scene.labelled(kind, selector)]
    for item in found_all:
        if item.namespace in ("", namespace) and item.key != workload.key:
            yield item
