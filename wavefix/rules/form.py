"""The form of a rule file, checked as it is read: docs/inference.md shows it as a table."""

# Without annotations from __future__, whose texts msgspec would compile anew at every start.
import re
from typing import Annotated

import msgspec
from msgspec import Meta

from wavefix.model import Needs

# Steps over the items of a list, the values of a map, the keys of a map.
EACH, VALUES, KEYS = 0, 1, 2
Steps = tuple[str | int, ...]
Scalar = Annotated[str | int | bool | None, Meta(title="string, integer, true, false or null")]
Conditions = dict[str, tuple[Scalar, ...]]
ANY_KIND = "*"
ANYWHERE = "*"  # as a namespace: whichever
PODSPEC = "podspec"  # as `from`: every kind that has a pod spec; as `to`: what starts pods
PODMETA = "podmeta"  # as `from`: the metadata of the pods of every such kind

_SIGNS = {"[]": EACH, "{}": VALUES, "{keys}": KEYS}
_STEP = re.compile(r'(?:"([^"]+)"|([^.\[\]{}"\s]+))((?:\[\]|\{\}|\{keys\})*)')
_SIGN = re.compile(r"\[\]|\{\}|\{keys\}")
_PART = re.compile(r"\$\(([^()]+)\)")


Names = str | tuple[str, ...]
# What several forms have. `description` is what docs/inference.md and the schema say of a key.
Id = Annotated[str, Meta(description="Its own name: `ecosystem/what`.")]
Doc = Annotated[str, Meta(description="The page that says so, where `docs` of the file does not.")]
Why = Annotated[
    str, Meta(description="The reason, as it is shown after `needs it ready: ` and the like.")
]
From = Annotated[Names, Meta(description="The kinds of the objects that it is about.")]
Given = Annotated[
    Conditions,
    Meta(
        description="Paths in the object, each with a list of values of which it must have one; "
        "`null` for absent."
    ),
]
Unless = Annotated[
    Conditions,
    Meta(description="Paths in the object, each with a list of values of which it must have none."),
]


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Kinds(_Form, frozen=True):
    """The kinds that a file knows, by scope."""

    namespaced: Annotated[tuple[str, ...], Meta(description="Kinds that live in namespaces.")] = ()
    cluster: Annotated[tuple[str, ...], Meta(description="Kinds that do not.")] = ()
    opaque: Annotated[
        tuple[str, ...],
        Meta(description="Those of them that install what is not to be seen in them."),
    ] = ()


class RuleText(_Form, frozen=True, rename={"source": "from", "home": "in"}):
    """A reference field: which kinds have it, and what it names."""

    id: Id
    source: Annotated[
        Names,
        Meta(
            description="The kinds that have the field; `podspec` for every kind with a pod spec, "
            "`podmeta` for the metadata of their pods."
        ),
    ]
    path: Annotated[
        Names,
        Meta(
            description="The field, from the object's root, the pod spec or the pods' metadata: a "
            "name, or a map that holds one."
        ),
    ]
    to: Annotated[
        Names,
        Meta(
            description='The kinds that it may name; `"*"` for the kind that the map names by '
            "`kind`."
        ),
    ]
    needs: Annotated[
        Needs | dict[str, Needs],
        Meta(description="The state that is needed; or a map of these by kind, with a `default`."),
    ]
    why: Why = ""
    doc: Doc = ""
    name: Annotated[str, Meta(description="Which key of the map is the name.")] = "name"
    namespace: Annotated[
        str,
        Meta(
            description="Which key is the namespace; without it, or where it is empty, the "
            "object's own."
        ),
    ] = ""
    home: Annotated[
        str,
        Meta(
            description="The namespace that is meant instead of the object's own, where none is "
            "named."
        ),
    ] = ""
    default: Annotated[
        str,
        Meta(
            description="The name that is meant where an object leaves the field out, of the "
            "first kind in `to`."
        ),
    ] = ""
    optional: Annotated[str, Meta(description="Which key makes the reference optional.")] = (
        "optional"
    )
    kind: Annotated[
        str,
        Meta(
            description="Which key is the kind, where `to` has several; the first of `to` is the "
            "default."
        ),
    ] = ""
    group: Annotated[
        str,
        Meta(
            description="Which key is the API group or `apiVersion`; where an object leaves it "
            "out, the core group."
        ),
    ] = ""
    pattern: Annotated[
        str,
        Meta(
            description="Where the field is a text with more than a name: a regular expression "
            "with the groups `name` and perhaps `namespace`, `kind`, or `joined` for "
            "`namespace-name`; each match is a reference."
        ),
    ] = ""
    select: Annotated[
        bool,
        Meta(
            description="`true` where the field is a label selector, or a map of labels: all "
            "objects of `to` in the namespace that have them (`to: podspec` for workloads, by the "
            "labels of their pods)."
        ),
    ] = False
    when: Annotated[
        dict[str, Scalar],
        Meta(description="Keys of the map with the values that they must have; `null` for absent."),
    ] = {}
    given: Given = {}
    unless: Unless = {}


