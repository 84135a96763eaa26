"""Credentials of stores: the files of a mounted Secret, read at each fetch, or the environment of the process."""

import os
from dataclasses import dataclass
from pathlib import Path

KEYS: dict[str, tuple[str, ...]] = {
    "s3": (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_ENDPOINT_URL",
    ),
    "gs": ("GOOGLE_SERVICE_ACCOUNT_KEY",),
    "https": ("HTTPS_BEARER_TOKEN",),
}


class DeniedError(PermissionError):
    """A store or web server denied access; other credentials may help."""


class MissingCredentialsError(ConnectionError):
    """The Secret that is named is not there, or has none of the keys; it may come."""


@dataclass(frozen=True)
class Credentials:
    """Where the credentials of one store are: `folder` has a file for each key of the Secret that `field` names.

    Without a folder, as on a laptop, the process environment is used.
    """

    field: str = ""
    secret: str | None = None
    folder: Path | None = None

    def read(self, scheme: str) -> dict[str, str]:
        """Return the values by key; nothing where no Secret is mounted. Raises MissingCredentialsError.

        Read anew for every fetch: a rotated Secret needs no restart.
        """
        if self.folder is None:
            return {}
        files = {key: self.folder / key for key in KEYS.get(scheme, ())}
        found = {
            key: file.read_text(encoding="utf-8").strip() for key, file in files.items() if file.is_file()
        }
        if files and not found:
            raise MissingCredentialsError(
                f'Secret "{self.secret}" ({self.field}) does not exist in this namespace, or has none of the keys'
                f" {', '.join(files)}; create it"
            )
        return found

    def remedy(self, scheme: str) -> str:
        """Return what to do when access was denied."""
        keys = ", ".join(KEYS.get(scheme, ()))
        if self.secret:
            return f'check {keys} in Secret "{self.secret}" ({self.field})'
        return f"name a Secret with {keys} in {self.field or 'credentialsSecretName'}"


AMBIENT = Credentials()


def find_credentials(place: str, field: str, secret: str | None) -> Credentials:
    """Return the credentials that a pod mounts at `place`; on a laptop, those of the environment."""
    root = os.environ.get("LEEWAY_CREDENTIALS_ROOT")
    return Credentials(field, secret, Path(root) / place if root and secret else None)
