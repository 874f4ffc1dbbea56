"""The form of a rule file, checked as it is read: docs/inference.md shows it as a table."""

from __future__ import annotations

import re

import msgspec

from wavefix.model import Needs

# Steps over the items of a list, the values of a map, the keys of a map.
EACH, VALUES, KEYS = 0, 1, 2
Steps = tuple[str | int, ...]
Scalar = str | int | bool | None
Conditions = dict[str, tuple[Scalar, ...]]
ANY_KIND = "*"
ANYWHERE = "*"  # as a namespace: whichever
PODSPEC = "podspec"  # as `from`: every kind that has a pod spec; as `to`: what starts pods
PODMETA = "podmeta"  # as `from`: the metadata of the pods of every such kind

_SIGNS = {"[]": EACH, "{}": VALUES, "{keys}": KEYS}
_STEP = re.compile(r'(?:"([^"]+)"|([^.\[\]{}"\s]+))((?:\[\]|\{\}|\{keys\})*)')
_SIGN = re.compile(r"\[\]|\{\}|\{keys\}")
_PART = re.compile(r"\$\(([^()]+)\)")


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Kinds(_Form, frozen=True):
    """The kinds that a file knows, by scope; `opaque` are those of them that install what is not
    to be seen in them."""

    namespaced: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()


class RuleText(_Form, frozen=True, rename={"source": "from", "home": "in"}):
    """A reference field: `source` kinds refer by `path` to `to`."""

    id: str
    source: str | tuple[str, ...]
    path: str | tuple[str, ...]
    to: str | tuple[str, ...]
    needs: Needs | dict[str, Needs]
    why: str = ""
    doc: str = ""
    name: str = "name"
    namespace: str = ""
    home: str = ""
    default: str = ""
    optional: str = "optional"
    kind: str = ""
    group: str = ""
    pattern: str = ""
    select: bool = False
    when: dict[str, Scalar] = {}
    given: Conditions = {}
    unless: Conditions = {}


class HostText(_Form, frozen=True, rename={"source": "from"}):
    """A field of `source` kinds that holds host names or URLs."""

    id: str
    source: str | tuple[str, ...]
    path: str | tuple[str, ...]
    needs: Needs
    why: str = ""
    doc: str = ""


class MakesText(_Form, frozen=True, rename={"source": "from", "home": "in"}):
    """One object makes another of `kind`, named by the first of `name` that exists."""

    id: str
    source: str | tuple[str, ...]
    kind: str
    name: str | tuple[str, ...]
    namespace: str = ""
    home: str = ""
    given: Conditions = {}
    unless: Conditions = {}
    why: str = "it makes"
    doc: str = ""


class DefinesText(_Form, frozen=True, rename={"source": "from"}):
    """One object defines a kind: it makes the CustomResourceDefinition, or stands for it."""

    id: str
    source: str | tuple[str, ...]
    kind: str
    group: str
    cluster: bool = False
    needs: Needs = "ready"
    given: Conditions = {}
    unless: Conditions = {}
    why: str = "it defines this kind"
    doc: str = ""


class PolicyText(_Form, frozen=True, rename={"source": "from"}):
    """A policy that holds for the pods that come after it, of its namespace or of all."""

    id: str
    source: str | tuple[str, ...]
    needs: Needs = "before"
    selector: str = ""
    kinds: str | tuple[str, ...] = ()
    namespaces: str | tuple[str, ...] = ()
    excluded: str | tuple[str, ...] = ()
    given: Conditions = {}
    unless: Conditions = {}
    why: str = ""
    doc: str = ""


class ProviderText(_Form, frozen=True):
    """What a well-known chart or operator brings along, however it is installed."""

    id: str
    charts: tuple[str, ...] = ()
    repos: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    webhook: bool = False
    late: bool = False
    admits: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    heals: tuple[str, ...] = ()
    immediate: tuple[str, ...] = ()
    doc: str = ""


class DerivedText(_Form, frozen=True):
    """What the code infers: listed with the page that it follows from."""

    id: str
    what: str
    doc: str = ""


class FileText(_Form, frozen=True):
    """One rule file as it is written."""

    ecosystem: str
    docs: str = ""
    kinds: Kinds = Kinds()
    podspecs: dict[str, str] = {}
    rules: tuple[RuleText, ...] = ()
    hosts: tuple[HostText, ...] = ()
    makes: tuple[MakesText, ...] = ()
    defines: tuple[DefinesText, ...] = ()
    policies: tuple[PolicyText, ...] = ()
    providers: tuple[ProviderText, ...] = ()
    derived: tuple[DerivedText, ...] = ()


PARTS = ("rules", "hosts", "makes", "defines", "policies", "providers", "derived")


def several(text: str | tuple[str, ...]) -> tuple[str, ...]:
    """One or several names, as a tuple."""
    return (text,) if isinstance(text, str) else text


def steps(path: str) -> Steps:
    """A path such as `spec.env[].secretRef` or `metadata.annotations."a.b/c"` in steps.

    Raises ValueError where it is no path.
    """
    out: list[str | int] = []
    position = -1
    while position < len(path):
        match = _STEP.match(path, position + 1)
        if match is None or path[match.end() : match.end() + 1] not in ("", "."):
            raise ValueError(f"`{path}` is no field path")
        out.append(match[1] or match[2])
        out += [_SIGNS[sign] for sign in _SIGN.findall(match[3])]
        position = match.end()
    return tuple(out)


def fixed_steps(path: str) -> tuple[str, ...]:
    """The steps of a path that leads to one place. Raises ValueError where it does not."""
    found = steps(path)
    if not all(isinstance(step, str) for step in found):
        raise ValueError(f"`{path}` must lead to one place, without `[]` and `{{}}`")
    return tuple(str(step) for step in found)


Text = tuple[str | Steps, ...]


def template(text: str) -> Text:
    """A text with `$(path)` in it, in its parts: words, and the steps of what to put between them.

    Raises ValueError where what stands in the brackets is no path.
    """
    parts = _PART.split(text)
    if any("$(" in part for part in parts[::2]):
        raise ValueError(f"`{text}` has a `$(` that is not closed, or empty")
    made = (steps(part) if index % 2 else part for index, part in enumerate(parts))
    return tuple(part for part in made if part)


def name_text(text: str) -> Text:
    """The name of what is made: a path, a text with `$(path)` in it, or one word after `=`."""
    if text.startswith("="):
        return template(text[1:])
    return template(text) if "$(" in text else (steps(text),)