class HostText(_Form, frozen=True, rename={"source": "from"}):
    """A field that holds host names or URLs: the workloads behind the Services that it names."""

    id: Id
    source: From
    path: Annotated[Names, Meta(description="The field, from the object's root.")]
    needs: Annotated[Needs, Meta(description="The state that is needed.")]
    why: Why = ""
    doc: Doc = ""


class MakesText(_Form, frozen=True, rename={"source": "from", "home": "in"}):
    """One object makes another."""

    id: Id
    source: From
    kind: Annotated[str, Meta(description="The kind that it makes (a text).")]
    name: Annotated[
        Names,
        Meta(
            description="The path of its name, or a text with `$(path)`, or `=` and the name "
            "itself; of a list, the first that exists counts."
        ),
    ]
    namespace: Annotated[
        str,
        Meta(
            description='The path of its namespace, or `"*"` for every namespace; else it is the '
            "object's own."
        ),
    ] = ""
    home: Annotated[
        str,
        Meta(description="The namespace where the path leads to nothing and the object has none."),
    ] = ""
    given: Given = {}
    unless: Unless = {}
    why: Why = "it makes"
    doc: Doc = ""


class DefinesText(_Form, frozen=True, rename={"source": "from"}):
    """One object defines a kind: it makes the CustomResourceDefinition, or stands for it."""

    id: Id
    source: From
    kind: Annotated[str, Meta(description="The kind that it defines (a text).")]
    group: Annotated[str, Meta(description="The API group of that kind (a text).")]
    cluster: Annotated[bool, Meta(description="Whether such objects have no namespace.")] = False
    needs: Annotated[Needs, Meta(description="The state that objects of that kind need it in.")] = (
        "ready"
    )
    given: Given = {}
    unless: Unless = {}
    why: Why = "it defines this kind"
    doc: Doc = ""


class PolicyText(_Form, frozen=True, rename={"source": "from"}):
    """A policy that holds for the pods that come after it, of its namespace or of all."""

    id: Id
    source: From
    needs: Annotated[Needs, Meta(description="The state that workloads need it in.")] = "before"
    selector: Annotated[
        str, Meta(description="The path of a label selector for pods; without it, all pods.")
    ] = ""
    kinds: Annotated[
        Names,
        Meta(
            description="Paths of the kinds that it looks at, as it names them (`Pod`, `pods`, "
            "`*`); without it, pods."
        ),
    ] = ()
    namespaces: Annotated[
        Names, Meta(description="Paths of the namespaces that it looks at (globs).")
    ] = ()
    excluded: Annotated[
        Names, Meta(description="Paths of the namespaces that it does not look at (globs).")
    ] = ()
    given: Given = {}
    unless: Unless = {}
    why: Why = ""
    doc: Doc = ""


