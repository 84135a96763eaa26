"""Manifests that must be refused: what is wrong, the manifest, and what the refusal says.

Two tests read these tables: one evaluates the CRDs in this process, the other asks a real API server.
"""

from __future__ import annotations

from typing import Any

from tests.contract.objects import (
    SHA,
    Manifest,
    changed,
    model_deployment,
    model_version,
    smallest_training_job,
    training_job,
)

Case = tuple[Manifest, str]
Update = tuple[Manifest, Manifest, str]


def _with_uri(uri: str) -> Manifest:
    return training_job(data__uri=uri)


def _with_expectation(**expectation: Any) -> Manifest:
    return training_job(data__expectations=[{"name": "one", **expectation}])


def _with_gate(**gate: Any) -> Manifest:
    return training_job(evaluation__gates=[{"name": "one", "metric": "r2", **gate}])


def _with_weights(*weights: int) -> Manifest:
    return model_deployment(rollout__steps=[{"weight": weight} for weight in weights])


# Refused by a rule of ours, in our words.
AGAINST_A_RULE: dict[str, Case] = {
    "a TrainingJob's name with a dot": (training_job("credit.1"), "choose a name of lower-case letters"),
    "a TrainingJob's name that starts with a digit": (training_job("1credit"), "choose a name of lower-case"),
    "a TrainingJob's name of 51 characters": (training_job("a" * 51), "at most 50 characters"),
    "a ModelVersion's name with a dot": (model_version("credit-1.2"), "choose a name of lower-case letters"),
    "a ModelDeployment's name of 46 characters": (model_deployment("a" * 46), "at most 45 characters"),
    "a ModelDeployment's name that ends in -stable": (
        model_deployment("credit-stable"),
        "-stable or -canary",
    ),
    "a ModelDeployment's name that ends in -canary": (
        model_deployment("credit-canary"),
        "-stable or -canary",
    ),
    "data by ftp": (_with_uri("ftp://host/loans.csv"), "start the uri with configmap://"),
    "data by a plain path": (_with_uri("/data/loans.csv"), "start the uri with configmap://"),
    "a ConfigMap without a key": (_with_uri("configmap://loans"), "write configmap://NAME/KEY"),
    "a ConfigMap's key in a folder": (_with_uri("configmap://loans/a/b.csv"), "write configmap://NAME/KEY"),
    "a claim without a path": (_with_uri("pvc://loans"), "write pvc://CLAIM/PATH"),
    "a claim with a folder for a file": (_with_uri("pvc://loans/folder/"), "write pvc://CLAIM/PATH"),
    "a path out of the claim": (_with_uri("pvc://loans/../../etc/passwd"), "remove the '..'"),
    "a path out of the claim, encoded": (_with_uri("pvc://loans/%2e%2E/etc/passwd"), "remove the '..'"),
    "a bucket without a key": (_with_uri("s3://loans"), "write s3://BUCKET/KEY"),
    "a host without a path": (_with_uri("https://host"), "write https://HOST/PATH"),
    "a password in a uri": (
        _with_uri("https://ada:secret@host/loans.csv"),
        "remove the user name and password",
    ),
    "a blank in a uri": (_with_uri("https://host/my loans.csv"), "remove blanks"),
    "an unknown bundled set": (_with_uri("builtin://titanic"), "name a bundled set"),
    "the target among the features": (training_job(data__target="income"), "remove the target from features"),
    "RowCount of a column": (_with_expectation(check="RowCount", column="a", min="1"), "takes no column"),
    "RowCount without a bound": (_with_expectation(check="RowCount"), "give min, max or both"),
    "RowCount of half a row": (_with_expectation(check="RowCount", min="0.5"), "as whole numbers"),
    "RowCount of a fraction": (
        _with_expectation(check="RowCount", min="1", minFraction="1"),
        "remove minFraction",
    ),
    "Range without a column": (_with_expectation(check="Range", min="1"), "name a column"),
    "Range without a bound": (_with_expectation(check="Range", column="a"), "give min, max or both"),
    "Range with min above max": (
        _with_expectation(check="Range", column="a", min="10", max="9.5"),
        "min is above max",
    ),
    "NonNull with a bound": (_with_expectation(check="NonNull", column="a", min="1"), "to no other check"),
    "Unique without a column": (_with_expectation(check="Unique"), "name a column"),
    "AllowedValues without values": (_with_expectation(check="AllowedValues", column="a"), "list the values"),
    "NonNull with values": (_with_expectation(check="NonNull", column="a", values=["b"]), "list the values"),
    "a split by time without a column": (training_job(data__split={"method": "Time"}), "timeColumn together"),
    "a random split with a time column": (
        training_job(data__split={"method": "Random", "timeColumn": "month"}),
        "timeColumn together",
    ),
    "gates without rows to test": (training_job(data__split={"testPercent": 0}), "gates need rows"),
    "quantiles the wrong way round": (
        training_job(cleaning__clipOutliers={"lowerQuantile": "0.9", "upperQuantile": "0.1"}),
        "choose a lowerQuantile below upperQuantile",
    ),
    "a parameter that is no name": (
        training_job(estimator__params={"max depth": "8"}),
        "use the names of the estimator's parameters",
    ),
    "a gate without a bound": (_with_gate(), "give the gate a min, a max or both"),
    "a gate with min above max": (_with_gate(min="0.9", max="0.8"), "min is above max"),
    "a store by https": (
        training_job(output__uri="https://host/models"),
        "start the uri with pvc:// or s3://",
    ),
    "a store out of the claim": (training_job(output__uri="pvc://models/../x"), "remove the '..'"),
    "a variable of the operator": (
        training_job(env=[{"name": "LEEWAY_JOB", "value": "x"}]),
        "variables starting with LEEWAY_",
    ),
    "a variable with two values": (
        training_job(
            env=[{"name": "A", "value": "b", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
        ),
        "set value or valueFrom, not both",
    ),
    "a variable from nowhere": (
        training_job(env=[{"name": "A", "valueFrom": {}}]),
        "exactly one of secretKeyRef and configMapKeyRef",
    ),
    "variables from nowhere": (training_job(envFrom=[{}]), "exactly one of secretRef and configMapRef"),
    "a toleration of everything by Equal": (
        training_job(tolerations=[{"operator": "Equal", "value": "x"}]),
        "name a key",
    ),
    "a toleration that exists with a value": (
        training_job(tolerations=[{"key": "a", "operator": "Exists", "value": "x"}]),
        "remove value",
    ),
    "a toleration that ends without an effect": (
        training_job(tolerations=[{"key": "a", "tolerationSeconds": 1}]),
        "set effect: NoExecute",
    ),
    "an artifact in a ConfigMap": (
        model_version(artifact__uri="configmap://models/model.skops"),
        "start the uri with pvc://",
    ),
    "a profile with a password": (
        model_version(profile__uri="https://ada:secret@host/profile.json"),
        "remove the user name and password",
    ),
    "a signature that is nowhere": (model_version(signature={}), "give inputs and outputs"),
    "a signature without outputs": (model_version(signature__outputs=None), "give inputs and outputs"),
    "a signature both inline and in a file": (
        model_version(signature__uri="pvc://models/signature.json", signature__sha256=SHA),
        "give inputs and outputs",
    ),
    "a signature file without a digest": (
        model_version(signature={"uri": "pvc://models/signature.json"}),
        "give inputs and outputs",
    ),
    "steps that lose weight": (_with_weights(50, 25, 100), "order the steps by weight"),
    "steps of one weight": (_with_weights(25, 25), "order the steps by weight"),
    "the last of twenty steps loses weight": (_with_weights(*range(1, 20), 19), "order the steps by weight"),
}

# Refused by a bound or type; the words are the API server's.
AGAINST_A_BOUND: dict[str, Case] = {
    "no spec": ({k: v for k, v in training_job().items() if k != "spec"}, "spec: Required value"),
    "no target": (training_job(data__target=None), "spec.data.target: Required value"),
    "no estimator": (training_job(estimator=None), "spec.estimator: Required value"),
    "a model name with capitals": (training_job(modelName="Credit"), "spec.modelName in body should match"),
    "an estimator of another library": (
        training_job(estimator={"class": "os.path.Evil"}),
        "spec.estimator.class in body should match",
    ),
    "a parameter that is no text": (
        training_job(estimator__params={"max_depth": 8}),
        "must be of type string",
    ),
    "a gate that is no text": (_with_gate(min=0.7), "must be of type string"),
    "a gate that is no number": (_with_gate(min="high"), "gates[0].min in body should match"),
    "a gate between two words": (_with_gate(min="low", max="high"), "gates[0].max in body should match"),
    "a metric nobody computes": (_with_gate(metric="auc", min="0.7"), 'Unsupported value: "auc"'),
    "two gates of one name": (
        training_job(evaluation__gates=[{"name": "a", "metric": "r2", "min": "0"}] * 2),
        "Duplicate value",
    ),
    "a split that keeps nothing": (training_job(data__split={"testPercent": 91}), "less than or equal to 90"),
    "a digest in capitals": (training_job(data__sha256=SHA.upper()), "spec.data.sha256 in body should match"),
    "an unknown check": (_with_expectation(check="Sum", column="a"), 'Unsupported value: "Sum"'),
    "a negative deadline": (training_job(activeDeadlineSeconds=-1), "greater than or equal to 10"),
    "a cpu that is no quantity": (
        training_job(resources={"requests": {"cpu": "lots"}}),
        "spec.resources.requests.cpu in body should match",
    ),
    "a uri of 1025 characters": (_with_uri("https://host/" + "a" * 1012), "may not be more than 1024"),
    "no digest of the artifact": (
        model_version(artifact__sha256=None),
        "spec.artifact.sha256: Required value",
    ),
    "an artifact by pickle": (model_version(artifact__format="pickle"), 'Unsupported value: "pickle"'),
    "no signature": (model_version(signature=None), "spec.signature: Required value"),
    "an alias twice": (model_version(aliases=["champion", "champion"]), "Duplicate value"),
    "approved by a blank": (
        model_version(approval__approvedBy=" "),
        "spec.approval.approvedBy in body should match",
    ),
    "no version": (model_deployment(version=None), "spec.version: Required value"),
    "101 replicas": (model_deployment(replicas=101), "less than or equal to 100"),
    "a weight of 0": (_with_weights(0), "greater than or equal to 1"),
    "21 steps": (_with_weights(*range(1, 22)), "must have at most 20 items"),
    "traffic by a mesh": (model_deployment(traffic__mode="Mesh"), 'Unsupported value: "Mesh"'),
    "a log level in capitals": (model_deployment(runtime__logLevel="INFO"), 'Unsupported value: "INFO"'),
    "no workers": (model_deployment(runtime__workers=0), "greater than or equal to 1"),
}

# Refused because nothing goes by that name; kubectl asks the API server for strict decoding.
AGAINST_THE_FIELDS: dict[str, Case] = {
    "a typing error in a TrainingJob": (training_job(data__traget="x"), 'unknown field "spec.data.traget"'),
    "a typing error in a ModelVersion": (model_version(artefact={}), 'unknown field "spec.artefact"'),
    "a typing error in a ModelDeployment": (model_deployment(replica=3), 'unknown field "spec.replica"'),
    "a namespace in a reference": (
        training_job(envFrom=[{"secretRef": {"name": "s3", "namespace": "other"}}]),
        'unknown field "spec.envFrom[0].secretRef.namespace"',
    ),
}

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
        model_version(artifact__uri="pvc://leeway-models/other.skops"),
        "artifact is immutable; create a new ModelVersion",
    ),
    "another digest of a ModelVersion": (
        model_version(),
        model_version(artifact__sha256=SHA[::-1]),
        "artifact is immutable; create a new ModelVersion",
    ),
    "a better metric of a ModelVersion": (
        model_version(),
        model_version(metrics={"rocAuc": "0.99"}),
        "metrics is immutable; create a new ModelVersion",
    ),
    "the golden rows of a ModelVersion taken away": (
        model_version(),
        model_version(golden=None),
        "golden is immutable; create a new ModelVersion",
    ),
    "a lineage added to a ModelVersion": (
        model_version(lineage=None),
        model_version(),
        "lineage is immutable; create a new ModelVersion",
    ),
    "an approval waived": (
        model_version(),
        model_version(approval={"required": False}),
        "a required approval cannot be waived",
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
    "a ModelVersion is approved": (
        model_version(approval={"required": True}),
        model_version(approval={"required": True, "approvedBy": "Ada"}),
    ),
    "a ModelVersion gets an alias": (model_version(), model_version(aliases=["champion", "v3"])),
    "a ModelVersion gets other credentials": (model_version(), model_version(envFrom=None)),
    "a ModelDeployment gets another version": (
        model_deployment(),
        model_deployment(version="credit-2026-12"),
    ),
    "a ModelDeployment leaves its replicas to an autoscaler": (
        model_deployment(),
        model_deployment(replicas=None),
    ),
}
