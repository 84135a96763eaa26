"""Updates that must be refused, and ones that must be taken: what is stored, and what is applied over it.

Two tests read these tables: one evaluates the CRDs in this process, the other asks a real API server.
"""

from __future__ import annotations

from tests.contract.objects import (
    Manifest,
    changed,
    model_deployment,
    model_version,
    smallest_training_job,
    training_job,
)

Update = tuple[Manifest, Manifest, str]

# What is stored, what is applied, and why not.
AGAINST_WHAT_IS_STORED: dict[str, Update] = {
    "another target of a started TrainingJob": (
        training_job(),
        training_job(data__target="other"),
        "data is immutable; create a new TrainingJob",
    ),
    "a gate added to a started TrainingJob": (
        smallest_training_job(),
        changed(smallest_training_job(), evaluation__gates=[{"name": "a", "metric": "f1", "min": "0"}]),
        "evaluation is immutable; create a new TrainingJob",
    ),
    "the output of a started TrainingJob taken away": (
        training_job(),
        training_job(output=None),
        "output is immutable; create a new TrainingJob",
    ),
    "another file of a ModelVersion": (
        model_version(),
        model_version(files__model__uri="pvc://leeway-models/other.skops"),
        "files is immutable; create a new ModelVersion",
    ),
    "another digest of a ModelVersion": (
        model_version(),
        model_version(files__model__digest="sha256:" + "f" * 64),
        "files is immutable; create a new ModelVersion",
    ),
    "a better metric of a ModelVersion": (
        model_version(),
        model_version(metrics={"rocAuc": "0.99"}),
        "metrics is immutable; create a new ModelVersion",
    ),
    "the golden rows of a ModelVersion taken away": (
        model_version(),
        model_version(files__golden=None),
        "files is immutable; create a new ModelVersion",
    ),
    "a lineage added to a ModelVersion": (
        model_version(lineage=None),
        model_version(),
        "lineage is immutable; create a new ModelVersion",
    ),
    "an approval waived": (
        model_version(),
        model_version(approval={"policy": "Automatic"}),
        "a Manual approval cannot be waived",
    ),
    "a file added to a ModelVersion": (
        model_version(files__card=None),
        model_version(),
        "files is immutable; create a new ModelVersion",
    ),
    "the inputs of a ModelVersion in another order": (
        model_version(),
        model_version(signature__inputs=model_version()["spec"]["signature"]["inputs"][::-1]),
        "signature is immutable; create a new ModelVersion",
    ),
    "the classes of a ModelVersion in another order": (
        model_version(),
        model_version(
            signature__outputs=[{"name": "prediction", "type": "categorical", "classes": ["1", "0"]}]
        ),
        "signature is immutable; create a new ModelVersion",
    ),
    "the features of a started TrainingJob in another order": (
        training_job(),
        training_job(data__features=training_job()["spec"]["data"]["features"][::-1]),
        "data is immutable; create a new TrainingJob",
    ),
    "another seed of a started TrainingJob": (
        training_job(),
        training_job(seed=8),
        "seed is immutable; create a new TrainingJob",
    ),
    "another approval policy of a started TrainingJob": (
        training_job(),
        training_job(approvalPolicy="Automatic"),
        "approvalPolicy is immutable; create a new TrainingJob",
    ),
}

ENDED = {"completionTime": "2026-11-21T12:00:00Z", "conditions": []}
THE_RUN_HAS_ENDED = "the run has ended"


def ended(manifest: Manifest) -> Manifest:
    """The object after its run."""
    return {**manifest, "status": ENDED}


# What is stored after the end of a run, what is applied, and why not.
AGAINST_WHAT_HAS_ENDED: dict[str, Update] = {
    "a finished TrainingJob suspended": (
        ended(training_job()),
        ended(training_job(suspend=True)),
        THE_RUN_HAS_ENDED,
    ),
    "a finished TrainingJob that was suspended, edited": (
        ended(training_job(suspend=True)),
        ended(training_job(suspend=True, data__target="other")),
        THE_RUN_HAS_ENDED,
    ),
    "a finished TrainingJob that was suspended, resumed": (
        ended(training_job(suspend=True)),
        ended(training_job(suspend=False, estimator__class="sklearn.linear_model.RidgeClassifier")),
        THE_RUN_HAS_ENDED,
    ),
    "the pod of a finished TrainingJob": (
        ended(training_job(suspend=True)),
        ended(training_job(suspend=True, pod=None)),
        THE_RUN_HAS_ENDED,
    ),
}

# What is stored and what may take its place.
ALLOWED_UPDATES: dict[str, tuple[Manifest, Manifest]] = {
    "nothing changes": (training_job(), training_job()),
    "a TrainingJob is suspended": (training_job(), training_job(suspend=True)),
    "a TrainingJob is kept longer": (training_job(), training_job(ttlSecondsAfterFinished=None)),
    "a suspended TrainingJob is rewritten": (
        training_job(suspend=True),
        training_job(suspend=False, data__target="other"),
    ),
    "a finished TrainingJob is kept longer": (
        ended(training_job()),
        ended(training_job(ttlSecondsAfterFinished=None)),
    ),
    "the end of a suspended TrainingJob is recorded": (
        training_job(suspend=True),
        ended(training_job(suspend=True)),
    ),
    "the status of a finished TrainingJob is corrected": (
        ended(training_job()),
        {**training_job(), "status": {**ENDED, "completionTime": "2026-11-21T12:00:01Z"}},
    ),
    "a ModelVersion is approved": (
        model_version(approval={"policy": "Manual"}),
        model_version(approval={"policy": "Manual", "approvedBy": "Ada"}),
    ),
    "a ModelVersion gets other credentials": (
        model_version(),
        model_version(credentialsSecretName="models-2"),
    ),
    "a ModelVersion's verifier gets more memory": (
        model_version(),
        model_version(pod__resources={"limits": {"memory": "4Gi"}}),
    ),
    "a ModelDeployment gets another version": (
        model_deployment(),
        model_deployment(modelVersionName="credit-2026-12"),
    ),
    "a ModelDeployment leaves its replicas to an autoscaler": (
        model_deployment(),
        model_deployment(replicas=None),
    ),
}
