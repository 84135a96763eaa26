"""The output directory: whole files or none, and a sentence when the store does not take them."""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from model_server.artifact.stores.credentials import Credentials
from model_server.artifact.stores.digest import digest_of
from model_server.artifact.stores.object_store import upload
from model_server.artifact.stores.reach import find_reach
from model_server.artifact.stores.uris import shown
from model_server.contract import reasons
from model_server.contract.outcome import InputRefused, TryAgain, WrittenFile

MODEL = "model.skops"
SIGNATURE = "signature.json"
PROFILE = "profile.json"
GOLDEN = "golden.json"
CARD = "model-card.md"
JOB = "job.json"
REPORT = "report.json"
VERSION = "modelversion.json"
PART = ".part"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# The path or its rights are wrong; any other error of a volume may pass.
FINAL = (
    *(errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
)
REMOTE = ("s3://", "gs://")


def open_store(output: Path) -> None:
    """Make the directory and prove that it can be written, before hours of training.

    What a run before said of itself is withdrawn, so that no failed run leaves a version that looks like its result.
    The other files of that run stay until theirs replace them: a version in a cluster may be served from them by now.
    """
    with store_errors(output):
        output.mkdir(parents=True, exist_ok=True)
        probe = output / f"probe{PART}"
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
    for name in (VERSION, REPORT):
        remove_file(output, name)


def write_file(output: Path, name: str, content: bytes) -> WrittenFile:
    """Write a whole file of the store, or raise InputRefused (StoreFull, StoreUnavailable) or TryAgain."""
    with store_errors(output):
        (output / f"{name}{PART}").write_bytes(content)
        return settle(output, name)


def settle(output: Path, name: str) -> WrittenFile:
    """Give a finished part its name; it is on the disk before that name exists."""
    part = output / f"{name}{PART}"
    with store_errors(output):
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(output / name)
    path = output / name
    return WrittenFile(path=name, digest=digest_of(path), size_bytes=path.stat().st_size)


def remove_file(output: Path, name: str) -> None:
    """Leave no file of this name, which a run before may have written; InputRefused as in `write_file`."""
    with store_errors(output):
        (output / name).unlink(missing_ok=True)


def upload_files(output: Path, names: Sequence[str], uri: str, credentials: Credentials) -> None:
    """Upload these files in their order when the store is a bucket.

    InputRefused or TryAgain (StoreUnavailable) when it fails.
    """
    if not uri.startswith(REMOTE):
        return
    try:
        upload([output / name for name in names], uri, credentials, find_reach())
    except ConnectionError as error:
        raise TryAgain(reasons.STORE_UNAVAILABLE, f"spec.output.uri: {error}") from error
    except (FileNotFoundError, PermissionError, ValueError) as error:
        raise InputRefused(reasons.STORE_UNAVAILABLE, f"spec.output.uri: {shown(uri)}: {error}") from error


@contextmanager
def store_errors(output: Path) -> Iterator[None]:
    """Inside the block, a failed write becomes InputRefused, or TryAgain when it may pass; no part remains."""
    try:
        yield
    except OSError as error:
        remove_parts(output)
        if error.errno in FULL:
            raise InputRefused(
                reasons.STORE_FULL,
                f"{output}: {error.strerror}; free space in the store's volume or enlarge it",
            ) from error
        if error.errno not in FINAL:
            raise TryAgain(reasons.STORE_UNAVAILABLE, f"{output}: {error.strerror or error}") from error
        raise InputRefused(
            reasons.STORE_UNAVAILABLE,
            f"{output}: may not be written by user {os.getuid()} ({error.strerror}); "
            "correct --output, or the access mode and fsGroup of the store's volume",
        ) from error


def remove_parts(output: Path) -> None:
    """Remove half-written files as far as the store lets us."""
    for path in output.glob(f"*{PART}"):
        try:
            path.unlink()
        except OSError:
            continue
