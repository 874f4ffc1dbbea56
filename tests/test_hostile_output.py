"""Names, messages and values from manifests are shown, and can do nothing: in every format.

Each is written where it gets into reports: as a name, a namespace, a label, the name of a file, an
annotation, and what is wrong with a file.
"""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from conftest import ROOT
from markdown_it import MarkdownIt
from test_bad_input import run

WAVE = "argocd.argoproj.io/sync-wave"
EVIL = {
    "colours": "x\x1b[31mred",
    "a link of a terminal": "\x1b]8;;http://evil\x07x\x1b]8;;\x07",
    "the clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "C1": "x\x9b31mred",
    "bell and backspace": "x\x07\x08\x08y",
    "carriage return": "evil\rgood",
    "lines": "x\n::error::owned\ny",
    "right to left": "x\u202egpj.exe\u2066y\u2069",
    "zero width": "x\u200by\ufeffz",
    "line separators": "x\u2028y\u2029z\x85w",
    "Markdown": "`x`|**y**](javascript:alert(1)) ![i](http://evil) <script>x</script>",
    "a fence": "```\n# x\n~~~",
    "mentions": "@everyone #1 GH-2 www.evil.example http://evil.example",
    "HTML": '"><img src=x onerror=alert(1)>&lt;',
    "DOT": 'x"]; evil [label="y\\',
    "Mermaid": 'x"]; click a "javascript:alert(1)" %%{init: {}}%% end',
    "a workflow command": "::set-output name=x::y%0A::error::z",
    "commands of others": "##[error]x ##vso[task.setvariable variable=a]b ##teamcity[message]",
    "a command between lines": "x\n ::add-mask::y\n\t::stop-commands::z",
    "an option": "--upload-pack=touch owned",
    "escapes": "\\x1b[31m\\n\\u202e %1b %0A",
}
FORMATS = [
    *(["--dry-run", "--format", name] for name in ("text", "json", "markdown")),
    *(["lint", "--format", name] for name in ("text", "json", "sarif", "github")),
    *(["graph", "--format", name] for name in ("json", "dot", "mermaid")),
    *(["simulate", "--format", name] for name in ("text", "json")),
    ["explain", "Job"],
]
# What moves the cursor, changes colours, hides or turns text around.
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
ORDERS = re.compile(r"##\w*\[")
COMMAND = re.compile(r"^::(?:error|warning|notice) ", re.MULTILINE)


def repository(root: Path, evil: str) -> Path:
    """A quota that comes too late, everything about it called by a name that means harm."""
    name = json.dumps(evil)
    more = f"  labels: {{{name}: {name}}}\n"
    text = (
        f"apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: {name}\n  namespace: {name}\n"
        f'{more}  annotations:\n    {WAVE}: "3"\n    {name}: {name}\n---\n'
        f"apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\n  namespace: {name}\n"
        f'{more}  annotations:\n    {WAVE}: "2"\n'
        f"spec: {{template: {{spec: {{containers: [{{name: {name}, image: {name}, env: "
        f"[{{name: A, valueFrom: {{configMapKeyRef: {{name: {name}, key: {name}}}}}}}]}}]}}}}}}\n"
        f"---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n"
        f'  annotations:\n    {WAVE}: "1"\n---\n'
        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: odd\n  namespace: {name}\n"
        f"  annotations:\n    {WAVE}: {name}\n"
    )
    (root / ".git").mkdir(parents=True)
    file = re.sub(r"[/\0]", "_", evil)[:80]
    (root / "app").mkdir()
    (root / "app" / f"{file}.yaml").write_text(text, encoding="utf-8", newline="")
    return root


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_nothing_from_a_manifest_gets_out_of_its_quotes(tmp_path: Path, evil: str) -> None:
    root = repository(tmp_path / "r", evil)
    for arguments in FORMATS:
        status, stdout, stderr = run(root, *arguments)
        assert status in (0, 1, 2), arguments
        assert "Traceback" not in stderr
        assert UNSAFE.findall(stdout + stderr) == [], arguments
        assert ORDERS.findall(stdout + stderr) == [], arguments
        if arguments[-1] != "github":
            assert re.findall(r"^\s*::[a-z].*", stdout + stderr, re.MULTILINE) == [], arguments
        judge(arguments[-1], stdout)


def judge(format: str, text: str) -> None:
    """What the format's own reader makes of it."""
    if format in ("json", "sarif"):
        data = json.loads(text)
        if format == "sarif":
            for result in data["runs"][0]["results"]:
                for location in result["locations"]:
                    uri = location["physicalLocation"]["artifactLocation"]["uri"]
                    assert re.fullmatch(r"[\w.~!$&'()*+,;=:@/%-]*", uri), uri
                    assert not unquote(uri).startswith(("/", "..")), uri
    elif format == "github":
        lines = text.splitlines()
        assert all(COMMAND.match(line) for line in lines if line.startswith("::"))
        assert text.count("\n::") + text.startswith("::") == len(COMMAND.findall(text))
    elif format == "markdown":
        tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
        inside = [child for token in tokens for child in token.children or ()]
        links = {token.attrs["href"] for token in inside if token.type == "link_open"}
        assert all(str(link).startswith("docs/") for link in links), links
        assert not [token for token in inside if token.type == "image"]
        html = [token.content for token in (*tokens, *inside) if token.type.startswith("html_")]
        tags = {tag.lower() for part in html for tag in re.findall(r"</?(\w+)", part)}
        assert tags <= {"details", "summary", "code", "span", "br"}, tags
    elif format == "dot":
        bare = re.sub(r'"(?:\\.|[^"\\])*"', "Q", text)
        assert '"' not in bare
        assert "evil" not in bare
    elif format == "mermaid":
        bare = re.sub(r'"[^"]*"', "Q", text)
        assert '"' not in bare
        assert "click" not in bare
        assert "%%{" not in bare


def test_a_name_is_still_told(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", EVIL["colours"])
    assert "x\\x1b[31mred" in run(root, "--dry-run")[1]


@pytest.mark.parametrize("arguments", [["--format", "diff"], []], ids=["diff", "text"])
def test_a_diff_on_a_terminal_shows_what_it_has(tmp_path: Path, arguments: list[str]) -> None:
    evil = "x\u202egpj.exe"
    root = repository(tmp_path / "r", "x")
    file = root / "app" / "x.yaml"
    file.write_text(file.read_text().replace(f'{WAVE}: "3"', f'{WAVE}: "3" # {evil}'))
    assert evil in run(root, "--dry-run", "--format", "diff")[1], "exact for programs"
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "wavefix", "--dry-run", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "dumb"}
    with subprocess.Popen(command, cwd=root, env=environment, stdout=theirs) as process:
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 65536):
                text += part
        except OSError:  # what a terminal says when its last writer is gone
            pass
        process.wait()
    os.close(ours)
    assert b"x\\u202egpj.exe" in text
    assert evil.encode() not in text
