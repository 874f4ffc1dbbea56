"""Kustomizations read from source: which objects they bring, and what they set on them.

kustomize api/types/kustomization.go for the fields. Resources, generators, components and then the
transformers are run in the order of api/internal/target/kusttarget.go and
kusttarget_configplugin.go, so what an outer kustomization sets overrides an inner one.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wavefix.discover.sources import kustomization_file
from wavefix.discover.tree import Tree
from wavefix.errors import InputError
from wavefix.limits import WORK, TooMuch, exceeded
from wavefix.model import SYNC_WAVE, Finding, Joint, PatchTarget, Site
from wavefix.patterns import TooSlow
from wavefix.render.generators import generated, regenerated, releases
from wavefix.render.items import Item, read
from wavefix.render.patches import Patch, Setting, named, patches
from wavefix.render.releases import Charts
from wavefix.render.values import written
from wavefix.yamlio import get, line_of

Name = tuple[str, str, str]  # kind, name and namespace

REMOTE = re.compile(
    r"[a-z+]+://|git::|git@|(github|bitbucket)\.(com|org)[/:]|gitlab\.com[/:]|.*\?ref=|(?>.*?//).*\?"
)
# api/internal/builtins/PrefixTransformer.go: kinds whose name is their meaning
_NEVER_RENAMED = (
    "CustomResourceDefinition.apiextensions.k8s.io",
    "APIService.apiregistration.k8s.io",
    "Namespace",
)
LOCAL = "config.kubernetes.io/local-config"
UNREAD = "is not read: what it does is not planned"  # unless kustomize builds it
_STEPS = 50  # that it takes to transform an object
_UNREAD = ("generators", "transformers")


def build(
    charts: Charts, directory: str, findings: list[Finding], block: Setting | None = None
) -> list[Item]:
    """Every object that the kustomization in `directory` brings.

    `block` is what an Application adds to it: Argo CD edits it into the kustomization
    (util/kustomize/kustomize.go).
    """
    builder = _Builder(charts, findings)
    items = builder.build(directory, [], (), block)
    if builder.partial:  # what is common may serve others that are not in sight
        items = [
            replace(item, below=None, common=tuple(Joint(one.site, True) for one in item.common))
            for item in items
        ]
    return [item for item in items if item.annotations.get(LOCAL, "false") == "false"]


class _Builder:
    def __init__(self, charts: Charts, findings: list[Finding]) -> None:
        self._charts = charts
        self._tree = charts.tree
        self._findings = findings
        self.partial = False  # whether something that it brings is not in sight

    def build(
        self,
        directory: str,
        given: list[Item],
        above: tuple[str, ...],
        block: Setting | None = None,
    ) -> list[Item]:
        """The items of one kustomization; a Component transforms those `given` to it as well."""
        WORK.steps(_STEPS * (1 + len(given)))
        setting = self._setting(directory, above)
        if setting is None:
            return given
        settings = [setting, block] if block else [setting]
        body, file = setting.body, setting.file
        items = list(given)
        for field in ("resources", "bases"):
            for name, line in self._entries(setting, field):
                items += self._resource(setting, name, line, (*above, directory))
        items = regenerated(body, file, setting.document, items)
        items += generated(self._tree, directory, body, file, setting.document)
        for release in releases(self._tree, directory, body, file, setting.document):
            items += self._charts.expand(release, "")
        for one in settings:
            optional = one.body.get("ignoreMissingComponents") is True
            for name, line in self._entries(one, "components"):
                if optional and not self._tree.files.exists(os.path.join(directory, str(name))):
                    continue
                path = named(self._tree, directory, name, one.file, line)
                if path:
                    items = self.build(path, items, (*above, directory))
        if not above:
            known = Counter(name for item in items for name in names(item))
            items = [replace(item, entry=new_patch_site(setting, item, known)) for item in items]
        WORK.steps(_STEPS * len(items))
        most = self._tree.meter.limits.documents
        if len(items) > most:
            what = f"a kustomization of more than {most} objects"
            raise exceeded("documents", what, file, kind=TooMuch)
        common = Joint(_common_site(setting))
        items = [replace(item, common=(*item.common, common)) for item in items]
        return self._unread(setting, transform(self._tree, settings, items))

    def _setting(self, directory: str, above: tuple[str, ...]) -> Setting | None:
        file = kustomization_file(self._tree, directory)
        if file is None:
            problem, advice = "no kustomization in it", "check `resources` that names it"
            self._tree.fail(InputError(problem, advice, directory))
        elif len(above) > self._tree.meter.limits.depth:
            what = f"more than {self._tree.meter.limits.depth} kustomizations in each other"
            self._tree.fail(exceeded("depth", what, file))
        elif directory in above:
            problem, advice = "a kustomization that includes itself", "break the circle"
            self._tree.fail(InputError(problem, advice, file))
        else:
            documents = self._tree.documents(file)
            if documents and isinstance(documents[0].data, dict):
                return Setting(documents[0].data, directory, file, documents[0].index)
            if documents:
                problem = "a kustomization that is no mapping"
                line = documents[0].line
                self._tree.fail(InputError(problem, "write `key: value` lines", file, line))
        return None

    def _entries(self, setting: Setting, field: str) -> Iterator[tuple[Any, int]]:
        entries = setting.body.get(field)
        if isinstance(entries, list):
            for index, name in enumerate(entries):
                yield name, line_of(setting.body, (field, index), 1)
        elif entries is not None:
            line = line_of(setting.body, (field,), 1)
            self._tree.fail(InputError(f"`{field}` is no list", "make it one", setting.file, line))

    def _resource(
        self, setting: Setting, name: Any, line: int, above: tuple[str, ...]
    ) -> list[Item]:
        path = os.path.join(setting.directory, str(name))
        if isinstance(name, str) and REMOTE.match(name) and not self._tree.files.exists(path):
            self._note(
                f"`{name}` is remote and not read: what it brings is not planned", setting, line
            )
            return []
        path = named(self._tree, setting.directory, name, setting.file, line) or ""
        if not path:
            return []
        whole = self._tree.files.is_directory(path)
        if self._tree.excluded(path, whole):
            self._note(f"`{name}` is excluded: what it brings is not planned", setting, line)
            return []
        return self.build(path, [], above) if whole else read(self._tree, path, True)

    def _note(self, message: str, setting: Setting, line: int) -> None:
        self.partial = True
        self._findings.append(Finding("WF011", "note", message, setting.file, line))

    def _unread(self, setting: Setting, items: list[Item]) -> list[Item]:
        """Plugins are not run; where one may set waves, those of all its items are not known."""
        for field in _UNREAD:
            for entry, line in self._entries(setting, field):
                self._note(f"`{field}` {UNREAD}", setting, line)
                text = entry if isinstance(entry, str) else ""
                path = os.path.join(setting.directory, text)
                if "\n" not in text and self._tree.files.is_file(path):
                    text = self._tree.text(path) or ""
                if field == "transformers" and SYNC_WAVE in text:
                    why = "a kustomize transformer sets its wave"
                    items = [item.annotated(item.annotations, None, why) for item in items]
        return items


def transform(tree: Tree, settings: Sequence[Setting], items: list[Item]) -> list[Item]:
    """What a kustomization sets on its items: patches, namespace, names, labels, annotations."""
    items = _patched(tree, settings, ("patchesStrategicMerge", "patches"), items)
    namespace = _last(settings, "namespace")
    if namespace:
        items = [_moved(item, namespace) for item in items]
    prefix, suffix = _last(settings, "namePrefix"), _last(settings, "nameSuffix")
    if prefix or suffix:
        items = [
            item
            if item.release or item.kind in _NEVER_RENAMED
            else item.renamed(f"{prefix}{item.name}{suffix}")
            for item in items
        ]
    for setting in settings:
        labels = _labels(setting.body)
        if labels:
            items = [replace(item, labels={**item.labels, **labels}) for item in items]
        items = _annotated(setting, items)
    return _patched(tree, settings, ("patchesJson6902",), items)


def _last(settings: Sequence[Setting], field: str) -> str:
    """A text field, which an Application's block replaces."""
    texts = [setting.body.get(field) for setting in settings]
    return next((text for text in reversed(texts) if isinstance(text, str) and text), "")


