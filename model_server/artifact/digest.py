"""SHA-256 of files: what is hashed is what is parsed."""

import hashlib
import hmac
from pathlib import Path

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

BLOCK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 as 64 lower-case hex digits, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def read_verified(path: Path, sha256: str) -> bytes:
    """Return a file's bytes, or raise `InputRefused` (DigestMismatch) when they have another SHA-256.

    What was hashed is what is returned: a change of the file afterwards has no effect.
    """
    content = path.read_bytes()
    refuse_other_digest(path.name, hashlib.sha256(content).hexdigest(), sha256)
    return content


def refuse_other_digest(name: str, found: str, wanted: str) -> None:
    """Raise `InputRefused` (DigestMismatch) unless both digests are equal."""
    # The digest is no secret; an equality that takes equally long costs nothing and needs no argument.
    if not hmac.compare_digest(found, wanted.lower()):
        raise InputRefused(
            reasons.DIGEST_MISMATCH,
            f"{name} has sha256 {found}, but {wanted} was promised; "
            "restore the file, or make a new ModelVersion with the digest of the new one",
        )
