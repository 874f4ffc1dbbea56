"""Typed references of the core kinds: every rule of core.yaml in a table; and what is none."""

# ruff: noqa: E501  # a row of a table is a line

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from textwrap import indent

import pytest
from test_infer_scene import FILE, edges, externals, graph, lines, manifest, resources

from wavefix.yamlio import load

LATER, NOW = ("eventually", "present")
RETRIED = (LATER, NOW, LATER)  # by a Deployment, by a Job, by a Pod: the kubelet retries
REFUSED = (LATER, NOW, NOW)  # the API server refuses the pod
SCHEDULED = (LATER, LATER, LATER)  # the scheduler holds the pod

TRUST = "ClusterTrustBundle.certificates.k8s.io/x"
STORAGE, ATTRIBUTES = "StorageClass.storage.k8s.io/x", "VolumeAttributesClass.storage.k8s.io/x"
DRIVER, PRIORITY = "CSIDriver.storage.k8s.io/x", "PriorityClass.scheduling.k8s.io/x"
SNAPSHOT = "VolumeSnapshot.snapshot.storage.k8s.io/web/x"
SOURCE = "{kind: VolumeSnapshot, apiGroup: snapshot.storage.k8s.io, name: x}"
DEVICES = "DeviceClass.resource.k8s.io/x"
CLAIMED, CLAIMS = (
    "ResourceClaim.resource.k8s.io/web/x",
    "ResourceClaimTemplate.resource.k8s.io/web/x",
)
EPHEMERAL = "volumes[0].ephemeral.volumeClaimTemplate.spec"

# rule, pod spec, what it refers to, by which field, what it needs of that
PODSPEC = [
    *(
        row
        for kind in ("containers", "initContainers", "ephemeralContainers")
        for row in (
            ("core/env-secret", f"{kind}: [{{env: [{{valueFrom: {{secretKeyRef: {{name: x}}}}}}]}}]", "Secret/web/x", f"{kind}[0].env[0].valueFrom.secretKeyRef.name", RETRIED),
            ("core/env-configmap", f"{kind}: [{{env: [{{valueFrom: {{configMapKeyRef: {{name: x}}}}}}]}}]", "ConfigMap/web/x", f"{kind}[0].env[0].valueFrom.configMapKeyRef.name", RETRIED),
            ("core/env-secret", f"{kind}: [{{envFrom: [{{secretRef: {{name: x}}}}]}}]", "Secret/web/x", f"{kind}[0].envFrom[0].secretRef.name", RETRIED),
            ("core/env-configmap", f"{kind}: [{{envFrom: [{{configMapRef: {{name: x}}}}]}}]", "ConfigMap/web/x", f"{kind}[0].envFrom[0].configMapRef.name", RETRIED),
        )
    ),
    ("core/volume-secret", "volumes: [{secret: {secretName: x}}]", "Secret/web/x", "volumes[0].secret.secretName", RETRIED),
    ("core/volume-configmap", "volumes: [{configMap: {name: x}}]", "ConfigMap/web/x", "volumes[0].configMap.name", RETRIED),
    ("core/projected-secret", "volumes: [{projected: {sources: [{secret: {name: x}}]}}]", "Secret/web/x", "volumes[0].projected.sources[0].secret.name", RETRIED),
    ("core/volume-configmap", "volumes: [{projected: {sources: [{configMap: {name: x}}]}}]", "ConfigMap/web/x", "volumes[0].projected.sources[0].configMap.name", RETRIED),
    ("core/projected-trust-bundle", "volumes: [{projected: {sources: [{clusterTrustBundle: {name: x}}]}}]", TRUST, "volumes[0].projected.sources[0].clusterTrustBundle.name", RETRIED),
    ("core/volume-credentials", "volumes: [{csi: {nodePublishSecretRef: {name: x}}}]", "Secret/web/x", "volumes[0].csi.nodePublishSecretRef.name", RETRIED),
    ("core/volume-csi-driver", "volumes: [{csi: {driver: x}}]", DRIVER, "volumes[0].csi.driver", RETRIED),
    ("core/volume-azure-file-secret", "volumes: [{azureFile: {secretName: x}}]", "Secret/web/x", "volumes[0].azureFile.secretName", RETRIED),
    *(
        ("core/volume-credentials", f"volumes: [{{{key}: {{secretRef: {{name: x}}}}}}]", "Secret/web/x", f"volumes[0].{key}.secretRef.name", RETRIED)
        for key in ("cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos")
    ),
    ("core/volume-glusterfs-endpoints", "volumes: [{glusterfs: {endpoints: x}}]", "Endpoints/web/x", "volumes[0].glusterfs.endpoints", RETRIED),
    ("core/volume-claim", "volumes: [{persistentVolumeClaim: {claimName: x}}]", "PersistentVolumeClaim/web/x", "volumes[0].persistentVolumeClaim.claimName", SCHEDULED),
    ("core/ephemeral-storage-class", "volumes: [{ephemeral: {volumeClaimTemplate: {spec: {storageClassName: x}}}}]", STORAGE, f"{EPHEMERAL}.storageClassName", SCHEDULED),
    ("core/ephemeral-attributes-class", "volumes: [{ephemeral: {volumeClaimTemplate: {spec: {volumeAttributesClassName: x}}}}]", ATTRIBUTES, f"{EPHEMERAL}.volumeAttributesClassName", SCHEDULED),
    ("core/ephemeral-volume", "volumes: [{ephemeral: {volumeClaimTemplate: {spec: {volumeName: x}}}}]", "PersistentVolume/x", f"{EPHEMERAL}.volumeName", SCHEDULED),
    ("core/ephemeral-data-source", f"volumes: [{{ephemeral: {{volumeClaimTemplate: {{spec: {{dataSource: {SOURCE}}}}}}}}}]", SNAPSHOT, f"{EPHEMERAL}.dataSource.name", SCHEDULED),
    ("core/ephemeral-data-source-ref", f"volumes: [{{ephemeral: {{volumeClaimTemplate: {{spec: {{dataSourceRef: {SOURCE}}}}}}}}}]", SNAPSHOT, f"{EPHEMERAL}.dataSourceRef.name", SCHEDULED),
    ("core/service-account", "serviceAccountName: x", "ServiceAccount/web/x", "serviceAccountName", REFUSED),
    ("core/service-account", "serviceAccount: x", "ServiceAccount/web/x", "serviceAccount", REFUSED),
    ("core/priority-class", "priorityClassName: x", PRIORITY, "priorityClassName", REFUSED),
    ("core/runtime-class", "runtimeClassName: x", "RuntimeClass.node.k8s.io/x", "runtimeClassName", REFUSED),
    ("core/node-name", "nodeName: x", "Node/x", "nodeName", REFUSED),
    ("core/image-pull-secret", "imagePullSecrets: [{name: x}]", "Secret/web/x", "imagePullSecrets[0].name", SCHEDULED),
    ("core/resource-claim", "resourceClaims: [{resourceClaimName: x}]", CLAIMED, "resourceClaims[0].resourceClaimName", SCHEDULED),
    ("core/resource-claim-template", "resourceClaims: [{resourceClaimTemplateName: x}]", CLAIMS, "resourceClaims[0].resourceClaimTemplateName", SCHEDULED),
    ("core/resource-claim", "resourceClaims: [{source: {resourceClaimName: x}}]", CLAIMED, "resourceClaims[0].source.resourceClaimName", SCHEDULED),
    ("core/resource-claim-template", "resourceClaims: [{source: {resourceClaimTemplateName: x}}]", CLAIMS, "resourceClaims[0].source.resourceClaimTemplateName", SCHEDULED),
    ("core/pod-group", "schedulingGroup: {podGroupName: x}", "PodGroup.scheduling.k8s.io/web/x", "schedulingGroup.podGroupName", SCHEDULED),
]  # fmt: skip

