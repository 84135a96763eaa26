"""Where the files of a version come from: beside the manifest, a volume, a store; each verified before it is read."""

from dataclasses import dataclass, field
from pathlib import Path

from model_server.artifact.digest import read_verified
from model_server.artifact.fetch import fetch
from model_server.artifact.model_file import refuse_large_file
from model_server.contract import reasons
from model_server.contract.manifest import Artifact, StoredFile
from model_server.contract.outcome import InputRefused, TryAgain


@dataclass(frozen=True)
class Files:
    """Where the files of a version come from; `sizes` has the bytes of each uri that was read."""

    downloads: Path
    beside: Path | None
    sizes: dict[str, int] = field(default_factory=dict)

    def read(self, name: str, uri: str, sha256: str) -> bytes:
        """Return the file's verified bytes, or raise `InputRefused` or `TryAgain` naming the field."""
        try:
            path = self.find(uri)
            refuse_large_file(path)
            content = read_verified(path, sha256)
        except InputRefused as refused:
            # The user has to change one field of the spec, so that one is named.
            member = "sha256" if refused.reason == reasons.DIGEST_MISMATCH else "uri"
            raise InputRefused(refused.reason, f"{name}.{member}: {refused.message}") from refused
        except FileNotFoundError as error:
            remedy = "put the file there, or create a ModelVersion with the right uri"
            raise InputRefused(reasons.ARTIFACT_NOT_FOUND, f"{name}.uri: {error}; {remedy}") from error
        except ConnectionError as error:
            raise TryAgain(reasons.STORE_UNAVAILABLE, f"{name}.uri: {error}") from error
        except (OSError, ValueError) as error:
            raise InputRefused(reasons.ARTIFACT_UNREADABLE, f"{name}.uri: {error}") from error
        self.sizes[uri] = len(content)
        return content

    def read_stored(self, name: str, file: StoredFile | Artifact) -> bytes:
        """Return the verified bytes of a file beside the model."""
        return self.read(name, file.uri, file.sha256)

    def find(self, uri: str) -> Path:
        """Return a local path: of the file beside the manifest, so a directory may be moved; else fetched."""
        # Uris tell where the trainer stored; a directory that was copied since has the files under their last names.
        neighbour = self.beside / uri.rpartition("/")[2] if self.beside else None
        return neighbour if neighbour and neighbour.is_file() else fetch(uri, self.downloads)