def _patched(
    tree: Tree, settings: Sequence[Setting], fields: Sequence[str], items: list[Item]
) -> list[Item]:
    for one in settings:
        for patch in patches(tree, one, fields):
            WORK.steps(len(items))
            found = (
                _by(patch, one, replace(item, patched=True)) if _hits(patch, item) else item
                for item in items
            )
            items = [item for item in found if item is not None]
    return items


def _hits(patch: Patch, item: Item) -> bool:
    try:
        return patch.target.hits(item)
    except TooSlow as slow:
        raise TooSlow(slow.problem, slow.advice, patch.text.file, patch.text.line) from None


def _by(patch: Patch, setting: Setting, item: Item) -> Item | None:
    """An item with a patch; one of an Application comes after all of its kustomization."""
    after = patch.apply(item)
    if after is None or not setting.at or after.overlay == item.overlay:
        return after
    return replace(after, entry=None)


def _moved(item: Item, namespace: str) -> Item:
    """An item in another namespace; a Namespace becomes that namespace."""
    return (
        item.renamed(namespace) if item.kind == "Namespace" else replace(item, namespace=namespace)
    )


def _labels(body: Mapping[str, Any]) -> dict[str, Any]:
    labels = body.get("labels")
    pairs = [get(entry, "pairs") for entry in labels] if isinstance(labels, list) else []
    found: dict[str, Any] = {}
    for more in (*pairs, body.get("commonLabels")):
        found.update(more if isinstance(more, dict) else {})
    return found


