"""From probing to Sites: the layer of values to edit, and the wave that helm renders afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from test_discover_samples import make
from test_render_probe import SUB, chart, needs_helm, noted, thing, waved

from wavefix import patch
from wavefix.discover import Tree
from wavefix.fields import laid_over
from wavefix.model import SYNC_WAVE, Edit, Site
from wavefix.render.probe import Choices, Name, Reach, candidates, choices, contents, probe
from wavefix.render.values import Layer, layer_of_file, layer_of_text
from wavefix.yamlio import get, load

DB = Name("Deployment.apps", "", "db")
SERVICE = Name("Service", "", "db")
NOTES = "{{- $a := merge (dict) (.Values.primary.annotations | default dict) "
NOTES += "(.Values.commonAnnotations | default dict) }}\n"
CHART = {
    "values.yaml": "primary: {annotations: {}, port: 1}\ncommonAnnotations: {}\n",
    "templates/x.yaml": NOTES
    + thing("Deployment", "db", "$a", ".Values.primary.podAnnotations")
    + thing("Service", "db", ".Values.commonAnnotations")
    + "{{- range .Values.parts }}\n"
    + thing("Service", "{{ .name }}", ".annotations")
    + "{{- end }}\n",
}


@dataclass
class Release:
    """A chart and the files of values that its user gives."""

    root: Path
    names: Sequence[str]
    parameters: Mapping[str, Any] | None = None
    reach: Reach | None = None

    def file(self, name: str) -> str:
        return str(self.root / name)

    def layers(self) -> list[Layer]:
        tree = Tree(str(self.root))
        out = layer_of_file(tree, self.file("web/values.yaml"), True)
        for name in self.names:
            if name == "app.yaml":  # an Application with values as text
                data = tree.documents(self.file(name))[0].data
                at, line = ("helm", "values"), data["helm"].lines["values"]
                text = data["helm"]["values"]
                out += layer_of_text(tree, text, self.file(name), 0, at, line)
            else:
                out += layer_of_file(tree, self.file(name))
        if self.parameters is not None:
            out.append(Layer(self.parameters, self.file("app"), 0, parameters=True))
        return out

    def rendered(self) -> Any:
        user: dict[str, Any] = reduce(
            laid_over, (layer.data for layer in self.layers() if not layer.default), {}
        )
        made = chart(self.root, {})
        made.user = user
        return made

    def choices(self, name: Name = DB, own_chart: bool = False) -> Choices:
        made = self.rendered()
        found = candidates(contents(made.files), made.user)
        self.reach = probe(made, made({}), found)
        return choices(self.reach, self.layers(), name, own_chart)

    def waves(self) -> dict[str, Any]:
        objects = self.rendered()({})
        found = {
            f"{item['kind']}/{item['metadata']['name']}": get(
                item, "metadata", "annotations", SYNC_WAVE
            )
            for item in objects
        }
        return {name: wave for name, wave in found.items() if wave is not None}

    def edit(self, site: Site, wave: str) -> str:
        """Set a wave at a Site; the text of the file afterwards."""
        file = Path(site.file)
        text = file.read_bytes().decode()
        assert patch.check(site, text) == ""
        (done,) = patch.prepare([Edit(site, "x", wave)], {site.file: text})
        file.write_bytes(done.after.encode())
        return done.after


def release(
    root: Path, *texts: str, files: Mapping[str, str] = CHART, names: Sequence[str] = ()
) -> Release:
    """Files of values, named `0.yaml`, `1.yaml`, ... where they have no names of their own."""
    chart(root, files)
    names = names or [f"{number}.yaml" for number in range(len(texts))]
    make(root, dict(zip(names, texts, strict=True)))
    return Release(root, names)


def shown(found: Choices) -> dict[str, list[str]]:
    """Each group: `file path`, and what is written there."""
    groups = {"written": found.written, "alone": found.alone, "shared": found.shared,
              "moot": found.moot}  # fmt: skip
    return {
        group: [
            f"{Path(choice.site.file).name} {'.'.join(map(str, choice.path))}"
            + (f"={choice.site.before}" if choice.site.before is not None else "")
            for choice in some
        ]
        for group, some in groups.items()
        if some
    }


# --- where the map goes that nobody has yet

WAVE = f"{{{SYNC_WAVE}: '3'}}"
INSERTS = {
    "no such keys": ("a: 1\n", f'primary:\n  annotations:\n    {SYNC_WAVE}: "5"\na: 1\n'),
    "the part without the map": (
        "primary:\n  port: 2\n",
        f'primary:\n  annotations:\n    {SYNC_WAVE}: "5"\n  port: 2\n',
    ),
    "an empty map": (
        "primary:\n  annotations: {}\n",
        f'primary:\n  annotations: {{{SYNC_WAVE}: "5"}}\n',
    ),
    "nothing at all": (
        "primary:\n  annotations:  # none\n",
        f'primary:\n  annotations:  # none\n    {SYNC_WAVE}: "5"\n',
    ),
    "other annotations": (
        "primary:\n  annotations:\n    a: b\n",
        f'primary:\n  annotations:\n    {SYNC_WAVE}: "5"\n    a: b\n',
    ),
    "one line": (
        "primary: {port: 2}\n",
        f'primary: {{annotations: {{{SYNC_WAVE}: "5"}}, port: 2}}\n',
    ),
    "a file that is an empty map": (
        "{}\n",  # as it may be JSON
        f'{{"primary": {{"annotations": {{"{SYNC_WAVE}": "5"}}}}}}\n',
    ),
}


@needs_helm
@pytest.mark.parametrize(("before", "after"), INSERTS.values(), ids=INSERTS)
def test_a_map_that_is_missing_is_made(tmp_path: Path, before: str, after: str) -> None:
    web = release(tmp_path, before)
    found = web.choices()
    assert shown(found) == {"alone": ["0.yaml primary.annotations"],
                            "shared": ["0.yaml commonAnnotations"]}  # fmt: skip
    assert web.edit(found.alone[0].site, "5") == after
    assert web.waves() == {"Deployment/db": "5"}


@needs_helm
def test_a_map_in_the_place_of_a_null_that_deletes_nothing(tmp_path: Path) -> None:
    made = thing("Deployment", "db", "((.Values.primary).annotations)")
    files = {"values.yaml": "", "templates/x.yaml": made}
    web = release(tmp_path, "primary:\n# the rest\na: 1\n", files=files)
    (choice,) = web.choices().alone
    after = f'primary:\n  annotations:\n    {SYNC_WAVE}: "5"\n# the rest\na: 1\n'
    assert web.edit(choice.site, "5") == after
    assert web.waves() == {"Deployment/db": "5"}


@needs_helm
def test_a_map_in_values_that_are_text_of_an_application(tmp_path: Path) -> None:
    app = "helm:\n  values: |\n    # ours\n    primary:\n      port: 2\n"
    web = release(tmp_path, app, names=["app.yaml"])
    (choice,) = web.choices().alone
    assert (choice.site.path, choice.site.inner) == (("helm", "values"), ("primary", "annotations"))
    assert choice.site.line == 4
    web.edit(choice.site, "5")
    assert web.waves() == {"Deployment/db": "5"}


@needs_helm
def test_a_map_in_the_values_object_of_an_application(tmp_path: Path) -> None:
    web = release(tmp_path)
    text = "helm:\n  valuesObject:\n    primary: {port: 2}\n"
    file = make(tmp_path, {"app.yaml": text}) / "app.yaml"
    layers = [*web.layers(), _object(file)]
    web.choices()
    assert web.reach is not None
    (choice,) = choices(web.reach, layers, DB).alone
    assert choice.site.path == ("helm", "valuesObject", "primary", "annotations")
    web.edit(choice.site, "5")
    assert get(_object(file).data, "primary") == {"annotations": {SYNC_WAVE: "5"}, "port": 2}


def _object(file: Path) -> Layer:
    data = load(file.read_text(), str(file))[0].data
    return Layer(data["helm"]["valuesObject"], str(file), 0, ("helm", "valuesObject"))


@needs_helm
def test_an_annotation_map_of_a_list_item(tmp_path: Path) -> None:
    web = release(tmp_path, "parts: [{name: one}]\n", "parts:\n- name: two\n- name: three\n")
    (choice,) = web.choices(Name("Service", "", "three")).alone
    assert (Path(choice.site.file).name, choice.site.path) == (
        "1.yaml",
        ("parts", 1, "annotations"),
    )
    web.edit(choice.site, "5")
    assert web.waves() == {"Service/three": "5"}


LAYERS: dict[str, tuple[list[str], dict[str, list[str]]]] = {
    "the last file that has most of the path": (
        ["primary: {port: 2}\n", "primary: {port: 3}\n", "a: 1\n"],
        {"alone": ["1.yaml primary.annotations"], "shared": ["2.yaml commonAnnotations"]},
    ),
    "the file that decides the wave": (
        [f"primary: {{annotations: {WAVE}}}\n", f"primary: {{annotations: {WAVE}}}\n",
         "primary: {annotations: {a: b}}\n"],
        {"written": ["1.yaml primary.annotations=3"]},
    ),
    "not below what a later file deletes, nor in its stead": (
        ["primary: {annotations: {a: b}}\n", "primary: {annotations: null}\n"],
        {"shared": ["1.yaml commonAnnotations"]},
    ),
    "not in a file that SOPS guards": (
        ["primary: {port: 2}\n", "primary: {annotations: {}}\nsops: {mac: x}\n"],
        {"alone": ["0.yaml primary.annotations"], "shared": ["0.yaml commonAnnotations"]},
    ),
    "over a wave in a file that SOPS guards": (
        [f"primary: {{annotations: {WAVE}}}\nsops: {{mac: x}}\n", "a: 1\n"],
        {"alone": ["1.yaml primary.annotations"]},
    ),
    "not under a wave in a file that SOPS guards": (
        ["a: 1\n", f"primary: {{annotations: {WAVE}}}\nsops: {{mac: x}}\n"],
        {},
    ),
    "no file at all": ([], {}),
}  # fmt: skip


@needs_helm
@pytest.mark.parametrize(("texts", "wanted"), LAYERS.values(), ids=LAYERS)
def test_the_layer_to_edit(tmp_path: Path, texts: list[str], wanted: dict[str, list[str]]) -> None:
    web = release(tmp_path, *texts)
    found = web.choices()
    assert shown(found) == wanted
    for choice in found.written + found.alone:
        web.edit(choice.site, "5")
        assert web.waves()["Deployment/db"] == "5"


@needs_helm
def test_parameters_are_no_place_and_win_over_those_there_are(tmp_path: Path) -> None:
    web = release(tmp_path, "primary: {annotations: {}}\n")
    web.parameters = {"primary": {"annotations": {SYNC_WAVE: "4"}}}
    assert shown(web.choices()) == {}


@needs_helm
@pytest.mark.parametrize(
    ("texts", "wanted"),
    [((), {"alone": ["values.yaml primary.annotations"],
           "shared": ["values.yaml commonAnnotations"]}),
     (("a: 1\n",), {"alone": ["0.yaml primary.annotations"],
                    "shared": ["0.yaml commonAnnotations"]})],
)  # fmt: skip
def test_default_values_of_the_repositorys_own_chart_come_last(
    tmp_path: Path, texts: tuple[str, ...], wanted: dict[str, list[str]]
) -> None:
    assert shown(release(tmp_path, *texts).choices(own_chart=True)) == wanted


@needs_helm
@pytest.mark.parametrize("own_chart", [True, False])
def test_a_wave_in_default_values_is_edited_or_overridden(tmp_path: Path, own_chart: bool) -> None:
    defaults = {"values.yaml": f"primary: {{annotations: {WAVE}}}\n"}
    web = release(tmp_path, "a: 1\n", files=CHART | defaults)
    found = web.choices(own_chart=own_chart)
    group = found.written if own_chart else found.alone
    file = "values.yaml" if own_chart else "0.yaml"
    assert Path(group[0].site.file).name == file
    web.edit(group[0].site, "5")
    assert web.waves() == {"Deployment/db": "5"}


# --- what takes effect

EFFECTS: dict[str, tuple[dict[str, str], str, Name, dict[str, list[str]]]] = {
    "a wave for all, and the part's own map, which wins": (
        CHART, f"commonAnnotations: {WAVE}\n", DB,
        {"written": ["0.yaml commonAnnotations=3"], "alone": ["0.yaml primary.annotations"]},
    ),
    "both written": (
        CHART, f"commonAnnotations: {WAVE}\nprimary: {{annotations: {WAVE}}}\n", DB,
        {"written": ["0.yaml primary.annotations=3"]},
    ),
    "a wave for all, which the other has no map of its own against": (
        CHART, f"commonAnnotations: {WAVE}\nprimary: {{annotations: {WAVE}}}\n", SERVICE,
        {"written": ["0.yaml commonAnnotations=3"]},
    ),
    "pod annotations beside a map that takes effect": (
        CHART, f"primary: {{podAnnotations: {WAVE}}}\n", DB,
        {"alone": ["0.yaml primary.annotations"], "shared": ["0.yaml commonAnnotations"],
         "moot": ["0.yaml primary.podAnnotations=3"]},
    ),
    "a name that says pods and is none of theirs": (
        {"values.yaml": "podAnnotations: {}\n",
         "templates/x.yaml": thing("Deployment", "db", ".Values.podAnnotations")},
        f"podAnnotations: {WAVE}\n", DB, {"written": ["0.yaml podAnnotations=3"]},
    ),
    "a wave of the template's own that wins": (
        {"values.yaml": "annotations: {}\n", "templates/x.yaml": thing(
            "Service", "db", more=noted(".Values.annotations", 4) + waved("1"))},
        f"annotations: {WAVE}\n", SERVICE, {},
    ),
    "what leaves pods alone before what restarts them": (
        {"values.yaml": "aAnnotations: {}\nbAnnotations: {}\n", "templates/x.yaml": thing(
            "Deployment", "db", "(merge (dict) .Values.aAnnotations .Values.bAnnotations)",
            ".Values.aAnnotations")},
        "a: 1\n", DB, {"alone": ["0.yaml bAnnotations", "0.yaml aAnnotations"]},
    ),
    "a subchart's key": (
        {"values.yaml": "", "charts/db/Chart.yaml": SUB,
         "charts/db/templates/x.yaml": thing("Deployment", "db", ".Values.annotations")},
        "db:\n  port: 1\n", DB, {"alone": ["0.yaml db.annotations"]},
    ),
}  # fmt: skip


@needs_helm
@pytest.mark.parametrize("case", EFFECTS.values(), ids=EFFECTS)
def test_places_in_the_order_of_their_effect(
    tmp_path: Path, case: tuple[dict[str, str], str, Name, dict[str, list[str]]]
) -> None:
    files, user, name, wanted = case
    web = release(tmp_path, user, files=files)
    found = web.choices(name)
    assert shown(found) == wanted
    assert all(choice.site.moot for choice in found.moot)
    assert not any(choice.site.moot for choice in found.written + found.alone + found.shared)
    for choice in found.written[:1] or found.alone[:1]:
        web.edit(choice.site, "5")
        assert web.waves()[f"{name.kind.partition('.')[0]}/{name.name}"] == "5"


# --- waves under keys of their own


@needs_helm
@pytest.mark.parametrize(
    ("expression", "user", "path", "key", "before", "line"),
    [
        (".Values.syncWave", "a: 1\nsyncWave: 3\n", (), "syncWave", "3", 2),
        (".Values.db.wave", "db:\n  # first\n  wave: '3'\n", ("db",), "wave", "3", 3),
        ("(first .Values.apps).wave", "apps:\n- name: x\n  wave: 3\n", ("apps", 0), "wave", "3", 3),
        (".Values.db.rank | default 1", "db:\n  port: 1\n", ("db",), "rank", None, 1),
    ],
)
def test_the_site_of_a_wave_scalar(
    tmp_path: Path,
    expression: str,
    user: str,
    path: tuple[str | int, ...],
    key: str,
    before: str | None,
    line: int,
) -> None:
    files = {"values.yaml": "", "templates/x.yaml": thing("Service", "db", more=waved(expression))}
    web = release(tmp_path, user, files=files)
    found = web.choices(SERVICE)
    (choice,) = found.written or found.alone
    site = choice.site
    assert (site.path, site.key, site.before, site.line) == (path, key, before, line)
    assert site.mechanism == "helm-values"


def test_a_wave_at_the_root_of_text_cannot_be_named_by_a_site() -> None:
    layer = Layer(load("syncWave: 3\n", "x")[0].data, "x", 0, ("values",), text=True, block=True)
    path = ("syncWave",)
    reach = Reach({path: frozenset([DB])}, {}, {DB: frozenset([path])}, frozenset([DB]),
                  frozenset([path]), {}, 1)  # fmt: skip
    assert choices(reach, [layer], DB) == Choices()
