"""Probing: which values of a chart reach the annotations of which of its objects.

`contents` reads a chart's files, `candidates` says what is worth a try, `probe` tries it with the
tool that renders the chart, `chooser` makes Sites of what it found.
"""

from wavefix.render.probe.candidates import Candidates, candidates
from wavefix.render.probe.contents import Contents, contents
from wavefix.render.probe.places import Choice, Choices, choices, chooser
from wavefix.render.probe.trial import Name, Reach, Render, probe

__all__ = [
    "Candidates",
    "Choice",
    "Choices",
    "Contents",
    "Name",
    "Reach",
    "Render",
    "candidates",
    "choices",
    "chooser",
    "contents",
    "probe",
]  # fmt: skip