class ProviderText(_Form, frozen=True):
    """What a well-known chart or operator brings along, however it is installed."""

    id: Id
    charts: Annotated[
        tuple[str, ...], Meta(description="Names of the Helm charts that bring it.")
    ] = ()
    repos: Annotated[
        tuple[str, ...],
        Meta(
            description="Parts of the repository's URL, of which one must fit where the chart's "
            "name alone says little; also of Git repositories that are installed from."
        ),
    ] = ()
    packages: Annotated[
        tuple[str, ...], Meta(description="Names of OLM packages that bring it.")
    ] = ()
    images: Annotated[
        tuple[str, ...],
        Meta(
            description="Names of the images of its controller, or of its Crossplane package, "
            "without registry and tag (`jetstack/cert-manager-controller`)."
        ),
    ] = ()
    groups: Annotated[
        tuple[str, ...],
        Meta(description="The API groups of its custom resources; `*.group` for all below one."),
    ] = ()
    kinds: Annotated[
        tuple[str, ...], Meta(description="Kinds of its own in groups that others share.")
    ] = ()
    webhook: Annotated[
        bool,
        Meta(description="Whether a webhook of its own must answer before these can be created."),
    ] = False
    late: Annotated[
        bool,
        Meta(description="Whether its controller makes the definitions itself, once it runs."),
    ] = False
    admits: Annotated[
        tuple[str, ...], Meta(description="Other kinds that wait for its webhook.")
    ] = ()
    gives: Annotated[
        tuple[str, ...],
        Meta(
            description="Objects that it brings, `Kind.group/name`, in its namespace: texts with "
            "`$(release)` and `$(fullname)` (Helm's usual name)."
        ),
    ] = ()
    heals: Annotated[
        tuple[str, ...],
        Meta(
            description="Kinds that only it makes healthy; `Service:LoadBalancer` for Services of "
            "that type."
        ),
    ] = ()
    immediate: Annotated[
        tuple[str, ...],
        Meta(
            description="The StorageClasses it brings that bind claims at once, without waiting "
            "for a pod."
        ),
    ] = ()
    doc: Doc = ""


class DerivedText(_Form, frozen=True):
    """What the code infers: listed with the page that it follows from."""

    id: Id
    what: Annotated[str, Meta(description="What is inferred, in a sentence.")]
    doc: Doc = ""


class FileText(_Form, frozen=True):
    """A rule file."""

    ecosystem: Annotated[str, Meta(description="The name of the file's subject.")]
    docs: Annotated[str, Meta(description="Its documentation.")] = ""
    kinds: Annotated[
        Kinds, Meta(description="The kinds that it is about, so that wavefix knows their scope.")
    ] = Kinds()
    podspecs: Annotated[
        dict[str, str],
        Meta(
            description="For each kind that starts pods, the path of its pod spec; all rules for "
            "pods hold for it."
        ),
    ] = {}
    rules: Annotated[tuple[RuleText, ...], Meta(description="Reference fields.")] = ()
    hosts: Annotated[
        tuple[HostText, ...], Meta(description="Fields that hold host names or URLs.")
    ] = ()
    makes: Annotated[tuple[MakesText, ...], Meta(description="Objects that make others.")] = ()
    defines: Annotated[
        tuple[DefinesText, ...],
        Meta(description="Objects that define a kind, as a CustomResourceDefinition does."),
    ] = ()
    policies: Annotated[
        tuple[PolicyText, ...],
        Meta(description="Objects that hold for the pods that come after them."),
    ] = ()
    providers: Annotated[
        tuple[ProviderText, ...],
        Meta(description="What well-known charts and operators bring along."),
    ] = ()
    derived: Annotated[
        tuple[DerivedText, ...],
        Meta(description="What wavefix infers without a rule: for its own files."),
    ] = ()


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
