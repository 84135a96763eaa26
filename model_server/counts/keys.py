"""The keys of feedback, as files of a mounted Secret, read once when the server starts."""

from pathlib import Path

from model_server.contract import reasons
from model_server.contract.outcome import TryAgain

KEY = "key"
PREVIOUS_KEY = "previous-key"
MIN_BYTES = 32
FIELD = "spec.feedback.secretName"


def read_keys(folder: str) -> tuple[bytes, ...]:
    """Return the key that signs and, if there is one, the previous one; none without a folder.

    Raises TryAgain (ConfigurationMissing) naming the key that is missing or too short: the Secret may come.
    """
    if not folder:
        return ()
    return tuple(
        key
        for name in (KEY, PREVIOUS_KEY)
        if (key := read_key(Path(folder) / name, is_needed=name == KEY)) is not None
    )


def read_key(file: Path, is_needed: bool) -> bytes | None:
    """Return the content of a file, None when there is none and need not be."""
    if not file.is_file():
        if not is_needed:
            return None
        raise TryAgain(
            reasons.CONFIGURATION_MISSING,
            f'{FIELD}: the Secret does not exist in this namespace, or has no "{file.name}"; '
            f"create it with {MIN_BYTES} random bytes there, or leave spec.feedback out",
        )
    content = file.read_bytes()
    if len(content) < MIN_BYTES:
        raise TryAgain(
            reasons.CONFIGURATION_MISSING,
            f'{FIELD}: "{file.name}" of the Secret has {len(content)} bytes; give it {MIN_BYTES} random ones at least',
        )
    return content
