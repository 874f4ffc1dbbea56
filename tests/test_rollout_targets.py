"""Which components a rollout is for, and in which order."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import ROOT
from rollouts import Repo, appset, by_name, late, mended
from test_discover_samples import make

from wavefix.model.rollout import Risk
from wavefix.rollout.planning import Target
from wavefix.rollout.targets import Refused, all_of, named, overlapping
from wavefix.ways import DEFAULT

FILES = {f"apps/{name}/all.yaml": late(name) for name in "abc"} | {
    "apps/README": "",
    "apps/x.json": "[]",
}


def names(found: list[Target | Refused]) -> list[str]:
    return [
        f"{one.name}: {one.why.problem}" if isinstance(one, Refused) else one.name for one in found
    ]


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (["apps/b", "apps/a"], ["apps/b", "apps/a"]),
        (["apps/a/all.yaml"], ["apps/a/all.yaml"]),
        (["apps/*"], ["apps/a", "apps/b", "apps/c", "apps/x.json"]),  # no README
        (["apps/[ab]", "apps/a"], ["apps/b", "apps/a"]),  # what is named is not given twice
        (["*/c"], ["apps/c"]),
        (["nope*"], ["nope*: nothing matches"]),
        (["apps/d"], ["apps/d: no such path or component in the base"]),
    ],
)
def test_components_by_name(tmp_path: Path, given: list[str], taken: list[str]) -> None:
    make(tmp_path, FILES)
    assert names(named(given, str(tmp_path), DEFAULT)) == taken


def test_a_name_with_signs_of_a_glob_is_taken_as_it_is(tmp_path: Path) -> None:
    make(tmp_path, {"apps/[a]/all.yaml": late("x"), "apps/a/all.yaml": late("a")})
    assert names(named(["apps/[a]"], str(tmp_path), DEFAULT)) == ["apps/[a]"]


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        (["a", "b"], {}),
        (["a", "a"], {1: "given twice"}),
        (["a/b", "a"], {0: "it is part of a, which is given as well",
                        1: "it holds a/b, which is given as well"}),
        (["a", "ab"], {}),
        ([".", "a"], {0: "it holds a, which is given as well",
                      1: "it is part of ., which is given as well"}),
    ],
)  # fmt: skip
def test_components_that_overlap(given: list[str], refused: dict[int, str]) -> None:
    done = overlapping([Target(name, (name,)) for name in given])
    assert {n: one.why.problem for n, one in enumerate(done) if isinstance(one, Refused)} == refused


def found(root: Path) -> dict[str, tuple[str, ...]]:
    """All components by their names, with what is read for each."""
    return {target.name: target.starts for target in all_of(str(root), DEFAULT)}


class TestAll:
    def test_a_component_is_named_by_its_path(self, tmp_path: Path) -> None:
        set_of_b = appset("b", "K8s/b/*")
        make(tmp_path, {"K8s/b/api/all.yaml": late("b"), "K8s/b/set.yaml": set_of_b,
                        "other/all.yaml": late("other")})  # fmt: skip
        assert found(tmp_path)["K8s/b"] == ("K8s/b",)

    def test_what_is_said_elsewhere_is_read_there(self, tmp_path: Path) -> None:
        make(tmp_path, {"apps/api/all.yaml": late("a"), "argocd/set.yaml": appset("set", "apps/*")})
        ((name, starts),) = [item for item in found(tmp_path).items() if item[0] == "apps"]
        assert (name, starts) == ("apps", ("argocd/set.yaml",))

    def test_two_of_one_path_have_their_own_names_behind_it(self, tmp_path: Path) -> None:
        make(
            tmp_path,
            {
                "apps/api/all.yaml": late("a"),
                "argocd/one.yaml": appset("one", "apps/*"),
                "argocd/two.yaml": appset("two", "apps/*"),
            },
        )
        assert {"apps/one", "apps/two"} <= set(found(tmp_path))

    def test_what_belongs_to_no_application_stands_beside(self, tmp_path: Path) -> None:
        root = tmp_path / "shop"
        make(root, {"apps/api/all.yaml": late("a"), "argocd/set.yaml": appset("set", "apps/*"),
                    "loose.yaml": late("x")})  # fmt: skip
        assert set(found(root)) >= {"apps", "root-manifests"}

    def test_at_the_root_no_name_is_that_of_the_clone(self, tmp_path: Path) -> None:
        """Two clones in directories of their own: one branch for what is left at the root."""
        application = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: api, namespace: argocd}
spec: {source: {path: apps/api}, destination: {namespace: api}}
"""
        files = {"boot/api.yaml": application, "apps/api/all.yaml": late("api"),
                 "loose/all.yaml": late("loose"), "argocd/set.yaml": appset("set", "sets/*"),
                 "sets/one/all.yaml": late("one")}  # fmt: skip
        clones = [Repo(tmp_path / name) for name in ("one", "two")]
        for clone in clones:
            clone.commit(files)
        first, second = (clone.rollout() for clone in clones)
        assert by_name(first) == by_name(second)
        assert {"root-applications", "root-manifests"} <= set(by_name(first))
        plans = [
            clone.git("log", "-1", "--format=%B", "wavefix/root-applications") for clone in clones
        ]
        assert plans[0] == plans[1]


