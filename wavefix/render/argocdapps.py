"""The objects that the chart `argocd-apps` makes of its values, as data instead of a rendering.

The chart holds nothing but the values that it is given: argoproj/argo-helm, charts/argocd-apps,
templates/ and CHANGELOG of 0.0.1 to 2.0.5. Up to 1.x each group is a list whose entries have a
`name`, from 2.0.0 on a map of names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wavefix.discover.charts import COMMUNITY
from wavefix.model import Path

ANNOTATIONS = "additionalAnnotations"
GROUPS = ("applications", "applicationsets", "projects", "extensions")
_TEMPLATED = ("itemTemplates", "extraObjects")  # templates inside values

_Version = tuple[int, ...]
_LATEST: _Version = (2,)
# What an older chart passes over.
_SINCE: Mapping[str, _Version] = {
    "applicationsets": (0, 0, 2),
    "extensions": (0, 0, 3),
    "projects.sourceNamespaces": (0, 0, 5),
    "applications.sources": (0, 0, 8),
    "applicationsets.sources": (0, 0, 8),
    "applications.revisionHistoryLimit": (0, 0, 9),
    "applicationsets.strategy": (1, 2, 0),
    "projects.permitOnlyProjectScopedClusters": (1, 3, 0),
    "applicationsets.ignoreApplicationDifferences": (1, 6, 1),
    "applicationsets.templatePatch": (1, 6, 2),
    "applicationsets.finalizers": (2, 0, 2),
    "applicationsets.goTemplateOptions": (2, 0, 3),
    "applications.sourceHydrator": (2, 0, 5),
    "applicationsets.sourceHydrator": (2, 0, 5),
}
_EXACT = re.compile(r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})\Z")
_MAJOR = re.compile(r"[\^~=v ]*(\d{1,9})(?:\.|\Z)")
_NAME = re.compile(r"(?=.*[a-z])(?!\d+e\d+\Z)[a-z0-9]([-a-z0-9.]*[a-z0-9])?\Z")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})

_SOURCES = ("source", "sources", "sourceHydrator")
_SHARED = ("syncPolicy", "ignoreDifferences", "info")
_PROJECT = (
    "permitOnlyProjectScopedClusters", "description", "sourceRepos", "destinations",
    "clusterResourceWhitelist", "clusterResourceBlacklist", "namespaceResourceBlacklist",
    "namespaceResourceWhitelist", "orphanedResources", "roles", "syncWindows", "signatureKeys",
    "sourceNamespaces",
)  # fmt: skip
_SET = (
    "goTemplateOptions", "generators", "ignoreApplicationDifferences", "strategy", "syncPolicy",
)  # fmt: skip


class NotUnderstood(Exception):
    """Values of which only Helm can say what the chart makes; the message says why."""


@dataclass(frozen=True, slots=True)
class Made:
    """An object, and the path in the values of the entry that it is made of."""

    body: dict[str, Any]
    path: Path


def objects(values: Mapping[str, Any], version: str) -> list[Made]:
    """What the chart makes of merged values; `version` is that of the chart, or a range.

    Raises NotUnderstood.
    """
    exact, major = _numbers(version)
    for key in _TEMPLATED:
        if values.get(key):
            raise NotUnderstood(f"`{key}` holds templates")
    out = []
    for group in _known("", dict.fromkeys(GROUPS), exact):
        for name, entry, path in _entries(group, values.get(group), major):
            if not isinstance(entry, Mapping):
                raise NotUnderstood(f"`{_shown(path)}` is no mapping")
            body = _object(group, _plain_name(name, path), _known(group, entry, exact), path)
            out.append(Made(body, path))
    return out


def _numbers(version: str) -> tuple[_Version, int]:
    """The version where it is one, and its first number; that of the latest where any will do."""
    exact, major = _EXACT.match(version.strip()), _MAJOR.match(version.strip())
    first = int(major[1]) if major else _LATEST[0] if version.strip() in ("", "*") else -1
    if first > _LATEST[0]:
        raise NotUnderstood(f"{COMMUNITY} {version} is not known")
    return tuple(map(int, exact.groups())) if exact else (), first


def _entries(group: str, data: Any, major: int) -> Iterator[tuple[Any, Any, Path]]:
    """Each entry with its name and path, in the chart's order."""
    if not data:
        return
    if isinstance(data, list) and major < _LATEST[0]:
        for index, entry in enumerate(data):
            yield entry.get("name") if isinstance(entry, Mapping) else "", entry, (group, index)
    elif isinstance(data, Mapping) and major != -1:
        for key in sorted(data):
            entry = data[key]
            if major < _LATEST[0]:
                yield entry.get("name") if isinstance(entry, Mapping) else "", entry, (group, key)
            elif entry:
                yield key, entry, (group, key)
    else:
        raise NotUnderstood(f"`{group}` is of another form than its version takes")


def _known(group: str, entry: Mapping[str, Any], exact: _Version) -> dict[str, Any]:
    """What a version of the chart reads of an entry, and of the `template` and its `spec` in it."""
    return {
        key: _known(group, value, exact)
        if key in ("template", "spec") and isinstance(value, Mapping)
        else value
        for key, value in entry.items()
        if not exact or exact >= _SINCE.get(f"{group}.{key}".lstrip("."), ())
    }