def _common_site(setting: Setting) -> Site:
    """Where a kustomization sets one wave for all that it brings, or could."""
    field = "commonAnnotations"
    annotations = setting.body.get(field)
    wave = get(annotations, SYNC_WAVE)
    line = line_of(setting.body, (field,) if wave is None else (field, SYNC_WAVE), 1)
    before = None if wave is None else written(wave)
    path = (*setting.at, field)
    return Site(setting.mechanism, setting.file, setting.document, path, line, before)


def _annotated(setting: Setting, items: list[Item]) -> list[Item]:
    annotations = setting.body.get("commonAnnotations")
    if not isinstance(annotations, dict) or not annotations:
        return items
    site = _common_site(setting) if SYNC_WAVE in annotations else None
    return [_common(item, {**item.annotations, **annotations}, site) for item in items]


def _common(item: Item, annotations: Mapping[str, Any], site: Site | None) -> Item:
    """An item with the annotations of all; a wave among them can also be taken out again."""
    after = item.annotated(annotations, site)
    return after if site is None else replace(after, below=item, locked="", entry=None)


def new_patch_site(setting: Setting, item: Item, known: Mapping[Name, int]) -> Site | None:
    """Where a new patch in a kustomization would set the wave of one of its items.

    `item` is as it is when the kustomization patches it, before it gives it a name, a namespace and
    annotations; `known` counts the `names` of all items then. None where a patch could not name
    just this one, or where `patchesJson6902`, which come after, could overrule it.

    A patch without a target is for the one object of its group, version, kind, namespace and name,
    be these what it has now or had before: api/resmap/reswrangler.go, GetById.
    """
    body = setting.body
    group, _, version = str(item.body.get("apiVersion", "")).rpartition("/")
    if item.release or "patchesJson6902" in body or not version or not get(item.body, "kind"):
        return None
    if not item.own and not get(item.body, "metadata", "name"):
        return None  # `generateName`
    if known[item.kind, item.name, item.namespace or "default"] != 1:
        return None
    old = "patchesStrategicMerge" in body and "patches" not in body
    field = "patchesStrategicMerge" if old else "patches"
    entries = body.get(field)
    last = (field, len(entries) - 1) if isinstance(entries, list) and entries else (field,)
    line = line_of(body, last, max(getattr(body, "lines", {"": 1}).values()))
    target = PatchTarget(group, version, str(item.body["kind"]), item.name, item.namespace)
    path = (*setting.at, field)
    return Site(setting.patches, setting.file, setting.document, path, line, None, entry=target)


def names(item: Item) -> set[Name]:
    """What a patch can know an item by."""
    both = (item.name, item.namespace), (item.source_name, item.source_namespace)
    return {(item.kind, name, namespace or "default") for name, namespace in both}


__all__ = ["Setting", "build", "names", "new_patch_site", "transform"]
