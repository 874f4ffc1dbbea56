"""The words of wavefix as frozen dataclasses: what flows through the pipeline.

discover -> render -> infer -> plan -> simulate -> patch -> report; every stage reads what an
earlier one made and changes none of it. Files are absolute paths, lines start at 1.
"""

from wavefix.model.applications import (
    Application,
    ApplicationSet,
    Component,
    Requirement,
    Retry,
    RollingStep,
    Source,
    Written,
)
from wavefix.model.outcome import (
    ComponentReview,
    Edit,
    Entry,
    EntryEdit,
    FilePatch,
    Review,
    Run,
    Seconds,
    Span,
    Step,
)
from wavefix.model.resources import (
    CONFIDENCES,
    NEEDS,
    SYNC_WAVE,
    Chart,
    Confidence,
    Edge,
    External,
    Finding,
    Graph,
    Joint,
    Key,
    Mechanism,
    Needs,
    Outcome,
    PatchTarget,
    Path,
    PathStep,
    Phase,
    Placement,
    Plan,
    Profile,
    Resource,
    RollingSync,
    Severity,
    Site,
    Value,
)

__all__ = [
    "CONFIDENCES", "NEEDS", "SYNC_WAVE", "Application", "ApplicationSet", "Chart", "Component",
    "ComponentReview", "Confidence", "Edge", "Edit", "Entry", "EntryEdit", "External",
    "FilePatch", "Finding", "Graph", "Joint", "Key", "Mechanism", "Needs", "Outcome",
    "PatchTarget", "Path", "PathStep", "Phase", "Placement", "Plan", "Profile", "Requirement",
    "Resource", "Retry", "Review", "RollingStep", "RollingSync", "Run", "Seconds", "Severity",
    "Site", "Source", "Span", "Step", "Value", "Written",
]  # fmt: skip
