"""docs/rollout.md shows a commit's message as it is; `make golden` writes it anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

from conftest import ROOT
from rollouts import Repo

PAGE = ROOT / "docs" / "rollout.md"
UPDATE = os.environ.get("WAVEFIX_GOLDEN") == "update"
BLOCK = re.compile(r"```\n(K8s/web: .*?\n)```\n", re.DOTALL)


def test_the_message_of_a_commit_is_as_the_page_shows(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "shop")
    web = ROOT / "golden" / "plain" / "before" / "web"
    repo.commit({f"K8s/web/{file.name}": file.read_text() for file in web.iterdir()})
    repo.rollout("K8s/web")
    message = repo.git("log", "-1", "--format=%B", "wavefix/K8s/web").rstrip("\n") + "\n"
    text = PAGE.read_text()
    (shown,) = BLOCK.findall(text)
    if UPDATE:
        PAGE.write_text(text.replace(shown, message))
    else:
        assert shown == message, "make golden writes it anew"
