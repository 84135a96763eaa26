"""Where the files of a version come from: beside the manifest, a volume, a store; each verified before it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from model_server.artifact.models.model_file import MAX_FILE_BYTES, refuse_large_file
from model_server.artifact.stores.credentials import Credentials, DeniedError
from model_server.artifact.stores.digest import read_verified
from model_server.artifact.stores.download import TooLargeError
from model_server.artifact.stores.fetch import fetch
from model_server.contract import reasons
from model_server.contract.manifest import StoredFile
from model_server.contract.outcome import InputRefused, TryAgain
from model_server.engines.choose import MODEL

MAX_DOCUMENT_BYTES = 64 << 20
OTHER_FILE = "restore the file, or make a new ModelVersion with size and digest of the new one"


@dataclass(frozen=True)
class Files:
    """Where the files of a version come from."""

    files: Mapping[str, StoredFile]
    downloads: Path
    beside: Path | None
    credentials: Credentials

    def read(self, name: str) -> bytes | None:
        """Return the file's verified bytes, None when the version has no such file.

        Raises `InputRefused` or `TryAgain` naming the field.
        """
        return self.read_verified(name) if name in self.files else None

    def read_verified(self, name: str) -> bytes:
        """Return the bytes of a file that the version has, in the size and with the digest that were recorded.

        Raises `InputRefused` or `TryAgain` naming the field.
        """
        field, file = f"spec.files.{name}", self.files[name]
        try:
            path = self.find(file)
            refuse_other_size(path, file.size_bytes)
            refuse_large_file(path, MAX_FILE_BYTES if name == MODEL else MAX_DOCUMENT_BYTES)
            return read_verified(path, file.digest)
        except InputRefused as refused:
            # The user has to change one field of the spec, so that one is named.
            member = "digest" if refused.reason == reasons.DIGEST_MISMATCH else "uri"
            raise InputRefused(refused.reason, f"{field}.{member}: {refused.message}") from refused
        except TooLargeError as error:
            raise InputRefused(
                reasons.DIGEST_MISMATCH, f"{field}.sizeBytes: {error}; {OTHER_FILE}"
            ) from error
        except DeniedError as error:
            # Credentials may be put right without a new version, so that this is no verdict on it.
            raise TryAgain(reasons.STORE_UNAVAILABLE, f"{field}.uri: {error}") from error
        except FileNotFoundError as error:
            remedy = "put the file there, or create a ModelVersion with the right uri"
            raise InputRefused(reasons.ARTIFACT_NOT_FOUND, f"{field}.uri: {error}; {remedy}") from error
        except ConnectionError as error:
            raise TryAgain(reasons.STORE_UNAVAILABLE, f"{field}.uri: {error}") from error
        except (OSError, ValueError) as error:
            raise InputRefused(reasons.ARTIFACT_UNREADABLE, f"{field}.uri: {error}") from error

    def find(self, file: StoredFile) -> Path:
        """Return a local path: of the file beside the manifest, so a directory may be moved; else fetched."""
        neighbour = self.beside / file.uri.rpartition("/")[2] if self.beside else None
        if neighbour and neighbour.is_file():
            return neighbour
        return fetch(file.uri, self.downloads, self.credentials, file.size_bytes)


def refuse_other_size(path: Path, promised: int | None) -> None:
    """Raise `InputRefused` (DigestMismatch) when a size was recorded and the file has another."""
    found = path.stat().st_size
    if promised is not None and found != promised:
        raise InputRefused(
            reasons.DIGEST_MISMATCH,
            f"{path.name} has {found} bytes, but {promised} were promised; {OTHER_FILE}",
        )
