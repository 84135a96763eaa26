"""Where the files of a version come from: beside the manifest, a volume, a store; each verified before it is read."""

from dataclasses import dataclass
from pathlib import Path

from model_server.artifact.digest import read_verified
from model_server.artifact.fetch import fetch
from model_server.artifact.model_file import refuse_large_file
from model_server.contract.manifest import StoredFile
from model_server.contract.outcome import InputRefused, TryAgain


@dataclass(frozen=True)
class Files:
    """Where the files of a version come from."""

    downloads: Path
    beside: Path | None

    def read(self, field: str, uri: str, sha256: str) -> bytes:
        """Return the file's verified bytes, or raise `InputRefused` or `TryAgain` naming the field."""
        try:
            path = self.find(uri)
            refuse_large_file(path)
            return read_verified(path, sha256)
        except InputRefused as refused:
            member = "sha256" if refused.reason == "DigestMismatch" else "uri"
            raise InputRefused(refused.reason, f"{field}.{member}: {refused.message}") from refused
        except FileNotFoundError as error:
            remedy = "put the file there, or create a ModelVersion with the right uri"
            raise InputRefused("ArtifactNotFound", f"{field}.uri: {error}; {remedy}") from error
        except ConnectionError as error:
            raise TryAgain("StoreUnavailable", f"{field}.uri: {error}") from error
        except (OSError, ValueError) as error:
            raise InputRefused("ArtifactUnreadable", f"{field}.uri: {error}") from error

    def read_stored(self, field: str, file: StoredFile) -> bytes:
        """Return the verified bytes of a file beside the model."""
        return self.read(field, file.uri, file.sha256)

    def find(self, uri: str) -> Path:
        """Return a local path: of the file beside the manifest, so a directory may be moved; else fetched."""
        neighbour = self.beside / uri.rpartition("/")[2] if self.beside else None
        return neighbour if neighbour and neighbour.is_file() else fetch(uri, self.downloads)