def _plain_name(name: Any, path: Path) -> str:
    """A name that is text in YAML without quotes too: the chart writes it so."""
    if not isinstance(name, str) or not _NAME.match(name) or name in _WORDS:
        raise NotUnderstood(f"the name of `{_shown(path)}` is none")
    return name


def _object(group: str, name: str, entry: Mapping[str, Any], path: Path) -> dict[str, Any]:
    kind, spec = _KINDS[group]
    metadata: dict[str, Any] = {"name": name}
    if entry.get(ANNOTATIONS):
        metadata["annotations"] = _texts(entry[ANNOTATIONS], (*path, ANNOTATIONS))
    if entry.get("additionalLabels"):
        metadata["labels"] = entry["additionalLabels"]
    if entry.get("namespace"):
        metadata["namespace"] = _plain_name(entry["namespace"], (*path, "namespace"))
    if group == "extensions":
        metadata["finalizers"] = ["extensions-finalizer.argocd.argoproj.io"]
    elif entry.get("finalizers"):
        metadata["finalizers"] = entry["finalizers"]
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": metadata}
    made = spec(entry, path)
    return body if made is None else {**body, "spec": made}


def _given(entry: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """Those fields that say something: the chart passes over what is empty."""
    return {field: entry[field] for field in fields if entry.get(field)}


def _application(entry: Mapping[str, Any], path: Path) -> dict[str, Any]:
    project = _plain_project(entry.get("project"), path)
    fields = (*_SOURCES, *_SHARED, "revisionHistoryLimit")
    return {
        "project": project,
        "destination": entry.get("destination"),
        **_given(entry, fields),
    }


def _plain_project(project: Any, path: Path) -> str:
    """A project whose text is no template, which the chart would evaluate."""
    if not isinstance(project, str) or "{{" in project or not project.strip():
        raise NotUnderstood(f"`{_shown((*path, 'project'))}` is no plain text")
    return project


def _application_set(entry: Mapping[str, Any], path: Path) -> dict[str, Any]:
    spec = _given(entry, _SET)
    if "goTemplate" in entry:
        if not isinstance(entry["goTemplate"], bool):
            raise NotUnderstood(f"`{_shown((*path, 'goTemplate'))}` is neither true nor false")
        spec["goTemplate"] = entry["goTemplate"]
    if entry.get("template"):
        spec["template"] = _template(entry["template"], (*path, "template"))
    if patch := entry.get("templatePatch"):
        if not isinstance(patch, str) or patch[0] in " \n":
            raise NotUnderstood(f"`{_shown((*path, 'templatePatch'))}` is no plain text")
        spec["templatePatch"] = patch.rstrip("\n") + "\n"
    return spec


def _template(template: Any, path: Path) -> dict[str, Any]:
    """The template of an ApplicationSet; what it says of names and projects is put in quotes."""
    out: dict[str, Any] = {}
    if not isinstance(template, Mapping):
        raise NotUnderstood(f"`{_shown(path)}` is no mapping")
    if metadata := template.get("metadata"):
        out["metadata"] = {"name": _quoted(metadata.get("name"), (*path, "metadata", "name"))}
        if metadata.get("annotations"):
            at = (*path, "metadata", "annotations")
            out["metadata"]["annotations"] = _texts(metadata["annotations"], at, _quoted)
        if metadata.get("labels"):
            out["metadata"]["labels"] = metadata["labels"]
        if metadata.get("namespace"):
            at = (*path, "metadata", "namespace")
            out["metadata"]["namespace"] = _quoted(metadata["namespace"], at)
    if spec := template.get("spec"):
        out["spec"] = {
            "project": _quoted(spec.get("project"), (*path, "spec", "project")),
            "destination": spec.get("destination"),
            **_given(spec, (*_SOURCES, *_SHARED)),
        }
    return out


def _project(entry: Mapping[str, Any], path: Path) -> dict[str, Any]:
    return _given(entry, _PROJECT)


def _extension(entry: Mapping[str, Any], path: Path) -> dict[str, Any] | None:
    return _given(entry, ("sources",)) or None


def _text(value: Any, path: Path) -> str:
    """A scalar as the template function `quote` writes it: numbers are floating ones to Helm."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) < 1_000_000:
        return str(value)
    if not isinstance(value, str):
        raise NotUnderstood(f"`{_shown(path)}` is no text")
    return value


def _quoted(value: Any, path: Path) -> str:
    """A scalar as `squote` writes it, which escapes nothing."""
    text = _text(value, path)
    if "'" in text or "\n" in text:
        raise NotUnderstood(f"`{_shown(path)}` has a quote in it")
    return text


def _texts(
    annotations: Any, path: Path, text: Callable[[Any, Path], str] = _text
) -> dict[str, str]:
    if not isinstance(annotations, Mapping):
        raise NotUnderstood(f"`{_shown(path)}` is no mapping")
    return {
        str(key): text(value, (*path, key))
        for key, value in annotations.items()
        if value is not None
    }


def _shown(path: Path) -> str:
    return ".".join(map(str, path))


_Spec = Callable[[Mapping[str, Any], Path], "dict[str, Any] | None"]
_KINDS: Mapping[str, tuple[str, _Spec]] = {
    "applications": ("Application", _application),
    "applicationsets": ("ApplicationSet", _application_set),
    "projects": ("AppProject", _project),
    "extensions": ("ArgoCDExtension", _extension),
}