SET, CLAIM, HPA = (
    "StatefulSet.apps/web/a",
    "PersistentVolumeClaim/web/a",
    "HorizontalPodAutoscaler.autoscaling/web/a",
)
INGRESS, GROUP = "Ingress.networking.k8s.io/web/a", "PodGroup.scheduling.k8s.io/web/a"
COMPOSITE = "CompositePodGroup.scheduling.k8s.io/web/a"
PV, CLASS = "PersistentVolume/a", "StorageClass.storage.k8s.io/a"
ATTACHMENT = "VolumeAttachment.storage.k8s.io/a"
BETA = "{volume.beta.kubernetes.io/storage-class: x}"
RBAC, ADMISSION = "rbac.authorization.k8s.io", "admissionregistration.k8s.io"
THERE = "{name: x, namespace: web}"

# rule, who refers, by what, to what, needs, by which field
OBJECTS = [
    ("core/claim-template-storage-class", SET, "spec: {volumeClaimTemplates: [{spec: {storageClassName: x}}]}", STORAGE, LATER, "spec.volumeClaimTemplates[0].spec.storageClassName"),
    ("core/claim-template-storage-class", SET, f"spec: {{volumeClaimTemplates: [{{metadata: {{annotations: {BETA}}}}}]}}", STORAGE, LATER, 'spec.volumeClaimTemplates[0].metadata.annotations["volume.beta.kubernetes.io/storage-class"]'),
    ("core/claim-template-attributes-class", SET, "spec: {volumeClaimTemplates: [{spec: {volumeAttributesClassName: x}}]}", ATTRIBUTES, LATER, "spec.volumeClaimTemplates[0].spec.volumeAttributesClassName"),
    ("core/claim-template-volume", SET, "spec: {volumeClaimTemplates: [{spec: {volumeName: x}}]}", "PersistentVolume/x", LATER, "spec.volumeClaimTemplates[0].spec.volumeName"),
    ("core/claim-template-data-source", SET, f"spec: {{volumeClaimTemplates: [{{spec: {{dataSource: {SOURCE}}}}}]}}", SNAPSHOT, LATER, "spec.volumeClaimTemplates[0].spec.dataSource.name"),
    ("core/claim-template-data-source-ref", SET, f"spec: {{volumeClaimTemplates: [{{spec: {{dataSourceRef: {SOURCE}}}}}]}}", SNAPSHOT, LATER, "spec.volumeClaimTemplates[0].spec.dataSourceRef.name"),
    ("core/claim-storage-class", CLAIM, "spec: {storageClassName: x}", STORAGE, LATER, "spec.storageClassName"),
    ("core/claim-storage-class", CLAIM, f"metadata: {{name: a, namespace: web, annotations: {BETA}}}", STORAGE, LATER, 'metadata.annotations["volume.beta.kubernetes.io/storage-class"]'),
    ("core/claim-attributes-class", CLAIM, "spec: {volumeAttributesClassName: x}", ATTRIBUTES, LATER, "spec.volumeAttributesClassName"),
    ("core/claim-volume", CLAIM, "spec: {volumeName: x}", "PersistentVolume/x", LATER, "spec.volumeName"),
    ("core/claim-data-source", CLAIM, "spec: {dataSource: {kind: PersistentVolumeClaim, name: x}}", "PersistentVolumeClaim/web/x", LATER, "spec.dataSource.name"),
    ("core/claim-data-source-ref", CLAIM, "spec: {dataSourceRef: {kind: VolumeSnapshot, apiGroup: snapshot.storage.k8s.io, name: x, namespace: other}}", "VolumeSnapshot.snapshot.storage.k8s.io/other/x", LATER, "spec.dataSourceRef.name"),
    ("core/pod-group-priority-class", GROUP, "spec: {priorityClassName: x}", PRIORITY, NOW, "spec.priorityClassName"),
    ("core/pod-group-priority-class", COMPOSITE, "spec: {priorityClassName: x}", PRIORITY, NOW, "spec.priorityClassName"),
    ("core/pod-group-parent", COMPOSITE, "spec: {parentCompositePodGroupName: x}", "CompositePodGroup.scheduling.k8s.io/web/x", LATER, "spec.parentCompositePodGroupName"),
    ("core/pod-group-parent", GROUP, "spec: {parentCompositePodGroupName: x}", "CompositePodGroup.scheduling.k8s.io/web/x", LATER, "spec.parentCompositePodGroupName"),
    ("core/pod-group-claim", GROUP, "spec: {resourceClaims: [{resourceClaimName: x}]}", CLAIMED, LATER, "spec.resourceClaims[0].resourceClaimName"),
    ("core/pod-group-claim-template", GROUP, "spec: {resourceClaims: [{resourceClaimTemplateName: x}]}", CLAIMS, LATER, "spec.resourceClaims[0].resourceClaimTemplateName"),
    ("core/claim-device-class", "ResourceClaim.resource.k8s.io/web/a", "spec: {devices: {requests: [{exactly: {deviceClassName: x}}]}}", DEVICES, LATER, "spec.devices.requests[0].exactly.deviceClassName"),
    ("core/claim-device-class", "ResourceClaim.resource.k8s.io/web/a", "spec: {devices: {requests: [{firstAvailable: [{deviceClassName: x}]}]}}", DEVICES, LATER, "spec.devices.requests[0].firstAvailable[0].deviceClassName"),
    ("core/claim-device-class", "ResourceClaim.resource.k8s.io/web/a", "spec: {devices: {requests: [{deviceClassName: x}]}}", DEVICES, LATER, "spec.devices.requests[0].deviceClassName"),
    ("core/claim-template-device-class", "ResourceClaimTemplate.resource.k8s.io/web/a", "spec: {spec: {devices: {requests: [{exactly: {deviceClassName: x}}]}}}", DEVICES, LATER, "spec.spec.devices.requests[0].exactly.deviceClassName"),
    ("core/claim-template-device-class", "ResourceClaimTemplate.resource.k8s.io/web/a", "spec: {spec: {devices: {requests: [{firstAvailable: [{deviceClassName: x}]}]}}}", DEVICES, LATER, "spec.spec.devices.requests[0].firstAvailable[0].deviceClassName"),
    ("core/claim-template-device-class", "ResourceClaimTemplate.resource.k8s.io/web/a", "spec: {spec: {devices: {requests: [{deviceClassName: x}]}}}", DEVICES, LATER, "spec.spec.devices.requests[0].deviceClassName"),
    ("core/stateful-set-service", SET, "spec: {serviceName: x}", "Service/web/x", LATER, "spec.serviceName"),
    ("core/autoscaler-target", HPA, "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: x}}", "Deployment.apps/web/x", LATER, "spec.scaleTargetRef.name"),
    ("core/autoscaler-metric-object", HPA, "spec: {metrics: [{object: {describedObject: {apiVersion: v1, kind: Service, name: x}}}]}", "Service/web/x", LATER, "spec.metrics[0].object.describedObject.name"),
    ("core/endpoint-slice-service", "EndpointSlice.discovery.k8s.io/web/a", "metadata: {name: a, namespace: web, labels: {kubernetes.io/service-name: x}}", "Service/web/x", LATER, 'metadata.labels["kubernetes.io/service-name"]'),
    ("core/endpoint-target", "EndpointSlice.discovery.k8s.io/web/a", "endpoints: [{targetRef: {kind: Pod, name: x, namespace: other}}]", "Pod/other/x", LATER, "endpoints[0].targetRef.name"),
    ("core/endpoints-service", "Endpoints/web/x", "", "Service/web/x", LATER, "metadata.name"),
    ("core/ingress-backend", INGRESS, "spec: {rules: [{http: {paths: [{backend: {service: {name: x}}}]}}]}", "Service/web/x", LATER, "spec.rules[0].http.paths[0].backend.service.name"),
    ("core/ingress-backend", INGRESS, "spec: {defaultBackend: {service: {name: x}}}", "Service/web/x", LATER, "spec.defaultBackend.service.name"),
    ("core/ingress-backend", INGRESS, "spec: {rules: [{http: {paths: [{backend: {serviceName: x}}]}}]}", "Service/web/x", LATER, "spec.rules[0].http.paths[0].backend.serviceName"),
    ("core/ingress-backend", "Ingress.extensions/web/a", "spec: {backend: {serviceName: x}}", "Service/web/x", LATER, "spec.backend.serviceName"),
    ("core/ingress-resource-backend", INGRESS, "spec: {rules: [{http: {paths: [{backend: {resource: {apiGroup: example.org, kind: Bucket, name: x}}}]}}]}", "Bucket.example.org/web/x", LATER, "spec.rules[0].http.paths[0].backend.resource.name"),
    ("core/ingress-resource-backend", INGRESS, "spec: {defaultBackend: {resource: {apiGroup: example.org, kind: Bucket, name: x}}}", "Bucket.example.org/web/x", LATER, "spec.defaultBackend.resource.name"),
    ("core/ingress-tls", INGRESS, "spec: {tls: [{secretName: x}]}", "Secret/web/x", LATER, "spec.tls[0].secretName"),
    ("core/ingress-auth-secret", INGRESS, "metadata: {name: a, namespace: web, annotations: {ingress.kubernetes.io/auth-secret: other/x}}", "Secret/other/x", LATER, 'metadata.annotations["ingress.kubernetes.io/auth-secret"]'),
    ("core/ingress-auth-secret", "Ingress.extensions/web/a", "metadata: {name: a, namespace: web, annotations: {ingress.kubernetes.io/auth-secret: x}}", "Secret/web/x", LATER, 'metadata.annotations["ingress.kubernetes.io/auth-secret"]'),
    ("core/ingress-class", INGRESS, "spec: {ingressClassName: x}", "IngressClass.networking.k8s.io/x", NOW, "spec.ingressClassName"),
    ("core/ingress-class-parameters", "IngressClass.networking.k8s.io/a", "spec: {parameters: {apiGroup: example.org, kind: Params, name: x, namespace: web}}", "Params.example.org/web/x", LATER, "spec.parameters.name"),
    ("core/binding-role", f"RoleBinding.{RBAC}/web/a", "roleRef: {kind: Role, name: x}", f"Role.{RBAC}/web/x", NOW, "roleRef.name"),
    ("core/binding-role", f"RoleBinding.{RBAC}/web/a", "roleRef: {kind: ClusterRole, name: x}", f"ClusterRole.{RBAC}/x", NOW, "roleRef.name"),
    ("core/cluster-binding-role", f"ClusterRoleBinding.{RBAC}/a", "roleRef: {kind: ClusterRole, name: x}", f"ClusterRole.{RBAC}/x", NOW, "roleRef.name"),
    ("core/binding-subject", f"RoleBinding.{RBAC}/web/a", "subjects: [{kind: ServiceAccount, name: x}]", "ServiceAccount/web/x", LATER, "subjects[0].name"),
    ("core/binding-subject", f"ClusterRoleBinding.{RBAC}/a", "subjects: [{kind: ServiceAccount, name: x, namespace: other}]", "ServiceAccount/other/x", LATER, "subjects[0].name"),
    ("core/account-pull-secret", "ServiceAccount/web/a", "imagePullSecrets: [{name: x}]", "Secret/web/x", LATER, "imagePullSecrets[0].name"),
    ("core/account-secret", "ServiceAccount/web/a", "secrets: [{name: x}]", "Secret/web/x", LATER, "secrets[0].name"),
    ("core/token-account", "Secret/web/a", "metadata: {name: a, namespace: web, annotations: {kubernetes.io/service-account.name: x}}", "ServiceAccount/web/x", NOW, 'metadata.annotations["kubernetes.io/service-account.name"]'),
    ("core/volume-class", PV, "spec: {storageClassName: x}", STORAGE, LATER, "spec.storageClassName"),
    ("core/volume-class", PV, f"metadata: {{name: a, annotations: {BETA}}}", STORAGE, LATER, 'metadata.annotations["volume.beta.kubernetes.io/storage-class"]'),
    ("core/volume-attributes-class", PV, "spec: {volumeAttributesClassName: x}", ATTRIBUTES, LATER, "spec.volumeAttributesClassName"),
    *(
        ("core/pv-credentials", PV, f"spec: {{csi: {{{key}: {THERE}}}}}", "Secret/web/x", LATER, f"spec.csi.{key}.name")
        for key in ("controllerPublishSecretRef", "nodeStageSecretRef", "nodePublishSecretRef", "controllerExpandSecretRef", "nodeExpandSecretRef")
    ),
    ("core/volume-driver", PV, "spec: {csi: {driver: x}}", DRIVER, LATER, "spec.csi.driver"),
    *(
        ("core/pv-credentials", PV, f"spec: {{{key}: {{secretRef: {THERE}}}}}", "Secret/web/x", LATER, f"spec.{key}.secretRef.name")
        for key in ("cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos")
    ),
    ("core/pv-azure-file-secret", PV, "spec: {azureFile: {secretName: x, secretNamespace: web}}", "Secret/web/x", LATER, "spec.azureFile.secretName"),
    ("core/pv-glusterfs-endpoints", PV, "spec: {glusterfs: {endpoints: x, endpointsNamespace: web}}", "Endpoints/web/x", LATER, "spec.glusterfs.endpoints"),
    ("core/class-driver", CLASS, "provisioner: x", DRIVER, LATER, "provisioner"),
    *(
        (f"core/class-{rule}-secret", CLASS, f"parameters: {{csi.storage.k8s.io/{rule}-secret-name: x, csi.storage.k8s.io/{rule}-secret-namespace: web}}", "Secret/web/x", LATER, f'parameters["csi.storage.k8s.io/{rule}-secret-name"]')
        for rule in ("provisioner", "controller-publish", "node-stage", "node-publish", "controller-expand", "node-expand")
    ),
    *(
        (f"core/class-{rule}", CLASS, f"parameters: {{{key}Name: x, {key}Namespace: web}}", "Secret/web/x", LATER, f"parameters.{key}Name")
        for rule, key in (("secret", "secret"), ("admin-secret", "adminSecret"), ("user-secret", "userSecret"))
    ),
    ("core/class-secret-ref", CLASS, "parameters: {secretRef: x, secretNamespace: web}", "Secret/web/x", LATER, "parameters.secretRef"),
    ("core/attributes-class-driver", "VolumeAttributesClass.storage.k8s.io/a", "driverName: x", DRIVER, LATER, "driverName"),
    ("core/attachment-volume", ATTACHMENT, "spec: {source: {persistentVolumeName: x}}", "PersistentVolume/x", LATER, "spec.source.persistentVolumeName"),
    ("core/attachment-driver", ATTACHMENT, "spec: {attacher: x}", DRIVER, LATER, "spec.attacher"),
    *(
        ("core/attachment-credentials", ATTACHMENT, f"spec: {{source: {{inlineVolumeSpec: {{csi: {{{key}: {THERE}}}}}}}}}", "Secret/web/x", LATER, f"spec.source.inlineVolumeSpec.csi.{key}.name")
        for key in ("controllerPublishSecretRef", "nodeStageSecretRef", "nodePublishSecretRef", "controllerExpandSecretRef", "nodeExpandSecretRef")
    ),
    ("core/attachment-credentials", ATTACHMENT, f"spec: {{source: {{inlineVolumeSpec: {{rbd: {{secretRef: {THERE}}}}}}}}}", "Secret/web/x", LATER, "spec.source.inlineVolumeSpec.rbd.secretRef.name"),
    ("core/attachment-azure-file-secret", ATTACHMENT, "spec: {source: {inlineVolumeSpec: {azureFile: {secretName: x, secretNamespace: web}}}}", "Secret/web/x", LATER, "spec.source.inlineVolumeSpec.azureFile.secretName"),
    ("core/capacity-class", "CSIStorageCapacity.storage.k8s.io/web/a", "storageClassName: x", STORAGE, LATER, "storageClassName"),
    ("core/webhook-service", f"ValidatingWebhookConfiguration.{ADMISSION}/a", f"webhooks: [{{clientConfig: {{service: {THERE}}}}}]", "Service/web/x", NOW, "webhooks[0].clientConfig.service.name"),
    ("core/webhook-service", f"MutatingWebhookConfiguration.{ADMISSION}/a", f"webhooks: [{{clientConfig: {{service: {THERE}}}}}]", "Service/web/x", NOW, "webhooks[0].clientConfig.service.name"),
    ("core/api-service", "APIService.apiregistration.k8s.io/a", f"spec: {{service: {THERE}}}", "Service/web/x", LATER, "spec.service.name"),
    ("core/validating-policy", f"ValidatingAdmissionPolicyBinding.{ADMISSION}/a", "spec: {policyName: x}", f"ValidatingAdmissionPolicy.{ADMISSION}/x", LATER, "spec.policyName"),
    ("core/mutating-policy", f"MutatingAdmissionPolicyBinding.{ADMISSION}/a", "spec: {policyName: x}", f"MutatingAdmissionPolicy.{ADMISSION}/x", LATER, "spec.policyName"),
    ("core/flow-priority-level", "FlowSchema.flowcontrol.apiserver.k8s.io/a", "spec: {priorityLevelConfiguration: {name: x}}", "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io/x", LATER, "spec.priorityLevelConfiguration.name"),
]  # fmt: skip

