"""Host names in variables, commands and values, and what answers to them."""

# ruff: noqa: E501  # a row of a table is a line
from __future__ import annotations

import json
from textwrap import dedent

import pytest
from test_infer_scene import FILE, edges, graph, lines, manifest, release

from wavefix.infer.hostnames import in_command, in_value

APP, DB = "Deployment.apps/web/app", "StatefulSet.apps/web/db"


def service(id: str = "Service/web/db", more: str = "ports: [{port: 5432}]") -> str:
    return manifest(id, f"spec: {{selector: {{app: db}}, {more}}}")


def pods(id: str, labels: str = "", container: str = "") -> str:
    template = f"{{metadata: {{labels: {{{labels}}}}}, spec: {{containers: [{{{container}}}]}}}}"
    return manifest(id, f"spec: {{template: {template}}}")


DATABASE = service() + pods(DB, "app: db")


def app(container: str, id: str = APP) -> str:
    return pods(id, container=container)


def variable(key: str, value: str) -> str:
    return f"env: [{{name: {key}, value: {json.dumps(value)}}}]"


def command(*words: str) -> str:
    return f"command: {json.dumps(words)}"


def hosts(text: str) -> list[str]:
    """What a text makes a workload need, without the path."""
    return [line.rpartition(" core/host ")[0] for line in edges(graph(text), "core/host")]


NEEDS = [f"{APP} -> Service/web/db eventually heuristic", f"{APP} -> {DB} ready heuristic"]


def test_a_host_leads_to_the_service_and_to_what_is_behind_it() -> None:
    made = graph(DATABASE + app(variable("DB_HOST", "db")))
    assert edges(made) == lines(f"""
        {APP} -> Service/web/db eventually heuristic core/host spec.template.spec.containers[0].env[0].value
        {APP} -> {DB} ready heuristic core/host spec.template.spec.containers[0].env[0].value
    """)


# variables that name the Service db of the namespace web
VARIABLES = [
    ("DB_HOST", "db"),
    ("PGHOST", "db"),
    ("dbHost", "db"),
    ("db.host", "db"),
    ("DATABASE_SERVER", "db"),
    ("REDIS_ADDR", "db:6379"),
    ("KAFKA_BROKERS", "a:9092,db:9092"),
    ("KAFKA_BROKERS", "a:9092, db:9092"),
    ("HOSTS", "a;db"),
    ("HOST_1", "db"),
    ("DB_HOST", "db.web"),
    ("DB_HOST", "db.web.svc"),
    ("DB_HOST", "db.web.svc.cluster.local"),
    ("DB_HOST", "db.web.svc.cluster.local."),
    ("DB_HOST", "db-0.db"),
    ("DB_HOST", "db-0.db.web"),
    ("ANYTHING", "db.web.svc"),
    ("ANYTHING", "db-0.db.web.svc.cluster.local"),
    ("ANYTHING", "see db.web.svc.cluster.local for more"),
    ("ANYTHING", "http://db"),
    ("ANYTHING", "http://db/path?a=b"),
    ("ANYTHING", "http://db.web:8080/"),
    ("ANYTHING", "http://db.web.svc.cluster.local:8080"),
    ("ANYTHING", "postgres://u:p@db:5432/x"),
    ("ANYTHING", "postgres://u:p@db/x"),
    ("ANYTHING", "postgresql://user:$(PASSWORD)@db:5432/x"),
    ("ANYTHING", "redis://:secret@db:6379/0"),
    ("ANYTHING", "jdbc:postgresql://db:5432/x"),
    ("ANYTHING", "jdbc:sqlserver://db;databaseName=x"),
    ("ANYTHING", "mongodb://u:p@a:27017,db:27017/x"),
    ("ANYTHING", "mongodb://a,db/x"),
    ("ANYTHING", "user:pass@tcp(db:5432)/x"),
    ("ANYTHING", "user@db"),
    ("ANYTHING", "db:5432"),
    ("ANYTHING", "a:9092,db:5432"),
    ("ANYTHING", "host=db port=5432"),
    ("ANYTHING", "Server=db;Database=x"),
    ("JAVA_OPTS", "-Xmx1g -Ddb.host=db"),
]


