"""Keys of feedback are files of a mounted Secret; a bad one stops the server before it starts."""

from pathlib import Path

import pytest

from model_server.contract import reasons
from model_server.contract.outcome import TryAgain
from model_server.counts.keys import read_keys

GOOD, OTHER = b"\xff" * 32, b"\n" * 40

READ: dict[str, tuple[dict[str, bytes], tuple[bytes, ...]]] = {
    "one key": ({"key": GOOD}, (GOOD,)),
    "a key and the previous one": ({"previous-key": OTHER, "key": GOOD}, (GOOD, OTHER)),
}
REFUSED: dict[str, tuple[dict[str, bytes], str]] = {
    "no Secret": ({}, 'has no "key"'),
    "the previous key alone": ({"previous-key": GOOD}, 'has no "key"'),
    "an empty key": ({"key": b""}, '"key" of the Secret has 0 bytes'),
    "a key that is a byte too short": ({"key": GOOD[1:]}, '"key" of the Secret has 31 bytes'),
    "a previous key that is too short": (
        {"key": GOOD, "previous-key": b"x"},
        '"previous-key" of the Secret has 1',
    ),
}


def written(folder: Path, files: dict[str, bytes]) -> str:
    """The folder with these files in it."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return str(folder)


@pytest.mark.parametrize("case", READ)
def test_keys_are_read_as_they_are(tmp_path: Path, case: str) -> None:
    files, want = READ[case]
    assert read_keys(written(tmp_path, files)) == want


@pytest.mark.parametrize("case", REFUSED)
def test_a_key_that_signs_nothing_is_named(tmp_path: Path, case: str) -> None:
    files, part = REFUSED[case]
    with pytest.raises(TryAgain) as refused:
        read_keys(written(tmp_path, files))
    assert refused.value.reason == reasons.CONFIGURATION_MISSING
    assert refused.value.message.startswith("spec.feedback.secretName: ")
    assert part in refused.value.message


def test_without_a_folder_there_is_no_key() -> None:
    assert read_keys("") == ()
