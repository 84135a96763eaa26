"""What a request is answered with: a request in, a reply out. No socket, no event loop.

A prediction has three steps on values, so that an adapter may predict for many requests at once: `read_question`
for each, `served.predict` for all of their matrices, `write_reply` for each. `answer_in_steps` takes them for one
request, and stops in between so that others have their turn.
"""

import logging
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from time import perf_counter

from model_server.counts.counts import Counts
from model_server.engines.engine import Prediction
from model_server.http.messages import Reply, Request, reply_fault, reply_refusal
from model_server.http.readiness import get_served
from model_server.http.routes import Call, Match, Site
from model_server.protocols.dialect import Dialect, Question
from model_server.rows.matrix import Matrix
from model_server.rows.refusal import InvalidRows, Refusal
from model_server.settings import Settings
from model_server.version.served import ServedModel, predict_in_parts

CLIENT_LEFT = 499  # nginx's code for it; no such answer is ever sent

logger = logging.getLogger("model_server")


@dataclass
class Times:
    """When a request reached each stage, by `perf_counter`; None for a stage it did not reach."""

    opened: float = field(default_factory=perf_counter)
    received: float | None = None
    started: float | None = None


@dataclass
class Seen:
    """What was seen of a request's rows, to be counted once it is known that somebody receives the answer."""

    answered: tuple[Matrix, Prediction] | None = None
    invalid: InvalidRows | None = None


@dataclass(frozen=True)
class Asked:
    """A prediction that is asked for: all that path and headers decide is decided, the body may be on its way."""

    served: ServedModel
    dialect: Dialect
    request: Request
    settings: Settings
    times: Times = field(default_factory=Times)
    seen: Seen = field(default_factory=Seen)


def respond(site: Site, request: Request) -> Reply:
    """Return the reply to a complete request; every refusal and every fault has one."""
    opened = begin(site, request)
    if isinstance(opened, Reply):
        return opened
    opened.times.received = opened.times.started = perf_counter()
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
    """Return the reply to the body, made without a stop."""
    steps = answer_in_steps(asked, body)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            reply: Reply = end.value
            return reply


def answer_in_steps(asked: Asked, body: bytes) -> Generator[None, None, Reply]:
    """Return the reply to the body: read, predict, write. What was seen of the rows is noted, and counted by `count`.

    Yields wherever another request may have its turn.
    """
    try:
        question = read_question(asked, body)
        prediction = yield from predict_in_parts(asked.served, question.matrix)
        reply = write_reply(asked, question, prediction)
    except Refusal as refusal:
        if isinstance(refusal, InvalidRows):
            asked.seen.invalid = refusal
        return reply_refusal(refusal)
    except Exception:
        return fault(asked.request)
    asked.seen.answered = (question.matrix, prediction)
    return reply


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
    """Count a prediction request with its status code, its rows, and how long each of its stages took."""
    times, metrics = asked.times, asked.served.metrics
    metrics.count_request(status)
    # With the answer that tells of them, and never for a client that had left.
    if status in {200, 400}:
        count_rows(asked.seen, asked.served.counts)
    if times.received is None:
        return
    metrics.receive_seconds.observe(times.received - times.opened)
    if times.started is not None:
        metrics.queue_seconds.observe(times.started - times.received)
    # How long we computed for somebody who did not wait says nothing about how long others wait.
    if status != CLIENT_LEFT:
        metrics.seconds.observe(perf_counter() - times.received)


def count_rows(seen: Seen, counts: Counts) -> None:
    """Count the rows that were answered, or what is wrong with those that were refused."""
    if seen.answered:
        counts.add(*seen.answered)
    elif seen.invalid:
        counts.add_invalid(seen.invalid.cells)


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