# Who starts pods, and where its pod spec stands.
PODS = [
    ("Deployment.apps/web/a", "spec.template.spec"),
    ("Job.batch/web/a", "spec.template.spec"),
    ("Pod/web/a", "spec"),
]


def body_at(path: str, text: str) -> str:
    """A pod spec at its place in an object."""
    for step in reversed(path.split(".")):
        text = f"{step}:\n{indent(text, '  ')}"
    return text


def test_the_tables_cover_every_rule() -> None:
    text = (files("wavefix") / "rules" / "core.yaml").read_text("utf-8")
    written = {rule["id"] for rule in load(text, "core.yaml")[0].data["rules"]}
    assert {row[0] for row in (*PODSPEC, *OBJECTS)} == written


@pytest.mark.parametrize(
    ("rule", "spec", "to", "path", "needs"), PODSPEC, ids=lambda value: str(value)[:50]
)
def test_what_pods_refer_to(
    rule: str, spec: str, to: str, path: str, needs: tuple[str, str, str]
) -> None:
    for (pods, base), wanted in zip(PODS, needs, strict=True):
        text = manifest(pods, body_at(base, spec))
        made = graph(text + manifest(to))
        assert edges(made, rule) == [f"{pods} -> {to} {wanted} schema {rule} {base}.{path}"]
        alone = graph(text)
        assert edges(alone) == []
        assert externals(alone) == [f"{pods} -> {to} {base}.{path}"]


