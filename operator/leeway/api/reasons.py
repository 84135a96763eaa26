"""The reasons that conditions and Events can have: one table, from which conditions, Events and docs are rendered."""

from __future__ import annotations

from enum import StrEnum


class Tone(StrEnum):
    """The type of a Kubernetes Event."""

    NORMAL = "Normal"
    WARNING = "Warning"


class Reason(StrEnum):
    """A reason, with its meaning.

    `tone` is the type of its Event; `is_quiet` reasons have none. `is_stalled`: waiting will not help, and kstatus
    reads Failed. `is_resting`: nothing is under way, because a person asked for that.
    """

    meaning: str
    tone: Tone
    is_stalled: bool
    is_resting: bool
    is_quiet: bool

    def __new__(
        cls,
        word: str,
        meaning: str,
        tone: Tone = Tone.WARNING,
        *flags: str,
    ) -> Reason:
        """Return the member; `flags` are any of `stalled`, `resting` and `quiet`."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.meaning = meaning
        member.tone = tone
        member.is_stalled = "stalled" in flags
        member.is_resting = "resting" in flags
        member.is_quiet = "quiet" in flags
        return member

    # Quiet are reasons that come and go with every rollout, whose decisions have Events of their own, and reasons that
    # say back what somebody has just written.

    # TrainingJob
    STARTING = "Starting", "The Job is being created.", Tone.NORMAL
    SUSPENDED = "Suspended", "`spec.suspend` is true: nothing runs until it is false.", Tone.NORMAL, "resting"
    TRAINING = "Training", "The trainer runs.", Tone.NORMAL
    REGISTERING = "Registering", "Training succeeded; the ModelVersion is being created.", Tone.NORMAL
    COMPLETED = "Completed", "Training succeeded and the ModelVersion exists.", Tone.NORMAL
    GATE_FAILED = (
        "GateFailed",
        "Training ran to its end, and a metric missed a gate of `spec.evaluation.gates`; no version was made.",
    )
    TRAINER_CRASHED = (
        "TrainerCrashed",
        "The trainer ended without a result more often than `spec.backoffLimit` allows.",
    )
    DEADLINE_EXCEEDED = "DeadlineExceeded", "Training took longer than `spec.activeDeadlineSeconds`."
    RESULT_LOST = (
        "ResultLost",
        "The Job completed, but its pod was gone before its result could be read; create a new TrainingJob.",
    )
    RESULT_UNREADABLE = (
        "ResultUnreadable",
        "The trainer or verifier reported what the status cannot hold; the message says which field.",
    )

    # ModelVersion
    VERIFYING = (
        "Verifying",
        "The artifact is being fetched, checked and loaded in the serving image.",
        Tone.NORMAL,
    )
    VERIFIED = (
        "Verified",
        "The digest is equal, the model loads in the serving image, and the golden rows predict as recorded.",
        Tone.NORMAL,
    )
    VERIFIER_CRASHED = "VerifierCrashed", "The verifier ended without a result."
    AWAITING_APPROVAL = (
        "AwaitingApproval",
        "`spec.approval.policy` is Manual and `spec.approval.approvedBy` is empty.",
        Tone.NORMAL,
        "resting",
    )
    APPROVED = "Approved", "The approval policy is Automatic, or the version was approved.", Tone.NORMAL

    # ModelDeployment
    AVAILABLE = (
        "Available",
        "The desired version is stable, and all its replicas answer.",
        Tone.NORMAL,
        "quiet",
    )
    PROGRESSING = (
        "Progressing",
        "A revision is coming up; stable, if there is one, keeps serving.",
        Tone.NORMAL,
        "quiet",
    )
    PAUSED = "Paused", "`spec.paused` is true: the rollout is held.", Tone.NORMAL, "resting", "quiet"
    VERSION_NOT_FOUND = (
        "VersionNotFound",
        "`spec.modelVersionName` or `spec.replacesModelVersionName` names a ModelVersion that does not exist (yet) in"
        " this namespace.",
        Tone.NORMAL,
    )
    VERSION_NOT_READY = (
        "VersionNotReady",
        "`spec.modelVersionName` names a ModelVersion that is not verified, approved or loadable.",
        Tone.NORMAL,
    )
    MODEL_MISMATCH = (
        "ModelMismatch",
        "The version belongs to another model than `spec.modelName`.",
        Tone.WARNING,
        "stalled",
    )
    REPLICAS_UNAVAILABLE = "ReplicasUnavailable", "Stable has fewer available replicas than desired."
    PROGRESS_DEADLINE_EXCEEDED = (
        "ProgressDeadlineExceeded",
        "The revision was not available within `spec.rollout.progressDeadlineSeconds`.",
        Tone.WARNING,
        "stalled",
    )
    SCALED_TO_ZERO = (
        "ScaledToZero",
        "`spec.replicas` is 0: there are no pods, as desired.",
        Tone.NORMAL,
        "resting",
        "quiet",
    )
    CANARY_STARTED = "CanaryStarted", "A new revision was started beside stable.", Tone.NORMAL
    CANARY_HELD = (
        "CanaryHeld",
        "The canary is at a step of `spec.rollout.steps`, and waits for what ends it; the message says for what.",
        Tone.NORMAL,
        "quiet",
    )
    STEP_PAUSED = (
        "StepPaused",
        "The canary is at a step with `pause`: it goes on at the command resume or promote.",
        Tone.NORMAL,
        "resting",
    )
    GATE_HOLDS = (
        "GateHolds",
        "A gate with `onFail: Hold` is at Fail: a person decides, by the command promote or abort.",
        Tone.WARNING,
        "resting",
    )
    INCONCLUSIVE = (
        "Inconclusive",
        "The step's time is up and a gate is Unknown; `rollout.onInconclusive` says what happens.",
    )
    STEP_ENTERED = (
        "StepEntered",
        "The canary goes on to a step, and gets pods for its weight.",
        Tone.NORMAL,
        "quiet",
    )
    ROLLED_BACK = (
        "RolledBack",
        "The revision was taken out of service, and is not started again until the spec names another version or the"
        " command retry is given.",
        Tone.WARNING,
        "stalled",
    )
    TAKEN_BACK = (
        "TakenBack",
        "The promoted revision lost its pods, and the former one took the requests back.",
        Tone.WARNING,
        "stalled",
    )
    COMMANDED = "Commanded", "The command in the annotation leeway.dev/command was taken.", Tone.NORMAL
    ABORTED = "Aborted", "The canary was taken back by the command abort.", Tone.NORMAL
    QUARANTINED = (
        "Quarantined",
        "The ModelVersion was rolled back for what it answered: no deployment starts it until that is lifted.",
        Tone.WARNING,
        "stalled",
    )
    DRIFT_DETECTED = (
        "DriftDetected",
        "Columns of the requests have left the profile of the stable version; nothing is rolled back for it.",
    )
    NO_DRIFT = "NoDrift", "No column of the requests is known to have left the profile.", Tone.NORMAL, "quiet"
    DRIFT_UNKNOWN = "DriftUnknown", "Whether the requests have drifted is not known.", Tone.NORMAL, "quiet"
    GUARD_FAILED = "GuardFailed", "The stable version does worse than it did as a canary or in training."
    GUARD_PASSED = (
        "GuardPassed",
        "What is known of the stable version is within what it showed as a canary or in training.",
        Tone.NORMAL,
        "quiet",
    )
    GUARD_UNKNOWN = (
        "GuardUnknown",
        "Whether the stable version does worse is not known.",
        Tone.NORMAL,
        "quiet",
    )
    RETRAIN_DUE = "RetrainDue", "The guard asks for a new training (`guard.onFail: Retrain`)."
    CANARY_ENDED = (
        "CanaryEnded",
        "The spec went back to stable: the canary was taken out of service.",
        Tone.NORMAL,
    )
    PROMOTED = "Promoted", "The canary became stable.", Tone.NORMAL
    ANSWERING = "Answering", "At least one replica of stable is ready.", Tone.NORMAL
    NOT_ANSWERING = "NotAnswering", "No replica of stable is ready."

    # Any kind
    NAME_CONFLICT = (
        "NameConflict",
        "An object of the name we need exists and is not ours; delete or rename one of the two.",
        Tone.WARNING,
        "stalled",
    )
    INVALID_SPEC = (
        "InvalidSpec",
        "The stored spec does not fit the schema; apply a corrected manifest.",
        Tone.WARNING,
        "stalled",
    )
    CHILD_REFUSED = (
        "ChildRefused",
        "The API server refused a child (quota, policy, an immutable field); the message says which.",
        Tone.WARNING,
        "stalled",
    )
    STATUS_REFUSED = (
        "StatusRefused",
        "The API server refused what we wanted to record; the message says which field. Please report it.",
        Tone.WARNING,
        "stalled",
    )
    PODS_REFUSED = (
        "PodsRefused",
        "The cluster refuses to create pods of a Deployment or a Job (quota, policy); the message says why.",
    )
    IMAGE_PULL_FAILED = "ImagePullFailed", "The node cannot pull the image."
    OOM_KILLED = "OOMKilled", "A container was killed at its memory limit."
    CRASHING = "Crashing", "A container ends again and again."
    UNSCHEDULABLE = "Unschedulable", "No node fits the pod."
    CLAIM_NOT_FOUND = "ClaimNotFound", "A PersistentVolumeClaim that the spec names does not exist."
    CLAIM_NOT_A_STORE = (
        "ClaimNotAStore",
        "`spec.output.uri` names a claim without the label `leeway.dev/store=true`, which trainers may not write to.",
        Tone.WARNING,
        "stalled",
    )
    CLAIM_NOT_BOUND = "ClaimNotBound", "A PersistentVolumeClaim is not bound to a volume."
    CONFIGURATION_MISSING = (
        "ConfigurationMissing",
        "A Secret or ConfigMap that `spec.pod.env` or `spec.feedback` names does not exist, or has no usable key.",
    )

    # What trainer, verifier and server report about their input. Their code shares nothing with ours, so that a test
    # (tests/contract) holds that both sides have the same reasons.
    ARTIFACT_NOT_FOUND = (
        "ArtifactNotFound",
        "There is no file at the uri of one of the version's `spec.files`.",
    )
    ARTIFACT_UNREADABLE = (
        "ArtifactUnreadable",
        "A file of the version cannot be read: it is damaged, or the model is no skops file.",
    )
    COLUMN_MISSING = "ColumnMissing", "A column that the spec names is not in the data."
    DATA_EMPTY = "DataEmpty", "The data have no rows, or none is left after cleaning."
    DATA_NOT_FOUND = "DataNotFound", "There is nothing at `spec.data.uri`."
    DATA_UNREADABLE = (
        "DataUnreadable",
        "The file at `spec.data.uri` cannot be read as CSV or Parquet, or access is denied.",
    )
    DIGEST_MISMATCH = "DigestMismatch", "A file's digest or size is not the one that was pinned."
    ESTIMATOR_NOT_ALLOWED = (
        "EstimatorNotAllowed",
        "`spec.estimator.class` is not on the list of classes that may be trained.",
    )
    EXPECTATION_FAILED = "ExpectationFailed", "The data do not meet one of `spec.data.expectations`."
    GOLDEN_ROWS_DIFFER = (
        "GoldenRowsDiffer",
        "The loaded model does not repeat the predictions recorded in training.",
    )
    LOAD_FAILED = (
        "LoadFailed",
        "The model could not be loaded in the memory and time it may take, or for a reason of the server's own.",
    )
    SIGNATURE_MISMATCH = "SignatureMismatch", "The signature does not fit the model."
    STORE_FULL = "StoreFull", "The store has no space left, or cannot be written to."
    STORE_UNAVAILABLE = (
        "StoreUnavailable",
        "A store or web server did not answer, or denied access, after which a TrainingJob is not tried again.",
    )
    TOO_MANY_ROWS_DROPPED = (
        "TooManyRowsDropped",
        "Cleaning would lose a class, or more rows than `spec.cleaning.maxDroppedPercent` allows.",
    )
    TARGET_MISSING = "TargetMissing", "`spec.data.target` is no column of the data."
    TRAINING_FAILED = "TrainingFailed", "The estimator could not be fitted on these data."
    UNSAFE_ARTIFACT = (
        "UnsafeArtifact",
        "The model holds a type that is not on the list, unpacks to too much, or would crash the server.",
    )
    VERSION_MISMATCH = (
        "VersionMismatch",
        "The model was made by another version of a library than the image has.",
    )
    WRONG_TYPE = "WrongType", "A column holds values of another type than its own."


def find_reason(word: str) -> Reason | None:
    """Return the reason of that name; None for one that a trainer of the user's own reports."""
    return _BY_WORD.get(word)


_BY_WORD: dict[str, Reason] = {reason.value: reason for reason in Reason}