@pytest.mark.parametrize(("key", "value"), VARIABLES)
def test_variables_that_name_a_host(key: str, value: str) -> None:
    assert hosts(DATABASE + app(variable(key, value))) == NEEDS


# variables that do not
OTHERS = [
    ("ANYTHING", "db"),
    ("ANYTHING", "the db of the shop"),
    ("SERVER_MESSAGE", "db"),
    ("GHOST", "db"),
    ("DB_HOST", "the db"),
    ("DB_HOST", "db1"),
    ("DB_HOST", "my-db"),
    ("DB_HOST", "DB"),
    ("DB_HOST", "db.example.com"),
    ("DB_HOST", "db.other"),
    ("DB_HOST", "db.other.svc"),
    ("DB_HOST", "$(DB)"),
    ("ANYTHING", "http://db.example.com"),
    ("ANYTHING", "http://my-db/"),
    ("ANYTHING", "https://example.com/db"),
    ("ANYTHING", "https://example.com/db:5432"),
    ("ANYTHING", "/var/lib/db"),
    ("ANYTHING", "/var/lib/db:5432"),
    ("ANYTHING", "file:///db/x"),
    ("ANYTHING", "db:16"),
    ("ANYTHING", "db:5432.1"),
    ("ANYTHING", "db:5432-alpine"),
    ("ANYTHING", "docker.io/library/db:5432"),
    ("ANYTHING", "@db/client"),
    ("ANYTHING", "someone@db.example.com"),
    ("DB_IMAGE", "db:5432"),
    ("IMAGE_SERVER", "db"),
    ("NO_PROXY", "localhost,db.web.svc,db"),
    ("no_proxy", "db.web.svc"),
    ("NOPROXY", "http://db"),
    ("BIND_HOST", "db"),
    ("LISTEN_ADDR", "db:5432"),
    ("ALLOWED_HOSTS", "db"),
    ("CORS_ORIGIN", "http://db"),
    ("OAUTH_REDIRECT_URL", "http://db/callback"),
    ("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://db:9092"),
]


@pytest.mark.parametrize(("key", "value"), OTHERS)
def test_variables_that_name_none(key: str, value: str) -> None:
    assert hosts(DATABASE + app(variable(key, value))) == []