@pytest.mark.parametrize(
    ("rule", "source", "body", "to", "needs", "path"), OBJECTS, ids=lambda value: str(value)[:50]
)
def test_what_objects_refer_to(
    rule: str, source: str, body: str, to: str, needs: str, path: str
) -> None:
    text = manifest(source, body)
    made = graph(text + manifest(to))
    assert edges(made, rule) == [f"{source} -> {to} {needs} schema {rule} {path}"]
    assert externals(graph(text)) == [f"{source} -> {to} {path}"]


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        ("DaemonSet.apps", "spec.template.spec"),
        ("ReplicaSet.apps", "spec.template.spec"),
        ("StatefulSet.apps", "spec.template.spec"),
        ("ReplicationController", "spec.template.spec"),
        ("CronJob.batch", "spec.jobTemplate.spec.template.spec"),
        ("PodTemplate", "template.spec"),
    ],
)
def test_the_other_kinds_that_hold_a_pod_spec(kind: str, base: str) -> None:
    text = manifest(f"{kind}/web/a", body_at(base, "volumes: [{configMap: {name: x}}]"))
    assert edges(graph(text + manifest("ConfigMap/web/x"))) == [
        f"{kind}/web/a -> ConfigMap/web/x eventually schema core/volume-configmap "
        f"{base}.volumes[0].configMap.name"
    ]


