"""How the kinds that start pods differ: in when these run, and what comes of their failing."""

from __future__ import annotations

SCHEDULED = frozenset(
    ("CronJob.batch", "CronWorkflow.argoproj.io", "ScaledJob.keda.sh", "JobSink.sinks.knative.dev")
)
# They run once, as they are applied: what they do not find there fails them.
ONCE = frozenset(("Job.batch", "Pod", "Workflow.argoproj.io"))
# Their pods serve nobody, whatever labels they have.
TRANSIENT = frozenset((*SCHEDULED, *ONCE)) - {"Pod"}
