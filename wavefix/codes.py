"""The codes of findings: one line for each, as in docs/rules/README.md, where each has a page.

A code is never given another meaning. What a finding says of its place is made where it is known.
"""

from __future__ import annotations

from typing import NamedTuple

from wavefix.model import Severity


class Code(NamedTuple):
    """What stands behind a code. `severity` is the usual one: a guess is a warning at most."""

    code: str
    name: str
    severity: Severity
    sentence: str
    advice: str

    @property
    def page(self) -> str:
        """Its page in wavefix's repository."""
        return f"docs/rules/{self.code}.md"


_CODES = (
    Code("WF001", "moot-wave", "warning",
         "A sync wave stands where Argo CD never reads it: on a pod template.",
         "Move it to the metadata.annotations of the workload, or remove it."),
    Code("WF002", "broken-edge", "error",
         "A resource is applied before, or beside, what it needs first.",
         "Run `wavefix`, or give what is needed an earlier wave."),
    Code("WF003", "late-governance", "error",
         "A quota, limit or policy comes after the pods that it should hold for.",
         "Run `wavefix`, or give it a wave before the pods."),
    Code("WF004", "wave-not-integer", "error",
         "A sync wave is no integer, so Argo CD silently uses another.",
         "Write an integer in quotes."),
    Code("WF005", "wave-not-string", "error",
         "A sync wave is no string, so the manifest is refused.",
         "Put the value in quotes."),
    Code("WF006", "cycle", "error",
         "Resources need each other in a circle that no order can satisfy.",
         "Break the circle at its weakest link."),
    Code("WF007", "cross-application-edge", "note",
         "A resource needs one of another Application: no wave can enforce that.",
         "Order the Applications by waves of their parent or a rolling sync, or rely on retries."),
    Code("WF008", "release-without-place", "warning",
         "A release or a chart's object needs a wave that nothing in its sources can carry.",
         "Add the patch that the message shows."),
    Code("WF009", "impossible-order", "error",
         "Resources that cannot move make an order impossible.",
         "Release one of the pins, or give each resource an annotation of its own."),
    Code("WF010", "unreadable-file", "error",
         "A file cannot be read, so what it holds is not planned.",
         "Mend the file, or name it under `exclude` in .wavefix.yaml."),
    Code("WF011", "not-rendered", "note",
         "A chart or a remote base is not in sight.",
         "Nothing, or say in `depends_on` what is missing."),
    Code("WF012", "not-editable", "note",
         "A wave stands where wavefix does not write.",
         "Set the wave by hand, with the tool that owns the file."),
    Code("WF013", "unknown-depends-on", "warning",
         "`depends_on` names a resource that is not there.",
         "Correct the id, or remove the entry."),
    Code("WF014", "stuck-claim", "error",
         "A volume claim waits for its first consumer, which comes in a later wave: stuck.",
         "Put the claim and the first pod that uses it into one wave; `wavefix` does."),
    Code("WF015", "stuck-wave", "error",
         "A workload waits for something that a later wave brings: the sync is stuck.",
         "Run `wavefix`, or give what it waits for the same wave or an earlier one."),
    Code("WF016", "earlier-phase", "error",
         "A hook needs what only a later phase brings: no wave can mend that.",
         "Make what it needs a hook of its phase too, or move the hook to a later phase."),
    Code("WF017", "webhook-before-backend", "error",
         "A webhook is registered before the workload that answers for it.",
         "Give the webhook configuration a wave after its backend."),
    Code("WF018", "children-not-awaited", "warning",
         "Child Applications need each other ready, but Argo CD does not assess their health.",
         "Restore the health check of Applications in argocd-cm."),
    Code("WF019", "immutable-job", "note",
         "A Job that is no hook stays when it is done and refuses the next change of its template.",
         "Make it a hook, or set the sync options Force=true,Replace=true."),
    Code("WF020", "not-awaited", "warning",
         "A later wave needs a custom resource ready that has no health check.",
         "Write a health check in argocd-cm and name the kind in `argocd.health_checked_kinds`."),
    Code("WF021", "apply-order-only", "note",
         "No wave of an Application but the last has anything that Argo CD waits for.",
         "Nothing, if the order of applying is all they are for."),
    Code("WF022", "needless-waves", "note",
         "An Application has several waves, and nothing in it needs more than one.",
         "Drop the annotations, or say in `depends_on` what they are for."),
    Code("WF023", "rolling-sync", "warning",
         "A rolling sync is written, with consequences, or cannot be written.",
         "Enable progressive syncs, and decide whether to give up automated sync for the order."),
    Code("WF024", "step-order", "error",
         "A rolling sync puts an Application beside or before one that it needs.",
         "Run `wavefix --rolling-sync`, or put what is needed into an earlier step."),
    Code("WF025", "outside-of-steps", "warning",
         "No step of a rolling sync takes an Application, or several do.",
         "Give it a label that one step asks for."),
    Code("WF030", "suspended", "error",
         "A sync waits for something that is suspended, and so never healthy.",
         "Resume it, give it the last wave, or leave it out."),
    Code("WF031", "awaits-address", "note",
         "A wave waits for an Ingress or load balancer to have an address.",
         "Give it the last wave, or have its controller publish an address."),
    Code("WF032", "missing-definition", "error",
         "A custom resource's definition comes only with what the same sync sets off.",
         "Annotate it with the sync option SkipDryRunOnMissingResource=true."),
    Code("WF033", "child-not-automated", "warning",
         "A sync waits for a child Application that nobody syncs automatically.",
         "Give the child `syncPolicy: {automated: {}}`, or the last wave."),
    Code("WF034", "hook-recreated", "error",
         "A hook holds data that every sync deletes with it.",
         "Make it no hook, or give it the hook-delete-policy HookFailed."),
    Code("WF035", "hook-deleted", "error",
         "A hook is deleted after the sync, and something that keeps running needs it.",
         "Make it no hook, or take HookSucceeded away."),
    Code("WF036", "expiring-job", "warning",
         "A Job that a sync waits for is deleted as soon as it is done.",
         "Give ttlSecondsAfterFinished some minutes, or use a hook-delete-policy."),
    Code("WF037", "scheduled-claim", "warning",
         "A wave waits for a volume claim that only a scheduled pod binds.",
         "Give the claim the last wave, or a StorageClass that binds at once."),
    Code("WF038", "autoscaler-awaited", "note",
         "A wave waits for an autoscaler that has no metrics yet.",
         "Give the autoscaler the last wave, or rely on retries."),
    Code("WF039", "health-not-told", "note",
         "A source restores the health check of Applications, and .wavefix.yaml does not say so.",
         "Set `argocd: {application_health: true}` in .wavefix.yaml."),
)  # fmt: skip

CODES = {item.code: item for item in _CODES}
