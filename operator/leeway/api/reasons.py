"""Every reason that conditions and Events can carry, with what it means: the one table, printed in the docs."""

from __future__ import annotations

# TrainingJob
STARTING = "Starting"
SUSPENDED = "Suspended"
TRAINING = "Training"
REGISTERING = "Registering"
COMPLETED = "Completed"
GATE_FAILED = "GateFailed"
TRAINER_CRASHED = "TrainerCrashed"
DEADLINE_EXCEEDED = "DeadlineExceeded"
RESULT_LOST = "ResultLost"
RESULT_UNREADABLE = "ResultUnreadable"

# ModelVersion
VERIFYING = "Verifying"
VERIFIED = "Verified"
VERIFIER_CRASHED = "VerifierCrashed"
AWAITING_APPROVAL = "AwaitingApproval"
APPROVED = "Approved"

# ModelDeployment
AVAILABLE = "Available"
PROGRESSING = "Progressing"
PAUSED = "Paused"
VERSION_NOT_FOUND = "VersionNotFound"
VERSION_NOT_READY = "VersionNotReady"
MODEL_MISMATCH = "ModelMismatch"
REPLICAS_UNAVAILABLE = "ReplicasUnavailable"
PROGRESS_DEADLINE_EXCEEDED = "ProgressDeadlineExceeded"
SCALED_TO_ZERO = "ScaledToZero"
CANARY_STARTED = "CanaryStarted"
PROMOTED = "Promoted"
ANSWERING = "Answering"
NOT_ANSWERING = "NotAnswering"

# Any kind
NAME_CONFLICT = "NameConflict"
INVALID_SPEC = "InvalidSpec"
CHILD_REFUSED = "ChildRefused"
STATUS_REFUSED = "StatusRefused"
IMAGE_PULL_FAILED = "ImagePullFailed"
OOM_KILLED = "OOMKilled"
CRASHING = "Crashing"
UNSCHEDULABLE = "Unschedulable"
CLAIM_NOT_FOUND = "ClaimNotFound"
CLAIM_NOT_BOUND = "ClaimNotBound"
CONFIGURATION_MISSING = "ConfigurationMissing"

# What trainer, verifier and server report about their input; the words are theirs, the meanings are told here.
_REPORTED = {
    "ArtifactNotFound": "There is no file at the uri of one of the version's `spec.files`.",
    "ArtifactUnreadable": "A file of the version cannot be read: it is damaged, or the model is no skops file.",
    "ColumnMissing": "A column that the spec names is not in the data.",
    "DataEmpty": "The data have no rows, or none is left after cleaning.",
    "DataNotFound": "There is nothing at `spec.data.uri`.",
    "DataUnreadable": "The file at `spec.data.uri` cannot be read as CSV or Parquet, or access is denied.",
    "DigestMismatch": "A file's digest or size is not the one that was pinned.",
    "EstimatorNotAllowed": "`spec.estimator.class` is not on the list of classes that may be trained.",
    "ExpectationFailed": "The data do not meet one of `spec.data.expectations`.",
    "GoldenRowsDiffer": "The loaded model does not repeat the predictions recorded in training.",
    "LoadFailed": "The server could not load the model for a reason of its own; see its log.",
    "SignatureMismatch": "The signature does not fit the model.",
    "StoreFull": "The store has no space left, or cannot be written to.",
    "StoreUnavailable": "A store or web server did not answer or denied access; tried again.",
    "TargetMissing": "`spec.data.target` is no column of the data.",
    "TrainingFailed": "The estimator could not be fitted on these data.",
    "UnsafeArtifact": "The artifact holds a type that is not on the list of types that may be loaded.",
    "VersionMismatch": "The model was made by another version of a library than the image has.",
    "WrongType": "A column holds values of another type than its own.",
}

MEANINGS: dict[str, str] = {
    STARTING: "The Job is being created.",
    SUSPENDED: "`spec.suspend` is true: nothing runs until it is false.",
    TRAINING: "The trainer runs.",
    REGISTERING: "Training succeeded; the ModelVersion is being created.",
    COMPLETED: "Training succeeded and the ModelVersion exists.",
    GATE_FAILED: "Training ran to its end, and a metric missed a gate of `spec.evaluation.gates`; no version was made.",
    TRAINER_CRASHED: "The trainer ended without a result more often than `spec.backoffLimit` allows.",
    DEADLINE_EXCEEDED: "Training took longer than `spec.activeDeadlineSeconds`.",
    RESULT_LOST: "The Job completed, but its pod was gone before its result could be read; create a new TrainingJob.",
    RESULT_UNREADABLE: "The trainer or verifier reported what the status cannot hold; the message says which field.",
    VERIFYING: "The artifact is being fetched, checked and loaded in the serving image.",
    VERIFIED: "The digest is equal, the model loads in the serving image, and the golden rows predict as recorded.",
    VERIFIER_CRASHED: "The verifier ended without a result.",
    AWAITING_APPROVAL: "`spec.approval.policy` is Manual and `spec.approval.approvedBy` is empty.",
    APPROVED: "The approval policy is Automatic, or the version was approved.",
    AVAILABLE: "The version that the spec asks for is stable, and all its replicas answer.",
    PROGRESSING: "A revision is coming up; stable, if there is one, keeps serving.",
    PAUSED: "`spec.paused` is true: the rollout is held.",
    VERSION_NOT_FOUND: "`spec.modelVersionName` names a ModelVersion that does not exist (yet) in this namespace.",
    VERSION_NOT_READY: "`spec.modelVersionName` names a ModelVersion that is not verified, approved or loadable.",
    MODEL_MISMATCH: "The version belongs to another model than `spec.modelName`.",
    REPLICAS_UNAVAILABLE: "Stable has fewer available replicas than wanted.",
    PROGRESS_DEADLINE_EXCEEDED: "The revision was not available within `spec.rollout.progressDeadlineSeconds`.",
    SCALED_TO_ZERO: "`spec.replicas` is 0: nothing answers, as asked.",
    CANARY_STARTED: "A new revision was started beside stable.",
    PROMOTED: "The canary became stable.",
    ANSWERING: "At least one replica of stable is ready.",
    NOT_ANSWERING: "No replica of stable is ready.",
    NAME_CONFLICT: "An object of the name we need exists and is not ours; delete or rename one of the two.",
    INVALID_SPEC: "The stored spec does not fit the schema; apply a corrected manifest.",
    CHILD_REFUSED: "The API server refused a child (quota, policy, an immutable field); the message says which.",
    STATUS_REFUSED: "The API server refused what we wanted to record; the message says which field. Please report it.",
    IMAGE_PULL_FAILED: "The node cannot pull the image.",
    OOM_KILLED: "A container was killed at its memory limit.",
    CRASHING: "A container ends again and again.",
    UNSCHEDULABLE: "No node fits the pod.",
    CLAIM_NOT_FOUND: "A PersistentVolumeClaim that the spec names does not exist.",
    CLAIM_NOT_BOUND: "A PersistentVolumeClaim is not bound to a volume.",
    CONFIGURATION_MISSING: "A Secret or ConfigMap that `spec.pod.env` names does not exist.",
    **_REPORTED,
}
