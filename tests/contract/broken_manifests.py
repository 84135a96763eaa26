"""Manifests that must be refused: what is wrong, the manifest, and what the refusal says.

Two tests read these tables: one evaluates the CRDs in this process, the other asks a real API server.
"""

from __future__ import annotations

from typing import Any

from tests.contract import broken_canaries
from tests.contract.objects import (
    DIGEST,
    Manifest,
    model_deployment,
    model_version,
    training_job,
)

Case = tuple[Manifest, str]


def _with_uri(uri: str) -> Manifest:
    return training_job(data__uri=uri)


def _with_expectation(**expectation: Any) -> Manifest:
    return training_job(data__expectations=[{"name": "one", **expectation}])


def _with_gate(**gate: Any) -> Manifest:
    return training_job(evaluation__gates=[{"name": "one", "metric": "r2", **gate}])


def _with_pod(**pod: Any) -> Manifest:
    return model_deployment(pod=pod)


def with_inputs(*names: str) -> Manifest:
    return model_version(signature__inputs=[{"name": name, "type": "numeric"} for name in names])


# The most columns there may be, of the longest names, alike to the last letter: the dearest list to compare. Only the
# real API server is asked about them; the engine of the fast tests gives up after 10,000 steps.
LONGEST = tuple(f"{number:0>128}" for number in range(500))
LONG = LONGEST[:150]