POD = "Pod/web/a"
# name, a manifest, what stands beside it: neither an edge nor an external reference comes of it
NOTHING = [
    ("an optional key", POD, "spec: {containers: [{env: [{valueFrom: {secretKeyRef: {name: x, optional: true}}}]}]}", "Secret/web/x"),
    ("an optional source", POD, "spec: {containers: [{envFrom: [{configMapRef: {name: x, optional: true}}]}]}", "ConfigMap/web/x"),
    ("an optional volume", POD, "spec: {volumes: [{secret: {secretName: x, optional: true}}]}", "Secret/web/x"),
    ("an optional projection", POD, "spec: {volumes: [{projected: {sources: [{configMap: {name: x, optional: true}}]}}]}", "ConfigMap/web/x"),
    ("the default ServiceAccount", POD, "spec: {serviceAccountName: default}", "ServiceAccount/web/x"),
    ("a built-in PriorityClass", POD, "spec: {priorityClassName: system-node-critical}", PRIORITY),
    ("the other built-in PriorityClass", POD, "spec: {priorityClassName: system-cluster-critical}", PRIORITY),
    ("the CA of the cluster", POD, "spec: {volumes: [{configMap: {name: kube-root-ca.crt}}]}", "ConfigMap/web/x"),
    ("a built-in ClusterRole", f"RoleBinding.{RBAC}/web/a", "roleRef: {kind: ClusterRole, name: view}", f"ClusterRole.{RBAC}/x"),
    ("a system role", f"ClusterRoleBinding.{RBAC}/a", "roleRef: {kind: ClusterRole, name: 'system:auth-delegator'}", f"ClusterRole.{RBAC}/x"),
    ("a user", f"RoleBinding.{RBAC}/web/a", "subjects: [{kind: User, name: x}]", "ServiceAccount/web/x"),
    ("a template of Helm", POD, "spec: {volumes: [{secret: {secretName: '{{ .Release.Name }}-x'}}]}", "Secret/web/x"),
    ("a variable of a shell", POD, "spec: {volumes: [{secret: {secretName: '${NAME}'}}]}", "Secret/web/x"),
    ("a variable of a pod", POD, "spec: {volumes: [{secret: {secretName: $(NAME)}}]}", "Secret/web/x"),
    ("a blank to fill in", POD, "spec: {volumes: [{secret: {secretName: <your secret>}}]}", "Secret/web/x"),
    ("no name", POD, "spec: {volumes: [{secret: {defaultMode: 256}}]}", "Secret/web/x"),
    ("an empty name", POD, "spec: {imagePullSecrets: [{name: ''}]}", "Secret/web/x"),
    ("a name that is no text", POD, "spec: {imagePullSecrets: [{name: 7}]}", "Secret/web/7"),
    ("a cluster-scoped object without a namespace", f"ClusterRoleBinding.{RBAC}/a", "subjects: [{kind: ServiceAccount, name: x}]", "ServiceAccount/web/x"),
    ("a volume's secret without a namespace", PV, "spec: {csi: {nodeStageSecretRef: {name: x}}}", "Secret/web/x"),
    ("itself", CLAIM, "spec: {dataSource: {kind: PersistentVolumeClaim, name: a}}", "Secret/web/x"),
    ("a list where a map should be", POD, "spec: {volumes: [{secret: [secretName]}]}", "Secret/web/x"),
    ("a map where a list should be", POD, "spec: {volumes: {secret: {secretName: x}}}", "Secret/web/x"),
    ("a text where a pod spec should be", POD, "spec: x", "Secret/web/x"),
    ("an unknown kind of scalable object", HPA, "spec: {scaleTargetRef: {name: x}}", "Deployment.apps/web/x"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "body", "beside"), [row[1:] for row in NOTHING], ids=[row[0] for row in NOTHING]
)
def test_no_reference(source: str, body: str, beside: str) -> None:
    made = graph(manifest(source, body) + manifest(beside))
    assert (edges(made), externals(made)) == ([], [])


