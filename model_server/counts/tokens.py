"""Feedback tokens: what was predicted, signed, so that any pod of the model knows it again weeks later.

A token is base64url of a head of fixed length, the names of version and decision, random bytes, and the first half of
an HMAC-SHA256 (RFC 2104, section 5 of which allows the half). It hides nothing from whoever holds it, and nobody can
change it. The key is derived for each model, so that a token of one is none of another.
"""

import binascii
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest, digest
from struct import Struct

FORMAT = 1
NO_BIN = 255
LAST_BIN = LAST_PLACE = 254
# Format, whether the row was drawn, seconds of Unix time, score bin, place of the decision among the classes, digits of
# the profile, and how many bytes the version's name has.
HEAD = Struct(">B?IBB4sH")
NONCE_BYTES = 6
MAC_BYTES = 16
MAX_TOKEN = 2048  # the name of a class has up to 256 characters


class BadToken(Exception):  # noqa: N818  it is an answer, not a fault
    """The text is no token of this model and these keys; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a token says: which version and profile, what it decided, in which score bin, and when (Unix time).

    `bin` is None and `profile` empty without a profile. `place` is that of the decision among the version's classes.
    Neither is read as more than 254. Of the rows of one request, one is `drawn` at random.
    """

    version: str
    profile: str
    bin: int | None
    decision: str
    place: int
    time: int
    drawn: bool = True


class TokenKeys:
    """The keys of one model: the first signs, all of them are accepted."""

    def __init__(self, keys: Sequence[bytes], model: str) -> None:
        self.keys = [digest(key, b"leeway feedback\0" + model.encode(), "sha256") for key in keys]

    def sign(self, payload: bytes) -> str:
        """Return the token of a payload: what `pack` returns, and random bytes."""
        mac = digest(self.keys[0], payload, "sha256")[:MAC_BYTES]
        return urlsafe_b64encode(payload + mac).rstrip(b"=").decode()

    def read(self, token: str) -> tuple[Predicted, bytes]:
        """Return what a token says and the bytes that tell it from all others, or raise `BadToken`."""
        raw = decode(token)
        payload, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if not any(compare_digest(digest(key, payload, "sha256")[:MAC_BYTES], mac) for key in self.keys):
            raise BadToken("was not made by this model with a key that this pod has")
        return unpack(payload), mac


def pack(predicted: Predicted) -> bytes:
    """Return a payload that lacks its random bytes."""
    version = predicted.version.encode()
    score_bin = NO_BIN if predicted.bin is None else min(predicted.bin, LAST_BIN)
    profile = bytes.fromhex(predicted.profile or "00000000")
    place = min(predicted.place, LAST_PLACE)
    head = HEAD.pack(FORMAT, predicted.drawn, predicted.time, score_bin, place, profile, len(version))
    return head + version + predicted.decision.encode()


def unpack(payload: bytes) -> Predicted:
    """Return what a signed payload says, or raise `BadToken` for one of another release."""
    if payload[0] != FORMAT:
        raise BadToken("was made by another release of the server")
    _, drawn, time, score_bin, place, profile, length = HEAD.unpack_from(payload)
    names = payload[HEAD.size : -NONCE_BYTES]
    has_profile = score_bin != NO_BIN
    return Predicted(
        version=names[:length].decode(),
        profile=profile.hex() if has_profile else "",
        bin=score_bin if has_profile else None,
        decision=names[length:].decode(),
        place=place,
        time=time,
        drawn=drawn,
    )


def decode(token: str) -> bytes:
    """Return the bytes of a text that may be a token, or raise `BadToken`."""
    if len(token) > MAX_TOKEN:
        raise BadToken(f"has {len(token)} characters; a token has at most {MAX_TOKEN}")
    try:
        raw = binascii.a2b_base64(token.translate(STANDARD) + "=" * (-len(token) % 4), strict_mode=True)
    except ValueError:
        raise BadToken("is no base64url; send it as the prediction's answer had it") from None
    if len(raw) < HEAD.size + NONCE_BYTES + MAC_BYTES:
        raise BadToken("is too short; send it as the prediction's answer had it")
    return raw


STANDARD = str.maketrans("-_", "+/")
