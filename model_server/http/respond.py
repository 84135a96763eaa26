"""What a request is answered with: a request in, a reply out. No socket, no event loop.

A prediction has three steps on values, so that an adapter may predict for many requests at once: `read_question`
for each, `served.predict` for all of their matrices, `write_reply` for each.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter

from model_server.engines.engine import Prediction
from model_server.http.messages import Reply, Request, reply_fault, reply_refusal
from model_server.http.readiness import get_served
from model_server.http.routes import Call, Match, Site
from model_server.protocols.dialect import Dialect, Question
from model_server.rows.refusal import Refusal
from model_server.settings import Settings
from model_server.version.served import ServedModel, predict

logger = logging.getLogger("model_server")


@dataclass(frozen=True)
class Asked:
    """A prediction that is asked for: all that path and headers decide is decided, the body may be on its way."""

    served: ServedModel
    dialect: Dialect
    request: Request
    settings: Settings
    started: float = field(default_factory=perf_counter)


def respond(site: Site, request: Request) -> Reply:
    """Return the reply to a complete request; every refusal and every fault has one."""
    opened = begin(site, request)
    if isinstance(opened, Reply):
        return opened
    reply = answer(opened, request.body)
    count(opened, reply.status)
    return reply


def begin(site: Site, request: Request) -> Reply | Asked:
    """Return the reply when path and headers decide it; else what is asked, which needs the body."""
    try:
        match = site.routes.find(request.method, request.path)
        target = match.route.target
        if isinstance(target, Dialect):
            return ask(site, match, target, request)
        return target(site, Call(match.params, request.headers.get(b"accept", b"").decode("latin-1")))
    except Refusal as refusal:
        return reply_refusal(refusal)
    except Exception:
        return fault(request)


def ask(site: Site, match: Match, dialect: Dialect, request: Request) -> Asked:
    """Return what is asked of the loaded version, or raise `Refusal` for a body that will not be taken."""
    asked = Asked(get_served(site.readiness, match.params), dialect, request, site.settings)
    try:
        refuse_encoded(request.headers)
        refuse_large(int(request.headers.get(b"content-length", b"0")), site.settings.max_body_bytes)
    except Refusal as refusal:
        count(asked, refusal.status)
        raise
    return asked


def answer(asked: Asked, body: bytes) -> Reply:
    """Return the reply to the body: read, predict, write."""
    try:
        question = read_question(asked, body)
        [outcome] = predict(asked.served, [question.matrix])
        return write_reply(asked, question, outcome)
    except Refusal as refusal:
        return reply_refusal(refusal)
    except Exception:
        return fault(asked.request)


def read_question(asked: Asked, body: bytes) -> Question:
    """Return the question in the body, or raise `Refusal` naming the field."""
    refuse_large(len(body), asked.settings.max_body_bytes)
    signature = asked.served.identity.signature
    return asked.dialect.read(body, asked.request.headers, signature, asked.settings.max_rows)


def write_reply(asked: Asked, question: Question, outcome: Prediction | Refusal) -> Reply:
    """Return the reply that tells the outcome of a question."""
    if isinstance(outcome, Refusal):
        return reply_refusal(outcome)
    written = asked.dialect.write(asked.served.identity, question.echo, outcome)
    return Reply(200, written.body, written.content_type, written.headers)


def fault(request: Request) -> Reply:
    """Log the fault being handled and return the reply to it."""
    logger.exception("failing to answer", extra={"path": request.path[:200]})
    return reply_fault()


def count(asked: Asked, status: int) -> None:
    """Count a prediction request with its status code, and its time since its headers were complete."""
    asked.served.metrics.count_request(status, perf_counter() - asked.started)


def refuse_encoded(headers: Mapping[bytes, bytes]) -> None:
    """Raise `Refusal` (415) for a compressed body: small bytes may unpack to anything."""
    encoding = headers.get(b"content-encoding", b"identity").decode("latin-1")
    if encoding.strip().lower() not in ("", "identity"):
        raise Refusal(
            415, f"Content-Encoding {encoding[:40]} is not taken; send the body plain", "Content-Encoding"
        )


def refuse_large(size: int, limit: int) -> None:
    """Raise `Refusal` (413) for a body over the limit."""
    if size > limit:
        raise Refusal(413, f"the body is larger than {limit} bytes; send fewer rows in one request", "body")