# name, a manifest, what stands beside it, and the external reference that it is instead
ELSEWHERE = [
    ("another namespace, where pods cannot reach", POD, "spec: {volumes: [{secret: {secretName: x}}]}", "Secret/other/x", "Secret/web/x spec.volumes[0].secret.secretName"),
    ("a namespace in a field that has none", POD, "spec: {imagePullSecrets: [{name: x, namespace: other}]}", "Secret/other/x", "Secret/web/x spec.imagePullSecrets[0].name"),
    ("another group", HPA, "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: x}}", "Deployment.example.org/web/x", "Deployment.apps/web/x spec.scaleTargetRef.name"),
    ("no group, which means the core one", CLAIM, "spec: {dataSource: {kind: VolumeSnapshot, name: x}}", SNAPSHOT, "VolumeSnapshot/web/x spec.dataSource.name"),
    ("another kind", f"RoleBinding.{RBAC}/web/a", "roleRef: {kind: Role, name: x}", f"ClusterRole.{RBAC}/x", f"Role.{RBAC}/web/x roleRef.name"),
    ("a name that begins so", POD, "spec: {volumes: [{secret: {secretName: x}}]}", "Secret/web/x-2", "Secret/web/x spec.volumes[0].secret.secretName"),
    ("a name that ends so", POD, "spec: {volumes: [{secret: {secretName: x}}]}", "Secret/web/my-x", "Secret/web/x spec.volumes[0].secret.secretName"),
    ("what Argo CD never applies", POD, "spec: {volumes: [{secret: {secretName: x}}]}", "skipped Secret/web/x", "Secret/web/x spec.volumes[0].secret.secretName"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "body", "beside", "external"),
    [row[1:] for row in ELSEWHERE],
    ids=[row[0] for row in ELSEWHERE],
)
def test_a_reference_to_something_else(source: str, body: str, beside: str, external: str) -> None:
    skipped = beside.startswith("skipped ")
    hook = "metadata: {name: x, namespace: web, annotations: {argocd.argoproj.io/hook: Skip}}"
    made = graph(
        manifest(source, body) + manifest(beside.removeprefix("skipped "), hook if skipped else "")
    )
    assert (edges(made), externals(made)) == ([], [f"{source} -> {external}"])


