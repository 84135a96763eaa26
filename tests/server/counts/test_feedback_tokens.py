"""A token comes back as it was made, and no other text is one."""

import base64
from dataclasses import replace

import pytest

from model_server.counts.tokens import LAST_BIN, NONCE_BYTES, BadToken, Predicted, TokenKeys, pack

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NONCE = bytes(range(NONCE_BYTES))
SAID = Predicted("credit-default-20261130", "0a1b2c3d", 3, "yes", 1, 1_796_000_000)
KEYS = TokenKeys([KEY], "credit-default")
TOKEN = KEYS.sign(pack(SAID) + NONCE)

TOLD: dict[str, Predicted] = {
    "a version with a profile": SAID,
    "a version without one": replace(SAID, profile="", bin=None),
    "a class that is an empty text": replace(SAID, decision=""),
    "names beyond ASCII": replace(SAID, version="größe-1", decision="ja 🎉"),
    "the longest names there are": replace(SAID, version="v" * 253, decision="🎉" * 256),
}


@pytest.mark.parametrize("case", TOLD)
def test_a_token_says_what_was_predicted(case: str) -> None:
    keys = TokenKeys([KEY], "credit-default")
    assert keys.read(KEYS.sign(pack(TOLD[case]) + NONCE))[0] == TOLD[case]


def test_a_bin_and_a_place_too_many_are_the_last_ones() -> None:
    said, _ = KEYS.read(KEYS.sign(pack(replace(SAID, bin=4000, place=300)) + NONCE))
    assert (said.bin, said.place) == (LAST_BIN, LAST_BIN)


def test_a_usual_token_is_short_and_needs_no_escape() -> None:
    assert len(TOKEN) <= 120
    assert TOKEN.replace("-", "").replace("_", "").isalnum()


def test_tokens_of_one_moment_and_answer_are_told_apart() -> None:
    (_, mark), (_, other) = KEYS.read(TOKEN), KEYS.read(KEYS.sign(pack(SAID) + b"others"))
    assert mark != other


def test_a_key_that_was_replaced_is_still_accepted() -> None:
    rotated = TokenKeys([OTHER_KEY, KEY], "credit-default")
    assert rotated.read(TOKEN)[0] == SAID
    with pytest.raises(BadToken, match="key"):
        KEYS.read(rotated.sign(pack(SAID) + NONCE))


def changed(place: int) -> str:
    """The token with one byte changed."""
    raw = bytearray(base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4)))
    raw[place] ^= 1
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


BAD: dict[str, str] = {
    "an empty text": "",
    "a word": "token",
    "what is no base64": TOKEN[:-1] + "!",
    "blanks around it": f" {TOKEN} ",
    "a line within it": f"{TOKEN[:40]}\n{TOKEN[40:]}",
    "letters beyond ASCII": "ä" * 80,
    "a NUL": TOKEN + "\0",
    "half of it": TOKEN[: len(TOKEN) // 2],
    "all but its last letter": TOKEN[:-1],
    "one letter more": TOKEN + "A",
    "itself twice": TOKEN + TOKEN,
    "zeros": "A" * 80,
    "a million letters": "A" * 1_000_000,
    "another format": changed(0),
    "another time": changed(2),
    "another bin": changed(5),
    "another version": changed(15),
    "another random part": changed(-20),
    "another signature": changed(-1),
    "one of another key": TokenKeys([OTHER_KEY], "credit-default").sign(pack(SAID) + NONCE),
    "one of another model": TokenKeys([KEY], "credit").sign(pack(SAID) + NONCE),
    "one of a later format": KEYS.sign(b"\x02" + pack(SAID)[1:] + NONCE),
}


@pytest.mark.parametrize("case", BAD)
def test_any_other_text_is_no_token(case: str) -> None:
    with pytest.raises(BadToken):
        KEYS.read(BAD[case])
