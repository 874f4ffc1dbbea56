"""Every plan is run before it is written: what makes a sync worse than it is, is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Cli
from hypothesis import event, given, note, settings
from hypothesis import strategies as st
from planning import aggressive, needs, planned, release, resource
from test_plan_properties import ANYTHING, KINDS, PHASES, PROFILES, components, configs, sketch

from wavefix.config import Config
from wavefix.model import Graph, Placement, Plan, Profile
from wavefix.simulate import simulate, waves_after, waves_before
from wavefix.simulate.compare import succeeds, worsened

CONFIG = Config()
JOB = resource("Job.batch/web/job", 0)
API = resource("Deployment.apps/web/api", 0)
LAST = resource("ConfigMap/web/last", 3)
SECRET = resource("Secret/web/key", 0)


def moved(graph: Graph, waves: dict[str, int]) -> Plan:
    """A plan that nobody made."""
    return Plan(
        "aggressive",
        tuple(
            Placement(
                replace(item, declared=item.effective), waves.get(item.file, item.effective), "", 0
            )
            for item in graph.resources
        ),
    )


def test_a_plan_that_gets_stuck_is_told_with_the_step_and_what_it_waits_for() -> None:
    graph = Graph((API, SECRET, LAST), (needs(API, SECRET, "eventually"),))
    found = worsened(graph, moved(graph, {SECRET.file: 1}), (), CONFIG)
    assert found is not None
    assert (found.application, found.wave, found.outcome) == ("app", 0, "stuck")
    assert found.waited == f"{API.id} waits for {SECRET.id}"


def test_what_is_stuck_already_may_be_planned() -> None:
    late = replace(SECRET, effective=1)
    graph = Graph((API, late, LAST), (needs(API, late, "eventually"),))
    assert worsened(graph, moved(graph, {LAST.file: 2}), (), CONFIG) is None


def test_each_application_is_compared_with_itself() -> None:
    """One that is mended does not make up for one that is broken."""
    other, late = (replace(item, application="other") for item in (API, SECRET))
    late = replace(late, effective=1, file="late")
    more = (LAST, replace(LAST, application="other"))
    graph = Graph(
        (API, SECRET, other, late, *more),
        (needs(API, SECRET, "eventually"), needs(other, late, "eventually")),
    )
    found = worsened(graph, moved(graph, {SECRET.file: 1, late.file: 0}), (), CONFIG)
    assert found is not None
    assert found.application == "app"


def test_a_release_without_a_place_is_not_left_waiting() -> None:
    """It stays where it is, and so what it waits for comes no later."""
    chart = release("chart")
    store = resource("StatefulSet.apps/web/store", 0)
    made = aggressive([chart, JOB, store], [needs(chart, JOB), needs(JOB, store)])
    assert made.waves == {chart.id: 0, JOB.id: -1, store.id: -2}
    assert worsened(made.graph, made.plan, (), CONFIG) is None


@st.composite
def wild(draw: st.DrawFn, apps: int) -> Graph:
    """Whatever one component may hold; what is in a Namespace is the simulator's own to see."""
    graph = draw(components(most=8, apps=apps, **{**ANYTHING, "kinds": KINDS[1:]}))
    items = [replace(item, phase=draw(st.sampled_from(PHASES))) for item in graph.resources]
    graph = replace(graph, resources=tuple(items))
    note(sketch(graph))
    return graph


@settings(max_examples=500)
@given(wild(apps=1), PROFILES, configs())
def test_no_plan_spoils_a_sync_that_succeeds(
    graph: Graph, profile: Profile, config: Config
) -> None:
    made = planned(profile, graph, config=config)
    found = worsened(graph, made.plan, (), config)
    event(f"{profile}, {len(made.moves)} moves")
    note(f"{made.moves} {found}")
    believed = tuple(set(graph.edges).difference(made.plan.contradicted))
    before = simulate(replace(graph, edges=believed), waves_before(graph), (), config)
    assert found is None or before.outcome != "succeeded"


@settings(max_examples=500)
@given(wild(apps=3), PROFILES, configs())
def test_what_needs_no_run_to_succeed_succeeds(
    graph: Graph, profile: Profile, config: Config
) -> None:
    waves = waves_after(graph, planned(profile, graph, config=config).plan)
    told = succeeds(graph, waves, config)
    event(f"told: {told}")
    assert not told or simulate(graph, waves, (), config).outcome == "succeeded"


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: NAME, namespace: argocd}
spec:
  project: default
  source: {repoURL: "<REPO_URL>", path: NAME}
  destination: {server: "https://kubernetes.default.svc", namespace: web}
"""
STORE = """\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec: {provider: {fake: {data: []}}}
"""
SHOP = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: key, namespace: web}
spec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}, target: {name: key}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: web}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: a, image: a, envFrom: [{secretRef: {name: key}}]}]
"""
DEPENDS = """\
depends_on:
  - {from: Job.batch/web/migrate, to: ExternalSecret.external-secrets.io/web/key}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A secret in a wave of its own is waited for, and has no store before another sync ends."""
    files = {"vault/store.yaml": STORE, "shop/all.yaml": SHOP, ".wavefix.yaml": DEPENDS}
    files |= {f"apps/{n}.yaml": APPLICATION.replace("NAME", n) for n in ("vault", "shop")}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("option", ["--dry-run", "--check", "--allow-dirty"])
def test_a_refused_plan_is_not_written(cli: Cli, shop: Path, option: str) -> None:
    done = cli("--profile", "aggressive", option, cwd=shop)
    told = done.stderr.decode()
    assert done.returncode == 2
    assert "is refused: Application shop would fail in Sync wave -1 (ExternalSecret" in told
    assert "is Degraded without ClusterSecretStore.external-secrets.io/vault" in told
    assert (shop / "shop/all.yaml").read_text() == SHOP
    assert ('argocd.argoproj.io/sync-wave: "-2"' in done.stdout.decode()) == (
        option != "--allow-dirty"
    ), "a dry run shows what was refused"


def test_what_succeeds_is_written(cli: Cli, shop: Path) -> None:
    for name in ("vault", "shop"):
        file = shop / f"apps/{name}.yaml"
        file.write_text(file.read_text() + "  syncPolicy: {automated: {}}\n")
    done = cli("--profile", "aggressive", cwd=shop)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (shop / "shop/all.yaml").read_text() != SHOP