def test_what_argo_cd_never_applies_refers_to_nothing() -> None:
    text = manifest(
        POD,
        "metadata: {name: a, namespace: web, annotations: {argocd.argoproj.io/hook: Skip}}\nspec: {imagePullSecrets: [{name: x}]}",
    )
    made = graph(text + manifest("Secret/web/x"))
    assert (edges(made), externals(made), len(made.resources)) == ([], [], 2)


def test_a_default_service_account_counts_where_it_is_in_sight() -> None:
    made = graph(
        manifest(POD, "spec: {serviceAccountName: default}")
        + manifest("ServiceAccount/web/default")
    )
    assert edges(made) == [
        "Pod/web/a -> ServiceAccount/web/default present schema core/service-account spec.serviceAccountName"
    ]


def test_namespaces_follow_where_kustomize_moves_an_object() -> None:
    """`namespace: prod` moves both ends; the subject still names the namespace of the source."""
    text = manifest(
        f"RoleBinding.{RBAC}/web/a", "subjects: [{kind: ServiceAccount, name: x, namespace: web}]"
    )
    moved = [
        replace(item, namespace="prod", id=item.id.replace("/web/", "/prod/"))
        for item in resources(text + manifest("ServiceAccount/web/x"))
    ]
    assert edges(graph(moved)) == [
        f"RoleBinding.{RBAC}/prod/a -> ServiceAccount/prod/x eventually schema core/binding-subject subjects[0].name"
    ]


