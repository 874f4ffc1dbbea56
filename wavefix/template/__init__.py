"""Templates of Helm charts as text: Go template text is no YAML, so nothing here parses it as such.

`parts` cuts a template where Helm cuts its output, `spot` finds the place of an annotation of the
object that a part makes. Pure, and below all stages: render marks the parts of a template with it
to see which objects they make, patch writes waves with it.
"""

from __future__ import annotations

from wavefix.template.actions import NoSpot, Template
from wavefix.template.objects import Part, parts
from wavefix.template.spot import Spot, spot

__all__ = ["NoSpot", "Part", "Spot", "Template", "parts", "spot"]
