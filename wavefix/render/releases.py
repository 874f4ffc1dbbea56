"""Helm releases rendered: the objects of a chart in place of one opaque release."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from wavefix.discover.encryption import kept_by
from wavefix.discover.environment import filled
from wavefix.discover.tree import Tree
from wavefix.errors import InputError
from wavefix.model import Source
from wavefix.render.items import Call, Item, is_object
from wavefix.render.parameters import file_of
from wavefix.render.values import Layer
from wavefix.tools import Kit, Rendered, Stage, ToolFailed
from wavefix.yamlio import get

if TYPE_CHECKING:
    from wavefix.tools.helm import Release

_REMOTE = ".wavefix-chart"  # where a chart that is not in the repository lies in a stage


@dataclass(frozen=True, slots=True)
class Charts:
    """What releases are rendered with."""

    tree: Tree
    kit: Kit = field(default_factory=Kit)

    def expand(self, item: Item, namespace: str) -> list[Item]:
        """The objects of a release, or the release as it is, with the reason why.

        What is not rendered may still be told from its values.
        """
        from wavefix.render.fromvalues import from_values

        call = item.call
        unknown = next((layer for layer in item.layers if layer.unknown), None)
        if unknown is not None:
            name = os.path.relpath(unknown.file, self.tree.root)
            why = f"its values in `{name}` are {kept_by(unknown.unknown)}"
            return from_values(self.tree, replace(item, unrendered=why))
        if not self.kit.helm or call is None:
            return from_values(self.tree, item)
        from wavefix.tools.charts import Unavailable
        from wavefix.tools.helm import template

        try:
            stage, directory, homes = self.stage(call)
            release = _release(self.tree, item, directory, namespace)
            made = [one for one in template(self.kit, stage, release) if is_object(one.body)]
        except (ToolFailed, Unavailable) as why:
            failed = isinstance(why, ToolFailed)
            return from_values(self.tree, replace(item, unrendered=str(why), failed=failed))
        from wavefix.render.places import Chart, placed

        items = [_item(item, one) for one in made]
        return placed(Chart(self.kit, stage, release, call.own, homes), item, made, items)

    def stage(self, call: Call) -> tuple[Stage, str, dict[str, str]]:
        """The chart of a release as files, where in them it lies, and what stands for what."""
        from wavefix.tools.charts import Unavailable, archive, complete, unpacked

        stage = Stage(self.tree.root, self.tree.texts, reader=self.tree.files)
        homes: dict[str, str] = {}
        if call.directory:
            try:
                stage.add(call.directory)
            except InputError as error:
                raise Unavailable(error.problem) from None
            chart = os.path.relpath(call.directory, self.tree.root)
        else:
            chart = _REMOTE
            for name, content in unpacked(archive(self.kit, call.name, call.repo, call.version)):
                stage.put(f"{chart}/{name}", content)
        homes |= complete(self.kit, stage, chart)
        return stage, chart, homes


def _release(tree: Tree, item: Item, chart: str, namespace: str) -> Release:
    from wavefix.tools.helm import Release

    call = item.call
    assert call is not None
    return Release(
        item.name,
        item.namespace or namespace,
        chart,
        tuple(_document(layer) for layer in item.layers if not (layer.default or layer.parameters)),
        call.arguments,
        call.kube_version,
        call.api_versions,
        tuple((name, (tree.peek(path) or "").encode("utf-8")) for name, path in call.files),
    )


def _document(layer: Layer) -> bytes:
    return json.dumps(layer.data, ensure_ascii=False).encode("utf-8", "replace")


def _item(item: Item, made: Rendered) -> Item:
    """One object of a release."""
    metadata = get(made.body, "metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name = str(metadata.get("name") or metadata.get("generateName") or "")
    namespace = str(metadata.get("namespace") or "")
    annotations = metadata.get("annotations")
    return Item(
        made.body, item.file, item.document, (), item.line, name, namespace, name, namespace,
        annotations if isinstance(annotations, dict) else {},
        made=made.source or item.name, source_release=item,
    )  # fmt: skip


def call_of_source(tree: Tree, source: Source, file: str) -> Call | None:
    """How Argo CD calls Helm for a source of an Application, which is written in `file`.

    None where a file that becomes a value is not in sight.
    """
    helm = get(source.spec, "helm")
    arguments: list[str] = []
    entries = get(helm, "parameters")
    for strings in (False, True):
        for entry in entries if isinstance(entries, list) else []:
            if (get(entry, "forceString") is True) == strings and get(entry, "name"):
                option = "--set-string" if strings else "--set"
                value = _cleaned(get(entry, "value"), source)
                arguments.append(f"{option}={entry['name']}={value}")
    entries = get(helm, "fileParameters")
    files = tuple(
        (str(get(entry, "name") or ""), file_of(tree, source, file, entry))
        for entry in (entries if isinstance(entries, list) else [])
    )
    if not all(name and path for name, path in files):
        return None
    flags = (("skipSchemaValidation", "--skip-schema-validation"), ("skipTests", "--skip-tests"))
    arguments += [] if get(helm, "skipCrds") is True else ["--include-crds"]
    arguments += [option for name, option in flags if get(helm, name) is True]
    remote = source.kind == "chart"
    return Call(
        "" if remote else source.path,
        source.chart,
        str(get(source.spec, "repoURL") or "") if remote else "",
        str(get(source.spec, "targetRevision") or "") if remote else "",
        not remote,
        tuple(arguments),
        _version(get(helm, "kubeVersion")),
        _texts(get(helm, "apiVersions")),
        files,
    )


def _version(value: Any) -> str:
    """A version of Kubernetes without what a vendor adds (repository.go, parseKubeVersion)."""
    found = re.match(r"\s*v?(\d+(?:\.\d+)+)", str(value or ""))
    return found[1] if found else str(value or "")


def _cleaned(value: Any, source: Source) -> str:
    """A parameter's value as `--set` takes it (Argo CD util/helm/cmd.go, cleanSetParameters)."""
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    text = filled(text, source.environment)
    if text.startswith("{") and text.endswith("}"):
        return text
    out = ""
    for number, sign in enumerate(text):
        out += "\\," if sign == "," and text[number - 1 : number] != "\\" else sign
    return out


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in values) if isinstance(values, list) else ()
