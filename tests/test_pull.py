"""`--pull`: charts that are not in sight are fetched, once, and only where that is asked for."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from conftest import Cli

pytestmark = pytest.mark.usefixtures("tools")

CHART = {
    "shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.2.3\n",
    "shop/values.yaml": "annotations: {}\n",
    "shop/templates/web.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n"
    "  annotations: {{ toYaml .Values.annotations | nindent 4 }}\n",
}
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: shop}}
spec:
  source: {{repoURL: '{url}', chart: shop, targetRevision: 1.2.3}}
  destination: {{namespace: shop}}
"""


class Repository(HTTPServer):
    """A repository of charts, and what it was asked for."""

    asked: list[str]


@pytest.fixture
def repository() -> Iterator[Repository]:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in CHART.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))

    class Handler(BaseHTTPRequestHandler):
        server: Repository

        def do_GET(self) -> None:
            self.server.asked.append(self.path)
            entry = {"name": "shop", "version": "1.2.3", "apiVersion": "v2", "urls": ["shop.tgz"]}
            index = {"apiVersion": "v1", "entries": {"shop": [entry]}}
            body = packed.getvalue() if self.path == "/shop.tgz" else json.dumps(index).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is told."""

    server = Repository(("127.0.0.1", 0), Handler)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop(tmp_path: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    work = tmp_path / "work"
    work.mkdir()
    url = f"http://127.0.0.1:{repository.server_port}"
    (work / "shop.yaml").write_text(APPLICATION.format(url=url))
    return work


def ids(ran_out: bytes) -> list[str]:
    return [node["id"] for node in json.loads(ran_out)["nodes"]]


def test_nothing_is_fetched_unless_that_is_asked_for(
    shop: Path, repository: Repository, cli: Cli
) -> None:
    assert ids(cli("graph", cwd=shop).stdout) == ["HelmRelease/shop/shop"]
    assert b"`--pull` fetches it" in cli("lint", cwd=shop).stdout
    assert repository.asked == []


def test_a_chart_is_fetched_once(shop: Path, repository: Repository, cli: Cli) -> None:
    for _ in range(2):
        assert ids(cli("graph", "--pull", cwd=shop).stdout) == ["Pod/shop/web"]
    assert repository.asked.count("/shop.tgz") == 1
    assert ids(cli("graph", cwd=shop).stdout) == ["Pod/shop/web"], "it is known from then on"


def test_a_chart_that_cannot_be_fetched_is_planned_as_one_whole(
    shop: Path, repository: Repository, cli: Cli
) -> None:
    file = shop / "shop.yaml"
    file.write_text(file.read_text().replace("1.2.3", "9.9.9"))
    assert ids(cli("graph", "--pull", cwd=shop).stdout) == ["HelmRelease/shop/shop"]
    assert b"could not be fetched" in cli("lint", "--pull", cwd=shop).stdout
