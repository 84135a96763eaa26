"""SHA-256 of files: what is hashed is what is parsed."""

import hashlib
import hmac
from pathlib import Path

from model_server.contract import reasons
from model_server.contract.outcome import InputRefused

BLOCK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """The file's SHA-256 as 64 lower-case hex digits, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def read_verified(path: Path, sha256: str) -> bytes:
    """The file's bytes, which have this SHA-256; the file may change afterwards without effect.

    Raises `InputRefused` with DigestMismatch.
    """
    content = path.read_bytes()
    refuse_other_digest(path.name, hashlib.sha256(content).hexdigest(), sha256)
    return content


def refuse_other_digest(name: str, found: str, wanted: str) -> None:
    """Both digests are equal, or `InputRefused` (DigestMismatch) says what to do."""
    if not hmac.compare_digest(found, wanted.lower()):
        raise InputRefused(
            reasons.DIGEST_MISMATCH,
            f"{name} has sha256 {found}, but {wanted} was promised; "
            "restore the file, or make a new ModelVersion with the digest of the new one",
        )
