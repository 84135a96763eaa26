"""A request and a reply as values, whatever carried them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson

from model_server.protocols.dialect import JSON
from model_server.rows.refusal import Refusal, error_body

VERSION_NAME = "Leeway-Model-Version"
FEEDBACK_NAME = "Leeway-Feedback"
TOKENS = "tokens"


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


@dataclass
class Presence:
    """Whether the client of a connection is still there; the protocol writes it, worker threads read it."""

    is_here: bool = True


def version_header(version: str) -> tuple[bytes, bytes]:
    """Return the header by which every answer names the version that gave it."""
    # Names of Kubernetes' objects pass unchanged; on a laptop a name may be any text, which no header can hold.
    return VERSION_NAME.lower().encode(), quote(version).encode()


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