COMMANDS = [
    ("app", "--db-host=db"),
    ("app", "--db-host", "db"),
    ("app", "--verbose", "--server", "db:5432"),
    ("app", "-server=db"),
    ("app", "--db=postgres://u@db/x"),
    ("app", "DB_HOST=db"),
    ("psql", "-h", "db"),
    ("pg_isready", "-U", "x", "-h", "db", "-p", "5432"),
    ("sh", "-c", "psql -hdb -U x"),
    ("sh", "-c", "until nc -z db 5432; do sleep 1; done"),
    ("sh", "-c", "nc -z -w 2 db 5432"),
    ("nc", "-z", "db", "5432"),
    ("sh", "-c", "nslookup db"),
    ("sh", "-c", "getent hosts db"),
    ("sh", "-c", "curl -s http://db:8080/health"),
    ("sh", "-c", "wait-for-it db:5432 -- app"),
    ("sh", "-c", "timeout 1 bash -c '</dev/tcp/db/5432'"),
    ("sh", "-c", "export DB_HOST=db\napp"),
    ("sh", "-c", "psql 'host=db port=5432'"),
    ("ssh", "git@db"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_commands_that_name_a_host(words: tuple[str, ...]) -> None:
    assert hosts(DATABASE + app(command(*words))) == NEEDS


OTHER_COMMANDS = [
    ("db",),
    ("app", "db"),
    ("app", "--help", "db"),
    ("app", "--name", "db"),
    ("app", "--config", "/etc/db:5432"),
    ("app", "--image", "db:5432-alpine"),
    ("app", "--host", "my-db"),
    ("sh", "-c", "du -h db"),
    ("sh", "-c", "echo the db is ready"),
    ("sh", "-c", "cat /etc/db"),
    ("sh", "-c", "sync db"),
    ("sh", "-c", "npm install @db/client"),
    ("sh", "-c", "docker run db:16"),
    ("sh", "-c", "psql; du -h db"),
]


@pytest.mark.parametrize("words", OTHER_COMMANDS, ids=" ".join)
def test_commands_that_name_none(words: tuple[str, ...]) -> None:
    assert hosts(DATABASE + app(command(*words))) == []


def test_arguments_and_init_containers_are_commands_too() -> None:
    assert hosts(DATABASE + app("args: [--host, db]")) == NEEDS
    assert hosts(DATABASE + app("command: [psql], args: ['-h', db]")) == NEEDS
    init = manifest(APP, "spec: {template: {spec: {initContainers: [{args: [--host, db]}]}}}")
    assert hosts(DATABASE + init) == NEEDS


def test_image_names_are_no_hosts() -> None:
    assert hosts(DATABASE + app("name: db, image: 'db:5432'")) == []


def test_another_namespace_is_named() -> None:
    there = DATABASE.replace("namespace: web", "namespace: data")
    wanted = [line.replace("/web/db", "/data/db") for line in NEEDS]
    assert hosts(there + app(variable("DB_HOST", "db.data"))) == wanted
    assert hosts(there + app(variable("DB_HOST", "db.data.svc.cluster.local"))) == wanted
    assert hosts(there + app(variable("DB_HOST", "db"))) == []


def test_a_bare_port_must_be_one_of_the_service() -> None:
    assert hosts(DATABASE + app(variable("ANYTHING", "db:5433"))) == []
    headless = service(more="clusterIP: None") + pods(DB, "app: db")
    assert hosts(headless + app(variable("ANYTHING", "db:5433"))) == NEEDS


def test_variables_out_of_a_config_map() -> None:
    text = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: env, namespace: web}
data:
  LOG: debug
  DB_HOST: db
  address: db
"""
    every = graph(text + DATABASE + app("envFrom: [{configMapRef: {name: env}}]"))
    assert [
        (edge.dependency.id, edge.file, edge.line, edge.path)
        for edge in every.edges
        if edge.rule == "core/host"
    ] == [
        ("Service/web/db", FILE, 6, "data.DB_HOST"),
        (DB, FILE, 6, "data.DB_HOST"),
    ]
    one = "env: [{{name: {}, valueFrom: {{configMapKeyRef: {{name: env, key: {}}}}}}}]"
    assert hosts(text + DATABASE + app(one.format("DB_HOST", "address"))) == NEEDS
    assert hosts(text + DATABASE + app(one.format("LABEL", "address"))) == []
    assert hosts(text + DATABASE + app(one.format("DB_HOST", "LOG"))) == []
    mounted = manifest(APP, "spec: {template: {spec: {volumes: [{configMap: {name: env}}]}}}")
    assert hosts(text + DATABASE + mounted) == []


def test_nobody_waits_for_its_own_host() -> None:
    assert hosts(service() + pods(DB, "app: db", variable("PEERS", "http://db:5432"))) == []


def test_two_that_name_each_other_wait_for_neither() -> None:
    both = (
        manifest("Service/web/a", "spec: {selector: {app: a}}")
        + manifest("Service/web/b", "spec: {selector: {app: b}}")
        + pods("Deployment.apps/web/a", "app: a", variable("B_HOST", "b"))
        + pods("Deployment.apps/web/b", "app: b", variable("A_HOST", "a"))
    )
    assert hosts(both) == lines("""
        Deployment.apps/web/a -> Deployment.apps/web/b eventually heuristic
        Deployment.apps/web/a -> Service/web/b eventually heuristic
        Deployment.apps/web/b -> Deployment.apps/web/a eventually heuristic
        Deployment.apps/web/b -> Service/web/a eventually heuristic
    """)


def test_a_cron_job_runs_later() -> None:
    cron = manifest(
        "CronJob.batch/web/app",
        "spec: {jobTemplate: {spec: {template: {spec: {containers: [{args: [--host, db]}]}}}}}",
    )
    assert hosts(DATABASE + cron) == [
        "CronJob.batch/web/app -> Service/web/db eventually heuristic",
        f"CronJob.batch/web/app -> {DB} eventually heuristic",
    ]


def test_jobs_stand_behind_no_service() -> None:
    job = pods("Job.batch/web/migrate", "app: db", variable("DB_HOST", "db"))
    assert hosts(DATABASE + job) == [line.replace(APP, "Job.batch/web/migrate") for line in NEEDS]
    assert (
        hosts(DATABASE + pods("Job.batch/web/migrate", "app: db") + app(variable("DB_HOST", "db")))
        == NEEDS
    )


def test_a_service_without_a_selector_has_nobody_behind_it() -> None:
    for spec in (
        "",
        "spec: {selector: {}}",
        "spec: {type: ExternalName, externalName: db.example.com}",
    ):
        text = (
            manifest("Service/web/db", spec) + pods(DB, "app: db") + app(variable("DB_HOST", "db"))
        )
        assert hosts(text) == NEEDS[:1]


def test_all_that_a_service_selects_stands_behind_it() -> None:
    text = (
        service()
        + pods(DB, "app: db, shard: a")
        + pods("StatefulSet.apps/web/db2", "app: db, shard: b")
        + pods("Deployment.apps/web/x", "app: x")
        + pods("Deployment.apps/other/db", "app: db")
    )
    assert hosts(text + app(variable("DB_HOST", "db"))) == [
        *NEEDS,
        f"{APP} -> StatefulSet.apps/web/db2 ready heuristic",
    ]


def test_each_service_is_told_once_with_its_first_mention() -> None:
    container = "env: [{name: A_HOST, value: db}, {name: B_HOST, value: db}], args: [--host, db]"
    assert len(edges(graph(DATABASE + app(container)), "core/host")) == 2


# values of a release that name the host db, and such that do not
VALUES = [
    ("database: {host: db}", True),
    ("config: {url: 'postgres://u:p@db:5432/x'}", True),
    ("externalDatabase: {host: db.web.svc.cluster.local}", True),
    ("env: [{name: DB_HOST, value: db}]", True),
    ("connectAddr: 'db:5432'", True),
    ("kafka: {brokers: [db]}", True),
    ("env: [{name: LABEL, value: db}]", False),
    ("fullnameOverride: db", False),
    ("ingress: {hosts: [{host: db}]}", False),
    ("image: {repository: db, tag: 'db:5432'}", False),
    ("postgresql: {enabled: false, host: db}", False),
    ("host: ''", False),
]


@pytest.mark.parametrize(("values", "named"), VALUES)
def test_values_that_name_a_host(values: str, named: bool) -> None:
    made = graph(DATABASE, release(values))
    found = [line.rpartition(" core/host ")[0] for line in edges(made, "core/host")]
    assert found == ([line.replace(APP, "HelmRelease/web/shop") for line in NEEDS] if named else [])


def test_evidence_is_the_word_that_names_the_host() -> None:
    made = graph(
        DATABASE
        + dedent("""
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: app, namespace: web}
        spec:
          template:
            spec:
              containers:
              - name: app
                command:
                - psql
                - -h
                - db
        """)
    )
    found = {(edge.line, edge.path) for edge in made.edges if edge.rule == "core/host"}
    assert found == {(24, "spec.template.spec.containers[0].command[2]")}


def test_a_host_and_where_it_stands() -> None:
    assert [(at, host.name) for at, host in in_command("app http://db:80/")] == [(11, "db")]
    assert [(host.name, host.port, host.sure) for host in in_value("X", "db:5432")] == [
        ("db", 5432, False)
    ]
