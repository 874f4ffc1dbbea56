"""Components run side by side; what comes of it depends on their number no more than on chance."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from conftest import Cli
from rollouts import Repo

from wavefix.errors import InputError
from wavefix.options import ExecutorName
from wavefix.rollout.planning import Failed
from wavefix.rollout.workers import _DIED, workers


@pytest.mark.parametrize("profile", ["conservative", "aggressive"])
def test_the_same_commits_for_any_number_of_workers(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_DATE", "2020-02-02T20:20:20Z")
    repo = Repo(tmp_path / "repository", *"abcde")
    results = set()
    for number, how in enumerate((["--jobs", "1"], ["--jobs", "2"], ["--jobs", "5"],
                                  ["--executor", "serial"])):  # fmt: skip
        copy = Repo.__new__(Repo)
        copy.path = tmp_path / str(number) / "repository"
        shutil.copytree(repo.path, copy.path)
        ran = cli("rollout", "--profile", profile, *how, "apps/*", cwd=copy.path)
        assert ran.returncode == 0, ran.stderr.decode()
        results.add((ran.stdout, tuple(sorted(copy.branches().items()))))
    ((_, branches),) = results
    assert len(branches) == 5


def double(number: int) -> int | Failed:
    """What a task may do, in a worker."""
    if number == 3:
        raise InputError("three", "take another")
    if number == 4:
        raise RecursionError("too deep")
    return 2 * number


def test_what_goes_wrong_with_one_is_told_and_ends_no_other(tmp_path: Path) -> None:
    (tmp_path / "running").mkdir()
    with workers(str(tmp_path), 1, ExecutorName.serial) as made:
        assert dict(made.each(double, [1, 3, 2, 4])) == {
            0: 2,
            1: Failed("three", "take another"),
            2: 4,
            3: Failed("RecursionError: too deep", "that is a fault of wavefix: please report it"),
        }
        assert dict(made.each(double, [])) == {}


def test_workers_that_cannot_start_say_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As where all is over before they are there: nowhere can they enter themselves any more."""
    with workers(str(tmp_path), 2, ExecutorName.processes) as made:
        assert dict(made.each(double, [1, 2])) == {0: _DIED, 1: _DIED}
    print("heard", file=sys.stderr)
    assert capfd.readouterr() == ("", "heard\n")