MANY = """\
apiVersion: v1
kind: Secret
metadata: {name: x, namespace: web}
---
# The second document.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: web
spec:
  template:
    spec:
      imagePullSecrets: [{name: x}]
      containers:
      - name: api
        env:
        - name: A
          valueFrom:
            secretKeyRef:
              key: a
              name: x
        envFrom:
        - prefix: B_
          secretRef: {name: x}
      volumes:
      - name: v
        secret:
          secretName: x
---
apiVersion: v1
kind: List
items:
- apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata: {name: api, namespace: web}
  spec:
    tls:
    - hosts: [a.example.org]
      secretName: x
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: b, namespace: web}, secrets: [{name: x}]}
"""


def test_evidence_is_the_line_of_the_field() -> None:
    found = {(edge.rule, edge.file, edge.line, edge.path) for edge in graph(MANY).edges}
    assert found == {
        ("core/image-pull-secret", FILE, 14, "spec.template.spec.imagePullSecrets[0].name"),
        (
            "core/env-secret",
            FILE,
            22,
            "spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.name",
        ),
        (
            "core/env-secret",
            FILE,
            25,
            "spec.template.spec.containers[0].envFrom[0].secretRef.name",
        ),
        ("core/volume-secret", FILE, 29, "spec.template.spec.volumes[0].secret.secretName"),
        ("core/ingress-tls", FILE, 40, "spec.tls[0].secretName"),
        ("core/account-secret", FILE, 41, "secrets[0].name"),
    }


def test_one_field_of_several_kinds_leads_to_those_in_sight() -> None:
    store = manifest(
        "SecretStore.external-secrets.io/web/a",
        "spec: {provider: {vault: {caProvider: {type: ConfigMap, name: x, key: ca}}}}",
    )
    made = graph(store + manifest("Secret/web/x") + manifest("ConfigMap/web/x"))
    assert edges(made) == lines("""
        SecretStore.external-secrets.io/web/a -> ConfigMap/web/x present schema external-secrets/ca spec.provider.vault.caProvider.name
    """)
