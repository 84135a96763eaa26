"""A request and a reply as values, whatever carried them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from model_server.protocols.dialect import JSON
from model_server.rows.refusal import Refusal, error_body


@dataclass(frozen=True)
class Request:
    """A complete HTTP request, or one whose body is still to come; names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """A complete HTTP answer."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


def reply_json(document: Any, status: int = 200) -> Reply:
    """Return the document as a JSON answer."""
    return Reply(status, orjson.dumps(document))


def reply_refusal(refusal: Refusal) -> Reply:
    """Return the answer to a refused request."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if refusal.allow:
        headers = ((b"allow", refusal.allow.encode()),)
    if refusal.status == 503:
        headers = ((b"retry-after", b"1"),)
    return Reply(refusal.status, error_body(refusal.error, refusal.field), headers=headers)


def reply_fault() -> Reply:
    """Return the answer when the server itself is at fault; only its log says how."""
    return Reply(500, error_body("the server failed; its log says why"))