def test_all_with_something_in_them_by_risk(tmp_path: Path) -> None:
    """An error in one is not one of the others."""
    repo = Repo(tmp_path / "shop")
    sets = {f"argocd/{n}.yaml": appset(n, f"apps/{n}/*") for n in "abcd"}
    repo.commit(
        sets
        | {f"apps/a/{n}/all.yaml": late(f"a{n}") for n in "12"}
        | {"apps/b/1/all.yaml": late("b"), "apps/c/1/all.yaml": mended("c")}
        | {"apps/d/1/all.yaml": "apiVersion: v1\nkind: X\nmetadata: {name: [\n"}
    )
    done = repo.rollout()
    made = [(item.component, item.state) for item in done.items]
    assert made[:3] == [
        ("apps/c", "nothing to move"),
        ("apps/b", "created"),
        ("apps/a", "created"),
    ]
    assert [state for _, state in made[3:]] == ["failed"]
    assert done.items[3].problem.startswith("apps/d/1/all.yaml:4: invalid YAML")


def test_what_the_user_is_at_belongs_to_one_component(tmp_path: Path) -> None:
    """Not to what is left over around it; a set is a matter of its component."""
    repo = Repo(tmp_path / "shop")
    repo.commit(
        {"apps/a/1/all.yaml": late("a"), "apps/b/1/all.yaml": late("b"), "loose/x.yaml": late("x")}
        | {f"argocd/{name}.yaml": appset(name, f"apps/{name}/*") for name in "ab"}
    )
    (repo.path / "apps" / "a" / "1" / "all.yaml").write_text(late("changed"))
    states = repo.states(dry_run=True)
    assert states.pop("apps/a") == "uncommitted changes in apps/a/1/all.yaml"
    assert set(states.values()) == {"create"}
    (repo.path / "argocd" / "b.yaml").write_text(appset("b", "apps/*"))
    assert repo.states(dry_run=True)["apps/b"] == "uncommitted changes in argocd/b.yaml"


def test_a_name_that_a_rollout_shows_can_be_given(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "shop")
    repo.commit({"apps/api/all.yaml": late("a"), "argocd/one.yaml": appset("one", "apps/*"),
                 "argocd/two.yaml": appset("two", "apps/*")})  # fmt: skip
    assert repo.states("apps/one") == {"apps/one": "created"}
    assert repo.rollout("apps/oen").items[0].text == (
        "no such path or component in the base; did you mean apps/one?"
    )


@pytest.mark.parametrize(
    ("risk", "points"),
    [
        (Risk(), 0),
        (Risk(errors=3, warnings=5), 0),  # nothing is touched
        (Risk(moves=2, files=1), 3),
        (Risk(moves=2, files=1, warnings=2, errors=1), 7),
        (Risk(moves=2, running=1, files=1), 6),
        (Risk(moves=2, running=1, restarts=1, files=1), 10),
        (Risk(moves=1, opaque=1, files=1), 6),
    ],
)
def test_risk(risk: Risk, points: int) -> None:
    assert risk.points == points


def test_the_figures_of_a_component(tmp_path: Path) -> None:
    """The bundled portal: what golden/portal/expected/conservative.txt says, in numbers."""
    repo = Repo(tmp_path / "repository")
    shutil.copytree(ROOT / "golden" / "portal" / "before", repo.path, dirs_exist_ok=True)
    repo.commit({})
    (item,) = repo.rollout("K8s/portal", dry_run=True).items
    figures = item.figures
    assert figures is not None
    assert (figures.profile, len(figures.applications), figures.resources) == (
        "conservative",
        4,
        28,
    )
    assert (figures.waves, figures.seconds) == ((4, 3), (6 * 60 + 47, 4 * 60 + 47))
    assert figures.files == (
        "K8s/portal/backstage/values.yaml",
        "K8s/portal/governance/limits.yaml",
        "K8s/portal/governance/quota.json",
        "K8s/portal/infrastructure/access.yaml",
    )
    assert figures.risk == Risk(
        moves=4, running=0, restarts=1, opaque=1, errors=1, warnings=2, files=4
    )


def test_the_order_is_that_of_the_command_line_or_of_risk(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repository", "a", "b")
    repo.commit({"apps/a/more.yaml": late("more"), "apps/c/all.yaml": mended("c")})
    given = ["apps/a", "apps/c", "apps/nope", "apps/b"]
    assert list(by_name(repo.rollout(*given, dry_run=True))) == given
    by_risk = by_name(repo.rollout(*given, dry_run=True, by_risk=True))
    assert list(by_risk) == ["apps/c", "apps/b", "apps/a", "apps/nope"]
