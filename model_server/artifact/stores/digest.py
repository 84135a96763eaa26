"""SHA-256 of files: what is hashed is what is parsed."""

import hashlib
import hmac
from pathlib import Path

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

ALGORITHM = "sha256"
BLOCK_BYTES = 1 << 20


def digest_of(path: Path) -> str:
    """Return the file's digest, `sha256:` and 64 lower-case hex digits; it is read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return f"{ALGORITHM}:{digest.hexdigest()}"


def read_verified(path: Path, digest: str) -> bytes:
    """Return a file's bytes, or raise `InputRefused` (DigestMismatch) when they have another digest.

    What was hashed is what is returned: a change of the file afterwards has no effect.
    """
    content = path.read_bytes()
    refuse_other_digest(path.name, f"{ALGORITHM}:{hashlib.sha256(content).hexdigest()}", digest)
    return content


def refuse_other_digest(name: str, found: str, wanted: str) -> None:
    """Raise `InputRefused` (DigestMismatch) unless both digests are equal."""
    if not hmac.compare_digest(found, wanted):
        raise InputRefused(
            reasons.DIGEST_MISMATCH,
            f"{name} has digest {found}, but {wanted} was promised; "
            "restore the file, or make a new ModelVersion with the digest of the new one",
        )
