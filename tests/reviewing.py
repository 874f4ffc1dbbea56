"""Manifests in few words, and the whole pipeline run on them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wavefix import pipeline
from wavefix.model import Profile, Review
from wavefix.report.situation import Situation, situation

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  source: {{repoURL: https://example.com/gitops.git, path: {name}}}
  destination: {{namespace: web}}
  syncPolicy: {{automated: {{}}}}
"""


def applications(*names: str) -> str:
    """Applications of the directories with their names, and an app-of-apps that holds them."""
    return "---\n".join(APPLICATION.format(name=name) for name in names)


def reviewed(directory: Path, files: Mapping[str, str], profile: Profile) -> Review:
    """What wavefix makes of some files, with a run of each sync."""
    for name, text in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    done = pipeline.review([str(directory)], str(directory), profile, runs=True)
    assert not done.errors
    return done.review


def situated(directory: Path, files: Mapping[str, str], profile: Profile) -> Situation:
    """The situation of the one component that some files are."""
    review = reviewed(directory, files, profile)
    (part,) = (part for part in review.components if part.graph.resources)
    edited = frozenset(edit.site for patch in review.patches for edit in patch.edits)
    return situation(part, edited)
