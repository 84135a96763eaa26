"""Models on disk: skops archives, loaded only when every type in them is on our list.

There is one format and no fallback: a safe loader with an unsafe one behind it is an unsafe loader.
"""

import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

from model_server.artifact.models.allowed import TYPES, refuse_unlisted
from model_server.artifact.models.arrays import refuse_points
from model_server.artifact.models.libraries import refuse_other_minor
from model_server.artifact.models.soundness import refuse_unsound
from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

MAX_FILE_BYTES = 1 << 30
MAX_UNPACKED_BYTES = 2 << 30
MAX_RATIO = 200  # of unpacked to packed bytes; models that were trained have less than 50
ALWAYS_UNPACKED_BYTES = 64 << 20  # whatever the ratio, since small files may hold a long row of zeros
MAX_SCHEMA_BYTES = 128 << 20
MAX_MEMBERS = 50_000
SMALLER = "train a smaller model, with fewer or shallower trees, or on fewer rows where it keeps them"


def read_model(path: Path) -> Any:
    """Return the estimator in the file.

    Raises `InputRefused` with UnsafeArtifact, ArtifactUnreadable or VersionMismatch.
    """
    refuse_large_file(path)
    return model_from_bytes(path.read_bytes())


def refuse_large_file(path: Path, most: int = MAX_FILE_BYTES) -> None:
    """Raise `InputRefused` (UnsafeArtifact) for a file of more bytes than are read at most."""
    if path.stat().st_size > most:
        raise InputRefused(
            reasons.UNSAFE_ARTIFACT,
            f"{path.name} has more than {most} bytes, too many to be read; make it smaller",
        )


def model_from_bytes(content: bytes) -> Any:
    """Return the estimator in a skops archive; nothing of it is built before sizes and types are checked.

    Raises `InputRefused` with UnsafeArtifact, ArtifactUnreadable or VersionMismatch.
    """
    refuse_oversize(content)
    try:
        model = build(content)
        refuse_unsound(model)
    # Memory is this process's matter, and no verdict on the archive.
    except (InputRefused, MemoryError):
        raise
    # A hostile or damaged archive may raise anything while it is read, and the answer is always the same.
    except Exception as error:
        raise InputRefused(
            reasons.ARTIFACT_UNREADABLE, f"the model cannot be read: {sentence(error)}"
        ) from error
    return model


def refuse_oversize(content: bytes) -> None:
    """Raise `InputRefused` (UnsafeArtifact, ArtifactUnreadable) for an archive beyond a cap when unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except Exception as error:
        raise InputRefused(
            reasons.ARTIFACT_UNREADABLE,
            f"the model is not a skops file ({sentence(error)}); save it with skops.io.dump: "
            "pickle and joblib files are never loaded",
        ) from error
    unpacked = sum(member.file_size for member in members)
    schema = max((member.file_size for member in members if member.filename == "schema.json"), default=0)
    by_ratio = max(ALWAYS_UNPACKED_BYTES, MAX_RATIO * len(content))
    caps = (
        ("members", len(members), MAX_MEMBERS),
        ("unpacked bytes", unpacked, min(MAX_UNPACKED_BYTES, by_ratio)),
        ("bytes of schema.json", schema, MAX_SCHEMA_BYTES),
    )
    for name, found, cap in caps:
        if found > cap:
            raise InputRefused(
                reasons.UNSAFE_ARTIFACT,
                f"the model has {found} {name}, more than the allowed {cap}; {SMALLER}",
            )


def unpacked_bytes(content: bytes) -> int:
    """Return how many bytes an archive says that it has when unpacked; of what is no archive, its length."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sum(member.file_size for member in archive.infolist())
    except Exception:  # it is refused with its reason when it is read
        return len(content)


def build(content: bytes) -> Any:
    """Return the object in the archive, or raise `InputRefused` for a type off the list or another library version."""
    import skops.io  # noqa: PLC0415 - brings scikit-learn: a second of start-up
    from sklearn.exceptions import InconsistentVersionWarning  # noqa: PLC0415 - see above
    from skops.io.exceptions import UntrustedTypesFoundException  # noqa: PLC0415 - see above

    schema = schema_of(content)
    refuse_unlisted(schema)
    refuse_points(content, schema)
    del schema  # it is larger than the model, and skops reads it once more
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InconsistentVersionWarning)
        # A second look, by skops itself: what the two of us read differently is loaded by neither.
        try:
            model = skops.io.loads(content, trusted=list(TYPES))
        except UntrustedTypesFoundException as error:
            raise InputRefused(reasons.UNSAFE_ARTIFACT, f"{sentence(error)}; train it again") from error
    for warning in caught:
        told = warning.message
        if isinstance(told, InconsistentVersionWarning):
            refuse_other_minor("scikit-learn", told.original_sklearn_version, told.current_sklearn_version)
    return model


def schema_of(content: bytes) -> Any:
    """Return what the archive says about its parts, by the same reader that skops has."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return json.loads(archive.read("schema.json"))


def sentence(error: Exception) -> str:
    """Return the error's class and the first 200 characters of its text, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
