"""Requests at a steady rate through a Service's cluster IP, each one accounted for: answered, or failed and why.

No retries and no second connection: whatever ends a request other than a 200 with the right answer is a failure. A
request counts as sent once its worker begins it, so that none can be lost by not being sent.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

TIMEOUT_SECONDS = 5.0
WORKERS = 6  # each with a connection of its own, where connections are kept
VERSION = "leeway-model-version"


@dataclass(frozen=True)
class Question:
    """What is asked, of whom, and what must come back."""

    host: str
    path: str
    document: object
    want: object
    port: int = 80

    def draw(self) -> object:
        """Return the document of the next request."""
        return self.document

    def is_answer(self, content: object) -> bool:
        """Return whether this is what must come back."""
        return content == self.want

    def note(self, document: object, version: str) -> None:
        """Take note of an answer, and of the version that gave it; here nothing is noted."""


@dataclass
class Tally:
    """What became of the requests so far."""

    sent: int = 0
    answered: Counter[str] = field(default_factory=Counter)  # by the version that answered
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Count a request that is about to be sent."""
        with self.lock:
            self.sent += 1

    def end(self, version: str, failure: str = "") -> None:
        """Count how a request ended."""
        with self.lock:
            if failure:
                self.failures.append(f"{time.strftime('%X')} {failure}")
            else:
                self.answered[version] += 1

    @property
    def lost(self) -> int:
        """Requests that were sent and not answered; those under way are among them."""
        return self.sent - self.answered.total()


@contextmanager
def asking(question: Question, per_second: float, *, keep_alive: bool) -> Iterator[Tally]:
    """Ask at that rate until the block ends; then every request that was begun has ended."""
    tally, stop = Tally(), threading.Event()
    pause = WORKERS / per_second
    threads = [
        threading.Thread(
            target=ask_steadily, args=(question, tally, stop, pause, place * pause / WORKERS, keep_alive)
        )
        for place in range(WORKERS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield tally
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def ask_steadily(
    question: Question, tally: Tally, stop: threading.Event, pause: float, first: float, keep_alive: bool
) -> None:
    """Ask once every `pause` seconds, the first time after `first`."""
    connection = connect(question)
    due = time.monotonic() + first
    while not stop.wait(max(0.0, due - time.monotonic())):
        due = max(
            due + pause, time.monotonic() - 1
        )  # what falls behind by more than a second is not made up for
        if not ask_once(question, connection, tally, keep_alive) or not keep_alive:
            connection.close()
            connection = connect(question)
    connection.close()


def ask_once(
    question: Question, connection: http.client.HTTPConnection, tally: Tally, keep_alive: bool
) -> bool:
    """Ask, count what came of it, and return whether the connection is as good as before."""
    tally.begin()
    document = question.draw()
    body = json.dumps(document).encode()
    headers = {"connection": "keep-alive" if keep_alive else "close"}
    try:
        connection.request("POST", question.path, body, headers)
        response = connection.getresponse()
        content = response.read()
        is_right = response.status == 200 and question.is_answer(json.loads(content))
    except (OSError, http.client.HTTPException, ValueError) as error:
        tally.end("", f"{type(error).__name__}: {error}")
        return False
    version = response.getheader(VERSION, "")
    tally.end(version, "" if is_right else f"{response.status} {content[:200]!r}")
    if is_right:
        question.note(document, version)
    return True


def connect(question: Question) -> http.client.HTTPConnection:
    """Return a connection that opens with its first request."""
    return http.client.HTTPConnection(question.host, question.port, timeout=TIMEOUT_SECONDS)
