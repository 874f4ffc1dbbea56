"""Names of branches: what a template says, and components that no ref could be called."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavefix import config
from wavefix.config import template_problem
from wavefix.errors import InputError
from wavefix.rollout.names import branch_name, fit


@pytest.mark.parametrize(
    ("component", "fitted"),
    [
        ("K8s/observability", "K8s/observability"),
        ("apps/shop.v2_new-x", "apps/shop.v2_new-x"),
        ("apps/café", "apps/café"),
        ("apps/my app", "apps/my%20app"),
        ("apps/100%", "apps/100%25"),
        ("a~b^c:d?e*f[g\\h", "a%7Eb%5Ec%3Ad%3Fe%2Af%5Bg%5Ch"),
        (".hidden/x", "%2Ehidden/x"),
        ("-x", "%2Dx"),
        ("a..b", "a.%2Eb"),
        ("a...b", "a.%2E%2Eb"),
        ("end.", "end%2E"),
        ("x.lock/y.lock", "x%2Elock/y%2Elock"),
        ("x.locks", "x.locks"),
        ("a@{b", "a@%7Bb"),
        ("$(rm)`;&|<>'\"", "%24%28rm%29%60%3B%26%7C%3C%3E%27%22"),
        ("tab\tline\n", "tab%09line%0A"),
        ("\udcff", "%FF"),  # a byte that is no UTF-8
        (".", "root"),
        ("root", "%72oot"),
        ("apps/root", "apps/root"),
    ],
)
def test_a_component_as_part_of_a_name(component: str, fitted: str) -> None:
    assert fit(component) == fitted


STEP = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from(".lock-@{}~^:%\\ \udc80")), min_size=1
).filter(lambda step: "/" not in step and "\0" not in step and step not in (".", ".."))
PATHS = st.one_of(
    st.lists(STEP, min_size=1, max_size=3).map("/".join),
    st.sampled_from((".", "root", "%72oot", "%2E")),
)


@settings(max_examples=60)
@given(st.lists(PATHS, min_size=1, max_size=8))
def test_git_takes_every_name_and_no_two_are_the_same(paths: list[str]) -> None:
    names = {path: branch_name("wavefix/{component}", path, "aggressive") for path in paths}
    assert len(set(names.values())) == len(names)
    for name in names.values():
        asked = subprocess.run(["git", "check-ref-format", "--branch", name], capture_output=True)
        assert asked.stdout.decode() == f"{name}\n"


@pytest.mark.parametrize(
    ("template", "branch"),
    [
        ("wavefix/{component}", "wavefix/K8s/my%20app"),
        ("waves-{name}", "waves-my%20app"),
        ("{profile}/{component}", "aggressive/K8s/my%20app"),
        ("{name}/{name}", "my%20app/my%20app"),
    ],
)
def test_a_template(template: str, branch: str) -> None:
    assert template_problem(template) == ""
    assert branch_name(template, "K8s/my app", "aggressive") == branch


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("wavefix/{path}", "`{path}` in `wavefix/{path}` is no part of a branch's name"),
        ("wavefix/{}", "`{}` in `wavefix/{}` is no part of a branch's name"),
        ("wavefix", "`wavefix` names one branch for all components"),
        ("wavefix/{profile}", "`wavefix/{profile}` names one branch for all components"),
    ],
)
def test_a_template_that_cannot_be(tmp_path: Path, template: str, problem: str) -> None:
    assert template_problem(template) == problem
    file = tmp_path / ".wavefix.yaml"
    file.write_text(f"profile: aggressive\nrollout:\n  branch: '{template}'\n")
    with pytest.raises(InputError) as raised:
        config.read(file)
    assert (raised.value.problem, raised.value.line) == (problem, 3)


def test_the_configuration_names_branches(tmp_path: Path) -> None:
    file = tmp_path / ".wavefix.yaml"
    file.write_text("rollout: {branch: 'waves/{name}'}\n")
    assert config.read(file).rollout.branch == "waves/{name}"
