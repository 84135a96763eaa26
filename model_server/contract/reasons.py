"""The words by which trainer, verifier and server say why: the operator shows them in conditions and explains each."""

# What trainer, verifier and server say alike
INVALID_SPEC = "InvalidSpec"

# What a server is given beside a version
CONFIGURATION_MISSING = "ConfigurationMissing"

# A trainer's rows and spec
COLUMN_MISSING = "ColumnMissing"
DATA_EMPTY = "DataEmpty"
DATA_NOT_FOUND = "DataNotFound"
DATA_UNREADABLE = "DataUnreadable"
ESTIMATOR_NOT_ALLOWED = "EstimatorNotAllowed"
EXPECTATION_FAILED = "ExpectationFailed"
TARGET_MISSING = "TargetMissing"
TOO_MANY_ROWS_DROPPED = "TooManyRowsDropped"
TRAINING_FAILED = "TrainingFailed"
WRONG_TYPE = "WrongType"

# What became of a training
COMPLETED = "Completed"
GATE_FAILED = "GateFailed"

# The store that a trainer writes to and a version is read from
STORE_FULL = "StoreFull"
STORE_UNAVAILABLE = "StoreUnavailable"

# A version's files
ARTIFACT_NOT_FOUND = "ArtifactNotFound"
ARTIFACT_UNREADABLE = "ArtifactUnreadable"
DIGEST_MISMATCH = "DigestMismatch"
GOLDEN_ROWS_DIFFER = "GoldenRowsDiffer"
LOAD_FAILED = "LoadFailed"
SIGNATURE_MISMATCH = "SignatureMismatch"
UNSAFE_ARTIFACT = "UnsafeArtifact"
VERSION_MISMATCH = "VersionMismatch"

# What became of a verification
VERIFIED = "Verified"
