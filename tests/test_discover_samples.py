"""What the tests of discover and render share: trees of files, and manifests by a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from wavefix.catalogue import catalogue
from wavefix.discover import Found, discover
from wavefix.model import Application, Finding, Resource
from wavefix.render import render


def make(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """A repository with these files."""
    (root / ".git").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def manifest(kind: str, name: str, wave: object = None, namespace: str = "", more: str = "") -> str:
    """A manifest of five lines, or six with a namespace; the wave stands in the last."""
    group, _, only = kind.rpartition("/")
    space = f"  namespace: {namespace}\n" if namespace else ""
    written = f'"{wave}"' if isinstance(wave, int) else str(wave)
    note = (
        f"  annotations:\n    argocd.argoproj.io/sync-wave: {written}\n" if wave is not None else ""
    )
    version = f"{group}/v1" if group else "v1"
    return f"apiVersion: {version}\nkind: {only}\nmetadata:\n  name: {name}\n{space}{note}{more}"


def application(
    name: str, source: str, wave: object = None, namespace: str = "", kind: str = "Application"
) -> str:
    """An Application; `source` is its source in flow style."""
    more = f"spec:\n  source: {source}\n  destination: {{namespace: '{namespace}'}}\n"
    text = manifest(f"argoproj.io/{kind}", name, wave, "argocd", more)
    return text.replace("argoproj.io/v1\n", "argoproj.io/v1alpha1\n")


def found(root: Path, *paths: str) -> list[Found]:
    return discover(paths or ["."], str(root))


def shown(source_path: str, root: Path) -> str:
    return str(Path(source_path).relative_to(root)) if source_path.startswith("/") else source_path


def outline(root: Path, *paths: str) -> dict[str, dict[str, list[str]]]:
    """Components by name, their Applications, and of each what it applies, as `kind path`."""
    out: dict[str, dict[str, list[str]]] = {}
    for item in found(root, *paths):
        assert item.component.name not in out
        out[item.component.name] = {
            app.name: sources(app, root) for app in item.component.applications
        }
    return out


def sources(app: Application, root: Path) -> list[str]:
    """What an Application applies, as `kind path`."""
    out = []
    for source in app.sources:
        if source.kind == "files":
            out += [f"file {shown(file, root)}" for file in source.files]
        else:
            path = source.chart if source.kind == "chart" else shown(source.path, root)
            out.append(f"{source.kind} {path}")
    return out


def errors(items: Sequence[Found], root: Path) -> list[str]:
    """`file:line: problem` for all that could not be read."""
    trees = {id(item.tree): item.tree for item in items}.values()
    return sorted(
        f"{shown(error.file, root)}:{error.line}: {error.problem}"
        for tree in trees
        for error in tree.errors
    )


def rendered(root: Path, *paths: str) -> dict[str, Resource]:
    """The resources under some paths by id. Nothing may be wrong with them."""
    resources, _, wrong = everything(root, *paths)
    assert wrong == []
    return {resource.id: resource for resource in resources}


def everything(root: Path, *paths: str) -> tuple[list[Resource], list[Finding], list[str]]:
    """The resources, the findings and the errors under some paths."""
    items = found(root, *paths)
    resources: list[Resource] = []
    findings: list[Finding] = []
    for item in items:
        some, more = render(item, catalogue())
        resources += some
        findings += more
    return resources, findings, errors(items, root)
