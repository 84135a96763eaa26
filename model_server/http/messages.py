"""A request as pages see it, and a reply, without any socket."""

from dataclasses import dataclass
from typing import Any

import orjson

from model_server.rows.refusal import Refusal, error_body

JSON = "application/json"


@dataclass(frozen=True)
class Reply:
    """A complete HTTP answer."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True)
class Call:
    """A request without its body: the parts of its path in braces, and what it accepts."""

    params: dict[str, str]
    accept: str = ""


def reply_json(document: Any, status: int = 200) -> Reply:
    """Return the document as a JSON answer; arrays of numbers may be numpy's."""
    return Reply(status, orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY))


def reply_refusal(refusal: Refusal) -> Reply:
    """Return the answer to a refused request."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if refusal.allow:
        headers = ((b"allow", refusal.allow.encode()),)
    if refusal.status == 503:
        headers = ((b"retry-after", b"1"),)
    return Reply(refusal.status, error_body(refusal.error, refusal.field), headers=headers)
