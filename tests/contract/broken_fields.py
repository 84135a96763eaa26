"""Manifests with fields that there are none of; the API server knows them alone."""

from __future__ import annotations

from tests.contract.objects import Manifest, model_deployment, model_version, training_job

# Refused because nothing goes by that name; kubectl asks the API server for strict decoding.
AGAINST_THE_FIELDS: dict[str, tuple[Manifest, str]] = {
    "a typing error in a TrainingJob": (training_job(data__traget="x"), 'unknown field "spec.data.traget"'),
    "a typing error in a ModelVersion": (model_version(artefact={}), 'unknown field "spec.artefact"'),
    "a typing error in a ModelDeployment": (model_deployment(replica=3), 'unknown field "spec.replica"'),
    "a namespace in a reference": (
        model_deployment(
            pod={
                "env": [
                    {
                        "name": "A",
                        "valueFrom": {"secretKeyRef": {"name": "s3", "key": "k", "namespace": "other"}},
                    }
                ]
            }
        ),
        'unknown field "spec.pod.env[0].valueFrom.secretKeyRef.namespace"',
    ),
    "a whole Secret as variables": (
        model_deployment(pod={"envFrom": [{"secretRef": {"name": "s3"}}]}),
        'unknown field "spec.pod.envFrom"',
    ),
    "a service account for the pod": (
        model_deployment(pod={"serviceAccountName": "admin"}),
        'unknown field "spec.pod.serviceAccountName"',
    ),
    "a typing error in a step": (
        model_deployment(rollout__steps=[{"weight": 5, "holdSecond": 60}]),
        'unknown field "spec.rollout.steps[0].holdSecond"',
    ),
}
