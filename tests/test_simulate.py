"""The predicted time of a deploy: waves wait, the last does not, each Application has its clock."""

from __future__ import annotations

from dataclasses import replace

from planning import aggressive, conservative, needs, resource

from wavefix.config import ArgoCD, Config
from wavefix.model import Seconds
from wavefix.simulate import seconds

CONFIG = Config(durations={"Job.batch": 30.0, "Deployment.apps": 100.0})
FIRST = resource("Job.batch/web/first", 0)
SECOND = resource("Deployment.apps/web/second", 1)


def test_a_wave_is_waited_for_and_the_last_one_ends_the_deploy() -> None:
    made = conservative([FIRST, SECOND], config=CONFIG)
    assert seconds(made.graph, made.plan, CONFIG) == Seconds(130.0, 130.0, 100.0)


def test_a_wave_that_nothing_waits_for_costs_the_delay() -> None:
    limit = resource("LimitRange/web/x", -1)
    made = conservative([limit, SECOND], config=CONFIG)
    assert seconds(made.graph, made.plan, CONFIG) == Seconds(102.0, 102.0, 100.0)
    slower = replace_delay(10.0)
    assert seconds(made.graph, made.plan, slower).before == 110.0


def replace_delay(delay: float) -> Config:
    return Config(durations=CONFIG.durations, argocd=ArgoCD(wave_delay=delay))


def test_what_runs_side_by_side_takes_the_longest_time_only() -> None:
    made = aggressive([FIRST, SECOND], config=CONFIG)
    assert seconds(made.graph, made.plan, CONFIG) == Seconds(130.0, 100.0, 100.0)


def test_the_floor_is_the_longest_chain_of_needs() -> None:
    made = aggressive([FIRST, SECOND], [needs(SECOND, FIRST)], CONFIG)
    assert seconds(made.graph, made.plan, CONFIG) == Seconds(130.0, 130.0, 130.0)


def test_applications_have_clocks_of_their_own_and_wait_through_what_they_need() -> None:
    other = replace(SECOND, application="other", effective=0, declared=0)
    apart = conservative([FIRST, other], config=CONFIG)
    assert seconds(apart.graph, apart.plan, CONFIG).before == 100.0
    waiting = conservative([FIRST, other], [needs(other, FIRST)], CONFIG)
    assert seconds(waiting.graph, waiting.plan, CONFIG).before == 130.0
