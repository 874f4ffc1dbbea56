"""`.wavefix.yaml`: where it is found, what it may say, and what is wrong with it on which line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wavefix.config import ArgoCD, Config, DependsOn, Lint, find, matches, read
from wavefix.errors import InputError

DESIGN = """\
profile: aggressive
exclude: ["**/vendor/**"]
durations:                 # seconds from applied to healthy
  Job.batch: 45
  "Deployment.apps/web/api": 120
depends_on:                # edges that no manifest shows
  - {from: Deployment.apps/web/api, to: StatefulSet.apps/web/db}
  - {from: A/b, to: C/d, needs: before}
pin:
  - "Job.batch/web/migrate"
rules: [rules/in-house.yaml]
argocd: {wave_delay: 2, application_health: yes, health_checked_kinds: [Widget.example.org]}
lint: {select: [WF], ignore: [WF012, WF01]}
"""


def write(directory: Path, text: str | bytes) -> Path:
    file = directory / ".wavefix.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def wrong(directory: Path, text: str | bytes) -> str:
    """`line: problem` for a configuration that is refused."""
    file = write(directory, text)
    with pytest.raises(InputError) as raised:
        read(file)
    assert raised.value.file == str(file)
    assert raised.value.advice
    return f"{raised.value.line}: {raised.value.problem}"


def test_everything_that_the_design_shows(tmp_path: Path) -> None:
    assert read(write(tmp_path, DESIGN)) == Config(
        profile="aggressive",
        exclude=("**/vendor/**",),
        durations={"Job.batch": 45.0, "Deployment.apps/web/api": 120.0},
        depends_on=(
            DependsOn("Deployment.apps/web/api", "StatefulSet.apps/web/db", "ready"),
            DependsOn("A/b", "C/d", "before"),
        ),
        pin=("Job.batch/web/migrate",),
        rules=("rules/in-house.yaml",),
        argocd=ArgoCD(2.0, True, ("Widget.example.org",)),
        lint=Lint(("WF",), ("WF012", "WF01")),
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}\n", "---\n", "\ufeff# a BOM\r\n"])
def test_an_empty_file_says_what_no_file_says(tmp_path: Path, text: str) -> None:
    assert read(write(tmp_path, text)) == Config()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("profile: fast\n", "1: none of conservative, aggressive at `profile`"),
        ("\nprofiles: x\n", "2: unknown key `profiles`"),
        ("pin: []\nexclude: vendor\n", "2: expected `array`, got `str` at `exclude`"),
        ("exclude:\n", "1: expected `array`, got `null` at `exclude`"),
        ("pin:\n  - a\n  - 7\n", "3: expected `str`, got `int` at `pin[1]`"),
        ("stride: 0\n", "1: expected `int` >= 1 at `stride`"),
        ("durations: []\n", "1: expected `object`, got `array` at `durations`"),
        ("durations:\n  A: 1\n  B/c: -1\n", "3: expected `float` >= 0.0 at `durations.B/c`"),
        ("durations:\n  A: 1\n  B: soon\n", "3: expected `float`, got `str` at `durations.B`"),
        ("depends_on:\n  - {from: a}\n",
         "2: object missing required field `to` at `depends_on[0]`"),
        ("depends_on:\n  - from: a\n    to: b\n    need: ready\n",
         "4: unknown key `need` at `depends_on[0]`"),
        ("depends_on:\n  - {from: a, to: b}\n  - from: a\n    to: b\n    needs: soon\n",
         "5: none of ready, before, present, eventually at `depends_on[1].needs`"),
        ("argocd:\n  wave_delay: -2\n", "2: expected `float` >= 0.0 at `argocd.wave_delay`"),
        ("argocd:\n  application_health: 1\n",
         "2: expected `bool`, got `int` at `argocd.application_health`"),
        ("argocd:\n  delay: 2\n", "2: unknown key `delay` at `argocd`"),
        ("exclude:\n  - ok/\n  - '!'\n", "3: `!` under `exclude` is no pattern"),
        ("exclude: ['[z-a]']\n", "1: `[z-a]` under `exclude` is no pattern"),
        ("lint:\n  ignore: [WF001]\n  select:\n    - WF00\n    - WF999\n",
         "5: `WF999` under `lint.select` is no code of a finding"),
        ("lint:\n  ignore: ['']\n", "2: `` under `lint.ignore` is no code of a finding"),
        ("lint: {selected: []}\n", "1: unknown key `selected` at `lint`"),
        ("- profile\n", "1: not a mapping"),
        ("just text\n", "1: not a mapping"),
        ("pin: []\n---\npin: []\n", "3: more than one document"),
        (b"pin: []\n# \xe9\n", "2: invalid UTF-8: byte 0xe9"),
        (b"pin: []\n\0", "2: invalid YAML: the control character U+0000"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(
    tmp_path: Path, text: str | bytes, problem: str
) -> None:
    assert wrong(tmp_path, text) == problem


def test_a_file_that_cannot_be_read_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: str, *more: int) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", fail)
    assert wrong(tmp_path, "") == "0: cannot be read: Permission denied"


# --- where it is looked up


def test_the_nearest_one_towards_the_root_counts(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    assert find(deep, tmp_path) is None
    outer = write(tmp_path, "")
    assert find(deep, tmp_path) == outer
    inner = write(tmp_path / "a" / "b", "")
    assert find(deep, tmp_path) == inner
    assert find(tmp_path / "a", tmp_path) == outer


def test_none_beyond_the_root_counts(tmp_path: Path) -> None:
    write(tmp_path, "")
    root = tmp_path / "repository"
    (root / "a").mkdir(parents=True)
    assert find(root / "a", root) is None


def test_a_directory_of_that_name_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / ".wavefix.yaml").mkdir()
    assert find(tmp_path, tmp_path) is None


# --- patterns over resources: an id, a glob over ids, a kind, a glob over kinds


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (("Job.batch/web/migrate",), "Job.batch/web/migrate"),
        (("Job.batch",), "Job.batch"),
        (("*/web/*",), "*/web/*"),
        (("Job.*",), "Job.*"),
        (("Job.batch", "Job.batch/web/m*"), "Job.batch/web/m*"),
        (("*", "Job.batch", "Job.batch/web/migrate"), "Job.batch/web/migrate"),
        (("Job", "job.batch", "Job.batch/web", "Deployment.apps"), None),
        ((), None),
    ],
)
def test_the_most_exact_pattern_names_a_resource(
    patterns: tuple[str, ...], found: str | None
) -> None:
    assert matches(patterns, "Job.batch/web/migrate", "Job.batch") == found


def test_pins_and_durations_go_by_id_and_kind() -> None:
    config = Config(pin=("*/web/*",), durations={"Job.batch": 45, "Job.batch/web/*": 7})
    assert config.pins("Job.batch/web/a", "Job.batch")
    assert not config.pins("Job.batch/other/a", "Job.batch")
    assert config.duration("Job.batch/web/a", "Job.batch") == 7
    assert config.duration("Job.batch/other/a", "Job.batch") == 45
    assert config.duration("Deployment.apps/web/a", "Deployment.apps") is None