# Refused by a rule of ours, in our words.
AGAINST_A_RULE: dict[str, Case] = {
    **broken_canaries.AGAINST_A_RULE,
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
    "a split by time without a column": (training_job(data__split={"method": "Time"}), "name the timeColumn"),
    "a random split with a time column": (
        training_job(data__split={"method": "Random", "timeColumn": "month"}),
        "a time column means a split by time",
    ),
    "a split by groups without a column": (
        training_job(data__split={"method": "Group"}),
        "name the groupColumn",
    ),
    "a random split with a group column": (
        training_job(data__split={"method": "Random", "groupColumn": "home"}),
        "a group column means a split by groups",
    ),
    "a split by time and by groups": (
        training_job(data__split={"timeColumn": "month", "groupColumn": "home"}),
        "timeColumn or groupColumn, not both",
    ),
    "features and what is left out of them": (
        training_job(data__exclude=["year"]),
        "remove exclude, or features",
    ),
    "gates without rows to test": (
        training_job(data__split={"testPercent": 0}),
        "gates need a held-out test set",
    ),
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
        "start the uri with pvc://, s3:// or gs://",
    ),
    "a store with a query": (training_job(output__uri="pvc://models/a?b"), "remove '?' and '#'"),
    "a store with a fragment": (training_job(output__uri="pvc://models/a#b"), "remove '?' and '#'"),
    "a bucket's store with a query": (training_job(output__uri="s3://models/a?b"), "remove '?' and '#'"),
    "a file of a claim with a query": (_with_uri("pvc://loans/a.csv?version=2"), "remove '?' and '#'"),
    "a version's file with a fragment": (
        model_version(files__model__uri="pvc://models/a.skops#1"),
        "remove '?' and '#'",
    ),
    "a store out of the claim": (training_job(output__uri="pvc://models/../x"), "remove the '..'"),
    "a variable of the operator": (
        _with_pod(env=[{"name": "LEEWAY_JOB", "value": "x"}]),
        "variables starting with LEEWAY_",
    ),
    "a variable with two values": (
        _with_pod(
            env=[{"name": "A", "value": "b", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
        ),
        "set value or valueFrom, not both",
    ),
    "a variable from nowhere": (
        training_job(pod__env=[{"name": "A", "valueFrom": {}}]),
        "exactly one of secretKeyRef and configMapKeyRef",
    ),
    "a variable that changes which code runs": (
        _with_pod(env=[{"name": "LD_PRELOAD", "value": "x"}]),
        "would change which code runs",
    ),
    "a label of the operator": (
        _with_pod(labels={"leeway.dev/revision": "x"}),
        "remove keys that start with leeway.dev/",
    ),
    "a label that all our objects have": (
        _with_pod(labels={"app.kubernetes.io/name": "x"}),
        "remove keys that start with app.kubernetes.io/",
    ),
    "an annotation of the operator": (
        _with_pod(annotations={"leeway.dev/manifest": "{}"}),
        "remove keys that start with leeway.dev/",
    ),
    "a label with a blank in its name": (_with_pod(labels={"my team": "x"}), "write the key as NAME"),
    "a node's label without a name": (_with_pod(nodeSelector={"pool/": "x"}), "write the key as NAME"),
    "a toleration of everything by Equal": (
        training_job(pod__tolerations=[{"operator": "Equal", "value": "x"}]),
        "name a key",
    ),
    "a toleration that exists with a value": (
        training_job(pod__tolerations=[{"key": "a", "operator": "Exists", "value": "x"}]),
        "remove value",
    ),
    "a toleration that ends without an effect": (
        training_job(pod__tolerations=[{"key": "a", "tolerationSeconds": 1}]),
        "set effect: NoExecute",
    ),
    "an artifact in a ConfigMap": (
        model_version(files__model__uri="configmap://models/model.skops"),
        "start the uri with pvc://",
    ),
    "a profile with a password": (
        model_version(files__profile__uri="https://ada:secret@host/profile.json"),
        "remove the user name and password",
    ),
    "a version without a model": (model_version(files__model=None), "give files.model"),
    "a file that nobody reads": (
        model_version(files__weights={"uri": "pvc://models/weights.bin", "digest": DIGEST}),
        "name the files model, signature, profile, golden, card or job",
    ),
    "a signature that is nowhere": (model_version(signature=None), "give the signature once"),
    "a signature both inline and in a file": (
        model_version(files__signature={"uri": "pvc://models/signature.json", "digest": DIGEST}),
        "give the signature once",
    ),
    "two inputs of one name": (with_inputs("a", "b", "a"), "two entries of the same name"),
    "two outputs of one name": (
        model_version(signature__outputs=[{"name": "a", "type": "numeric"}] * 2),
        "two entries of the same name",
    ),
    "two features of one name": (
        training_job(data__features=[{"name": "a", "type": "numeric"}, {"name": "a", "type": "boolean"}]),
        "two entries of the same name",
    ),
    "the last of 150 inputs by the name of the one before": (
        with_inputs(*LONG[:-1], LONG[-2]),
        "two entries of the same name",
    ),
}

# Refused by a bound or type; the words are the API server's.
AGAINST_A_BOUND: dict[str, Case] = {
    **broken_canaries.AGAINST_A_BOUND,
    "no spec": ({k: v for k, v in training_job().items() if k != "spec"}, "spec: Required value"),
    "no target": (training_job(data__target=None), "spec.data.target: Required value"),
    "no estimator": (training_job(estimator=None), "spec.estimator: Required value"),
    "a model name with capitals": (training_job(modelName="Credit"), "spec.modelName in body should match"),
    "an estimator of another library": (
        training_job(estimator={"class": "os.path.Evil"}),
        "spec.estimator.class in body should match",
    ),
    "a parameter that is a fraction": (
        training_job(estimator__params={"learning_rate": 0.1}),
        "spec.estimator.params.learning_rate",
    ),
    "a parameter that is a list": (
        training_job(estimator__params={"hidden_layer_sizes": [8, 8]}),
        "spec.estimator.params.hidden_layer_sizes",
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
    "a digest in capitals": (
        training_job(data__digest=DIGEST.upper()),
        "spec.data.digest in body should match",
    ),
    "a digest without its algorithm": (
        training_job(data__digest=DIGEST.removeprefix("sha256:")),
        "spec.data.digest in body should match",
    ),
    "an unknown check": (_with_expectation(check="Sum", column="a"), 'Unsupported value: "Sum"'),
    "a negative deadline": (training_job(activeDeadlineSeconds=-1), "greater than or equal to 10"),
    "a cpu that is no quantity": (
        training_job(pod__resources={"requests": {"cpu": "lots"}}),
        "spec.pod.resources.requests.cpu in body should match",
    ),
    "a uri of 1025 characters": (_with_uri("https://host/" + "a" * 1012), "may not be more than 1024"),
    "no digest of the model": (
        model_version(files__model__digest=None),
        "spec.files.model.digest: Required value",
    ),
    "an artifact by pickle": (model_version(format="pickle"), 'Unsupported value: "pickle"'),
    "a signature without outputs": (
        model_version(signature__outputs=None),
        "spec.signature.outputs: Required value",
    ),
    "feedback without a Secret": (model_deployment(feedback={}), "spec.feedback.secretName: Required value"),
    "an image pull secret twice": (_with_pod(imagePullSecretNames=["a", "a"]), "Duplicate value"),
    "an approval nobody knows": (model_version(approval__policy="Twice"), 'Unsupported value: "Twice"'),
    "approved by a blank": (
        model_version(approval__approvedBy=" "),
        "spec.approval.approvedBy in body should match",
    ),
    "no version": (model_deployment(modelVersionName=None), "spec.modelVersionName: Required value"),
    "101 replicas": (model_deployment(replicas=101), "less than or equal to 100"),
    "a log level in capitals": (model_deployment(runtime__logLevel="INFO"), 'Unsupported value: "INFO"'),
}
