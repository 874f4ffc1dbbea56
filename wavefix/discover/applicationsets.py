"""ApplicationSets: the Applications that their templates make of what their generators give.

Argo CD: applicationset/controllers/template/template.go and patch.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from wavefix.discover.argo import ArgoObject, make
from wavefix.discover.generators import ApplicationSet, generate
from wavefix.discover.parameters import Params, filled
from wavefix.discover.tree import Tree
from wavefix.errors import InputError
from wavefix.limits import TooMuch
from wavefix.model import Application, Finding
from wavefix.rolling import LABEL
from wavefix.yamlio import Map, get, load


def applications(tree: Tree, found: ArgoObject, findings: list[Finding]) -> list[Application]:
    """What an ApplicationSet makes of what is in sight."""
    out: dict[str, Application] = {}
    at = (*found.at, "spec", "template", "spec")
    owner = ApplicationSet(tree, found, findings, get(found.body, "spec", "goTemplate") is True)
    for number, (params, template) in enumerate(_generated(owner), 1):
        body = _patched(owner, filled(template, params, owner.go, _strict(owner)), params)
        _refused(owner, body, params)
        name = str(get(body, "metadata", "name") or found.name)
        labels = _labels(body)
        label = labels.get(LABEL, "") if params.known else ""
        if get(found.body, "spec", "template", "metadata", "labels", LABEL) is None:
            labels.pop(LABEL, None)
        # More than wavefix fills in; each is an Application all the same. One that stands for
        # several keeps its expression.
        if "{{" in name and (params.known or name in out):
            name = f"{found.name}-{params.named(owner.go, 'path.basename') or number}"
        spec = get(body, "spec")
        if isinstance(spec, dict) and name not in out:
            one = make(tree, found, name, spec, at, pattern=True)
            out[name] = replace(one, labels=labels, label="" if "{{" in label else label)
    return list(out.values())


def _labels(body: Any) -> dict[str, str]:
    labels = get(body, "metadata", "labels")
    return {str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {}


def _named(template: Any) -> Any:
    """The template with the text of its name as one more label: what a rolling sync could ask for.

    With it in the template it is seen what overlays and patches make of it.
    """
    name = get(template, "metadata", "name")
    if not isinstance(name, str) or get(template, "metadata", "labels", LABEL) is not None:
        return template
    return _over(template, {"metadata": {"labels": {LABEL: name}}})


def _generated(owner: ApplicationSet) -> Iterator[tuple[Params, Any]]:
    """Each set of parameters with its template: a generator's own is laid over the common one."""
    template = _named(get(owner.found.body, "spec", "template"))
    generators = get(owner.found.body, "spec", "generators")
    for generator in generators if isinstance(generators, list) else []:
        kinds = generator.values() if isinstance(generator, dict) else ()
        own = next((more for body in kinds if (more := get(body, "template"))), None)
        laid = _over(template, own) if isinstance(own, dict) else template
        for params in generate(owner, generator):
            yield params, laid


def _patched(owner: ApplicationSet, body: Any, params: Params) -> Any:
    """The Application with `templatePatch`; as it is, and a note, where that is no YAML here."""
    text = get(owner.found.body, "spec", "templatePatch")
    if not isinstance(text, str) or not text.strip():
        return body
    text = filled(text, params, owner.go, _strict(owner))
    try:
        documents = [] if _CONTROL.search(text) else load(text, owner.found.file, owner.tree.meter)
    except TooMuch:
        raise
    except InputError:
        documents = []
    patch = documents[0].data if documents else None
    if isinstance(patch, dict):
        return _over(body, patch)
    if not text.strip():
        return body
    owner.tell(f"the templatePatch of ApplicationSet {owner.found.name} is not read")
    return body


# what is left of a template whose conditions, loops or variables cannot be told
_CONTROL = re.compile(r"\{\{-?\s*(if|else|end|range|with|\$\w+\s*(,\s*\$\w+\s*)?:?=)\b", re.ASCII)
_FIELD = re.compile(r"\{\{-?\s*(?:if\s+)?\.(?P<path>[\w.]+)\s*-?\}\}")
_MOVES_DOT = re.compile(r"\{\{-?\s*(range|with)\b")


def _strict(owner: ApplicationSet) -> bool:
    """Whether a parameter without a value makes Argo CD give up the whole ApplicationSet."""
    options = get(owner.found.body, "spec", "goTemplateOptions")
    return owner.go and isinstance(options, list) and "missingkey=error" in options


def _refused(owner: ApplicationSet, body: Any, params: Params) -> None:
    """A warning where `missingkey=error` makes Argo CD give up the whole ApplicationSet."""
    if not (_strict(owner) and params.known):
        return
    patch = get(owner.found.body, "spec", "templatePatch")
    patch = filled(patch, params, owner.go, True) if isinstance(patch, str) else ""
    fields = [
        field
        for text in (*_strings(body), patch)
        if not _MOVES_DOT.search(text)  # what a field means there is another question
        for field in _FIELD.finditer(text)
    ]
    for field in fields:
        if params.named(True, field["path"]) is None:
            message = (
                f"`{field[0]}` of ApplicationSet {owner.found.name} has no value, which "
                "`missingkey=error` forbids: Argo CD makes none of its Applications"
            )
            owner.tell(message, "warning")


def _strings(data: Any) -> Iterator[str]:
    """Every string in data, keys too."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, (dict, list)):
        for item in data:
            yield from _strings(item)
            if isinstance(data, dict):
                yield from _strings(data[item])


def _over(below: Any, above: Mapping[str, Any]) -> Any:
    """A strategic merge without keys, as Applications have none: maps merge, null deletes."""
    if not isinstance(below, dict):
        below = Map()
        below.line, below.lines = 1, {}
    out = Map(below)
    out.line, out.lines = getattr(below, "line", 1), dict(getattr(below, "lines", {}))
    for key, value in above.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = _over(out.get(key), value) if isinstance(value, dict) else value
    return out
